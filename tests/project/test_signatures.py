"""The signature tables: which engine, ORM or framework a module, scheme, dialect or image belongs to."""

from __future__ import annotations

import pytest

from constraintlint.project import signatures
from constraintlint.project.evidence.connection_specs import opening_names, specs
from constraintlint.project.graph import External


def imported(source: str, module: str, *names: str) -> External:
    return External(source, module.split(".")[0], module, "import", 1, 1, 1, 1, names)


FRAMEWORKS = [
    ("a.py", "flask", ("Flask",), "flask"),
    ("a.py", "flask.views", (), "flask"),
    ("a.py", "flask_cors", ("CORS",), "flask"),
    ("a.py", "flaskext", (), None),
    ("a.py", "aiohttp", (), None),
    ("a.py", "aiohttp", ("ClientSession",), None),
    ("a.py", "aiohttp", ("ClientSession", "web"), "aiohttp"),
    ("a.py", "aiohttp.web", ("Application",), "aiohttp"),
    ("a.py", "django.db", ("models",), None),
    ("a.py", "django", (), None),
    ("a.py", "django.http", ("JsonResponse",), "django"),
    ("a.py", "rest_framework.views", ("APIView",), "django"),
    ("a.py", "tornado.httpclient", (), None),
    ("a.py", "tornado.websocket", ("websocket_connect",), None),
    ("a.py", "tornado.websocket", ("WebSocketHandler",), "tornado"),
    ("a.py", "express", (), None),
    ("a.ts", "express", (), "express"),
    ("a.ts", "hono", ("Hono",), "hono"),
    ("a.ts", "hono/cors", ("cors",), "hono"),
    ("a.ts", "hono/client", ("hc",), None),
    ("a.ts", "@hono/node-server", ("serve",), "hono"),
    ("a.ts", "@nestjs/common", ("Module",), "nestjs"),
    ("a.ts", "@nestjs/typeorm", ("TypeOrmModule",), None),
    ("a.ts", "fastify-plugin", (), "fastify"),
    ("a.ts", "next/server", (), "next"),
    ("a.ts", "nextra", (), None),
]


@pytest.mark.parametrize(("source", "module", "names", "expected"), FRAMEWORKS)
def test_framework_of(source: str, module: str, names: tuple[str, ...], expected: str | None) -> None:
    assert signatures.framework_of(imported(source, module, *names)) == expected


ORMS = [
    ("a.py", "sqlalchemy", (), "sqlalchemy"),
    ("a.py", "sqlalchemy.exc", ("IntegrityError",), None),
    ("a.py", "sqlalchemy", ("exc",), None),
    ("a.py", "flask_sqlalchemy", ("SQLAlchemy",), "sqlalchemy"),
    ("a.py", "django.db", ("connection",), None),
    ("a.py", "django.db", ("models",), "django"),
    ("a.py", "playhouse.pool", (), "peewee"),
    ("a.ts", "@mikro-orm/sqlite", (), "mikro-orm"),
    ("a.ts", "@prisma/client", ("PrismaClient",), "prisma"),
    ("a.ts", "drizzle-orm/pg-core", (), "drizzle"),
    ("a.ts", "drizzle-kit", (), None),
]


@pytest.mark.parametrize(("source", "module", "names", "expected"), ORMS)
def test_orm_of(source: str, module: str, names: tuple[str, ...], expected: str | None) -> None:
    assert signatures.orm_of(imported(source, module, *names)) == expected


DRIVERS = [
    ("a.py", "sqlite3", (), "sqlite"),
    ("a.py", "mysql", ("connector",), "mysql"),
    ("a.py", "psycopg.rows", ("dict_row",), "postgresql"),
    ("a.py", "pg", (), None),
    ("a.ts", "pg", ("Pool",), "postgresql"),
    ("a.ts", "pg-format", (), None),
    ("a.ts", "mysql2/promise", (), "mysql"),
    ("a.ts", "node:sqlite", (), "sqlite"),
    ("a.ts", "drizzle-orm/libsql", (), "sqlite"),
    ("a.ts", "drizzle-orm", (), None),
    ("a.ts", "ioredis", (), "redis"),
    ("a.py", "google.cloud", ("firestore",), "firestore"),
    ("a.py", "google.cloud", ("storage",), None),
]


