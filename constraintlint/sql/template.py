"""SQL text with holes, and the same text as an engine gets it, with the place of every character kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Literal

import msgspec

from constraintlint.sql.tokens import HOLE

HoleKind = Literal[
    "value",  # a value that the driver binds
    "bound",  # of a tagged template: a value, or a part of a statement
    "any",  # unknown text
]


class Template(msgspec.Struct, frozen=True):
    """``text`` holds ``\\0`` for each hole; ``holes`` says what each is, in order."""

    text: str
    holes: tuple[HoleKind, ...] = ()

    def places(self) -> list[int]:
        return [i for i, character in enumerate(self.text) if character == HOLE]


class Edit(msgspec.Struct, frozen=True):
    """Characters ``start``..``end`` are replaced."""

    start: int
    end: int
    text: str


class Rendered(msgspec.Struct, frozen=True):
    """What the engine gets. ``raw`` gives the place in the template of one of its characters."""

    sql: str
    starts: tuple[int, ...]
    """where each run of ``sql`` begins"""
    origins: tuple[tuple[int, int], ...]
    """(start, end) in the template of each run; a run as long as its origin is copied"""

    def raw(self, index: int) -> int:
        """The character of the template that character ``index`` comes from."""
        position = max(bisect_right(self.starts, index) - 1, 0)
        if not self.starts:
            return 0
        start, end = self.origins[position]
        inside = index - self.starts[position]
        next_start = self.starts[position + 1] if position + 1 < len(self.starts) else len(self.sql)
        if next_start - self.starts[position] == end - start:
            return min(start + inside, end)
        return start

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the template that ``start``..``end`` come from."""
        first = self.raw(start)
        return first, max(first, self.raw(end - 1) + 1) if end > start else first


def render(text: str, edits: Iterable[Edit]) -> Rendered:
    """Apply edits that do not overlap."""
    parts: list[str] = []
    starts: list[int] = []
    origins: list[tuple[int, int]] = []
    size = position = 0

    def add(piece: str, start: int, end: int) -> None:
        nonlocal size
        if piece:
            parts.append(piece)
            starts.append(size)
            origins.append((start, end))
            size += len(piece)

    for edit in sorted(edits, key=lambda item: (item.start, item.end)):
        if edit.start < position:
            continue
        add(text[position : edit.start], position, edit.start)
        add(edit.text, edit.start, edit.end)
        position = edit.end
    add(text[position:], position, len(text))
    return Rendered("".join(parts), tuple(starts), tuple(origins))


#: the name put in the place of unknown text; a name that has it is never judged
MARK = "zqhole"
