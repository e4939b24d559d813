"""pg-limit-offset-not-int: asyncpg refuses a string for LIMIT and OFFSET, psycopg and node-postgres take it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server, sqlalchemy
from tests.proofs.support import node_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"pg-limit-offset-not-int": ()}

PYTHON = """
import asyncio, os
import asyncpg, psycopg

async def main():
    connection = await asyncpg.connect(os.environ["URL"])
    for sql, value in (
        ("SELECT 1 LIMIT $1", "20"), ("SELECT 1 OFFSET $1", "0"), ("SELECT 1 LIMIT $1", 20), ("SELECT 1 LIMIT $1::text::int", "20"),
    ):
        try:
            print(len(await connection.fetch(sql, value)), "row")
        except Exception as error:
            print(type(error).__name__, error)

asyncio.run(main())
with psycopg.connect(os.environ["URL"]) as other:
    print(len(other.execute("SELECT 1 LIMIT %s", ("20",)).fetchall()), "row")
"""
NODE = """
const { Client } = require("pg");
(async () => {
  const client = new Client({ connectionString: process.env.URL });
  await client.connect();
  console.log((await client.query("SELECT 1 LIMIT $1 OFFSET $2", ["20", "0"])).rows.length, "row");
  await client.end();
})();
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as found:
        yield f"postgresql://postgres@{found}"


def test_python(url: str, tmp_path: Path) -> None:
    ran = run_python(sqlalchemy("2.0"), {"main.py": PYTHON}, ["main.py"], tmp_path, URL=url)
    lines = ran.text.strip().splitlines()
    refused = "DataError invalid input for query argument $1: '{}' ('str' object cannot be interpreted as an integer)"
    assert lines == [refused.format("20"), refused.format("0"), "1 row", "1 row", "1 row"], ran


def test_node(url: str, tmp_path: Path) -> None:
    ran = run_node(node_with(pg="8.16.0"), {"a.cjs": NODE}, "a.cjs", tmp_path, URL=url)
    assert ran.text.strip() == "1 row", ran
