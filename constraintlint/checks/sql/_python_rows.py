"""Rows of a driver in Python: which expressions hold one row or a collection of them, and the calls these came from.

An expression holds a row only where everything it can be is one; a plain ``None`` beside it counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from constraintlint.facts.code import (
    AssignExpr,
    Await,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    Function,
    Index,
    Member,
    Name,
    Param,
    Slice,
)
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.evaluate import Evaluator
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value

Shape = Literal["row", "rows"]
#: type of a handle -> method -> what it gives, once awaited
Api = Mapping[str, Mapping[str, Shape]]

_FETCHES: Mapping[str, Shape] = {"fetchone": "row", "fetchall": "rows", "fetchmany": "rows"}
SQLITE: Api = {
    "sqlite3.Cursor": _FETCHES,
    "aiosqlite.Cursor": _FETCHES,
    "aiosqlite.Connection": {"execute_fetchall": "rows"},
}
NAMED: Api = {
    **SQLITE,
    "asyncpg.Connection": {"fetch": "rows", "fetchrow": "row"},
    "asyncpg.Pool": {"fetch": "rows", "fetchrow": "row"},
    "psycopg.Cursor": _FETCHES,
    "psycopg.AsyncCursor": _FETCHES,
}
CURSORS = frozenset(("sqlite3.Cursor", "aiosqlite.Cursor", "psycopg.Cursor", "psycopg.AsyncCursor"))
_COPIES = frozenset(("list", "tuple", "sorted", "reversed"))
_MAX_DEPTH = 12
_MAX_CALLERS = 24


def handles(ev: Evaluator, expr: Expr, scope: Scope) -> list[Value]:
    """The library objects an expression can be; empty where it can be anything else.

    What the project keeps on ``flask.g`` is not something of the library, though it is reached through it.
    """
    found = [item for item in ev.eval(expr, scope) if not item.name.startswith("flask.g.")]
    return found if all(item.kind == "handle" for item in found) else []


class Held(msgspec.Struct, frozen=True, eq=False):
    """``shape`` of an expression, the handles whose methods gave it, and the calls of these methods."""

    shape: Shape
    owners: tuple[Value, ...] = ()
    calls: tuple[Call, ...] = ()

    def one(self) -> Held:
        return Held("row", self.owners, self.calls)


class Rows:
    """``accepts`` decides for the handles a method is called on, ``declares`` for what an annotation names."""

    def __init__(
        self,
        project: Project,
        api: Api,
        accepts: Callable[[Value], bool],
        row_type: frozenset[str] = frozenset(),
    ) -> None:
        self.project = project
        self.ev = project.evaluator
        self.api = api
        self.accepts = accepts
        self.row_type = row_type
        self.methods = frozenset(name for methods in api.values() for name in methods)
        self._memo: dict[tuple[int, int], Held | None] = {}

    def of(self, expr: Expr, scope: Scope, depth: int = 0) -> Held | None:
        """What part of a result ``expr`` is; None where it can be anything else."""
        if depth > _MAX_DEPTH:
            return None
        key = (id(expr), id(scope))
        if key not in self._memo:
            self._memo[key] = None
            self._memo[key] = self._of(expr, scope, depth)
        return self._memo[key]

    def _of(self, expr: Expr, scope: Scope, depth: int) -> Held | None:
        if isinstance(expr, (Await, AssignExpr)):
            return self.of(expr.value, scope, depth + 1)
        if isinstance(expr, Conditional):
            return self._all([(expr.then, scope), (expr.other, scope)], depth)
        if isinstance(expr, Call):
            return self._call(expr, scope, depth)
        if isinstance(expr, Index):
            owner = self.of(expr.object, scope, depth + 1)
            if owner is None or owner.shape != "rows":
                return None
            return owner if isinstance(expr.index, Slice) else owner.one()
        if isinstance(expr, Name):
            variable = scope.find(expr.id, expr.at[0])
            binds = reaching(variable, scope, expr.at[0]) if variable is not None else []
            return self._bound(binds, depth)
        if isinstance(expr, Comprehension) and expr.kind == "list":
            file = self.ev.file(scope.path)
            inner = file.at(expr.element.at[0]) if file is not None else scope
            item = self.of(expr.element, inner, depth + 1)
            return Held("rows", item.owners, item.calls) if item is not None and item.shape == "row" else None
        return None

    def _all(self, found: list[tuple[Expr, Scope]], depth: int) -> Held | None:
        held: list[Held] = []
        for expr, scope in found:
            if isinstance(expr, Constant) and expr.kind == "none":
                continue
            item = self.of(expr, scope, depth + 1)
            if item is None:
                return None
            held.append(item)
        return _united(held)

    # --- calls ------------------------------------------------------------------------------------------------------

    def _call(self, call: Call, scope: Scope, depth: int) -> Held | None:
        callee = call.callee
        if isinstance(callee, Member) and callee.name in self.methods:
            held = self._fetched(call, callee, scope)
            if held is not None:
                return held
        if isinstance(callee, Name) and call.args and not call.args[0].spread:
            if callee.id in _COPIES:
                element = self.element(call.args[0].value, scope, depth)
                return Held("rows", element.owners, element.calls) if element is not None else None
            if callee.id == "next":
                return self.element(call.args[0].value, scope, depth)
        return self._returned(call, scope, depth)

    def _fetched(self, call: Call, callee: Member, scope: Scope) -> Held | None:
        owners = handles(self.ev, callee.object, scope)
        shapes = {self.api.get(owner.name, {}).get(callee.name) for owner in owners}
        shape = shapes.pop() if len(shapes) == 1 else None
        if shape is None or not all(self.accepts(owner) for owner in owners):
            return None
        return Held(shape, tuple(owners), (call,))

    def _returned(self, call: Call, scope: Scope, depth: int) -> Held | None:
        """What a function of the project gives back, where every return gives a row."""
        found: list[tuple[Expr, Scope]] = []
        for value in self.ev.eval(call.callee, scope):
            function = value.node
            if value.kind != "function" or not isinstance(function, Function):
                return None
            inner = self.ev.scope_of(value.path, function)
            if inner is None or not inner.returns or inner.yields or function.decorators:
                return None
            found += [(item.value, inner) for item in inner.returns if item.value is not None]
        return self._all(found, depth) if found else None

    # --- names ------------------------------------------------------------------------------------------------------

    def element(self, expr: Expr, scope: Scope, depth: int = 0) -> Held | None:
        """What iterating over an expression gives: the rows of a list, or of a cursor."""
        held = self.of(expr, scope, depth + 1)
        if held is not None:
            return held.one() if held.shape == "rows" else None
        owners = handles(self.ev, expr, scope)
        if owners and all(owner.name in CURSORS and self.accepts(owner) for owner in owners):
            return Held("row", tuple(owners))
        return None

    def _bound(self, binds: list[Bind], depth: int) -> Held | None:
        held: list[Held] = []
        for bind in binds:
            if isinstance(bind.value, Constant) and bind.value.kind == "none" and bind.kind == "assign":
                continue
            item = self._bind(bind, depth + 1)
            if item is None:
                return None
            held.append(item)
        return _united(held)

    def _bind(self, bind: Bind, depth: int) -> Held | None:
        if bind.kind == "param":
            return self._param(bind, depth)
        if bind.value is None or bind.op:
            return None
        if bind.kind == "for":
            value = bind.value
            if (
                bind.keys == (1,)
                and isinstance(value, Call)
                and isinstance(value.callee, Name)
                and value.callee.id == "enumerate"
                and value.args
            ):
                return self.element(value.args[0].value, bind.inner, depth)
            return self.element(value, bind.inner, depth) if not bind.keys else None
        if bind.kind == "assign" and not bind.keys:
            return self.of(bind.value, bind.inner, depth)
        return None

    def _param(self, bind: Bind, depth: int) -> Held | None:
        function, param = bind.scope.function, bind.node
        if function is None or not isinstance(param, Param) or bind.keys or param.kind in ("rest", "kwrest"):
            return None
        if param.annotation is not None and self.row_type:
            names = {
                self.ev.library_for(value.path).canonical(value.name)
                for value in self.ev.eval(param.annotation, bind.scope.parent or bind.scope)
                if value.kind == "library"
            }
            if names and names <= self.row_type:
                return Held("row")
        given: list[tuple[Expr, Scope]] = []
        for call, caller, _ in parameters.call_sites(self.ev, bind.scope, function, _MAX_CALLERS):
            expr = parameters.argument_of(call, bind.scope, bind.index, param)
            if expr is None:
                return None
            if caller is not bind.scope:
                given.append((expr, caller))
        return self._all(given, depth) if given and param.default is None else None


def _united(found: list[Held]) -> Held | None:
    if not found or len({item.shape for item in found}) != 1:
        return None
    owners = {id(owner.call or owner): owner for item in found for owner in item.owners}
    calls = {id(call): call for item in found for call in item.calls}
    return Held(found[0].shape, tuple(owners.values()), tuple(calls.values()))
