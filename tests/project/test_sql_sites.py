"""Where SQL reaches a database library: sink by sink, and what is none."""

from __future__ import annotations

import pytest

from constraintlint.libraries import libraries
from constraintlint.project import Project
from constraintlint.project.flow.texts import computed
from constraintlint.project.sql_sites import SqlSite, sink_names
from constraintlint.project.sql_text import first_word, is_statement
from tests.project.value_projects import project_of


def render(project: Project, site: SqlSite) -> str:
    """``line kind sink: first content`` of a site, with the number of further contents."""
    line = project.evaluator.span(site.path, site.at)[0]
    shown = [item.text.fill("{}") if item.text is not None else f"({item.kind})" for item in site.contents]
    return f"{site.path}:{line} {site.kind} {site.sink}: {' | '.join(shown)}"


def sites(files: dict[str, str], *, real_needles: bool = True) -> list[str]:
    project = project_of(files, real_needles=real_needles)
    return [render(project, site) for site in project.sql_sites]


#: (imports and set-up, call, sink): one row a sink family, with CodeQL's list of drivers as the checklist
PYTHON_SINKS = [
    ("import sqlite3\nc = sqlite3.connect('')", "c.execute(Q)", "sqlite3.Connection.execute"),
    ("import sqlite3\nc = sqlite3.connect('')", "c.executescript(Q)", "sqlite3.Connection.executescript"),
    ("import sqlite3\nc = sqlite3.connect('').cursor()", "c.executemany(Q, rows)", "sqlite3.Cursor.executemany"),
    ("import apsw\nc = apsw.Connection('')", "c.execute(Q)", "apsw.Connection.execute"),
    ("import psycopg2\nc = psycopg2.connect('').cursor()", "c.execute(query=Q)", "psycopg2.cursor.execute"),
    ("from psycopg2.extras import execute_values", "execute_values(cur, Q, rows)", "psycopg2.extras.execute_values"),
    ("import psycopg2.pool\nc = psycopg2.pool.SimpleConnectionPool(1, 2).getconn().cursor()", "c.execute(Q)", "psycopg2.cursor.execute"),
    ("import psycopg\nc = psycopg.connect('')", "c.execute(Q)", "psycopg.Connection.execute"),
    ("from psycopg_pool import ConnectionPool\np = ConnectionPool('')", "with p.connection() as c: c.execute(Q)", "psycopg.Connection.execute"),
    ("import pg8000.native\nc = pg8000.native.Connection('u')", "c.run(Q)", "pg8000.native.Connection.run"),
    ("import pymysql\nc = pymysql.connect().cursor()", "c.execute(Q)", "pymysql.cursors.Cursor.execute"),
    ("import MySQLdb\nc = MySQLdb.connect().cursor()", "c.execute(Q)", "MySQLdb.cursors.Cursor.execute"),
    ("import mysql.connector\nc = mysql.connector.connect().cursor()", "c.execute(Q)", "mysql.connector.MySQLCursor.execute"),
    ("import mariadb\nc = mariadb.connect().cursor()", "c.execute(Q)", "mariadb.Cursor.execute"),
    ("import pyodbc\nc = pyodbc.connect('')", "c.execute(Q)", "pyodbc.Connection.execute"),
    ("import pymssql\nc = pymssql.connect().cursor()", "c.execute(Q)", "pymssql.Cursor.execute"),
    ("import oracledb\nc = oracledb.connect().cursor()", "c.execute(Q)", "oracledb.Cursor.execute"),
    ("import cx_Oracle\nc = cx_Oracle.connect().cursor()", "c.execute(Q)", "oracledb.Cursor.execute"),
    ("import duckdb", "duckdb.sql(Q)", "duckdb.sql"),
    ("from clickhouse_driver import Client\nc = Client('h')", "c.execute(Q)", "clickhouse_driver.Client.execute"),
    ("from cassandra.cluster import Cluster\ns = Cluster().connect()", "s.execute(Q)", "cassandra.cluster.Session.execute"),
    ("from hdbcli import dbapi\nc = dbapi.connect().cursor()", "c.execute(Q)", "hdbcli.dbapi.Cursor.execute"),
    ("import phoenixdb\nc = phoenixdb.connect('').cursor()", "c.execute(Q)", "phoenixdb.Cursor.execute"),
    ("import snowflake.connector\nc = snowflake.connector.connect().cursor()", "c.execute(Q)", "snowflake.connector.Cursor.execute"),
    ("from sqlalchemy import create_engine, text\ne = create_engine('')", "with e.connect() as c: c.execute(text(Q))", "sqlalchemy.Connection.execute"),
    ("from sqlalchemy import create_engine\ne = create_engine('')", "with e.begin() as c: c.exec_driver_sql(Q)", "sqlalchemy.Connection.exec_driver_sql"),
    ("from sqlalchemy import create_engine\nc = create_engine('').raw_connection().cursor()", "c.execute(Q)", "sqlalchemy.DBAPICursor.execute"),
    ("from sqlmodel import Session, text\ns = Session(e)", "s.exec(text(Q))", "sqlmodel.Session.exec"),
    ("from databases import Database\nd = Database('')", "d.fetch_all(query=Q)", "databases.Database.fetch_all"),
    ("import records\nd = records.Database('')", "d.query(Q)", "records.Database.query"),
    ("from peewee import SqliteDatabase\nd = SqliteDatabase('')", "d.execute_sql(Q)", "peewee.Database.execute_sql"),
    ("from playhouse.db_url import connect\nd = connect('')", "d.execute_sql(Q)", "peewee.Database.execute_sql"),
    ("from tortoise import Tortoise\nc = Tortoise.get_connection('default')", "c.execute_query(Q)", "tortoise.backends.base.client.BaseDBAsyncClient.execute_query"),
    ("from pony.orm import Database\nd = Database()", "d.select(Q)", "pony.orm.Database.select"),
    ("from django.db import connection", "with connection.cursor() as c: c.execute(Q)", "django.db.backends.utils.CursorWrapper.execute"),
    ("import pandas as pd", "pd.read_sql(Q, con)", "pandas.read_sql"),
]  # fmt: skip

