"""Python names, members, calls, subscripts, displays and comprehensions in the neutral form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Arg,
    AssignExpr,
    Call,
    Clause,
    Comprehension,
    Constant,
    Entry,
    Expr,
    Index,
    Mapping,
    Member,
    Name,
    Sequence,
    Slice,
    Spread,
    Unknown,
)
from constraintlint.frontends import python_text
from constraintlint.frontends.python_lowering import ERROR, ExprHandler, Lowering, unknown, unknown_of

if TYPE_CHECKING:
    from tree_sitter import Node


# --- names, members, calls --------------------------------------------------------------------------------------
# The grammar binds the star of ``*a.b(c)`` to ``a``; the handlers of members, calls and subscripts move it outward.


def _attribute(cx: Lowering, node: Node) -> Expr:
    kids = node.children
    if len(kids) != 3 and len(kids := cx.tidy(kids)) != 3:
        return unknown_of(cx, node, kids)
    at = node.byte_range
    start, end = kids[2].byte_range
    value = cx.expr(kids[0])
    if start == end:
        return Unknown(at, "missing", [value])
    name = cx.text[start:end] if cx.ascii else cx.name((start, end))
    if type(value) is Spread:
        return Spread(at, Member((value.value.at[0], end), value.value, name))
    return Member(at, value, name)


def dotted_name(cx: Lowering, node: Node) -> Expr:
    start = node.start_byte
    result: Expr | None = None
    for part in cx.tidy(node.children):
        if part.kind_id == cx.identifier:
            at = part.byte_range
            name = cx.name(at)
            result = Name(at, name) if result is None else Member((start, at[1]), result, name)
    return result if result is not None else unknown(cx, node)


def _call(cx: Lowering, node: Node) -> Expr:
    kids = node.children
    if len(kids) != 2 and len(kids := cx.tidy(kids)) != 2:
        return unknown_of(cx, node, kids)
    at = node.byte_range
    callee = cx.expr(kids[0])
    last = kids[1]
    if last.kind_id == cx.kinds.generator_expression:
        args = [Arg(last.byte_range, cx.expr(last))]
    else:
        args = arguments(cx, last)
    if type(callee) is Spread:
        return Spread(at, Call((callee.value.at[0], at[1]), callee.value, args))
    return Call(at, callee, args)


def arguments(cx: Lowering, node: Node) -> list[Arg]:
    """The arguments of a call, or the bases of a class."""
    kinds = cx.kinds
    tokens = cx.tokens
    result = []
    for child in node.children:
        kind = child.kind_id
        if kind in tokens:
            continue
        at = child.byte_range
        if kind == kinds.keyword_argument:
            kids = child.children
            if len(kids) != 3 and len(kids := cx.tidy(kids)) != 3:
                result.append(Arg(at, unknown_of(cx, child, kids)))
                continue
            result.append(Arg(at, cx.expr(kids[2]), cx.name(kids[0].byte_range)))
        elif kind == kinds.dictionary_splat:
            result.append(Arg(at, _operand(cx, child), "", "**"))
        else:
            value = cx.expr(child)
            if type(value) is Spread:
                result.append(Arg(at, value.value, "", "*"))
            else:
                result.append(Arg(at, value))
    return result


def _subscript(cx: Lowering, node: Node) -> Expr:
    kids = node.children
    if len(kids) != 4 and len(kids := cx.tidy(kids)) < 4:
        return unknown_of(cx, node, kids)
    at = node.byte_range
    value = cx.expr(kids[0])
    index: Expr
    if len(kids) == 4:
        index = cx.expr(kids[2])
        if type(index) is Spread:
            # ``x[*a]`` is short for ``x[(*a,)]``
            index = Sequence(index.at, "tuple", [index])
    else:
        index = Sequence((kids[2].start_byte, kids[-2].end_byte), "tuple", items(cx, kids[2:-1]))
    if type(value) is Spread:
        return Spread(at, Index((value.value.at[0], at[1]), value.value, index))
    return Index(at, value, index)


def _slice(cx: Lowering, node: Node) -> Expr:
    parts: list[Expr | None] = [None, None, None]
    place = 0
    for child in cx.tidy(node.children):
        if child.is_named:
            parts[place] = cx.expr(child)
        elif place < 2:
            place += 1
    return Slice(node.byte_range, *parts)


def _binding(target: str, value: str, op: str) -> ExprHandler:
    """``target op value`` in the place of an expression, by field names; without ``op`` the operator is a field."""

    def handler(cx: Lowering, node: Node) -> Expr:
        cx.tidy(node.children)
        left, right = node.child_by_field_name(target), node.child_by_field_name(value)
        if left is None or right is None:
            return unknown_of(cx, node, [kid for kid in node.children if not kid.is_error])
        written = None if op else node.child_by_field_name("operator")
        name = op if written is None else written.type
        return AssignExpr(node.byte_range, cx.expr(left), name or "=", cx.expr(right))

    return handler


def _as_pattern(cx: Lowering, node: Node) -> Expr:
    """``value as target`` where it is no item of a ``with`` and no handler: in a ``case``, or broken syntax."""
    kids = cx.tidy(node.children)
    if len(kids) != 3:
        return unknown_of(cx, node, kids)
    return AssignExpr(node.byte_range, cx.expr(kids[2]), "as", cx.expr(kids[0]))


def wrapper(cx: Lowering, node: Node) -> Expr:
    """A node that only wraps one expression."""
    kids = [kid for kid in node.children if kid.kind_id not in cx.kinds.extras]
    return cx.expr(kids[0]) if len(kids) == 1 else unknown_of(cx, node, kids)


# --- displays ---------------------------------------------------------------------------------------------------


def items(cx: Lowering, nodes: list[Node]) -> list[Expr]:
    """The expressions among the children of a bracketed list."""
    tokens = cx.tokens
    result = []
    for node in nodes:
        if node.kind_id not in tokens:
            result.append(cx.expr(node))
    return result


def _sequence(kind: str) -> ExprHandler:
    def handler(cx: Lowering, node: Node) -> Expr:
        return Sequence(node.byte_range, kind, items(cx, node.children))

    return handler


def _tuple_pattern(cx: Lowering, node: Node) -> Expr:
    """``(a, b)`` as a target; ``(a)`` is the target ``a``."""
    kids = cx.tidy(node.children)
    if len(kids) == 3 and kids[1].kind_id != cx.kinds.comma:
        return cx.expr(kids[1])
    return Sequence(node.byte_range, "tuple", items(cx, kids))


def _operand(cx: Lowering, node: Node) -> Expr:
    """What follows a star, two stars or ``if``."""
    kids = node.children
    if len(kids) != 2 and len(kids := cx.tidy(kids)) != 2:
        return unknown_of(cx, node, kids)
    return cx.expr(kids[1])


def _spread(cx: Lowering, node: Node) -> Expr:
    return Spread(node.byte_range, _operand(cx, node))


def _dictionary(cx: Lowering, node: Node) -> Expr:
    entries: list[Entry] = []
    tokens = cx.tokens
    for child in node.children:
        kind = child.kind_id
        if kind in tokens:
            continue
        at = child.byte_range
        if kind == cx.kinds.dictionary_splat:
            entries.append(Entry(at, None, _operand(cx, child)))
            continue
        kids = child.children
        if kind == ERROR:
            entries.append(Entry(at, None, unknown(cx, child)))
        elif len(kids) != 3 and len(kids := cx.tidy(kids)) != 3:
            entries.append(Entry(at, None, unknown_of(cx, child, kids)))
        else:
            entries.append(Entry(at, cx.expr(kids[0]), cx.expr(kids[2])))
    return Mapping(node.byte_range, entries)


# --- comprehensions ---------------------------------------------------------------------------------------------


def _comprehension(kind: str) -> ExprHandler:
    def handler(cx: Lowering, node: Node) -> Expr:
        at = node.byte_range
        kids = [kid for kid in cx.tidy(node.children) if kid.is_named]
        if not kids:
            return Unknown(at, "missing", [])
        value: Expr | None = None
        pair = cx.tidy(kids[0].children) if kind == "dict" else []
        if len(pair) == 3:
            element, value = cx.expr(pair[0]), cx.expr(pair[2])
        else:
            element = cx.expr(kids[0])
        clauses: list[Clause] = []
        for child in kids[1:]:
            if child.type == "for_in_clause":
                parts = cx.tidy(child.children)
                is_async = parts[0].type == "async"
                parts = parts[2:] if is_async else parts[1:]
                target, iterable = cx.expr(parts[0]), _iterable(cx, parts[2:], child)
                clauses.append(Clause(child.byte_range, target, iterable, [], is_async))
            elif clauses:
                last = clauses[-1]
                last.conditions.append(cx.expr(child))
                last.at = (last.at[0], child.end_byte)
        return Comprehension(at, kind, element, clauses, value)

    return handler


def _iterable(cx: Lowering, nodes: list[Node], clause: Node) -> Expr:
    """What a clause runs over; several values without brackets are a tuple of Python 2."""
    if len(nodes) == 1:
        return cx.expr(nodes[0])
    if not nodes:
        return Unknown(clause.byte_range, "missing", [])
    return Sequence((nodes[0].start_byte, nodes[-1].end_byte), "tuple", items(cx, nodes))


# --- constants --------------------------------------------------------------------------------------------------


def _constant(kind: str, value: bool | None = None) -> ExprHandler:
    def handler(cx: Lowering, node: Node) -> Expr:
        return Constant(node.byte_range, kind, value)

    return handler


HANDLERS: dict[str, ExprHandler] = {
    "as_pattern": _as_pattern,
    "as_pattern_target": wrapper,
    "assignment": _binding("left", "right", ""),
    "attribute": _attribute,
    "augmented_assignment": _binding("left", "right", ""),
    "call": _call,
    "concatenated_string": python_text.concatenated_string,
    "dictionary": _dictionary,
    "dictionary_comprehension": _comprehension("dict"),
    "dictionary_splat": _spread,
    "dictionary_splat_pattern": _spread,
    "dotted_name": dotted_name,
    "ellipsis": _constant("ellipsis"),
    "expression_list": _sequence("tuple"),
    "false": _constant("bool", False),
    "float": python_text.floating,
    "format_expression": python_text.interpolation,
    "generator_expression": _comprehension("generator"),
    "if_clause": _operand,
    "integer": python_text.integer,
    "interpolation": python_text.interpolation,
    "keyword_argument": _binding("name", "value", "="),
    "list": _sequence("list"),
    "list_comprehension": _comprehension("list"),
    "list_pattern": _sequence("list"),
    "list_splat": _spread,
    "list_splat_pattern": _spread,
    "named_expression": _binding("name", "value", ":="),
    "none": _constant("none"),
    "pattern_list": _sequence("tuple"),
    "set": _sequence("set"),
    "set_comprehension": _comprehension("set"),
    "slice": _slice,
    "splat_type": _spread,
    "string": python_text.string,
    "subscript": _subscript,
    "true": _constant("bool", True),
    "tuple": _sequence("tuple"),
    "tuple_pattern": _tuple_pattern,
}
