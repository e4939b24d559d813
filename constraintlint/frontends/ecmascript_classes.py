"""Lowering of JavaScript/TypeScript classes and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Arg,
    Assign,
    Block,
    Class,
    ClassExpr,
    Define,
    DefineClass,
    Expr,
    ExprStmt,
    Index,
    Name,
    Param,
    Stmt,
    Unknown,
)
from constraintlint.frontends.ecmascript_calls import generic
from constraintlint.frontends.ecmascript_functions import (
    NAMES,
    decorator,
    function,
    member_name,
    optional_type,
    type_parameters,
)
from constraintlint.frontends.ecmascript_lowering import (
    COMMENTS,
    EXPRESSIONS,
    MAX_DEPTH,
    STATEMENTS,
    Context,
    block,
    guard,
    parts,
    too_deep,
)
from constraintlint.frontends.ecmascript_text import name_of

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax


def class_(ctx: Context, node: Syntax, depth: int, decorators: list[Expr]) -> Class:
    name = ""
    bases: list[Arg] = []
    body: list[Stmt] = []
    type_params: list[Param] = []
    for child in node.children:
        kind = child.type
        if kind == "class_body":
            body = class_body(ctx, child, depth)
        elif kind in NAMES:
            name = name_of(ctx, child)
        elif kind == "class_heritage":
            bases = _heritage(ctx, child, depth + 1)
        elif kind == "type_parameters":
            type_params = type_parameters(ctx, child, depth)
        elif kind == "decorator":
            decorators = [*decorators, decorator(ctx, child, depth)]
        elif kind == "ERROR":
            ctx.stray.append(ExprStmt(child.byte_range, EXPRESSIONS[kind](ctx, child, depth)))
    return Class(node.byte_range, name, bases, body, decorators, "class", type_params)


def _heritage(ctx: Context, node: Syntax, depth: int) -> list[Arg]:
    """The base; interfaces a class implements are keyword arguments of that name."""
    bases: list[Arg] = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "extends_clause":
            for part in parts(ctx, child, depth):
                if part.type == "type_arguments" and bases:
                    bases[-1] = _generic(ctx, bases[-1], part, depth)
                elif part.is_named:
                    bases.append(_base(ctx, part, depth))
        elif kind == "implements_clause":
            bases += [
                _base(ctx, part, depth, "implements") for part in parts(ctx, child, depth) if part.is_named
            ]
        elif child.is_named:
            bases.append(_base(ctx, child, depth))
    return bases


def _base(ctx: Context, node: Syntax, depth: int, name: str = "") -> Arg:
    return Arg(node.byte_range, EXPRESSIONS[node.type](ctx, node, depth), name)


def _generic(ctx: Context, base: Arg, node: Syntax, depth: int) -> Arg:
    at = (base.at[0], node.end_byte)
    return Arg(at, generic(ctx, at, base.value, node, depth))


def class_body(ctx: Context, node: Syntax, depth: int) -> list[Stmt]:
    out: list[Stmt] = []
    pending: list[Expr] = []
    for child in node.children:
        kind = child.type
        if kind == "decorator":
            pending.append(decorator(ctx, child, depth))
        elif kind in _MEMBERS:
            decorators, pending = pending, []
            _member(ctx, child, depth, decorators, out)
        elif kind == "public_field_definition" or kind == "field_definition":
            decorators, pending = pending, []
            out.append(field(ctx, child, depth, decorators))
        elif kind == "class_static_block":
            for part in child.children:
                if part.type == "statement_block":
                    out.append(Block(child.byte_range, block(ctx, part, depth), "static"))
        elif child.is_named and kind not in COMMENTS:
            out.append(ExprStmt(child.byte_range, EXPRESSIONS[kind](ctx, child, depth)))
        if ctx.stray:
            out += ctx.stray
            ctx.stray = []
    out.extend(ExprStmt(value.at, value) for value in pending)
    return out


_MEMBERS = frozenset(("method_definition", "method_signature", "abstract_method_signature"))


def _member(ctx: Context, node: Syntax, depth: int, decorators: list[Expr], out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    method = function(ctx, node, depth + 1, decorators)
    if method.name.startswith("["):
        # A computed name is evaluated with the class: its expression stands before the member.
        named = node.child_by_field_name("name")
        if named is not None and named.type == "computed_property_name":
            value = EXPRESSIONS[named.type](ctx, named, depth)
            out.append(ExprStmt(value.at, Unknown(value.at, "computed-name", [value])))
    out.append(Define(method.at, method))


def field(ctx: Context, node: Syntax, depth: int, decorators: list[Expr]) -> Assign:
    """A field of a class or interface; ``declare`` marks one that exists for the type checker only."""
    keyword = "field"
    target: Expr | None = None
    annotation: Expr | None = None
    value: Expr | None = None
    value_seen = optional = False
    for child in node.children:
        kind = child.type
        if value_seen:
            if kind not in COMMENTS:
                value = EXPRESSIONS[kind](ctx, child, depth)
        elif kind == "type_annotation":
            annotation = EXPRESSIONS[kind](ctx, child, depth)
        elif kind == "=":
            value_seen = True
        elif kind == "static" or kind == "declare":
            keyword = kind
        elif kind == "?":
            optional = True
        elif kind == "decorator":
            decorators = [*decorators, decorator(ctx, child, depth)]
        elif kind in NAMES:
            target = Name(child.byte_range, name_of(ctx, child))
        elif kind == "computed_property_name":
            computed = EXPRESSIONS[kind](ctx, child, depth)
            target = Index(child.byte_range, Name((child.start_byte, child.start_byte), "this"), computed)
        elif kind == "string" or kind == "number":
            target = Name(child.byte_range, member_name(ctx, child, depth))
    if target is None:
        target = Unknown(node.byte_range, "error", [])
    if optional:
        annotation = optional_type(node, annotation)
    return Assign(node.byte_range, [target], value, "", annotation, keyword, decorators)


def class_expression(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    return ClassExpr(node.byte_range, class_(ctx, node, depth + 1, []))


def class_statement(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    made = class_(ctx, node, depth + 1, [])
    out.append(DefineClass(made.at, made))


EXPRESSIONS["class"] = class_expression
STATEMENTS.update({"class_declaration": class_statement, "abstract_class_declaration": class_statement})
