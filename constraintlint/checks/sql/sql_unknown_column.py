"""A statement names a column that its table does not have."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import listed, nearest, problems, report
from constraintlint.checks.sql._knex_columns import unknown_columns
from constraintlint.findings import Finding, Step, finding
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
    for found in unknown_columns(project):
        names = list(found.table.columns())
        near = nearest(found.column, names)
        place = found.table.declared[0].place
        yield finding(
            RULE,
            found.scope.path,
            project.span(found.scope.path, found.node.at),
            f"{found.table.name} has no column {found.column} (it has {listed(names)}): the query fails",
            help=f"did you mean {near}?"
            if near
            else "use a column the table has, or add this one to the schema",
            trace=[Step(place.path, *place.span[:2], f"{found.table.name} is created here")],
            subject=f"{found.table.name}.{found.column}",
        )
