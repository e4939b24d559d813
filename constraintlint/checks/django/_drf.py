"""What rules about Django REST framework share."""

from __future__ import annotations

from constraintlint.checks._calls import uses
from constraintlint.facts.code import Class, Expr, Function
from constraintlint.project import Project
from constraintlint.project.flow import classes
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value

PACKAGES = frozenset(("rest_framework",))
METHODS = frozenset(("get", "post", "put", "patch", "delete", "head", "options"))
ACTIONS = frozenset(("list", "create", "retrieve", "update", "partial_update", "destroy"))


def in_use(project: Project) -> bool:
    return uses(project, PACKAGES)


def derives_from_rest(project: Project, value: Value) -> bool:
    """Whether a class (or an instance of it) is, or derives from, one of the framework."""
    if value.kind in ("library", "result", "handle"):
        return value.name.startswith("rest_framework.")
    if value.kind not in ("class", "object"):
        return False
    return any(
        item.name.startswith("rest_framework.")
        for item in classes.ancestry(project.evaluator, value)
        if item.node is None
    )


def is_api_view(project: Project, function: Function, scope: Scope) -> bool:
    """Whether a function is decorated with the framework's ``api_view``."""
    return any(
        _is_decorator(project, item, scope, "rest_framework.decorators.api_view")
        for item in function.decorators
    )


def _is_decorator(project: Project, expr: Expr, scope: Scope, name: str) -> bool:
    callee = getattr(expr, "callee", expr)
    parent = scope.parent if scope.node is not None else scope
    found = project.evaluator.eval(callee, parent or scope)
    return bool(found) and all(value.kind == "library" and value.name == name for value in found)


def is_rest_class(project: Project, scope: Scope | None) -> bool:
    """Whether a class scope is that of a view of the framework."""
    if scope is None or not isinstance(scope.node, Class):
        return False
    value = Value("class", scope.path, scope.node.at, scope.node.name, node=scope.node, scope=scope)
    return derives_from_rest(project, value)
