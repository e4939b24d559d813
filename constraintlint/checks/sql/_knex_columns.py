"""Columns that queries of knex name by strings and keys: ``knex("hives").where({ label }).select("id")``.

Only a query of one table is looked at, whose table stands at its beginning: what a join adds is another table's. A query that is kept
in a variable, or given back, may be joined later, so of those only what is written (``insert``, ``update``) is judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import calls, uses
from constraintlint.checks._parents import Parents
from constraintlint.facts.code import Await, Call, Entry, Expr, Hole, Mapping, Member, Node, Sequence, Text
from constraintlint.project import Project
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import Scope, key_of
from constraintlint.project.schema import UnitedTable
from constraintlint.roles import is_migration, is_test

#: methods whose first argument is a column, or an object of columns
_CONDITIONS = frozenset(
    ("where", "andWhere", "orWhere", "whereNot", "orWhereNot", "whereIn", "whereNotIn", "orWhereIn", "whereNull", "whereNotNull",
     "whereBetween", "whereNotBetween", "whereLike", "whereILike", "increment", "decrement")
)  # fmt: skip
_LISTS = frozenset(("select", "first", "pluck", "columns", "column"))
_WRITES = frozenset(("insert", "update"))
#: methods by which a query has more tables, or columns of another kind
_OTHERS = re.compile(
    r"join|union|with|from|into|table|using|raw|modify|alias|as$|jsonExtract|intersect|except", re.I
)
_RUNS = frozenset(("then", "catch", "finally"))
_ROOTS = frozenset(("knex#Knex", "knex#Transaction"))
#: what turns names into others before they reach the database
_RENAMES = (
    "wrapIdentifier",
    "knexSnakeCaseMappers",
    "knexIdentifierMapping",
    "stringcase",
    "objection",
    "bookshelf",
)
_NAME = re.compile(r"(?:(?P<table>\w+)\.)?(?P<column>[A-Za-z_]\w*)(?:\s+as\s+\w+)?", re.I)


class Unknown(msgspec.Struct, frozen=True, eq=False):
    """``node`` names ``column``, which ``table`` does not have."""

    scope: Scope
    node: Node
    column: str
    table: UnitedTable


def unknown_columns(project: Project) -> Iterator[Unknown]:
    if not uses(project, frozenset(("knex",))) or any(
        project.mentions(path, _RENAMES) for path in project.resolutions
    ):
        return
    parents = Parents(project)
    for call, scope in calls(project, _CONDITIONS | _LISTS | _WRITES, python=False):
        if is_test(scope.path) or is_migration(scope.path):
            continue
        name = call.callee.name if isinstance(call.callee, Member) else ""
        chain = _chain(parents, call, scope)
        root = chain[0] if chain else None
        if root is None or root is call:
            continue
        table = _table(project, root, scope)
        if table is None or any(_OTHERS.search(_method(item)) for item in chain[1:]):
            continue
        if name not in _WRITES and not _is_run(parents, chain[-1], scope):
            continue
        known = {column.lower() for column in table.columns()}
        for node, column in _named(call, name, table.name):
            if column.lower() not in known:
                yield Unknown(scope, node, column, table)


def _chain(parents: Parents, call: Call, scope: Scope) -> list[Call]:
    """All calls of a chain, from the first to the last."""
    found = [call]
    while isinstance(found[0].callee, Member) and isinstance(found[0].callee.object, Call):
        found.insert(0, found[0].callee.object)
    while isinstance(member := parents.of(scope.path, found[-1]), Member) and member.object is found[-1]:
        outer = parents.of(scope.path, member)
        if not isinstance(outer, Call) or outer.callee is not member:
            break
        found.append(outer)
    return found


def _table(project: Project, root: Call, scope: Scope) -> UnitedTable | None:
    """The table of ``knex("hives")``, where all of its columns are known."""
    first = root.args[0].value if len(root.args) == 1 else None
    if not isinstance(first, Text) or any(isinstance(piece, Hole) for piece in first.pieces):
        return None
    ev = project.evaluator
    values = [item for value in ev.eval(root.callee, scope) for item in concrete(ev, value)]
    if not values or any(value.kind != "handle" or value.name not in _ROOTS for value in values):
        return None
    name = key_of(first).strip()
    tables = project.schema.named(name) if re.fullmatch(r"\w+", name) else []
    return tables[0] if len(tables) == 1 and tables[0].complete else None


def _is_run(parents: Parents, last: Call, scope: Scope) -> bool:
    return isinstance(parents.of(scope.path, last), Await) or _method(last) in _RUNS


def _method(call: Call) -> str:
    return call.callee.name if isinstance(call.callee, Member) else ""


def _named(call: Call, method: str, table: str) -> Iterator[tuple[Node, str]]:
    """The columns a call names, each with its place."""
    given = [arg.value for arg in call.args if not arg.spread]
    if method not in _LISTS:
        given = given[:1]
    for expr in given:
        items = expr.items if isinstance(expr, Sequence) else [expr]
        for item in items:
            yield from _keys(item, table) if isinstance(item, Mapping) else _text(item, table)


def _keys(mapping: Mapping, table: str) -> Iterator[tuple[Node, str]]:
    for entry in mapping.entries:
        if isinstance(entry, Entry) and isinstance(entry.key, Text):
            for _, column in _text(entry.key, table):
                yield entry, column


def _text(expr: Expr, table: str) -> Iterator[tuple[Node, str]]:
    if not isinstance(expr, Text) or any(isinstance(piece, Hole) for piece in expr.pieces):
        return
    match = _NAME.fullmatch(key_of(expr).strip())
    if match is not None and (not match["table"] or match["table"].lower() == table.lower()):
        yield expr, match["column"]
