"""Handlers of Quart and Sanic: the functions that answer their requests, and the parts of the path each is given.

These frameworks have no route table here; what a decorator or a registration says of its own function needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Function, Member
from constraintlint.project.flow.scopes import FileScopes, Scope

if TYPE_CHECKING:
    from constraintlint.project import Project

#: what makes an application or blueprint, as the evaluator names it -> its framework
_MAKERS = {
    "quart.Quart()": "quart",
    "quart.app.Quart()": "quart",
    "quart.Blueprint()": "quart",
    "quart.blueprints.Blueprint()": "quart",
    "sanic.Sanic()": "sanic",
    "sanic.app.Sanic()": "sanic",
    "sanic.Blueprint()": "sanic",
    "sanic.blueprints.Blueprint()": "sanic",
}
_DECORATORS = frozenset(("route", "get", "post", "put", "patch", "delete", "head", "options"))
#: ``<int:page>`` of werkzeug, ``<page:int>`` of Sanic
_QUART = re.compile(r"<(?:(?P<converter>\w+)(?:\([^<>]*\))?:)?(?P<name>\w+)>")
_SANIC = re.compile(r"<(?P<name>\w+)(?::(?P<converter>[^<>]*))?>")
#: converters that give any string
_STRINGS = frozenset(("default", "string", "str", "strorempty", "alpha", "path"))


def handlers(project: Project) -> dict[int, dict[str, str]]:
    """``id`` of a function -> the parameters of its path -> what they let through: a converter, "" for any string."""
    imported = {item.package for found in project.resolutions.values() for item in found.external}
    found: dict[int, dict[str, str]] = {}
    if imported.isdisjoint(("quart", "sanic")):
        return found
    for path in sorted(project.resolutions):
        file = project.evaluator.file(path) if path.endswith(".py") else None
        for function, call, scope in _registered(project, file) if file is not None else ():
            parameters = _parameters(project, call, scope)
            if parameters is not None:
                found.setdefault(id(function), {}).update(parameters)
    return found


def _registered(project: Project, file: FileScopes) -> Iterator[tuple[Function, Call, Scope]]:
    """Functions with the call that registers them, and its scope."""
    for inner in file.by_node.values():
        function = inner.function
        for decorator in function.decorators if function is not None and inner.parent is not None else ():
            if isinstance(decorator, Call) and function is not None and inner.parent is not None:
                yield function, decorator, inner.parent
    for name, position in (("add_route", 0), ("add_url_rule", 2)):
        for call, scope in file.calls.get(name, ()):
            view = _given(call, position, "handler", "view_func")
            for value in project.evaluator.eval(view, scope) if view is not None else ():
                if isinstance(value.node, Function):
                    yield value.node, call, scope


def _parameters(project: Project, call: Call, scope: Scope) -> dict[str, str] | None:
    """The parameters of the path that a registration names; None where it is none of these frameworks."""
    callee = call.callee
    if not isinstance(callee, Member) or callee.name not in (*_DECORATORS, "add_route", "add_url_rule"):
        return None
    owners = project.evaluator.eval(callee.object, scope)
    frameworks = {_MAKERS.get(value.name) for value in owners}
    if len(frameworks) != 1 or None in frameworks:
        return None
    given = _given(call, 1 if callee.name == "add_route" else 0, "uri", "rule")
    texts = project.evaluator.eval(given, scope) if given is not None else ()
    pattern = _QUART if "quart" in frameworks else _SANIC
    found: dict[str, str] = {}
    for value in texts:
        path = value.text.constant if value.text is not None else None
        for match in pattern.finditer(path or ""):
            converter = match["converter"] or ""
            found[match["name"]] = "" if converter in _STRINGS else converter
    return found


def _given(call: Call, position: int, *keywords: str) -> Expr | None:
    for arg in call.args:
        if arg.name and arg.name in keywords:
            return arg.value
    plain = [arg.value for arg in call.args if not arg.name and not arg.spread]
    return plain[position] if position < len(plain) else None
