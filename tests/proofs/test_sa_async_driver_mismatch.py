"""sa-async-driver-mismatch: which driver which kind of engine takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import SQLALCHEMY, python_program
from tests.proofs.support import python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {"sa-async-driver-mismatch": ()}

PROGRAM = """
    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

    def attempt(name, work):
        try:
            work()
            print(name, "works")
        except Exception as error:
            print(name, type(error).__name__, str(error).splitlines()[0])

    for url in ("sqlite://", "sqlite+pysqlite://", "sqlite+aiosqlite://", "postgresql://u@h/d",
                "postgresql+psycopg2://u@h/d", "postgresql+psycopg://u@h/d", "postgresql+psycopg_async://u@h/d",
                "postgresql+asyncpg://u@h/d"):
        attempt("async " + url, lambda: create_async_engine(url))
        attempt("sync " + url, lambda: create_engine(url))
    attempt("wrapped", lambda: AsyncEngine(create_engine("sqlite+aiosqlite://")))
    attempt("connect aiosqlite", lambda: create_engine("sqlite+aiosqlite://").connect())
    attempt("connect asyncpg", lambda: create_engine("postgresql+asyncpg://u@127.0.0.1:1/d").connect())
"""


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_engines(release: str, tmp_path: Path) -> None:
    text = python_program(release, PROGRAM, tmp_path).text
    for url in ("sqlite://", "sqlite+pysqlite://", "postgresql+psycopg2://u@h/d"):
        assert f"async {url} InvalidRequestError" in text, text
        assert f"sync {url} works" in text, text
    for url in (
        "sqlite+aiosqlite://",
        "postgresql+psycopg://u@h/d",
        "postgresql+psycopg_async://u@h/d",
        "postgresql+asyncpg://u@h/d",
    ):
        assert f"async {url} works" in text, text
    plain = "async postgresql://u@h/d"
    assert f"{plain} InvalidRequestError" in text if release == "2.0" else f"{plain} works" in text, text
    assert "wrapped works" in text, text
    assert "connect aiosqlite MissingGreenlet" in text and "connect asyncpg MissingGreenlet" in text, text


OTHERS = """
from sqlalchemy.ext.asyncio import create_async_engine
for url in ("postgresql+pg8000://u@h/d", "mysql+pymysql://u@h/d"):
    try:
        create_async_engine(url)
        print("works")
    except Exception as error:
        print(type(error).__name__)
"""


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_other_blocking_drivers(release: str, tmp_path: Path) -> None:
    python = python_with(f"SQLAlchemy[asyncio]=={release}.*", "pg8000", "pymysql")
    ran = run_python(python, {"main.py": OTHERS}, ["main.py"], tmp_path)
    assert ran.text.split() == ["InvalidRequestError", "InvalidRequestError"], ran
