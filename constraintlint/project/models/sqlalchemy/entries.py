"""One mapped class before its relationships are joined: its table, and the attributes that its classes declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Call as CallNode
from constraintlint.facts.code import Class, Constant, Expr, Function, Member, Node
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Attribute, AttributeKind, Relation
from constraintlint.project.models.sqlalchemy import columns, tables
from constraintlint.project.models.sqlalchemy.annotations import Annotation
from constraintlint.project.models.sqlalchemy.annotations import read as read_annotation
from constraintlint.project.models.sqlalchemy.classes import (
    Draft,
    Own,
    flavor,
    is_known,
    library_attributes,
)
from constraintlint.project.models.sqlalchemy.columns import Declared
from constraintlint.project.models.sqlalchemy.reading import flag, last_name, made_of, place
from constraintlint.project.models.sqlalchemy.table_names import flask_default, own_table_name
from constraintlint.project.schema.records import Place, Table

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

RELATIONSHIPS = frozenset(("relationship", "Relationship", "relation", "dynamic_loader"))
_KINDS: dict[str, AttributeKind] = {
    "synonym": "synonym",
    "association_proxy": "proxy",
    "hybrid_property": "hybrid",
    "hybrid_method": "method",
}
_PROPERTIES = frozenset(
    ("property", "cached_property", "memoized_property", "memoized_attribute", "aggregated")
)


class Entry(msgspec.Struct, eq=False):
    """``table_unknown``: the class has a table whose name could not be worked out. ``owns_table``: it is the first class of its table."""

    key: str
    name: str
    path: str
    place: Place
    draft: Draft | None
    table: Table | None = None
    table_unknown: bool = False
    owns_table: bool = True
    unread_foreign_keys: bool = False
    abstract: bool = False
    known: bool = True
    attributes: dict[str, Attribute] = {}
    relations: dict[str, Relation] = {}
    declared: list[tuple[str, Declared]] = []
    owns: dict[str, Own] = {}
    """relationships to be joined"""
    parents: list[Entry] = []
    node: Class | None = None
    made: Expr | None = None


def make(ev: Evaluator, draft: Draft, parents: list[Entry], key: str) -> Entry:
    """Read a mapped class; ``parents`` are the mapped classes it derives from."""
    entry = Entry(
        key,
        draft.name,
        draft.path,
        place(ev, draft.path, draft.node),
        draft,
        known=is_known(draft),
        parents=parents,
        node=draft.node,
    )
    entry.abstract = _is_abstract(ev, draft)
    _attributes(ev, entry, draft)
    if not entry.abstract:
        _table(ev, entry, draft)
    return entry


def _is_abstract(ev: Evaluator, draft: Draft) -> bool:
    own = draft.own.get("__abstract__")
    return own is not None and own.value is not None and flag(ev, own.value, own.scope) is not False


# --- attributes -------------------------------------------------------------------------------------------------


def _attributes(ev: Evaluator, entry: Entry, draft: Draft) -> None:
    kind = flavor(draft)
    spot = entry.place
    entry.attributes, entry.relations, entry.declared, entry.owns = {}, {}, [], {}
    for name in sorted(library_attributes(draft)):
        entry.attributes[name] = Attribute(name, "other", spot)
    dataclass = any(item.dataclass for item in draft.mro)
    for cls in reversed(draft.mro):
        for name, own in cls.own.items():
            _one(ev, entry, cls, name, own, sqlmodel=kind == "sqlmodel", dataclass=dataclass)


def _one(
    ev: Evaluator, entry: Entry, cls: Draft, name: str, own: Own, *, sqlmodel: bool, dataclass: bool
) -> None:
    entry.declared = [item for item in entry.declared if item[0] != name]
    entry.owns.pop(name, None)
    spot = place(ev, cls.path, own.node)
    annotation = read_annotation(ev, own.annotation, cls.scope) if own.annotation is not None else None
    item = own.item
    if item is not None and item.name in RELATIONSHIPS:
        entry.owns[name] = own
        entry.attributes[name] = Attribute(
            name, "relationship", spot, node=item.call, scope=item.scope, nullable=None
        )
        return
    if _is_column(own, annotation, sqlmodel and _is_table(ev, entry)):
        where: tuple[str, Node] = (cls.path, own.node)
        found = columns.read(ev, name, item, annotation, where, sqlmodel=sqlmodel)
        found = msgspec.structs.replace(found, column=msgspec.structs.replace(found.column, place=spot))
        entry.declared.append((name, found))
        column = found.column
        entry.attributes[name] = Attribute(
            name,
            "column",
            spot,
            column=column.name,
            family=column.family,
            type=column.type,
            nullable=column.nullable,
            required=dataclass and found.in_init and not found.has_init_default,
            primary_key=column.primary_key,
            node=found.node,
            scope=found.scope,
        )
        return
    entry.attributes[name] = Attribute(name, _kind(own), spot, node=own.value, scope=own.scope)


def _is_table(ev: Evaluator, entry: Entry) -> bool:
    return entry.node is not None and is_sqlmodel_table(ev, entry.node, entry.draft)


def is_sqlmodel_table(ev: Evaluator, node: Class, draft: Draft | None) -> bool:
    """``class Hero(SQLModel, table=True)``."""
    scope = draft.scope.parent if draft is not None else None
    return scope is not None and any(
        base.name == "table" and flag(ev, base.value, scope) is True for base in node.bases
    )


def _is_column(own: Own, annotation: Annotation | None, sqlmodel: bool) -> bool:
    if own.item is not None:
        return own.item.name in columns.COLUMNS or (own.item.name == "Field" and sqlmodel)
    if own.function is not None:
        return False
    if annotation is not None and own.value is None and annotation.wrapper == "Mapped":
        return True
    return (
        sqlmodel
        and annotation is not None
        and annotation.wrapper not in ("ClassVar", "Final")
        and not own.name.startswith("_")
        and own.name != "model_config"
        and (own.value is None or isinstance(own.value, Constant) or own.item is None)
    )


def _kind(own: Own) -> AttributeKind:
    if own.item is not None:
        return _KINDS.get(own.item.name, "other")
    if own.function is None:
        return "other"
    names = {
        last_name(expr.callee if isinstance(expr, CallNode) else expr) for expr in own.function.decorators
    }
    owners = {last_name(expr.object) for expr in own.function.decorators if isinstance(expr, Member)}
    if any(name.startswith("hybrid_property") for name in names) or "hybrid_property" in owners:
        return "hybrid"
    if names & _PROPERTIES or own.function.kind == "getter":
        return "property"
    if own.declared_attr or "hybrid" in "".join(names):
        return "other"
    return "method" if not names or names <= {"classmethod", "staticmethod", "validates"} else "other"


# --- the table --------------------------------------------------------------------------------------------------


def _table(ev: Evaluator, entry: Entry, draft: Draft) -> None:
    given = draft.own.get("__table__")
    if given is not None and given.value is not None:
        _given_table(ev, entry, given.value, given.scope)
        return
    parent = next((item for item in entry.parents if item.table is not None), None)
    parts = tables.Parts()
    mapped = {
        id(item) for known in entry.parents if not known.abstract and known.draft for item in [known.draft]
    }
    own_classes = [item for item in draft.mro if id(item) not in mapped and not _below(item, entry)]
    names = {name for item in own_classes for name in item.own}
    parts.columns = [
        found
        for name, found in entry.declared
        if parent is None or (name in names and not _only_parent(name, own_classes))
    ]
    for item in own_classes:
        arguments = item.own.get("__table_args__")
        if arguments is not None and arguments.value is not None:
            tables.read_arguments(ev, arguments.value, arguments.scope, parts)
            break
    parts.complete = entry.known and not parts.unread_foreign_keys
    name, declared = _name(ev, entry, draft, own_classes, parts)
    entry.unread_foreign_keys = not parts.keys_known() or not entry.known
    if name is None and declared:
        entry.table_unknown = True
        return
    if name is None:
        if parent is not None and parent.table is not None:
            _inherit_table(entry, parent, parts)
        else:
            entry.abstract = not entry.parents
        return
    entry.table = tables.build(ev, name, (draft.path, draft.node), parts)


def _inherit_table(entry: Entry, parent: Entry, parts: tables.Parts) -> None:
    """Single-table inheritance: the columns of this class are added to the table of the one above."""
    assert parent.table is not None
    entry.owns_table = False
    known = {column.name for column in parent.table.columns}
    more = tuple(item.column for item in parts.columns if item.column.name not in known)
    entry.table = msgspec.structs.replace(
        parent.table,
        columns=(*parent.table.columns, *more),
        complete=parent.table.complete and entry.known,
        keys_known=parent.table.keys_known and parts.keys_known(),
    )
    entry.unread_foreign_keys = entry.unread_foreign_keys or parent.unread_foreign_keys


def _below(item: Draft, entry: Entry) -> bool:
    """Whether a class is reached only through a mapped parent."""
    if entry.draft is None or item is entry.draft:
        return False
    parents = [known.draft for known in entry.parents if not known.abstract and known.draft is not None]
    through = any(item in parent.mro for parent in parents)
    direct = any(item is base or (base not in parents and item in base.mro) for base in entry.draft.bases)
    return through and not direct


def _only_parent(name: str, own_classes: list[Draft]) -> bool:
    return not any(name in item.own for item in own_classes)


def _given_table(ev: Evaluator, entry: Entry, expr: Expr, scope: Scope) -> None:
    """``__table__ = Table(...)``."""
    item = made_of(ev, expr, scope)
    found = tables.read_table(ev, item) if item is not None and item.name == "Table" else None
    if found is None:
        entry.table_unknown = True
        entry.known = False
        return
    entry.table, parts = found
    entry.unread_foreign_keys = not parts.keys_known()
    entry.known = entry.known and parts.complete
    add_table_columns(entry, parts.columns, entry.attributes)


def add_table_columns(entry: Entry, found: list[Declared], known: dict[str, Attribute]) -> None:
    """The attributes that a table gives to the class mapped to it, where the class has none for the column."""
    columns_known = {item.column for item in known.values() if item.kind == "column"}
    for item in found:
        column = item.column
        if item.key in known and known[item.key].kind in ("relationship", "synonym", "hybrid", "column"):
            continue
        if column.name in columns_known:
            continue
        entry.attributes[item.key] = Attribute(
            item.key,
            "column",
            column.place,
            column=column.name,
            family=column.family,
            type=column.type,
            nullable=column.nullable,
            primary_key=column.primary_key,
            node=item.node,
            scope=item.scope,
        )


def _name(
    ev: Evaluator, entry: Entry, draft: Draft, own_classes: list[Draft], parts: tables.Parts
) -> tuple[str | None, bool]:
    """The name of the table, and whether the class has a name for one (``__tablename__``) that may not be readable."""
    for item in own_classes:
        own = item.own.get("__tablename__")
        if own is None:
            continue
        if own.function is None and own.value is not None and isinstance(own.value, Constant):
            return None, False  # ``__tablename__ = None``: no table of its own
        if item is not draft and entry.parents and own.function is None:
            continue
        return own_table_name(ev, item.scope, draft.name), True
    kind = flavor(draft)
    if kind == "sqlmodel" and isinstance(draft.node, Class):
        return draft.name.lower(), True
    primary = any(item.column.primary_key for item in parts.columns) or bool(parts.primary_key)
    if kind == "flask" and primary:
        return flask_default(draft.name), True
    return None, kind is None or (not entry.parents and not entry.known)


def qualified(scope: Scope) -> str:
    """``Outer.Inner`` of the class a scope is of."""
    names: list[str] = []
    current: Scope | None = scope
    while current is not None:
        if current.node is not None:
            names.append(current.node.name if isinstance(current.node, (Class, Function)) else "")
        current = current.parent
    return ".".join(reversed(names))
