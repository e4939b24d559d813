"""Relationships: their targets by the registry of class names, which side is many, and what backrefs add elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Class, Expr, Mapping, Name, Text
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Attribute, Cardinality, Relation
from constraintlint.project.models.sqlalchemy.annotations import Annotation
from constraintlint.project.models.sqlalchemy.annotations import read as read_annotation
from constraintlint.project.models.sqlalchemy.classes import Own
from constraintlint.project.models.sqlalchemy.entries import Entry
from constraintlint.project.models.sqlalchemy.reading import (
    Made,
    constant_text,
    dotted,
    flag,
    is_none,
    lambda_result,
    last_name,
    literal,
    made_of,
    place,
    source,
)
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

_LAZY = {"dynamic_loader": "dynamic", "DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}


class Registry:
    """Mapped classes by name, as ``relationship("Name")`` finds them."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self._by_name: dict[str, list[Entry]] = {}
        self._by_node: dict[int, Entry] = {}
        for entry in entries:
            if not entry.abstract or entry.table_unknown:
                self._by_name.setdefault(entry.name, []).append(entry)
            if entry.node is not None:
                self._by_node[id(entry.node)] = entry

    def of_node(self, node: object) -> Entry | None:
        return self._by_node.get(id(node))

    def named(self, text: str, near: str) -> Entry | None:
        """The class a string names: ``User``, ``app.models.User``; None where several or none can be meant."""
        prefix, _, name = text.rpartition(".")
        found = self._by_name.get(name, [])
        if prefix:
            module = prefix.replace(".", "/")
            found = [
                item
                for item in found
                if item.path.removesuffix(".py").removesuffix("/__init__").endswith(module)
                or f"/{module}/" in f"/{item.path}"
            ]
        if len(found) > 1:
            found = [item for item in found if item.path == near] or found
        if len(found) > 1 and not is_test(near):
            found = [item for item in found if not is_test(item.path)]
        return found[0] if len(found) == 1 else None

    def is_unknown(self, text: str) -> bool:
        """Whether no mapped class has this name."""
        return text.rpartition(".")[2] not in self._by_name


def option(item: Made, name: str) -> tuple[Expr, Scope] | None:
    """An argument of ``relationship``, also inside SQLModel's ``sa_relationship_kwargs``."""
    given = item.keyword(name)
    if given is not None:
        return given, item.scope
    nested = item.keyword("sa_relationship_kwargs")
    for entry in nested.entries if isinstance(nested, Mapping) else ():
        if entry.key is not None and literal(entry.key) == name:
            return entry.value, item.scope
    return None


def join(ev: Evaluator, registry: Registry) -> None:
    """Fill the relations of every entry."""
    reverse: list[tuple[Entry, Relation, Made, Entry | None]] = []
    for entry in registry.entries:
        for name, own in entry.owns.items():
            if own.item is None:
                continue
            relation, target = _relation(ev, registry, entry, name, own, own.item)
            entry.relations[name] = relation
            if relation.reverse_declared == "backref":
                reverse.append((entry, relation, own.item, target))
    for entry, relation, item, target in reverse:
        _backref(ev, registry, entry, relation, item, target)


def _relation(
    ev: Evaluator, registry: Registry, entry: Entry, name: str, own: Own, item: Made
) -> tuple[Relation, Entry | None]:
    annotation = (
        read_annotation(ev, own.annotation, entry_scope(entry, own)) if own.annotation is not None else None
    )
    target, written = _target(ev, registry, entry, item, annotation)
    through, table = _through(ev, item)
    reverse, how = _reverse(ev, item)
    cardinality = _cardinality(ev, entry, target, item, annotation, through)
    spot = place(ev, item.scope.path, item.call)
    relation = Relation(
        name,
        "relationship",
        spot,
        cardinality,
        target=target.key if target is not None else "",
        target_written=written,
        reverse=reverse,
        reverse_declared=how,
        lazy=_lazy(ev, item, annotation.wrapper if annotation is not None else ""),
        through=table or through,
        foreign_key=tuple(column for key in foreign_keys(entry, target) for column in key)
        if target is not None and not through
        else (),
        node=item.call,
        scope=item.scope,
    )
    return relation, target


