"""Tables made by the schema builder of Knex outside migrations (those are read by ``migrations``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.schema import code_migrations, knex_builder
from constraintlint.project.schema.catalog import Catalog
from constraintlint.project.schema.code_calls import Step
from constraintlint.project.schema.records import Gap, Table
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.scopes import Scope

_WORDS = ("createTable", "alterTable", "createTableIfNotExists")


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """One catalog a file; nothing tells in which order the files run."""
    tables: list[Table] = []
    gaps: list[Gap] = []
    migrating = code_migrations.files(project)
    for path in sorted(project.resolutions):
        if path.endswith((".py", ".pyi")) or path in migrating or is_test(path):
            continue
        if not project.mentions(path, _WORDS):
            continue
        file = project.evaluator.file(path)
        if file is None:
            continue
        catalog = Catalog("knex", ordered=False)
        for method in sorted(knex_builder.SCHEMA_METHODS):
            for call, scope in file.calls.get(method, ()):
                if knex_builder.is_schema_call(call) and not _undoes(scope):
                    knex_builder.apply(project, catalog, Step(call, scope))
        tables += catalog.tables
        gaps += catalog.gaps
    return tables, gaps


def _undoes(scope: Scope | None) -> bool:
    while scope is not None:
        if scope.function is not None and "down" in (scope.function.name, scope.alias):
            return True
        scope = scope.parent
    return False
