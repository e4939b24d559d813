"""Which types PostgreSQL compares and assigns without a cast, by family."""

from __future__ import annotations

import re

_NUMBERS = frozenset({"integer", "numeric", "float"})
_TIMES = frozenset({"date", "datetime"})
#: families whose members are surely what they are called; the others (enum, array, other) are never judged
CERTAIN = frozenset(
    {
        "boolean",
        "integer",
        "numeric",
        "float",
        "text",
        "date",
        "datetime",
        "interval",
        "uuid",
        "json",
        "binary",
    }
)
#: names of types in other engines that PostgreSQL does not know
FOREIGN_TYPES = frozenset(
    {
        "datetime", "tinyint", "mediumint", "mediumtext", "longtext", "tinytext", "blob", "longblob", "mediumblob", "tinyblob",
        "nvarchar", "varchar2", "nvarchar2", "number", "unsigned", "double", "nclob", "clob", "datetime2", "smalldatetime",
        "uniqueidentifier", "varbinary", "signed",
    }
)  # fmt: skip
_NAMES = {
    "bool": "boolean", "int2": "integer", "int4": "integer", "int8": "integer", "serial": "integer", "bigserial": "integer",
    "smallserial": "integer", "oid": "other", "numeric": "numeric", "float4": "float", "float8": "float", "text": "text",
    "varchar": "text", "bpchar": "text", "name": "text", "citext": "other", "date": "date", "timestamp": "datetime",
    "timestamptz": "datetime", "time": "time", "timetz": "time", "interval": "interval", "uuid": "uuid", "json": "json",
    "jsonb": "json", "bytea": "binary",
}  # fmt: skip
_TITLES = {"datetime": "timestamp", "float": "double precision", "binary": "bytea"}
_INTEGER = re.compile(r"\s*[+-]?(?:\d+(?:_\d+)*|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)\s*")
_BOOLEANS = frozenset(
    [
        "t",
        "tr",
        "tru",
        "true",
        "f",
        "fa",
        "fal",
        "fals",
        "false",
        "y",
        "ye",
        "yes",
        "n",
        "no",
        "on",
        "of",
        "off",
        "1",
        "0",
    ]
)


def family_of(name: str) -> str:
    """The family of a type by its last name in the tree."""
    return _NAMES.get(name, "unknown")


def title(family: str) -> str:
    return _TITLES.get(family, family)


def comparable(one: str, other: str) -> bool:
    """Whether ``=`` and its kin take the two families, or it is not known."""
    if one not in CERTAIN or other not in CERTAIN or one == other:
        return True
    return {one, other} <= _NUMBERS or {one, other} <= _TIMES


def assignable(source: str, target: str) -> bool:
    """Whether an expression can be stored in a column: comparable ones, and anything in text."""
    if comparable(source, target) or target == "text":
        return True
    return (source, target) == ("datetime", "time")


def reads_as(value: str, family: str) -> bool:
    """Whether a string literal is a value of the family (as far as that is easily told)."""
    if family == "integer":
        return _INTEGER.fullmatch(value) is not None
    if family == "boolean":
        return value.strip().lower() in _BOOLEANS
    if family == "datetime" or family == "date":
        return bool(value.strip())
    if family == "numeric" or family == "float":
        return (bool(value.strip()) and any(c.isdigit() for c in value)) or value.strip().lower() in (
            "nan",
            "infinity",
            "-infinity",
            "inf",
            "-inf",
        )
    if family == "uuid":
        return len(re.sub(r"[{}-]", "", value)) == 32
    return True
