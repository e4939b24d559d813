"""The schema index of a few files, in short lines."""

from __future__ import annotations

from constraintlint.config import Config
from constraintlint.project.schema import Schema, UnitedTable
from constraintlint.project.schema.records import Column, Table
from tests.project.value_projects import project_of


def schema_of(files: dict[str, str], *, real_needles: bool = True, database: str | None = None) -> Schema:
    """Read with the selection of files and functions that a real run makes."""
    config = Config(database=database) if database is not None else None
    return project_of(files, config, real_needles=real_needles).schema


def column(found: Column) -> str:
    """``name family!`` with ``!`` for not null, ``?`` where that is open, ``*`` primary key, ``u`` unique, ``d`` default, ``g`` generated."""
    null = {True: "", False: "!", None: "?"}[found.nullable]
    flags = "".join(
        sign
        for sign, given in (
            ("*", found.primary_key),
            ("u", found.unique),
            ("d", found.has_default),
            ("g", found.generated),
            ("z", found.zoned),
        )
        if given
    )
    target = found.references
    shown = f" -> {target.table}({','.join(target.columns)})" if target is not None else ""
    return f"{found.name} {found.family}{null}{' ' + flags if flags else ''}{shown}"


def table(found: Table) -> list[str]:
    """The name (``...`` where more columns are possible, ``+`` where the source only adds), then the columns."""
    name = f"{found.namespace}.{found.name}" if found.namespace else found.name
    marks = ("" if found.complete else " ...") + (" +" if found.partial else "")
    kind = "" if found.kind == "table" else f" ({found.kind})"
    return [name + kind + marks, *(f"  {column(item)}" for item in found.columns)]


def lines(schema: Schema) -> list[str]:
    return [line for found in schema.declared for line in table(found)]


def names(schema: Schema) -> dict[str, list[str]]:
    """Table -> its columns, of all sources; the name ends in ``...`` where there may be more."""
    return {_label(found): list(found.columns()) for found in schema.tables}


def _label(found: UnitedTable) -> str:
    return found.name + ("" if found.complete else "...")


def places(schema: Schema) -> list[str]:
    """``path:line:column-end name`` of tables and columns."""
    found: list[str] = []
    for item in schema.declared:
        for name, place in [
            (item.name, item.place),
            *((column.name, column.place) for column in item.columns),
        ]:
            line, start, end_line, end = place.span
            stop = str(end) if end_line == line else f"{end_line}:{end}"
            found.append(f"{place.path}:{line}:{start}-{stop} {name}")
    return found
