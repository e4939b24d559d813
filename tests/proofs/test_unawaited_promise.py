"""unawaited-promise: what a promise looks like where its result is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import sequelize_program

pytestmark = pytest.mark.proof
PROVES = {"unawaited-promise": ()}


def test_a_promise_is_no_result(tmp_path: Path) -> None:
    ran = sequelize_program(
        """
        const user = User.findByPk(1);
        console.log("name", user.name);
        console.log("missing", User.findOne({ where: { id: 99 } }) ? "found" : "none");
        console.log("text", `${User.count()}`);
        console.log("awaited", (await user).name, await User.count());
        const [rows] = await sequelize.query("SELECT 1 AS a");
        console.log("rows", rows.length);
        console.log("apart", await failed(async () => { const [again] = sequelize.query("SELECT 1"); return again; }));
        console.log("loop", await failed(async () => { for (const item of User.findAll()) console.log(item); }));
        """,
        tmp_path,
    )
    lines = ran.text.splitlines()
    for expected in ("name undefined", "missing found", "text [object Promise]", "awaited a 2", "rows 1"):
        assert expected in lines, ran
    assert any(line.startswith("apart ") and "not iterable" in line for line in lines), ran
    assert any(line.startswith("loop ") and "not iterable" in line for line in lines), ran


def test_a_dropped_change_ends_the_process(tmp_path: Path) -> None:
    ran = sequelize_program(
        """
        const unique = sequelize.define("Tag", { label: { type: DataTypes.STRING, unique: true } }, { timestamps: false });
        await unique.sync();
        await unique.create({ label: "a" });
        unique.create({ label: "a" });
        await new Promise((resolve) => setTimeout(resolve, 500));
        console.log("went on");
        """,
        tmp_path,
    )
    assert ran.status != 0 and "went on" not in ran.text, ran
