"""emailstr-without-email-validator: Pydantic and FastAPI with and without email-validator."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import Ran, python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {"emailstr-without-email-validator": ("pydantic", "fastapi")}

_MODEL = (
    "from pydantic import BaseModel, EmailStr\nclass User(BaseModel):\n    email: EmailStr\nprint('up')\n"
)
_NAME = _MODEL.replace("EmailStr", "NameEmail")
_ADAPTER = "from pydantic import EmailStr, TypeAdapter\nTypeAdapter(list[EmailStr])\nprint('up')\n"
_ROUTE = """
from fastapi import FastAPI
from pydantic import EmailStr
app = FastAPI()
@app.get("/users")
def find(email: EmailStr):
    return email
print("up")
"""
_IMPORT = "from pydantic import EmailStr\ndef send(to: EmailStr): ...\nprint('up')\n"
_PLAIN_CLASS = "from pydantic import EmailStr\nclass Address:\n    to: EmailStr\nprint('up')\n"


def _run(requirement: str, program: str, where: Path) -> Ran:
    return run_python(python_with(requirement), {"app.py": program}, ["app.py"], where)


@pytest.mark.parametrize(
    "program", [_MODEL, _NAME, _ADAPTER, _ROUTE], ids=["model", "name", "adapter", "route"]
)
def test_a_schema_cannot_be_built(program: str, tmp_path: Path) -> None:
    ran = _run("fastapi", program, tmp_path)
    assert ran.status != 0 and "email-validator is not installed" in ran.text, ran


@pytest.mark.parametrize("program", [_IMPORT, _PLAIN_CLASS], ids=["import", "plain class"])
def test_a_name_alone_is_harmless(program: str, tmp_path: Path) -> None:
    ran = _run("fastapi", program, tmp_path)
    assert ran.status == 0 and "up" in ran.text, ran


@pytest.mark.parametrize("requirement", ["pydantic[email]", "fastapi[standard]", "fastapi[all]"])
def test_the_extras_bring_it(requirement: str, tmp_path: Path) -> None:
    ran = _run(requirement, _MODEL, tmp_path)
    assert ran.status == 0 and "up" in ran.text, ran
