"""The dependencies in the signature of a path operation: ``Depends`` as a default or in ``Annotated``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr
from constraintlint.project.routes.fastapi_objects import Dependency
from constraintlint.project.routes.records import Guard
from constraintlint.project.routes.startup.machine import Frame, Left
from constraintlint.project.routes.startup.members import ANNOTATED
from constraintlint.project.routes.startup.values import UNKNOWN, FunctionValue, Opaque, Value, innermost

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine


def guards(machine: Machine, endpoint: Value) -> tuple[Guard, ...]:
    """The guards a function's parameters are, in the order of the parameters."""
    function = innermost(endpoint)
    if not isinstance(function, FunctionValue):
        return ()
    found: list[Guard] = []
    machine.frames.append(Frame(function.path))
    try:
        for param in function.node.params:
            default = function.defaults.get(param.name)
            annotation = _annotation(machine, param.annotation, function)
            if isinstance(default, Dependency):
                found.append(default.guard(machine, annotation))
                continue
            if (
                isinstance(annotation, Opaque)
                and annotation.name == ANNOTATED
                and annotation.args is not None
            ):
                parts = annotation.args.args
                found += [item.guard(machine, parts[0]) for item in parts[1:] if isinstance(item, Dependency)]
    finally:
        machine.frames.pop()
    return tuple(found)


def _annotation(machine: Machine, expr: Expr | None, function: FunctionValue) -> Value:
    if expr is None:
        return None
    try:
        return machine.eval(expr, function.env)
    except Left:  # no steps are left
        return UNKNOWN
