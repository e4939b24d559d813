"""sequelize-options-position: options behind the options are dropped, and the query runs outside the transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import sequelize_program

pytestmark = pytest.mark.proof
PROVES = {"sequelize-options-position": ()}

BAD = [
    "User.findAll({}, { transaction: t })",
    "User.findOne({ where: { id: 1 } }, { transaction: t })",
    "User.findAndCountAll({ where: { id: 1 } }, { transaction: t })",
    "User.count({ where: { id: 1 } }, { transaction: t })",
    "User.findByPk(1, {}, { transaction: t })",
    "User.update({ name: 'x' }, { where: { id: 1 } }, { transaction: t })",
    "User.destroy({ where: { id: 1 } }, { transaction: t })",
    "User.create({ name: 'n' }, {}, { transaction: t })",
    "User.create({ name: 'n', transaction: t })",
    "User.bulkCreate([{ name: 'n' }], {}, { transaction: t })",
    "User.sum('age', {}, { transaction: t })",
    "User.increment('age', { where: { id: 1 } }, { transaction: t })",
    "sequelize.query('SELECT 1', {}, { transaction: t })",
    "user.reload({}, { transaction: t })",
    "user.update({ name: 'x' }, {}, { transaction: t })",
    "user.destroy({}, { transaction: t })",
]
GOOD = [
    "User.findAll({ transaction: t })",
    "User.findOne({ where: { id: 1 }, transaction: t })",
    "User.findAndCountAll({ where: { id: 1 }, transaction: t })",
    "User.count({ where: { id: 1 }, transaction: t })",
    "User.findByPk(1, { transaction: t })",
    "User.update({ name: 'x' }, { where: { id: 1 }, transaction: t })",
    "User.destroy({ where: { id: 1 }, transaction: t })",
    "User.create({ name: 'n' }, { transaction: t })",
    "User.bulkCreate([{ name: 'n' }], { transaction: t })",
    "User.upsert({ id: 9, name: 'n' }, { transaction: t })",
    "User.sum('age', { transaction: t })",
    "User.max('age', { transaction: t })",
    "User.increment('age', { where: { id: 1 }, transaction: t })",
    "sequelize.query('SELECT 1', { transaction: t })",
    "user.reload({ transaction: t })",
    "user.update({ name: 'x' }, { transaction: t })",
    "user.increment('age', { transaction: t })",
    "user.destroy({ transaction: t })",
    "user.save({ transaction: t })",
]


def _ran(lines: list[str], where: Path) -> list[str]:
    """For each line: ``default`` where a statement ran outside the transaction, ``inside`` where none did, or the error.

    A connection of its own is taken for the transaction, so nothing is locked while the line runs.
    """
    calls = ",\n".join(f"(t, user) => {line}" for line in lines)
    source = f"""
    for (const work of [{calls}]) {{
      const user = await User.findOne({{ where: {{ name: "a" }} }}) ?? await User.create({{ name: "a" }});
      user.age = 5; user.changed("age", true); user.changed("name", true);
      const t = await sequelize.transaction({{ type: "DEFERRED" }});
      statements.length = 0;
      const message = await failed(() => work(t, user));
      const outside = statements.some((line) => line.startsWith("Executing (default)"));
      console.log(statements.length === 0 ? "nothing" : outside ? "outside" : "inside", "|", message);
      await t.rollback();
    }}
    """
    ran = sequelize_program(source, where)
    assert ran.status == 0, ran
    return [line for line in ran.text.splitlines() if "|" in line]


def test_misplaced_options_run_outside(tmp_path: Path) -> None:
    lines = _ran(BAD, tmp_path)
    assert len(lines) == len(BAD)
    for call, line in zip(BAD, lines, strict=True):
        assert line == "outside | no error", f"{call}: {line}"


def test_options_in_place_run_inside(tmp_path: Path) -> None:
    lines = _ran(GOOD, tmp_path)
    assert len(lines) == len(GOOD)
    for call, line in zip(GOOD, lines, strict=True):
        assert line == "inside | no error", f"{call}: {line}"


def test_find_or_create_throws_for_a_second_argument(tmp_path: Path) -> None:
    (line,) = _ran(["User.findOrCreate({ where: { name: 'z' } }, { transaction: t })"], tmp_path)
    assert "Missing where attribute in the options parameter passed to findOrCreate" in line


def test_save_throws_for_a_second_argument(tmp_path: Path) -> None:
    (line,) = _ran(["user.save({}, { transaction: t })"], tmp_path)
    assert "The second argument was removed in favor of the options object" in line


def test_a_transaction_among_conditions_fails(tmp_path: Path) -> None:
    (line,) = _ran(["User.count({ where: { name: 'z', transaction: t } })"], tmp_path)
    assert "no error" not in line, line
