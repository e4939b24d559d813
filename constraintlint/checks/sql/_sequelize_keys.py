"""Sequelize: a name, a slug or a token where the attribute is a number: ``Article.findByPk(req.params.slug)``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from constraintlint.checks._calls import positional_arguments
from constraintlint.checks._sequelize_queries import Query, conditions, operands, queries, where_sites
from constraintlint.facts.code import Expr, Index, Member, Name, Text
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope, key_of
from constraintlint.project.models.sequelize.records import Definition, Field

#: what is never a number, by what it is called
_TEXTS = frozenset(
    (
        "slug",
        "username",
        "user_name",
        "email",
        "nick",
        "nickname",
        "handle",
        "authorization",
        "token",
        "title",
    )
)
_COMPARED = frozenset(("eq", "ne", "in", "notIn"))


class Mismatch(NamedTuple):
    """A number attribute of a model and the text it is compared with."""

    definition: Definition
    field: Field
    value: Expr
    scope: Scope
    shown: str


def mismatches(project: Project) -> Iterator[Mismatch]:
    seen: set[int] = set()
    for query in queries(project):
        for found in (*_by_key(project, query), *_by_condition(project, query)):
            if id(found.value) not in seen:
                seen.add(id(found.value))
                yield found


def _by_key(project: Project, query: Query) -> Iterator[Mismatch]:
    given = positional_arguments(query.call) if query.method == "findByPk" else []
    for definition in query.definitions if given else ():
        field = definition.attributes.get(definition.primary_key or "id")
        found = _mismatch(project, definition, field, given[0].value, query.scope)
        if found is not None:
            yield found


def _by_condition(project: Project, query: Query) -> Iterator[Mismatch]:
    for models, site in where_sites(project, query):
        for key in conditions(project, site):
            values = [value for name, _, value in operands(project, key) if name in _COMPARED] or [key.value]
            for definition in models:
                for value in values:
                    field = definition.attributes.get(key.name)
                    found = _mismatch(project, definition, field, value, key.scope)
                    if found is not None:
                        yield found


def _mismatch(
    project: Project, definition: Definition, field: Field | None, value: Expr, scope: Scope
) -> Mismatch | None:
    if field is None or field.virtual or field.family != "integer":
        return None
    shown = _text(project, value, scope)
    return Mismatch(definition, field, value, scope, shown) if shown else None


def _text(project: Project, expr: Expr, scope: Scope) -> str:
    """What a text is called, or the text itself; "" where it need not be one."""
    constants = [value.constant for value in project.evaluator.eval(expr, scope)]
    if constants and all(
        isinstance(item, str) and not item.strip().lstrip("-").isdigit() for item in constants
    ):
        return repr(constants[0])
    if any(item is not None for item in constants):
        return ""
    name = _name(expr)
    return name if name.lower() in _TEXTS else ""


def _name(expr: Expr) -> str:
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        return expr.name
    return key_of(expr.index) if isinstance(expr, Index) and isinstance(expr.index, Text) else ""
