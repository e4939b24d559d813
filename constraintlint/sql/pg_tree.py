"""Small questions to a parse tree of PostgreSQL (libpg_query's messages, as postgast gives them)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: functions of the grammar whose result column has another name than the function
_VALUE_FUNCTIONS = {
    1: "current_date", 2: "current_time", 3: "current_time", 4: "current_timestamp", 5: "current_timestamp",
    6: "localtime", 7: "localtime", 8: "localtimestamp", 9: "localtimestamp", 10: "current_role", 11: "current_user",
    12: "user", 13: "session_user", 14: "current_catalog", 15: "current_schema",
}  # fmt: skip


def which(node: Any) -> tuple[str, Any]:
    """The kind and the message a Node holds; ("", None) for an empty one."""
    kind = node.WhichOneof("node") or ""
    return kind, getattr(node, kind) if kind else None


def strings(nodes: Any) -> list[str]:
    """The names a list of String nodes spells; ``*`` for a star."""
    found: list[str] = []
    for node in nodes:
        kind, item = which(node)
        found.append(item.sval if kind == "string" else "*" if kind == "a_star" else "")
    return found


def output_name(node: Any) -> str:
    """The name PostgreSQL gives a result column without AS."""
    return _figure(node)[0] or "?column?"


def _figure(node: Any) -> tuple[str, int]:
    """The name, and how strong it is: 2 of its own, 1 of a cast or CASE, 0 none."""
    kind, item = which(node)
    if kind == "column_ref":
        names = [name for name in strings(item.fields) if name != "*"]
        return (names[-1], 2) if names else ("", 0)
    if kind == "a_indirection":
        names = [name for name in strings(item.indirection) if name and name != "*"]
        return (names[-1], 2) if names else _figure(item.arg)
    if kind == "func_call":
        return strings(item.funcname)[-1], 2
    if kind == "a_expr":
        return ("nullif", 2) if item.kind == 6 else ("", 0)
    if kind == "type_cast":
        name, strength = _figure(item.arg)
        return (name, strength) if strength > 1 else (strings(item.type_name.names)[-1], 1)
    if kind == "collate_clause":
        return _figure(item.arg)
    if kind == "case_expr":
        name, strength = _figure(item.defresult) if item.HasField("defresult") else ("", 0)
        return (name, strength) if strength > 1 else ("case", 1)
    if kind == "sub_link":
        return _of_sublink(item)
    if kind == "sqlvalue_function":
        return _VALUE_FUNCTIONS.get(item.op, ""), 2
    fixed = {
        "a_array_expr": "array",
        "row_expr": "row",
        "coalesce_expr": "coalesce",
        "grouping_func": "grouping",
    }
    if kind in fixed:
        return fixed[kind], 2
    if kind == "min_max_expr":
        return ("greatest" if item.op == 1 else "least"), 2
    if kind.startswith(("xml_", "json_")):
        return "?unknown?", 2
    return "", 0


def _of_sublink(item: Any) -> tuple[str, int]:
    if item.sub_link_type == 1:
        return "exists", 2
    if item.sub_link_type == 7:
        return "array", 2
    if item.sub_link_type == 5:
        kind, select = which(item.subselect)
        if kind == "select_stmt" and len(select.target_list):
            target = select.target_list[0].res_target
            return (target.name, 2) if target.name else _figure(target.val)
    return "", 0


def inner(message: Any) -> Iterator[Any]:
    """Every Node right below a message."""
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        for item in value if field.is_repeated else (value,):
            if field.message_type.name == "Node":
                yield item
            else:
                yield from inner(item)


def key(message: Any, resolved: dict[int, object]) -> object:
    """An identity of an expression without its places: two with the same key compute the same."""
    name = message.DESCRIPTOR.name
    if name == "Node":
        kind, item = which(message)
        return (kind, key(item, resolved)) if item is not None else None
    if name == "ColumnRef" and message.location in resolved:
        return ("column", resolved[message.location])
    parts: list[object] = []
    for field, value in message.ListFields():
        if field.name == "location" or field.name.startswith(("list_", "rexpr_list_")):
            continue
        if field.type != field.TYPE_MESSAGE:
            parts.append((field.name, tuple(value) if field.is_repeated else value))
        elif field.is_repeated:
            parts.append((field.name, tuple(key(item, resolved) for item in value)))
        else:
            parts.append((field.name, key(value, resolved)))
    return tuple(parts)


class Places:
    """Characters for the byte offsets of a tree."""

    def __init__(self, sql: str) -> None:
        self._ascii = sql.isascii()
        self._data = b"" if self._ascii else sql.encode("utf-8", "surrogatepass")

    def character(self, offset: int) -> int:
        if self._ascii:
            return offset
        return len(self._data[:offset].decode("utf-8", "replace"))
