"""Repairs expressions that tree-sitter-typescript 0.23 groups against the language's precedence.

Its ``!``, ``as``, ``satisfies`` and type arguments bind weaker than the operators to their left:

    await f<T>(x)          is read as  (await f)<T>(x)
    a && b!.c === d        is read as  (a && b)!.c === d
    <any>f<T>(x)           is read as  <any>f < T > (x)

Such an expression is taken apart into its tokens and parsed anew with the precedence of ECMAScript (2025, 13.3 to
13.15). Type arguments followed by a bracket are always a call in TypeScript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    AssignExpr,
    Await,
    Call,
    Conditional,
    Expr,
    Lambda,
    Return,
    Unary,
    Unknown,
    Yield,
)
from constraintlint.frontends.ecmascript_calls import Link, bracketed, is_open, linked
from constraintlint.frontends.ecmascript_lowering import (
    EXPRESSIONS,
    GREEDY,
    LOOSE,
    MAX_DEPTH,
    Context,
    parts,
    too_deep,
)
from constraintlint.frontends.ecmascript_operators import ASSOCIATIVE, LONGEST_SPINE, fold

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_LINKS = frozenset(("member_expression", "call_expression", "subscript_expression"))
_TRANSPARENT = frozenset(
    ("non_null_expression", "instantiation_expression", "as_expression", "satisfies_expression")
)
_STRENGTH = {
    **dict.fromkeys(("??", "||"), 1),
    "&&": 2,
    "|": 3,
    "^": 4,
    "&": 5,
    **dict.fromkeys(("==", "!=", "===", "!=="), 6),
    **dict.fromkeys(("<", ">", "<=", ">=", "instanceof", "in"), 7),
    **dict.fromkeys(("<<", ">>", ">>>"), 8),
    **dict.fromkeys(("+", "-"), 9),
    **dict.fromkeys(("*", "/", "%"), 10),
    "**": 11,
}
#: role (``operand``, ``link``, ``prefix``, ``operator``), node, its children
Token = tuple[str, "Syntax", "list[Syntax]"]


def regroup(ctx: Context, node: Syntax, depth: int) -> Expr:
    """The expression in its right grouping; the operands in order (Unknown ``chain``) where that would be deep."""
    if depth > MAX_DEPTH:
        return too_deep(node)
    tokens = _tokens(ctx, node, depth)
    shape = prefixes = 0
    for role, token, _ in tokens:
        if role == "prefix":
            prefixes += 1
        elif role == "operator" and token.type not in ASSOCIATIVE:
            shape += 1
    if prefixes > LONGEST_SPINE:
        return too_deep(node)
    depth += 1 + ((min(shape, LONGEST_SPINE) + prefixes) >> 2) + len(tokens).bit_length()
    if shape > LONGEST_SPINE:
        operands = [token for role, token, _ in tokens if role == "operand"]
        return Unknown(node.byte_range, "chain", [EXPRESSIONS[o.type](ctx, o, depth) for o in operands])
    return _Parser(ctx, tokens, depth).expression()


def _tokens(ctx: Context, node: Syntax, depth: int) -> list[Token]:
    """Operands and operators in source order."""
    found: list[Token] = []
    pending: list[Token] = [("", node, [])]
    while pending:
        token = pending.pop()
        if token[0]:
            found.append(token)
            continue
        node = token[1]
        kind = node.type
        if kind in _TRANSPARENT:
            pending.append(("", parts(ctx, node, depth)[0], []))
        elif kind == "type_assertion":
            pending.append(("", parts(ctx, node, depth)[-1], []))
        elif kind in _LINKS:
            inner = parts(ctx, node, depth)
            pending.append(("link", node, inner))
            pending.append(("", inner[0], []))
        elif kind in LOOSE:
            inner = parts(ctx, node, depth)
            if not is_open(node):
                found.append(("operand", node, []))
                continue
            pending.append(("", inner[-1], []))
            if kind == "binary_expression":
                pending.append(("operator", inner[1], []))
                pending.append(("", inner[0], []))
            else:
                found.append(("prefix", node, inner))
        else:
            found.append(("operand", node, []))
    return found


class _Parser:
    """Operator precedence with two stacks; recursion only for the bodies of arrow functions."""

    def __init__(self, ctx: Context, tokens: list[Token], depth: int) -> None:
        self.ctx = ctx
        self.tokens = tokens
        self.depth = depth
        self.place = 0

    def expression(self) -> Expr:
        values = [self.operand()]
        waiting: list[tuple[str, int]] = []
        while self.place < len(self.tokens):
            sign = self.tokens[self.place][1].type
            self.place += 1
            strength = _STRENGTH.get(sign, 0)
            while waiting and sign != "**" and _STRENGTH.get(waiting[-1][0], 0) >= strength:
                if waiting[-1][0] == sign and sign in ASSOCIATIVE:
                    break
                _reduce(values, waiting)
            count = waiting.pop()[1] + 1 if waiting and waiting[-1][0] == sign and sign != "**" else 2
            waiting.append((sign, count))
            values.append(self.operand())
        while waiting:
            _reduce(values, waiting)
        return values[0]

    def operand(self) -> Expr:
        """Prefixes, the operand itself, and the links that follow it."""
        prefixes: list[Token] = []
        value: Expr | None = None
        while value is None:
            role, node, inner = self.tokens[self.place]
            self.place += 1
            if role == "prefix":
                prefixes.append((role, node, inner))
                if node.type in GREEDY:
                    value = self.expression()
            else:
                value = self.single(node)
        for _, node, inner in reversed(prefixes):
            value = self.prefixed(node, inner, value)
        return value

    def single(self, node: Syntax) -> Expr:
        """An operand with its members and calls."""
        value = self.lowered(node)
        start = node.start_byte
        while self.place < len(self.tokens):
            value = linked(self.ctx, self.links(), value, start, self.depth)
            last = self.typed()
            if last is None:
                break
            value = Call((start, last.end_byte), value, bracketed(self.ctx, last, self.depth))
        return value

    def links(self) -> list[Link]:
        found: list[Link] = []
        while self.place < len(self.tokens) and self.tokens[self.place][0] == "link":
            _, node, inner = self.tokens[self.place]
            found.append((node.type, node, inner))
            self.place += 1
        return found

    def typed(self) -> Syntax | None:
        """The arguments after ``< types >`` at this place; then the place moves behind them."""
        tokens = self.tokens
        open_brackets = 0
        for i in range(self.place, len(tokens) - 1):
            role, node, _ = tokens[i]
            if role == "operator":
                sign = node.type
                if sign == "<":
                    open_brackets += 1
                elif not sign.strip(">"):
                    open_brackets -= len(sign)
                elif sign != "|" and sign != "&":
                    return None
            elif role == "prefix":
                return None
            if open_brackets <= 0:
                following = tokens[i + 1][1]
                if open_brackets or i == self.place or following.type != "parenthesized_expression":
                    return None
                self.place = i + 2
                return following
        return None

    def prefixed(self, node: Syntax, inner: list[Syntax], value: Expr) -> Expr:
        """The expression ``node`` with ``value`` as its last operand or body."""
        at = (node.start_byte, value.at[1])
        kind = node.type
        if kind == "await_expression":
            return Await(at, value)
        if kind == "arrow_function":
            made = EXPRESSIONS["=>"](self.ctx, node, self.depth)
            if isinstance(made, Lambda):
                made.at = made.function.at = at
                made.function.body = [Return(value.at, value)] if self.ctx.wanted(*at) else None
            return made
        if kind == "ternary_expression":
            return Conditional(at, self.lowered(inner[0]), self.lowered(inner[2]), value)
        if kind == "yield_expression":
            return Yield(at, value, inner[1].type == "*")
        if kind in GREEDY:
            return AssignExpr(at, self.lowered(inner[-3]), inner[-2].type, value)
        return Unary(at, inner[0].type, value)

    def lowered(self, node: Syntax) -> Expr:
        return EXPRESSIONS[node.type](self.ctx, node, self.depth)


def _reduce(values: list[Expr], waiting: list[tuple[str, int]]) -> None:
    """The last operator with as many of the last values as it stands between."""
    op, count = waiting.pop()
    values[-count:] = [fold(op, values[-count:])]


EXPRESSIONS["regroup"] = regroup
