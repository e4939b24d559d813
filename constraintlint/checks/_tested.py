"""Whether code asks what kind of thing an expression is before it uses it, or says that it may be several."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import (
    AssignExpr,
    At,
    Binary,
    Call,
    Constant,
    Expr,
    Index,
    Member,
    Name,
    Sequence,
    Unary,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.evidence.surroundings import branches_around
from constraintlint.project.flow import type_hints
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value

_COMPARED = frozenset(("==", "!=", "===", "!==", "is", "is not", "in", "not in", "instanceof"))
_UNIONS = ("Union", "Optional")


def is_tested(project: Project, path: str, expr: Expr, at: At) -> bool:
    """Whether a choice around a place, or an early return before it, asks more of ``expr`` than whether it is there.

    ``isinstance(x, dict)``, ``typeof x.close === "function"``, ``x is not MISSING``, ``x.kind == "image"``; a bare ``if x`` and
    ``x is None`` ask nothing about its kind.
    """
    chain = _chain(expr)
    code = project.code(path) if chain else None
    if code is None:
        return False
    return any(
        branch.kind == "case" or (branch.test is not None and _asks(branch.test, chain))
        for branch in branches_around(path, code, at)[0]
    )


def _asks(test: Expr, chain: tuple[str, ...]) -> bool:
    for node in walk(test):
        if isinstance(node, Call):
            if any(_begins(arg.value, chain) for arg in node.args):
                return True
        elif isinstance(node, Unary) and node.op == "typeof":
            if _begins(node.operand, chain):
                return True
        elif isinstance(node, Binary) and node.op in _COMPARED:
            sides = (node.left, node.right)
            if any(_begins(side, chain) for side in sides) and not any(_is_nothing(side) for side in sides):
                return True
    return False


def _begins(expr: Expr, chain: tuple[str, ...]) -> bool:
    """Whether an expression is the one of the chain, or a member of it."""
    found = _chain(expr)
    return bool(found) and found[: len(chain)] == chain


def _chain(expr: Expr) -> tuple[str, ...]:
    names: list[str] = []
    while isinstance(expr, Member):
        names.append(expr.name)
        expr = expr.object
    if isinstance(expr, AssignExpr) and isinstance(expr.target, Name):
        expr = expr.target
    return (expr.id, *reversed(names)) if isinstance(expr, Name) else ()


def _is_nothing(expr: Expr) -> bool:
    return isinstance(expr, Constant) and expr.kind in ("none", "undefined")


def may_be_otherwise(project: Project, expr: Expr, scope: Scope, value: Value) -> bool:
    """Whether the annotation of a parameter names something else than ``value``, or something else besides it."""
    variable = scope.find(expr.id, expr.at[0]) if isinstance(expr, Name) else None
    for bind in variable.binds if variable is not None else ():
        if bind.kind == "param" and bind.annotation is not None:
            for one in alternatives(bind.annotation):
                known = type_hints.instances(project.evaluator, one, bind.scope)
                if not any(item.node is value.node for item in known):
                    return True
    return False


def alternatives(annotation: Expr) -> Iterator[Expr]:
    """The types a union names, without None: ``A | B``, ``Union[A, B]``, ``Optional[A]``."""
    if isinstance(annotation, Binary) and annotation.op == "|":
        yield from alternatives(annotation.left)
        yield from alternatives(annotation.right)
    elif isinstance(annotation, Index) and _last(annotation.object) in _UNIONS:
        items = annotation.index.items if isinstance(annotation.index, Sequence) else [annotation.index]
        for item in items:
            yield from alternatives(item)
    elif not _is_nothing(annotation):
        yield annotation


def _last(expr: Expr) -> str:
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""
