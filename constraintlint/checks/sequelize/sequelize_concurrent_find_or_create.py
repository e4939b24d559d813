"""Several ``findOrCreate`` at once on SQLite: each opens a transaction of its own, and all but one meet a locked file."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sequelize_queries import Query, engines, options_of, queries
from constraintlint.facts.code import Call, Function, Member, Name
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "sequelize-concurrent-find-or-create"

_GATHER = frozenset(("all", "allSettled"))


def check(project: Project) -> Iterator[Finding]:
    found = [query for query in queries(project) if query.method in ("findOrCreate", "findCreateFind")]
    if not found or engines(project) != {"sqlite"}:
        return
    for query in found:
        if query.method == "findCreateFind" or "transaction" in options_of(project, query):
            continue
        if not options_of(project, query).complete:
            continue
        gather = _gathered(project, query)
        if gather is not None:
            yield _finding(project, query, gather)


def _gathered(project: Project, query: Query) -> Call | None:
    """The ``Promise.all`` over a ``map`` whose callback makes this call, without waiting for the one before."""
    scope: Scope | None = query.scope
    while scope is not None and scope.kind == "function":
        if scope.passed is not None:
            call, place = scope.passed
            callee = call.callee
            if (
                isinstance(callee, Member)
                and callee.name == "map"
                and place == 0
                and scope.parent is not None
            ):
                return _awaiting(scope.parent, call)
        if not isinstance(scope.node, Function) or scope.passed is None:
            return None
        scope = scope.parent
    return None


def _awaiting(outer: Scope, mapped: Call) -> Call | None:
    """``Promise.all(x.map(...))``, directly or through a name."""
    names: set[str] = set()
    for variables in outer.names.values():
        for variable in variables:
            if any(bind.value is mapped for bind in variable.binds):
                names.add(variable.name)
    for call in outer.calls:
        callee = call.callee
        if not (isinstance(callee, Member) and callee.name in _GATHER and isinstance(callee.object, Name)):
            continue
        if callee.object.id != "Promise" or not call.args:
            continue
        given = call.args[0].value
        if given is mapped or (isinstance(given, Name) and given.id in names):
            return call
    return None


def _finding(project: Project, query: Query, gather: Call) -> Finding:
    line, column, end_line, end_column = project.span(query.scope.path, gather.callee.at)
    name = query.definitions[0].name
    return finding(
        RULE,
        query.scope.path,
        project.span(query.scope.path, query.call.callee.at),
        f"{name}.findOrCreate runs for all items at once; on SQLite each takes a transaction of its own, and the file is"
        " locked for all but one (SQLITE_BUSY)",
        help="await one after the other in a loop, or use bulkCreate with ignoreDuplicates and findAll",
        trace=[Step(query.scope.path, line, column, "all are started here", end_line, end_column)],
        subject=f"{name}.findOrCreate",
    )
