"""The state of lowering one Python file, and the tables of handlers by node kind.

A handler takes the state and one syntax node. The nodes of one production have a fixed number of children, so a
handler reads them by position when the number is right; else comments, continuation lines or errors stand between
them and ``tidy`` puts those aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import At, Expr, ExprStmt, Name, Stmt, Unknown

if TYPE_CHECKING:
    from tree_sitter import Node

#: Deepest nesting that is lowered. A level costs at most four nested records (the encoder recurses over them) and
#: three Python frames, so both stay below the default recursion limit of 1,000.
LIMIT = 200
#: Longest chain of operators, or of ``elif``, that is kept as deep as it is written.
CHAIN = 64
#: The kind of a syntax error in every grammar.
ERROR = 65535

ExprHandler = Callable[["Lowering", "Node"], Expr]
StmtHandler = Callable[["Lowering", "Node", "list[Stmt]"], None]

_EXTRAS = ("comment", "line_continuation")
#: Leaves that carry no value of their own.
_TOKENS = (
    *("(", ")", "[", "]", "{", "}", ",", ":", ";", "=", ".", "async"),
    *("string_start", "string_content", "string_end", "escape_sequence", "escape_interpolation"),
    *("type_conversion", "import_prefix", "wildcard_import", "positional_separator", "keyword_separator"),
)


class Kinds:
    """The numbers of the grammar's node kinds, and the handlers by number.

    ``names`` are the grammar's kinds; several numbers may carry one name.
    """

    def __init__(
        self, names: list[tuple[int, str]], exprs: dict[str, ExprHandler], stmts: dict[str, StmtHandler]
    ) -> None:
        by_name: dict[str, list[int]] = {}
        for number, name in [*names, (ERROR, "ERROR")]:
            by_name.setdefault(name, []).append(number)
        self.exprs = {number: exprs.get(name, unknown) for name in by_name for number in by_name[name]}
        self.stmts = {number: handler for name, handler in stmts.items() for number in by_name.get(name, [])}
        self.extras = frozenset(number for name in _EXTRAS for number in by_name[name])
        self.tokens = self.extras.union(*(by_name[name] for name in _TOKENS))
        self.chains = frozenset(by_name["binary_operator"] + by_name["boolean_operator"])

        def visible(name: str) -> int:
            # aliases come last, and only they are visible where a hidden rule shares the name
            return by_name[name][-1]

        self.identifier = visible("identifier")
        self.assignment = visible("assignment")
        self.block = visible("block")
        self.comma = visible(",")
        self.dictionary_splat = visible("dictionary_splat")
        self.equals = visible("=")
        self.generator_expression = visible("generator_expression")
        self.keyword_argument = visible("keyword_argument")
        self.list_splat = visible("list_splat")
        self.parenthesized = visible("parenthesized_expression")


class Lowering:
    """The state of lowering one file."""

    __slots__ = (
        "ascii",
        "data",
        "depth",
        "handlers",
        "hits",
        "identifier",
        "imports",
        "in_class",
        "kinds",
        "statements",
        "strays",
        "text",
        "tokens",
        "yields",
    )

    def __init__(
        self, data: bytes, kinds: Kinds, imports: dict[int, list[int]], hits: list[int] | None
    ) -> None:
        self.data = data
        self.text = data.decode("latin-1")
        """one character a byte, so that byte offsets are indices"""
        self.ascii = data.isascii()
        self.kinds = kinds
        self.handlers = kinds.exprs
        self.statements = kinds.stmts
        self.identifier = kinds.identifier
        self.tokens = kinds.tokens
        self.imports = imports
        self.hits = hits
        self.depth = 0
        self.yields = False
        """the function being lowered has yielded"""
        self.in_class = False
        self.strays: list[Stmt] = []
        """what was found in errors inside the current statement, to be placed after it"""

    def expr(self, node: Node) -> Expr:
        kind = node.kind_id
        if kind == self.identifier:
            at = node.byte_range
            name = self.text[at[0] : at[1]]
            return Name(at, name) if self.ascii and name else self._unusual_name(at)
        depth = self.depth
        if depth >= LIMIT:
            return Unknown(node.byte_range, "too-deep", [])
        self.depth = depth + 1
        result = self.handlers[kind](self, node)
        self.depth = depth
        return result

    def optional(self, node: Node | None) -> Expr | None:
        return None if node is None else self.expr(node)

    def block(self, node: Node) -> list[Stmt]:
        """The statements of a module or a block; what stands in errors inside a statement follows it."""
        depth = self.depth
        if depth >= LIMIT:
            at = node.byte_range
            return [ExprStmt(at, Unknown(at, "too-deep", []))]
        self.depth = depth + 1
        out: list[Stmt] = []
        statements = self.statements
        outer, self.strays = self.strays, []
        for child in node.children:
            kind = child.kind_id
            handler = statements.get(kind)
            if handler is not None:
                handler(self, child, out)
            elif kind not in self.tokens:
                out.append(ExprStmt(child.byte_range, self.expr(child)))
            if self.strays:
                out += self.strays
                self.strays = []
        self.strays = outer
        self.depth = depth
        return out

    def suite(self, node: Node) -> list[Stmt]:
        """The block of a clause, or nothing where it has none."""
        kind = self.kinds.block
        found: list[Stmt] = []
        for child in node.children:
            number = child.kind_id
            if number == kind:
                found = self.block(child)
            elif number == ERROR:
                self.stray(child)
        return found

    def tidy(self, nodes: Iterable[Node]) -> list[Node]:
        """Children without comments and continuation lines; errors among them are set aside as strays."""
        extras = self.kinds.extras
        kept = []
        for node in nodes:
            kind = node.kind_id
            if kind == ERROR:
                self.stray(node)
            elif kind not in extras:
                kept.append(node)
        return kept

    def stray(self, node: Node) -> None:
        """Set an error aside."""
        self.statements[ERROR](self, node, self.strays)

    def name(self, at: At) -> str:
        """The identifier at a place, in the normal form in which the language compares names."""
        name = self.text[at[0] : at[1]]
        if name.isascii():
            return name
        import unicodedata

        return unicodedata.normalize("NFKC", self.decode(at[0], at[1]))

    def decode(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", "replace")

    def _unusual_name(self, at: At) -> Expr:
        name = self.name(at)
        return Name(at, name) if name else Unknown(at, "missing", [])


def unknown(cx: Lowering, node: Node) -> Expr:
    """What has no form of its own: the expressions inside it; statements inside it are set aside."""
    return unknown_of(cx, node, node.children)


def unknown_of(cx: Lowering, node: Node, nodes: Iterable[Node], kind: str = "") -> Expr:
    children: list[Expr] = []
    for child in nodes:
        number = child.kind_id
        if child.is_named and number not in cx.tokens:
            if number != ERROR and number in cx.statements:
                cx.statements[number](cx, child, cx.strays)
            else:
                children.append(cx.expr(child))
        elif child.has_error:
            cx.tidy(child.children)
    return Unknown(node.byte_range, kind or node.type.lower().replace("_", "-"), children)
