"""What several formats say in the same words."""

from __future__ import annotations

from constraintlint.behavior.outcome import Outcome, RequestResult, Run
from constraintlint.findings import Verdict
from constraintlint.reports.common import declared, shown_verdicts
from constraintlint.reports.escape import one_line


def verdicts(outcome: Outcome) -> list[tuple[str, Verdict]]:
    return shown_verdicts(outcome.check)


def declared_as(verdict: Verdict) -> str:
    return declared(verdict)


def score(run: Run) -> str:
    """``288/291``."""
    return f"{run.suite.passed}/{run.suite.total}"


def percent(value: float) -> str:
    """One decimal; 100 only where nothing failed, 0 only where nothing passed."""
    if 99.9 < value < 100:
        return "99.9%"
    if 0 < value < 0.1:
        return "0.1%"
    return f"{value:.1f}%"


def summary_line(outcome: Outcome) -> str:
    """``pass: 291/291 assertions, 4 constraints hold``."""
    judgement = outcome.judgement
    parts = []
    if len(outcome.runs) == 1:
        run = outcome.runs[0]
        parts.append(f"{score(run)} assertions")
        if run.suite.not_executed:
            parts.append(f"{run.suite.not_executed} not executed")
        if run.problem:
            parts.append(one_line(run.problem))
    else:
        parts.append(f"{judgement.runs_passed} of {len(outcome.runs)} runs pass")
        parts.append(f"A% {percent(judgement.assertions_percent)}")
    if judgement.failed_verdicts:
        parts.append(f"broken: {', '.join(judgement.failed_verdicts)}")
    else:
        held = sum(verdict.status == "pass" for verdict in outcome.check.verdicts.values())
        parts.append(f"{held} declared constraint{'' if held == 1 else 's'} kept")
    return f"{judgement.status}: {', '.join(parts)}"


def times_line(run: Run) -> str:
    """Seconds by part."""
    times = run.times
    parts = (
        ("database", times.database),
        ("set-up", times.copy + times.setup),
        ("start", times.start),
        ("suite", times.suite),
        ("stop", times.stop),
        ("total", times.total),
    )
    return ", ".join(f"{name} {value:.1f} s" for name, value in parts)


def failed_requests(run: Run) -> list[RequestResult]:
    return [item for item in run.suite.requests if not item.passed]


def answer(item: RequestResult) -> str:
    """``422 in 12 ms``, or why there is none."""
    exchange = item.exchange
    if exchange is None:
        return "not executed"
    if exchange.error:
        return one_line(exchange.error)
    return f"{exchange.status} in {exchange.milliseconds} ms"


def log_tail(run: Run, lines: int) -> list[str]:
    return run.server_log.splitlines()[-lines:]
