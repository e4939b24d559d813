"""A plain column name that two tables of FROM have, or one name for two tables."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

RULE = "sql-ambiguous-column"


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("ambiguous",)):
        yield report(
            project, RULE, item, help=item.problem.help or f"write the table before {item.problem.name}"
        )
