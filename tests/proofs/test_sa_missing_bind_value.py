"""sa-missing-bind-value: a parameter without a value is an error, a value without a parameter is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.orm_support import SQLALCHEMY, python_program

pytestmark = pytest.mark.proof
PROVES = {"sa-missing-bind-value": ()}

PROGRAM = """
    from sqlalchemy import bindparam, create_engine, text
    engine = create_engine("sqlite://")
    connection = engine.connect()
    connection.execute(text("CREATE TABLE users (id INTEGER, name TEXT)"))

    def attempt(name, *arguments):
        try:
            connection.execute(*arguments)
            print(name, "works")
        except Exception as error:
            print(name, type(error).__name__, str(error).splitlines()[0])

    attempt("misspelt", text("UPDATE users SET name = :name WHERE id = :id"), {"name": "a", "user_id": 1})
    attempt("none", text("SELECT * FROM users WHERE id = :id"))
    attempt("row", text("INSERT INTO users (id, name) VALUES (:id, :name)"), [{"id": 1, "name": "a"}, {"id": 2}])
    attempt("quoted", text("UPDATE users SET name = 'todo :later'"))
    attempt("json", text("SELECT json_extract('{\\"a\\":1}', '$.a')"))
    attempt("more", text("SELECT '12:30', 'a\\\\:b' FROM users WHERE id = :id"), {"id": 1, "unused": 2})
    attempt("bound", text("SELECT * FROM users WHERE id = :id").bindparams(id=1))
    attempt("many", text("SELECT * FROM users WHERE id IN :ids").bindparams(bindparam("ids", expanding=True)), {"ids": [1]})
"""


@pytest.mark.parametrize("release", SQLALCHEMY)
def test_missing_values(release: str, tmp_path: Path) -> None:
    text = python_program(release, PROGRAM, tmp_path).text
    assert "misspelt StatementError" in text and "required for bind parameter 'id'" in text, text
    assert "none StatementError" in text, text
    assert "row StatementError" in text or "row InvalidRequestError" in text, text
    assert "quoted StatementError" in text and "required for bind parameter 'later'" in text, text
    assert "json StatementError" in text and "required for bind parameter '1'" in text, text
    assert "more works" in text and "bound works" in text and "many works" in text, text
