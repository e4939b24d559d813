"""Tables made by SQL text: strings that the program sends, strings it keeps, and ``.sql`` files outside migration folders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.code import Binary, Call, Expr, ExprStmt, Hole, Member, Node, Text, children
from constraintlint.libraries import libraries
from constraintlint.project.flow.alternatives import MAX_TEXTS
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.flow.texts import BuiltText, TextPiece, concat, hole
from constraintlint.project.schema import alembic, code_migrations, engine, migrations
from constraintlint.project.schema.catalog import Catalog
from constraintlint.project.schema.records import Gap, Place, Table
from constraintlint.project.schema.scripts import HOLE, CodeScript, FileScript, read_text
from constraintlint.project.schema.sql_statements import apply
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

#: patterns that begin with a literal are searched for much faster than one that ignores case
_MENTIONED = (
    re.compile(rb"(?:CREATE|create) [^ -~]"),  # "CREATE " and a hole
    *(
        re.compile(rb"%s\s+(?:\w+\s+){0,3}(?:%s)\b" % (verb, b"|".join(subjects)))
        for verb, *subjects in (
            (b"CREATE", b"TABLE", b"VIEW", b"TYPE"),
            (b"create", b"table", b"view", b"type"),
            (b"Create", b"Table", b"View", b"table", b"view"),
            (b"ALTER", b"TABLE"),
            (b"alter", b"table"),
        )
    ),
)
_STARTS = re.compile(
    r"(?:\s++|--[^\n]*+(?:\n|\Z)|/\*.*?\*/|;)*+(?:create|alter)\s+(?:\w+\s+){0,3}(?:table|view|type|virtual)\b",
    re.I | re.S,
)
_LATER = re.compile(r"[;\n]\s*(?:create|alter)\s+(?:\w+\s+){0,3}table\b", re.I)
#: functions that undo a migration
DOWN = frozenset(("down", "downgrade", "revert", "undo"))
MAX_FILE = 4 * 1024 * 1024
#: steps for one string that is sent nowhere: a library that writes SQL has thousands of them, with calls in their holes
_STEPS = 400

Key = tuple[tuple[str, tuple[int, int]], ...]


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """The tables of every script; each script is in order in itself."""
    catalogs = [*_of_files(project), *_of_code(project)]
    types = {name: family for catalog in catalogs for name, family in catalog.types.items()}
    tables: dict[Table, None] = {}
    gaps: list[Gap] = []
    for catalog in catalogs:
        catalog.types = types
        tables.update(dict.fromkeys(catalog.tables))
        gaps += catalog.gaps
    names = sorted({table.name for table in tables})
    gaps += [
        Gap(place, "columns are added by more statements than are followed", name)
        for place in _unfollowed(project)
        for name in names
    ]
    return list(tables), gaps


def _unfollowed(project: Project) -> Iterator[Place]:
    """Where one call sends so many ``ALTER TABLE`` that not all are known: ``ALTER TABLE {table} ADD COLUMN {column}``."""
    for site in project.sql_sites:
        if len(site.contents) >= MAX_TEXTS and not is_test(site.path):
            texts = [content.text for content in site.contents if content.text is not None]
            if any(_is_ddl(text) and "alter" in text.start.lower() for text in texts):
                yield Place(site.path, project.evaluator.span(site.path, site.at))


def _of_files(project: Project) -> Iterator[Catalog]:
    fallback: str | None = None
    migrating = migrations.sql_files(project)
    for path in sorted(project.tree.files):
        if not path.lower().endswith(".sql") or path in migrating or is_test(path):
            continue
        data = project.tree.read(path)
        if data is None or len(data) > MAX_FILE:
            continue
        text = read_text(data)
        if fallback is None:
            fallback = engine.of_project(project)
        catalog = Catalog("ddl")
        apply(FileScript(path, text), catalog, engine.of_text(text, fallback))
        yield catalog


# --- strings of the program -----------------------------------------------------------------------------------------


def _of_code(project: Project) -> Iterator[Catalog]:
    files = [
        path for path in sorted(project.resolutions) if not is_test(path) and _mentions_ddl(project, path)
    ]
    if not files:
        return
    known = engine.of_project(project)
    reached: set[tuple[str, tuple[int, int]]] = set()
    seen: set[Key] = set()
    migrating = {*code_migrations.files(project), *alembic.files(project)}
    for text, dialect in _sent(project):
        key = _key(text)
        if key in seen or not _is_ddl(text):
            continue
        seen.add(key)
        reached.update(key)
        if not any(path in migrating or is_test(path) for path, _ in key):
            yield _read(project, text, dialect or known)
    for path in files:
        file = project.evaluator.file(path)
        if file is None or path in migrating:
            continue
        for text in _kept(project, file, reached):
            key = _key(text)
            if key not in seen and _is_ddl(text):
                seen.add(key)
                yield _read(project, text, known)


def _mentions_ddl(project: Project, path: str) -> bool:
    facts = project.facts(path) if project.is_deep(path) else None
    return facts is not None and any(pattern.search(facts.code) for pattern in _MENTIONED)


def _read(project: Project, text: BuiltText, dialect: str) -> Catalog:
    catalog = Catalog("ddl")
    script = CodeScript(project.evaluator, text)
    apply(script, catalog, dialect or engine.of_text(script.text, ""))
    return catalog


def _is_ddl(text: BuiltText) -> bool:
    filled = text.fill(HOLE)
    return _STARTS.match(filled) is not None or _LATER.search(filled) is not None


def _key(text: BuiltText) -> Key:
    return tuple((piece.path, piece.at) for piece in text.pieces if isinstance(piece, TextPiece))


def _sent(project: Project) -> Iterator[tuple[BuiltText, str]]:
    """Every text that reaches a database library outside tests, with the engine of a driver."""
    for site in project.sql_sites:
        if is_test(site.path) or _undoes(site.scope):
            continue
        library = libraries("python" if site.path.endswith((".py", ".pyi")) else "javascript")
        found = library.libraries.get(site.library)
        dialect = found.engine if found is not None else ""
        for content in site.contents:
            if content.text is not None:
                yield content.text, dialect


def _undoes(scope: Scope | None) -> bool:
    while scope is not None:
        if scope.function is not None and (scope.function.name in DOWN or scope.alias in DOWN):
            return True
        scope = scope.parent
    return False


def _kept(
    project: Project, file: FileScopes, reached: set[tuple[str, tuple[int, int]]]
) -> Iterator[BuiltText]:
    """The texts of a file that begin like a statement and are sent nowhere that could be followed."""
    for expr in _literals(file, reached):
        scope = file.at(expr.at[0])
        if _undoes(scope):
            continue
        found = project.evaluator.eval_within(expr, scope, _STEPS)
        if not found and isinstance(expr, Text):
            yield _written(expr, file.path)
        for value in found:
            if value.text is not None:
                yield value.text


def _written(node: Text, path: str) -> BuiltText:
    """A string as it stands, where what its holes are would take too long to say."""
    texts = [
        hole(path, piece.value.at, piece.value, piece.format)
        if isinstance(piece, Hole)
        else BuiltText((TextPiece(piece.value, path, piece.at),))
        for piece in node.pieces
    ]
    return concat(texts)


def _literals(file: FileScopes, reached: set[tuple[str, tuple[int, int]]]) -> Iterator[Expr]:
    """The outermost string expressions whose first characters begin a statement."""
    stack: list[tuple[Node, Expr | None]] = [(stmt, None) for stmt in reversed(file.code.body)]
    done: set[int] = set()
    while stack:
        node, outer = stack.pop()
        if isinstance(node, ExprStmt) and isinstance(node.value, Text):
            continue  # a docstring
        if isinstance(node, Text) and node.tag is None and _begins(node):
            whole = outer or node
            if id(whole) not in done and not _is_reached(node, file.path, reached):
                done.add(id(whole))
                yield whole
        keep = outer if _is_string_part(node, outer) else None
        for child in reversed(children(node)):
            stack.append((child, _outer(node, child, keep)))


def _outer(node: Node, child: Node, outer: Expr | None) -> Expr | None:
    """The string expression that ``child`` is the beginning of."""
    if isinstance(node, Binary) and node.op in ("+", "%") and child is node.left:
        return outer or node
    if isinstance(node, Call) and child is node.callee and isinstance(child, Member):
        return (outer or node) if child.name in ("format", "strip", "join", "replace", "trim") else None
    if isinstance(node, Member):
        return outer
    return None


def _is_string_part(node: Node, outer: Expr | None) -> bool:
    return outer is not None and isinstance(node, (Binary, Call, Member))


def _begins(node: Text) -> bool:
    start: list[str] = []
    for piece in node.pieces:
        if isinstance(piece, Hole):
            break
        start.append(piece.value)
        if len(start) > 40:
            break
    return _STARTS.match("".join(start)) is not None


def _is_reached(node: Text, path: str, reached: set[tuple[str, tuple[int, int]]]) -> bool:
    return any(not isinstance(piece, Hole) and (path, piece.at) in reached for piece in node.pieces)
