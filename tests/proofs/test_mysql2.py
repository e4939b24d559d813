"""mysql2 on a MariaDB server: its placeholders, its promises, and the connections its pool lends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.mysql_support import mysql_server
from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {
    "sql-placeholder-arity": (),
    "sql-placeholder-style": (),
    "unawaited-promise": (),
    "session-not-closed": (),
}

_PRELUDE = """
import callbacks from "mysql2";
import mysql from "mysql2/promise";

const [host, port] = process.env.PLACE.split(":");
const options = { host, port: Number(port), user: "root", database: "app" };
const attempt = async (name, work) => {
  try {
    console.log(name, "works", JSON.stringify(await work()));
  } catch (error) {
    console.log(name, error.code ?? error.name, error.message);
  }
};
"""


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with mysql_server() as found:
        yield found


def _run(place: str, source: str, where: Path) -> list[str]:
    ran = run_node(node_with(mysql2="^3.24"), {"main.mjs": _PRELUDE + source}, "main.mjs", where, PLACE=place)
    return ran.text.strip().splitlines()


PLACEHOLDERS = """
const pool = mysql.createPool({ ...options, namedPlaceholders: true });
await pool.query("CREATE TABLE IF NOT EXISTS parcels (id INT PRIMARY KEY, grams INT, note TEXT)");
await pool.query("REPLACE INTO parcels VALUES (1, 5, 'a'), (2, 9, 'b')");
const rows = (...given) => async () => (await pool.query(...given))[0].length;
const executed = (...given) => async () => (await pool.execute(...given))[0].length;
const TWO = "SELECT id FROM parcels WHERE grams > ? AND id <> ?";
await attempt("query two", rows(TWO, [1, 1]));
await attempt("query one", rows(TWO, [1]));
await attempt("query three", rows(TWO, [1, 1, 7]));
await attempt("execute two", executed(TWO, [1, 1]));
await attempt("execute one", executed(TWO, [1]));
await attempt("execute three", async () => (await pool.execute("SELECT ? AS a, ? AS b", [1, 2, 3]))[0][0]);
await attempt("quoted", executed("SELECT id FROM parcels WHERE note <> 'why?' AND id = ?", [1]));
await attempt("list", rows("SELECT id FROM parcels WHERE id IN (?)", [[1, 2]]));
await attempt("rows", async () => (await pool.query("REPLACE INTO parcels (id, grams) VALUES ?", [[[3, 1], [4, 1]]]))[0].affectedRows);
await attempt("set", async () => (await pool.query("UPDATE parcels SET ? WHERE id = ?", [{ grams: 6 }, 1]))[0].affectedRows);
await attempt("names", executed("SELECT id FROM parcels WHERE grams > :grams AND id <> :id", { grams: 1, id: 1 }));
await attempt("dollar", rows("SELECT id FROM parcels WHERE id = $1", [1]));
await attempt("dollar executed", executed("SELECT id FROM parcels WHERE id = $1", [1]));
await attempt("percent", rows("SELECT id FROM parcels WHERE grams > %s", [1]));
await attempt("dollar in quotes", executed("SELECT '$1' AS price FROM parcels WHERE id = ?", [1]));
await pool.end();
const connection = callbacks.createConnection(options);
await attempt("callback one", () => new Promise((resolve, reject) =>
  connection.execute(TWO, [1], (error, found) => (error ? reject(error) : resolve(found.length)))));
connection.end();
"""


def test_placeholders(place: str, tmp_path: Path) -> None:
    lines = _run(place, PLACEHOLDERS, tmp_path)
    text = "\n".join(lines)
    works = {
        "query two", "query three", "execute two", "quoted", "list", "rows", "set", "names", "dollar in quotes",
    }  # fmt: skip
    assert len(lines) == 16, text
    for line in lines:
        name, separator, _ = line.partition(" works")
        assert (name in works or name == "execute three") == bool(separator), text
    assert "query one ER_PARSE_ERROR" in text and "execute one ER_WRONG_ARGUMENTS" in text, text
    assert "query three works 1" in text and 'execute three works {"a":1,"b":2}' not in text, text
    assert "dollar ER_BAD_FIELD_ERROR" in text and "percent ER_PARSE_ERROR" in text, text


PROMISES = """
const pool = mysql.createPool(options);
await pool.query("CREATE TABLE IF NOT EXISTS labels (id INT PRIMARY KEY)");
const apart = async () => { const [rows] = pool.query("SELECT 1 AS a"); return rows; };
await attempt("apart", apart);
await attempt("tested", async () => (pool.query("SELECT id FROM labels WHERE id = 99") ? "found" : "none"));
await attempt("member", async () => String(pool.execute("SELECT 1 AS a")[0]));
await attempt("awaited", async () => (await pool.query("SELECT 1 AS a"))[0][0].a);
await attempt("promised", async () => (await callbacks.createPool(options).promise().query("SELECT 1 AS a"))[0][0].a);
await pool.query("REPLACE INTO labels VALUES (1)");
pool.query("INSERT INTO labels VALUES (1)");
await new Promise((resolve) => setTimeout(resolve, 500));
console.log("went on");
process.exit(0);
"""


def test_promises(place: str, tmp_path: Path) -> None:
    lines = _run(place, PROMISES, tmp_path)
    text = "\n".join(lines)
    assert "apart TypeError" in text and "not iterable" in text, text
    assert 'tested works "found"' in text and 'member works "undefined"' in text, text
    assert "awaited works 1" in text and "promised works 1" in text, text
    assert "went on" not in text and "Duplicate entry" in text, text


POOL = """
const pool = mysql.createPool({ ...options, connectionLimit: 2, queueLimit: 1 });
const left = async () => { const connection = await pool.getConnection(); await connection.query("SELECT 1"); };
const given = async () => {
  const connection = await pool.getConnection();
  try { await connection.query("SELECT 1"); } finally { connection.release(); }
};
for (let i = 0; i < 6; i++) await given();
console.log("released works");
for (let i = 0; i < 2; i++) await left();
const waited = await Promise.race([left().then(() => "lent"), new Promise((resolve) => setTimeout(resolve, 1000, "waits"))]);
console.log("third", waited);
process.exit(0);
"""


def test_a_connection_that_is_left(place: str, tmp_path: Path) -> None:
    assert _run(place, POOL, tmp_path) == ["released works", "third waits"]
