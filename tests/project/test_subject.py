"""Which components of a repository a configuration speaks about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.test_stack import projects_of

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
PG = "import psycopg\n\ndef get(dsn):\n    return psycopg.connect(dsn)\n"
MONGO = "import pymongo\nclient = pymongo.MongoClient()\n"

CASES: list[tuple[str, dict[str, str], list[str]]] = [
    ("one-component", {"app.py": FLASK}, [""]),
    ("no-manifest-at-all", {"a/app.py": FLASK, "b/app.py": FASTAPI}, [""]),
    ("root-serves", {"requirements.txt": "flask\n", "app.py": FLASK, "b/requirements.txt": "x\n", "b/app.py": FASTAPI}, [""]),
    ("root-is-empty", {"package.json": '{"name": "root"}', "a/requirements.txt": "flask\n", "a/app.py": FLASK, "b/requirements.txt": "x\n", "b/jobs.py": "x = 1\n"}, ["a"]),
    ("declared-framework", {"constraintlint.toml": "framework = 'fastapi'\n", "a/requirements.txt": "flask\n", "a/app.py": FLASK, "b/requirements.txt": "fastapi\n", "b/app.py": FASTAPI}, ["b"]),
    ("declared-framework-below-another-root", {"constraintlint.toml": "framework = 'fastapi'\n", "package.json": '{"name": "site", "dependencies": {"next": "14"}}', "pages/index.js": "import Head from 'next/head';\nexport default Head;\n", "api/requirements.txt": "fastapi\n", "api/app.py": FASTAPI}, ["api"]),
    ("declared-framework-nowhere", {"constraintlint.toml": "framework = 'django'\n", "a/requirements.txt": "flask\n", "a/app.py": FLASK, "b/requirements.txt": "fastapi\n", "b/app.py": FASTAPI}, ["a", "b"]),
    ("declared-database-by-driver", {"constraintlint.toml": "database = 'postgresql'\n", "a/requirements.txt": "flask\n", "a/app.py": FLASK + PG, "b/requirements.txt": "fastapi\n", "b/app.py": FASTAPI + MONGO}, ["a"]),
    ("declared-database-by-dependency", {"constraintlint.toml": "database = 'postgresql'\n", "a/requirements.txt": "flask\nasyncpg\n", "a/app.py": FLASK, "b/requirements.txt": "fastapi\npymongo\n", "b/app.py": FASTAPI}, ["a"]),
    ("imported-library", {"pyproject.toml": "[project]\nname = 'root'\n", "services/api/pyproject.toml": "[project]\nname = 'api'\n", "services/api/api/app.py": FLASK + "from core.db import get\n", "libs/core/pyproject.toml": "[project]\nname = 'core'\n", "libs/core/core/__init__.py": "", "libs/core/core/db.py": PG, "services/jobs/pyproject.toml": "[project]\nname = 'jobs'\n", "services/jobs/jobs.py": MONGO}, ["libs/core", "services/api"]),
    ("library-imported-by-tests-only", {"api/pyproject.toml": "[project]\nname = 'api'\n", "api/app.py": FLASK, "api/tests/test_app.py": "from fake.db import client\n", "fake/pyproject.toml": "[project]\nname = 'fake'\n", "fake/fake/__init__.py": "", "fake/fake/db.py": MONGO}, ["api"]),
    ("settings-of-tools-make-no-component", {"pyproject.toml": "[project]\nname = 'a'\n", "app.py": FLASK, "sub/pyproject.toml": "[tool.ruff]\nline-length = 100\n", "sub/db.py": PG}, [""]),
    ("requirements-directory", {"requirements/base.txt": "flask\n", "requirements/dev.txt": "-r base.txt\npytest\n", "app.py": FLASK}, [""]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "files", "expected"), CASES, ids=[case[0] for case in CASES])
def test_subject(name: str, files: dict[str, str], expected: list[str], tmp_path: Path) -> None:
    (project,) = projects_of(tmp_path, files)
    assert project.stack.components == expected


def test_a_configuration_of_its_own_is_a_project_of_its_own(tmp_path: Path) -> None:
    files = {
        "constraintlint.toml": "framework = 'flask'\n",
        "app.py": FLASK,
        "examples/api/constraintlint.toml": "framework = 'fastapi'\n",
        "examples/api/requirements.txt": "fastapi\npsycopg\n",
        "examples/api/app.py": FASTAPI + PG,
    }
    outer, inner = projects_of(tmp_path, files)
    assert [entry.name for entry in outer.stack.frameworks] == ["flask"]
    assert outer.stack.databases == []
    assert inner.stack.components == ["examples/api"]
    assert [(entry.name, entry.role) for entry in inner.stack.databases] == [("postgresql", "runtime")]


def test_environment_above_a_configuration_serves_the_services_built_below_it(tmp_path: Path) -> None:
    program = (
        "import os\nfrom sqlalchemy import create_engine\ne = create_engine(os.environ['DATABASE_URL'])\n"
    )
    files = {
        "docker-compose.yml": "services:\n  a:\n    build: ./a\n    environment:\n      DATABASE_URL: postgresql://x\n"
        "  b:\n    build: ./b\n    environment:\n      DATABASE_URL: mysql://x\n",
        "a/constraintlint.toml": "database = 'postgresql'\n",
        "a/app.py": program,
        "b/constraintlint.toml": "database = 'mysql'\n",
        "b/app.py": program,
    }
    found = {
        project.config.directory: [entry.name for entry in project.stack.databases]
        for project in projects_of(tmp_path, files)
    }
    assert found == {"a": ["postgresql"], "b": ["mysql"]}
