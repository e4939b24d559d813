"""The rules of the category code on real interpreters: the bad examples fail as their messages say, the good ones work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.proofs.support import node_with, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {
    "call-to-undefined-member": (),
    "decorator-recursion": (),
    "entity-dict-contract-mismatch": (),
    "import-of-later-rebound-global": (),
    "missing-injected-dependency": (),
    "optional-value-dereference": (),
    "pydantic-model-misuse": (),
    "unawaited-coroutine": (),
}

_PLAIN = {
    "call-to-undefined-member": (
        "class Stock:\n    def level(self): return 1\nStock().reserve()",
        "AttributeError: 'Stock' object has no attribute 'reserve'",
    ),
    "call-to-undefined-member, module": ("import json\njson.decode('1')", "AttributeError: module 'json' has no attribute"),
    "missing-injected-dependency": (
        "class A:\n    def __init__(self, db=None): self.db = db\n    def all(self): return self.db.execute('x')\nA().all()",
        "'NoneType' object has no attribute 'execute'",
    ),
    "entity-dict-contract-mismatch": ("def f(): return {'id': 1}\nf().id", "'dict' object has no attribute 'id'"),
    "entity-dict-contract-mismatch, object": ("class A: pass\ndef f(): return A()\nf()['id']", "is not subscriptable"),
    "unawaited-coroutine": (
        "async def f(): return {'id': 1}\nuser = f()\nuser['id']",
        "'coroutine' object is not subscriptable",
    ),
    "unawaited-coroutine, dropped": (
        "import asyncio\nasync def f(): print('ran')\nasync def main(): f()\nasyncio.run(main())",
        "was never awaited",
    ),
    "decorator-recursion": (
        "def d(v):\n    def w():\n        f()\n        return v()\n    return w\n@d\ndef f(): pass\nf()",
        "RecursionError",
    ),
    "import-of-later-rebound-global": (
        "import sys, types\nm = types.ModuleType('m'); sys.modules['m'] = m\n"
        "exec('S = None\\ndef init():\\n    global S\\n    S = dict', m.__dict__)\n"
        "from m import S, init\ninit()\nassert m.S is dict\nS()",
        "'NoneType' object is not callable",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "error"), _PLAIN.values(), ids=_PLAIN)
def test_python_fails(text: str, error: str, tmp_path: Path) -> None:
    assert error in run_python(Path(sys.executable), {"a.py": text}, ["a.py"], tmp_path).text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("class A {} new A().reserve();", "is not a function"),
        ("class A { constructor(p, q) { this.q = q } run() { this.q.query() } } new A(1).run();", "undefined"),
        ("async function f() { return { a: 1 } } const r = f(); if (!r || r.a !== 1) throw new Error('no result');", "no result"),
        ("import * as fs from 'node:fs'; fs.readAll('x');", "is not a function"),
    ],
)  # fmt: skip
def test_node_fails(text: str, error: str, tmp_path: Path) -> None:
    ran = run_node(node_with(uuid="^9"), {"a.mjs": text}, "a.mjs", tmp_path)
    assert ran.status != 0 and error in ran.text, ran


_MODELS = """
from typing import Optional
from pydantic import BaseModel, ConfigDict
class Member(BaseModel):
    name: str
    email: Optional[str] = None
class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
m = Member(name="a")
loose = Loose()
"""


@pytest.mark.parametrize("version", ["pydantic==2.5.3", "pydantic==2.11.7"])
@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("m['name']", "not subscriptable"),
        ("m.get('name')", "no attribute 'get'"),
        ("m.number = 7", 'object has no field "number"'),
        ("m.email.lower()", "'NoneType' object has no attribute 'lower'"),
        ("m.name = 'b'; loose.note = 1; m.model_dump()['name']", ""),
    ],
)
def test_pydantic(version: str, line: str, error: str, tmp_path: Path) -> None:
    ran = run_python(python_with(version), {"a.py": _MODELS + line}, ["a.py"], tmp_path)
    assert (ran.status != 0 and error in ran.text) if error else ran.status == 0, ran
