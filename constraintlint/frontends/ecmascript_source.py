"""What the readers of one JavaScript/TypeScript file share: its bytes and tree, places in it, and the facts they collect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.source import Binding, Export, Import, ImportedName, ImportKind, Problem, Span

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

#: steps down the tree that may be spent on the surroundings of calls in one file
_MAX_STEPS = 300_000
#: places looked up in a broken tree
_MAX_WORDS = 4_000

_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$#")

FUNCTIONS = frozenset(
    (
        "function_declaration", "function_expression", "arrow_function", "method_definition",
        "generator_function", "generator_function_declaration", "function",
    )
)  # fmt: skip


class Source:
    """One parsed file. ``data`` is its UTF-8 text without a byte order mark; offsets are bytes of it."""

    __slots__ = (
        "ascii", "bindings", "data", "declaration", "dynamic_names", "explicit", "exports", "imports", "line",
        "line_end",
        "line_start", "problems", "root", "starts", "steps", "typescript", "understood",
    )  # fmt: skip

    def __init__(self, data: bytes, root: Syntax, typescript: bool, declaration: bool) -> None:
        self.data = data
        self.root = root
        self.typescript = typescript
        self.declaration = declaration
        self.imports: list[Import] = []
        self.exports: list[Export] = []
        self.bindings: list[Binding] = []
        self.problems: list[Problem] = []
        self.dynamic_names = False
        #: byte ranges of declarations that were read although the grammar may not know them
        self.understood: list[tuple[int, int]] = []
        #: a list, a star or an assignment says what the file exports
        self.explicit = False
        #: start byte of an import or re-export declaration -> indices into ``imports``
        self.starts: dict[int, list[int]] = {}
        self.ascii = data.isascii()
        self.line = 1
        self.line_start = 0
        self.line_end = -1
        self.steps = 0

    def text(self, node: Syntax) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset; quick when asked in ascending order."""
        start = self.line_start
        if not start <= offset <= self.line_end:
            data = self.data
            if offset < start:
                self.line = 1
                start = 0
            breaks = data.count(b"\n", start, offset)
            if breaks:
                self.line += breaks
                start = data.rfind(b"\n", start, offset) + 1
            end = data.find(b"\n", offset)
            self.line_start = start
            self.line_end = end if end >= 0 else len(data)
        if self.ascii:
            return self.line, offset - start + 1
        return self.line, len(self.data[start:offset].decode("utf-8", "replace")) + 1

    def span(self, start: int, end: int) -> Span:
        line, column = self.place(start)
        if self.ascii and end <= self.line_end:
            return line, column, line, column + end - start
        return (line, column, *self.place(end))

    def name(self, name: str, local: str, start: int, end: int, type_only: bool = False) -> ImportedName:
        line, column = self.place(start)
        last = column + end - start if self.ascii else self.place(end)[1]
        return ImportedName(name, local, line, column, last, type_only)

    def add_import(
        self,
        specifier: str,
        kind: ImportKind,
        at: tuple[int, int],
        specifier_at: tuple[int, int],
        names: tuple[ImportedName, ...] = (),
        local: str = "",
        optional: bool = False,
        around: Surroundings | None = None,
    ) -> None:
        conditional = around is not None and around.conditional
        in_function = around is not None and around.in_function
        span, specifier_span = self.span(*at), self.span(*specifier_at)
        self.imports.append(
            Import(specifier, kind, span, specifier_span, names, local, optional, conditional, in_function)
        )

    def add_export(
        self,
        name: str,
        local: str,
        at: int,
        specifier: str = "",
        imported: str = "",
        type_only: bool = False,
    ) -> None:
        line, column = self.place(at)
        self.exports.append(Export(name, local, line, column, specifier, imported, type_only))

    def add_binding(self, name: str, kind: str, at: int) -> None:
        line, column = self.place(at)
        self.bindings.append(Binding(name, kind, line, column))

    def add_problem(self, kind: str, message: str, at: int) -> None:
        line, column = self.place(at)
        self.problems.append(Problem(kind, message, line, column))

    def words(self, pattern: re.Pattern[bytes]) -> list[int]:
        """Where a word stands that is not the end of a longer one.

        A broken tree is flat, so that looking up a place in it takes long: of very many words only the first count.
        """
        data = self.data
        found = [
            match.start()
            for match in pattern.finditer(data)
            if not (match.start() and data[match.start() - 1] in _WORD_BYTES)
        ]
        if len(found) > _MAX_WORDS and self.root.has_error:
            message = "too much of a file with syntax errors looks like imports to read all of it"
            self.add_problem("analysis-incomplete", message, found[_MAX_WORDS])
            del found[_MAX_WORDS:]
        return found

    def path_to(self, node: Syntax) -> list[Syntax]:
        """The nodes from the root's child down to ``node``; empty where the file's share of steps is spent."""
        chain: list[Syntax] = []
        current: Syntax | None = self.root
        steps = _MAX_STEPS - self.steps
        while current is not None and current != node:
            current = current.child_with_descendant(node)
            if current is None or len(chain) > steps:
                self.steps = _MAX_STEPS
                return []
            chain.append(current)
        self.steps += len(chain)
        return chain


