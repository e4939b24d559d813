"""Placeholders, holes and the engine's dialect: what a text with unknown parts can and cannot be told."""

from __future__ import annotations

import pytest

from constraintlint.sql.judge import Judge, Question
from constraintlint.sql.placeholders import Style
from constraintlint.sql.problems import Engine, Problem
from constraintlint.sql.template import HoleKind, Template
from tests.sql.corpus import catalogue

JUDGE = Judge(catalogue())
HOLE = "\0"


def ask(
    sql: str, engine: Engine, *styles: Style, holes: HoleKind = "any", strict: bool = False
) -> list[tuple[str, str]]:
    """(kind, characters) of each problem; ``§`` is a hole."""
    text = sql.replace("§", HOLE)
    template = Template(text, (holes,) * text.count(HOLE))
    found: tuple[Problem, ...] = JUDGE.problems(
        Question(template, engine, frozenset(styles or ("native",)), strict)
    )
    return [(item.kind, text[item.start : item.end]) for item in found]


@pytest.mark.parametrize(
    ("engine", "style", "sql"),
    [
        ("postgresql", "format", "SELECT id FROM authors WHERE name = %s AND email LIKE '10%%' AND id IN %s AND score %% 2 = 0"),
        ("postgresql", "format", "SELECT id FROM authors WHERE name = %(name)s OR email = %(name)s"),
        ("sqlite", "format", "SELECT id FROM authors WHERE name = %s AND id % 2 = %(x)s"),
        ("postgresql", "qmark", "SELECT ?? FROM authors WHERE name = ? AND id IN (?, ?)"),
        ("postgresql", "qmark", r"SELECT id FROM authors WHERE meta \? 'a' AND name = ?"),
        ("postgresql", "native", "SELECT id FROM authors WHERE meta ? 'a' AND meta ?| ARRAY['b'] AND name = $1"),
        ("postgresql", "named", "SELECT labels[1:2], id::text FROM authors WHERE name = :name AND id IN :ids"),
        ("postgresql", "named", r"SELECT id\:\:text FROM authors WHERE created_at > '12:30' AND name = :name"),
        ("postgresql", "dollar-name", "SELECT id FROM authors WHERE name = $name OR email = $name"),
        ("postgresql", "pg-promise", "SELECT id FROM ${table:name} WHERE name = ${name} AND id IN ($1:csv) AND ${this~} = $(v)"),
        ("sqlite", "native", "SELECT id FROM authors WHERE name = ? OR name = ?2 OR name = :n OR name = @n OR name = $n"),
        ("sqlite", "named", "SELECT id FROM authors WHERE name = :name AND id IN :ids"),
    ],
)  # fmt: skip
def test_placeholders(engine: Engine, style: Style, sql: str) -> None:
    assert ask(sql, engine, style) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT § FROM authors",
        "SELECT id FROM §",
        "SELECT id FROM authors_§ WHERE x = 1",
        "SELECT id FROM authors § WHERE b.x = 1",
        "SELECT id FROM authors WHERE §",
        "SELECT id FROM authors WHERE id = 1 §",
        "SELECT id FROM authors WHERE id IN (§)",
        "SELECT id FROM authors WHERE id IN §",
        "SELECT id FROM authors WHERE name LIKE '%§%'",
        "SELECT id FROM authors ORDER BY § §",
        "SELECT id FROM authors LIMIT § OFFSET §",
        "INSERT INTO authors (§) VALUES (§)",
        "INSERT INTO authors § VALUES §",
        "UPDATE authors SET § WHERE id = 1",
        "UPDATE § SET x = 1",
        "SELECT id FROM authors WHERE id § 3",
        "§ SELECT id FROM authors",
        "§",
        "SELECT id FROM authors §§§",
        "SELECT §.id FROM authors §",
        "SELECT id AS § FROM authors a",
        "WITH § SELECT id FROM x",
        "SELECT a.id, § FROM authors a JOIN books b ON b.author_id = a.id § WHERE c.x = 1",
        "SELECT id FROM authors WHERE § ORDER BY nothing(§",
    ],
)
@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
@pytest.mark.parametrize("kind", ["any", "bound"])
def test_holes_are_no_problem(engine: Engine, sql: str, kind: HoleKind) -> None:
    assert ask(sql, engine, holes=kind) == []


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT nam FROM authors WHERE id = §", ("column", "nam")),
        ("SELECT id FROM authors WHERE § ORDER BY nam", ("column", "nam")),
        ("SELECT id FROM authorz WHERE id IN (§)", ("table", "authorz")),
        ("SELECT u.id FROM authors a WHERE a.id = §", ("alias", "u")),
        ("UPDATE authors SET nam = § WHERE id = §", ("column", "nam")),
    ],
)
def test_names_beside_holes(engine: Engine, sql: str, wanted: tuple[str, str]) -> None:
    assert ask(sql, engine) == [wanted]


@pytest.mark.parametrize(
    ("engine", "sql", "wanted"),
    [
        ("postgresql", "SELECT id FROM authors WHERE name = $$§", ("syntax", "$$")),
        ("sqlite", "SELECT id FROM authors WHERE name ILIKE ?", ("dialect", "ILIKE")),
        ("sqlite", "SELECT id::text FROM authors", ("dialect", ":")),
        ("sqlite", "SELECT now()", ("dialect", "now")),
        ("sqlite", "CREATE TABLE t (id SERIAL PRIMARY KEY)", ("dialect", "SERIAL")),
        ("postgresql", "SELECT datetime('now')", ("dialect", "datetime")),
        ("postgresql", "INSERT OR IGNORE INTO tags (label) VALUES ('a')", ("dialect", "OR")),
        ("postgresql", "SELECT name FROM authors WHERE active = 1", ("dialect", "=")),
        ("postgresql", "SELECT name FROM authors LIMIT 5, 10", ("dialect", "LIMIT")),
        ("postgresql", "SELEC 1", ("syntax", "SELEC")),
    ],
)
def test_whose_construct_it_is(engine: Engine, sql: str, wanted: tuple[str, str]) -> None:
    assert ask(sql, engine)[:1] == [wanted]


def test_values_of_templates_are_parameters() -> None:
    assert ask("SELECT id FROM §", "postgresql", holes="value") == [("syntax", HOLE)]
    assert ask("SELECT id FROM authors WHERE name = §", "postgresql", holes="value") == []


def test_names_in_double_quotes() -> None:
    sql = 'SELECT id FROM authors WHERE name = "alice"'
    assert ask(sql, "sqlite") == []
    assert ask(sql, "sqlite", strict=True) == [("column", '"alice"')]
    assert ask(sql, "postgresql") == [("column", '"alice"')]


@pytest.mark.parametrize(
    "sql", ["(" * 10_000, "SELECT " + "(" * 10_000 + "1", "SELECT " + "+".join(["1"] * 30_000), "SELECT " + "f(" * 400 + "1" + ")" * 400,
            " UNION ".join(["SELECT 1"] * 3_000), "SELECT " + "NOT " * 20_000 + "1", "'" * 9_999, "/*" * 9_999, "\ud800", ";" * 5_000],
)  # fmt: skip
@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_deep_and_odd_text(engine: Engine, sql: str) -> None:
    ask(sql, engine)
    ask(sql + "§", engine)
