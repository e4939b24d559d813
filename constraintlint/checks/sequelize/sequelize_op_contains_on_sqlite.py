"""Operators and types of PostgreSQL in a Sequelize program that runs on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sequelize_queries import (
    conditions,
    engines,
    in_use,
    operands,
    queries,
    where_sites,
)
from constraintlint.facts.code import Call, Expr, Mapping
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize.index import index_of
from constraintlint.project.models.sequelize.literals import last_name

RULE = "sequelize-op-contains-on-sqlite"

#: operators and what Sequelize 6 writes for them, which SQLite does not read
_OPERATORS = {
    "contains": "@>",
    "contained": "<@",
    "overlap": "&&",
    "adjacent": "-|-",
    "strictLeft": "<<",
    "strictRight": ">>",
    "noExtendRight": "&<",
    "noExtendLeft": "&>",
    "iLike": "ILIKE",
    "notILike": "NOT ILIKE",
    "iRegexp": "~*",
    "notIRegexp": "!~*",
    "regexp": "REGEXP",
    "notRegexp": "NOT REGEXP",
    "any": "ANY (...)",
    "match": "@@",
}
#: these are bit operators of SQLite: wrong, but no error
_READ = frozenset(("strictLeft", "strictRight"))


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project) or engines(project) != {"sqlite"}:
        return
    seen: set[int] = set()
    for query in queries(project):
        for _, site in where_sites(project, query):
            for key in conditions(project, site):
                for name, place, _ in operands(project, key):
                    if name in _OPERATORS and name not in _READ and id(place) not in seen:
                        seen.add(id(place))
                        yield _operator(project, name, place, key.scope)
    for definition in index_of(project).definitions:
        if definition.path in project.paths:
            for field in definition.attributes.values():
                if field.family == "array" and field.made == "" and field.expr is not None:
                    yield _array(project, definition.name, field.name, field.path, _type(field.expr))


def _type(expr: Expr) -> Expr:
    """The type inside the object that declares an attribute."""
    if isinstance(expr, Mapping):
        for entry in expr.entries:
            if isinstance(entry.value, Call) and last_name(entry.value) == "ARRAY":
                return entry.value
    return expr


def _operator(project: Project, name: str, place: Expr, scope: Scope) -> Finding:
    reason = (
        "has no function REGEXP" if "egexp" in name and not name.startswith(("i", "notI")) else "cannot read"
    )
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, place.at),
        f"Op.{name} becomes {_OPERATORS[name]}, which SQLite {reason}",
        help=_help(name),
        subject=f"Op.{name}",
    )


def _help(name: str) -> str:
    if name in ("iLike", "notILike"):
        like = "Op.like" if name == "iLike" else "Op.notLike"
        return f"use {like}: on SQLite it ignores the case of ASCII letters"
    if "egexp" in name:
        return "use Op.like, Op.startsWith, Op.endsWith or Op.substring"
    if name == "any":
        return "use Op.in"
    return "keep the items in a table of their own (belongsToMany) and include it with a where"


def _array(project: Project, model: str, name: str, path: str, expr: Expr) -> Finding:
    return finding(
        RULE,
        path,
        project.span(path, expr.at),
        f"{model}.{name} is an ARRAY: SQLite has no arrays, so sync() fails with a syntax error",
        help="use DataTypes.JSON, or a table of its own with hasMany or belongsToMany",
        subject=f"{model}.{name} ARRAY",
    )
