"""A statement uses placeholders of another driver."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._bound_values import Use, uses
from constraintlint.checks._placeholders import OWN, foreign, placeholders
from constraintlint.findings import Finding, finding
from constraintlint.project import Project

RULE = "sql-placeholder-style"
_EXAMPLES = {"qmark": "?", "dollar": "$1, $2", "format": "%s"}


def check(project: Project) -> Iterator[Finding]:
    for use in uses(project):
        if use.driver.style == "format" and use.given is None:
            continue  # the text goes to the server as it is
        if use.count == 0 and use.given is None and use.driver.engine == "postgresql":
            continue  # executed by other means, such as PREPARE
        if placeholders(use.sql, use.driver.style):
            continue  # both styles in one statement: something else is meant
        found = foreign(use.sql, use.driver)
        if found is not None:
            yield _finding(project, use, *found)


def _finding(project: Project, use: Use, style: str, start: int, end: int) -> Finding:
    path, at = use.path, use.at
    first, last = use.text.locate(start), use.text.locate(end - 1)
    if first is not None and last is not None and first[0] in project.paths:
        path, at = first[0], (first[1], max(first[1], last[1] + 1))
    mark = use.sql[start:end]
    own = OWN[use.driver.style]
    return finding(
        RULE,
        path,
        project.evaluator.span(path, at),
        f"{use.driver.title} does not know the placeholder {mark}: its placeholders are {own}",
        help=f"write {_EXAMPLES[use.driver.style]} and give the values in that order",
        subject=f"{style} for {use.driver.title}: {' '.join(use.sql.split())[:60]}",
    )
