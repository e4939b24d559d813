"""For a terminal: verdicts, failed requests with what was sent and answered, the end of the server log, one last line."""

from __future__ import annotations

from constraintlint.behavior.outcome import Outcome, RequestResult, Run
from constraintlint.behavior.reports import common
from constraintlint.reports.escape import encodable, one_line, visible

_MAX_REQUESTS = 12
_MAX_BODY = 400
_LOG_LINES = 15


def render(outcome: Outcome, *, color: bool = False) -> str:
    paint = _Paint(color)
    lines = [f"verify {visible(outcome.name)}", ""]
    for name, verdict in common.verdicts(outcome):
        word = {"pass": paint.good("pass"), "fail": paint.bad("fail")}.get(verdict.status, "-   ")
        declared = common.declared_as(verdict)
        lines.append(f"  {word}  {name}{f' ({declared})' if declared else ''}: {one_line(verdict.reason)}")
    counts = outcome.check.summary
    if counts.errors or counts.warnings:
        lines.append(
            f"  check: {counts.errors} errors, {counts.warnings} warnings (constraintlint check lists them)"
        )
    for run in outcome.runs:
        lines += ["", *_run(run, paint, several=len(outcome.runs) > 1)]
    lines += ["", *_totals(outcome)]
    summary = common.summary_line(outcome)
    word, _, rest = summary.partition(":")
    painted = paint.good(word) if word == "pass" else paint.bad(word)
    lines.append(f"constraintlint: {painted}:{rest}")
    return encodable("\n".join(lines) + "\n")


def _run(run: Run, paint: _Paint, several: bool) -> list[str]:
    head = f"run {run.number}: " if several else ""
    port = f", port {run.port}" if run.port else ""
    lines = [f"{head}suite {one_line(run.suite.name)} by {run.suite.runner}; {run.database}{port}"]
    lines.append(f"  {common.score(run)} assertions, {_requests(run)}; {common.times_line(run)}")
    if run.problem:
        lines.append(f"  {paint.bad('problem')}: {one_line(run.problem)}")
    lines += [f"  note: {one_line(note)}" for note in run.notes]
    failed = [item for item in common.failed_requests(run) if item.exchange is not None]
    for item in failed[:_MAX_REQUESTS]:
        lines += ["", *_request(item, paint)]
    if len(failed) > _MAX_REQUESTS:
        lines += ["", f"  ... and {len(failed) - _MAX_REQUESTS} more failed requests (--html shows all)"]
    if (failed or run.problem) and run.server_log.strip():
        lines += ["", "  the server wrote last:"]
        lines += [f"    {visible(line)[:300]}" for line in common.log_tail(run, _LOG_LINES)]
    return lines


def _requests(run: Run) -> str:
    total = len(run.suite.requests)
    bad = len(common.failed_requests(run))
    return f"{total - bad} of {total} requests"


def _request(item: RequestResult, paint: _Paint) -> list[str]:
    lines = [
        f"  {paint.bad('failed')} {one_line(item.name)}: {one_line(item.operation)} -> {common.answer(item)}"
    ]
    for assertion in item.failed:
        lines.append(
            f"    - {one_line(assertion.name)}{f': {one_line(assertion.detail)}' if assertion.detail else ''}"
        )
    exchange = item.exchange
    if exchange is not None:
        if exchange.request_body:
            lines.append(f"    sent:     {_cut(exchange.request_body)}")
        if exchange.response_body:
            lines.append(f"    received: {_cut(exchange.response_body)}")
    return lines


def _totals(outcome: Outcome) -> list[str]:
    judgement = outcome.judgement
    lines = [
        f"A% {common.percent(judgement.assertions_percent)}, strict A% {common.percent(judgement.strict_percent)}"
    ]
    if len(outcome.runs) > 1:
        values = [(k, judgement.pass_at[k]) for k in sorted({1, len(outcome.runs), *judgement.pass_at})]
        shown = values if len(values) <= 10 else [*values[:5], values[-1]]
        lines.append(", ".join(f"pass@{k} {value:.3f}" for k, value in shown))
    return lines


def _cut(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _MAX_BODY else f"{line[:_MAX_BODY]}..."


class _Paint:
    def __init__(self, on: bool) -> None:
        self.on = on

    def good(self, text: str) -> str:
        return f"\x1b[32m{text}\x1b[0m" if self.on else text

    def bad(self, text: str) -> str:
        return f"\x1b[1;31m{text}\x1b[0m" if self.on else text
