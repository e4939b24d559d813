"""Where models are defined: ``sequelize.define``, ``Model.init``, and classes with decorators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.code import Assign, Call, Class, Expr, Function, Mapping, Member, Name, Piece, Text
from constraintlint.project.flow import names
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sequelize import fields
from constraintlint.project.models.sequelize.literals import (
    NONE,
    Options,
    Site,
    last_name,
    positional,
    read,
    string,
    text_of,
)
from constraintlint.project.models.sequelize.records import Definition, Field
from constraintlint.project.schema.records import Family

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

MODEL = "sequelize#Model"
SEQUELIZE = "sequelize#Sequelize"
#: decorators that make an attribute (sequelize-typescript 2, @sequelize/core 7)
_COLUMN = frozenset(
    [
        "Column",
        "Attribute",
        "ForeignKey",
        "PrimaryKey",
        "AutoIncrement",
        "CreatedAt",
        "UpdatedAt",
        "DeletedAt",
        "NotNull",
        "AllowNull",
        "Default",
        "Unique",
        "Index",
        "ColumnName",
        "Version",
    ]
)
_TABLE = frozenset(("Table",))
#: what sequelize-typescript makes of the annotation of a field without a type
_INFERRED: dict[str, Family] = {
    "string": "text",
    "number": "integer",
    "boolean": "boolean",
    "Date": "datetime",
}
_TIMESTAMPS = {"CreatedAt": "createdAt", "UpdatedAt": "updatedAt", "DeletedAt": "deletedAt"}


def calls_of(ev: Evaluator, name: str) -> Iterator[tuple[Call, Scope]]:
    """The calls of a method by name, in the files that mention it."""
    for file in ev.files((name,)):
        if not file.python:
            yield from file.calls.get(name, ())


def find(ev: Evaluator) -> list[Definition]:
    """Every model the code defines, in order of file and place."""
    found = [*_defined(ev), *_initialised(ev)]
    known = {id(item.cls) for item in found if item.cls is not None}
    found += [item for item in _decorated(ev) if id(item.cls) not in known]
    found.sort(key=lambda item: (item.path, item.at))
    keys: set[str] = set()
    for item in found:
        if item.key in keys:
            item.key += f"@{item.at[0]}"
        keys.add(item.key)
    return found


# --- define -----------------------------------------------------------------------------------------------------


def _defined(ev: Evaluator) -> Iterator[Definition]:
    for call, scope in calls_of(ev, "define"):
        if not isinstance(call.callee, Member) or len(call.args) < 2:
            continue
        if not _is_connection(ev, call, scope):
            continue
        site = positional(call, 0)
        name = string(ev, Site(site, scope)) if site is not None else None
        made = Definition(name or "", scope.path, call.at, scope)
        made.method, made.call = "define", call
        if name is None:
            made.key = f"{scope.path}:@{call.at[0]}"
        _attributes(ev, made, positional(call, 1), scope)
        made.options = read(ev, positional(call, 2), scope)
        yield made


def _is_connection(ev: Evaluator, call: Call, scope: Scope) -> bool:
    """Whether ``define`` is called on Sequelize: known by type, or by attributes whose types are those of Sequelize."""
    assert isinstance(call.callee, Member)
    known = [
        value
        for item in ev.eval(call.callee.object, scope)
        for value in names.concrete(ev, item)
        if value.kind != "unknown"
    ]
    if known:
        return all(value.kind == "handle" and value.name == SEQUELIZE for value in known)
    attributes = call.args[1].value
    return isinstance(attributes, Mapping) and _looks_typed(attributes)


def _looks_typed(attributes: Mapping) -> bool:
    for entry in attributes.entries:
        value = entry.value
        if isinstance(value, Mapping):
            for inner in value.entries:
                if text_of(inner.key) == "type" and fields.is_data_type(inner.value):
                    return True
        elif isinstance(value, (Member, Call)) and fields.is_data_type(value):
            return True
    return False


def _attributes(ev: Evaluator, made: Definition, expr: Expr | None, scope: Scope) -> None:
    options = read(ev, expr, scope)
    made.complete = options.complete and options.given
    for name, site in options.entries.items():
        made.attributes[name] = fields.declared(ev, name, site)


# --- init -------------------------------------------------------------------------------------------------------


def _initialised(ev: Evaluator) -> Iterator[Definition]:
    outer: list[tuple[Call, Scope]] = []
    done: set[int] = set()
    for call, scope in calls_of(ev, "init"):
        callee = call.callee
        if not isinstance(callee, Member):
            continue
        if isinstance(callee.object, Name) and callee.object.id in ("this", "super"):
            cls = scope.enclosing_class()
            if cls is None or not isinstance(cls.node, Class) or id(cls.node) in done:
                continue
            if is_model_class(ev, _value(cls)):
                done.add(id(cls.node))
                yield _init(ev, cls.node, cls, call, scope)
            continue
        outer.append((call, scope))
    for call, scope in outer:
        assert isinstance(call.callee, Member)
        for value in ev.eval(call.callee.object, scope):
            if value.kind != "class" or not isinstance(value.node, Class) or value.scope is None:
                continue
            if id(value.node) in done or not is_model_class(ev, value):
                continue
            done.add(id(value.node))
            yield _init(ev, value.node, value.scope, call, scope, _own_init(ev, value))


def _value(scope: Scope) -> Value:
    assert isinstance(scope.node, Class)
    return Value("class", scope.path, scope.at, scope.node.name, node=scope.node, scope=scope)


def is_model_class(ev: Evaluator, value: Value) -> bool:
    """Whether a class derives from Sequelize's Model."""
    return not {MODEL, f"{SEQUELIZE}.Model", f"{SEQUELIZE}#Model"}.isdisjoint(ev.class_names(value))


