"""Queries on Sequelize models that are known: which model, with which options, and what they include."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from constraintlint.checks._calls import uses
from constraintlint.checks._sequelize import PACKAGES, STATIC_OPTIONS
from constraintlint.checks._sequelize_growth import objects, pushed, stores
from constraintlint.facts.code import Call, Expr, Mapping, Member, Name, Sequence, Spread, Text
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize.follow_models import has_static
from constraintlint.project.models.sequelize.index import SequelizeIndex, index_of
from constraintlint.project.models.sequelize.literals import (
    Options,
    Site,
    positional,
    read,
    string,
    text_of,
)
from constraintlint.project.models.sequelize.records import Association, Definition

#: methods whose first argument holds values, not conditions
_MIXIN = re.compile(r"(?:get|count|has)[A-Z]\w*")
MAX_INCLUDES = 8


class Query(NamedTuple):
    """A call on models. ``options`` is the site of its options (None where it has none), ``method`` the name called.

    ``getter`` is set where the rows come through an association of a row: ``user.getPosts({ ... })``.
    """

    call: Call
    scope: Scope
    method: str
    definitions: tuple[Definition, ...]
    options: Site | None
    getter: bool = False


class Included(NamedTuple):
    """One element of ``include``: what it says, and the models it stands under."""

    parents: tuple[Definition, ...]
    expr: Expr
    scope: Scope
    models: tuple[Definition, ...]
    alias: str | None
    """``as`` or the association as text; None where it is not given"""
    by_text: bool
    options: Options
    known: bool
    """whether model and alias are all there is to it"""


def in_use(project: Project) -> bool:
    return uses(project, PACKAGES)


_queries: WeakKeyDictionary[Project, list[Query]] = WeakKeyDictionary()


def queries(project: Project) -> list[Query]:
    """The queries in the files this configuration serves; empty where Sequelize is not used."""
    found = _queries.get(project)
    if found is None:
        found = _queries[project] = list(_find(project)) if in_use(project) else []
    return found


def _find(project: Project) -> Iterator[Query]:
    index = index_of(project)
    if not index.definitions:
        return
    for path in project.paths:
        file = None if path.endswith((".py", ".pyi")) else project.evaluator.file(path)
        if file is None:
            continue
        for name in sorted(file.calls):
            for call, scope in file.calls[name]:
                if not isinstance(call.callee, Member):
                    continue
                query = _query(project, index, name, call, scope)
                if query is not None:
                    yield query


def _query(project: Project, index: SequelizeIndex, name: str, call: Call, scope: Scope) -> Query | None:
    assert isinstance(call.callee, Member)
    position = STATIC_OPTIONS.get(name)
    if position is not None:
        models = index.follower.models(call.callee.object, scope)
        if models and not any(has_static(project.evaluator, model, name) for model in models):
            return Query(call, scope, name, models, _site(call, position, scope))
        return None
    if _MIXIN.fullmatch(name) and call.args:
        rows = index.follower.rows(call.callee.object, scope)
        if rows is None or rows.shape != "one" or rows.plain:
            return None
        targets = [_getter(definition, name) for definition in rows.definitions]
        known = tuple(dict.fromkeys(target for target in targets if target is not None))
        if known and len(targets) == len([target for target in targets if target is not None]):
            return Query(call, scope, name, known, _site(call, 0, scope), True)
    return None


def _getter(definition: Definition, name: str) -> Definition | None:
    for association in definition.associations:
        if association.mixins().get(name) in ("get", "count"):
            return association.target
    return None


def _site(call: Call, position: int, scope: Scope) -> Site | None:
    expr = positional(call, position)
    return Site(expr, scope) if expr is not None else None


def options_of(project: Project, query: Query) -> Options:
    """The options of a query; not complete where an argument is hidden behind a spread."""
    if query.options is None:
        return Options({}, not any(arg.spread for arg in query.call.args))
    return read(project.evaluator, query.options.expr, query.options.scope)


def includes(project: Project, query: Query) -> Iterator[Included]:
    """Everything a query includes, at any depth."""
    yield from _of_options(project, query.definitions, options_of(project, query), 0)


def _of_options(
    project: Project, parents: tuple[Definition, ...], options: Options, depth: int
) -> Iterator[Included]:
    site = options.get("include")
    if site is None or depth > MAX_INCLUDES:
        return
    for item in elements(project, site):
        found = _included(project, parents, item)
        if found is None:
            continue
        yield found
        below = found.models
        if not below:
            named = [_association(parent, found.alias or "") for parent in parents]
            below = tuple(item.target for item in named if item is not None and item.target is not None)
        if below:
            yield from _of_options(project, below, found.options, depth + 1)


def _association(parent: Definition, alias: str) -> Association | None:
    return parent.by_alias(alias)


def elements(project: Project, site: Site) -> list[Site]:
    """The items of an array, or the one value that stands for an array of one; what is hidden is left out."""
    found: list[Site] = []
    for value in objects(project, site):
        if not isinstance(value.node, Sequence) or value.scope is None:
            return [site]
        found += [Site(item, value.scope) for item in value.node.items if not isinstance(item, Spread)]
        if value.node is not site.expr:
            found += pushed(project, value, site)
    return found or ([] if isinstance(site.expr, Sequence) else [site])


def _included(project: Project, parents: tuple[Definition, ...], item: Site) -> Included | None:
    ev, follower = project.evaluator, index_of(project).follower
    expr, scope = item
    text = string(ev, item) if isinstance(expr, Text) else None
    if text is not None:
        return Included(parents, expr, scope, (), text, True, Options({}, True), True)
    models = () if isinstance(expr, Mapping) else follower.models(expr, scope)
    if models:
        return Included(parents, expr, scope, models, None, False, Options({}, True), True)
    options = read(ev, expr, scope)
    if not options.entries:
        return None
    model, association, alias = options.get("model"), options.get("association"), options.get("as")
    if association is not None:
        named = string(ev, association)
        if named is None:
            return None
        return Included(
            parents, association.expr, association.scope, (), named, True, options, options.complete
        )
    if model is None:
        return None
    found = follower.models(model.expr, model.scope)
    named = string(ev, alias)
    known = bool(found) and (alias is None or named is not None) and options.is_sure("model")
    known = known and (options.complete or alias is not None)
    return Included(parents, expr, scope, found, named, False, options, known)


class Key(NamedTuple):
    """A name used as an attribute in conditions: where it stands and what it is compared with."""

    name: str
    expr: Expr
    scope: Scope
    value: Expr


_LOGICAL = frozenset(("and", "or", "not"))


def operator(project: Project, key: Expr | None, scope: Scope) -> str | None:
    """The name of ``[Op.x]`` used as a key; None for any other key."""
    if isinstance(key, Member) and isinstance(key.object, (Name, Member)):
        owner = key.object.id if isinstance(key.object, Name) else key.object.name
        if owner == "Op" or any(
            value.kind == "library" and value.name.endswith(("#Op", ".Op", "#Operators"))
            for value in project.evaluator.eval(key.object, scope)
        ):
            return key.name
    if isinstance(key, Name):
        for value in project.evaluator.eval(key, scope):
            if value.kind == "library" and re.search(r"[#.]Op[.#]\w+$", value.name):
                return re.split(r"[.#]", value.name)[-1]
    return None


def conditions(project: Project, site: Site | None, depth: int = 0) -> Iterator[Key]:
    """The attributes of a ``where``, those inside ``Op.and``, ``Op.or`` and ``Op.not`` included."""
    if site is None or depth > MAX_INCLUDES:
        return
    for value in objects(project, site):
        node, scope = value.node, value.scope
        assert scope is not None
        if isinstance(node, Sequence):
            for item in node.items:
                yield from conditions(project, Site(item, scope), depth + 1)
        elif isinstance(node, Mapping):
            yield from _of_entries(project, node, scope, depth)
            if node is not site.expr:
                for store in stores(project, value, site):
                    yield Key(store.name, store.owner, store.scope, store.value)


def _of_entries(project: Project, mapping: Mapping, scope: Scope, depth: int) -> Iterator[Key]:
    for entry in mapping.entries:
        name = text_of(entry.key)
        if name is not None and entry.key is not None:
            yield Key(name, entry.key, scope, entry.value)
        elif entry.key is None or operator(project, entry.key, scope) in _LOGICAL:
            yield from conditions(project, Site(entry.value, scope), depth + 1)


def operands(project: Project, key: Key) -> Iterator[tuple[str, Expr, Expr]]:
    """``(operator, its key, its value)`` of the operators applied to one attribute."""
    if not isinstance(key.value, Mapping):
        return
    stack: list[Mapping] = [key.value]
    while stack:
        for entry in stack.pop().entries:
            name = operator(project, entry.key, key.scope)
            if name is None or entry.key is None:
                continue
            yield name, entry.key, entry.value
            inner = entry.value.items if isinstance(entry.value, Sequence) else [entry.value]
            stack += [item for item in inner if isinstance(item, Mapping)]


def where_sites(project: Project, query: Query) -> Iterator[tuple[tuple[Definition, ...], Site]]:
    """Every ``where`` of a query with the models it is about: its own and those of what it includes."""
    options = options_of(project, query)
    own = options.get("where")
    if own is not None:
        yield query.definitions, own
    for included in includes(project, query):
        site = included.options.get("where")
        models = target_of(included)
        if site is not None and models:
            yield models, site


def target_of(included: Included) -> tuple[Definition, ...]:
    """The models an element of ``include`` brings in."""
    if included.models:
        return included.models
    found = [parent.by_alias(included.alias or "") for parent in included.parents]
    return tuple(item.target for item in found if item is not None and item.target is not None)


def engines(project: Project) -> set[str]:
    """The engines the program can run on, however unlikely."""
    return {entry.name for entry in project.stack.databases if entry.role in ("runtime", "optional")}
