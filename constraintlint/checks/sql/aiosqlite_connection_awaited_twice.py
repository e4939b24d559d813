"""An aiosqlite connection that is open already is awaited or entered again: its thread cannot be started twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from constraintlint.checks._calls import uses
from constraintlint.checks._order import surely_before
from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_sessions import function_scope, inside
from constraintlint.facts.code import (
    At,
    Await,
    Call,
    Constant,
    Expr,
    Function,
    Member,
    Name,
    With,
    WithItem,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, FileScopes, Scope

RULE = "aiosqlite-connection-awaited-twice"

_PACKAGES = frozenset(("aiosqlite",))
_CONNECTION = "aiosqlite.Connection"
_CONNECT = "aiosqlite.connect"
_MAX_DEPTH = 8

#: ``made``: not connected yet; ``open``: awaited or entered
State = Literal["made", "open"]
Known = tuple[State, str, At]
"""with the place where it was made, or opened"""


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    connections = _Connections(project)
    parents = Parents(project)
    for path in project.paths:
        if not path.endswith(".py") or not project.mentions(path, ("await", "with")):
            continue
        file = project.evaluator.file(path)
        if file is not None:
            yield from _of_file(project, connections, parents, file)


def _of_file(
    project: Project, connections: _Connections, parents: Parents, file: FileScopes
) -> Iterator[Finding]:
    for node in walk(list(file.module.body)):
        if isinstance(node, With) and node.is_async:
            opened = [(item.value, "entered by async with") for item in node.items]
        elif isinstance(node, Await) and not isinstance(parents.of(file.path, node), (Await,)):
            opened = [(node.value, "awaited")]
        else:
            continue
        for expr, how in opened:
            scope = file.at(expr.at[0])
            if not _is_connection(project, expr, scope):
                continue
            before = connections.state(expr, scope)
            if before is not None and before[0] == "open":
                yield _finding(project, scope, expr, how, before[1], before[2])
            elif isinstance(expr, Name):
                earlier = _opened_before(expr, scope)
                if earlier is not None:
                    yield _finding(project, scope, expr, how, scope.path, earlier)


def _is_connection(project: Project, expr: Expr, scope: Scope) -> bool:
    found = [item for item in project.evaluator.eval(expr, scope) if item.kind != "constant"]
    return bool(found) and all(item.kind == "handle" and item.name == _CONNECTION for item in found)


class _Connections:
    def __init__(self, project: Project) -> None:
        self.ev = project.evaluator

    def state(self, expr: Expr, scope: Scope, depth: int = 0) -> Known | None:
        """Whether a connection is open; None where that is not known, and for a coroutine that gives one."""
        if depth > _MAX_DEPTH:
            return None
        if isinstance(expr, Await):
            return self._awaited(expr, scope, depth)
        if isinstance(expr, Call):
            names = {
                self.ev.library_for(item.path).canonical(item.name) if item.kind == "library" else ""
                for item in self.ev.eval(expr.callee, scope)
            }
            if names == {_CONNECT}:
                return "made", scope.path, expr.at
            return self._returned(expr, scope, depth, asynchronous=False)
        if isinstance(expr, Name):
            variable = scope.find(expr.id, expr.at[0])
            return self._bound(reaching(variable, scope, expr.at[0]), depth) if variable is not None else None
        if isinstance(expr, Member) and isinstance(expr.object, Name) and expr.object.id in ("self", "cls"):
            cls = scope.enclosing_class()
            fields = cls.fields.get(expr.name, []) if cls is not None else []
            declared = cls.names.get(expr.name, []) if cls is not None else []
            return self._bound([*fields, *(bind for item in declared for bind in item.binds)], depth)
        return None

    def _awaited(self, expr: Await, scope: Scope, depth: int) -> Known | None:
        inner = expr.value
        if isinstance(inner, Call):
            given = self._returned(inner, scope, depth, asynchronous=True)
            if given is not None:
                return given
        state = self.state(inner, scope, depth + 1)
        return ("open", scope.path, expr.at) if state is not None else None

    def _returned(self, call: Call, scope: Scope, depth: int, *, asynchronous: bool) -> Known | None:
        found: list[Known | None] = []
        for value in self.ev.eval(call.callee, scope):
            function = value.node
            if value.kind != "function" or not isinstance(function, Function):
                return None
            inner = self.ev.scope_of(value.path, function)
            if inner is None or function.is_async is not asynchronous or inner.yields or function.decorators:
                return None
            found += [
                self.state(item.value, inner, depth + 1) for item in inner.returns if item.value is not None
            ]
        return _same(found)

    def _bound(self, binds: list[Bind], depth: int) -> Known | None:
        found: list[Known | None] = []
        for bind in binds:
            value = bind.value
            if bind.kind == "declare" or (isinstance(value, Constant) and value.kind == "none"):
                continue
            if value is None or bind.keys or bind.op or bind.kind not in ("assign", "with"):
                return None
            state = self.state(value, bind.inner, depth + 1)
            if state is not None and bind.kind == "with":
                state = ("open", bind.inner.path, value.at)
            found.append(state)
        return _same(found)


def _same(found: list[Known | None]) -> Known | None:
    states = {item[0] if item is not None else "" for item in found}
    return found[0] if len(states) == 1 else None


def _opened_before(expr: Name, scope: Scope) -> At | None:
    """Where the same function surely has awaited or entered the connection of a variable already."""
    home = function_scope(scope)
    variable = scope.find(expr.id, expr.at[0])
    if home is None or variable is None or len(variable.binds) != 1 or variable.scope is not home:
        return None
    for node in inside(home):
        opened: Expr | None = None
        if isinstance(node, (Await, WithItem)):
            opened = node.value
        if (
            isinstance(opened, Name)
            and opened.id == expr.id
            and surely_before(home.body, opened.at[0], expr.at[0])
        ):
            return opened.at
    return None


def _finding(project: Project, scope: Scope, expr: Expr, how: str, path: str, at: At) -> Finding:
    line, column, end_line, end_column = project.span(path, at)
    name = f"{expr.id} " if isinstance(expr, Name) else ""
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, expr.at),
        f"the connection {name}is open already and is {how} again: RuntimeError, threads can only be started once",
        help="write async with aiosqlite.connect(...) as db, or use the open connection as it is and close it",
        trace=[Step(path, line, column, "it is opened here", end_line, end_column)],
        subject=f"{how} in {scope.function.name if scope.function else 'the module'}",
    )
