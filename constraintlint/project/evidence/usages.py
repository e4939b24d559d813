"""Which web frameworks, ORMs and drivers the files of a project import, and what for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Member, Name, walk
from constraintlint.facts.source import Span
from constraintlint.findings import Evidence
from constraintlint.project.graph import External
from constraintlint.project.manifests import Roles
from constraintlint.project.signatures import (
    driver_of,
    ecosystem_of,
    engines,
    framework_of,
    frameworks,
    hint_of,
    orm_of,
    orms,
)

if TYPE_CHECKING:
    from constraintlint.project import Project

#: packages that are a web server and other things: which of them is used shows in the members taken from the module
_BY_MEMBER = {"aiohttp": "web", "tornado": "web"}


class Usage(msgspec.Struct, frozen=True):
    """One import of a framework, ORM or driver. ``rank`` is 0 where it tells most (what makes an application, what maps
    tables), else 1."""

    name: str
    role: str
    path: str
    span: Span
    message: str
    rank: int
    modules: tuple[str, ...]
    """what is imported: the module, or each name taken from it, as dotted names or specifiers"""

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.path, self.span[0], self.span[1], self.message)


class Usages(msgspec.Struct):
    """Everything imported, in the order of paths and lines. Type-only imports are no use."""

    frameworks: list[Usage] = []
    orms: list[Usage] = []
    drivers: list[Usage] = []
    hints: list[Usage] = []

    def everything(self) -> list[Usage]:
        return [*self.frameworks, *self.orms, *self.drivers, *self.hints]


def usages_in(project: Project, paths: Iterable[str], roles: Roles) -> Usages:
    """The usages of these files."""
    found = Usages()
    tables: tuple[tuple[Callable[[External], str | None], list[Usage]], ...] = (
        (framework_of, found.frameworks),
        (orm_of, found.orms),
        (driver_of, found.drivers),
        (hint_of, found.hints),
    )
    for path in paths:
        role = ""
        for item in project.resolutions[path].external:
            if item.kind == "type-only":
                continue
            for look_up, usages in tables:
                name = look_up(item)
                if name is None and look_up is framework_of and item.module in _BY_MEMBER and not item.names:
                    name = _by_member(project, item)
                if name is None or (look_up is driver_of and engines()[name].kind == "cache"):
                    continue
                role = role or roles.of(path)
                usages.append(_usage(name, role, item))
    return found


def _usage(name: str, role: str, item: External) -> Usage:
    modules = _modules(item)
    tells = _tells(name, modules)
    own = "optional" if item.optional and role == "runtime" else role
    span = (item.line, item.column, item.end_line, item.end_column)
    what = f"{', '.join(item.names)} of {item.module}" if item.names and item.names != ("*",) else item.module
    message = f"imports {what}" + (" if it is installed" if own == "optional" else "")
    return Usage(name, own, item.source, span, message, 0 if tells else 1, modules)


def _tells(name: str, modules: tuple[str, ...]) -> bool:
    """Whether an import makes an application with a framework, or takes more of an ORM than a connection."""
    framework, orm = frameworks().get(name), orms().get(name)
    if framework is not None and any(module in framework.app for module in modules):
        return True
    return orm is not None and any(module not in orm.connects for module in modules)


def _modules(item: External) -> tuple[str, ...]:
    """The names an import takes, each with its module; the module itself where it takes all of it."""
    if not item.names or item.names == ("*",):
        return (item.module,)
    return tuple(f"{item.module}.{name}" for name in item.names)


def _by_member(project: Project, item: External) -> str | None:
    """The framework of a module whose server part is reached as ``module.web``."""
    facts, code = project.facts(item.source), project.code(item.source)
    wanted = _BY_MEMBER[item.module]
    if facts is None or code is None or wanted.encode() not in facts.code:
        return None
    locals_ = {
        imported.local for imported in facts.imports if imported.specifier == item.module and imported.local
    }
    for node in walk(code.body):
        if (
            isinstance(node, Member)
            and node.name == wanted
            and isinstance(node.object, Name)
            and node.object.id in locals_
        ):
            return item.module
    return None


def only_connects(project: Project, name: str, usages: list[Usage], paths: Iterable[str]) -> bool:
    """Whether all use of an ORM is to open a connection and to send SQL through it: nothing is mapped."""
    library = orms().get(name)
    if library is None or not library.connects:
        return False
    listed = tuple(library.connects)
    ecosystems = {ecosystem_of(usage.path) for usage in usages}
    for usage in usages:
        for module in usage.modules:
            if not any(module == item or module.startswith(f"{item}.") for item in listed):
                return False
    if library.maps:
        needles = [word.encode() for word in library.maps]
        for path in paths:
            facts = project.facts(path)
            if facts is None or ecosystem_of(path) not in ecosystems:
                continue
            if not facts.code and any(usage.path == path for usage in usages):
                return False  # not read in depth: nothing can be said
            if any(needle in facts.code for needle in needles):
                return False
    return True
