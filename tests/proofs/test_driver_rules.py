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
    ],
    "shared-async-db-handle": [
        "another operation is in progress",
        "IllegalStateChangeError|InvalidRequestError",
        "another operation is in progress",
        "This session is provisioning a new connection",
        "another operation is in progress",
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
    ],
    "sqlite-path-not-writable": ["unable to open database file"] * 3,
    "sqlite-int-as-boolean": ["1 is not true"] * 2,
}
PROVES = dict.fromkeys([*ERRORS, "async-pool-on-other-loop"], ())
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
}
NODE = {
    "better-sqlite3": ("better_sqlite3", "12.4.1"),
    "pg": ("pg", "8.16.0"),
}


def _cases(rules: list[str]) -> list[tuple[str, int, Example]]:
    return [
        (name, position, example)
        for name in rules
        for position, example in enumerate(examples(all_rules()[name].text()))
    ]


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
    if "sqlite+aiosqlite" in text:
        wanted.append(PYTHON["aiosqlite"])
    if "postgresql+psycopg2" in text:
        wanted.append(PYTHON["psycopg2"])
    if "postgresql+asyncpg" in text:
        wanted.append(PYTHON["asyncpg"])
    return python_with(*dict.fromkeys(wanted))


def _run(example: Example, address: str, where: Path, **env: str) -> Ran:
    entry = next(name for name in example.files if Path(name).stem in ("main", "app"))
    given = {"DATABASE_URL": f"postgresql://postgres@{address}", "SERVER": f"postgres@{address}", **env}
    if entry.endswith(".py"):
        return run_python(_python_of(example), dict(example.files), [entry], where, **given)
    text = "\n".join(example.files.values())
    packages = dict(NODE[name] for name in NODE if f'"{name}"' in text)
    if '"sqlite3"' in text:
        packages = {"pg": "8.16.0", "sqlite3": "5.1.7"}  # built once for all proofs that need it
    if '"express"' in text:
        given["NODE_PATH"] = str(node_with(express="^5") / "node_modules")
    return run_node(node_with(**packages), dict(example.files), entry, where, **given)


@pytest.mark.parametrize("case", _cases(list(ERRORS)), ids=_id)
def test_example(case: tuple[str, int, Example], server: str, tmp_path: Path) -> None:
    name, position, example = case
    done = _run(example, server, tmp_path)
    if example.bad:
        assert done.status != 0, f"works: {done}"
        assert re.search(ERRORS[name][position], done.text), done
    else:
        assert done.status == 0, done


@pytest.mark.parametrize("case", _cases(["async-pool-on-other-loop"]), ids=_id)
def test_served(case: tuple[str, int, Example], server: str, tmp_path: Path) -> None:
    """A bad program answers its first request with 500, or stops before it listens; a good one serves it."""
    _, _, example = case
    for name, text in example.files.items():
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
