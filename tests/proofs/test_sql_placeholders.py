"""sql-placeholder-arity and sql-placeholder-style on real drivers: sqlite3, psycopg2, psycopg, asyncpg, pg and sqlite3 of Node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server, sqlalchemy
from tests.proofs.support import node_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"sql-placeholder-arity": (), "sql-placeholder-style": (), "sql-unknown-column": ()}

PYTHON = """
import asyncio, os, sqlite3
import asyncpg, psycopg, psycopg2

URL = "postgresql://postgres@" + os.environ["PLACE"]

def attempt(name, work):
    try:
        work()
        print(name, "works")
    except Exception as error:
        print(name, type(error).__name__, " ".join(str(error).split()))

def lite(sql, *values):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE users (id INTEGER, name TEXT, team TEXT)")
    connection.execute(sql, *values)

def pg(driver):
    def run(sql, *values):
        with driver.connect(URL) as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE TEMP TABLE users (id INTEGER, name TEXT, team TEXT)")
            cursor.execute(sql, *values)
    return run

def awaited(sql, *values):
    async def work():
        connection = await asyncpg.connect(URL)
        try:
            await connection.execute("CREATE TEMP TABLE users (id INTEGER, name TEXT, team TEXT)")
            await connection.fetch(sql, *values)
        finally:
            await connection.close()
    asyncio.run(work())

TWO = "SELECT id FROM users WHERE name = {0} AND team = {1}"
for name, run, own, foreign in (
    ("sqlite3", lite, ("?", "?"), [("%s", "%s")]),
    ("psycopg2", pg(psycopg2), ("%s", "%s"), [("?", "?"), ("$1", "$2"), (":a", ":b")]),
    ("psycopg", pg(psycopg), ("%s", "%s"), [("?", "?"), ("$1", "$2"), (":a", ":b")]),
    ("asyncpg", awaited, ("$1", "$2"), [("?", "?"), ("%s", "%s"), (":a", ":b")]),
):
    given = (lambda *values: values) if name == "asyncpg" else (lambda *values: (values,))
    sql = TWO.format(*own)
    attempt(f"{name} two", lambda: run(sql, *given("a", "b")))
    attempt(f"{name} one", lambda: run(sql, *given("a")))
    attempt(f"{name} three", lambda: run(sql, *given("a", "b", "c")))
    if name != "asyncpg":
        attempt(f"{name} string", lambda: run(f"SELECT id FROM users WHERE name = {own[0]}", "python"))
    for marks in foreign:
        attempt(f"{name} {marks[0]}", lambda: run(TWO.format(*marks), *given("a", "b")))
attempt("sqlite3 names", lambda: lite("SELECT id FROM users WHERE name = :name", {"name": "a"}))
attempt("sqlite3 quoted", lambda: lite("SELECT id FROM users WHERE name = ? AND team = 'why?'", ("a",)))
attempt("sqlite3 numbered", lambda: lite("SELECT id FROM users WHERE name = ?1 OR team = ?1", ("a",)))
attempt("psycopg2 like", lambda: pg(psycopg2)("SELECT id FROM users WHERE name LIKE '%s'"))
attempt("psycopg json", lambda: pg(psycopg)("SELECT id FROM users WHERE '{}'::jsonb ? 'a' AND name = %s", ("a",)))
attempt("asyncpg twice", lambda: awaited("SELECT id FROM users WHERE name = $1 OR team = $1", "a"))
"""

NODE = """
const { Client } = require("pg");
const sqlite3 = require("sqlite3");

async function attempt(name, work) {
  try {
    console.log(name, "works", JSON.stringify(await work()));
  } catch (error) {
    console.log(name, String(error.message));
  }
}

