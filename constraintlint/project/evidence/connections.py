"""Calls that open a database connection, and the engine each connects to.

A site is one call (``create_engine(url)``, ``new Sequelize({dialect})``, ``sqlite3.connect(file)``) or one setting that a
library turns into a connection (Django's ``DATABASES``, Flask-SQLAlchemy's ``SQLALCHEMY_DATABASE_URI``). Its candidates are
the engines it can connect to, each with the environment it is chosen for. What tells the engine is followed through the
code by ``project.values`` and through variables by ``project.environment``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr, Member, Name
from constraintlint.facts.source import FileFacts, Import
from constraintlint.project.evidence.connection_specs import Site, last_names, opening_names, spec_packages
from constraintlint.project.evidence.environment import Environment
from constraintlint.project.evidence.site_reader import SiteReader
from constraintlint.project.manifests import Roles
from constraintlint.project.signatures import driver_of, ecosystem_of

if TYPE_CHECKING:
    from constraintlint.project import Project


def sites_in(project: Project, path: str, environment: Environment, roles: Roles) -> list[Site]:
    """The connecting calls of one file, in source order; empty for a file that imports nothing that connects."""
    resolution = project.resolutions.get(path)
    if resolution is None or not project.is_deep(path):
        return []
    if not any(
        item.kind != "type-only" and (item.package in spec_packages() or driver_of(item))
        for item in resolution.external
    ):
        return []
    facts = project.facts(path)
    if facts is None:
        return []
    ecosystem = ecosystem_of(path)
    wanted = last_names() | opening_names(ecosystem) | _local_names(facts) | {"", "register"}
    if not any(name.encode() in facts.code for name in wanted if name):
        return []
    file = project.evaluator.file(path)
    if file is None:
        return []
    reader = SiteReader(project, environment, roles)
    module_names = {item.name for item in facts.bindings} | {
        name for item in facts.imports for name in _locals_of(item)
    }
    found: list[Site] = []
    for name in sorted(wanted & file.calls.keys()):
        for call, scope in file.calls[name]:
            root = _root_of(call.callee)
            if root and root not in module_names and root != "require":
                continue  # a parameter or an attribute of self: not a function of a library
            site = reader.site(path, call, scope)
            if site is not None:
                found.append(site)
    return sorted(found, key=lambda site: site.span)


def _root_of(callee: Expr) -> str:
    """The name a chain of members starts from; ``""`` where it starts from something else (a call)."""
    while isinstance(callee, Member):
        callee = callee.object
    return callee.id if isinstance(callee, Name) else ""


def _locals_of(item: Import) -> Iterator[str]:
    """The names an import binds."""
    if item.local:
        yield item.local
    for name in item.names:
        yield name.local or name.name


def _local_names(facts: FileFacts) -> set[str]:
    """Names under which modules and their exports are known in a file."""
    found: set[str] = set()
    for item in facts.imports:
        found.add(item.local)
        found.update(
            name.local for name in item.names if name.name in ("default", "*") or name.local != name.name
        )
    return found
