"""``session.refresh(x)`` of an object that surely belongs to another session, or to none."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks._sa_models import function_name, models, step
from constraintlint.checks._sa_sessions import (
    Made,
    assigned,
    ends,
    function_scope,
    loaded_by,
    made_here,
    method_calls,
    receives,
)
from constraintlint.facts.code import Call, Member, Name
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema.records import Place

RULE = "sa-refresh-foreign-instance"

_NEEDS = ("refresh", "expire", "expunge")


def check(project: Project) -> Iterator[Finding]:
    if not models(project):
        return
    for call, scope in calls(project, _NEEDS, python=True):
        callee = call.callee
        first = call.args[0].value if call.args and not call.args[0].spread else None
        if not isinstance(callee, Member) or not isinstance(first, Name):
            continue
        made = made_here(project, callee.object, scope)
        if made is None or not _is_foreign(project, first, scope, made, call):
            continue
        yield finding(
            RULE,
            scope.path,
            project.span(scope.path, call.at),
            f"{first.id} was not loaded by this session: {callee.name}() raises InvalidRequestError, "
            "and a commit here does not save its changes",
            help=f"load it with this session, or {first.id} = session.merge({first.id}) first",
            trace=[
                step(Place(scope.path, project.span(scope.path, made.call.at)), "the session is made here")
            ],
            subject=f"{callee.name} {first.id} in {function_name(scope)}",
        )


def _is_foreign(project: Project, name: Name, scope: Scope, made: Made, call: Call) -> bool:
    home = function_scope(scope)
    if home is None or home is not made.scope:
        return False
    held = project.objects.of(name, scope).only
    if held is None or held.many:
        return False
    if any(
        receives(other, name.id)
        for other in method_calls(home, "add", "add_all", "merge", "merge_all", "delete")
    ):
        return False
    if held.origin == "parameter":
        return not assigned(home, name.id)
    if held.origin != "query" or not held.via:
        return False
    other = loaded_by(project, held)
    return (
        other is not None and other.scope is not home and ends(project, other) is not None and call.at[0] > 0
    )
