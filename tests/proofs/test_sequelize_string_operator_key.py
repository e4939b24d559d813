"""sequelize-string-operator-key: string operators throw or find nothing, symbols work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import sequelize_program

pytestmark = pytest.mark.proof
PROVES = {"sequelize-string-operator-key": ()}


def test_string_operators(tmp_path: Path) -> None:
    ran = sequelize_program(
        """
        console.log("integer", (await User.findAll({ where: { age: { $gt: 0 } } })).length);
        console.log("in", await failed(() => User.findAll({ where: { age: { $in: [1, 2] } } })), statements.at(-1));
        console.log("text", await failed(() => User.findAll({ where: { name: { $like: "a%" } } })));
        console.log("or", await failed(() => User.findAll({ where: { $or: [{ name: "a" }] } })));
        console.log("symbol", (await User.findAll({ where: { age: { [Op.gt]: 0 }, [Op.or]: [{ name: "a" }] } })).length);
        """,
        tmp_path,
    )
    lines = ran.text.splitlines()
    assert "integer 0" in lines and "symbol 1" in lines, ran
    assert any(line.startswith("in ") and "object Object" in line for line in lines), ran
    assert any(line.startswith("text Invalid value") for line in lines), ran
    assert any(line.startswith("or ") and "no error" not in line for line in lines), ran
