"""The type of a column: as written, its family, whether a datetime carries a time zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Call, Expr
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy.annotations import Annotation
from constraintlint.project.models.sqlalchemy.reading import PACKAGES, flag, last_name, made, source
from constraintlint.project.schema.families import family_of
from constraintlint.project.schema.records import Family

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: Python types of ``Mapped[...]`` (``sqlalchemy.sql.sqltypes._type_map``)
_PYTHON: dict[str, Family] = {
    "int": "integer",
    "str": "text",
    "bool": "boolean",
    "float": "float",
    "bytes": "binary",
    "Decimal": "numeric",
    "datetime": "datetime",
    "date": "date",
    "time": "time",
    "timedelta": "interval",
    "UUID": "uuid",
}
_MODULES = frozenset(("datetime", "dt"))


class ColumnType(msgspec.Struct, frozen=True):
    text: str = ""
    family: Family = "unknown"
    zoned: bool | None = None


def of_expression(ev: Evaluator, expr: Expr, scope: Scope) -> ColumnType:
    """``String(20)``, ``sa.DateTime(timezone=True)``, ``postgresql.ARRAY(Text)``, a type of the project's own."""
    text = source(expr)
    names: set[str] = set()
    for value in ev.eval(expr, scope):
        item = made(value)
        if item is not None:
            names.add(item.name)
        elif value.kind == "library" and value.name.partition(".")[0] in PACKAGES:
            names.add(value.name.rpartition(".")[2])
        elif value.kind in ("class", "object"):
            return ColumnType(text)  # a TypeDecorator: what it stores is its own affair
    name = names.pop() if len(names) == 1 else last_name(expr.callee if isinstance(expr, Call) else expr)
    family = family_of(name, "sqlalchemy")
    if family != "datetime":
        return ColumnType(text, family)
    return ColumnType(text, family, _zoned(ev, expr, scope))


def _zoned(ev: Evaluator, expr: Expr, scope: Scope) -> bool | None:
    if not isinstance(expr, Call):
        for value in ev.eval(expr, scope):
            item = made(value)  # a name for a type made elsewhere
            if item is not None:
                return _zoned(ev, item.call, item.scope)
        return False
    if any(arg.spread for arg in expr.args):
        return None
    for position, arg in enumerate(expr.args):
        if arg.name == "timezone" or (position == 0 and not arg.name):
            return flag(ev, arg.value, scope)
    return False


def of_annotation(ev: Evaluator, annotation: Annotation) -> ColumnType:
    """What SQLAlchemy makes of ``Mapped[int]``; unknown where ``type_annotation_map`` may say something else."""
    name = annotation.name
    text = source(annotation.core)
    if name in _PYTHON and not annotation.many:
        # a datetime may be mapped to one with a time zone by type_annotation_map
        return ColumnType(text, _PYTHON[name])
    for value in ev.eval(annotation.core, annotation.scope):
        if value.kind == "class" and any(item.startswith("enum.") for item in ev.class_names(value)):
            return ColumnType(text, "enum")
    return ColumnType(text)
