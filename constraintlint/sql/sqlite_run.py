"""One text through SQLite's compiler: its messages turned into problems, each at the token the library means."""

from __future__ import annotations

import re
import sqlite3
from itertools import pairwise
from typing import TYPE_CHECKING

from constraintlint.sql import sqlite_versions
from constraintlint.sql.problems import Kind, Problem
from constraintlint.sql.template import MARK
from constraintlint.sql.tokens import Token

if TYPE_CHECKING:
    from constraintlint.sql.sqlite import Oracle

MAX_PROBLEMS = 8
_MAX_ROUNDS = 60
_PROBE = "zqprobe"

_SYNTAX = re.compile(
    r'near "(?P<near>.*)": syntax error|unrecognized token: "(?P<token>.*)"|incomplete input', re.S
)
_NAMES: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"no such table: (?P<name>.+)", re.S), "table"),
    (re.compile(r"table \S+ has no column named (?P<name>.+)", re.S), "column"),
    (re.compile(r"no such column: (?P<name>.+)", re.S), "column"),
    (re.compile(r"ambiguous column name: (?P<name>.+)", re.S), "ambiguous"),
    (
        re.compile(r"cannot join using column (?P<name>.+) - column not present in both tables", re.S),
        "column",
    ),
    (re.compile(r"no such function: (?P<name>.+)", re.S), "function"),
    (re.compile(r"wrong number of arguments to function (?P<name>.+)\(\)", re.S), "function"),
    (re.compile(r"misuse of (?:aggregate|window)(?: function)?:? (?P<name>\w+)\(\)", re.S), "group-by"),
)
#: rules that hold whatever the tables are, and those that depend on how many columns a table has
_CERTAIN = re.compile(
    r"a GROUP BY clause is required before HAVING|HAVING clause on a non-aggregate query|ORDER BY without LIMIT on (?:DELETE|UPDATE)|all VALUES must have the same number of terms"
    r"|(?:LIMIT|ORDER BY) clause should come after .* not before|aggregate functions are not allowed in the GROUP BY clause"
    r"|\d+ values for \d+ columns|AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY|no such window: .*"
    r"|DISTINCT aggregates must have exactly one argument|DISTINCT is not supported for window functions"
    r"|FILTER clause may only be used with aggregate window functions|table .* has more than one primary key"
    r"|duplicate column name: .*|cannot use window functions in recursive queries|circular reference: .*|no tables specified"
    r"|duplicate WITH table name: .*|\w+\(\) may not be used as a window function|no such collation sequence: .*"
)
_COUNTED = re.compile(
    r"table .* has \d+ columns but \d+ values were supplied|SELECTs to the left and right of .* do not have the same number of"
    r" result columns|sub-select returns \d+ columns - expected \d+|row value misused|IN\(\.\.\.\) element has .*"
    r"|\d+\w\w (?:ORDER|GROUP) BY term out of range.*|\d+\w\w ORDER BY term does not match any column in the result set"
    r"|table .* has \d+ values for \d+ columns"
)
#: tables the library provides, or extensions do
_PROVIDED = re.compile(
    r"sqlite_\w+|pragma_\w+|generate_series|jsonb?_each|jsonb?_tree|dbstat|carray|fts\w*|bytecode|zipfile|fsdir|csv",
    re.I,
)
_DATA = frozenset({"SELECT", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "VALUES", "EXPLAIN"})


