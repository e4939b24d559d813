"""The examples of the rules about mapped classes, run: each bad one fails in the way its page says, each good one works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from constraintlint.rulebook import all_rules
from tests.proofs.orm_support import postgres_server, python_program, sequelize_program
from tests.proofs.support import python_with, run_python
from tests.support.pages import Example, examples

pytestmark = pytest.mark.proof

#: rule -> what each of its bad examples ends with, in order
ERRORS: dict[str, list[str]] = {
    "sa-mapped-column-in-core-table": ["ArgumentError", "ArgumentError"],
    "sa-back-populates-mismatch": [
        "has no property 'animal'",
        "not a relationship|back_populates|reverse_property",
    ],
    "sa-relationship-configuration": [
        "NoForeignKeysError|failed to locate a name",
        "AmbiguousForeignKeysError",
        "NoReferencedTableError",
        "the other side does not know",
    ],
    "sa-relationship-attr-in-filter": ["has an attribute 'name'"] * 2 + ["no row and no error"],
    "sa-joined-collection-without-unique": ["unique\\(\\) method must be invoked"] * 2,
    "orm-unknown-attribute": [
        "(?s)no attribute 'year_of_birth'.*no attribute 'visits'.*no property \"nmae\"",
        "(?s)no attribute 'customer'.*no attribute 'customer'",
        "no attribute 'contact_email'",
    ],
    "model-constructor-arguments": [
        "'unti' is an invalid keyword",
        "unexpected keyword argument 'sum'",
        "'email_address' is an invalid keyword",
        "takes 1 positional argument",
        "takes 1 positional argument",
    ],
    "orm-call-with-unmapped-class": [
        "ArgumentError|InvalidRequestError|expected",
        "is not mapped",
        "is not mapped",
    ],
    "sa-lazy-load-after-session-close": ["DetachedInstanceError\\n(?s:.*)DetachedInstanceError"] * 3,
    "sa-async-implicit-io": [
        *["(MissingGreenlet|StatementError)\\n(?s:.*)(MissingGreenlet|StatementError)"] * 3,
        "MissingGreenlet",
    ],
    "sa-refresh-foreign-instance": ["is not persistent within this Session"] * 2,
    "session-not-closed": ["QueuePool limit of size 2"] * 6,
    "explicit-zero-primary-key": ["UNIQUE constraint failed"] * 2,
    "missing-commit": ["nothing was saved"] * 3,
    "n-plus-one-query": ["one query for each band"] * 4 + ["one query for each player"],
    "sa-association-double-delete": ["StaleDataError\\n(?s:.*)StaleDataError"] * 3,
    "sa-join-without-on": [
        "Don't know how to join",
        "Can't determine|several|multiple",
        "Don't know how to join",
    ],
}
PROVES = dict.fromkeys([*ERRORS, "aware-datetime-into-naive-column", "schema-init-not-reached"], ())
_OWNERS = """
import asyncio

from fastapi.testclient import TestClient

from vet.db import Base, engine


async def tables():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


asyncio.run(tables())
from vet.web import app

print(TestClient(app).post("/owners?email=a").json()["id"])
"""
_PLAYS = """
import gc

from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

from stage.orm import Base
from stage.service import SessionLocal, titles

engine = create_engine("sqlite:///plays.db", poolclass=QueuePool, pool_size=2, max_overflow=0, pool_timeout=0.2)
Base.metadata.create_all(engine)
SessionLocal.configure(bind=engine)
gc.disable()
for _ in range(20):
    titles()
