"""The name of a class's table: ``__tablename__`` as a constant or by ``declared_attr``, or the default of a library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.code import Binary, Call, Expr, Function, Hole, Member, Name, Text
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.models.sqlalchemy.reading import constant_text, returned

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: Flask-SQLAlchemy 3 ``camel_to_snake_case``
_CAMEL = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
MAX_DEPTH = 12


def flask_default(name: str) -> str:
    """Flask-SQLAlchemy's name for the table of a class."""
    return _CAMEL.sub(r"_\1", name).lower().lstrip("_")


def own_bind(scope: Scope, name: str) -> Bind | None:
    """The last definition of a name in a class body."""
    variables = scope.names.get(name)
    binds = [bind for bind in variables[0].binds if bind.kind != "declare"] if variables else []
    return binds[-1] if binds else None


def own_table_name(ev: Evaluator, scope: Scope, cls: str = "") -> str | None:
    """``__tablename__`` of a class body, for the class named ``cls``; None where it has none or it cannot be worked out."""
    bind = own_bind(scope, "__tablename__")
    if bind is None:
        return None
    if isinstance(bind.node, Function):
        value = returned(bind.node)
        inner = ev.scope_of(scope.path, bind.node)
        first = bind.node.params[0].name if bind.node.params else ""
        return computed(ev, value, inner, first, cls) if value is not None and inner is not None else None
    return constant_text(ev, bind.value, bind.inner)


def computed(ev: Evaluator, expr: Expr, scope: Scope, first: str, cls: str, depth: int = 0) -> str | None:
    """The string an expression over ``cls.__name__`` gives for the class named ``cls``."""
    if depth > MAX_DEPTH:
        return None
    if (
        isinstance(expr, Member)
        and expr.name in ("__name__", "__qualname__")
        and isinstance(expr.object, Name)
        and expr.object.id == first
    ):
        return cls
    if isinstance(expr, Call) and isinstance(expr.callee, Member):
        return _method(ev, expr, expr.callee, scope, first, cls, depth)
    if isinstance(expr, Binary) and expr.op == "+":
        left = computed(ev, expr.left, scope, first, cls, depth + 1)
        right = computed(ev, expr.right, scope, first, cls, depth + 1)
        return left + right if left is not None and right is not None else None
    if isinstance(expr, Text) and any(isinstance(piece, Hole) for piece in expr.pieces):
        parts = [
            (computed(ev, piece.value, scope, first, cls, depth + 1) if not piece.format else None)
            if isinstance(piece, Hole)
            else piece.value
            for piece in expr.pieces
        ]
        return None if None in parts else "".join(part or "" for part in parts)
    return constant_text(ev, expr, scope)


def _method(
    ev: Evaluator, call: Call, callee: Member, scope: Scope, first: str, cls: str, depth: int
) -> str | None:
    if (
        callee.name == "sub"
        and len(call.args) >= 3
        and isinstance(callee.object, Name)
        and callee.object.id == "re"
    ):
        pattern = constant_text(ev, call.args[0].value, scope)
        replacement = constant_text(ev, call.args[1].value, scope)
        text = computed(ev, call.args[2].value, scope, first, cls, depth + 1)
        if pattern is None or replacement is None or text is None or _may_be_slow(pattern, text):
            return None
        try:
            return re.sub(pattern, replacement, text)
        except (re.error, IndexError):
            return None
    text = computed(ev, callee.object, scope, first, cls, depth + 1)
    if text is None:
        return None
    arguments = [constant_text(ev, arg.value, scope) for arg in call.args]
    if callee.name in ("lower", "upper", "title", "capitalize") and not arguments:
        return str(getattr(text, callee.name)())
    if (
        callee.name in ("replace", "removesuffix", "removeprefix", "lstrip", "rstrip")
        and None not in arguments
    ):
        try:
            return str(getattr(text, callee.name)(*arguments))
        except TypeError:
            return None
    return None


def _may_be_slow(pattern: str, text: str) -> bool:
    """Whether a pattern repeats a group, so that matching could take exponential time."""
    return len(pattern) > 60 or len(text) > 100 or re.search(r"\)[+*{]", pattern) is not None
