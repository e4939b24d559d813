"""What belongs to another engine: words for the constructs, and which engine's statement a rejected one is."""

from __future__ import annotations

import re

from constraintlint.sql.pg_functions import server
from constraintlint.sql.problems import Engine, Problem
from constraintlint.sql.tokens import Token

TITLES: dict[str, str] = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL"}

#: functions of SQLite that PostgreSQL does not have, and what stands for them
_SQLITE_FUNCTIONS = {
    "datetime": "now() or a cast to timestamp", "strftime": "to_char()", "julianday": "extract(epoch from ...)",
    "unixepoch": "extract(epoch from ...)", "ifnull": "coalesce()", "iif": "CASE WHEN ... END", "instr": "strpos()",
    "group_concat": "string_agg()", "total": "sum()", "glob": "LIKE or ~", "printf": "format()", "hex": "encode(..., 'hex')",
    "randomblob": "gen_random_bytes()", "zeroblob": "", "typeof": "pg_typeof()", "unicode": "ascii()", "quote": "quote_literal()",
    "changes": "GET DIAGNOSTICS", "total_changes": "", "last_insert_rowid": "RETURNING id", "likely": "", "unlikely": "",
    "json_extract": "-> and ->>", "json_group_array": "json_agg()", "json_group_object": "json_object_agg()",
    "json_insert": "jsonb_insert()", "json_patch": "||", "json_remove": "-", "json_replace": "jsonb_set()",
    "json_set": "jsonb_set()", "json_type": "jsonb_typeof()", "json_valid": "", "json_quote": "to_json()", "bm25": "", "highlight": "",
    "snippet": "", "char": "chr()", "substring_index": "split_part()",
}  # fmt: skip
#: the same of MySQL
_MYSQL_FUNCTIONS = {
    "curdate": "CURRENT_DATE", "curtime": "CURRENT_TIME", "date_format": "to_char()", "date_add": "+ interval", "date_sub": "- interval",
    "datediff": "-", "from_unixtime": "to_timestamp()", "unix_timestamp": "extract(epoch from ...)", "str_to_date": "to_date()",
    "last_insert_id": "RETURNING id", "utc_timestamp": "now()", "field": "CASE", "find_in_set": "= ANY(...)", "isnull": "IS NULL",
    "rand": "random()", "sysdate": "now()", "timestampdiff": "extract(epoch from ...)", "json_contains": "@>", "json_unquote": "->>",
    "nvl": "coalesce()", "getdate": "now()", "dateadd": "+ interval", "len": "length()", "year": "extract(year from ...)",
    "month": "extract(month from ...)", "dayofweek": "extract(dow from ...)", "charindex": "strpos()", "uuid_short": "",
    "group_concat": "string_agg()", "ifnull": "coalesce()", "if": "CASE WHEN ... END",
}  # fmt: skip
#: functions of PostgreSQL that people call on SQLite, and what stands for them
_FOR_SQLITE = {
    "now": "CURRENT_TIMESTAMP or datetime('now')", "date_trunc": "strftime()", "to_char": "strftime()", "to_date": "date()",
    "to_timestamp": "datetime(..., 'unixepoch')", "array_agg": "json_group_array()", "greatest": "max()", "least": "min()",
    "gen_random_uuid": "a value made by the program", "uuid_generate_v4": "a value made by the program", "string_to_array": "json_each()",
    "json_agg": "json_group_array()", "jsonb_agg": "json_group_array()", "json_build_object": "json_object()",
    "jsonb_build_object": "json_object()", "row_to_json": "json_object()", "to_json": "json()", "to_jsonb": "json()",
    "extract": "strftime()", "date_part": "strftime()", "age": "julianday()", "any": "IN (...)", "all": "NOT IN (...)",
    "strpos": "instr()", "split_part": "substr()", "regexp_replace": "replace()", "left": "substr()", "right": "substr()",
    "curdate": "date('now')", "date_format": "strftime()", "position": "instr()", "bool_or": "max()", "bool_and": "min()",
    "every": "min()", "array_length": "json_array_length()", "unnest": "json_each()", "setseed": "", "rand": "random()",
    "unix_timestamp": "unixepoch()", "last_insert_id": "last_insert_rowid()", "lpad": "printf()", "rpad": "printf()",
}  # fmt: skip

