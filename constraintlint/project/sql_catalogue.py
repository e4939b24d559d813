"""The schema of a project as the engines' oracles take it, with the functions, types and extensions it creates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from constraintlint.project.schema import Schema, UnitedTable
from constraintlint.project.schema.records import Table as Declared
from constraintlint.sql.catalogue import Catalogue, Column, Table, folded

if TYPE_CHECKING:
    from constraintlint.project import Project

_CREATED = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?P<kind>FUNCTION|AGGREGATE|PROCEDURE|TYPE|DOMAIN|EXTENSION)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?P<name>(?:[\w\"-]+\s*\.\s*)?(?:\"[^\"]+\"|'[^']+'|[\w-]+))",
    re.I,
)
#: sources that quote every name, so that its case is the column's
_QUOTING = frozenset(
    {"sequelize", "prisma", "typeorm", "drizzle", "knex", "django", "sqlalchemy", "migration"}
)


def catalogue_of(project: Project) -> Catalogue:
    """Every table with the spellings PostgreSQL may know it by."""
    schema = project.schema
    functions: set[str] = set()
    types: set[str] = set()
    extensions: set[str] = set()
    for kind, name in _created(project):
        (
            functions
            if kind in ("function", "aggregate", "procedure")
            else extensions
            if kind == "extension"
            else types
        ).add(name)
    return Catalogue(
        tuple(_table(table) for table in schema.tables),
        schema.is_complete,
        frozenset(functions),
        frozenset(types),
        frozenset(extensions),
        _is_closed(schema),
        schema.hidden,
    )


def _is_closed(schema: Schema) -> bool:
    """Whether what the project creates is known: it makes its tables itself, in SQL, and nothing could not be read."""
    makes = any(table.source in ("ddl", "migration") for table in schema.declared)
    return makes and not any(not gap.table for gap in schema.gaps)


def _created(project: Project) -> Iterator[tuple[str, str]]:
    for text in _texts(project):
        if "REATE" in text or "reate" in text:
            for match in _CREATED.finditer(text):
                yield match["kind"].lower(), match["name"].split(".")[-1].strip().strip("\"'").lower()


def _texts(project: Project) -> Iterator[str]:
    for site in project.sql_sites:
        for content in site.contents:
            if content.text is not None:
                yield content.text.fill(" ")
    for path in sorted(project.tree.files):
        if path.endswith((".sql", ".pgsql", ".psql")):
            data = project.tree.read(path)
            if data is not None:
                yield data.decode("utf-8", "replace")


def _table(table: UnitedTable) -> Table:
    names = _spellings((item.name, item.quoted, item.source in _QUOTING) for item in table.declared)
    columns = []
    for name, found in table.columns().items():
        families = {column.family for column in found} - {"unknown"}
        sources = {item.source for item in table.declared if item.column(name) is not None}
        columns.append(
            Column(
                name,
                _spellings((name, column.quoted, bool(sources & _QUOTING)) for column in found),
                families.pop() if len(families) == 1 else "unknown",
                found[0].type,
            )
        )
    is_table = all(item.kind in ("table", "temporary") for item in table.declared)
    return Table(
        table.name,
        names,
        table.namespace,
        tuple(columns),
        table.complete and bool(columns),
        _key(table.declared, columns) if is_table else (),
        len({frozenset(column.name.lower() for column in item.columns) for item in table.declared}) == 1,
    )


def _spellings(found: Iterable[tuple[str, bool, bool]]) -> tuple[str, ...]:
    """(name, quoted, from a source that quotes): where a source that quotes does not say so, both are possible."""
    names: dict[str, None] = {}
    for name, quoted, quoting in found:
        names.update(dict.fromkeys(folded(name, True if quoted else None if quoting else False)))
    return tuple(names)


def _key(declared: Iterable[Declared], columns: list[Column]) -> tuple[str, ...]:
    """The primary key all sources agree on, as PostgreSQL spells it."""
    keys = set()
    for table in declared:
        key = table.primary_key or tuple(column.name for column in table.columns if column.primary_key)
        if key:
            keys.add(tuple(sorted(name.lower() for name in key)))
    if len(keys) != 1:
        return ()
    by_name = {column.name.lower(): column.names[0] for column in columns}
    return tuple(by_name.get(name, name) for name in keys.pop())
