"""Managers in a class body: Django's own, classes of the project, those made from a queryset class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Class, Expr, Member
from constraintlint.project.flow import classes
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.django_records import Manager

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

_QUERYSETS = frozenset(
    ("django.db.models.Manager", "django.db.models.QuerySet", "django.db.models.query.QuerySet")
)
_OF_DJANGO = (
    "django.db.models.",
    "django.contrib.auth.",
    "django.contrib.sites.managers",
    "django.contrib.contenttypes",
)
#: methods by which a class changes what a queryset starts with
_STARTS = frozenset(("get_queryset", "__init__", "_clone", "__getattr__", "all"))


def manager_of(
    ev: Evaluator, name: str, expr: Expr | None, scope: Scope | None, values: Iterable[Value]
) -> Manager | None:
    """The manager that an expression gives; None where it is none. Without an expression: Django's default one."""
    if expr is None or scope is None:
        return Manager(name, True, True)
    for value in values:
        if value.kind == "handle" and value.name in _QUERYSETS:
            made = _from_queryset(ev, expr, scope)
            return made_manager(ev, name, made) if made else Manager(name, not made, True)
        if value.kind == "object" and isinstance(value.node, Class) and _is_manager(ev, value):
            return made_manager(ev, name, [value])
        if value.kind == "result" and value.name.startswith("django.") and value.name.endswith("Manager()"):
            return Manager(name, False, False)
    made = _from_queryset(ev, expr, scope)
    if made:
        return made_manager(ev, name, made)
    if isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name == "as_manager":
        return Manager(name, False, False)
    return None


def made_manager(ev: Evaluator, name: str, found: list[Value]) -> Manager:
    plain, known, seen = True, True, []
    for cls in found:
        for item in classes.ancestry(ev, cls):
            if isinstance(item.node, Class) and item.scope is not None:
                seen.append(item)
                if not _STARTS.isdisjoint(item.scope.names):
                    plain = False
                for base in item.node.bases:
                    if item.scope.parent is None or base.name:
                        continue
                    inner = _from_queryset(ev, base.value, item.scope.parent)
                    if inner:
                        more = made_manager(ev, name, inner)
                        seen += more.classes
                        plain, known = plain and more.plain, known and more.known
                    elif not ev.eval(base.value, item.scope.parent):
                        plain = known = False
            elif item.kind != "result" and not item.name.startswith((*_OF_DJANGO, "typing.", "builtins.")):
                plain = known = False
    return Manager(name, plain, known, tuple(seen))


def _is_manager(ev: Evaluator, value: Value) -> bool:
    for item in classes.ancestry(ev, value):
        name = item.name
        if not isinstance(item.node, Class) and (
            name in _QUERYSETS
            or (name.startswith("django.") and name.endswith("Manager"))
            or "from_queryset" in name
        ):
            return True
        if isinstance(item.node, Class) and item.node.name.endswith("Manager"):
            return True
    return False


def _from_queryset(ev: Evaluator, expr: Expr, scope: Scope) -> list[Value]:
    """Classes behind ``QS.as_manager()``, ``Manager.from_queryset(QS)`` and a call of it."""
    if not isinstance(expr, Call):
        return []
    callee = expr.callee
    if isinstance(callee, Call):
        return _from_queryset(ev, callee, scope)
    if not isinstance(callee, Member):
        return []
    if callee.name == "as_manager":
        return [value for value in ev.eval(callee.object, scope) if value.kind == "class"]
    if callee.name == "from_queryset" and expr.args:
        own = [value for value in ev.eval(callee.object, scope) if value.kind == "class"]
        return own + [value for value in ev.eval(expr.args[0].value, scope) if value.kind == "class"]
    return []
