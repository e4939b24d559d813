"""One self-contained page: no script, no font, no image from elsewhere. It reads in light and dark, and on paper."""

from __future__ import annotations

from html import escape

from constraintlint import __version__
from constraintlint.behavior.outcome import Assertion, Exchange, Outcome, RequestResult, Run
from constraintlint.behavior.reports import common
from constraintlint.reports.escape import encodable

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --soft: #5c6773; --line: #d9dee3; --paper: #fff; --well: #f5f7f9;
  --good: #17703a; --good-bg: #e4f4ea; --bad: #b3261e; --bad-bg: #fce9e7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #9aa5b1; --line: #343c45; --paper: #15191d;
  --well: #1d2329; --good: #6fd08f; --good-bg: #15301f; --bad: #ff9389; --bad-bg: #3b1a18; } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
p { margin: .3rem 0 } .soft { color: var(--soft) }
.banner { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; padding: 1rem 1.2rem; border-radius: .6rem; margin: 1rem 0 }
.banner.pass { background: var(--good-bg) } .banner.fail { background: var(--bad-bg) }
.banner strong { font-size: 1.4rem }
.pass strong, .good { color: var(--good) } .fail strong, .bad { color: var(--bad) }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .35rem .7rem .35rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line) } th { color: var(--soft); font-weight: 500 } .n { text-align: right; font-variant-numeric: tabular-nums }
.bar { height: .5rem; border-radius: .25rem; background: var(--bad); overflow: hidden; margin: .4rem 0 } .bar i { display: block; height: 100%; background: var(--good) }
details { border-bottom: 1px solid var(--line); padding: .3rem 0 } summary { cursor: pointer; display: flex; gap: .8rem; align-items: baseline }
summary .op { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1 }
code, pre { font: 13px/1.45 ui-monospace, monospace } pre { background: var(--well); padding: .7rem .9rem; border-radius: .4rem; overflow: auto;
  max-height: 26rem; white-space: pre-wrap; word-break: break-word; margin: .3rem 0 .8rem }
