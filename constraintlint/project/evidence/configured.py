"""Connections that a library makes from settings: Django's ``DATABASES``, Flask-SQLAlchemy's configuration, Prisma, D1."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Arg,
    Assign,
    At,
    Call,
    Entry,
    Expr,
    Index,
    Mapping,
    Member,
    Name,
    Text,
    walk,
)
from constraintlint.project.evidence.branch_labels import characters
from constraintlint.project.evidence.connection_specs import Candidate, Site
from constraintlint.project.evidence.environment import Environment
from constraintlint.project.evidence.site_reader import SiteReader
from constraintlint.project.flow.values import Value, object_entries, possible_values
from constraintlint.project.manifests import Component, Roles
from constraintlint.project.signatures import engine_of_dialect, engine_of_url, engines

if TYPE_CHECKING:
    from constraintlint.project import Project

_FLASK_KEYS = ("SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_BINDS", "SQLALCHEMY_ENGINES")
_FLASK_PACKAGES = frozenset({"flask_sqlalchemy", "flask_sqlalchemy_lite", "quart_sqlalchemy"})
_PRISMA_PACKAGES = frozenset({"@prisma/client", ".prisma", "prisma", "nestjs-prisma"})


def configured_sites(
    project: Project, subject: list[Component], environment: Environment, roles: Roles
) -> list[Site]:
    """The connections settings make for the subject, sorted by place."""
    reader = SiteReader(project, environment, roles)
    paths = [path for component in subject for path in component.paths]
    found: list[Site] = []
    if _imports(project, paths, frozenset({"django"})) or _depends(subject, "django"):
        found += _django(project, reader, paths)
    if _imports(project, paths, _FLASK_PACKAGES):
        found += _flask(project, reader, paths, environment)
    found += _prisma(project, subject, paths, environment, roles)
    found += _d1(project, paths, environment, roles)
    return sorted(found, key=lambda site: (site.path, site.span))


def _imports(project: Project, paths: Iterable[str], packages: frozenset[str]) -> bool:
    """Whether one of the files imports one of the packages at run time."""
    return any(
        item.package in packages and item.kind != "type-only"
        for path in paths
        for item in project.resolutions[path].external
    )


def _depends(subject: list[Component], name: str) -> bool:
    return any(item.dependency.name == name for component in subject for item in component.dependencies())


# --- settings in code -------------------------------------------------------------------------------------------


def _settings(project: Project, path: str, keys: Iterable[str]) -> Iterator[tuple[str, list[str], Expr, At]]:
    """(key, way below it, value, place) of everything a file gives one of ``keys``: a name, attribute, item or keyword."""
    facts = project.facts(path) if project.is_deep(path) else None
    wanted = {key for key in keys if facts is not None and key.encode() in facts.code}
    code = project.code(path) if wanted else None
    if code is None:
        return
    for node in walk(code.body):
        if isinstance(node, Assign) and node.value is not None and not node.op:
            for target in node.targets:
                key, below = _target(target)
                if key in wanted:
                    yield key, below, node.value, node.at
        elif isinstance(node, Arg) and node.name in wanted:
            yield node.name, [], node.value, node.at
        elif isinstance(node, Entry) and isinstance(node.key, Text) and characters(node.key) in wanted:
            yield characters(node.key), [], node.value, node.at
        elif isinstance(node, Call) and isinstance(node.callee, Member) and node.args:
            first = node.args[0].value
            if node.callee.name == "setdefault" and len(node.args) == 2 and isinstance(first, Text):
                if characters(first) in wanted:
                    yield characters(first), [], node.args[1].value, node.at
            elif node.callee.name == "update":
                key, below = _target(node.callee.object)
                if key in wanted and not node.args[0].spread and not node.args[0].name:
                    yield key, below, first, node.at


def _target(target: Expr) -> tuple[str, list[str]]:
    """``DATABASES["default"]["ENGINE"]`` -> (``DATABASES``, [default, ENGINE]); ``app.config["KEY"]`` -> (``KEY``, [])."""
    below: list[str] = []
    while isinstance(target, Index) and isinstance(target.index, Text):
        below.insert(0, characters(target.index))
        target = target.object
    if isinstance(target, Name):
        return (below[0], below[1:]) if below and not target.id.isupper() else (target.id, below)
    if isinstance(target, Member):
        return (below[0], below[1:]) if below and not target.name.isupper() else (target.name, below)
    return "", []


def _django(project: Project, reader: SiteReader, paths: Iterable[str]) -> Iterator[Site]:
    for path in paths:
        for _, below, value, at in _settings(project, path, ("DATABASES",)):
            site = reader.setting_site(path, at, "DATABASES", "django")
            site.many = True
            for item in possible_values(project, path, value):
                if not below:
                    for entries in object_entries(project, item).values() if item.kind == "mapping" else ():
                        for entry in entries:
                            site.candidates += _django_database(project, reader, entry, site.label)
                    if item.kind != "mapping":
                        reader.doubt(item)
                elif below[-1] == "ENGINE":
                    site.candidates += reader.candidates_of(item, "django", False, "DATABASES", site.label)
                elif len(below) == 1:
                    site.candidates += _django_database(project, reader, item, site.label)
            yield from reader.finish(site)


def _django_database(project: Project, reader: SiteReader, value: Value, label: str) -> list[Candidate]:
    """The engine of one entry of ``DATABASES``: its ``ENGINE``, or the URL it is made from."""
    if value.kind != "mapping":
        return reader.candidates_of(value, "django", True, "DATABASES", label)
    found: list[Candidate] = []
    for engine in object_entries(project, value).get("ENGINE", ()):
        found += reader.candidates_of(engine, "django", False, "DATABASES", label)
    if not found and isinstance(value.node, Mapping):
        for entry in value.node.entries:
            if entry.key is None:
                for spread in possible_values(project, value.path, entry.value, value.scope):
                    found += _django_database(project, reader, spread, label)
    return found


def _flask(project: Project, reader: SiteReader, paths: list[str], environment: Environment) -> list[Site]:
    found: list[Site] = []
    for path in paths:
        for key, _, value, at in _settings(project, path, _FLASK_KEYS):
            site = reader.setting_site(path, at, key, "sqlalchemy")
            site.many = key != _FLASK_KEYS[0]
            for item in possible_values(project, path, value):
                items = [item]
                if key != _FLASK_KEYS[0] and item.kind == "mapping":
                    items = [inner for values in object_entries(project, item).values() for inner in values]
                for inner in items:
                    site.candidates += reader.candidates_of(inner, "sqlalchemy", True, key, site.label)
            found += reader.finish(site)
    if not any(site.role == "runtime" for site in found):
        for name in (_FLASK_KEYS[0], f"FLASK_{_FLASK_KEYS[0]}"):
            found += reader.variable_site(name, "sqlalchemy", "Flask-SQLAlchemy")
    return found


# --- settings beside the code -----------------------------------------------------------------------------------


def _prisma(
    project: Project, subject: list[Component], paths: list[str], environment: Environment, roles: Roles
) -> Iterator[Site]:
    """A Prisma schema that speaks for the subject, where running code uses its client."""
    schemas = [
        item
        for item in environment.records.of_kind("prisma")
        if environment.applies(posixpath.dirname(item.path))
    ]
    user = _user_of_prisma(project, paths, roles) if schemas else None
    if user is None:
        return
    path, line, column = user
    for schema in schemas:
        for setting in schema.settings:
            if setting.environment != "datasource" or setting.key not in ("provider", "provider-env"):
                continue
            engine = engine_of_dialect("prisma", setting.value)
            if engine is None:
                continue
            span = (setting.line, setting.column, setting.line, setting.column + len("provider"))
            message = (
                f'the Prisma schema says provider "{setting.value}"; its client is used at {path}:{line}'
            )
            site = Site(path=path, span=(line, column, line, column), name="PrismaClient", tool="prisma")
            site.candidates = [Candidate(engine=engine, path=schema.path, span=span, message=message)]
            yield site


def _user_of_prisma(project: Project, paths: list[str], roles: Roles) -> tuple[str, int, int] | None:
    """The first import of the Prisma client in running code; a generated client is known by the name it exports."""
    for path in paths:
        if roles.of(path) != "runtime":
            continue
        for item in project.resolutions[path].external:
            if item.package in _PRISMA_PACKAGES and item.kind != "type-only":
                return path, item.line, item.column
        facts = project.facts(path)
        for imported in facts.imports if facts is not None else ():
            if imported.kind != "type-only" and any(name.name == "PrismaClient" for name in imported.names):
                return path, imported.span[0], imported.span[1]
    return None


def _d1(project: Project, paths: list[str], environment: Environment, roles: Roles) -> Iterator[Site]:
    """A Cloudflare D1 binding (SQLite) of wrangler.toml that the code names."""
    for settings in environment.records.of_kind("wrangler"):
        if not environment.applies(posixpath.dirname(settings.path)):
            continue
        for setting in settings.settings:
            name = setting.value.encode()
            if setting.key != "d1_databases" or not name:
                continue
            for path in paths:
                facts = project.facts(path)
                if facts is None or name not in facts.code or roles.of(path) != "runtime":
                    continue
                span = (setting.line, setting.column, setting.line, setting.column)
                site = Site(path=path, span=(1, 1, 1, 1), name=setting.value, tool="d1")
                message = f"the binding {setting.value} is a D1 database (SQLite), used in {path}"
                site.candidates = [Candidate(engine="sqlite", path=settings.path, span=span, message=message)]
                yield site
                break


def sequelize_config(environment: Environment) -> list[Candidate]:
    """The engines of the sequelize-cli configuration file, by environment."""
    found: list[Candidate] = []
    for file in environment.records.of_kind("sequelize-config"):
        if not environment.applies(posixpath.dirname(file.path)):
            continue
        for setting in file.settings:
            engine = None
            if setting.key == "dialect":
                engine = engine_of_dialect("sequelize", setting.value)
            elif setting.key == "url":
                engine = engine_of_url(setting.value)
            if engine is None or engines()[engine].kind == "cache":
                continue
            span = (setting.line, setting.column, setting.line, setting.column + len(setting.key) + 2)
            message = f'{setting.environment or "the configuration"} has {setting.key} "{setting.value}"'
            label = _ENVIRONMENTS.get(setting.environment.lower(), "choice" if setting.environment else "")
            found.append(Candidate(engine=engine, path=file.path, span=span, message=message, label=label))
    return found


_ENVIRONMENTS = {
    "test": "test",
    "testing": "test",
    "development": "development",
    "dev": "development",
    "local": "development",
    "production": "production",
    "prod": "production",
    "staging": "production",
}
