"""sa-call-time-default: a value that was computed once is inserted for every row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import SQLALCHEMY, python_program

pytestmark = pytest.mark.proof
PROVES = {"sa-call-time-default": ()}

PROGRAM = """
    import time, uuid
    from datetime import datetime, timezone
    from sqlalchemy import Column, DateTime, Integer, String, create_engine, select
    from sqlalchemy.orm import DeclarativeBase, Session

    class Base(DeclarativeBase):
        pass

    class Event(Base):
        __tablename__ = "events"
        id = Column(Integer, primary_key=True)
        bad_time = Column(DateTime, default=datetime.now(timezone.utc))
        good_time = Column(DateTime, default=lambda: datetime.now(timezone.utc))
        bad_token = Column(String, default=str(uuid.uuid4()))
        good_token = Column(String, default=lambda: str(uuid.uuid4()))

    class Key(Base):
        __tablename__ = "keys"
        id = Column(String, primary_key=True, default=str(uuid.uuid4()))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for _ in range(2):
            session.add(Event())
            session.commit()
            time.sleep(0.01)
        for name in ("bad_time", "good_time", "bad_token", "good_token"):
            print(name, len(set(session.scalars(select(getattr(Event, name))))))
        session.add(Key())
        session.commit()
        session.add(Key())
        try:
            session.commit()
        except Exception as error:
            print(type(error).__name__)
"""


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_defaults(release: str, tmp_path: Path) -> None:
    lines = python_program(release, PROGRAM, tmp_path).text.splitlines()
    assert {"bad_time 1", "good_time 2", "bad_token 1", "good_token 2"} <= set(lines), lines
    assert "IntegrityError" in lines or "FlushError" in lines, lines
