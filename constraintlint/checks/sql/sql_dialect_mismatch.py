"""A construct of one engine in a statement that another one runs."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

RULE = "sql-dialect-mismatch"
#: methods that give SQLite functions of the program's own
_DEFINING = (
    "create_function",
    "create_aggregate",
    "register_function",
    "createFunction",
    "function",
    "aggregate",
)


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("dialect",)):
        if item.engine == "sqlite" and "no function" in item.problem.message and _may_be_defined(project):
            continue
        yield report(project, RULE, item)


def _may_be_defined(project: Project) -> bool:
    """Whether the program registers functions of its own with SQLite."""
    for path in project.paths:
        file = project.evaluator.file(path) if project.mentions(path, _DEFINING) else None
        if file is not None and any(call.args for name in _DEFINING for call, _ in file.calls.get(name, ())):
            return True
    return False
