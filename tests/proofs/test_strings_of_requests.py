"""What the frameworks hand on as strings, and what the drivers make of them where PostgreSQL wants a number.

Each program serves ``/by-query?limit=2``, ``/by-path/2`` and ``/converted/2`` with asyncpg, and is asked without a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.orm_support import postgres_server, sqlalchemy
from tests.proofs.support import node_with, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {"pg-limit-offset-not-int": (), "param-column-type-mismatch": ()}

_DATABASE = """
import asyncio, os
import asyncpg

async def rows(value):
    connection = await asyncpg.connect(os.environ["URL"])
    try:
        await connection.fetch("SELECT n FROM generate_series(1, 5) AS t (n) LIMIT $1", value)
        await connection.fetch("SELECT n FROM generate_series(1, 5) AS t (n) WHERE n = $1", value)
        return "works"
    except asyncpg.DataError as error:
        return str(error)
    finally:
        await connection.close()
"""
_ASK = """
import asyncio
from app import ask
for path in ("/by-query?limit=2", "/by-path/2", "/converted/2"):
    print(path, asyncio.run(ask(path)))
"""
_QUART = """
from quart import Blueprint, Quart, request
from database import rows
app = Quart(__name__)
part = Blueprint("part", __name__)
@app.get("/by-query")
async def by_query():
    return await rows(request.args.get("limit", 20))
@part.get("/by-path/<limit>")
async def by_path(limit):
    return await rows(limit)
@part.route("/converted/<int:limit>")
async def converted(limit):
    return await rows(limit)
app.register_blueprint(part)
async def ask(path):
    return (await (await app.test_client().get(path)).get_data()).decode()
"""
_FLASK = """
from flask import Flask, request
from database import rows
app = Flask(__name__)
@app.get("/by-query")
async def by_query():
    return await rows(request.args["limit"])
@app.get("/by-path/<limit>")
async def by_path(limit):
    return await rows(limit)
@app.get("/converted/<int:limit>")
async def converted(limit):
    return await rows(limit)
async def ask(path):
    return (await asyncio.to_thread(app.test_client().get, path)).text
import asyncio
"""
_SANIC = """
from sanic import Blueprint, Request, Sanic
from sanic.response import text
from database import rows
app = Sanic("proof")
part = Blueprint("part")
@app.get("/by-query")
async def by_query(request: Request):
    return text(await rows(request.args.get("limit", 20)))
@part.get("/by-path/<limit>")
async def by_path(request, limit: str):
    return text(await rows(limit))
async def converted(request, limit):
    assert request.match_info["limit"] == limit
    return text(await rows(limit))
part.add_route(converted, "/converted/<limit:int>")
app.blueprint(part)
async def ask(path):
    _, response = await app.asgi_client.get(path)
    return response.text
