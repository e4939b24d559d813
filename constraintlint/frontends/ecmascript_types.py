"""Lowering of TypeScript types to expressions, and of interfaces, enums and type aliases to statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Arg,
    Assign,
    Binary,
    Class,
    Define,
    DefineClass,
    Entry,
    Expr,
    ExprStmt,
    Index,
    Lambda,
    Mapping,
    Member,
    Name,
    Param,
    Sequence,
    Spread,
    Stmt,
    Unary,
    Unknown,
)
from constraintlint.frontends.ecmascript_calls import generic
from constraintlint.frontends.ecmascript_classes import field
from constraintlint.frontends.ecmascript_displays import key
from constraintlint.frontends.ecmascript_functions import (
    function,
    member_name,
    optional_type,
    parameters,
    signature_types,
    type_parameters,
)
from constraintlint.frontends.ecmascript_lowering import (
    COMMENTS,
    EXPRESSIONS,
    MAX_DEPTH,
    STATEMENTS,
    Context,
    guard,
    parts,
    too_deep,
)
from constraintlint.frontends.ecmascript_operators import balanced
from constraintlint.frontends.ecmascript_text import name_of

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_LONGEST_UNION = 200


def inner_type(ctx: Context, node: Syntax, depth: int) -> Expr:
    """The type behind ``:``, in brackets, after ``readonly``, of a literal."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    inner = node.children
    if len(inner) == 2 and not inner[0].is_named:
        return EXPRESSIONS[inner[1].type](ctx, inner[1], depth + 1)
    for child in parts(ctx, node, depth):
        if child.is_named:
            return EXPRESSIONS[child.type](ctx, child, depth + 1)
    # ``const`` and other keywords stand for themselves
    return Name(node.byte_range, ctx.slice(*node.byte_range).lstrip(": "))


def qualified(ctx: Context, node: Syntax, depth: int) -> Expr:
    """``A.B.C`` in a type, an import alias or a JSX tag."""
    names = []
    spans = []
    while True:
        inner = parts(ctx, node, depth)
        names.append(name_of(ctx, inner[-1]))
        spans.append(node.byte_range)
        node = inner[0]
        if node.type not in ("nested_type_identifier", "nested_identifier"):
            break
    value = EXPRESSIONS[node.type](ctx, node, depth)
    for at, name in zip(reversed(spans), reversed(names), strict=True):
        value = Member(at, value, name)
    return value


