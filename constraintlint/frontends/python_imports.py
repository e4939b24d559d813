"""Import statements of a Python file, wherever they stand.

The module level is known already (python_module); here the word ``import`` leads to all others. The tree confirms that
the word is code and tells what it stands in; the statement itself is taken apart by its own small grammar, because
asking the tree for every part is ten times slower.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from constraintlint.facts.source import Import, ImportedName, ImportKind
from constraintlint.frontends.python_branches import COMPOUND, CONDITIONAL, IN_FUNCTION, OPTIONAL, TYPE_ONLY
from constraintlint.frontends.python_module import IMPORTS, NAME, text
from constraintlint.frontends.python_source import LAZY, Positions

if TYPE_CHECKING:
    from tree_sitter import Node

    from constraintlint.frontends.python_branches import Branches

_DOTTED = rb"%b(?:\s*\.\s*%b)*+" % (NAME, NAME)
_FROM = re.compile(rb"from\s*((?:\.\s*)*+(?:%b)?)\s*import\b[\s(]*" % _DOTTED).match
_NAMES = re.compile(rb"(\*|%b)(?:\s+as\s+(%b))?" % (NAME, NAME)).finditer
_MODULES = re.compile(rb"(%b)(?:\s+as\s+(%b))?" % (_DOTTED, NAME)).finditer
#: comments and line continuations, which may stand between any two words of a statement
_NOISE = re.compile(rb"#[^\n]*|\\\r?\n")
_SPACE = re.compile(rb"\s+")
_WORD = re.compile(rb"import(_module\b|__\b|\b)")
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") | frozenset(
    range(128, 256)
)
#: a statement in text the parser could not read: what may stand before ``import`` on its line, and the rest of it
_BEFORE = re.compile(rb"(?:^|[;:])\s*((?:lazy\s+)?(?:from\s*(?:\.\s*)*+(?:%b)?\s*)?)$" % _DOTTED, re.M)
_REST = re.compile(rb"import\s*(?:\([^()]{0,20000}\)|(?:[^\n#;\\]|\\\r?\n)*+)")
_HEADER = re.compile(
    rb"([ \t\f]*)(?:(?:async[ \t]+)?(def)\b|if[ \t]+(?:\w+\.)?(TYPE_CHECKING)[ \t]*:)?[^\n]?"
)
_MAX_DEPTH = 400
_MAX_DEEP = 100
_MAX_LINES_BACK = 200
_MAX_BEFORE = 2000


class ImportStatements:
    """Collects the import statements of one file.

    ``tops`` are the statements of the module, or of the part of it that ``root`` is. ``found`` holds (start byte of the
    statement in the tree, Import). ``calls`` are the offsets of ``import_module``
    and ``__import__`` seen on the way. ``original`` is the text before newer syntax was blanked.
    """

    def __init__(
        self, root: Node, tops: list[Node], data: bytes, original: bytes, branches: Branches
    ) -> None:
        self._tops = tops
        self._data = data
        self._branches = branches
        self._broken = root.has_error
        self._top_starts: list[int] = []
        self._indented: dict[int, tuple[int, int]] = {}
        self._lazy = _lazy_statements(data, original)
        self.found: list[tuple[int, Import]] = []
        self.calls: list[int] = []
        #: nothing more is looked for: expressions nest so deep that every look costs too much
        self.too_deep = False
        self._deep = 0

    def module_level(self, statements: list[tuple[int, int, int]]) -> None:
        """Take apart the statements of the module level (start, end, bits)."""
        positions = Positions(self._data)
        for start, end, bits in sorted(statements):
            self._statement(start, end, bits, positions)

    def elsewhere(
        self, statements: list[tuple[int, int, int]], start: int = 0, end: int | None = None
    ) -> None:
        """Find and take apart all others, from ``start`` to ``end``."""
        data = self._data
        end = len(data) if end is None else end
        if data.count(b"import", start, end) == len(statements):
            return  # every statement holds the word once
        known = sorted(statements)
        positions = Positions(data)
        index, count, covered = 0, len(known), 0
        for match in _WORD.finditer(data, start, end):
            hit = match.start()
            while index < count and known[index][0] <= hit:
                covered = max(covered, known[index][1])
                index += 1
            if hit < covered:
                continue
            suffix = match[1]
            if suffix:
                begin = hit - 2 if suffix == b"__" else hit
                if begin >= 0 and (suffix != b"__" or data[begin:hit] == b"__") and not self._in_word(begin):
                    self.calls.append(begin)
            elif not self._in_word(hit) and self._may_start(hit):
                place = self._confirm(hit)
                if place is not None:
                    begin, covered, bits = place
                    self._statement(begin, covered, bits, positions)

    def _in_word(self, offset: int) -> bool:
        return offset > 0 and self._data[offset - 1] in _WORD_BYTES

    def _may_start(self, hit: int) -> bool:
        """Whether the text before ``import`` allows a statement: most words in comments and strings end here."""
        data = self._data
        line = data.rfind(b"\n", 0, hit) + 1
        before = data[max(line, hit - _MAX_BEFORE) : hit].strip()
        return not before or before[-1:] in (b";", b":") or b"from" in before or before == b"lazy"

    def _confirm(self, hit: int) -> tuple[int, int, int] | None:
        """Span and bits of the statement whose ``import`` stands at ``hit``; None where the word is no code."""
        path = self.path(hit)
        kind = path[-1].type if path else ""
        if kind == "import" and len(path) > 1 and path[-2].type in IMPORTS:
            statement = path[-2]
            return statement.start_byte, statement.end_byte, self.bits(path)
        if not self._broken or kind not in ("import", "identifier", "ERROR"):
            return None
        data = self._data
        line = max(data.rfind(b"\n", 0, hit) + 1, hit - _MAX_BEFORE)
        before = _BEFORE.search(data, line, hit)
        rest = _REST.match(data, hit)
        return (before.start(1), rest.end(), self.bits(path)) if before and rest else None

    def path(self, offset: int) -> list[Node]:
        """The nodes from the statement of the module down to the leaf at ``offset``.

        The way down costs less than the way up: tree-sitter finds a parent by going down from the root.
        """
        if self.too_deep:
            return []
        if not self._top_starts:
            self._top_starts = [node.start_byte for node in self._tops]
        index = bisect_right(self._top_starts, offset) - 1
        top = self._tops[index] if index >= 0 else None
        leaf = None if top is None else top.descendant_for_byte_range(offset, offset + 1)
        if top is None or leaf is None:
            return []
        path = [top]
        while len(path) < _MAX_DEPTH:
            below = path[-1].child_with_descendant(leaf)
            if below is None:
                return path
            path.append(below)
        self._deep += 1
        self.too_deep = self._deep > _MAX_DEEP
        return [*path, leaf]

    def bits(self, path: list[Node]) -> int:
        """How the code at the end of a path is reached (python_branches)."""
        offset = path[-1].start_byte
        bits = 0
        for node in path:
            kind = node.type
            if kind in COMPOUND:
                for block, more in self._branches.of(node):
                    if block.start_byte <= offset < block.end_byte:
                        bits |= more
                        break
            elif kind == "function_definition" or kind == "lambda":
                body = node.child_by_field_name("body")
                if body is not None and body.start_byte <= offset:
                    bits = bits & TYPE_ONLY | IN_FUNCTION
        return bits | self._by_indentation(offset) if self._broken else bits

    def _by_indentation(self, offset: int) -> int:
        """What the lines above say, where the tree is broken."""
        data = self._data
        first = start = data.rfind(b"\n", 0, offset) + 1
        line = data[start:offset]
        indent = depth = len(line) - len(line.lstrip())
        bits = 0
        for _ in range(_MAX_LINES_BACK):
            if not start or not indent:
                break
            end = start - 1
            start = data.rfind(b"\n", 0, end) + 1
            known = self._indented.get(indent)
            if known is not None and known[0] == start:
                bits |= known[1]
                break
            header = _HEADER.match(data, start, end)
            if header and header.end() > header.end(1) and len(header[1]) < indent:
                indent = len(header[1])
                bits |= IN_FUNCTION if header[2] else TYPE_ONLY if header[3] else 0
        self._indented[depth] = (first, bits)
        return bits

    def _statement(self, start: int, end: int, bits: int, positions: Positions) -> None:
        """Take one statement apart; each module it imports becomes one Import."""
        written = source = self._data[start:end]
        if b"#" in source or b"\\" in source:
            source = _NOISE.sub(_blank, source)
        begin = start
        kind: ImportKind = "type-only" if bits & TYPE_ONLY else "lazy" if bits & IN_FUNCTION else "import"
        if self._lazy and start in self._lazy:
            begin = self._lazy[start]
            kind = "type-only" if bits & TYPE_ONLY else "lazy"
        line, column = positions.at(begin)
        rows = _Rows(written, start, line, column + start - begin, positions)
        flags = (bool(bits & OPTIONAL), bool(bits & CONDITIONAL), bool(bits & IN_FUNCTION))
        if not source.startswith(b"from"):
            parts = []
            for item in _MODULES(source, 6):
                raw, alias = item.groups()
                left = item.start()
                parts.append((_joined(raw), (*rows.at(left), *rows.at(left + len(raw))), alias))
            span = (line, column, *rows.at(end - start))
            for specifier, module, alias in parts:
                local = text(alias) if alias else specifier.partition(".")[0]
                self.found.append((start, Import(specifier, kind, span, module, (), local, *flags)))
            return
        head = _FROM(source)
        if head is None:
            return
        left = head.start(1)
        module = (*rows.at(left), *rows.at(left + len(head[1].rstrip())))
        names = []
        at = rows.at
        for item in _NAMES(source, head.end()):
            raw, alias = item.groups()
            name = raw.decode() if raw.isascii() else text(raw)
            row, left = at(item.start())
            local = text(alias) if alias else "" if name == "*" else name
            names.append(ImportedName(name, local, row, left, left + len(name)))
        if names:
            span = (line, column, *at(end - start))
            self.found.append((start, Import(_joined(head[1]), kind, span, module, tuple(names), "", *flags)))


class _Rows:
    """Lines and columns of ascending offsets in one statement."""

    __slots__ = ("_ascii", "_break", "_positions", "_row", "_shift", "_start", "_text")

    def __init__(self, text: bytes, start: int, row: int, column: int, positions: Positions) -> None:
        self._text = text
        self._start = start
        self._row = row
        self._shift = column  # added to an offset it gives the column
        self._break = text.find(b"\n")
        self._ascii = text.isascii()
        self._positions = positions

    def at(self, offset: int) -> tuple[int, int]:
        if not self._ascii:
            return self._positions.at(self._start + offset)
        while 0 <= self._break < offset:
            self._row += 1
            self._shift = -self._break
            self._break = self._text.find(b"\n", self._break + 1)
        return self._row, self._shift + offset


def _blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])


def _joined(dotted: bytes) -> str:
    """A dotted name without the space that may stand around its dots."""
    name = text(dotted)
    return name if dotted.isalnum() else "".join(name.split())


def _lazy_statements(data: bytes, original: bytes) -> dict[int, int]:
    """Start of an import statement -> start of the ``lazy`` before it, which was blanked in ``data``."""
    if data is original:
        return {}
    found = {}
    for match in LAZY.finditer(original):
        start = match.start(1)
        if data[start : start + 1] == b" ":
            space = _SPACE.match(original, match.end(1))
            assert space is not None
            found[space.end()] = start
    return found
