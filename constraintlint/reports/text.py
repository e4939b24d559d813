"""For people: each finding with its source line, its evidence and its fix; the verdicts at the end."""

from __future__ import annotations

import os

from constraintlint.findings import Evidence, Finding, Report, Step, Verdict
from constraintlint.reports import common
from constraintlint.reports.escape import encodable, lines_of, one_line, percent_encoded, visible
from constraintlint.reports.excerpt import display_width, underlined
from constraintlint.reports.options import RenderOptions

_STYLES = {
    "error": "1;31", "warning": "1;33", "note": "1;34", "place": "1", "gutter": "34", "help": "36",
    "pass": "32", "fail": "1;31", "not-declared": "2", "title": "1",
}  # fmt: skip
#: places printed below a verdict; the findings above it show the rest
_MAX_EVIDENCE = 3
_MIN_EXCERPT = 30


def render(report: Report, options: RenderOptions) -> str:
    return _Printer(report, options).whole()


class _Printer:
    def __init__(self, report: Report, options: RenderOptions) -> None:
        self.report = report
        self.options = options

    def whole(self) -> str:
        blocks = [self.finding(item) for item in common.in_order(self.report.findings)]
        blocks.append(self.closing())
        return encodable("\n\n".join("\n".join(block) for block in blocks) + "\n")

    def finding(self, item: Finding) -> list[str]:
        severity = common.severity_of(item)
        place = self.link(item.path, item.line, item.column)
        lines = [f"{place} {self.style(severity, severity)} {one_line(item.rule)}"]
        lines += [f"  {line}" for line in lines_of(item.message)]
        lines += self.excerpt(item)
        lines += [self.step(step) for step in item.trace]
        for number, line in enumerate(lines_of(item.help)):
            lines.append(f"  {self.style('help', 'help:')} {line}" if number == 0 else f"        {line}")
        return lines

    def excerpt(self, item: Finding) -> list[str]:
        source = self.report.excerpts.get((item.path, item.line))
        if source is None or not source.strip():
            return []
        number = str(item.line)
        end = item.end_column if item.end_line <= item.line else len(source) + 1
        room = max(self.options.width - len(number) - 5, _MIN_EXCERPT)
        text, carets = underlined(source, item.column, end, room)
        gutter = self.style("gutter", f"{number} |")
        blank = self.style("gutter", f"{' ' * len(number)} |")
        return [f"  {gutter} {text}", f"  {blank} {self.style(common.severity_of(item), carets)}"]

    def step(self, step: Step) -> str:
        return f"  {self.link(step.path, step.line, step.column)} {one_line(step.message)}".rstrip()

    def closing(self) -> list[str]:
        report = self.report
        lines: list[str] = []
        verdicts = common.shown_verdicts(report)
        if verdicts:
            lines.append(self.style("title", "constraints"))
            lines += self.verdicts(verdicts)
        stack = common.stack_line(report)
        if stack:
            lines.append(f"{self.style('title', 'stack:')} {stack}")
        lines.append(f"{self.style('title', 'coverage:')} {common.coverage_line(report)}")
        lines += self.diagnostics()
        outcome = "fail" if common.has_failed(report, self.options.fail_on) else "pass"
        lines.append(self.style(outcome, common.verdict_line(report)))
        return lines

    def verdicts(self, verdicts: list[tuple[str, Verdict]]) -> list[str]:
        names = [one_line(name) for name, _ in verdicts]
        values = [
            common.declared(verdict) if verdict.status != "not-declared" else "" for _, verdict in verdicts
        ]
        name_width = max(map(display_width, names))
        value_width = max(map(display_width, values))
        lines = []
        for name, value, (_, verdict) in zip(names, values, verdicts, strict=True):
            status = "not declared" if verdict.status == "not-declared" else verdict.status
            cells = [
                _pad(name, name_width),
                self.style(verdict.status, _pad(status, len("not declared"))),
                _pad(value, value_width),
                one_line(verdict.reason),
            ]
            lines.append("  " + "  ".join(cell for cell in cells if cell).rstrip())
            if verdict.status == "fail":
                lines += self.evidence(verdict.evidence)
        return lines

    def evidence(self, evidence: list[Evidence]) -> list[str]:
        lines = [
            f"    {self.link(item.path, item.line, item.column)} {one_line(item.message)}".rstrip()
            for item in evidence[:_MAX_EVIDENCE]
        ]
        if len(evidence) > _MAX_EVIDENCE:
            lines.append(f"    and {len(evidence) - _MAX_EVIDENCE} more")
        return lines

    def diagnostics(self) -> list[str]:
        items = sorted(self.report.diagnostics)
        if not items:
            return []
        lines = [f"{self.style('title', 'not analysed:')} {len(items)} ({common.diagnostic_counts(items)})"]
        shown = items[: max(self.options.max_diagnostics, 0)]
        for item in shown:
            link = self.link(item.path, item.line, item.column)
            lines.append(f"  {link} {one_line(item.kind)}: {one_line(item.message)}")
        if len(items) > len(shown):
            lines.append(f"  and {len(items) - len(shown)} more")
        return lines

    def style(self, name: str, text: str) -> str:
        if not self.options.color:
            return text
        return f"\x1b[{_STYLES[name]}m{text}\x1b[0m"

    def link(self, path: str, line: int, column: int) -> str:
        """The place, as a hyperlink to the file where the terminal shows those."""
        text = self.style("place", common.place(path, line, column))
        if not self.options.hyperlink:
            return text
        root = self.report.root.replace(os.sep, "/").rstrip("/")
        absolute = percent_encoded(f"{root}/{path}")
        url = self.options.hyperlink.replace("{line}", str(max(line, 1))).replace(
            "{column}", str(max(column, 1))
        )
        url = visible(url.replace("{path}", absolute if absolute.startswith("/") else f"/{absolute}"))
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def _pad(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))
