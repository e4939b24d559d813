"""``Column(...)`` and constraints of SQLAlchemy Core as the arguments of a table: used by migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from constraintlint.facts.code import Call, Constant, Expr, Member, Name, Sequence, Spread
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema.code_calls import (
    home,
    is_true,
    keyword,
    last_name,
    place,
    positional,
    spelled,
    strings,
)
from constraintlint.project.schema.families import family_of, zoned
from constraintlint.project.schema.records import Column, Family, ForeignKey, Index, Reference

if TYPE_CHECKING:
    from constraintlint.project import Project

#: arguments of a column that are no type
_NOT_TYPES = frozenset(("ForeignKey", "Identity", "Sequence", "Computed", "CheckConstraint", "FetchedValue"))


class Defined:
    """What the arguments of ``create_table`` define."""

    def __init__(self) -> None:
        self.found: list[Column] = []
        self.primary_key: tuple[str, ...] = ()
        self.foreign_keys: list[ForeignKey] = []
        self.indexes: list[Index] = []
        self.complete = True

    def columns(self) -> tuple[Column, ...]:
        """The columns with what the constraints say of them."""
        unique = {index.columns[0] for index in self.indexes if index.unique and len(index.columns) == 1}
        references = {key.columns[0]: key.references for key in self.foreign_keys if len(key.columns) == 1}
        found: list[Column] = []
        for column in self.found:
            if column.name in self.primary_key:
                column = replace(column, primary_key=True, nullable=False)
            if column.name in unique:
                column = replace(column, unique=True)
            if column.references is None and column.name in references:
                column = replace(column, references=references[column.name])
            found.append(column)
        return tuple(found)


class CoreReader:
    """Reads columns, types and constraints."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.ev = project.evaluator

    def element(self, expr: Expr, scope: Scope, defined: Defined) -> None:
        """One argument of ``create_table`` or ``Table``: a column or a constraint."""
        scope = home(self.ev, expr, scope)
        call, inner = self.made(expr, scope)
        if call is None:
            if not isinstance(expr, Constant):
                defined.complete = False
            return
        name = last_name(call.callee)
        args = positional(call)
        if name == "Column":
            column = self.column(call, inner)
            if column is None:
                defined.complete = False
            else:
                defined.found.append(column)
        elif name == "PrimaryKeyConstraint":
            defined.primary_key = tuple(
                item.text for arg in args for item in strings(self.ev, arg, inner)[:1]
            )
        elif name == "UniqueConstraint" and args:
            columns = tuple(item.text for arg in args for item in strings(self.ev, arg, inner)[:1])
            defined.indexes.append(Index(columns, True, place(self.ev, inner.path, call)))
        elif name == "ForeignKeyConstraint" and len(args) > 1:
            own, other = self.names(args[0], inner), self.names(args[1], inner)
            target = self.target(other[0]) if other else None
            if own and target is not None:
                columns = tuple(item.rpartition(".")[2] for item in other)
                reference = Reference(target.table, columns, target.namespace)
                defined.foreign_keys.append(
                    ForeignKey(tuple(own), reference, place(self.ev, inner.path, call))
                )
        elif name not in ("CheckConstraint", "Index", "ExcludeConstraint"):
            defined.complete = False

    def made(self, expr: Expr, scope: Scope) -> tuple[Call | None, Scope]:
        """The call that makes an object, looked up where a name or a helper function gives it."""
        if isinstance(expr, Call) and last_name(expr.callee) in (
            "Column", "PrimaryKeyConstraint", "UniqueConstraint", "ForeignKeyConstraint", "CheckConstraint", "Index",
            "ExcludeConstraint",
        ):  # fmt: skip
            return expr, scope
        if isinstance(expr, Spread):
            return None, scope
        found = [value for value in self.ev.eval(expr, scope) if value.call is not None]
        if len(found) == 1 and found[0].call is not None and found[0].call is not expr:
            return found[0].call, found[0].caller or scope
        return None, scope

    def column(self, call: Call, scope: Scope) -> Column | None:
        args = positional(call)
        named = keyword(call, "name")
        written = strings(self.ev, named or (args[0] if args else None), scope)
        if len(written) != 1:
            return None
        rest = args if named is not None else args[1:]
        type_ = keyword(call, "type_")
        reference: Reference | None = None
        identity = False
        for expr in rest:
            name = last_name(expr.callee) if isinstance(expr, Call) else last_name(expr)
            if name == "ForeignKey" and isinstance(expr, Call):
                keys = positional(expr)
                targets = strings(self.ev, keys[0] if keys else None, scope)
                reference = self.target(targets[0].text) if len(targets) == 1 else None
            elif name in ("Identity", "Sequence", "Computed"):
                identity = True
            elif name not in _NOT_TYPES and type_ is None:
                type_ = expr
        text, family, zone = self.type_of(type_, scope) if type_ is not None else ("", "unknown", None)
        primary = is_true(keyword(call, "primary_key")) is True
        nullable = keyword(call, "nullable")
        counts = identity or is_true(keyword(call, "autoincrement")) is True
        default = keyword(call, "server_default") or keyword(call, "default")
        has_default = counts or (default is not None and getattr(default, "kind", "") != "none")
        name = written[0].text
        return Column(
            name,
            written[0].place,
            text,
            family,
            is_true(nullable) if nullable is not None else not primary,
            primary,
            is_true(keyword(call, "unique")) is True,
            has_default,
            counts or (primary and family == "integer" and reference is None),
            name != name.lower(),
            zone,
            reference,
        )

    def type_of(self, expr: Expr, scope: Scope) -> tuple[str, Family, bool | None]:
        """A type as written, its family and whether it carries a zone."""
        text = spelled(self.project, scope.path, expr)
        name = _type_name(expr)
        with_zone = None
        if isinstance(expr, Call):
            zone = keyword(expr, "timezone")
            with_zone = is_true(zone) if zone is not None else None
        family = family_of(name, "sqlalchemy")
        if family != "datetime":
            return text, family, None
        return text, family, zoned(name, "sqlalchemy") if with_zone is None else with_zone

    def names(self, expr: Expr | None, scope: Scope) -> list[str]:
        """The constant strings of a list."""
        if isinstance(expr, Sequence):
            return [found[0].text for item in expr.items if len(found := strings(self.ev, item, scope)) == 1]
        return [item.text for item in strings(self.ev, expr, scope)]

    def target(self, text: str) -> Reference | None:
        """``schema.table.column`` of a foreign key."""
        parts = text.split(".")
        if len(parts) < 2:
            return Reference(text)
        return Reference(parts[-2], (parts[-1],), parts[-3] if len(parts) > 2 else "")


def _type_name(expr: Expr) -> str:
    """``sa.String(length=20)`` -> ``String``; ``sa.JSON().with_variant(JSONB(), "postgresql")`` -> ``JSON``."""
    while True:
        if (
            isinstance(expr, Call)
            and isinstance(expr.callee, Member)
            and isinstance(expr.callee.object, Call)
        ):
            expr = expr.callee.object
        elif isinstance(expr, Call):
            expr = expr.callee
        else:
            break
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""
