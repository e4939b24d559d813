"""A plain string is given to ``execute`` of a SQLAlchemy 2 session or connection."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sqlalchemy import EXECUTORS, declares, in_use, may_be_before
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.sql_sites import SqlSite

RULE = "sa-raw-string-execute"
_METHODS = ("execute", "scalar", "scalars", "stream", "stream_scalars")


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project) or may_be_before(project, (2, 0)):
        return
    served = set(project.paths)
    certain = declares(project)
    for site in project.sql_sites:
        if site.path in served and _is_execution(site) and _is_string(site):
            found = _finding(project, site)
            if not certain:  # without a manifest the version is a guess: the newest
                found.severity, found.confidence = "warning", "medium"
            yield found


def _is_execution(site: SqlSite) -> bool:
    owner, _, method = site.sink.rpartition(".")
    receivers = site.receivers or (owner,)
    return method in _METHODS and all(name in EXECUTORS for name in receivers)


def _is_string(site: SqlSite) -> bool:
    """Every value of the argument is a string of its own, not one inside text()."""
    return all(item.kind == "text" and not item.wrapper for item in site.contents)


def _finding(project: Project, site: SqlSite) -> Finding:
    owner, _, method = site.sink.rpartition(".")
    called = f"{owner.rpartition('.')[2]}.{method}"
    at = site.argument.at if site.argument is not None else site.at
    trace = [_step(project, path, place, called) for path, place in site.via]
    raised = "ArgumentError" if "Session" in owner or "session" in owner else "ObjectNotExecutableError"
    return finding(
        RULE,
        site.path,
        project.evaluator.span(site.path, at),
        f"{called} takes a statement object; SQLAlchemy 2 raises {raised} for a plain string",
        help="wrap the SQL in sqlalchemy.text(...), with :name parameters and a dict of their values",
        trace=trace,
        subject=f"{site.sink} in {site.function.name if site.function else 'the module'}",
    )


def _step(project: Project, path: str, at: tuple[int, int], called: str) -> Step:
    line, column, end_line, end_column = project.evaluator.span(path, at)
    return Step(path, line, column, f"handed on to {called}", end_line, end_column)
