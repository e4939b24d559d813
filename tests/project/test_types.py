"""Which type an expression has: by import, annotation, assignment, construction, factory, injection and stores."""

from __future__ import annotations

import pytest

from constraintlint.project.flow.types import is_class
from tests.project.value_projects import expression, project_of, types

SQLITE = "sqlite3.Connection"

PYTHON: list[tuple[str, str, str, str]] = [
    ("connect", "import sqlite3\nc = sqlite3.connect('x')\nuse(c)", "c", SQLITE),
    ("from import", "from sqlite3 import connect as open_it\nc = open_it('x')\nuse(c)", "c", SQLITE),
    ("cursor", "import psycopg2\nc = psycopg2.connect('').cursor()\nuse(c)", "c", "psycopg2.cursor"),
    ("chained", "import sqlite3\nc = sqlite3.connect('x').execute('')\nuse(c)", "c", "sqlite3.Cursor"),
    ("with", "import psycopg\nwith psycopg.connect('') as c:\n    use(c)", "c", "psycopg.Connection"),
    (
        "async with and await",
        "import aiosqlite\nasync def f():\n    async with aiosqlite.connect('x') as c:\n        use(c)\n    d = await aiosqlite.connect('x')",
        "c",
        "aiosqlite.Connection",
    ),
    (
        "pool",
        "import asyncpg\nasync def f():\n    pool = await asyncpg.create_pool()\n    async with pool.acquire() as c:\n        use(c)",
        "c",
        "asyncpg.Connection asyncpg.Queries",
    ),
    (
        "alias of a module",
        "import psycopg2cffi\nc = psycopg2cffi.connect()\nuse(c)",
        "c",
        "psycopg2.connection",
    ),
    (
        "closing",
        "import sqlite3, contextlib\nwith contextlib.closing(sqlite3.connect('')) as c:\n    use(c)",
        "c",
        SQLITE,
    ),
    ("partial branches", "import sqlite3\nc = None\nif t:\n    c = sqlite3.connect('')\nuse(c)", "c", SQLITE),
    ("unknown", "import sqlite3\ndef f(c):\n    use(c)", "c", ""),
    ("method name alone", "import sqlite3\ndef f(c):\n    use(c.cursor())", "c.cursor()", ""),
    ("annotation", "import sqlite3\ndef f(c: sqlite3.Connection):\n    use(c)", "c", SQLITE),
    ("string annotation", "import sqlite3\ndef f(c: 'sqlite3.Connection | None'):\n    use(c)", "c", SQLITE),
    (
        "optional",
        "import sqlite3\nfrom typing import Optional\ndef f(c: Optional[sqlite3.Connection] = None):\n    use(c)",
        "c",
        SQLITE,
    ),
    ("variable annotation", "import sqlite3\nc: sqlite3.Connection = make()\nuse(c)", "c", SQLITE),
    (
        "session",
        "from sqlalchemy.orm import sessionmaker\nS = sessionmaker()\ns = S()\nuse(s)",
        "s",
        "sqlalchemy.orm.Session",
    ),
    (
        "sessionmaker of an async class",
        "from sqlalchemy.orm import sessionmaker\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
        "S = sessionmaker(class_=AsyncSession)\ns = S()\nuse(s)",
        "s",
        "sqlalchemy.ext.asyncio.AsyncSession",
    ),
    (
        "engine.begin",
        "from sqlalchemy import create_engine\nwith create_engine('').begin() as c:\n    use(c)",
        "c",
        "sqlalchemy.Connection",
    ),
    (
        "session.connection",
        "from sqlalchemy.orm import Session\nuse(Session().connection())",
        "Session().connection()",
        "sqlalchemy.Connection",
    ),
    (
        "scoped session",
        "from sqlalchemy.orm import scoped_session\ns = scoped_session(f)\nuse(s)",
        "s",
        "sqlalchemy.orm.Session sqlalchemy.orm.scoped_session",
    ),
    (
        "flask-sqlalchemy",
        "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\nuse(db.session)",
        "db.session",
        "sqlalchemy.orm.Session sqlalchemy.orm.scoped_session",
    ),
    (
        "django connection",
        "from django.db import connection\nwith connection.cursor() as c:\n    use(c)",
        "c",
        "django.db.backends.utils.CursorWrapper",
    ),
    (
        "django connections",
        "from django.db import connections\nuse(connections['x'].cursor())",
        "connections['x'].cursor()",
        "django.db.backends.utils.CursorWrapper",
    ),
    (
        "django manager",
        "from django.db import models, connection\nclass B(models.Model):\n    pass\nuse(B.objects)",
        "B.objects",
        "django.db.models.Manager django.db.models.QuerySet",
    ),
    (
        "dependency by default",
        "import sqlite3\nfrom fastapi import Depends\ndef get():\n    c = sqlite3.connect('')\n    yield c\ndef f(c=Depends(get)):\n    use(c)",
        "c",
        SQLITE,
    ),
    (
        "annotated dependency",
        "import sqlite3\nfrom typing import Annotated\nfrom fastapi import Depends\ndef get():\n    yield sqlite3.connect('')\n"
        "Dep = Annotated[object, Depends(get)]\ndef f(c: Dep):\n    use(c)",
        "c",
        SQLITE,
    ),
    ("factory", "import sqlite3\ndef make():\n    return sqlite3.connect('')\nuse(make())", "make()", SQLITE),
    (
        "factory by annotation",
        "import sqlite3\ndef make() -> sqlite3.Connection:\n    ...\nuse(make())",
        "make()",
        SQLITE,
    ),
    (
        "context manager",
        "import sqlite3\nfrom contextlib import contextmanager\n@contextmanager\ndef tx():\n    c = sqlite3.connect('')\n    yield c\n"
        "with tx() as c:\n    use(c)",
        "c",
        SQLITE,
    ),
    (
        "injected by the constructor",
        "import sqlite3\nclass R:\n    def __init__(self, conn):\n        self._c = conn\n    def f(self):\n        use(self._c)\nR(sqlite3.connect(''))",
        "self._c",
        SQLITE,
    ),
    (
        "class attribute annotation",
        "import sqlite3\nclass R:\n    conn: sqlite3.Connection\n    def f(self):\n        use(self.conn)",
        "self.conn",
        SQLITE,
    ),
    (
        "own context manager",
        "import sqlite3\nclass U:\n    def __enter__(self):\n        self.c = sqlite3.connect('')\n        return self.c\nwith U() as c:\n    use(c)",
        "c",
        SQLITE,
    ),
    (
        "project wrapper stays itself",
        "import sqlite3\nclass D:\n    def execute(self, s):\n        pass\nd = D()\nuse(d)",
        "d",
        "m.py:D",
    ),
    (
        "derived from a library type",
        "from sqlalchemy.orm import Session\nclass S(Session):\n    pass\nuse(S())",
        "S()",
        "m.py:S sqlalchemy.orm.Session",
    ),
    (
        "flask g",
        "import sqlite3\nfrom flask import g\ndef a():\n    g.db = sqlite3.connect('')\ndef b():\n    use(g.db)",
        "g.db",
        SQLITE,
    ),
    ("flask g never assigned", "import sqlite3\nfrom flask import g\ndef b():\n    use(g.db)", "g.db", ""),
    (
        "aiohttp application key",
        "import asyncpg\nasync def a(app):\n    app['pool'] = await asyncpg.create_pool()\nasync def b(request):\n    use(request.app['pool'])",
        "request.app['pool']",
        "asyncpg.Pool asyncpg.Queries",
    ),
    (
        "application state",
        "import sqlite3\ndef a(app):\n    app.state.db = sqlite3.connect('')\ndef b(request):\n    use(request.app.state.db)",
        "request.app.state.db",
        SQLITE,
    ),
    (
        "run_sync callback",
        "from sqlalchemy.ext.asyncio import AsyncConnection\nasync def f(c: AsyncConnection):\n    await c.run_sync(lambda s: use(s))",
        "s",
        "sqlalchemy.Connection",
    ),
    (
        "singleton in a module",
        "import sqlite3\nc = None\ndef init():\n    global c\n    c = sqlite3.connect('')\ndef f():\n    use(c)",
        "c",
        SQLITE,
    ),
    (
        "functools",
        "import sqlite3\nfrom functools import lru_cache\n@lru_cache\ndef make():\n    return sqlite3.connect('')\nuse(make())",
        "make()",
        SQLITE,
    ),
    (
        "getattr",
        "import sqlite3\nfrom flask import g\ndef a():\n    g._db = sqlite3.connect('')\ndef b():\n    use(getattr(g, '_db', None))",
        "getattr(g, '_db', None)",
        SQLITE,
    ),
    (
        "local proxy",
        "import sqlite3\nfrom werkzeug.local import LocalProxy\ndef get():\n    return sqlite3.connect('')\ndb = LocalProxy(get)\nuse(db)",
        "db",
        SQLITE,
    ),
]

