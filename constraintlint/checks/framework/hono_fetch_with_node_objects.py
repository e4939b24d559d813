"""The ``fetch`` of a Hono application is given Node's request and response, or is made a listener itself."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.framework._hono import any_hono, apps, is_fetch
from constraintlint.facts.code import At, Call, Member
from constraintlint.findings import Finding, Severity, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.node_http import creates_server, is_incoming
from constraintlint.roles import is_test

_OBJECT = "a plain object, whose headers and body cannot be read"
_LISTENER = "a Node server calls its listener with Node's own objects, and fetch takes a Request"


def check(project: Project) -> Iterator[Finding]:
    if not any_hono(project):
        return
    for path in project.paths:
        file = (
            project.evaluator.file(path) if not path.endswith((".py", ".pyi")) and not is_test(path) else None
        )
        for at, message, severity in sorted(_places(project, file)) if file is not None else ():
            yield finding(
                "hono-fetch-with-node-objects",
                path,
                project.span(path, at),
                message,
                help="use serve({ fetch: app.fetch, port }) or getRequestListener(app.fetch) of @hono/node-server",
                subject=f"{path}: fetch",
                severity=severity,
            )


def _places(project: Project, file: FileScopes) -> Iterator[tuple[At, str, Severity]]:
    for call, scope in (*file.calls.get("fetch", ()), *file.calls.get("request", ())):
        if (
            not call.args
            or not isinstance(call.callee, Member)
            or not apps(project, call.callee.object, scope)
        ):
            continue
        what = _not_a_request(project, call, scope)
        if what:
            # a route that reads neither headers nor body still answers
            severity: Severity = "warning" if what == _OBJECT else "error"
            yield call.at, f"fetch of a Hono application takes a Request, and gets {what}", severity
    for name in ("createServer", "createSecureServer"):
        for call, scope in file.calls.get(name, ()):
            if (
                call.args
                and creates_server(project, call, scope)
                and is_fetch(project, call.args[-1].value, scope)
            ):
                yield (
                    call.at,
                    _LISTENER,
                    "error",
                )


def _not_a_request(project: Project, call: Call, scope: Scope) -> str:
    given = call.args[0].value
    if is_incoming(project, given, scope):
        return "the request of a Node server"
    if isinstance(call.callee, Member) and call.callee.name == "request":
        return ""  # takes a path or options as well
    values = project.evaluator.eval(given, scope)
    if values and all(value.kind == "mapping" for value in values):
        return _OBJECT
    if values and all(value.kind == "text" for value in values):
        return "a string"
    return ""
