"""Strings of a request that are bound where a column of PostgreSQL, or of a Django model, takes integers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from constraintlint.checks._calls import positional_arguments, uses
from constraintlint.checks._request_words import Said, said
from constraintlint.facts.code import Call, Expr, Sequence
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema.records import Place
from constraintlint.project.sql_sites import SqlSite

_DRIVERS = frozenset(("asyncpg", "psycopg", "psycopg2"))
_ASYNCPG = frozenset(("execute", "fetch", "fetchrow", "fetchval"))
_INTEGERS = re.compile(r"(?:Small|Big)?AutoField$|(?:Positive)?(?:Small|Big)?IntegerField$")


class Bound(NamedTuple):
    """``expr`` (in ``scope``) is bound to ``column``; ``effect`` is what that gives."""

    expr: Expr
    scope: Scope
    column: str
    declared: Place | None
    said: Said
    effect: str


def bound(project: Project) -> Iterator[Bound]:
    yield from _of_sql(project)
    yield from _of_django(project)


# --- SQL ------------------------------------------------------------------------------------------------------------


def _of_sql(project: Project) -> Iterator[Bound]:
    if not uses(project, _DRIVERS) or not project.schema.tables:
        return
    served = set(project.paths)
    for site in project.sql_sites:
        if site.library in _DRIVERS and site.path in served and len(site.contents) == 1:
            yield from _of_site(project, site)


def _of_site(project: Project, site: SqlSite) -> Iterator[Bound]:
    call, text = site.node, site.contents[0].text
    sql = text.constant if text is not None else None
    if sql is None or not isinstance(call, Call) or any(arg.spread for arg in call.args):
        return
    strict = site.library == "asyncpg"
    values = _values(site, call, strict)
    if not values:
        return
    if not strict:
        if re.search(r"%[^s]|'[^']*%s", sql) or sql.count("%s") != len(values):
            return
        numbers = iter(range(1, len(values) + 1))
        sql = re.sub("%s", lambda _: f"${next(numbers)}", sql)
    for number, column in sorted(_compared(sql).items()):
        known = _integer(project, column)
        expr = values[number - 1] if known is not None and number <= len(values) else None
        found = said(project, expr, site.scope) if expr is not None else None
        if found is None or expr is None or known is None or (found.kind == "text" and not strict):
            continue
        effect = (
            "asyncpg takes only an int for it, and raises DataError"
            if strict
            else "PostgreSQL raises InvalidTextRepresentation"
        )
        yield Bound(expr, site.scope, ".".join(column), known, found, effect)


def _values(site: SqlSite, call: Call, strict: bool) -> list[Expr]:
    """The values a statement is executed with, one for each placeholder."""
    if strict:
        if site.via or site.sink.rpartition(".")[2] not in _ASYNCPG:
            return []
        return [arg.value for arg in positional_arguments(call)[1:]]
    arguments = positional_arguments(call)
    if len(arguments) != 2 or len(site.via) > 1 or not isinstance(arguments[1].value, Sequence):
        return []
    return list(arguments[1].value.items)


def _compared(sql: str) -> dict[int, tuple[str, str]]:
    """Numbers of the parameters that are compared with a column -> its table and name; where one table of a name is meant."""
    from constraintlint.sql import postgres
    from constraintlint.sql.pg_tree import inner, strings, which

    tree = postgres.parse(sql).tree
    tables: dict[str, str] = {}
    pairs: list[tuple[int, list[str]]] = []
    doubtful: set[str] = set()
    stack: list[Any] = [statement.stmt for statement in tree.stmts] if tree is not None else []
    while stack:
        kind, item = which(stack.pop())
        if item is None:
            continue
        if kind in ("common_table_expr", "range_subselect", "range_function"):
            return {}  # names may mean columns of those
        for table in [item] if kind == "range_var" else [getattr(item, "relation", None)]:
            if table is None or not getattr(table, "relname", ""):
                continue
            name = table.alias.aliasname or table.relname
            if tables.setdefault(name, table.relname) != table.relname:
                doubtful.add(name)
        if kind == "a_expr" and strings(item.name) == ["="]:
            (left, one), (right, other) = which(item.lexpr), which(item.rexpr)
            if left == "param_ref":
                left, one, right, other = right, other, left, one
            if left == "column_ref" and right == "param_ref":
                pairs.append((other.number, strings(one.fields)))
        stack += inner(item)
    found: dict[int, tuple[str, str]] = {}
    for number, fields in pairs:
        owner = fields[0] if len(fields) == 2 else next(iter(tables)) if len(tables) == 1 else ""
        if len(fields) <= 2 and owner in tables and owner not in doubtful and "*" not in fields:
            found[number] = (tables[owner], fields[-1])
    return found


def _integer(project: Project, column: tuple[str, str]) -> Place | None:
    """Where a column is declared that every source takes for one of integers."""
    table, name = column
    united = project.schema.named(table)
    if len(united) != 1:
        return None
    declared = united[0].columns().get(name, [])
    if not declared or any(item.family != "integer" for item in declared):
        return None
    return declared[0].place


# --- Django -----------------------------------------------------------------------------------------------------------


def _of_django(project: Project) -> Iterator[Bound]:
    if not project.django.in_use or not project.django.all:
        return
    from constraintlint.checks.django._queries import LOOKUPS, queries

    for query in queries(project):
        if query.method not in LOOKUPS:
            continue
        key = next((item for item in query.model.fields.values() if item.primary_key), None)
        for arg in query.call.args:
            name = arg.name.removesuffix("__exact") if arg.name else ""
            field = key if name == "pk" else query.model.fields.get(name)
            if field is None or field.custom or _INTEGERS.match(field.cls) is None:
                continue
            found = said(project, arg.value, query.scope)
            if found is not None and found.kind == "word":
                effect = f"ValueError, Field '{field.name}' expected a number"
                yield Bound(
                    arg.value, query.scope, f"{query.model.name}.{field.name}", field.place, found, effect
                )
