"""Edits of places in one text, applied together."""

from __future__ import annotations

from collections.abc import Iterable

from constraintlint.findings import Edit
from constraintlint.fixes.document import Document

#: (start, end, replacement), as offsets
Change = tuple[int, int, str]


def changes(document: Document, edits: Iterable[Edit]) -> list[Change]:
    """The changes some edits make. Raises Refused where a place is not in the file."""
    found: list[Change] = []
    for edit in edits:
        start, end = document.range(edit.span)
        parts = [part if isinstance(part, str) else _copied(document, part) for part in edit.parts]
        found.append((start, end, "".join(parts)))
    return sorted(found)


def _copied(document: Document, span: tuple[int, int, int, int]) -> str:
    start, end = document.range(span)
    return document.text[start:end]


def applied(text: str, found: Iterable[Change]) -> str:
    for start, end, replacement in sorted(found, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text
