"""``create_async_engine`` with a driver that blocks, or ``create_engine`` with one that has to be awaited."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import argument, calls, library_names
from constraintlint.checks._sqlalchemy import in_use, may_be_before
from constraintlint.facts.code import Call
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.evidence.surroundings import branches_around
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.installed import installed_for

RULE = "sa-async-driver-mismatch"

_URL = re.compile(r"(?P<dialect>[a-z0-9]+)(?:\+(?P<driver>\w+))?://")
#: drivers that only block, and drivers that only work with ``await`` (psycopg and oracledb do both)
_BLOCKING = frozenset(
    [
        "psycopg2",
        "psycopg2cffi",
        "pg8000",
        "pysqlite",
        "pysqlcipher",
        "mysqldb",
        "pymysql",
        "mysqlconnector",
        "cymysql",
        "pymssql",
        "cx_oracle",
    ]
)
_AWAITED = frozenset(["asyncpg", "aiosqlite", "aiomysql", "asyncmy", "aioodbc", "psycopg_async"])
#: the driver of a URL that names none; PostgreSQL's is psycopg2 before 2.1
_DEFAULTS = {"sqlite": "pysqlite", "mysql": "mysqldb", "mariadb": "mysqldb"}
_INSTEAD = {"sqlite": "aiosqlite", "postgresql": "asyncpg", "mysql": "asyncmy", "mariadb": "asyncmy"}
_ASYNC = "sqlalchemy.ext.asyncio.create_async_engine"
_SYNC = "sqlalchemy.create_engine"


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for call, scope in calls(project, ("create_async_engine", "create_engine"), python=True):
        called = library_names(project, call, scope)
        if called not in ({_ASYNC}, {_SYNC}):
            continue
        asynchronous = called == {_ASYNC}
        url = argument(call, 0, "url")
        if url is None or (not asynchronous and _becomes_async(project, scope)):
            continue
        wrong = _BLOCKING if asynchronous else _AWAITED
        drivers = [(value, _driver(project, value)) for value in project.evaluator.eval(url, scope)]
        if any(driver is not None and driver[1] and driver[1] not in wrong for _, driver in drivers):
            continue  # the program knows both: what chooses between them, or rewrites one, is not run here
        for value, driver in drivers:
            if driver is None or driver[1] not in wrong:
                continue
            if _certain(project, value, call, scope):
                yield _finding(project, scope, call, url.at, value, driver, asynchronous)
                break


def _becomes_async(project: Project, scope: Scope) -> bool:
    """``AsyncEngine(create_engine(...))`` is the older way to make an asynchronous engine."""
    return bool(project.evaluator.calls("AsyncEngine", scope.path))


def _driver(project: Project, value: Value) -> tuple[str, str] | None:
    match = _URL.match(value.text.start) if value.text is not None else None
    if match is None:
        return None
    dialect, driver = match["dialect"], match["driver"]
    if driver is None:
        driver = _DEFAULTS.get(dialect, "")
        if dialect == "postgresql" and (
            may_be_before(project, (2, 1)) or _lacks_psycopg(project, value.path)
        ):
            driver = "psycopg2"
    return dialect, driver


def _lacks_psycopg(project: Project, path: str) -> bool:
    """Whether the driver that SQLAlchemy 2.1 takes for PostgreSQL is surely not installed: whatever the release, no engine is made."""
    installed = installed_for(project, path)
    return (
        installed.known
        and not installed.locked
        and not any(item.dependency.name.lower().startswith("psycopg") for item in installed.declared)
        and not any(
            extra in ("postgresql-psycopg", "postgresql_psycopg", "psycopg")
            for item in installed.declared
            for extra in item.dependency.extras
        )
        and not installed.by_command("psycopg")
    )


def _certain(project: Project, value: Value, call: Call, scope: Scope) -> bool:
    """Whether this call surely gets the URL: no choice on the way, and none that may ask for the driver around it."""
    if any(branch.kind != "or" for branch in value.branches):
        return False
    if value.path == scope.path and call.at[0] <= value.at[0] < call.at[1]:
        return True
    code = project.code(scope.path)
    return code is not None and not branches_around(scope.path, code, call.at)[0]


def _finding(
    project: Project,
    scope: Scope,
    call: Call,
    at: tuple[int, int],
    value: Value,
    driver: tuple[str, str],
    asynchronous: bool,
) -> Finding:
    dialect, name = driver
    if asynchronous:
        other = _INSTEAD.get(dialect)
        message = f'create_async_engine needs an asynchronous driver: {name} is not ("The asyncio extension requires an async driver")'
        help = (
            f"name one in the URL, as in {dialect}+{other}://"
            if other
            else "name an asynchronous driver in the URL"
        )
    else:
        message = f"create_engine with {name}, which works with await only: the first connection raises MissingGreenlet"
        help = "use create_async_engine, or name a driver that blocks in the URL"
    trace: list[Step] = []
    if value.path != scope.path or not call.at[0] <= value.at[0] < call.at[1]:
        line, column, end_line, end_column = project.evaluator.span(value.path, value.at)
        trace.append(Step(value.path, line, column, "the URL", end_line, end_column))
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, at),
        message,
        help=help,
        trace=trace,
        subject=f"{'create_async_engine' if asynchronous else 'create_engine'} {name}",
    )
