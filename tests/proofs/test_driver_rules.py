"""The examples of the rules about rows, connections and pools of the drivers, run: bad ones fail as their page says, good ones work."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from constraintlint.rulebook import all_rules
from tests.proofs.orm_support import postgres_server
from tests.proofs.support import Ran, node_with, python_with, run_node, run_python
from tests.support.pages import Example, examples

pytestmark = pytest.mark.proof

#: rule -> what each of its bad examples ends with, in order
ERRORS: dict[str, list[str]] = {
    "sqlite-row-as-dict": [
        r"(?s)the bio is lost.*'sqlite3.Row' object has no attribute 'get'",
        r"(?s)has no attribute 'kind'.*not JSON serializable.*does not support item assignment",
        "Object of type Row is not JSON serializable",
        "has no attribute 'get'",
        "does not support item assignment",
    ],
    "aiosqlite-connection-awaited-twice": ["threads can only be started once"] * 3,
    "db-handle-used-after-close": [
        "Cannot operate on a closed database",
        r"(?s)ValueError\nProgrammingError.*no active connection",
        "Cannot operate on a closed database",
        r"(?s)released back to the pool.*released back to the pool",
        "This Connection is closed",
        "The database connection is not open",
        "Client was closed and is not queryable",
        r"(?s)no active connection.*InterfaceError: (cursor|connection) already closed",
        "Cannot use a pool after calling end on the pool",
        "Connection closed|no active connection",
        r"(?s)cursor already closed.*InterfaceError: connection already closed",
        "Cannot operate on a closed database",
        "no active connection",
    ],
    "shared-async-db-handle": [
        "another operation is in progress",
        "IllegalStateChangeError|InvalidRequestError",
        "another operation is in progress",
        "This session is provisioning a new connection",
        "another operation is in progress",
        r"bank (\[200, 500\]|\[500\]) vet (\[200, 500\]|\[500\])",
    ],
    "orm-object-in-json-response": [
        "(?s)Author is not JSON serializable.*Author is not JSON serializable",
        "Boat is not JSON serializable",
        "(?s)QuerySet is not JSON serializable.*Room is not JSON serializable",
        "Guest is not JSON serializable",
        "Kite is not JSON serializable",
    ],
    "row-column-case-mismatch": [
        "undefined",
        "KeyError: 'userId'",
        "undefined",
        "KeyError: 'customerName'",
        "IndexError: No item with that key",
        "undefined",
    ],
    "sqlite-path-not-writable": [*["unable to open database file"] * 3, "directory does not exist"],
    "sqlite-int-as-boolean": ["1 is not true"] * 3,
}
PROVES = dict.fromkeys([*ERRORS, "async-pool-on-other-loop"], ())
_PAGE = """
import sqlite3

sqlite3.connect("seeds.db").execute("CREATE TABLE packets (id INTEGER)")
from seeds.store import page

print(page(5))
"""
_SERVED = """
import asyncio
from types import SimpleNamespace

from aiohttp.test_utils import TestClient, TestServer
from bank.app import app, donors


async def main():
    async with TestClient(TestServer(app)) as client:
        print(await donors(SimpleNamespace(app=client.server.app)))


asyncio.run(main())
"""
_SHELF = """
import sqlite3

from fastapi.testclient import TestClient

tables = "CREATE TABLE packets (id INTEGER); CREATE TABLE wishes (packet_id INTEGER);"
sqlite3.connect("seeds.db").executescript(tables + "INSERT INTO packets VALUES (1); INSERT INTO wishes VALUES (1);")
from shelf.app import app

wanted = TestClient(app).get("/packets/1").json()["wanted"]
assert wanted is True, f"{wanted} is not true"
"""
_TOGETHER = """
import asyncio
import os

import asyncpg
import httpx
from aiohttp.test_utils import TestClient, TestServer


