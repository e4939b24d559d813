"""Canonical paths: built from the pieces a framework's own template falls into."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from constraintlint.project.routes.records import Segment


class Parameter(NamedTuple):
    """A placeholder. ``rest`` takes slashes too."""

    name: str
    matches: str = ""
    rest: bool = False
    optional: bool = False

    @property
    def text(self) -> str:
        return "{" + self.name + ("*" if self.rest else "") + "}"


Piece = str | Parameter


def text_of(pieces: Iterable[Piece]) -> str:
    return "".join([piece if isinstance(piece, str) else piece.text for piece in pieces])


def canonical(pieces: Iterable[Piece]) -> tuple[str, tuple[Segment, ...]]:
    """The canonical path and its segments; a leading slash is put before a path that has none."""
    rows: list[list[Piece]] = [[]]
    for piece in pieces:
        if isinstance(piece, Parameter):
            rows[-1].append(piece)
            continue
        first, *more = piece.split("/")
        if first:
            rows[-1].append(first)
        for part in more:
            rows.append([part] if part else [])
    path = "/".join([text_of(row) for row in rows])
    if rows and not rows[0]:
        rows = rows[1:]
    else:
        path = "/" + path
    return path, tuple([_segment(row) for row in rows])


def _segment(row: list[Piece]) -> Segment:
    if len(row) == 1 and isinstance(row[0], Parameter):
        only = row[0]
        return Segment("rest" if only.rest else "param", only.name, only.matches, only.optional)
    if all(isinstance(piece, str) for piece in row):
        return Segment("static", text_of(row))
    matches = "|".join([piece.matches for piece in row if isinstance(piece, Parameter) and piece.matches])
    return Segment("mixed", text_of(row), matches)
