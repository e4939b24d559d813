"""One asynchronous session or connection, made once, serves requests (or tasks) that run at the same time."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import argument, calls, library_names, uses
from constraintlint.checks._order import inside
from constraintlint.checks._parents import Parents
from constraintlint.checks._requests import reached
from constraintlint.checks.sql._handle_makers import makers
from constraintlint.checks.sql._kept_handles import Kept
from constraintlint.checks.sql._python_rows import handles
from constraintlint.facts.code import (
    At,
    Call,
    Comprehension,
    Expr,
    Function,
    Member,
    Name,
    Text,
    With,
    walk,
)
from constraintlint.findings import Finding, Severity, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.nesting import home_of
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.roles import is_test

RULE = "shared-async-db-handle"

_PACKAGES = frozenset(("asyncpg", "aiosqlite", "sqlalchemy", "sqlmodel"))
_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
_ASYNCPG = "asyncpg.Connection"
_AIOSQLITE = "aiosqlite.Connection"
_WRITES = frozenset(("commit", "flush"))
#: type -> methods that may not run at the same time
_USES: dict[str, frozenset[str]] = {
    _SESSION: frozenset(
        ("execute", "scalar", "scalars", "get", "get_one", "commit", "flush", "refresh", "rollback", "delete", "merge")
    ),
    _ASYNCPG: frozenset(("execute", "executemany", "fetch", "fetchrow", "fetchval", "transaction")),
    _AIOSQLITE: frozenset(("rollback", "execute")),
}  # fmt: skip
_METHODS = frozenset(name for methods in _USES.values() for name in methods)
_TOLD = {
    _SESSION: "an AsyncSession is for one task at a time: it raises InvalidRequestError or IllegalStateChangeError, and mixes the requests' transactions",
    _ASYNCPG: "asyncpg raises InterfaceError, another operation is in progress",
    _AIOSQLITE: "all requests are in one transaction: a BEGIN fails within another one's, a rollback takes their changes away",
}
_SHORT = {_SESSION: "AsyncSession", _ASYNCPG: "asyncpg connection", _AIOSQLITE: "aiosqlite connection"}
_HELP = {
    _SESSION: "keep the async_sessionmaker, and open a session in each request: async with maker() as session",
    _ASYNCPG: "keep a pool (asyncpg.create_pool), and acquire a connection in each request",
    _AIOSQLITE: "open a connection in each request, or guard every transaction by one asyncio.Lock",
}


class _Use(msgspec.Struct, frozen=True, eq=False):
    value: Value
    call: Call
    scope: Scope
    method: str


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    parents = Parents(project)
    yield from _gathered(project)
    if project.routes.routes:
        yield from _shared(project, parents)


# --- requests -----------------------------------------------------------------------------------------------------


def _shared(project: Project, parents: Parents) -> Iterator[Finding]:
    kept = Kept(project)
    served = set(project.paths)
    found: dict[tuple[str, At], list[_Use]] = {}
    for scope in reached(project):
        if not scope.path.endswith(".py") or is_test(scope.path):
            continue
        for call in scope.calls:
            callee = call.callee
            if not isinstance(callee, Member) or callee.name not in _METHODS:
                continue
            values = [
                value
                for value in project.evaluator.eval(callee.object, scope)
                if value.kind != "constant" or value.constant is not None  # None until it is made
            ]
            if any(value.kind != "handle" or value.name.startswith("flask.g.") for value in values):
                continue
            names = {value.name for value in values}
            if len(names) != 1 or callee.name not in _USES.get(next(iter(names)), ()):
                continue
            if not _endangers(next(iter(names)), call) or _is_locked(parents, call, scope):
                continue
            if any(value.call is None for value in values):
                values = makers(project, callee.object, scope)
            if values and all(kept.is_made_once(value) for value in values) and values[0].call is not None:
                value = values[0]
                found.setdefault((value.path, value.at), []).append(_Use(value, call, scope, callee.name))
    for (path, at), all_uses in sorted(found.items(), key=lambda item: item[0]):
        if path in served:
            yield _finding(project, path, at, all_uses)


def _endangers(name: str, call: Call) -> bool:
    """aiosqlite lets every statement wait for its turn: only what ends or begins a transaction meets the others."""
    if name != _AIOSQLITE:
        return True
    if isinstance(call.callee, Member) and call.callee.name == "rollback":
        return True
    first = argument(call, 0, "sql")
    if not isinstance(first, Text) or not first.pieces:
        return False
    return str(getattr(first.pieces[0], "value", "")).lstrip().upper().startswith("BEGIN")


def _is_locked(parents: Parents, call: Call, scope: Scope) -> bool:
    current = parents.of(scope.path, call)
    while current is not None:
        if isinstance(current, With) and any(
            "lock" in word.lower() or "sem" in word.lower() or "mutex" in word.lower()
            for item in current.items
            for node in walk(item.value)
            if (word := node.id if isinstance(node, Name) else node.name if isinstance(node, Member) else "")
        ):
            return True
        current = parents.of(scope.path, current)
    return False


def _finding(project: Project, path: str, at: At, all_uses: list[_Use]) -> Finding:
    name = all_uses[0].value.name
    first = min(all_uses, key=lambda item: (item.scope.path, item.call.at))
    line, column, end_line, end_column = project.span(first.scope.path, first.call.at)
    severity: Severity | None = None
    if name == _AIOSQLITE or (name == _SESSION and not any(item.method in _WRITES for item in all_uses)):
        severity = "warning"
    return finding(
        RULE,
        path,
        project.span(path, at),
        f"one {_SHORT[name]} is made once and serves every request: {_TOLD[name]}",
        help=_HELP[name],
        trace=[Step(first.scope.path, line, column, "a request uses it here", end_line, end_column)],
        subject=f"one {_SHORT[name]} for all requests, used in {first.scope.path}",
        severity=severity,
    )


# --- asyncio.gather -----------------------------------------------------------------------------------------------


def _gathered(project: Project) -> Iterator[Finding]:
    for call, scope in calls(project, ("gather",), python=True):
        if is_test(scope.path) or library_names(project, call, scope) != {"asyncio.gather"}:
            continue
        counted: dict[str, int] = {}
        kinds: dict[str, str] = {}
        for arg in call.args:
            if arg.name:
                continue
            value = arg.value
            times, inner = 1, scope
            if isinstance(value, Comprehension):
                file = project.evaluator.file(scope.path)
                inner = file.at(value.element.at[0]) if file is not None else scope
                value, times = value.element, 2
            if not isinstance(value, Call):
                continue
            for key, kind in _used_by(project, value, inner).items():
                if times > 1 and inner is not scope and _is_bound_in(key, value, inner):
                    continue
                counted[key] = counted.get(key, 0) + times
                kinds[key] = kind
        for key in sorted(counted):
            if counted[key] > 1:
                kind = kinds[key]
                if kind == _SESSION and not _is_fresh(key, call, scope):
                    continue
                yield finding(
                    RULE,
                    scope.path,
                    project.span(scope.path, call.at),
                    f"asyncio.gather runs several operations on {key} at the same time: {_TOLD[kind].partition(', and mixes')[0]}",
                    help="run them one after the other, or give each its own session or connection",
                    subject=f"gather on {key} in {scope.function.name if scope.function else 'the module'}",
                    severity="warning" if kind == _SESSION else None,
                )
                break


def _is_fresh(key: str, call: Call, scope: Scope) -> bool:
    """Whether a session surely has no connection yet: made in this function, and not used before. One that has serves reads in turn."""
    home = home_of(scope)
    variable = scope.find(key, call.at[0])
    if variable is None or variable.scope is not home or len(variable.binds) != 1:
        return False
    bind = variable.binds[0]
    if bind.kind not in ("assign", "with"):
        return False
    return not any(
        isinstance(node, Name) and node.id == key and bind.at[1] <= node.at[0] < call.at[0]
        for node in inside(home.body)
    )


def _used_by(project: Project, call: Call, scope: Scope) -> dict[str, str]:
    """The sessions and connections an awaitable surely works with: name -> type."""
    found: dict[str, str] = {}
    callee = call.callee
    if isinstance(callee, Member):
        kind = _kind(project, callee.object, scope)
        if kind and callee.name in _USES[kind]:
            found[_key(callee.object)] = kind
    for value in project.evaluator.eval(callee, scope):
        function = value.node
        if value.kind != "function" or not isinstance(function, Function) or not function.is_async:
            return found
        inner = project.evaluator.scope_of(value.path, function)
        for position, arg in enumerate(call.args):
            kind = _kind(project, arg.value, scope)
            if not kind or arg.spread or inner is None:
                continue
            shift = 1 if parameters.is_method(inner) else 0
            named = arg.name or (
                function.params[position + shift].name if position + shift < len(function.params) else ""
            )
            if any(
                isinstance(used.callee, Member)
                and used.callee.name in _USES[kind]
                and isinstance(used.callee.object, Name)
                and used.callee.object.id == named
                for used in inner.calls
            ):
                found[_key(arg.value)] = kind
    return found


def _kind(project: Project, expr: Expr, scope: Scope) -> str:
    if not _key(expr):
        return ""
    names = {value.name for value in handles(project.evaluator, expr, scope)}
    return next(iter(names)) if len(names) == 1 and names <= {_SESSION, _ASYNCPG} else ""


def _key(expr: Expr) -> str:
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        owner = _key(expr.object)
        return f"{owner}.{expr.name}" if owner else ""
    return ""


def _is_bound_in(key: str, node: Call, scope: Scope) -> bool:
    """Whether the name is one of the comprehension's own."""
    variable = scope.find(key.partition(".")[0], node.at[0])
    return variable is None or variable.scope.kind == "comprehension"
