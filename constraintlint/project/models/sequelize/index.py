"""All Sequelize models of a project with what belongs to them, made once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from constraintlint.facts.code import Member
from constraintlint.project.models.sequelize import defaults, definitions, fields
from constraintlint.project.models.sequelize.associations import Linker
from constraintlint.project.models.sequelize.follow import Follower
from constraintlint.project.models.sequelize.literals import NONE, Site, positional, string

if TYPE_CHECKING:
    from constraintlint.project import Project

#: packages that read or make models without changing what they have
_HARMLESS = frozenset(
    [
        "sequelize-typescript",
        "sequelize-cli",
        "sequelize-auto",
        "sequelize-erd",
        "sequelize-mock",
        "sequelize-fixtures",
        "sequelize-slugify",
        "sequelize-json-schema",
        "sequelize-test-helpers",
        "sequelize-to-json-schema",
    ]
)
_PLUGIN = re.compile(r"(?:@[\w.-]+/)?sequelize-[\w.-]+$")
_CORE = "@sequelize/core"


class SequelizeIndex:
    """Definitions by model, and the follower that finds them.

    ``loose`` are attributes some unknown model has been given, so that any model may have them.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        ev = project.evaluator
        self.definitions = definitions.find(ev)
        shared = defaults.of_project(ev) if self.definitions else NONE
        for definition in self.definitions:
            fields.settle(ev, definition, shared)
        self.follower = Follower(ev, self.definitions)
        linker = Linker(ev, self.definitions, self.follower, shared)
        if self.definitions:
            linker.link()
        self.loose = linker.loose
        self.joins = [linker.joins[name] for name in sorted(linker.joins)]
        self.all = [*self.definitions, *self.joins]
        self._changed_elsewhere(linker)

    def _changed_elsewhere(self, linker: Linker) -> None:
        """What may add attributes, associations or methods beside the declarations."""
        project = self.project
        packages = {item.package for found in project.resolutions.values() for item in found.external}
        plugins = {name for name in packages if _PLUGIN.fullmatch(name) and name not in _HARMLESS}
        if _CORE in packages or plugins:
            for definition in self.all:
                definition.complete = definition.relations_complete = definition.methods_known = False
        if linker.open:
            for definition in self.all:
                definition.relations_complete = definition.methods_known = False
        for name in ("beforeDefine", "afterDefine", "afterInit"):
            for call, _ in definitions.calls_of(project.evaluator, name):
                if isinstance(call.callee, Member):
                    for definition in self.all:
                        definition.complete = definition.relations_complete = False
        for call, scope in definitions.calls_of(project.evaluator, "refreshAttributes"):
            if isinstance(call.callee, Member):
                for definition in self.follower.models(call.callee.object, scope) or self.all:
                    definition.complete = False
        self._removed()

    def _removed(self) -> None:
        for call, scope in definitions.calls_of(self.project.evaluator, "removeAttribute"):
            if not isinstance(call.callee, Member):
                continue
            site = positional(call, 0)
            name = string(self.project.evaluator, Site(site, scope)) if site is not None else None
            for definition in self.follower.models(call.callee.object, scope):
                if name is None:
                    definition.complete = False
                else:
                    definition.attributes.pop(name, None)


_indexes: WeakKeyDictionary[Project, SequelizeIndex] = WeakKeyDictionary()


def index_of(project: Project) -> SequelizeIndex:
    found = _indexes.get(project)
    if found is None:
        found = _indexes[project] = SequelizeIndex(project)
    return found
