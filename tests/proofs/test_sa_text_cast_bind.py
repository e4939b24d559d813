"""sa-text-cast-bind: the parameter is not bound, and PostgreSQL rejects the statement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.orm_support import SQLALCHEMY, postgres_server, python_program

pytestmark = pytest.mark.proof
PROVES = {"sa-text-cast-bind": ()}

PROGRAM = """
    import os
    from sqlalchemy import create_engine, text
    engine = create_engine("postgresql+psycopg2://postgres@" + os.environ["PLACE"])
    statement = text(os.environ["STATEMENT"])
    print("binds", sorted(statement._bindparams))
    with engine.connect() as connection:
        try:
            print("rows", connection.execute(statement, {"name": "7"}).all())
        except Exception as error:
            print(type(error).__name__, error)
"""


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with postgres_server() as found:
        yield found


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_bad_binds_nothing_and_fails(release: str, place: str, tmp_path: Path) -> None:
    ran = python_program(release, PROGRAM, tmp_path, PLACE=place, STATEMENT="SELECT :name::int")
    assert "binds []" in ran.text, ran
    assert 'syntax error at or near ":"' in ran.text, ran


@pytest.mark.parametrize("release", SQLALCHEMY)
@pytest.mark.parametrize(
    "statement", ["SELECT CAST(:name AS int)", "SELECT (:name)::int", "SELECT '5'::int + (:name)::int - 5"]
)
def test_good_binds(release: str, statement: str, place: str, tmp_path: Path) -> None:
    ran = python_program(release, PROGRAM, tmp_path, PLACE=place, STATEMENT=statement)
    assert "binds ['name']" in ran.text and "rows [(7,)]" in ran.text, ran
