"""Tables made by statements, or by Sequelize's ``sync``, in a function that nothing calls."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import calls, owners, uses
from constraintlint.checks._module_run import Reach
from constraintlint.facts.code import Assign, At, Define, Function, Name, Text, walk
from constraintlint.project import Project
from constraintlint.project.evidence.branch_labels import characters
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.sql_sites import SqlSite
from constraintlint.roles import is_development, is_migration, is_test

#: packages that make tables by means of their own
MIGRATES = frozenset(
    ("umzug", "sequelize-cli", "node-pg-migrate", "db-migrate", "knex", "prisma", "@prisma/client", "typeorm", "drizzle-orm", "postgrator",
     "alembic", "flask_migrate", "yoyo", "sqlalchemy_migrate", "migrate", "django", "sequelize_typescript", "sequelize-typescript",
     "peewee", "tortoise", "sqlmodel", "kysely", "mikro-orm", "@mikro-orm/core")
)  # fmt: skip
_CREATE = re.compile(
    r"\s*create\s+(?:temp(?:orary)?\s+|unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?[\"`\[]?(?:\w+\.)?(\w+)",
    re.I,
)
_MENTION = re.compile(rb"create\s+(?:temp(?:orary)?\s+|unlogged\s+)?table\b", re.I)
_TEXTS = re.compile(
    r"(?:\.(?:md|rst|txt|ya?ml|toml|json|cfg|sh|bash)|(?:^|/)(?:Dockerfile[^/]*|Procfile|Makefile|[^/]*compose[^/]*\.ya?ml))$"
)
_JAVASCRIPT = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx")


class _Home(msgspec.Struct, frozen=True, eq=False):
    """A place in a function where statements are run, with the tables they make."""

    at: At
    scope: Scope
    tables: tuple[str, ...]


class Uncalled(msgspec.Struct, frozen=True, eq=False):
    """``what`` is the call that would make the tables, ``table`` one of those that are never made."""

    path: str
    at: At
    what: str
    table: str
    function: str


def uncalled(project: Project) -> Iterator[Uncalled]:
    """The first of these calls, where nothing in the project, its scripts and its texts runs any of them."""
    if uses(project, MIGRATES) or any(
        is_migration(path) or path.endswith((".sql", "alembic.ini")) for path in project.tree.files
    ):
        return
    yield from _statements(project)
    if uses(project, frozenset(("sequelize",))):
        yield from _synchronised(project)


# --- CREATE TABLE -------------------------------------------------------------------------------------------------


def _statements(project: Project) -> Iterator[Uncalled]:
    """What runs the statements is not asked what it is: of a connection that nobody hands over nothing is known."""
    homes: dict[str, list[_Home]] = {}
    for path in sorted(project.tree.files):
        if not path.endswith((".py", *_JAVASCRIPT)) and not _TEXTS.search(path):
            continue
        if is_test(path) or _MENTION.search(project.tree.read(path) or b"") is None:
            continue
        found = _homes(project, path) if path in project.paths else None
        if not found or not all(_is_uncalled(project, home.at, home.scope) for home in found):
            return
        homes[path] = found
    made = {table for found in homes.values() for home in found for table in home.tables}
    for site in project.sql_sites if made else ():
        used = next((name for name in sorted(made) if _uses(site, name)), "")
        if used and site.kind == "raw" and not is_test(site.path):
            home = next(iter(homes.values()))[0]
            yield Uncalled(home.scope.path, home.at, "CREATE TABLE", used, _name(home.scope))
            return


def _homes(project: Project, path: str) -> list[_Home] | None:
    """Where the statements of a file that make tables are run; None where one is not inside a function."""
    file = project.evaluator.file(path)
    if file is None:
        return None
    found: list[_Home] = []
    counted = 0
    for stmt in file.code.body:
        texts = [node for node in walk(stmt) if isinstance(node, Text)]
        tables = [name for node in texts for name in _tables(node)]
        if not tables:
            continue
        counted += len(tables)
        if isinstance(stmt, Define):
            first = next(node for node in texts if _tables(node))
            found.append(_Home(first.at, file.at(first.at[0]), tuple(tables)))
            continue
        names = (
            [target.id for target in stmt.targets if isinstance(target, Name)]
            if isinstance(stmt, Assign)
            else []
        )
        if len(names) != 1 or _is_named_elsewhere(project, path, names[0]):
            return None
        uses = [
            node
            for other in file.code.body
            for node in (walk(other) if other is not stmt else ())
            if isinstance(node, Name) and node.id == names[0]
        ]
        if not uses or any(_home(file.at(node.at[0])) is None for node in uses):
            return None
        found += [_Home(node.at, file.at(node.at[0]), tuple(tables)) for node in uses]
    return found if counted == len(_MENTION.findall(project.tree.read(path) or b"")) else None


def _tables(text: Text) -> list[str]:
    return [match[1].lower() for part in characters(text).split(";") if (match := _CREATE.match(part))]


def _is_named_elsewhere(project: Project, path: str, name: str) -> bool:
    word = re.compile(rb"(?<![\w$])" + re.escape(name.encode()) + rb"(?![\w$])")
    return any(
        other != path
        and other.endswith((".py", *_JAVASCRIPT))
        and word.search(project.tree.read(other) or b"")
        for other in project.tree.files
    )


def _uses(site: SqlSite, name: str) -> bool:
    word = re.compile(rf"\b(?:from|into|update|join)\s+[\"`\[]?{re.escape(name)}\b", re.I)
    return any(content.text is not None and word.search(content.text.fill("?")) for content in site.contents)


# --- sync() of Sequelize ------------------------------------------------------------------------------------------


def _synchronised(project: Project) -> Iterator[Uncalled]:
    models = project.models.of_orm("sequelize")
    found = [
        (call, scope)
        for call, scope in calls(project, ("sync",), python=False)
        if not is_test(scope.path) and not is_development(scope.path)
    ]
    mentioned = sum(
        len(re.findall(rb"\.\s*sync\s*\(", project.tree.read(path) or b""))
        for path in project.paths
        if path.endswith(_JAVASCRIPT) and not is_test(path) and not is_development(path)
    )
    if not models or not found or mentioned != len(found):
        return
    for call, scope in found:
        values = owners(project, call, scope)
        if not values or any(value.name != "sequelize#Sequelize" for value in values):
            return
        if not _is_uncalled(project, call.at, scope):
            return
    call, scope = found[0]
    if scope.path in project.paths:
        yield Uncalled(scope.path, call.at, "sync()", models[0].name, _name(scope))


# --- what runs a function -----------------------------------------------------------------------------------------


def _is_uncalled(project: Project, at: At, scope: Scope) -> bool:
    """Whether a place stands in a function that nothing calls, hands on, or tells a person to run."""
    name = _name(scope)
    if not name or _is_told(project, scope.path, name):
        return False
    if scope.path.endswith(".py"):
        return Reach(project).of(at, scope, 0).keys() == {"nowhere"}
    return not _is_mentioned(project, name)


def _home(scope: Scope) -> Scope | None:
    """The function of a module a place stands in, those that are handed on as arguments inside of it passed over."""
    home: Scope | None = scope
    while home is not None and home.parent is not None and home.parent.kind != "module":
        if home.kind == "class":
            return None
        home = home.parent
    return home if home is not None and isinstance(home.node, Function) else None


def _name(scope: Scope) -> str:
    home = _home(scope)
    if home is None or home.function is None or home.passed is not None or home.function.decorators:
        return ""
    name = home.function.name or home.alias
    return "" if name in ("default", "main") else name


def _is_told(project: Project, path: str, name: str) -> bool:
    """Whether a script or a text names the function, or the file as one that is run."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    dotted = path.rpartition(".")[0].replace("/", ".")
    word = re.compile(
        rf"(?<![\w-])(?:{re.escape(name)}|{re.escape(path)}|{re.escape(stem)}\.\w+|{re.escape(dotted)})(?![\w-])"
    )
    return any(
        word.search((project.tree.read(other) or b"").decode("utf-8", "replace"))
        for other in sorted(project.tree.files)
        if _TEXTS.search(other) and other != "constraintlint.toml"
    )


def _is_mentioned(project: Project, name: str) -> bool:
    """Whether a file of JavaScript names a function other than to define, export or import it."""
    key = re.escape(name.encode())
    word = re.compile(rb"(?<![\w$])" + key + rb"(?![\w$])")
    passed = re.compile(
        rb"^\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?function\s*\*?\s*" + key + rb"\s*[(<]"
        rb"|^\s*(?:export\s+)?(?:const|let|var)\s+" + key + rb"\s*[:=]"
        rb"|^\s*import\b|\brequire\s*\(|^\s*export\s*\{|^\s*(?:module\.)?exports\b[^()]*$|^\s*(?://|/?\*)"
    )
    return any(
        word.search(line) and not passed.search(line)
        for path in project.tree.files
        if path.endswith((*_JAVASCRIPT, ".vue", ".html"))
        for line in (project.tree.read(path) or b"").split(b"\n")
    )