def entry_scope(entry: Entry, own: Own) -> Scope:
    """The class scope a relationship's annotation stands in."""
    if own.function is not None and own.scope.parent is not None:
        return own.scope.parent
    return own.scope


def _target(
    ev: Evaluator, registry: Registry, entry: Entry, item: Made, annotation: Annotation | None
) -> tuple[Entry | None, str]:
    positional = item.positional if item.name != "Relationship" else []
    given = item.keyword("argument") or (positional[0] if positional else None)
    scope = item.scope
    if given is None or is_none(given):
        if annotation is None:
            return None, ""
        given, scope = annotation.core, annotation.scope
    inner = lambda_result(given)
    if inner is not None:
        given = inner[0]
        scope = ev.scope_of(scope.path, inner[1].function) or scope
    if isinstance(given, Text) or constant_text(ev, given, scope) is not None:
        text = constant_text(ev, given, scope)
        return (registry.named(text, entry.path), text) if text else (None, "")
    for value in ev.eval(given, scope):
        found = registry.of_node(value.node) if isinstance(value.node, Class) else None
        if found is not None:
            return found, found.name
        if isinstance(value.node, Class):
            return None, ""
    name = last_name(given)
    return (registry.named(name, entry.path), dotted(given)) if name else (None, "")


def _through(ev: Evaluator, item: Made) -> tuple[str, str]:
    """The join table as written, and its name where that is known."""
    given = option(item, "secondary") or option(item, "link_model")
    if given is None or is_none(given[0]):
        return "", ""
    expr, scope = given
    text = constant_text(ev, expr, scope)
    if text is not None:
        return text, text
    inner = lambda_result(expr)
    if inner is not None:
        expr, scope = inner[0], ev.scope_of(scope.path, inner[1].function) or scope
    table = made_of(ev, expr, scope)
    unbound = table is None or table.name != "Table"
    if unbound and isinstance(expr, Name) and scope.kind == "class" and scope.parent is not None:
        # ``tags = relationship(secondary=tags)``: the name is not bound in the class yet, so it is the one outside
        outer = Name(expr.at, expr.id)
        ev.keep(outer)
        table = made_of(ev, outer, scope.parent)
    if table is not None and table.name == "Table" and table.positional:
        return source(expr), constant_text(ev, table.positional[0], table.scope) or ""
    return source(expr), ""


def _reverse(ev: Evaluator, item: Made) -> tuple[str, str]:
    """The name of the other side and how it is declared; the name is "" where it is not constant."""
    given = option(item, "back_populates")
    if given is not None and not is_none(given[0]):
        return constant_text(ev, *given) or "", "back_populates"
    given = option(item, "backref")
    if given is None or is_none(given[0]):
        return "", ""
    text = constant_text(ev, *given)
    if text is None:
        inner = made_of(ev, *given)
        if inner is not None and inner.name == "backref" and inner.positional:
            text = constant_text(ev, inner.positional[0], inner.scope)
    return text or "", "backref"


def _lazy(ev: Evaluator, item: Made, wrapper: str) -> str:
    given = option(item, "lazy")
    if given is not None:
        text = constant_text(ev, *given)
        if text is not None:
            return text
        truth = flag(ev, *given)
        if truth is not None:
            return "select" if truth else "joined"
        return "noload" if is_none(given[0]) else "?"
    return _LAZY.get(item.name) or _LAZY.get(wrapper, "")