#: (what stands before and at the culprit, in upper case; engines that have it; its title; what to write instead)
_FOR_SQLITE_SYNTAX: tuple[tuple[str, str, str, str], ...] = (
    (r"(?:.* )?ILIKE", "postgresql", "ILIKE", "LIKE: it ignores the case of ASCII letters on SQLite"),
    (r"(?:.* )?:", "postgresql", ":: casts", "CAST(... AS ...)"),
    (r"(?:.* )?(?:NOT )?SIMILAR", "postgresql", "SIMILAR TO", "LIKE or GLOB"),
    (r".* DISTINCT ON", "postgresql", "DISTINCT ON", "a window function or GROUP BY"),
    (r".*LATERAL.*", "postgresql", "LATERAL", "a correlated subquery"),
    (r".* FOR(?: UPDATE| SHARE| NO)?", "postgresql", "FOR UPDATE", "BEGIN IMMEDIATE"),
    (r"TRUNCATE", "postgresql", "TRUNCATE", "DELETE FROM"),
    (r".* INTERVAL \S+", "postgresql", "INTERVAL", "date(..., '+7 days')"),
    (r".* LIMIT ALL", "postgresql", "LIMIT ALL", "LIMIT -1"),
    (r".* CONFLICT ON", "postgresql", "ON CONFLICT ON CONSTRAINT", "ON CONFLICT (columns)"),
    (r".* ARRAY \[.*|.* ARRAY", "postgresql", "arrays", "json"),
    (r"(?:.* )?AUTO_INCREMENT", "mysql", "AUTO_INCREMENT", "INTEGER PRIMARY KEY"),
    (r".* (?:ALWAYS|DEFAULT) AS IDENTITY|.* IDENTITY", "postgresql", "identity columns", "INTEGER PRIMARY KEY"),
    (r".* DUPLICATE(?: KEY)?", "mysql", "ON DUPLICATE KEY", "ON CONFLICT DO UPDATE"),
    (r".* (?:GROUPING SETS|ROLLUP|CUBE).*", "postgresql", "GROUPING SETS", "UNION ALL"),
    (r"INSERT IGNORE", "mysql", "INSERT IGNORE", "INSERT OR IGNORE"),
    (r"(?:SHOW|USE|SET|COPY|LISTEN|NOTIFY|GRANT|REVOKE|DO|COMMENT|LOCK|MERGE|CALL)", "postgresql", "this statement", ""),
    (r"CREATE (?:EXTENSION|TYPE|SEQUENCE|SCHEMA|FUNCTION|OR|MATERIALIZED|DOMAIN|ROLE|USER|DATABASE|POLICY)", "postgresql", "this statement", ""),
    (r"ALTER TABLE \S+ (?:ALTER|MODIFY|CHANGE).*", "postgresql", "changing a column", "a new table"),
    (r".* USING", "postgresql", "USING here", "a subquery"),
    (r".* FETCH(?: FIRST)?", "postgresql", "FETCH FIRST", "LIMIT"),
    (r".* (?:@|@>|<@|#>|#>>|&&|\?|\?\||~\*?|!~)", "postgresql", "this operator", ""),
)  # fmt: skip
_FOR_POSTGRESQL: tuple[tuple[str, str, str, str], ...] = (
    (r"INSERT OR(?: IGNORE| REPLACE)?", "sqlite", "INSERT OR ...", "INSERT ... ON CONFLICT"),
    (r"REPLACE(?: INTO)?", "sqlite", "REPLACE INTO", "INSERT ... ON CONFLICT DO UPDATE"),
    (r"(?:.* )?AUTOINCREMENT", "sqlite", "AUTOINCREMENT", "GENERATED BY DEFAULT AS IDENTITY or serial"),
    (r"(?:.* )?AUTO_INCREMENT", "mysql", "AUTO_INCREMENT", "GENERATED BY DEFAULT AS IDENTITY or serial"),
    (r"(?:.* )?`.*", "mysql", "backticks", "double quotes"),
    (r".* LIMIT \S+ ,(?: \S+)?", "sqlite", "LIMIT offset, count", "LIMIT count OFFSET offset"),
    (r".* GLOB", "sqlite", "GLOB", "LIKE or ~"),
    (r".* (?:NOT )?REGEXP|.* RLIKE", "sqlite", "REGEXP", "~"),
    (r".* MATCH", "sqlite", "MATCH", "@@"),
    (r"PRAGMA", "sqlite", "PRAGMA", ""),
    (r".* DUPLICATE(?: KEY)?", "mysql", "ON DUPLICATE KEY", "ON CONFLICT ... DO UPDATE"),
    (r".* UNSIGNED", "mysql", "UNSIGNED", "a CHECK constraint"),
    (r".* ENGINE.*", "mysql", "ENGINE =", ""),
    (r"INSERT IGNORE", "mysql", "INSERT IGNORE", "ON CONFLICT DO NOTHING"),
    (r"(?:UPDATE|DELETE) .* (?:LIMIT|ORDER)", "sqlite", "LIMIT of UPDATE and DELETE", "a subquery"),
    (r".* WITHOUT(?: ROWID)?", "sqlite", "WITHOUT ROWID", ""),
    (r".* INDEXED", "sqlite", "INDEXED BY", ""),
    (r".* ISNULL|.* DIV", "mysql", "this operator", ""),
    (r".* INTERVAL \d+.*", "mysql", "INTERVAL 7 DAY", "interval '7 days'"),
    (r"BEGIN (?:IMMEDIATE|EXCLUSIVE|DEFERRED)", "sqlite", "BEGIN IMMEDIATE", "BEGIN"),
    (r"CREATE VIRTUAL", "sqlite", "virtual tables", ""),
    (r"(?:.* )?\[", "sqlite", "names in brackets", "double quotes"),
    (r".* AFTER|.* MODIFY|ALTER TABLE \S+ (?:MODIFY|CHANGE)", "mysql", "this clause", ""),
    (r"ALTER TABLE \S+ (?:CONVERT|CHARACTER|CHARSET|AUTO_INCREMENT|ROW_FORMAT|FORCE|DISABLE KEYS|ENABLE KEYS).*", "mysql", "this clause", ""),
    (r"(?:CREATE|DROP|ALTER) .* (?:ALGORITHM|LOCK)(?: =)?", "mysql", "ALGORITHM = and LOCK =", "CREATE INDEX CONCURRENTLY"),
    (r"(?:ATTACH|DETACH|REPLACE|SHOW|USE|DESCRIBE|DESC)", "mysql", "this statement", ""),
    (r"UPDATE \S+ (?:OR|JOIN|INNER|LEFT|,).*|UPDATE OR", "mysql", "UPDATE of a join", "UPDATE ... FROM"),
)  # fmt: skip


