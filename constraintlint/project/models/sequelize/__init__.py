"""Sequelize models as the model index has them (Sequelize 6 and sequelize-typescript 2; parts of Sequelize 7).

``read(project)`` gives them; rules about Sequelize itself ask ``index.index_of(project)``, which also follows expressions to
models and rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.models.records import Attribute, AttributeKind, Model, Relation
from constraintlint.project.models.sequelize.index import index_of
from constraintlint.project.models.sequelize.records import Association, Definition, Field
from constraintlint.project.schema.records import Column, ForeignKey, Index, Place, Table

if TYPE_CHECKING:
    from constraintlint.project import Project


def read(project: Project) -> list[Model]:
    """Every model that ``define``, ``init``, decorators or a ``through`` makes."""
    index = index_of(project)
    return [_model(project, item) for item in index.all if item.method != "base"]


def _model(project: Project, definition: Definition) -> Model:
    place = _place(project, definition.path, definition.at)
    attributes = {name: _attribute(project, field) for name, field in definition.attributes.items()}
    relations: dict[str, Relation] = {}
    for association in definition.associations:
        if association.name is not None:
            relations.setdefault(association.name, _relation(project, association))
            place_of = relations[association.name].place
            attributes.setdefault(
                association.name,
                Attribute(association.name, "relationship", place_of, scope=association.scope),
            )
    return Model(
        key=definition.key,
        name=definition.name,
        orm="sequelize",
        path=definition.path,
        place=place,
        table=_table(project, definition, place),
        attributes=attributes,
        relations=relations,
        complete=definition.complete,
        relations_complete=definition.relations_complete,
        node=definition.cls,
        made=definition.call if definition.cls is None else None,
    )


def _place(project: Project, path: str, at: tuple[int, int]) -> Place:
    return Place(path, project.evaluator.span(path, at))


def _attribute(project: Project, field: Field) -> Attribute:
    kind: AttributeKind = "virtual" if field.virtual else "column"
    required = (
        field.nullable is False and not field.has_default and not field.auto and field.made != "timestamp"
    ) and not field.virtual
    return Attribute(
        name=field.name,
        kind=kind,
        place=_place(project, field.path, field.at),
        column=field.column,
        family=field.family,
        type=field.type,
        nullable=field.nullable,
        required=required,
        primary_key=field.primary_key,
        node=field.expr,
        scope=field.scope,
    )


def _relation(project: Project, association: Association) -> Relation:
    keys = [name for name in (association.foreign_key, association.other_key) if name]
    return Relation(
        name=association.name or "",
        kind=association.kind,
        place=_place(project, association.path, association.at),
        cardinality="many" if association.many else "one",
        target=association.target.key if association.target is not None else "",
        target_written=association.target_written,
        through=association.through.name if association.through is not None else association.through_written,
        foreign_key=tuple(keys),
        node=association.node,
        scope=association.scope,
    )


def _table(project: Project, definition: Definition, place: Place) -> Table | None:
    if not definition.table_name:
        return None
    complete = definition.complete and definition.timestamps is not None
    columns: list[Column] = []
    for field in definition.attributes.values():
        if field.virtual:
            continue
        if not field.column:
            complete = False
            continue
        if not any(column.name == field.column for column in columns):  # two attributes can share one
            columns.append(_column(project, field))
    return Table(
        name=definition.table_name,
        place=place,
        source="sequelize",
        columns=tuple(columns),
        complete=complete,
        namespace=definition.table_schema,
        quoted=True,
        primary_key=tuple(column.name for column in columns if column.primary_key),
        foreign_keys=tuple(
            ForeignKey((column.name,), column.references, column.place)
            for column in columns
            if column.references is not None
        ),
        indexes=tuple(Index((column.name,), True, column.place) for column in columns if column.unique),
    )


def _column(project: Project, field: Field) -> Column:
    return Column(
        name=field.column,
        place=_place(project, field.path, field.at),
        type=field.type,
        family=field.family,
        nullable=field.nullable,
        primary_key=field.primary_key,
        unique=field.unique,
        has_default=field.has_default or field.auto or field.made == "timestamp",
        generated=field.auto,
        quoted=True,
        zoned=True if field.family == "datetime" else None,
        references=field.references,
    )
