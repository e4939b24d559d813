"""``constraintlint routes``: every method and path the applications answer, with handlers, guards and mounts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from constraintlint.cli.check import locate

if TYPE_CHECKING:
    from constraintlint.project.routes import RouteTable
    from constraintlint.project.schema.records import Place

_FORMATS = ("text", "json", "markdown")


@click.command("routes")
@click.argument("path", required=False, default=".", type=click.Path())
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option(
    "--automatic/--no-automatic", default=False, help="Show what the framework adds too (always in JSON)."
)
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="Write to a file.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
def command(path: str, format_: str, automatic: bool, output: str | None, no_cache: bool) -> None:
    """Show the routes of Flask, FastAPI, Starlette, Django, aiohttp, Express, Fastify, Hono and Koa applications.

    Nothing is run. What cannot be resolved is listed as not known, below the prefix it may hide; routers that no
    application mounts are listed too. Exit code: 0, or 2 could not run.
    """
    from constraintlint.analysis import Options, open_projects, open_workspace
    from constraintlint.reports import route_tables

    root, restrict = locate((path,))
    workspace = open_workspace(Options(root=root, cache=not no_cache))
    # every project knows the whole root
    table = _below(open_projects(workspace)[0].routes, restrict)
    workspace.save(None)
    text = route_tables.render(table, format_, automatic)
    if output is None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.flush()
        return
    with open(output, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _below(table: RouteTable, restrict: list[str]) -> RouteTable:
    """The part of a table that comes from the paths asked for."""
    from constraintlint.project.routes import RouteTable

    if not restrict:
        return table

    def asked(place: Place) -> bool:
        return any(place.path == path or place.path.startswith(path + "/") for path in restrict)

    return RouteTable(
        tuple(route for route in table.routes if asked(route.place)),
        tuple(item for item in table.unknown if asked(item.place)),
        tuple(item for item in table.unmounted if asked(item.place)),
    )
