"""``CREATE TABLE`` as the reader sees it and as SQLite itself says (``PRAGMA table_info``)."""

from __future__ import annotations

import sqlite3

import pytest

from constraintlint.project.schema.catalog import Catalog
from constraintlint.project.schema.records import Table
from constraintlint.project.schema.scripts import FileScript
from constraintlint.project.schema.sql_statements import apply

STATEMENTS = [
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS t (a integer primary key autoincrement, b text default 'x, y', c real)",
    "CREATE TABLE t (a, b, c)",
    "CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b))",
    "CREATE TABLE t (a INT, b INT, CONSTRAINT pk PRIMARY KEY (b))",
    "CREATE TABLE t (\"a b\" TEXT, 'c' INT, [d e] REAL, `f` BLOB)",
    "CREATE TABLE [my table] (id INT)",
    'CREATE TABLE "t""q" ("x""y" INT)',
    "CREATE TABLE t (a VARCHAR(20) NOT NULL, b DECIMAL(10, 2) NULL, c DOUBLE PRECISION)",
    "CREATE TABLE t (a TEXT CHECK (a IN ('x', 'y,z', ')')), b INT)",
    "CREATE TABLE t (a TEXT COLLATE NOCASE NOT NULL, b TEXT COLLATE BINARY UNIQUE)",
    "CREATE TABLE t (a INT DEFAULT -1, b INT DEFAULT (1 + 2), c TEXT DEFAULT CURRENT_TIMESTAMP, d INT NOT NULL DEFAULT 0)",
    "CREATE TABLE t (a INT REFERENCES o(id) ON DELETE SET NULL ON UPDATE CASCADE, b INT NOT NULL)",
    "CREATE TABLE t (a INT NOT NULL REFERENCES o DEFERRABLE INITIALLY DEFERRED, b INT)",
    "CREATE TABLE t (a INT, b INT, FOREIGN KEY (a) REFERENCES o (id) ON DELETE CASCADE, UNIQUE (a, b))",
    "CREATE TABLE t (a INT, CHECK (a > 0), CONSTRAINT c CHECK (a < 10))",
    "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, v ANY) STRICT, WITHOUT ROWID",
    "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT, b INT NOT NULL ON CONFLICT IGNORE)",
    "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c INT AS (a + 1))",
    "CREATE TABLE t (key TEXT, value TEXT NOT NULL)",
    "CREATE TABLE t (key VARCHAR(20) PRIMARY KEY, 'index' INT)",
    "CREATE TABLE t (-- the id\n  id INT, /* a, b */ name TEXT -- last\n)",
    "CREATE TABLE t (date DATE, time TIME, timestamp TIMESTAMP NOT NULL)",
    "CREATE TABLE t (a UNSIGNED BIG INT, b NATIVE CHARACTER(70), c LONG VARCHAR)",
    "CREATE TEMP TABLE t (a INT NOT NULL)",
    "CREATE TEMPORARY TABLE IF NOT EXISTS t (a INT)",
    "CREATE TABLE main.t (a INT)",
    "CREATE TABLE t (a TEXT DEFAULT '''', b TEXT DEFAULT 'a''b' NOT NULL)",
    "CREATE TABLE t (a BLOB DEFAULT x'00ff', b INT)",
    "CREATE TABLE t (user TEXT, password TEXT NOT NULL, role TEXT DEFAULT 'user' NOT NULL)",
    "CREATE TABLE t (a INT CONSTRAINT nn NOT NULL CONSTRAINT u UNIQUE, b INT)",
    "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY DESC, b)",
    "CREATE TABLE t (a FLOAT DEFAULT 1.5e3, b BOOLEAN DEFAULT TRUE, c BOOLEAN NOT NULL DEFAULT FALSE)",
    "CREATE TABLE t (größe INT, naïve TEXT NOT NULL)",
    "CREATE TABLE t (a INT,b INT,c INT,PRIMARY KEY(a),UNIQUE(b),FOREIGN KEY(c)REFERENCES o(id))",
    "create table T(Id integer not null primary key,Name text null)",
    "CREATE TABLE t (a TEXT DEFAULT (strftime('%Y-%m-%d', 'now')) NOT NULL, b JSON)",
    "CREATE TABLE t (a INT, b INT, UNIQUE (a) ON CONFLICT REPLACE, CHECK (a <> b))",
    "CREATE TABLE t (a NUMERIC(10,2) DEFAULT (0.0), b TINYINT(1) NOT NULL DEFAULT 0)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t(id), rank INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE t (a TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(a) > 0) DEFAULT 'x')",
    "CREATE TABLE t (no INT, action TEXT, cascade TEXT, temp TEXT, view TEXT)",
]


def read(sql: str) -> Table:
    catalog = Catalog("ddl")
    apply(FileScript("schema.sql", sql), catalog, "sqlite")
    assert not catalog.gaps
    (table,) = catalog.tables
    return table


@pytest.mark.parametrize("sql", STATEMENTS)
def test_columns_are_those_of_sqlite(sql: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(sql)
    table = read(sql)
    quoted = '"' + table.name.replace('"', '""') + '"'
    rows = connection.execute(f"PRAGMA table_xinfo({quoted})").fetchall()
    assert [column.name for column in table.columns] == [row[1] for row in rows]
    assert table.complete
    for column, (_, name, type_, not_null, default, key, _) in zip(table.columns, rows, strict=True):
        assert column.primary_key == bool(key), name
        if not key:
            assert column.nullable is (not not_null), name
        assert column.has_default == (default is not None), name
        written = column.type.replace(" ", "").upper()
        assert type_.replace(" ", "").replace("GENERATEDALWAYS", "").upper() == written, name
    assert set(table.primary_key) == {row[1] for row in rows if row[5]}
    unique = {
        tuple(row[2] for row in connection.execute(f"PRAGMA index_info('{index[1]}')"))
        for index in connection.execute(f"PRAGMA index_list({quoted})")
        if index[2] and index[3] == "u"
    }
    singles = {(column.name,) for column in table.columns if column.unique}
    assert {key for key in unique if len(key) == 1} == singles


def test_there_are_enough_statements() -> None:
    assert len(set(STATEMENTS)) >= 40
