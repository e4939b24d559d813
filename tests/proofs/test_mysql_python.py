"""PyMySQL, aiomysql and mysqlclient on a MariaDB server: their placeholders, and what they make of those of others."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.mysql_support import mysql_server
from tests.proofs.support import Ran, python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {"sql-placeholder-arity": (), "sql-placeholder-style": ()}

_CASES = """
CASES = {
    "two good": ("SELECT id FROM stops WHERE name = %s AND id > %s", ("a", 0)),
    "twice good": ("SELECT id FROM stops WHERE name = %(name)s OR alias = %(name)s", {"name": "a"}),
    "percent good": ("SELECT id FROM stops WHERE alias <> '100%%' AND name = %s", ("a",)),
    "one value good": ("SELECT id FROM stops WHERE id = %s", 1),
    "no values good": ("SELECT DATE_FORMAT(NOW(), '%s')", None),
    "quoted good": ("SELECT id, '?', '$1' FROM stops WHERE id = %s", (1,)),
    "one bad": ("SELECT id FROM stops WHERE name = %s AND id > %s", ("a",)),
    "three bad": ("SELECT id FROM stops WHERE name = %s AND id > %s", ("a", 0, 1)),
    "qmark bad": ("SELECT id FROM stops WHERE id = ?", (1,)),
    "dollar bad": ("SELECT id FROM stops WHERE id = $1", (1,)),
    "named bad": ("SELECT id FROM stops WHERE name = :name", {"name": "a"}),
}
"""
_BLOCKING = """
import os, sys
from importlib import import_module
from cases import CASES
driver = import_module(sys.argv[1])
host, _, port = os.environ["PLACE"].partition(":")
connection = driver.connect(host=host, port=int(port), user="root", database="app")
cursor = connection.cursor()
cursor.execute("CREATE TABLE IF NOT EXISTS stops (id INT, name TEXT, alias TEXT)")
for name, (sql, values) in CASES.items():
    try:
        cursor.execute(sql, values)
        cursor.fetchall()
        print(name, "works")
    except Exception as error:
        print(name, type(error).__name__, error)
"""
_AWAITED = """
import asyncio, os
import aiomysql
from cases import CASES

async def main():
    host, _, port = os.environ["PLACE"].partition(":")
    connection = await aiomysql.connect(host=host, port=int(port), user="root", db="app")
    cursor = await connection.cursor()
    await cursor.execute("CREATE TABLE IF NOT EXISTS stops (id INT, name TEXT, alias TEXT)")
    for name, (sql, values) in CASES.items():
        try:
            await cursor.execute(sql, values)
            print(name, "works")
        except Exception as error:
            print(name, type(error).__name__, error)
    connection.close()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with mysql_server() as found:
        yield found


def _holds(ran: Ran) -> None:
    lines = ran.text.strip().splitlines()
    told = [line for line in lines if " good " in line or " bad " in line]
    assert len(told) == 11, ran
    for line in told:
        assert line.endswith(" works") is (" good " in line), ran


@pytest.mark.parametrize(
    ("requirement", "module"), [("pymysql", "pymysql"), ("mysqlclient", "MySQLdb")], ids=["PyMySQL", "mysqlclient"]
)  # fmt: skip
def test_blocking_drivers(requirement: str, module: str, place: str, tmp_path: Path) -> None:
    try:
        python = python_with(requirement)
    except subprocess.CalledProcessError:
        pytest.skip(
            f"{requirement} cannot be built here: it needs the headers of the client library of MySQL"
        )
    _holds(
        run_python(
            python, {"main.py": _BLOCKING, "cases.py": _CASES}, ["main.py", module], tmp_path, PLACE=place
        )
    )


def test_aiomysql(place: str, tmp_path: Path) -> None:
    files = {"main.py": _AWAITED, "cases.py": _CASES}
    _holds(run_python(python_with("aiomysql"), files, ["main.py"], tmp_path, PLACE=place))
