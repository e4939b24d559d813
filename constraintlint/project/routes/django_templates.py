"""Django's two kinds of patterns as pieces: routes (``path``) and regular expressions (``re_path``)."""

from __future__ import annotations

import re
from typing import NamedTuple

from constraintlint.project.routes.path_pieces import Parameter, Piece

_ROUTE = re.compile(r"<(?:(?P<converter>[^>:\s]+):)?(?P<name>[^>]+)>")


def route_pieces(route: str) -> list[Piece]:
    """``articles/<int:year>/<slug:title>/``."""
    found: list[Piece] = []
    at = 0
    for match in _ROUTE.finditer(route):
        if match.start() > at:
            found.append(route[at : match.start()])
        converter = match["converter"] or "str"
        matches = "" if converter in ("str", "path") else converter
        found.append(Parameter(match["name"].strip(), matches, converter == "path"))
        at = match.end()
    if at < len(route):
        found.append(route[at:])
    return found


class Expression(NamedTuple):
    pieces: list[Piece]
    optional_slash: bool
    """``/?`` at the end"""
    known: bool
    """False where it takes more than pieces can say"""


_CLASSES = "dwsDWS"


def regex_pieces(text: str) -> Expression:
    r"""``^articles/(?P<year>[0-9]{4})/$``. Unnamed groups are named by their number."""
    reader = _Reader(text)
    reader.read(0)
    return Expression(reader.found, reader.slash, reader.known)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Piece] = []
        self.slash = False
        self.known = True
        self.unnamed = 0

    def read(self, at: int) -> None:
        text = self.text
        end = len(text)
        while at < end:
            char = text[at]
            if char in "^$":
                at += 1
                continue
            piece: Piece
            if char == "\\":
                following = text[at + 1 : at + 2]
                at += 2
                if following in "AZbBz":
                    continue
                piece = self._anonymous("\\" + following) if following in _CLASSES else following
            elif char == "(":
                close = _closing(text, at)
                group = text[at + 1 : close]
                at = close + 1
                optional = text[at : at + 1] in ("?", "*") and at < end
                if optional:
                    at += 1
                self._group(group, optional)
                continue
            elif char == "[":
                close = text.find("]", at + 2)
                close = end if close < 0 else close
                piece = self._anonymous(text[at : close + 1])
                at = close + 1
            elif char == ".":
                piece = self._anonymous(".")
                at += 1
            elif char == "|":
                self.known = False
                return
            else:
                piece = char
                at += 1
            at = self._quantified(piece, at)

    def _anonymous(self, matches: str) -> Parameter:
        """A part of the path that is matched without being captured."""
        return Parameter("_", matches)

    def _quantified(self, piece: Piece, at: int) -> int:
        mark = self.text[at : at + 1]
        if mark == "{":
            close = self.text.find("}", at)
            at = len(self.text) if close < 0 else close + 1
            self.known = self.known and not isinstance(piece, str)
            self.found.append(piece)
            return at
        if mark == "?" and mark:
            if piece == "/" and self.text[at + 1 :] in ("", "$", "\\Z"):
                self.slash = True
            else:
                self.known = False
            return at + 1
        if mark in ("+", "*") and mark:
            if isinstance(piece, Parameter):
                piece = piece._replace(matches=piece.matches + mark, rest=piece.matches == ".")
            else:
                self.known = False
            at += 1
            if self.text[at : at + 1] == "?":
                at += 1
        self.found.append(piece)
        return at

    def _group(self, group: str, optional: bool) -> None:
        named = re.match(r"\?P<(\w+)>", group)
        if named is not None:
            expression = group[named.end() :]
            self.found.append(_parameter(named[1], expression, optional))
        elif group.startswith(("?:", "?i:")):
            if optional or "|" in group:
                self.known = False
                if optional:
                    return
            inner = _Reader(group.partition(":")[2].partition("|")[0])
            inner.read(0)
            self.found += inner.found
            self.known = self.known and inner.known
        elif group.startswith("?"):
            self.known = self.known and group.startswith("?#")
        else:
            self.found.append(_parameter(str(self.unnamed), group, optional))
            self.unnamed += 1


def _parameter(name: str, expression: str, optional: bool) -> Parameter:
    rest = expression in (".*", ".+", ".*?", ".+?")
    plain = expression in ("[^/]+", "[^/]*")
    return Parameter(name, "" if rest or plain else expression, rest, optional)


def _closing(text: str, at: int) -> int:
    """The place of the parenthesis that closes the one at ``at``."""
    depth = 0
    inside = False
    i = at
    while i < len(text):
        char = text[i]
        if char == "\\":
            i += 2
            continue
        if inside:
            inside = char != "]"
        elif char == "[":
            inside = True
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if not depth:
                return i
        i += 1
    return len(text)
