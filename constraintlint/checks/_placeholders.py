"""Placeholders of the drivers: which style each reads, and how many values a statement takes."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from constraintlint.checks._bind_text import masked

Style = Literal["qmark", "dollar", "format"]


class Driver(msgspec.Struct, frozen=True):
    """``style`` of the placeholders; ``passed``: values in one sequence (``second``) or as arguments (``rest``).

    ``mixed`` drivers take both; ``keywords`` are the names of the sequence; ``strict`` ones fail for too few values.
    """

    title: str
    engine: str
    style: Style
    passed: Literal["second", "rest", "mixed"] = "second"
    keywords: tuple[str, ...] = ()
    strict: bool = True
    callbacks: bool = False
    """the last argument may be a callback"""
    named: bool = False
    """``:name`` is a placeholder as well"""
    numbers_named: bool = False
    """``?1`` is one of these, and takes its value by the name ``1``"""


_SQLITE = Driver("sqlite3", "sqlite", "qmark", keywords=("parameters",), named=True)
DRIVERS: dict[str, Driver] = {
    "sqlite3": _SQLITE,
    "aiosqlite": msgspec.structs.replace(_SQLITE, title="aiosqlite"),
    "psycopg2": Driver("psycopg2", "postgresql", "format", keywords=("vars",)),
    "psycopg": Driver("psycopg", "postgresql", "format", keywords=("params",)),
    "asyncpg": Driver("asyncpg", "postgresql", "dollar", "rest"),
    "pymysql": Driver("PyMySQL", "mysql", "format", keywords=("args",)),
    "MySQLdb": Driver("mysqlclient", "mysql", "format", keywords=("args",)),
    "aiomysql": Driver("aiomysql", "mysql", "format", keywords=("args",)),
    "pg": Driver("pg", "postgresql", "dollar"),
    "mysql": Driver("mysql", "mysql", "qmark"),
    "mysql2": Driver("mysql2", "mysql", "qmark"),
    "mysql2/promise": Driver("mysql2", "mysql", "qmark"),
    "sqlite3#": Driver("sqlite3", "sqlite", "qmark", "mixed", strict=False, callbacks=True, named=True),
    "sqlite#": Driver("sqlite", "sqlite", "qmark", "mixed", strict=False, callbacks=True, named=True),
    "better-sqlite3": Driver("better-sqlite3", "sqlite", "qmark", "mixed", named=True, numbers_named=True),
}
_QMARK = re.compile(r"\?(\d+)?")
_DOLLAR = re.compile(r"(?<![\w$])\$(\d+)")
_FORMAT = re.compile(r"%(?:%|(?P<name>\(\w+\))?(?P<kind>[sbt])|(?P<other>.?))", re.S)
_NAMED = re.compile(r"(?<![:\w\x5c])[:@]([A-Za-z_]\w*)")
_DOLLAR_NAME = re.compile(r"(?<![\w$])\$([A-Za-z_]\w*)")


def placeholders(sql: str, style: Style) -> int | None:
    """How many values a statement takes; None where it cannot be told (named ones, or marks inside quotes)."""
    text = masked(sql)
    if style == "format":
        return _formats(sql)
    if style == "dollar":
        if len(_DOLLAR.findall(sql)) != len(_DOLLAR.findall(text)):
            return None
        return max((int(number) for number in _DOLLAR.findall(text)), default=0)
    if sql.count("?") != text.count("?") or "??" in text:
        return None
    if _NAMED.search(text) or _DOLLAR_NAME.search(text) or _DOLLAR.search(text):
        return None
    numbers = _QMARK.findall(text)
    if any(numbers) and not all(numbers):
        return None
    return max(int(number) for number in numbers) if any(numbers) else len(numbers)


def by_number(sql: str) -> bool:
    """Whether a statement has placeholders with numbers: ``?1``."""
    return any(_QMARK.findall(masked(sql)))


def _formats(sql: str) -> int | None:
    count = 0
    for match in _FORMAT.finditer(sql):
        if match["other"] is not None or match["name"]:
            return None
        count += match["kind"] is not None
    return count


#: where a value stands: behind a comparison, a bracket, a comma or a keyword
_BEHIND = r"(?:[=<>(,]|\b(?:like|ilike|limit|offset|between|and|values))\s*"
_FOREIGN: dict[str, re.Pattern[str]] = {
    "?": re.compile(
        _BEHIND + r"(?P<mark>\?)(?=\s*(?:[,);]|$|\b(?:and|or|order|limit|group|returning|offset|then)\b))",
        re.I,
    ),
    "$1": re.compile(_BEHIND + r"(?P<mark>\$\d+)\b", re.I),
    "%s": re.compile(_BEHIND + r"(?P<mark>%s|%\(\w+\)s)(?!\w)", re.I),
    ":name": re.compile(_BEHIND + r"(?P<mark>:[A-Za-z_]\w*)(?!\w|:)", re.I),
}
OWN: dict[Style, str] = {"qmark": "?", "dollar": "$1", "format": "%s"}


def foreign(sql: str, driver: Driver) -> tuple[str, int, int] | None:
    """A placeholder in the place of a value that the driver does not know: its style, start and end in ``sql``."""
    text = masked(sql)
    known = {OWN[driver.style]} | ({":name", "$1"} if driver.named else set())
    for style, pattern in _FOREIGN.items():
        match = pattern.search(text) if style not in known else None
        if match is not None:
            return style, match.start("mark"), match.end("mark")
    return None
