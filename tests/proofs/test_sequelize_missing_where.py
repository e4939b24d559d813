"""sequelize-missing-where: conditions as options select every row, bulk changes without where throw."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import sequelize_program

pytestmark = pytest.mark.proof
PROVES = {"sequelize-missing-where": ()}


def _lines(source: str, where: Path) -> list[str]:
    ran = sequelize_program(source, where)
    assert ran.status == 0, ran
    return ran.text.splitlines()


def test_conditions_as_options_are_ignored(tmp_path: Path) -> None:
    lines = _lines(
        """
        console.log("all", (await User.findAll({ name: "b" })).length);
        console.log("one", (await User.findOne({ name: "b" })).name);
        console.log("count", await User.count({ name: "b" }));
        console.log("where", (await User.findAll({ where: { name: "b" } })).length);
        """,
        tmp_path,
    )
    assert {"all 2", "one a", "count 2", "where 1"} <= set(lines), lines


def test_bulk_changes_without_where_throw(tmp_path: Path) -> None:
    lines = _lines(
        """
        console.log("update:", await failed(() => User.update({ name: "c" }, {})));
        console.log("flat:", await failed(() => User.update({ name: "c" }, { name: "a" })));
        console.log("none:", await failed(() => User.update({ name: "c" })));
        console.log("destroy:", await failed(() => User.destroy({ force: true })));
        console.log("find:", await failed(() => User.findOrCreate({ defaults: { name: "z" } })));
        console.log("every:", await failed(() => User.update({ name: "c" }, { where: {} })));
        console.log("truncate:", await failed(() => User.destroy({ truncate: true })));
        """,
        tmp_path,
    )
    missing = "Missing where attribute in the options parameter"
    assert f"update: {missing}" in lines and f"flat: {missing}" in lines, lines
    assert any(line.startswith("none: ") and "no error" not in line for line in lines), lines
    assert any(line.startswith("destroy: Missing where or truncate") for line in lines), lines
    assert any(line.startswith(f"find: {missing}") for line in lines), lines
    assert "every: no error" in lines and "truncate: no error" in lines, lines


def test_a_default_scope_is_a_where(tmp_path: Path) -> None:
    lines = _lines(
        """
        const Note = sequelize.define("Note", { text: DataTypes.STRING }, { defaultScope: { where: { text: "" } } });
        await Note.sync();
        console.log("scoped:", await failed(() => Note.destroy({ force: true })));
        """,
        tmp_path,
    )
    assert "scoped: no error" in lines, lines
