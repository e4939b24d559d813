"""URL rules of werkzeug 2 and 3: ``/posts/<int:id>``."""

from __future__ import annotations

import re

from constraintlint.project.routes.path_pieces import Parameter, Piece

_PART = re.compile(
    r"<(?:(?P<converter>[A-Za-z_][A-Za-z0-9_]*)(?:\((?P<arguments>[^<>]*?)\))?:)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)>"
)


def pieces(rule: str) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for match in _PART.finditer(rule):
        if match.start() > at:
            found.append(rule[at : match.start()])
        converter = match["converter"] or ""
        matches = "" if converter in ("", "default", "string") and not match["arguments"] else converter
        if match["arguments"]:
            matches = f"{converter}({match['arguments']})"
        found.append(Parameter(match["name"], "" if converter == "path" else matches, converter == "path"))
        at = match.end()
    if at < len(rule):
        found.append(rule[at:])
    return found


#: weights of werkzeug's converters: the lower the earlier it is tried
_WEIGHTS = {"int": 50, "float": 50, "path": 200}


def order_key(rule: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts rules as werkzeug's matcher tries them: static parts before converters, and these by weight."""
    key: list[tuple[int, int, str]] = []
    for part in rule.split("/"):
        match = _PART.search(part)
        if match is None:
            key.append((0, 0, part))
        else:
            static = part[: match.start()] + part[match.end() :]
            key.append((1 if static else 2, _WEIGHTS.get(match["converter"] or "", 100) - len(static), ""))
    return tuple(key)
