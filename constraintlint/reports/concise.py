"""One line a finding, then the verdict line: for editors, grep and short logs."""

from __future__ import annotations

from constraintlint.findings import Finding, Report
from constraintlint.reports import common
from constraintlint.reports.escape import encodable, one_line
from constraintlint.reports.options import RenderOptions


def render(report: Report, options: RenderOptions) -> str:
    lines = [line(item) for item in common.in_order(report.findings)]
    lines.append(common.verdict_line(report))
    return encodable("\n".join(lines) + "\n")


def line(item: Finding) -> str:
    place = common.place(item.path, item.line, item.column)
    return f"{place}: {common.severity_of(item)} {one_line(item.rule)}: {one_line(item.message)}"
