"""sa-generic-array-contains: the generic array type has no containment operators, PostgreSQL's has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import SQLALCHEMY, python_program

pytestmark = pytest.mark.proof
PROVES = {"sa-generic-array-contains": ()}

PROGRAM = """
    from sqlalchemy import ARRAY, Column, Integer, String, cast, select, types
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase):
        pass

    class Article(Base):
        __tablename__ = "articles"
        id = Column(Integer, primary_key=True)
        tags = Column(ARRAY(String))
        typed = Column(types.ARRAY(String))
        varied = Column(ARRAY(String).with_variant(postgresql.ARRAY(String), "postgresql"))
        native = Column(postgresql.ARRAY(String))

    def attempt(name, build):
        try:
            sql = str(select(Article.id).where(build()).compile(dialect=postgresql.dialect()))
            print(name, "works", " ".join(sql.split()))
        except Exception as error:
            print(name, type(error).__name__)

    for column in ("tags", "typed", "varied", "native"):
        for method in ("contains", "contained_by", "overlap"):
            attempt(f"{column} {method}", lambda: getattr(getattr(Article, column), method)(["a"]))
    attempt("core contains", lambda: Article.__table__.c.tags.contains(["a"]))
    attempt("any", lambda: Article.tags.any("a"))
    attempt("cast", lambda: cast(Article.tags, postgresql.ARRAY(String)).contains(["a"]))
"""


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_operators_of_arrays(release: str, tmp_path: Path) -> None:
    text = python_program(release, PROGRAM, tmp_path).text
    for column in ("tags", "typed", "varied"):
        assert f"{column} contains NotImplementedError" in text, text
        assert f"{column} contained_by AttributeError" in text, text
        assert f"{column} overlap AttributeError" in text, text
    assert "core contains NotImplementedError" in text, text
    for method in ("contains", "contained_by", "overlap"):
        assert f"native {method} works" in text, text
    assert "any works" in text and "cast works" in text and "@>" in text, text
