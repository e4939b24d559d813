"""What the readers of SQLAlchemy's declarations share: calls of the library, constants, keyword arguments, places, source text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import (
    Binary,
    Call,
    Constant,
    Expr,
    Function,
    Hole,
    Index,
    Lambda,
    Member,
    Name,
    Node,
    Return,
    Sequence,
    Text,
    Unary,
)
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: packages whose ``Column``, ``relationship``, ``Table`` are SQLAlchemy's
PACKAGES = ("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "flask_sqlalchemy_lite", "quart_sqlalchemy")


#: what extensions hand on of SQLAlchemy under its own names
_OF_EXTENSIONS = frozenset(
    ("Column", "ForeignKey", "relationship", "backref", "Table", "mapped_column", "ForeignKeyConstraint")
)


class Made(msgspec.Struct, frozen=True, eq=False):
    """A call of one of SQLAlchemy's functions: its last name, the call, the scope the arguments stand in."""

    name: str
    call: Call
    scope: Scope

    def keyword(self, *names: str) -> Expr | None:
        """A keyword argument as written."""
        return next((arg.value for arg in self.call.args if arg.name in names), None)

    @property
    def positional(self) -> list[Expr]:
        """The arguments by position."""
        return [arg.value for arg in self.call.args if not arg.name and not arg.spread]

    @property
    def spreads(self) -> bool:
        return any(arg.spread for arg in self.call.args)


def made(value: Value) -> Made | None:
    """The SQLAlchemy call that gave ``value``: ``Column(...)``, ``db.relationship(...)``, ``orm.mapped_column(...)``."""
    if value.kind not in ("result", "handle") or value.call is None or value.caller is None:
        return None
    name = value.name
    if not name.endswith("()"):
        return None
    package, _, last = name[:-2].rpartition(".")
    if "(" in package or package.partition(".")[0] not in PACKAGES:
        return None
    return Made(last, value.call, value.caller)


def made_of(ev: Evaluator, expr: Expr, scope: Scope) -> Made | None:
    """The one SQLAlchemy call that an expression gives; None where it is something else or not certain."""
    values = ev.eval(expr, scope)
    found = [item for value in values if (item := made(value)) is not None]
    if not found:
        return _of_extension(expr, scope) if all(value.kind == "unknown" for value in values) else None
    return found[0] if all(item.call is found[0].call for item in found) else None


def _of_extension(expr: Expr, scope: Scope) -> Made | None:
    """``db.Column(...)`` of a ``db`` that is not known: an object of a class that derives from Flask-SQLAlchemy's."""
    callee = expr.callee if isinstance(expr, Call) else None
    if not isinstance(expr, Call) or not isinstance(callee, Member) or not isinstance(callee.object, Name):
        return None
    return Made(callee.name, expr, scope) if callee.name in _OF_EXTENSIONS else None


def constant_text(ev: Evaluator, expr: Expr | None, scope: Scope) -> str | None:
    """The string an expression surely is."""
    if expr is None:
        return None
    found = {value.constant for value in ev.eval(expr, scope)}
    only = found.pop() if len(found) == 1 else None
    return only if isinstance(only, str) else None


def flag(ev: Evaluator, expr: Expr | None, scope: Scope) -> bool | None:
    """The truth an expression surely is."""
    if expr is None:
        return None
    found = {value.constant for value in ev.eval(expr, scope)}
    only = found.pop() if len(found) == 1 else None
    return only if isinstance(only, bool) else None


def is_none(expr: Expr | None) -> bool:
    return isinstance(expr, Constant) and expr.kind == "none"


def place(ev: Evaluator, path: str, node: Node) -> Place:
    return Place(path, ev.span(path, node.at))


def lambda_result(expr: Expr) -> tuple[Expr, Lambda] | None:
    """``lambda: value`` -> value."""
    if isinstance(expr, Lambda) and expr.function.body and isinstance(expr.function.body[-1], Return):
        value = expr.function.body[-1].value
        return (value, expr) if value is not None else None
    return None


def returned(function: Function) -> Expr | None:
    """What a function without branches returns."""
    found = [stmt.value for stmt in function.body or () if isinstance(stmt, Return)]
    return found[0] if len(found) == 1 else None


def last_name(expr: Expr) -> str:
    """``a.b.C`` -> ``C``; "" for other expressions."""
    if isinstance(expr, Name):
        return expr.id
    return expr.name if isinstance(expr, Member) else ""


def dotted(expr: Expr) -> str:
    """``a.b.C`` as text; "" for other expressions."""
    parts: list[str] = []
    while isinstance(expr, Member):
        parts.append(expr.name)
        expr = expr.object
    if not isinstance(expr, Name):
        return ""
    return ".".join([expr.id, *reversed(parts)])


def literal(expr: Expr) -> str | None:
    """The characters of a string written without holes."""
    if not isinstance(expr, Text) or expr.tag is not None:
        return None
    pieces = [piece.value for piece in expr.pieces if not isinstance(piece, Hole)]
    return "".join(pieces) if len(pieces) == len(expr.pieces) else None


def source(expr: Expr, depth: int = 0) -> str:
    """An expression as it would be written, for a reader: ``String(20)``; ``...`` for what is not a name, literal or call."""
    if depth > 6:
        return "..."
    if isinstance(expr, (Name, Member)):
        return dotted(expr) or "..."
    if isinstance(expr, Constant):
        return str(expr.value) if expr.value is not None else "None"
    if isinstance(expr, Text):
        text = literal(expr)
        return repr(text) if text is not None else "..."
    if isinstance(expr, Call):
        args = [
            (f"{arg.name}=" if arg.name else arg.spread) + source(arg.value, depth + 1) for arg in expr.args
        ]
        return f"{source(expr.callee, depth + 1)}({', '.join(args)})"
    if isinstance(expr, Index):
        return f"{source(expr.object, depth + 1)}[{source(expr.index, depth + 1)}]"
    if isinstance(expr, Sequence):
        return ", ".join(source(item, depth + 1) for item in expr.items)
    if isinstance(expr, Binary):
        return f"{source(expr.left, depth + 1)} {expr.op} {source(expr.right, depth + 1)}"
    return f"{expr.op}{source(expr.operand, depth + 1)}" if isinstance(expr, Unary) else "..."
