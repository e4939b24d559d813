"""The mapped classes of SQLAlchemy: declarative, imperative, Flask-SQLAlchemy and SQLModel (SQLAlchemy 1.4 to 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Class, Name
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.scopes import FileScopes, Scope, Store
from constraintlint.project.flow.values import Value
from constraintlint.project.models.records import Attribute, AttributeKind, Model
from constraintlint.project.models.sqlalchemy import columns, imperative, relations
from constraintlint.project.models.sqlalchemy.classes import Draft, Drafts, Own, flavor
from constraintlint.project.models.sqlalchemy.entries import (
    RELATIONSHIPS,
    Entry,
    is_sqlmodel_table,
    make,
    qualified,
)
from constraintlint.project.models.sqlalchemy.reading import made_of, place
from constraintlint.roles import is_migration

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.evaluate import Evaluator

#: a file with none of these in it maps no class
WORDS = (
    "mapped_column", "Column", "relationship", "Relationship", "Mapped", "SQLModel", "DeclarativeBase", "declarative_base",
    "as_declarative", "map_imperatively", "mapper", "Table", "__tablename__", "__table__", "__mapper_args__", "Model",
)  # fmt: skip
#: what the owner of an assignment may take to be followed: most owners are no classes
_OWNER_STEPS = 200


def read(project: Project) -> list[Model]:
    """Every mapped class; one in a migration is a snapshot of its own and left out."""
    ev = project.evaluator
    files = [file for file in ev.files(WORDS) if is_python(file.path) and not is_migration(file.path)]
    drafts = Drafts(ev)
    reader = _Reader(ev, drafts)
    for file in files:
        for scope in file.by_node.values():
            if isinstance(scope.node, Class):
                value = Value(
                    "class", file.path, scope.node.at, scope.node.name, node=scope.node, scope=scope
                )
                draft = drafts.of(value)
                if draft is not None:
                    reader.entry(draft)
        reader.mapped_by_call(file)
    entries = reader.all()
    _added_later(ev, files, entries)
    registry = relations.Registry(entries)
    relations.join(ev, registry)
    return [_model(entry) for entry in entries]


class _Reader:
    """Makes the entry of each mapped class once, those it derives from first."""

    def __init__(self, ev: Evaluator, drafts: Drafts) -> None:
        self._ev = ev
        self._drafts = drafts
        self._entries: dict[int, Entry | None] = {}
        self._keys: dict[str, int] = {}

    def entry(self, draft: Draft) -> Entry | None:
        if id(draft.node) in self._entries:
            return self._entries[id(draft.node)]
        self._entries[id(draft.node)] = None  # a class that derives from itself has no entry
        if not self._is_mapped(draft):
            return None
        parents = [found for item in draft.mro[1:] if (found := self.entry(item)) is not None]
        made = make(self._ev, draft, parents, self._key(f"{draft.path}:{qualified(draft.scope)}"))
        self._entries[id(draft.node)] = made
        return made

    def _is_mapped(self, draft: Draft) -> bool:
        if draft.root:
            return False
        kind = flavor(draft)
        if kind == "sqlmodel":
            return is_sqlmodel_table(self._ev, draft.node, draft)
        if kind is not None:
            return True
        # a base of a library: mapped where the class has a table and columns
        own = draft.own
        return (
            ("__tablename__" in own or "__table__" in own)
            and any(
                item.item is not None and item.item.name in (*columns.COLUMNS, *RELATIONSHIPS, "Table")
                for item in own.values()
            )
            and bool(draft.node.bases)
        )

    def mapped_by_call(self, file: FileScopes) -> None:
        for entry in imperative.entries(self._ev, self._drafts, file.path):
            if entry.node is not None:
                self._entries[id(entry.node)] = entry

    def all(self) -> list[Entry]:
        found = [entry for entry in self._entries.values() if entry is not None]
        return sorted(found, key=lambda entry: (entry.path, entry.place))

    def _key(self, key: str) -> str:
        count = self._keys[key] = self._keys.get(key, 0) + 1
        return key if count == 1 else f"{key}#{count}"


def _added_later(ev: Evaluator, files: list[FileScopes], entries: list[Entry]) -> None:
    """``Model.name = relationship(...)``, ``setattr(Model, ...)``, ``mapper.add_property(...)``."""
    by_node = {id(entry.node): entry for entry in entries}
    for file in files:
        for name, stores in file.stores.items():
            for store in stores:
                if isinstance(store.owner, Name) and store.owner.id == "self":
                    continue  # an object, which most assignments are to
                for owner in ev.eval_within(store.owner, store.scope, _OWNER_STEPS):
                    entry = by_node.get(id(owner.node)) if owner.kind == "class" else None
                    if entry is not None:
                        _stored(ev, entry, entries, name, store)
        for call, scope in file.calls.get("setattr", ()):
            _set_by_name(ev, call, scope, by_node)
        if file.calls.get("add_property"):
            for entry in entries:
                entry.known = False


def _stored(ev: Evaluator, entry: Entry, entries: list[Entry], name: str, store: Store) -> None:
    """An attribute given to a class, and so to those derived from it."""
    item = made_of(ev, store.value, store.scope)
    related = item is not None and item.name in RELATIONSHIPS
    spot = place(ev, store.path, store.value)
    for other in entries:
        if entry not in relations.lineage(other) or name in other.attributes:
            continue
        kind: AttributeKind = "relationship" if related else "other"
        other.attributes[name] = Attribute(name, kind, spot, node=store.value, scope=store.scope)
        if related:
            other.owns[name] = Own(name, store.value, store.scope, store.value, item)


def _set_by_name(ev: Evaluator, call: Call, scope: Scope, by_node: dict[int, Entry]) -> None:
    for owner in ev.eval(call.args[0].value, scope) if call.args else ():
        if owner.kind == "class" and id(owner.node) in by_node:
            by_node[id(owner.node)].known = False


def _model(entry: Entry) -> Model:
    return Model(
        key=entry.key,
        name=entry.name,
        orm="sqlalchemy",
        path=entry.path,
        place=entry.place,
        table=entry.table,
        attributes=entry.attributes,
        relations=entry.relations,
        complete=entry.known,
        relations_complete=entry.known,
        abstract=entry.abstract,
        node=entry.node,
        made=entry.made,
        bases=tuple(parent.key for parent in entry.parents),
    )
