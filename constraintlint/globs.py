"""Path patterns: ``**`` any number of directories, ``*`` and ``?`` inside one name, ``{a,b}`` alternatives.

A trailing ``/``, or a last name without wildcards, also serves everything below that directory: ``src/domain``,
``src/domain/`` and ``src/domain/**`` are the same for files in it. Square brackets are plain characters (route files
are called ``[id].ts``). Paths are relative, with forward slashes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

Matcher = Callable[[str], bool]

_MAX_ALTERNATIVES_DEPTH = 16


class GlobError(ValueError):
    """A pattern that has no meaning; the message says why."""


def compile_globs(patterns: Iterable[str]) -> Matcher:
    """One predicate "does any pattern match this path"; it is cached. Raises GlobError."""
    return _compile(tuple(patterns))


def is_literal(pattern: str) -> bool:
    """Whether a pattern (or a part of one) names exactly one path."""
    return not any(char in pattern for char in "*?{")


@lru_cache(maxsize=512)
def _compile(patterns: tuple[str, ...]) -> Matcher:
    if not patterns:
        return lambda path: False
    match = re.compile("|".join(translate(pattern) for pattern in patterns), re.DOTALL).fullmatch
    return lambda path: match(path) is not None


@lru_cache(maxsize=512)
def translate(pattern: str) -> str:
    """The regular expression of one pattern, to be used with ``fullmatch`` and DOTALL. Raises GlobError."""
    text = normalise(pattern)
    segments = _split_segments(text)
    last = len(segments) - 1
    out: list[str] = []
    for index, segment in enumerate(segments):
        if segment == "**":
            out.append(".+" if index == last else "(?:.+/)?")
        else:
            out.append(_segment(segment))
            out.append("/" if index != last else "" if not is_literal(segment) else "(?:/.+)?")
    return "(?:" + "".join(out) + ")"


def normalise(pattern: str) -> str:
    """Drop a leading ``./`` or ``/``, repeated slashes, and spell a trailing ``/`` as ``/**``. Raises GlobError."""
    if "\\" in pattern:
        raise GlobError("paths are written with forward slashes")
    text = re.sub("/{2,}", "/", pattern)
    while text.startswith("./"):
        text = text[2:]
    text = text.lstrip("/")
    if text.endswith("/"):
        text += "**"
    if not text and not pattern.startswith("."):
        raise GlobError("the pattern is empty")
    return "**" if text in ("", ".") else text


def _split_segments(text: str) -> list[str]:
    """Split at the slashes that stand outside braces; also checks that the braces are balanced."""
    segments: list[str] = []
    depth = start = 0
    for index, char in enumerate(text):
        if char == "{":
            depth += 1
            if depth > _MAX_ALTERNATIVES_DEPTH:
                raise GlobError("braces are nested too deeply")
        elif char == "}":
            depth -= 1
            if depth < 0:
                raise GlobError("a closing brace has no opening brace")
        elif char == "/" and depth == 0:
            segments.append(text[start:index])
            start = index + 1
    if depth:
        raise GlobError("an opening brace has no closing brace")
    segments.append(text[start:])
    return segments


def _segment(text: str) -> str:
    out: list[str] = []
    depth = 0
    index = 0
    while index < len(text):
        char = text[index]
        if char == "*":
            while text[index + 1 : index + 2] == "*":
                index += 1
            # Between braces ``**/`` may stand for directories: {src/**,lib}/x.py
            crosses = depth and text[index - 1 : index + 1] == "**"
            out.append(".*" if crosses else "[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "{":
            depth += 1
            out.append("(?:")
        elif char == "}":
            depth -= 1
            out.append(")")
        elif char == "," and depth:
            out.append("|")
        else:
            out.append(re.escape(char))
        index += 1
    return "".join(out)
