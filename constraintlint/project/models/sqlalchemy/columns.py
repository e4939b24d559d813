"""One column: out of ``Column(...)``, ``mapped_column(...)``, SQLModel's ``Field(...)`` and annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Expr, Member, Node
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy import types
from constraintlint.project.models.sqlalchemy.annotations import Annotation
from constraintlint.project.models.sqlalchemy.reading import (
    Made,
    constant_text,
    flag,
    is_none,
    made_of,
    place,
)
from constraintlint.project.schema.records import Column, Reference

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: arguments of ``Column`` that are no type
_ITEMS = frozenset(
    (
        "ForeignKey",
        "Identity",
        "Sequence",
        "Computed",
        "CheckConstraint",
        "FetchedValue",
        "DefaultClause",
        "ColumnDefault",
    )
)
COLUMNS = frozenset(("Column", "mapped_column"))
_DEFAULTS = ("default", "server_default", "insert_default", "default_factory", "onupdate", "server_onupdate")
_FILLED = ("default", "server_default", "insert_default", "default_factory")


class Declared(msgspec.Struct, frozen=True, eq=False):
    """A column, and what of its declaration only the model needs to know."""

    column: Column
    key: str
    """the name it has in ``Table.c``"""
    node: Expr | None = None
    scope: Scope | None = None
    has_init_default: bool = False
    """whether a constructor made by dataclasses has a value for it"""
    in_init: bool = True
    unread_key: bool = False
    """whether it has a foreign key to what could not be read"""


def read(
    ev: Evaluator,
    attribute: str,
    item: Made | None,
    annotation: Annotation | None,
    where: tuple[str, Node],
    *,
    sqlmodel: bool = False,
) -> Declared:
    """The column an attribute declares; ``attribute`` is "" for one of a Core table."""
    spot = place(ev, *where)
    if item is not None and item.name == "Field":
        wrapped = item.keyword("sa_column")
        inner = made_of(ev, wrapped, item.scope) if wrapped is not None else None
        if inner is not None:
            item = inner
    if item is None:
        return _annotated(ev, attribute, annotation, spot, sqlmodel)
    positional = item.positional if item.name in COLUMNS else []
    name, rest = attribute, positional
    if positional:
        first = constant_text(ev, positional[0], item.scope)
        if first is not None:
            name, rest = first, positional[1:]
        elif is_none(positional[0]):
            rest = positional[1:]
    given = constant_text(ev, item.keyword("name"), item.scope)
    name = given or name
    kind, reference, generated, unread = _items(ev, item, rest)
    if kind.text == "" and annotation is not None:
        kind = _annotated_type(ev, annotation)
    primary = flag(ev, item.keyword("primary_key"), item.scope)
    nullable = flag(ev, item.keyword("nullable"), item.scope)
    if nullable is None and item.keyword("nullable") is None:
        nullable = _nullable(annotation, bool(primary), sqlmodel and item.name == "Field")
    defaults = {
        word for word in _DEFAULTS if not is_none(item.keyword(word)) and item.keyword(word) is not None
    }
    column = Column(
        name,
        spot,
        type=kind.text,
        family=kind.family,
        nullable=None if item.spreads else nullable,
        primary_key=bool(primary),
        unique=bool(flag(ev, item.keyword("unique"), item.scope)),
        has_default=not defaults.isdisjoint(_FILLED) or _plain_default(item),
        generated=generated
        or (bool(primary) and kind.family == "integer" and reference is None and not defaults),
        quoted=True,
        zoned=kind.zoned,
        references=reference,
    )
    return Declared(
        column,
        constant_text(ev, item.keyword("key"), item.scope) or name,
        item.call,
        item.scope,
        any(item.keyword(word) is not None for word in ("default", "default_factory"))
        or _plain_default(item),
        flag(ev, item.keyword("init"), item.scope) is not False,
        unread,
    )


def _plain_default(item: Made) -> bool:
    """``Field(None)`` and ``Field("x")``: the first argument is the default."""
    return item.name == "Field" and bool(item.positional)


def _annotated(
    ev: Evaluator, attribute: str, annotation: Annotation | None, spot: object, sqlmodel: bool
) -> Declared:
    kind = _annotated_type(ev, annotation) if annotation is not None else types.ColumnType()
    extra = _extra(ev, annotation)
    if extra is not None and annotation is not None:
        return read(
            ev,
            attribute,
            extra,
            msgspec.structs.replace(annotation, extra=()),
            (extra.scope.path, extra.call),
            sqlmodel=sqlmodel,
        )
    column = Column(
        attribute,
        spot,  # type: ignore[arg-type]
        type=kind.text,
        family=kind.family,
        nullable=_nullable(annotation, False, sqlmodel),
        quoted=True,
        zoned=kind.zoned,
    )
    return Declared(column, attribute)


def _extra(ev: Evaluator, annotation: Annotation | None) -> Made | None:
    """The ``mapped_column(...)`` inside ``Annotated[int, mapped_column(...)]``."""
    for expr, scope in annotation.extra if annotation is not None else ():
        found = made_of(ev, expr, scope)
        if found is not None and found.name in (*COLUMNS, "Field"):
            return found
    return None


def _annotated_type(ev: Evaluator, annotation: Annotation) -> types.ColumnType:
    inner = _extra(ev, annotation)
    if inner is not None:
        kind, _, _, _ = _items(ev, inner, inner.positional)
        if kind.text:
            return kind
    return types.of_annotation(ev, annotation)


def _nullable(annotation: Annotation | None, primary: bool, sqlmodel: bool) -> bool:
    """SQLAlchemy's rule: a primary key never; ``Mapped[T]`` as its type says; a bare ``Column`` always."""
    if primary:
        return False
    if annotation is not None and (annotation.wrapper or sqlmodel):
        return annotation.optional
    return True


