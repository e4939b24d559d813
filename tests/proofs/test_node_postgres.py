"""node-postgres: what a promise is taken for, and what becomes of a pool whose clients are not given back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server
from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"session-not-closed": (), "unawaited-promise": ()}

_PRELUDE = """
const { Pool } = require("pg");
const pool = new Pool({ connectionString: "postgresql://" + process.env.SERVER, max: 2 });
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as found:
        yield f"postgres@{found}"


def _run(server: str, source: str, where: Path) -> list[str]:
    program = f"{_PRELUDE}(async () => {{{source}}})();"
    ran = run_node(node_with(pg="8.16.0"), {"main.cjs": program}, "main.cjs", where, SERVER=server)
    return ran.text.strip().splitlines()


def test_a_client_that_is_left(server: str, tmp_path: Path) -> None:
    source = """
    const left = async () => { const client = await pool.connect(); await client.query("SELECT 1"); };
    const given = async () => {
      const client = await pool.connect();
      try { await client.query("SELECT 1"); } finally { client.release(); }
    };
    for (let i = 0; i < 6; i++) await given();
    console.log("released works");
    for (let i = 0; i < 2; i++) await left();
    console.log("third", await Promise.race([left().then(() => "lent"), new Promise((done) => setTimeout(done, 1000, "waits"))]));
    process.exit(0);
    """
    assert _run(server, source, tmp_path) == ["released works", "third waits"]


def test_a_promise_is_no_result(server: str, tmp_path: Path) -> None:
    source = """
    const { rows } = pool.query("SELECT 1 AS a");
    console.log("apart", rows);
    console.log("tested", pool.query("SELECT 1 WHERE false") ? "found" : "none");
    console.log("awaited", (await pool.query("SELECT 1 AS a")).rows[0].a);
    await pool.end();
    """
    assert _run(server, source, tmp_path) == ["apart undefined", "tested found", "awaited 1"]
