"""A truth value of SQLite, which is 1 or 0, goes into a JSON object as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from constraintlint.checks._calls import uses
from constraintlint.checks._parents import Parents
from constraintlint.checks.sql._javascript_rows import Mapped, places, runs
from constraintlint.checks.sql._python_rows import SQLITE, Rows
from constraintlint.checks.sql._result_names import named_items
from constraintlint.facts.code import (
    Call,
    Entry,
    Expr,
    Hole,
    Index,
    Lambda,
    Mapping,
    Member,
    Name,
    Node,
    Return,
    Text,
    walk,
)
from constraintlint.facts.contract import Contract, Shape
from constraintlint.findings import Finding, Severity, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.sql_sites import SqlSite
from constraintlint.roles import is_migration, is_test

RULE = "sqlite-int-as-boolean"

_DRIVERS = frozenset(("sqlite3", "aiosqlite", "better-sqlite3", "sqlite"))
#: what turns 1 into true where the answer is written: the schema of the response
_COERCES = frozenset(("marshmallow", "graphql", "type-graphql", "@apollo/server"))
#: the same, for the properties that a class or a schema of the project names
_BY_NAME = frozenset(("fastify", "fastapi", "pydantic"))
_DECLARES = ("BaseModel", "response_model", "dataclass", "TypedDict", "schema")
_DECLARED = re.compile(
    rb"""(?:["']?(\w+)["']?\s*:\s*(?:\{|["']?(?:bool|Optional|Annotated|Any|int|StrictBool)\b|[A-Z]\w*\.Boolean|Schema|z\.))"""
)
_ANSWERS = frozenset(("json", "send", "jsonify", "json_response", "JSONResponse", "dumps", "stringify"))


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _DRIVERS) or uses(project, _COERCES) or not project.routes.routes:
        return
    sites = [
        site
        for site in project.sql_sites
        if site.library in _DRIVERS
        and isinstance(site.node, Call)
        and not is_test(site.path)
        and not is_migration(site.path)
    ]
    promised = _promised(project.contract)
    coerced = _coerced(project)
    parents = Parents(project)
    seen: set[tuple[str, tuple[int, int]]] = set()
    for site, column, why, node, scope in [*_javascript(project, sites), *_python(project, sites)]:
        told = _answered(parents, node, scope, promised, coerced)
        if told is not None and (scope.path, node.at) not in seen:
            seen.add((scope.path, node.at))
            yield _finding(project, site, column, why, node, scope, told)


def _coerced(project: Project) -> frozenset[str]:
    """The names, in small letters and without underscores, that files with models or schemas of answers declare: ``wanted: bool``,
    ``wanted: { type: "boolean" }``. An alias generator may write them in another way."""
    if not uses(project, _BY_NAME):
        return frozenset()
    return frozenset(
        match[1].decode("utf-8", "replace").replace("_", "").lower()
        for path in project.resolutions
        if project.mentions(path, _DECLARES)
        for match in _DECLARED.finditer(project.tree.read(path) or b"")
    )


Read = tuple[SqlSite, str, str, Expr, Scope]


def _javascript(project: Project, sites: list[SqlSite]) -> Iterator[Read]:
    for site, call, scope, shape in runs(project, [site for site in sites if not site.path.endswith(".py")]):
        columns = _truths(project, site)
        if not columns:
            continue
        origins = Mapped(project.evaluator, call, shape)
        for place in places(project, origins, scope):
            for column, node, inner in origins.columns(place, frozenset(columns)):
                yield site, column, columns[column], node, inner


def _python(project: Project, sites: list[SqlSite]) -> Iterator[Read]:
    known: dict[int, tuple[SqlSite, dict[str, str]]] = {}
    for site in sites:
        if site.path.endswith(".py") and not site.via:
            columns = _truths(project, site)
            if columns:
                known[id(site.node)] = (site, columns)
    if not known:
        return
    rows = Rows(project, SQLITE, lambda value: True)
    wanted = frozenset(column for _, columns in known.values() for column in columns)
    for path in project.paths:
        file = (
            project.evaluator.file(path) if path.endswith(".py") and project.mentions(path, wanted) else None
        )
        for node in walk(list(file.module.body)) if file is not None else ():
            if file is None or not isinstance(node, Index) or not isinstance(node.index, Text):
                continue
            key = _text(node.index)
            scope = file.at(node.at[0])
            held = rows.of(node.object, scope) if key in wanted else None
            if held is None or held.shape != "row":
                continue
            origins = [known.get(id(owner.call)) for owner in held.owners]
            first = origins[0] if origins else None
            if first is not None and all(found is not None and key in found[1] for found in origins):
                yield first[0], key, first[1][key], node, scope


def _text(expr: Text) -> str:
    pieces = [piece.value for piece in expr.pieces if not isinstance(piece, Hole)]
    return "".join(pieces) if len(pieces) == len(expr.pieces) else ""


# --- the statement ------------------------------------------------------------------------------------------------


def _truths(project: Project, site: SqlSite) -> dict[str, str]:
    """Columns of the result that are a truth value in every text the statement can be -> what they are."""
    found: dict[str, str] | None = None
    for content in site.contents:
        text = content.text.constant if content.text is not None else None
        items = named_items(project, text, "sqlite") if text is not None else None
        truths = {
            name: why
            for name, (item, tables) in (items or {}).items()
            if (why := _truth(project, item, tables))
        }
        found = truths if found is None else {name: why for name, why in found.items() if name in truths}
    return found or {}


def _truth(project: Project, item: Any, tables: dict[str, str]) -> str:
    """What makes an expression a truth value; "" where it need not be one."""
    from sqlglot import exp

    while isinstance(item, exp.Paren):
        item = item.this
    if isinstance(item, exp.Exists):
        return "EXISTS"
    if isinstance(
        item,
        (
            exp.EQ,
            exp.NEQ,
            exp.GT,
            exp.GTE,
            exp.LT,
            exp.LTE,
            exp.In,
            exp.Is,
            exp.Not,
            exp.Between,
            exp.And,
            exp.Or,
        ),
    ):
        return "a comparison"
    if isinstance(item, exp.Column):
        names = (
            [tables[item.table.lower()]]
            if item.table.lower() in tables
            else list(dict.fromkeys(tables.values()))
        )
        declared = [
            column
            for name in names
            for table in project.schema.named(name)
            for column in table.columns().get(item.name, ())
        ]
        if declared and all(column.type.upper().startswith("BOOL") for column in declared):
            return f"a column of type {declared[0].type}"
    return ""


# --- the answer ---------------------------------------------------------------------------------------------------


def _promised(contract: Contract | None) -> dict[str, bool] | None:
    """Properties of the declared answers -> whether each is boolean wherever it stands; None without a contract."""
    if contract is None:
        return None
    found: dict[str, bool] = {}
    seen: set[int] = set()
    queue: list[Shape] = [
        shape
        for operation in contract.operations
        for response in operation.responses
        if response.body is not None
        for shape in response.body.shapes.values()
        if shape is not None
    ]
    while queue:
        shape = queue.pop()
        if id(shape) in seen:
            continue
        seen.add(id(shape))
        for name, inner in shape.properties.items():
            boolean = "boolean" in inner.types
            found[name] = boolean and found.get(name, True)
            queue.append(inner)
        if shape.items is not None:
            queue.append(shape.items)
    return found


def _answered(
    parents: Parents, node: Expr, scope: Scope, promised: dict[str, bool] | None, coerced: frozenset[str]
) -> Severity | None:
    """How bad it is that a column stands where it does; None where it need not be."""
    entry = parents.of(scope.path, node)
    if not isinstance(entry, Entry) or entry.value is not node or not isinstance(entry.key, (Text, Name)):
        return None
    key = _text(entry.key) if isinstance(entry.key, Text) else ""
    if key.replace("_", "").lower() in coerced:
        return None
    if promised is not None:
        return "error" if promised.get(key) else None
    current: Node | None = parents.of(scope.path, entry)
    while current is not None:
        outer = parents.of(scope.path, current)
        if isinstance(outer, Return):
            return "warning"
        if isinstance(outer, Call):
            callee = outer.callee
            name = (
                callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
            )
            return "warning" if name in _ANSWERS else None
        if not isinstance(outer, (Entry, Mapping)):
            name = type(outer).__name__ if outer is not None else ""
            if name not in ("Arg", "Sequence", "Comprehension", "Lambda"):
                return None
        if isinstance(outer, Lambda):
            return "warning"
        current = outer
    return None


def _finding(
    project: Project, site: SqlSite, column: str, why: str, node: Expr, scope: Scope, severity: Severity
) -> Finding:
    line, column_at, end_line, end_column = project.span(site.path, site.at)
    convert = "bool(...)" if scope.path.endswith(".py") else "Boolean(...) or !!"
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, node.at),
        f"{column} is {why}, for which SQLite gives 1 or 0: the answer says a number, not true or false",
        help=f"convert it: {convert}",
        trace=[Step(site.path, line, column_at, "the statement", end_line, end_column)],
        subject=f"{column} in {scope.function.name if scope.function else 'the module'}",
        severity=severity,
    )
