"""The tables a statement is held against, as the engines compare their names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property
from hashlib import blake2b

import msgspec

#: schemas and tables the engines have of their own
SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema", "pg_toast", "pg_temp"})


class Column(msgspec.Struct, frozen=True):
    """``names`` are the spellings PostgreSQL knows it by: one, or two where a source leaves open whether it is quoted."""

    name: str
    names: tuple[str, ...]
    family: str = "unknown"
    type: str = ""


class Table(msgspec.Struct, frozen=True):
    """``names`` as of a column. ``key`` is the primary key, as PostgreSQL spells it; empty where unknown or none."""

    name: str
    names: tuple[str, ...]
    namespace: str = ""
    columns: tuple[Column, ...] = ()
    complete: bool = True
    key: tuple[str, ...] = ()
    exact: bool = True
    """whether the columns are also no more than the table has: several sources can each know some of another age"""

    def column(self, name: str) -> Column | None:
        """By the name PostgreSQL compares."""
        return next((column for column in self.columns if name in column.names), None)


class Catalogue(msgspec.Struct, frozen=True, dict=True):
    """``complete``: a table that is not listed does not exist. ``functions``, ``types``, ``extensions``: what the project
    creates, in lower case; ``closed`` is False where it may create more of them than is known."""

    tables: tuple[Table, ...] = ()
    complete: bool = False
    functions: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    extensions: frozenset[str] = frozenset()
    closed: bool = True
    hidden: tuple[str, ...] = ()
    """names that other tables may have, with ``*`` for unknown parts"""

    def lacks(self, name: str) -> bool:
        """Whether there surely is no table of this name."""
        return self.complete and not any(fnmatchcase(name.lower(), like.lower()) for like in self.hidden)

    @cached_property
    def digest(self) -> bytes:
        """The identity of the contents."""
        parts = [
            *self.tables,
            self.complete,
            sorted(self.functions),
            sorted(self.types),
            sorted(self.extensions),
        ]
        return blake2b(msgspec.msgpack.encode([*parts, self.closed, self.hidden]), digest_size=16).digest()

    @cached_property
    def _by_name(self) -> dict[str, list[Table]]:
        found: dict[str, list[Table]] = {}
        for table in self.tables:
            for name in table.names:
                found.setdefault(name, []).append(table)
        return found

    def named(self, name: str, namespace: str = "") -> list[Table]:
        """Tables PostgreSQL can mean by a name (already folded)."""
        found = self._by_name.get(name, [])
        return [
            table
            for table in found
            if not namespace or not table.namespace or table.namespace.lower() == namespace.lower()
        ]


EMPTY = Catalogue()


def folded(name: str, quoted: bool | None) -> tuple[str, ...]:
    """The spellings PostgreSQL knows a name by; two where it is not known whether it was quoted."""
    lower = name.lower()
    if quoted is None and lower != name:
        return (name, lower)
    return (name,) if quoted else (lower,)


def table(name: str, columns: dict[str, str], key: tuple[str, ...] = (), complete: bool = True) -> Table:
    """A table from plain names: ``{"id": "integer", "Name": "text"}``; names with capitals count as quoted."""
    return Table(
        name, (name,), "", tuple(Column(n, (n,), family) for n, family in columns.items()), complete, key
    )
