"""``listen`` is called on a Hono application, which has no such method."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.framework._hono import any_hono, apps
from constraintlint.facts.code import Member
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.roles import is_test


def check(project: Project) -> Iterator[Finding]:
    if not any_hono(project):
        return
    for path in project.paths:
        file = (
            project.evaluator.file(path) if not path.endswith((".py", ".pyi")) and not is_test(path) else None
        )
        for call, scope in file.calls.get("listen", ()) if file is not None else ():
            if isinstance(call.callee, Member) and apps(project, call.callee.object, scope):
                yield finding(
                    "hono-app-listen",
                    path,
                    project.span(path, call.at),
                    "a Hono application has no method listen: TypeError: app.listen is not a function",
                    help="on Node: serve({ fetch: app.fetch, port }) of @hono/node-server; "
                    "on Bun and Workers: export default app",
                    subject=f"{path}: listen",
                )
