"""JSON (with comments and trailing commas, as tools allow them) in the neutral form, with places."""

from __future__ import annotations

import json
import re

from constraintlint.facts.code import (
    Code,
    Constant,
    Entry,
    Expr,
    ExprStmt,
    Lines,
    Mapping,
    Piece,
    Sequence,
    Text,
)

MAX_SIZE = 1 << 20
MAX_DEPTH = 60

_TOKEN = re.compile(
    r'\s+|//[^\n]*|/\*.*?\*/|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)|(?P<mark>[{}\[\],:])',
    re.S,
)


def read_json(data: bytes) -> Code | None:
    """The document as one expression statement; None where it is no JSON, too large or too deep."""
    if len(data) > MAX_SIZE:
        return None
    text = data.decode("latin-1")  # one character a byte: offsets are byte offsets
    tokens: list[tuple[str, str, int, int]] = []
    position = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        if match.lastgroup is not None:
            tokens.append((match.lastgroup, match[0], match.start(), match.end()))
        position = match.end()
    reader = _Reader(tokens)
    try:
        value = reader.value(0)
    except (IndexError, ValueError):
        return None
    return Code([ExprStmt(value.at, value)], Lines.of(data))


class _Reader:
    def __init__(self, tokens: list[tuple[str, str, int, int]]) -> None:
        self.tokens = tokens
        self.next = 0

    def value(self, depth: int) -> Expr:
        if depth > MAX_DEPTH:
            raise ValueError("nested too deep")
        kind, text, start, end = self.tokens[self.next]
        self.next += 1
        if kind == "string":
            return _text(text, start, end)
        if kind == "number":
            number = json.loads(text)
            return Constant((start, end), "int" if isinstance(number, int) else "float", number)
        if kind == "word":
            if text == "null":
                return Constant((start, end), "none")
            return Constant((start, end), "bool", text == "true")
        if text == "[":
            items: list[Expr] = []
            while self.tokens[self.next][1] != "]":
                items.append(self.value(depth + 1))
                self.comma()
            return Sequence((start, self.close()), "list", items)
        if text != "{":
            raise ValueError(text)
        entries: list[Entry] = []
        while self.tokens[self.next][1] != "}":
            key = self.value(depth + 1)
            self.expect(":")
            value = self.value(depth + 1)
            entries.append(Entry((key.at[0], value.at[1]), key, value))
            self.comma()
        return Mapping((start, self.close()), entries)

    def comma(self) -> None:
        if self.tokens[self.next][1] == ",":
            self.next += 1
        elif self.tokens[self.next][1] not in ("]", "}"):
            raise ValueError(self.tokens[self.next][1])

    def expect(self, mark: str) -> None:
        if self.tokens[self.next][1] != mark:
            raise ValueError(mark)
        self.next += 1

    def close(self) -> int:
        end = self.tokens[self.next][3]
        self.next += 1
        return end


def _text(text: str, start: int, end: int) -> Text:
    raw = text.encode("latin-1").decode("utf-8", "replace")
    value = json.loads(raw)
    if "\\" not in raw:
        return Text((start, end), [Piece((start + 1, end - 1), value)])
    return Text((start, end), [Piece((start, end), value)])
