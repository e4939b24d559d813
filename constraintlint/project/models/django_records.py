"""Django models as Django sees them after start-up: fields, managers, reverse relations, members."""

from __future__ import annotations

import msgspec

from constraintlint.facts.code import Call, Class, Expr
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.schema.records import Place


class Field(msgspec.Struct, eq=False):
    """One field of a model. ``cls`` is the class of Django it is or derives from, ``"*"`` where that is not known.

    ``custom``: it is of a class of the project's own or of a package, so it may have more lookups. ``column`` is ``""`` where
    it has none. ``target`` is the label of the model a relation leads to, ``""`` where unknown; ``target_written`` as written.
    ``call`` is the call that makes it, standing in ``scope``; None for fields of Django's own models.
    """

    name: str
    cls: str
    place: Place
    column: str = ""
    call: Call | None = None
    scope: Scope | None = None
    custom: bool = False
    null: bool | None = False
    primary_key: bool = False
    unique: bool = False
    optional: bool = False
    """a value is not needed: default, blank, null, filled in by Django"""
    has_default: bool = False
    has_choices: bool = False
    auto: bool = False
    """made by Django: the default ``id``, the link to a parent model"""
    target: str = ""
    target_written: str = ""
    related_name: str = ""
    related_query_name: str = ""
    through: str = ""
    """of a ManyToManyField: the label of the model of its own join table, as written"""
    db_table: str = ""
    to_field: str = ""
    own: bool = True
    """declared in this class, or copied from an abstract one; False where it belongs to the table of a parent"""

    @property
    def attname(self) -> str:
        return self.name + "_id" if self.cls in ("ForeignKey", "OneToOneField") else self.name

    @property
    def is_relation(self) -> bool:
        return self.cls in ("ForeignKey", "OneToOneField", "ManyToManyField")


class Reverse(msgspec.Struct, frozen=True, eq=False):
    """The other side of a relation: ``source`` is the label of the model that declares ``field``."""

    accessor: str
    query: str
    source: str
    field: Field
    many: bool


class Manager(msgspec.Struct, frozen=True, eq=False):
    """A manager of a model. ``plain``: it starts from all rows and adds no annotations. ``classes`` are where its methods stand
    (manager and queryset classes of the project); ``known`` is False where one of them is not code of the project.
    """

    name: str
    plain: bool
    known: bool
    classes: tuple[Value, ...] = ()


class DjangoModel(msgspec.Struct, eq=False):
    """One model class. ``label`` is ``app_label.Name``; ``key`` is unique in the project also where labels clash."""

    key: str
    label: str
    name: str
    app: str
    path: str
    place: Place
    node: Class | None = None
    scope: Scope | None = None
    dotted: str = ""
    """of a model of Django's own: where it is imported from"""
    abstract: bool = False
    proxy: bool = False
    managed: bool = True
    swappable: bool = False
    db_table: str = ""
    fields: dict[str, Field] = {}
    members: set[str] = set()
    """everything a class body or a base names, except fields"""
    properties: set[str] = set()
    managers: dict[str, Manager] = {}
    reverse: dict[str, Reverse] = {}
    """by accessor"""
    reverse_query: dict[str, Reverse] = {}
    parents: list[DjangoModel] = []
    """concrete models it derives from"""
    bases: list[str] = []
    """keys of all the project's models it derives from"""
    complete: bool = True
    reverse_complete: bool = True
    meta: dict[str, tuple[Expr, Scope]] = {}

    @property
    def app_label(self) -> str:
        return self.app

    @property
    def model_name(self) -> str:
        return self.name.lower()

    def pk(self) -> Field | None:
        return next((field for field in self.fields.values() if field.primary_key), None)

    def attnames(self) -> dict[str, Field]:
        """``author_id`` -> the field."""
        return {field.attname: field for field in self.fields.values() if field.attname != field.name}
