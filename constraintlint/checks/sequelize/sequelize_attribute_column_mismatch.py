"""A query names an attribute that the model does not have: an unknown column, or a value that is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from constraintlint.checks._sequelize import STATIC_OPTIONS
from constraintlint.checks._sequelize_queries import (
    Query,
    conditions,
    elements,
    engines,
    includes,
    options_of,
    queries,
    target_of,
)
from constraintlint.facts.code import Call, Constant, Expr, Mapping, Member, Sequence, Text
from constraintlint.findings import Finding, Severity, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize.definitions import calls_of
from constraintlint.project.models.sequelize.index import index_of
from constraintlint.project.models.sequelize.literals import Options, Site, positional, read, string, text_of
from constraintlint.project.models.sequelize.records import Definition

RULE = "sequelize-attribute-column-mismatch"

_NAME = re.compile(r"[A-Za-z_]\w*")
_DIRECTION = re.compile(r"(?:ASC|DESC)(?: NULLS (?:FIRST|LAST))?|NULLS (?:FIRST|LAST)", re.I)
_VALUES = {"create": 0, "build": 0, "update": 0, "upsert": 0, "findOrCreate": -1, "bulkCreate": 0}
_AGGREGATES = frozenset(("max", "min", "sum", "increment", "decrement"))


class Use(NamedTuple):
    """A name used as an attribute of models. ``written``: it is a value to be stored, dropped where it is unknown."""

    definitions: tuple[Definition, ...]
    name: str
    expr: Expr
    scope: Scope
    clause: str
    written: bool = False


def check(project: Project) -> Iterator[Finding]:
    found = queries(project)
    if not found:
        return
    folds = engines(project) <= {"sqlite", "mysql", "mariadb", "mssql"}
    one_case = not folds and engines(project) == {"postgresql"}
    seen: set[int] = set()
    for query in found:
        for use in _uses(project, query):
            if id(use.expr) in seen:
                continue
            seen.add(id(use.expr))
            if all(_lacks(project, item, use, one_case) for item in use.definitions):
                yield _finding(project, use, query)
    yield from _twins(project)


# --- names used -------------------------------------------------------------------------------------------------


def _uses(project: Project, query: Query) -> Iterator[Use]:
    options = options_of(project, query)
    models = query.definitions
    yield from _of_options(project, models, _unscoped(query, options), query.scope)
    for included in includes(project, query):
        below = target_of(included)
        if below:
            yield from _of_options(project, below, included.options, included.scope)
            through = included.options.get("through")
            joins = [
                item.through
                for parent in included.parents
                for item in parent.associations
                if item.kind == "belongsToMany" and item.target in below
                if included.alias is None or item.name == included.alias
            ]
            if through is not None and len(joins) == 1 and joins[0] is not None:
                inner = read(project.evaluator, through.expr, through.scope)
                yield from _of_options(project, (joins[0],), inner, included.scope)
    if not query.getter:
        yield from _values(project, query, options)
    if query.method in _AGGREGATES and not query.getter:
        first = positional(query.call, 0)
        if isinstance(first, Text):
            yield from _named(models, first, query.scope, query.method)


def _unscoped(query: Query, options: Options) -> Options:
    """The options, without what a named scope may give other columns to sort and group by."""
    callee = query.call.callee
    owner = callee.object if isinstance(callee, Member) else None
    if not isinstance(owner, Call):
        return options
    kept = {name: site for name, site in options.entries.items() if name not in ("order", "group")}
    return Options(kept, options.complete)


def _of_options(
    project: Project, models: tuple[Definition, ...], options: Options, scope: Scope
) -> Iterator[Use]:
    for key in conditions(project, options.get("where")):
        if _NAME.fullmatch(key.name):
            yield Use(models, key.name, key.expr, key.scope, "where")
    # a scope may select more, under names of its own
    aliases: set[str] | None = None if any("defaultScope" in item.options for item in models) else set()
    attributes = options.get("attributes")
    if attributes is not None:
        aliases = _aliases(project, attributes) if aliases is not None else None
        if isinstance(attributes.expr, Sequence):
            for item in attributes.expr.items:
                first = item.items[0] if isinstance(item, Sequence) and len(item.items) == 2 else item
                if isinstance(first, Text):
                    yield from _named(models, first, attributes.scope, "attributes")
    for clause in ("order", "group"):
        site = options.get(clause)
        if site is None or aliases is None or ("include" in options and clause == "group"):
            continue
        for use in _listed(models, site, clause):
            if use.name not in aliases:
                yield use


def _named(models: tuple[Definition, ...], expr: Text, scope: Scope, clause: str) -> Iterator[Use]:
    name = text_of(expr)
    if name is not None and _NAME.fullmatch(name):
        yield Use(models, name, expr, scope, clause)


def _aliases(project: Project, site: Site) -> set[str] | None:
    """Names that a list of attributes gives to what it selects; None where they are not all known."""
    if isinstance(site.expr, Mapping):
        inner = read(project.evaluator, site.expr, site.scope).get("include")
        return _aliases(project, inner) if inner is not None else set()
    if not isinstance(site.expr, Sequence):
        return None
    found: set[str] = set()
    for item in site.expr.items:
        if isinstance(item, Sequence) and len(item.items) == 2:
            name = string(project.evaluator, Site(item.items[1], site.scope))
            if name is None:
                return None
            found.add(name)
        elif not isinstance(item, Text):
            return None
    return found


def _listed(models: tuple[Definition, ...], site: Site, clause: str) -> Iterator[Use]:
    items = site.expr.items if isinstance(site.expr, Sequence) else [site.expr]
    if clause == "order" and not isinstance(site.expr, Sequence):
        return
    pair = clause == "order" and len(items) == 2 and all(isinstance(item, Text) for item in items)
    if pair and _DIRECTION.fullmatch(text_of(items[1]) or ""):
        items = items[:1]  # order: ["name", "DESC"] sorts by a column called DESC: another matter
    for item in items:
        first: Expr = item
        if isinstance(item, Sequence) and clause == "order":
            if not 1 <= len(item.items) <= 2:
                continue
            if len(item.items) == 2 and not _is_direction(item.items[1]):
                continue
            first = item.items[0]
        if isinstance(first, Text):
            yield from _named(models, first, site.scope, clause)


def _is_direction(expr: Expr) -> bool:
    text = text_of(expr)
    return (text is None and not isinstance(expr, Constant)) or _DIRECTION.fullmatch(text or "") is not None


def _values(project: Project, query: Query, options: Options) -> Iterator[Use]:
    position = _VALUES.get(query.method)
    if position is None or STATIC_OPTIONS.get(query.method) is None:
        return
    site: Site | None
    if position < 0:
        site = options.get("defaults")
    else:
        expr = positional(query.call, position)
        site = Site(expr, query.scope) if expr is not None else None
    if site is None or "include" in options or not options.complete:
        return
    for item in elements(project, site) if query.method == "bulkCreate" else [site]:
        if not isinstance(item.expr, Mapping):
            continue
        for entry in item.expr.entries:
            name = text_of(entry.key)
            if name is not None and entry.key is not None and _NAME.fullmatch(name):
                yield Use(query.definitions, name, entry.key, item.scope, "values", True)


# --- whether a model has them -----------------------------------------------------------------------------------


def _lacks(project: Project, definition: Definition, use: Use, one_case: bool) -> bool:
    if not definition.complete or not definition.attributes or use.name in index_of(project).loose:
        return False
    field = definition.attributes.get(use.name)
    if field is not None:
        return field.virtual and use.clause in ("where", "order", "group")
    if definition.timestamps is None and use.name in (
        "createdAt",
        "updatedAt",
        "deletedAt",
        "created_at",
        "updated_at",
    ):
        return False
    if use.written:
        return not _is_set(definition, use.name)
    columns = {item.column for item in definition.attributes.values()}
    if (
        "" in {item.column for item in definition.attributes.values() if not item.virtual}
        or use.name in columns
    ):
        return False
    if not one_case and use.name.lower() in {column.lower() for column in columns}:
        return False
    return _is_made_here(project, definition, use.name)


def _is_set(definition: Definition, name: str) -> bool:
    """Whether something takes a value that is no attribute: a setter, or an accessor of the class."""
    if "setterMethods" in definition.options or "instanceMethods" in definition.options:
        return True
    cls = definition.cls_scope
    return (
        cls is not None
        and name in cls.names
        and any(bind.kind == "function" for variable in cls.names[name] for bind in variable.binds)
    )


def _is_made_here(project: Project, definition: Definition, name: str) -> bool:
    """Whether the table has no such column for sure: Sequelize makes it, or migrations that are read whole."""
    tables = project.schema.named(definition.table_name) if definition.table_name else []
    others = [item for table in tables for item in table.declared if item.source != "sequelize"]
    if any(column.name.lower() == name.lower() for item in others for column in item.columns):
        return False
    if others:
        return all(item.complete for item in others)
    return _synced(project)


def _synced(project: Project) -> bool:
    return any(True for _ in calls_of(project.evaluator, "sync"))


# --- keys beside their twins ------------------------------------------------------------------------------------


def _twins(project: Project) -> Iterator[Finding]:
    """A generated foreign key beside a declared attribute that differs only in case or underscores."""
    for definition in index_of(project).all:
        declared = {
            _folded(field.name): field for field in definition.attributes.values() if field.made == ""
        }
        for field in definition.attributes.values():
            twin = declared.get(_folded(field.name))
            if field.made != "association" or twin is None or twin.column == field.column or not field.column:
                continue
            if field.path not in project.paths:
                continue
            line, column, end_line, end_column = project.span(twin.path, twin.at)
            yield finding(
                RULE,
                field.path,
                project.span(field.path, field.at),
                f"the association makes the foreign key {field.name} beside the declared attribute {twin.name} of"
                f" {definition.name}: two columns, of which the association uses {field.name}",
                help=f'give it foreignKey: "{twin.name}"',
                trace=[Step(twin.path, line, column, f"{twin.name} is declared here", end_line, end_column)],
                subject=f"{definition.name}.{twin.name} {field.name}",
            )


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _finding(project: Project, use: Use, query: Query) -> Finding:
    definition = use.definitions[0]
    names = list(definition.attributes)
    close = next((name for name in names if _folded(name) == _folded(use.name)), None)
    similar = [close] if close is not None else get_close_matches(use.name, names, 1, 0.75)
    field = definition.attributes.get(use.name)
    severity: Severity | None = "warning" if use.written else None
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    if field is not None:
        message = f"{use.name} of {definition.name} is VIRTUAL and has no column, so it cannot stand in {use.clause}"
    elif use.written:
        message = f"{definition.name} has no attribute {use.name}: {_method(query.call)} drops the value (attributes: {listed})"
    else:
        message = f"{definition.name} has no attribute {use.name}, so the query fails in the database (attributes: {listed})"
    line, column, end_line, end_column = project.span(definition.path, definition.at)
    return finding(
        RULE,
        use.scope.path,
        project.span(use.scope.path, use.expr.at),
        message,
        help=f"did you mean {similar[0]}?" if similar else "declare the attribute, or name one that exists",
        trace=[
            Step(definition.path, line, column, f"{definition.name} is defined here", end_line, end_column)
        ],
        subject=f"{definition.name}.{use.name}",
        severity=severity,
    )


def _method(call: Call) -> str:
    return getattr(call.callee, "name", "the query")
