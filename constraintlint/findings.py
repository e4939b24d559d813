"""What a check reports: findings, verdicts, diagnostics. They know no rule and no report format."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

import msgspec

from constraintlint.facts.source import Span

Severity = Literal["error", "warning", "note"]
Confidence = Literal["high", "medium", "low"]
Status = Literal["pass", "fail", "not-declared"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Step(msgspec.Struct, frozen=True):
    """One hop of the evidence that led to a finding. ``line`` and ``column`` are 1-based."""

    path: str
    line: int
    column: int
    message: str
    end_line: int = 0
    end_column: int = 0


class Edit(msgspec.Struct, frozen=True, array_like=True):
    """Replace what stands at ``span`` of ``path`` by ``parts``: texts, and places of the same file whose text is copied."""

    path: str
    span: Span
    parts: tuple[str | Span, ...] = ()


class Fix(msgspec.Struct, frozen=True, array_like=True):
    """How a finding can be mended by a program.

    ``edits`` are made together or not at all. ``action`` names a rewriting of Python code instead (``constraintlint.fixes.python``), which
    works at ``span`` of ``path`` with ``arguments``. ``safe``: it cannot change what correct code does.
    """

    title: str
    edits: tuple[Edit, ...] = ()
    safe: bool = True
    action: str = ""
    path: str = ""
    span: Span = (0, 0, 0, 0)
    arguments: tuple[str, ...] = ()


class Finding(msgspec.Struct, kw_only=True):
    """A rule broken at a place.

    ``subject`` names what is wrong without its position (for example ``app/models/a.py -> app/routes/b.py``): it is
    what the fingerprint is made of, so a finding keeps its identity when lines move. ``severity`` and ``confidence``
    are filled from the rule's page and the configuration when a check leaves them None.
    """

    rule: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    help: str = ""
    trace: list[Step] = []
    subject: str = ""
    category: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    fingerprint: str = ""
    fix: Fix | None = None

    @property
    def span(self) -> Span:
        return self.line, self.column, self.end_line, self.end_column


def finding(
    rule: str,
    path: str,
    span: Span,
    message: str,
    *,
    help: str = "",
    trace: list[Step] | None = None,
    subject: str = "",
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    fix: Fix | None = None,
) -> Finding:
    """A Finding at ``span`` of ``path``; see Finding for ``subject``."""
    line, column, end_line, end_column = span
    return Finding(
        rule=rule, path=path, line=line, column=column, end_line=end_line, end_column=end_column,
        message=message, help=help, trace=trace or [], subject=subject, severity=severity, confidence=confidence, fix=fix,
    )  # fmt: skip


class Evidence(msgspec.Struct, frozen=True):
    """A place that supports a verdict or a fact about the stack."""

    path: str
    line: int
    column: int
    message: str


class Verdict(msgspec.Struct, kw_only=True):
    """Pass or fail of one declared constraint, with its reason. ``declared`` is what the configuration says."""

    status: Status
    declared: str | list[str] | None
    reason: str
    evidence: list[Evidence] = []


class Diagnostic(msgspec.Struct, frozen=True, order=True):
    """Something that could not be read, resolved or analysed. Ordered by path, line, kind."""

    path: str
    line: int
    kind: str
    message: str
    column: int = 1


def sort_key(item: Finding) -> tuple[str, int, int, str, str]:
    return item.path, item.line, item.column, item.rule, item.message


def with_fingerprints(findings: list[Finding]) -> None:
    """Set ``fingerprint`` on sorted findings: a hash of rule, path and subject, numbered where those are equal."""
    seen: dict[str, int] = {}
    for item in findings:
        key = "\x00".join((item.rule, item.path, item.subject or item.message))
        count = seen[key] = seen.get(key, 0) + 1
        item.fingerprint = blake2b(f"{key}\x00{count}".encode(), digest_size=16).hexdigest()


class Summary(msgspec.Struct, kw_only=True):
    files: int
    """source files read"""
    rules: int
    """rules that ran"""
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    suppressed: int = 0
    diagnostics: int = 0
    unassigned: int = 0
    """source files in no layer, where an architecture is declared or inferred"""
    duration_ms: int = 0


class Report(msgspec.Struct, kw_only=True):
    """All that one run of ``check`` has to say; every report format is a pure function of it.

    ``stack`` is the JSON of the contract: ``{"frameworks": [...], "databases": [{"engine", "role", "evidence"}],
    "orms": [...], "layers": {...}}``. ``verdicts`` has the keys architecture, database, orm, framework, contract.
    ``suppressed`` are findings hidden by a comment. ``excerpts`` maps (path, line) to the source line, for every
    place a finding or its trace names. ``rules`` are the rules that ran or can be referred to.
    """

    root: str
    """absolute path of the checked root; used for hyperlinks only, never printed"""
    stack: dict[str, object]
    verdicts: dict[str, Verdict]
    findings: list[Finding]
    suppressed: list[Finding] = []
    diagnostics: list[Diagnostic] = []
    summary: Summary
    excerpts: dict[tuple[str, int], str] = {}
