"""A value is put into SQL text by the program instead of being bound as a parameter."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql_parameters import as_parameters
from constraintlint.checks._sql_positions import Position, positions
from constraintlint.checks.sql._default_holes import with_defaults
from constraintlint.facts.code import Call
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.texts import BuiltText, TextHole
from constraintlint.project.manifests import base_of, role_of_path
from constraintlint.project.origins import Origin
from constraintlint.project.sql_sites import SqlSite
from constraintlint.project.sql_text import Content

RULE = "sql-built-by-string"
#: what a library puts in itself
_BOUND = frozenset(("bound", "composed"))
_PLACES: dict[Position, str] = {
    "literal": "between the quotes of a literal",
    "value": "as a value",
    "name": "as a name",
    "fragment": "as a part of the statement",
}


def check(project: Project) -> Iterator[Finding]:
    base = base_of(project)
    served = {path for path in project.paths if role_of_path(path, base) == "runtime"}
    seen: set[tuple[str, tuple[int, int]]] = set()
    for site in project.sql_sites:
        if site.kind not in ("raw", "fragment", "unknown") or site.path not in served:
            continue
        for content in site.contents:
            for item, hole in _of_content(project, site, content):
                place = (hole.path, hole.at)
                if place not in seen:
                    seen.add(place)
                    yield item
    sites = [site for site in project.sql_sites if site.kind == "raw" and site.path in served]
    for site, text in with_defaults(project, sites):
        for item, hole in _of_text(project, site, text):
            if (hole.path, hole.at) not in seen and item.severity == "error":
                seen.add((hole.path, hole.at))
                yield item


def _of_content(project: Project, site: SqlSite, content: Content) -> Iterator[tuple[Finding, TextHole]]:
    text = content.text
    if text is not None and text.holes and not content.default_of:
        yield from _of_text(project, site, text)


def _of_text(project: Project, site: SqlSite, text: BuiltText) -> Iterator[tuple[Finding, TextHole]]:
    for hole, position in zip(text.holes, positions(text), strict=False):
        if hole.format in _BOUND or hole.expr is None or hole.env or position == "comment":
            continue
        file = project.evaluator.file(hole.path)
        if file is None:
            continue
        origin = project.origins.of(hole.expr, file.at(hole.expr.at[0]))
        if origin.doubled and position == "literal":
            continue
        if origin.kind == "request" or (
            position == "literal" and origin.kind == "unknown" and origin.parameter and "%" not in hole.format
        ):
            yield _finding(project, site, hole, position, origin), hole


def _finding(project: Project, site: SqlSite, hole: TextHole, position: Position, origin: Origin) -> Finding:
    requested = origin.kind == "request"
    place = _PLACES[position]
    if requested:
        message = f"{origin.what} of the request is put into the statement {place}: whoever sends it writes part of the SQL"
    else:
        message = f"{origin.what} is put into the statement {place}: an apostrophe in it ends the literal"
    trace = []
    if origin.path and (origin.path, origin.at) != (hole.path, hole.at):
        line, column, end_line, end_column = project.evaluator.span(origin.path, origin.at)
        what = "it comes from the request here" if requested else "the parameter"
        trace.append(Step(origin.path, line, column, what, end_line, end_column))
    line, column, end_line, end_column = project.evaluator.span(site.path, site.at)
    trace.append(Step(site.path, line, column, f"executed by {site.sink}", end_line, end_column))
    fix = as_parameters(project, site) if isinstance(site.node, Call) else None
    return finding(
        RULE,
        hole.path,
        project.evaluator.span(hole.path, hole.at),
        message,
        help=_help(site, position),
        trace=trace,
        subject=f"{site.sink}: {origin.what}",
        severity="error" if requested else "warning",
        confidence=None if requested else "medium",
        fix=fix,
    )


def _help(site: SqlSite, position: Position) -> str:
    if position in ("name", "fragment"):
        return "a name cannot be bound: look it up in a constant list of what is allowed, or quote it by the library"
    return f"bind it: put a placeholder into the text, and give the value to {site.sink.rpartition('.')[2].rpartition('#')[2]} as a parameter"
