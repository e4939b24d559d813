"""What newer releases of SQLite have that the library of this Python may lack: never a reason to reject a statement."""

from __future__ import annotations

import re
import sqlite3

#: scalar functions that later releases, or other builds, have
SCALAR = (
    "concat", "concat_ws", "unhex", "octet_length", "timediff", "if", "unistr", "unistr_quote", "jsonb", "jsonb_array",
    "jsonb_extract", "jsonb_insert", "jsonb_object", "jsonb_patch", "jsonb_remove", "jsonb_replace", "jsonb_set",
    "json_pretty", "json_error_position", "format", "unixepoch", "iif", "json_array_insert", "jsonb_array_insert",
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp", "floor",
    "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
    "soundex", "regexp", "load_extension", "sqlite_offset", "fts5_source_id", "rtreecheck", "sha1", "sha3", "uuid",
    "json", "json_array", "json_array_length", "json_extract", "json_insert", "json_object", "json_patch", "json_quote",
    "json_remove", "json_replace", "json_set", "json_type", "json_valid", "edit", "readfile", "writefile", "base64", "base85",
    "bm25", "highlight", "snippet", "offsets", "matchinfo", "optimize",
)  # fmt: skip
AGGREGATES = (
    "string_agg", "median", "percentile", "percentile_cont", "percentile_disc", "jsonb_group_array", "jsonb_group_object",
    "json_group_array", "json_group_object", "stddev", "variance",
)  # fmt: skip
#: functions that take fewer or more arguments in later releases
VARYING = frozenset(
    {
        "iif",
        "if",
        "group_concat",
        "string_agg",
        "strftime",
        "round",
        "substr",
        "substring",
        "likely",
        "json_each",
    }
)

#: syntax -> the release that brought it; matched on the tokens in upper case, one blank between two
_SYNTAX = (
    (r"RETURNING", (3, 35)),
    (r"(?:RIGHT|FULL)(?: OUTER)? JOIN", (3, 39)),
    (r"IS(?: NOT)? DISTINCT FROM", (3, 39)),
    (r"AS(?: NOT)? MATERIALIZED", (3, 35)),
    (r"DROP COLUMN|ALTER TABLE \S+ DROP", (3, 35)),
    (r"GENERATED ALWAYS", (3, 31)),
    (r"NULLS (?:FIRST|LAST)", (3, 30)),
    (r"FILTER \(", (3, 30)),
    (r"\bSTRICT\b", (3, 37)),
    (r"->", (3, 38)),
    (r"UPDATE .* SET .* FROM", (3, 33)),
    (r"ON CONFLICT .* ON CONFLICT", (3, 35)),
    (r"\w+ \([^()]* ORDER BY", (3, 44)),
    (r"WITHIN GROUP", (3, 47)),
    (r"\d_\d", (3, 46)),
    (r"ADD CONSTRAINT", (3, 53)),
    (r"(?:SET|DROP) NOT NULL", (3, 53)),
    (r"RENAME COLUMN", (3, 25)),
    (r"\bOVER \(|\bWINDOW\b", (3, 28)),
)
#: syntax that only some builds have
_OPTIONAL = re.compile(r"^(?:UPDATE|DELETE)\b.*\bLIMIT\b")


def may_be_newer(tokens: list[str]) -> bool:
    """Whether a statement has syntax that the library of this Python is too old (or built otherwise) for."""
    text = " ".join(tokens).upper()
    if _OPTIONAL.search(text):
        return True
    return any(
        version > sqlite3.sqlite_version_info and re.search(pattern, text) for pattern, version in _SYNTAX
    )
