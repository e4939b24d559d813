"""The second argument of @hono/node-server's ``serve`` is no function."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.roles import is_test


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        if is_test(path) or not any(
            item.package == "@hono/node-server" for item in project.resolutions[path].external
        ):
            continue
        file = project.evaluator.file(path)
        for calls in file.calls.values() if file is not None else ():
            for call, scope in calls:
                if len(call.args) < 2 or any(argument.spread for argument in call.args):
                    continue
                ev = project.evaluator
                called = ev.eval(call.callee, scope)
                if not called or any(value.name != "@hono/node-server#serve" for value in called):
                    continue
                given = ev.eval(call.args[1].value, scope)
                if given and all(
                    value.kind in ("mapping", "sequence", "text", "env")
                    or (value.kind == "constant" and bool(value.constant))
                    for value in given
                ):
                    yield finding(
                        "hono-serve-arguments",
                        path,
                        project.span(path, call.args[1].at),
                        "the second argument of serve is called once the server listens, and this is no function: "
                        "TypeError: listeningListener is not a function",
                        help="put the options into the first argument: serve({ fetch: app.fetch, port: 3000 })",
                        subject=f"{path}: serve",
                    )
