"""passlib-bcrypt-incompatible: passlib 1.7.4 with bcrypt 5 and with bcrypt 4."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import Ran, python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {"passlib-bcrypt-incompatible": ("passlib", "bcrypt")}

_CONTEXT = """
from passlib.context import CryptContext
context = CryptContext(schemes=["{scheme}"], deprecated="auto")
print(context.verify("secret", context.hash("secret")))
"""
_HASHER = """
from passlib.hash import {scheme}
print({scheme}.verify("secret", {scheme}.hash("secret")))
"""
_DIRECT = """
import bcrypt
print(bcrypt.checkpw(b"secret", bcrypt.hashpw(b"secret", bcrypt.gensalt(4))))
"""
_SCHEMES = ("bcrypt", "bcrypt_sha256", "django_bcrypt", "django_bcrypt_sha256")


def _run(bcrypt: str, program: str, where: Path) -> Ran:
    return run_python(python_with("passlib==1.7.4", bcrypt), {"app.py": program}, ["app.py"], where)


@pytest.mark.parametrize("program", [_CONTEXT, _HASHER], ids=["context", "hasher"])
@pytest.mark.parametrize("scheme", _SCHEMES)
def test_bcrypt_5_fails_for_a_short_password(program: str, scheme: str, tmp_path: Path) -> None:
    ran = _run("bcrypt>=5", program.format(scheme=scheme), tmp_path)
    assert ran.status != 0, ran
    assert "password cannot be longer than 72 bytes" in ran.text


@pytest.mark.parametrize("program", [_CONTEXT, _HASHER], ids=["context", "hasher"])
@pytest.mark.parametrize("scheme", _SCHEMES)
def test_bcrypt_4_works(program: str, scheme: str, tmp_path: Path) -> None:
    ran = _run("bcrypt>=4,<5", program.format(scheme=scheme), tmp_path)
    assert ran.status == 0 and "True" in ran.text, ran


@pytest.mark.parametrize("program", [_DIRECT, _CONTEXT.format(scheme="pbkdf2_sha256")])
def test_bcrypt_itself_and_another_scheme_work_with_bcrypt_5(program: str, tmp_path: Path) -> None:
    ran = _run("bcrypt>=5", program, tmp_path)
    assert ran.status == 0 and "True" in ran.text, ran
