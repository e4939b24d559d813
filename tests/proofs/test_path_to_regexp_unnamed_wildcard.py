"""path-to-regexp-unnamed-wildcard: which paths Express and @koa/router take, by major version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constraintlint.checks.framework.path_to_regexp_unnamed_wildcard import broken_in_6, broken_in_8
from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"path-to-regexp-unnamed-wildcard": ("express", "@koa/router")}

PATHS = [
    "*", "/*", "/api/*", "(.*)", "/api/(.*)", "/:rest*", "/:rest(.*)", "/:id?", "/:id(\\d+)", "/a+b", "/a[bc]", "/files/*.:ext",
    "/a!", "/x/:", "/*splat", "/{*splat}", "/api/*rest/end", "/:id", "/:id{.:format}", "/", "/a-b.c/~d", "/a\\*b", "/:a-:b",
]  # fmt: skip

_PROGRAM = """
const result = {};
for (const path of PATHS) {
  try { MAKE.get(path, () => {}); result[path] = true; } catch (error) { result[path] = false; }
}
console.log(JSON.stringify(result));
"""


def _taken(package: str, major: str, make: str, where: Path) -> dict[str, bool]:
    key = package.replace("@", "at_").replace("/", "__")
    program = _PROGRAM.replace("PATHS", json.dumps(PATHS)).replace("MAKE", make)
    ran = run_node(node_with(**{key: f"^{major}", "koa": "^2"}), {"a.cjs": program}, "a.cjs", where)
    assert ran.status == 0, ran
    found: dict[str, bool] = json.loads(ran.text)
    return found


_EXPRESS = "require('express')()"
_KOA = "new (require('@koa/router').default ?? require('@koa/router'))()"


def test_express_5(tmp_path: Path) -> None:
    taken = _taken("express", "5", _EXPRESS, tmp_path)
    assert {path: not broken_in_8(path) for path in PATHS} == taken


def test_express_4_takes_a_bare_star(tmp_path: Path) -> None:
    taken = _taken("express", "4", _EXPRESS, tmp_path)
    assert all(taken[path] for path in ("*", "/*", "/api/*", "(.*)", "/:rest*", "/:id?"))


@pytest.mark.parametrize("major", ["14", "15"])
def test_koa_router_14_and_15(major: str, tmp_path: Path) -> None:
    taken = _taken("@koa/router", major, _KOA, tmp_path)
    assert {path: not broken_in_8(path) for path in PATHS} == taken


@pytest.mark.parametrize("major", ["12", "13"])
def test_koa_router_12_and_13(major: str, tmp_path: Path) -> None:
    taken = _taken("@koa/router", major, _KOA, tmp_path)
    assert not any(taken[path] for path in PATHS if broken_in_6(path))
    assert all(taken[path] for path in ("(.*)", "/:rest*", "/:rest(.*)"))
