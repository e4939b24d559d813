"""Methods that a view of Django handles in its code but refuses by its own declaration."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks.django._drf import METHODS
from constraintlint.checks.django._queries import plain
from constraintlint.checks.django._walk import served
from constraintlint.facts.code import (
    At,
    Binary,
    Call,
    Class,
    Expr,
    Function,
    Member,
    Name,
    Sequence,
    Text,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow import classes
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value

_DECORATORS: dict[str, tuple[str, ...] | None] = {
    "rest_framework.decorators.api_view": None,
    "django.views.decorators.http.require_http_methods": None,
    "django.views.decorators.http.require_GET": ("GET",),
    "django.views.decorators.http.require_POST": ("POST",),
    "django.views.decorators.http.require_safe": ("GET", "HEAD"),
}


class Refused(msgspec.Struct, frozen=True):
    """A method that is handled at ``at`` of ``path`` but refused by what stands at ``declared``."""

    path: str
    at: At
    method: str
    view: str
    allowed: tuple[str, ...]
    declared: At


def refused(project: Project) -> Iterator[Refused]:
    """In functions: a test of ``request.method`` against a method the decorator refuses; in classes: a handler whose method
    ``http_method_names`` leaves out."""
    for path in served(project, (*(name.rpartition(".")[2] for name in _DECORATORS), "http_method_names")):
        file = project.evaluator.file(path)
        for scope in list(file.by_node.values()) if file is not None else ():
            if isinstance(scope.node, Class):
                yield from _of_class(project, scope, scope.node)
            elif (
                isinstance(scope.node, Function)
                and scope.parent is not None
                and scope.parent.kind == "module"
            ):
                yield from _of_function(project, scope, scope.node)


def _of_function(project: Project, scope: Scope, function: Function) -> Iterator[Refused]:
    limit = _limit(project, scope, function)
    if limit is None or not function.params:
        return
    allowed, declared = limit
    request = function.params[0].name
    for stmt in function.body or ():
        for node in walk(stmt):
            if not isinstance(node, Binary) or node.op != "==":
                continue
            method = plain(node.right)
            left = node.left
            if (
                isinstance(left, Member)
                and left.name == "method"
                and isinstance(left.object, Name)
                and left.object.id == request
                and method is not None
                and method.lower() in METHODS - {"head", "options"}
                and method not in allowed
            ):
                yield Refused(scope.path, node.at, method, function.name, allowed, declared)


def _limit(project: Project, scope: Scope, function: Function) -> tuple[tuple[str, ...], At] | None:
    """(methods, place) of the one decorator that limits a function."""
    found: list[tuple[tuple[str, ...], At]] = []
    for decorator in function.decorators:
        callee = decorator.callee if isinstance(decorator, Call) else decorator
        values = project.evaluator.eval(callee, scope.parent or scope)
        names = {value.name for value in values if value.kind == "library"}
        if len(names) != 1 or not names <= set(_DECORATORS):
            continue
        methods = _DECORATORS[next(iter(names))]
        if methods is None:
            first = decorator.args[0].value if isinstance(decorator, Call) and decorator.args else None
            listed = _texts(first)
            if listed is None:
                return None
            methods = tuple(method.upper() for method in listed)
        found.append((methods, decorator.at))
    return found[0] if len(found) == 1 else None


def _of_class(project: Project, scope: Scope, cls: Class) -> Iterator[Refused]:
    variables = scope.names.get("http_method_names")
    if not variables or len(variables[-1].binds) != 1:
        return
    bind = variables[-1].binds[0]
    listed = _texts(bind.value)
    if listed is None or bind.value is None or not _is_view(project, scope, cls):
        return
    allowed = tuple(method.lower() for method in listed)
    named = {plain(node) for stmt in cls.body for node in walk(stmt) if isinstance(node, Text)}
    named |= {
        node.name
        for stmt in cls.body
        for node in walk(stmt)
        if isinstance(node, Member) and _is_own(node.object, cls)
    }
    for method in sorted(METHODS - {"head", "options"} - set(allowed)):
        if method in named:
            continue  # it is called by other ways: an action, another method
        for variable in scope.names.get(method, ()):
            for item in variable.binds:
                if isinstance(item.node, Function):
                    at = (item.node.at[0], item.node.at[0] + len("def ") + len(method))
                    yield Refused(
                        scope.path,
                        at,
                        method.upper(),
                        cls.name,
                        tuple(m.upper() for m in allowed),
                        bind.value.at,
                    )


def _is_own(owner: Expr, cls: Class) -> bool:
    """Whether a member is one of the view itself: ``self.delete``, ``super().delete``, ``Detail.delete``."""
    if isinstance(owner, Call):
        return isinstance(owner.callee, Name) and owner.callee.id == "super"
    return isinstance(owner, Name) and owner.id in ("self", "cls", cls.name)


def _is_view(project: Project, scope: Scope, cls: Class) -> bool:
    value = Value("class", scope.path, cls.at, cls.name, node=cls, scope=scope)
    above = classes.ancestry(project.evaluator, value)[1:]
    # a class of the project in between may dispatch in its own way
    return bool(above) and all(
        item.node is None and item.name.startswith(("django.views.", "rest_framework.")) for item in above
    )


def _texts(expr: Expr | None) -> list[str] | None:
    if not isinstance(expr, Sequence):
        return None
    found = [plain(item) for item in expr.items]
    return [text for text in found if text is not None] if all(text is not None for text in found) else None
