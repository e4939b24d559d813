"""The schema index: every table any source of the checked root declares, united.

A name is unknown only if no source has it. Sources are SQL text (``schema.ddl``), migrations in code, and the tables of the
model index; each states what it knows, and where it could not read something it leaves a Gap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from constraintlint.project.schema.records import Column, Gap, Table

if TYPE_CHECKING:
    from constraintlint.project import Project

#: modules of this package that read tables; each has ``read(project) -> tuple[list[Table], list[Gap]]``
READERS = (
    "ddl",
    "migrations",
    "alembic",
    "knex",
    "prisma",
    "typeorm",
    "drizzle",
    "sqlalchemy_tables",
    "django_migrations",
)


class UnitedTable(msgspec.Struct, frozen=True, eq=False):
    """What all sources together say of one table. ``complete``: every column is known."""

    name: str
    namespace: str
    declared: tuple[Table, ...]
    complete: bool

    def columns(self) -> dict[str, list[Column]]:
        """By name as written, every declaration of it."""
        found: dict[str, list[Column]] = {}
        for table in self.declared:
            for column in table.columns:
                found.setdefault(column.name, []).append(column)
        return found


class Schema:
    """Tables by name. ``gaps`` are the parts that could not be read."""

    def __init__(self, tables: list[Table], gaps: list[Gap]) -> None:
        self.declared: tuple[Table, ...] = tuple(sorted(tables, key=lambda t: (t.name, t.partial, t.place)))
        self.gaps: tuple[Gap, ...] = tuple(sorted(set(gaps)))
        grouped: dict[tuple[str, str], list[Table]] = {}
        for table in self.declared:
            grouped.setdefault((_space(table.namespace), table.name.lower()), []).append(table)
        _join_partial(grouped)
        hidden = {gap.table.lower() for gap in self.gaps if gap.table}
        self.tables: tuple[UnitedTable, ...] = tuple(
            UnitedTable(
                group[0].name,
                group[0].namespace,
                tuple(group),
                all(table.complete for table in group)
                and any(not table.partial for table in group)
                and name not in hidden,
            )
            for (_, name), group in sorted(grouped.items())
        )

    @property
    def is_complete(self) -> bool:
        """Whether a table that is not listed (nor ``hidden``) does not exist: there are tables, and no gap may hide any other."""
        return bool(self.tables) and all(gap.table or gap.like for gap in self.gaps)

    @property
    def hidden(self) -> tuple[str, ...]:
        """What is known of the names of tables the program makes up, with ``*`` for the rest."""
        return tuple(sorted({gap.like for gap in self.gaps if gap.like and not gap.table}))

    def named(self, name: str, namespace: str = "") -> list[UnitedTable]:
        """The tables a name can mean, without regard to case; any namespace where none is given."""
        return [
            table
            for table in self.tables
            if table.name.lower() == name.lower()
            and (not namespace or not table.namespace or _space(table.namespace) == _space(namespace))
        ]


def _space(namespace: str) -> str:
    """A namespace as it compares: the one an engine uses where none is named is none."""
    lowered = namespace.lower()
    return "" if lowered in ("public", "main", "dbo") else lowered


def _join_partial(grouped: dict[tuple[str, str], list[Table]]) -> None:
    """What is added to a table without its namespace belongs to the one table of that name."""
    for key in sorted(grouped):
        space, name = key
        others = [other for other in grouped if other[1] == name and other != key]
        if not space and len(others) == 1 and all(table.partial for table in grouped[key]):
            grouped[others[0]] += grouped.pop(key)


def build(project: Project) -> Schema:
    """Unite what every reader and the model index know."""
    tables: list[Table] = [
        model.table for model in project.models.all if model.table is not None and not model.abstract
    ]
    gaps: list[Gap] = []
    for name in READERS:
        more, missing = import_module(f"constraintlint.project.schema.{name}").read(project)
        tables += more
        gaps += missing
    return Schema(tables, gaps)
