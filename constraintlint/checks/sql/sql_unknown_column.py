"""A statement names a column that its table does not have."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import nearest, problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

RULE = "sql-unknown-column"


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("column",)):
        problem = item.problem
        near = nearest(problem.name, problem.tables)
        help = problem.help or (
            f"did you mean {near}?" if near else "use a column the table has, or add this one to the schema"
        )
        yield report(project, RULE, item, help=help)
