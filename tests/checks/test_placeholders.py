"""Placeholders of a statement: how many, of which style, and what is no placeholder."""

from __future__ import annotations

import pytest

from constraintlint.checks._bind_text import masked
from constraintlint.checks._placeholders import DRIVERS, Style, by_number, foreign, placeholders

MASKED = [
    ("a 'b ? c' d", "a         d"),
    ("a 'it''s' b", "a         b"),
    ("a -- ?\nb", "a     \nb"),
    ("a /* ?\n */ b", "a     \n    b"),
    ('a "?" b', "a     b"),
    ("a $$ ? $$ b", "a         b"),
    ("a $x$ ? $x$ b", "a           b"),
    ("a $1 b$2", "a $1 b$2"),
    ("a E'\\'?' b", "a        b"),
    ("a 'never closed ?", "a                "),
]


@pytest.mark.parametrize(("sql", "expected"), MASKED)
def test_masked(sql: str, expected: str) -> None:
    assert masked(sql) == expected
    assert len(masked(sql)) == len(sql)


COUNTS: list[tuple[str, Style, int | None]] = [
    ("a = ? AND b = ?", "qmark", 2),
    ("a = ?2 AND b = ?1 AND c = ?2", "qmark", 2),
    ("a = ? AND b = ?1", "qmark", None),
    ("a = ? AND b = 'why?'", "qmark", None),
    ("a = ? AND b = :b", "qmark", None),
    ("?? = ?", "qmark", None),
    ("a = $1 AND b = $3", "dollar", 3),
    ("a = $1 AND b = '$2'", "dollar", None),
    ("a = %s AND b LIKE '10%%'", "format", 1),
    ("a = %(a)s", "format", None),
    ("a LIKE '%x'", "format", None),
    ("SELECT 1", "format", 0),
]


@pytest.mark.parametrize(("sql", "style", "expected"), COUNTS)
def test_count(sql: str, style: Style, expected: int | None) -> None:
    assert placeholders(sql, style) == expected


@pytest.mark.parametrize(
    ("sql", "expected"), [("a = ?1 OR b = ?1", True), ("a = ?", False), ("a = '?1' OR b = ?", False)]
)
def test_by_number(sql: str, expected: bool) -> None:
    assert by_number(sql) is expected


FOREIGN = [
    ("a = %s", "sqlite3", "%s"),
    ("a = ?", "psycopg", "?"),
    ("a IN (?, ?)", "asyncpg", "?"),
    ("a = $1", "mysql2", "$1"),
    ("a = :a", "asyncpg", ":name"),
    ("a = :a", "sqlite3", None),
    ("data ? 'a'", "psycopg", None),
    ("a = '?'", "psycopg", None),
    ("a % s", "sqlite3", None),
    ("strftime('%s', a)", "sqlite3", None),
    ("a[1:2] = b::text", "asyncpg", None),
    ("a = ?", "sqlite3", None),
]


@pytest.mark.parametrize(("sql", "driver", "expected"), FOREIGN)
def test_foreign(sql: str, driver: str, expected: str | None) -> None:
    found = foreign(sql, DRIVERS[driver])
    assert (found[0] if found is not None else None) == expected
