"""The schema index as text and as JSON: every table and column with the place of every fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from constraintlint.project.schema import Schema, UnitedTable
from constraintlint.project.schema.records import Column, ForeignKey, Index, Place, Reference, Table


def to_json(schema: Schema, tables: Iterable[UnitedTable]) -> dict[str, Any]:
    """``{"schema_version": 1, "complete": bool, "tables": [...], "gaps": [...]}``; paths are relative to the checked root."""
    return {
        "schema_version": 1,
        "complete": schema.is_complete,
        "tables": [_table(table) for table in tables],
        "gaps": [
            {**_place(gap.place), "reason": gap.reason, "table": gap.table or None} for gap in schema.gaps
        ],
    }


def _table(table: UnitedTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "namespace": table.namespace or None,
        "complete": table.complete,
        "columns": [
            {"name": name, "declarations": [_column(column) for column in found]}
            for name, found in table.columns().items()
        ],
        "declarations": [_declaration(item) for item in table.declared],
    }


def _declaration(table: Table) -> dict[str, Any]:
    return {
        **_place(table.place),
        "source": table.source,
        "kind": table.kind,
        "complete": table.complete,
        "adds_only": table.partial,
        "quoted": table.quoted,
        "database": table.database or None,
        "columns": [column.name for column in table.columns],
        "primary_key": list(table.primary_key),
        "foreign_keys": [
            {**_place(key.place), "columns": list(key.columns), "references": _reference(key.references)}
            for key in table.foreign_keys
        ],
        "indexes": [
            {
                **_place(index.place),
                "columns": list(index.columns),
                "unique": index.unique,
                "name": index.name or None,
            }
            for index in table.indexes
        ],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        **_place(column.place),
        "type": column.type or None,
        "family": column.family,
        "nullable": column.nullable,
        "primary_key": column.primary_key,
        "unique": column.unique,
        "has_default": column.has_default,
        "generated": column.generated,
        "quoted": column.quoted,
        "zoned": column.zoned,
        "references": _reference(column.references),
    }


def _reference(reference: Reference | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    return {
        "table": reference.table,
        "columns": list(reference.columns),
        "namespace": reference.namespace or None,
    }


def _place(place: Place) -> dict[str, Any]:
    line, column, end_line, end_column = place.span
    return {
        "path": place.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def to_text(schema: Schema, tables: Iterable[UnitedTable]) -> str:
    """A block a table: its declarations, its columns, its constraints; then what could not be read."""
    lines: list[str] = []
    for table in tables:
        lines += [*_block(table), ""]
    if schema.gaps:
        lines.append("not read:")
        for gap in schema.gaps:
            of = f" (of {gap.table})" if gap.table else ""
            lines.append(f"  {_at(gap.place)} {gap.reason}{of}")
        lines.append("")
    return "\n".join(lines)


def _block(table: UnitedTable) -> list[str]:
    name = f"{table.namespace}.{table.name}" if table.namespace else table.name
    lines = [name if table.complete else f"{name} (may have more columns)"]
    for item in table.declared:
        what = "" if item.kind == "table" else f" {item.kind}"
        more = " adds to it" if item.partial else "" if item.complete else " may have more columns"
        lines.append(f"  {item.source}{what} {_at(item.place)}{more}")
    found = table.columns()
    width = min(max((len(name) for name in found), default=0), 32)
    for name, columns in found.items():
        for number, column in enumerate(columns):
            shown = name if number == 0 else ""
            lines.append(f"    {shown:<{width}}  {_facts(column)}  {_at(column.place)}")
    for item in table.declared:
        if len(item.primary_key) > 1:
            lines.append(f"    primary key ({', '.join(item.primary_key)})  {_at(item.place)}")
        lines += [f"    {_key(key)}  {_at(key.place)}" for key in item.foreign_keys]
        lines += [f"    {_index(index)}  {_at(index.place)}" for index in item.indexes]
    return lines


def _facts(column: Column) -> str:
    """``VARCHAR(20) [text], not null, unique``."""
    words = [f"{column.type} [{column.family}]" if column.type else f"[{column.family}]"]
    if column.primary_key:
        words.append("primary key")
    elif column.nullable is not None:
        words.append("null" if column.nullable else "not null")
    if column.unique:
        words.append("unique")
    if column.generated:
        words.append("generated")
    elif column.has_default:
        words.append("default")
    if column.zoned is not None:
        words.append("with time zone" if column.zoned else "without time zone")
    if column.references is not None:
        words.append(f"-> {_target(column.references)}")
    return ", ".join(words)


def _target(reference: Reference) -> str:
    name = f"{reference.namespace}.{reference.table}" if reference.namespace else reference.table
    return f"{name}({', '.join(reference.columns)})" if reference.columns else name


def _key(key: ForeignKey) -> str:
    return f"foreign key ({', '.join(key.columns)}) -> {_target(key.references)}"


def _index(index: Index) -> str:
    columns = ", ".join(column if column is not None else "(expression)" for column in index.columns)
    return f"{'unique' if index.unique else 'index'} ({columns})"


def _at(place: Place) -> str:
    return f"{place.path}:{place.span[0]}:{place.span[1]}"
