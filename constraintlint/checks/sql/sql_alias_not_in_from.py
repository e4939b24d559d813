"""A column is qualified with a name that FROM does not have."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

RULE = "sql-alias-not-in-from"


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("alias",)):
        yield report(project, RULE, item)
