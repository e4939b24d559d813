"""Imperative mapping: ``registry.map_imperatively(User, user_table, properties={...})`` and the ``mapper`` of 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Call, Expr, Mapping
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Attribute
from constraintlint.project.models.sqlalchemy import tables
from constraintlint.project.models.sqlalchemy.classes import Draft, Drafts, Own, is_known
from constraintlint.project.models.sqlalchemy.entries import (
    RELATIONSHIPS,
    Entry,
    add_table_columns,
    qualified,
)
from constraintlint.project.models.sqlalchemy.reading import PACKAGES, Made, literal, made_of, place

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

NAMES = ("map_imperatively", "mapper")


def entries(ev: Evaluator, drafts: Drafts, path: str) -> list[Entry]:
    """The classes that calls of one file map."""
    found: list[Entry] = []
    for name in NAMES:
        for call, scope in ev.calls(name, path):
            if _is_mapper(ev, call, scope, name):
                entry = _entry(ev, drafts, Made(name, call, scope))
                if entry is not None:
                    found.append(entry)
    return found


def _is_mapper(ev: Evaluator, call: Call, scope: Scope, name: str) -> bool:
    if name == "map_imperatively":
        return True
    return any(
        value.kind == "library" and value.name.partition(".")[0] in PACKAGES
        for value in ev.eval(call.callee, scope)
    )


def _entry(ev: Evaluator, drafts: Drafts, item: Made) -> Entry | None:
    positional = item.positional
    if not positional:
        return None
    draft = next(
        (found for value in ev.eval(positional[0], item.scope) if (found := drafts.of(value)) is not None),
        None,
    )
    if draft is None:
        return None
    entry = Entry(
        f"{draft.path}:{qualified(draft.scope)}",
        draft.name,
        draft.path,
        place(ev, draft.path, draft.node),
        draft,
        known=is_known(draft),
        node=draft.node,
        made=item.call,
    )
    entry.attributes, entry.relations, entry.declared, entry.owns = {}, {}, [], {}
    for cls in reversed(draft.mro):
        for name, own in cls.own.items():
            kind = "method" if own.function is not None else "other"
            entry.attributes[name] = Attribute(
                name,
                kind,  # type: ignore[arg-type]
                place(ev, cls.path, own.node),
                node=own.value,
                scope=own.scope,
            )
    _table(ev, entry, item, positional)
    _properties(ev, entry, draft, item)
    return entry


def _table(ev: Evaluator, entry: Entry, item: Made, positional: list[Expr]) -> None:
    given = item.keyword("local_table") or (positional[1] if len(positional) > 1 else None)
    table = made_of(ev, given, item.scope) if given is not None else None
    found = tables.read_table(ev, table) if table is not None and table.name == "Table" else None
    if found is None:
        entry.known = False
        entry.table_unknown = True
        return
    entry.table, parts = found
    entry.known = entry.known and parts.complete
    entry.unread_foreign_keys = parts.unread_foreign_keys
    add_table_columns(entry, parts.columns, {})


def _properties(ev: Evaluator, entry: Entry, draft: Draft, item: Made) -> None:
    given = item.keyword("properties")
    if given is None:
        return
    node = given if isinstance(given, Mapping) else None
    scope = item.scope
    if node is None:
        for value in ev.eval(given, item.scope):
            if isinstance(value.node, Mapping) and value.scope is not None:
                node, scope = value.node, value.scope
    if node is None:
        entry.known = False
        return
    for pair in node.entries:
        name = literal(pair.key) if pair.key is not None else None
        if name is None:
            entry.known = False
            continue
        inner = made_of(ev, pair.value, scope)
        spot = place(ev, scope.path, pair)
        if inner is not None and inner.name in RELATIONSHIPS:
            entry.owns[name] = Own(name, pair, scope, pair.value, inner)
            entry.attributes[name] = Attribute(name, "relationship", spot, node=inner.call, scope=inner.scope)
        else:
            entry.attributes[name] = msgspec.structs.replace(
                entry.attributes.get(name, Attribute(name, "other", spot)), kind="other", place=spot
            )