POOL = "pg#Pool pg#Queryable"
CLIENT = "pg#Client pg#PoolClient pg#Queryable"

ECMASCRIPT: list[tuple[str, str, str, str]] = [
    ("named import", "import { Pool } from 'pg'; const p = new Pool(); use(p);", "p", POOL),
    ("default import", "import pg from 'pg'; const p = new pg.Pool(); use(p);", "p", POOL),
    ("namespace import", "import * as pg from 'pg'; const p = new pg.Pool(); use(p);", "p", POOL),
    ("require", "const { Pool } = require('pg'); const p = new Pool(); use(p);", "p", POOL),
    ("require member", "const p = new (require('pg').Pool)(); use(p);", "p", POOL),
    ("await connect", "import { Pool } from 'pg'; async function f() { const c = await new Pool().connect(); use(c); }", "c", CLIENT),
    ("then", "import { Pool } from 'pg'; new Pool().connect().then((c) => use(c));", "c", CLIENT),
    ("node callback", "const m = require('mysql'); m.createPool({}).getConnection((e, c) => { use(c); });", "c", "mysql#Connection mysql#PoolConnection"),
    ("parameter property", "import { Pool } from 'pg'; class R { constructor(private readonly p: Pool) {} f() { use(this.p); } }", "this.p", POOL),
    ("field annotation", "import { Pool } from 'pg'; class R { p: Pool; f() { use(this.p); } }", "this.p", POOL),
    ("private field", "import { Pool } from 'pg'; class R { #p = new Pool(); f() { use(this.#p); } }", "this.#p", POOL),
    ("object of dependencies", "import { Pool } from 'pg'; make({ db: new Pool() }); function make({ db }) { return { f: () => use(db) }; }", "db", POOL),
    ("union type", "import { Pool, PoolClient } from 'pg'; function f(c: Pool | PoolClient) { use(c); }", "c", "pg#Client pg#Pool pg#PoolClient pg#Queryable"),
    ("typeof", "import { Pool } from 'pg'; const pool = new Pool(); function f(p: typeof pool) { use(p); }", "p", POOL),
    ("type alias", "import { Pool } from 'pg'; type Db = Pool; function f(p: Db) { use(p); }", "p", POOL),
    ("promise type", "import { Pool } from 'pg'; declare function make(): Promise<Pool>; async function f() { use(await make()); }", "await make()", POOL),
    ("type-only import", "import type { Pool } from 'pg'; function f(p: Pool) { use(p); }", "p", POOL),
    ("sequelize", "import { Sequelize } from 'sequelize'; const s = new Sequelize(''); use(s);", "s", "sequelize#Sequelize"),
    ("sequelize default", "const Sequelize = require('sequelize'); const s = new Sequelize(''); use(s);", "s", "sequelize#Sequelize"),
    ("model", "import { Sequelize } from 'sequelize'; const s = new Sequelize(''); const U = s.define('u'); use(U.sequelize);", "U.sequelize", "sequelize#Sequelize"),
    ("knex", "import knex from 'knex'; const k = knex({}); use(k);", "k", "knex#Knex"),
    ("knex transaction", "import { Knex } from 'knex'; function f(k: Knex) { k.transaction(async (t) => { use(t); }); }", "t", "knex#Knex knex#Transaction"),
    ("prisma service", "import { PrismaClient } from '@prisma/client'; class S extends PrismaClient { f() { use(this); } }", "this", "@prisma/client#PrismaClient m.ts:S"),
    ("prisma transaction", "import { PrismaClient } from '@prisma/client'; new PrismaClient().$transaction(async (t) => { use(t); });", "t", "@prisma/client#PrismaClient"),
    ("generated prisma client", "import { PrismaClient } from '../generated/prisma/client'; use(new PrismaClient());", "new PrismaClient()", "@prisma/client#PrismaClient"),
    ("typeorm", "import { DataSource } from 'typeorm'; const d = new DataSource({}); use(d.getRepository(U));", "d.getRepository(U)", "typeorm#Repository"),
    ("generic repository", "import { Repository } from 'typeorm'; class S { constructor(private r: Repository<User>) {} f() { use(this.r); } }", "this.r", "typeorm#Repository"),
    ("postgres.js", "import postgres from 'postgres'; const sql = postgres(''); use(sql);", "sql", "postgres#Sql"),
    ("drizzle", "import { drizzle } from 'drizzle-orm/node-postgres'; const db = drizzle(''); use(db);", "db", "drizzle-orm#Database"),
    ("pg-promise", "const pgp = require('pg-promise')({}); const db = pgp(''); use(db);", "db", "pg-promise#IDatabase pg-promise#Queries"),
    ("sqlite3 verbose", "const s = require('sqlite3').verbose(); use(new s.Database(''));", "new s.Database('')", "sqlite3#Database"),
    ("better-sqlite3", "import Database from 'better-sqlite3'; const db = new Database(''); use(db);", "db", "better-sqlite3"),
    ("better-sqlite3 type", "import Database from 'better-sqlite3'; function f(db: Database.Database) { use(db); }", "db", "better-sqlite3"),
    ("node sqlite", "import { DatabaseSync } from 'node:sqlite'; use(new DatabaseSync(''));", "new DatabaseSync('')", "node:sqlite#DatabaseSync"),
    ("mysql promise", "import mysql from 'mysql2/promise'; const c = await mysql.createConnection({}); use(c);", "c", "mysql2/promise#Connection"),
    ("promise()", "const mysql = require('mysql2'); const p = mysql.createPool({}).promise(); use(p);", "p", "mysql2/promise#Pool"),
    ("global type", "function f(env: { DB: D1Database }, db: D1Database) { use(db); }", "db", "@cloudflare/workers-types#D1Database"),
    ("decorated instance", "const { Pool } = require('pg'); module.exports = (fastify) => { fastify.decorate('db', new Pool()); use(fastify.db); };", "fastify.db", POOL),
    ("request locals", "const { Pool } = require('pg'); app.locals.db = new Pool(); app.get('/', (req) => use(req.app.locals.db));", "req.app.locals.db", POOL),
    ("global cache", "import { PrismaClient } from '@prisma/client'; const p = globalThis.prisma ?? new PrismaClient(); globalThis.prisma = p; use(p);", "p", "@prisma/client#PrismaClient"),
    ("callback of a project function", "const { Pool } = require('pg'); const pool = new Pool(); async function tx(fn) { const c = await pool.connect(); return fn(c); } tx((c2) => use(c2));", "c2", CLIENT),
    ("promisified method", "const { promisify } = require('util'); const m = require('mysql'); const q = promisify(m.createPool({}).query); use(q);", "q", ""),
    ("map", "const m = new Map(); use(m);", "m", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "text", "expected"), PYTHON, ids=[row[0] for row in PYTHON])
