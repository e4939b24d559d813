"""What the rules about models and defaults say of SQLModel, on an old release and the newest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server
from tests.proofs.support import python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {
    "aware-datetime-into-naive-column": (),
    "model-constructor-arguments": (),
    "pydantic-model-misuse": (),
    "sa-call-time-default": (),
}
#: the last release in which ``datetime`` is a timestamp without a time zone, and the newest
RELEASES = ["sqlmodel==0.0.44", "sqlmodel>=0.0.45"]

MODELS = """
import time, uuid
from datetime import datetime, timezone
from sqlmodel import Field, Session, SQLModel, create_engine, select

class Schema(SQLModel):
    name: str

class Seed(Schema, table=True):
    id: int | None = Field(default=None, primary_key=True)
    plain: datetime = datetime.now(timezone.utc)
    first: str = Field(uuid.uuid4().hex)
    named: str = Field(default=uuid.uuid4().hex)
    made: str = Field(default_factory=lambda: uuid.uuid4().hex)

engine = create_engine("sqlite://")
SQLModel.metadata.create_all(engine)
with Session(engine) as session:
    for name in ("a", "b"):
        session.add(Seed(name=name, unknown=1))
        session.commit()
        time.sleep(0.01)
    for column in ("plain", "first", "named", "made"):
        print(column, len(set(session.exec(select(getattr(Seed, column))))))
body, row = Schema(name="a"), Seed(name="a")
def assign():
    body.slug = "a"
for name, work in {
    "position": lambda: Seed("a"), "index": lambda: body["name"], "get": lambda: body.get("name"),
    "assign": assign, "read": lambda: (body.name, body.model_dump()["name"], row.name),
}.items():
    try:
        work()
        print(name, "works")
    except Exception as error:
        print(name, type(error).__name__, error)
"""


@pytest.mark.parametrize("release", RELEASES)
def test_models_and_defaults(release: str, tmp_path: Path) -> None:
    text = run_python(python_with(release), {"main.py": MODELS}, ["main.py"], tmp_path).text
    lines = text.splitlines()
    assert {"plain 1", "first 1", "named 1", "made 2", "read works"} <= set(lines), text
    for told in (
        "position TypeError",
        "index TypeError 'Schema' object is not subscriptable",
        "get AttributeError",
        'assign ValueError "Schema" object has no field "slug"',
    ):
        assert any(line.startswith(told) for line in lines), text


ZONES = """
import asyncio, os
from datetime import datetime, timezone
from sqlalchemy import DateTime
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

class Plain(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    made: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))

class Naive(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    made: datetime = Field(sa_type=DateTime, default_factory=lambda: datetime.now(timezone.utc))

class Zoned(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    made: datetime = Field(sa_type=DateTime(timezone=True), default_factory=lambda: datetime.now(timezone.utc))

async def main():
    engine = create_async_engine("postgresql+asyncpg://" + os.environ["SERVER"])
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.drop_all)
        await connection.run_sync(SQLModel.metadata.create_all)
    for model in (Plain, Naive, Zoned):
        try:
            async with AsyncSession(engine) as session:
                session.add(model())
                await session.commit()
            print(model.__name__, "saved")
        except Exception as error:
            print(model.__name__, "can't subtract offset-naive and offset-aware datetimes" in str(error))
    await engine.dispose()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as found:
        yield f"postgres@{found}"


@pytest.mark.parametrize("release", RELEASES)
def test_time_zones(release: str, server: str, tmp_path: Path) -> None:
    python = python_with(release, "asyncpg", "greenlet")
    text = run_python(python, {"main.py": ZONES}, ["main.py"], tmp_path, SERVER=server).text
    plain = "Plain True" if release == RELEASES[0] else "Plain saved"
    assert text.split("\n")[:3] == [plain, "Naive True", "Zoned saved"], text
