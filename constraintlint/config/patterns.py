"""Patterns that match nothing: a mistake, because what they were meant to hold is not checked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from constraintlint.config.errors import Mistake, suggestion
from constraintlint.config.records import Config
from constraintlint.globs import is_literal, normalise, translate

#: Directories that come and go, or are never listed: excluding them is harmless.
_TRANSIENT = frozenset(
    {
        "node_modules", "venv", ".venv", "env", "build", "dist", "out", "target", "coverage", "htmlcov", "__pycache__",
        "site-packages", ".git", ".tox", ".nox", ".next", ".nuxt", ".cache", "tmp", "temp", "generated", "bower_components",
    }
)  # fmt: skip


class Pattern(NamedTuple):
    """A path pattern (or a path) as it stands in a file; ``key`` is the top-level key it belongs to."""

    line: int
    text: str
    key: str


def unmatched(
    config: Config,
    patterns: Iterable[Pattern],
    root: Path,
    files: list[str],
    assets: list[str],
    is_ignored: Callable[[str], bool] | None,
) -> Iterator[Mistake]:
    """One mistake for each pattern of a configuration inside the root that no file matches."""
    prefix = config.directory + "/" if config.directory else ""
    listing = [config.relative(path) for path in (*files, *assets)]
    for line, pattern, place in patterns:
        if _matches(pattern, listing):
            continue
        fixed = _literal_directory(pattern)
        if (
            is_ignored is not None
            and fixed
            and (is_ignored(prefix + fixed) or is_ignored(f"{prefix}{fixed}/x"))
        ):
            continue
        if place == "exclude" and (
            not _TRANSIENT.isdisjoint(re.split(r"[/{},]", pattern))
            or (fixed and os.path.lexists(root / prefix / fixed))
        ):
            continue
        if place == "openapi":
            yield Mistake(config.path, line, f'"{pattern}" does not exist{_nearest(pattern, listing)}')
        else:
            yield Mistake(
                config.path, line, f'the pattern "{pattern}" matches no file{_nearest(pattern, listing)}'
            )


def _matches(pattern: str, listing: list[str]) -> bool:
    match = re.compile(translate(pattern), re.DOTALL).fullmatch
    return any(match(path) for path in listing)


def _literal_directory(pattern: str) -> str:
    """The part of a pattern before its first wildcard."""
    parts: list[str] = []
    for part in normalise(pattern).split("/"):
        if not is_literal(part):
            break
        parts.append(part)
    return "/".join(parts)


def _nearest(pattern: str, listing: list[str]) -> str:
    """The pattern with its first unknown name replaced by the nearest one that is there."""
    parts = normalise(pattern).split("/")
    known: set[str] = set()
    below = ""
    for part in parts:
        if not is_literal(part):
            return ""
        known = {path[len(below) :].partition("/")[0] for path in listing if path.startswith(below)}
        if part not in known:
            break
        below += part + "/"
    else:
        return ""
    index = below.count("/")
    hint = suggestion(part, known)
    match = re.search('"(.*)"', hint)
    return hint.replace(match[1], "/".join([*parts[:index], match[1], *parts[index + 1 :]])) if match else ""
