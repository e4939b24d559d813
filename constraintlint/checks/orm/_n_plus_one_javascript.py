"""The part of ``n-plus-one-query`` for pg and mysql2: a SELECT for each row of another query, with a value of that row.

The loop is ``for (const row of rows)`` or the callback of ``rows.map`` (also inside of ``Promise.all``, where the queries wait for
connections instead of each other). The SELECT stands in it, or in a function of the project that is called with the row. SQLite
in the same process (better-sqlite3) has no round trips, and is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._order import inside, surely_before
from constraintlint.checks.orm._n_plus_one_drivers import Repeated, is_select
from constraintlint.checks.sql._javascript_rows import runs
from constraintlint.checks.sql._row_origins import Shape
from constraintlint.facts.code import (
    Await,
    Call,
    Expr,
    Function,
    Index,
    Jump,
    Lambda,
    Loop,
    Member,
    Name,
    Node,
    Return,
    Stmt,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import FileScopes, Scope, key_of
from constraintlint.project.sql_sites import SqlSite
from constraintlint.roles import is_development, is_migration, is_test

PACKAGES = frozenset(("pg", "mysql2", "pg-pool"))
_LIBRARIES = frozenset(("pg", "mysql2"))
_EACH = frozenset(("map", "forEach", "flatMap"))
_SAME = frozenset(("map", "filter", "slice", "sort", "reverse", "toSorted", "toReversed"))
_MAX_DEPTH = 8
_MAX_CALLS = 2


def find(project: Project) -> Iterator[Repeated]:
    sites = [
        site
        for site in project.sql_sites
        if site.library in _LIBRARIES and not site.path.endswith(".py") and isinstance(site.node, Call)
    ]
    finder = _Finder(project, sites) if sites else None
    for path in project.paths if finder is not None else ():
        if path.endswith(".py") or is_test(path) or is_migration(path) or is_development(path):
            continue
        file = project.evaluator.file(path)
        if finder is not None and file is not None:
            yield from finder.of_file(path, file)


class _Finder:
    def __init__(self, project: Project, sites: list[SqlSite]) -> None:
        self.ev = project.evaluator
        self.shapes = {id(call): shape for _, call, _, shape in runs(project, sites)}
        self.selects = {id(site.node): site for site in sites if is_select(site) and not site.via}

    def of_file(self, path: str, file: FileScopes) -> Iterator[Repeated]:
        for node in walk(file.code.body):
            if (
                isinstance(node, Loop)
                and node.kind == "for"
                and node.target is not None
                and node.iterable is not None
            ):
                names = _names(node.target)
                body, iterable, scope = node.body, node.iterable, file.at(node.at[0])
                if any(
                    isinstance(item, Return) or (isinstance(item, Jump) and item.kind == "break")
                    for item in inside(body)
                ):
                    continue  # it may end with the first row
            elif (each := _each(node)) is not None:
                function, iterable = each
                param = function.params[0]
                names = (
                    {param.name}
                    if param.name
                    else _names(param.pattern)
                    if param.pattern is not None
                    else set()
                )
                body, scope = function.body or [], file.at(node.at[0])
            else:
                continue
            call = self._query(body, names - {""}, file, 0)
            if call is not None and self._shape(iterable, scope, 0) == "rows":
                name = scope.function.name or scope.alias if scope.function is not None else "the module"
                yield Repeated(path, call.at, node.at, name)

    def _query(self, body: list[Stmt], names: set[str], file: FileScopes, depth: int) -> Call | None:
        """The call that runs a SELECT with one of some values: here, or in a function of the project that is given one."""
        for node in walk(body):
            if not isinstance(node, Call) or not names & _given(node):
                continue
            if id(node) in self.selects:
                return node
            if depth < _MAX_CALLS and self._runs(node, names, file.at(node.at[0]), depth):
                return node
        return None

    def _runs(self, call: Call, names: set[str], scope: Scope, depth: int) -> bool:
        values = [item for value in self.ev.eval(call.callee, scope) for item in concrete(self.ev, value)]
        inner = values[0].scope if len(values) == 1 and values[0].kind == "function" else None
        function = inner.function if inner is not None else None
        if inner is None or function is None or function.body is None or any(arg.spread for arg in call.args):
            return False
        given = {
            name
            for param, arg in zip(function.params, call.args, strict=False)
            if names & {node.id for node in walk(arg.value) if isinstance(node, Name)}
            for name in (
                {param.name} if param.name else _names(param.pattern) if param.pattern is not None else ()
            )
        }
        file = self.ev.file(inner.path)
        if not given or file is None:
            return False
        found = self._query(function.body, given, file, depth + 1)
        # one that may answer from a cache does not ask each time
        return found is not None and surely_before(function.body, found.at[0], function.body[-1].at[1])

    def _shape(self, expr: Expr, scope: Scope, depth: int) -> Shape | None:
        """What an expression is of the result of a query: ``rows`` also for what is made of each row."""
        if depth > _MAX_DEPTH:
            return None
        if isinstance(expr, Await):
            expr = expr.value
        if isinstance(expr, Name):
            return self._named(expr, scope, depth)
        if isinstance(expr, Member):
            return (
                "rows"
                if expr.name == "rows" and self._shape(expr.object, scope, depth + 1) == "result"
                else None
            )
        if isinstance(expr, Index):
            first = key_of(expr.index) in ("0", "#0")
            return "rows" if first and self._shape(expr.object, scope, depth + 1) == "pair" else None
        if not isinstance(expr, Call):
            return None
        if id(expr) in self.shapes:
            return self.shapes[id(expr)]
        callee = expr.callee
        if isinstance(callee, Member) and callee.name in _SAME:
            owner = self._shape(callee.object, scope, depth + 1)
            if owner == "rows":
                return owner
        return self._returned(expr, scope, depth)

    def _named(self, expr: Name, scope: Scope, depth: int) -> Shape | None:
        variable = scope.find(expr.id, expr.at[0])
        binds = reaching(variable, scope, expr.at[0]) if variable is not None else []
        bind = binds[0] if len(binds) == 1 else None
        if bind is None or bind.kind != "assign" or bind.value is None or bind.op:
            return None
        shape = self._shape(bind.value, bind.inner, depth + 1)
        if not bind.keys:
            return shape
        return "rows" if (shape, bind.keys) in (("result", ("rows",)), ("pair", (0,))) else None

    def _returned(self, call: Call, scope: Scope, depth: int) -> Shape | None:
        values = [item for value in self.ev.eval(call.callee, scope) for item in concrete(self.ev, value)]
        inner = values[0].scope if len(values) == 1 and values[0].kind == "function" else None
        if inner is None:
            return None
        shapes = {
            self._shape(item.value, inner, depth + 1) for item in inner.returns if item.value is not None
        }
        return shapes.pop() if len(shapes) == 1 else None


def _each(node: Node) -> tuple[Function, Expr] | None:
    """The callback of ``rows.map(async (row) => ...)``, and the rows."""
    if not isinstance(node, Call) or not isinstance(node.callee, Member) or node.callee.name not in _EACH:
        return None
    given = node.args[0].value if len(node.args) == 1 else None
    if not isinstance(given, Lambda) or not given.function.params or not given.function.body:
        return None
    return given.function, node.callee.object


def _names(target: Expr) -> set[str]:
    return {node.id for node in walk(target) if isinstance(node, Name)}


def _given(call: Call) -> set[str]:
    """The names in the arguments of a call, those in functions among them left out."""
    return {
        node.id
        for arg in call.args
        if not isinstance(arg.value, Lambda)
        for node in walk(arg.value)
        if isinstance(node, Name)
    }
