"""A statement names a table that nothing in the project makes."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import listed, nearest, problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

RULE = "sql-unknown-table"


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("table",)):
        problem = item.problem
        names = sorted({table.name for table in project.schema.tables})
        near = nearest(problem.name, names)
        message = problem.message
        if not problem.table:
            message = f'table "{problem.name}" does not exist (tables: {listed(names)})'
        help = problem.help or (f"did you mean {near}?" if near else "create the table, or correct its name")
        yield report(project, RULE, item, message=message, help=help)
