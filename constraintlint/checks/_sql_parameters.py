"""Turning a formatted statement into one with placeholders and bound values, where every hole is a plain value."""

from __future__ import annotations

from collections.abc import Sequence

from constraintlint.checks._calls import positional_arguments
from constraintlint.checks._sql_positions import positions
from constraintlint.facts.code import Call, Hole, Name, Piece, Text
from constraintlint.facts.source import Span
from constraintlint.findings import Edit, Fix
from constraintlint.project import Project
from constraintlint.project.sql_sites import SqlSite

#: library -> how it writes a placeholder: numbered, a question mark, or Python's ``%s``
_STYLES = {
    "sqlite3": "?",
    "aiosqlite": "?",
    "psycopg": "%s",
    "psycopg2": "%s",
    "pymysql": "%s",
    "mysqlclient": "%s",
    "asyncpg": "$",
    "pg": "$",
    "mysql2": "?",
    "mysql": "?",
    "better-sqlite3": "?",
}


def as_parameters(project: Project, site: SqlSite) -> Fix | None:
    """The fix; None where the statement is not written out at the call, a hole is more than a value, or values are bound already."""
    call, text = site.node, site.argument
    if (
        not isinstance(call, Call)
        or not isinstance(text, Text)
        or text.prefix not in ("", "f")
        or text.tag is not None
        or site.via
    ):
        return None
    style = _STYLES.get(site.library) if not site.others else None
    if style is None or len(site.contents) != 1 or site.contents[0].text is None or len(call.args) != 1:
        return None
    if len(positional_arguments(call)) != 1 or call.args[0].value is not text:
        return None
    found = positions(site.contents[0].text)
    holes = [piece for piece in text.pieces if isinstance(piece, Hole)]
    if not holes or len(found) != len(holes) or any(place not in ("value", "literal") for place in found):
        return None
    edits = _holes_replaced(project, site.path, text, found, style)
    if edits is None:
        return None
    values: list[str | Span] = []
    for hole in holes:
        if not isinstance(hole.value, Name) and hole.format:
            return None
        values += [project.span(site.path, hole.value.at), ", "]
    end = project.span(site.path, (text.at[1], text.at[1]))
    return Fix("bind the values", (*edits, Edit(site.path, end, _arguments(site, values, style))), safe=False)


def _arguments(site: SqlSite, values: list[str | Span], style: str) -> tuple[str | Span, ...]:
    inner = values[:-1]
    if site.path.endswith(".py"):
        if style == "$":
            return (", ", *inner)
        return (", (", *inner, ",)" if len(inner) == 1 else ")")
    if site.library == "better-sqlite3":
        return (", ", *inner)
    return (", [", *inner, "]")


def _holes_replaced(
    project: Project, path: str, text: Text, found: Sequence[str], style: str
) -> list[Edit] | None:
    """The holes with the quotes around them made placeholders; None where a literal holds more than the hole."""
    edits: list[Edit] = []
    number = 0
    pieces = text.pieces
    python = path.endswith(".py")
    for index, piece in enumerate(pieces):
        if not isinstance(piece, Hole):
            if python and style == "%s" and "%" in piece.value:
                return None
            continue
        if piece.format or piece.spec:
            return None
        before, after = (
            pieces[index - 1] if index else None,
            pieces[index + 1] if index + 1 < len(pieces) else None,
        )
        start, end = _outside(before, after, piece, python)
        if start is None or end is None:
            return None
        if found[number] == "literal":
            if not _quoted(before, after):
                return None
            start, end = start - 1, end + 1
        number += 1
        mark = f"${number}" if style == "$" else style
        edits.append(Edit(path, project.span(path, (start, end)), (mark,)))
    return edits


def _outside(
    before: Piece | Hole | None, after: Piece | Hole | None, hole: Hole, python: bool
) -> tuple[int | None, int | None]:
    """The bytes of the hole with its braces: what lies between the pieces beside it."""
    if isinstance(before, Piece) and isinstance(after, Piece):
        return before.at[1], after.at[0]
    opening = 1 if python else 2
    start = before.at[1] if isinstance(before, Piece) else hole.value.at[0] - opening
    end = after.at[0] if isinstance(after, Piece) else hole.value.at[1] + 1
    return start, end


def _quoted(before: Piece | Hole | None, after: Piece | Hole | None) -> bool:
    """Whether the hole is all that stands between two apostrophes."""
    return (
        isinstance(before, Piece)
        and isinstance(after, Piece)
        and before.value.endswith("'")
        and after.value.startswith("'")
    )
