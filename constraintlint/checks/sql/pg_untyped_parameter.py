"""A parameter stands where nothing tells PostgreSQL its type."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project
from constraintlint.project.sql_statements import SqlProblem

RULE = "pg-untyped-parameter"
#: libraries that hand parameters to the server without a type; psycopg2, Django and pg-promise put values into the text,
#: psycopg and Prisma send the type of the value
_WITHOUT_TYPES = frozenset(
    {
        "asyncpg",
        "pg",
        "postgres",
        "@neondatabase/serverless",
        "@vercel/postgres",
        "@electric-sql/pglite",
        "typeorm",
        "knex",
        "slonik",
    }
)
_BIND = re.compile(r"(?<![\w$])\$\d")
_REPLACED = re.compile(r"(?<![:\w]):[A-Za-z_]|\?")


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("parameter",)):
        if item.problem.tag != "place" and _without_types(project, item) and _numbered(item):
            yield report(project, RULE, item)


def _without_types(project: Project, item: SqlProblem) -> bool:
    if item.site.library == "sequelize":
        # ``bind`` goes to pg as it is, ``replacements`` are put into the text
        text = item.content.text
        return text is not None and bool(_BIND.search(text.fill())) and not _REPLACED.search(text.fill())
    if item.site.library == "sqlalchemy":
        return _is_plain_text_over_asyncpg(project, item)
    return item.site.library in _WITHOUT_TYPES


def _is_plain_text_over_asyncpg(project: Project, item: SqlProblem) -> bool:
    """Whether ``text()`` reaches asyncpg without types: ``bindparams()`` gives them, and SQLAlchemy then writes a cast."""
    if any(project.mentions(path, ("bindparam",)) for path in {item.path, item.site.path}):
        return False
    drivers = [path for path in project.resolutions if project.mentions(path, ("+asyncpg", "+psycopg"))]
    return bool(drivers) and not any(project.mentions(path, ("+psycopg",)) for path in drivers)


def _numbered(item: SqlProblem) -> bool:
    """A gap in the numbers is none where the driver or a hole may give more of them out."""
    text = item.content.text
    return item.problem.tag != "gap" or (text is not None and not text.holes and item.site.library != "knex")
