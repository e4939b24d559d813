"""A statement that the engine's own parser does not take, or rejects by a rule that holds whatever the tables are."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project
from constraintlint.project.sql_engines import is_driver
from constraintlint.project.sql_statements import SqlProblem
from constraintlint.sql.dialects import TITLES

RULE = "sql-syntax-error"


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("syntax", "semantic", "function", "parameter")):
        problem = item.problem
        if problem.kind == "parameter" and problem.tag != "place":
            continue
        if problem.kind == "function" and problem.tag != "arguments":
            continue  # may be one of the server's own, made elsewhere
        if problem.kind == "syntax" and _is_placeholder(item):
            continue  # sql-placeholder-style says it
        who = TITLES.get(item.engine, "The engine")
        yield report(
            project,
            RULE,
            item,
            message=f"{who} rejects this statement: {problem.message}",
            help=problem.help or "correct the statement; it fails as soon as it is run",
        )


def _is_placeholder(item: SqlProblem) -> bool:
    """A placeholder of another driver, or a colon that text() leaves alone."""
    return item.problem.name[:1] in ("?", ":", "%", "@") and (
        is_driver(item.site) or bool(item.content.wrapper)
    )
