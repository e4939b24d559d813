"""JUnit XML: a test case for each declared constraint and for each request of the suite."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from constraintlint.behavior.outcome import Outcome, RequestResult, Run
from constraintlint.behavior.reports import common
from constraintlint.reports.escape import encodable, one_line

_LEGAL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])


def render(outcome: Outcome) -> str:
    suites = [_constraints(outcome), *(_run(run) for run in outcome.runs)]
    totals = {key: sum(counts[key] for _, counts, _ in suites) for key in ("tests", "failures", "skipped")}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<testsuites{_attributes({'name': 'constraintlint verify', **totals, 'errors': 0})}>")
    for name, counts, content in suites:
        lines.append(f"  <testsuite{_attributes({'name': name, **counts, 'errors': 0})}>")
        lines += content
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return encodable("\n".join(lines) + "\n")


_Part = tuple[str, dict[str, int], list[str]]


def _constraints(outcome: Outcome) -> _Part:
    lines: list[str] = []
    counts = {"tests": 0, "failures": 0, "skipped": 0}
    for name, verdict in common.verdicts(outcome):
        counts["tests"] += 1
        declared = common.declared_as(verdict)
        head = _attributes(
            {"classname": "constraintlint.constraints", "name": f"{name} ({declared})" if declared else name}
        )
        reason = one_line(verdict.reason)
        if verdict.status == "pass":
            lines.append(f"    <testcase{head}/>")
        elif verdict.status == "fail":
            counts["failures"] += 1
            lines.append(
                f"    <testcase{head}><failure{_attributes({'message': reason, 'type': 'constraint'})}/></testcase>"
            )
        else:
            counts["skipped"] += 1
            lines.append(
                f"    <testcase{head}><skipped{_attributes({'message': 'not declared'})}/></testcase>"
            )
    return "constraints", counts, lines


def _run(run: Run) -> _Part:
    lines: list[str] = []
    counts = {"tests": 0, "failures": 0, "skipped": 0}
    prefix = f"{run.suite.name}.run-{run.number}"
    counts["tests"] += 1
    start = _attributes({"classname": prefix, "name": "the backend starts and stays", "time": f"{run.times.start:.3f}"})  # fmt: skip
    if run.problem:
        counts["failures"] += 1
        body = _text("\n".join([run.problem, *common.log_tail(run, 40)]))
        message = _attributes({"message": run.problem, "type": "start"})
        lines.append(f"    <testcase{start}><failure{message}>{body}</failure></testcase>")
    else:
        lines.append(f"    <testcase{start}/>")
    for item in run.suite.requests:
        counts["tests"] += 1
        seconds = item.exchange.milliseconds / 1000 if item.exchange is not None else 0
        name = f"{item.group}: {item.name}" if item.group else item.name
        head = _attributes({"classname": prefix, "name": one_line(name), "time": f"{seconds:.3f}"})
        if item.passed:
            lines.append(f"    <testcase{head}/>")
            continue
        counts["failures"] += 1
        message = f"{len(item.failed)} of {len(item.assertions)} assertions failed"
        attributes = _attributes({"message": message, "type": "assertion"})
        lines.append(f"    <testcase{head}><failure{attributes}>{_text(_body(item))}</failure></testcase>")
    lines.append(f"    <system-out>{_text(common.score(run) + ' assertions')}</system-out>")
    return prefix, counts, lines


def _body(item: RequestResult) -> str:
    lines = [f"{item.operation} -> {common.answer(item)}"]
    lines += [f"- {a.name}{f': {a.detail}' if a.detail else ''}" for a in item.failed]
    if item.exchange is not None:
        lines += [f"sent: {item.exchange.request_body}", f"received: {item.exchange.response_body}"]
    return "\n".join(lines)


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(
        f" {name}={quoteattr(str(value).translate(_LEGAL), {chr(10): '&#10;'})}"
        for name, value in values.items()
    )


def _text(text: str) -> str:
    return text.translate(_LEGAL).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
