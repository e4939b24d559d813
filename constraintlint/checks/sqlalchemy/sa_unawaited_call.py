"""A coroutine method of an AsyncSession or AsyncConnection is called without ``await``."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls, owners
from constraintlint.checks._fixes import awaiting
from constraintlint.checks._parents import Parents
from constraintlint.checks._results import COROUTINE, DROPPED, use_of
from constraintlint.checks._sqlalchemy import in_use
from constraintlint.facts.code import Call, Loop, Member
from constraintlint.findings import Finding, Fix, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "sa-unawaited-call"

_SESSION = frozenset(
    [
        "close",
        "close_all",
        "commit",
        "connection",
        "delete",
        "execute",
        "flush",
        "get",
        "get_one",
        "invalidate",
        "merge",
        "refresh",
        "reset",
        "rollback",
        "run_sync",
        "scalar",
        "scalars",
        "stream",
        "stream_scalars",
    ]
)
_CONNECTION = frozenset(
    [
        "close",
        "commit",
        "exec_driver_sql",
        "execute",
        "invalidate",
        "rollback",
        "run_sync",
        "scalar",
        "scalars",
    ]
)
_METHODS = {
    "sqlalchemy.ext.asyncio.AsyncSession": _SESSION,
    "sqlalchemy.ext.asyncio.async_scoped_session": _SESSION | {"remove"},
    "sqlalchemy.ext.asyncio.AsyncConnection": _CONNECTION,
    "sqlalchemy.ext.asyncio.AsyncEngine": frozenset(("dispose",)),
}


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    parents = Parents(project)
    wanted = {name for methods in _METHODS.values() for name in methods}
    for call, scope in calls(project, wanted, python=True):
        kind = _receiver(project, call, scope)
        if kind:
            problem = _problem(parents, call, scope)
            if problem:
                fix = awaiting(project, call, scope, parents.of(scope.path, call))
                yield _finding(project, call, scope, kind, problem, fix)


def _receiver(project: Project, call: Call, scope: Scope) -> str:
    """The asynchronous type a call surely is made on, or ""."""
    if not isinstance(call.callee, Member):
        return ""
    found = [value for value in owners(project, call, scope) if value.kind != "constant"]
    kinds = {value.name for value in found}
    if not found or any(value.kind != "handle" for value in found) or len(kinds) != 1:
        return ""
    kind = kinds.pop()
    return kind if call.callee.name in _METHODS.get(kind, ()) else ""


def _problem(parents: Parents, call: Call, scope: Scope) -> str:
    """What is done with the coroutine instead of awaiting it, or ""."""
    parent = parents.of(scope.path, call)
    if isinstance(parent, Loop) and parent.iterable is call and parent.is_async:
        return "iterated over"  # ``async for`` does not await what it is given
    return use_of(parents, call, scope, COROUTINE)


def _finding(project: Project, call: Call, scope: Scope, kind: str, problem: str, fix: Fix | None) -> Finding:
    assert isinstance(call.callee, Member)
    called = f"{kind.rpartition('.')[2]}.{call.callee.name}"
    effect = (
        "the call never runs"
        if problem == DROPPED
        else f"the coroutine is {problem}: {'AttributeError' if problem.startswith('asked') else 'it is no result'}"
    )
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, call.at),
        f"{called} is not awaited: {effect}",
        help=f"write await before it{', with brackets around both' if problem.startswith(('asked', 'indexed')) else ''}",
        subject=f"{called} {problem} in {_function(scope)}",
        fix=fix,
    )


def _function(scope: Scope) -> str:
    current: Scope | None = scope
    while current is not None and current.kind != "function":
        current = current.parent
    return current.function.name if current is not None and current.function is not None else "the module"