def arguments_of(call: Syntax) -> list[Syntax]:
    """The arguments of a call, without comments."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "arguments":
        return []
    return [child for child in arguments.named_children if child.type != "comment"]


def is_called(chain: list[Syntax], index: int) -> bool:
    """Whether the function at ``index`` of a path is called on the spot, so that its body runs with the code around it."""
    inner = chain[index]
    for outer in reversed(chain[:index]):
        kind = outer.type
        if kind == "call_expression":
            return outer.start_byte == inner.start_byte
        if kind == "member_expression":
            # (function () {}).call(this)
            if outer.start_byte != inner.start_byte:
                return False
        elif kind != "parenthesized_expression":
            return False
        inner = outer
    return False


_COMMONJS = re.compile(rb"\btypeof\s*\(?\s*(?:exports|module|require)\b")


class Surroundings:
    """Under what circumstances the code at the end of a path runs."""

    __slots__ = ("conditional", "in_function", "optional")

    def __init__(self, chain: list[Syntax]) -> None:
        self.in_function = self.conditional = self.optional = False
        last = len(chain) - 1
        for index, node in enumerate(chain):
            if index == last:
                break
            kind = node.type
            if kind in FUNCTIONS:
                if not is_called(chain, index):
                    self.in_function = True
                    self.optional = False
            elif kind == "if_statement":
                self.conditional |= chain[index + 1].type != "parenthesized_expression"
                self.optional |= _asks_for_commonjs(node, chain[index + 1])
            elif kind == "ternary_expression":
                self.conditional |= chain[index + 1].start_byte != node.start_byte
                self.optional |= _asks_for_commonjs(node, chain[index + 1])
            elif kind == "binary_expression":
                self.conditional |= _is_guarded(node, chain[index + 1])
            elif kind in ("switch_case", "switch_default", "catch_clause"):
                self.conditional = True
            elif kind == "try_statement":
                inner = chain[index + 1]
                self.optional |= (
                    inner.type == "statement_block" and node.child_by_field_name("handler") is not None
                )


def _asks_for_commonjs(node: Syntax, inner: Syntax) -> bool:
    """Whether ``inner`` runs only where a test has found CommonJS: the universal module definition, made for browsers too."""
    test = node.child_by_field_name("condition")
    then = node.child_by_field_name("consequence")
    if test is None or test.text is None or then is None or then.start_byte != inner.start_byte:
        return False
    return _COMMONJS.search(test.text) is not None


def _is_guarded(node: Syntax, inner: Syntax) -> bool:
    """Whether ``inner`` is the right side of ``&&``, ``||`` or ``??``."""
    if inner.start_byte == node.start_byte:
        return False
    operator = node.child_by_field_name("operator")
    return operator is not None and operator.type in ("&&", "||", "??")
