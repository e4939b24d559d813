"""Attributes and items of values: of classes and instances, modules, library names, strings and containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import At
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Blank,
    Builtin,
    ClassValue,
    Decorated,
    FunctionValue,
    Instance,
    Library,
    Method,
    Module,
    Native,
    Opaque,
    Super,
    Value,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

#: bases whose fields are filled from the environment
_SETTINGS = ("pydantic_settings.BaseSettings", "pydantic.BaseSettings", "starlette.config.Config")


#: the name of an ``Annotated[...]``
ANNOTATED = "typing.Annotated[]"


class Iterable_:
    """A library object that can be iterated over."""

    def items(self, machine: Machine) -> list[Value] | None:
        return None


def attribute(machine: Machine, owner: Value, name: str) -> Value:
    """``owner.name``; UNKNOWN where it is not known, also where there is none."""
    found = lookup(machine, owner, name)
    return UNKNOWN if found is MISSING else found


def lookup(machine: Machine, owner: Value, name: str) -> Value:
    """``owner.name``; MISSING where there is certainly none."""
    from constraintlint.project.routes.startup import containers, imports

    if isinstance(owner, Instance):
        return _of_instance(machine, owner, name)
    if isinstance(owner, Native):
        return owner.attribute(machine, name)
    if isinstance(owner, ClassValue):
        return of_class(machine, owner, name, owner)
    if isinstance(owner, Module):
        return imports.module_attribute(machine, owner, name)
    if isinstance(owner, imports.Namespace):
        return imports.by_name(machine, f"{owner.name}.{name}", owner.near)
    if isinstance(owner, Library):
        full = f"{owner.name}.{name}"
        return machine.names.get(full) or Library(full)
    if isinstance(owner, Opaque):
        return owner.attrs[name] if name in owner.attrs else Opaque(f"{owner.name}.{name}")
    if isinstance(owner, FunctionValue):
        return _of_function(owner, name)
    if isinstance(owner, Decorated):
        if name in owner.attrs:
            return owner.attrs[name]
        found = lookup(machine, owner.value, name)
        return found if not isinstance(found, (Blank, Opaque)) else lookup(machine, owner.original, name)
    if isinstance(owner, Method):
        return lookup(machine, owner.function, name)
    if isinstance(owner, Super):
        return _of_super(machine, owner, name)
    if isinstance(owner, (str, list, tuple, dict, set)):
        return containers.method(owner, name)
    return UNKNOWN


def _of_function(owner: FunctionValue, name: str) -> Value:
    if name in owner.attrs:
        return owner.attrs[name]
    if name in ("__name__", "__qualname__"):
        return owner.wraps.name if isinstance(owner.wraps, FunctionValue) else owner.name
    if name == "__wrapped__" and owner.wraps is not None:
        return owner.wraps
    if owner.wraps is not None and isinstance(owner.wraps, FunctionValue):
        return owner.wraps.attrs.get(name, MISSING)
    return MISSING


def bind(machine: Machine, found: Value, receiver: Value, cls: Value) -> Value:
    """An attribute of a class as an instance (or the class) gives it."""
    inner = found.value if isinstance(found, Decorated) else found
    if not isinstance(inner, FunctionValue):
        return found
    if inner.kind == "static":
        return found
    if inner.kind == "class":
        return Method(found, cls)
    if inner.kind == "property":
        from constraintlint.project.routes.startup.calls import call

        if isinstance(receiver, ClassValue):
            return UNKNOWN
        return call(machine, Method(inner, receiver), Arguments(inner.path, inner.node.at))
    return found if isinstance(receiver, ClassValue) else Method(found, receiver)


def of_class(machine: Machine, cls: ClassValue, name: str, receiver: Value) -> Value:
    """An attribute found along the method resolution order."""
    if name == "__name__":
        return cls.name
    if name == "__bases__":
        return tuple(cls.bases)
    for base in cls.order():
        if isinstance(base, ClassValue):
            if name in base.attrs:
                return bind(machine, base.attrs[name], receiver, cls)
        elif isinstance(base, Library):
            held = machine.functions.get(f"{base.name}.{name}")
            if held is not None:
                bound = cls
                return Builtin(lambda m, a, held=held, bound=bound: held(m, _with_owner(a, bound)), name)  # type: ignore[misc]
        else:
            break
    if all(isinstance(base, ClassValue) for base in cls.order()):
        return MISSING
    shared = machine.class_methods.get(name)
    if shared is not None:
        return Builtin(lambda m, a: shared(m, _with_owner(a, cls)), name)
    return UNKNOWN


def _with_owner(args: Arguments, owner: Value) -> Arguments:
    found = Arguments(args.path, args.at, [owner, *args.args], args.kwargs, args.node, args.env)
    found.open = args.open
    return found


def _of_instance(machine: Machine, owner: Instance, name: str) -> Value:
    if name == "__class__":
        return owner.cls
    if name in owner.attrs:
        return owner.attrs[name]
    found = of_class(machine, owner.cls, name, owner)
    if (found is MISSING or found is UNKNOWN) and owner.native is not None:
        held = owner.native.attribute(machine, name)
        if held is not MISSING:
            return held
    if owner.cls.is_a(*_SETTINGS):
        machine.doubts += 1
    return found


def _of_super(machine: Machine, owner: Super, name: str) -> Value:
    receiver = owner.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if not isinstance(cls, ClassValue):
        return UNKNOWN
    order = cls.order()
    at = next((i for i, base in enumerate(order) if base is owner.after), -1)
    for base in order[at + 1 :]:
        if isinstance(base, ClassValue) and name in base.attrs:
            return bind(machine, base.attrs[name], receiver, cls)
        if isinstance(base, Library):
            held = machine.functions.get(f"{base.name}.{name}")
            if held is not None:
                return Builtin(
                    lambda m, a, held=held, bound=receiver: held(m, _with_owner(a, bound)),  # type: ignore[misc]
                    name,
                )
            if isinstance(receiver, Instance):
                if name == "__init__":
                    return Builtin(
                        lambda m, a, base=base, made=receiver: make_native(m, made, base, a),  # type: ignore[misc]
                        name,
                    )
                if receiver.native is not None:
                    return receiver.native.attribute(machine, name)
    return UNKNOWN


def make_native(machine: Machine, instance: Instance, base: Library, args: Arguments) -> Value:
    """The library object that an instance of a derived class also is."""
    constructor = machine.functions.get(base.name)
    if constructor is not None:
        made = constructor(machine, args)
        if isinstance(made, Native):
            instance.native = made
            made.attrs.setdefault("__owner__", instance)
            return None
    instance.made = args
    return None


def set_attribute(machine: Machine, owner: Value, name: str, value: Value) -> None:
    if isinstance(owner, Native):
        owner.set(machine, name, value)
    elif (
        isinstance(owner, Instance)
        and owner.native is not None
        and owner.native.attribute(machine, name) is not MISSING
    ):
        owner.native.set(machine, name, value)
    elif isinstance(owner, (Instance, FunctionValue, ClassValue, Opaque, Decorated)):
        owner.attrs[name] = value
    elif isinstance(owner, Module):
        owner.env.names[name] = value


def item(machine: Machine, owner: Value, key: Value) -> Value:
    """``owner[key]``."""
    if isinstance(owner, (list, tuple, str)) and isinstance(key, (int, slice)):
        try:
            return owner[key]
        except (IndexError, ValueError):
            return UNKNOWN
    if isinstance(owner, dict):
        try:
            return owner.get(key, UNKNOWN)
        except TypeError:
            return UNKNOWN
    if isinstance(owner, Native):
        found = owner.attribute(machine, "__getitem__")
        if isinstance(found, Builtin):
            return found.run(machine, Arguments(machine.path, (0, 0), [key]))
    if isinstance(owner, Library) and owner.name.endswith(".Annotated") and isinstance(key, tuple):
        return Opaque(ANNOTATED, Arguments(machine.path, (0, 0), list(key)))
    if isinstance(owner, (Library, ClassValue)):
        return owner  # a generic type
    return UNKNOWN


def set_item(machine: Machine, owner: Value, key: Value, value: Value) -> None:
    if isinstance(owner, dict):
        try:
            owner[key] = value
        except TypeError:
            return
    elif isinstance(owner, list) and isinstance(key, int) and -len(owner) <= key < len(owner):
        owner[key] = value
    elif isinstance(owner, Native):
        found = owner.attribute(machine, "__setitem__")
        if isinstance(found, Builtin):
            found.run(machine, Arguments(machine.path, (0, 0), [key, value]))


def formatted(text: str, values: Value) -> Value:
    """``text % values``."""
    parts = values if isinstance(values, (tuple, dict)) else (values,)
    plain = parts.values() if isinstance(parts, dict) else parts
    if all(isinstance(part, (str, int, float)) for part in plain):
        try:
            return text % parts
        except (TypeError, ValueError, KeyError, OverflowError, MemoryError):
            return UNKNOWN
    return Blank("part of the text is not known", text.partition("%")[0])


NOWHERE: At = (0, 0)