"""
#: title of an example without a program of its own -> what uses it
MAINS = {
    "Returned after the commit of a session kept on self": _OWNERS,
    "Refreshed before it is returned": _OWNERS,
    "Only lent to an object that closes nothing": _PLAYS,
    "Lent to an object, and closed": _PLAYS,
}
CASES = [
    (name, position, example)
    for name in ERRORS
    for position, example in enumerate(examples(all_rules()[name].text()))
    if all(file.endswith(".py") or file == "requirements.txt" for file in example.files)
]


def _id(case: tuple[str, int, Example]) -> str:
    return f"{case[0]}-{'bad' if case[2].bad else 'good'}-{case[1]}"


@pytest.mark.parametrize("case", CASES, ids=_id)
@pytest.mark.parametrize("release", ["2.0", "2.1"])
def test_example(case: tuple[str, int, Example], release: str, tmp_path: Path) -> None:
    name, position, example = case
    files = dict(example.files)
    if example.title in MAINS:
        files["main.py"] = MAINS[example.title]
        files = {
            file: re.sub(r"postgresql\+asyncpg://localhost/(\w+)", r"sqlite+aiosqlite:///\1.db", source)
            for file, source in files.items()
        }
    text = "\n".join(files.values())
    if example.bad and release == "2.1" and "<2.1" in example.files.get("requirements.txt", ""):
        pytest.skip("the example is of an earlier release")
    wanted = [f"SQLAlchemy[asyncio]=={release}.*", "aiosqlite"]
    for package in ("flask", "flask_sqlalchemy", "sqlmodel", "pydantic", "fastapi"):
        if re.search(rf"^(?:from|import) {package}\b", text, re.M):
            wanted.append(package.replace("_", "-"))
    if "+asyncpg" in text:
        wanted.append("asyncpg")
    if ".testclient import" in text:
        wanted.append("httpx")
    entry = "main.py" if "main.py" in files else next(iter(files))
    done = run_python(python_with(*wanted), files, [entry], tmp_path)
    if example.bad:
        assert done.status != 0, f"works: {done}"
        assert re.search(ERRORS[name][position], done.text), done
    else:
        assert done.status == 0, done


def test_asyncpg_refuses_a_time_zone(tmp_path: Path) -> None:
    """aware-datetime-into-naive-column: DateTime refuses it, DateTime(timezone=True) takes it."""
    program = """
        import asyncio, os
        from datetime import datetime, timezone
        from sqlalchemy import Column, DateTime, Integer, insert
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.orm import declarative_base

        Base = declarative_base()

        class Naive(Base):
            __tablename__ = "naive"
            id = Column(Integer, primary_key=True)
            made = Column(DateTime, default=lambda: datetime.now(timezone.utc))

        class Zoned(Base):
            __tablename__ = "zoned"
            id = Column(Integer, primary_key=True)
            made = Column(DateTime(timezone=True), default=lambda: datetime.now(timezone.utc))

        async def main():
            engine = create_async_engine("postgresql+asyncpg://postgres@" + os.environ["SERVER"])
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            for model in (Zoned, Naive):
                try:
                    async with engine.begin() as connection:
                        await connection.execute(insert(model))
                    print(model.__name__, "saved")
                except Exception as error:
                    print(model.__name__, error)

        asyncio.run(main())
    """
    with postgres_server() as server:
        text = python_program("2.0", program, tmp_path, SERVER=server).text
    assert "Zoned saved" in text, text
    assert "Naive" in text and "can't subtract offset-naive and offset-aware datetimes" in text, text


def test_asyncpg_does_not_count_the_rows(tmp_path: Path) -> None:
    """sa-association-double-delete: with several rows psycopg notices that they are gone, asyncpg does not."""
    program = """
        import asyncio, os
        from sqlalchemy import Column, ForeignKey, Table, delete
        from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        class Base(DeclarativeBase):
            pass

        crew = Table("crew", Base.metadata, Column("ship_id", ForeignKey("ships.id"), primary_key=True),
                     Column("sailor_id", ForeignKey("sailors.id"), primary_key=True))

        class Sailor(Base):
            __tablename__ = "sailors"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Ship(Base):
            __tablename__ = "ships"
            id: Mapped[int] = mapped_column(primary_key=True)
            sailors: Mapped[list[Sailor]] = relationship(secondary=crew, lazy="selectin")

        async def main(driver):
            engine = create_async_engine(f"postgresql+{driver}://" + os.environ["SERVER"])
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.drop_all)
                await connection.run_sync(Base.metadata.create_all)
            async with AsyncSession(engine) as session:
                session.add(Ship(id=1, sailors=[Sailor(id=1), Sailor(id=2)]))
                await session.commit()
            try:
                async with AsyncSession(engine) as session:
                    ship = await session.get(Ship, 1)
                    await session.execute(delete(crew).where(crew.c.ship_id == ship.id))
                    await session.delete(ship)
                    await session.commit()
                print(driver, "works")
            except Exception as error:
                print(driver, type(error).__name__)
            await engine.dispose()

        for driver in ("psycopg", "asyncpg"):
            asyncio.run(main(driver))
    """
    with postgres_server() as server:
        text = python_program("2.0", program, tmp_path, SERVER=f"postgres@{server}").text
    assert text.split() == ["psycopg", "StaleDataError", "asyncpg", "works"], text


#: title of an example of schema-init-not-reached -> what its server does: imports the module or calls the factory, then asks for rows
SERVED = {
    "Under the main guard, started by gunicorn": "from app import app; ask(app, '/notes')",
    "A function that nothing calls": "from main import parcels; print(parcels())",
    "Under the main guard of another file, started by waitress": "from depot.web import create_app; ask(create_app(), '/crates')",
    "By a factory that is called from outside": "from app import create_app; ask(create_app(), '/crates')",
    "In the module itself, and the guard only runs the development server": "from app import app; ask(app, '/notes')",
    "By the app factory, and a script that is run first": (
        "from wsgi import app; from service.models import Note; app.app_context().push(); print(Note.query.count())"
    ),
    "The start script runs the module as a script first": "from app import app; ask(app, '/notes')",
}
#: (those whose statements run without SQLAlchemy show no more than that a table is missing that nobody made)
SCHEMA_INIT = [
    item for item in examples(all_rules()["schema-init-not-reached"].text()) if item.title in SERVED
]


@pytest.mark.parametrize("example", SCHEMA_INIT, ids=[example.title for example in SCHEMA_INIT])
def test_what_a_server_finds(example: Example, tmp_path: Path) -> None:
    """schema-init-not-reached: what a server runs makes no table in the bad examples; in the good ones it, or a script before, does."""
    python = python_with("flask", "flask-sqlalchemy", "fastapi")
    files = {
        **example.files,
        "ask.py": "def ask(app, path):\n    assert app.test_client().get(path).status_code == 200\n",
    }
    for line in example.files.get("run.sh", "").split("\n"):
        if line.startswith("python "):
            run_python(python, files, line.split()[1:], tmp_path)
    done = run_python(python, files, ["-c", f"from ask import ask; {SERVED[example.title]}"], tmp_path)
    assert (done.status != 0 and "no such table" in done.text) if example.bad else done.status == 0, done


def test_sequelize_asks_for_each_row(tmp_path: Path) -> None:
    """n-plus-one-query: one statement for the list and one for each row; one in all where the rows are asked for together."""
    text = sequelize_program(
        """
        for (const user of await User.findAll()) { await User.findByPk(user.id); }
        console.log("each", statements.length);
        statements.length = 0;
        const users = await User.findAll();
        await User.findAll({ where: { id: users.map((user) => user.id) } });
        console.log("together", statements.length);
        """,
        tmp_path,
    ).text
    assert "each 3" in text and "together 2" in text, text
