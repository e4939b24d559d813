"""A statement names a table that nothing in the project makes."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import listed, nearest, problems, report
from constraintlint.findings import Finding
from constraintlint.project import Project

RULE = "sql-unknown-table"
#: tables that migration tools, engines and extensions make and keep for themselves
_OF_TOOLS = frozenset(
    (
        "alembic_version", "django_migrations", "sequelizemeta", "sequelizedata", "knex_migrations", "knex_migrations_lock",
        "_prisma_migrations", "pgmigrations", "typeorm_metadata", "mikro_orm_migrations", "__drizzle_migrations", "kysely_migration",
        "kysely_migration_lock", "flyway_schema_history", "schema_migrations", "databasechangelog", "databasechangeloglock",
        "_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock", "aerich", "south_migrationhistory", "spatial_ref_sys",
        "geometry_columns", "geography_columns", "pg_stat_statements", "sqlite_sequence", "sqlite_stat1",
    )
)  # fmt: skip


def check(project: Project) -> Iterator[Finding]:
    for item in problems(project, ("table",)):
        problem = item.problem
        if problem.name.rpartition(".")[2].strip('"').lower() in _OF_TOOLS:
            continue
        names = sorted({table.name for table in project.schema.tables})
        near = nearest(problem.name, names)
        message = problem.message
        if not problem.table:
            message = f'table "{problem.name}" does not exist (tables: {listed(names)})'
        help = problem.help or (f"did you mean {near}?" if near else "create the table, or correct its name")
        yield report(project, RULE, item, message=message, help=help)
