"""The model index: every mapped class of the checked root, whatever ORM maps it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from constraintlint.project.models.records import Attribute, Model, Relation

if TYPE_CHECKING:
    from constraintlint.facts.code import Class
    from constraintlint.project import Project

#: module of this package -> the packages whose import makes it worth asking; each has ``read(project) -> list[Model]``
READERS: dict[str, frozenset[str]] = {
    "sqlalchemy": frozenset(("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "flask_sqlalchemy_lite")),
    "django": frozenset(("django",)),
    "sequelize": frozenset(("sequelize", "sequelize-typescript", "@sequelize/core")),
}


class Models:
    """Look-ups over all models; ``all`` is sorted by path and place."""

    def __init__(self, models: list[Model]) -> None:
        self.all: tuple[Model, ...] = tuple(sorted(models, key=lambda model: (model.path, model.place)))
        self.by_key: dict[str, Model] = {model.key: model for model in self.all}
        self._by_node = {id(model.node): model for model in self.all if model.node is not None}
        self._by_call = {id(model.made): model for model in self.all if model.made is not None}

    def of_class(self, node: Class) -> Model | None:
        """The model a class of the project is."""
        return self._by_node.get(id(node))

    def of_call(self, call: object) -> Model | None:
        """The model that a call (``sequelize.define(...)``) makes."""
        return self._by_call.get(id(call))

    def of_orm(self, orm: str) -> list[Model]:
        return [model for model in self.all if model.orm == orm]

    def target(self, relation: Relation) -> Model | None:
        return self.by_key.get(relation.target)


def build(project: Project) -> Models:
    """Ask the reader of every ORM that the project imports."""
    imported = {item.package for found in project.resolutions.values() for item in found.external}
    found: list[Model] = []
    for name, packages in READERS.items():
        if not imported.isdisjoint(packages):
            found += import_module(f"constraintlint.project.models.{name}").read(project)
    return Models(found)


__all__ = ["Attribute", "Model", "Models", "Relation", "build"]
