"""Core ``Table(...)``: its columns and constraints; also the constraints of ``__table_args__``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr, Mapping, Node, Sequence, Spread
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy import columns
from constraintlint.project.models.sqlalchemy.columns import Declared
from constraintlint.project.models.sqlalchemy.reading import (
    Made,
    constant_text,
    flag,
    literal,
    made_of,
    place,
)
from constraintlint.project.schema.records import ForeignKey, Index, Reference, Table

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

_REFLECTS = ("autoload", "autoload_with", "autoload_replace")
_UNIQUE = frozenset(("UniqueConstraint",))


class Parts:
    """What the arguments of a table, or ``__table_args__``, declare."""

    def __init__(self) -> None:
        self.columns: list[Declared] = []
        self.foreign_keys: list[ForeignKey] = []
        self.indexes: list[Index] = []
        self.primary_key: tuple[str, ...] = ()
        self.namespace = ""
        self.complete = True
        self.unread_foreign_keys = False
        """whether a foreign key may be declared that could not be read"""

    def keys_known(self) -> bool:
        return not self.unread_foreign_keys and not any(item.unread_key for item in self.columns)

    def add(self, ev: Evaluator, expr: Expr, scope: Scope) -> None:
        """Take in one argument."""
        if isinstance(expr, Spread):
            self.complete = False
            self.unread_foreign_keys = True
            return
        item = made_of(ev, expr, scope)
        if item is None:
            self.complete = False
            self.unread_foreign_keys = True
        elif item.name in columns.COLUMNS:
            self.columns.append(columns.read(ev, "", item, None, (item.scope.path, item.call)))
        else:
            self._constraint(ev, item)

    def _constraint(self, ev: Evaluator, item: Made) -> None:
        spot = place(ev, item.scope.path, item.call)
        if item.name == "ForeignKeyConstraint":
            self._foreign_key(ev, item)
        elif item.name in _UNIQUE:
            names = tuple(constant_text(ev, expr, item.scope) for expr in item.positional)
            self.indexes.append(
                Index(names, True, spot, constant_text(ev, item.keyword("name"), item.scope) or "")
            )
        elif item.name == "PrimaryKeyConstraint":
            names = tuple(constant_text(ev, expr, item.scope) for expr in item.positional)
            self.primary_key = tuple(name for name in names if name)
        elif item.name == "Index":
            name = item.positional[0] if item.positional else None
            names = tuple(constant_text(ev, expr, item.scope) for expr in item.positional[1:])
            unique = bool(flag(ev, item.keyword("unique"), item.scope))
            self.indexes.append(Index(names, unique, spot, constant_text(ev, name, item.scope) or ""))

    def _foreign_key(self, ev: Evaluator, item: Made) -> None:
        given = [*item.positional, None, None]
        own = _texts(ev, item.keyword("columns") or given[0], item.scope)
        other = _texts(ev, item.keyword("refcolumns") or given[1], item.scope)
        parts = [name.split(".") for name in other]
        if not own or len(own) != len(other) or any(len(part) < 2 for part in parts):
            self.unread_foreign_keys = True
            return
        target = Reference(parts[0][-2], tuple(part[-1] for part in parts), ".".join(parts[0][:-2]))
        self.foreign_keys.append(ForeignKey(tuple(own), target, place(ev, item.scope.path, item.call)))


def _texts(ev: Evaluator, expr: Expr | None, scope: Scope) -> list[str]:
    """The strings of a list; empty where one is not known."""
    if not isinstance(expr, Sequence):
        return []
    found = [constant_text(ev, item, scope) for item in expr.items]
    return [] if None in found else [text for text in found if text is not None]


def read_table(ev: Evaluator, item: Made) -> tuple[Table, Parts] | None:
    """A ``Table("name", metadata, Column(...), ...)``; None where its name is not known."""
    call = item.call
    positional = item.positional
    name = constant_text(ev, positional[0] if positional else item.keyword("name"), item.scope)
    if name is None:
        return None
    parts = Parts()
    for position, arg in enumerate(call.args):
        if arg.spread == "*":
            parts.complete = False
            parts.unread_foreign_keys = True
        elif arg.spread:
            parts.complete = False
        elif not arg.name and position and (position > 1 or made_of(ev, arg.value, item.scope) is not None):
            _argument(ev, parts, arg.value, item.scope, position)
    if any(item.keyword(word) is not None for word in _REFLECTS):
        parts.complete = False
        parts.unread_foreign_keys = True
    given = item.keyword("schema")
    parts.namespace = constant_text(ev, given, item.scope) or ""
    return build(ev, name, (item.scope.path, call), parts), parts


def _argument(ev: Evaluator, parts: Parts, expr: Expr, scope: Scope, position: int) -> None:
    """An argument after the name; Flask-SQLAlchemy's ``db.Table`` has no metadata in the second place."""
    item = made_of(ev, expr, scope)
    if position > 1 or (item is not None and item.name != "MetaData"):
        parts.add(ev, expr, scope)


def build(ev: Evaluator, name: str, where: tuple[str, Node], parts: Parts) -> Table:
    """The record of a table out of its parts."""
    primary = parts.primary_key or tuple(
        item.column.name for item in parts.columns if item.column.primary_key
    )
    single = [
        ForeignKey((item.column.name,), item.column.references, item.column.place)
        for item in parts.columns
        if item.column.references is not None
    ]
    return Table(
        name,
        place(ev, *where),
        "sqlalchemy",
        tuple(item.column for item in parts.columns),
        complete=parts.complete,
        namespace=parts.namespace,
        quoted=True,
        primary_key=primary,
        foreign_keys=(*single, *parts.foreign_keys),
        indexes=tuple(parts.indexes),
        keys_known=parts.keys_known(),
    )


def read_arguments(ev: Evaluator, expr: Expr, scope: Scope, parts: Parts) -> None:
    """``__table_args__``: a dict of options, or constraints with such a dict at the end."""
    found = ev.eval(expr, scope)
    if not found:
        parts.unread_foreign_keys = True
    for value in found:
        if isinstance(value.node, Sequence) and value.scope is not None:
            for item in value.node.items:
                if isinstance(item, Mapping):
                    _options(ev, item, value.scope, parts)
                elif made_of(ev, item, value.scope) is not None:
                    parts.add(ev, item, value.scope)
                else:
                    parts.unread_foreign_keys = True
        elif isinstance(value.node, Mapping) and value.scope is not None:
            _options(ev, value.node, value.scope, parts)
        else:
            parts.unread_foreign_keys = True


def _options(ev: Evaluator, node: Mapping, scope: Scope, parts: Parts) -> None:
    for entry in node.entries:
        key = literal(entry.key) if entry.key is not None else None
        if key == "schema":
            parts.namespace = constant_text(ev, entry.value, scope) or ""
        elif key in _REFLECTS:
            parts.complete = False
            parts.unread_foreign_keys = True
