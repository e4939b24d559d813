"""MySQL and MariaDB by lists: what belongs to other engines, and what no reading can make a statement.

There is no grammar of MySQL to ask. A construct of ``rules/signatures/mysql.toml`` is one neither server takes. A syntax error is told
only where one of the few signs below stands in the text, and sqlglot, which takes more than the servers do, does not read it either.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec

from constraintlint.rulebook import rules_directory
from constraintlint.sql.problems import Problem
from constraintlint.sql.tokens import Token, statements, tokens

TITLE = "MySQL"
_ENGINES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Construct(msgspec.Struct, frozen=True):
    """One entry of the list, as the file explains it."""

    tokens: str
    engine: str
    title: str
    instead: str = ""
    first: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    mark: tuple[int, int] | None = None
    touching: bool = False
    mariadb: bool = False

    @property
    def parts(self) -> list[str]:
        return self.tokens.split(" ")


class Lists(msgspec.Struct, frozen=True):
    by_start: dict[str, tuple[Construct, ...]]
    types: dict[str, tuple[str, str]]
    functions: dict[str, tuple[str, str]]


@cache
def lists() -> Lists:
    """The lists, the constructs by their first token that is no class of tokens."""
    read: dict[str, Any] = tomllib.loads((rules_directory() / "signatures" / "mysql.toml").read_text("utf-8"))
    by_start: dict[str, list[Construct]] = {}
    for item in read["construct"]:
        construct = msgspec.convert(item, Construct)
        by_start.setdefault(_key(construct), []).append(construct)
    return Lists(
        {key: tuple(found) for key, found in by_start.items()},
        {name: (engine, instead) for name, (engine, instead) in read["types"].items()},
        {name: (engine, instead) for name, (engine, instead) in read["functions"].items()},
    )


def _key(construct: Construct) -> str:
    return next(part for part in construct.parts if not part.startswith("<"))


def check(
    sql: str,
    *,
    certain: bool = True,
    mariadb: bool = True,
    ansi_quotes: bool = False,
    functions: frozenset[str] = frozenset(),
) -> list[Problem]:
    """What is wrong with one or more statements.

    ``certain``: no part of the text is unknown. ``mariadb``: the server may be MariaDB. ``ansi_quotes``: it may take ``"x"`` for a name.
    ``functions``: those the project creates.
    """
    found = tokens(sql, "mysql")
    problems = [
        problem
        for construct, problem in _constructs(found)
        if not (construct.mariadb and mariadb) and not (ansi_quotes and "<double>" in construct.parts)
    ]
    problems += _types(found)
    problems += _functions(found, functions)
    if not problems and certain:
        problems += _syntax(sql, found)
    return problems


# --- constructs -----------------------------------------------------------------------------------------------------


def _constructs(found: list[Token]) -> Iterator[tuple[Construct, Problem]]:
    known = lists().by_start
    for first, last in statements(found):
        heads = _heads(found, first, last)
        for i in range(first, last):
            token = found[i]
            if token.kind not in ("word", "operator"):
                continue
            for construct in known.get(token.word or token.text, ()):
                start = i - construct.parts.index(_key(construct))
                if start >= first and _matches(construct, found, start, (first, last), heads):
                    yield construct, _problem(construct, found, start)


def _heads(found: list[Token], first: int, last: int) -> list[str]:
    """For each token of a statement, the word that its parentheses begin with."""
    stack = [found[first].word]
    heads = []
    for i in range(first, last):
        text = found[i].text
        if text == "(":
            stack.append(found[i + 1].word if i + 1 < last else "")
        elif text == ")" and len(stack) > 1:
            stack.pop()
        heads.append(stack[-1])
    return heads


def _matches(
    construct: Construct, found: list[Token], start: int, statement: tuple[int, int], heads: list[str]
) -> bool:
    first, last = statement
    parts = construct.parts
    end = start + len(parts)
    if end > last or (construct.first and found[first].word not in construct.first):
        return False
    if not all(_is(part, found[start + place]) for place, part in enumerate(parts)):
        return False
    if construct.touching and any(one.end != two.start for one, two in pairwise(found[start:end])):
        return False
    if construct.level and heads[start - first] not in construct.level:
        return False
    if construct.after and (
        start == first or not any(_is(part, found[start - 1]) for part in construct.after)
    ):
        return False
    return not (construct.unless and end < last and any(_is(part, found[end]) for part in construct.unless))


#: reserved words that a value cannot end or begin with
_NO_OPERAND = _words(
    "SELECT AS FROM WHERE AND OR NOT BY ON SET VALUES INTO HAVING GROUP ORDER LIMIT UNION IN JOIN LEFT RIGHT INNER DISTINCT WHEN THEN ELSE"
)


def _is(part: str, token: Token) -> bool:
    """Whether a token is what a part of a construct says."""
    if part == "<name>":
        return bool(token.name)
    if part == "<string>":
        return token.kind == "string"
    if part == "<double>":
        return token.kind == "string" and token.text.startswith('"')
    if part == "<operand>":
        if token.kind == "word":
            return token.word not in _NO_OPERAND
        return token.kind in ("quoted", "string", "number", "parameter", "hole") or token.text == ")"
    return token.word == part or (token.kind == "operator" and token.text == part)


def _problem(construct: Construct, found: list[Token], start: int) -> Problem:
    low, high = construct.mark or (0, len(construct.parts) - 1)
    title = f"{TITLE} does not have {construct.title}, which {_ENGINES[construct.engine]} has"
    return Problem(
        "dialect", found[start + low].start, found[start + high].end, title, name=construct.title,
        help=f"use {construct.instead}" if construct.instead else "rewrite the statement for the engine in use", tag=construct.engine,
    )  # fmt: skip


def _types(found: list[Token]) -> Iterator[Problem]:
    """Types of other engines: ``data JSONB`` behind a parenthesis or comma of CREATE TABLE."""
    known = lists().types
    for first, last in statements(found):
        if found[first].word not in ("CREATE", "ALTER") or "TABLE" not in (
            token.word for token in found[first : first + 4]
        ):
            continue
        for i in range(first + 2, last):
            token = found[i]
            if token.word in known and found[i - 1].name and _begins_column(found[i - 2]):
                engine, instead = known[token.word]
                yield Problem(
                    "dialect", token.start, token.end, f"{TITLE} has no type {token.text}: it is one of {_ENGINES[engine]}",
                    name=token.text, help=f"use {instead}", tag=engine,
                )  # fmt: skip


def _begins_column(token: Token) -> bool:
    return token.text in ("(", ",") or token.word in ("ADD", "COLUMN")


def _functions(found: list[Token], own: frozenset[str]) -> Iterator[Problem]:
    known = lists().functions
    for i, (token, after) in enumerate(pairwise(found)):
        name = token.text.lower()
        if token.kind != "word" or name not in known or after.text != "(" or name in own:
            continue
        before = found[i - 1] if i else None
        if before is not None and (
            before.text == "." or before.word in _NAMES_FOLLOW or before.kind == "quoted"
        ):
            continue
        if name == "datetime" and i + 2 < len(found) and found[i + 2].kind == "number":
            continue  # the type, with its precision
        engine, instead = known[name]
        yield Problem(
            "dialect", token.start, token.end, f"{TITLE} has no function {token.text}(): it is one of {_ENGINES[engine]}",
            name=name, help=f"use {instead}" if instead else "compute it in the program", tag=engine,
        )  # fmt: skip


#: behind these a name of a table, routine, column or alias stands
_NAMES_FOLLOW = _words(
    "INTO TABLE FUNCTION PROCEDURE UPDATE JOIN EXISTS REFERENCES INDEX KEY ON CALL AS VIEW TRIGGER COLUMN ADD CONSTRAINT"
)

# --- syntax ---------------------------------------------------------------------------------------------------------

#: behind a comma none of these words can begin an item; all are reserved
_CLAUSES = _words("FROM WHERE GROUP HAVING ORDER LIMIT UNION SET ON INTO")
#: words that need something behind them, and that cannot be the last one
_OPEN = _words("SELECT FROM WHERE AND OR BY HAVING SET LIKE IN JOIN ON LIMIT NOT BETWEEN INTO")
#: what cannot stand right behind ``WHERE``, ``AND``, ``OR``, ``ON``, ``HAVING``
_NO_CONDITION = _words("AND OR GROUP ORDER LIMIT HAVING WHERE UNION FROM")
_CONDITIONS = _words("WHERE AND OR ON HAVING")
#: the order in which clauses of a query stand
_ORDER = {"FROM": 1, "WHERE": 2, "GROUP": 3, "HAVING": 4, "ORDER": 5}
_MISSPELT = _words(
    "FORM FRON WERE WHER WEHRE SELET SLECT SELCET UPDAT UPADTE DELET INSER INSRET VALEUS VALUSE"
)


def _syntax(sql: str, found: list[Token]) -> Iterator[Problem]:
    sign = next(_signs(found), None)
    if sign is not None and not _is_read(sql):
        token, message = sign
        yield Problem("syntax", token.start, token.end, message, name=token.text[:40])


def _signs(found: list[Token]) -> Iterator[tuple[Token, str]]:
    """Places where a statement cannot be one, each with what is wrong."""
    if found and found[-1].kind == "broken":
        yield found[-1], "a quote or a comment is not closed"
        return
    for first, last in statements(found):
        part = found[first:last]
        if part[0].word in ("CREATE", "BEGIN", "IF", "DECLARE", "SET") and any(
            item.word == "BEGIN" for item in part
        ):
            return  # the body of a routine
        yield from _brackets(part)
        yield from _neighbours(part)
        yield from _misplaced(part)
        if part[0].word == "DELETE" and not any(item.word in ("FROM", "USING") for item in part):
            yield part[min(1, len(part) - 1)], "DELETE without FROM"
        if part[0].word in _MISSPELT:
            yield part[0], f"{part[0].text} is no statement"


def _brackets(part: list[Token]) -> Iterator[tuple[Token, str]]:
    opened: list[Token] = []
    for token in part:
        if token.text == "(" and token.kind == "operator":
            opened.append(token)
        elif token.text == ")" and token.kind == "operator":
            if not opened:
                yield token, "a ) too many"
                return
            opened.pop()
    if opened:
        yield opened[-1], "a ( is not closed"


def _neighbours(part: list[Token]) -> Iterator[tuple[Token, str]]:
    for token, after in pairwise(part):
        if token.text == "," and token.kind == "operator":
            if after.word in _CLAUSES or after.text in (",", ")"):
                yield token, f"nothing between , and {after.text}"
        elif token.word in _CONDITIONS and (after.word in _NO_CONDITION or after.text == ")"):
            yield after, f"no condition between {token.text} and {after.text}"
        elif token.text == "=" and after.word in (*_NO_CONDITION, "WHERE"):
            yield after, f"no value between = and {after.text}"
        elif after.word in _MISSPELT and token.name and after is not part[-1]:
            yield after, f"{after.text} is no word of SQL"
    last = part[-1]
    if last.word in _OPEN or (
        last.kind == "operator" and last.text in (",", "=", "<", ">", "<=", ">=", "<>", "!=", "(")
    ):
        yield last, f"nothing follows {last.text}"


def _misplaced(part: list[Token]) -> Iterator[tuple[Token, str]]:
    """A clause behind one that it has to stand before."""
    reached: list[int] = [0]
    names: list[str] = [""]
    for token, after in pairwise(part):
        if token.text == "(":
            reached.append(0)
            names.append("")
        elif token.text == ")" and len(reached) > 1:
            reached.pop()
            names.pop()
        elif token.word in (
            "SELECT",
            "UNION",
            "EXCEPT",
            "INTERSECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "WITH",
            "SET",
            "DUPLICATE",
        ):
            reached[-1] = 0
        elif token.word in _ORDER and (token.word not in ("GROUP", "ORDER") or after.word == "BY"):
            if reached[-1] > _ORDER[token.word] > 1:
                yield token, f"{token.text} stands behind {names[-1]}"
            reached[-1], names[-1] = max(reached[-1], _ORDER[token.word]), token.text


def _is_read(sql: str) -> bool:
    """Whether sqlglot reads the text as MySQL, or gives it up as a command."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    try:
        sqlglot.parse(sql, read="mysql")
    except SqlglotError:
        return False
    except (RecursionError, ValueError, AttributeError, TypeError, IndexError):  # its own trouble
        return True
    return True
