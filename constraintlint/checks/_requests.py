"""The functions that run while requests are answered: handlers, and what they call."""

from __future__ import annotations

from constraintlint.checks._calls import callees
from constraintlint.facts.code import Function
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

_MAX_DEPTH = 5
_MAX_FUNCTIONS = 600


def reached(project: Project, python: bool = True) -> list[Scope]:
    """Scopes of the handlers of every route and of the functions they surely call, nested ones included; in a fixed order."""
    found: dict[int, Scope] = {}
    queue: list[tuple[Scope, int]] = []
    for route in project.routes.routes:
        handlers = [route.handler, *(guard.handler for guard in route.guards)]
        for handler in handlers:
            scope = handler.scope if handler is not None else None
            if scope is not None and scope.path.endswith(".py") is python:
                queue.append((scope, 0))
    while queue:
        scope, depth = queue.pop(0)
        if id(scope) in found or len(found) >= _MAX_FUNCTIONS:
            continue
        found[id(scope)] = scope
        queue += [(child, depth) for child in scope.children if child.kind != "class"]
        if depth >= _MAX_DEPTH:
            continue
        for call in scope.calls:
            for value in callees(project, call, scope):
                if value.kind == "function" and isinstance(value.node, Function) and value.scope is not None:
                    inner = project.evaluator.scope_of(value.path, value.node)
                    if inner is not None:
                        queue.append((inner, depth + 1))
    return list(found.values())
