"""Tables as the statements of one source leave them behind: created, altered, renamed, dropped, in their order."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from constraintlint.project.schema.records import (
    Column,
    Family,
    ForeignKey,
    Gap,
    Index,
    Place,
    Reference,
    Source,
    Table,
)

TableKind = Literal["table", "view", "virtual", "temporary"]


class TableName(msgspec.Struct, frozen=True):
    """A table as a statement names it."""

    name: str
    place: Place
    namespace: str = ""
    quoted: bool = False


class ColumnChange(msgspec.Struct, frozen=True):
    """What a statement changes of a column; None leaves it as it is."""

    type: str | None = None
    family: Family | None = None
    zoned: bool | None = None
    nullable: bool | None = None
    has_default: bool | None = None
    unique: bool | None = None
    generated: bool | None = None


class _Draft:
    """A table that later statements can still change. ``made`` is False where only its additions are known."""

    def __init__(self, name: TableName, made: bool) -> None:
        self.name = name
        self.made = made
        self.columns: list[Column] = []
        self.complete = True
        self.kind: TableKind = "table"
        self.primary_key: tuple[str, ...] = ()
        self.foreign_keys: list[ForeignKey] = []
        self.indexes: list[Index] = []
        self.ddl = ""
        self.database = ""


class Catalog:
    """Apply statements in the order they run, then ask for ``tables`` and ``gaps``.

    ``ordered`` says that nothing else touches these tables in between: then what is dropped or renamed away is gone. A
    column of a table made elsewhere is never gone, for nobody knows which statement runs last.
    """

    def __init__(self, source: Source, *, ordered: bool = True) -> None:
        self.source: Source = source
        self.ordered = ordered
        self.types: dict[str, Family] = {}
        """types that statements make (enums, domains), in lower case"""
        self._drafts: dict[tuple[str, str], list[_Draft]] = {}
        self._gaps: list[Gap] = []

    # --- tables -------------------------------------------------------------------------------------------------

    def create(self, table: Table, *, keep_first: bool = False) -> None:
        """A new table; with ``keep_first`` (``IF NOT EXISTS``) only where this source has none of that name."""
        name = TableName(table.name, table.place, table.namespace, table.quoted)
        known = self._drafts.setdefault(_key(name), [])
        if keep_first and self.ordered and any(draft.made for draft in known):
            return
        draft = _Draft(name, True)
        draft.columns = list(table.columns)
        draft.complete = table.complete
        draft.kind = table.kind
        draft.primary_key = table.primary_key
        draft.foreign_keys = list(table.foreign_keys)
        draft.indexes = list(table.indexes)
        draft.ddl = table.ddl
        draft.database = table.database
        known.append(draft)

    def drop(self, name: TableName) -> None:
        if self.ordered:
            for key in self._keys(name):
                self._drafts.pop(key, None)

    def rename(self, name: TableName, new: TableName) -> None:
        """The table has another name from here on; its columns are open where another source makes it."""
        keys = self._keys(name)
        for key in keys:
            drafts = self._drafts[key]
            target = TableName(new.name, new.place, new.namespace or drafts[0].name.namespace, new.quoted)
            moved = [_renamed(draft, target) for draft in drafts]
            if self.ordered:
                del self._drafts[key]
            self._drafts.setdefault(_key(target), []).extend(moved)
            if not any(draft.made for draft in drafts):
                self._drafts[_key(target)][-1].complete = False
        if not keys:
            draft = self._partial(new)
            draft.complete = False

    def incomplete(self, name: TableName) -> None:
        """The table has columns that could not be read."""
        for draft in self._named(name):
            draft.complete = False

    # --- columns ------------------------------------------------------------------------------------------------

    def add_column(self, name: TableName, column: Column) -> None:
        for draft in self._named(name):
            if draft.made and any(_same(known.name, column.name) for known in draft.columns):
                continue  # IF NOT EXISTS, or the same change for another engine
            draft.columns.append(column)
            draft.ddl = ""
            if column.primary_key and not draft.primary_key:
                draft.primary_key = (column.name,)

    def drop_column(self, name: TableName, column: str) -> None:
        if not self.ordered:
            return
        for draft in self._known(name):
            draft.columns = [known for known in draft.columns if not _same(known.name, column)]
            draft.ddl = ""
            draft.indexes = [item for item in draft.indexes if not _uses(item.columns, column)]
            draft.foreign_keys = [item for item in draft.foreign_keys if not _uses(item.columns, column)]

    def rename_column(self, name: TableName, old: str, new: Column) -> None:
        """``new`` carries the new name and place; what else is known is kept."""
        for draft in self._named(name):
            draft.ddl = ""
            known = next((column for column in draft.columns if _same(column.name, old)), None)
            if known is None:
                draft.columns.append(new)
                continue
            renamed = replace(known, name=new.name, place=new.place, quoted=new.quoted)
            if self.ordered:
                draft.columns = [renamed if column is known else column for column in draft.columns]
                draft.primary_key = tuple(
                    new.name if _same(part, old) else part for part in draft.primary_key
                )
            else:
                draft.columns.append(renamed)

    def change_column(self, name: TableName, column: str, change: ColumnChange) -> None:
        """Another type, nullability or default. Of two states that may both hold, what differs is left open."""
        fields: dict[str, Any] = {
            field: value
            for field in change.__struct_fields__
            if (value := getattr(change, field)) is not None
        }
        for draft in self._known(name):
            for position, known in enumerate(draft.columns):
                if not _same(known.name, column):
                    continue
                draft.ddl = ""
                if self.ordered:
                    if "family" in fields:
                        fields.setdefault("zoned", None)
                    draft.columns[position] = replace(known, **fields)
                elif change.nullable is not None and change.nullable is not known.nullable:
                    draft.columns[position] = replace(known, nullable=None)

    # --- constraints --------------------------------------------------------------------------------------------

    def add_primary_key(self, name: TableName, columns: tuple[str, ...]) -> None:
        for draft in self._named(name):
            draft.primary_key = columns
            draft.columns = [
                replace(column, primary_key=True, nullable=False) if _uses(columns, column.name) else column
                for column in draft.columns
            ]

    def add_foreign_key(self, name: TableName, key: ForeignKey) -> None:
        for draft in self._named(name):
            draft.foreign_keys.append(key)
            if len(key.columns) == 1:
                draft.columns = [
                    replace(column, references=key.references)
                    if _same(column.name, key.columns[0])
                    else column
                    for column in draft.columns
                ]

    def add_index(self, name: TableName, index: Index) -> None:
        for draft in self._named(name):
            draft.indexes.append(index)
            if index.unique and len(index.columns) == 1:
                draft.columns = [
                    replace(column, unique=True) if _uses(index.columns, column.name) else column
                    for column in draft.columns
                ]

    def gap(self, place: Place, reason: str, table: str = "", like: str = "") -> None:
        """Something could not be read; ``table`` is the one it may belong to, "" where it may be any (``like`` that)."""
        self._gaps.append(Gap(place, reason, table, like))

    # --- what came of it ----------------------------------------------------------------------------------------

    @property
    def tables(self) -> list[Table]:
        return [self._finish(draft) for key in sorted(self._drafts) for draft in self._drafts[key]]

    @property
    def gaps(self) -> list[Gap]:
        return list(self._gaps)

    def _finish(self, draft: _Draft) -> Table:
        name = draft.name
        key = draft.primary_key or tuple(column.name for column in draft.columns if column.primary_key)
        return Table(
            name.name,
            name.place,
            self.source,
            tuple(self._typed(column) for column in draft.columns),
            draft.complete,
            name.namespace,
            name.quoted,
            draft.kind,
            key,
            tuple(draft.foreign_keys),
            tuple(draft.indexes),
            draft.database,
            draft.ddl,
            not draft.made,
        )

    def _typed(self, column: Column) -> Column:
        """The column with the family of a type this source makes."""
        family = self.types.get(column.type.lower().rpartition(".")[2].strip('"')) if self.types else None
        return replace(column, family=family) if family is not None and column.family == "unknown" else column

    def _keys(self, name: TableName) -> list[tuple[str, str]]:
        """The known tables a name means: with a namespace exactly that one, else any."""
        exact = _key(name)
        if exact in self._drafts:
            return [exact]
        return [
            key
            for key in self._drafts
            if key[1] == exact[1] and (not exact[0] or not key[0] or key[0] == exact[0])
        ]

    def _known(self, name: TableName) -> list[_Draft]:
        return [draft for key in self._keys(name) for draft in self._drafts[key]]

    def _named(self, name: TableName) -> list[_Draft]:
        return self._known(name) or [self._partial(name)]

    def _partial(self, name: TableName) -> _Draft:
        draft = _Draft(name, False)
        self._drafts.setdefault(_key(name), []).append(draft)
        return draft


def reference(table: TableName, columns: tuple[str, ...]) -> Reference:
    return Reference(table.name, columns, table.namespace)


def _renamed(draft: _Draft, name: TableName) -> _Draft:
    copy = _Draft(name, draft.made)
    copy.__dict__.update({**draft.__dict__, "name": name, "columns": list(draft.columns), "ddl": ""})
    return copy


def _key(name: TableName) -> tuple[str, str]:
    return name.namespace.lower(), name.name.lower()


def _same(first: str, second: str) -> bool:
    return first.lower() == second.lower()


def _uses(columns: tuple[str | None, ...], name: str) -> bool:
    return any(column is not None and _same(column, name) for column in columns)