def generic_type(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    inner = parts(ctx, node, depth)
    base = EXPRESSIONS[inner[0].type](ctx, inner[0], depth + 1)
    return generic(ctx, node.byte_range, base, inner[-1], depth + 1)


def union(ctx: Context, node: Syntax, depth: int) -> Expr:
    """Unions and intersections nest to the left; one may begin with its operator."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    kind = node.type
    operator = "|" if kind == "union_type" else "&"
    members: list[Syntax] = []
    while True:
        inner = [child for child in parts(ctx, node, depth) if child.is_named]
        members.extend(reversed(inner[1:] if inner and inner[0].type == kind else inner))
        if not inner or inner[0].type != kind:
            break
        node = inner[0]
    types = [EXPRESSIONS[member.type](ctx, member, depth) for member in reversed(members)]
    if not types:
        return Unknown(node.byte_range, "error", [])
    if len(types) > _LONGEST_UNION:
        return balanced(operator, types)
    value = types[0]
    for other in types[1:]:
        value = Binary((value.at[0], other.at[1]), operator, value, other)
    return value


def array_type(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    element = parts(ctx, node, depth)[0]
    at = node.byte_range
    return Index(at, Name((at[1], at[1]), "Array"), EXPRESSIONS[element.type](ctx, element, depth + 1))


def tuple_type(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    items = [
        EXPRESSIONS[child.type](ctx, child, depth + 1) for child in parts(ctx, node, depth) if child.is_named
    ]
    return Sequence(node.byte_range, "tuple", items)


def tuple_member(ctx: Context, node: Syntax, depth: int) -> Expr:
    """A named member of a tuple type: its type."""
    found = parameters_of(ctx, node, depth)
    return found if found is not None else Unknown(node.byte_range, "error", [])


def parameters_of(ctx: Context, node: Syntax, depth: int) -> Expr | None:
    optional = rest = False
    annotation: Expr | None = None
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "?":
            optional = True
        elif kind == "rest_pattern":
            rest = True
        elif kind == "type_annotation":
            annotation = EXPRESSIONS[kind](ctx, child, depth)
    if annotation is not None and rest:
        return Spread(node.byte_range, annotation)
    return optional_type(node, annotation) if optional else annotation


def optional_member(ctx: Context, node: Syntax, depth: int) -> Expr:
    return optional_type(node, inner_type(ctx, node, depth))


def rest_type(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Spread(node.byte_range, inner_type(ctx, node, depth))


def type_query(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Unary(node.byte_range, "typeof", inner_type(ctx, node, depth))


def key_query(ctx: Context, node: Syntax, depth: int) -> Expr:
    return Unary(node.byte_range, "keyof", inner_type(ctx, node, depth))


def signature(ctx: Context, node: Syntax, depth: int) -> Expr:
    """A function type, call, construct or index signature: the types it names (not the names it declares)."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    found: list[Expr] = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "formal_parameters":
            found += signature_types(parameters(ctx, child, depth))
        elif kind == "type_parameters":
            found += signature_types(type_parameters(ctx, child, depth))
        elif child.is_named and kind != "identifier":
            found.append(EXPRESSIONS[kind](ctx, child, depth))
    return Unknown(node.byte_range, node.type.replace("_", "-"), found)


def object_type(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    entries: list[Entry] = []
    for child in node.children:
        kind = child.type
        if not child.is_named or kind in COMMENTS:
            continue
        entries.append(_entry(ctx, child, kind, depth))
    return Mapping(node.byte_range, entries)


def _entry(ctx: Context, node: Syntax, kind: str, depth: int) -> Entry:
    at = node.byte_range
    named = node.child_by_field_name("name")
    if kind == "property_signature" and named is not None:
        made = field(ctx, node, depth, [])
        return Entry(at, key(ctx, named, depth), made.annotation or Name((at[1], at[1]), "any"))
    if kind == "method_signature" and named is not None:
        method = function(ctx, node, depth, [])
        return Entry(at, key(ctx, named, depth), Lambda(at, method), True)
    return Entry(at, Unknown(at, kind.replace("_", "-"), []), EXPRESSIONS[kind](ctx, node, depth))


# --- declarations -----------------------------------------------------------------------------------------------


def interface(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    depth += 1
    name = ""
    bases: list[Arg] = []
    body: list[Stmt] = []
    type_params: list[Param] = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "type_identifier":
            name = name_of(ctx, child)
        elif kind == "extends_type_clause" or kind == "extends_clause":
            bases = [
                Arg(part.byte_range, EXPRESSIONS[part.type](ctx, part, depth))
                for part in parts(ctx, child, depth)
                if part.is_named
            ]
        elif kind == "type_parameters":
            type_params = type_parameters(ctx, child, depth)
        elif kind == "interface_body" or kind == "object_type":
            body = _members(ctx, child, depth)
    made = Class(node.byte_range, name, bases, body, [], "interface", type_params)
    out.append(DefineClass(made.at, made))


def _members(ctx: Context, node: Syntax, depth: int) -> list[Stmt]:
    out: list[Stmt] = []
    for child in node.children:
        kind = child.type
        if not child.is_named or kind in COMMENTS:
            continue
        if kind == "property_signature":
            out.append(field(ctx, child, depth, []))
        elif kind == "method_signature":
            out.append(Define(child.byte_range, function(ctx, child, depth, [])))
        else:
            out.append(ExprStmt(child.byte_range, EXPRESSIONS[kind](ctx, child, depth)))
    return out


def enum(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    depth += 1
    name = ""
    body: list[Stmt] = []
    for child in parts(ctx, node, depth):
        if child.type == "identifier":
            name = name_of(ctx, child)
        elif child.type == "enum_body":
            for part in parts(ctx, child, depth):
                if part.is_named:
                    body.append(_enum_member(ctx, part, depth))
    out.append(DefineClass(node.byte_range, Class(node.byte_range, name, [], body, [], "enum")))


def _enum_member(ctx: Context, node: Syntax, depth: int) -> Stmt:
    value: Expr | None = None
    named = node
    if node.type == "enum_assignment":
        inner = parts(ctx, node, depth)
        named = inner[0]
        value = EXPRESSIONS[inner[-1].type](ctx, inner[-1], depth)
    target = Name(named.byte_range, member_name(ctx, named, depth))
    return Assign(node.byte_range, [target], value, "", None, "static")


def type_alias(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    named = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if depth > MAX_DEPTH or named is None or value is None:
        out.append(ExprStmt(node.byte_range, Unknown(node.byte_range, "type-alias", [])))
        return
    target = Name(named.byte_range, name_of(ctx, named))
    lowered = EXPRESSIONS[value.type](ctx, value, depth + 1)
    generic_over = node.child_by_field_name("type_parameters")
    params = [] if generic_over is None else type_parameters(ctx, generic_over, depth)
    parts(ctx, node, depth)  # sets syntax errors aside
    out.append(Assign(node.byte_range, [target], lowered, "", None, "type", [], params))


EXPRESSIONS.update(
    {
        "type_annotation": inner_type,
        "asserts_annotation": inner_type,
        "type_predicate_annotation": inner_type,
        "omitting_type_annotation": inner_type,
        "adding_type_annotation": inner_type,
        "opting_type_annotation": inner_type,
        "parenthesized_type": inner_type,
        "readonly_type": inner_type,
        "literal_type": inner_type,
        "constraint": inner_type,
        "default_type": inner_type,
        "nested_type_identifier": qualified,
        "nested_identifier": qualified,
        "generic_type": generic_type,
        "union_type": union,
        "intersection_type": union,
        "array_type": array_type,
        "tuple_type": tuple_type,
        "required_parameter": tuple_member,
        "optional_parameter": tuple_member,
        "optional_type": optional_member,
        "rest_type": rest_type,
        "type_query": type_query,
        "index_type_query": key_query,
        "function_type": signature,
        "constructor_type": signature,
        "call_signature": signature,
        "construct_signature": signature,
        "index_signature": signature,
        "object_type": object_type,
        "interface_body": object_type,
    }
)
STATEMENTS.update(
    {
        "interface_declaration": interface,
        "enum_declaration": enum,
        "type_alias_declaration": type_alias,
    }
)
