"""A column of a row is read in another spelling than the statement gives it: ``userId`` for ``user_id``, or for an alias that PostgreSQL folded."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._parents import Parents
from constraintlint.checks.sql._javascript_rows import Mapped, places, runs
from constraintlint.checks.sql._python_rows import NAMED, Rows
from constraintlint.checks.sql._result_names import Names, names_of, plain
from constraintlint.facts.code import (
    Assign,
    Binary,
    Call,
    Expr,
    Hole,
    Index,
    Member,
    Name,
    Node,
    Text,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.nesting import home_of
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.sql_sites import SqlSite
from constraintlint.roles import is_migration, is_test

RULE = "row-column-case-mismatch"

_PYTHON = frozenset(("sqlite3", "aiosqlite", "asyncpg", "psycopg"))
_JAVASCRIPT = frozenset(("pg", "mysql2", "better-sqlite3", "sqlite", "knex"))


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PYTHON | _JAVASCRIPT):
        return
    sites = [
        site
        for site in project.sql_sites
        if site.library in _PYTHON | _JAVASCRIPT and isinstance(site.node, Call) and not is_test(site.path)
    ]
    parents = Parents(project)
    yield from _javascript(project, parents, [site for site in sites if not site.path.endswith(".py")])
    yield from _python(project, parents, [site for site in sites if site.path.endswith(".py")])


# --- JavaScript ---------------------------------------------------------------------------------------------------


def _javascript(project: Project, parents: Parents, sites: list[SqlSite]) -> Iterator[Finding]:
    seen: set[tuple[str, tuple[int, int]]] = set()
    for site, call, scope, shape in runs(project, sites):
        names = names_of(project, site)
        if names is None or not names.exact or is_migration(site.path):
            continue
        origins = Mapped(project.evaluator, call, shape)
        wanted = {plain(name) for name in names.exact}
        for place in places(project, origins, scope):
            file = project.evaluator.file(place.path)
            reads = _candidates(place, wanted, names)
            if file is None or not reads:
                continue
            for column, node, inner in origins.columns(place, frozenset(reads)):
                near = names.near(column)
                if (
                    near is None
                    or (inner.path, node.at) in seen
                    or _is_ready(parents, file, node, inner, near)
                ):
                    continue
                seen.add((inner.path, node.at))
                yield _finding(project, site, names, column, near, node.at, inner, "is undefined")


def _candidates(scope: Scope, wanted: set[str], names: Names) -> set[str]:
    """Members and names of a function that miss a column by their spelling alone."""
    found: set[str] = set()
    for node in walk(list(scope.body)):
        name = node.name if isinstance(node, Member) else node.id if isinstance(node, Name) else ""
        if name and name not in names.exact and plain(name) in wanted:
            found.add(name)
    function = scope.function
    for param in function.params if function is not None else ():
        for node in walk(param.pattern) if param.pattern is not None else ():
            if (
                isinstance(node, Text)
                and (key := _text(node))
                and key not in names.exact
                and plain(key) in wanted
            ):
                found.add(key)
    return found


def _is_ready(parents: Parents, file: FileScopes, node: Expr, scope: Scope, near: str) -> bool:
    """Whether the code puts the name on the row itself, or has another way where it is missing."""
    parent = parents.of(scope.path, node)
    if isinstance(parent, Binary) and parent.op in ("??", "||", "&&"):
        return True
    if isinstance(parent, Assign) and any(target is node for target in parent.targets):
        return True
    if isinstance(node, Member) and file.stores.get(node.name):
        return True
    owner = node.object if isinstance(node, Member) else None
    if not isinstance(owner, Name):
        return False
    return any(
        isinstance(other, Member)
        and other.name == near
        and isinstance(other.object, Name)
        and other.object.id == owner.id
        for other in walk(list(home_of(scope).body))
    )


# --- Python -------------------------------------------------------------------------------------------------------


def _python(project: Project, parents: Parents, sites: list[SqlSite]) -> Iterator[Finding]:
    known: dict[int, tuple[SqlSite, Names]] = {}
    for site in sites:
        if site.via or is_migration(site.path):
            continue
        names = names_of(project, site)
        if names is not None and names.exact:
            known[id(site.node)] = (site, names)
    if not known:
        return
    near_names = {plain(name) for _, names in known.values() for name in names.exact}
    rows = Rows(project, NAMED, lambda value: True)
    for path in project.paths:
        if not path.endswith(".py") or is_test(path) or not project.mentions(path, ("row", "fetch", "[")):
            continue
        file = project.evaluator.file(path)
        for node in walk(list(file.module.body)) if file is not None else ():
            assert file is not None
            key, subject = _key(node)
            if subject is None or plain(key) not in near_names:
                continue
            scope = file.at(subject.at[0])
            held = rows.of(subject, scope)
            if held is None or held.shape != "row" or not isinstance(node, (Index, Call)):
                continue
            found = [
                known.get(id(call))
                for call in [*held.calls, *(owner.call for owner in held.owners)]
                if id(call) in known
            ]
            origins = {id(item[0]): item for item in found if item is not None}
            if len(origins) != 1 or len(held.owners) != 1:
                continue
            site, names = next(iter(origins.values()))
            near = names.near(key)
            if near is None or (names.engine == "sqlite" and near.lower() == key.lower()):
                continue  # sqlite3.Row does not look at the case
            parent = parents.of(path, node)
            if isinstance(parent, Assign) and any(target is node for target in parent.targets):
                continue
            told = "is None" if isinstance(node, Call) else "raises KeyError"
            if names.engine == "sqlite":
                told = "raises IndexError"
            yield _finding(project, site, names, key, near, node.at, scope, told)


def _key(node: Node) -> tuple[str, Expr | None]:
    """``row["userId"]``, ``row.get("userId")``."""
    if isinstance(node, Index) and isinstance(node.index, Text):
        return _text(node.index), node.object
    if (
        isinstance(node, Call)
        and isinstance(node.callee, Member)
        and node.callee.name == "get"
        and len(node.args) == 1
        and isinstance(node.args[0].value, Text)
    ):
        return _text(node.args[0].value), node.callee.object
    return "", None


def _text(expr: Text) -> str:
    pieces = [piece.value for piece in expr.pieces if not isinstance(piece, Hole)]
    return "".join(pieces) if len(pieces) == len(expr.pieces) else ""


def _finding(
    project: Project,
    site: SqlSite,
    names: Names,
    column: str,
    near: str,
    at: tuple[int, int],
    scope: Scope,
    told: str,
) -> Finding:
    line, column_at, end_line, end_column = project.span(site.path, site.at)
    written = names.exact[near]
    if near in names.folded and written == column:
        why = f"PostgreSQL folds the unquoted name {written} to {near}"
        help = f'quote it in the statement: AS "{column}"'
    else:
        why = f"the statement gives the column {near}"
        quoted = f'"{column}"' if names.engine == "postgresql" else column
        help = f"read {near}, or rename it in the statement: {near} AS {quoted}"
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, at),
        f"{column} {told}: {why}",
        help=help,
        trace=[Step(site.path, line, column_at, "the statement", end_line, end_column)],
        subject=f"{column} for {near} in {scope.function.name if scope.function else 'the module'}",
    )
