"""What is known of the tables of a database, wherever it was read: DDL, migrations, models.

Names are kept as written; how they compare is the engine's affair (``Schema.table``). What a source leaves open is
None or ``complete=False``, never a guess.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from constraintlint.facts.source import Span

#: Where a table was read. ``ddl`` is SQL text (a string or a ``.sql`` file), ``migration`` a migration in code.
Source = Literal[
    "ddl", "migration", "sqlalchemy", "django", "sequelize", "prisma", "typeorm", "drizzle", "knex", "other"
]

#: What the values of a column are, whatever an engine calls its type.
Family = Literal[
    "integer",
    "numeric",
    "float",
    "text",
    "boolean",
    "date",
    "time",
    "datetime",
    "interval",
    "uuid",
    "json",
    "array",
    "binary",
    "enum",
    "other",
    "unknown",
]


class Place(msgspec.Struct, frozen=True, order=True):
    """A place in a file of the checked root; ``span`` is 1-based (line, column, end line, end column)."""

    path: str
    span: Span


class Reference(msgspec.Struct, frozen=True):
    """What a foreign key points at. ``columns`` is empty where the source names the table only."""

    table: str
    columns: tuple[str, ...] = ()
    namespace: str = ""


class Column(msgspec.Struct, frozen=True):
    """One column as one source declares it. ``type`` is the type as written there (``VARCHAR(20)``, ``DataTypes.STRING(20)``).

    ``nullable`` is None where the source leaves it open. ``has_default`` is a default the database (or the ORM on every
    insert) fills in; ``generated`` a value the database makes (identity, serial, autoincrement, ``GENERATED``).
    ``quoted``: the name was quoted in SQL, or is made by a library that quotes, so its case counts on PostgreSQL.
    """

    name: str
    place: Place
    type: str = ""
    family: Family = "unknown"
    nullable: bool | None = None
    primary_key: bool = False
    unique: bool = False
    has_default: bool = False
    generated: bool = False
    quoted: bool = False
    zoned: bool | None = None
    """of a datetime: whether it carries a time zone; None where unknown or of another family"""
    references: Reference | None = None


class ForeignKey(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]
    references: Reference
    place: Place


class Index(msgspec.Struct, frozen=True):
    """``columns`` holds None for an expression. ``unique`` also for unique constraints."""

    columns: tuple[str | None, ...]
    unique: bool
    place: Place
    name: str = ""


class Table(msgspec.Struct, frozen=True):
    """One table as one source declares it.

    ``complete`` is False where the source may have columns that could not be read (a mixin from elsewhere, a column made
    in a loop, ``CREATE TABLE ... AS`` or ``LIKE``). ``namespace`` is the schema (PostgreSQL) or database it is put in,
    ``""`` where none is named. ``database`` names the connection where a project has several (a bind key, an alias).
    ``kind`` ``view`` and ``virtual`` (SQLite) have columns that SQL text does not always tell: then ``complete`` is False.
    """

    name: str
    place: Place
    source: Source
    columns: tuple[Column, ...] = ()
    complete: bool = True
    namespace: str = ""
    quoted: bool = False
    kind: Literal["table", "view", "virtual", "temporary"] = "table"
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    database: str = ""
    ddl: str = ""
    """the SQL text that makes it, where the source is SQL"""
    partial: bool = False
    """the source only adds to a table that is made elsewhere (``ALTER TABLE ... ADD`` without its ``CREATE``)"""
    keys_known: bool = True
    """whether every foreign key that is declared could be read"""

    def column(self, name: str) -> Column | None:
        """The column written exactly like this."""
        return next((column for column in self.columns if column.name == name), None)


class Gap(msgspec.Struct, frozen=True, order=True):
    """Part of the schema that could not be read: what it hides, and where. ``table`` is ``""`` where any table may be hidden.

    ``like`` is what is known of the name of a table the program makes up, with ``*`` for the rest (``queue_*``).
    """

    place: Place
    reason: str
    table: str = ""
    like: str = ""
