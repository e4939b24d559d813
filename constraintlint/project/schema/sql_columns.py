"""Column definitions and table constraints of ``CREATE TABLE`` and ``ALTER TABLE``, in the dialects of all engines."""

from __future__ import annotations

import re
from typing import NamedTuple

from constraintlint.project.schema.families import family_of, zoned
from constraintlint.project.schema.records import Column, ForeignKey, Index, Place, Reference
from constraintlint.project.schema.scripts import HOLE, Script
from constraintlint.project.schema.sql_tokens import Cursor, NamePart, Token

#: words that end the type of a column
_AFTER_TYPE = frozenset(
    [
        "NOT", "NULL", "PRIMARY", "UNIQUE", "DEFAULT", "REFERENCES", "CHECK", "COLLATE", "GENERATED", "CONSTRAINT",
        "AUTOINCREMENT", "AUTO_INCREMENT", "COMMENT", "ON", "AS", "ENCODE", "KEY", "IDENTITY", "FOREIGN", "STORAGE",
        "COMPRESSION", "VISIBLE", "INVISIBLE", "FIRST", "AFTER", "VIRTUAL", "STORED", "PERSISTED", "ROWGUIDCOL", "SPARSE",
        "MASKED", "ASC", "DESC", "DEFERRABLE", "INITIALLY", "OPTIONS", "ENABLE", "DISABLE", "CHARSET", "USING", "SRID",
    ]
)  # fmt: skip
_SERIAL = re.compile(r"(?:big|small)?serial(?:[248])?\b", re.I)
_NOT_GENERATED = frozenset(("postgresql", "mysql", "mariadb", "mssql", "oracle"))


class Context(NamedTuple):
    """Where a statement stands, and the engine it is for ("" where unknown)."""

    script: Script
    offset: int
    engine: str

    def place(self, part: NamePart | Token) -> Place:
        return self.script.place(self.offset + part.start, self.offset + part.end)

    def between(self, start: int, end: int) -> str:
        return self.script.text[self.offset + start : self.offset + end]


class Elements:
    """What the parentheses of ``CREATE TABLE`` hold."""

    def __init__(self) -> None:
        self.columns: list[Column] = []
        self.primary_key: tuple[str, ...] = ()
        self.foreign_keys: list[ForeignKey] = []
        self.indexes: list[Index] = []
        self.complete = True


def read_elements(inside: Cursor, context: Context) -> Elements:
    """Every column and constraint; ``complete`` is False where something else may stand there."""
    found = Elements()
    for part in inside.parts():
        if not part.done:
            read_element(part, context, found)
    return found


def read_element(part: Cursor, context: Context, found: Elements) -> None:
    if part.word() == "CONSTRAINT":
        part.position += 1
        if part.word() not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE") or part.word(1) == "":
            part.name()
    if _constraint(part, context, found):
        return
    column = read_column(part, context)
    if column is None:
        found.complete = False
        return
    found.columns.append(column.column)
    found.complete = found.complete and not column.open
    if column.column.primary_key and not found.primary_key:
        found.primary_key = (column.column.name,)


def _constraint(part: Cursor, context: Context, found: Elements) -> bool:
    """Read a table constraint or index; False where the element is a column (a column may be called ``key``)."""
    first = part.peek()
    word = part.word()
    if first is None:
        return True
    place = context.place(first)
    if word == "PRIMARY" and part.word(1) == "KEY":
        part.position += 2
        names = index_columns(part)
        found.primary_key = tuple(name for name in names if name is not None)
        return True
    if word == "FOREIGN" and part.word(1) == "KEY":
        part.position += 2
        if part.sign() != "(":
            part.name()
        columns = tuple(name for name in index_columns(part) if name is not None)
        target = _references(part)
        if target is not None and columns:
            found.foreign_keys.append(ForeignKey(columns, target, place))
        return True
    if word == "CHECK" and part.sign(1) == "(":
        return True
    if word == "EXCLUDE" and (part.word(1) == "USING" or part.sign(1) == "("):
        return True
    if word == "PERIOD" and part.word(1) == "FOR":
        return True
    if word == "LIKE":
        found.complete = False
        return True
    if word == "UNIQUE" or (word in ("KEY", "INDEX", "FULLTEXT", "SPATIAL") and _is_index(part)):
        unique = word == "UNIQUE"
        part.position += 1
        part.accept_any("KEY", "INDEX")
        part.accept_any("CLUSTERED", "NONCLUSTERED")
        if part.accept("NULLS"):
            part.accept("NOT")
            part.accept("DISTINCT")
        name = part.name() if part.sign() != "(" else None
        while not part.done and part.sign() != "(":
            part.position += 1
        columns_or_none = index_columns(part)
        if columns_or_none:
            found.indexes.append(Index(tuple(columns_or_none), unique, place, name.name if name else ""))
        return True
    return False


def _is_index(part: Cursor) -> bool:
    """``KEY name (columns)`` and not a column of that name: ``key VARCHAR(20)``."""
    ahead = 1
    while part.word(ahead) in ("KEY", "INDEX"):
        ahead += 1
    if part.sign(ahead) != "(":
        token = part.peek(ahead)
        if token is None or token.kind not in ("word", "quoted", "bracket"):
            return False
        ahead += 1
        if part.word(ahead) == "USING":
            return True
    if part.sign(ahead) != "(":
        return False
    inside = part.peek(ahead + 1)
    return inside is not None and inside.kind in ("word", "quoted", "bracket") and inside.upper != "MAX"


