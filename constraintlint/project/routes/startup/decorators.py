"""Decorators: those of the project are called, those of libraries guard; the function behind them stays known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr
from constraintlint.project.routes.records import Guard, Handler
from constraintlint.project.routes.startup import calls
from constraintlint.project.routes.startup.values import (
    Arguments,
    Builtin,
    ClassValue,
    Decorated,
    Environment,
    FunctionValue,
    Library,
    Native,
    Opaque,
    Value,
    innermost,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

#: decorators that change how a function is called, not what it does
_KINDS = {
    "staticmethod": "static",
    "classmethod": "class",
    "property": "property",
    "cached_property": "property",
}
#: decorators that leave everything as it is for a route
_PLAIN = frozenset(
    [
        "functools.lru_cache", "functools.cache", "functools.lru_cache()", "abc.abstractmethod", "typing.overload",
        "typing.final", "typing.override", "dataclasses.dataclass", "dataclasses.dataclass()", "contextlib.contextmanager",
        "contextlib.asynccontextmanager", "functools.singledispatch", "typing.no_type_check", "attr.s", "attr.s()",
        "functools.total_ordering", "asyncio.coroutine",
    ]
)  # fmt: skip


def apply(machine: Machine, decorators: list[Expr], target: Value, env: Environment) -> Value:
    """The value a definition gets after its decorators, the one nearest to it first."""
    for expr in reversed(decorators):
        name = calls.dotted(expr)
        kind = _KINDS.get(name.rpartition(".")[2])
        if kind and isinstance(target, FunctionValue):
            target.kind = kind
            continue
        if kind and isinstance(target, Decorated) and isinstance(target.original, FunctionValue):
            target.original.kind = kind
            continue
        decorator = machine.eval(expr, env)
        target = decorate(machine, decorator, target, expr)
    return target


def decorate(machine: Machine, decorator: Value, target: Value, expr: Expr) -> Value:
    name = getattr(decorator, "name", "") if isinstance(decorator, (Library, Opaque)) else ""
    if name in _PLAIN:
        return target
    args = Arguments(machine.path, expr.at, [target])
    if isinstance(decorator, (Builtin, Native)):
        result = calls.call(machine, decorator, args)
        return result if result is not None else target
    if isinstance(decorator, Library) and decorator.name in machine.functions:
        return machine.functions[decorator.name](machine, args)
    result = calls.call(machine, decorator, args)
    if result is target:
        return target
    if innermost(result) is innermost(target) and isinstance(result, Decorated):
        return result
    if isinstance(target, ClassValue) and isinstance(result, ClassValue):
        return result
    own = guard(machine, "decorator", decorator, expr)
    inner = innermost(target)
    if isinstance(inner, ClassValue):
        inner.decorators.insert(0, own)
    guards = (own, *guards_of(target))
    return Decorated(innermost(target), result, guards)


def guards_of(value: Value) -> tuple[Guard, ...]:
    return value.guards if isinstance(value, Decorated) else ()


def guard(machine: Machine, how: str, value: Value, expr: Expr) -> Guard:
    """What a decorator, hook or dependency runs."""
    return Guard(how, handler(machine, value, machine.path, expr))


def handler(
    machine: Machine, value: Value, path: str, expr: Expr | None, at: tuple[int, int] = (0, 0)
) -> Handler:
    """The function a value runs, as the project has it."""
    inner = innermost(value)
    name = calls.dotted(expr) if expr is not None else ""
    place = machine.place(expr.at if expr is not None else at, path)
    if isinstance(inner, FunctionValue):
        node, scope = machine.sources.scope(inner.path, inner.node)
        if inner.owner is not None and inner.name != "__call__":
            return Handler(
                f"{inner.owner.name}.{inner.name}",
                machine.place(inner.node.at, inner.path),
                node,
                scope,
                expr,
            )
        # the function a decorator factory gives is named after the factory
        shown = name.rpartition(".")[2] if inner.env.kind == "call" and name else inner.name
        return Handler(shown, machine.place(inner.node.at, inner.path), node, scope, expr)
    if isinstance(inner, ClassValue):
        return Handler(inner.name, machine.place(inner.node.at, inner.path), None, None, expr)
    if isinstance(inner, (Library, Opaque)):
        return Handler(name or inner.name.removesuffix("()"), place, None, None, expr)
    cls = getattr(inner, "cls", None)
    if isinstance(cls, ClassValue):
        own = next(
            (
                b.attrs.get("__call__")
                for b in cls.order()
                if isinstance(b, ClassValue) and "__call__" in b.attrs
            ),
            None,
        )
        function = innermost(own)
        if isinstance(function, FunctionValue):
            node, scope = machine.sources.scope(function.path, function.node)
            return Handler(cls.name, machine.place(cls.node.at, cls.path), node, scope, expr)
        return Handler(cls.name, machine.place(cls.node.at, cls.path), None, None, expr)
    return Handler(name or "?", place, None, None, expr)


def as_base(value: Value) -> Value:
    """What a class derives from where ``value`` is written as its base."""
    return innermost(value)
