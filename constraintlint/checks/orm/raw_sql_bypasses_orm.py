"""Raw SQL is executed in running code although an ORM is declared."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.facts.code import Call
from constraintlint.findings import Finding, Step, finding
from constraintlint.libraries import libraries
from constraintlint.project import Project
from constraintlint.project.components import is_user_interface
from constraintlint.project.flow.texts import TextHole
from constraintlint.project.sql_sites import SqlSite
from constraintlint.project.sql_text import Content, first_word
from constraintlint.roles import is_development, is_migration, is_test

#: statements to the server or the session, for which an ORM has no construct
_SESSION_WORDS = frozenset(
    [
        "pragma",
        "set",
        "reset",
        "show",
        "listen",
        "unlisten",
        "notify",
        "begin",
        "start",
        "commit",
        "rollback",
        "savepoint",
        "release",
        "vacuum",
        "analyze",
        "attach",
        "detach",
        "lock",
        "discard",
        "checkpoint",
        "cluster",
        "reindex",
        "refresh",
        "use",
    ]
)
_EXTENSION = re.compile(r"\s*(?:create|drop|alter)\s+(?:extension|role|user|database)\b", re.I)
_TABLE = re.compile(r"\b(?:from(?!\s+dual\b)|join|into|update|table)\b", re.I)
#: engines of analysis and of other data models: no ORM maps them
_OTHER_ENGINES = frozenset({"clickhouse", "duckdb", "cassandra", "snowflake", "phoenix"})


def check(project: Project) -> Iterator[Finding]:
    orm = project.config.orm
    if orm is None or orm == "none":
        return
    served = {path for path in project.paths if not is_user_interface(project.tree, path)}
    for site in project.sql_sites:
        if site.kind not in ("raw", "tagged") or site.path not in served or not _runs(project, site.path):
            continue
        if _engine(site) in _OTHER_ENGINES or all(_allowed(item) for item in site.contents):
            continue
        yield _finding(project, site, orm)


def _runs(project: Project, path: str) -> bool:
    """Whether a file is part of the running program: no test, no script, no migration (also by what it imports)."""
    if is_test(path) or is_migration(path) or is_development(path):
        return False
    resolution = project.resolutions.get(path)
    return resolution is None or not any(
        item.package == "alembic" and "op" in item.names for item in resolution.external
    )


def _engine(site: SqlSite) -> str:
    language = "python" if site.path.endswith((".py", ".pyi")) else "javascript"
    return libraries(language).libraries[site.library].engine


def _allowed(content: Content) -> bool:
    """A construct of the library, or a statement that touches no table: a health check, a setting of the session."""
    text = content.text
    if text is None:
        return content.kind == "construct"
    word = first_word(text)
    if word in _SESSION_WORDS or _EXTENSION.match(text.start):
        return True
    open_end = bool(text.pieces) and isinstance(text.pieces[-1], TextHole)
    return word == "select" and not open_end and not _TABLE.search(text.fill(" x "))


def _finding(project: Project, site: SqlSite, orm: str) -> Finding:
    evaluator = project.evaluator
    shown = _shown(site)
    called = re.split(r"[.#]", site.sink.rstrip("`"))[-1] or "a tagged template"
    node = site.node
    at = node.callee.at if isinstance(node, Call) else site.at
    start, end = evaluator.span(site.path, at), evaluator.span(site.path, site.at)
    trace: list[Step] = []
    for path, place in site.via:
        line, column, end_line, end_column = evaluator.span(path, place)
        trace.append(
            Step(path, line, column, f"handed on to {called} of {site.library}", end_line, end_column)
        )
    where = _text_place(project, site)
    if where is not None:
        trace.insert(0, where)
    return finding(
        "raw-sql-bypasses-orm",
        site.path,
        (start[0], start[1], end[2], end[3]) if start[0] == end[2] else start,
        f"raw SQL is executed through {site.library} ({called}) although the ORM {orm} is declared{shown}",
        help=f"write the statement with {orm}'s own queries on its models, so that a renamed column is found here too",
        trace=trace,
        subject=f"{site.sink} in {site.function.name if site.function else 'the module'}{shown}",
    )


def _shown(site: SqlSite) -> str:
    """The beginning of the statement, for the message."""
    for content in site.contents:
        if content.text is not None:
            words = " ".join(content.text.fill("...").split())
            return f": {words[:60]}{'...' if len(words) > 60 else ''}" if words else ""
    return ""


def _text_place(project: Project, site: SqlSite) -> Step | None:
    """Where the statement is written, where that is not in the call itself."""
    for content in site.contents:
        place = content.text.locate(0) if content.text is not None else None
        if place is None:
            continue
        path, offset = place
        if path == site.path and site.at[0] <= offset < site.at[1]:
            return None
        line, column, end_line, end_column = project.evaluator.span(path, (offset, offset))
        return Step(path, line, column, "the statement", end_line, end_column)
    return None
