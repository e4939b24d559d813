"""Methods of strings, lists, tuples, dicts and sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constraintlint.project.routes.startup.values import MISSING, UNKNOWN, Arguments, Blank, Builtin, Value

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

_TEXT = frozenset(
    [
        "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "replace", "split", "rsplit", "removeprefix",
        "removesuffix", "startswith", "endswith", "partition", "rpartition", "splitlines", "casefold", "swapcase", "find",
        "isdigit", "isidentifier", "count",
    ]
)  # fmt: skip
_MAX = 20_000


def method(owner: Value, name: str) -> Value:
    if isinstance(owner, str):
        if name in _TEXT:
            return Builtin(lambda machine, args: _text(owner, name, args), name)
        if name == "join":
            return Builtin(lambda machine, args: _join(owner, args), name)
        if name == "format":
            return Builtin(lambda machine, args: _format(owner, args), name)
        return UNKNOWN
    table: dict[str, Callable[[Machine, Value, Arguments], Value]] = (
        _DICT if isinstance(owner, dict) else _SET if isinstance(owner, set) else _LIST
    )
    run = table.get(name)
    return Builtin(lambda machine, args: run(machine, owner, args), name) if run is not None else MISSING


def _text(owner: str, name: str, args: Arguments) -> Value:
    if args.kwargs or not all(isinstance(arg, (str, int, tuple)) or arg is None for arg in args.args):
        return UNKNOWN
    try:
        found = getattr(owner, name)(*args.args)
    except (TypeError, ValueError, OverflowError, MemoryError):
        return UNKNOWN
    return found if not isinstance(found, str) or len(found) <= _MAX else UNKNOWN


def _join(owner: str, args: Arguments) -> Value:
    parts = args.get(0, "")
    if isinstance(parts, (list, tuple)):
        if all(isinstance(part, str) for part in parts):
            return owner.join(parts)
        known: list[str] = []
        for part in parts:
            if not isinstance(part, str):
                break
            known.append(part)
        return Blank("part of the text is not known", owner.join(known))
    return UNKNOWN


def _format(owner: str, args: Arguments) -> Value:
    values = [*args.args, *args.kwargs.values()]
    if not args.open and all(isinstance(value, (str, int)) for value in values):
        try:
            return owner.format(*args.args, **args.kwargs)[:_MAX]
        except (LookupError, ValueError, TypeError, AttributeError, OverflowError, MemoryError):
            return UNKNOWN
    return Blank("part of the text is not known", owner.partition("{")[0])


def _append(machine: Machine, owner: list[Value], args: Arguments) -> Value:
    if isinstance(owner, list):
        owner.append(args.get(0, "object", UNKNOWN))
    return None


def _extend(machine: Machine, owner: list[Value], args: Arguments) -> Value:
    from constraintlint.project.routes.startup.expressions import items

    given = items(machine, args.get(0, "iterable"))
    if isinstance(owner, list):
        owner.extend(given if given is not None else [args.get(0, "iterable", UNKNOWN)])
    return None


def _insert(machine: Machine, owner: list[Value], args: Arguments) -> Value:
    at = args.get(0, "index")
    owner.insert(at if isinstance(at, int) else len(owner), args.get(1, "object", UNKNOWN))
    return None


def _index_of(machine: Machine, owner: list[Value], args: Arguments) -> Value:
    value = args.get(0, "value")
    return next((i for i, item in enumerate(owner) if item is value), UNKNOWN)


def _pop(machine: Machine, owner: list[Value], args: Arguments) -> Value:
    at = args.get(0, "index", -1)
    if isinstance(owner, list) and isinstance(at, int) and -len(owner) <= at < len(owner):
        return owner.pop(at)
    return UNKNOWN


def _reverse(machine: Machine, owner: list[Value], args: Arguments) -> Value:
    owner.reverse()
    return None


def _get(machine: Machine, owner: dict[Value, Value], args: Arguments) -> Value:
    try:
        return owner.get(args.get(0, "key"), args.get(1, "default"))
    except TypeError:
        return UNKNOWN


def _set_default(machine: Machine, owner: dict[Value, Value], args: Arguments) -> Value:
    try:
        return owner.setdefault(args.get(0, "key"), args.get(1, "default"))
    except TypeError:
        return UNKNOWN


def _dict_pop(machine: Machine, owner: dict[Value, Value], args: Arguments) -> Value:
    try:
        return owner.pop(args.get(0, "key"), args.get(1, "default", UNKNOWN))
    except TypeError:
        return UNKNOWN


def _update(machine: Machine, owner: dict[Value, Value], args: Arguments) -> Value:
    other = args.get(0, "other")
    if isinstance(other, dict):
        owner.update(other)
    owner.update(args.kwargs)
    return None


def _add(machine: Machine, owner: set[Value], args: Arguments) -> Value:
    value = args.get(0, "element")
    if isinstance(value, (str, int)):
        owner.add(value)
    return None


_LIST: dict[str, Callable[[Machine, Value, Arguments], Value]] = {
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "index": _index_of,
    "pop": _pop,
    "reverse": _reverse,
    "copy": lambda machine, owner, args: list(owner),
}
_DICT: dict[str, Callable[[Machine, Value, Arguments], Value]] = {
    "get": _get,
    "setdefault": _set_default,
    "pop": _dict_pop,
    "update": _update,
    "items": lambda machine, owner, args: list(owner.items()),
    "keys": lambda machine, owner, args: list(owner),
    "values": lambda machine, owner, args: list(owner.values()),
    "copy": lambda machine, owner, args: dict(owner),
}
_SET: dict[str, Callable[[Machine, Value, Arguments], Value]] = {"add": _add}
