"""What stands in for unknown text: fillers by place, and whether names may come in through a hole."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.sql.template import MARK
from constraintlint.sql.tokens import Token

#: what a hole can be, likeliest first
FILLERS = (MARK, "(1)", "", f"{MARK} = 1", "=", f"SELECT * FROM {MARK}", f"AND {MARK}", "DESC")
MAX_TRIES = 48
_OPENS = frozenset({"FROM", "JOIN", "ON", "USING", "INTO", "UPDATE", "TABLE", "WITH", "NATURAL", "CROSS"})
_CLAUSES = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "SET",
        "VALUES",
        "RETURNING",
        "JOIN",
        "ON",
        "USING",
        "INTO",
        "UPDATE",
        "WITH",
        "WINDOW",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "DO",
        "TABLE",
        "NATURAL",
        "CROSS",
    ]
)
_OPERATORS = frozenset(
    {
        "=",
        "<",
        ">",
        "<=",
        ">=",
        "<>",
        "!=",
        "||",
        "+",
        "-",
        "*",
        "/",
        "%",
        "(",
        ",",
        "LIKE",
        "ILIKE",
        "IN",
        "BETWEEN",
        "==",
        "IS",
    }
)


def candidates(count: int, guesses: list[str]) -> Iterator[tuple[str, ...]]:
    """Ways to fill ``count`` holes, likeliest first."""
    tried: set[tuple[str, ...]] = set()

    def fresh(way: tuple[str, ...]) -> bool:
        if way in tried or len(tried) >= MAX_TRIES:
            return False
        tried.add(way)
        return True

    for first in (tuple(guesses), (MARK,) * count):
        if fresh(first):
            yield first
    for filler in FILLERS:
        if fresh((filler,) * count):
            yield (filler,) * count
    for position in range(count):
        for filler in FILLERS:
            way = (*guesses[:position], filler, *guesses[position + 1 :])
            if fresh(way):
                yield way


def guesses(found: list[Token], places: list[int]) -> list[str]:
    """What each hole most likely is, by the token before it."""
    result: list[str] = []
    for place in places:
        index = next((i for i, token in enumerate(found) if token.start <= place < token.end), None)
        token = found[index] if index is not None else None
        if index is None or token is None or token.kind != "hole":
            result.append(MARK)  # inside a word or a string
            continue
        before = found[index - 1] if index else None
        after = found[index + 1] if index + 1 < len(found) else None
        result.append(_guess(before, after))
    return result


def _guess(before: Token | None, after: Token | None) -> str:
    if before is None:
        return f"SELECT * FROM {MARK}" if after is None or after.word in ("WHERE", "ORDER", "LIMIT") else ""
    if before.word in ("IN", "VALUES", "ANY", "ALL"):
        return "(1)"
    if before.word == "SET":
        return f"{MARK} = 1"
    if before.word in _CLAUSES or before.word in (
        "AND",
        "OR",
        "NOT",
        "BY",
        "LIKE",
        "DISTINCT",
        "AS",
        "IS",
        "WHEN",
        "THEN",
        "ELSE",
        "BETWEEN",
    ):
        return MARK
    if before.kind in ("word", "quoted", "string", "number", "hole", "parameter") or before.text == ")":
        return ""
    return MARK


def lets_names_in(found: list[Token], places: list[int]) -> bool:
    """Whether a hole may bring tables or names into reach: it stands where FROM items do, or before anything is known."""
    stack: list[str] = [""]
    index = 0
    wanted = set(places)
    for i, token in enumerate(found):
        if token.text == "(" and token.kind == "operator":
            stack.append("" if i == 0 or found[i - 1].word not in _OPENS else found[i - 1].word)
        elif token.text == ")" and token.kind == "operator":
            if len(stack) > 1:
                stack.pop()
        elif token.word in _CLAUSES:
            stack[-1] = token.word
        elif token.text == ";":
            stack = [""]
        here = [place for place in wanted if token.start <= place < token.end]
        if not here or token.kind in ("string", "broken"):
            continue
        if token.kind == "word" and i and found[i - 1].text == ".":
            continue  # part of a column's name
        before = found[i - 1] if i else None
        value = (
            before is not None
            and (before.text in _OPERATORS or before.word in _OPERATORS)
            and token.kind == "hole"
        )
        state = stack[-1]
        if state in ("ON", "USING") and value:
            continue
        if state == "FROM" and before is not None and before.text == "(":
            continue
        if state in _OPENS or state == "":
            if (
                len(stack) > 1
                and state == ""
                and (value or (before is not None and before.text in ("(", ",")))
            ):
                continue  # inside the brackets of an expression
            return True
        index += len(here)
    return False
