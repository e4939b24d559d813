"""Lowering of JavaScript/TypeScript expression statements, assignments and variable declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Assign, AssignExpr, Expr, ExprStmt, Stmt
from constraintlint.frontends.ecmascript_lowering import (
    COMMENTS,
    EXPRESSIONS,
    STATEMENTS,
    Context,
    guard,
    parts,
    terms_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax


def expression_statement(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    for child in node.children:
        if child.is_named:
            kind = child.type
            if kind in STATEMENTS:
                # ``namespace A {}`` is parsed as an expression
                STATEMENTS[kind](ctx, child, depth, out)
            elif kind not in COMMENTS:
                expression(ctx, child, depth + 1, out)


def expression(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """An expression as a statement: an assignment is an Assign, a comma expression is several statements."""
    kind = node.type
    while kind == "parenthesized_expression":
        inner = parts(ctx, node, depth)
        if len(inner) != 3:
            break
        node = inner[1]
        kind = node.type
    if kind == "assignment_expression":
        _assign(ctx, node, depth, out)
    elif kind == "augmented_assignment_expression":
        left, operator, right = parts(ctx, node, depth)[-3:]
        target = EXPRESSIONS[left.type](ctx, left, depth)
        value = EXPRESSIONS[right.type](ctx, right, depth)
        out.append(Assign(node.byte_range, [target], value, operator.type))
    elif kind == "sequence_expression":
        if not guard(ctx, node, depth, out):
            for term in terms_of(ctx, node, depth):
                expression(ctx, term, depth + 1, out)
    elif kind == "await_expression" and _is_using(node):
        _assign(ctx, node.children[1], depth, out)
    else:
        value = EXPRESSIONS[kind](ctx, node, depth)
        out.append(_assigned(value) if isinstance(value, AssignExpr) else ExprStmt(value.at, value))


def _assigned(value: AssignExpr) -> Assign:
    """The statement for an assignment that the grammar hid below another expression."""
    targets = [value.target]
    last = value.value
    while value.op == "=" and isinstance(last, AssignExpr) and last.op == "=":
        targets.append(last.target)
        last = last.value
    return Assign(value.at, targets, last, "" if value.op == "=" else value.op)


def _is_using(node: Syntax) -> bool:
    """``await using x = ...`` as the TypeScript grammar reads it."""
    inner = node.children
    return (
        len(inner) == 2 and inner[1].type == "assignment_expression" and inner[1].children[0].type == "using"
    )


def _assign(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """``a = b = c`` assigns one value to several targets."""
    at = node.byte_range
    keyword = "using" if node.children[0].type == "using" else ""
    targets: list[Expr] = []
    while True:
        inner = node.children
        if len(inner) != 3:
            inner = parts(ctx, node, depth)[-3:]
        left, _, right = inner
        targets.append(EXPRESSIONS[left.type](ctx, left, depth))
        if right.type != "assignment_expression":
            break
        node = right
    value = EXPRESSIONS[right.type](ctx, right, depth)
    out.append(Assign(at, targets, value, "", None, keyword))


def declaration(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """``const``, ``let``, ``var``, ``using``, ``await using``: one Assign a declarator."""
    if guard(ctx, node, depth, out):
        return
    depth += 1
    keyword = ""
    for child in node.children:
        kind = child.type
        if kind == "variable_declarator":
            out.append(_declarator(ctx, child, depth, keyword))
        elif kind in ("const", "let", "var", "using"):
            keyword = kind
        elif kind == "ERROR":
            out.append(ExprStmt(child.byte_range, EXPRESSIONS[kind](ctx, child, depth)))


def _declarator(ctx: Context, node: Syntax, depth: int, keyword: str) -> Assign:
    inner = node.children
    annotation: Expr | None = None
    value: Expr | None = None
    first = inner[0]
    target = EXPRESSIONS[first.type](ctx, first, depth)
    value_seen = False
    for child in inner[1:]:
        kind = child.type
        if kind == "=":
            value_seen = True
        elif kind == "type_annotation":
            annotation = EXPRESSIONS[kind](ctx, child, depth)
        elif value_seen and kind not in COMMENTS and kind != "ERROR":
            value = EXPRESSIONS[kind](ctx, child, depth)
        elif kind == "ERROR":
            ctx.stray.append(ExprStmt(child.byte_range, EXPRESSIONS[kind](ctx, child, depth)))
    return Assign(node.byte_range, [target], value, "", annotation, keyword)


STATEMENTS.update(
    {
        "expression_statement": expression_statement,
        "lexical_declaration": declaration,
        "variable_declaration": declaration,
        "using_declaration": declaration,
    }
)
