"""JUnit XML: one test case a declared constraint and one a finding, for dashboards that read nothing else.

What fails the run is a failure, what does not is skipped, so the test view agrees with the exit code.
"""

from __future__ import annotations

from constraintlint.findings import Finding, Report, Verdict
from constraintlint.reports import common
from constraintlint.reports.escape import encodable, lines_of, one_line, visible
from constraintlint.reports.options import RenderOptions

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def render(report: Report, options: RenderOptions) -> str:
    constraints = [_constraint(name, verdict) for name, verdict in common.ordered_verdicts(report)]
    findings = [_finding(item, options) for item in common.in_order(report.findings)]
    if not findings:
        findings = [_Case("constraintlint.findings", "no findings")]
    suites = [("constraints", constraints), ("findings", findings)]
    cases = constraints + findings
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<testsuites{_attributes({'name': 'constraintlint', **_totals(cases)})}>")
    for number, (name, content) in enumerate(suites):
        if not content:
            continue
        lines.append(f"  <testsuite{_attributes({'name': f'constraintlint.{name}', **_totals(content)})}>")
        for case in content:
            lines += case.lines()
        if number == len(suites) - 1:
            lines += _output(report)
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return encodable("\n".join(lines) + "\n")


class _Case:
    """One test case. ``outcome`` is "" (passed), ``failure`` or ``skipped``."""

    def __init__(
        self,
        classname: str,
        name: str,
        *,
        outcome: str = "",
        kind: str = "",
        message: str = "",
        body: str = "",
    ) -> None:
        self.outcome = outcome
        self.attributes: dict[str, str] = {"classname": classname, "name": name}
        self.kind = kind
        self.message = message
        self.body = body

    def lines(self) -> list[str]:
        opening = f"    <testcase{_attributes(self.attributes)}"
        if not self.outcome:
            return [f"{opening}/>"]
        result = {"message": self.message}
        if self.outcome == "failure":  # <skipped> has no type
            result["type"] = self.kind
        return [
            f"{opening}>",
            f"      <{self.outcome}{_attributes(result)}>{_text(self.body)}</{self.outcome}>",
            "    </testcase>",
        ]


def _constraint(name: str, verdict: Verdict) -> _Case:
    declared = common.declared(verdict)
    title = one_line(name) + (f" ({declared})" if declared else "")
    if verdict.status == "pass":
        return _Case("constraintlint.constraints", title)
    reason = one_line(verdict.reason)
    if verdict.status == "not-declared":
        message = f"not declared: {reason}" if reason else "not declared"
        return _Case("constraintlint.constraints", title, outcome="skipped", message=message)
    evidence = [f"{common.place(e.path, e.line, e.column)} {one_line(e.message)}" for e in verdict.evidence]
    body = "\n".join([reason, *evidence])
    return _Case(
        "constraintlint.constraints", title, outcome="failure", kind="constraint", message=reason, body=body
    )


def _finding(item: Finding, options: RenderOptions) -> _Case:
    severity = common.severity_of(item)
    place = common.place(item.path, item.line, item.column)
    body = [f"{place}: {severity} {one_line(item.rule)}", *lines_of(item.message)]
    body += [f"{common.place(s.path, s.line, s.column)} {one_line(s.message)}" for s in item.trace]
    body += [f"help: {line}" if number == 0 else line for number, line in enumerate(lines_of(item.help))]
    case = _Case(
        f"constraintlint.{one_line(item.rule)}",
        place,
        outcome="failure" if common.fails(item, options.fail_on) else "skipped",
        kind=severity,
        message=f"{severity}: {one_line(item.message)}",
        body="\n".join(body),
    )
    case.attributes["file"] = visible(item.path)
    case.attributes["line"] = str(max(item.line, 1))
    return case


def _output(report: Report) -> list[str]:
    lines = [
        f"{common.place(item.path, item.line)} {one_line(item.kind)}: {one_line(item.message)}"
        for item in sorted(report.diagnostics)
    ]
    lines.append(common.verdict_line(report))
    return [f"    <system-out>{_text(chr(10).join(lines))}</system-out>"]


def _totals(cases: list[_Case]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.outcome == "failure" for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.outcome == "skipped" for case in cases)),
    }


def _attributes(values: dict[str, str]) -> str:
    return "".join(f' {name}="{_text(value)}"' for name, value in values.items())


def _text(text: str) -> str:
    """Escaped text; characters that XML 1.0 cannot hold (section 2.2) are left out."""
    if not text.isprintable():
        text = "".join(c for c in text if c in "\t\n\r" or (c >= " " and not _is_illegal(ord(c))))
    return text.translate(_ESCAPES)


def _is_illegal(code: int) -> bool:
    return 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF)
