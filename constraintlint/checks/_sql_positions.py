"""What a hole in SQL text stands for, by the text around it."""

from __future__ import annotations

import re
from typing import Literal

from constraintlint.project.flow.texts import BuiltText

Position = Literal["literal", "value", "name", "fragment", "comment"]

HOLE = "\x00"
_TOKEN = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))|(?P<literal>'(?:[^']|'')*(?:'|\Z))|(?P<name>\"(?:[^\"]|\"\")*(?:\"|\Z)|`[^`]*(?:`|\Z)|\[\x00\])"
    r"|(?P<word>[A-Za-z_][\w$]*)|(?P<hole>\x00)|(?P<number>\d[\w.]*)|(?P<operator><=|>=|<>|!=|\|\||::|->>?|[-+*/%<>=(),.;])|(?P<space>\s+)|.",
    re.S,
)
#: a value stands behind these
_VALUE_WORDS = frozenset(
    ("like", "ilike", "limit", "offset", "between", "then", "else", "similar", "regexp", "glob", "match", "escape", "rlike", "interval", "returning_value")
)  # fmt: skip
_VALUE_OPERATORS = frozenset(("=", "<", ">", "<=", ">=", "<>", "!=", "||", "+", "-", "*", "/", "%"))
#: the name of a table, column or index
_NAME_WORDS = frozenset(
    (
        "from", "join", "into", "update", "table", "by", "select", "index", "database", "schema", "view", "column", "add", "drop", "alter", "as", "distinct",
        "exists", "references", "on", "truncate", "pragma", "collate", "type", "sequence", "user", "role", "trigger", "function", "only", "using", "rename", "to",
    )
)  # fmt: skip
_LISTS = frozenset(("values", "in", "any", "all"))


def positions(text: BuiltText) -> list[Position]:
    """The position of every hole, in order."""
    found: list[Position] = []
    lists: list[bool] = []
    last, word = "", ""
    between = False
    for match in _TOKEN.finditer(text.fill(HOLE)):
        kind, token = match.lastgroup, match[0]
        if kind in ("comment", "literal", "name"):
            found += [kind] * token.count(HOLE)  # type: ignore[list-item]
            last = "" if kind == "comment" else kind or ""
            continue
        if kind == "space":
            continue
        if kind == "hole":
            found.append(_of_hole(last, word, lists, between))
            last = "hole"
            continue
        if token == "(":
            lists.append(last in _LISTS or (last in (",", ")") and bool(lists) is False and word == "values"))
        elif token == ")" and lists:
            lists.pop()
        if kind == "word":
            between = token.lower() == "between" or (between and token.lower() == "and" and last != "between")
            word = token.lower()
            last = word
        else:
            last = token if kind == "operator" else kind or ""
    return found


def _of_hole(last: str, word: str, lists: list[bool], between: bool) -> Position:
    if last in _VALUE_OPERATORS or last in _VALUE_WORDS:
        return "value"
    if last == "and" and between:
        return "value"
    if last in ("(", ","):
        if lists and lists[-1]:
            return "value"
        return "name" if word in _NAME_WORDS and not lists else "fragment"
    if last in _NAME_WORDS or last == ".":
        return "name"
    return "fragment"
