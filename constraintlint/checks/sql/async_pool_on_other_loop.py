"""A pool is made on one event loop, before the server starts another one: it cannot be used there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import argument, calls, library_names, uses
from constraintlint.checks._order import surely_before
from constraintlint.checks._parents import Parents
from constraintlint.checks.sql._kept_handles import Kept
from constraintlint.facts.code import (
    Arg,
    Assign,
    AssignExpr,
    Call,
    Constant,
    Entry,
    Expr,
    Function,
    Member,
    Name,
    Text,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.nesting import home_of
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.roles import is_test

RULE = "async-pool-on-other-loop"

_PACKAGES = frozenset(("asyncpg", "sqlalchemy", "sqlmodel"))
_SERVERS = frozenset(("aiohttp", "uvicorn", "hypercorn"))
_KINDS = {"asyncpg.Pool": "pool", "asyncpg.Connection": "connection"}
_ENGINE = "sqlalchemy.ext.asyncio.AsyncEngine"
_STARTS = frozenset(("aiohttp.web.run_app", "uvicorn.run"))
#: options of uvicorn by which another process imports the application
_PROCESSES = frozenset(("reload", "workers"))
_MAX_DEPTH = 2


class _Left(msgspec.Struct, frozen=True, eq=False):
    """What a finished loop leaves behind, and where it is made."""

    what: str
    path: str
    at: tuple[int, int]


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES) or not uses(project, _SERVERS):
        return
    servers = list(_servers(project))
    if not servers:
        return
    kept = Kept(project)
    parents = Parents(project)
    for call, scope in calls(project, ("run", "run_until_complete"), python=True):
        if is_test(scope.path) or not call.args or call.args[0].name or call.args[0].spread:
            continue
        callee = call.callee
        awaited = isinstance(callee, Member) and callee.name == "run_until_complete"
        if not awaited and library_names(project, call, scope) != {"asyncio.run"}:
            continue
        server = _server_after(project, servers, call, scope)
        if server is None:
            continue
        left = _left_by(project, kept, parents, call, scope, server[0])
        if left is not None:
            yield _finding(project, call, scope, left, server)


def _servers(project: Project) -> Iterator[tuple[Call, Scope, str]]:
    """The calls that serve the application on a loop of their own."""
    for call, scope in calls(project, ("run_app", "run"), python=True):
        names = library_names(project, call, scope)
        if len(names) != 1 or not names <= _STARTS or any(arg.spread for arg in call.args):
            continue
        name = names.pop()
        loop = next((arg.value for arg in call.args if arg.name == "loop"), None)
        if name == "aiohttp.web.run_app":
            if loop is not None and not (isinstance(loop, Constant) and loop.kind == "none"):
                continue
        elif any(
            arg.name in _PROCESSES
            and not (isinstance(arg.value, Constant) and arg.value.value in (False, None, 1))
            for arg in call.args
        ):
            continue
        yield call, scope, name


def _server_after(
    project: Project, servers: list[tuple[Call, Scope, str]], call: Call, scope: Scope
) -> tuple[Call, Scope, str] | None:
    """The server that is surely started after a loop has come to its end."""
    home = home_of(scope)
    for server, place, name in servers:
        if home_of(place) is home:
            if surely_before(home.body, call.at[0], server.at[0]):
                return server, place, name
            continue
        at_import = home.kind == "module" and place.path == scope.path and _at_import(call, home)
        if at_import or (
            _makes_application(project, home, server, place)
            and surely_before(home.body, call.at[0], home.at[1])
        ):
            return server, place, name
    return None


def _makes_application(project: Project, home: Scope, server: Call, place: Scope) -> bool:
    """``run_app(make_app())``: whether the server is given what a function returns."""
    given = argument(server, 0, "app")
    return (
        home.function is not None
        and isinstance(given, Call)
        and any(value.node is home.function for value in project.evaluator.eval(given.callee, place))
    )


def _at_import(call: Call, module: Scope) -> bool:
    """Whether a call stands outside of every branch of its module."""
    return surely_before(module.body, call.at[0], (1 << 60))


def _left_by(
    project: Project, kept: Kept, parents: Parents, call: Call, scope: Scope, server: Call
) -> _Left | None:
    given = call.args[0].value
    named = isinstance(argument(server, 0, "app"), Text)  # uvicorn imports the module again
    for value in project.evaluator.eval(given, scope):
        if value.kind == "handle" and value.name in _KINDS and not named and _is_kept(parents, call, scope):
            return _Left(_KINDS[value.name], value.path, value.at)
    if isinstance(given, Call):
        return _left_by_function(project, kept, given, scope, scope.path if named else "", 0)
    return None


def _is_kept(parents: Parents, call: Call, scope: Scope) -> bool:
    return isinstance(parents.of(scope.path, call), (Assign, AssignExpr, Arg, Entry))


def _left_by_function(
    project: Project, kept: Kept, call: Call, scope: Scope, twice: str, depth: int
) -> _Left | None:
    """What a function of the project makes and keeps, or what it connects an engine to. ``twice`` is the module imported again."""
    for value in project.evaluator.eval(call.callee, scope):
        function = value.node
        if value.kind != "function" or not isinstance(function, Function):
            continue
        inner = project.evaluator.scope_of(value.path, function)
        if inner is None or any(_method(item) in ("dispose", "close", "terminate") for item in inner.calls):
            continue
        for made in inner.calls:
            found = None
            if inner.path != twice:
                found = _kept_here(project, kept, made, inner)
            found = found or _engine(project, made, inner, twice)
            if found is None and depth < _MAX_DEPTH:
                found = _left_by_function(project, kept, made, inner, twice, depth + 1)
            if found is not None:
                return found
    return None


def _kept_here(project: Project, kept: Kept, made: Call, inner: Scope) -> _Left | None:
    for item in project.evaluator.eval(made, inner):
        if item.kind != "handle" or item.name not in _KINDS or item.call is None or item.caller is not inner:
            continue
        if (
            kept.is_global(item.call, inner)
            or kept.is_on_application(item.call, inner)
            or kept.is_on_singleton(item.call, inner)
        ):
            return _Left(_KINDS[item.name], item.path, item.at)
    return None


def _engine(project: Project, made: Call, inner: Scope, twice: str) -> _Left | None:
    """``engine.begin()`` on an engine of the module over asyncpg: its connection goes back to the engine's pool."""
    callee = made.callee
    if not isinstance(callee, Member) or callee.name not in ("begin", "connect"):
        return None
    found = project.evaluator.eval(callee.object, inner)
    if len(found) != 1 or found[0].kind != "handle" or found[0].name != _ENGINE:
        return None
    value = found[0]
    if value.call is None or value.caller is None or value.caller.kind != "module" or value.path == twice:
        return None
    if any(arg.spread or arg.name in ("poolclass", "creator", "pool") for arg in value.call.args):
        return None
    return _Left("engine's connection", value.path, value.at) if _is_asyncpg(project, value) else None


