"""Lowering of JavaScript/TypeScript calls and member accesses.

Chains grow to the left and real code has hundreds of links, so they are walked in a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Arg,
    At,
    Await,
    Call,
    Constant,
    Expr,
    Index,
    Member,
    Name,
    Sequence,
    Text,
    Unknown,
)
from constraintlint.frontends.ecmascript_lowering import (
    COMMENTS,
    EXPRESSIONS,
    LOOSE,
    MAX_DEPTH,
    Context,
    operand,
    parts,
    terms_of,
    too_deep,
)
from constraintlint.frontends.ecmascript_text import name_of

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

#: kind, node, children without comments
Link = tuple[str, "Syntax", "list[Syntax]"]

_LINKS = frozenset(("member_expression", "call_expression", "subscript_expression", "non_null_expression"))
_SEPARATORS = COMMENTS | {"(", ",", ")"}
_STEPS = _LINKS | {"instantiation_expression"}
#: Longer chains are cut into segments, so that neither a reader nor the record encoder recurses without end.
_SEGMENT = 240


def chain(ctx: Context, node: Syntax, depth: int) -> Expr:
    """Members, calls, subscripts and non-null assertions, from the outermost link down to the head.

    A chain of more links than ``_SEGMENT`` is an Unknown of kind ``chain``: its segments in order, of which each but
    the first starts at an empty Unknown.
    """
    if depth > MAX_DEPTH:
        return too_deep(node)
    outermost = node
    links: list[Link] = []
    kind = node.type
    while kind in _STEPS:
        inner = node.children
        if len(inner) > 4 or ctx.broken:
            inner = parts(ctx, node, depth)
        links.append((kind, node, inner))
        node = inner[0]
        kind = node.type
    if kind in LOOSE and is_open(node):
        return EXPRESSIONS["regroup"](ctx, outermost, depth)
    depth += 1 + (min(len(links), _SEGMENT) >> 2)
    value = EXPRESSIONS[kind](ctx, node, depth)
    links.reverse()
    if kind == "identifier" and type(value) is Name and value.id == "await":
        return _awaited(ctx, links, value, depth)
    if len(links) <= _SEGMENT:
        return _apply(ctx, links, value, node.start_byte, depth)
    return linked(ctx, links, value, node.start_byte, depth)


def _awaited(ctx: Context, links: list[Link], name: Name, depth: int) -> Expr:
    """``await (x).f()``: tree-sitter-javascript 0.25 reads a call of a function named ``await``."""
    kind, _, inner = links[0]
    operands = inner[-1]
    if kind != "call_expression" or operands.type != "arguments":
        return linked(ctx, links, name, name.at[0], depth)
    args = arguments(ctx, operands, depth)
    if not args or any(arg.spread for arg in args):
        return linked(ctx, links, name, name.at[0], depth)
    value = joined((args[0].at[0], args[-1].at[1]), [arg.value for arg in args])
    value = linked(ctx, links[1:], value, operands.start_byte, depth)
    return Await((name.at[0], links[-1][1].end_byte), value)


def is_open(node: Syntax) -> bool:
    """Can an operator (or arrow function) take what follows into its last operand?"""
    last = node.children[-1]
    return last.is_named and last.type != "statement_block"


def linked(ctx: Context, links: list[Link], value: Expr, start: int, depth: int) -> Expr:
    """``links``, innermost first, on ``value``."""
    if len(links) <= _SEGMENT:
        return _apply(ctx, links, value, start, depth)
    segments: list[Expr] = []
    for i in range(0, len(links), _SEGMENT):
        value = _apply(ctx, links[i : i + _SEGMENT], value, start, depth)
        segments.append(value)
        start = value.at[1]
        value = Unknown((start, start), "chain", [])
    return Unknown((segments[0].at[0], start), "chain", segments)


def _apply(ctx: Context, links: list[Link], value: Expr, start: int, depth: int) -> Expr:
    for kind, node, inner in links:
        at = (start, node.end_byte)
        if kind == "member_expression":
            value = Member(at, value, name_of(ctx, inner[-1]))
        elif kind == "call_expression":
            last = inner[-1]
            if last.type != "arguments":
                value = _tagged(ctx, at, last, value, depth)
            elif len(inner) == 2:
                value = Call(at, value, arguments(ctx, last, depth))
            else:
                types = [
                    t
                    for child in inner
                    if child.type == "type_arguments"
                    for t in type_arguments(ctx, child, depth)
                ]
                value = Call(at, value, arguments(ctx, last, depth), False, types)
        elif kind == "subscript_expression":
            key = inner[-2]
            value = Index(at, value, EXPRESSIONS[key.type](ctx, key, depth))
    return value


def _tagged(ctx: Context, at: At, node: Syntax, tag: Expr, depth: int) -> Expr:
    text = EXPRESSIONS[node.type](ctx, node, depth)
    if isinstance(text, Text):
        return Text(at, text.pieces, text.prefix, tag)
    return Unknown(at, "tagged", [tag, text])


def new(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    callee: Expr | None = None
    args: list[Arg] = []
    types: list[Expr] = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "arguments":
            args = arguments(ctx, child, depth)
        elif kind == "type_arguments":
            types = type_arguments(ctx, child, depth)
        elif child.is_named:
            callee = EXPRESSIONS[kind](ctx, child, depth)
    if callee is None:
        callee = Unknown(node.byte_range, "error", [])
    return Call(node.byte_range, callee, args, True, types)


def arguments(ctx: Context, node: Syntax, depth: int) -> list[Arg]:
    found: list[Arg] = []
    for child in node.children:
        kind = child.type
        if kind in _SEPARATORS:
            continue
        if kind == "spread_element":
            found.append(Arg(child.byte_range, operand(ctx, child, depth), "", "*"))
        else:
            value = EXPRESSIONS[kind](ctx, child, depth)
            found.append(Arg(value.at, value))
    return found


def joined(at: At, values: list[Expr]) -> Expr:
    """The value of ``a, b``; constants before it have no effect (``(0, module.f)(x)`` of compiled code)."""
    if all(isinstance(value, Constant) for value in values[:-1]) and values:
        return values[-1]
    return Unknown(at, "comma", values)


def bracketed(ctx: Context, node: Syntax, depth: int) -> list[Arg]:
    """``(a, b)`` as the arguments it is meant to be."""
    inner = [child for child in parts(ctx, node, depth) if child.is_named]
    if len(inner) == 1 and inner[0].type == "sequence_expression":
        inner = terms_of(ctx, inner[0], depth)
    values = [EXPRESSIONS[child.type](ctx, child, depth) for child in inner]
    return [Arg(value.at, value) for value in values]


def type_arguments(ctx: Context, node: Syntax, depth: int) -> list[Expr]:
    depth += 1
    found = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind != "," and kind != "<" and kind != ">":
            found.append(EXPRESSIONS[kind](ctx, child, depth))
    return found


def generic(ctx: Context, at: At, base: Expr, arguments: Syntax, depth: int) -> Expr:
    """``T<A>`` and ``T<A, B>``."""
    found = type_arguments(ctx, arguments, depth)
    index = found[0] if len(found) == 1 else Sequence(arguments.byte_range, "tuple", found)
    return Index(at, base, index)


EXPRESSIONS.update({**dict.fromkeys(_LINKS, chain), "new_expression": new})
