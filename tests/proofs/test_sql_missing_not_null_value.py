"""sql-missing-not-null-value: what SQLite and PostgreSQL do with a row that lacks a value for a NOT NULL column."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from constraintlint.rulebook import all_rules
from tests.proofs.orm_support import postgres_server
from tests.proofs.support import node_with, run_node
from tests.support.pages import examples

pytestmark = pytest.mark.proof
PROVES = {"sql-missing-not-null-value": ()}

_TABLE = "CREATE TABLE packets (id INTEGER PRIMARY KEY, gardener_id INTEGER NOT NULL, species TEXT NOT NULL, quantity INTEGER NOT NULL DEFAULT 1)"


def test_sqlite() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(_TABLE)
    connection.execute("CREATE TABLE codes (code TEXT PRIMARY KEY, used INTEGER)")
    with pytest.raises(sqlite3.IntegrityError, match=r"NOT NULL constraint failed: packets\.gardener_id"):
        connection.execute("INSERT INTO packets (species) VALUES ('pea')")
    # a conflict that would have been resolved does not help
    connection.execute("INSERT INTO packets (id, gardener_id, species) VALUES (1, 2, 'pea')")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO packets (id, species) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET species = 'x'"
        )
    connection.execute("INSERT OR IGNORE INTO packets (id, species) VALUES (2, 'bean')")
    assert connection.execute("SELECT COUNT(*) FROM packets").fetchone() == (1,)
    connection.execute("INSERT INTO codes (used) VALUES (0)")  # a key that is not said to be NOT NULL


def test_sqlite_runs_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = examples(all_rules()["sql-missing-not-null-value"].text())
    for example in (item for item in page if "shelf/store.py" in item.files):
        names: dict[str, object] = {}
        exec(compile(example.files["shelf/store.py"], "store.py", "exec"), names)
        Path("shelf.db").unlink(missing_ok=True)
        connection = names["connect"]()  # type: ignore[operator]
        if example.bad:
            with pytest.raises(sqlite3.IntegrityError):
                names["add"](connection, "pea")  # type: ignore[operator]
            names["add_once"](connection, 1, "pea")  # type: ignore[operator]
            assert connection.execute("SELECT COUNT(*) FROM packets").fetchone() == (0,)
        else:
            names["add"](connection, 1, "pea")  # type: ignore[operator]
            names["add_some"](connection, ["gardener_id", "species"], [1, "pea"])  # type: ignore[operator]
        connection.close()


def test_postgresql(tmp_path: Path) -> None:
    source = """
    const { Pool } = require("pg");
    const pool = new Pool({ connectionString: "postgresql://postgres@" + process.env.SERVER });
    const told = async (sql) => { try { await pool.query(sql); return "taken"; } catch (error) { return error.code; } };
    (async () => {
      await pool.query("CREATE TABLE hives (id SERIAL PRIMARY KEY, keeper_id INTEGER NOT NULL, label TEXT NOT NULL)");
      await pool.query("CREATE TABLE codes (code TEXT PRIMARY KEY, used INTEGER)");
      await pool.query("CREATE TABLE plots (slug TEXT NOT NULL, title TEXT NOT NULL)");
      await pool.query("CREATE FUNCTION make_slug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug = NEW.title; RETURN NEW; END $$");
      await pool.query("CREATE TRIGGER plot_slug BEFORE INSERT ON plots FOR EACH ROW EXECUTE FUNCTION make_slug()");
      console.log("missing", await told("INSERT INTO hives (label) VALUES ('a')"));
      console.log("given", await told("INSERT INTO hives (label, keeper_id) VALUES ('a', 1)"));
      console.log("conflict", await told("INSERT INTO hives (id, label) VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET label = 'b'"));
      console.log("key", await told("INSERT INTO codes (used) VALUES (0)"));
      console.log("trigger", await told("INSERT INTO plots (title) VALUES ('a')"));
      await pool.end();
    })();
    """
    with postgres_server() as server:
        ran = run_node(node_with(pg="8.16.0"), {"main.cjs": source}, "main.cjs", tmp_path, SERVER=server)
    assert ran.text.strip().splitlines() == [
        "missing 23502",
        "given taken",
        "conflict 23502",
        "key 23502",
        "trigger taken",
    ], ran
