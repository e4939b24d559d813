"""pg-untyped-parameter: which libraries leave the type of a parameter to the server, and which put the value into the text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server, python_program
from tests.proofs.support import node_with, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"pg-untyped-parameter": ()}
_REFUSED = "could not determine data type of parameter $1"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as found:
        yield f"postgres@{found}"


_NODE = """
const url = "postgresql://" + process.env.SERVER;
const attempt = async (name, work) => {
  try {
    const found = await work();
    console.log(name, "works", (found.rows ?? found[0] ?? found).length ?? "");
  } catch (error) {
    console.log(name, error.message.replace(/^.* - /s, ""));
  }
};
const BAD = "SELECT 1 AS a WHERE ($1 IS NULL OR 'x' = $1)";
const GOOD = "SELECT 1 AS a WHERE ($1::text IS NULL OR 'x' = $1)";
const JSON_BAD = "SELECT json_build_object('owner', $1)";
(async () => {
  const { Pool } = require("pg");
  const pool = new Pool({ connectionString: url });
  await attempt("pg bad", () => pool.query(BAD, ["x"]));
  await attempt("pg json bad", () => pool.query(JSON_BAD, ["x"]));
  await attempt("pg good", () => pool.query(GOOD, [null]));
  await pool.end();
  const knex = require("knex")({ client: "pg", connection: url });
  await attempt("knex bad", () => knex.raw("SELECT 1 WHERE (? IS NULL OR 'a' = 'b')", ["x"]));
  await attempt("knex good", () => knex.raw("SELECT 1 WHERE (?::text IS NULL OR 'a' = ?)", ["x", "x"]));
  await knex.destroy();
  const postgres = require("postgres");
  const sql = postgres(url);
  await attempt("postgres bad", () => sql.unsafe(JSON_BAD, ["x"]));
  await attempt("postgres template bad", () => sql`SELECT json_build_object('owner', ${"x"})`);
  await attempt("postgres good", () => sql`SELECT json_build_object('owner', ${"x"}::text)`);
  await sql.end();
  const { DataSource } = require("typeorm");
  const source = await new DataSource({ type: "postgres", url }).initialize();
  await attempt("typeorm bad", () => source.query(BAD, ["x"]));
  await attempt("typeorm good", () => source.query("SELECT 1 WHERE ('x' = $1 OR $1 IS NULL)", ["x"]));
  await source.destroy();
  const pgp = require("pg-promise")();
  const db = pgp(url);
  await attempt("pg-promise good", () => db.any(BAD, ["x"]));
  pgp.end();
  const { Sequelize } = require("sequelize");
  const sequelize = new Sequelize(url, { dialect: "postgres", logging: false });
  await attempt("sequelize bind bad", () => sequelize.query(BAD, { bind: ["x"] }));
  await attempt("sequelize bind good", () => sequelize.query(GOOD, { bind: ["x"] }));
  await attempt("sequelize replacements good", () =>
    sequelize.query("SELECT 1 WHERE (:a IS NULL OR 'x' = :a)", { replacements: { a: "x" } }));
  await sequelize.close();
})();
"""


def test_node(server: str, tmp_path: Path) -> None:
    modules = node_with(
        pg="8.16.0", knex="3.1.0", postgres="3.4.7", typeorm="0.3.27", pg_promise="11.15.0", sequelize="6.37.8",
        pg_hstore="2.3.4", reflect_metadata="0.2.2",
    )  # fmt: skip
    ran = run_node(modules, {"main.cjs": _NODE}, "main.cjs", tmp_path, SERVER=server)
    lines = [line for line in ran.text.splitlines() if " bad " in line or " good " in line]
    assert len(lines) == 14, ran
    for line in lines:
        assert (_REFUSED in line) if " bad " in line else (" good works" in line), ran


_PYTHON = """
import os
import psycopg2
import django
from django.conf import settings

place = os.environ["SERVER"]
user, _, rest = place.partition("@")
host, _, name = rest.partition("/")
address, _, port = host.partition(":")
with psycopg2.connect("postgresql://" + place) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT 1 WHERE (%s IS NULL OR 'x' = %s)", ("x", "x"))
    cursor.execute("SELECT concat(%s, '!'), json_build_object('note', %s)", ("x", "x"))
    print("psycopg2", cursor.fetchone()[0])
engine = {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": user, "HOST": address, "PORT": port}
settings.configure(DATABASES={"default": engine})
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT 1 WHERE (%s IS NULL OR 'x' = %s)", ["x", "x"])
    print("django", cursor.fetchone()[0])
"""


@pytest.mark.parametrize("driver", ["psycopg2-binary", "psycopg[binary]"])
def test_values_that_are_put_into_the_text(driver: str, server: str, tmp_path: Path) -> None:
    """psycopg2 does so, and Django with either driver: it lets psycopg 3 do the same unless told otherwise."""
    wanted = ["django==5.2.*", "psycopg2-binary", driver]
    ran = run_python(
        python_with(*dict.fromkeys(wanted)), {"main.py": _PYTHON}, ["main.py"], tmp_path, SERVER=server
    )
    assert ran.text.split() == ["psycopg2", "x!", "django", "1"], ran


_SQLALCHEMY = """
    import asyncio, os
    from sqlalchemy import String, bindparam, text
    from sqlalchemy.ext.asyncio import create_async_engine

    BAD = "SELECT 1 WHERE (:note IS NULL OR 'x' = :note)"

    async def main():
        engine = create_async_engine("postgresql+asyncpg://" + os.environ["SERVER"])
        for name, statement in {
            "bad": text(BAD),
            "concat bad": text("SELECT concat(:note, '!')"),
            "cast good": text("SELECT 1 WHERE (CAST(:note AS text) IS NULL OR 'x' = :note)"),
            "typed good": text(BAD).bindparams(bindparam("note", type_=String)),
        }.items():
            try:
                async with engine.connect() as connection:
                    await connection.execute(statement, {"note": "x"})
                print(name, "works")
            except Exception as error:
                print(name, str(error).splitlines()[0])
        await engine.dispose()

    asyncio.run(main())
"""


@pytest.mark.parametrize("release", ["2.0", "2.1"])
def test_text_over_asyncpg(release: str, server: str, tmp_path: Path) -> None:
    text = python_program(release, _SQLALCHEMY, tmp_path, SERVER=server).text
    lines = text.strip().splitlines()
    assert len(lines) == 4 and all(_REFUSED in line for line in lines[:2]), text
    assert lines[2:] == ["cast good works", "typed good works"], text
