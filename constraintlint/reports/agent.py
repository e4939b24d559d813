"""For coding agents: one line a root cause with every place it shows at and its fix, no decoration, always a verdict."""

from __future__ import annotations

from constraintlint.findings import Finding, Report
from constraintlint.reports import common
from constraintlint.reports.escape import encodable, one_line
from constraintlint.reports.options import RenderOptions


def render(report: Report, options: RenderOptions) -> str:
    groups = root_causes(report)
    lines = [_line(group) for group in groups]
    if groups:
        rule = one_line(groups[0][0].rule)
        lines.append(f"explain: `constraintlint explain RULE` has examples, for instance {rule}")
    lines += _not_analysed(report, options.max_diagnostics)
    for name, verdict in common.shown_verdicts(report):
        if verdict.status == "fail":
            declared = common.declared(verdict)
            lines.append(
                f"failed: {one_line(name)}{f' ({declared})' if declared else ''}: {one_line(verdict.reason)}"
            )
    lines.append(common.verdict_line(report))
    return encodable("\n".join(lines) + "\n")


def root_causes(report: Report) -> list[list[Finding]]:
    """Findings that one change repairs, together: same rule, same subject. The most severe cause comes first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for item in common.most_severe_first(report.findings):
        key = (item.rule, item.subject, "") if item.subject else (item.rule, item.path, item.message)
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def _line(group: list[Finding]) -> str:
    first = group[0]
    place = common.place(first.path, first.line, first.column)
    parts = [f"{place} {common.severity_of(first)} {one_line(first.rule)}: {one_line(first.message)}"]
    if first.trace:
        steps = (
            f"{common.place(step.path, step.line, step.column)} {one_line(step.message)}"
            for step in first.trace
        )
        parts.append("evidence: " + " -> ".join(step.rstrip() for step in steps))
    if len(group) > 1:
        also = ", ".join(common.place(item.path, item.line, item.column) for item in group[1:])
        parts.append(f"same cause at {also}")
    if first.help:
        parts.append(f"fix: {one_line(first.help)}")
    return " | ".join(parts)


def _not_analysed(report: Report, limit: int) -> list[str]:
    items = sorted(report.diagnostics)
    shown = items[: max(limit, 0)]
    lines = [
        f"not analysed: {common.place(item.path, item.line)} {one_line(item.kind)}: {one_line(item.message)}"
        for item in shown
    ]
    if len(items) > len(shown):
        lines.append(f"not analysed: {len(items) - len(shown)} more places")
    return lines