ECMASCRIPT_SINKS = [
    ("const { Client } = require('pg'); const c = new Client();", "c.query(Q)", "pg#Queryable.query"),
    ("const { Client } = require('pg'); const c = new Client();", "c.query({ text: Q, values: [] })", "pg#Queryable.query"),
    ("const Pool = require('pg-pool'); const c = new Pool();", "c.query(Q)", "pg#Queryable.query"),
    ("const { Client } = require('pg'); const Cursor = require('pg-cursor'); const c = new Client();", "c.query(new Cursor(Q))", "pg#Queryable.query"),
    ("import postgres from 'postgres'; const sql = postgres('');", "sql.unsafe(Q)", "postgres#Sql.unsafe"),
    ("import { neon } from '@neondatabase/serverless'; const sql = neon('');", "sql(Q)", "@neondatabase/serverless#NeonQueryFunction.()"),
    ("import { sql } from '@vercel/postgres';", "sql.query(Q)", "pg#Queryable.query"),
    ("const db = require('pg-promise')()('');", "db.manyOrNone(Q)", "pg-promise#Queries.manyOrNone"),
    ("import mysql from 'mysql'; const c = mysql.createConnection({});", "c.query({ sql: Q })", "mysql#Connection.query"),
    ("import mysql from 'mysql2/promise'; const c = mysql.createPool({});", "c.execute(Q)", "mysql2/promise#Pool.execute"),
    ("import mariadb from 'mariadb'; const c = mariadb.createPool({});", "c.batch(Q, [])", "mariadb#Connection.batch"),
    ("import { connect } from '@planetscale/database'; const c = connect({});", "c.execute(Q)", "@planetscale/database#Connection.execute"),
    ("const sqlite3 = require('sqlite3'); const d = new sqlite3.Database('');", "d.run(Q)", "sqlite3#Database.run"),
    ("import { open } from 'sqlite'; const d = await open({});", "d.all(Q)", "sqlite#Database.all"),
    ("import Database from 'better-sqlite3'; const d = new Database('');", "d.prepare(Q).all()", "better-sqlite3.prepare"),
    ("import { DatabaseSync } from 'node:sqlite'; const d = new DatabaseSync('');", "d.exec(Q)", "node:sqlite#DatabaseSync.exec"),
    ("import { Database } from 'bun:sqlite'; const d = new Database('');", "d.query(Q).all()", "bun:sqlite#Database.query"),
    ("import { createClient } from '@libsql/client'; const c = createClient({});", "c.execute({ sql: Q, args: [] })", "@libsql/client#Client.execute"),
    ("function f(db: D1Database) {", "db.prepare(Q).all(); }", "@cloudflare/workers-types#D1Database.prepare"),
    ("import sql from 'mssql'; const p = await sql.connect({});", "p.request().query(Q)", "mssql#Request.query"),
    ("import { Request } from 'tedious';", "connection.execSql(new Request(Q, done))", "tedious#Request"),
    ("import oracledb from 'oracledb'; const c = await oracledb.getConnection({});", "c.execute(Q)", "oracledb#Connection.execute"),
    ("import { createClient } from '@clickhouse/client'; const c = createClient({});", "c.query({ query: Q })", "@clickhouse/client#ClickHouseClient.query"),
    ("import hana from '@sap/hana-client'; const c = hana.createConnection();", "c.exec(Q)", "@sap/hana-client#Connection.exec"),
    ("import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';", "client.send(new ExecuteStatementCommand({ sql: Q }))", "@aws-sdk/client-rds-data#ExecuteStatementCommand"),
    ("import { PGlite } from '@electric-sql/pglite'; const d = new PGlite();", "d.query(Q)", "@electric-sql/pglite#Queries.query"),
    ("import { Sequelize } from 'sequelize'; const s = new Sequelize('');", "s.query(Q)", "sequelize#Sequelize.query"),
    ("import knex from 'knex'; const k = knex({});", "k.raw(Q)", "knex#Knex.raw"),
    ("import { DataSource } from 'typeorm'; const d = new DataSource({});", "d.manager.query(Q)", "typeorm#EntityManager.query"),
    ("import { PrismaClient } from '@prisma/client'; const p = new PrismaClient();", "p.$queryRawUnsafe(Q)", "@prisma/client#PrismaClient.$queryRawUnsafe"),
    ("import { MikroORM } from '@mikro-orm/postgresql'; const o = await MikroORM.init({});", "o.em.getConnection().execute(Q)", "@mikro-orm/core#Connection.execute"),
    ("import { drizzle } from 'drizzle-orm/mysql2'; import { sql } from 'drizzle-orm'; const d = drizzle('');", "d.execute(sql.raw(Q))", "drizzle-orm#Database.execute"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("setup", "call", "sink"), PYTHON_SINKS, ids=[f"{row[1]}-{row[2]}" for row in PYTHON_SINKS]
)
def test_python_sinks(setup: str, call: str, sink: str) -> None:
    found = sites({"m.py": f"{setup}\nQ = 'SELECT a FROM t'\n{call}"})
    line = setup.count("\n") + 3
    assert found == [f"m.py:{line} raw {sink}: SELECT a FROM t"]


@pytest.mark.parametrize(
    ("setup", "call", "sink"), ECMASCRIPT_SINKS, ids=[f"{row[1]}-{row[2]}" for row in ECMASCRIPT_SINKS]
)
def test_ecmascript_sinks(setup: str, call: str, sink: str) -> None:
    found = sites({"m.ts": f"const Q = 'SELECT a FROM t';\n{setup}\n{call};"})
    assert found == [f"m.ts:3 raw {sink}: SELECT a FROM t"]


CASES: list[tuple[str, dict[str, str], list[str]]] = [
    (
        "statements of sqlalchemy: constructs, text through a variable, an unknown one",
        {
            "m.py": """
                from sqlalchemy import func, select, text
                from sqlalchemy.orm import Session
                TOTAL = text("SELECT count(*) FROM a").columns(n=int)
                def f(s: Session, other):
                    s.execute(select(A).where(A.id == 1))
                    s.execute(TOTAL)
                    s.execute(text(f"SELECT {other} FROM a"))
                    s.scalar(other)
                    s.execute("SELECT 1")
                    s.execute(select(A).where(text("a.b = 1")))
            """
        },
        [
            "m.py:5 expression sqlalchemy.orm.Session.execute: (construct)",
            "m.py:6 raw sqlalchemy.orm.Session.execute: SELECT count(*) FROM a",
            "m.py:7 raw sqlalchemy.orm.Session.execute: SELECT {} FROM a",
            "m.py:8 unknown sqlalchemy.orm.Session.scalar: (unknown)",
            "m.py:9 raw sqlalchemy.orm.Session.execute: SELECT 1",
            "m.py:10 expression sqlalchemy.orm.Session.execute: (construct)",
            "m.py:10 fragment sqlalchemy.text: a.b = 1",
        ],
    ),
    (
        "composed SQL of psycopg",
        {
            "m.py": """
                import psycopg
                from psycopg import sql
                c = psycopg.connect("")
                c.execute(sql.SQL("SELECT a FROM {} WHERE b = %s").format(sql.Identifier(t)))
            """
        },
        ["m.py:4 raw psycopg.Connection.execute: SELECT a FROM {} WHERE b = %s"],
    ),
    (
        "django's manager, and a class of another file",
        {
            "models.py": "from django.db import models\nclass Book(models.Model):\n    pass",
            "m.py": "from models import Book\nBook.objects.filter(a=1).raw('SELECT a FROM b')",
        },
        ["m.py:2 raw django.db.models.QuerySet.raw: SELECT a FROM b"],
    ),
    (
        "a helper hands SQL on: its callers are the sites",
        {
            "db.py": "import sqlite3\nc = sqlite3.connect('')\ndef run(sql, args=()):\n    return c.execute(sql, args)",
            "m.py": "from db import run\ndef f(t):\n    run('SELECT a FROM t')\n    run(sql=f'SELECT {t} FROM t')",
        },
        [
            "m.py:3 raw sqlite3.Connection.execute: SELECT a FROM t",
            "m.py:4 raw sqlite3.Connection.execute: SELECT {} FROM t",
        ],
    ),
    (
        "a helper nobody calls is the site",
        {"db.py": "import sqlite3\nc = sqlite3.connect('')\ndef run(sql):\n    return c.execute(sql)"},
        ["db.py:4 raw sqlite3.Connection.execute: (unknown)"],
    ),
    (
        "two helpers deep, in a class",
        {
            "db.js": """
                const { Pool } = require('pg');
                class Db {
                  constructor() { this.pool = new Pool(); }
                  query(text, values) { return this.pool.query(text, values); }
                  async one(text, values) { return (await this.query(text, values)).rows[0]; }
                }
                module.exports = new Db();
            """,
            "m.js": "const db = require('./db');\ndb.one('SELECT a FROM t WHERE b = $1', [1]);",
        },
        ["m.js:2 raw pg#Queryable.query: SELECT a FROM t WHERE b = $1"],
    ),
    (
        "tagged templates, nested ones and fragments",
        {
            "m.ts": """
                import postgres from 'postgres';
                const sql = postgres('');
                sql`SELECT a FROM t WHERE b = ${b} ${c ? sql`AND d = 1` : sql``}`;
                sql.begin(async (tx) => [await tx`DELETE FROM t`]);
            """
        },
        [
            "m.ts:3 tagged postgres#Sql.`: SELECT a FROM t WHERE b = {} AND d = 1 | SELECT a FROM t WHERE b = {} ",
            "m.ts:4 tagged postgres#Sql.`: DELETE FROM t",
        ],
    ),
    (
        "prisma, drizzle, kysely and slonik",
        {
            "m.ts": """
                import { PrismaClient, Prisma } from '@prisma/client';
                import { sql } from 'drizzle-orm';
                import { drizzle } from 'drizzle-orm/node-postgres';
                import { sql as ksql, Kysely } from 'kysely';
                import { createPool, sql as ssql } from 'slonik';
                const p = new PrismaClient(), d = drizzle('');
                p.$queryRaw`SELECT a FROM t WHERE b = ${b}`;
                p.$executeRaw(Prisma.sql`DELETE FROM t`);
                d.execute(sql`SELECT a FROM t`);
                d.select({ n: sql`count(*)` }).from(t);
                ksql`SELECT a FROM t`.execute(db);
                (await createPool('')).any(ssql.unsafe`SELECT a FROM t`);
            """
        },
        [
            "m.ts:7 tagged @prisma/client#PrismaClient.$queryRaw`: SELECT a FROM t WHERE b = {}",
            "m.ts:8 raw @prisma/client#PrismaClient.$executeRaw: DELETE FROM t",
            "m.ts:9 raw drizzle-orm#Database.execute: SELECT a FROM t",
            "m.ts:10 fragment drizzle-orm#sql`: count(*)",
            "m.ts:11 tagged kysely#sql`: SELECT a FROM t",
            "m.ts:12 raw slonik#CommonQueryMethods.any: SELECT a FROM t",
        ],
    ),
    (
        "fragments of knex and typeorm",
        {
            "m.ts": """
                import knex from 'knex';
                import { DataSource } from 'typeorm';
                const k = knex({}), d = new DataSource({});
                k('t').whereRaw('a = b').select(k.raw('count(*)'));
                k('t').whereIn('id', k.raw('SELECT id FROM u'));
                d.createQueryBuilder().where('a = :a', { a });
            """
        },
        [
            "m.ts:4 fragment knex#QueryBuilder.whereRaw: a = b",
            "m.ts:4 fragment knex#Knex.raw: count(*)",
            "m.ts:5 fragment knex#Knex.raw: SELECT id FROM u",
            "m.ts:6 fragment typeorm#SelectQueryBuilder.where: a = :a",
        ],
    ),
    (
        "an alias of a method",
        {
            "m.py": "import sqlite3\nc = sqlite3.connect('')\nexecute = c.execute\nexecute('SELECT a FROM t')",
            "m.js": "const { promisify } = require('util');\nconst c = require('mysql').createPool({});\n"
            "const q = promisify(c.query).bind(c);\nq('SELECT a FROM t');\nconst { query } = c;\nquery('SELECT b FROM t');",
        },
        [
            "m.js:4 raw mysql#Pool.query: SELECT a FROM t",
            "m.js:6 raw mysql#Pool.query: SELECT b FROM t",
            "m.py:4 raw sqlite3.Connection.execute: SELECT a FROM t",
        ],
    ),
    (
        "the same method names on other things",
        {
            "m.py": """
                import sqlite3
                class UseCase:
                    def execute(self, x):
                        return x
                def f(use_case, request, command: UseCase, connection):
                    use_case.execute("SELECT a FROM t")
                    request.query("SELECT a FROM t")
                    command.execute("SELECT a FROM t")
                    connection.execute("SELECT a FROM t")
                    print("SELECT a FROM t")
            """,
            "m.ts": """
                import { Pool } from 'pg';
                import nock from 'nock';
                nock('https://x').get('/').query({ text: 'SELECT a FROM t' });
                document.querySelector('SELECT a FROM t');
                new Map().delete('SELECT a FROM t');
                router.query('SELECT a FROM t');
                /SELECT/.exec('SELECT a FROM t');
                request.query('tag');
                function query(text: string) { return text; }
                query('SELECT a FROM t');
                gql`SELECT a FROM t`;
            """,
        },
        [],
    ),
]


@pytest.mark.parametrize(("name", "files", "expected"), CASES, ids=[row[0] for row in CASES])
def test_sites(name: str, files: dict[str, str], expected: list[str]) -> None:
    assert sites(files) == expected


def test_a_site_knows_its_function_and_the_calls_passed() -> None:
    project = project_of(
        {
            "db.py": "import sqlite3\nc = sqlite3.connect('')\ndef run(sql):\n    return c.execute(sql)",
            "m.py": "from db import run\ndef f():\n    run('SELECT a FROM t')",
        }
    )
    (site,) = project.sql_sites
    assert site.function is not None and site.function.name == "f"
    assert [path for path, _ in site.via] == ["db.py"]
    assert site.library == "sqlite3" and site.receivers == ("sqlite3.Connection",)
    (content,) = site.contents
    assert content.text is not None and content.text.locate(7) == ("m.py", 44)


def test_what_a_function_makes_of_its_parameter_is_text_of_its_callers() -> None:
    text = """
        import sqlite3
        from textwrap import dedent

        def run(sql, args=()):
            if isinstance(sql, list):
                sql = " ".join(sql)
            return sqlite3.connect("").execute(sql, args)

        def tidy(sql):
            sql = dedent(sql)
            return sqlite3.connect("").execute(sql)

        run(["SELECT a", "FROM t"])
        run("SELECT b FROM t")
        tidy("SELECT c FROM t")
        """
    assert sites({"a.py": text}) == [
        "a.py:13 raw sqlite3.Connection.execute: SELECT a FROM t",
        "a.py:14 raw sqlite3.Connection.execute: SELECT b FROM t",
        "a.py:15 raw sqlite3.Connection.execute: SELECT c FROM t",
    ]


def test_a_function_that_serves_several_libraries() -> None:
    text = """
        const sqlite = require('sqlite3'); const { Pool } = require('pg');
        const a = new sqlite.Database('x'); const b = new Pool();
        function run(kind, sql) { if (kind) a.all(sql); else b.query(sql); }
        function one(sql) { return b.query(sql); }
        run(1, 'SELECT 1');
        one('SELECT 2');
        """
    found = [(site.library, site.others) for site in project_of({"a.js": text}).sql_sites]
    assert found == [("pg", ("sqlite3",)), ("sqlite3", ("pg",)), ("pg", ())]


@pytest.mark.parametrize(
    ("text", "word", "whole"),
    [
        ("SELECT 1", "select", True),
        ("  -- why\n  select 1", "select", True),
        ("/* a */ WITH x AS (SELECT 1) SELECT 2", "with", True),
        ("(SELECT 1)", "select", False),
        ("count(*)", "count", False),
        ("REPLACE(a, 'b', 'c')", "replace", False),
        ("REPLACE INTO t VALUES (1)", "replace", True),
        ("selected = 1", "selected", False),
        ("a.b = 1", "a", False),
        ("PRAGMA foreign_keys", "pragma", True),
        ("", "", False),
    ],
)
def test_words(text: str, word: str, whole: bool) -> None:
    built = computed(text, "m.py", (0, 0))
    assert (first_word(built), is_statement(built)) == (word, whole)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_signatures_name_what_exists(language: str) -> None:
    known = libraries(language)
    signatures = [
        *known.functions.values(),
        *(method for item in known.types.values() for method in item.methods.values()),
    ]
    for item in known.types.values():
        assert set(item.bases) <= set(known.types), item.name
        held = [value for value in item.members.values() if not value.startswith("=")]
        assert set(held) <= set(known.types), item.name
    for signature in signatures:
        name = signature.returns.removeprefix("type:").removeprefix("?class_ ").strip("[]")
        if name and not name.startswith(("=", "module:")) and name != "call":
            assert name in known.types, signature.name
        for argument in signature.arguments:
            assert set(argument.types) - {"_"} <= set(known.types), signature.name
    assert {"execute", "query"} & sink_names(language)