async function main() {
  const client = new Client({ connectionString: "postgresql://postgres@" + process.env.PLACE });
  await client.connect();
  const rows = async (...given) => (await client.query(...given)).rows;
  await attempt("pg one", () => rows("SELECT $1::text AS a, $2::text AS b", ["x"]));
  await attempt("pg three", () => rows("SELECT $1::text AS a, $2::text AS b", ["x", "y", "z"]));
  await attempt("pg object", () => rows({ text: "SELECT $1::text AS a, $2::text AS b", values: ["x"] }));
  await attempt("pg two", () => rows("SELECT $1::text AS a, $2::text AS b", ["x", "y"]));
  await attempt("pg twice", () => rows("SELECT 1 AS a WHERE $1::text = $1::text", ["x"]));
  await attempt("pg qmark", () => rows("SELECT 1 AS a WHERE 'x' = ?", ["x"]));
  await attempt("pg json", () => rows(`SELECT '{"a":1}'::jsonb ? 'a' AS a, $1::text AS b`, ["x"]));
  await client.end();

  const old = new sqlite3.Database(":memory:");
  const get = (...given) =>
    new Promise((resolve, reject) => old.get(...given, (error, row) => (error ? reject(error) : resolve(row))));
  await attempt("sqlite3 one", () => get("SELECT ? AS a, ? AS b", ["x"]));
  await attempt("sqlite3 three", () => get("SELECT ? AS a, ? AS b", ["x", "y", "z"]));
  await attempt("sqlite3 two", () => get("SELECT ? AS a, ? AS b", "x", "y"));
}
main();
"""


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with postgres_server() as found:
        yield found


def test_python_drivers(place: str, tmp_path: Path) -> None:
    text = run_python(sqlalchemy("2.0"), {"main.py": PYTHON}, ["main.py"], tmp_path, PLACE=place).text
    for driver in ("sqlite3", "psycopg2", "psycopg", "asyncpg"):
        assert f"{driver} two works" in text, text
        assert f"{driver} one works" not in text and f"{driver} three works" not in text, text
        assert f"{driver} string works" not in text, text
    for driver, marks in (
        ("sqlite3", ["%s"]), ("psycopg2", ["?", "$1", ":a"]), ("psycopg", ["?", "$1", ":a"]), ("asyncpg", ["?", "%s", ":a"]),
    ):  # fmt: skip
        for mark in marks:
            assert f"{driver} {mark} " in text and f"{driver} {mark} works" not in text, text
    for good in (
        "sqlite3 names",
        "sqlite3 quoted",
        "sqlite3 numbered",
        "psycopg2 like",
        "psycopg json",
        "asyncpg twice",
    ):
        assert f"{good} works" in text, text


def test_node_drivers(place: str, tmp_path: Path) -> None:
    modules = node_with(pg="8.16.0", sqlite3="5.1.7")
    text = run_node(modules, {"main.js": NODE}, "main.js", tmp_path, PLACE=place).text
    for bad in ("pg one", "pg three", "pg object", "pg qmark", "sqlite3 three"):
        assert f"{bad} " in text and f"{bad} works" not in text, text
    for good in ("pg two", "pg twice", "pg json", "sqlite3 two"):
        assert f"{good} works" in text, text
    assert 'sqlite3 one works {"a":"x","b":null}' in text, text


BETTER = """
const Database = require("better-sqlite3");
const db = new Database(":memory:");
db.exec("CREATE TABLE shelves (name TEXT, floor INTEGER)");
const attempt = (name, work) => {
  try {
    work();
    console.log(name, "works");
  } catch (error) {
    console.log(name, error.name, error.message);
  }
};
attempt("two", () => db.prepare("INSERT INTO shelves VALUES (?, ?)").run("a", 1));
attempt("array", () => db.prepare("INSERT INTO shelves VALUES (?, ?)").run(["a", 2]));
attempt("one", () => db.prepare("INSERT INTO shelves VALUES (?, ?)").run("a"));
attempt("three", () => db.prepare("INSERT INTO shelves VALUES (?, ?)").run("a", 1, "dry"));
attempt("percent", () => db.prepare("SELECT name FROM shelves WHERE name = %s").all("a"));
attempt("named", () => db.prepare("SELECT name FROM shelves WHERE name = $name").all({ name: "a" }));
attempt("numbered", () => db.prepare("SELECT name FROM shelves WHERE name = ?1 OR name = ?1").all({ 1: "a" }));
attempt("numbered by position", () => db.prepare("SELECT name FROM shelves WHERE name = ?1 OR name = ?1").all("a"));
attempt("at", () => db.prepare("SELECT name FROM shelves WHERE name = @name OR name = :name").all({ name: "a" }));
attempt("unknown column", () => db.prepare("SELECT title FROM shelves").all());
attempt("in double quotes", () => db.prepare('SELECT name FROM shelves WHERE name = "title"').all());
"""


def test_better_sqlite3(tmp_path: Path) -> None:
    ran = run_node(node_with(better_sqlite3="12.4.1"), {"main.cjs": BETTER}, "main.cjs", tmp_path)
    assert ran.text.strip().splitlines() == [
        "two works",
        "array works",
        "one RangeError Too few parameter values were provided",
        "three RangeError Too many parameter values were provided",
        'percent SqliteError near "%": syntax error',
        "named works",
        "numbered works",
        "numbered by position RangeError Too many parameter values were provided",
        "at works",
        "unknown column SqliteError no such column: title",
        'in double quotes SqliteError no such column: "title" - should this be a string literal in single-quotes?',
    ], ran
