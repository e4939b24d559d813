"""The lists of MySQL: no statement a server takes is reported, and what a server rejects is, where it is of another engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from constraintlint.sql.mysql import check, lists
from tests.sql.label_mysql import Statement, read

STATEMENTS = read()[1]
#: misses the lists leave: sqlglot reads these, or the tables would have to be known
KNOWN_MISSES = 22


def test_there_are_enough_of_each_sort() -> None:
    valid = [item.mariadb == "ok" for item in STATEMENTS]
    assert len(valid) >= 240
    assert valid.count(True) >= 100 and valid.count(False) >= 120


@pytest.mark.parametrize("item", STATEMENTS, ids=lambda item: item.sql[:60])
def test_no_valid_statement_is_rejected(item: Statement) -> None:
    if item.mariadb == "ok":
        assert check(item.sql) == []
    if item.mysql and item.mysql != "ok":
        assert check(item.sql, mariadb=False) != []


def test_agreement() -> None:
    missed = [item.sql for item in STATEMENTS if item.mariadb != "ok" and not check(item.sql)]
    assert len(missed) <= KNOWN_MISSES, missed


def test_every_construct_of_the_lists_has_a_labelled_statement() -> None:
    seen = {
        problem.name.lower()
        for item in STATEMENTS
        for problem in check(item.sql, mariadb=False)
        if problem.kind == "dialect"
    }
    known = lists()
    wanted = {construct.title.lower() for found in known.by_start.values() for construct in found}
    assert wanted - seen == set()
    assert {name.lower() for name in (*known.types, *known.functions)} - seen == set()


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT id FROM users WHERE name ILIKE ?", "ILIKE"),
        ("INSERT INTO t (a) VALUES (1)\n  ON CONFLICT DO NOTHING", "ON CONFLICT"),
        ("SELECT a::text FROM t", "::text"),
        ('SELECT a FROM "t"', '"t"'),
        ("SELECT count(* FROM t", "("),
    ],
)
def test_the_place(sql: str, found: str) -> None:
    (problem,) = check(sql)
    assert sql[problem.start : problem.end] in (found, f"{found} ?")


@pytest.mark.parametrize(
    "sql",
    ["SELECT a FROM t WHERE \0", "SELECT \0 FROM t WHERE (a = 1", "\0", "(((", "'", "", ";;", "a" * 50_000],
)
def test_unknown_parts_and_odd_texts(sql: str) -> None:
    assert [problem for problem in check(sql, certain=False) if problem.kind == "syntax"] == []
    check(sql)


def test_names_in_quotes_where_a_mode_takes_them() -> None:
    assert check('SELECT a FROM "t"', ansi_quotes=True) == []


def test_sqlglot_is_left_alone_where_nothing_is_suspicious() -> None:
    program = (
        "import sys; from constraintlint.sql.mysql import check; check('SELECT a::int FROM t'); check('SELECT a FROM t');"
        "assert 'sqlglot' not in sys.modules; check('SELECT (a FROM t'); assert 'sqlglot' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
