"""Runs a Postman collection by newman, and reads its JSON report.

Where a script names an assertion (``tests["..."]`` or ``pm.test("...")``) is a site. The sites of a collection are its
denominator: a site has passed when the assertion of that name was executed and passed. So the number does not depend on
what the backend answers, and a script that breaks off costs all that it did not come to.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from constraintlint.behavior import processes
from constraintlint.behavior.errors import CannotRun
from constraintlint.behavior.folder import RunFolder
from constraintlint.behavior.interrupts import shield
from constraintlint.behavior.log import CappedLog
from constraintlint.behavior.outcome import Assertion, Exchange, RequestResult, SuiteResult
from constraintlint.behavior.runner import shortened

VARIABLE = "CONSTRAINTLINT_NEWMAN"
_PACKAGE = "newman@6"
_MAX_COLLECTION = 64 * 1024 * 1024
_MAX_REPORT = 256 * 1024 * 1024
_STRING = r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`"""
_TOKEN = re.compile(
    rf"//[^\n]*|/\*.*?\*/|\b(?:tests\s*\[|(?:pm\.)?test\s*\()\s*({_STRING})\s*[\],)]|{_STRING}", re.S
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", re.S)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}


class Item:
    """One request of a collection and the names of its assertions, by site."""

    def __init__(self, group: str, name: str, method: str, url: str, sites: list[str]) -> None:
        self.group = group
        self.name = name
        self.operation = f"{method} {url}"
        self.sites = sites


class Collection:
    """A collection that can be run. Raises CannotRun where the file is none."""

    def __init__(self, path: Path, shown: str) -> None:
        self.path = path
        self.name = path.stem.removesuffix(".postman_collection")
        try:
            if path.stat().st_size > _MAX_COLLECTION:
                raise CannotRun(f"the collection {shown} is too large")
            document = json.loads(path.read_bytes())
        except OSError as error:
            raise CannotRun(
                f"the collection {shown} cannot be read: {(error.strerror or '').lower()}"
            ) from None
        except (ValueError, RecursionError):
            raise CannotRun(f"the collection {shown} is not valid JSON") from None
        items = document.get("item") if isinstance(document, dict) else None
        if not isinstance(items, list):
            raise CannotRun(f"{shown} is not a Postman collection: it has no items")
        self.items = list(_items(items, []))


def program(environment: Mapping[str, str]) -> list[str]:
    """The command that runs newman: ``CONSTRAINTLINT_NEWMAN``, newman on PATH, or by npx. Raises CannotRun."""
    path = environment.get("PATH", os.defpath)
    chosen = environment.get(VARIABLE)
    if chosen:
        found = shutil.which(chosen, path=path)
        if found is None:
            raise CannotRun(f"{VARIABLE} names {chosen}, which cannot be run")
        return [os.path.abspath(found)]
    found = shutil.which("newman", path=path)
    if found is not None:
        return [found]
    npx = shutil.which("npx", path=path)
    if npx is not None:
        return [npx, "--yes", _PACKAGE]
    raise CannotRun(
        "newman is needed to run a Postman collection, and neither newman nor npx is on PATH; "
        "install Node.js, or use the built-in suite, which needs neither"
    )


def run(
    collection: Collection,
    folder: RunFolder,
    url: str,
    environment: Mapping[str, str],
    *,
    timeout: float,
    request_timeout: float,
    number: int = 1,
    progress: Callable[[RequestResult], None] = lambda result: None,
) -> SuiteResult:
    """Run a collection against ``url`` (with its base path). Raises CannotRun where newman does not run at all."""
    command = program(environment)
    report = folder.path / f"newman-{number}.json"
    name = f"u{secrets.token_hex(4)}"
    for key, value in (
        ("APIURL", url),
        ("USERNAME", name),
        ("EMAIL", f"{name}@mail.example"),
        ("PASSWORD", f"p-{secrets.token_hex(4)}"),
    ):
        command += ["--global-var", f"{key}={value}"]
    run_at = len(program(environment))
    command[run_at:run_at] = ["run", str(collection.path)]
    command += ["--reporters", "json", "--reporter-json-export", str(report), "--color", "off"]
    command += [
        "--timeout-request",
        str(round(request_timeout * 1000)),
        "--timeout",
        str(round(timeout * 1000)),
    ]
    started = time.monotonic()
    output = _call(command, folder, environment, timeout + 120)
    document = _read(report, output)
    results = _results(collection, document)
    for result in results:
        progress(result)
    return SuiteResult(
        name=collection.name, runner="newman", requests=results, seconds=time.monotonic() - started
    )


def nothing_executed(collection: Collection, reason: str) -> SuiteResult:
    """The result where the server never came up."""
    requests = [_result(item, None, reason) for item in collection.items]
    return SuiteResult(name=collection.name, runner="newman", requests=requests)


def sites(script: str) -> list[str]:
    """The names of the assertions a script holds, in order, a name as often as it stands there."""
    return [_unquoted(match[1]) for match in _TOKEN.finditer(script) if match[1]]


def _items(items: list[Any], groups: list[str]) -> Iterator[Item]:
    """The requests of a collection in the order newman sends them, by a list instead of the stack of calls."""
    pending = [(item, groups) for item in reversed(items)]
    while pending:
        item, above = pending.pop()
        if not isinstance(item, dict):
            continue
        name = str(item.get("name", ""))
        below = item.get("item")
        if isinstance(below, list):
            pending += [(child, [*above, name]) for child in reversed(below)]
            continue
        request = item.get("request")
        method, url = "GET", ""
        if isinstance(request, dict):
            method = str(request.get("method", "GET"))
            place = request.get("url", "")
            url = str(place.get("raw", "")) if isinstance(place, dict) else str(place)
        elif isinstance(request, str):
            url = request
        yield Item(" / ".join(above), name, method, url, list(_sites_of(item)))


def _sites_of(item: dict[str, Any]) -> Iterator[str]:
    events = item.get("event")
    for event in events if isinstance(events, list) else []:
        if not isinstance(event, dict) or event.get("listen") != "test":
            continue
        script = event.get("script")
        lines = script.get("exec") if isinstance(script, dict) else None
        text = "\n".join(map(str, lines)) if isinstance(lines, list) else str(lines or "")
        yield from sites(text)


def _unquoted(literal: str) -> str:
    def value(match: re.Match[str]) -> str:
        word = match[1]
        if word[0] in "ux" and len(word) > 1:
            return chr(int(word[1:], 16))
        return _ESCAPED.get(word, word)

    return _ESCAPE.sub(value, literal[1:-1])


def _call(command: list[str], folder: RunFolder, environment: Mapping[str, str], timeout: float) -> str:
    log = process = None
    try:
        with shield():
            log = CappedLog(folder.path / "newman.log", 1024 * 1024)
            try:
                process = processes.spawn(command, cwd=folder.path, env=environment, output=log.write_end)
            except OSError as error:
                raise CannotRun(f"{command[0]} cannot be run: {error.strerror}") from None
            log.started()
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with shield():
            if process is not None:
                # the folder of the run and the orphans are the server's, which goes on
                grace = 0.5 if process.poll() is None else 0.0
                processes.stop(process, folder.path / "newman", grace, orphans=False)
            if log is not None:
                log.close()
    return log.text(2000) if log is not None else ""


def _read(report: Path, output: str) -> dict[str, Any]:
    try:
        if report.stat().st_size > _MAX_REPORT:
            raise CannotRun("the report of newman is too large")
        document = json.loads(report.read_bytes())
    except (OSError, ValueError):
        words = " / ".join(line.strip() for line in output.splitlines()[-6:] if line.strip())
        raise CannotRun(f"newman does not run: {words[:500] or 'it writes no report'}") from None
    if not isinstance(document, dict) or not isinstance(document.get("run"), dict):
        raise CannotRun("newman wrote a report of an unknown form")
    return document


def _results(collection: Collection, document: dict[str, Any]) -> list[RequestResult]:
    """By position: newman sends the requests of a collection in its order; it may break off."""
    executions = document["run"].get("executions")
    executions = executions if isinstance(executions, list) else []
    failure = "newman did not come to it"
    return [
        _result(item, executions[index] if index < len(executions) else None, failure)
        for index, item in enumerate(collection.items)
    ]


def _result(item: Item, execution: Any, reason: str) -> RequestResult:
    exchange = _exchange(item, execution) if isinstance(execution, dict) else None
    executed = _executed(execution) if isinstance(execution, dict) else {}
    if exchange is not None:
        reason = exchange.error or _script_error(execution) or "the script did not come to it"
    found = []
    for name in item.sites:
        error = executed.get(name)
        if error is None or (exchange is not None and exchange.error):
            found.append(Assertion(name=name, passed=False, executed=False, detail=reason))
        else:
            found.append(Assertion(name=name, passed=not error, detail=error))
    # named at run time: they have no site, and still must hold
    for name, error in executed.items():
        if name not in item.sites and error:
            found.append(Assertion(name=name, passed=False, detail=error))
    return RequestResult(
        group=item.group, name=item.name, operation=item.operation, assertions=found, exchange=exchange
    )


def _executed(execution: dict[str, Any]) -> dict[str, str]:
    """Name of an assertion -> its error, "" where it passed; the worst one where a name stands twice."""
    found: dict[str, str] = {}
    for item in execution.get("assertions") or []:
        if not isinstance(item, dict) or item.get("skipped"):
            continue
        error = item.get("error")
        words = str(error.get("message") or error.get("name")) if isinstance(error, dict) else ""
        name = str(item.get("assertion", ""))
        found[name] = found.get(name) or words
    return found


def _script_error(execution: dict[str, Any]) -> str:
    for script in execution.get("testScript") or []:
        error = script.get("error") if isinstance(script, dict) else None
        if isinstance(error, dict):
            return f"the script breaks off: {error.get('message', '')}"
    return ""


def _exchange(item: Item, execution: dict[str, Any]) -> Exchange:
    response = execution.get("response")
    error = execution.get("requestError")
    problem = ""
    if isinstance(error, dict):
        problem = str(error.get("message") or error.get("code") or "no answer")
    elif not isinstance(response, dict):
        problem = "no answer"
    request = execution.get("request")
    request = request if isinstance(request, dict) else {}
    response = response if isinstance(response, dict) else {}
    body = request.get("body")
    return Exchange(
        method=str(request.get("method", "")),
        url=_path(request.get("url")) or item.operation.partition(" ")[2],
        request_headers=_headers(request.get("header")),
        request_body=shortened(str(body.get("raw") or "")) if isinstance(body, dict) else "",
        status=int(response.get("code") or 0),
        response_headers=_headers(response.get("header")),
        response_body=shortened(_stream(response.get("stream"))),
        error=problem,
        milliseconds=int(response.get("responseTime") or 0),
    )


def _path(url: Any) -> str:
    if not isinstance(url, dict):
        return str(url or "")
    path = "/" + "/".join(map(str, url.get("path") or []))
    query = "&".join(
        f"{part.get('key')}={part.get('value')}" for part in url.get("query") or [] if isinstance(part, dict)
    )
    return f"{path}?{query}" if query else path


def _headers(items: Any) -> list[tuple[str, str]]:
    return [
        (str(item.get("key", "")), str(item.get("value", "")))
        for item in (items if isinstance(items, list) else [])[:50]
        if isinstance(item, dict)
    ]


def _stream(stream: Any) -> str:
    data = stream.get("data") if isinstance(stream, dict) else None
    try:
        return bytes(data or []).decode("utf-8", "replace")
    except (TypeError, ValueError):
        return ""
