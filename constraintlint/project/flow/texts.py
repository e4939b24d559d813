"""Strings put together from pieces: constant runs that know where they stand in the code, and holes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

import msgspec

from constraintlint.facts.code import At, Expr

#: pieces kept of one string
MAX_PIECES = 400


class TextPiece(msgspec.Struct, frozen=True, gc=False):
    """A run of constant characters. ``at`` are the bytes in ``path`` that spell it (an escape spells one character)."""

    text: str
    path: str
    at: At

    def offset(self, index: int) -> int:
        """The byte offset in the file of character ``index`` of the run (``len(text)`` gives its end)."""
        start, end = self.at
        if index >= len(self.text):
            return end
        encoded = len(self.text.encode("utf-8", "surrogatepass"))
        if encoded != end - start:
            return start  # an escape, or a text the program computes
        return start + (index if encoded == len(self.text) else len(self.text[:index].encode("utf-8")))

    def cut(self, start: int, stop: int) -> TextPiece:
        """Characters ``start``..``stop`` of the run."""
        if start <= 0 and stop >= len(self.text):
            return self
        return TextPiece(self.text[start:stop], self.path, (self.offset(start), self.offset(stop)))


class TextHole(msgspec.Struct, frozen=True, gc=False):
    """A part of the string whose characters are not known.

    ``expr`` is the expression that gives it (None where a function of the program gives it), ``format`` its
    conversion or format part, ``env`` the environment variable it is read from.
    """

    path: str
    at: At
    expr: Expr | None = None
    format: str = ""
    env: str = ""


class BuiltText(msgspec.Struct, frozen=True, gc=False):
    """One possible content of a string expression, with the place of each of its characters.

    ``kind`` is the prefix of the literal (``"b"``, ``"r"``, ``"t"``, ``"regex"``, or ``""``); ``truncated`` is set where
    the string is longer than what was followed.
    """

    pieces: tuple[TextPiece | TextHole, ...] = ()
    kind: str = ""

    @property
    def constant(self) -> str | None:
        """The whole string where it has no hole, else None."""
        if any(isinstance(piece, TextHole) for piece in self.pieces):
            return None
        return "".join([piece.text for piece in self.pieces if isinstance(piece, TextPiece)])

    @property
    def holes(self) -> list[TextHole]:
        return [piece for piece in self.pieces if isinstance(piece, TextHole)]

    def fill(self, filler: str = "") -> str:
        """The string with ``filler`` in the place of each hole."""
        return "".join([piece.text if isinstance(piece, TextPiece) else filler for piece in self.pieces])

    @property
    def start(self) -> str:
        """The characters before the first hole."""
        found: list[str] = []
        for piece in self.pieces:
            if isinstance(piece, TextHole):
                break
            found.append(piece.text)
        return "".join(found)

    def locate(self, index: int, filler: str = "") -> tuple[str, int] | None:
        """(path, byte offset) of character ``index`` of ``fill(filler)``; the end of the text for its length.

        An index inside a filler gives the start of its hole. None for a text without pieces.
        """
        sizes = [len(p.text) if isinstance(p, TextPiece) else len(filler) for p in self.pieces]
        if not sizes:
            return None
        ends = list(accumulate(sizes))
        position = min(bisect_right(ends, index), len(sizes) - 1)
        piece = self.pieces[position]
        inside = index - (ends[position] - sizes[position])
        if isinstance(piece, TextHole):
            return piece.path, piece.at[0]
        return piece.path, piece.offset(inside)

    def slice(self, start: int, stop: int) -> BuiltText:
        """Characters ``start``..``stop``; holes count as no character and stay where they stand."""
        kept: list[TextPiece | TextHole] = []
        position = 0
        for piece in self.pieces:
            if isinstance(piece, TextHole):
                if start <= position <= stop:
                    kept.append(piece)
                continue
            lower, upper = max(start - position, 0), min(stop - position, len(piece.text))
            if lower < upper:
                kept.append(piece.cut(lower, upper))
            position += len(piece.text)
        return BuiltText(tuple(kept), self.kind)


def computed(text: str, path: str, at: At) -> BuiltText:
    """A text the program computes at ``at`` (its characters have no place of their own)."""
    return BuiltText((TextPiece(text, path, at),) if text else ())


def hole(path: str, at: At, expr: Expr | None, format: str = "", env: str = "") -> BuiltText:
    return BuiltText((TextHole(path, at, expr, format, env),))


def concat(parts: Iterable[BuiltText]) -> BuiltText:
    pieces: list[TextPiece | TextHole] = []
    kind = ""
    for part in parts:
        pieces.extend(part.pieces)
        kind = kind or part.kind
        if len(pieces) > MAX_PIECES:
            last = pieces[MAX_PIECES - 1]
            del pieces[MAX_PIECES - 1 :]
            pieces.append(TextHole(last.path, last.at))
            break
    return BuiltText(tuple(pieces), kind)


_PERCENT = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?(?P<type>[diouxXeEfFgGcrsa%])"
)


def percent_parts(text: BuiltText) -> list[BuiltText | tuple[str | int, str]] | None:
    """Split a ``%`` format into its constant parts and its fields ``(key or position, conversion)``.

    None where a field crosses a hole or uses ``*``.
    """
    flat = text.fill()
    parts: list[BuiltText | tuple[str | int, str]] = []
    position = count = 0
    for match in _PERCENT.finditer(flat):
        if "*" in match[0]:
            return None
        parts.append(text.slice(position, match.start()))
        position = match.end()
        if match["type"] == "%":
            parts.append(text.slice(match.start(), match.start() + 1))
            continue
        key = match["key"]
        parts.append((key if key is not None else count, match["type"]))
        count += 1
    parts.append(text.slice(position, len(flat)))
    return parts


_BRACE = re.compile(
    r"\{\{|\}\}|\{(?P<field>[^{}!:]*)(?P<format>(?:![rsa])?(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*)?)\}"
)


def brace_parts(text: BuiltText) -> list[BuiltText | tuple[str | int, str]]:
    """Split a ``str.format`` string into its constant parts and its fields ``(key or position, format)``."""
    flat = text.fill()
    parts: list[BuiltText | tuple[str | int, str]] = []
    position = count = 0
    for match in _BRACE.finditer(flat):
        parts.append(text.slice(position, match.start()))
        position = match.end()
        if match["field"] is None:
            parts.append(text.slice(match.start(), match.start() + 1))
            continue
        field = match["field"].strip()
        if not field:
            parts.append((count, match["format"]))
            count += 1
        else:
            parts.append((int(field) if field.isdecimal() else field, match["format"]))
    parts.append(text.slice(position, len(flat)))
    return parts


def replaced(text: BuiltText, old: str, new: BuiltText, count: int = -1) -> BuiltText:
    """``text.replace(old, new, count)``; an occurrence across a hole is not found."""
    if not old:
        return text
    flat = text.fill("\0") if "\0" not in old else text.fill()
    plain = text.fill()
    parts: list[BuiltText] = []
    position = 0
    shift = 0
    found = flat.find(old)
    while found >= 0 and count != 0:
        shift = flat.count("\0", 0, found) if "\0" not in old else 0
        parts.append(text.slice(position, found - shift))
        parts.append(new)
        position = found - shift + len(old)
        count -= 1
        found = flat.find(old, found + len(old))
    parts.append(text.slice(position, len(plain)))
    return concat(parts)


def stripped(text: BuiltText, left: bool = True, right: bool = True) -> BuiltText:
    """The text without white space at its ends; a hole at an end stops it."""
    pieces = list(text.pieces)
    while left and pieces and isinstance(pieces[0], TextPiece):
        rest = len(pieces[0].text) - len(pieces[0].text.lstrip())
        if rest < len(pieces[0].text):
            pieces[0] = pieces[0].cut(rest, len(pieces[0].text))
            break
        del pieces[0]
    while right and pieces and isinstance(pieces[-1], TextPiece):
        last = pieces[-1]
        size = len(last.text.rstrip())
        if size:
            pieces[-1] = last.cut(0, size)
            break
        del pieces[-1]
    return BuiltText(tuple(pieces), text.kind)


def dedented(text: BuiltText) -> BuiltText:
    """``textwrap.dedent``: the margin all lines share is cut; holes are taken as characters of their line."""
    flat = text.fill("\0")
    lines = flat.split("\n")
    margins = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip(" \t")]
    if not margins:
        return text
    margin = margins[0]
    for other in margins[1:]:
        while not other.startswith(margin):
            margin = margin[:-1]
    if not margin:
        return text
    parts: list[BuiltText] = []
    position = 0  # in the text without holes
    for number, line in enumerate(lines):
        size = len(line.replace("\0", "")) + (number < len(lines) - 1)
        cut = len(margin) if line.startswith(margin) else (len(line) if not line.strip(" \t") else 0)
        parts.append(text.slice(position + cut, position + size) if size > cut else BuiltText())
        position += size
    return _without_doubled_holes(parts, text)


def _without_doubled_holes(parts: list[BuiltText], source: BuiltText) -> BuiltText:
    """Join slices of one text: a hole at a cut belongs to both neighbours and is kept once."""
    pieces: list[TextPiece | TextHole] = []
    seen: set[int] = set()
    for part in parts:
        for piece in part.pieces:
            if isinstance(piece, TextHole):
                if id(piece) in seen:
                    continue
                seen.add(id(piece))
            pieces.append(piece)
    return BuiltText(tuple(pieces), source.kind)
