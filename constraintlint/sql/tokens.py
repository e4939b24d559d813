"""SQL text as tokens, by the lexical rules of an engine. A hole is the character ``\\0``."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from constraintlint.sql.problems import Engine

HOLE = "\0"

TokenKind = Literal["word", "quoted", "string", "number", "parameter", "operator", "hole", "broken"]


class Token(NamedTuple):
    """``quoted`` is a name in quotes; ``broken`` a quote or comment that is never closed."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """An unquoted word in upper case, else ""."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The name a word or quoted name spells."""
        if self.kind == "quoted":
            return self.text[1:-1].replace(self.text[-1] * 2, self.text[-1])
        return self.text if self.kind == "word" else ""


_WORD = r"(?P<word>(?:[^\W\d]|\0(?=[\w\0]))[\w$\0]*)"
_NUMBER = r"(?P<number>0[xX][0-9a-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
_COMMENT = r"--[^\n]*|/\*.*?\*/"
_PARTS: dict[Engine, str] = {
    "postgresql": (
        rf"\s+|{_COMMENT}"
        r"|(?P<string>(?:[eE]'(?:[^'\\]|''|\\.)*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')"
        r"|(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)"
        r'|(?P<quoted>(?:[uU]&)?"(?:[^"]|"")+")'
        r"|(?P<parameter>\$\d+)"
        rf"|{_NUMBER}|{_WORD}"
        r"|(?P<operator>::|:=|=>|\.\.|[+*/<>=~!@#%^&|`?-]+|[^\0])|(?P<hole>\0)"
    ),
    "sqlite": (
        rf"\s+|{_COMMENT}"
        r"|(?P<string>[xX]?'(?:[^']|'')*')"
        r'|(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])'
        r"|(?P<parameter>\?\d*|[:@$#][A-Za-z_\x80-\uffff]\w*(?:::\w+)*|\$\d+)"
        rf"|{_NUMBER}|{_WORD}"
        r"|(?P<operator>\|\||->>|->|<<|>>|<=|>=|<>|!=|==|[^\0])|(?P<hole>\0)"
    ),
    "mysql": (
        rf"\s+|{_COMMENT}|\#[^\n]*"
        r"""|(?P<string>[xXbBnN]?'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")"""
        r"|(?P<quoted>`(?:[^`]|``)*`)"
        r"|(?P<parameter>\?|:[A-Za-z_]\w*)"
        rf"|{_NUMBER}|{_WORD}"
        r"|(?P<operator>::|\|\||->>|->|<=>|<<|>>|<=|>=|<>|!=|:=|&&|[^\0])|(?P<hole>\0)"
    ),
}


@cache
def _pattern(engine: Engine) -> re.Pattern[str]:
    return re.compile(_PARTS[engine], re.S)


def tokens(sql: str, engine: Engine) -> list[Token]:
    """The tokens without white space and comments. PostgreSQL's nested comments are followed."""
    pattern = _pattern(engine)
    found: list[Token] = []
    position, size = 0, len(sql)
    while position < size:
        if engine == "postgresql" and sql.startswith("/*", position):
            end = _comment_end(sql, position)
            if end < 0:
                found.append(Token("broken", sql[position:], position, size))
                break
            position = end
            continue
        match = pattern.match(sql, position)
        assert match is not None  # the operator and hole parts take any character
        kind = match.lastgroup if match.lastgroup != "tag" else "string"
        text = match[0]
        if kind is not None:
            if kind == "operator" and (text in "'\"`" or sql.startswith("/*", position)):
                found.append(Token("broken", sql[position:], position, size))
                break
            if kind == "operator" and len(text) > 1:
                text = _shortened(text)
            found.append(Token(kind, text, position, position + len(text)))  # type: ignore[arg-type]
        position += len(text)
    return found


def _shortened(text: str) -> str:
    """A comment ends an operator, and so does a sign at its end (PostgreSQL)."""
    for mark in ("--", "/*"):
        cut = text.find(mark, 1)
        if cut > 0:
            text = text[:cut]
    while len(text) > 1 and text[-1] in "+-" and not set(text) & set("~!@#%^&|`?"):
        text = text[:-1]
    return text


def _comment_end(sql: str, start: int) -> int:
    """The end of a block comment with others inside; -1 where it has none."""
    depth, position = 0, start
    for match in re.compile(r"/\*|\*/").finditer(sql, start):
        depth += 1 if match[0] == "/*" else -1
        position = match.end()
        if depth == 0:
            return position
    return -1


def statements(found: list[Token]) -> list[tuple[int, int]]:
    """(first, last + 1) index of the tokens of each statement, at the semicolons; bodies of triggers stay whole."""
    parts: list[tuple[int, int]] = []
    start = depth = 0
    for i, token in enumerate(found):
        word = token.word
        trigger = (
            any(item.word == "TRIGGER" for item in found[start : start + 5]) and found[start].word == "CREATE"
        )
        if trigger and (word == "BEGIN" or (word == "CASE" and depth)):
            depth += 1
        elif depth and word == "END":
            depth -= 1
        elif token.text == ";" and token.kind == "operator" and not depth:
            if i > start:
                parts.append((start, i))
            start = i + 1
    if start < len(found):
        parts.append((start, len(found)))
    return parts
