"""Python literals in the neutral form: strings with their exact place in the file, and numbers.

Escape sequences: Python 3 language reference, section 2.4.1; f-strings: PEP 498 and 701; t-strings: PEP 750.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from constraintlint.facts.code import At, Constant, Expr, Hole, Piece, Text, Unknown
from constraintlint.frontends.python_lowering import LIMIT, Lowering, unknown_of

if TYPE_CHECKING:
    from tree_sitter import Node

_SIMPLE = {
    "\n": "",
    "\r": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_QUOTES = "'\"`"
#: The largest integer msgpack can hold.
_LARGEST = 2**64 - 1


def string(cx: Lowering, node: Node) -> Expr:
    """One string token, with or without interpolations."""
    at = node.byte_range
    start, end = at
    quote = cx.text[start : start + 1]
    if (quote == '"' or quote == "'") and not node.has_error:
        # the common case: no prefix, one piece
        width = 3 if end - start >= 6 and cx.text.startswith(quote * 3, start) else 1
        value = cx.text[start + width : end - width]
        if "\\" not in value and "\r" not in value and (cx.ascii or value.isascii()):
            return Text(at, [Piece((start + width, end - width), value)] if value else [])
    pieces: list[Piece | Hole] = []
    prefix = _pieces_of(cx, node, at, pieces)
    if prefix == "`":
        return Unknown(at, "repr", [Text(at, pieces)])
    return Text(at, pieces, _kind(prefix))


def concatenated_string(cx: Lowering, node: Node) -> Expr:
    """Adjacent string tokens; their pieces form one Text."""
    pieces: list[Piece | Hole] = []
    prefixes = {
        _kind(_pieces_of(cx, part, part.byte_range, pieces))
        for part in cx.tidy(node.children)
        if part.type == "string"
    }
    return Text(node.byte_range, pieces, _joint(prefixes))


def interpolation(cx: Lowering, node: Node) -> Expr:
    """A replacement field that stands outside a string (inside broken syntax): its expression."""
    kids = [kid for kid in cx.tidy(node.children) if kid.is_named and kid.kind_id not in cx.tokens]
    return cx.expr(kids[0]) if len(kids) == 1 else unknown_of(cx, node, kids)


def integer(cx: Lowering, node: Node) -> Expr:
    at = node.byte_range
    text = cx.text[at[0] : at[1]]
    try:
        value = int(text, 0)
    except ValueError:
        return _unusual_integer(at, text)
    return Constant(at, "int", value if value <= _LARGEST else None)


def floating(cx: Lowering, node: Node) -> Expr:
    at = node.byte_range
    text = cx.text[at[0] : at[1]]
    if text[-1] in "jJ":
        return Unknown(at, "complex", [])
    try:
        return Constant(at, "float", float(text))
    except ValueError:
        return Unknown(at, "number", [])


def _unusual_integer(at: At, text: str) -> Expr:
    if text[-1:] in "jJ":
        return Unknown(at, "complex", [])
    if len(text) > 1000:
        # int() refuses decimal texts of more than a few thousand digits
        return Constant(at, "int", None)
    # 10L and 0777 of Python 2, a misplaced underscore
    return Unknown(at, "number", [])


def _kind(prefix: str) -> str:
    for kind in "tbr":
        if kind in prefix:
            return kind
    return ""


def _joint(prefixes: set[str]) -> str:
    """The prefix of a concatenation: the common one; of mixed ones the one that changes the type."""
    if len(prefixes) == 1:
        return next(iter(prefixes))
    return next((kind for kind in "tb" if kind in prefixes), "")


def _pieces_of(cx: Lowering, node: Node, at: At, pieces: list[Piece | Hole]) -> str:
    """Append the pieces of one string token; the answer is its prefix in lower case (a backtick for Python 2 repr)."""
    text = cx.text
    start, end = at
    opening = start
    while opening < end and text[opening] not in _QUOTES:
        opening += 1
    quote = text[opening : opening + 1]
    if text.startswith(quote * 3, opening) and end - opening >= 6:
        quote *= 3
    prefix = text[start:opening].lower()
    body, close = opening + len(quote), end - len(quote)
    if node.has_error and not text.endswith(quote, body, end):
        close = end
    if "f" not in prefix and "t" not in prefix:
        _constant(cx, body, close, prefix, pieces)
        return "`" if quote == "`" else prefix
    for child in node.children:
        kind = child.type
        if kind == "interpolation":
            hole_start, hole_end = child.byte_range
            _constant(cx, body, hole_start, prefix, pieces)
            cx.depth += 1
            _hole(cx, child, pieces)
            cx.depth -= 1
            body = hole_end
        elif kind == "ERROR":
            cx.stray(child)
    _constant(cx, body, close, prefix, pieces)
    return prefix


def _constant(cx: Lowering, start: int, end: int, prefix: str, pieces: list[Piece | Hole]) -> None:
    """Append the pieces of the constant text between two places."""
    if start >= end:
        return
    value = cx.text[start:end]
    if "\\" not in value and "\r" not in value and not (prefix and ("{" in value or "}" in value)):
        pieces.append(Piece((start, end), value if value.isascii() else cx.decode(start, end)))
        return
    run = start
    for match in _special(prefix).finditer(cx.text, start, end):
        first, last = match.span()
        decoded = _unescape(match.group())
        if decoded is None:
            continue
        if run < first:
            pieces.append(Piece((run, first), cx.decode(run, first)))
        pieces.append(Piece((first, last), decoded))
        run = last
    if run < end:
        pieces.append(Piece((run, end), cx.decode(run, end)))


@cache
def _special(prefix: str) -> re.Pattern[str]:
    """What does not stand for itself in a string of this prefix: escapes, doubled braces, line ends but LF."""
    parts = [r"\r\n?"]
    if "r" not in prefix:
        parts.append(r"\\(?:[0-7]{1,3}|x[0-9a-fA-F]{2}|\r\n|[\n\r\\'\"abfnrtv])")
        if "b" not in prefix:
            parts.append(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^{}]+\})")
    if "f" in prefix or "t" in prefix:
        parts.append(r"\{\{|\}\}")
    return re.compile("|".join(parts))


def _unescape(sequence: str) -> str | None:
    """The value of an escape sequence, a doubled brace or a line end; None where it stands for itself."""
    if sequence[0] != "\\":
        return "\n" if sequence[0] == "\r" else sequence[0]
    letter = sequence[1]
    if letter in _SIMPLE:
        return _SIMPLE[letter]
    if letter == "N":
        import unicodedata

        try:
            return unicodedata.lookup(sequence[3:-1])
        except KeyError:
            return None
    code = int(sequence[1:], 8) if letter.isdigit() else int(sequence[2:], 16)
    if code > 0x10FFFF:
        return None
    # a lone surrogate cannot be encoded as UTF-8
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)


def _hole(cx: Lowering, node: Node, pieces: list[Piece | Hole]) -> None:
    """Append a replacement field; ``{x=}`` also writes its own source text."""
    at = node.byte_range
    value: Expr | None = None
    format_start = -1
    conversion = debug = False
    spec: list[Hole] = []
    for child in node.children:
        kind = child.type
        if kind in ("{", "}", "comment", "line_continuation"):
            continue
        if kind == "=" and value is not None:
            debug = True
            end = _after_blanks(cx.text, child.end_byte, at[1])
            pieces.append(Piece((at[0] + 1, end), cx.decode(at[0] + 1, end)))
        elif kind == "ERROR":
            cx.stray(child)
        elif kind in ("type_conversion", "format_specifier"):
            format_start = child.start_byte if format_start < 0 else format_start
            conversion = True
            if kind == "format_specifier":
                spec = _nested(cx, child)
        elif kind == "named_expression" and value is None:
            # ``{x:=10}`` is ``x`` with the format ``=10``: only in parentheses is it an assignment
            value, format_start, spec = _misread_format(cx, child)
            conversion = True
        elif value is None:
            value = cx.expr(child)
    written = cx.decode(format_start, at[1] - 1) if format_start >= 0 else ""
    if debug and not conversion:
        written = "!r"
    pieces.append(Hole(at, value if value is not None else Unknown(at, "missing", []), written, spec))


def _misread_format(cx: Lowering, node: Node) -> tuple[Expr, int, list[Hole]]:
    """The value, the start of the format part and the values in it, of ``x:=format``."""
    name, operator, *stack = node.children
    stack.reverse()
    spec: list[Hole] = []
    while stack:
        part = stack.pop()
        if part.type == "set":
            for kid in cx.tidy(part.children):
                if kid.kind_id not in cx.tokens:
                    spec.append(Hole(part.byte_range, cx.expr(kid)))
        else:
            stack += reversed(part.children)
    return cx.expr(name), operator.start_byte, spec


def _after_blanks(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _nested(cx: Lowering, specifier: Node) -> list[Hole]:
    """The replacement fields inside a format specifier."""
    found: list[Piece | Hole] = []
    for child in specifier.children:
        if child.type == "format_expression":
            if cx.depth >= LIMIT:
                found.append(Hole(child.byte_range, Unknown(child.byte_range, "too-deep", [])))
                continue
            cx.depth += 1
            _hole(cx, child, found)
            cx.depth -= 1
        elif child.type == "ERROR":
            cx.stray(child)
    return [part for part in found if isinstance(part, Hole)]
