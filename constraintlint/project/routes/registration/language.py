"""What the language's own objects and Node's path and file functions give, where registering code uses them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from constraintlint.project.routes.registration import interop
from constraintlint.project.routes.registration.values import (
    UNDEFINED,
    Array,
    Closure,
    FilePath,
    Made,
    Object,
    Partial,
    Site,
    Undefined,
    Unknown,
    choice,
    truth,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.machine import Machine
    from constraintlint.project.routes.registration.values import Value

_MAX_ITEMS = 300


def function(machine: Machine, name: str, args: list[Value], site: Site) -> Value:
    """A function of the language or of Node; ``undefined`` for any other."""
    first = args[0] if args else UNDEFINED
    short = name.replace("#", ".").removeprefix("fs/promises.").removeprefix("node:")
    if short.startswith("Object."):
        return _of_object(short, first, args)
    if short == "Array.isArray":
        return (
            isinstance(first, Array)
            if isinstance(first, (Array, str, Object, Closure))
            else Unknown("a test")
        )
    if short in ("Array.from", "Array.of"):
        return first if short == "Array.from" else Array(list(args))
    if short in ("Promise.all", "Promise.resolve", "Promise.allSettled", "Promise.race"):
        return first
    if short == "Symbol.for":
        return Made("Symbol.for", args, site)
    if short in ("path.join", "path.resolve", "path.posix.join", "path.posix.resolve"):
        return _joined_path(short.endswith("resolve"), args)
    if short in ("path.dirname", "path.basename", "path.extname", "path.parse"):
        return _part_of_path(short, first, args)
    if short in ("url.fileURLToPath", "url.pathToFileURL", "String"):
        return first
    if short in ("fs.readdirSync", "fs.promises.readdir", "readdir", "fs.readdir") and isinstance(
        first, FilePath
    ):
        names = machine.project.tree.names(posixpath.normpath(first.path) if first.path else "")
        return Array(sorted(names)[:_MAX_ITEMS])  # type: ignore[arg-type]
    if short in ("process.cwd",):
        return FilePath("")
    return UNDEFINED


def made(name: str, args: list[Value]) -> Value:
    """``new Map(...)``, ``new Set(...)``, ``new URL(path, import.meta.url)``; ``undefined`` for anything else."""
    first = args[0] if args else UNDEFINED
    if name in ("Map", "Set"):
        return (
            Array(list(first.items), first.open)
            if isinstance(first, Array)
            else Array([], not isinstance(first, Undefined))
        )
    if (
        name in ("URL", "url#URL")
        and len(args) > 1
        and isinstance(args[1], FilePath)
        and isinstance(first, str)
    ):
        return FilePath(posixpath.normpath(posixpath.join(posixpath.dirname(args[1].path), first)))
    return UNDEFINED


def _of_object(name: str, first: Value, args: list[Value]) -> Value:
    if name in ("Object.freeze", "Object.seal"):
        return first
    if name == "Object.defineProperty" and len(args) > 2:
        return interop.defined(first, args[1], args[2])
    if name == "Object.assign" and isinstance(first, Object):
        for other in args[1:]:
            if isinstance(other, Object):
                first.properties.update(other.properties)
            else:
                first.open = True
        return first
    if name == "Object.fromEntries" and isinstance(first, Array):
        found = Object({}, open=first.open)
        for pair in first.items:
            if isinstance(pair, Array) and len(pair.items) > 1 and isinstance(pair.items[0], str):
                found.properties[pair.items[0]] = pair.items[1]
        return found
    if name in ("Object.keys", "Object.values", "Object.entries"):
        if not isinstance(first, Object):
            return Unknown("an object that is not known")
        if name == "Object.keys":
            return Array(list(first.properties), first.open)
        if name == "Object.values":
            return Array(list(first.properties.values()), first.open)
        return Array([Array([key, value]) for key, value in first.properties.items()], first.open)
    return Unknown("an object that is not known")


def _joined_path(absolute: bool, args: list[Value]) -> Value:
    rooted = False
    path = ""
    for arg in args:
        if isinstance(arg, FilePath):
            path, rooted = arg.path, True
        elif isinstance(arg, str):
            path = posixpath.join(path, arg.lstrip("/") if rooted or not absolute else arg) if path else arg
        else:
            return Unknown("a path that is not known")
    if rooted or absolute:
        return FilePath(posixpath.normpath(path) if path else "")
    return posixpath.normpath(path) if path else "."


def _part_of_path(name: str, first: Value, args: list[Value]) -> Value:
    if not isinstance(first, (FilePath, str)):
        return Unknown("a path that is not known")
    text = first.path if isinstance(first, FilePath) else first
    base = posixpath.basename(text)
    if name == "path.dirname":
        folder = posixpath.dirname(text)
        return FilePath(folder) if isinstance(first, FilePath) else folder
    if name == "path.extname":
        return posixpath.splitext(text)[1]
    if name == "path.parse":
        stem, extension = posixpath.splitext(base)
        return Object({"name": stem, "ext": extension, "base": base, "dir": posixpath.dirname(text)})
    if len(args) > 1 and isinstance(args[1], str):
        return base.removesuffix(args[1])
    return base


# --- methods ----------------------------------------------------------------------------------------------------


def object_method(machine: Machine, value: Object, name: str, args: list[Value]) -> Value | None:
    """``hasOwnProperty`` of a plain object."""
    if name == "hasOwnProperty" and args and isinstance(args[0], str) and not value.open:
        return args[0] in value.properties
    return None


def method(machine: Machine, value: Value, name: str, args: list[Value], site: Site) -> Value:
    """A method of a list or a string."""
    if isinstance(value, Array):
        return _list_method(machine, value, name, args)
    if isinstance(value, FilePath):
        return _path_text(value, name, args)
    text = value.start if isinstance(value, Partial) else value
    assert isinstance(text, str)
    result = _text_method(machine, text, name, args)
    if isinstance(value, Partial):
        return (
            Partial(result)
            if isinstance(result, str) and name in ("trimStart", "toLowerCase", "concat")
            else Unknown("a string")
        )
    return result


def _list_method(machine: Machine, value: Array, name: str, args: list[Value]) -> Value:
    callback = args[0] if args else UNDEFINED
    if name in ("push", "unshift", "add", "append"):
        value.items[:] = [*args, *value.items] if name == "unshift" else [*value.items, *args]
        return value
    if name == "set" and len(args) == 2:
        value.items.append(Array(list(args)))
        return value
    if name == "concat":
        found = Array(list(value.items), value.open)
        for arg in args:
            if isinstance(arg, Array):
                found.items += arg.items
                found.open = found.open or arg.open
            else:
                found.items.append(arg)
        return found
    if name in ("forEach", "map", "filter", "flatMap", "find", "some", "every") and isinstance(
        callback, Closure
    ):
        return _each(machine, value, name, callback)
    if name == "reduce" and isinstance(callback, Closure):
        result: Value = args[1] if len(args) > 1 else UNDEFINED
        for position, item in enumerate(value.items[:_MAX_ITEMS]):
            result = machine.call_function(callback, [result, item, position])
        return result
    if name == "flat":
        flat: list[Value] = []
        for item in value.items:
            flat += item.items if isinstance(item, Array) else [item]
        return Array(flat, value.open)
    if name in ("slice", "reverse", "sort", "entries", "values", "toSorted"):
        if name == "slice" and args and isinstance(args[0], int) and len(args) == 1:
            return Array(value.items[args[0] :], value.open)
        if name == "entries" and not all(isinstance(item, Array) for item in value.items):
            return Array([Array([position, item]) for position, item in enumerate(value.items)], value.open)
        return Array(list(value.items), value.open)
    if name == "join":
        return _joined_text(value, callback)
    if name in ("includes", "indexOf") and not value.open and isinstance(callback, (str, int)):
        position = next((at for at, item in enumerate(value.items) if item == callback), -1)
        known = all(isinstance(item, (str, int)) for item in value.items)
        if known:
            return position >= 0 if name == "includes" else position
    return Unknown("a list method")


def _each(machine: Machine, value: Array, name: str, callback: Closure) -> Value:
    results: list[Value] = []
    kept: list[Value] = []
    for position, item in enumerate(value.items[:_MAX_ITEMS]):
        result = machine.call_function(callback, [item, position, value])
        results.append(result)
        if truth(result) is not False:
            kept.append(item)
    if value.open:
        machine.branches += 1
        machine.call_function(callback, [Unknown("an item of a list that is not known")])
        machine.branches -= 1
    if name == "forEach":
        return UNDEFINED
    if name == "map":
        return Array(results, value.open)
    if name == "flatMap":
        return Array(
            [part for item in results for part in (item.items if isinstance(item, Array) else [item])],
            value.open,
        )
    if name == "filter":
        return Array(kept, value.open)
    if name == "find":
        return choice(kept[:1]) if kept and not value.open else Unknown("an item that is not known")
    return Unknown("a test")


def _joined_text(value: Array, separator: Value) -> Value:
    between = "," if isinstance(separator, Undefined) else separator
    if not isinstance(between, str):
        return Partial("")
    text = ""
    for position, item in enumerate(value.items):
        if not isinstance(item, (str, int)):
            return Partial(text)
        text += (between if position else "") + str(item)
    return Partial(text) if value.open else text


def _path_text(value: FilePath, name: str, args: list[Value]) -> Value:
    if name == "replace" and len(args) > 1 and isinstance(args[0], str) and isinstance(args[1], str):
        return FilePath(value.path.replace(args[0], args[1], 1))
    if name in ("toString", "trim"):
        return value
    return _text_only(value.path, name, args)


def _text_only(text: str, name: str, args: list[Value]) -> Value:
    first = args[0] if args else UNDEFINED
    if isinstance(first, str):
        if name == "endsWith":
            return text.endswith(first)
        if name == "startsWith":
            return text.startswith(first)
        if name == "includes":
            return first in text
    return Unknown("a string method")


def _text_method(machine: Machine, text: str, name: str, args: list[Value]) -> Value:
    first = args[0] if args else UNDEFINED
    second = args[1] if len(args) > 1 else UNDEFINED
    if name in ("toLowerCase", "toLocaleLowerCase"):
        return text.lower()
    if name in ("toUpperCase", "toLocaleUpperCase"):
        return text.upper()
    if name in ("trim", "toString", "valueOf", "normalize"):
        return text.strip() if name == "trim" else text
    if name == "concat" and all(isinstance(arg, str) for arg in args):
        return text + "".join([str(arg) for arg in args])
    if name in ("replace", "replaceAll") and isinstance(first, str) and isinstance(second, str):
        return text.replace(first, second, 1 if name == "replace" else -1)
    if name == "split" and isinstance(first, str):
        return Array(list(text.split(first)) if first else list(text))
    if name in ("slice", "substring", "substr") and isinstance(first, int):
        if isinstance(second, Undefined):
            return text[first:]
        if isinstance(second, int) and (name == "slice" or (first >= 0 and second >= 0)):
            return text[first : first + second] if name == "substr" else text[first:second]
    if name == "indexOf" and isinstance(first, str):
        return text.find(first)
    if name in ("charAt", "at") and isinstance(first, int):
        return text[first] if -len(text) <= first < len(text) else ""
    return _text_only(text, name, args)
