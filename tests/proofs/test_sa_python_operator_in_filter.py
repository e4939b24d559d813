"""sa-python-operator-in-filter: what Python's operators make of columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import SQLALCHEMY, python_program

pytestmark = pytest.mark.proof
PROVES = {"sa-python-operator-in-filter": ()}

PROGRAM = """
    from sqlalchemy import Column, Integer, MetaData, Table, and_, not_, or_, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    notes = Table("notes", MetaData(), Column("id", Integer))

    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        active: Mapped[bool]

    for line in LINES:
        try:
            print(line, "->", " ".join(str(select(User.id).where(eval(line))).split()).partition("WHERE ")[2])
        except TypeError as error:
            print(line, "->", error)
"""

DROPS = "users.id = :id_1"
UNDEFINED = "Boolean value of this clause is not defined"
CASES = {
    "User.id == 1 and User.name == 'a'": DROPS,
    "User.id == 1 or User.name == 'a'": "users.name = :name_1",
    "User.active and User.name == 'a'": "users.name = :name_1",
    "User.id > 1 and User.id < 9": UNDEFINED,
    "1 < User.id < 9": UNDEFINED,
    "User.name.like('a') or User.id == 1": UNDEFINED,
    "User.id.in_([1]) and User.id == 1": UNDEFINED,
    "not User.active": "false",
    "not User.id == 1": "true",
    "User.name is None": "false",
    "User.name is not None": "true",
    "User.id in [1, 2]": "false",
    "User.id not in [1, 2]": "true",
    "notes.c.id is None": "false",
    "and_(User.id == 1, User.name == 'a')": "users.id = :id_1 AND users.name = :name_1",
    "or_(User.name.is_(None), not_(User.active))": "users.name IS NULL OR NOT users.active",
    "User.name.is_not(None)": "users.name IS NOT NULL",
    "(User.id > 1) & ~User.active": "users.id > :id_1 AND NOT users.active",
    "True and User.id == 1": DROPS,
}


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_operators(release: str, tmp_path: Path) -> None:
    program = PROGRAM.replace("LINES", repr(list(CASES)))
    text = python_program(release, program, tmp_path).text
    for line, expected in CASES.items():
        assert f"{line} -> {expected}" in text.splitlines(), f"{line}\n{text}"
