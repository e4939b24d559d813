"""What answers a route: the handler behind a value, and the methods class-based views define."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import At, Expr
from constraintlint.project.routes.records import Guard, Handler
from constraintlint.project.routes.startup import decorators
from constraintlint.project.routes.startup.values import (
    ClassValue,
    Decorated,
    FunctionValue,
    Instance,
    Value,
    innermost,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine


def handler_of(
    machine: Machine, value: Value, path: str, at: At, expr: Expr | None = None
) -> tuple[Handler, tuple[Guard, ...]]:
    """The handler behind a value and the guards its decorators are."""
    found = decorators.handler(machine, value, path, expr, at)
    return found, guards_of(value)


def guards_of(value: Value) -> tuple[Guard, ...]:
    return value.guards if isinstance(value, Decorated) else ()


def class_of(value: Value) -> ClassValue | None:
    """The class of the project a value is, decorators aside."""
    inner = innermost(value)
    return inner if isinstance(inner, ClassValue) else None


def class_attribute(cls: ClassValue, name: str) -> Value:
    """An attribute as the project's own classes define it, None where they do not."""
    for base in cls.order():
        if isinstance(base, ClassValue) and name in base.attrs:
            return base.attrs[name]
    return None


def method_handler(
    machine: Machine, cls: ClassValue, name: str, expr: Expr | None
) -> tuple[Handler, tuple[Guard, ...]]:
    """The method of a class-based view that answers, or the class where a base outside the project has it."""
    value = class_attribute(cls, name)
    inner = innermost(value)
    if isinstance(inner, FunctionValue):
        node, scope = machine.sources.scope(inner.path, inner.node)
        return (
            Handler(f"{cls.name}.{inner.name}", machine.place(inner.node.at, inner.path), node, scope, expr),
            guards_of(value),
        )
    return Handler(f"{cls.name}.{name}", machine.place(cls.node.at, cls.path), None, None, expr), guards_of(
        value
    )


def class_guards(machine: Machine, cls: ClassValue, how: str, value: Value) -> tuple[Guard, ...]:
    """The entries of a list such as ``decorators`` or ``permission_classes``."""
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(Guard(how, decorators.handler(machine, item, cls.path, None, cls.node.at)) for item in value)


def shown(value: Value) -> str:
    """How a value is called in a message."""
    inner = innermost(value)
    if isinstance(inner, Instance):
        return inner.cls.name
    return str(getattr(inner, "name", "") or "")