def construct(engine: Engine, found: list[Token], problem: Problem) -> tuple[str, str, str] | None:
    """(engine that has it, its title, what to write) for the construct at a syntax error; None where it is none known."""
    index = next((i for i, token in enumerate(found) if token.start <= problem.start < token.end), None)
    if index is None or problem.tag == "end":
        return None
    first = max((i + 1 for i in range(index) if found[i].text == ";"), default=0)
    text = " ".join(token.text.upper() for token in found[first : index + 1][-60:])
    before = " ".join(token.text.upper() for token in found[first:index][-60:])
    table = _FOR_POSTGRESQL if engine == "postgresql" else _FOR_SQLITE_SYNTAX if engine == "sqlite" else ()
    for pattern, other, title, instead in table:
        # the parser stumbles at the construct or right behind it
        if re.fullmatch(pattern, text, re.S) or (_is_word(pattern) and re.fullmatch(pattern, before, re.S)):
            return other, title, instead
    return None


def _is_word(pattern: str) -> bool:
    return pattern.endswith(
        (
            "ILIKE",
            "GLOB",
            "AUTOINCREMENT",
            "AUTO_INCREMENT",
            "REGEXP|.* RLIKE",
            "MATCH",
            "UNSIGNED",
            r"INTERVAL \S+",
        )
    )


def foreign_function(engine: Engine, name: str) -> tuple[str, str] | None:
    """(engine that has it, what to write) for a function the engine lacks; None where no engine is known for it."""
    name = name.lower()
    if engine == "postgresql":
        if name in _SQLITE_FUNCTIONS:
            return "sqlite", _SQLITE_FUNCTIONS[name]
        return ("mysql", _MYSQL_FUNCTIONS[name]) if name in _MYSQL_FUNCTIONS else None
    if engine == "sqlite":
        if name in ("any", "all") or name in server().functions or name in server().extension_functions:
            return "postgresql", _FOR_SQLITE.get(name, "")
        if name in _FOR_SQLITE or name == "greatest" or name == "least":
            return "postgresql", _FOR_SQLITE.get(name, "")
        return ("mysql", "") if name in _MYSQL_FUNCTIONS else None
    return None
