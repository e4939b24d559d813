"""The SQL rules on the real engines: what their pages call bad fails with the error they name, what they call good works.

PostgreSQL 15 through psql and asyncpg, SQLite through the library of this Python.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server, sqlalchemy
from tests.proofs.support import run_python
from tests.sql.corpus import schema
from tests.sql.label import postgresql, sqlite
from tests.sql.psql import Psql

pytestmark = pytest.mark.proof

#: rule -> (statement, what PostgreSQL answers, what SQLite's message begins with)
CASES = {
    "sql-syntax-error": [
        ("SELECT id FORM books", "42601", 'near "books"'),
        ("UPDATE books SET title = 'x', WHERE id = 1", "42601", 'near "WHERE"'),
        ("INSERT INTO tags (label) VALUES ('a', 'b')", "42601", "2 values for 1 columns"),
        ("SELECT id FROM books WHERE title = $$1", "42601", ""),
        ("SELECT id AS form, 'FORM' FROM books -- WHERE,", "ok", "ok"),
    ],
    "sql-unknown-table": [
        ("SELECT id FROM bookz", "42P01", "no such table: bookz"),
        ("SELECT id FROM Events", "42P01", "ok"),
        ("WITH late(id) AS (SELECT id FROM loans) SELECT id FROM late", "ok", "ok"),
    ],
    "sql-unknown-column": [
        ("SELECT titel FROM books", "42703", "no such column: titel"),
        ("SELECT fullName FROM authors", "42703", "ok"),
        ("SELECT title AS n FROM books WHERE n = 'x'", "42703", "ok"),
        ("INSERT INTO tags (id, label) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET label = excluded.name", "42703", "no such column"),
        ('SELECT "fullName", id AS who FROM authors ORDER BY who', "ok", "ok"),
    ],
    "sql-alias-not-in-from": [
        ("SELECT count(*) FROM books b WHERE a.name = 'x'", "42P01", "no such column: a.name"),
        ("SELECT books.title FROM books b", "42P01", "no such column: books.title"),
        ("SELECT b.title FROM books b JOIN authors a ON a.id = b.author_id WHERE a.name = 'x'", "ok", "ok"),
    ],
    "sql-ambiguous-column": [
        ("SELECT id FROM books, authors", "42702", "ambiguous column name: id"),
        ("INSERT INTO members (email, level) VALUES ('x', 1) ON CONFLICT (email) DO UPDATE SET level = level + 1", "42702", "ok"),
        ("SELECT id FROM books JOIN authors USING (id)", "ok", "ok"),
    ],
    "sql-group-by": [
        ("SELECT author_id, title, count(*) FROM books GROUP BY author_id", "42803", "ok"),
        ("SELECT author_id FROM books WHERE count(*) > 1", "42803", "misuse of aggregate"),
        ("SELECT a.*, count(*) FROM authors a JOIN books b ON b.author_id = a.id GROUP BY a.id", "ok", "ok"),
    ],
    "sql-dialect-mismatch": [
        ("SELECT id FROM books WHERE title ILIKE 'a'", "ok", 'near "ILIKE"'),
        ("SELECT datetime('now')", "42883", "ok"),
        ("INSERT OR IGNORE INTO tags (label) VALUES ('a')", "42601", "ok"),
        ("SELECT name FROM authors WHERE active = 1", "42883", "ok"),
    ],
    "param-column-type-mismatch": [
        ("SELECT b.id FROM books b JOIN authors a ON a.name = b.author_id", "42883", "ok"),
        ("SELECT id FROM books WHERE author_id = 'main'", "22P02", "ok"),
        ("INSERT INTO authors (name, born) VALUES ('x', '')", "22007", "ok"),
        ("SELECT id FROM books WHERE author_id = '12'", "ok", "ok"),
    ],
    "pg-extension-function-without-extension": [
        ("SELECT uuid_generate_v4()", "42883", ""),
        ("SELECT gen_random_uuid()", "ok", ""),
    ],
    "pg-untyped-parameter": [
        ("SELECT id FROM books WHERE ($1 IS NULL OR title = $1)", "42P08", ""),
        ("SELECT concat('a', $1)", "42P18", ""),
        ("SELECT id FROM books WHERE pages = $2", "42P18", ""),
        ("SELECT id FROM books WHERE ($1::text IS NULL OR title = $1)", "ok", ""),
        ("SELECT id FROM books WHERE (title = $1 OR $1 IS NULL)", "ok", ""),
    ],
}  # fmt: skip
PROVES = dict.fromkeys(CASES, ())


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with postgres_server() as found:
        assert not Psql(found).run(schema()["postgresql"]).stderr
        yield found


@pytest.mark.parametrize("rule", CASES)
def test_engines_answer_as_the_page_says(rule: str, place: str) -> None:
    for sql, wanted, message in CASES[rule]:
        assert postgresql(Psql(place), sql) == wanted, sql
        if message:
            assert sqlite(schema()["sqlite"], sql).startswith(message), sql


def test_serial_stores_null_on_sqlite() -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE beds (id SERIAL PRIMARY KEY, name TEXT)")
    db.execute("INSERT INTO beds (name) VALUES ('north')")
    assert db.execute("SELECT id FROM beds").fetchall() == [(None,)]


ASYNCPG = """
import asyncio, os
import asyncpg

async def main():
    connection = await asyncpg.connect("postgresql://postgres@" + os.environ["PLACE"])
    for name, sql in (
        ("bad", "SELECT 1 WHERE ($1 IS NULL OR 'a' = $1)"),
        ("good", "SELECT 1 WHERE ($1::text IS NULL OR 'a' = $1)"),
    ):
        for value in (None, "a"):
            try:
                await connection.fetch(sql, value)
                print(name, "works")
            except Exception as error:
                print(name, type(error).__name__)

asyncio.run(main())
"""


def test_a_driver_that_leaves_types_to_the_server(place: str, tmp_path: Path) -> None:
    text = run_python(sqlalchemy("2.0"), {"main.py": ASYNCPG}, ["main.py"], tmp_path, PLACE=place).text
    assert text.split().count("works") == 2 and "bad works" not in text, text
    assert "AmbiguousParameterError" in text, text
