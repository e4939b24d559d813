"""pg-count-bigint-as-string: a COUNT arrives as a string in node-postgres and in raw queries of Sequelize."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server
from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"pg-count-bigint-as-string": ()}

_PROGRAM = """
const { Pool } = require("pg");
const { Sequelize, QueryTypes } = require("sequelize");
async function main() {
  const pool = new Pool({ connectionString: process.env.URL });
  const { rows } = await pool.query("SELECT COUNT(*), COUNT(*)::int AS cast FROM (VALUES (1), (2)) t(a)");
  console.log("pg", typeof rows[0].count, typeof rows[0].cast, rows[0].count === 2, rows[0].count + 1);
  const none = await pool.query("SELECT COUNT(*) FROM (VALUES (1)) t(a) WHERE a = 2");
  console.log("none", none.rows[0].count ? "true" : "false");
  const sequelize = new Sequelize(process.env.URL, { logging: false });
  const found = await sequelize.query("SELECT COUNT(*) AS total FROM (VALUES (1)) t(a)", { type: QueryTypes.SELECT });
  const [[row]] = await sequelize.query("SELECT COUNT(*) AS total FROM (VALUES (1)) t(a)");
  console.log("sequelize", typeof found[0].total, typeof row.total);
  require("pg").types.setTypeParser(20, Number);
  const parsed = await new Pool({ connectionString: process.env.URL }).query("SELECT COUNT(*) FROM (VALUES (1)) t(a)");
  console.log("parsed", typeof parsed.rows[0].count);
  process.exit(0);
}
main();
"""


def test_counts_are_strings(tmp_path: Path) -> None:
    modules = node_with(sequelize="6.37.8", pg="8.16.0")
    with postgres_server() as address:
        url = f"postgresql://postgres@{address}"
        ran = run_node(modules, {"main.js": textwrap.dedent(_PROGRAM)}, "main.js", tmp_path, URL=url)
    assert ran.status == 0, ran
    assert ran.text.splitlines() == [
        "pg string number false 21",
        "none true",
        "sequelize string string",
        "parsed number",
    ], ran
