"""Which files are read in depth, and which functions have a body there."""

from __future__ import annotations

import re

import pytest

from constraintlint.facts.code import Function, decode, walk
from constraintlint.frontends.ecmascript import read as read_ecmascript
from constraintlint.frontends.needles import needles
from constraintlint.frontends.python import read as read_python

DEEP_PYTHON = [
    "cur.execute(sql)",
    "rows = db.query(User)",
    "conn.commit()",
    "await pool.fetchrow(q)",
    "Book.objects.raw(q)",
    "import psycopg",
    "from sqlalchemy.orm import Session",
    "import aiosqlite as db",
    'Q = "SELECT a FROM t"',
    'Q = "INSERT INTO t VALUES (1)"',
    'Q = """CREATE TABLE t (a int)"""',
    'URL = os.environ["DATABASE_URL"]',
    "DATABASES = {}",
    'x = os.getenv("PGHOST")',
    'url = "postgresql+psycopg://h/d"',
    "class Settings(BaseSettings): pass",
    "def f(db=Depends(get)): pass",
    "repo = Repo(conn)",
    "db = get_db()",
    "from django.db import models\nclass A(models.Model):\n    name = models.TextField()",
]
SHALLOW_PYTHON = [
    "def add(a, b):\n    return a + b",
    "import os\nprint(os.environ['HOME'])",
    "# a comment that selects one of them from the list\nx = 1",
    "session_timeout = 5",
    "items.update(values)",
]
DEEP_ECMASCRIPT = [
    "await client.query(sql);",
    "knex.raw(q);",
    "import { Pool } from 'pg';",
    'const x = require("better-sqlite3");',
    'import { drizzle } from "drizzle-orm/node-postgres";',
    "sql`SELECT 1`;",
    "const u = process.env.DATABASE_URL;",
    'const q = "SELECT a FROM t";',
    "prisma.$queryRaw`x`;",
    "export default { dialect: 'postgres' };",
    "const u = 'mysql://h/d';",
    "fastify.decorate('db', x);",
    'const rows = await db("hives").where({ label });',
]
SHALLOW_ECMASCRIPT = [
    "export const add = (a, b) => a + b;",
    "import _ from 'lodash';\nconst x = _.map(y);",
    "/a/.exec(text); map.get('x'); list.map(f);",
    "document.querySelector('select');",
]


@pytest.mark.parametrize("text", DEEP_PYTHON)
def test_python_files_that_matter(text: str) -> None:
    assert any(needles("python").finditer(text.encode()))


@pytest.mark.parametrize("text", SHALLOW_PYTHON)
def test_python_files_that_do_not(text: str) -> None:
    assert not any(needles("python").finditer(text.encode()))
    assert not list(needles("python").finditer(text.encode()))


@pytest.mark.parametrize("text", DEEP_ECMASCRIPT)
def test_ecmascript_files_that_matter(text: str) -> None:
    assert any(needles("javascript").finditer(text.encode()))
    assert any(needles("typescript").finditer(text.encode()))


@pytest.mark.parametrize("text", SHALLOW_ECMASCRIPT)
def test_ecmascript_files_that_do_not(text: str) -> None:
    assert not any(needles("typescript").finditer(text.encode()))


def test_places_come_in_order() -> None:
    text = b'import sqlite3\nsession.add(x)\nconn.execute("SELECT a FROM t")\nengine.begin()\nrepo(pool)\n'
    starts = [match.start() for match in needles("python").finditer(text)]
    assert starts == sorted(starts) and len(starts) >= 4
    assert all(isinstance(match, re.Match) for match in needles("python").finditer(text))


def test_only_functions_that_matter_have_a_body() -> None:
    text = b"import sqlite3\ndef a(x):\n    return x + 1\ndef b(conn):\n    conn.execute('')\nclass C:\n    def __init__(self, c):\n        self.c = c\n"
    code = decode(read_python("m.py", text, needles("python")).code)
    bodies = {
        node.name: node.body is not None for node in walk(list(code.body)) if isinstance(node, Function)
    }
    assert bodies == {"a": False, "b": True, "__init__": True}


def test_minified_files_are_not_read_in_depth() -> None:
    text = b"import { Pool } from 'pg';" + b"pool.query('SELECT a FROM t');" * 400
    assert read_ecmascript("m.js", text[:200], needles("javascript")).code
    assert not read_ecmascript("m.js", text, needles("javascript")).code
