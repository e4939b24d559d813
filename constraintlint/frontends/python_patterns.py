"""The patterns of ``case`` (PEP 634) as the nearest expressions.

A bare Name captures; a Member, a Constant, a Text, the keys of a Mapping and the callee of a Call are values to compare
with. ``[a, *r]`` and ``(a, b)`` are Sequences, ``{"k": v, **r}`` a Mapping, ``C(x, y=1)`` a Call, ``p | q`` a Binary,
``p as x`` an AssignExpr with ``op`` ``as``, and ``_`` is ``Name("_")`` (``case _`` has no pattern at all).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Arg, AssignExpr, Binary, Call, Entry, Expr, Mapping, Name, Spread, Unary
from constraintlint.frontends.python_lowering import CHAIN, LIMIT, ExprHandler, Lowering, unknown_of
from constraintlint.frontends.python_operators import joined

if TYPE_CHECKING:
    from tree_sitter import Node


def _case_pattern(cx: Lowering, node: Node) -> Expr:
    kids = cx.tidy(node.children)
    values = _values(cx, kids)
    return values[0] if len(values) == 1 else unknown_of(cx, node, kids)


def _values(cx: Lowering, nodes: list[Node]) -> list[Expr]:
    """The patterns among tokens: a minus is a token before its number, ``_`` is a token of its own."""
    result: list[Expr] = []
    minus = -1
    for node in nodes:
        kind = node.type
        if kind == "-":
            minus = node.start_byte
        elif kind == "_":
            result.append(Name(node.byte_range, "_"))
        elif node.is_named:
            value = cx.expr(node)
            result.append(value if minus < 0 else Unary((minus, value.at[1]), "-", value))
            minus = -1
    return result


def _union_pattern(cx: Lowering, node: Node) -> Expr:
    kids = cx.tidy(node.children)
    depth = cx.depth
    cx.depth = min(depth + min(len(kids) // 2, CHAIN), LIMIT)
    terms = _values(cx, kids)
    cx.depth = depth
    return joined("|", terms) if terms else unknown_of(cx, node, kids)


def _complex_pattern(cx: Lowering, node: Node) -> Expr:
    kids = cx.tidy(node.children)
    left = _values(cx, kids[:-2])
    if len(left) != 1:
        return unknown_of(cx, node, kids)
    return Binary(node.byte_range, kids[-2].type, left[0], cx.expr(kids[-1]))


def _splat_pattern(cx: Lowering, node: Node) -> Expr:
    kids = cx.tidy(node.children)
    values = _values(cx, kids[1:])
    return Spread(node.byte_range, values[0] if len(values) == 1 else unknown_of(cx, node, kids))


def _dict_pattern(cx: Lowering, node: Node) -> Expr:
    entries: list[Entry] = []
    key: list[Node] = []
    for child in cx.tidy(node.children):
        kind = child.type
        if kind == "splat_pattern":
            rest = _splat_pattern(cx, child)
            entries.append(Entry(child.byte_range, None, rest.value if isinstance(rest, Spread) else rest))
        elif kind == "case_pattern" and key:
            keys = _values(cx, key)
            value = cx.expr(child)
            entries.append(Entry((key[0].start_byte, value.at[1]), keys[0] if keys else None, value))
            key = []
        elif child.is_named or kind in ("-", "_"):
            key.append(child)
    return Mapping(node.byte_range, entries)


def _class_pattern(cx: Lowering, node: Node) -> Expr:
    kids = cx.tidy(node.children)
    args: list[Arg] = []
    cx.depth += 1
    for child in kids[1:]:
        if child.is_named:
            args.append(_argument(cx, child))
    cx.depth -= 1
    return Call(node.byte_range, cx.expr(kids[0]), args)


def _argument(cx: Lowering, node: Node) -> Arg:
    """``p``, ``name=p`` or ``name=p as x``; of the last the grammar takes ``name=p`` for the pattern bound to ``x``."""
    at = node.byte_range
    kids = cx.tidy(node.children)
    kind = kids[0].type if len(kids) == 1 else ""
    if kind == "keyword_pattern":
        name, value = _keyword(cx, kids[0])
        return Arg(at, value, name)
    if kind == "as_pattern":
        parts = cx.tidy(kids[0].children)
        inner = cx.tidy(parts[0].children) if len(parts) == 3 else []
        if len(inner) == 1 and inner[0].type == "keyword_pattern":
            name, value = _keyword(cx, inner[0])
            return Arg(at, AssignExpr((value.at[0], at[1]), cx.expr(parts[2]), "as", value), name)
    values = _values(cx, kids)
    return Arg(at, values[0] if len(values) == 1 else unknown_of(cx, node, kids))


def _keyword(cx: Lowering, node: Node) -> tuple[str, Expr]:
    kids = cx.tidy(node.children)
    values = _values(cx, kids[2:])
    value = values[0] if len(values) == 1 else unknown_of(cx, node, kids[2:])
    return cx.name(kids[0].byte_range), value


HANDLERS: dict[str, ExprHandler] = {
    "case_pattern": _case_pattern,
    "class_pattern": _class_pattern,
    "complex_pattern": _complex_pattern,
    "dict_pattern": _dict_pattern,
    "splat_pattern": _splat_pattern,
    "union_pattern": _union_pattern,
}
