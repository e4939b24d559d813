"""Blanks the type arguments of tagged templates, which tree-sitter-typescript 0.23 cannot read.

``sql<User>`...``` arrives as a comparison, an error, or two arguments where the types hold a comma. With the types
replaced by spaces it is an ordinary tagged template, and every offset stays what it was.
"""

from __future__ import annotations

import re

_CLOSED = re.compile(rb">\s*`")
_OPENED = re.compile(rb"([\w$)\]]|[^\x00-\x7f])\s*$")
_WORD = re.compile(
    rb"(?<![\w$.])(?:return|typeof|case|await|yield|in|of|new|void|delete|throw|else|do|default)\s*$"
)
_SPACE = re.compile(rb"[^\s]")
_PAIRS = {ord(")"): ord("("), ord("]"): ord("["), ord("}"): ord("{")}
_QUOTES = b"\"'"
_PLAIN = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.,|&?:; \t\r\n"
) | frozenset(range(0x80, 0x100))
#: longest type argument list that is looked for
_LONGEST = 4000


def without_tag_types(data: bytes, jsx: bool = False) -> bytes:
    """``data`` with the type arguments before each template blanked; ``data`` itself where there are none.

    Text inside strings, comments and templates may be blanked too, which no syntax tree shows: read literals from
    the original. ``jsx`` leaves alone what may be an element followed by text (``code<b>`x`</b>``).
    """
    out: bytearray | None = None
    for match in _CLOSED.finditer(data):
        end = match.start() + 1
        start = _opening(data, end)
        if start < 0 or not _is_tag(data, start):
            continue
        if jsx and data.find(b"</" + data[start + 1 : end - 1].split()[0], end) >= 0:
            continue
        if out is None:
            out = bytearray(data)
        out[start:end] = _SPACE.sub(b" ", data[start:end])
    return data if out is None else bytes(out)


def _is_tag(data: bytes, start: int) -> bool:
    """Does an expression end before ``start``? ``return <T>`x``` is a type assertion."""
    before = data[max(0, start - 200) : start]
    return _OPENED.search(before) is not None and _WORD.search(before) is None


def _opening(data: bytes, end: int) -> int:
    """The place of the ``<`` that matches the ``>`` before ``end`` if only types can stand between them, else -1."""
    open_brackets: list[int] = []
    i = end
    lowest = max(0, end - _LONGEST)
    while i > lowest:
        i -= 1
        char = data[i]
        if char in _PLAIN:
            if char in b"|&" and data[i - 1] == char:
                return -1
        elif char == 0x3E:  # >
            if data[i - 1] == 0x3D:  # =>
                i -= 1
            else:
                open_brackets.append(0x3C)
        elif char in _PAIRS:
            open_brackets.append(_PAIRS[char])
        elif char in _QUOTES:
            i = data.rfind(data[i : i + 1], data.rfind(b"\n", 0, i) + 1, i)
            if i < lowest:
                return -1
        elif char == 0x2D:  # a negative number
            if not data[i + 1 : i + 2].isdigit():
                return -1
        elif char in b"<([{":
            if not open_brackets or open_brackets.pop() != char:
                return -1
            if char == 0x28 and data[i - 1 : i].isalnum():
                return -1
            if char == 0x7B and data[i - 1] == 0x24:  # ${ of a template
                return -1
            if char == 0x3C and not open_brackets:
                return i if data[i + 1 : end - 1].strip() else -1
        else:
            return -1
    return -1
