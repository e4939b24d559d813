"""Path templates of the JavaScript frameworks: their segments, their canonical form, and which template covers which.

Dialects: ``express4`` (path-to-regexp 0.1), ``express5`` (path-to-regexp 8, also @koa/router 14 and later), ``koa`` (path-to-regexp
up to 6), ``fastify`` (find-my-way) and ``hono``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from constraintlint.project.routes.records import Segment

Dialect = Literal["express4", "express5", "koa", "fastify", "hono"]

_NAME = re.compile(r"[^\W\d][\w$]*|\$[\w$]*|\d\w*", re.A)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_HONO_NAME = re.compile(r"[^/{}?:]+")
_ALL = frozenset((".*", ".+", ".*?", ".+?", "[\\s\\S]*", "[\\s\\S]+", "(.*)", "(.+)"))


class _Token(NamedTuple):
    """``kind``: text, param, rest, slash. ``raw`` is the token as written."""

    kind: str
    raw: str
    value: str
    matches: str = ""
    optional: bool = False


@lru_cache(maxsize=4096)
def segments(path: str, dialect: Dialect) -> tuple[Segment, ...]:
    """The segments of an absolute or relative path; a trailing slash is an empty static segment at the end."""
    found: list[Segment] = []
    part: list[_Token] = []
    opened = False
    for token in _tokens(path, dialect):
        if token.kind == "slash":
            if opened or part:
                found.append(_segment(part))
            part, opened = [], True
        else:
            part.append(token)
            opened = True
    if opened:
        found.append(_segment(part))
    if len(found) == 1 and found[0] == _EMPTY:
        return ()
    return tuple(found)


_EMPTY = Segment("static", "")


def pattern_segment(source: str) -> Segment:
    """What a regular expression given as a path is: one part of unknown length."""
    return Segment("mixed", f"/{source}/", source)


def canonical(parts: tuple[Segment, ...], dialect: Dialect) -> str:
    """``/articles/{slug}``; an optional parameter is ``{slug?}``, a rest ``{name*}``, without a name ``{*}``."""
    return "/" + "/".join([_shown(part, dialect) for part in parts])


def _shown(part: Segment, dialect: Dialect) -> str:
    if part.kind == "static":
        return part.value
    if part.kind == "param":
        return f"{{{part.value}{'?' if part.optional else ''}}}"
    if part.kind == "rest":
        return f"{{{part.value}*}}"
    if part.value.startswith("/") and part.value.endswith("/") and len(part.value) > 1:
        return f"{{{part.value}}}"
    shown = ""
    for token in _tokens(part.value, dialect):
        if token.kind == "text":
            shown += token.value
        elif token.kind == "param":
            shown += f"{{{token.value}{'?' if token.optional else ''}}}"
        elif token.kind == "rest":
            shown += f"{{{token.value}*}}"
    return shown


def _segment(part: list[_Token]) -> Segment:
    if all(token.kind == "text" for token in part):
        return Segment("static", "".join([token.value for token in part]))
    if len(part) == 1:
        token = part[0]
        kind: Literal["param", "rest"] = "rest" if token.kind == "rest" or token.matches in _ALL else "param"
        return Segment(kind, token.value, "" if kind == "rest" else token.matches, token.optional)
    return Segment("mixed", "".join([token.raw for token in part]))


def _tokens(path: str, dialect: Dialect) -> list[_Token]:
    if dialect == "fastify":
        return _fastify(path)
    if dialect == "hono":
        return _hono(path)
    return _modern(path) if dialect == "express5" else _classic(path)


# --- path-to-regexp 0.1 to 6 ------------------------------------------------------------------------------------


def _classic(path: str) -> list[_Token]:
    found: list[_Token] = []
    i = 0
    while i < len(path):
        char = path[i]
        start = i
        if char == "/":
            found.append(_Token("slash", char, char))
            i += 1
        elif char == "\\" and i + 1 < len(path):
            found.append(_Token("text", path[i : i + 2], path[i + 1]))
            i += 2
        elif char == ":" and (match := _NAME.match(path, i + 1)) is not None:
            i = match.end()
            matches = ""
            if path.startswith("(", i):
                end = _closing(path, i, "(", ")")
                matches, i = path[i + 1 : end], end + 1
            modifier = path[i] if i < len(path) and path[i] in "?*+" else ""
            i += len(modifier)
            kind = "rest" if modifier in ("*", "+") else "param"
            found.append(_Token(kind, path[start:i], match[0], matches, modifier in ("?", "*")))
        elif char == "(":
            end = _closing(path, i, "(", ")")
            matches, i = path[i + 1 : end], end + 1
            modifier = path[i] if i < len(path) and path[i] in "?*+" else ""
            i += len(modifier)
            found.append(
                _Token("rest" if matches in _ALL else "param", path[start:i], "", matches, modifier == "?")
            )
        elif char == "*":
            found.append(_Token("rest", char, ""))
            i += 1
        elif char in "?+" and found:
            found.append(
                _Token("param", char, "", char)
            )  # the character before it may be missing or repeated
            i += 1
        else:
            found.append(_Token("text", char, char))
            i += 1
    return _merged(found)


def _closing(path: str, start: int, opening: str, closing: str) -> int:
    depth = 0
    for i in range(start, len(path)):
        if path[i] == opening:
            depth += 1
        elif path[i] == closing:
            depth -= 1
            if not depth:
                return i
    return len(path)


def _merged(tokens: list[_Token]) -> list[_Token]:
    found: list[_Token] = []
    for token in tokens:
        if (
            token.kind == "text"
            and found
            and found[-1].kind == "text"
            and found[-1].optional == token.optional
        ):
            found[-1] = found[-1]._replace(raw=found[-1].raw + token.raw, value=found[-1].value + token.value)
        else:
            found.append(token)
    return found


# --- path-to-regexp 8 -------------------------------------------------------------------------------------------


def _modern(path: str) -> list[_Token]:
    found: list[_Token] = []
    i = depth = 0
    while i < len(path):
        char = path[i]
        start = i
        i += 1
        if char == "/":
            found.append(_Token("slash", char, char))
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == "\\" and i < len(path):
            i += 1
            found.append(_Token("text", path[start:i], path[i - 1]))
        elif char in ":*":
            match = _QUOTED.match(path, i) or _NAME.match(path, i)
            if match is not None:
                i = match.end()
            name = "" if match is None else match[1] if match[0].startswith('"') else match[0]
            found.append(_Token("param" if char == ":" else "rest", path[start:i], name, "", depth > 0))
        elif depth > 0:
            found.append(_Token("param", char, "", char, True))  # text that may be missing
        else:
            found.append(_Token("text", char, char))
    return _merged(found)


# --- find-my-way ------------------------------------------------------------------------------------------------


def _fastify(path: str) -> list[_Token]:
    found: list[_Token] = []
    i = 0
    while i < len(path):
        char = path[i]
        start = i
        i += 1
        if char == "/":
            found.append(_Token("slash", char, char))
        elif path.startswith("::", start):
            i += 1
            found.append(_Token("text", "::", ":"))
        elif char == ":" and i < len(path):
            while i < len(path) and path[i] not in "/(-.?":
                i += 1
            name, matches = path[start + 1 : i], ""
            if path.startswith("(", i):
                end = _closing(path, i, "(", ")")
                matches, i = path[i + 1 : end], end + 1
            optional = path.startswith("?", i)
            i += optional
            found.append(_Token("param", path[start:i], name, matches, optional))
        elif char == "*":
            found.append(_Token("rest", char, ""))
        else:
            found.append(_Token("text", char, char))
    return _merged(found)


# --- Hono -------------------------------------------------------------------------------------------------------


def _hono(path: str) -> list[_Token]:
    found: list[_Token] = []
    i = 0
    while i < len(path):
        char = path[i]
        start = i
        i += 1
        if char == "/":
            found.append(_Token("slash", char, char))
        elif (
            char == ":" and (not found or found[-1].kind == "slash") and (match := _HONO_NAME.match(path, i))
        ):
            i = match.end()
            matches = ""
            if path.startswith("{", i):
                end = _closing(path, i, "{", "}")
                matches, i = path[i + 1 : end], end + 1
            optional = path.startswith("?", i)
            i += optional
            found.append(_Token("param", path[start:i], match[0], matches, optional))
        elif char == "*" and (not found or found[-1].kind == "slash"):
            last = i == len(path)
            found.append(_Token("rest" if last else "param", char, ""))
        else:
            found.append(_Token("text", char, char))
    return _merged(found)


# --- which covers which -----------------------------------------------------------------------------------------


def covers(guard: tuple[Segment, ...], route: tuple[Segment, ...], *, whole: bool, fold: bool) -> bool:
    """Whether every path of ``route`` is one that ``guard`` matches: as a prefix, or as the ``whole`` path."""
    for position, part in enumerate(guard):
        if part.kind == "rest":
            return True
        if position >= len(route):
            return part.optional and position == len(guard) - 1
        given = route[position]
        if part.kind == "static":
            same = part.value.lower() == given.value.lower() if fold else part.value == given.value
            if given.kind != "static" or not same:
                return part.value == "" and position == len(guard) - 1 and not whole
        elif part.kind == "mixed":
            if given.kind != "mixed" or given.value != part.value:
                return False
        elif part.matches:
            if given.kind != "param" or given.matches != part.matches:
                return False
        elif given.kind == "rest":
            return False
    return len(guard) >= len(route) or not whole
