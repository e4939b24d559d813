"""Markdown for pull request comments and job summaries."""

from __future__ import annotations

from constraintlint.behavior.outcome import Outcome, Run
from constraintlint.behavior.reports import common
from constraintlint.reports.escape import encodable, one_line
from constraintlint.reports.markdown import code, escaped

_MAX_REQUESTS = 40
_MAX_CELL = 300


def render(outcome: Outcome) -> str:
    judgement = outcome.judgement
    blocks = [f"## constraintlint verify: {judgement.status}", escaped(common.summary_line(outcome))]
    rows = ["| constraint | declared | verdict |", "|---|---|---|"]
    for name, verdict in common.verdicts(outcome):
        status = {"pass": "pass", "fail": "**fail**"}.get(verdict.status, "not declared")
        rows.append(
            f"| {name} | {escaped(common.declared_as(verdict))} | {status}: {_cell(verdict.reason)} |"
        )
    blocks.append("\n".join(rows))
    rows = ["| run | suite | assertions | requests | time |", "|---|---|---|---|---|"]
    for run in outcome.runs:
        bad = len(common.failed_requests(run))
        requests = f"{len(run.suite.requests) - bad}/{len(run.suite.requests)}"
        suite = f"{run.suite.name} ({run.suite.runner})"
        rows.append(
            f"| {run.number} | {_cell(suite)} | {common.score(run)} | {requests} | {run.times.total:.1f} s |"
        )
    blocks.append("\n".join(rows))
    a, strict = common.percent(judgement.assertions_percent), common.percent(judgement.strict_percent)
    line = f"A% {a}, strict A% {strict}"
    if len(outcome.runs) > 1:
        line += "".join(f", pass@{k} {judgement.pass_at[k]:.3f}" for k in sorted({1, len(outcome.runs)}))
    blocks.append(escaped(line))
    for run in outcome.runs:
        blocks += _details(run)
    return encodable("\n\n".join(blocks) + "\n")


def _details(run: Run) -> list[str]:
    failed = common.failed_requests(run)
    if not failed and not run.problem:
        return []
    blocks = [f"### Run {run.number}"]
    if run.problem:
        blocks.append(f"**Problem:** {escaped(one_line(run.problem))}")
    executed = [item for item in failed if item.exchange is not None]
    for item in executed[:_MAX_REQUESTS]:
        lines = [
            f"**{_cell(item.name)}**: {code(one_line(item.operation))}, {_cell(common.answer(item))}",
            "",
        ]
        lines += [f"- {_cell(a.name)}{f': {_cell(a.detail)}' if a.detail else ''}" for a in item.failed[:20]]
        if item.exchange is not None and item.exchange.response_body:
            lines += ["", code(one_line(item.exchange.response_body)[:_MAX_CELL])]
        blocks.append("\n".join(lines))
    if len(executed) > _MAX_REQUESTS:
        blocks.append(f"{len(executed) - _MAX_REQUESTS} more failed requests are not shown.")
    log = common.log_tail(run, 20)
    if log:
        body = "\n".join(f"    {one_line(line)[:200]}" for line in log)
        blocks.append(f"<details><summary>server log</summary>\n\n{body}\n\n</details>")
    return blocks


def _cell(text: str) -> str:
    line = one_line(text)
    return escaped(line if len(line) <= _MAX_CELL else f"{line[:_MAX_CELL]}...")
