"""Source lines with a line of carets under the reported part, aligned for tabs, wide and combining characters."""

from __future__ import annotations

from constraintlint.reports.escape import visible_character

_TAB = "    "
_MORE = "..."
#: how much of the width stays to the left of the reported column in a clipped line
_LEAD = 1 / 3


def underlined(line: str, column: int, end_column: int, width: int) -> tuple[str, str]:
    """``line`` as it can be printed in ``width`` columns, and the line of carets that goes below it.

    ``column`` and ``end_column`` (exclusive) are 1-based code points; a part that is empty or goes on beyond the line
    gets at least one caret. Tabs become spaces, invisible characters their escapes.
    """
    line = line.rstrip("\r\n")
    width = max(width, 3 * len(_MORE))
    start = min(max(column - 1, 0), len(line))
    end = max(min(end_column - 1, len(line)), start + 1)
    # cut by code points first, so that a line of megabytes costs no more than what can be seen of it
    first = max(0, start - 2 * width)
    cells = [_cell(character) for character in line[first : start + 4 * width]]
    at = start - first
    before = sum(size for _, size in cells[:at])
    marked = max(sum(size for _, size in cells[at : end - first]), 1)
    total = sum(size for _, size in cells)
    cut_right = len(line) > start + 4 * width
    if not first and not cut_right and total <= width:
        return "".join(text for text, _ in cells).rstrip(), " " * before + "^" * marked
    return _clipped(cells, at, marked, width, bool(first), cut_right)


def display_width(text: str) -> int:
    """Terminal columns of ``text`` (already made visible)."""
    return len(text) if text.isascii() else sum(_width(character) for character in text)


def _clipped(
    cells: list[tuple[str, int]], at: int, marked: int, width: int, more_left: bool, more_right: bool
) -> tuple[str, str]:
    """The part of ``cells`` around index ``at`` that fits ``width`` columns, with marks where something is left out."""
    room = width - 2 * len(_MORE)
    lead = int(room * _LEAD)
    low = high = at
    room -= lead
    while high < len(cells) and cells[high][1] <= room:
        room -= cells[high][1]
        high += 1
    room += lead
    while low > 0 and cells[low - 1][1] <= room:
        low -= 1
        room -= cells[low][1]
    while (
        high < len(cells) and cells[high][1] <= room
    ):  # the line begins within the lead: show more behind it
        room -= cells[high][1]
        high += 1
    head = _MORE if low > 0 or more_left else ""
    tail = _MORE if high < len(cells) or more_right else ""
    before = len(head) + sum(size for _, size in cells[low:at])
    shown = max(sum(size for _, size in cells[at:high]), 1)
    text = head + "".join(text for text, _ in cells[low:high]) + tail
    return text.rstrip(), " " * before + "^" * min(marked, shown)


def _cell(character: str) -> tuple[str, int]:
    """What is printed for a character of the source, and how many columns it takes."""
    if character == "\t":
        return _TAB, len(_TAB)
    if character.isascii() and character.isprintable():
        return character, 1
    text = visible_character(character)
    return (text, _width(text)) if len(text) == 1 else (text, len(text))


def _width(character: str) -> int:
    """Columns of one character: none for marks and joiners, two for East Asian wide and full-width ones."""
    if character.isascii():
        return 1
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1
