"""sa-raw-string-execute: sessions and connections of SQLAlchemy 2 reject plain strings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import SQLALCHEMY, python_program
from tests.proofs.support import python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {"sa-raw-string-execute": ()}

PROGRAM = """
    import asyncio
    from sqlalchemy import create_engine, select, text
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlalchemy.orm import Session, scoped_session, sessionmaker

    def attempt(name, work):
        try:
            work()
            print(name, "works")
        except Exception as error:
            print(name, type(error).__name__)

    engine = create_engine("sqlite://")
    for name in ("execute", "scalar", "scalars"):
        attempt("session." + name, lambda: getattr(Session(engine), name)("SELECT 1"))
        attempt("connection." + name, lambda: getattr(engine.connect(), name)("SELECT 1"))
        attempt("good." + name, lambda: getattr(engine.connect(), name)(text("SELECT 1")))
    attempt("scoped", lambda: scoped_session(sessionmaker(engine)).execute("SELECT 1"))
    attempt("driver", lambda: engine.connect().exec_driver_sql("SELECT 1"))
    attempt("construct", lambda: Session(engine).execute(select(1)))
    later = create_async_engine("sqlite+aiosqlite://")

    async def use():
        async with AsyncSession(later) as session, later.connect() as connection:
            for name, owner in (("async session", session), ("async connection", connection)):
                for method in ("execute", "scalar", "stream"):
                    try:
                        await getattr(owner, method)("SELECT 1")
                        print(name, method, "works")
                    except Exception as error:
                        print(name, method, type(error).__name__)

    asyncio.run(use())
"""


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_strings_are_rejected_and_statements_work(release: str, tmp_path: Path) -> None:
    ran = python_program(release, PROGRAM, tmp_path)
    lines = ran.text.splitlines()
    for method in ("execute", "scalar", "scalars"):
        assert f"session.{method} ArgumentError" in lines, ran
        assert f"connection.{method} ObjectNotExecutableError" in lines, ran
        assert f"good.{method} works" in lines, ran
    for method in ("execute", "scalar", "stream"):
        assert f"async session {method} ArgumentError" in lines, ran
        assert f"async connection {method} ObjectNotExecutableError" in lines, ran
    assert "scoped ArgumentError" in lines and "driver works" in lines and "construct works" in lines, ran


def test_the_release_before_takes_strings(tmp_path: Path) -> None:
    program = (
        "from sqlalchemy import *\nprint(create_engine('sqlite://').connect().execute('SELECT 1').scalar())\n"
    )
    ran = run_python(python_with("SQLAlchemy==1.4.*"), {"main.py": program}, ["main.py"], tmp_path)
    assert ran.status == 0 and "1" in ran.text.splitlines(), ran