async def main():
    setup = await asyncpg.connect(os.environ["DATABASE_URL"])
    await setup.execute("CREATE TABLE IF NOT EXISTS animals (name text); CREATE TABLE IF NOT EXISTS donors (id int)")
    await setup.close()
    from bank.app import app as bank
    from vet.app import app as vet

    async with TestClient(TestServer(bank)) as client:
        bank_said = {answer.status for answer in await asyncio.gather(*[client.get("/donors") for _ in range(4)])}
    transport = httpx.ASGITransport(vet, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://vet") as client:
        asked = [client.post(f"/animals/{name}") for name in range(4)]
        vet_said = {answer.status_code for answer in await asyncio.gather(*asked)}
    print("bank", sorted(bank_said), "vet", sorted(vet_said))
    assert bank_said == vet_said == {200}


asyncio.run(main())
"""
_BANK = """
import os

from aiohttp import web

from bank.app import make_app


async def boats(request):
    return web.json_response({"boats": await request.app["pool"].fetchval("SELECT 1")})


app = make_app()
app.router.add_get("/boats", boats)
web.run_app(app, port=int(os.environ["PORT"]))
"""
_OPEN = """
console.log(require("./db").open);
"""
#: title of an example without a program of its own -> what uses it
MAINS = {
    "Kept on the application by a block that ends before the yield": _SERVED,
    "Kept on the application by a block around the yield": _SERVED,
    "After a block over a context manager of the project that closes": _PAGE,
    "Inside the block over a context manager that closes": _PAGE,
    "FastAPI without a model of the answer": _SHELF,
    "FastAPI: converted, and a model that converts": _SHELF,
    "In the function that makes the application": _BANK,
    "In a context of the application that a function makes": _BANK,
    "A built path that stands in for a variable": _OPEN,
    "A built path that stands in for a variable, and is made": _OPEN,
    "A session that a dependency in Annotated gives to all, a connection in an object kept on the application": _TOGETHER,
    "A session for each request by a dependency in Annotated, a pool in an object kept on the application": _TOGETHER,
}
#: import name -> requirement
PYTHON = {
    "flask": "flask",
    "flask_sqlalchemy": "flask-sqlalchemy",
    "sqlalchemy": "SQLAlchemy[asyncio]==2.0.*",
    "aiosqlite": "aiosqlite==0.22.*",
    "asyncpg": "asyncpg==0.30.*",
    "aiohttp": "aiohttp==3.*",
    "fastapi": "fastapi",
    "httpx": "httpx",
    "uvicorn": "uvicorn",
    "django": "django==5.2.*",
    "psycopg": "psycopg[binary]==3.2.*",
    "psycopg2": "psycopg2-binary==2.9.*",
    "pydantic": "pydantic==2.*",
    "marshmallow": "marshmallow==4.*",
}
NODE = {
    "fastify": ("fastify", "^5"),
    "better-sqlite3": ("better_sqlite3", "12.4.1"),
    "pg": ("pg", "8.16.0"),
}


def _cases(rules: list[str]) -> list[tuple[str, int, Example]]:
    return [
        (name, position, _complete(example))
        for name in rules
        for position, example in enumerate(examples(all_rules()[name].text()))
    ]


def _complete(example: Example) -> Example:
    """An example with the program that uses it."""
    if example.title in MAINS:
        python = any(name.endswith(".py") for name in example.files)
        example.files["main.py" if python else "main.js"] = MAINS[example.title]
    return example


def _id(case: tuple[str, int, Example]) -> str:
    return f"{case[0]}-{'bad' if case[2].bad else 'good'}-{case[1]}"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as address:
        yield address


def _python_of(example: Example) -> Path:
    text = "\n".join(example.files.values())
    wanted = [
        requirement
        for package, requirement in PYTHON.items()
        if re.search(rf"^(?:from|import) {package}\b", text, re.M)
    ]
    if ".testclient import" in text:
        wanted.append(PYTHON["httpx"])
    if "sqlite+aiosqlite" in text:
        wanted.append(PYTHON["aiosqlite"])
    if "postgresql+psycopg2" in text:
        wanted.append(PYTHON["psycopg2"])
    if "postgresql+asyncpg" in text:
        wanted.append(PYTHON["asyncpg"])
    return python_with(*dict.fromkeys(wanted))


def _files(example: Example, address: str) -> dict[str, str]:
    """The files of an example, with the server of the proofs for the one on localhost."""
    return {
        name: re.sub(r"(postgresql(?:\+\w+)?)://localhost/\w+", rf"\1://postgres@{address}", source)
        for name, source in example.files.items()
    }


def _run(example: Example, address: str, where: Path, **env: str) -> Ran:
    entry = next((name for name in example.files if name.startswith(("main.", "app."))), "")
    assert entry, "it has no program of its own: write what uses it into MAINS"
    given = {"DATABASE_URL": f"postgresql://postgres@{address}", "SERVER": f"postgres@{address}", **env}
    if entry.endswith(".py"):
        return run_python(_python_of(example), _files(example, address), [entry], where, **given)
    text = "\n".join(example.files.values())
    packages = dict(NODE[name] for name in NODE if f'"{name}"' in text)
    if '"sqlite3"' in text:
        packages = {"pg": "8.16.0", "sqlite3": "5.1.7"}  # built once for all proofs that need it
    if '"express"' in text:
        given["NODE_PATH"] = str(node_with(express="^5") / "node_modules")
    return run_node(node_with(**packages), dict(example.files), entry, where, **given)


CASES = _cases(list(ERRORS))


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_example(case: tuple[str, int, Example], server: str, tmp_path: Path) -> None:
    name, position, example = case
    done = _run(example, server, tmp_path)
    if example.bad:
        assert done.status != 0, f"works: {done}"
        assert re.search(ERRORS[name][position], done.text), done
    else:
        assert done.status == 0, done


SERVED = _cases(["async-pool-on-other-loop"])


@pytest.mark.parametrize("case", SERVED, ids=_id)
def test_served(case: tuple[str, int, Example], server: str, tmp_path: Path) -> None:
    """A bad program answers its first request with 500, or stops before it listens; a good one serves it."""
    _, _, example = case
    for name, text in _files(example, server).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        **os.environ,
        "DATABASE_URL": f"postgresql://postgres@{server}",
        "SERVER": f"postgres@{server}",
        "PORT": str(port),
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [str(_python_of(example)), "main.py"], cwd=tmp_path, env=env, stdout=output, stderr=output
        )
        try:
            status = _status(f"http://127.0.0.1:{port}/boats", running)
            stopped = running.poll()
        finally:
            running.terminate()
            running.wait(20)
    told = log.read_text("utf-8", "replace")
    if example.bad:
        assert status == 500 or stopped, (status, told)
        assert re.search("different loop|another operation is in progress|loop is closed", told), told
    else:
        assert status == 200, (status, told)


def _status(url: str, running: subprocess.Popen[bytes]) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.2)
    return 0