def _own_init(ev: Evaluator, value: Value) -> bool:
    """Whether a class of the project has an ``init`` of its own, which may add attributes."""
    from constraintlint.project.flow.classes import ancestry

    return any(
        item.scope is not None and isinstance(item.node, Class) and "init" in item.scope.names
        for item in ancestry(ev, value)
    )


def _init(
    ev: Evaluator, node: Class, cls: Scope, call: Call, scope: Scope, wrapped: bool = False
) -> Definition:
    options = read(ev, positional(call, 1), scope)
    given = options.get("modelName")
    name = string(ev, given) if given is not None else (node.name if options.complete or node.name else "")
    made = Definition(name or "", cls.path, cls.at, scope)
    made.key = f"{cls.path}:{node.name or name}"
    made.method, made.call, made.cls, made.cls_scope, made.options = "init", call, node, cls, options
    _attributes(ev, made, positional(call, 0), scope)
    made.complete = made.complete and not wrapped
    return made


# --- decorators -------------------------------------------------------------------------------------------------


def _decorated(ev: Evaluator) -> Iterator[Definition]:
    for file in ev.files(("Table", "Column", "Attribute")):
        if file.python:
            continue
        for scope in sorted(file.by_node.values(), key=lambda item: item.at):
            node = scope.node
            if not (isinstance(node, Class) and node.bases and _has_decorators(node)):
                continue
            if is_model_class(ev, _value(scope)):
                yield _from_class(ev, node, scope)


def _has_decorators(node: Class) -> bool:
    return any(last_name(item) in _TABLE for item in node.decorators) or any(
        isinstance(stmt, Assign) and any(last_name(item) in _COLUMN for item in stmt.decorators)
        for stmt in node.body
    )


def _from_class(ev: Evaluator, node: Class, scope: Scope) -> Definition:
    outer = scope.parent or scope
    options = NONE
    for decorator in node.decorators:
        if last_name(decorator) == "Table" and isinstance(decorator, Call):
            options = read(ev, positional(decorator, 0), outer)
    given = options.get("modelName")
    made = Definition(
        (string(ev, given) if given is not None else node.name) or "", scope.path, scope.at, outer
    )
    made.key = f"{scope.path}:{node.name}"
    made.method, made.cls, made.cls_scope, made.ts = "decorators", node, scope, True
    if not any(last_name(item) in ("Table", "Scopes", "DefaultScope") for item in node.decorators):
        made.method = "base"
    made.options = options
    from constraintlint.project.flow.classes import ancestry

    for item in reversed(ancestry(ev, _value(scope))):
        if isinstance(item.node, Class) and item.scope is not None:
            _class_fields(ev, made, item.node, item.scope)
        elif item.kind != "class" and "Model" not in item.name:
            made.complete = False
    return made


def _class_fields(ev: Evaluator, made: Definition, node: Class, scope: Scope) -> None:
    for stmt in node.body:
        if isinstance(stmt, Assign):
            decorators = stmt.decorators
            own = [target.id for target in stmt.targets if isinstance(target, Name)]
        else:
            function = getattr(stmt, "function", None)
            if not isinstance(function, Function) or not function.decorators:
                continue
            decorators, own = function.decorators, [function.name]
        marks = {last_name(item): item for item in decorators}
        if not _COLUMN & marks.keys() or len(own) != 1:
            continue
        made.attributes[own[0]] = _decorated_field(ev, own[0], marks, stmt, scope)
        for mark, option in _TIMESTAMPS.items():
            if mark in marks:
                at = stmt.at
                named = Site(Text(at, [Piece(at, own[0])]), scope)
                made.options = Options({**made.options.entries, option: named}, made.options.complete)


def _decorated_field(ev: Evaluator, name: str, marks: dict[str, Expr], stmt: object, scope: Scope) -> Field:
    """An attribute out of its decorators; the type falls back to the annotation."""
    first = next(iter(marks.values()))
    column = marks.get("Column") or marks.get("Attribute")
    site = positional(column, 0) if isinstance(column, Call) else None
    if site is not None:
        field = fields.declared(ev, name, Site(site, scope))
    else:
        field = Field(name, scope.path, first.at)
        field.scope = scope
        annotation = getattr(stmt, "annotation", None)
        field.type = last_name(annotation) if isinstance(annotation, (Name, Member)) else ""
        field.family = _INFERRED.get(field.type, "unknown")
        field.nullable = True
    field.path, field.at = scope.path, getattr(stmt, "at", first.at)
    if "PrimaryKey" in marks:
        field.primary_key, field.nullable = True, False
    if "AutoIncrement" in marks:
        field.auto = True
    if "Default" in marks:
        field.has_default = True
    if "Unique" in marks:
        field.unique = True
    if "NotNull" in marks:
        field.nullable = False
    allowed = marks.get("AllowNull")
    if allowed is not None:
        value = positional(allowed, 0) if isinstance(allowed, Call) else None
        field.nullable = getattr(value, "value", True) is not False
    if {"CreatedAt", "UpdatedAt", "DeletedAt"} & marks.keys():
        field.made = "timestamp"
        field.type, field.family, field.nullable = "DATE", "datetime", "DeletedAt" in marks
    named = marks.get("ColumnName")
    if isinstance(named, Call):
        field.column = string(ev, Site(named.args[0].value, scope)) or "" if named.args else ""
    return field
