"""Python branches, loops, ``with``, ``try`` and ``match`` in the neutral form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    AssignExpr,
    Case,
    Conditional,
    Constant,
    Expr,
    ExprStmt,
    Function,
    Handler,
    If,
    Lambda,
    Loop,
    Name,
    Return,
    Sequence,
    Stmt,
    Switch,
    Try,
    Unknown,
    With,
    WithItem,
)
from constraintlint.frontends.python_expr import items as values_of
from constraintlint.frontends.python_lowering import CHAIN, LIMIT, Lowering, StmtHandler, unknown_of
from constraintlint.frontends.python_operators import unwrapped

if TYPE_CHECKING:
    from tree_sitter import Node


# --- branches and loops -----------------------------------------------------------------------------------------


def _condition(cx: Lowering, kids: list[Node]) -> Expr:
    """The test between the keyword and the colon."""
    return cx.expr(kids[1]) if len(kids) > 2 else Unknown(kids[0].byte_range, "missing", [])


def _body(cx: Lowering, kids: list[Node]) -> list[Stmt]:
    kind = cx.kinds.block
    for kid in kids:
        if kid.kind_id == kind:
            return cx.block(kid)
    return []


def _if(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    at = node.byte_range
    kids = node.children
    if len(kids) == 4:
        out.append(If(at, cx.expr(kids[1]), cx.block(kids[3]), []))
        return
    kids = cx.tidy(kids)
    clauses = [kid for kid in kids if kid.type in ("elif_clause", "else_clause")]
    if len(clauses) > CHAIN:
        out.append(_long_if(cx, node, kids, clauses))
        return
    depth = cx.depth
    last = first = If(at, _condition(cx, kids), _body(cx, kids), [])
    out.append(first)
    for clause in clauses:
        if clause.type == "else_clause":
            last.orelse += cx.suite(clause)
            continue
        cx.depth = min(cx.depth + 1, LIMIT)
        parts = cx.tidy(clause.children)
        nested = If((clause.start_byte, at[1]), _condition(cx, parts), _body(cx, parts), [])
        last.orelse.append(nested)
        last = nested
    cx.depth = depth


def _long_if(cx: Lowering, node: Node, kids: list[Node], clauses: list[Node]) -> Stmt:
    """A very long ``elif`` chain as a Switch over True whose guards are the tests: the same meaning, not as deep."""
    at = node.byte_range
    depth = cx.depth
    cx.depth = min(depth + 1, LIMIT)
    cases = [Case((at[0], clauses[0].start_byte), None, _condition(cx, kids), _body(cx, kids))]
    for clause in clauses:
        parts = cx.tidy(clause.children)
        guard = None if clause.type == "else_clause" else _condition(cx, parts)
        cases.append(Case(clause.byte_range, None, guard, _body(cx, parts)))
    cx.depth = depth
    return Switch(at, Constant((at[0], at[0]), "bool", True), cases)


def _for(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    at = node.byte_range
    kids = cx.tidy(node.children)
    is_async = kids[0].type == "async"
    if is_async:
        del kids[0]
    if len(kids) < 6:
        out.append(ExprStmt(at, unknown_of(cx, node, kids)))
        return
    target, iterable = cx.expr(kids[1]), cx.expr(kids[3])
    body = cx.block(kids[5])
    orelse = cx.suite(kids[6]) if len(kids) > 6 else []
    out.append(Loop(at, "for", target, iterable, body, orelse, is_async))


def _while(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    kids = cx.tidy(node.children)
    test, body = _condition(cx, kids), _body(cx, kids)
    orelse = cx.suite(kids[-1]) if kids[-1].type == "else_clause" else []
    out.append(Loop(node.byte_range, "while", None, test, body, orelse))


def _with(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    kids = cx.tidy(node.children)
    items: list[Node] = []
    for kid in kids:
        if kid.type == "with_clause":
            for item in cx.tidy(kid.children):
                if item.is_named:
                    items += cx.tidy(item.children)
    if len(items) == 1 and items[0].type == "tuple":
        # ``with (a, b as c,):`` are items in parentheses, not a tuple
        items = [kid for kid in cx.tidy(items[0].children) if kid.kind_id not in cx.tokens] or items
    lowered = [_with_item(cx, item) for item in items]
    out.append(With(node.byte_range, lowered, _body(cx, kids), kids[0].type == "async"))


def _with_item(cx: Lowering, node: Node) -> WithItem:
    value, target = _aliased(cx, unwrapped(cx, node))
    return WithItem(node.byte_range, value, target)


def _aliased(cx: Lowering, node: Node) -> tuple[Expr, Expr | None]:
    """``value as target`` of a ``with`` or an ``except``."""
    value = cx.expr(node)
    if isinstance(value, AssignExpr) and value.op == "as":
        return value.value, value.target
    # the grammar binds ``as c`` of ``a if x else b as c`` to ``b``, and of ``lambda: b as c`` too
    around: list[Conditional | Lambda | Return | Function] = []
    last = value
    while isinstance(last, Conditional | Lambda):
        if isinstance(last, Conditional):
            around.append(last)
            last = last.other
            continue
        returned = last.function.body[0] if last.function.body else None
        if not isinstance(returned, Return) or returned.value is None:
            break
        around += (last, last.function, returned)
        last = returned.value
    if not around or not isinstance(last, AssignExpr) or last.op != "as":
        return value, None
    holder = around[-1]
    if isinstance(holder, Conditional):
        holder.other = last.value
    elif isinstance(holder, Return):
        holder.value = last.value
    for outer in around:
        outer.at = (outer.at[0], last.value.at[1])
    return value, last.target


# --- try and match ----------------------------------------------------------------------------------------------


def _try(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    handlers: list[Handler] = []
    orelse: list[Stmt] = []
    final: list[Stmt] = []
    kids = cx.tidy(node.children)
    body = _body(cx, kids)
    for kid in kids:
        kind = kid.type
        if kind in ("except_clause", "except_group_clause"):
            handlers.append(_handler(cx, kid))
        elif kind == "else_clause":
            orelse = cx.suite(kid)
        elif kind == "finally_clause":
            final = cx.suite(kid)
    out.append(Try(node.byte_range, body, handlers, orelse, final))


def _handler(cx: Lowering, node: Node) -> Handler:
    """``except A as e``, ``except (A, B)``, ``except A, B`` (PEP 758) and ``except*`` alike."""
    depth = cx.depth
    cx.depth = min(depth + 1, LIMIT)
    kids = cx.tidy(node.children)
    values = [kid for kid in kids if kid.is_named and kid.type != "block"]
    types: Expr | None = None
    name: Expr | None = None
    if len(values) == 1:
        types, name = _aliased(cx, values[0])
    elif values:
        types = Sequence((values[0].start_byte, values[-1].end_byte), "tuple", values_of(cx, values))
    body = _body(cx, kids)
    cx.depth = depth
    return Handler(node.byte_range, types, name, body)


def _match(cx: Lowering, node: Node, out: list[Stmt]) -> None:
    kids = cx.tidy(node.children)
    colon = next((i for i, kid in enumerate(kids) if kid.type == ":"), len(kids))
    cases: list[Case] = []
    subject = _one_or_tuple(cx, kids[1:colon], node)
    for kid in kids[colon:]:
        if kid.kind_id != cx.kinds.block:
            continue
        for clause in cx.tidy(kid.children):
            if clause.type == "case_clause":
                cases.append(_case(cx, clause))
    out.append(Switch(node.byte_range, subject, cases))


def _one_or_tuple(cx: Lowering, nodes: list[Node], parent: Node) -> Expr:
    """One expression, or a tuple where there is a comma."""
    values = values_of(cx, nodes)
    if len(values) == 1 == len(nodes):
        return values[0]
    if not values:
        return Unknown(parent.byte_range, "missing", [])
    return Sequence((nodes[0].start_byte, nodes[-1].end_byte), "tuple", values)


def _case(cx: Lowering, node: Node) -> Case:
    depth = cx.depth
    cx.depth = min(depth + 1, LIMIT)
    kids = cx.tidy(node.children)
    comma = cx.kinds.comma
    patterns = [kid for kid in kids if kid.type == "case_pattern" or kid.kind_id == comma]
    pattern: Expr | None = _one_or_tuple(cx, patterns, node)
    if isinstance(pattern, Name) and pattern.id == "_":
        pattern = None
    guard = next((cx.expr(kid) for kid in kids if kid.type == "if_clause"), None)
    body = _body(cx, kids)
    cx.depth = depth
    return Case(node.byte_range, pattern, guard, body)


STATEMENTS: dict[str, StmtHandler] = {
    "for_statement": _for,
    "if_statement": _if,
    "match_statement": _match,
    "try_statement": _try,
    "while_statement": _while,
    "with_statement": _with,
}
