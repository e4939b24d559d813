"""``constraintlint schema-of``: the tables that the code, its SQL files, migrations and models declare."""

from __future__ import annotations

import click

from constraintlint.cli.check import locate


@click.command("schema-of")
@click.argument("table", required=False)
@click.option("--path", default=".", show_default=True, type=click.Path(), help="The directory to read.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
def command(table: str | None, path: str, format_: str, no_cache: bool) -> None:
    """Show every table and column that the sources declare, with the place of every fact.

    TABLE is a name or schema.name; without it all tables are shown. What could not be read is listed at the end. Exit code:
    0, 1 where there is no such table, 2 could not run.
    """
    import json

    from constraintlint.analysis import Options, open_projects, open_workspace
    from constraintlint.reports.schema_index import to_json, to_text

    root, _ = locate((path,))
    workspace = open_workspace(Options(root=root, cache=not no_cache))
    schema = open_projects(workspace)[0].schema
    tables = list(schema.tables)
    if table is not None:
        namespace, _, name = table.rpartition(".")
        tables = schema.named(name, namespace) or schema.named(table)
        if not tables and format_ == "text":
            known = ", ".join(item.name for item in schema.tables[:20])
            click.echo(f"there is no table {table!r}" + (f" (tables: {known})" if known else ""), err=True)
            raise SystemExit(1)
    if table is None and not tables and format_ == "text":
        click.echo("no table is declared here", err=True)
    workspace.save(None)
    text = (
        json.dumps(to_json(schema, tables), indent=2, ensure_ascii=False)
        if format_ == "json"
        else to_text(schema, tables).rstrip("\n")
    )
    if text:
        click.echo(text)
    if table is not None and not tables:
        raise SystemExit(1)
