"""Lowering of JavaScript/TypeScript control flow: branches, loops, ``switch``, ``try``, jumps and blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    Block,
    Case,
    Constant,
    Expr,
    ExprStmt,
    Handler,
    If,
    Jump,
    Loop,
    Raise,
    Return,
    Stmt,
    Switch,
    Try,
    Unknown,
    With,
    WithItem,
)
from constraintlint.frontends.ecmascript_bindings import expression
from constraintlint.frontends.ecmascript_lowering import (
    COMMENTS,
    EXPRESSIONS,
    STATEMENTS,
    Context,
    block,
    guard,
    nested,
    parts,
    skip,
    statements,
)

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

#: Longer ``else if`` ladders are not nested, so that no reader has to recurse without end.
_LONGEST_LADDER = 64


def if_(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """An ``else if`` ladder is walked in a loop; a very long one is a Switch over True whose guards are the tests."""
    if guard(ctx, node, depth, out):
        return
    depth += 2
    first = node
    steps: list[tuple[Syntax, Expr, list[Stmt]]] = []
    orelse: list[Stmt] = []
    while True:
        test: Expr | None = None
        body: list[Stmt] | None = None
        following: Syntax | None = None
        for child in parts(ctx, node, depth):
            if not child.is_named:
                continue
            if child.type == "else_clause":
                following = parts(ctx, child, depth)[-1]
            elif test is None:
                test = EXPRESSIONS[child.type](ctx, child, depth)
            else:
                body = nested(ctx, child, depth)
        steps.append((node, test or Unknown(node.byte_range, "error", []), body or []))
        if following is None:
            break
        if following.type != "if_statement":
            orelse = nested(ctx, following, depth)
            break
        node = following
        if len(steps) <= _LONGEST_LADDER:
            depth += 1 if len(steps) % 2 else 0
    if len(steps) > _LONGEST_LADDER:
        cases = [Case(node.byte_range, None, test, body) for node, test, body in steps]
        if orelse:
            cases.append(Case((node.end_byte, node.end_byte), None, None, orelse))
        start = first.start_byte
        out.append(Switch(first.byte_range, Constant((start, start), "bool", True), cases))
        return
    for node, test, body in reversed(steps):
        orelse = [If(node.byte_range, test, body, orelse)]
    out += orelse


def for_(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    at = node.byte_range
    depth += 1
    test: Expr | None = None
    update: list[Stmt] = []
    body: list[Stmt] = []
    place = 0
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == ";":
            place += 1
        elif kind == ")" or kind == "(" or kind == "for":
            place = 3 if kind == ")" else place
        elif kind == "empty_statement" and place < 2:
            place += 1
        elif place == 3:
            body = nested(ctx, child, depth)
        elif kind in STATEMENTS:
            statements(ctx, [child], depth, out)
            place += 1
        elif place == 0:
            expression(ctx, child, depth, out)
        elif place == 1:
            test = EXPRESSIONS[kind](ctx, child, depth)
        else:
            expression(ctx, child, depth, update)
    out.append(Loop(at, "for-c", None, test, body + update))


def for_in(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    depth += 1
    kind = "for-in"
    found: list[Syntax] = []
    is_async = value_seen = opened = closed = False
    keyword = ""
    body: list[Stmt] = []
    initial: Syntax | None = None
    for child in parts(ctx, node, depth):
        child_kind = child.type
        if closed:
            body = nested(ctx, child, depth)
        elif child_kind == "of":
            kind = "for"
        elif child_kind == "await" and not opened:
            is_async = True
        elif child_kind == "(":
            opened = True
        elif child_kind in ("const", "let", "var", "using"):
            keyword = child_kind
        elif child_kind == "=":
            value_seen = True
        elif child_kind == ")":
            closed = True
        elif child.is_named:
            if value_seen and initial is None:
                initial = child
            else:
                found.append(child)
    if len(found) < 2:
        out.append(ExprStmt(node.byte_range, Unknown(node.byte_range, "error", [])))
        return
    target, iterable = (EXPRESSIONS[child.type](ctx, child, depth) for child in (found[0], found[-1]))
    if initial is not None:
        value = EXPRESSIONS[initial.type](ctx, initial, depth)
        out.append(Assign((target.at[0], value.at[1]), [target], value, "", None, keyword))
    out.append(Loop(node.byte_range, kind, target, iterable, body, [], is_async))


def while_(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    inner = [child for child in parts(ctx, node, depth) if child.is_named]
    test = EXPRESSIONS[inner[0].type](ctx, inner[0], depth + 1)
    out.append(Loop(node.byte_range, "while", None, test, nested(ctx, inner[-1], depth + 1)))


def do(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    inner = [child for child in parts(ctx, node, depth) if child.is_named]
    test = EXPRESSIONS[inner[1].type](ctx, inner[1], depth + 1)
    out.append(Loop(node.byte_range, "do", None, test, nested(ctx, inner[0], depth + 1)))


def with_(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    inner = [child for child in parts(ctx, node, depth) if child.is_named]
    subject = EXPRESSIONS[inner[0].type](ctx, inner[0], depth + 1)
    out.append(
        With(node.byte_range, [WithItem(inner[0].byte_range, subject)], nested(ctx, inner[-1], depth + 1))
    )


def switch(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    depth += 2
    subject: Expr | None = None
    cases: list[Case] = []
    for child in parts(ctx, node, depth):
        if child.type == "switch_body":
            cases += [_case(ctx, part, depth) for part in parts(ctx, child, depth) if part.is_named]
        elif child.is_named:
            subject = EXPRESSIONS[child.type](ctx, child, depth)
    if subject is None:
        subject = Unknown(node.byte_range, "error", [])
    out.append(Switch(node.byte_range, subject, cases))


def _case(ctx: Context, node: Syntax, depth: int) -> Case:
    pattern: Expr | None = None
    body: list[Stmt] = []
    inner = parts(ctx, node, depth)
    for i, child in enumerate(inner):
        if child.type == ":":
            statements(ctx, inner[i + 1 :], depth, body)
            break
        if child.is_named:
            pattern = EXPRESSIONS[child.type](ctx, child, depth)
    return Case(node.byte_range, pattern, None, body)


def try_(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    depth += 1
    body: list[Stmt] = []
    handlers: list[Handler] = []
    final: list[Stmt] = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "statement_block":
            body = block(ctx, child, depth)
        elif kind == "catch_clause":
            handlers.append(_catch(ctx, child, depth))
        elif kind == "finally_clause":
            for part in child.children:
                if part.type == "statement_block":
                    final = block(ctx, part, depth)
    out.append(Try(node.byte_range, body, handlers, [], final))


def _catch(ctx: Context, node: Syntax, depth: int) -> Handler:
    name: Expr | None = None
    body: list[Stmt] = []
    for child in parts(ctx, node, depth):
        kind = child.type
        if kind == "statement_block":
            body = block(ctx, child, depth)
        elif child.is_named and kind != "type_annotation":
            name = EXPRESSIONS[kind](ctx, child, depth)
    return Handler(node.byte_range, None, name, body)


def return_(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """``return`` and ``throw``."""
    if guard(ctx, node, depth, out):
        return
    value: Expr | None = None
    for child in node.children:
        if child.is_named and child.type not in COMMENTS:
            value = EXPRESSIONS[child.type](ctx, child, depth + 1)
    out.append((Return if node.type == "return_statement" else Raise)(node.byte_range, value))


def jump(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    out.append(Jump(node.byte_range, node.type.removesuffix("_statement")))


def labeled(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """A labelled statement; the name keeps the colon, so that it is not taken for a namespace."""
    if guard(ctx, node, depth, out):
        return
    inner = parts(ctx, node, depth)
    name = ctx.slice(*inner[0].byte_range) + ":"
    out.append(Block(node.byte_range, nested(ctx, inner[-1], depth + 1), name))


def braces(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    if guard(ctx, node, depth, out):
        return
    out.append(Block(node.byte_range, block(ctx, node, depth + 1)))


STATEMENTS.update(
    {
        **dict.fromkeys(
            (";", "{", "}", "comment", "html_comment", "empty_statement", "hash_bang_line"), skip
        ),
        "if_statement": if_,
        "for_statement": for_,
        "for_in_statement": for_in,
        "while_statement": while_,
        "do_statement": do,
        "with_statement": with_,
        "switch_statement": switch,
        "try_statement": try_,
        "return_statement": return_,
        "throw_statement": return_,
        "break_statement": jump,
        "continue_statement": jump,
        "debugger_statement": jump,
        "labeled_statement": labeled,
        "statement_block": braces,
    }
)
