"""The route table of Python applications: against what is stored here, and against what the frameworks say at run time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constraintlint.analysis import Options, open_projects, open_workspace
from constraintlint.project.routes import RouteTable
from constraintlint.project.routes.records import Route
from tests.proofs.support import python_with, run_python

HERE = Path(__file__).parent
APPS = HERE / "apps"
STORED = json.loads((HERE / "python_routes.json").read_text("utf-8"))

#: what starts each application: a module and the name of the application in it, or the settings module
STARTS = {
    "flask/clinic": "wsgi:app",
    "flask/library": "server:application",
    "flask/workshop": "app:app",
    "fastapi/fleet": "main:app",
    "fastapi/orchard": "service:app",
    "fastapi/signals": "app:app",
    "django/kitchen": "kitchen.settings",
    "django/museum": "museum.settings",
    "django/rental": "config.settings",
    "aiohttp/garden": "garden.service:Service().app",
    "aiohttp/harbour": "harbour.application:make_app()",
    "aiohttp/printer": "server:app",
}
VERSIONS = {
    "flask": [["flask==2.3.3", "werkzeug<3"], ["flask==3.1.*"]],
    "fastapi": [["fastapi==0.115.12", "starlette==0.46.2"], ["fastapi>=0.165"]],
    "django": [["django==5.2.*", "djangorestframework==3.16.*", "django-ninja==1.4.*"]],
    "aiohttp": [["aiohttp==3.9.5"], ["aiohttp>=3.14"]],
}
RUNS = [(app, versions) for app in STARTS for versions in VERSIONS[app.partition("/")[0]]]
#: frameworks in which the first pattern that fits wins, so that the order of the table counts
ORDERED = ("fastapi", "django")


def table_of(root: Path) -> RouteTable:
    """The route table of one folder."""
    (project,) = open_projects(open_workspace(Options(root=root, cache=False, jobs=1)))
    return project.routes


def told(route: Route) -> str:
    """A route in one line: what it answers, who answers, what guards it."""
    handler = route.handler.name if route.handler is not None else "-"
    guards = " ".join(f"{guard.how}:{guard.handler.name}" for guard in route.guards)
    marks = ["automatic"] * route.automatic + ["conditional"] * route.conditional
    return " ".join([route.method, route.path, handler, f"[{guards}]", *marks])


def test_every_application_is_compared() -> None:
    python = ("flask", "fastapi", "django", "aiohttp")
    assert sorted(STARTS) == sorted(f"{f}/{app.name}" for f in python for app in (APPS / f).iterdir())
    assert all(sum(1 for name in STARTS if name.startswith(f + "/")) >= 3 for f in python)


@pytest.mark.parametrize("app", STARTS)
def test_the_stored_table(app: str) -> None:
    table = table_of(APPS / app)
    assert [told(route) for route in table.routes] == STORED[app]
    assert table.unknown == ()
    assert table.unmounted == ()


@pytest.mark.proof
@pytest.mark.parametrize(
    ("app", "versions"), RUNS, ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_the_framework_says_the_same(app: str, versions: list[str], tmp_path: Path) -> None:
    framework = app.partition("/")[0]
    files = {
        path.relative_to(APPS / app).as_posix(): path.read_text("utf-8")
        for path in (APPS / app).rglob("*.py")
    }
    files["dump.py"] = (HERE / "dump" / f"dump_{framework}.py").read_text("utf-8")
    ran = run_python(python_with(*versions), files, ["-W", "ignore", "dump.py", STARTS[app]], tmp_path)
    assert ran.status == 0, ran
    real = list(dict.fromkeys(json.loads(ran.text)))
    ours = list(dict.fromkeys(f"{route.method} {route.path}" for route in table_of(APPS / app).routes))
    assert sorted(ours) == sorted(real)
    if framework in ORDERED:
        assert _paths(ours) == _paths(real)


def _paths(lines: list[str]) -> list[str]:
    return list(dict.fromkeys(line.partition(" ")[2] for line in lines))
