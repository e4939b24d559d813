"""From the bytes of a Python file to a syntax tree: encodings (PEP 263), line ends, syntax newer than the grammar."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from constraintlint.facts.source import Problem

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?\r?\n?")
_LONE_RETURN = re.compile(rb"\r(?!\n)")
#: the parser takes time that grows with the square of such a run; no source file holds one
_CONTINUATIONS = re.compile(rb"\\\r?\n(?:[ \t]*+\\\r?\n){1000}")
#: text codecs whose decoders take time that grows with the square of the input; no source file is written in them
_REFUSED_CODECS = frozenset({"idna", "punycode"})
#: ``lazy import x`` and ``lazy from x import y`` (Python 3.15, PEP 810)
LAZY = re.compile(rb"(?m)(?:^|[;:])[ \t\f]*(lazy)(?=[ \t]+(?:import|from)\b)")
#: ``def f[T = int]``, ``class A[T = int]``, ``type A[T = int]`` (Python 3.13, PEP 696)
_TYPE_PARAMETERS = re.compile(rb"\b(?:def|class|type)[ \t]+[\w\x80-\xff]+[ \t]*\[(?=[^\]]*=)")

_DEFAULT_TOKENS = re.compile(rb"""[\[\](){},=#]|'[^'\\\n]*'|"[^"\\\n]*"|['"]""")

_parser: Parser | None = None


def decode(data: bytes) -> tuple[bytes | None, list[Problem]]:
    """The file as UTF-8 with ``\\n`` or ``\\r\\n`` line ends and no byte order mark, and what was wrong with it.

    None where the file is no text at all. A file that breaks its own declaration is read as Latin-1, so that its
    imports are not lost; Python itself would refuse it.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None, [Problem("undecodable", "the file is UTF-16, which Python does not read as source")]
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        return None, [Problem("binary", "the file contains NUL bytes: it is no Python source", line)]
    problems: list[Problem] = []
    marked = data.startswith(codecs.BOM_UTF8)
    if marked:
        data = data[3:]
    encoding = "utf-8" if marked else declared_encoding(data)
    if not (encoding in ("utf-8", "ascii", "iso8859-1") and data.isascii()):
        data, problem = _transcode(data, encoding)
        if problem:
            problems.append(problem)
    if b"\r" in data:
        data = _LONE_RETURN.sub(b"\n", data)
    run = _CONTINUATIONS.search(data) if b"\\\n" in data or b"\\\r" in data else None
    if run:
        line = data.count(b"\n", 0, run.start()) + 1
        problems.append(Problem("parse-incomplete", "too many line continuations in a row", line))
        return None, problems
    return data, problems


def declared_encoding(data: bytes) -> str:
    """The codec name the coding cookie declares (``utf-8`` without one); the word itself where Python has no such codec."""
    start = 0
    for _ in range(2):
        cookie = _COOKIE.match(data, start)
        if cookie:
            name = cookie[1].decode("ascii", "replace")
            try:
                return codecs.lookup(name).name
            except (LookupError, ValueError):
                return name
        blank = _BLANK.match(data, start)
        assert blank is not None
        if data[blank.end() - 1 : blank.end()] not in (b"\n", b"\r"):
            break
        start = blank.end()
    return "utf-8"


def _transcode(data: bytes, encoding: str) -> tuple[bytes, Problem | None]:
    """``data`` as UTF-8."""
    try:
        if encoding == "utf-8":
            data.decode(encoding)
            return data, None
        if encoding in _REFUSED_CODECS:
            raise LookupError(encoding)
        text = data.decode(encoding)
        if "\0" in text:
            raise ValueError("NUL characters after decoding")
        return text.encode("utf-8", "replace"), None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not valid {encoding}; read as Latin-1"
        problem = Problem("undecodable", message, line)
    except LookupError:
        problem = Problem("undecodable", f"unknown encoding {encoding!r}; read as Latin-1")
    except Exception as error:  # codecs are free to raise anything
        problem = Problem("undecodable", f"cannot be decoded as {encoding}: {error}; read as Latin-1")
    return data.decode("latin-1").encode(), problem


def parse(data: bytes) -> tuple[bytes, Tree]:
    """The tree of a decoded file, and the text it was made from.

    Where the grammar stumbles, words of newer syntax it does not know are blanked (offsets stay) and the text is parsed
    once more.
    """
    parser = _ready()
    tree = parser.parse(data)
    if tree.root_node.has_error:
        newer = _without_newer_syntax(data, tree.root_node)
        if newer is not None:
            return newer, parser.parse(newer)
    return data, tree


def _ready() -> Parser:
    global _parser
    if _parser is None:
        import tree_sitter
        import tree_sitter_python

        _parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    return _parser


def parse_part(data: bytes, start: int, row: int, end: int) -> Tree:
    """The tree of one statement that starts at offset ``start`` in line ``row`` (from 0); places in it are those in ``data``."""
    from tree_sitter import Point, Range

    parser = _ready()
    column = start - data.rfind(b"\n", 0, start) - 1
    rows = data.count(b"\n", start, end)
    last = Point(row + rows, end - data.rfind(b"\n", 0, end) - 1)
    parser.included_ranges = [Range(Point(row, column), last, start, end)]
    try:
        return parser.parse(data)
    finally:
        parser.included_ranges = []


def _without_newer_syntax(data: bytes, root: Node) -> bytes | None:
    """``data`` with the newer syntax blanked, None where there is none of it outside strings and comments."""
    blanks = [match.span(1) for match in LAZY.finditer(data)]
    for match in _TYPE_PARAMETERS.finditer(data):
        blanks += _defaults(data, match.end())
    blanks = [(a, b) for a, b in blanks if not _is_text(root.descendant_for_byte_range(a, a + 1))]
    if not blanks:
        return None
    text = bytearray(data)
    for start, end in blanks:
        text[start:end] = b" " * (end - start)
    return bytes(text)


def _is_text(node: Node | None) -> bool:
    return node is not None and node.type in ("comment", "string_content", "string_start", "string_end")


def _defaults(data: bytes, start: int) -> list[tuple[int, int]]:
    """The spans of ``= default`` in a list of type parameters that opens just before ``start``."""
    spans: list[tuple[int, int]] = []
    depth, begin = 1, -1
    for match in _DEFAULT_TOKENS.finditer(data, start, start + 2000):
        token = match[0]
        if token in b"([{":
            depth += 1
        elif token in b")]}":
            depth -= 1
        elif token == b"=" and depth == 1 and begin < 0:
            begin = match.start()
        elif token in b"#'\"":
            return []
        if begin >= 0 and ((token == b"," and depth == 1) or depth == 0):
            spans.append((begin, match.start()))
            begin = -1
        if depth == 0:
            return spans
    return []


def first_error(root: Node, data: bytes) -> tuple[int, str] | None:
    """Offset and message of the first place the parser could not read, None where it read everything."""
    if not root.has_error:
        return None
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_missing:
            what = "line end" if node.type == "_newline" else node.type
            return node.start_byte, f"syntax error: {what} missing"
        if node.is_error:
            text = data[node.start_byte : node.end_byte].lstrip().split(b"\n", 1)[0]
            shown = text[:40].decode("utf-8", "ignore").strip()
            return node.start_byte, f"syntax error near {shown!r}" if shown else "syntax error"
        stack.extend(child for child in reversed(node.children) if child.has_error)
    return root.start_byte, "syntax error"


class Positions:
    """Lines and columns (1-based, in code points) of byte offsets; cheap when asked in ascending order."""

    __slots__ = ("_ascii", "_column", "_data", "_line", "_offset", "_start")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ascii = data.isascii()
        self._line = 1
        self._start = 0
        self._offset = 0
        self._column = 0

    def at(self, offset: int) -> tuple[int, int]:
        data = self._data
        if offset < self._offset:
            if offset < self._start:
                self._line = 1
                self._start = 0
            self._offset = self._start
            self._column = 0
        lines = data.count(b"\n", self._offset, offset)
        if lines:
            self._line += lines
            self._start = data.rfind(b"\n", self._offset, offset) + 1
            self._offset = self._start
            self._column = 0
        if self._ascii:
            self._offset = offset
            return self._line, offset - self._start + 1
        self._column += len(data[self._offset : offset].decode("utf-8", "replace"))
        self._offset = offset
        return self._line, self._column + 1
