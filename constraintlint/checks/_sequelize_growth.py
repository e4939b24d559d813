"""Conditions and includes that are put together step by step: ``where.color = ...``, ``include.push({ ... })``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.facts.code import Expr, If, Mapping, Member, Name, Piece, Sequence, Text, walk
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope, Store
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sequelize.literals import Site, nothing

#: objects one expression can be that are looked at
MAX_OBJECTS = 8
_ENGINE = re.compile(r"dialect|engine|postgres|sqlite|mysql|mariadb|mssql", re.I)


def objects(project: Project, site: Site) -> list[Value]:
    """The object and array literals an expression can be; empty where it can be anything else."""
    if isinstance(site.expr, (Mapping, Sequence)):
        return [Value("mapping", site.path, site.expr.at, node=site.expr, scope=site.scope)]
    if not isinstance(site.expr, Name):
        return []
    found = [value for value in project.evaluator.eval(site.expr, site.scope) if not nothing(value)]
    known = [
        value for value in found if isinstance(value.node, (Mapping, Sequence)) and value.scope is not None
    ]
    return known if len(known) == len(found) <= MAX_OBJECTS else []


def stores(project: Project, value: Value, site: Site) -> Iterator[Store]:
    """The keys an object gets after it is made and before ``site``."""
    file = project.evaluator.file(value.path)
    for name in sorted(file.stores) if file is not None else ():
        for store in file.stores[name]:  # type: ignore[union-attr]
            if isinstance(store.owner, Name) and _is_added(
                project, value, site, store.owner, store.scope, store.at[0]
            ):
                yield store


def pushed(project: Project, value: Value, site: Site) -> Iterator[Site]:
    """The items an array gets after it is made and before ``site``."""
    file = project.evaluator.file(value.path)
    for call, scope in file.calls.get("push", ()) if file is not None else ():
        callee = call.callee
        if (
            isinstance(callee, Member)
            and isinstance(callee.object, Name)
            and _is_added(project, value, site, callee.object, scope, call.at[0])
        ):
            yield from (Site(arg.value, scope) for arg in call.args if not arg.spread)


def _is_added(project: Project, value: Value, site: Site, owner: Name, scope: Scope, offset: int) -> bool:
    made_in = value.scope
    if made_in is None or not made_in.at[0] <= offset < made_in.at[1]:
        return False
    if site.scope is made_in and offset > site.expr.at[0]:
        return False
    found = [item for item in project.evaluator.eval(owner, scope) if not nothing(item)]
    return len(found) == 1 and found[0].node is value.node and not _chosen_by_engine(made_in, offset)


def _chosen_by_engine(scope: Scope, offset: int) -> bool:
    """Whether a place stands in a branch for one kind of database."""
    return any(
        isinstance(node, If) and node.at[0] <= offset < node.at[1] and _speaks_of_engine(node.test)
        for stmt in scope.body
        if stmt.at[0] <= offset < stmt.at[1]
        for node in walk(stmt)
    )


def _speaks_of_engine(test: Expr) -> bool:
    for node in walk(test):
        words = [node.id] if isinstance(node, Name) else [node.name] if isinstance(node, Member) else []
        if isinstance(node, Text):
            words = [piece.value for piece in node.pieces if isinstance(piece, Piece)]
        if any(_ENGINE.search(word) for word in words):
            return True
    return False
