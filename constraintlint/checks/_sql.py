"""What the SQL rules share: a finding for a problem of a statement, with the table it is about and the nearest name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from constraintlint.findings import Finding, Severity, Step, finding
from constraintlint.project import Project
from constraintlint.project.sql_statements import SqlProblem

_MAX_LISTED = 12


def problems(project: Project, kinds: Iterable[str]) -> Iterator[SqlProblem]:
    """The problems of these kinds in the served files."""
    if not project.sql_sites:
        return
    wanted, served = frozenset(kinds), set(project.paths)
    for item in project.sql_problems:
        if item.problem.kind in wanted and (item.path in served or item.site.path in served):
            yield item


def report(
    project: Project,
    rule: str,
    item: SqlProblem,
    *,
    message: str = "",
    help: str = "",
    severity: Severity | None = None,
) -> Finding:
    """A finding at the characters of the problem; at the call where those are in a file that is not served.

    What the lists of MySQL say is a warning of low confidence: no parser of that engine was asked.
    """
    problem, path, at = item.problem, item.path, item.at
    if path not in set(project.paths):
        path, at = item.site.path, item.site.at
    return finding(
        rule,
        path,
        project.evaluator.span(path, at),
        message or problem.message,
        help=help or problem.help or "correct the statement",
        trace=trace(project, item),
        subject=f"{problem.name or problem.message}: {shown(item)}",
        severity="warning" if item.engine == "mysql" else severity,
        confidence="low"
        if item.engine == "mysql"
        else None
        if item.site.path == path or item.path == path
        else "medium",
    )


def shown(item: SqlProblem) -> str:
    """The beginning of the statement on one line."""
    assert item.content.text is not None
    return " ".join(item.content.text.fill("…").split())[:80]


def trace(project: Project, item: SqlProblem) -> list[Step]:
    """Where the table is made, and where the statement is run."""
    found: list[Step] = []
    name = item.problem.table
    for table in project.schema.named(name)[:1] if name else ():
        place = table.declared[0].place
        line, column, end_line, end_column = place.span
        found.append(Step(place.path, line, column, f"{table.name} is created here", end_line, end_column))
    site = item.site
    inside = site.path == item.path and site.at[0] <= item.at[0] <= site.at[1]
    if not inside and item.path in set(project.paths):
        line, column, end_line, end_column = project.evaluator.span(site.path, site.at)
        found.append(Step(site.path, line, column, "the statement is run here", end_line, end_column))
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name spelled most like this one, "" where none is near."""
    by_lower = {other.lower(): other for other in known}
    plain = name.lower()
    if plain.replace("_", "") in {other.replace("_", "") for other in by_lower}:
        return next(by_lower[other] for other in by_lower if other.replace("_", "") == plain.replace("_", ""))
    found = get_close_matches(plain, list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def listed(names: Iterable[str]) -> str:
    found = list(names)
    more = f", and {len(found) - _MAX_LISTED} more" if len(found) > _MAX_LISTED else ""
    return ", ".join(found[:_MAX_LISTED]) + more
