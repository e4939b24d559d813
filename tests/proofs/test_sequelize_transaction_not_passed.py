"""sequelize-transaction-not-passed: a change without the transaction survives its rollback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import sequelize_program

pytestmark = pytest.mark.proof
PROVES = {"sequelize-transaction-not-passed": ()}


def test_changes_outside_survive_the_rollback(tmp_path: Path) -> None:
    ran = sequelize_program(
        """
        const attempt = (work) => sequelize.transaction(async (t) => { await work(t); throw new Error("undone"); });
        console.log(await failed(() => attempt(() => User.create({ name: "outside" }))));
        console.log(await failed(() => attempt((t) => User.create({ name: "inside" }, { transaction: t }))));
        console.log("outside", await User.count({ where: { name: "outside" } }));
        console.log("inside", await User.count({ where: { name: "inside" } }));
        statements.length = 0;
        await sequelize.transaction(async (t) => {
          const user = await User.findOne({ transaction: t });
          await User.count();
          await sequelize.query("SELECT 1");
          await user.reload();
        });
        console.log("default", statements.filter((line) => line.startsWith("Executing (default)")).length);
        """,
        tmp_path,
    )
    lines = ran.text.splitlines()
    assert lines.count("undone") == 2, ran
    assert "outside 1" in lines and "inside 0" in lines and "default 3" in lines, ran


def test_a_change_waits_for_the_lock_of_the_transaction(tmp_path: Path) -> None:
    ran = sequelize_program(
        """
        await sequelize.query("PRAGMA busy_timeout = 100");
        console.log(await failed(() => sequelize.transaction(async (t) => {
          await User.create({ name: "first" }, { transaction: t });
          await User.create({ name: "second" }, { retry: { max: 1 } });
        })));
        """,
        tmp_path,
    )
    assert "SQLITE_BUSY" in ran.text, ran
