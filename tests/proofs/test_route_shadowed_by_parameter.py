"""route-shadowed-by-parameter: which of two routes answers, in every framework, in both orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import node_with, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"route-shadowed-by-parameter": ("fastapi", "starlette", "django", "express", "koa", "hono")}

_ASGI = """
import asyncio

async def ask(app, path):
    said = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        said.append(message.get("body", b"").decode() or str(message.get("status", "")))
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
             "root_path": "", "scheme": "http", "http_version": "1.1", "server": ("a", 1), "client": ("b", 2)}
    await app(scope, receive, send)
    return " ".join(said)

print(asyncio.run(ask(app, "/trips/upcoming")))
"""
_FASTAPI = """
from fastapi import FastAPI
app = FastAPI()
def one(trip_id: int):
    return "one"
def upcoming():
    return "upcoming"
for path, view in {routes}:
    app.add_api_route(path, {{"one": one, "upcoming": upcoming}}[view], methods=["GET"])
"""


@pytest.mark.parametrize(
    ("routes", "answer"),
    [
        ([("/trips/{trip_id}", "one"), ("/trips/upcoming", "upcoming")], "422"),
        ([("/trips/upcoming", "upcoming"), ("/trips/{trip_id}", "one")], '200 "upcoming"'),
        ([("/trips/{trip_id:int}", "one"), ("/trips/upcoming", "upcoming")], '200 "upcoming"'),
    ],
)
def test_fastapi(routes: list[tuple[str, str]], answer: str, tmp_path: Path) -> None:
    program = _FASTAPI.format(routes=routes) + _ASGI
    ran = run_python(
        python_with("fastapi==0.115.12", "starlette==0.46.2"), {"app.py": program}, ["app.py"], tmp_path
    )
    assert ran.status == 0 and ran.text.startswith(answer), ran


_STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
def one(request):
    return PlainTextResponse("one")
def upcoming(request):
    return PlainTextResponse("upcoming")
app = Starlette(routes=[Route(path, {{"one": one, "upcoming": upcoming}}[view]) for path, view in {routes}])
"""


@pytest.mark.parametrize(
    ("routes", "answer"),
    [
        ([("/trips/{trip_id}", "one"), ("/trips/upcoming", "upcoming")], "200 one"),
        ([("/trips/upcoming", "upcoming"), ("/trips/{trip_id}", "one")], "200 upcoming"),
        ([("/trips/{trip_id:int}", "one"), ("/trips/upcoming", "upcoming")], "200 upcoming"),
    ],
)
def test_starlette(routes: list[tuple[str, str]], answer: str, tmp_path: Path) -> None:
    program = _STARLETTE.format(routes=routes) + _ASGI
    ran = run_python(
        python_with("fastapi==0.115.12", "starlette==0.46.2"), {"app.py": program}, ["app.py"], tmp_path
    )
    assert ran.status == 0 and ran.text.startswith(answer), ran


_DJANGO = """
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
import django
django.setup()
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.http import require_POST
def one(request, key):
    return HttpResponse("one")
def search(request):
    return HttpResponse("search")
urlpatterns = [path("{first}", {view}), path("{second}", {other})]
answer = Client().get("/products/search/")
print(answer.status_code, answer.content.decode())
"""


@pytest.mark.parametrize(
    ("first", "view", "second", "other", "answer"),
    [
        ("products/<slug:key>/", "one", "products/search/", "search", "200 one"),
        ("products/<slug:key>/", "require_POST(one)", "products/search/", "search", "405"),
        ("products/search/", "search", "products/<slug:key>/", "one", "200 search"),
        ("products/<int:key>/", "one", "products/search/", "search", "200 search"),
    ],
)
def test_django(first: str, view: str, second: str, other: str, answer: str, tmp_path: Path) -> None:
    program = _DJANGO.format(first=first, view=view, second=second, other=other)
    ran = run_python(python_with("django==5.2.*"), {"app.py": program}, ["-W", "ignore", "app.py"], tmp_path)
    assert ran.status == 0 and answer in ran.text, ran


_FLASK = """
from flask import Flask
app = Flask(__name__)
app.add_url_rule("/trips/<name>", "one", lambda name: "one")
app.add_url_rule("/trips/upcoming", "upcoming", lambda: "upcoming")
print(app.test_client().get("/trips/upcoming").text)
"""
_AIOHTTP = """
import asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
async def main():
    app = web.Application()
    async def one(request):
        return web.Response(text="one")
    async def upcoming(request):
        return web.Response(text="upcoming")
    app.router.add_get("/trips/{name}", one)
    app.router.add_get("/trips/upcoming", upcoming)
    async with TestClient(TestServer(app)) as client:
        print(await (await client.get("/trips/upcoming")).text())
asyncio.run(main())
"""


@pytest.mark.parametrize(("program", "requirement"), [(_FLASK, "flask==3.1.*"), (_AIOHTTP, "aiohttp>=3.14")])
def test_the_static_path_wins(program: str, requirement: str, tmp_path: Path) -> None:
    ran = run_python(python_with(requirement), {"app.py": program}, ["app.py"], tmp_path)
    assert ran.status == 0 and ran.text.strip() == "upcoming", ran


_EXPRESS = """
const express = require("express");
const app = express();
ROUTES
const server = app.listen(0, async () => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/users/me`);
  console.log("answer", await answer.text());
  server.close();
});
"""
_KOA = """
const Koa = require("koa");
const Router = require("@koa/router");
const router = new Router();
ROUTES
const server = new Koa().use(router.routes()).listen(0, async () => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/users/me`);
  console.log("answer", await answer.text());
  server.close();
});
"""
_HONO = """
const { Hono } = require("hono");
const app = new Hono();
ROUTES
Promise.resolve(app.request("/users/me")).then(async (answer) => console.log("answer", await answer.text()));
"""
_JAVASCRIPT = [
    (_EXPRESS, {"express": "^5"}, 'app.get("/users/:id", (q, s) => s.send("one")); app.get("/users/me", (q, s) => s.send("me"));', "one"),
    (_EXPRESS, {"express": "^4"}, 'app.get("/users/:id", (q, s) => s.send("one")); app.get("/users/me", (q, s) => s.send("me"));', "one"),
    (_EXPRESS, {"express": "^5"}, 'app.get("/users/:id", (q, s, next) => next()); app.get("/users/me", (q, s) => s.send("me"));', "me"),
    (_KOA, {"koa": "^2", "at_koa__router": "^12"}, 'router.get("/users/:id", (c) => { c.body = "one"; }); router.get("/users/me", (c) => { c.body = "me"; });', "one"),
    (_KOA, {"koa": "^2", "at_koa__router": "^12"}, 'router.get("/users/me", (c) => { c.body = "me"; }); router.get("/users/:id", (c) => { c.body = "one"; });', "me"),
    (_HONO, {"hono": "^4"}, 'app.get("/users/:id", (c) => c.text("one")); app.get("/users/me", (c) => c.text("me"));', "one"),
    (_HONO, {"hono": "^4"}, 'app.get("/users/:id{[0-9]+}", (c) => c.text("one")); app.get("/users/me", (c) => c.text("me"));', "me"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "packages", "routes", "answer"), _JAVASCRIPT, ids=lambda value: str(value)[:20]
)
def test_javascript(program: str, packages: dict[str, str], routes: str, answer: str, tmp_path: Path) -> None:
    ran = run_node(node_with(**packages), {"app.js": program.replace("ROUTES", routes)}, "app.js", tmp_path)
    assert ran.status == 0 and f"answer {answer}" in ran.text, ran