def _is_asyncpg(project: Project, engine: Value) -> bool:
    assert engine.call is not None and engine.caller is not None
    url: Expr | None = argument(engine.call, 0, "url")
    found = project.evaluator.eval(url, engine.caller) if url is not None else ()
    texts = [value.text.start for value in found if value.text is not None]
    return bool(texts) and all(text.startswith("postgresql+asyncpg://") for text in texts)


def _method(call: Call) -> str:
    callee = call.callee
    return callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""


def _finding(
    project: Project, call: Call, scope: Scope, left: _Left, server: tuple[Call, Scope, str]
) -> Finding:
    line, column, end_line, end_column = project.span(left.path, left.at)
    start = project.span(server[1].path, server[0].at)
    name = server[2].rpartition(".")[2] if server[2].startswith("aiohttp") else server[2]
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, call.at),
        f"the {left.what} made on this loop is used on the one that {name} starts: "
        "asyncpg raises RuntimeError (attached to a different loop) or InterfaceError",
        help="make it where the server runs: on_startup or cleanup_ctx of aiohttp, the lifespan of FastAPI",
        trace=[
            Step(left.path, line, column, f"the {left.what} is made here", end_line, end_column),
            Step(
                server[1].path, start[0], start[1], "the server starts its own loop here", start[2], start[3]
            ),
        ],
        subject=f"{left.what} of {left.path} before {name}",
    )
