"""Lowering of JavaScript/TypeScript operators.

Binary operators grow to the left and are walked in a loop.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    AssignExpr,
    Await,
    Binary,
    Conditional,
    Expr,
    Member,
    Name,
    Spread,
    Unary,
    Unknown,
    Yield,
)
from constraintlint.frontends.ecmascript_calls import is_open, joined
from constraintlint.frontends.ecmascript_lowering import (
    EXPRESSIONS,
    GREEDY,
    MAX_DEPTH,
    Context,
    operand,
    parts,
    terms_of,
    too_deep,
)

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

#: Longer spines change their shape (see ``_long``), so that no reader has to recurse without end.
LONGEST_SPINE = 64
ASSOCIATIVE = frozenset(("+", "*", "&&", "||", "??", "|", "&", "^"))
#: What the TypeScript grammar may put around the first operand together with operators to its left.
_WRAPPERS = frozenset(
    (
        "member_expression",
        "call_expression",
        "subscript_expression",
        "non_null_expression",
        "instantiation_expression",
        "as_expression",
        "satisfies_expression",
        "type_assertion",
    )
)


def binary(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    outermost = node
    spine: list[tuple[Syntax, list[Syntax]]] = []
    while True:
        inner = node.children
        if len(inner) != 3:
            inner = parts(ctx, node, depth)
        spine.append((node, inner))
        node = inner[0]
        if node.type != "binary_expression":
            break
    if node.type in _WRAPPERS and _misread(node):
        return EXPRESSIONS["regroup"](ctx, outermost, depth)
    depth += 1
    if len(spine) > LONGEST_SPINE:
        return _long(ctx, spine, depth)
    depth += len(spine) >> 2
    value = EXPRESSIONS[node.type](ctx, node, depth)
    for node, inner in reversed(spine):
        right = inner[2]
        value = Binary(node.byte_range, inner[1].type, value, EXPRESSIONS[right.type](ctx, right, depth))
    return value


def _misread(first: Syntax) -> bool:
    """May the TypeScript grammar have grouped this wrongly (see ``ecmascript_regroup``)?"""
    kind = first.type
    while kind in _WRAPPERS:
        if kind == "type_assertion":
            return True
        first = first.children[0]
        kind = first.type
    return kind == "binary_expression" or (kind in GREEDY and is_open(first))


def _long(ctx: Context, spine: list[tuple[Syntax, list[Syntax]]], depth: int) -> Expr:
    """Many terms: a balanced tree for each run of one associative operator; else Unknown with the terms in order."""
    first = spine[-1][1][0]
    links = [(inner[1].type, inner[2]) for _, inner in reversed(spine)]
    runs = [(op, [right for _, right in run]) for op, run in groupby(links, key=lambda link: link[0])]
    shape = sum(1 if op in ASSOCIATIVE else len(run) for op, run in runs)
    depth += len(links).bit_length() + (shape >> 2 if shape <= LONGEST_SPINE else 0)
    value = EXPRESSIONS[first.type](ctx, first, depth)
    if shape > LONGEST_SPINE:
        rest = [EXPRESSIONS[right.type](ctx, right, depth) for _, right in links]
        return Unknown(spine[0][0].byte_range, "chain", [value, *rest])
    for op, run in runs:
        terms = [EXPRESSIONS[right.type](ctx, right, depth) for right in run]
        value = fold(op, [value, *terms])
    return value


def fold(op: str, terms: list[Expr]) -> Expr:
    """One operator over several terms: grouped to the left, or balanced where that would be deep."""
    if len(terms) > LONGEST_SPINE and op in ASSOCIATIVE:
        return balanced(op, terms)
    value = terms[0]
    for term in terms[1:]:
        value = Binary((value.at[0], term.at[1]), op, value, term)
    return value


def balanced(op: str, terms: list[Expr]) -> Expr:
    """One associative operator over many terms: a tree of logarithmic depth that keeps their order."""
    while len(terms) > 1:
        paired: list[Expr] = [
            Binary((terms[i].at[0], terms[i + 1].at[1]), op, terms[i], terms[i + 1])
            for i in range(0, len(terms) - 1, 2)
        ]
        if len(terms) % 2:
            paired.append(terms[-1])
        terms = paired
    return terms[0]


# --- other operators --------------------------------------------------------------------------------------------


def unary(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    inner = node.children
    if len(inner) != 2:
        inner = parts(ctx, node, depth)
    last = inner[-1]
    return Unary(node.byte_range, inner[0].type, EXPRESSIONS[last.type](ctx, last, depth + 1))


def update(ctx: Context, node: Syntax, depth: int) -> Expr:
    """``++x`` has the operator ``++``, ``x++`` has ``post++``."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    inner = parts(ctx, node, depth)
    first, last = inner[0], inner[-1]
    if first.is_named:
        return Unary(node.byte_range, "post" + last.type, EXPRESSIONS[first.type](ctx, first, depth + 1))
    return Unary(node.byte_range, first.type, EXPRESSIONS[last.type](ctx, last, depth + 1))


