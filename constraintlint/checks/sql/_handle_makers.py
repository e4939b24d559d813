"""Where a handle that a function works with is made, through parameters, injected dependencies and attributes of ``self``."""

from __future__ import annotations

from constraintlint.checks._dependencies import dependency
from constraintlint.checks.sql._python_rows import handles
from constraintlint.facts.code import Await, Constant, Expr, Function, Member, Name, Param
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value

_MAX_DEPTH = 6


def makers(project: Project, expr: Expr, scope: Scope, depth: int = 0) -> list[Value]:
    """The handles an expression can be, each with the call that makes it; empty where one of them is not traced to its call."""
    if depth > _MAX_DEPTH:
        return []
    if isinstance(expr, Await):
        expr = expr.value
    found = handles(project.evaluator, expr, scope)
    if found and all(value.call is not None for value in found):
        return found
    if isinstance(expr, Name):
        return _of_name(project, expr, scope, depth)
    if isinstance(expr, Member):
        owners = [value for value in project.evaluator.eval(expr.object, scope) if value.kind != "constant"]
        if len(owners) == 1 and owners[0].kind == "object" and owners[0].scope is not None:
            return _of_field(project, expr.name, owners[0].scope, depth)
    return []


def _of_name(project: Project, expr: Name, scope: Scope, depth: int) -> list[Value]:
    variable = scope.find(expr.id, expr.at[0])
    binds = reaching(variable, scope, expr.at[0]) if variable is not None else []
    bind = binds[0] if len(binds) == 1 else None
    if bind is None or bind.keys:
        return []
    if bind.kind == "assign" and bind.value is not None:
        return makers(project, bind.value, bind.inner, depth + 1)
    if bind.kind == "param" and isinstance(bind.node, Param):
        return _of_parameter(project, bind, bind.node, depth)
    return []


def _of_parameter(project: Project, bind: Bind, param: Param, depth: int) -> list[Value]:
    """What is injected (``= Depends(f)``, ``Annotated[T, Depends(f)]``), else what every call gives."""
    injected = dependency(project, param, bind.scope)
    if injected is not None:
        return _of_dependency(project, *injected, depth)
    function = bind.scope.function
    if function is None or param.kind in ("rest", "kwrest"):
        return []
    found: list[Value] = []
    for call, caller, _ in parameters.call_sites(project.evaluator, bind.scope, function):
        given = parameters.argument_of(call, bind.scope, bind.index, param)
        made = makers(project, given, caller, depth + 1) if given is not None else []
        if not made:
            return []
        found += made
    return found


def _of_dependency(project: Project, expr: Expr, scope: Scope, depth: int) -> list[Value]:
    found: list[Value] = []
    for value in project.evaluator.eval(expr, scope):
        function = value.node
        if value.kind != "function" or not isinstance(function, Function):
            return []
        inner = project.evaluator.scope_of(value.path, function)
        given = (
            [*(item.value for item in inner.yields), *(item.value for item in inner.returns)] if inner else []
        )
        if inner is None or not given:
            return []
        for item in given:
            made = makers(project, item, inner, depth + 1) if item is not None else []
            if not made:
                return []
            found += made
    return found


def _of_field(project: Project, name: str, owner: Scope, depth: int) -> list[Value]:
    """``self.name``: what the methods of the class assign to it."""
    found: list[Value] = []
    for bind in owner.fields.get(name, ()):
        if isinstance(bind.value, Constant) and bind.value.kind == "none":
            continue
        made = makers(project, bind.value, bind.inner, depth + 1) if bind.value is not None else []
        if not made:
            return []
        found += made
    return found
