"""SQLite as an oracle: the library itself compiles the statement (EXPLAIN) on an in-memory copy of the catalogue.

Nothing is executed but CREATE TABLE and CREATE VIEW, into memory. Tables come in when they are asked for; one whose columns are
not all known gets what the statement wants of it, so that only what is certain is reported.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from constraintlint.sql import sqlite_versions
from constraintlint.sql.catalogue import Catalogue
from constraintlint.sql.problems import Problem
from constraintlint.sql.sqlite_run import MAX_PROBLEMS, Run
from constraintlint.sql.tokens import Token, statements, tokens

MAX_CHARACTERS = 200_000
MAX_TOKENS = 20_000


class Oracle:
    """The library with one catalogue. ``strict_quotes``: ``"x"`` is a name only, as Node's drivers build it."""

    def __init__(self, catalogue: Catalogue, strict_quotes: bool = False) -> None:
        self.catalogue = catalogue
        self.strict_quotes = strict_quotes
        self.tables = {table.name.lower(): table for table in catalogue.tables}
        self._open()

    def _open(self) -> None:
        """A library without the functions that were put in so that a statement could be read on."""
        self.db = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
        self.functions: set[str] = set()
        self.defined = False
        self.db.execute("CREATE TABLE zqsequence (id INTEGER PRIMARY KEY AUTOINCREMENT)")
        self.db.execute("ANALYZE")
        known = {row[0] for row in self.db.execute("SELECT name FROM pragma_function_list")}
        for name in sqlite_versions.SCALAR:
            if name not in known:
                self.define(name)
        for name in sqlite_versions.AGGREGATES:
            if name not in known:
                self._define_aggregate(name)

    def check(self, sql: str, names_known: bool = True) -> list[Problem]:
        """The problems of one or more statements; ``names_known=False`` leaves tables and columns alone."""
        if len(sql) > MAX_CHARACTERS or "\0" in sql or not _encodes(sql):
            return []
        found = tokens(sql, "sqlite")
        if len(found) > MAX_TOKENS:
            return []
        problems: list[Problem] = []
        with self._undone():
            run = Run(self, names_known)
            for first, last in statements(found):
                part = found[first:last]
                start = part[0].start
                text = sql[start : part[-1].end]
                moved = [Token(t.kind, t.text, t.start - start, t.end - start) for t in part]
                problems += [_shifted(item, start) for item in run.statement(text, moved)]
                if any(item.kind == "syntax" for item in problems):
                    break  # where one statement is not read, the end of it is not known either
        if self.defined:
            self.db.close()
            self._open()
        return problems[:MAX_PROBLEMS]

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """What is done inside leaves no trace in the schema."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            self.db.execute("ROLLBACK")

    def compile(self, sql: str) -> str:
        """The library's message about one statement, "" where it takes it."""
        try:
            self.db.execute(f"EXPLAIN {sql}")
        except sqlite3.ProgrammingError:
            return ""  # it was compiled, and wants values
        except (sqlite3.Error, sqlite3.Warning) as error:
            return str(error) or "error"
        except (ValueError, OverflowError, UnicodeError):
            return ""
        return ""

    def _define_aggregate(self, name: str) -> None:
        try:
            self.db.create_window_function(name, -1, _Aggregate)
        except sqlite3.NotSupportedError:  # a library before 3.25
            self.define(name)

    def define(self, name: str) -> None:
        self.functions.add(name.lower())
        self.db.create_function(name, -1, lambda *values: None)


class _Aggregate:
    def step(self, *values: object) -> None:
        """Takes a value."""

    inverse = step

    def value(self) -> None:
        """No value."""

    finalize = value


def _encodes(sql: str) -> bool:
    try:
        sql.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _shifted(item: Problem, start: int) -> Problem:
    return msgspec.structs.replace(item, start=item.start + start, end=item.end + start)