def foreign_keys(entry: Entry, target: Entry) -> list[tuple[str, ...]]:
    """The foreign keys of a class's tables to the table of another, by their columns."""
    wanted = {item.table.name for item in lineage(target) if item.table is not None}
    found: list[tuple[str, ...]] = []
    for item in lineage(entry):
        if item.table is not None:
            found += [key.columns for key in item.table.foreign_keys if key.references.table in wanted]
            added = {column.name for column in item.table.columns}
            found += [
                (column.name,)
                for column in item.table.columns
                if column.references is not None
                and column.references.table in wanted
                and not any(key.columns == (column.name,) for key in item.table.foreign_keys)
                and column.name in added
            ]
    return list(dict.fromkeys(found))


def lineage(entry: Entry) -> list[Entry]:
    """A mapped class and the mapped classes above it."""
    found = [entry]
    for parent in entry.parents:
        found += [item for item in lineage(parent) if item not in found]
    return found


def _cardinality(
    ev: Evaluator,
    entry: Entry,
    target: Entry | None,
    item: Made,
    annotation: Annotation | None,
    through: str,
) -> Cardinality | None:
    given = option(item, "uselist")
    if given is not None:
        truth = flag(ev, *given)
        return None if truth is None else "many" if truth else "one"
    if annotation is not None and (annotation.wrapper or item.name == "Relationship"):
        return "many" if annotation.many else "one"
    if item.name == "dynamic_loader" or through or option(item, "collection_class") is not None:
        return "many"
    if target is None or entry.unread_foreign_keys or target.unread_foreign_keys:
        return None
    return _direction(entry, target, item)


def _direction(entry: Entry, target: Entry, item: Made) -> Cardinality | None:
    if entry is target or set(map(id, lineage(entry))) & set(map(id, lineage(target))):
        if option(item, "remote_side") is None:
            return "many" if foreign_keys(entry, target) and entry is target else None
        return "one" if option(item, "primaryjoin") is None else None
    if option(item, "primaryjoin") is not None and option(item, "foreign_keys") is None:
        to, back = foreign_keys(entry, target), foreign_keys(target, entry)
    else:
        to, back = foreign_keys(entry, target), foreign_keys(target, entry)
    if to and not back:
        return "one"
    return "many" if back and not to else None


def _backref(
    ev: Evaluator, registry: Registry, entry: Entry, relation: Relation, item: Made, target: Entry | None
) -> None:
    """The attribute a backref makes on the class at the other end, and on those derived from it."""
    spot = relation.place
    if not relation.reverse:
        for other in registry.entries if target is None else [target]:
            other.known = False
        return
    if target is None:
        for other in registry.entries:
            other.attributes.setdefault(relation.reverse, Attribute(relation.reverse, "other", spot))
        return
    made_relation = _reversed(ev, entry, relation, item, spot)
    for other in registry.entries:
        if target in lineage(other) and relation.reverse not in other.owns:
            other.attributes[relation.reverse] = Attribute(
                relation.reverse, "relationship", spot, node=item.call, scope=item.scope
            )
            other.relations[relation.reverse] = made_relation


def _reversed(ev: Evaluator, entry: Entry, relation: Relation, item: Made, spot: Place) -> Relation:
    given = option(item, "backref")
    inner = made_of(ev, *given) if given is not None else None
    cardinality: Cardinality | None = None
    lazy = ""
    if inner is not None and inner.name == "backref":
        lazy = _lazy(ev, inner, "")
        uselist = flag(ev, inner.keyword("uselist"), inner.scope)
        if uselist is not None:
            cardinality = "many" if uselist else "one"
    if cardinality is None:
        if relation.through:
            cardinality = "many"
        elif relation.cardinality is not None and option(item, "uselist") is None:
            cardinality = "one" if relation.cardinality == "many" else "many"
        elif relation.foreign_key:
            cardinality = "many"
        elif option(item, "uselist") is not None:
            cardinality = "one"
    return msgspec.structs.replace(
        relation,
        name=relation.reverse,
        cardinality=cardinality,
        target=entry.key,
        target_written=entry.name,
        reverse=relation.name,
        lazy=lazy,
        foreign_key=(),
    )
