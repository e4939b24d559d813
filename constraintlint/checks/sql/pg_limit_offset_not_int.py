"""A string reaches LIMIT or OFFSET through a driver that does not turn it into a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from constraintlint.checks._calls import positional_arguments, uses
from constraintlint.checks._request_words import converted, said
from constraintlint.facts.code import Call, Expr, Index, Member, Name
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Scope, key_of
from constraintlint.project.sql_sites import SqlSite

RULE = "pg-limit-offset-not-int"
_METHODS = frozenset({"execute", "fetch", "fetchrow", "fetchval"})
_FRAMEWORKS = frozenset({"aiohttp", "fastapi", "flask", "litestar", "quart", "sanic", "starlette", "tornado"})
#: attributes of a request that hold the strings of its address
_ADDRESS = frozenset({"args", "match_info", "path_params", "query", "query_args", "query_params"})
_PATH = frozenset({"match_info", "path_params"})
_READ = frozenset({"get", "getone"})
_CLAUSE = re.compile(r"\b(?:limit|offset)\b[\s(]*\$\d", re.I)
_MAX_DEPTH = 4


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, frozenset({"asyncpg"})):
        return
    served = set(project.paths)
    for site in project.sql_sites:
        if site.library == "asyncpg" and site.path in served and not site.via:
            yield from _of_site(project, site)


def _of_site(project: Project, site: SqlSite) -> Iterator[Finding]:
    call = site.node
    if not isinstance(call, Call) or site.sink.rpartition(".")[2] not in _METHODS or len(site.contents) != 1:
        return
    text = site.contents[0].text
    sql = text.constant if text is not None else None
    if sql is None or not _CLAUSE.search(sql) or any(arg.spread for arg in call.args):
        return
    values = positional_arguments(call)[1:]
    for number, clause in sorted(_limits(sql).items()):
        expr = values[number - 1].value if number <= len(values) else None
        if expr is not None and _is_text(project, expr, site.scope):
            yield _finding(project, site, expr, number, clause)


def _limits(sql: str) -> dict[int, str]:
    """Numbers of the parameters that are LIMIT or OFFSET themselves."""
    from constraintlint.sql import postgres
    from constraintlint.sql.pg_tree import inner, which

    tree = postgres.parse(sql).tree
    found: dict[int, str] = {}
    stack: list[Any] = [statement.stmt for statement in tree.stmts] if tree is not None else []
    while stack:
        kind, item = which(stack.pop())
        if item is None:
            continue
        if kind == "select_stmt":
            for field, clause in (("limit_count", "LIMIT"), ("limit_offset", "OFFSET")):
                inside, value = which(getattr(item, field))
                if inside == "param_ref":
                    found[value.number] = clause
        stack += inner(item)
    return found


def _is_text(project: Project, expr: Expr, scope: Scope, depth: int = 0) -> bool:
    """Whether a value is surely a string: written so, or read from the address of a request."""
    if _from_address(project, expr, scope) or said(project, expr, scope) is not None:
        return True
    if isinstance(expr, Name) and depth < _MAX_DEPTH:
        variable = scope.find(expr.id, expr.at[0])
        binds = reaching(variable, scope, expr.at[0]) if variable is not None else []
        if binds and all(
            bind.kind == "assign" and not bind.keys and bind.value is not None for bind in binds
        ):
            return all(
                _is_text(project, bind.value, bind.scope, depth + 1)
                for bind in binds
                if bind.value is not None
            )
    values = project.evaluator.eval(expr, scope)
    return bool(values) and all(value.text is not None for value in values)


def _from_address(project: Project, expr: Expr, scope: Scope) -> bool:
    """``request.query["limit"]`` and ``request.query.get("limit", 20)`` of a web framework."""
    if isinstance(expr, Index):
        source, key = expr.object, key_of(expr.index)
    elif isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name in _READ:
        if not expr.args or any(arg.name in ("type", "cast") for arg in expr.args):
            return False
        source, key = expr.callee.object, key_of(expr.args[0].value)
    else:
        return False
    if not isinstance(source, Member) or source.name not in _ADDRESS or not isinstance(source.object, Name):
        return False
    if source.name in _PATH and (not key or converted(project, key, scope)):
        return False
    resolution = project.resolutions.get(scope.path)
    imported = resolution is not None and any(item.package in _FRAMEWORKS for item in resolution.external)
    return imported and source.object.id in ("request", "req")


def _finding(project: Project, site: SqlSite, expr: Expr, number: int, clause: str) -> Finding:
    text = site.contents[0].text
    assert text is not None
    place = text.locate(max((text.constant or "").find(f"${number}"), 0))
    trace: list[Step] = []
    if place is not None:
        line, column, end_line, end_column = project.evaluator.span(
            place[0], (place[1], place[1] + 1 + len(str(number)))
        )
        trace.append(Step(place[0], line, column, f"{clause} takes it here", end_line, end_column))
    return finding(
        RULE,
        site.path,
        project.evaluator.span(site.path, expr.at),
        f"{clause} ${number} is given a string: asyncpg takes only an int for it, and raises DataError",
        help="write int(...) around the value, where it is read",
        trace=trace,
        subject=f"{clause} ${number} in {site.function.name if site.function else 'the module'}",
    )
