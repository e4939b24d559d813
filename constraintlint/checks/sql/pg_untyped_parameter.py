"""A parameter stands where nothing tells PostgreSQL its type."""

from __future__ import annotations

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


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("parameter",)):
        if item.problem.tag != "place" and item.site.library in _WITHOUT_TYPES and _numbered(item):
            yield report(project, RULE, item)


def _numbered(item: SqlProblem) -> bool:
    """A gap in the numbers is none where the driver or a hole may give more of them out."""
    text = item.content.text
    return item.problem.tag != "gap" or (text is not None and not text.holes and item.site.library != "knex")