def index_columns(part: Cursor) -> list[str | None]:
    """The columns in parentheses; None for an expression. ``name(10)`` is the start of a column (MySQL)."""
    while not part.done and part.sign() != "(":
        part.position += 1
    inside = part.group()
    if inside is None:
        return []
    found: list[str | None] = []
    for item in inside.parts():
        name = item.name()
        if name is None:
            if not item.done:
                found.append(None)
            continue
        group = item.group()
        argument = group.peek() if group is not None else None
        expression = group is not None and (argument is None or argument.kind != "number")
        operator = item.sign() not in ("", ",") if not expression else True
        found.append(None if expression or operator or name.computed else name.name)
    return found


def _references(part: Cursor) -> Reference | None:
    while not part.done and part.word() != "REFERENCES":
        part.skip()
    if not part.accept("REFERENCES"):
        return None
    names = part.dotted()
    if not names or names[-1].computed:
        return None
    columns = tuple(name for name in index_columns(part) if name) if part.sign() == "(" else ()
    return Reference(names[-1].name, columns, names[-2].name if len(names) > 1 else "")


class ReadColumn(NamedTuple):
    """A column; ``open`` where the program puts text in that may hold more columns."""

    column: Column
    open: bool


def read_column(part: Cursor, context: Context) -> ReadColumn | None:
    """``name type constraints...``; None where no name comes first or the program puts it in."""
    name = part.name()
    if name is None or name.computed or (name.quoted and not name.name):
        return None
    if part.done and not name.quoted and context.script.text.count(HOLE) and name.computed:
        return None
    type_text, open_type = _type(part, context)
    flags = _Flags()
    _read_flags(part, flags)
    nullable: bool | None = flags.nullable
    if nullable is None and not (open_type or flags.open):
        nullable = not flags.primary
    if flags.primary:
        nullable = False
    plain_type = type_text.strip()
    serial = _SERIAL.match(plain_type) is not None
    row_id = (
        flags.primary and plain_type.upper() == "INTEGER" and context.engine not in _NOT_GENERATED
    )  # SQLite: another name of the row id
    return ReadColumn(
        Column(
            name.name,
            context.place(name),
            plain_type,
            family_of(plain_type, context.engine),
            False if serial else nullable,
            flags.primary,
            flags.unique,
            flags.default or serial,
            flags.generated or serial or row_id,
            name.quoted,
            zoned(plain_type, context.engine),
            flags.references,
        ),
        flags.open,
    )


def _type(part: Cursor, context: Context) -> tuple[str, bool]:
    """The type as written, and whether the program puts (a part of) it in, so that a constraint may hide there."""
    start: int | None = None
    end = 0
    computed = False
    while not part.done:
        token = part.peek()
        assert token is not None
        if token.upper in _AFTER_TYPE or (token.upper == "CHARACTER" and part.word(1) == "SET"):
            break
        if token.kind == "word" and HOLE in token.text:
            if start is not None:
                break
            computed = True
        if token.kind == "string" and start is None:
            break
        start = token.start if start is None else start
        part.skip()
        end = part.items[part.position - 1].end
    return (context.between(start, end) if start is not None else ""), computed


class _Flags:
    def __init__(self) -> None:
        self.nullable: bool | None = None
        self.primary = self.unique = self.default = self.generated = self.open = False
        self.references: Reference | None = None


def _read_flags(part: Cursor, flags: _Flags) -> None:
    """The constraints behind the type of a column."""
    while not part.done:
        word = part.word()
        if part.accept("NOT", "NULL"):
            flags.nullable = False
        elif word == "NULL":
            flags.nullable = True
            part.position += 1
        elif part.accept("PRIMARY", "KEY") or word == "KEY":
            flags.primary = True
            part.accept("KEY")
        elif word == "UNIQUE":
            flags.unique = True
            part.position += 1
            part.accept("KEY")
        elif word == "DEFAULT":
            flags.default = True
            part.position += 1
            _skip_value(part)
        elif word == "REFERENCES":
            flags.references = _references(part)
        elif word in ("GENERATED", "IDENTITY", "AUTOINCREMENT", "AUTO_INCREMENT"):
            flags.generated = True
            part.position += 1
        elif word == "AS" and part.sign(1) == "(":
            flags.generated = True
            part.position += 1
            part.group()
        elif word == "ON":
            part.position += 2  # ON DELETE, ON UPDATE, ON CONFLICT
            if not part.accept("SET", "NULL") and not part.accept("SET", "DEFAULT"):
                part.accept("NO")
                part.skip()
        elif word in ("COLLATE", "COMMENT", "CONSTRAINT", "CHARSET"):
            part.position += 1
            part.dotted()
        else:
            token = part.peek()
            if token is not None and token.kind == "word" and HOLE in token.text:
                flags.open = True
            part.skip()


def _skip_value(part: Cursor) -> None:
    """Go past the value of ``DEFAULT``: a literal, a call, an expression in parentheses, with its casts and operators."""
    while part.sign() in ("-", "+", "@", "~"):
        part.position += 1
    part.accept_any("INTERVAL", "DATE", "TIMESTAMP", "TIME", "NEXT")
    part.skip()
    while not part.done:
        if part.sign() == "(":
            part.group()
        elif part.sign() in (":", ".", "|", "+", "-", "*", "/"):
            while part.sign() in (":", ".", "|", "+", "-", "*", "/"):
                part.position += 1
            part.skip()
        elif (
            ((token := part.peek()) is not None and token.kind == "bracket")
            or part.word() in ("VARYING", "PRECISION", "AT", "WITH", "WITHOUT")
            or (part.word() in ("TIME", "ZONE") and part.word(-1) in ("AT", "WITH", "WITHOUT", "TIME"))
        ):
            part.position += 1
        else:
            return
