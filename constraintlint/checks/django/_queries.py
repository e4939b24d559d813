"""Queries on Django models, and every name in them that Django resolves against the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from constraintlint.checks._calls import calls, constant_key
from constraintlint.facts.code import (
    At,
    Binary,
    Call,
    Conditional,
    Expr,
    Hole,
    Mapping,
    Member,
    Name,
    Sequence,
    Text,
    Unary,
)
from constraintlint.project import Project
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_records import DjangoModel
from constraintlint.project.models.django_types import Typed
from constraintlint.roles import is_migration

Role = Literal["lookup", "value", "order", "select", "prefetch", "update", "create", "only"]

LOOKUPS = frozenset(
    [
        "filter",
        "exclude",
        "get",
        "get_or_create",
        "update_or_create",
        "aget",
        "aget_or_create",
        "aupdate_or_create",
    ]
)
_TEXTS: dict[str, Role] = {
    "order_by": "order",
    "values": "value",
    "values_list": "value",
    "only": "only",
    "defer": "only",
    "distinct": "value",
    "select_related": "select",
    "prefetch_related": "prefetch",
    "latest": "order",
    "earliest": "order",
    "alatest": "order",
    "aearliest": "order",
}
_EXPRESSIONS = frozenset(["annotate", "alias", "aggregate", "aaggregate"])
METHODS = LOOKUPS | set(_TEXTS) | _EXPRESSIONS | {"update", "aupdate", "create", "acreate"}
#: constructors of expressions whose arguments stand for the same query
_TRANSPARENT = frozenset(
    [
        "Case",
        "When",
        "Coalesce",
        "Lower",
        "Upper",
        "Concat",
        "Cast",
        "ExpressionWrapper",
        "Greatest",
        "Least",
        "Length",
        "Trim",
        "Round",
        "Abs",
        "NullIf",
    ]
)
_AGGREGATES = frozenset(["Count", "Sum", "Avg", "Max", "Min", "StdDev", "Variance"])


class Query(msgspec.Struct, frozen=True, eq=False):
    """A query method called on a manager or queryset. ``names`` are the annotations it can use, None where not all are known."""

    call: Call
    scope: Scope
    method: str
    owner: Typed
    model: DjangoModel
    names: frozenset[str] | None


class Reference(msgspec.Struct, frozen=True, eq=False):
    """A name that is resolved against the model of its query, and where it stands. ``values`` is the expression compared with."""

    name: str
    role: Role
    path: str
    at: At
    value: Expr | None = None


def queries(project: Project) -> Iterator[Query]:
    """Every call of a query method in the served files whose model is known."""
    django = project.django
    if not django.in_use or not django.all:
        return
    for call, scope in calls(project, METHODS, python=True):
        callee = call.callee
        if not isinstance(callee, Member) or is_migration(scope.path):
            continue  # the models of a migration are those of its time
        owner = django.types.of(callee.object, scope)
        if (
            owner is None
            or owner.model is None
            or owner.kind not in ("manager", "related", "queryset", "rows")
        ):
            continue
        if owner.kind == "rows" and owner.manager is None:
            continue  # a list
        if owner.manager is not None and any(
            cls.scope is not None and callee.name in cls.scope.names for cls in owner.manager.classes
        ):
            continue  # a method of the project's own
        names = owner.names
        if callee.name in _EXPRESSIONS and names is not None:
            names = names | {arg.name for arg in call.args if arg.name}
        yield Query(call, scope, callee.name, owner, owner.model, names)


def references(project: Project, query: Query) -> Iterator[Reference]:
    """The names in a query's arguments."""
    method, scope = query.method, query.scope
    role = _TEXTS.get(method)
    for arg in query.call.args:
        if arg.spread == "**":
            if method in LOOKUPS:
                yield from _spread(project, arg.value, scope)
            continue
        if arg.spread:
            continue
        if arg.name:
            if method in LOOKUPS:
                if arg.name not in ("defaults", "create_defaults"):
                    yield Reference(arg.name, "lookup", scope.path, _head(arg.at, arg.name), arg.value)
                    yield from expressions(project, arg.value, scope)
            elif method in ("update", "aupdate", "create", "acreate"):
                yield Reference(
                    arg.name,
                    "update" if "update" in method else "create",
                    scope.path,
                    _head(arg.at, arg.name),
                    arg.value,
                )
                if "update" in method:
                    yield from expressions(project, arg.value, scope)
            elif method in _EXPRESSIONS:
                yield from expressions(project, arg.value, scope)
        elif role is not None:
            yield from _text(arg.value, role, scope)
            if role in ("value", "order"):
                yield from expressions(project, arg.value, scope)
        elif method in LOOKUPS or method in _EXPRESSIONS:
            yield from expressions(project, arg.value, scope)


def _head(at: At, name: str) -> At:
    return at[0], at[0] + len(name.encode())


def _text(expr: Expr, role: Role, scope: Scope) -> Iterator[Reference]:
    text = plain(expr)
    if text is not None:
        yield Reference(text, role, scope.path, expr.at)


