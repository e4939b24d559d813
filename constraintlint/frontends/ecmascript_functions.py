"""Lowering of JavaScript/TypeScript functions, parameters, classes and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    AssignExpr,
    At,
    Binary,
    Constant,
    Define,
    Expr,
    ExprStmt,
    Function,
    Lambda,
    Name,
    Param,
    Return,
    Spread,
    Stmt,
    Text,
    Unknown,
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

NAMES = frozenset(("identifier", "property_identifier", "private_property_identifier", "type_identifier"))
_RETURN_TYPES = frozenset(("type_annotation", "asserts_annotation", "type_predicate_annotation"))
_ANONYMOUS_KINDS = {
    "arrow_function": "arrow",
    "method_definition": "method",
    "method_signature": "method",
    "abstract_method_signature": "method",
}


# --- functions --------------------------------------------------------------------------------------------------


def function(
    ctx: Context, node: Syntax, depth: int, decorators: list[Expr], with_body: bool = True
) -> Function:
    """Any function, method, arrow function or signature; ``body`` is None where nothing in its range matters."""
    at = node.byte_range
    node_kind = node.type
    kind = _ANONYMOUS_KINDS.get(node_kind, "function")
    name = ""
    params: list[Param] = []
    returns: Expr | None = None
    body: list[Stmt] | None = None
    is_async = is_generator = static = arrow_seen = False
    type_params: list[Param] = []
    for child in node.children:
        child_kind = child.type
        if child_kind == "formal_parameters":
            params = parameters(ctx, child, depth)
        elif child_kind == "statement_block":
            if ctx.wanted(*at):
                body = block(ctx, child, depth)
        elif arrow_seen and child.is_named and child_kind not in COMMENTS:
            if with_body and ctx.wanted(*at):
                value = EXPRESSIONS[child_kind](ctx, child, depth)
                body = [Return(value.at, value)]
        elif child_kind == "=>":
            arrow_seen = True
        elif child_kind in NAMES:
            if kind == "arrow":
                params = [Param(child.byte_range, name_of(ctx, child))]
            else:
                name = name_of(ctx, child)
        elif child_kind in _RETURN_TYPES:
            returns = EXPRESSIONS[child_kind](ctx, child, depth)
        elif child_kind == "async":
            is_async = True
        elif child_kind == "*":
            is_generator = True
        elif child_kind == "static":
            static = True
        elif child_kind == "static get":
            static = True
            kind = "getter"
        elif child_kind == "get":
            kind = "getter"
        elif child_kind == "set":
            kind = "setter"
        elif child_kind in ("string", "number", "computed_property_name"):
            name = member_name(ctx, child, depth)
        elif child_kind == "type_parameters":
            type_params = type_parameters(ctx, child, depth)
        elif child_kind == "decorator":
            decorators = [*decorators, decorator(ctx, child, depth)]
        elif child_kind == "ERROR":
            ctx.stray.append(ExprStmt(child.byte_range, EXPRESSIONS[child_kind](ctx, child, depth)))
    if kind == "method" and name == "constructor" and not static:
        kind = "constructor"
    return Function(
        at, name, params, body, kind, decorators, returns, is_async, is_generator, static, type_params
    )


def member_name(ctx: Context, node: Syntax, depth: int) -> str:
    """The name of a member; a computed name keeps its brackets (``[Symbol.iterator]``)."""
    if node.type == "string":
        value = EXPRESSIONS["string"](ctx, node, depth)
        if isinstance(value, Text):
            return "".join(piece.value for piece in value.pieces if not isinstance(piece.value, Expr))
    return name_of(ctx, node)


def lambda_(ctx: Context, node: Syntax, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return too_deep(node)
    return Lambda(node.byte_range, function(ctx, node, depth + 1, []))


def arrow_head(ctx: Context, node: Syntax, depth: int) -> Expr:
    """An arrow function without its body, which the caller sets."""
    return Lambda(node.byte_range, function(ctx, node, depth, [], False))


def decorator(ctx: Context, node: Syntax, depth: int) -> Expr:
    inner = parts(ctx, node, depth)
    return EXPRESSIONS[inner[-1].type](ctx, inner[-1], depth)


# --- parameters -------------------------------------------------------------------------------------------------


def parameters(ctx: Context, node: Syntax, depth: int) -> list[Param]:
    depth += 1
    found: list[Param] = []
    for child in node.children:
        kind = child.type
        if kind == "identifier":
            found.append(Param(child.byte_range, name_of(ctx, child)))
        elif kind == "required_parameter" or kind == "optional_parameter":
            _typed(ctx, child, depth, found)
        elif child.is_named and kind not in COMMENTS:
            found.append(_bound(child.byte_range, EXPRESSIONS[kind](ctx, child, depth)))
    return found


def _bound(at: At, pattern: Expr) -> Param:
    """The parameter a pattern stands for."""
    default: Expr | None = None
    kind = "normal"
    if isinstance(pattern, AssignExpr):
        default = pattern.value
        pattern = pattern.target
    if isinstance(pattern, Spread):
        kind = "rest"
        pattern = pattern.value
    if isinstance(pattern, Name):
        return Param(at, pattern.id, None, default, kind)
    return Param(at, "", None, default, kind, pattern)


def _typed(ctx: Context, node: Syntax, depth: int, found: list[Param]) -> None:
    """A TypeScript parameter; ``this`` only declares a type and takes no argument."""
    annotation: Expr | None = None
    default: Expr | None = None
    pattern: Expr | None = None
    decorators: list[Expr] = []
    is_property = value_seen = optional = False
    for child in node.children:
        kind = child.type
        if value_seen:
            if kind not in COMMENTS:
                default = EXPRESSIONS[kind](ctx, child, depth)
        elif kind == "type_annotation":
            annotation = EXPRESSIONS[kind](ctx, child, depth)
        elif kind == "=":
            value_seen = True
        elif kind == "?":
            optional = True
        elif kind == "decorator":
            decorators.append(decorator(ctx, child, depth))
        elif kind in ("accessibility_modifier", "override_modifier", "readonly"):
            is_property = True
        elif kind == "this":
            return
        elif child.is_named and kind not in COMMENTS:
            pattern = EXPRESSIONS[kind](ctx, child, depth)
    if pattern is None:
        return
    if optional:
        annotation = optional_type(node, annotation)
    param = _bound(node.byte_range, pattern)
    param.annotation = annotation
    param.default = default
    param.property = is_property
    param.decorators = decorators
    found.append(param)


def type_parameters(ctx: Context, node: Syntax, depth: int) -> list[Param]:
    """``<T extends Bound = Default>``"""
    depth += 1
    found: list[Param] = []
    for child in parts(ctx, node, depth):
        if child.type == "type_parameter":
            param = Param(child.byte_range, "")
            for part in parts(ctx, child, depth):
                kind = part.type
                if kind == "type_identifier":
                    param.name = name_of(ctx, part)
                elif kind == "constraint":
                    param.annotation = EXPRESSIONS[kind](ctx, part, depth)
                elif kind == "default_type":
                    param.default = EXPRESSIONS[kind](ctx, part, depth)
            found.append(param)
    return found


def optional_type(node: Syntax, annotation: Expr | None) -> Expr:
    """``x?: T`` is ``x: T | undefined``; without a type it may be anything."""
    at = annotation.at if annotation is not None else (node.end_byte, node.end_byte)
    return Binary(at, "|", annotation or Name(at, "any"), Constant((at[1], at[1]), "undefined"))


def signature_types(params: list[Param]) -> list[Expr]:
    """The expressions of a parameter list that belongs to no function with a place of its own."""
    found: list[Expr] = []
    for param in params:
        found += param.decorators
        found += [part for part in (param.pattern, param.annotation, param.default) if part is not None]
    return found


def loose_parameters(ctx: Context, node: Syntax, depth: int) -> Expr:
    """Parameters inside broken syntax."""
    params = parameters(ctx, node, depth)
    names: list[Expr] = [Name(param.at, param.name) for param in params if param.name]
    return Unknown(node.byte_range, "parameters", names + signature_types(params))


def function_statement(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    made = function(ctx, node, depth + 1, [])
    out.append(Define(made.at, made))


EXPRESSIONS.update(
    {
        "function_expression": lambda_,
        "generator_function": lambda_,
        "arrow_function": lambda_,
        "=>": arrow_head,
        "method_definition": lambda_,
        "decorator": decorator,
        "formal_parameters": loose_parameters,
    }
)
STATEMENTS.update(
    {
        "function_declaration": function_statement,
        "generator_function_declaration": function_statement,
        "function_signature": function_statement,
    }
)
