"""import-not-in-manifest: what a fresh installation lacks, and what comes along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import node_with, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"import-not-in-manifest": ()}


def _python(requirements: list[str], program: str, where: Path) -> str:
    return run_python(python_with(*requirements), {"app.py": program}, ["app.py"], where).text


@pytest.mark.parametrize(
    ("requirements", "module"),
    [
        (["flask"], "jwt"), (["flask"], "sqlalchemy"), (["fastapi"], "dotenv"), (["fastapi"], "uvicorn"),
        (["flask"], "quart"), (["flask"], "sanic"), (["psycopg[binary]"], "psycopg2"), (["psycopg2-binary"], "psycopg"),
        (["psycopg2-binary"], "sqlmodel"),
    ],
)  # fmt: skip
def test_python_lacks_it(requirements: list[str], module: str, tmp_path: Path) -> None:
    assert f"No module named '{module}'" in _python(requirements, f"import {module}\n", tmp_path)


def test_python_brings_it_along(tmp_path: Path) -> None:
    program = "import starlette, pydantic, anyio, typing_extensions\nprint('up')\n"
    assert "up" in _python(["fastapi"], program, tmp_path)
    program = "import uvicorn, dotenv, httpx, jinja2, multipart, email_validator, yaml\nprint('up')\n"
    assert "up" in _python(["fastapi[standard]"], program, tmp_path)
    assert "up" in _python(["flask"], "import werkzeug, jinja2, click, itsdangerous\nprint('up')\n", tmp_path)
    assert "up" in _python(["sqlmodel"], "import pydantic, sqlalchemy\nprint('up')\n", tmp_path)
    assert "up" in _python(["quart-schema"], "import quart\nprint('up')\n", tmp_path)


def test_npm_lacks_and_brings(tmp_path: Path) -> None:
    modules = node_with(express="^4.19.0")
    lacking = run_node(modules, {"a.mjs": 'import { z } from "zod";'}, "a.mjs", tmp_path)
    assert lacking.status != 0 and "Cannot find package 'zod'" in lacking.text
    brought = run_node(
        modules, {"b.mjs": 'import p from "body-parser"; console.log(typeof p.json);'}, "b.mjs", tmp_path
    )
    assert "function" in brought.text