ul { list-style: none; padding: 0 0 0 .2rem; margin: .4rem 0 } li { padding: .1rem 0 }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem }
@media print { pre { max-height: none } }
""".strip()


def render(outcome: Outcome) -> str:
    judgement = outcome.judgement
    title = f"{judgement.status}: {outcome.name}"
    body = [
        f"<h1>{_e(outcome.name)}</h1>",
        f'<div class="banner {judgement.status}"><strong>{judgement.status}</strong>'
        f"<span>{_e(common.summary_line(outcome).partition(': ')[2])}</span></div>",
        _scores(outcome),
        "<h2>Declared constraints</h2>",
        _verdicts(outcome),
    ]
    for run in outcome.runs:
        body += _run(run, several=len(outcome.runs) > 1)
    body.append(f"<footer>constraintlint {_e(__version__)}</footer>")
    page = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_e(title)}</title><style>{_STYLE}</style></head><body>",
        *body,
        "</body></html>",
    ]
    return encodable("\n".join(page) + "\n")


def _scores(outcome: Outcome) -> str:
    judgement = outcome.judgement
    parts = [
        f"A% {common.percent(judgement.assertions_percent)}",
        f"strict A% {common.percent(judgement.strict_percent)}",
    ]
    if len(outcome.runs) > 1:
        parts += [f"pass@{k} {judgement.pass_at[k]:.3f}" for k in sorted({1, len(outcome.runs)})]
    return f'<p class="soft">{_e(" · ".join(parts))}</p>'


def _verdicts(outcome: Outcome) -> str:
    rows = ["<table><tr><th>constraint</th><th>declared</th><th>verdict</th><th>reason</th></tr>"]
    for name, verdict in common.verdicts(outcome):
        style = {"pass": "good", "fail": "bad"}.get(verdict.status, "soft")
        evidence = ""
        if verdict.status == "fail":
            evidence = "".join(
                f"<br><code>{_e(f'{item.path}:{item.line}')}</code> {_e(item.message)}"
                for item in verdict.evidence[:10]
            )
        rows.append(
            f'<tr><td>{_e(name)}</td><td>{_e(common.declared_as(verdict))}</td><td class="{style}">'
            f"{_e(verdict.status)}</td><td>{_e(verdict.reason)}{evidence}</td></tr>"
        )
    return "\n".join([*rows, "</table>"])


def _run(run: Run, several: bool) -> list[str]:
    title = f"Run {run.number}: suite {run.suite.name}" if several else f"Suite {run.suite.name}"
    total = run.suite.total
    width = 100 * run.suite.passed / total if total else 0
    parts = [
        f"<h2>{_e(title)}</h2>",
        f'<div class="bar" role="img" aria-label="{common.score(run)} assertions passed"><i style="width:{width:.2f}%"></i></div>',
        f"<p>{common.score(run)} assertions, {len(run.suite.requests) - len(common.failed_requests(run))} of "
        f"{len(run.suite.requests)} requests"
        + (f", {run.suite.not_executed} assertions not executed" if run.suite.not_executed else "")
        + "</p>",
        f'<p class="soft">{_e(f"by {run.suite.runner}; {run.database}; {common.times_line(run)}")}</p>',
    ]
    if run.problem:
        parts.append(f'<p class="bad">{_e(run.problem)}</p>')
    parts += [f'<p class="soft">{_e(note)}</p>' for note in run.notes]
    group = None
    for item in run.suite.requests:
        if item.group != group:
            group = item.group
            parts.append(f"<h3>{_e(group or 'requests')}</h3>")
        parts.append(_request(item))
    if run.server_log.strip():
        opened = " open" if run.problem else ""
        parts.append(
            f"<h3>Server</h3><details{opened}><summary>the last lines of its log</summary>"
            f"<pre>{_e(chr(10).join(common.log_tail(run, 200)))}</pre></details>"
        )
    return parts


def _request(item: RequestResult) -> str:
    good = len(item.assertions) - len(item.failed)
    mark = '<b class="good">✓</b>' if item.passed else '<b class="bad">✗</b>'
    summary = (
        f"<summary>{mark}<span>{_e(item.name)}</span><span class='op'><code>{_e(item.operation)}</code></span>"
        f"<span class='soft'>{_e(common.answer(item))}</span><span class='n'>{good}/{len(item.assertions)}</span></summary>"
    )
    content = "".join(map(_assertion, item.assertions))
    exchange = "" if item.exchange is None or item.passed else _exchange(item.exchange)
    opened = " open" if not item.passed and item.exchange is not None else ""
    return f"<details{opened}>{summary}<ul>{content}</ul>{exchange}</details>"


def _assertion(item: Assertion) -> str:
    if item.passed:
        return f'<li><span class="good">✓</span> {_e(item.name)}</li>'
    detail = f' <span class="soft">{_e(item.detail)}</span>' if item.detail else ""
    return f'<li><span class="bad">✗</span> {_e(item.name)}{detail}</li>'


def _exchange(exchange: Exchange) -> str:
    sent = [f"{exchange.method} {exchange.url}"]
    sent += [f"{name}: {value}" for name, value in exchange.request_headers]
    if exchange.request_body:
        sent += ["", exchange.request_body]
    received = [exchange.error] if exchange.error else [f"HTTP {exchange.status}"]
    received += [f"{name}: {value}" for name, value in exchange.response_headers]
    if exchange.response_body:
        received += ["", exchange.response_body]
    return (
        f'<p class="soft">sent</p><pre>{_e(chr(10).join(sent))}</pre>'
        f'<p class="soft">received</p><pre>{_e(chr(10).join(received))}</pre>'
    )


def _e(text: str) -> str:
    """Escaped, without control characters a page cannot hold."""
    return escape("".join(c if c >= " " or c in "\n\t" else "�" for c in text))
