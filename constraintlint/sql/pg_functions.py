"""What PostgreSQL has of its own: functions with their argument counts, types, operators, extensions."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

#: spelled as functions but part of the grammar
_FORMS = frozenset(
    {"coalesce", "greatest", "least", "nullif", "grouping", "exists", "row", "cast", "array", "values"}
)


class Function(msgspec.Struct, frozen=True):
    """``arities``: (least, most) of each overload, most None for any number; ``family`` of the result."""

    kinds: str
    arities: tuple[tuple[int, int | None], ...]
    family: str

    def takes(self, count: int) -> bool:
        return any(least <= count and (most is None or count <= most) for least, most in self.arities)


class Server(msgspec.Struct, frozen=True):
    functions: dict[str, Function]
    types: frozenset[str]
    operators: frozenset[str]
    extension_functions: dict[str, tuple[str, ...]]
    """function -> extensions that have it"""
    extension_types: dict[str, tuple[str, ...]]


@cache
def server() -> Server:
    """Read from ``data/postgresql.txt``, which is written from a real server (tests/sql/dump_functions.py)."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in files("constraintlint.sql").joinpath("data/postgresql.txt").read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1], [])
        elif not line.startswith("#"):
            current.append(line)
    functions = {}
    for line in sections["functions"]:
        name, kinds, counts, family = line.split(" ")
        functions[name] = Function(kinds, tuple(_arity(part) for part in counts.split(",")), family)
    by_function: dict[str, tuple[str, ...]] = {}
    by_type: dict[str, tuple[str, ...]] = {}
    for line in sections["extensions"]:
        extension, names, types = line.split(" ")
        for target, listed in ((by_function, names), (by_type, types)):
            for name in listed.split(",") if listed != "-" else ():
                target[name] = (*target.get(name, ()), extension)
    return Server(
        functions,
        frozenset(sections["types"]),
        frozenset(sections["operators"][0].split(" ")),
        {name: found for name, found in by_function.items() if name not in functions},
        {name: found for name, found in by_type.items() if name not in sections["types"]},
    )


def _arity(text: str) -> tuple[int, int | None]:
    return (int(text[:-1]), None) if text.endswith("*") else (int(text), int(text))


def is_form(name: str) -> bool:
    return name in _FORMS
