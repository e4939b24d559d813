"""Migration folders: plain SQL files applied in their order, and migrations written in JavaScript and TypeScript.

Known by their layout: golang-migrate and db-migrate (``*.up.sql``/``*.down.sql``), goose, dbmate, sql-migrate and node-pg-migrate
(marks in one file), Flyway (``V1__x.sql``, ``U1__x.sql``), Prisma and Diesel (a folder each), Sqitch (deploy, revert, verify).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from constraintlint.project.schema import code_migrations, engine
from constraintlint.project.schema.catalog import Catalog
from constraintlint.project.schema.records import Gap, Table
from constraintlint.project.schema.scripts import FileScript, natural, read_text, without_down
from constraintlint.project.schema.sql_statements import apply
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_FOLDERS = frozenset(
    ("migrations", "migration", "migrate", "versions", "deploy", "sqls", "changesets", "changelog")
)
_NUMBERED = re.compile(
    r"(?:[VURB]?\d[\d.]*_{1,2}|\d{3,}[-_.]|[VURB]\d+(?:\.\d+)*__)|\d+\.(?:up\.|do\.)?sql$", re.I
)
_UNDO_FILE = re.compile(
    r"(?:.*[-._])?(?:down|undo|rollback|revert)\.sql$|U\d[\d._]*__.*\.sql$|.*\.(?:down|undo)\.[^/]*sql$", re.I
)
_UNDO_FOLDERS = frozenset(("revert", "verify", "rollback", "rollbacks", "down", "undo"))
_STEP_FILES = frozenset(("migration.sql", "up.sql", "deploy.sql", "snapshot.sql"))
MAX_FILE = 4 * 1024 * 1024

_found: WeakKeyDictionary[Project, dict[str, str]] = WeakKeyDictionary()


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """What the migrations leave behind, folder by folder."""
    tables: list[Table] = []
    gaps: list[Gap] = []
    for catalog in [*_sql_folders(project), *code_migrations.catalogs(project)]:
        tables += catalog.tables
        gaps += catalog.gaps
    return tables, gaps


def sql_files(project: Project) -> dict[str, str]:
    """Every SQL file of a migration folder -> the folder."""
    known = _found.get(project)
    if known is None:
        files = sorted(path for path in project.tree.files if path.lower().endswith(".sql"))
        _found[project] = known = {path: folder for path in files if (folder := _folder(path))}
        by_place: dict[str, list[str]] = {}
        for path in files:
            by_place.setdefault(path.rpartition("/")[0], []).append(path)
        for place, together in by_place.items():
            numbered = [path for path in together if _NUMBERED.match(path.rpartition("/")[2])]
            if len(numbered) > 1 and len(numbered) == len(together):
                for path in together:
                    known.setdefault(path, place)
    return known


def _folder(path: str) -> str:
    """The migration folder a file belongs to, "" where its place does not tell."""
    *parents, name = path.split("/")
    if name.lower() in _STEP_FILES and len(parents) > 1:
        return "/".join(parents[:-1])
    for depth in range(len(parents), 0, -1):
        parent = parents[depth - 1].lower()
        if parent in _FOLDERS:
            return "/".join(parents)
        if parent in _UNDO_FOLDERS and depth == len(parents):
            return "/".join(parents)
    return ""


def _sql_folders(project: Project) -> list[Catalog]:
    folders: dict[str, list[str]] = {}
    for path, folder in sql_files(project).items():
        if not is_test(path) and not _undoes(path):
            folders.setdefault(folder, []).append(path)
    if not folders:
        return []
    fallback = engine.of_project(project)
    found: list[Catalog] = []
    for folder, paths in sorted(folders.items()):
        catalog = Catalog("ddl", ordered=_in_order(paths))
        texts: list[tuple[str, str]] = []
        for path in sorted(paths, key=natural):
            data = project.tree.read(path)
            if data is not None and len(data) <= MAX_FILE:
                texts.append((path, without_down(read_text(data))))
        dialect = engine.of_text("\n".join(text for _, text in texts), _of_name(folder) or fallback)
        for path, text in texts:
            apply(FileScript(path, text), catalog, dialect)
        found.append(catalog)
    return found


def _undoes(path: str) -> bool:
    *parents, name = path.split("/")
    return _UNDO_FILE.match(name) is not None or bool(parents and parents[-1].lower() in _UNDO_FOLDERS)


def _in_order(paths: list[str]) -> bool:
    """Whether the names tell the order: every file, or the folder of its own it stands in, begins with a number."""
    for path in paths:
        *parents, name = path.split("/")
        label = parents[-1] if name.lower() in _STEP_FILES and parents else name
        if not re.match(r"[VRB]?\d", label, re.I):
            return len(paths) == 1
    return True


def _of_name(folder: str) -> str:
    """The engine a folder is named after."""
    names = {
        "postgres": "postgresql",
        "postgresql": "postgresql",
        "pg": "postgresql",
        "sqlite": "sqlite",
        "sqlite3": "sqlite",
    }
    names |= {"mysql": "mysql", "mariadb": "mysql", "mssql": "mssql"}
    return next((names[part] for part in reversed(folder.lower().split("/")) if part in names), "")