def _items(
    ev: Evaluator, item: Made, rest: list[Expr]
) -> tuple[types.ColumnType, Reference | None, bool, bool]:
    """Type, foreign key, whether the database makes the value, and whether a foreign key could not be read."""
    kind = types.ColumnType()
    reference: Reference | None = None
    generated = False
    unread = item.spreads
    typed = item.keyword("type_", "sa_type")
    if typed is not None:
        kind = types.of_expression(ev, typed, item.scope)
    for expr in rest if item.name in COLUMNS else ():
        inner = made_of(ev, expr, item.scope)
        if inner is not None and inner.name in _ITEMS:
            if inner.name == "ForeignKey":
                found = foreign_key(ev, inner)
                unread = unread or found is None
                reference = found or reference
            generated = generated or inner.name in ("Identity", "Computed", "Sequence")
        elif not kind.text:
            kind = types.of_expression(ev, expr, item.scope)
    key = item.keyword("foreign_key")
    given = constant_text(ev, key, item.scope)
    if given:
        reference = _reference(given)
    elif key is not None and not is_none(key):
        unread = True
    return kind, reference, generated, unread


def foreign_key(ev: Evaluator, item: Made) -> Reference | None:
    """What ``ForeignKey("schema.table.column")`` or ``ForeignKey(Model.column)`` points at."""
    expr = item.keyword("column") or next(iter(item.positional), None)
    if expr is None:
        return None
    text = constant_text(ev, expr, item.scope)
    if text is not None:
        return _reference(text)
    return _referenced_attribute(ev, expr, item.scope)


def _reference(text: str) -> Reference | None:
    parts = text.split(".")
    if len(parts) == 1:
        return Reference(parts[0])
    return Reference(parts[-2], (parts[-1],), ".".join(parts[:-2]))


def _referenced_attribute(ev: Evaluator, expr: Expr, scope: Scope) -> Reference | None:
    """``Model.id``, ``table.c.id``."""
    if not isinstance(expr, Member):
        return None
    for owner in ev.eval(expr.object, scope):
        if owner.kind == "class" and owner.scope is not None:
            from constraintlint.project.models.sqlalchemy.table_names import own_table_name

            table = own_table_name(ev, owner.scope)
            if table:
                return Reference(table, (expr.name,))
        if owner.kind == "library" and owner.base is not None and owner.base.call is not None:
            made_table = owner.base
            if made_table.caller is not None and made_table.call is not None and made_table.call.args:
                table = constant_text(ev, made_table.call.args[0].value, made_table.caller)
                if table:
                    return Reference(table, (expr.name,))
    return None
