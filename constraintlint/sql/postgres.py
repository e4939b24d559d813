"""PostgreSQL as an oracle: its own grammar (libpg_query through postgast), then names and types against the catalogue."""

from __future__ import annotations

from typing import Any

import msgspec

from constraintlint.sql.catalogue import Catalogue
from constraintlint.sql.problems import Problem
from constraintlint.sql.tokens import Token, tokens

#: what the parser's C stack and the tree's depth limit take
MAX_CHARACTERS = 200_000
MAX_OPERATORS = 1_500
MAX_NESTING = 200
_CHAINING = frozenset(
    [
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "JOIN",
        "NOT",
        "AND",
        "OR",
        "ELSE",
        "CASE",
        "IS",
        "LIKE",
        "ILIKE",
        "BETWEEN",
        "AT",
        "COLLATE",
        "IN",
        "ISNULL",
        "NOTNULL",
    ]
)


class Parsed(msgspec.Struct, frozen=True):
    """``tree`` is None where the text was not read, or not to the end; ``error`` what the grammar says then."""

    tree: Any = None
    error: Problem | None = None


def parse(sql: str, found: list[Token] | None = None) -> Parsed:
    """The tree of one or more statements. Text too deep for the parser gives neither tree nor error."""
    found = tokens(sql, "postgresql") if found is None else found
    if len(sql) > MAX_CHARACTERS or "\0" in sql or not is_shallow(found):
        return Parsed()
    import postgast

    try:
        return Parsed(postgast.parse(sql))
    except postgast.PgQueryError as error:
        if "memory exhausted" in str(error) or "stack depth" in str(error):
            return Parsed()
        return Parsed(None, _problem(error, sql, found))
    except Exception:  # the tree is deeper than its encoding allows: the text itself was read
        return Parsed()


def is_shallow(found: list[Token]) -> bool:
    depth = deepest = chain = 0
    for token in found:
        if token.text in ("(", "["):
            depth += 1
            deepest = max(deepest, depth)
        elif token.text in (")", "]"):
            depth -= 1
        elif (token.kind == "operator" and token.text not in (",", ";")) or token.word in _CHAINING:
            chain += 1
        elif token.text == ";":
            depth = chain = 0
    return deepest <= MAX_NESTING and chain <= MAX_OPERATORS


def _problem(error: Any, sql: str, found: list[Token]) -> Problem:
    message = str(error.message)
    position = (error.cursorpos or 0) - 1
    if message.endswith("at end of input") or position < 0 or position >= len(sql):
        last = found[-1] if found else None
        if last is None:
            return Problem("syntax", 0, 1, message)
        return Problem("syntax", last.start, last.end, f"{message}, after {last.text[:40]}", tag="end")
    token = next((token for token in found if token.start <= position < token.end), None)
    end = token.end if token is not None and token.start == position else position + 1
    if token is not None and token.kind == "broken":
        end = position + 1
    return Problem("syntax", position, end, message, name=sql[position:end])


def check(
    sql: str, catalogue: Catalogue, names_known: bool = True, parsed: Parsed | None = None
) -> list[Problem]:
    """The problems of one or more statements; ``names_known=False`` leaves tables and columns alone."""
    parsed = parse(sql) if parsed is None else parsed
    if parsed.error is not None:
        return [parsed.error]
    if parsed.tree is None:
        return []
    from constraintlint.sql.pg_statements import Statements

    problems: list[Problem] = []
    analysis = Statements(catalogue, sql)
    for statement in parsed.tree.stmts:
        analysis.names_known = names_known
        analysis.typed_parameters = set()
        analysis.reported_parameters = set()
        analysis.run(statement.stmt)
        analysis.check_gap()
    problems = analysis.problems
    unique = {(item.kind, item.start, item.name): item for item in problems}
    return sorted(unique.values(), key=lambda item: (item.start, item.kind, item.message))