class Run:
    """One text: which tables are loaded, which of them are open."""

    def __init__(self, oracle: Oracle, names_known: bool) -> None:
        self.oracle = oracle
        self.names_known = names_known
        self.loaded: dict[str, bool] = {}
        """table in lower case -> whether all its columns are known"""
        self.repaired = False
        """whether the statement can be tried again behind the problem just found"""
        self.added: set[str] = set()
        """columns put into open tables"""

    # --- one statement ------------------------------------------------------------------------------------------------

    def statement(self, sql: str, found: list[Token]) -> list[Problem]:
        word = found[0].word
        if word not in _DATA:
            return self._definition(sql, found)
        problems: list[Problem] = []
        text = self._quoted(sql, found)
        for _ in range(_MAX_ROUNDS):
            message = self.oracle.compile(text)
            if not message or len(problems) >= MAX_PROBLEMS:
                break
            problem = self._problem(message, text, found)
            if problem is False:
                break
            if isinstance(problem, Problem):
                problems.append(problem)
                if not self.repaired:
                    break
        return problems

    def _quoted(self, sql: str, found: list[Token]) -> str:
        """With names in double quotes in brackets, where those are never strings."""
        if not self.oracle.strict_quotes:
            return sql
        parts, position = [], 0
        for token in found:
            if (
                token.kind == "quoted"
                and token.text[0] == '"'
                and "]" not in token.text
                and '""' not in token.text[1:-1]
            ):
                parts += [sql[position : token.start], "[", token.text[1:-1], "]"]
                position = token.end
        return "".join([*parts, sql[position:]])

    def _definition(self, sql: str, found: list[Token]) -> list[Problem]:
        """CREATE, ALTER, PRAGMA and the like: syntax only, as their tables may be of another time."""
        words = [token.word for token in found[:6]]
        message = self.oracle.compile(sql)
        for _ in range(5):
            absent = re.fullmatch(r"no such table: (?:main\.|temp\.)?(.+)", message, re.S)
            if absent is None or absent[1].lower() in self.loaded:
                break
            known = self.oracle.tables.get(absent[1].lower())
            self._load(absent[1], [column.name for column in known.columns] if known else [], False)
            message = self.oracle.compile(sql)
        if words[0] == "CREATE" and ("TABLE" in words or "VIEW" in words) and "VIRTUAL" not in words:
            self._create(sql, found, words)
        if not message:
            return []
        if _SYNTAX.fullmatch(message):
            problem = self._syntax(message, sql, found)
            return [problem] if problem is not None else []
        if _CERTAIN.fullmatch(message) and words[0] == "CREATE":
            return [Problem("semantic", found[0].start, found[0].end, message)]
        return []

    def _create(self, sql: str, found: list[Token], words: list[str]) -> None:
        depth = 0
        for token in found[2:]:
            depth += (token.text == "(") - (token.text == ")")
            if token.word == "AS" and not depth and "TABLE" in words:
                return  # its columns are those of a query: the table is taken as unknown when it is asked for
        try:
            self.oracle.db.execute(sql)
        except (sqlite3.Error, sqlite3.Warning, ValueError):
            return
        for (name,) in self.oracle.db.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        ).fetchall():
            if not name.startswith(("zq", "sqlite_")):
                self.loaded.setdefault(name.lower(), True)

    # --- messages -------------------------------------------------------------------------------------------------------

    def _problem(self, message: str, sql: str, found: list[Token]) -> Problem | bool:
        """A problem; True where something was added and the statement is worth another try; False to give up."""
        self.repaired = False
        if _SYNTAX.fullmatch(message):
            return self._syntax(message, sql, found) or False
        for pattern, kind in _NAMES:
            match = pattern.fullmatch(message)
            if match is not None:
                return self._named(kind, match["name"], message, sql, found)
        if message.startswith("ON CONFLICT clause does not match"):
            return self._index(found)
        if _CERTAIN.fullmatch(message) or (
            _COUNTED.fullmatch(message) and self._is_counted() and self.names_known
        ):
            return Problem("semantic", found[0].start, found[0].end, message)
        return False

    def _is_counted(self) -> bool:
        """Whether it is certain how many columns each table of the statement has."""
        known = self.oracle.tables
        return all(self.loaded.values()) and all(known[name].exact for name in self.loaded if name in known)

    def _syntax(self, message: str, sql: str, found: list[Token]) -> Problem | None:
        if sqlite_versions.may_be_newer([token.text for token in found]):
            return None
        match = _SYNTAX.fullmatch(message)
        assert match is not None
        near = match["near"] if match["near"] is not None else match["token"]
        if near is None:
            last = found[-1]
            return Problem(
                "syntax", last.start, last.end, f"incomplete input, after {last.text[:40]}", tag="end"
            )
        if match["token"] is not None:
            start = sql.find(near)
            place = next((token for token in found if token.start == start), None)
            end = place.end if place is not None else start + max(1, len(near))
            return Problem("syntax", max(start, 0), max(end, 1), message, name=near[:60])
        for token in found:
            if token.text != near and not (near and token.text.startswith(near)):
                continue
            prefix = self.oracle.compile(sql[: token.end])
            if prefix and prefix != "incomplete input" and _SYNTAX.fullmatch(prefix):
                return Problem("syntax", token.start, token.end, message, name=near)
        at = max(sql.find(near), 0) if near else found[-1].start
        return Problem("syntax", at, at + max(1, len(near)), message, name=near)

    def _named(self, kind: Kind, name: str, message: str, sql: str, found: list[Token]) -> Problem | bool:
        if kind == "table":
            return self._table(name, sql, found)
        if kind == "function":
            return self._function(name, message, sql, found)
        if kind == "group-by":
            token = self._spelled(name, sql, found, message)
            return self._at("group-by", token, found, message, name=name, tag="misplaced")
        if not self.names_known:
            return False
        if kind == "ambiguous":
            if name.lower() in self.added or MARK in name:
                return False
            token = self._spelled(name, sql, found, message)
            return self._at(
                "ambiguous", token, found, f"{message}: more than one table in FROM has it", name=name
            )
        return self._column(name, message, sql, found)

    def _at(
        self, kind: Kind, token: Token | None, found: list[Token], message: str, **rest: str | tuple[str, ...]
    ) -> Problem:
        place = token or found[0]
        return Problem(kind, place.start, place.end, message, **rest)  # type: ignore[arg-type]

    def _table(self, name: str, sql: str, found: list[Token]) -> Problem | bool:
        plain = name.rpartition(".")[2] if "." in name and name.lower() not in self.oracle.tables else name
        known = self.oracle.tables.get(plain.lower())
        schema = name.partition(".")[0].lower() if plain != name else "main"
        if schema in ("public", "pg_catalog", "information_schema"):
            token = next((token for token in found if token.name.lower() == schema), None)
            return self._at(
                "dialect", token, found, f"SQLite has no schema {schema}", name=schema, help=f"write {plain}"
            )
        if schema not in ("main", "temp"):
            return False
        if plain.lower() in self.loaded or _PROVIDED.fullmatch(plain):
            return False
        if known is not None:
            self._load(plain, [column.name for column in known.columns], known.complete)
            return True
        self._load(plain, [], False)
        if MARK in plain or not self.names_known or not self.oracle.catalogue.lacks(plain):
            return True
        token = self._spelled_table(plain, sql, found)
        self.repaired = True
        return self._at("table", token, found, f"no such table: {plain}", name=plain)

    def _load(self, name: str, columns: list[str], complete: bool) -> None:
        unique: dict[str, str] = {}
        for column in columns:
            unique.setdefault(column.lower(), column)
        listed = ", ".join(_quote(column) for column in unique.values()) or _quote("zqstub")
        try:
            self.oracle.db.execute(f"CREATE TABLE {_quote(name)} ({listed})")
        except sqlite3.Error:
            complete = False
        self.loaded[name.lower()] = complete

    def _function(self, name: str, message: str, sql: str, found: list[Token]) -> Problem | bool:
        if message.startswith("wrong number"):
            if name.lower() in sqlite_versions.VARYING or name.lower() in self.oracle.functions:
                return False
            return self._at("function", self._call(name, found), found, message, name=name, tag="arguments")
        self.oracle.define(name)
        self.oracle.defined = True
        self.repaired = True
        if name.upper() in ("REGEXP", "MATCH") and self._call(name, found) is None:
            return True
        return self._at("function", self._call(name, found), found, message, name=name)

    def _call(self, name: str, found: list[Token]) -> Token | None:
        return next(
            (
                token
                for token, after in pairwise(found)
                if token.name.lower() == name.lower() and after.text == "("
            ),
            None,
        )

    def _index(self, found: list[Token]) -> Problem | bool:
        """Unique constraints are not all known: the one ON CONFLICT names is made."""
        words = [token.word for token in found]
        for i in range(len(words) - 2):
            if words[i : i + 2] == ["ON", "CONFLICT"] and found[i + 2].text == "(" and "INTO" in words:
                target = found[words.index("INTO") + 1].name
                end = next((j for j in range(i, len(found)) if found[j].text == ")"), -1)
                columns = ", ".join(_quote(token.name) for token in found[i + 3 : end] if token.name)
                try:
                    self.oracle.db.execute(
                        f"CREATE UNIQUE INDEX zqindex{i}_{len(self.loaded)} ON {_quote(target)} ({columns})"
                    )
                except sqlite3.Error:
                    return False
                return self.oracle.compile("SELECT 1") == ""
        return False

    # --- columns --------------------------------------------------------------------------------------------------------

    def _column(self, name: str, message: str, sql: str, found: list[Token]) -> Problem | bool:
        parts = self._parts(name, found)
        column = parts[-1]
        resolving = [table for table in sorted(self.loaded) if self._would_help(table, column, message, sql)]
        for candidate in resolving:
            if not self.loaded[candidate] or MARK in name:
                self.added.add(column.lower())
                return self._add_column(candidate, column)
        if MARK in name or column.lower() in self.added:
            return False
        token = self._spelled(name, sql, found, message)
        if not resolving:
            return self._unreached(parts, token, message, found)
        self.repaired = self._add_column(resolving[0], column)
        table = self.oracle.tables.get(resolving[0]) if len(resolving) == 1 else None
        if table is None:
            columns = [
                c.name for t in resolving if t in self.oracle.tables for c in self.oracle.tables[t].columns
            ]
            names = " nor ".join(
                self.oracle.tables[t].name if t in self.oracle.tables else t for t in resolving
            )
            text = f"no such column: {name}" + (f" (neither {names} has it)" if len(resolving) > 1 else "")
            return self._at(
                "column", token, found, text, name=column, tables=tuple(dict.fromkeys(columns)), tag="several"
            )
        known = tuple(c.name for c in table.columns)
        text = f'column "{column}" does not exist in table "{table.name}" (columns: {", ".join(known)})'
        return self._at("column", token, found, text, name=column, table=table.name, tables=known)

    def _unreached(
        self, parts: list[str], token: Token | None, message: str, found: list[Token]
    ) -> Problem | bool:
        """A name that no column of a table would give: an unknown qualifier, or a column of a subquery."""
        column = parts[-1]
        if len(parts) == 1:
            if not all(self.loaded.values()):
                return False
            return self._at("column", token, found, f"no such column: {column}", name=column, tag="no from")
        qualifier = parts[-2]
        at = None
        if token is not None:
            i = found.index(token)
            at = found[i - 2] if i >= 2 and found[i - 1].text == "." else token
        derived = self._is_derived(qualifier, found)
        if derived or (not all(self.loaded.values()) and qualifier.lower() in self.loaded):
            if not all(self.loaded.values()):
                return False
            return self._at(
                "column",
                token,
                found,
                f'column "{column}" does not exist in "{qualifier}"',
                name=column,
                tag="derived",
            )
        reach = ", ".join(sorted({item.name for item in found if item.name.lower() in self.loaded}))
        help = f"add {qualifier} to FROM or JOIN" + (f"; in reach are the tables {reach}" if reach else "")
        text = f'no such column: {".".join(parts)}: "{qualifier}" is not in the FROM clause in reach here'
        return self._at("alias", at, found, text, name=qualifier, help=help)

    def _is_derived(self, qualifier: str, found: list[Token]) -> bool:
        """Whether a name is the alias of a subquery, or a CTE."""
        words = ["", "", *(token.word or token.text for token in found), "", ""]
        for i, token in enumerate(found, 2):
            if token.name.lower() != qualifier.lower() or words[i + 1] == ".":
                continue
            if words[i - 1] == ")" or (words[i - 1] == "AS" and words[i - 2] == ")"):
                return True
            if words[i + 1] == "AS" and words[i + 2] in ("(", "MATERIALIZED", "NOT"):
                return True
            if words[i - 1] in ("WITH", "RECURSIVE", ",") and words[i + 1] == "(":
                return True
        return False

    def _parts(self, name: str, found: list[Token]) -> list[str]:
        """A message's dotted name as the statement writes it: names may hold dots of their own."""
        if "." not in name or any(token.name == name for token in found):
            return [name]
        return name.split(".")

    def _would_help(self, table: str, column: str, message: str, sql: str) -> bool:
        db = self.oracle.db
        db.execute("SAVEPOINT zqtry")
        try:
            return self._add_column(table, column) and self.oracle.compile(sql) != message
        finally:
            db.execute("ROLLBACK TO zqtry")
            db.execute("RELEASE zqtry")

    def _add_column(self, table: str, column: str) -> bool:
        try:
            self.oracle.db.execute(f"ALTER TABLE {_quote(table)} ADD COLUMN {_quote(column)}")
        except sqlite3.Error:
            return False
        return True

    # --- places ---------------------------------------------------------------------------------------------------------

    def _spelled(self, name: str, sql: str, found: list[Token], message: str) -> Token | None:
        """The token the library means: the one that, renamed, changes the name in its message."""
        last = self._parts(name, found)[-1].lower()
        candidates = [
            token for token in found if token.name.lower() == last and token.kind in ("word", "quoted")
        ]
        if len(candidates) > 1:
            for token in candidates:
                probe = self.oracle.compile(sql[: token.start] + _PROBE + sql[token.end :])
                if _PROBE in probe:
                    return token
        return candidates[0] if candidates else None

    def _spelled_table(self, name: str, sql: str, found: list[Token]) -> Token | None:
        candidates = [token for token in found if token.name.lower() == name.lower()]
        if len(candidates) > 1:
            for i, token in enumerate(found):
                if (
                    token in candidates
                    and i
                    and found[i - 1].word in ("FROM", "JOIN", "INTO", "UPDATE", ",", "TABLE")
                ):
                    return token
        return candidates[0] if candidates else None


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
