"""sa-unawaited-call: an un-awaited commit changes nothing, a result asked too early raises AttributeError."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import SQLALCHEMY, python_program

pytestmark = pytest.mark.proof
PROVES = {"sa-unawaited-call": ()}

PROGRAM = """
    import asyncio, inspect
    from sqlalchemy import select, text
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

    engine = create_async_engine("sqlite+aiosqlite:///app.db")

    async def rows():
        async with engine.connect() as connection:
            return (await connection.execute(text("SELECT count(*) FROM t"))).scalar()

    async def main():
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE t (a INTEGER)"))
        async with AsyncSession(engine) as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
            session.commit()
        print("dropped", await rows())
        async with AsyncSession(engine) as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
            await session.commit()
            try:
                session.execute(select(1)).scalars()
            except AttributeError as error:
                print(error)
        print("awaited", await rows())

    asyncio.run(main())
    for kind, names in ((AsyncSession, SESSION), (AsyncConnection, CONNECTION), (AsyncEngine, ["dispose"])):
        for name in names:
            print(kind.__name__, name, inspect.iscoroutinefunction(getattr(kind, name)))
    print("add", inspect.iscoroutinefunction(AsyncSession.add), inspect.iscoroutinefunction(AsyncSession.add_all))
"""


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_unawaited(release: str, tmp_path: Path) -> None:
    from constraintlint.checks.sqlalchemy.sa_unawaited_call import _CONNECTION, _SESSION

    program = PROGRAM.replace("SESSION", repr(sorted(_SESSION))).replace(
        "CONNECTION", repr(sorted(_CONNECTION))
    )
    text = python_program(release, program, tmp_path).text
    assert "dropped 0" in text and "awaited 1" in text, text
    assert "'coroutine' object has no attribute 'scalars'" in text, text
    assert "add False False" in text, text
    for line in text.splitlines():
        if line.startswith(("AsyncSession ", "AsyncConnection ", "AsyncEngine ")):
            assert line.endswith(" True"), line
