"""Which distributions provide a module, and what comes along with a distribution: ``rules/signatures/distributions.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache

from constraintlint.facts.manifest import Dependency, Ecosystem
from constraintlint.rulebook import rules_directory


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    with (rules_directory() / "signatures" / "distributions.toml").open("rb") as handle:
        return tomllib.load(handle)


def providers(module: str) -> tuple[str, ...]:
    """The PyPI distributions that provide a module (``a.b.c``), the longest known name first; empty where unknown."""
    known = _tables()["pypi"]
    name = module
    while name:
        if name in known:
            return tuple(known[name])
        name = name.rpartition(".")[0]
    return ()


def with_brought(ecosystem: Ecosystem, dependencies: Iterable[Dependency]) -> set[str]:
    """The declared distributions and those that are known to come along with them."""
    table = _tables()[f"{ecosystem}-brings"]
    patterns = [key for key in table if key.endswith("*")]
    found: set[str] = set()
    queue: list[str] = []
    for item in dependencies:
        queue += [item.name, *(f"{item.name}[{extra}]" for extra in item.extras)]
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        queue += table.get(name, [])
        for pattern in patterns:
            if fnmatchcase(name, pattern):
                queue += table[pattern]
    return found