def ternary(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    inner = node.children
    if len(inner) != 5:
        inner = parts(ctx, node, depth)
    test, _, then, _, other = inner
    return Conditional(
        node.byte_range,
        EXPRESSIONS[test.type](ctx, test, depth),
        EXPRESSIONS[then.type](ctx, then, depth),
        EXPRESSIONS[other.type](ctx, other, depth),
    )


def await_(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Await(node.byte_range, operand(ctx, node, depth))


def yield_(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    value: Expr | None = None
    delegated = False
    for child in parts(ctx, node, depth):
        if child.is_named:
            value = EXPRESSIONS[child.type](ctx, child, depth + 1)
        elif child.type == "*":
            delegated = True
    return Yield(node.byte_range, value, delegated)


def assignment(ctx: Context, node: Syntax, depth: int) -> Expr:
    """An assignment used as a value; ``op`` is ``=`` or the augmented operator."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    inner = node.children
    if len(inner) != 3:
        inner = parts(ctx, node, depth)[-3:]
    left, operator, right = inner
    return AssignExpr(
        node.byte_range,
        EXPRESSIONS[left.type](ctx, left, depth),
        operator.type,
        EXPRESSIONS[right.type](ctx, right, depth),
    )


def comma(ctx: Context, node: Syntax, depth: int) -> Expr:
    """``a, b`` as a value: Unknown of kind ``comma``, whose last child is the value."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    terms = terms_of(ctx, node, depth)
    found = [EXPRESSIONS[term.type](ctx, term, depth + 1) for term in terms]
    return joined(node.byte_range, found)


def inner_value(ctx: Context, node: Syntax, depth: int) -> Expr:
    """The value inside brackets and type assertions: ``(x)``, ``x as T``, ``<T>x``, ``x satisfies T``, ``f<T>``."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    for child in parts(ctx, node, depth):
        kind = child.type
        if child.is_named and kind != "type_arguments" and kind != "type_annotation":
            return EXPRESSIONS[kind](ctx, child, depth + 1)
    return Unknown(node.byte_range, "error", [])


def spread(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Spread(node.byte_range, operand(ctx, node, depth))


def meta_property(ctx: Context, node: Syntax, depth: int) -> Expr:
    """``import.meta`` and ``new.target``."""
    inner = parts(ctx, node, depth)
    first, last = inner[0], inner[-1]
    root = Name(first.byte_range, ctx.slice(*first.byte_range))
    return Member(node.byte_range, root, ctx.slice(*last.byte_range))


EXPRESSIONS.update(
    {
        "binary_expression": binary,
        "unary_expression": unary,
        "update_expression": update,
        "ternary_expression": ternary,
        "await_expression": await_,
        "yield_expression": yield_,
        "assignment_expression": assignment,
        "augmented_assignment_expression": assignment,
        "sequence_expression": comma,
        "parenthesized_expression": inner_value,
        "as_expression": inner_value,
        "satisfies_expression": inner_value,
        "type_assertion": inner_value,
        "instantiation_expression": inner_value,
        "computed_property_name": inner_value,
        "spread_element": spread,
        "rest_pattern": spread,
        "meta_property": meta_property,
    }
)
