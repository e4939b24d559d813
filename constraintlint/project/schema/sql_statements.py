"""What the statements of an SQL script do to a catalog: ``CREATE``, ``ALTER``, ``DROP`` and ``RENAME`` of tables, views, types."""

from __future__ import annotations

import re

from msgspec.structs import replace

from constraintlint.project.schema.catalog import Catalog, TableName
from constraintlint.project.schema.families import family_of
from constraintlint.project.schema.records import Column, Index, Table
from constraintlint.project.schema.scripts import HOLE, Script, Statement, statements
from constraintlint.project.schema.sql_alter import alter_table
from constraintlint.project.schema.sql_columns import (
    Context,
    Elements,
    index_columns,
    read_elements,
)
from constraintlint.project.schema.sql_tokens import Cursor, tokens
from constraintlint.project.schema.views import read_view

MAX_STATEMENT = 400_000
#: characters of a name, before the part a program fills in, that tell it from others
_MIN_KNOWN = 3

_FIRST = re.compile(r"(?:create|alter|drop|rename|do|if|begin|exec(?:ute)?)\b", re.I)
_SUBJECT = re.compile(r"\b(?:table|view|type|domain|index)\b", re.I)
_INSIDE = re.compile(r"\b(?:create|alter|drop)\s+(?:temp\w*\s+|unlogged\s+)?table\b", re.I)
_DOLLAR = re.compile(r"\$(\w*)\$(.*)\$\1\$", re.S)
_MODIFIERS = frozenset(
    ["GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "FOREIGN", "EXTERNAL", "MATERIALIZED", "RECURSIVE", "PRIVATE", "COLUMN"]
)  # fmt: skip


def apply(script: Script, catalog: Catalog, engine: str = "") -> None:
    """Apply every statement of a script that changes tables; the others are passed over."""
    for statement in statements(script.text, backslash=engine == "mysql"):
        if _FIRST.match(statement.text) is None or _SUBJECT.search(statement.text) is None:
            continue
        for part in _parts(statement):
            _Reader(script, part, catalog, engine).read()


def _parts(statement: Statement) -> list[Statement]:
    """The statement, or those inside a block (``DO $$ ... $$``, ``IF NOT EXISTS (...) CREATE TABLE ...``)."""
    text = statement.text
    first = text.split(None, 1)[0].upper()
    if first in ("CREATE", "ALTER", "DROP", "RENAME"):
        return [statement]
    body = _DOLLAR.search(text)
    start, inner = (body.start(2), body[2]) if body is not None else (0, text)
    found: list[Statement] = []
    for part in statements(inner) if body is not None else [Statement(0, inner)]:
        match = _INSIDE.search(part.text)
        if match is not None:
            found.append(
                Statement(statement.start + start + part.start + match.start(), part.text[match.start() :])
            )
    return found


class _Reader:
    """One statement."""

    def __init__(self, script: Script, statement: Statement, catalog: Catalog, engine: str) -> None:
        self.statement = statement
        self.catalog = catalog
        self.context = Context(script, statement.start, engine)
        self.cursor = Cursor(tokens(statement.text[:MAX_STATEMENT]))
        self.whole = script.place(statement.start, statement.start + min(len(statement.text), 6))

    def read(self) -> None:
        cursor = self.cursor
        verb = cursor.word()
        cursor.position += 1
        if len(self.statement.text) > MAX_STATEMENT:
            self.catalog.gap(self.whole, "the statement is too long to be read")
        elif verb == "CREATE":
            self.create()
        elif verb == "ALTER":
            self.alter()
        elif verb == "DROP":
            self.drop()
        elif verb == "RENAME":
            self.rename_tables()

    def table(self) -> TableName | None:
        """The table named next; None, with a gap, where the program puts its name in."""
        variable = self.cursor.sign() == ":"  # psql: CREATE TABLE :schema.users
        self.cursor.position += variable
        parts = self.cursor.dotted()[variable:]
        follows = self.cursor.peek()
        glued = (
            parts
            and follows is not None
            and follows.start == parts[-1].end
            and (follows.kind in ("number", "word", "quoted") or follows.text in ("-", "$", "{"))
        )
        if not parts or glued or parts[-1].computed:
            like = re.sub(f"{HOLE}+", "*", parts[-1].name) if parts and not glued else ""
            like = like if len(like.partition("*")[0]) >= _MIN_KNOWN else ""
            self.catalog.gap(self.whole, "the name of the table is not in the text", like=like)
            return None
        namespace = parts[-2].name if len(parts) > 1 and not parts[-2].computed else ""
        return TableName(parts[-1].name, self.context.place(parts[-1]), namespace, parts[-1].quoted)

    # --- create -------------------------------------------------------------------------------------------------

    def create(self) -> None:
        cursor = self.cursor
        if cursor.accept("OR"):
            cursor.position += 1
        modifiers: set[str] = set()
        while True:
            token = cursor.peek()
            if token is not None and token.kind == "word" and HOLE in token.text and cursor.word(1):
                cursor.position += 1  # "CREATE {temporary} TABLE"
                continue
            word = cursor.accept_any(*_MODIFIERS)
            if not word:
                break
            modifiers.add(word)
        if cursor.accept("TABLE"):
            self.create_table(bool(modifiers & {"TEMP", "TEMPORARY"}))
        elif cursor.accept("VIRTUAL", "TABLE"):
            self.create_virtual()
        elif cursor.accept("VIEW"):
            self.create_view(bool(modifiers & {"TEMP", "TEMPORARY"}))
        elif cursor.accept("TYPE"):
            self.create_type()
        elif cursor.accept("DOMAIN"):
            self.create_domain()
        else:
            unique = cursor.accept("UNIQUE")
            cursor.accept_any("CLUSTERED", "NONCLUSTERED", "FULLTEXT", "SPATIAL", "BITMAP")
            if cursor.accept("INDEX"):
                self.create_index(unique)

    def if_not_exists(self) -> bool:
        token = self.cursor.peek()
        if token is not None and token.text.lower() == HOLE and self.cursor.word(1):
            self.cursor.position += 1  # "CREATE TABLE {if_not_exists} users"
            return True
        return self.cursor.accept("IF", "NOT", "EXISTS")

    def create_table(self, temporary: bool) -> None:
        keep_first = self.if_not_exists()
        name = self.table()
        if name is None:
            return
        cursor = self.cursor
        elements = Elements()
        inside = cursor.group()
        if inside is None or inside.word() in ("SELECT", "WITH"):
            elements.complete = False
        else:
            elements = read_elements(inside, self.context)
        while not cursor.done:
            if cursor.word() in ("AS", "SELECT", "INHERITS", "LIKE", "CLONE") or cursor.accept(
                "PARTITION", "OF"
            ):
                elements.complete = False
            if cursor.word() == "OF":
                elements.complete = False
            cursor.skip()
        if not elements.columns and elements.complete:
            elements.complete = False
        text = self.statement.text
        self.catalog.create(
            Table(
                name.name,
                name.place,
                self.catalog.source,
                _keyed(elements),
                elements.complete,
                name.namespace,
                name.quoted,
                "temporary" if temporary else "table",
                elements.primary_key,
                tuple(elements.foreign_keys),
                tuple(elements.indexes),
                ddl=text if HOLE not in text else "",
            ),
            keep_first=keep_first,
        )

    def create_virtual(self) -> None:
        """SQLite: what is told of the columns of full-text and spatial indexes; there are always hidden ones."""
        keep_first = self.cursor.accept("IF", "NOT", "EXISTS")
        name = self.table()
        if name is None:
            return
        columns: list[Column] = []
        if self.cursor.accept("USING"):
            module = self.cursor.name()
            inside = self.cursor.group()
            if module is not None and inside is not None and re.match(r"fts|rtree|vec0", module.name, re.I):
                for part in inside.parts():
                    column = part.name()
                    if column is not None and part.sign() != "=" and not column.computed:
                        columns.append(Column(column.name, self.context.place(column), quoted=column.quoted))
        self.catalog.create(
            Table(
                name.name, name.place, self.catalog.source, tuple(columns), False, name.namespace, name.quoted, "virtual",
                ddl=self.statement.text if HOLE not in self.statement.text else "",
            ),
            keep_first=keep_first,
        )  # fmt: skip

    def create_view(self, temporary: bool) -> None:
        self.if_not_exists()
        name = self.table()
        if name is None:
            return
        columns, complete = read_view(self.cursor, self.context, self.statement)
        self.catalog.create(
            Table(
                name.name, name.place, self.catalog.source, tuple(columns), complete, name.namespace, name.quoted, "view",
                ddl=self.statement.text if HOLE not in self.statement.text else "",
            )
        )  # fmt: skip

    def create_type(self) -> None:
        parts = self.cursor.dotted()
        if parts and self.cursor.accept("AS", "ENUM"):
            self.catalog.types[parts[-1].name.lower()] = "enum"

    def create_domain(self) -> None:
        parts = self.cursor.dotted()
        self.cursor.accept("AS")
        token = self.cursor.peek()
        if parts and token is not None:
            self.catalog.types[parts[-1].name.lower()] = family_of(token.text, self.context.engine)

    def create_index(self, unique: bool) -> None:
        cursor = self.cursor
        cursor.accept("CONCURRENTLY")
        cursor.accept("IF", "NOT", "EXISTS")
        label = cursor.name() if cursor.word() != "ON" else None
        while not cursor.done and not cursor.accept("ON"):
            cursor.skip()
        cursor.accept("ONLY")
        parts = cursor.dotted()
        if not parts or parts[-1].computed:
            return
        name = TableName(
            parts[-1].name,
            self.context.place(parts[-1]),
            parts[-2].name if len(parts) > 1 else "",
            parts[-1].quoted,
        )
        columns = index_columns(cursor)
        partial = any(token.upper == "WHERE" for token in cursor.items[cursor.position :])
        if columns:
            self.catalog.add_index(
                name,
                Index(
                    tuple(columns),
                    unique and not partial,
                    name.place,
                    label.name if label is not None else "",
                ),
            )

    # --- drop and rename ----------------------------------------------------------------------------------------

    def drop(self) -> None:
        cursor = self.cursor
        cursor.accept_any("TEMPORARY", "MATERIALIZED", "FOREIGN")
        if not cursor.accept_any("TABLE", "VIEW"):
            return
        cursor.accept("IF", "EXISTS")
        while not cursor.done:
            parts = cursor.dotted()
            if not parts:
                return
            if not parts[-1].computed:
                namespace = parts[-2].name if len(parts) > 1 else ""
                self.catalog.drop(TableName(parts[-1].name, self.context.place(parts[-1]), namespace))
            if cursor.sign() != ",":
                return
            cursor.position += 1

    def rename_tables(self) -> None:
        """``RENAME TABLE a TO b, c TO d`` (MySQL)."""
        cursor = self.cursor
        if not cursor.accept("TABLE"):
            return
        while not cursor.done:
            old = self.table()
            if old is None or not cursor.accept("TO"):
                return
            new = self.table()
            if new is None:
                return
            self.catalog.rename(old, new)
            if cursor.sign() != ",":
                return
            cursor.position += 1

    # --- alter --------------------------------------------------------------------------------------------------

    def alter(self) -> None:
        cursor = self.cursor
        cursor.accept_any("FOREIGN", "MATERIALIZED", "IGNORE", "ONLINE")
        if not cursor.accept_any("TABLE"):
            return
        cursor.accept("IF", "EXISTS")
        cursor.accept("ONLY")
        name = self.table()
        if name is None:
            return
        if cursor.sign() == "*":
            cursor.position += 1
        alter_table(Cursor(cursor.items, cursor.position), name, self.catalog, self.context, self.whole)


def _keyed(elements: Elements) -> tuple[Column, ...]:
    """The columns with what the constraints of the table say of them."""
    key = {name.lower() for name in elements.primary_key}
    alone = {
        index.columns[0].lower()
        for index in elements.indexes
        if index.unique and len(index.columns) == 1 and index.columns[0] is not None
    }
    references = {
        item.columns[0].lower(): item.references for item in elements.foreign_keys if len(item.columns) == 1
    }
    found: list[Column] = []
    for column in elements.columns:
        name = column.name.lower()
        if name in key and not column.primary_key:
            column = replace(column, primary_key=True, nullable=False)
        if name in alone:
            column = replace(column, unique=True)
        if name in references and column.references is None:
            column = replace(column, references=references[name])
        found.append(column)
    return tuple(found)
