"""Brackets and strings of JavaScript and TypeScript that are never closed, where that is certain."""

from __future__ import annotations

import re

MAX_BYTES = 1_000_000
_PAIRS = {b"(": b")", b"[": b"]", b"{": b"}"}
_CLOSING = frozenset(_PAIRS.values())
#: the next place that matters outside of strings, and inside of a template
_CODE = re.compile(rb"//[^\n]*|/\*.*?\*/|[`'\"/(){}\[\]]", re.S)
_STRING = {b"'": re.compile(rb"'(?:[^'\\\n]|\\.)*'", re.S), b'"': re.compile(rb'"(?:[^"\\\n]|\\.)*"', re.S)}
_TEMPLATE = re.compile(rb"(?:[^`\\$]|\\.|\$(?!\{))*(`|\$\{)", re.S)
_REGEX = re.compile(rb"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
#: what a regular expression can stand behind, where a division cannot
_BEFORE_REGEX = re.compile(
    rb"(?:[(,=:\[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|await|yield|void))\s*\Z|\A\s*\Z"
)
#: markup: its text may hold any character
_MARKUP = re.compile(rb"</|/>")


def unclosed(data: bytes) -> int | None:
    """The place of the bracket that is not closed when the file ends, or when a bracket of another kind closes, or of the
    quote that is not closed on its line; None where all are, or where a comment or regular expression does not end as expected."""
    if len(data) > MAX_BYTES or _MARKUP.search(data):
        return None
    stack: list[tuple[bytes, int]] = []
    position, divided = 0, -1
    while (match := _CODE.search(data, position)) is not None:
        found, position = match[0], match.end()
        if found.startswith((b"//", b"/*")):
            continue
        if found in _STRING:
            inside = _STRING[found].match(data, match.start())
            if inside is None:
                # behind a slash that was taken for a division it may be part of a regular expression
                return match.start() if data.rfind(b"\n", 0, match.start()) >= divided else None
            position = inside.end()
        elif found == b"/":
            divided = match.start()
            if _BEFORE_REGEX.search(data[max(0, match.start() - 80) : match.start()]):
                inside = _REGEX.match(data, match.start())
                if inside is None:
                    return None
                position = inside.end()
        elif found in _PAIRS:
            stack.append((found, match.start()))
        elif found == b"`" or (found == b"}" and stack and stack[-1][0] == b"`"):
            if found == b"}":
                stack.pop()
            inside = _TEMPLATE.match(data, position)
            if inside is None:
                return None
            position = inside.end()
            if inside[1] == b"${":
                stack.append((b"`", match.start()))
        elif found in _CLOSING:
            if not stack:
                return None
            opened, at = stack.pop()
            if _PAIRS.get(opened) != found:
                return at if opened in _PAIRS else None
    last = stack[-1] if stack else None
    return last[1] if last is not None and last[0] in _PAIRS else None
