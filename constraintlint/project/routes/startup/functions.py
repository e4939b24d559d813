"""Functions of Python and its standard library that start-up code builds routes with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constraintlint.project.routes.startup import imports, members
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
    Opaque,
    Super,
    Value,
    innermost,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine


def _getattr(machine: Machine, args: Arguments) -> Value:
    name = args.get(1, "name")
    if not isinstance(name, str):
        return UNKNOWN
    found = members.lookup(machine, args.get(0, "object"), name)
    return args.get(2, "default", UNKNOWN) if found is MISSING else found


def _setattr(machine: Machine, args: Arguments) -> Value:
    name = args.get(1, "name")
    if isinstance(name, str):
        members.set_attribute(machine, args.get(0, "object"), name, args.get(2, "value"))
    return None


def _hasattr(machine: Machine, args: Arguments) -> Value:
    name = args.get(1, "name")
    found = members.lookup(machine, args.get(0, "object"), name) if isinstance(name, str) else UNKNOWN
    return UNKNOWN if isinstance(found, (Blank, Opaque)) else found is not MISSING


def _list(machine: Machine, args: Arguments) -> Value:
    from constraintlint.project.routes.startup.expressions import items

    if not args.args:
        return []
    found = items(machine, args.args[0])
    return UNKNOWN if found is None else found


def _tuple(machine: Machine, args: Arguments) -> Value:
    found = _list(machine, args)
    return tuple(found) if isinstance(found, list) else found


def _set(machine: Machine, args: Arguments) -> Value:
    found = _list(machine, args)
    if isinstance(found, list) and all(isinstance(item, (str, int)) for item in found):
        return set(found)
    return UNKNOWN


def _dict(machine: Machine, args: Arguments) -> Value:
    found: dict[Value, Value] = {}
    first = args.get(0, "")
    if isinstance(first, dict):
        found.update(first)
    elif isinstance(first, (list, tuple)):
        found.update(
            {p[0]: p[1] for p in first if isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str)}
        )
    found.update(args.kwargs)
    return UNKNOWN if args.open else found


def _sorted(machine: Machine, args: Arguments) -> Value:
    found = _list(machine, args)
    if isinstance(found, list) and not args.kwargs and all(isinstance(item, str) for item in found):
        return sorted(found)
    return found


def _reversed(machine: Machine, args: Arguments) -> Value:
    found = _list(machine, args)
    return found[::-1] if isinstance(found, list) else found


def _enumerate(machine: Machine, args: Arguments) -> Value:
    found = _list(machine, args)
    start = args.get(1, "start", 0)
    if not isinstance(found, list) or not isinstance(start, int):
        return UNKNOWN
    return [(start + i, item) for i, item in enumerate(found)]


def _zip(machine: Machine, args: Arguments) -> Value:
    from constraintlint.project.routes.startup.expressions import items

    rows = [items(machine, arg) for arg in args.args]
    return UNKNOWN if None in rows else list(zip(*[row or [] for row in rows], strict=False))


def _map(machine: Machine, args: Arguments) -> Value:
    from constraintlint.project.routes.startup.calls import call
    from constraintlint.project.routes.startup.expressions import items

    found = items(machine, args.get(1, ""))
    if found is None or len(args.args) != 2:
        return UNKNOWN
    return [call(machine, args.args[0], Arguments(args.path, args.at, [item])) for item in found]


def _range(machine: Machine, args: Arguments) -> Value:
    if args.args and all(isinstance(arg, int) and abs(arg) < 1000 for arg in args.args):
        try:
            return list(range(*args.args))
        except (TypeError, ValueError):
            return UNKNOWN
    return UNKNOWN


def _str(machine: Machine, args: Arguments) -> Value:
    value = args.get(0, "object", "")
    return (
        str(value) if isinstance(value, (str, int, float)) else value if isinstance(value, Blank) else UNKNOWN
    )


def _len(machine: Machine, args: Arguments) -> Value:
    value = args.get(0, "obj")
    return len(value) if isinstance(value, (str, list, tuple, dict, set)) else UNKNOWN


def _isinstance(machine: Machine, args: Arguments) -> Value:
    value, wanted = args.get(0, "object"), args.get(1, "class")
    kinds = wanted if isinstance(wanted, tuple) else (wanted,)
    names = {kind.name: kind for kind in kinds if isinstance(kind, Builtin)}
    for name, kind in (("str", str), ("list", list), ("tuple", tuple), ("dict", dict)):
        if isinstance(value, kind):
            return name in names if len(names) == len(kinds) else UNKNOWN
    if isinstance(value, Instance) and all(isinstance(kind, ClassValue) for kind in kinds):
        return any(base is kind for base in value.cls.order() for kind in kinds)
    return UNKNOWN


def _issubclass(machine: Machine, args: Arguments) -> Value:
    cls, wanted = args.get(0, "cls"), args.get(1, "class")
    kinds = wanted if isinstance(wanted, tuple) else (wanted,)
    if not isinstance(cls, ClassValue):
        return UNKNOWN
    for base in cls.order():
        if any(base is kind for kind in kinds):
            return True
        if isinstance(base, Library) and any(isinstance(k, Library) and k.name == base.name for k in kinds):
            return True
    return False if all(isinstance(kind, ClassValue) for kind in kinds) and not cls.is_open() else UNKNOWN


def _vars(machine: Machine, args: Arguments) -> Value:
    value = args.get(0, "object")
    if isinstance(value, Module):
        machine.module(value.path)
        return value.env.names
    return dict(value.attrs) if isinstance(value, (Instance, ClassValue)) else UNKNOWN


def _globals(machine: Machine, args: Arguments) -> Value:
    return args.env.module.names if args.env is not None else UNKNOWN


def _super(machine: Machine, args: Arguments) -> Value:
    cls = args.get(0, "")
    return Super(cls, args.get(1, "")) if isinstance(cls, ClassValue) else UNKNOWN


def _callable(machine: Machine, args: Arguments) -> Value:
    value = args.get(0, "")
    return True if isinstance(value, (FunctionValue, ClassValue, Method, Decorated, Builtin)) else UNKNOWN


def _type(machine: Machine, args: Arguments) -> Value:
    value = args.get(0, "")
    return value.cls if isinstance(value, Instance) and len(args.args) == 1 else UNKNOWN


BUILTINS: dict[str, Value] = {
    name: Builtin(run, name)
    for name, run in {
        "getattr": _getattr, "setattr": _setattr, "hasattr": _hasattr, "list": _list, "tuple": _tuple, "set": _set,
        "frozenset": _set, "dict": _dict, "sorted": _sorted, "reversed": _reversed, "enumerate": _enumerate, "zip": _zip,
        "map": _map, "range": _range, "str": _str, "len": _len, "isinstance": _isinstance, "issubclass": _issubclass, "vars": _vars,
        "globals": _globals, "super": _super, "callable": _callable, "type": _type,
    }.items()
}  # fmt: skip
BUILTINS |= {
    name: Library(f"builtins.{name}") for name in ("int", "float", "bool", "bytes", "object", "print", "open")
}


# --- the standard library ---------------------------------------------------------------------------------------


def _getenv(machine: Machine, args: Arguments) -> Value:
    """The default: what the program has where the environment says nothing."""
    machine.doubts += 1
    default = args.get(1, "default")
    return default if isinstance(default, (str, bool, int)) else UNKNOWN


def _import_module(machine: Machine, args: Arguments) -> Value:
    name = args.get(0, "name")
    if not isinstance(name, str):
        return UNKNOWN
    package = args.get(1, "package")
    if name.startswith("."):
        if not isinstance(package, str):
            return UNKNOWN
        climbs = len(name) - len(name.lstrip("."))
        parts = package.split(".")
        parts = parts[: len(parts) - climbs + 1]
        name = ".".join([*parts, name.lstrip(".")]).rstrip(".")
    found = imports.by_name(machine, name, machine.path)
    return Library(name) if found is MISSING else found


def _wraps(machine: Machine, args: Arguments) -> Value:
    wrapped = args.get(0, "wrapped")

    def mark(machine: Machine, given: Arguments) -> Value:
        wrapper = given.get(0, "wrapper")
        inner = innermost(wrapper)
        if isinstance(inner, FunctionValue) and inner is not innermost(wrapped):
            inner.wraps = wrapped
        return wrapper

    return Builtin(mark, "wraps")


def _partial(machine: Machine, args: Arguments) -> Value:
    from constraintlint.project.routes.startup.calls import call

    if not args.args:
        return UNKNOWN
    target = args.args[0]

    def run(machine: Machine, given: Arguments) -> Value:
        whole = Arguments(
            given.path, given.at, [*args.args[1:], *given.args], {**args.kwargs, **given.kwargs}, given.node
        )
        whole.open = args.open or given.open
        return call(machine, target, whole)

    return Decorated(
        innermost(target), Builtin(run, "partial"), target.guards if isinstance(target, Decorated) else ()
    )


def _chain(machine: Machine, args: Arguments) -> Value:
    from constraintlint.project.routes.startup.expressions import items

    found: list[Value] = []
    for arg in args.args:
        inner = items(machine, arg)
        found += inner if inner is not None else [arg]
    return found


def _join_path(machine: Machine, args: Arguments) -> Value:
    if all(isinstance(arg, str) for arg in args.args):
        import posixpath

        return posixpath.join(*args.args) if args.args else UNKNOWN
    return UNKNOWN


def _cast(machine: Machine, args: Arguments) -> Value:
    return args.get(1, "val")


def _named_tuple(machine: Machine, args: Arguments) -> Value:
    names = args.get(1, "field_names")
    fields = names.replace(",", " ").split() if isinstance(names, str) else names

    def make(machine: Machine, given: Arguments) -> Value:
        made = Opaque("namedtuple", given)
        if isinstance(fields, (list, tuple)):
            made.attrs.update(zip([str(name) for name in fields], given.args, strict=False))
        made.attrs.update(given.kwargs)
        return made

    return Builtin(make, "namedtuple")


def _identity(machine: Machine, args: Arguments) -> Value:
    return args.get(0, "")


LIBRARY: dict[str, Callable[[Machine, Arguments], Value]] = {
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "environ.get": _getenv,
    "importlib.import_module": _import_module,
    "functools.wraps": _wraps,
    "functools.partial": _partial,
    "itertools.chain": _chain,
    "os.path.join": _join_path,
    "posixpath.join": _join_path,
    "typing.cast": _cast,
    "collections.namedtuple": _named_tuple,
    "asyncio.run": _identity,
    "copy.copy": _identity,
    "inspect.unwrap": _identity,
}
