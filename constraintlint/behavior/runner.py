"""Runs a suite in its declarative form against a server. The denominator is fixed: what is not executed has failed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping

from constraintlint.behavior.client import Client, Response
from constraintlint.behavior.expectation import MISSING, fill, holds, lookup
from constraintlint.behavior.outcome import Assertion, Exchange, RequestResult, SuiteResult
from constraintlint.behavior.suite import Request, Suite

_MAX_SHOWN = 4000
#: so many requests without an answer in a row, and the rest is not waited for
_SILENT = 3


def run(
    suite: Suite,
    client: Client,
    base_url: str,
    *,
    timeout: float,
    ended: Callable[[], str] = lambda: "",
    progress: Callable[[RequestResult], None] = lambda result: None,
) -> SuiteResult:
    """Send the requests in order. ``ended`` says why the server is gone ("" while it runs); ``timeout`` is for the whole suite."""
    started = time.monotonic()
    variables = _variables(suite)
    results: list[RequestResult] = []
    stopped = ""
    silent = 0
    for request in suite.requests:
        if not stopped and time.monotonic() - started > timeout:
            stopped = f"the suite does not end within {timeout:g} s"
        if stopped:
            result = _not_executed(request, stopped)
        else:
            result = _execute(request, client, base_url, variables)
            if result.exchange is not None and result.exchange.error:
                silent += 1
                stopped = _why_silent(ended)
                if not stopped and silent >= _SILENT:
                    stopped = f"{silent} requests in a row had no answer"
            else:
                silent = 0
        results.append(result)
        progress(result)
    return SuiteResult(
        name=suite.name, runner="built-in", requests=results, seconds=time.monotonic() - started
    )


def nothing_executed(suite: Suite, reason: str) -> SuiteResult:
    """The result where the server never came up."""
    requests = [_not_executed(request, reason) for request in suite.requests]
    return SuiteResult(name=suite.name, runner="built-in", requests=requests)


def _why_silent(ended: Callable[[], str]) -> str:
    """Why the server is gone: a connection is cut a moment before the process that held it has ended."""
    for _ in range(5):
        reason = ended()
        if reason:
            return reason
        time.sleep(0.03)
    return ""


def _variables(suite: Suite) -> dict[str, str]:
    variables = {"unique": secrets.token_hex(4)}
    for name, value in suite.variables.items():
        variables[name] = fill(value, variables)
    return variables


def _execute(request: Request, client: Client, base_url: str, variables: dict[str, str]) -> RequestResult:
    path = base_url + fill(request.path, variables)
    headers = {name: fill(value, variables) for name, value in request.headers.items()}
    body = None if request.body is None else fill(request.body, variables)
    response = client.send(request.method, path, headers, None if body is None else body.encode("utf-8"))
    if not response.error:
        _capture(request.capture, response, variables)
    exchange = Exchange(
        method=request.method,
        url=path,
        request_headers=list(headers.items()),
        request_body=shortened(body or ""),
        status=response.status,
        response_headers=response.headers[:50],
        response_body=shortened(response.text),
        error=response.error,
        milliseconds=round(response.seconds * 1000),
    )
    return RequestResult(
        group=request.group,
        name=request.name,
        operation=f"{request.method} {request.path}",
        assertions=_assertions(request, response, variables),
        exchange=exchange,
    )


def _assertions(request: Request, response: Response, variables: Mapping[str, str]) -> list[Assertion]:
    if response.error:
        return [
            Assertion(name=item.text, passed=False, executed=False, detail=response.error)
            for item in request.expect
        ]
    found = []
    for item in request.expect:
        passed, detail = holds(item, response, variables)
        found.append(Assertion(name=item.text, passed=passed, detail=detail))
    return found


def _capture(wanted: Mapping[str, str], response: Response, variables: dict[str, str]) -> None:
    try:
        document = response.json()
    except ValueError:
        return
    for name, path in wanted.items():
        value = lookup(path, document)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            variables[name] = str(value)
        elif value is MISSING or value is None:
            variables.pop(name, None)


def _not_executed(request: Request, reason: str) -> RequestResult:
    return RequestResult(
        group=request.group,
        name=request.name,
        operation=f"{request.method} {request.path}",
        assertions=[
            Assertion(name=item.text, passed=False, executed=False, detail=reason) for item in request.expect
        ],
    )


def shortened(text: str) -> str:
    """A body as reports show it."""
    return (
        text
        if len(text) <= _MAX_SHOWN
        else f"{text[:_MAX_SHOWN]}... ({len(text) - _MAX_SHOWN} characters more)"
    )
