"""Columns as object literals: Sequelize attributes, node-pg-migrate and db-migrate definitions, TypeORM ``TableColumn``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Constant, Expr, Mapping, Member, Name, Sequence
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema.code_calls import (
    entries,
    inner_place,
    is_true,
    key_of,
    literal_text,
    mapping,
    spelled,
    strings,
)
from constraintlint.project.schema.families import family_of, zoned
from constraintlint.project.schema.records import Column, Family, Place, Reference

if TYPE_CHECKING:
    from constraintlint.project import Project

_SHORTHANDS = {"id": ("serial", True)}  # node-pg-migrate


def mapped(project: Project, expr: Expr | None, scope: Scope) -> tuple[list[Column], bool]:
    """(columns, whether these are all) of ``{ name: definition }``."""
    found = mapping(project.evaluator, expr, scope)
    if found is None:
        return [], False
    node, inner = found
    columns: list[Column] = []
    complete = True
    wrapped = entries(node).get("columns")
    if wrapped is not None and "type" not in (entries(wrapped) if isinstance(wrapped, Mapping) else {}):
        return mapped(project, wrapped, inner)
    for entry in node.entries:
        if entry.key is None:
            more, known = mapped(project, entry.value, inner)
            columns += more
            complete = complete and known
            continue
        name = key_of(entry)
        if name is None:
            found_names = strings(project.evaluator, entry.key, inner)
            if len(found_names) != 1:
                complete = False
                continue
            name = found_names[0].text
        where = inner_place(project.evaluator, inner.path, entry.key)
        columns.append(column(project, name, where, entry.value, inner))
    return columns, complete


def listed(project: Project, found: tuple[Mapping, Scope]) -> tuple[list[Column], bool]:
    """The columns of TypeORM's ``new Table({ columns: [...] })``."""
    node, inner = found
    items = entries(node).get("columns")
    if not isinstance(items, Sequence):
        return [], False
    columns: list[Column] = []
    complete = True
    for item in items.items:
        if isinstance(item, Call) and item.args:
            item = item.args[0].value
        one = mapping(project.evaluator, item, inner)
        made = described(project, *one) if one is not None else None
        if made is None:
            complete = False
        else:
            columns.append(made)
    return columns, complete


def described(project: Project, node: Mapping, scope: Scope) -> Column | None:
    """A column that carries its name: ``{ name: "id", type: "int", isPrimary: true }``."""
    names = strings(project.evaluator, entries(node).get("name"), scope)
    if len(names) != 1:
        return None
    return column(project, names[0].text, names[0].place, node, scope)


def column(project: Project, name: str, where: Place, expr: Expr, scope: Scope) -> Column:
    """One column; of a definition that cannot be read the name alone is known."""
    found = mapping(project.evaluator, expr, scope)
    if found is None:
        text, family, zone = of_type(project, expr, scope)
        if text.lower() in _SHORTHANDS and text == literal_text(expr):
            type_, key = _SHORTHANDS[text]
            return Column(name, where, type_, "integer", False, key, False, True, True, True)
        return Column(name, where, text, family, True, quoted=True, zoned=zone)
    node, inner = found
    values = entries(node)
    text, family, zone = (
        of_type(project, values["type"], inner) if "type" in values else ("", "unknown", None)
    )
    primary = _flag(values, "primaryKey", "isPrimary")
    generated = _flag(values, "autoIncrement", "isGenerated") or text.lower().endswith("serial")
    default = generated or any(_given(values.get(key)) for key in ("defaultValue", "default"))
    return Column(
        name,
        where,
        text,
        family,
        _nullable(values, primary, spread=any(entry.key is None for entry in node.entries)),
        primary,
        _flag(values, "unique", "isUnique"),
        default,
        generated,
        True,
        zone,
        _reference(project, values, inner),
    )


def _nullable(values: dict[str, Expr], primary: bool, spread: bool) -> bool | None:
    if primary:
        return False
    for key, none_means in (("allowNull", True), ("isNullable", True), ("notNull", False)):
        if key in values:
            told = is_true(values[key])
            return None if told is None else told is none_means
    if spread:
        return None
    return not _is_typeorm(values)


def _is_typeorm(values: dict[str, Expr]) -> bool:
    """TypeORM's ``TableColumn`` is not null by default."""
    return "name" in values and literal_text(values.get("type")) is not None


def _flag(values: dict[str, Expr], *keys: str) -> bool:
    """Whether one of the keys says so: ``true``, or an object that says more of it."""
    return any(
        is_true(values[key]) is True or isinstance(values[key], Mapping) for key in keys if key in values
    )


def _given(expr: Expr | None) -> bool:
    return expr is not None and not (isinstance(expr, Constant) and expr.kind in ("none", "undefined"))


def of_type(project: Project, expr: Expr, scope: Scope) -> tuple[str, Family, bool | None]:
    """The type as written, its family and whether it carries a zone."""
    written = strings(project.evaluator, expr, scope)
    if len(written) == 1:
        return written[0].text, family_of(written[0].text), zoned(written[0].text, "postgresql")
    name = _data_type(expr)
    return spelled(project, scope.path, expr), family_of(name, "sequelize"), zoned(name, "sequelize")


def _data_type(expr: Expr) -> str:
    """``Sequelize.DataTypes.STRING(20).BINARY`` -> ``STRING``: the first name in capitals, else the last name."""
    found: list[str] = []
    while True:
        if isinstance(expr, Call):
            expr = expr.callee
        elif isinstance(expr, Member):
            found.append(expr.name)
            expr = expr.object
        else:
            break
    if isinstance(expr, Name):
        found.append(expr.id)
    return next((name for name in reversed(found) if name.isupper()), found[0] if found else "")


def _reference(project: Project, values: dict[str, Expr], scope: Scope) -> Reference | None:
    given = values.get("references")
    if given is None:
        return None
    plain = literal_text(given)
    if plain is not None:  # node-pg-migrate: "users", "users(id)" or '"users"'
        table, _, rest = plain.partition("(")
        columns = tuple(part.strip().strip('"') for part in rest.rstrip(") ").split(",") if part.strip())
        return Reference(table.strip().strip('"'), columns)
    found = mapping(project.evaluator, given, scope)
    if found is None:
        return None
    inner = entries(found[0])
    model = inner.get("model") or inner.get("table") or inner.get("name")
    nested = mapping(project.evaluator, model, found[1]) if model is not None else None
    if nested is not None:
        model = entries(nested[0]).get("tableName")
    tables = strings(project.evaluator, model, found[1])
    keys = strings(project.evaluator, inner.get("key"), found[1])
    return Reference(tables[0].text, tuple(item.text for item in keys[:1])) if len(tables) == 1 else None
