"""The part of ``n-plus-one-query`` for drivers in Python: a SELECT for each row of another query, with a value of that row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from constraintlint.checks._order import inside
from constraintlint.checks.sql._python_rows import NAMED, Rows
from constraintlint.facts.code import At, Call, Jump, Loop, Name, Return, walk
from constraintlint.project import Project
from constraintlint.project.flow.nesting import around, home_of
from constraintlint.project.sql_sites import SqlSite
from constraintlint.roles import is_development, is_migration, is_test

PACKAGES = frozenset(("sqlite3", "aiosqlite", "asyncpg", "psycopg"))


class Repeated(NamedTuple):
    """``at`` runs a query for each row that ``loop`` goes over."""

    path: str
    at: At
    loop: At
    function: str


def find(project: Project) -> Iterator[Repeated]:
    served = set(project.paths)
    rows = Rows(project, NAMED, lambda value: True)
    seen: set[tuple[str, At]] = set()
    for site in project.sql_sites:
        path = site.path
        if site.library not in PACKAGES or not path.endswith(".py") or path not in served:
            continue
        if is_test(path) or is_migration(path) or is_development(path) or not is_select(site):
            continue
        loop = _loop(site, rows)
        if loop is not None and (path, site.at) not in seen:
            seen.add((path, site.at))
            yield Repeated(path, site.at, loop.at, site.function.name if site.function else "the module")


def is_select(site: SqlSite) -> bool:
    return bool(site.contents) and all(
        content.text is not None and content.text.start.lstrip()[:6].upper() == "SELECT"
        for content in site.contents
    )


def _loop(site: SqlSite, rows: Rows) -> Loop | None:
    """The innermost loop around a query, where it goes over all rows of another one and the query is given a value of the row."""
    if not isinstance(site.node, Call):
        return None
    home = home_of(site.scope)
    loops = [stmt for stmt, part in around(home.body, site.at[0]) if isinstance(stmt, Loop) and part == 0]
    loop = loops[-1] if loops else None
    if loop is None or loop.target is None or loop.iterable is None:
        return None
    if any(
        isinstance(node, Return) or (isinstance(node, Jump) and node.kind == "break")
        for node in inside(loop.body)
    ):
        return None  # it may end with the first row
    names = {node.id for node in walk(loop.target) if isinstance(node, Name)}
    given = {node.id for arg in site.node.args for node in walk(arg.value) if isinstance(node, Name)}
    if not names & given:
        return None
    return loop if rows.element(loop.iterable, home) is not None else None
