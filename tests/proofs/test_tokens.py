"""token-kept-in-process-memory and hard-coded-token: what the pages' bad code does when it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from constraintlint.rulebook import all_rules
from tests.proofs.support import python_with
from tests.support.pages import examples, write

pytestmark = pytest.mark.proof
PROVES = {"hard-coded-token": (), "token-kept-in-process-memory": ()}


def _laid_out(rule: str, title: str, where: Path) -> Path:
    example = next(item for item in examples(all_rules()[rule].text()) if item.title == title)
    write(example, where, rule)
    return where


def _run(python: Path, program: str, where: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), "-c", program, *arguments], cwd=where, capture_output=True, text=True, timeout=60, check=True
    )  # fmt: skip
    return done.stdout.strip()


def test_another_process_knows_nothing_of_it(tmp_path: Path) -> None:
    where = _laid_out("token-kept-in-process-memory", "A dictionary of the module", tmp_path)
    one = "import sys; from kiosk.sessions import *; t = open_session(7); print(t, user_of(t))"
    token, user = _run(Path(sys.executable), one, where).split()
    assert user == "7"
    other = "import sys; from kiosk.sessions import *; print(user_of(sys.argv[1]))"
    assert _run(Path(sys.executable), other, where, token) == "None"


def test_everybody_gets_the_same_token(tmp_path: Path) -> None:
    where = _laid_out("hard-coded-token", "Everybody gets the same one", tmp_path)
    program = (
        "from flask import Flask; from kiosk.auth import bp, current_user\n"
        "app = Flask('a'); app.register_blueprint(bp); c = app.test_client()\n"
        "print(*{c.post('/login', json={'email': e}).json['token'] for e in ('a@x', 'b@x')})\n"
        "print(current_user({'Authorization': 'Bearer secret-token-123'}))"
    )
    assert _run(python_with("flask==3.1.3"), program, where).splitlines() == ["fake-jwt-token", "{'id': 1}"]
