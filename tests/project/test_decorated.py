"""Handlers of Quart and Sanic, what their paths give them, and parameters that are declared as requests."""

from __future__ import annotations

import pytest

from constraintlint.project import Project
from tests.project.value_projects import expression, project_of


def parameters(project: Project) -> dict[str, dict[str, str]]:
    """Name of a handler -> the parameters of its path."""
    names = {
        id(scope.function): scope.function.name
        for path in project.paths
        if (file := project.evaluator.file(path)) is not None
        for scope in file.by_node.values()
        if scope.function is not None
    }
    return {names[key]: found for key, found in project.origins.decorated.items()}


def test_quart() -> None:
    project = project_of(
        {
            "app.py": """
            from quart import Quart
            from parts import part

            def create_app():
                app = Quart(__name__)
                app.register_blueprint(part)

                @app.get("/by/<name>")
                async def by(name): ...

                app.add_url_rule("/late/<float(min=1):size>", view_func=late)
                return app

            async def late(size): ...
            """,
            "parts.py": """
            import quart

            PATH = "/parts/<int:number>/<string(length=2):code>/<path:rest>"
            part = quart.Blueprint("part", __name__)

            @part.route(PATH, methods=["GET", "POST"])
            async def show(number, code, rest): ...

            @part.before_request
            async def guard(): ...
            """,
        }
    )
    assert parameters(project) == {
        "by": {"name": ""},
        "late": {"size": "float"},
        "show": {"number": "int", "code": "", "rest": ""},
    }


def test_sanic() -> None:
    project = project_of(
        {
            "app.py": """
            from sanic import Blueprint, Sanic

            app = Sanic("app")
            part = Blueprint("part")

            @app.get("/a/<name>/<slug:slug>")
            async def a(request, name, slug): ...

            @part.post("/b/<number:int>/<day:ymd>/<text:str>")
            async def b(request, number, day, text): ...

            async def c(request, code): ...

            app.add_route(c, "/c/<code:[a-z]{3}>")

            @app.middleware("request")
            async def d(request): ...
            """,
        }
    )
    assert parameters(project) == {
        "a": {"name": "", "slug": "slug"},
        "b": {"number": "int", "day": "ymd", "text": ""},
        "c": {"code": "[a-z]{3}"},
    }


def test_other_objects_with_such_methods() -> None:
    files = {"app.py": "import quart\nimport cache\n\n@cache.get('/a/<b>')\ndef a(b): ...\n"}
    assert parameters(project_of(files)) == {}
    assert parameters(project_of({"app.py": files["app.py"].replace("quart", "flask")})) == {}


@pytest.mark.parametrize(
    ("module", "annotation", "kind"),
    [
        ("from fastapi import Request", "Request", "request"),
        ("from starlette.requests import Request", "Request", "request"),
        ("from aiohttp import web", "web.Request", "request"),
        ("import sanic", "sanic.Request", "request"),
        ("from litestar import Request", "Request", "request"),
        ("from django.http import HttpRequest", "HttpRequest", "request"),
        ("from urllib.request import Request", "Request", "unknown"),
        ("from app.requests import Request", "Request", "unknown"),
    ],
)
def test_a_parameter_that_is_declared_as_a_request(module: str, annotation: str, kind: str) -> None:
    text = f"{module}\n\ndef limit(given: {annotation}):\n    return given.query['limit']\n"
    project = project_of({"a.py": text})
    expr = expression(project, "a.py", "given.query['limit']")
    file = project.evaluator.file("a.py")
    assert file is not None
    assert project.origins.of(expr, file.at(expr.at[0])).kind == kind
