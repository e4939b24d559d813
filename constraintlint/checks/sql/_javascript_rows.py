"""Where raw drivers of JavaScript hand over rows, and the named functions these rows go into."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.sql._row_origins import MAX_DEPTH, Origins, Shape, is_nothing
from constraintlint.facts.code import Call, Expr, Function, Member, Name
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.sql_engines import engines_of
from constraintlint.project.sql_sites import SqlSite

Run = tuple[SqlSite, Call, Scope, Shape]

#: library -> what its methods give
_SHAPES: dict[str, dict[str, Shape]] = {
    "pg": {"query": "result"},
    "mysql2": {"query": "pair", "execute": "pair"},
    "sqlite": {"all": "rows", "get": "row"},
}
_STATEMENT = "better-sqlite3#Statement"
_EACH = frozenset(("map", "forEach", "flatMap"))
#: layers that rows are followed up through: repository, service, handler
MAX_LAYERS = 3


def runs(project: Project, sites: list[SqlSite]) -> list[Run]:
    """The calls that give the rows of a statement, with the shape of what they give."""
    statements = {id(site.node): site for site in sites if site.library == "better-sqlite3"}
    found: list[Run] = []
    for site in sites:
        shape = _SHAPES.get(site.library, {}).get(site.sink.rpartition(".")[2])
        if (
            site.library == "knex"
            and site.sink.endswith(".raw")
            and engines_of(project, site) == ("postgresql",)
        ):
            shape = "result"
        promised = site.library != "mysql2" or any("promise" in item for item in site.receivers)
        if shape is not None and promised and isinstance(site.node, Call) and not site.via:
            found.append((site, site.node, site.scope, shape))
    return [*found, *_of_statements(project, statements)] if statements else found


def _of_statements(project: Project, statements: dict[int, SqlSite]) -> list[Run]:
    found: list[Run] = []
    given: dict[str, Shape] = {"all": "rows", "iterate": "rows", "get": "row"}
    for name, shape in sorted(given.items()):
        for call, scope in project.evaluator.calls(name):
            if scope.path.endswith(".py") or not isinstance(call.callee, Member):
                continue
            values = project.evaluator.eval(call.callee.object, scope)
            if len(values) == 1 and values[0].kind == "handle" and values[0].name == _STATEMENT:
                site = statements.get(id(values[0].call))
                if site is not None:
                    found.append((site, call, scope, shape))
    return sorted(found, key=lambda item: (item[2].path, item[1].at))


class Mapped(Origins):
    """Follows rows into named functions of the project as well: ``rows.map(toUser)``, ``toUser(rows[0])``."""

    def shape(self, expr: Expr, scope: Scope, depth: int = 0) -> Shape | None:
        found = super().shape(expr, scope, depth)
        if found is None and isinstance(expr, Call) and depth < MAX_DEPTH:
            return self._returned(expr, scope, depth)
        return found

    def _returned(self, call: Call, scope: Scope, depth: int) -> Shape | None:
        """What a function of the project gives back: ``await repository.find(id)``."""
        values = [item for value in self.ev.eval(call.callee, scope) for item in concrete(self.ev, value)]
        inside = values[0].scope if len(values) == 1 and values[0].kind == "function" else None
        return self.gives(inside, depth + 1) if inside is not None else None

    def gives(self, scope: Scope, depth: int = 0) -> Shape | None:
        """The one shape of all that a function returns, nothing (``null``) left out."""
        found = {
            self.shape(item.value, scope, depth + 1)
            for item in scope.returns
            if item.value is not None and not is_nothing(item.value)
        }
        return found.pop() if len(found) == 1 else None

    def _param(self, bind: Bind, depth: int) -> tuple[Shape | None, str]:
        function = bind.scope.function
        if bind.scope.passed is not None or function is None or bind.index != 0 or depth > 12:
            return super()._param(bind, depth)
        for call, caller in self.givers(bind.scope, function):
            callee = call.callee
            if isinstance(callee, Member) and callee.name in _EACH and _is_named(call, function, bind.scope):
                if self.shape(callee.object, caller, depth + 1) == "rows":
                    return _inside("row", bind)
            elif call.args and self.shape(call.args[0].value, caller, depth + 1) == "row":
                return _inside("row", bind)
        return None, ""

    def givers(self, scope: Scope, function: Function) -> Iterator[tuple[Call, Scope]]:
        """The calls of a function, and those it is handed to by name."""
        for call, caller, _ in parameters.call_sites(self.ev, scope, function):
            yield call, caller
        for method in sorted(_EACH):
            for call, caller in self.ev.calls(method):
                if _is_named(call, function, scope) and any(
                    value.scope is scope for value in self.ev.eval(call.args[0].value, caller)
                ):
                    yield call, caller


def _is_named(call: Call, function: Function, scope: Scope) -> bool:
    given = call.args[0].value if call.args else None
    last = given.id if isinstance(given, Name) else given.name if isinstance(given, Member) else ""
    return bool(last) and last in (function.name, scope.alias)


def _inside(shape: Shape, bind: Bind) -> tuple[Shape | None, str]:
    if not bind.keys:
        return shape, ""
    key = bind.keys[-1]
    return (None, key) if len(bind.keys) == 1 and isinstance(key, str) else (None, "")


def places(project: Project, origins: Mapped, scope: Scope) -> Iterator[Scope]:
    """The function that runs the statement, those that call it for the rows, and the named functions the rows are handed to."""
    seen: set[int] = set()
    level = [_outermost(scope)]
    for _ in range(MAX_LAYERS):
        above: list[Scope] = []
        for outer in level:
            if id(outer) in seen:
                continue
            seen.add(id(outer))
            yield outer
            yield from _handed(project, outer, seen)
            above += _callers(origins, outer)
        level = above


def _outermost(scope: Scope) -> Scope:
    while scope.parent is not None and scope.parent.kind == "function":
        scope = scope.parent
    return scope


def _callers(origins: Mapped, scope: Scope) -> list[Scope]:
    """The functions that call one which gives rows back, also one of several in a factory."""
    found: dict[int, Scope] = {}
    for inner in (scope, *(child for child in scope.children if child.kind == "function")):
        if inner.function is None or origins.gives(inner) is None:
            continue
        for _, caller, _ in parameters.call_sites(origins.ev, inner, inner.function):
            outer = _outermost(caller)
            found[id(outer)] = outer
    return list(found.values())


def _handed(project: Project, outer: Scope, seen: set[int]) -> Iterator[Scope]:
    for call in _calls_in(outer):
        callee = call.callee
        given: Expr | None = callee
        if isinstance(callee, Member) and callee.name in _EACH and call.args:
            given = call.args[0].value
        if not isinstance(given, (Name, Member)):
            continue
        for value in project.evaluator.eval(given, outer):
            if value.kind == "function" and value.scope is not None and id(value.scope) not in seen:
                seen.add(id(value.scope))
                yield value.scope


def _calls_in(scope: Scope) -> Iterator[Call]:
    yield from scope.calls
    for child in scope.children:
        if child.kind != "class":
            yield from _calls_in(child)
