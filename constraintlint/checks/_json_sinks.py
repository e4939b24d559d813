"""Where Python values are written as JSON by an encoder that knows plain values only, and the parts of what is written."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import argument, calls, library_names, uses
from constraintlint.facts.code import (
    AssignExpr,
    Call,
    Comprehension,
    Conditional,
    Expr,
    Mapping,
    Member,
    Name,
    Sequence,
)
from constraintlint.project import Project
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Scope

_NAMES = ("jsonify", "dumps", "json_response", "JSONResponse", "JsonResponse")
#: function -> the keyword of its first argument, and the keywords that bring another encoder
_SINKS: dict[str, tuple[str, frozenset[str]]] = {
    "json.dumps": ("obj", frozenset(("default", "cls"))),
    "aiohttp.web.json_response": ("data", frozenset(("dumps",))),
    "starlette.responses.JSONResponse": ("content", frozenset()),
    "fastapi.responses.JSONResponse": ("content", frozenset()),
    "django.http.JsonResponse": ("data", frozenset(("encoder", "json_dumps_params"))),
}
_FLASK = frozenset(("flask.jsonify", "flask.json.jsonify", "flask.json.dumps"))
#: what a project that teaches its encoders more says somewhere
_CUSTOM = ("JSONProvider", "json_encoder", "json_provider_class", "JSONEncoder", "json_provider")
_ROUTE_DECORATORS = frozenset(("route", "get", "post", "put", "patch", "delete"))
_MAX_DEPTH = 6


class Sink:
    """``name`` is the function as the library calls it; ``node`` its call, or what is returned; ``given`` what it is to write."""

    def __init__(self, name: str, node: Expr, scope: Scope, given: list[Expr]) -> None:
        self.name = name
        self.node = node
        self.scope = scope
        self.given = given


def sinks(project: Project) -> Iterator[Sink]:
    """Every such call in the served files; those of Flask only where nobody replaced its encoder."""
    custom = any(project.mentions(path, _CUSTOM) for path in project.resolutions if path.endswith(".py"))
    for call, scope in calls(project, _NAMES, python=True):
        if any(arg.spread == "**" for arg in call.args):
            continue
        found = library_names(project, call, scope)
        if len(found) != 1:
            continue
        name = found.pop()
        if name in _FLASK and not custom:
            values = [arg.value for arg in call.args if name.endswith("jsonify") or not arg.name]
            if not name.endswith("dumps") or not any(arg.name in ("default", "cls") for arg in call.args):
                yield Sink("jsonify" if name.endswith("jsonify") else "flask.json.dumps", call, scope, values)
        elif name in _SINKS:
            keyword, others = _SINKS[name]
            value = argument(call, 0, keyword)
            if value is not None and not any(arg.name in others for arg in call.args):
                yield Sink(name, call, scope, [value])
    if not custom and uses(project, frozenset(("flask",))):
        yield from _returned(project)


def _returned(project: Project) -> Iterator[Sink]:
    """What handlers of Flask return as a dict or a list, which Flask hands to ``jsonify``."""
    served = set(project.paths)
    seen: set[int] = set()
    for route in project.routes.routes:
        handler = route.handler
        if route.framework != "flask" or handler is None or handler.scope is None or handler.function is None:
            continue
        if handler.scope.path not in served or any(
            _last(item) not in _ROUTE_DECORATORS for item in handler.function.decorators
        ):
            continue
        for item in handler.scope.returns:
            value = item.value
            if isinstance(value, Sequence) and value.kind == "tuple" and value.items:
                value = value.items[0]
            if isinstance(value, (Mapping, Comprehension)) or (
                isinstance(value, Sequence) and value.kind == "list"
            ):
                if id(value) in seen:
                    continue
                seen.add(id(value))
                yield Sink("jsonify", value, handler.scope, [value])


def _last(expr: Expr) -> str:
    while isinstance(expr, Call):
        expr = expr.callee
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""


def parts(project: Project, expr: Expr, scope: Scope, depth: int = 0) -> Iterator[tuple[Expr, Scope]]:
    """The expressions an encoder comes to, itself first: the items of displays and comprehensions, under names too."""
    yield expr, scope
    if depth > _MAX_DEPTH:
        return
    if isinstance(expr, Mapping):
        for entry in expr.entries:
            if entry.key is not None:
                yield from parts(project, entry.value, scope, depth + 1)
    elif isinstance(expr, Sequence):
        for item in expr.items:
            yield from parts(project, item, scope, depth + 1)
    elif isinstance(expr, Conditional):
        yield from parts(project, expr.then, scope, depth + 1)
        yield from parts(project, expr.other, scope, depth + 1)
    elif isinstance(expr, AssignExpr):
        yield from parts(project, expr.value, scope, depth + 1)
    elif isinstance(expr, Comprehension):
        file = project.evaluator.file(scope.path)
        inner = file.at(expr.element.at[0]) if file is not None else scope
        if expr.kind == "dict" and expr.value is not None:
            yield from parts(project, expr.value, inner, depth + 1)
        elif expr.kind == "list":
            yield from parts(project, expr.element, inner, depth + 1)
    elif isinstance(expr, Name):
        variable = scope.find(expr.id, expr.at[0])
        binds = reaching(variable, scope, expr.at[0]) if variable is not None else []
        if len(binds) == 1 and binds[0].kind == "assign" and not binds[0].keys and not binds[0].op:
            value = binds[0].value
            if isinstance(value, (Mapping, Sequence, Comprehension)):
                yield from list(parts(project, value, binds[0].inner, depth + 1))[1:]
