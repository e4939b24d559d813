"""listen-on-loopback: what each framework binds to where no host is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import node_with, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"listen-on-loopback": ("fastify", "express", "koa", "hono", "flask", "aiohttp", "uvicorn")}


@pytest.mark.parametrize("version", ["^4", "^5"])
@pytest.mark.parametrize(
    ("options", "loopback"), [("{ port: 0 }", True), ("{ port: 0, host: '0.0.0.0' }", False)]
)
def test_fastify(version: str, options: str, loopback: bool, tmp_path: Path) -> None:
    program = f"const app = require('fastify')();\napp.listen({options}).then(() => {{\n  console.log(JSON.stringify(app.addresses()));\n  process.exit(0);\n}});"
    ran = run_node(node_with(fastify=version), {"a.cjs": program}, "a.cjs", tmp_path)
    assert ("127.0.0.1" in ran.text or '"::1"' in ran.text) == loopback, ran


@pytest.mark.parametrize(
    ("arguments", "address"), [("0", "::"), ("0, 'localhost'", "127.0.0.1"), ("0, '127.0.0.1'", "127.0.0.1")]
)
@pytest.mark.parametrize("made", ["require('express')()", "new (require('koa'))()"])
def test_express_and_koa(made: str, arguments: str, address: str, tmp_path: Path) -> None:
    program = f"const s = ({made}).listen({arguments});\ns.on('listening', () => {{ console.log(s.address().address); process.exit(0); }});"
    ran = run_node(node_with(express="^5", koa="^3"), {"a.cjs": program}, "a.cjs", tmp_path)
    assert ran.text.strip() in ({"::", "0.0.0.0"} if address == "::" else {"127.0.0.1", "::1"}), ran


def test_hono(tmp_path: Path) -> None:
    program = """
const { serve } = require("@hono/node-server");
serve({ fetch: () => new Response("up"), port: 0, hostname: "localhost" }, (info) => { console.log(info.address); process.exit(0); });"""
    ran = run_node(node_with(hono="^4", at_hono__node_server="^1"), {"a.cjs": program}, "a.cjs", tmp_path)
    assert ran.text.strip() in ("127.0.0.1", "::1"), ran


def test_python(tmp_path: Path) -> None:
    """The hosts that Flask, uvicorn and aiohttp choose by themselves."""
    program = """
import inspect
import uvicorn
from aiohttp import web
from unittest import mock
from flask import Flask
print("uvicorn", inspect.signature(uvicorn.run).parameters["host"].default)
print("aiohttp", inspect.signature(web.run_app).parameters["host"].default)
with mock.patch("werkzeug.serving.run_simple") as run:
    Flask("x").run(port=8000)
print("flask", run.call_args.args[0])
"""
    python = python_with("flask>=3", "uvicorn", "aiohttp>=3.9")
    ran = run_python(python, {"a.py": program}, ["a.py"], tmp_path)
    assert {"uvicorn 127.0.0.1", "aiohttp None", "flask 127.0.0.1"} <= set(ran.text.split("\n")), ran