@pytest.mark.parametrize(("source", "module", "names", "expected"), DRIVERS)
def test_driver_of(source: str, module: str, names: tuple[str, ...], expected: str | None) -> None:
    assert signatures.driver_of(imported(source, module, *names)) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+asyncpg://u@h/d", "postgresql"),
        ("POSTGRES://u@h/d", "postgresql"),
        ("postgresql:", "postgresql"),
        ("sqlite:///x.db", "sqlite"),
        ("sqlite:./x.db", "sqlite"),
        ("sqlite::memory:", "sqlite"),
        (":memory:", "sqlite"),
        ("file:./dev.db", "sqlite"),
        ("jdbc:mysql://h/d", "mysql"),
        ("mongodb+srv://h", "mongodb"),
        ("rediss://h", "redis"),
        ("https://h", None),
        ("C:\\data\\x.db", None),
        ("app.db", None),
        ("", None),
    ],
)
def test_engine_of_url(url: str, expected: str | None) -> None:
    assert signatures.engine_of_url(url) == expected


@pytest.mark.parametrize(
    ("tool", "dialect", "expected"),
    [
        ("sequelize", "postgres", "postgresql"),
        ("sequelize", "postgresql", "postgresql"),
        ("knex", "pg", "postgresql"),
        ("knex", "better-sqlite3", "sqlite"),
        ("typeorm", "sqljs", "sqlite"),
        ("prisma", "sqlserver", "mssql"),
        ("django", "django.db.backends.mysql", "mysql"),
        ("django", "django.db.backends.dummy", None),
        ("kysely", "MysqlDialect", "mysql"),
        ("sequelize", "snowflake", "snowflake"),
        ("sequelize", "x", None),
    ],
)
def test_engine_of_dialect(tool: str, dialect: str, expected: str | None) -> None:
    assert signatures.engine_of_dialect(tool, dialect) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("postgres", "postgresql"),
        ("postgres:16-alpine", "postgresql"),
        ("docker.io/library/postgres:16", "postgresql"),
        ("bitnami/postgresql:15", "postgresql"),
        ("localhost:5000/mysql:8", "mysql"),
        ("mariadb:11", "mariadb"),
        ("mcr.microsoft.com/mssql/server:2022-latest", "mssql"),
        ("mongo@sha256:0", "mongodb"),
        ("redis:7", "redis"),
        ("postgrest/postgrest", None),
        ("prometheuscommunity/postgres-exporter", None),
        ("ghcr.io/org/api:1", None),
        ("${IMAGE}", None),
        ("", None),
    ],
)
def test_engine_of_image(image: str, expected: str | None) -> None:
    assert signatures.engine_of_image(image) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("fastapi", "starlette", True),
        ("starlette", "fastapi", True),
        ("nestjs", "express", True),
        ("connexion", "flask", True),
        ("flask", "fastapi", False),
        ("express", "fastify", False),
    ],
)
def test_related_frameworks(one: str, other: str, expected: bool) -> None:
    assert signatures.related(signatures.frameworks(), one, other) is expected


def test_families() -> None:
    assert signatures.same_family("mysql", "mariadb")
    assert signatures.same_family("postgresql", "supabase")
    assert not signatures.same_family("mysql", "postgresql")
    assert not signatures.same_family("redis", "memcached")


def test_tables_are_consistent() -> None:
    engines = signatures.engines()
    assert {e.kind for e in engines.values()} == {"database", "cache", "other"}
    for library in (*signatures.frameworks().values(), *signatures.orms().values()):
        known = signatures.frameworks() if library.name in signatures.frameworks() else signatures.orms()
        assert set(library.implies) <= set(known), library.name
        assert library.python or library.javascript, library.name
    for name, spec in specs().items():
        assert not spec.engine or spec.engine in engines, name
        assert spec.engine or spec.dialect or spec.url, name
        assert not spec.tool or any(spec.tool in engine.names for engine in engines.values()), name
    assert opening_names("pypi") and opening_names("npm")


def test_every_engine_orm_and_framework_of_the_contract_is_known() -> None:
    databases = ["postgresql", "sqlite", "mysql", "mariadb", "mssql", "oracle", "mongodb"]
    assert [name for name, engine in signatures.engines().items() if engine.kind == "database"] == databases
    for name in ["flask", "fastapi", "django", "aiohttp", "express", "fastify", "hono", "koa"]:
        assert name in signatures.frameworks()
    for name in ["sqlalchemy", "sequelize", "django", "prisma", "typeorm", "knex", "drizzle"]:
        assert name in signatures.orms()
