"""An INSERT names its columns and leaves out one that may not be NULL and that nothing else fills in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.findings import Finding, Severity, Step, finding
from constraintlint.project import Project
from constraintlint.project.schema import UnitedTable
from constraintlint.project.schema.records import Column
from constraintlint.project.sql_engines import engines_of
from constraintlint.project.sql_sites import SqlSite
from constraintlint.project.sql_text import Content
from constraintlint.roles import is_migration, is_test

RULE = "sql-missing-not-null-value"

_ENGINES = frozenset(("sqlite", "postgresql"))
_HOLE = "\x00"
_NAME = r"(?:\"[^\"\x00]+\"|`[^`\x00]+`|\[[^\]\x00]+\]|[A-Za-z_]\w*)"
_INSERT = re.compile(
    rf"\s*(?:insert|replace)\s+(?:or\s+(?P<other>\w+)\s+)?into\s+(?:(?P<space>{_NAME})\s*\.\s*)?(?P<table>{_NAME})\s*"
    rf"(?:as\s+{_NAME}\s*)?\((?P<columns>\s*{_NAME}\s*(?:,\s*{_NAME}\s*)*)\)\s*(?:overriding\s+\w+\s+value\s+)?(?=values\b|select\b|with\b|\()",
    re.I,
)
_NAMES = re.compile(_NAME)
#: statements by which a value comes from elsewhere, or a column need not have one any more
_FILLS = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:constraint\s+)?(?:trigger|rule)\b|\bdrop\s+not\s+null\b|\bset\s+default\b|\badd\s+generated\b",
    re.I,
)
#: words of a text that changes a table
_CHANGES = ("ALTER", "alter", "Alter")


class _Missing(msgspec.Struct, frozen=True, eq=False):
    """The columns that an INSERT into ``table`` leaves out; ``start``..``end`` are the characters of its own list."""

    table: UnitedTable
    columns: tuple[Column, ...]
    start: int
    end: int
    ignored: bool


def check(project: Project) -> Iterator[Finding]:
    served = set(project.paths)
    sites = [
        site
        for site in project.sql_sites
        if site.kind in ("raw", "tagged")
        and site.path in served
        and not is_test(site.path)
        and not is_migration(site.path)
        and any(
            content.text is not None and _INSERT.match(content.text.fill(_HOLE)) for content in site.contents
        )
    ]
    if not sites or not project.schema.tables or _filled_elsewhere(project):
        return
    seen: set[tuple[str, int]] = set()
    for site in sites:
        engines = engines_of(project, site)
        if not engines or not _ENGINES.issuperset(engines):
            continue
        found = [_missing(project, content, engines) for content in site.contents]
        first = found[0] if found else None
        if first is None or any(item is None for item in found):
            continue  # there is a way on which nothing is missing, or it is not known
        everywhere = [
            column
            for column in first.columns
            if all(
                item is not None and column.name in {other.name for other in item.columns} for item in found
            )
        ]
        place = (
            site.contents[0].text.locate(first.start, _HOLE) if site.contents[0].text is not None else None
        )
        if everywhere and place is not None and place not in seen:
            seen.add(place)
            if not _is_changed_by_code(project, first.table.name):
                yield _finding(project, site, first, everywhere, place)


def _missing(project: Project, content: Content, engines: tuple[str, ...]) -> _Missing | None:
    """What one text leaves out; None where that is nothing, or not known."""
    match = _INSERT.match(content.text.fill(_HOLE)) if content.text is not None else None
    if match is None:
        return None
    other = (match["other"] or "").lower()
    if other == "replace" or match[0].lstrip()[:7].lower() == "replace":
        return None  # SQLite puts the default in the place of NULL there
    tables = project.schema.named(_plain(match["table"]), _plain(match["space"] or ""))
    if len(tables) != 1 or not tables[0].complete or any(item.kind != "table" for item in tables[0].declared):
        return None
    named = {_plain(name).lower() for name in _NAMES.findall(match["columns"])}
    if not named <= {name.lower() for name in tables[0].columns()}:
        return None  # another rule says that
    columns = tuple(
        found[0]
        for name, found in tables[0].columns().items()
        if name.lower() not in named and all(_is_required(column, engines) for column in found)
    )
    return (
        _Missing(tables[0], columns, match.start("columns"), match.end("columns"), other == "ignore")
        if columns
        else None
    )


def _is_required(column: Column, engines: tuple[str, ...]) -> bool:
    """Whether the database refuses a row without a value of its own for the column."""
    if column.nullable is not False or column.has_default or column.generated:
        return False
    # a key that is not said to be NOT NULL may be NULL on SQLite, or stands for the number of the row
    return not column.primary_key or engines == ("postgresql",)


def _filled_elsewhere(project: Project) -> bool:
    """Whether a trigger or rule may give values, or a column was changed after its table was made."""
    for site in project.sql_sites:
        for content in site.contents:
            if content.text is not None and _FILLS.search(content.text.fill(" ")):
                return True
    return any(
        _FILLS.search((project.tree.read(path) or b"").decode("utf-8", "replace"))
        for path in sorted(project.tree.files)
        if path.endswith((".sql", ".pgsql", ".psql")) or is_migration(path)
    )


def _is_changed_by_code(project: Project, table: str) -> bool:
    """Whether a program sends statements that rename or drop columns of a table: when it does so is not known."""
    changes = re.compile(
        rb"(?i)alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:[\w\"`\[\]{}]+\.)?[\"`\[]*%b[\"`\]]*\s+(?:rename|drop)\b"
        % re.escape(table.encode())
    )
    return any(
        changes.search(project.tree.read(path) or b"")
        for path in sorted(project.resolutions)
        if project.mentions(path, _CHANGES)
    )


def _plain(name: str) -> str:
    return name[1:-1] if name[:1] in ('"', "`", "[") else name


def _finding(
    project: Project, site: SqlSite, missing: _Missing, columns: list[Column], place: tuple[str, int]
) -> Finding:
    names = ", ".join(column.name for column in columns)
    text = site.contents[0].text
    end = text.locate(missing.end, _HOLE) if text is not None else None
    path, at = place[0], (place[1], end[1] if end is not None and end[0] == place[0] else place[1])
    if path not in set(project.paths):
        path, at = site.path, site.at
    table = missing.table.name
    effect = (
        "the row is left out without a word"
        if missing.ignored
        else f"the row is refused (NOT NULL constraint failed: {table}.{columns[0].name})"
    )
    severity: Severity | None = "warning" if missing.ignored else None
    trace = [
        Step(column.place.path, column.place.span[0], column.place.span[1], f"{column.name} is declared here")
        for column in columns[:3]
    ]
    return finding(
        RULE,
        path,
        project.evaluator.span(path, at),
        f"{table} is given no value for {names}, which may not be NULL and has no default: {effect}",
        help=f"add {names} to the columns and its value to the values, or give the column a default",
        trace=trace,
        subject=f"{table} without {names}",
        severity=severity,
    )
