"""sequelize-replacements-mismatch: what throws, and what goes to the database as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import sequelize_program

pytestmark = pytest.mark.proof
PROVES = {"sequelize-replacements-mismatch": ()}

CASES = {
    'sequelize.query("SELECT :a, :b", { replacements: { a: 1 } })': "Named replacement",
    'sequelize.query("SELECT ?, ?", { replacements: [1] })': "Positional replacement",
    'sequelize.query("SELECT $1, $2", { bind: [1] })': "has no value in the given object",
    'sequelize.query("SELECT $name", { bind: { other: 1 } })': "has no value in the given object",
}
GOOD = [
    "sequelize.query(\"SELECT :a, ':later'\", { replacements: { a: 1, unused: 2 } })",
    "sequelize.query(\"SELECT ?, 'why?'\", { replacements: [1] })",
    'sequelize.query("SELECT $1, $1", { bind: [1] })',
    'sequelize.query("SELECT $a, $b", { bind: { a: 1, b: 2 } })',
]


def test_replacements(tmp_path: Path) -> None:
    calls = ",\n".join(f"() => {line}" for line in [*CASES, *GOOD])
    ran = sequelize_program(f"for (const work of [{calls}]) console.log('|', await failed(work));", tmp_path)
    lines = [line for line in ran.text.splitlines() if line.startswith("|")]
    assert len(lines) == len(CASES) + len(GOOD), ran
    for line, expected in zip(lines, CASES.values(), strict=False):
        assert expected in line, lines
    assert all(line == "| no error" for line in lines[len(CASES) :]), lines


def test_the_other_kind_is_not_filled_in(tmp_path: Path) -> None:
    ran = sequelize_program(
        """
        await failed(() => sequelize.query("SELECT $1 AS x", { replacements: [7] }));
        await failed(() => sequelize.query("SELECT :a AS x", { bind: { a: 7 } }));
        await failed(() => sequelize.query("SELECT ? AS x", { bind: [7] }));
        for (const line of statements) console.log(line);
        """,
        tmp_path,
    )
    for text in ("SELECT $1 AS x", "SELECT :a AS x", "SELECT ? AS x"):
        assert f"Executing (default): {text}" in ran.text, ran
