"""The words a configuration may use, and what kind of value each key takes."""

from __future__ import annotations

import re
from functools import cache

SEVERITIES = ("error", "warning", "note", "off")

#: top-level key -> kind of its value
KEYS = {
    "framework": "words", "architecture": "word", "database": "word", "orm": "word", "openapi": "path",
    "exclude": "globs", "composition-roots": "globs", "layers": "table", "rules": "table", "overrides": "tables",
    "forbid": "tables", "independent": "tables", "protect": "tables", "acyclic": "tables",
    "verify": "table",
}  # fmt: skip

#: contract -> its own keys, the required ones first; ``COMMON_KEYS`` belong to every contract
CONTRACTS = {
    "forbid": ("from", "to"),
    "independent": ("paths",),
    "protect": ("paths", "only"),
    "acyclic": ("paths",),
}
COMMON_KEYS = ("transitive", "type-only", "because", "name")
OVERRIDE_KEYS = ("paths", "rules")

#: ``[verify]``
VERIFY_KEYS = ("setup", "run", "port", "base-url", "health", "database", "env", "suite", "timeouts")
VERIFY_TIMEOUTS = ("setup", "start", "request", "suite", "stop")
VERIFY_DATABASES = ("sqlite", "postgresql", "none")

_TABLE = re.compile(r"^\[([\w-]+)\]\n((?:(?!\[).*\n)*)", re.MULTILINE)
_KIND = re.compile(r'^kind = "(\w+)"', re.MULTILINE)


def frameworks() -> list[str]:
    """The web frameworks that can be declared."""
    return [name for name, kind in _signatures("frameworks") if kind != "layer"]


def databases() -> list[str]:
    """The engines that can be declared: caches and what is reported only are not among them."""
    return [name for name, kind in _signatures("engines") if kind == "database"]


def orms() -> list[str]:
    """The ORMs that can be declared, and ``none``."""
    return [*(name for name, _ in _signatures("orms")), "none"]


@cache
def _signatures(table: str) -> list[tuple[str, str]]:
    """Name and kind of every entry of a signature table, by its headers: parsing it whole would cost every run."""
    from constraintlint.rulebook import rules_directory

    text = (rules_directory() / "signatures" / f"{table}.toml").read_text("utf-8")
    return [
        (name, kind[1] if (kind := _KIND.search(body)) else "") for name, body in _TABLE.findall(text + "\n")
    ]
