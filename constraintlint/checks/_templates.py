"""Source files that a template engine completes before anybody runs them: ``{{ name }}`` where code stands."""

from __future__ import annotations

import re

from constraintlint.facts.source import LooseName

_PLACEHOLDER = re.compile(r"\{\{-?\s*[A-Za-z_][\w.]*(?:\s*\|[^{}]*)?\s*-?\}\}")
_BEFORE = re.compile(r"(?<!\{)\{\{-?\s*\Z")
#: ``**{name}``: a set cannot be spread as keywords
_SPREAD = re.compile(r"\*\*\{\s*\Z")
_CLOSED = re.compile(r"\s*\}")
_BEHIND = re.compile(r"\s*(?:\|[^{}]*)?-?\}\}")


def has_placeholder(line: str) -> bool:
    """Whether a line that does not parse holds a placeholder."""
    return _PLACEHOLDER.search(line) is not None


def is_placeholder(name: LooseName, lines: list[str]) -> bool:
    """Whether a name of a Python file stands in braces that make no sense there otherwise: a set within a set, or as keywords."""
    line, column, last, end = name.span
    if line != last or not 0 < line <= len(lines):
        return False
    text = lines[line - 1]
    if _SPREAD.search(text[: column - 1]) is not None and _CLOSED.match(text, end - 1) is not None:
        return True
    return _BEFORE.search(text[: column - 1]) is not None and _BEHIND.match(text, end - 1) is not None
