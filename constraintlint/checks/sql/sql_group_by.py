"""A grouped query names a column that is neither grouped nor aggregated; an aggregate stands where none may."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

RULE = "sql-group-by"


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("group-by",)):
        help = item.problem.help or "use HAVING, or compute the aggregate in a subquery"
        yield report(project, RULE, item, help=help)
