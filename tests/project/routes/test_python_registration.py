"""Ways of registering routes in Python, one small program each: what is found, what stays unknown, what nothing mounts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constraintlint.analysis import Options, open_projects, open_workspace
from constraintlint.cli import main
from constraintlint.project.routes import RouteTable

_FLASK = "from flask import Blueprint, Flask\napp = Flask(__name__, static_folder=None)\n"
_FASTAPI = "from fastapi import APIRouter, Depends, FastAPI\napp = FastAPI(openapi_url=None)\n"
_AIOHTTP = "from aiohttp import web\napp = web.Application()\nasync def h(request): return web.Response()\n"
_DJANGO = {"site/settings.py": "ROOT_URLCONF = 'site.urls'\n"}

#: title -> files, the routes that are not automatic, the prefixes that are unknown, the routers nobody mounts
CASES: dict[str, tuple[dict[str, str], list[str], list[str], list[str]]] = {
    "Flask-RESTful": (
        {
            "app.py": _FLASK + "from flask_restful import Api, Resource\napi = Api(prefix='/v1')\n"
            "class Ship(Resource):\n    def get(self, name): return {}\n    def delete(self, name): return {}\n"
            "api.add_resource(Ship, '/ships/<name>', '/boats/<name>')\napi.init_app(app)\n"
        },
        ["DELETE /v1/boats/{name}", "DELETE /v1/ships/{name}", "GET /v1/boats/{name}", "GET /v1/ships/{name}"],
        [],
        [],
    ),
    "flask-restx": (
        {
            "app.py": _FLASK + "from flask_restx import Api, Namespace, Resource\napi = Api(app, doc=False)\n"
            "ns = Namespace('ships')\n@ns.route('/<int:number>')\nclass Ship(Resource):\n    def put(self, number): return {}\n"
            "api.add_namespace(ns)\n"
        },
        ["PUT /ships/{number}"],
        [],
        [],
    ),
    "flask-smorest": (
        {
            "app.py": _FLASK + "from flask.views import MethodView\nfrom flask_smorest import Api, Blueprint as Blp\n"
            "api = Api(app)\nships = Blp('ships', __name__, url_prefix='/ships')\n"
            "@ships.route('/')\nclass Ships(MethodView):\n    def post(self): return {}\napi.register_blueprint(ships)\n"
        },
        ["POST /ships/"],
        [],
        [],
    ),
    "a blueprint that nobody registers": (
        {"app.py": _FLASK + "bp = Blueprint('tools', __name__)\n@bp.get('/tools')\ndef tools(): return ''\n"},
        [],
        [],
        ["tools"],
    ),
    "a blueprint of a library": (
        {"app.py": _FLASK + "from other import bp\napp.register_blueprint(bp, url_prefix='/other')\n"},
        [],
        ["/other"],
        [],
    ),
    "a prefix that is computed": (
        {"app.py": _FLASK + "import other\n@app.get('/v' + other.version() + '/x')\ndef x(): return ''\n"},
        [],
        ["/v"],
        [],
    ),
    "routes in a branch": (
        {"app.py": _FLASK + "import os\nif os.environ.get('DEBUG'):\n    @app.get('/debug')\n    def debug(): return ''\n"},
        ["GET /debug conditional"],
        [],
        [],
    ),
    "the prefix of an environment variable that has a default": (
        {"app.py": _FLASK + "import os\nP = os.getenv('P', '/p')\n@app.get(f'{P}/x')\ndef x(): return ''\n"},
        ["GET /p/x"],
        [],
        [],
    ),
    "a factory that only the command line calls": (
        {"app.py": "from flask import Flask\ndef create_app(config=None):\n    app = Flask(__name__)\n    @app.get('/x')\n    def x(): return ''\n    return app\n"},
        ["GET /x"],
        [],
        [],
    ),
    "a router of a library": (
        {"app.py": _FASTAPI + "from fastapi_users import FastAPIUsers\nusers = FastAPIUsers(None, [])\n"
            "app.include_router(users.get_auth_router(None), prefix='/auth')\n"},
        [],
        ["/auth"],
        [],
    ),
    "a router that nobody includes": (
        {"app.py": _FASTAPI + "router = APIRouter(prefix='/lost')\n@router.get('/x')\ndef x(): return 1\n"},
        [],
        [],
        ["/lost"],
    ),
    "a router that includes another after that has its routes": (
        {"app.py": _FASTAPI + "a = APIRouter(prefix='/a')\nb = APIRouter(prefix='/b')\n@b.get('/x')\ndef x(): return 1\n"
            "a.include_router(b)\napp.include_router(a, prefix='/v1')\n"},
        ["GET /v1/a/b/x"],
        [],
        [],
    ),
    "a table of routes that nobody adds": (
        {"app.py": _AIOHTTP + "routes = web.RouteTableDef()\n@routes.get('/x')\nasync def x(request): return web.Response()\n"},
        [],
        [],
        ["app.py:4"],
    ),
    "routes of aiohttp that are computed": (
        {"app.py": _AIOHTTP + "import other\napp.add_routes(other.routes())\napp.router.add_get('/x', h)\n"},
        ["GET /x"],
        [""],
        [],
    ),
    "a URL module of a library, and one nobody includes": (
        {**_DJANGO, "site/urls.py": "from django.urls import include, path\nurlpatterns = [path('o/', include('oauth2_provider.urls'))]\n",
            "tools/urls.py": "from django.http import HttpResponse\nfrom django.urls import path\n"
            "urlpatterns = [path('x', lambda request: HttpResponse())]\n"},
        [],
        ["/o/"],
        ["tools.urls"],
    ),
    "a view whose base is not known": (
        {**_DJANGO, "site/urls.py": "from django.urls import path\nfrom other import Base\n"
            "class V(Base):\n    def get(self, request): return None\nurlpatterns = [path('v/', V.as_view())]\n"},
        ["GET /v/"],
        ["/v/"],
        [],
    ),
    "an endless start": (
        {"app.py": _FLASK + "def f(n):\n    for i in range(900):\n        f(n)\n        f(i)\n\nf(1)\n@app.get('/x')\ndef x(): return ''\n"},
        ["GET /x"],
        [""],
        [],
    ),
}  # fmt: skip


def table_of(root: Path, files: dict[str, str]) -> RouteTable:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    (project,) = open_projects(open_workspace(Options(root=root, cache=False, jobs=1)))
    return project.routes


@pytest.mark.parametrize("title", CASES)
def test_registration(title: str, tmp_path: Path) -> None:
    files, routes, unknown, unmounted = CASES[title]
    table = table_of(tmp_path, files)
    found = [
        f"{route.method} {route.path}{' conditional' * route.conditional}"
        for route in table.routes
        if not route.automatic
    ]
    assert sorted(found) == sorted(routes)
    assert sorted(item.prefix for item in table.unknown) == sorted(unknown), table.unknown
    assert [item.name for item in table.unmounted] == unmounted


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    program = _FLASK + "@app.before_request\ndef guard(): ...\n@app.get('/x/<int:n>')\ndef x(n): return ''\n"
    (tmp_path / "app.py").write_text(program, "utf-8")
    monkeypatch.chdir(tmp_path)
    said: dict[str, str] = {}
    for format_ in ("text", "markdown", "json"):
        with pytest.raises(SystemExit) as ended:
            main(["routes", "--no-cache", "--format", format_])
        assert ended.value.code == 0
        said[format_] = capsysbinary.readouterr().out.decode()
    assert "GET     /x/{n}  x (app.py:6)  [guard]" in said["text"]
    assert "2 automatic routes" in said["text"]
    assert "| GET | `/x/{n}` | `x` app.py:6 | guard |" in said["markdown"]
    document = json.loads(said["json"])
    first = document["routes"][0]
    assert (first["method"], first["path"], first["framework"]) == ("GET", "/x/{n}", "flask")
    assert first["handler"] == {"name": "x", "place": {"path": "app.py", "line": 6, "column": 1}}
    assert first["guards"][0]["how"] == "before_request"
    assert [route["automatic"] for route in document["routes"]] == [False, True, True]


def test_steps_that_end_before_the_signatures_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Start-up code beyond the limit leaves routes that are read all the same, and says that others may be missing."""
    monkeypatch.setattr("constraintlint.project.routes.startup.machine.MAX_STEPS", 40)
    program = (
        "from typing import Annotated\nfrom fastapi import Depends, FastAPI\n"
        "app = FastAPI()\ndef user(): ...\n"
        "@app.get('/a')\ndef a(who: Annotated[str, Depends(user)]): ...\n"
        + "".join(f"x{n} = {n}\n" for n in range(60))
        + "@app.get('/b')\ndef b(): ...\n"
    )
    table = table_of(tmp_path, {"main.py": program})
    routes = [route for route in table.routes if not route.automatic]
    assert [route.path for route in routes] == ["/a"]
    assert [guard.how for guard in routes[0].guards] == ["Depends"]
    assert any("too long" in item.reason for item in table.unknown), table.unknown
