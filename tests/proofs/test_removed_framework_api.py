"""removed-framework-api: every entry of the table, before and after its release."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from constraintlint.rulebook import rules_directory
from tests.proofs.support import Ran, node_with, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {
    "removed-framework-api": (
        "flask",
        "werkzeug",
        "jinja2",
        "fastapi",
        "pydantic",
        "django",
        "express",
        "fastify",
    )
}

_TABLE = tomllib.loads((rules_directory() / "signatures" / "removed-apis.toml").read_text("utf-8"))["api"]
_PYTHON = [
    (api, name)
    for api in _TABLE
    for name in api["names"]
    if api["distribution"] not in ("express", "fastify")
]
#: what the attribute is looked up on, for names of instances
_MADE = {
    "flask.Flask()": "flask.Flask('x')", "flask.Blueprint()": "flask.Blueprint('x', 'x')", "fastapi.APIRouter()": "fastapi.APIRouter()",
}  # fmt: skip
#: versions from before, where old releases still run on the interpreter of the proofs
_BEFORE = {
    ("flask", "2.3"): ["flask==2.2.5", "werkzeug<3"],
    ("flask", "2.4"): ["flask==2.2.5", "werkzeug<3"],
    ("flask", "3.0"): ["flask==2.3.3", "werkzeug<3"],
    ("werkzeug", "3.0"): ["werkzeug==2.2.3"],
    ("werkzeug", "2.1"): ["werkzeug==2.0.3"],
    ("jinja2", "3.1"): ["jinja2==3.0.3"],
    ("itsdangerous", "2.1"): ["itsdangerous==2.0.1"],
    ("pydantic", "2.0"): ["pydantic<2"],
    ("django", "4.0"): ["django==3.2.*", "psycopg2-binary"],
    ("django", "5.0"): ["django==4.2.*"],
}


def _program(name: str) -> str:
    owner, _, attribute = name.rpartition(".")
    if owner in _MADE:
        return f"import {owner.partition('.')[0]}\nprint('has', 'it', {_MADE[owner]}.{attribute})\n"
    start = "import django.conf\ndjango.conf.settings.configure()\n" if owner.startswith("django") else ""
    return f"{start}from {owner} import {attribute}\nprint('has', 'it')\n"


def _run(requirements: list[str], name: str, where: Path) -> Ran:
    return run_python(python_with(*requirements), {"app.py": _program(name)}, ["app.py"], where)


@pytest.mark.parametrize(("api", "name"), _PYTHON, ids=lambda item: item if isinstance(item, str) else "")
def test_the_first_release_without_it(api: dict[str, str], name: str, tmp_path: Path) -> None:
    since = api["since"]
    newest = [api["distribution"]] if since == "0" else [f"{api['distribution']}>={since}"]
    ran = _run([*newest, "psycopg2-binary"] if "postgres" in name else newest, name, tmp_path)
    assert ran.status != 0 and "has it" not in ran.text, ran
    assert any(
        word in ran.text for word in ("ImportError", "AttributeError", "ModuleNotFound", "ImportError")
    ), ran


@pytest.mark.parametrize(("api", "name"), _PYTHON, ids=lambda item: item if isinstance(item, str) else "")
def test_the_release_before_has_it(api: dict[str, str], name: str, tmp_path: Path) -> None:
    requirements = _BEFORE.get((api["distribution"], api["since"]))
    if requirements is None:
        pytest.skip("never existed, or the release does not run on this interpreter")
    ran = _run(requirements, name, tmp_path)
    assert ran.status == 0 and "has it" in ran.text, ran


_EXPRESS = """
const express = require("express");
const app = express();
console.log("del", typeof app.del, typeof express.Router().del);
app.get("/", (req, res) => res.json([typeof req.param, typeof res.sendfile]));
const server = app.listen(0, async () => {
  const answer = await fetch(`http://localhost:${server.address().port}/`);
  console.log(await answer.text());
  process.exit(0);
});
"""


def test_express_4_and_5(tmp_path: Path) -> None:
    old = run_node(node_with(express="^4"), {"a.cjs": _EXPRESS}, "a.cjs", tmp_path / "4")
    assert "del function" in old.text and '["function","function"]' in old.text, old
    new = run_node(node_with(express="^5"), {"a.cjs": _EXPRESS}, "a.cjs", tmp_path / "5")
    assert "del undefined undefined" in new.text and '["undefined","undefined"]' in new.text, new


@pytest.mark.parametrize(("major", "works"), [("^4", True), ("^5", False)])
@pytest.mark.parametrize("port", ["0", "'0'"])
def test_fastify_listen_with_a_port(major: str, works: bool, port: str, tmp_path: Path) -> None:
    program = f"""
const app = require("fastify")();
Promise.resolve().then(() => app.listen({port}))
  .then(() => {{ console.log("up"); process.exit(0); }}, (error) => {{ console.log("failed", error.code, error.message); process.exit(0); }});
"""
    ran = run_node(node_with(fastify=major), {"a.cjs": program}, "a.cjs", tmp_path)
    assert ("up" in ran.text) == works, ran
