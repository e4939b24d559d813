"""The Prisma schema language: blocks with their fields, attributes and arguments, each with its place.

Grammar as of Prisma 6. What is not understood is skipped to the next line; the parser never raises.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r]+|//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<line>\n)|(?P<string>"(?:[^"\\\n]|\\.)*"?)
    |(?P<name>[^\W\d][\w-]*|\d[\w.]*)|(?P<attribute>@@?[\w.]+)|(?P<sign>.)""",
    re.X | re.S,
)
MAX_DEPTH = 40


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class Argument(msgspec.Struct, frozen=True):
    """``name`` is "" for a positional argument. ``items`` are the names of a list, ``text`` the value as written."""

    name: str
    text: str
    items: tuple[str, ...] = ()


class Attribute(msgspec.Struct, frozen=True):
    """``@map("x")``, ``@@id([a, b])``, ``@db.VarChar(20)``; ``start`` is its offset."""

    name: str
    arguments: tuple[Argument, ...]
    start: int

    def argument(self, name: str, position: int = -1) -> Argument | None:
        """The argument of this name, else the positional one."""
        for item in self.arguments:
            if item.name == name:
                return item
        plain = [item for item in self.arguments if not item.name]
        return plain[position] if 0 <= position < len(plain) else None


class Field(msgspec.Struct, frozen=True):
    """``name Type? @attributes`` of a model, or a name with its attributes of an enum."""

    name: str
    type: str
    optional: bool
    many: bool
    attributes: tuple[Attribute, ...]
    start: int
    end: int

    def attribute(self, name: str) -> Attribute | None:
        return next((item for item in self.attributes if item.name == name), None)


class Block(msgspec.Struct, frozen=True):
    """``kind name { ... }``. ``settings`` are the ``key = value`` lines of a datasource or generator."""

    kind: str
    name: str
    start: int
    end: int
    fields: tuple[Field, ...]
    attributes: tuple[Attribute, ...]
    settings: dict[str, str]

    def attribute(self, name: str) -> Attribute | None:
        return next((item for item in self.attributes if item.name == name), None)


def parse(text: str) -> list[Block]:
    """The blocks of a schema file in their order."""
    return _Parser(text).blocks()


def unquote(text: str) -> str:
    """The characters of a string literal."""
    body = text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:]
    return re.sub(r"\\(.)", r"\1", body)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [
            Token(match.lastgroup or "", match[0], match.start(), match.end())
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "skip"
        ]
        self.at = 0

    def peek(self, ahead: int = 0) -> Token:
        position = self.at + ahead
        end = len(self.text)
        return self.tokens[position] if position < len(self.tokens) else Token("end", "", end, end)

    def blocks(self) -> list[Block]:
        found: list[Block] = []
        while self.peek().kind != "end":
            kind, name, brace = self.peek(), self.peek(1), self.peek(2)
            if kind.kind == "name" and name.kind == "name" and brace.text == "{":
                self.at += 3
                found.append(self.block(kind, name))
            else:
                self.at += 1
        return found

    def block(self, kind: Token, name: Token) -> Block:
        fields: list[Field] = []
        attributes: list[Attribute] = []
        settings: dict[str, str] = {}
        while (token := self.peek()).kind != "end" and token.text != "}":
            if token.kind == "attribute" and token.text.startswith("@@"):
                attributes.append(self.attribute())
            elif token.kind == "name" and self.peek(1).text == "=":
                self.at += 2
                settings[token.text] = self.rest()
            elif token.kind == "name" and (kind.text == "enum" or self.peek(1).kind == "name"):
                fields.append(self.field(kind.text == "enum"))
            else:
                self.at += 1
        self.at += 1
        return Block(kind.text, name.text, name.start, name.end, tuple(fields), tuple(attributes), settings)

    def field(self, bare: bool) -> Field:
        name = self.peek()
        self.at += 1
        type_ = ""
        optional = many = False
        if not bare:
            type_ = self.peek().text
            self.at += 1
            if self.peek().text == "(":  # Unsupported("circle")
                type_ += self.group_text()
            while self.peek().text in ("?", "[", "]", "!"):
                optional = optional or self.peek().text == "?"
                many = many or self.peek().text == "["
                self.at += 1
        attributes: list[Attribute] = []
        while (token := self.peek()).kind not in ("line", "end") and token.text != "}":
            if token.kind == "attribute":
                attributes.append(self.attribute())
            else:
                self.at += 1
        return Field(name.text, type_, optional, many, tuple(attributes), name.start, name.end)

    def attribute(self) -> Attribute:
        token = self.peek()
        self.at += 1
        arguments: list[Argument] = []
        if self.peek().text == "(":
            self.at += 1
            while (inner := self.peek()).kind != "end" and inner.text != ")":
                if inner.text == "," or inner.kind == "line":
                    self.at += 1
                    continue
                arguments.append(self.argument())
            self.at += 1
        return Attribute(token.text.lstrip("@"), tuple(arguments), token.start)

    def argument(self) -> Argument:
        name = ""
        if self.peek().kind == "name" and self.peek(1).text == ":":
            name = self.peek().text
            self.at += 2
        start = self.peek()
        depth = 0
        items: list[str] = []
        end = start.start
        while (token := self.peek()).kind != "end":
            if depth == 0 and token.text in (",", ")"):
                break
            if token.text in "([{" and token.kind == "sign":
                depth += 1
            elif token.text in ")]}" and token.kind == "sign":
                depth -= 1
                if depth < 0:
                    break
            elif token.kind == "name" and start.text == "[" and depth == 1:
                items.append(token.text)
            end = token.end
            self.at += 1
        if end == start.start:
            self.at += 1  # nothing that could be an argument: go on behind it
        return Argument(name, self.text[start.start : end], tuple(items))

    def group_text(self) -> str:
        begin = self.peek().start
        depth = 0
        while (token := self.peek()).kind not in ("end", "line"):
            depth += (token.text == "(") - (token.text == ")")
            self.at += 1
            if depth == 0:
                return self.text[begin : token.end]
        return ""

    def rest(self) -> str:
        begin = self.peek().start
        end = begin
        while (token := self.peek()).kind not in ("line", "end") and token.text != "}":
            end = token.end
            self.at += 1
        return self.text[begin:end]
