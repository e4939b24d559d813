"""A row of a model as the value of a scalar column: ``where: { authorId: user }``."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sequelize_queries import Key, conditions, operands, queries, where_sites
from constraintlint.facts.code import Expr, Sequence, Spread
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.models.sequelize.follow import Rows
from constraintlint.project.models.sequelize.index import index_of
from constraintlint.project.models.sequelize.records import Definition

RULE = "sequelize-where-non-scalar"

_OBJECTS = frozenset(("json", "other", "unknown"))
_COMPARED = frozenset(("eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte", "is", "not"))


def check(project: Project) -> Iterator[Finding]:
    seen: set[int] = set()
    for query in queries(project):
        for models, site in where_sites(project, query):
            for key in conditions(project, site):
                if not all(_is_scalar(item, key.name) for item in models):
                    continue
                for value in _values(project, key):
                    rows = _rows(project, key, value)
                    if rows is not None and id(value) not in seen:
                        seen.add(id(value))
                        yield _finding(project, key, value, rows, models[0])


def _is_scalar(definition: Definition, name: str) -> bool:
    field = definition.attributes.get(name)
    return field is not None and not field.virtual and field.family not in _OBJECTS


def _values(project: Project, key: Key) -> Iterator[Expr]:
    compared = [value for name, _, value in operands(project, key) if name in _COMPARED]
    for value in compared or [key.value]:
        if isinstance(value, Sequence):
            yield from (item for item in value.items if not isinstance(item, Spread))
        else:
            yield value


def _rows(project: Project, key: Key, value: Expr) -> Rows | None:
    rows = index_of(project).follower.rows(value, key.scope)
    return rows if rows is not None and rows.shape in ("one", "many", "page") else None


def _finding(project: Project, key: Key, value: Expr, rows: Rows, model: Definition) -> Finding:
    target = rows.definitions[0]
    primary = target.primary_key or "id"
    many = rows.shape != "one"
    what = f"rows of {target.name}" if many else f"a row of {target.name}"
    return finding(
        RULE,
        key.scope.path,
        project.span(key.scope.path, value.at),
        f"{key.name} of {model.name} is compared with {what}, not with a value: the query throws or finds nothing",
        help=f"compare with .map((row) => row.{primary})" if many else f"compare with its .{primary}",
        subject=f"{model.name}.{key.name} {target.name}",
    )
