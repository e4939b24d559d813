"""Rows of one query in JavaScript: which names, members and parameters hold its result, its rows, or one row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from constraintlint.facts.code import (
    Await,
    Binary,
    Call,
    Conditional,
    Constant,
    Expr,
    Index,
    Member,
    Name,
    walk,
)
from constraintlint.project.flow.evaluate import Evaluator
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope

#: ``pair`` is ``[rows, metadata]``
Shape = Literal["result", "rows", "row", "pair"]
MAX_DEPTH = 20
_EACH = frozenset(("map", "forEach", "flatMap", "filter", "find", "some", "every"))
_SAME = frozenset(("filter", "slice", "sort", "reverse"))
_ONE = frozenset(("find", "at", "pop", "shift"))


class Origins:
    """Follows expressions back to one call; ``shape`` is what that call gives once it is awaited."""

    def __init__(self, ev: Evaluator, call: Call, shape: Shape) -> None:
        self.ev = ev
        self.call = call
        self.first = shape

    def shape(self, expr: Expr, scope: Scope, depth: int = 0) -> Shape | None:
        """What part of the result ``expr`` is; None where it can be anything else."""
        if depth > MAX_DEPTH:
            return None
        if expr is self.call:
            return self.first
        if isinstance(expr, Await):
            return self.shape(expr.value, scope, depth + 1)
        if isinstance(expr, Member):
            owner = self.shape(expr.object, scope, depth + 1)
            return "rows" if owner == "result" and expr.name == "rows" else None
        if isinstance(expr, Index):
            return _item(self.shape(expr.object, scope, depth + 1))
        if isinstance(expr, Call) and isinstance(expr.callee, Member):
            owner = self.shape(expr.callee.object, scope, depth + 1)
            if owner == "rows" and expr.callee.name in _SAME:
                return "rows"
            return "row" if owner == "rows" and expr.callee.name in _ONE else None
        if isinstance(expr, Name):
            return self._named(expr, scope, depth)
        if isinstance(expr, Binary) and expr.op in ("||", "??") and is_nothing(expr.right):
            return self.shape(expr.left, scope, depth + 1)  # rows[0] || null
        if isinstance(expr, Conditional) and (is_nothing(expr.then) or is_nothing(expr.other)):
            return self.shape(expr.other if is_nothing(expr.then) else expr.then, scope, depth + 1)
        return None

    def _named(self, expr: Name, scope: Scope, depth: int) -> Shape | None:
        variable = scope.find(expr.id, expr.at[0])
        binds = reaching(variable, scope, expr.at[0]) if variable is not None else []
        found = {self.bound(bind, depth + 1)[0] for bind in binds}
        return found.pop() if len(found) == 1 else None

    def bound(self, bind: Bind, depth: int = 0) -> tuple[Shape | None, str]:
        """What a definition of a name holds, or ``(None, column)`` where it is a column of a row."""
        if bind.kind == "param":
            return self._param(bind, depth)
        if bind.value is None or bind.op or bind.kind not in ("assign", "for"):
            return None, ""
        shape = self.shape(bind.value, bind.inner, depth + 1)
        if bind.kind == "for":
            shape = _item(shape)
        return _keyed(shape, bind.keys)

    def _param(self, bind: Bind, depth: int) -> tuple[Shape | None, str]:
        scope = bind.scope
        if scope.passed is None or scope.parent is None or bind.index != 0:
            return None, ""
        call, place = scope.passed
        if not isinstance(call.callee, Member) or place != 0:
            return None, ""
        owner = self.shape(call.callee.object, scope.parent, depth + 1)
        if call.callee.name == "then":
            return _keyed(owner, bind.keys)
        if call.callee.name in _EACH and owner == "rows":
            return _keyed("row", bind.keys)
        return None, ""

    def columns(self, scope: Scope, wanted: frozenset[str]) -> Iterator[tuple[str, Expr, Scope]]:
        """The reads of wanted columns in a scope and the functions inside: ``row.count`` and names taken out of a row."""
        file = self.ev.file(scope.path)
        if file is None:
            return
        for node in walk(list(scope.body)):
            if isinstance(node, Member) and node.name in wanted:
                inner = file.at(node.at[0])
                if self.shape(node.object, inner) == "row":
                    yield node.name, node, inner
            elif isinstance(node, Name):
                inner = file.at(node.at[0])
                variable = inner.find(node.id, node.at[0])
                binds = variable.binds if variable is not None else []
                if len(binds) == 1 and binds[0].keys and not _is_target(binds[0], node):
                    shape, column = self.bound(binds[0])
                    if shape is None and column in wanted:
                        yield column, node, inner


def _is_target(bind: Bind, node: Name) -> bool:
    """Whether a name stands in the pattern that binds it."""
    return bind.at == node.at or (bind.value is not None and bind.at[0] <= node.at[0] < bind.value.at[0])


def is_nothing(expr: Expr) -> bool:
    return isinstance(expr, Constant) and expr.kind in ("none", "undefined")


def _item(shape: Shape | None) -> Shape | None:
    return "row" if shape == "rows" else "rows" if shape == "pair" else None


def _keyed(shape: Shape | None, keys: tuple[str | int, ...]) -> tuple[Shape | None, str]:
    for position, key in enumerate(keys):
        if shape == "row" and isinstance(key, str) and position == len(keys) - 1:
            return None, key
        if shape == "result" and key == "rows":
            shape = "rows"
        elif shape in ("rows", "pair") and key == 0:
            shape = _item(shape)
        else:
            return None, ""
    return shape, ""
