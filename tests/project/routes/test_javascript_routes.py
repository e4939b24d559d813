"""The route table of JavaScript applications: against what is stored here, and against what the frameworks say at run time."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from constraintlint.analysis import Options, open_projects, open_workspace
from constraintlint.project.routes import RouteTable
from tests.proofs.support import node_with

HERE = Path(__file__).parent
APPS = HERE / "apps"
STORED = json.loads((HERE / "javascript_routes.json").read_text("utf-8"))

#: framework -> the sets of versions it is run with; the first column names the application (all of them where it is "")
VERSIONS: list[tuple[str, str, dict[str, str]]] = [
    ("express", "", {"express": "^5"}),
    ("express", "library", {"express": "^4"}),
    ("express", "clinic", {"express": "^4"}),
    ("fastify", "", {"fastify": "^5", "fastify_plugin": "^5", "at_fastify__autoload": "^6"}),
    ("fastify", "", {"fastify": "^4", "fastify_plugin": "^4", "at_fastify__autoload": "^5"}),
    ("hono", "", {"hono": "^4"}),
    ("hono", "gallery", {"hono": "^3"}),
    ("hono", "transit", {"hono": "^3"}),
    ("koa", "", {"koa": "^2", "at_koa__router": "^12", "koa_mount": "^4", "koa_compose": "^4"}),
    ("koa", "", {"koa": "^3", "at_koa__router": "^15", "koa_mount": "^4", "koa_compose": "^4"}),
    ("koa", "museum", {"koa": "^2", "at_koa__router": "^8", "koa_mount": "^4", "koa_compose": "^4"}),
]
RUNS = [
    (framework, app.name, versions)
    for framework, only, versions in VERSIONS
    for app in sorted((APPS / framework).iterdir())
    if only in ("", app.name)
]


def table(root: Path) -> RouteTable:
    projects = open_projects(open_workspace(Options(root=root, cache=False)))
    assert len(projects) == 1
    return projects[0].routes


def told(found: RouteTable) -> list[str]:
    return [f"{route.method} {route.path}" for route in found.routes]


def plain(method: str, path: str) -> str:
    """A route as a framework writes it, in the canonical form: written apart from the product's own reading of paths."""
    if "{/^" not in path:
        path = re.sub(r"\{/:(\w+)\}", r"/:\1?", path)  # Express 5
        path = re.sub(r":(\w+)(?:\{[^}]*\}|\([^)]*\))?(\?)?", r"{\1\2}", path)
        path = re.sub(r"(?<=/)\*(\w*)", r"{\1*}", path)
    return f"{method} {path}"


@pytest.mark.parametrize("name", sorted(STORED))
def test_the_table_is_the_stored_one(name: str) -> None:
    found = table(APPS / name)
    assert told(found) == STORED[name]["routes"]
    assert [item.prefix for item in found.unknown] == STORED[name].get("unknown", [])
    assert found.unmounted == ()


def test_every_application_is_stored() -> None:
    assert {f"{app.parent.name}/{app.name}" for app in APPS.glob("*/*")} >= set(STORED)
    javascript = {framework for framework, _, _ in VERSIONS}
    assert {f"{name}/{app.name}" for name in javascript for app in (APPS / name).iterdir()} == set(STORED)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("framework", "name", "versions"), RUNS, ids=[f"{f}-{n}-{'-'.join(v.values())}" for f, n, v in RUNS]
)
def test_the_framework_says_the_same(
    framework: str, name: str, versions: dict[str, str], tmp_path: Path
) -> None:
    modules = node_with(**versions, tsx="^4")
    app = tmp_path / "app"
    shutil.copytree(APPS / framework / name, app)
    shutil.copytree(HERE / "dump", tmp_path / "dump")
    (tmp_path / "node_modules").symlink_to(modules / "node_modules", target_is_directory=True)
    _pin(app, versions)
    typescript = ["--import", "tsx"] if list(app.rglob("*.ts")) else []
    command = ["node", *typescript, str(tmp_path / "dump" / f"{framework}.cjs"), str(app)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said = [plain(route["method"], route["path"]) for route in json.loads(done.stdout)]
    found = told(table(app))
    if framework in (
        "fastify",
        "koa",
    ):  # find-my-way has no order; the order of one layer's methods is Koa's own affair
        said, found = sorted(said), sorted(found)
    assert found == said


def _pin(app: Path, versions: dict[str, str]) -> None:
    """The manifest names the version that runs: what a path means depends on it."""
    manifest = json.loads((app / "package.json").read_text("utf-8"))
    named = {
        key.replace("at_", "@").replace("__", "/").replace("_", "-"): value for key, value in versions.items()
    }
    manifest["dependencies"] = {key: named.get(key, value) for key, value in manifest["dependencies"].items()}
    (app / "package.json").write_text(json.dumps(manifest), "utf-8")


CONDUIT = """
POST /users
POST /users/login
GET /user
PUT /user
GET /profiles/{}
POST /profiles/{}/follow
DELETE /profiles/{}/follow
GET /articles
GET /articles/feed
POST /articles
GET /articles/{}
PUT /articles/{}
DELETE /articles/{}
POST /articles/{}/favorite
DELETE /articles/{}/favorite
GET /articles/{}/comments
POST /articles/{}/comments
DELETE /articles/{}/comments/{}
GET /tags
GET /health-check
"""


@pytest.mark.parametrize("name", ["express", "fastify", "hono", "koa"])
def test_the_same_interface_gives_the_same_table(name: str) -> None:
    """Four backends of one interface, each built in its own way (containers, factories, plugins)."""
    found = table(HERE.parents[2] / "fixtures" / "conduit" / name)
    answered = {
        f"{route.method} {re.sub(r'{[^}]*}', '{}', route.path.removeprefix('/api'))}"
        for route in found.routes
        if not route.automatic and route.method != "*"
    }
    assert answered == set(CONDUIT.split("\n")) - {""}
    assert found.unknown == () and found.unmounted == ()
