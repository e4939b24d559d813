"""The Sequelize part of ``n-plus-one-query``: a query of one row's data for every item of a list.

Three facts are needed: the code stands in a loop (or in the callback of ``map`` and its kin), the query in it depends on the
item, and it reads (what is written row by row is another matter). The list is one of rows that a query gave; for
``findByPk`` and ``findOne`` any list that is not written out will do, for these read one row at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from constraintlint.checks._sequelize_queries import in_use, queries
from constraintlint.facts.code import At, Call, Expr, Loop, Member, Name, Stmt, children, walk
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize.follow import Follower, Rows
from constraintlint.project.models.sequelize.index import index_of

_READS = frozenset(("findAll", "findOne", "findByPk", "findAndCountAll", "count", "max", "min", "sum"))
_SINGLE = frozenset(("findByPk", "findOne"))
_EACH = frozenset(("map", "forEach", "flatMap", "filter"))


class Repeated(NamedTuple):
    """A query that runs once for every item: where it stands, what it reads, and the loop with its place."""

    path: str
    at: At
    call: Call
    scope: Scope
    text: str
    """``Author.findByPk`` or ``post.getAuthor``"""
    loop: At
    """the loop, or the call of ``map``"""
    message: str
    help: str


def find(project: Project) -> Iterator[Repeated]:
    """Every query of Sequelize that runs for each row of a list in a file this configuration serves."""
    if not in_use(project) or not index_of(project).definitions:
        return
    follower = index_of(project).follower
    for query in queries(project):
        if query.getter or query.method not in _READS:
            continue
        around = _around(follower, project, query.call, query.scope, query.method in _SINGLE)
        if around is not None and _mentions(query.call, around.item):
            name = query.definitions[0].name
            yield _repeated(query.call, query.scope, f"{name}.{query.method}", around, None)
    yield from _getters(project, follower)


def _getters(project: Project, follower: Follower) -> Iterator[Repeated]:
    """``row.getAuthor()`` where the rows were read without the author."""
    for path in project.paths:
        file = None if path.endswith((".py", ".pyi")) else project.evaluator.file(path)
        for name in sorted(file.calls) if file is not None else ():
            if not name.startswith(("get", "count")) or len(name) < 4:
                continue
            for call, scope in file.calls[name] if file is not None else ():
                if not isinstance(call.callee, Member) or not isinstance(call.callee.object, Name):
                    continue
                rows = follower.rows(call.callee.object, scope)
                if rows is None or rows.shape != "one":
                    continue
                alias = _alias(rows, name)
                around = _around(follower, project, call, scope) if alias else None
                if around is not None and call.callee.object.id == around.item:
                    yield _repeated(call, scope, f"{call.callee.object.id}.{name}", around, alias)


def _alias(rows: Rows, name: str) -> str | None:
    for definition in rows.definitions:
        for association in definition.associations:
            if association.mixins().get(name) in ("get", "count"):
                return association.name
    return None


class _Around(NamedTuple):
    item: str
    at: At
    rows: Rows | None
    """None for a list of something else"""


def _around(
    follower: Follower, project: Project, call: Call, scope: Scope, any_list: bool = False
) -> _Around | None:
    """The innermost loop over rows around a call, in its own function or as the callback of ``map``."""
    found = _loop(follower, call, scope, any_list)
    if found is not None:
        return found
    current: Scope | None = scope
    while current is not None and current.passed is not None and current.parent is not None:
        outer, place = current.passed
        callee, function = outer.callee, current.function
        if isinstance(callee, Member) and callee.name in _EACH and place == 0 and function is not None:
            rows = follower.rows(callee.object, current.parent)
            known = rows is not None and rows.shape == "many"
            several = known or (any_list and _is_open(follower, callee.object, current.parent))
            if several and function.params and function.params[0].name:
                return _Around(function.params[0].name, outer.at, rows)
        found = _loop(follower, call, current.parent, any_list)
        if found is not None:
            return found
        current = current.parent
    return None


def _is_open(follower: Follower, expr: Expr, scope: Scope) -> bool:
    """Whether a list is not written out, so that it may be long."""
    found = follower.ev.eval(expr, scope)
    return not any(value.kind in ("sequence", "constant", "text") for value in found)


def _loop(follower: Follower, call: Call, scope: Scope, any_list: bool) -> _Around | None:
    best: _Around | None = None
    stack: list[Stmt] = list(scope.body)
    while stack:
        stmt = stack.pop()
        if not stmt.at[0] <= call.at[0] < stmt.at[1]:
            continue
        if isinstance(stmt, Loop) and stmt.kind == "for" and isinstance(stmt.target, Name):
            inside = any(item.at[0] <= call.at[0] < item.at[1] for item in stmt.body)
            if not inside or stmt.iterable is None:
                continue
            rows = follower.rows(stmt.iterable, scope)
            known = rows is not None and rows.shape == "many"
            if known or (any_list and _is_open(follower, stmt.iterable, scope)):
                best = _Around(stmt.target.id, stmt.at, rows)
        stack += [child for child in children(stmt) if isinstance(child, Stmt)]
    return best


def _mentions(call: Call, name: str) -> bool:
    """Whether the arguments of a query depend on the item."""
    return any(isinstance(node, Name) and node.id == name for arg in call.args for node in walk(arg))


def _repeated(call: Call, scope: Scope, text: str, around: _Around, alias: str | None) -> Repeated:
    names = {item.name for item in around.rows.definitions} if around.rows is not None else set()
    rows = f"row of {' or '.join(sorted(names))}" if names else "item of the list"
    help_ = (
        f'include it where the rows are read: include: ["{alias}"]'
        if alias is not None
        else "read all at once before the loop (where: { id: ids }), or include the association"
    )
    return Repeated(
        scope.path,
        call.at,
        call,
        scope,
        text,
        around.at,
        f"{text} runs once for every {rows}: as many queries as it has items",
        help_,
    )
