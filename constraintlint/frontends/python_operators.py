"""Python operators in the neutral form.

A chain of binary operators leans to the left as deep as it is long, and SQL is often built by ``+`` over many lines,
so chains are walked without recursion. A chain of more than ``CHAIN`` links is regrouped where its operator is
associative (the order of the operands stays); a longer mixed chain is Unknown of kind ``chain``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    AssignExpr,
    At,
    Await,
    Binary,
    Conditional,
    Expr,
    Spread,
    Unary,
    Unknown,
    Yield,
)
from constraintlint.frontends.python_lowering import CHAIN, LIMIT, ExprHandler, Lowering, unknown, unknown_of

if TYPE_CHECKING:
    from tree_sitter import Node

#: Operators whose long chains may be grouped anew: over strings, lists, sets, conditions and integers they are
#: associative.
_ASSOCIATIVE = frozenset({"+", "*", "and", "or", "|", "&", "^"})


def unwrapped(cx: Lowering, node: Node) -> Node:
    """The expression inside any number of parentheses."""
    kind = cx.kinds.parenthesized
    while node.kind_id == kind:
        kids = node.children
        if len(kids) != 3 and len(kids := cx.tidy(kids)) != 3:
            break
        node = kids[1]
    return node


def _parenthesized(cx: Lowering, node: Node) -> Expr:
    inner = unwrapped(cx, node)
    if inner.kind_id == cx.kinds.parenthesized:
        return unknown_of(cx, inner, [kid for kid in inner.children if not kid.is_error])
    return cx.expr(inner)


def _operator(cx: Lowering, node: Node) -> Expr:
    """A binary or boolean operator with the chain of operators on its left."""
    kids = node.children
    if len(kids) != 3 and len(kids := cx.tidy(kids)) != 3:
        return unknown_of(cx, node, kids)
    op = kids[1].type
    if op == "&" and (regrouped := _regrouped(cx, node)) is not None:
        return regrouped
    kinds = cx.kinds
    left = kids[0]
    kind = left.kind_id
    if kind not in kinds.chains and kind != kinds.parenthesized:
        return applied(node.byte_range, op, cx.expr(left), cx.expr(kids[2]))
    links: list[tuple[At, str, Node]] = []
    while True:
        links.append((node.byte_range, op, kids[2]))
        node = kids[0]
        if node.kind_id == kinds.parenthesized:
            node = unwrapped(cx, node)
        if node.kind_id not in kinds.chains:
            break
        kids = node.children
        if len(kids) != 3 and len(kids := cx.tidy(kids)) != 3:
            break
        outer, op = op, kids[1].type
        if op == "&" != outer:
            # begins a chain of its own, see _regrouped
            break
    links.reverse()
    return _chain(cx, node, links) if len(links) <= CHAIN else _long_chain(cx, node, links)


def _regrouped(cx: Lowering, node: Node) -> Expr | None:
    """``a & b ^ c``, in which ``&`` binds tighter; the grammar has it the other way round. None without a ``^``."""
    groups: list[list[Node]] = [[]]
    stack = [node]
    while stack:
        current = stack.pop()
        kids = cx.tidy(current.children) if current.type == "binary_operator" else []
        if len(kids) == 3 and kids[1].type in ("&", "^"):
            stack += reversed(kids)
        elif current.type == "^":
            groups.append([])
        elif current.type != "&":
            groups[-1].append(current)
    if len(groups) == 1:
        return None
    depth = cx.depth
    cx.depth = min(depth + min(len(groups), CHAIN) + min(max(map(len, groups)), CHAIN), LIMIT)
    terms: list[Expr] = []
    for group in groups:
        values: list[Expr] = []
        for operand in group:
            values.append(cx.expr(operand))
        terms.append(joined("&", values))
    cx.depth = depth
    return joined("^", terms)


def applied(at: At, op: str, left: Expr, right: Expr) -> Expr:
    """``left op right``; the grammar binds the star of ``*a + b`` to ``a``."""
    if type(left) is Spread:
        return Spread(at, Binary((left.value.at[0], at[1]), op, left.value, right))
    return Binary(at, op, left, right)


def _chain(cx: Lowering, first: Node, links: list[tuple[At, str, Node]]) -> Expr:
    """``first`` and the operators and operands applied to it, innermost first."""
    depth = cx.depth
    cx.depth = depth + len(links) - 1
    result = cx.expr(first)
    for at, op, right in links:
        result = applied(at, op, result, cx.expr(right))
        cx.depth -= 1
    cx.depth = depth
    return result


def _long_chain(cx: Lowering, first: Node, links: list[tuple[At, str, Node]]) -> Expr:
    """A chain too long to stay as deep as it is: its runs of one associative operator become shallow trees."""
    stops = [i for i, (a, b) in enumerate(pairwise(links), 1) if a[1] != b[1] or a[1] not in _ASSOCIATIVE]
    depth = cx.depth
    mixed = len(stops) >= CHAIN
    if not mixed:
        cx.depth = min(depth + len(stops) + len(links).bit_length(), LIMIT)
    terms = [cx.expr(first)]
    for _, _, right in links:
        terms.append(cx.expr(right))
    cx.depth = depth
    if mixed:
        return Unknown(links[-1][0], "chain", terms)
    result = terms[0]
    start = 0
    for stop in [*stops, len(links)]:
        result = balanced(links[start][1], [result, *terms[start + 1 : stop + 1]])
        start = stop
    return result


def balanced(op: str, terms: list[Expr]) -> Expr:
    """One associative operator over many terms, grouped so that the tree is shallow."""
    while len(terms) > 1:
        pairs: list[Expr] = [
            applied((left.at[0], right.at[1]), op, left, right)
            for left, right in zip(terms[::2], terms[1::2], strict=False)
        ]
        terms = [*pairs, terms[-1]] if len(terms) % 2 else pairs
    return terms[0]


def joined(op: str, terms: list[Expr]) -> Expr:
    """One associative operator over its terms: as the language groups them, or shallow where they are many."""
    if len(terms) > CHAIN:
        return balanced(op, terms)
    result = terms[0]
    for term in terms[1:]:
        result = applied((result.at[0], term.at[1]), op, result, term)
    return result


def _comparison(cx: Lowering, node: Node) -> Expr:
    kids = node.children
    if node.has_error:
        for kid in kids:
            if not kid.is_named:
                # ``not in`` and ``is not`` are two words
                cx.tidy(kid.children)
    if len(kids) != 3:
        kids = cx.tidy(kids)
    if len(kids) == 3:
        return applied(node.byte_range, kids[1].type, cx.expr(kids[0]), cx.expr(kids[2]))
    if len(kids) < 3:
        return unknown_of(cx, node, kids)
    operands: list[Expr] = []
    depth = cx.depth
    cx.depth = min(depth + min(len(kids) // 2, CHAIN), LIMIT)
    for kid in kids[::2]:
        operands.append(cx.expr(kid))
    cx.depth = depth
    pairs = [
        applied((left.at[0], right.at[1]), op.type, left, right)
        for (left, right), op in zip(pairwise(operands), kids[1::2], strict=False)
    ]
    return joined("and", pairs)


def _unary(cx: Lowering, node: Node) -> Expr:
    kids = node.children
    if len(kids) != 2 and len(kids := cx.tidy(kids)) != 2:
        return unknown_of(cx, node, kids)
    return Unary(node.byte_range, kids[0].type, cx.expr(kids[1]))


def _await(cx: Lowering, node: Node) -> Expr:
    kids = cx.tidy(node.children)
    if len(kids) != 2:
        return unknown_of(cx, node, kids)
    start, end = node.byte_range
    value = cx.expr(kids[1])
    if type(value) is Binary and kids[1].kind_id in cx.kinds.chains:
        # ``await a ** b``: await binds tighter, the grammar has it the other way round
        return Binary((start, end), value.op, Await((start, value.left.at[1]), value.left), value.right)
    return Await((start, end), value)


def _yield(cx: Lowering, node: Node) -> Expr:
    cx.yields = True
    kids = cx.tidy(node.children)
    value = cx.expr(kids[-1]) if len(kids) > 1 else None
    return Yield(node.byte_range, value, len(kids) == 3)


def _conditional(cx: Lowering, node: Node) -> Expr:
    kids = node.children
    if len(kids) != 5 and len(kids := cx.tidy(kids)) != 5:
        return unknown_of(cx, node, kids)
    at = node.byte_range
    then = cx.expr(kids[0])
    test, other = cx.expr(kids[2]), cx.expr(kids[4])
    if type(then) is Spread:
        return Spread(at, Conditional((then.value.at[0], at[1]), test, then.value, other))
    if type(then) is AssignExpr and kids[0].type == "named_expression":
        # ``x := a if b else c`` assigns the whole condition; the grammar lets it assign ``a``
        value = Conditional((then.value.at[0], at[1]), test, then.value, other)
        return AssignExpr(at, then.target, then.op, value)
    return Conditional(at, test, then, other)


HANDLERS: dict[str, ExprHandler] = {
    "ERROR": unknown,
    "await": _await,
    "binary_operator": _operator,
    "boolean_operator": _operator,
    "comparison_operator": _comparison,
    "conditional_expression": _conditional,
    "not_operator": _unary,
    "parenthesized_expression": _parenthesized,
    "parenthesized_list_splat": _parenthesized,
    "unary_operator": _unary,
    "yield": _yield,
}
