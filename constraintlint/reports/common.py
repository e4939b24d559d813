"""What several formats say in the same words: order, counts, verdicts, stack and coverage lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from constraintlint.findings import Confidence, Diagnostic, Finding, Report, Severity, Verdict, sort_key
from constraintlint.reports.escape import one_line, visible

VERDICT_ORDER = ("architecture", "database", "orm", "framework", "contract")
RANK: dict[str, int] = {"error": 0, "warning": 1, "note": 2}


def severity_of(item: Finding) -> Severity:
    return item.severity or "warning"


def confidence_of(item: Finding) -> Confidence:
    return item.confidence or "medium"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By place."""
    return sorted(findings, key=sort_key)


def most_severe_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda item: (RANK[severity_of(item)], sort_key(item)))


def ordered_verdicts(report: Report) -> list[tuple[str, Verdict]]:
    """The constraints in the order of the contract, others after them by name."""
    known = [name for name in VERDICT_ORDER if name in report.verdicts]
    others = sorted(name for name in report.verdicts if name not in VERDICT_ORDER)
    return [(name, report.verdicts[name]) for name in known + others]


def shown_verdicts(report: Report) -> list[tuple[str, Verdict]]:
    """The four constraints every backend has; another one only where it is declared."""
    return [
        (name, verdict)
        for name, verdict in ordered_verdicts(report)
        if name in VERDICT_ORDER[:4] or verdict.status != "not-declared"
    ]


def declared(verdict: Verdict) -> str:
    value = verdict.declared
    if value is None:
        return ""
    return one_line(value if isinstance(value, str) else ", ".join(map(str, value)))


def place(path: str, line: int, column: int | None = None) -> str:
    """``path:line:column``; lines and columns below 1 (a finding about a whole file) count as 1."""
    start = f"{visible(path)}:{max(line, 1)}"
    return start if column is None else f"{start}:{max(column, 1)}"


def plural(count: int, word: str, many: str = "") -> str:
    return f"{count} {word if count == 1 else many or word + 's'}"


def counts(report: Report) -> str:
    """``1 error, 2 warnings``, or ``no findings``."""
    summary = report.summary
    parts = [
        plural(number, word)
        for number, word in (
            (summary.errors, "error"),
            (summary.warnings, "warning"),
            (summary.notes, "note"),
        )
        if number
    ]
    return ", ".join(parts) or "no findings"


def verdict_line(report: Report) -> str:
    """One line that says how the run ended; every format for people and agents ends in it, also a clean one."""
    summary = report.summary
    scope = [plural(summary.files, "file"), plural(summary.rules, "rule")]
    if summary.suppressed:
        scope.append(f"{summary.suppressed} suppressed")
    if report.diagnostics:
        scope.append(f"{len(report.diagnostics)} not analysed")
    line = f"constraintlint: {counts(report)} ({', '.join(scope)})"
    for status, word in (("fail", "failed"), ("pass", "passed")):
        names = [name for name, verdict in shown_verdicts(report) if verdict.status == status]
        if names:
            line += f"; {word}: {', '.join(map(one_line, names))}"
    return line


def fails(item: Finding, fail_on: str) -> bool:
    """Whether a finding is as severe as ``fail_on``: a severity, or ``never``."""
    return fail_on != "never" and RANK[severity_of(item)] <= RANK[fail_on]


def has_failed(report: Report, fail_on: str) -> bool:
    """A constraint is broken, or a finding fails the run."""
    if any(verdict.status == "fail" for verdict in report.verdicts.values()):
        return True
    return any(fails(item, fail_on) for item in report.findings)


def stack_line(report: Report) -> str:
    """``fastapi; postgresql (runtime), sqlite (test); sqlalchemy``, or "" where nothing is known."""
    groups = [_names(report.stack.get(key)) for key in ("frameworks", "databases", "orms")]
    return "; ".join(", ".join(group) for group in groups if group)


def coverage_line(report: Report) -> str:
    """``412 files, 398 in a layer, 14 unassigned``; only the files where nothing is layered."""
    text = plural(report.summary.files, "file")
    layers = report.stack.get("layers")
    if not isinstance(layers, Mapping) or not layers:
        return text
    numbers = {name: count for name, count in layers.items() if isinstance(count, int)}
    unassigned = numbers.pop("unassigned", report.summary.unassigned)
    return f"{text}, {sum(numbers.values())} in a layer, {unassigned} unassigned"


def diagnostic_counts(diagnostics: list[Diagnostic]) -> str:
    """``2 parse-incomplete, 1 unresolved-import``, the most frequent first."""
    numbers: dict[str, int] = {}
    for item in diagnostics:
        numbers[item.kind] = numbers.get(item.kind, 0) + 1
    by_number = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{number} {one_line(kind)}" for kind, number in by_number)


def _names(items: object) -> list[str]:
    """Names of the stack's entries: strings, or records with a name and perhaps a role."""
    if not isinstance(items, (list, tuple)):
        return []
    names = []
    for item in items:
        record = msgspec.to_builtins(item)
        if isinstance(record, Mapping):
            name = record.get("engine") or record.get("name") or ""
            role = record.get("role")
            names.append(f"{name} ({role})" if role else str(name))
        else:
            names.append(str(record))
    return [one_line(name) for name in names if name]
