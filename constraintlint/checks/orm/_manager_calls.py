"""Calls of the methods that managers of Django models define: ``Member.objects.create_user(name="x")``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks.django._walk import served
from constraintlint.facts.code import Call, Define, Function, Member, Node, Param
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_records import Manager


class Refused(msgspec.Struct, frozen=True, eq=False):
    """``problem`` is what is wrong with a call of ``method`` of the class ``owner``; ``at`` is the argument, or the call."""

    scope: Scope
    at: Node
    owner: str
    method: str
    problem: str
    takes: tuple[str, ...]
    path: str
    function: Function


def refused(project: Project) -> Iterator[Refused]:
    """Every call that Python refuses with a TypeError."""
    managers = [manager for model in project.django.all for manager in model.managers.values()]
    words = {name for manager in managers for cls in manager.classes for name in _methods(cls.node)}
    for path in served(project, words) if words else ():
        file = project.evaluator.file(path)
        for name in sorted(words & file.calls.keys()) if file is not None else ():
            for call, scope in file.calls[name] if file is not None else ():
                found = _judge(project, call, scope)
                if found is not None:
                    yield found


def _methods(node: object) -> Iterator[str]:
    for stmt in getattr(node, "body", None) or ():
        if isinstance(stmt, Define):
            yield stmt.function.name


def _judge(project: Project, call: Call, scope: Scope) -> Refused | None:
    callee = call.callee
    if not isinstance(callee, Member) or any(arg.spread for arg in call.args):
        return None
    typed = project.django.types.of(callee.object, scope)
    if typed is None or typed.kind != "manager" or typed.manager is None:
        return None
    found = _method(typed.manager, callee.name)
    if found is None:
        return None
    owner, path, function = found
    params = function.params[1:]
    if function.decorators or not function.params or any(param.kind == "kwrest" for param in params):
        return None
    names = [param.name for param in params if param.kind in ("normal", "keyword")]
    positional = [param for param in params if param.kind == "normal"]
    plain = [arg for arg in call.args if not arg.name]
    unknown = next((arg for arg in call.args if arg.name and arg.name not in names), None)
    if unknown is not None:
        return Refused(
            scope,
            unknown,
            owner,
            callee.name,
            f"does not take {unknown.name!r}",
            tuple(names),
            path,
            function,
        )
    if len(plain) > len(positional) and not any(param.kind == "rest" for param in params):
        problem = f"takes {len(positional)} positional arguments and is given {len(plain)}"
        return Refused(
            scope, plain[len(positional)], owner, callee.name, problem, tuple(names), path, function
        )
    missing = _missing(params, positional[len(plain) :], {arg.name for arg in call.args})
    if missing:
        return Refused(
            scope, call, owner, callee.name, f"needs {', '.join(missing)}", tuple(names), path, function
        )
    return None


def _missing(params: list[Param], left: list[Param], given: set[str]) -> list[str]:
    asked = [*left, *(param for param in params if param.kind == "keyword")]
    return [param.name for param in asked if param.default is None and param.name not in given]


def _method(manager: Manager, name: str) -> tuple[str, str, Function] | None:
    """The first class of a manager that defines the method, its file, and the function."""
    for cls in manager.classes:
        for stmt in getattr(cls.node, "body", None) or ():
            if isinstance(stmt, Define) and stmt.function.name == name:
                return cls.name, cls.path, stmt.function
    return None
