"""handler-needs-user-but-guard-does-not-set-it: the Python examples of its page, asked without a token on the real frameworks."""

from __future__ import annotations

from pathlib import Path

import pytest

from constraintlint.rulebook import all_rules
from tests.proofs.support import python_with, run_python
from tests.support.pages import Example, examples

pytestmark = pytest.mark.proof
PROVES = {"handler-needs-user-but-guard-does-not-set-it": ("flask", "fastapi", "aiohttp", "django")}

FLASK = """
import importlib, sys
for name in sys.argv[1:]:
    app = importlib.import_module(name).app
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                print(method, rule.rule, app.test_client().open(rule.rule, method=method).status_code)
"""
FASTAPI = """
from fastapi.testclient import TestClient
from main import app
client = TestClient(app, raise_server_exceptions=False)
for path in sorted(app.openapi()["paths"]):
    print("GET", path, client.get(path).status_code)
"""
AIOHTTP = """
import asyncio, importlib, sys
from aiohttp.test_utils import TestClient, TestServer
async def main():
    app = importlib.import_module(sys.argv[1]).app
    async with TestClient(TestServer(app)) as client:
        for path in sys.argv[2:]:
            print("GET", path, (await client.get(path)).status)
asyncio.run(main())
"""
DJANGO = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.test import Client
from django.urls import get_resolver
client = Client(raise_request_exception=False)
for pattern in get_resolver().url_patterns:
    print("GET", f"/{pattern.pattern}", client.get(f"/{pattern.pattern}").status_code)
"""
#: title of the example -> its driver, the driver's arguments, the lines that end in 500
CASES: dict[str, tuple[str, list[str], set[str]]] = {
    "Flask: a decorator that one handler lacks, and one that lets requests through": (
        FLASK, ["app.main"], {"POST /kilns", "GET /firings"},
    ),
    "Flask: a hook of the blueprint that sets nothing for guests, and Flask-Login": (
        FLASK, ["app", "portal"], {"GET /looms", "GET /badges"},
    ),
    "Flask: a hook, a refusing decorator after it, and a handler that asks": (FLASK, ["app"], set()),
    "Flask-Login: the hook of the blueprint asks for a login, or the handler looks who it is": (FLASK, ["portal"], set()),
    "aiohttp: a middleware of another application, and one that goes on without a user": (
        AIOHTTP, ["server", "/admin/mine", "/public/shelves", "/public/card"], {"GET /public/shelves", "GET /public/card"},
    ),
    "aiohttp: public paths are let through by the middleware": (AIOHTTP, ["server", "/mine", "/shelves"], set()),
    "aiohttp: a decorator of a view, and a member that the handler looks for": (AIOHTTP, ["cards", "/card"], set()),
    "FastAPI: a dependency that may give nothing, and one that is missing": (
        FASTAPI, [], {"GET /boats", "GET /crews", "GET /moorings"},
    ),
    "aiohttp: read inside a test of something else": (AIOHTTP, ["app", "/raise"], {"GET /raise"}),
    "aiohttp: a middleware that no application is given": (AIOHTTP, ["app", "/raise"], {"GET /raise"}),
    "FastAPI: handed to a function that reads it": (FASTAPI, [], {"GET /account"}),
    "FastAPI: handed to a function that asks": (FASTAPI, [], set()),
    "FastAPI: a middleware class sets it": (FASTAPI, [], set()),
    "FastAPI: the dependency refuses, or the handler asks": (FASTAPI, [], set()),
    "Django: a decorator that one view lacks": (DJANGO, [], {"GET /receipts", "GET /totals"}),
    "Django: a middleware of the project sets it": (DJANGO, [], set()),
    "Django: a decorator of a method, and a view that looks": (DJANGO, [], set()),
}  # fmt: skip
REQUIREMENTS = {
    FLASK: ("flask", "flask-login"),
    FASTAPI: ("fastapi", "httpx"),
    AIOHTTP: ("aiohttp",),
    DJANGO: ("django==5.2.*",),
}
EXAMPLES = [
    example
    for example in examples(all_rules()["handler-needs-user-but-guard-does-not-set-it"].text())
    if any(name.endswith(".py") for name in example.files)
]


def test_every_example_is_asked() -> None:
    assert {example.title for example in EXAMPLES} == set(CASES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_without_a_token(example: Example, tmp_path: Path) -> None:
    driver, arguments, failing = CASES[example.title]
    files = {**example.files, "drive.py": driver}
    if driver == FLASK:  # Flask-Login wants both
        files = {
            name: text.replace(
                "LoginManager(app)", 'app.secret_key = "x"\nLoginManager(app).user_loader(lambda key: None)'
            )
            for name, text in files.items()
        }
    ran = run_python(python_with(*REQUIREMENTS[driver]), files, ["drive.py", *arguments], tmp_path)
    asked = dict(line.rsplit(" ", 1) for line in ran.text.splitlines() if line.startswith(("GET ", "POST ")))
    assert asked, ran
    assert {line for line, status in asked.items() if status == "500"} == failing, ran
