"""package-subpath-not-exported: the table against the packages themselves."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from constraintlint.rulebook import rules_directory
from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"package-subpath-not-exported": ("hono", "@hono/node-server", "uuid", "nanoid")}

_TABLE = tomllib.loads((rules_directory() / "signatures" / "subpaths.toml").read_text("utf-8"))
_CASES = [(package, major, set(names)) for package, table in _TABLE.items() for major, names in table.items()]


def _installed(package: str, version: str) -> Path:
    return node_with(**{package.replace("@", "at_").replace("/", "__").replace("-", "_"): version})


@pytest.mark.parametrize(("package", "major", "names"), _CASES)
def test_the_table_is_what_the_newest_version_exports(package: str, major: str, names: set[str]) -> None:
    modules = _installed(package, f"^{major}")
    manifest = json.loads((modules / "node_modules" / package / "package.json").read_text("utf-8"))
    exported = {key[2:] for key in manifest["exports"] if key != "." and not key.endswith("package.json")}
    assert names == {name for name in exported if name in names or "*" not in name}


@pytest.mark.parametrize(
    ("package", "version", "subpath"),
    [
        ("hono", "^4", "json"),
        ("uuid", "^9", "v4"),
        ("hono", "^3", "body-limit"),
        ("nanoid", "^3", "generate"),
        ("@hono/node-server", "^1", "serve"),
    ],
)
def test_another_subpath_fails(package: str, version: str, subpath: str, tmp_path: Path) -> None:
    ran = run_node(
        _installed(package, version), {"a.cjs": f"require('{package}/{subpath}')"}, "a.cjs", tmp_path
    )
    assert ran.status != 0 and "ERR_PACKAGE_PATH_NOT_EXPORTED" in ran.text, ran


def test_exported_subpaths_work(tmp_path: Path) -> None:
    program = "console.log(typeof require('nanoid/non-secure').nanoid)"
    assert (
        "function" in run_node(_installed("nanoid", "^3"), {"a.cjs": program}, "a.cjs", tmp_path / "a").text
    )
    program = "console.log(typeof require('@hono/node-server/serve-static').serveStatic)"
    modules = node_with(hono="^4", at_hono__node_server="^1")
    assert "function" in run_node(modules, {"a.cjs": program}, "a.cjs", tmp_path / "b").text


def test_old_paths_of_uuid_3(tmp_path: Path) -> None:
    ran = run_node(
        node_with(uuid="^3"), {"a.cjs": "console.log(require('uuid/v4')().length)"}, "a.cjs", tmp_path
    )
    assert "36" in ran.text, ran
