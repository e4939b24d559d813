"""Shared ground of the lowering of JavaScript/TypeScript trees: the state of one file and the dispatch tables.

A handler turns one syntax node into one record. ``EXPRESSIONS`` also holds patterns and TypeScript types (their node
types differ), ``STATEMENTS`` appends to a list because one declaration can be several statements. The tables are
filled by the ``ecmascript_*`` modules that own the handlers.

Comments and error nodes may stand between any two children. A handler that expects an exact number of children
therefore compares the count first and asks ``parts`` when it differs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from constraintlint.facts.code import Expr, ExprStmt, Stmt, Unknown

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

#: Deepest nesting that is lowered. A level costs at most three Python frames here and four in the record encoder, so
#: both stay below CPython's default limit of 1,000.
MAX_DEPTH = 200

COMMENTS = frozenset(("comment", "html_comment"))

#: Expressions whose last operand reaches as far as it can.
GREEDY = frozenset(
    (
        "arrow_function",
        "assignment_expression",
        "augmented_assignment_expression",
        "ternary_expression",
        "yield_expression",
    )
)
#: What the TypeScript grammar may place below a call or member although it binds weaker.
LOOSE = GREEDY | {"await_expression", "unary_expression", "update_expression", "binary_expression"}


class Context:
    """The file being lowered."""

    __slots__ = ("broken", "hits", "imports", "plain", "stray", "text")

    def __init__(
        self, data: bytes, imports: dict[int, list[int]], hits: list[int] | None, broken: bool
    ) -> None:
        #: the tree has syntax errors
        self.broken = broken
        self.imports = imports
        self.hits = hits
        #: one character a byte, so that slicing by byte offsets is a plain string slice
        self.text = data.decode("latin-1")
        #: neither wide characters nor ``\u`` escapes: a slice of ``text`` is the name
        self.plain = data.isascii() and b"\\u" not in data
        #: statements found inside syntax errors, to be placed after the statement at hand
        self.stray: list[Stmt] = []

    def wanted(self, start: int, end: int) -> bool:
        """Does something of interest stand in this range?"""
        hits = self.hits
        if hits is None:
            return True
        i = bisect_left(hits, start)
        return i < len(hits) and hits[i] < end

    def slice(self, start: int, end: int) -> str:
        """The file's characters between two byte offsets."""
        text = self.text[start:end]
        return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


ExprHandler = Callable[[Context, "Syntax", int], Expr]
StmtHandler = Callable[[Context, "Syntax", int, "list[Stmt]"], None]
_H = TypeVar("_H")


class Table(dict[str, _H], Generic[_H]):
    """Handlers by node type, with one for every type that has none of its own."""

    fallback: _H

    def __missing__(self, key: str) -> _H:
        return self.fallback


EXPRESSIONS: Table[ExprHandler] = Table()
STATEMENTS: Table[StmtHandler] = Table()


def too_deep(node: Syntax) -> Unknown:
    return Unknown(node.byte_range, "too-deep", [])


def parts(ctx: Context, node: Syntax, depth: int) -> list[Syntax]:
    """The children without comments; syntax errors among them are lowered on the side, never dropped."""
    kept = []
    for child in node.children:
        kind = child.type
        if kind in COMMENTS:
            continue
        if kind == "ERROR":
            ctx.stray.append(ExprStmt(child.byte_range, unknown(ctx, child, depth)))
        else:
            kept.append(child)
    return kept


def unknown(ctx: Context, node: Syntax, depth: int) -> Expr:
    """What has no form: its expressions as children, its statements set aside for the enclosing body."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    depth += 1
    found: list[Expr] = []
    for child in node.children:
        if not child.is_named:
            continue
        kind = child.type
        if kind in COMMENTS:
            continue
        if kind in STATEMENTS:
            STATEMENTS[kind](ctx, child, depth, ctx.stray)
        else:
            found.append(EXPRESSIONS[kind](ctx, child, depth))
    kind = node.type
    return Unknown(node.byte_range, "error" if kind == "ERROR" else kind.replace("_", "-"), found)


def unknown_statement(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """An error, or an expression where a statement is expected (inside broken syntax)."""
    if not node.is_named:
        return
    value = EXPRESSIONS[node.type](ctx, node, depth)
    out.append(ExprStmt(node.byte_range, value))


def operand(ctx: Context, node: Syntax, depth: int) -> Expr:
    """The one operand of a prefix (``await``, ``...``)."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    inner = node.children
    if len(inner) != 2:
        inner = parts(ctx, node, depth)
    operand = inner[-1]
    return EXPRESSIONS[operand.type](ctx, operand, depth + 1)


def terms_of(ctx: Context, node: Syntax, depth: int) -> list[Syntax]:
    """The expressions of a comma expression; nested ones (to the right) are flattened."""
    found: list[Syntax] = []
    while True:
        inner = [child for child in parts(ctx, node, depth) if child.is_named]
        if not inner or inner[-1].type != "sequence_expression":
            return found + inner
        found += inner[:-1]
        node = inner[-1]


def statements(ctx: Context, nodes: list[Syntax], depth: int, out: list[Stmt]) -> None:
    for child in nodes:
        handler = STATEMENTS[child.type]
        if handler is not skip:
            handler(ctx, child, depth, out)
            if ctx.stray:
                stray, ctx.stray = ctx.stray, []
                out += stray


def block(ctx: Context, node: Syntax, depth: int) -> list[Stmt]:
    """The statements of a ``{ ... }``."""
    out: list[Stmt] = []
    if depth > MAX_DEPTH:
        out.append(ExprStmt(node.byte_range, too_deep(node)))
    else:
        statements(ctx, node.children, depth + 1, out)
    return out


def nested(ctx: Context, node: Syntax, depth: int) -> list[Stmt]:
    """The body of a branch or loop: the statements of its block, or the one statement."""
    if node.type == "statement_block":
        return block(ctx, node, depth)
    out: list[Stmt] = []
    statements(ctx, [node], depth, out)
    return out


def guard(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> bool:
    """Is the node too deep? It is then replaced."""
    if depth <= MAX_DEPTH:
        return False
    out.append(ExprStmt(node.byte_range, too_deep(node)))
    return True


def skip(ctx: Context, node: Syntax, depth: int, out: list[Stmt]) -> None:
    """Brackets, comments, empty statements."""


EXPRESSIONS.fallback = unknown
STATEMENTS.fallback = unknown_statement