def plain(expr: Expr) -> str | None:
    """The characters of a string without holes."""
    if not isinstance(expr, Text) or expr.prefix or expr.tag is not None:
        return None
    pieces = [piece.value for piece in expr.pieces if not isinstance(piece, Hole)]
    return "".join(pieces) if len(pieces) == len(expr.pieces) else None


def _spread(project: Project, expr: Expr, scope: Scope) -> Iterator[Reference]:
    """``**{"name__in": ...}``, and a dict kept in a local name with what is stored in it."""
    if isinstance(expr, Mapping):
        for entry in expr.entries:
            key = constant_key(entry)
            if key is not None and entry.key is not None:
                yield Reference(key, "lookup", scope.path, entry.key.at, entry.value)
        return
    if not isinstance(expr, Name):
        return
    variable = scope.find(expr.id, expr.at[0])
    if (
        variable is None
        or variable.scope is not scope
        or any(bind.kind != "assign" or bind.keys for bind in variable.binds)
    ):
        return
    for bind in reaching(variable, scope, expr.at[0]):
        if isinstance(bind.value, Mapping):
            yield from _spread(project, bind.value, scope)
    file = project.evaluator.file(scope.path)
    for name, stores in sorted(file.stores.items()) if file is not None else ():
        for store in stores:
            if (
                store.scope is scope
                and isinstance(store.owner, Name)
                and store.owner.id == expr.id
                and store.at[0] < expr.at[0]
                and not name.startswith("#")
            ):
                yield Reference(name, "lookup", scope.path, store.at, store.value)


def expressions(project: Project, expr: Expr, scope: Scope, depth: int = 0) -> Iterator[Reference]:
    """Names in ``Q``, ``F``, aggregates and the like, wherever they stand in an argument of the query itself."""
    if depth > 12:
        return
    if isinstance(expr, Call):
        yield from _expression_call(project, expr, scope, depth)
    elif isinstance(expr, Binary):
        yield from expressions(project, expr.left, scope, depth + 1)
        yield from expressions(project, expr.right, scope, depth + 1)
    elif isinstance(expr, Unary):
        yield from expressions(project, expr.operand, scope, depth + 1)
    elif isinstance(expr, Conditional):
        yield from expressions(project, expr.then, scope, depth + 1)
        yield from expressions(project, expr.other, scope, depth + 1)
    elif isinstance(expr, Sequence):
        return
    elif isinstance(expr, Name) and scope.kind in ("function", "module"):
        variable = scope.find(expr.id, expr.at[0])
        if (
            variable is None
            or variable.scope is not scope
            or any(bind.kind != "assign" for bind in variable.binds)
        ):
            return
        for bind in variable.binds:
            if isinstance(bind.value, (Call, Binary)) and bind.at[0] < expr.at[0] and not bind.keys:
                yield from expressions(project, bind.value, scope, depth + 4)


def _expression_call(project: Project, call: Call, scope: Scope, depth: int) -> Iterator[Reference]:
    last = _django_name(project, call, scope)
    if last in ("Q", "FilteredRelation"):
        for arg in call.args:
            if arg.spread == "**":
                if last == "Q":
                    yield from _spread(project, arg.value, scope)
            elif arg.name and not arg.spread:
                if last == "Q" and arg.name not in ("_connector", "_negated"):
                    yield Reference(arg.name, "lookup", scope.path, _head(arg.at, arg.name), arg.value)
                    yield from expressions(project, arg.value, scope, depth + 1)
                elif arg.name == "condition":
                    yield from expressions(project, arg.value, scope, depth + 1)
            elif not arg.spread:
                yield from expressions(project, arg.value, scope, depth + 1)
    elif last == "F":
        if len(call.args) == 1:
            yield from _text(call.args[0].value, "value", scope)
    elif last in _AGGREGATES:
        for i, arg in enumerate(call.args):
            if i == 0 and not arg.name and not arg.spread and plain(arg.value) != "*":
                yield from _text(arg.value, "value", scope)
            if not arg.spread and arg.name in ("", "filter"):
                yield from expressions(project, arg.value, scope, depth + 1)
    elif last in _TRANSPARENT:
        for arg in call.args:
            if last == "When" and arg.name and arg.name not in ("then", "condition") and not arg.spread:
                yield Reference(arg.name, "lookup", scope.path, _head(arg.at, arg.name), arg.value)
            elif not arg.spread:
                yield from expressions(project, arg.value, scope, depth + 1)


def _django_name(project: Project, call: Call, scope: Scope) -> str:
    """The last name of the function of Django that a call runs; ``""`` where it runs anything else."""
    callee = call.callee
    last = callee.id if isinstance(callee, Name) else callee.name if isinstance(callee, Member) else ""
    if last not in ("Q", "F", "FilteredRelation") and last not in _AGGREGATES and last not in _TRANSPARENT:
        return ""
    found = project.evaluator.eval(callee, scope)
    if not found or any(value.kind != "library" or not value.name.startswith("django.") for value in found):
        return ""
    return last
