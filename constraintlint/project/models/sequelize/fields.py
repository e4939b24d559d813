"""Attributes of a model as declared, and those Sequelize adds: ``id``, timestamps, version, and the name of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Mapping, Member, Name
from constraintlint.project.models.sequelize import inflection
from constraintlint.project.models.sequelize.literals import (
    Options,
    Site,
    boolean,
    is_undefined,
    last_name,
    read,
    spelled,
    string,
    text_of,
)
from constraintlint.project.models.sequelize.records import Definition, Field, Names
from constraintlint.project.schema.families import family_of
from constraintlint.project.schema.records import Reference

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: types of Sequelize 6 and 7 (``lib/data-types.js``), without those that are abstract
DATA_TYPES = frozenset(
    [
        "ABSTRACT",
        "STRING",
        "CHAR",
        "TEXT",
        "NUMBER",
        "TINYINT",
        "SMALLINT",
        "MEDIUMINT",
        "INTEGER",
        "BIGINT",
        "FLOAT",
        "TIME",
        "DATE",
        "DATEONLY",
        "BOOLEAN",
        "NOW",
        "BLOB",
        "DECIMAL",
        "NUMERIC",
        "UUID",
        "UUIDV1",
        "UUIDV4",
        "HSTORE",
        "JSON",
        "JSONB",
        "VIRTUAL",
        "ARRAY",
        "ENUM",
        "RANGE",
        "REAL",
        "DOUBLE",
        "GEOMETRY",
        "GEOGRAPHY",
        "CIDR",
        "INET",
        "MACADDR",
        "CITEXT",
        "TSVECTOR",
    ]
)
TIMESTAMPS = ("createdAt", "updatedAt", "deletedAt")


def is_data_type(expr: Expr) -> bool:
    """``DataTypes.X`` of any spelling: a member (or its call, or a bare name) that is called like a type."""
    if isinstance(expr, Call):
        expr = expr.callee
    if isinstance(expr, Member) and expr.name in ("BINARY", "UNSIGNED", "ZEROFILL"):
        return is_data_type(expr.object)
    return isinstance(expr, (Member, Name)) and last_name(expr) in DATA_TYPES


def declared(ev: Evaluator, name: str, site: Site) -> Field:
    """One entry of the attributes: a type alone, or an object with ``type`` and more."""
    field = Field(name, site.path, site.expr.at)
    field.expr, field.scope = site.expr, site.scope
    expr: Expr | None = site.expr
    scope = site.scope
    if isinstance(site.expr, Mapping) or not is_data_type(site.expr):
        options = read(ev, site.expr, site.scope)
        if options.given and (options.entries or isinstance(site.expr, Mapping)):
            _optional(ev, field, options)
            given = options.get("type")
            expr = given.expr if given is not None else None
            scope = given.scope if given is not None else scope
    if expr is not None:
        _typed(field, expr)
    return field


def _typed(field: Field, expr: Expr) -> None:
    written = text_of(expr)
    field.type = written if written is not None else spelled(expr)
    kind = last_name(expr)
    field.virtual = kind == "VIRTUAL"
    field.family = family_of(_bare(field.type), "sequelize") if field.type else "unknown"
    if kind == "ENUM":
        field.family = "enum"


def _bare(written: str) -> str:
    """A type without the object it is taken from: ``INTEGER.UNSIGNED`` of ``DataType.INTEGER.UNSIGNED``."""
    head, dot, rest = written.partition(".")
    while dot and head.split("(")[0] not in DATA_TYPES and "(" not in head:
        written = rest
        head, dot, rest = written.partition(".")
    return written


def _optional(ev: Evaluator, field: Field, options: Options) -> None:
    field.options = options
    allowed = boolean(ev, options.get("allowNull"))
    field.nullable = allowed if "allowNull" in options else (None if not options.complete else True)
    field.primary_key = bool(boolean(ev, options.get("primaryKey")))
    field.auto = bool(
        boolean(ev, options.get("autoIncrement")) or boolean(ev, options.get("autoIncrementIdentity"))
    )
    field.has_default = not is_undefined(options.get("defaultValue"))
    field.unique = "unique" in options and boolean(ev, options.get("unique")) is not False
    if "field" in options:
        field.column = string(ev, options.get("field")) or ""
    if field.primary_key:
        field.nullable = False
    field.references = reference(ev, options.get("references"))


def reference(ev: Evaluator, site: Site | None) -> Reference | None:
    """``references: { model: "users", key: "id" }``; None where the table is given as a model."""
    if site is None:
        return None
    options = read(ev, site.expr, site.scope)
    table = string(ev, options.get("model"))
    key = string(ev, options.get("key"))
    return Reference(table, (key,) if key else ()) if table else None


def settle(ev: Evaluator, definition: Definition, defaults: Options) -> None:
    """Add what Sequelize adds to the declared attributes, and name the table; ``defaults`` are the ``define`` options."""
    definition.options = merged = merge(defaults, definition.options)
    definition.underscored = _flag(ev, merged, "underscored", False)
    definition.timestamps = _flag(ev, merged, "timestamps", True)
    _named(ev, definition, merged)
    _primary_key(definition)
    _timestamps(ev, definition, merged)
    for field in definition.attributes.values():
        if not field.column or field.options.get("field") is None:
            field.column = (
                column_of(definition, field.name) if field.options.get("field") is None else field.column
            )
        if field.virtual:
            field.column = ""


def merge(first: Options, second: Options) -> Options:
    """The options of ``second`` over those of ``first``."""
    unsure = second.unsure | (
        frozenset() if second.complete else first.entries.keys() - second.entries.keys()
    )
    unsure |= first.unsure - second.entries.keys()
    return Options(
        {**first.entries, **second.entries}, first.complete and second.complete, True, frozenset(unsure)
    )


def column_of(definition: Definition, name: str) -> str:
    """The column of an attribute without ``field``; ``""`` where that depends on an unknown option."""
    if definition.underscored is None:
        return name if name == inflection.underscore(name) else ""
    return inflection.underscore(name) if definition.underscored else name


def _flag(ev: Evaluator, options: Options, name: str, default: bool) -> bool | None:
    site = options.get(name)
    if site is None:
        return default if options.complete else None
    return boolean(ev, site) if options.is_sure(name) else None


def _named(ev: Evaluator, definition: Definition, options: Options) -> None:
    given = options.get("name")
    if given is not None:
        names = read(ev, given.expr, given.scope)
        definition.names = Names(
            string(ev, names.get("singular")) or definition.names.singular,
            string(ev, names.get("plural")) or definition.names.plural,
        )
    definition.table_schema = string(ev, options.get("schema")) or ""
    table = options.get("tableName")
    if not is_undefined(table):
        definition.table_name = string(ev, table)
        return
    frozen = _flag(ev, options, "freezeTableName", False)
    if frozen is None or not definition.name or (definition.underscored is None and not frozen):
        return
    if frozen:
        definition.table_name = definition.name
        return
    plural = inflection.pluralize(definition.name)
    definition.table_name = inflection.underscore(plural) if definition.underscored else plural


def _primary_key(definition: Definition) -> None:
    if definition.primary_key is not None or not definition.complete:
        return
    if any(not field.options.complete for field in definition.attributes.values()):
        return
    field = definition.attributes.get("id")
    if field is None:
        field = Field("id", definition.path, definition.at, made="id")
        field.type, field.family, field.auto = "INTEGER", "integer", True
    field.primary_key, field.nullable = True, False
    definition.attributes = {"id": field, **{k: v for k, v in definition.attributes.items() if k != "id"}}


def _timestamps(ev: Evaluator, definition: Definition, options: Options) -> None:
    wanted = definition.timestamps
    if wanted is False:
        return
    paranoid = _flag(ev, options, "paranoid", False)
    for standard in TIMESTAMPS:
        if standard == "deletedAt" and paranoid is False:
            continue
        site = options.get(standard)
        name: str | None = standard
        if site is not None and not is_undefined(site):
            if boolean(ev, site) is False:
                continue
            if boolean(ev, site) is not True:
                name = string(ev, site)
        if name is None:
            definition.complete = False
        elif name not in definition.attributes:
            field = Field(name, definition.path, definition.at, made="timestamp")
            field.type, field.family = "DATE", "datetime"
            field.nullable = standard == "deletedAt"
            definition.attributes[name] = field
    version = options.get("version")
    if version is not None and boolean(ev, version) is not False:
        name = string(ev, version) or "version"
        field = Field(name, definition.path, definition.at, made="timestamp")
        field.type, field.family, field.nullable, field.has_default = "INTEGER", "integer", False, True
        definition.attributes.setdefault(name, field)
    if wanted is None or paranoid is None:
        # they may be there or not; one that is named by the code stays, and no name is missing for sure
        definition.timestamps = None
