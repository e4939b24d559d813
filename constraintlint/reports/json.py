"""The stable contract for programs; its shape is report.schema.json, its keys come in this order."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from constraintlint import __version__
from constraintlint.findings import Diagnostic, Evidence, Finding, Report, Step, Verdict
from constraintlint.reports import common
from constraintlint.reports.escape import encodable
from constraintlint.reports.options import RenderOptions

SCHEMA_VERSION = 1
_STACK = ("frameworks", "databases", "orms", "layers")


def render(report: Report, options: RenderOptions) -> str:
    return dumps(document(report))


def document(report: Report) -> dict[str, object]:
    """The report as plain dictionaries and lists."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "constraintlint", "version": __version__},
        "stack": _stack(report),
        "verdicts": {name: _verdict(verdict) for name, verdict in common.ordered_verdicts(report)},
        "findings": [_finding(item) for item in common.in_order(report.findings)],
        "diagnostics": [_diagnostic(item) for item in sorted(report.diagnostics)],
        "summary": _summary(report),
    }


def dumps(value: object) -> str:
    """Indented JSON of ``value``, which may hold any string, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(_encodable(value)), indent=2).decode() + "\n"


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {encodable(str(key)): _encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    return value


def _stack(report: Report) -> dict[str, object]:
    stack = {str(key): msgspec.to_builtins(value) for key, value in report.stack.items()}
    for key in _STACK:
        stack.setdefault(key, {} if key == "layers" else [])
    order = [*_STACK, *sorted(key for key in stack if key not in _STACK)]
    return {key: stack[key] for key in order}


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "status": verdict.status,
        "declared": verdict.declared,
        "reason": verdict.reason,
        "evidence": [_place(item) for item in verdict.evidence],
    }


def _finding(item: Finding) -> dict[str, object]:
    return {
        "rule": item.rule,
        "category": item.category,
        "severity": common.severity_of(item),
        "confidence": common.confidence_of(item),
        "path": item.path,
        "line": max(item.line, 1),
        "column": max(item.column, 1),
        "end_line": max(item.end_line, item.line, 1),
        "end_column": max(item.end_column, 1),
        "message": item.message,
        "help": item.help,
        "trace": [_place(step) for step in item.trace],
        "fingerprint": item.fingerprint,
    }


def _place(item: Evidence | Step) -> dict[str, object]:
    return {
        "path": item.path,
        "line": max(item.line, 1),
        "column": max(item.column, 1),
        "message": item.message,
    }


def _diagnostic(item: Diagnostic) -> dict[str, object]:
    return {"kind": item.kind, "path": item.path, "line": max(item.line, 1), "message": item.message}


def _summary(report: Report) -> dict[str, object]:
    summary = report.summary
    return {
        "files": summary.files,
        "rules": summary.rules,
        "errors": summary.errors,
        "warnings": summary.warnings,
        "notes": summary.notes,
        "suppressed": summary.suppressed,
        "duration_ms": summary.duration_ms,
    }
