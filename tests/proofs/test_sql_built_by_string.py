"""sql-built-by-string: an apostrophe breaks the statement, a crafted value reads everything; bound values do neither."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"sql-built-by-string": ()}


@pytest.fixture
def stamps() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE TABLE stamps (id INTEGER, country TEXT); INSERT INTO stamps VALUES (1, 'Malta'), (2, 'Nauru');"
    )
    return connection


def test_an_apostrophe_ends_the_literal(stamps: sqlite3.Connection) -> None:
    country = "Côte d'Ivoire"
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        stamps.execute(f"SELECT id FROM stamps WHERE country = '{country}'")
    assert stamps.execute("SELECT id FROM stamps WHERE country = ?", (country,)).fetchall() == []


def test_a_crafted_value_reads_everything(stamps: sqlite3.Connection) -> None:
    country = "x' OR '1'='1"
    assert len(stamps.execute("SELECT id FROM stamps WHERE country = '%s'" % country).fetchall()) == 2  # noqa: UP031
    assert stamps.execute("SELECT id FROM stamps WHERE country = ?", (country,)).fetchall() == []


def test_a_name_cannot_be_bound(stamps: sqlite3.Connection) -> None:
    column = "id, (SELECT group_concat(country) FROM stamps)"
    assert stamps.execute(f"SELECT {column} FROM stamps").fetchone()[1] == "Malta,Nauru"
    assert stamps.execute("SELECT ? FROM stamps", ("id",)).fetchone() == ("id",)


_NODE = """
const { Database } = require("sqlite3");
const db = new Database(":memory:");
const code = "x' OR '1'='1";
const say = (error, rows) => console.log(error ? error.code : rows.length);
db.serialize(() => {
  db.exec("CREATE TABLE crates (code TEXT); INSERT INTO crates VALUES ('a'), ('b')");
  db.all(`SELECT * FROM crates WHERE code = '${code}'`, say);
  db.all("SELECT * FROM crates WHERE code = ?", [code], say);
  db.all(`SELECT * FROM crates WHERE code = '${"O'Brien"}'`, say);
});
"""


def test_the_same_in_node(tmp_path: Path) -> None:
    done = run_node(node_with(sequelize="6.37.8", sqlite3="5.1.7"), {"main.js": _NODE}, "main.js", tmp_path)
    assert done.text.split() == ["2", "0", "SQLITE_ERROR"], done
