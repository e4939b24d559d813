"""``constraintlint graph``: the import graph, as text or for other programs; and why one file reaches another."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from constraintlint.cli.check import locate
from constraintlint.cli.errors import UsageProblem

if TYPE_CHECKING:
    from constraintlint.project.view import GraphView

_FORMATS = ("text", "json", "mermaid", "dot", "graphml")
_LEVELS = ("files", "packages", "layers")


@click.command("graph")
@click.argument("path", required=False, default=".", type=click.Path())
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option(
    "--level", type=click.Choice(_LEVELS), default="files", show_default=True, help="What a node stands for."
)
@click.option(
    "--from", "start", metavar="PATTERN", help="With --to: a shortest chain; alone: what it reaches."
)
@click.option("--to", "end", metavar="PATTERN", help="With --from: a shortest chain; alone: what reaches it.")
@click.option("--type-only/--no-type-only", default=True, help="Whether imports of types count.")
@click.option("--external/--no-external", default=False, help="Third-party packages as nodes (not in text).")
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="Write to a file.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
def command(
    path: str,
    format_: str,
    level: str,
    start: str | None,
    end: str | None,
    type_only: bool,
    external: bool,
    output: str | None,
    no_cache: bool,
) -> None:
    """Show what imports what, with the place of every import.

    --from X --to Y shows why X reaches Y: every hop with file, line and column. X and Y are paths or globs; Y may be a
    package (pypi:sqlalchemy, npm:pg). Exit code: 0, 1 where there is no such chain, 2 could not run.
    """
    from constraintlint.analysis import Options, open_projects, open_workspace
    from constraintlint.project.view import GraphView

    root, restrict = locate((path,))
    workspace = open_workspace(Options(root=root, cache=not no_cache))
    projects = open_projects(workspace)
    view = GraphView(projects, workspace.sources, type_only=type_only, below=restrict)
    if start and end and format_ == "text":
        raise SystemExit(_print_chain(view, start, end))
    if start or end:
        view = view.reachable(start, end)
    workspace.save(None)
    _write(_render(view, format_, level, external), output)


def _print_chain(view: GraphView, start: str, end: str) -> int:
    try:
        chain = view.chain(start, end)
    except LookupError as error:
        raise UsageProblem(str(error)) from None
    if not chain:
        click.echo(f"no chain of imports leads from {start} to {end}")
        return 1
    for number, hop in enumerate(chain, 1):
        click.echo(f"{number:>3}. {hop.path}:{hop.line}:{hop.column} {hop.message}")
    return 0


def _render(view: GraphView, format_: str, level: str, external: bool) -> str:
    from constraintlint.reports import graphs

    return graphs.render(view, format_, level, external)


def _write(text: str, output: str | None) -> None:
    data = text.encode("utf-8", "replace")
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        Path(output).write_bytes(data)
    except OSError as error:
        raise UsageProblem(
            f"--output {output}: {(error.strerror or os.strerror(error.errno or 0)).lower()}"
        ) from None
