"""What the readers of compose files, environment files, Dockerfiles and tool settings take from them."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraintlint.facts.manifest import ComposeFile, Dockerfile, EnvFile, SettingsFile
from constraintlint.frontends.settings import read_settings, settings_reader


def read(path: str, text: str) -> object:
    record, diagnostics = read_settings(path, textwrap.dedent(text).encode())
    assert diagnostics == []
    return record


def test_compose() -> None:
    compose = read(
        "docker-compose.yml",
        """\
        x-env: &common
          LOG: info
        services:
          db:
            image: postgres:16
            environment:
              POSTGRES_PASSWORD: secret
            profiles: [all]
          api:
            build:
              context: ./api
              dockerfile: Dockerfile.prod
            env_file: [.env, {path: other.env}]
            environment:
              <<: *common
              DATABASE_URL: postgresql://db/app
              HOST_VALUE:
            depends_on:
              db: {condition: service_healthy}
            ports: ["8000:8000"]
          worker:
            build: ./worker
            command: ["celery", "-A", "x"]
            env_file: .env
            environment: [A=1, "B=x=y", C]
            depends_on: [db]
        """,
    )
    assert isinstance(compose, ComposeFile)
    db, api, worker = compose.services
    assert (db.name, db.line, db.image, db.image_line, db.image_column, db.profiles) == (
        "db",
        4,
        "postgres:16",
        5,
        12,
        ["all"],
    )
    assert (api.build, api.dockerfile, api.depends_on, api.ports) == (
        "./api",
        "Dockerfile.prod",
        ["db"],
        ["8000:8000"],
    )
    assert [item.path for item in api.env_files] == [".env", "other.env"]
    assert {item.key: (item.value, item.line) for item in api.environment} == {
        "LOG": ("info", 2),
        "DATABASE_URL": ("postgresql://db/app", 16),
        "HOST_VALUE": (None, 17),
    }
    assert [(item.key, item.value) for item in worker.environment] == [("A", "1"), ("B", "x=y"), ("C", None)]
    assert (worker.build, worker.command, worker.depends_on) == ("./worker", "celery -A x", ["db"])
    assert [item.path for item in worker.env_files] == [".env"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("export A=1", "1"),
        ("  A = spaced  ", "spaced"),
        ("A=value # comment", "value"),
        ("A=value#kept", "value#kept"),
        ('A="quoted # kept" # comment', "quoted # kept"),
        ("A='single $x'", "single $x"),
        ("A=", ""),
        ('A=""', ""),
        ('A="two\nlines"', "two\nlines"),
        ("A=postgres://u:p@h/d?x=y", "postgres://u:p@h/d?x=y"),
    ],
)
def test_env_line(line: str, value: str) -> None:
    env = read(".env", f"# first\n\n{line}\nLAST=1\n")
    assert isinstance(env, EnvFile)
    assert [(item.key, item.value) for item in env.variables] == [("A", value), ("LAST", "1")]
    assert env.variables[0].line == 3


def test_env_ignores_what_is_no_assignment() -> None:
    env = read(".env.example", "#A=1\nnot an assignment\nB=2\n")
    assert isinstance(env, EnvFile)
    assert [(item.key, item.line) for item in env.variables] == [("B", 3)]


def test_dockerfile() -> None:
    dockerfile = read(
        "Dockerfile",
        """\
        # syntax=docker/dockerfile:1
        ARG VERSION=3
        FROM --platform=linux/amd64 python:${VERSION} AS build
        ENV A=build
        RUN <<EOF
        ENV B=not-this
        EOF
        FROM python:3.12-slim
        WORKDIR /app
        ENV DATABASE_URL="sqlite:////data/app.db" \\
            # a comment between
            DEBUG=0
        ENV OLD style value
        COPY --from=build /x /x
        ENTRYPOINT ["python", "-m"]
        CMD gunicorn app:app
        """,
    )
    assert isinstance(dockerfile, Dockerfile)
    build, final = dockerfile.stages
    assert (build.name, build.line, [item.key for item in build.variables]) == ("build", 3, ["A"])
    assert {item.key: item.value for item in final.variables} == {
        "DATABASE_URL": "sqlite:////data/app.db",
        "DEBUG": "0",
        "OLD": "style value",
    }
    assert [(item.name, item.command) for item in final.commands] == [
        ("entrypoint", "python -m"),
        ("cmd", "gunicorn app:app"),
    ]
    assert (final.image, final.workdir) == ("python:3.12-slim", "/app")


def entries(path: str, text: str) -> list[tuple[str, str, int, str]]:
    record = read(path, text)
    assert isinstance(record, SettingsFile)
    return [(item.key, item.value, item.line, item.environment) for item in record.settings]


def test_prisma() -> None:
    text = """\
        // datasource db { provider = "mysql" }
        generator client {
          provider = "prisma-client-js"
        }
        /* datasource old {
             provider = "sqlite" } */
        datasource db {
          provider = "postgresql" // "mysql"
          url      = env("DATABASE_URL")
        }
        model datasource_log {
          provider String @default("sqlite")
        }
        """
    assert entries("prisma/schema.prisma", text) == [
        ("provider", "prisma-client-js", 3, "generator"),
        ("provider", "postgresql", 8, "datasource"),
        ("url-env", "DATABASE_URL", 9, "datasource"),
    ]


def test_alembic() -> None:
    text = """\
        [alembic]
        script_location = alembic
        # sqlalchemy.url = mysql://x
        sqlalchemy.url = postgresql://u@h/d
        [logs]
        sqlalchemy.url =
            sqlite:///logs.db
        """
    assert entries("alembic.ini", text) == [
        ("url", "postgresql://u@h/d", 4, "alembic"),
        ("url", "sqlite:///logs.db", 7, "logs"),
    ]


def test_sequelize_config() -> None:
    text = """\
        {
          "development": {"dialect": "sqlite", "storage": "dev.db"},
          "production": {
            "use_env_variable": "DATABASE_URL",
            "dialect": "postgres"
          }
        }
        """
    assert entries("config/config.json", text) == [
        ("dialect", "sqlite", 2, "development"),
        ("storage", "dev.db", 2, "development"),
        ("dialect", "postgres", 5, "production"),
        ("use_env_variable", "DATABASE_URL", 4, "production"),
    ]


def test_start_and_platform_files() -> None:
    assert entries("Procfile", "web: gunicorn app:app\nworker: celery\n") == [
        ("web", "gunicorn app:app", 1, ""),
        ("worker", "celery", 2, ""),
    ]
    assert entries("fly.toml", 'app = "x"\n[env]\nDATABASE_URL = "sqlite:///x"\nPORT = 8080\n') == [
        ("DATABASE_URL", "sqlite:///x", 3, ""),
        ("PORT", "8080", 4, ""),
    ]
    assert entries(
        "wrangler.jsonc", '{\n // c\n "d1_databases": [{"binding": "DB"}],\n "vars": {"A": "1",},\n}'
    ) == [
        ("d1_databases", "DB", 3, ""),
        ("A", "1", 4, ""),
    ]
    render = """\
        databases:
          - name: db
        services:
          - rootDir: api
            envVars:
              - key: DATABASE_URL
                fromDatabase: {name: db, property: connectionString}
              - key: MODE
                value: x
        """
    assert entries("render.yaml", render) == [
        ("database", "db", 2, ""),
        ("DATABASE_URL", "postgresql://", 6, "api"),
        ("MODE", "x", 8, "api"),
    ]


@pytest.mark.parametrize(
    ("path", "data", "line"),
    [
        ("docker-compose.yml", b"services:\n  a: [\n", 3),
        ("compose.yaml", b"services:\n\t- x\n", 2),
        ("compose.yaml", b"{" * 10_000, 1),
        ("config/config.json", b"{,}", 1),
        ("fly.toml", b"[env\n", 1),
        (".env", b"A=\xff\n", 1),
        ("Dockerfile", b"FROM x\nENV \xfe", 2),
    ],
)
def test_malformed_file_is_a_diagnostic(path: str, data: bytes, line: int) -> None:
    record, diagnostics = read_settings(path, data)
    assert record is None
    assert [(item.path, item.line, item.kind) for item in diagnostics] == [(path, line, "settings-malformed")]


@pytest.mark.parametrize(
    "path",
    [
        "compose.yaml",
        "docker-compose.yml",
        "Dockerfile",
        "schema.prisma",
        "alembic.ini",
        "config/config.json",
        "Procfile",
        ".env",
        "fly.toml",
        "render.yaml",
        "wrangler.toml",
    ],
)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b'{"a": [1, {"b": null}]}',
        b"services: 3",
        b"}}}{{{",
        b'"',
        b"services: {a: [], b: null, c: {environment: 3, env_file: [[]], build: [], depends_on: x}}",
    ],
)
def test_strange_content_never_raises(path: str, data: bytes) -> None:
    read_settings(path, data)


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        "env.py",
        "src/env.ts",
        "README.md",
        "config.json",
        "mkdocs.yml",
        "Dockerfile.md",
        "environment.yml",
    ],
)
def test_other_files_are_no_settings(path: str) -> None:
    assert settings_reader(path) is None


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(
        [
            "compose.yaml",
            "Dockerfile",
            "schema.prisma",
            "alembic.ini",
            "config/config.json",
            "Procfile",
            ".env",
            "fly.toml",
            "render.yaml",
            "wrangler.jsonc",
        ]
    ),
    data=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="[]{}\"'=:,.#\n -abc019\\&*<|$", max_size=200).map(str.encode),
        st.text(alphabet=" \n-:{}[]&*", max_size=100).map(lambda text: ("services:\n  a:\n" + text).encode()),
    ),
)
def test_no_content_raises(path: str, data: bytes) -> None:
    read_settings(path, data)
