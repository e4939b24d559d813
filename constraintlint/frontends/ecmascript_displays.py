"""Lowering of JavaScript/TypeScript arrays, objects, destructuring patterns and JSX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    AssignExpr,
    Constant,
    Entry,
    Expr,
    Mapping,
    Name,
    Sequence,
    Unknown,
)
from constraintlint.frontends.ecmascript_calls import type_arguments
from constraintlint.frontends.ecmascript_lowering import (
    COMMENTS,
    EXPRESSIONS,
    MAX_DEPTH,
    Context,
    operand,
    parts,
    too_deep,
)
from constraintlint.frontends.ecmascript_text import label, name_of

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_BRACKETS = COMMENTS | {"[", "]"}
_BRACES = COMMENTS | {"{", "}", ","}


def array(ctx: Context, node: Syntax, depth: int) -> Expr:
    """An array or array pattern; an elided element is ``undefined``, so that positions hold."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    items: list[Expr] = []
    open_place = True
    for child in node.children:
        kind = child.type
        if kind == ",":
            if open_place:
                items.append(Constant((child.start_byte, child.start_byte), "undefined"))
            open_place = True
        elif kind not in _BRACKETS:
            items.append(EXPRESSIONS[kind](ctx, child, depth))
            open_place = False
    return Sequence(node.byte_range, "list", items)


def object_(ctx: Context, node: Syntax, depth: int) -> Expr:
    """An object literal or object pattern."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    entries: list[Entry] = []
    for child in node.children:
        kind = child.type
        if kind in _BRACES:
            continue
        if kind == "pair" or kind == "pair_pattern":
            inner = child.children
            if len(inner) != 3:
                inner = parts(ctx, child, depth)
            first, value = inner[0], inner[-1]
            entries.append(
                Entry(child.byte_range, key(ctx, first, depth), EXPRESSIONS[value.type](ctx, value, depth))
            )
        elif kind == "shorthand_property_identifier" or kind == "shorthand_property_identifier_pattern":
            at = child.byte_range
            text = name_of(ctx, child)
            value_: Expr = Constant(at, "undefined") if text == "undefined" else Name(at, text)
            entries.append(Entry(at, label(ctx, child), value_))
        elif kind == "spread_element" or kind == "rest_pattern":
            entries.append(Entry(child.byte_range, None, operand(ctx, child, depth)))
        elif kind == "method_definition":
            named = child.child_by_field_name("name")
            method = EXPRESSIONS[kind](ctx, child, depth)
            entries.append(Entry(child.byte_range, named and key(ctx, named, depth), method, True))
        elif kind == "object_assignment_pattern" or kind == "assignment_pattern":
            target = parts(ctx, child, depth)[0]
            entries.append(Entry(child.byte_range, label(ctx, target), EXPRESSIONS[kind](ctx, child, depth)))
        else:
            entries.append(Entry(child.byte_range, None, EXPRESSIONS[kind](ctx, child, depth)))
    return Mapping(node.byte_range, entries)


def key(ctx: Context, node: Syntax, depth: int) -> Expr:
    """A property key: a Text where it is plain, the expression where it is computed."""
    kind = node.type
    if kind == "property_identifier" or kind == "private_property_identifier":
        return label(ctx, node)
    return EXPRESSIONS[kind](ctx, node, depth)


def default(ctx: Context, node: Syntax, depth: int) -> Expr:
    """A pattern with a default: ``{ a = 1 }``, ``[a = 1]``."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    inner = parts(ctx, node, depth)
    left, right = inner[0], inner[-1]
    return AssignExpr(
        node.byte_range,
        EXPRESSIONS[left.type](ctx, left, depth),
        "default",
        EXPRESSIONS[right.type](ctx, right, depth),
    )


# --- JSX --------------------------------------------------------------------------------------------------------


def jsx(ctx: Context, node: Syntax, depth: int) -> Expr:
    """An element: the component (a name in the program, not a tag of HTML), attribute values and children."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    found: list[Expr] = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "jsx_opening_element":
            found += _jsx_tag(ctx, child, depth + 1)
        elif child.is_named and kind != "jsx_closing_element":
            found += _jsx_child(ctx, child, depth + 1)
    return Unknown(node.byte_range, "jsx", found)


def jsx_tag(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    return Unknown(node.byte_range, "jsx", _jsx_tag(ctx, node, depth + 1))


def _jsx_tag(ctx: Context, node: Syntax, depth: int) -> list[Expr]:
    found: list[Expr] = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "identifier":
            value = EXPRESSIONS[kind](ctx, child, depth)
            if isinstance(value, Name) and not value.id[:1].islower() and "-" not in value.id:
                found.append(value)
        elif kind == "jsx_attribute":
            for part in parts(ctx, child, depth)[1:]:
                if part.is_named:
                    found += _jsx_child(ctx, part, depth)
        elif child.is_named and kind != "jsx_namespace_name":
            found += _jsx_child(ctx, child, depth)
    return found


def _jsx_child(ctx: Context, node: Syntax, depth: int) -> list[Expr]:
    kind = node.type
    if kind == "jsx_text" or kind == "html_character_reference":
        return []
    if kind == "type_arguments":
        return type_arguments(ctx, node, depth)
    if kind == "jsx_expression":
        return [EXPRESSIONS[c.type](ctx, c, depth) for c in parts(ctx, node, depth) if c.is_named]
    return [EXPRESSIONS[kind](ctx, node, depth)]


EXPRESSIONS.update(
    {
        "array": array,
        "array_pattern": array,
        "object": object_,
        "object_pattern": object_,
        "assignment_pattern": default,
        "object_assignment_pattern": default,
        "jsx_element": jsx,
        "jsx_fragment": jsx,
        "jsx_self_closing_element": jsx_tag,
    }
)
