"""The actions of ``ALTER TABLE``, in the dialects of all engines."""

from __future__ import annotations

from constraintlint.project.schema.catalog import Catalog, ColumnChange, TableName
from constraintlint.project.schema.families import family_of, zoned
from constraintlint.project.schema.records import Column, Place
from constraintlint.project.schema.scripts import HOLE
from constraintlint.project.schema.sql_columns import (
    Context,
    Elements,
    read_column,
    read_element,
    read_elements,
)
from constraintlint.project.schema.sql_tokens import Cursor, NamePart

#: words that begin an action; another word goes on with the columns of the last ``ADD``
_MORE_ADDITIONS = frozenset(
    [
        "ADD", "DROP", "RENAME", "ALTER", "MODIFY", "CHANGE", "SET", "ENABLE", "DISABLE", "OWNER", "ATTACH", "DETACH",
        "INHERIT", "NO", "CLUSTER", "VALIDATE", "CONVERT", "ENGINE", "AUTO_INCREMENT", "COMMENT", "DEFAULT", "CHARACTER",
        "COLLATE", "ORDER", "REPLICA", "FORCE", "ALGORITHM", "LOCK", "RESET", "OF", "NOT", "SWITCH", "REBUILD", "WITH",
        "TRUNCATE", "PARTITION", "",
    ]
)  # fmt: skip


def alter_table(actions: Cursor, name: TableName, catalog: Catalog, context: Context, whole: Place) -> None:
    """Apply every action to the catalog; ``whole`` is the place of the statement."""
    alteration = _Alteration(catalog, context, whole)
    adding = False
    for action in actions.parts():
        while action.accept_any("WITH", "CHECK", "NOCHECK"):
            pass
        if adding and action.word() not in _MORE_ADDITIONS:
            alteration.add(action, name)  # T-SQL: ADD a int, b int
            continue
        adding = action.word() == "ADD"
        name = alteration.act(action, name)


class _Alteration:
    def __init__(self, catalog: Catalog, context: Context, whole: Place) -> None:
        self.catalog = catalog
        self.context = context
        self.whole = whole

    def act(self, action: Cursor, name: TableName) -> TableName:
        """One action of ``ALTER TABLE``; the name of the table from here on."""
        if action.accept("ADD"):
            self.add(action, name)
        elif action.accept("DROP"):
            self.drop_column(action, name)
        elif action.accept("RENAME"):
            return self.rename(action, name)
        elif action.accept("ALTER"):
            self.alter_column(action, name)
        elif action.accept_any("MODIFY", "CHANGE"):
            changed = action.items[action.position - 1].upper == "CHANGE"
            action.accept("COLUMN")
            old = action.name() if changed else None
            self.redefine(action, name, old)
        elif action.accept("SET", "SCHEMA"):
            part = action.name()
            if part is not None and not part.computed:
                moved = TableName(name.name, name.place, part.name, name.quoted)
                self.catalog.rename(name, moved)
                return moved
        elif (token := action.peek()) is not None and HOLE in token.text:
            self.catalog.incomplete(name)
        return name

    def add(self, action: Cursor, name: TableName) -> None:
        action.accept("COLUMN")
        token = action.peek(1)
        if action.word() == "IF" and token is not None and token.upper == "NOT":
            action.position += 3
        elements = Elements()
        inside = action.group() if action.sign() == "(" else None
        if inside is not None:
            elements = read_elements(inside, self.context)
        elif not action.done:
            read_element(action, self.context, elements)
        for column in elements.columns:
            self.catalog.add_column(name, column)
        for key in elements.foreign_keys:
            self.catalog.add_foreign_key(name, key)
        for index in elements.indexes:
            self.catalog.add_index(name, index)
        if elements.primary_key and not elements.columns:
            self.catalog.add_primary_key(name, elements.primary_key)
        if not elements.complete:
            self.catalog.incomplete(name)

    def drop_column(self, action: Cursor, name: TableName) -> None:
        if not action.accept("COLUMN") and action.word() in (
            "CONSTRAINT", "INDEX", "KEY", "PRIMARY", "FOREIGN", "CHECK", "PARTITION", "PERIOD",
        ) and (action.word(1) or action.peek(1) is not None):  # fmt: skip
            return
        action.accept("IF", "EXISTS")
        part = action.name()
        if part is not None and not part.computed:
            self.catalog.drop_column(name, part.name)

    def rename(self, action: Cursor, name: TableName) -> TableName:
        if action.accept_any("CONSTRAINT", "INDEX", "KEY"):
            return name
        if action.accept_any("TO", "AS") or (action.peek() is not None and action.peek(1) is None):
            parts = action.dotted()
            if not parts or parts[-1].computed:
                self.catalog.gap(self.whole, "the new name of the table is not in the text")
                return name
            new = TableName(parts[-1].name, self.context.place(parts[-1]), name.namespace, parts[-1].quoted)
            self.catalog.rename(name, new)
            return new
        action.accept("COLUMN")
        old = action.name()
        action.accept("TO")
        fresh = action.name()
        if old is not None and fresh is not None and not old.computed and not fresh.computed:
            column = Column(fresh.name, self.context.place(fresh), quoted=fresh.quoted)
            self.catalog.rename_column(name, old.name, column)
        else:
            self.catalog.incomplete(name)
        return name

    def alter_column(self, action: Cursor, name: TableName) -> None:
        if action.word() in ("INDEX", "CONSTRAINT") and action.word(1):
            return
        action.accept("COLUMN")
        part: NamePart | None = action.name()
        if part is None or part.computed:
            return
        change: ColumnChange | None = None
        if action.accept("SET", "NOT", "NULL"):
            change = ColumnChange(nullable=False)
        elif action.accept("DROP", "NOT", "NULL"):
            change = ColumnChange(nullable=True)
        elif action.accept("SET", "DEFAULT"):
            change = ColumnChange(has_default=True)
        elif action.accept("DROP", "DEFAULT"):
            change = ColumnChange(has_default=False)
        elif action.accept("ADD", "GENERATED"):
            change = ColumnChange(generated=True)
        elif action.word() in ("SET", "DROP", "RESET", "RESTART", "ADD") and not action.accept("SET", "DATA"):
            return
        else:
            action.accept("TYPE")
            self.redefine(action, name, part, name_read=True)
            return
        self.catalog.change_column(name, part.name, change)

    def redefine(
        self, action: Cursor, name: TableName, old: NamePart | None, name_read: bool = False
    ) -> None:
        """Another definition of a column: ``TYPE bigint``, ``MODIFY a bigint NOT NULL``, ``CHANGE a b bigint``."""
        if name_read and old is not None:
            action.position -= 1
            token = action.items[action.position]
            action.items = list(action.items)
            action.items[action.position] = token._replace(
                kind="quoted", text='"' + old.name + '"', upper="", start=old.start, end=old.end
            )
        read = read_column(action, self.context)
        if read is None:
            self.catalog.incomplete(name)
            return
        column = read.column
        if old is not None and old.name.lower() != column.name.lower():
            self.catalog.rename_column(name, old.name, column)
        told = name_read and self.context.engine != "mssql"
        self.catalog.change_column(
            name,
            column.name,
            ColumnChange(
                column.type,
                family_of(column.type, self.context.engine),
                zoned(column.type, self.context.engine),
                None if told and column.nullable else column.nullable,
            ),
        )
