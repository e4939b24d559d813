"""What is gathered of Sequelize models while they are read; ``Model`` is made of it when all is known."""

from __future__ import annotations

from typing import Literal, NamedTuple

from constraintlint.facts.code import At, Call, Class, Expr
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize import inflection
from constraintlint.project.models.sequelize.literals import NONE, Options
from constraintlint.project.schema.records import Family, Reference

AssociationKind = Literal["belongsTo", "hasOne", "hasMany", "belongsToMany"]
KINDS: tuple[AssociationKind, ...] = ("belongsTo", "hasOne", "hasMany", "belongsToMany")


class Field:
    """One attribute. ``column`` is its column, ``""`` of a virtual one; ``made`` says what made it: "" for the code itself,
    ``id``, ``timestamp`` or ``association``. ``options`` are what it is declared with."""

    __slots__ = (
        "at",
        "auto",
        "column",
        "expr",
        "family",
        "has_default",
        "made",
        "name",
        "nullable",
        "options",
        "path",
        "primary_key",
        "references",
        "scope",
        "type",
        "unique",
        "virtual",
    )  # fmt: skip

    def __init__(self, name: str, path: str, at: At, *, made: str = "") -> None:
        self.name = name
        self.path = path
        self.at = at
        self.made = made
        self.column = name
        self.type = ""
        self.family: Family = "unknown"
        self.nullable: bool | None = None
        self.primary_key = False
        self.auto = False
        self.has_default = False
        self.unique = False
        self.virtual = False
        self.references: Reference | None = None
        self.options: Options = NONE
        self.expr: Expr | None = None
        self.scope: Scope | None = None


class Association:
    """One association. ``target`` and ``through`` are None where they are not known (or there is none)."""

    __slots__ = (
        "aliased",
        "at",
        "call",
        "foreign_key",
        "kind",
        "name",
        "node",
        "options",
        "other_key",
        "path",
        "plural",
        "scope",
        "singular",
        "source",
        "target",
        "target_written",
        "through",
        "through_written",
    )  # fmt: skip

    def __init__(self, kind: AssociationKind, source: Definition, path: str, at: At, scope: Scope) -> None:
        self.kind: AssociationKind = kind
        self.source = source
        self.path = path
        self.at = at
        self.scope = scope
        self.call: Call | None = None
        self.node: Expr | None = None
        self.options: Options = NONE
        self.target: Definition | None = None
        self.target_written = ""
        self.through: Definition | None = None
        self.through_written = ""
        self.name: str | None = None
        """the alias it is included and read by; None where it is not known"""
        self.singular: str | None = None
        self.plural: str | None = None
        self.aliased = False
        self.foreign_key: str | None = None
        self.other_key: str | None = None

    @property
    def ts_named(self) -> bool:
        """Whether a decorator declares it."""
        return self.source.ts

    @property
    def many(self) -> bool:
        return self.kind in ("hasMany", "belongsToMany")

    def mixins(self) -> dict[str, str]:
        """Generated methods of a row -> what they do (``get``, ``set``, ``addMultiple``, ...); empty where names are unknown."""
        if self.singular is None or (self.many and self.plural is None):
            return {}
        one = inflection.upper_first(self.singular)
        if not self.many:
            return {f"get{one}": "get", f"set{one}": "set", f"create{one}": "create"}
        all_ = inflection.upper_first(self.plural or "")
        return {
            f"get{all_}": "get",
            f"set{all_}": "set",
            f"add{all_}": "addMultiple",
            f"add{one}": "add",
            f"create{one}": "create",
            f"remove{one}": "remove",
            f"remove{all_}": "removeMultiple",
            f"has{one}": "hasSingle",
            f"has{all_}": "hasAll",
            f"count{all_}": "count",
        }


class Names(NamedTuple):
    singular: str
    plural: str


class Definition:
    """One model: made by a call (``define``, ``init``, a ``through`` given as string) or a decorated class."""

    __slots__ = (
        "associations",
        "at",
        "attributes",
        "call",
        "cls",
        "cls_scope",
        "complete",
        "key",
        "method",
        "methods_known",
        "name",
        "names",
        "options",
        "path",
        "relations_complete",
        "scope",
        "table_name",
        "table_schema",
        "timestamps",
        "ts",
        "underscored",
    )  # fmt: skip

    def __init__(self, name: str, path: str, at: At, scope: Scope) -> None:
        self.name = name
        self.path = path
        self.at = at
        self.scope = scope
        self.key = f"{path}:{name}"
        self.method = ""
        """``define``, ``init``, ``decorators`` or ``through``"""
        self.call: Call | None = None
        self.cls: Class | None = None
        self.cls_scope: Scope | None = None
        self.options: Options = NONE
        self.attributes: dict[str, Field] = {}
        self.associations: list[Association] = []
        self.complete = True
        self.relations_complete = True
        self.methods_known = True
        """False where something may add methods to its rows"""
        self.names = Names(inflection.singularize(name), inflection.pluralize(name))
        self.table_name: str | None = None
        self.table_schema = ""
        self.underscored: bool | None = False
        self.timestamps: bool | None = True
        self.ts = False

    @property
    def primary_key(self) -> str | None:
        """The attribute that is the (first) primary key."""
        return next((field.name for field in self.attributes.values() if field.primary_key), None)

    def by_alias(self, alias: str) -> Association | None:
        return next((item for item in self.associations if item.name == alias), None)

    def to(self, target: Definition) -> list[Association]:
        return [item for item in self.associations if item.target is target]
