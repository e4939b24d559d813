"""sql-built-by-string: an apostrophe breaks the statement, a crafted value reads everything; bound values do neither."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server, sqlalchemy
from tests.proofs.support import node_with, python_with, run_node, run_python

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


_LIBRARIES = """
const url = "postgresql://" + process.env.SERVER;
const crafted = "x' OR '1'='1";
const count = async (name, work) => {
  const found = await work();
  console.log(name, (found.rows ?? found).length);
};
(async () => {
  const knex = require("knex")({ client: "pg", connection: url });
  await knex.raw("CREATE TABLE kites (maker TEXT)");
  await knex("kites").insert([{ maker: "a" }, { maker: "b" }]);
  await count("knex bad", () => knex.raw(`SELECT maker FROM kites WHERE maker = '${crafted}'`));
  await count("knex where bad", () => knex("kites").whereRaw(`maker = '${crafted}'`));
  await count("knex good", () => knex.raw("SELECT maker FROM kites WHERE ?? = ?", ["maker", crafted]));
  await count("knex where good", () => knex("kites").whereRaw("maker = :maker", { maker: crafted }));
  await count("knex object good", () => knex("kites").where("maker", crafted));
  await knex.destroy();
  const { DataSource } = require("typeorm");
  const source = await new DataSource({ type: "postgres", url }).initialize();
  await count("typeorm bad", () => source.query(`SELECT maker FROM kites WHERE maker = '${crafted}'`));
  await count("typeorm good", () => source.query("SELECT maker FROM kites WHERE maker = $1", [crafted]));
  await source.destroy();
  const { sql } = require("drizzle-orm");
  const { drizzle } = require("drizzle-orm/node-postgres");
  const { Pool } = require("pg");
  const pool = new Pool({ connectionString: url });
  const db = drizzle(pool);
  await count("drizzle bad", () => db.execute(sql.raw(`SELECT maker FROM kites WHERE maker = '${crafted}'`)));
  await count("drizzle good", () => db.execute(sql`SELECT maker FROM kites WHERE maker = ${crafted}`));
  await pool.end();
  const prisma = require("@prisma/client/runtime/library");
  const told = (query) => `${query.values.length} value, ${query.sql.includes(crafted)}`;
  console.log("prisma good", told(prisma.sqltag`SELECT maker FROM kites WHERE maker = ${crafted}`));
  console.log("prisma bad", told(prisma.sqltag`SELECT maker FROM kites ${prisma.raw(`WHERE maker = '${crafted}'`)}`));
})();
"""


def test_raw_parts_of_query_builders(tmp_path: Path) -> None:
    modules = node_with(
        pg="8.16.0", knex="3.1.0", typeorm="0.3.27", reflect_metadata="0.2.2", drizzle_orm="0.45.4", at_prisma__client="6.16.2",
    )  # fmt: skip
    with postgres_server() as server:
        ran = run_node(modules, {"main.cjs": _LIBRARIES}, "main.cjs", tmp_path, SERVER=f"postgres@{server}")
    lines = ran.text.strip().splitlines()
    assert len(lines) == 11, ran
    for line in lines:
        name, _, found = line.rpartition(" bad " if " bad " in line else " good ")
        if name == "prisma":
            assert found == ("0 value, true" if " bad " in line else "1 value, false"), ran
        else:
            assert found == ("2" if " bad " in line else "0"), ran


_PSYCOPG = """
import os
import psycopg
from psycopg import sql

crafted = "x' OR '1'='1"
with psycopg.connect("postgresql://" + os.environ["SERVER"]) as connection:
    connection.execute("CREATE TEMP TABLE crates (owner text)")
    connection.execute("INSERT INTO crates VALUES ('a'), ('b')")
    for statement, values in (
        (f"SELECT owner FROM crates WHERE owner = '{crafted}'", ()),
        (sql.SQL("SELECT owner FROM " + "crates WHERE owner <> 'x'"), ()),
        ("SELECT owner FROM crates WHERE owner = %s", (crafted,)),
        (sql.SQL("SELECT owner FROM {} WHERE owner = %s").format(sql.Identifier("crates")), (crafted,)),
    ):
        print(len(connection.execute(statement, values).fetchall()))
    try:
        connection.execute(sql.SQL("SELECT owner FROM {}").format(sql.Identifier("crates WHERE owner <> 'x'")))
    except psycopg.errors.UndefinedTable:
        print("quoted")
"""


def test_psycopg(tmp_path: Path) -> None:
    with postgres_server() as server:
        ran = run_python(
            sqlalchemy("2.0"), {"main.py": _PSYCOPG}, ["main.py"], tmp_path, SERVER=f"postgres@{server}"
        )
    assert ran.text.split() == ["2", "2", "0", "0", "quoted"], ran


_SQLMODEL = """
from sqlmodel import Session, create_engine, text

crafted = "x' OR '1'='1"
with Session(create_engine("sqlite://")) as session:
    session.exec(text("CREATE TABLE beds (crop TEXT)"))
    session.exec(text("INSERT INTO beds VALUES ('a'), ('b')"))
    print(len(session.exec(text(f"SELECT crop FROM beds WHERE crop = '{crafted}'")).all()))
    print(len(session.exec(text("SELECT crop FROM beds WHERE crop = :crop"), params={"crop": crafted}).all()))
"""


def test_sqlmodel(tmp_path: Path) -> None:
    ran = run_python(python_with("sqlmodel>=0.0.45"), {"main.py": _SQLMODEL}, ["main.py"], tmp_path)
    assert [line for line in ran.text.splitlines() if line.isdigit()] == ["2", "0"], ran
