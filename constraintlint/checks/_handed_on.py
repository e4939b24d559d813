"""Awaitables that are handed to a function which takes the result: one of a library that reads its argument, or one of the project.

``len(find())``, ``JSON.stringify(db.query(...))``, ``view(find(id))`` where ``view`` asks its parameter for a member.
"""

from __future__ import annotations

from constraintlint.checks._calls import library_names
from constraintlint.checks._parents import Parents
from constraintlint.checks._results import PROMISE, uses_of
from constraintlint.facts.code import Arg, Call, Class, Expr, Function, Member, Name
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.classes import ancestry
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import Scope

#: functions of the language that work with the value itself
_BUILTINS = frozenset(
    ("len", "int", "float", "dict", "list", "tuple", "sorted", "sum", "set", "enumerate", "max", "min", "zip")
)
_GLOBALS = frozenset(
    (
        "JSON#stringify", "Object#keys", "Object#values", "Object#entries", "Object#fromEntries", "Array#from", "Number", "String", "Number#isInteger",
        "parseInt", "parseFloat", "Boolean",
    )
)  # fmt: skip
_LIBRARY = frozenset(
    (
        "json.dumps", "flask.jsonify", "flask.json.jsonify", "aiohttp.web.json_response", "starlette.responses.JSONResponse",
        "fastapi.responses.JSONResponse", "django.http.JsonResponse", "dataclasses.asdict",
    )
)  # fmt: skip
#: class methods by which pydantic makes a model of a value
_VALIDATES = frozenset(("model_validate", "from_orm", "parse_obj"))
_MODELS = frozenset(("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel"))
_MAX_DEPTH = 2


class HandedOn:
    """Asked for an argument that is an awaitable: how the function it is given to uses it, "" where that is not certain."""

    def __init__(self, project: Project, parents: Parents) -> None:
        self.project = project
        self.parents = parents
        self._handlers: set[int] | None = None

    def __call__(self, arg: Arg, scope: Scope, own: frozenset[str], depth: int = 0) -> str:
        call = self.parents.of(scope.path, arg)
        if not isinstance(call, Call) or arg.spread:
            return ""
        name = _last(call.callee)
        if self._reads(call, scope, own):
            return f"given to {name}, which reads it as it is"
        used = self._by_function(call, arg, scope, own, depth) if depth < _MAX_DEPTH else ""
        return f"given to {name}, where it is {used}" if used else ""

    def _reads(self, call: Call, scope: Scope, own: frozenset[str]) -> bool:
        callee = call.callee
        if own is PROMISE:
            if self._answers(callee, scope):
                return True
            values = self.project.evaluator.eval(callee, scope)
            return bool(values) and all(
                value.kind == "library" and value.name in _GLOBALS for value in values
            )
        if isinstance(callee, Name) and callee.id in _BUILTINS:
            return scope.find(callee.id, callee.at[0]) is None
        if isinstance(callee, Member) and callee.name in _VALIDATES:
            models = self.project.evaluator.eval(callee.object, scope)
            return (
                len(models) == 1
                and isinstance(models[0].node, Class)
                and self._is_model(callee.object, scope)
            )
        return library_names(self.project, call, scope) <= _LIBRARY and bool(
            library_names(self.project, call, scope)
        )

    def _answers(self, callee: Expr, scope: Scope) -> bool:
        """``res.json(...)`` of Express, which writes a promise as ``{}``."""
        if (
            not isinstance(callee, Member)
            or callee.name not in ("json", "jsonp")
            or not isinstance(callee.object, Name)
        ):
            return False
        variable = scope.find(callee.object.id, callee.object.at[0])
        bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
        if bind is None or bind.kind != "param" or bind.index != 1 or bind.keys:
            return False
        if self._handlers is None:
            self._handlers = {
                id(handler.function)
                for route in self.project.routes.routes
                if route.framework == "express"
                for handler in (route.handler, *(guard.handler for guard in route.guards))
                if handler is not None and handler.function is not None
            }
        return id(bind.scope.function) in self._handlers

    def _is_model(self, expr: Expr, scope: Scope) -> bool:
        ev = self.project.evaluator
        return any(item.name in _MODELS for value in ev.eval(expr, scope) for item in ancestry(ev, value))

    def _by_function(self, call: Call, arg: Arg, scope: Scope, own: frozenset[str], depth: int) -> str:
        """How the parameter of a function of the project is used, where every use is one of the result."""
        ev = self.project.evaluator
        values = [item for value in ev.eval(call.callee, scope) for item in concrete(ev, value)]
        if call.new or len(values) != 1 or values[0].kind != "function" or values[0].branches:
            return ""
        inner, function = values[0].scope, values[0].node
        if (
            inner is None
            or not isinstance(function, Function)
            or function.body is None
            or function.decorators
        ):
            return ""
        for index, param in enumerate(function.params):
            if param.kind != "normal" or not param.name:
                continue
            if parameters.argument_of(call, inner, index, param) is arg.value:
                variables = inner.names.get(param.name, [])
                if len(variables) != 1 or len(variables[0].binds) != 1:
                    return ""
                return uses_of(
                    self.parents, variables[0], inner.path, None, own,
                    lambda given, own_: self(given, inner, own_, depth + 1),
                )  # fmt: skip
        return ""


def _last(expr: Expr) -> str:
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else "a function"
