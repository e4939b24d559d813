"""Tables of SQLAlchemy that no class is mapped to: Core ``Table(...)``; and the classes whose table has no readable name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.schema.records import Gap, Table
from constraintlint.roles import is_migration

if TYPE_CHECKING:
    from constraintlint.project import Project

_PACKAGES = frozenset(
    ("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "flask_sqlalchemy_lite", "quart_sqlalchemy")
)


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """Every ``Table(...)`` outside migrations; those inside are snapshots that the migrations themselves tell better."""
    if not any(
        item.package in _PACKAGES for found in project.resolutions.values() for item in found.external
    ):
        return [], []
    from constraintlint.project.models.sqlalchemy.reading import made_of, place
    from constraintlint.project.models.sqlalchemy.tables import read_table

    ev = project.evaluator
    tables: list[Table] = []
    gaps = [
        Gap(model.place, f"the table of the class {model.name} has a name that could not be worked out")
        for model in project.models.of_orm("sqlalchemy")
        if model.table is None and not model.abstract
    ]
    for file in ev.files(("Table",)):
        if is_migration(file.path):
            continue
        for call, scope in file.calls.get("Table", ()):
            item = made_of(ev, call, scope)
            if item is None or item.name != "Table":
                continue
            found = read_table(ev, item)
            if found is not None:
                tables.append(found[0])
            elif call.args:
                gaps.append(Gap(place(ev, file.path, call), "a Table whose name could not be worked out"))
    return tables, gaps
