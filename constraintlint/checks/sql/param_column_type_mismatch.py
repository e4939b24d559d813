"""A column is compared with, or given, a value of another type."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

RULE = "param-column-type-mismatch"


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("type",)):
        yield report(
            project,
            RULE,
            item,
            help=item.problem.help or "compare it with a value of the column's type, or cast one side",
        )
