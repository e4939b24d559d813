"""Which calls are asked about at all: those that a library of the project can take SQL by."""

from __future__ import annotations

from constraintlint.facts.code import Arg, Call, Name
from constraintlint.project.sink_names import seen_packages, sinks, takes
from tests.project.value_projects import project_of

AT = (0, 0)


def names_of(files: dict[str, str], language: str) -> set[str]:
    return set(sinks(language, seen_packages(project_of(files))))


def test_only_libraries_that_are_imported() -> None:
    found = names_of({"a.js": "const pg = require('pg');"}, "javascript")
    assert "query" in found and "all" not in found and "get" not in found
    found = names_of({"a.ts": "import Database from 'better-sqlite3';"}, "javascript")
    assert {"prepare", "exec"} <= found


def test_what_a_library_hands_out_counts() -> None:
    """``@vercel/postgres`` gives pools of ``pg``, Flask-SQLAlchemy sessions of SQLAlchemy."""
    assert "query" in names_of({"a.ts": "import { createPool } from '@vercel/postgres';"}, "javascript")
    assert {"execute", "text"} <= names_of({"a.py": "from flask_sqlalchemy import SQLAlchemy"}, "python")


def test_names_that_need_no_import() -> None:
    assert "prepare" in names_of(
        {"a.ts": "export default { fetch(r, env: { DB: D1Database }) {} };"}, "javascript"
    )


def test_a_generated_client() -> None:
    assert "$queryRawUnsafe" in names_of(
        {"a.ts": "import { PrismaClient } from './generated/prisma/client';"}, "javascript"
    )


def test_everything_without_a_project() -> None:
    everything = set(sinks("python"))
    assert names_of({"a.py": "import sqlite3"}, "python") < everything


def test_a_call_without_the_argument_takes_nothing() -> None:
    arguments = sinks("javascript")["query"]
    assert not takes(arguments, Call(AT, Name(AT, "query"), []))
    assert takes(arguments, Call(AT, Name(AT, "query"), [Arg(AT, Name(AT, "sql"))]))
