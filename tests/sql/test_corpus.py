"""The oracles agree with the real engines on the labelled statements, and reject no valid one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from constraintlint.sql import postgres
from constraintlint.sql.catalogue import Catalogue, Table
from constraintlint.sql.problems import Problem
from constraintlint.sql.sqlite import Oracle
from tests.sql.corpus import Statement, catalogue, statements

ENGINES = ("postgresql", "sqlite")
CATALOGUE = catalogue()
CHECKS: dict[str, Callable[[str], list[Problem]]] = {
    "postgresql": lambda sql: postgres.check(sql, CATALOGUE),
    "sqlite": Oracle(CATALOGUE).check,
}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, list[tuple[Statement, list[Problem]]]]:
    return {engine: [(item, CHECKS[engine](item.sql)) for item in statements()] for engine in ENGINES}


def test_there_are_enough_of_each_sort() -> None:
    for engine in ENGINES:
        valid = [item.is_valid(engine) for item in statements()]
        assert len(valid) >= 600
        assert valid.count(True) >= 250 and valid.count(False) >= 200


@pytest.mark.parametrize("engine", ENGINES)
def test_no_valid_statement_is_rejected(
    engine: str, verdicts: dict[str, list[tuple[Statement, list[Problem]]]]
) -> None:
    wrong = [(item.sql, found) for item, found in verdicts[engine] if found and item.is_valid(engine)]
    assert wrong == []


@pytest.mark.parametrize("engine", ENGINES)
def test_agreement(engine: str, verdicts: dict[str, list[tuple[Statement, list[Problem]]]]) -> None:
    missed = [item.sql for item, found in verdicts[engine] if not found and not item.is_valid(engine)]
    agreement = 1 - len(missed) / len(verdicts[engine])
    assert agreement >= 0.98, missed


#: SQLSTATE -> the kinds that say the same
KINDS = {
    "42703": {"column", "alias"}, "42P01": {"table", "alias"}, "42702": {"ambiguous"}, "42803": {"group-by"}, "42712": {"ambiguous"},
    "42P08": {"parameter"}, "42P18": {"parameter"}, "22P02": {"type"}, "42804": {"type", "semantic"}, "42P20": {"group-by"},
}  # fmt: skip


def test_the_kinds_are_those_of_the_server(
    verdicts: dict[str, list[tuple[Statement, list[Problem]]]],
) -> None:
    for item, found in verdicts["postgresql"]:
        if found and item.postgresql in KINDS:
            assert {problem.kind for problem in found} & KINDS[item.postgresql], (
                item.sql,
                item.postgresql,
                found,
            )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nam FROM authors",
        "SELECT a.nam, b.x FROM authors a JOIN books b ON b.y = a.z WHERE w = 1",
        "INSERT INTO authors (nam) VALUES (1)",
        "UPDATE authors SET nam = 1 WHERE other = 2 RETURNING third",
        "SELECT x.nam FROM (SELECT * FROM authors) x",
        "SELECT nam, count(*) FROM nowhere GROUP BY title",
    ],
)
def test_what_is_not_known_is_left_alone(sql: str) -> None:
    unknown = Catalogue(
        tuple(Table(t.name, t.names, "", t.columns, False) for t in CATALOGUE.tables), complete=False
    )
    assert postgres.check(sql, unknown) == []
    assert Oracle(unknown).check(sql) == []