def test_python(name: str, code: str, text: str, expected: str) -> None:
    assert " ".join(types(project_of({"m.py": code}), "m.py", text)) == expected


@pytest.mark.parametrize(("name", "code", "text", "expected"), ECMASCRIPT, ids=[row[0] for row in ECMASCRIPT])
def test_ecmascript(name: str, code: str, text: str, expected: str) -> None:
    assert " ".join(types(project_of({"m.ts": code}), "m.ts", text)) == expected


ACROSS: list[tuple[str, dict[str, str], str, str, str]] = [
    (
        "dependency of another module",
        {
            "app/__init__.py": "",
            "app/db.py": """
                from typing import Annotated, AsyncIterator
                from fastapi import Depends
                from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
                Local = async_sessionmaker()
                async def get_session():
                    async with Local() as session:
                        yield session
                SessionDep = Annotated[AsyncSession, Depends(get_session)]
            """,
            "app/routes.py": "from app.db import SessionDep\nasync def show(s: SessionDep):\n    use(s)",
        },
        "app/routes.py",
        "s",
        "sqlalchemy.ext.asyncio.AsyncSession",
    ),
    (
        "repository made in another module",
        {
            "app/__init__.py": "",
            "app/repo.py": "class Repo:\n    def __init__(self, db):\n        self.db = db\n    def f(self):\n        use(self.db)",
            "app/main.py": "import sqlite3\nfrom app import repo\nrepo.Repo(db=sqlite3.connect(''))",
        },
        "app/repo.py",
        "self.db",
        SQLITE,
    ),
    (
        "store of another module",
        {
            "plugin.js": "const fp = require('fastify-plugin'); const { Pool } = require('pg');\n"
            "module.exports = fp(async (fastify) => { fastify.decorate('db', new Pool()); });",
            "route.js": "module.exports = async (app) => { app.get('/', async (request) => use(request.server.db)); };",
        },
        "route.js",
        "request.server.db",
        POOL,
    ),
    (
        "through an index of models",
        {
            "models/index.js": "const { Sequelize } = require('sequelize');\nconst db = {};\ndb.sequelize = new Sequelize('');\nmodule.exports = db;",
            "m.js": "const { sequelize } = require('./models');\nuse(sequelize);",
        },
        "m.js",
        "sequelize",
        "sequelize#Sequelize",
    ),
    (
        "interface of the project",
        {
            "db.ts": "import { Pool } from 'pg';\nexport class Db { constructor(readonly pool: Pool) {} }\nexport default new Db(new Pool());",
            "m.ts": "import db from './db';\nuse(db.pool);",
        },
        "m.ts",
        "db.pool",
        POOL,
    ),
]


@pytest.mark.parametrize(
    ("name", "files", "path", "text", "expected"), ACROSS, ids=[row[0] for row in ACROSS]
)
def test_across_files(name: str, files: dict[str, str], path: str, text: str, expected: str) -> None:
    assert " ".join(types(project_of(files), path, text)) == expected


def test_classes_and_what_they_derive_from() -> None:
    project = project_of(
        {
            "m.py": "from django.db import models, connection\nclass A(models.Model):\n    pass\nclass B(A):\n    pass\nuse(B, models.Model, int)"
        }
    )
    for text, expected in (("B", True), ("models.Model", True), ("int", False)):
        (value,) = project.evaluator.values("m.py", expression(project, "m.py", text))
        assert is_class(project, value, "django.db.models.Model") is expected
