"""Words of one SQL statement, whatever engine it is for, and a cursor over them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from constraintlint.project.schema.scripts import HOLE

TokenKind = Literal["word", "quoted", "string", "bracket", "number", "sign"]


class Token(NamedTuple):
    """``upper`` is the word in capitals, "" for anything quoted."""

    kind: TokenKind
    text: str
    upper: str
    start: int
    end: int


class NamePart(NamedTuple):
    """One identifier: its name without quotes and where it stands."""

    name: str
    quoted: bool
    start: int
    end: int

    @property
    def computed(self) -> bool:
        """Whether the program puts (a part of) the name in."""
        return HOLE in self.name.lower()


_PATTERN = r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<quoted>"(?:[^"]|"")*(?:"|\Z)|`(?:[^`]|``)*(?:`|\Z))
    |(?P<string>[eEnNbBxX]?'(?:[^'{escape}]|''{escaped})*(?:'|\Z)|\$(?P<tag>[A-Za-z_]\w*)?\$.*?(?:\$(?P=tag)\$|\Z)|\$\$.*?(?:\$\$|\Z))
    |(?P<bracket>\[[^\]]*(?:\]|\Z))
    |(?P<word>[^\W\d][\w$\#]*|[@\#]+\w+)
    |(?P<number>\d[\w.]*)
    |(?P<sign>.)"""


def _compiled(escape: str, escaped: str) -> re.Pattern[str]:
    source = _PATTERN.replace("{escape}", escape).replace("{escaped}", escaped)
    return re.compile(source, re.X | re.S)


_TOKEN = _compiled("", "")
_MYSQL_TOKEN = _compiled("\\\\", r"|\\.")


def tokens(text: str) -> list[Token]:
    """The words of a statement without comments. A backslash escapes in strings where the text is MySQL's."""
    found: list[Token] = []
    for match in (_MYSQL_TOKEN if "`" in text else _TOKEN).finditer(text):
        kind = match.lastgroup if match.lastgroup != "tag" else "string"
        if kind == "skip" or kind is None:
            continue
        value = match[0]
        found.append(
            Token(kind, value, value.upper() if kind == "word" else "", match.start(), match.end())  # type: ignore[arg-type]
        )
    return found


def unquoted(token: Token) -> str:
    text = token.text
    if token.kind == "quoted":
        mark = text[0]
        body = text[1:-1] if len(text) > 1 and text.endswith(mark) else text[1:]
        return body.replace(mark * 2, mark)
    if token.kind == "bracket":
        return text[1:-1] if text.endswith("]") else text[1:]
    if token.kind == "string":
        return text.strip("'")
    return text


_NAMES = ("word", "quoted", "bracket", "string")


class Cursor:
    """A place in a list of tokens."""

    def __init__(self, items: list[Token], position: int = 0, end: int | None = None) -> None:
        self.items = items
        self.position = position
        self.end = len(items) if end is None else end

    @property
    def done(self) -> bool:
        return self.position >= self.end

    def peek(self, ahead: int = 0) -> Token | None:
        at = self.position + ahead
        return self.items[at] if at < self.end else None

    def word(self, ahead: int = 0) -> str:
        """The word at the place in capitals, "" where there is none."""
        token = self.peek(ahead)
        return token.upper if token is not None else ""

    def sign(self, ahead: int = 0) -> str:
        token = self.peek(ahead)
        return token.text if token is not None and token.kind == "sign" else ""

    def accept(self, *words: str) -> bool:
        """Go past these words where they come next, all of them."""
        if any(self.word(ahead) != word for ahead, word in enumerate(words)):
            return False
        self.position += len(words)
        return True

    def accept_any(self, *words: str) -> str:
        found = self.word()
        if found and found in words:
            self.position += 1
            return found
        return ""

    def name(self) -> NamePart | None:
        """One identifier; an identifier that a hole continues is one."""
        token = self.peek()
        if token is None or token.kind not in _NAMES:
            return None
        self.position += 1
        return NamePart(unquoted(token), token.kind != "word", token.start, token.end)

    def dotted(self) -> list[NamePart]:
        """``schema.table``: its parts; empty where there is no name."""
        first = self.name()
        found = [first] if first is not None else []
        while found and self.sign() == "." and self.position + 1 < self.end:
            self.position += 1
            part = self.name()
            if part is None:
                break
            found.append(part)
        return found

    def group(self) -> Cursor | None:
        """The inside of the parentheses that begin here; the cursor goes behind them."""
        if self.sign() != "(":
            return None
        begin = self.position + 1
        depth = 0
        while self.position < self.end:
            sign = self.sign()
            self.position += 1
            depth += (sign == "(") - (sign == ")")
            if depth == 0:
                return Cursor(self.items, begin, self.position - 1)
        return Cursor(self.items, begin, self.end)

    def skip(self) -> None:
        """Go past one token, or a group in parentheses."""
        if self.group() is None:
            self.position += 1

    def parts(self) -> Iterator[Cursor]:
        """What the commas at this level separate."""
        begin = self.position
        while True:
            start = self.position
            while not self.done and self.sign() != ",":
                self.skip()
            yield Cursor(self.items, start, min(self.position, self.end))
            if self.done:
                break
            self.position += 1
        self.position = begin
