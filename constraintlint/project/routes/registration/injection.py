"""Containers of injected services: awilix in full, and any that gives an object of a class it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes.registration.values import (
    Array,
    ClassValue,
    Closure,
    Getter,
    Library,
    Made,
    Object,
    Undefined,
    Unknown,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.machine import Machine
    from constraintlint.project.routes.registration.values import Value

#: methods that give an object of the class they are given
_ASKED = frozenset(
    ("resolve", "get", "make", "build", "inject", "getInstance", "instance", "getCustomRepository")
)
_AWILIX = "awilix#"
_CRADLE = "#cradle"


def injected(machine: Machine, made: Made) -> Value | None:
    """What a container gives for a class: ``container.resolve(OrderController)``."""
    if not made.args or made.name.rpartition(".")[2] not in _ASKED:
        return None
    first = made.args[0]
    if isinstance(first, ClassValue):
        made.args[0] = Unknown("", first.cls.name)  # asked again while it is made
        made.args[0] = machine.construct(first, [], made.site)
        return made.args[0]
    return first if isinstance(first, Object) and first.cls is not None else None


# --- awilix -----------------------------------------------------------------------------------------------------


def call(machine: Machine, target: Library, args: list[Value]) -> Value | None:
    """``createContainer()``, and ``asFunction(f).singleton()``, which is still the same registration."""
    if target.name == f"{_AWILIX}createContainer":
        cradle = Object({}, open=True)
        return Object({"cradle": cradle, _CRADLE: cradle}, open=True)
    if isinstance(target.owner, Made) and target.owner.name.startswith(f"{_AWILIX}as"):
        return target.owner
    return None


def is_container(value: Object) -> bool:
    return _CRADLE in value.properties


def container_method(machine: Machine, container: Object, name: str, args: list[Value]) -> Value:
    """``register``, ``resolve`` and ``build`` of a container."""
    cradle = container.properties[_CRADLE]
    assert isinstance(cradle, Object)
    first = args[0] if args else Undefined()
    if name == "register":
        if isinstance(first, Object):
            cradle.properties.update(first.properties)
        elif isinstance(first, str) and len(args) > 1:
            cradle.properties[first] = args[1]
        return container
    if name in ("resolve", "cradle") and isinstance(first, str):
        return machine.member(cradle, first)
    if name == "build":
        return _built(machine, first, cradle)
    if name == "createScope":
        return container
    return Unknown("a method of the container", name)


def resolved(machine: Machine, owner: Object, name: str) -> Value:
    """A property; where it is a registration of awilix or a getter, what that gives."""
    value = owner.properties[name]
    if isinstance(value, Getter):
        return machine.call_function(value.closure, [], owner)
    if isinstance(value, Made) and value.name.startswith(f"{_AWILIX}as"):
        owner.properties[name] = Unknown("services need each other in a circle", name)
        given = value.args[0] if value.args else Undefined()
        made = given if value.name == f"{_AWILIX}asValue" else _built(machine, given, owner)
        owner.properties[name] = made
        return made
    return value


def _built(machine: Machine, given: Value, cradle: Object) -> Value:
    if isinstance(given, Closure):
        return machine.call_function(given, [cradle])
    if isinstance(given, ClassValue):
        return machine.construct(given, [cradle], None)
    return given if not isinstance(given, Array) else Unknown("a registration")
