"""JSON, schema_version 1: the judgement, the verdicts of the check, and every request with its assertions."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from constraintlint import __version__
from constraintlint.behavior.outcome import Outcome, RequestResult, Run


def render(outcome: Outcome) -> str:
    judgement = outcome.judgement
    document = {
        "schema_version": 1,
        "tool": {"name": "constraintlint", "version": __version__},
        "project": outcome.name,
        "status": judgement.status,
        "assertions_percent": round(judgement.assertions_percent, 4),
        "strict_assertions_percent": round(judgement.strict_percent, 4),
        "constraints": judgement.verdicts,
        "behavior": judgement.behavior,
        "failed_verdicts": judgement.failed_verdicts,
        "runs_passed": judgement.runs_passed,
        "pass_at": {str(k): round(value, 6) for k, value in judgement.pass_at.items()},
        "verdicts": msgspec.to_builtins(outcome.check.verdicts),
        "findings": {
            "errors": outcome.check.summary.errors,
            "warnings": outcome.check.summary.warnings,
            "notes": outcome.check.summary.notes,
        },
        "runs": [_run(run) for run in outcome.runs],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def _run(run: Run) -> dict[str, Any]:
    return {
        "number": run.number,
        "problem": run.problem or None,
        "notes": run.notes,
        "database": run.database,
        "port": run.port or None,
        "suite": {
            "name": run.suite.name,
            "runner": run.suite.runner,
            "assertions": run.suite.total,
            "passed": run.suite.passed,
            "not_executed": run.suite.not_executed,
            "requests": [_request(item) for item in run.suite.requests],
        },
        "seconds": {key: round(value, 3) for key, value in msgspec.to_builtins(run.times).items()},
        "server_log": run.server_log,
    }


def _request(item: RequestResult) -> dict[str, Any]:
    return {
        "group": item.group,
        "name": item.name,
        "operation": item.operation,
        "passed": item.passed,
        "assertions": [
            {
                "name": a.name,
                "passed": a.passed,
                "executed": a.executed,
                **({"detail": a.detail} if a.detail else {}),
            }
            for a in item.assertions
        ],
        "exchange": None if item.exchange is None else msgspec.to_builtins(item.exchange),
    }