"""
_STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
import asyncio
from database import rows
async def by_query(request):
    return PlainTextResponse(await rows(request.query_params["limit"]))
async def by_path(request):
    return PlainTextResponse(await rows(request.path_params["limit"]))
app = Starlette(routes=[Route("/by-query", by_query), Route("/by-path/{limit}", by_path), Route("/converted/{limit:int}", by_path)])
async def ask(path):
    return (await asyncio.to_thread(TestClient(app).get, path)).text
"""
_AIOHTTP = """
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from database import rows
async def by_query(request):
    return web.Response(text=await rows(request.query.get("limit", 20)))
async def by_path(request):
    return web.Response(text=await rows(request.match_info["limit"]))
async def converted(request):
    return web.Response(text=await rows(int(request.match_info["limit"])))
async def ask(path):
    app = web.Application()
    app.add_routes([web.get("/by-query", by_query), web.get("/by-path/{limit}", by_path), web.get("/converted/{limit}", converted)])
    async with TestClient(TestServer(app)) as client:
        return await (await client.get(path)).text()
"""
PROGRAMS = {
    "quart": (_QUART, ["quart"]),
    "flask": (_FLASK, ["flask[async]"]),
    "sanic": (_SANIC, ["sanic", "sanic-testing"]),
    "starlette": (_STARLETTE, ["starlette", "httpx"]),
    "aiohttp": (_AIOHTTP, ["aiohttp"]),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as found:
        yield f"postgresql://postgres@{found}"


@pytest.mark.parametrize("framework", PROGRAMS)
def test_frameworks_hand_on_strings(framework: str, url: str, tmp_path: Path) -> None:
    program, requirements = PROGRAMS[framework]
    files = {"database.py": _DATABASE, "app.py": program, "main.py": _ASK}
    ran = run_python(python_with("asyncpg==0.30.*", *requirements), files, ["main.py"], tmp_path, URL=url)
    told = dict(line.split(" ", 1) for line in ran.text.splitlines() if line.startswith(("/by-", "/conv")))
    refused = "invalid input for query argument $1: '2' ('str' object cannot be interpreted as an integer)"
    assert told == {"/by-query?limit=2": refused, "/by-path/2": refused, "/converted/2": "works"}, ran


_DRIVERS = """
import asyncio, os
import asyncpg, psycopg

async def main():
    connection = await asyncpg.connect(os.environ["URL"])
    for value in (12, "12"):
        try:
            await connection.fetch("SELECT 1 WHERE 12 = $1::int", value)
            print("asyncpg", repr(value), "works")
        except asyncpg.DataError as error:
            print("asyncpg", repr(value), error)

asyncio.run(main())
with psycopg.connect(os.environ["URL"], autocommit=True) as connection:
    for value in (12, "12", "north"):
        try:
            connection.execute("SELECT n FROM generate_series(1, 5) AS t (n) WHERE n = %s", (value,))
            print("psycopg", repr(value), "works")
        except psycopg.errors.InvalidTextRepresentation as error:
            print("psycopg", repr(value), str(error).splitlines()[0])
"""


def test_numbers_as_strings(url: str, tmp_path: Path) -> None:
    ran = run_python(sqlalchemy("2.0"), {"main.py": _DRIVERS}, ["main.py"], tmp_path, URL=url)
    assert ran.text.strip().splitlines() == [
        "asyncpg 12 works",
        "asyncpg '12' invalid input for query argument $1: '12' ('str' object cannot be interpreted as an integer)",
        "psycopg 12 works",
        "psycopg '12' works",
        "psycopg 'north' invalid input syntax for type integer: \"north\"",
    ], ran


_DJANGO = """
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=[], DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
from django.db import connection, models

class Pier(models.Model):
    slug = models.SlugField(unique=True)
    class Meta:
        app_label = "piers"

with connection.schema_editor() as editor:
    editor.create_model(Pier)
Pier.objects.create(slug="north")
for name, work in {
    "get": lambda: Pier.objects.get(pk="north"),
    "filter": lambda: Pier.objects.filter(id="north").first(),
    "number": lambda: Pier.objects.get(pk="1").slug,
    "slug": lambda: Pier.objects.filter(slug="north").first().slug,
}.items():
    try:
        print(name, work())
    except ValueError as error:
        print(name, error)
"""


def test_django_wants_a_number(tmp_path: Path) -> None:
    ran = run_python(python_with("django==5.2.*"), {"main.py": _DJANGO}, ["main.py"], tmp_path)
    refused = "Field 'id' expected a number but got 'north'."
    assert ran.text.strip().splitlines() == [
        f"get {refused}",
        f"filter {refused}",
        "number north",
        "slug north",
    ], ran


_SEQUELIZE = """
const { DataTypes, Sequelize } = require("sequelize");
const sequelize = new Sequelize(process.env.URL, { dialect: "postgres", logging: false });
const Berth = sequelize.define("Berth", { code: DataTypes.STRING, pierId: DataTypes.INTEGER }, { timestamps: false });
const attempt = async (name, work) => {
  try {
    console.log(name, (await work()) ? "found" : "none");
  } catch (error) {
    console.log(name, error.message);
  }
};
(async () => {
  await sequelize.sync();
  await Berth.create({ code: "a", pierId: 12 });
  await attempt("key", () => Berth.findByPk("north"));
  await attempt("where", () => Berth.findOne({ where: { pierId: "north" } }));
  await attempt("number", () => Berth.findOne({ where: { pierId: "12" } }));
  await attempt("text", () => Berth.findOne({ where: { code: "north" } }));
  await sequelize.close();
})();
"""


def test_sequelize_hands_texts_on(url: str, tmp_path: Path) -> None:
    modules = node_with(sequelize="6.37.8", pg="8.16.0", pg_hstore="2.3.4")
    ran = run_node(modules, {"main.cjs": _SEQUELIZE}, "main.cjs", tmp_path, URL=url)
    refused = 'invalid input syntax for type integer: "north"'
    assert ran.text.strip().splitlines() == [
        f"key {refused}",
        f"where {refused}",
        "number found",
        "text none",
    ], ran
