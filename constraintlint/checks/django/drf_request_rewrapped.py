"""A view of Django REST framework hands its own request to another view of it."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.django._drf import (
    ACTIONS,
    METHODS,
    derives_from_rest,
    in_use,
    is_api_view,
    is_rest_class,
)
from constraintlint.facts.code import Call, Expr, Function, Member, Name
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "drf-request-rewrapped"


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for path in project.paths:
        if not path.endswith(".py") or not project.mentions(path, ("api_view", "as_view", "rest_framework")):
            continue
        file = project.evaluator.file(path)
        for scope in list(file.by_node.values()) if file is not None else ():
            request = _request(project, scope)
            if request:
                for call in scope.calls:
                    yield from _judge(project, call, scope, request)


def _request(project: Project, scope: Scope) -> str:
    """The name of the parameter that holds the framework's request in a view; ``""`` where the function is none."""
    function = scope.function
    if function is None or scope.parent is None:
        return ""
    position = 0
    if scope.parent.kind == "class":
        known = function.name in METHODS | ACTIONS or any(
            _last(item) == "action" for item in function.decorators
        )
        if not known or not is_rest_class(project, scope.parent):
            return ""
        position = 1
    elif not is_api_view(project, function, scope):
        return ""
    if len(function.params) <= position:
        return ""
    name = function.params[position].name
    variable = scope.find(name, scope.at[0] if not function.body else function.body[0].at[0])
    if variable is None or len(variable.binds) != 1:
        return ""  # it is given another value
    return name


def _judge(project: Project, call: Call, scope: Scope, request: str) -> Iterator[Finding]:
    if not call.args or call.args[0].spread:
        return
    first = call.args[0]
    if not (isinstance(first.value, Name) and first.value.id == request) or first.name not in ("", "request"):
        return
    target = _view(project, call, scope)
    if target is None:
        return
    name, step = target
    yield finding(
        RULE,
        scope.path,
        project.span(scope.path, first.at),
        f"{name} is a view of its own and is given a Request of the framework: AssertionError, the `request` argument must be "
        "an instance of django.http.HttpRequest",
        help=f"move what both do into a plain function, or hand on {request}._request",
        trace=step,
        subject=f"{scope.path}: {name}({request})",
    )


def _view(project: Project, call: Call, scope: Scope) -> tuple[str, list[Step]] | None:
    """(name, place) of the view a call runs."""
    callee = call.callee
    if isinstance(callee, Call) and isinstance(callee.callee, Member) and callee.callee.name == "as_view":
        values = project.evaluator.eval(callee.callee.object, scope)
        if values and all(value.kind == "class" and derives_from_rest(project, value) for value in values):
            return f"{values[0].name}.as_view()", []
        return None
    if not isinstance(callee, (Name, Member)) or (
        isinstance(callee, Member) and not isinstance(callee.object, Name)
    ):
        return None
    values = project.evaluator.eval(callee, scope)
    if not values:
        return None
    for value in values:
        if (
            value.kind != "function"
            or not isinstance(value.node, Function)
            or value.scope is None
            or value.base is not None
        ):
            return None
        if not is_api_view(project, value.node, value.scope):
            return None
    node = values[0]
    line, column, *_ = (
        project.span(node.scope.path, node.node.at)
        if node.scope is not None and node.node is not None
        else (1, 1)
    )
    return _last(callee), [
        Step(
            node.scope.path if node.scope is not None else scope.path, line, column, "decorated with api_view"
        )
    ]


def _last(expr: Expr) -> str:
    if isinstance(expr, Call):
        expr = expr.callee
    return expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""
