"""Attributes, items, elements and destructured parts of a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    At,
    Constant,
    Entry,
    Expr,
    Function,
    Hole,
    Index,
    Lambda,
    Mapping,
    Sequence,
    Spread,
    Text,
)
from constraintlint.project.flow import classes, export_values, import_values, invocations
from constraintlint.project.flow.choices import chosen, is_python, replace
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Branch, Value
from constraintlint.project.graph import Edge

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: spreads inside spreads that are followed
MAX_SPREADS = 6
#: mappings that are looked at for the keys of one
MAX_MAPPINGS = 60

#: methods and attributes of strings, settings and secrets that give the same text
SAME = frozenset(
    [
        "value",
        "get_secret_value",
        "unicode_string",
        "render_as_string",
        "toString",
        "trim",
        "strip",
        "encoded_string",
    ]
)
_ENVIRONMENTS = frozenset(("process#env", "Bun#env", "import.meta.env", "import#meta.env", "meta#env"))


def member(ev: Evaluator, value: Value, name: str, at: At, scope: Scope | None) -> Iterable[Value]:
    """What ``value.name`` can be."""
    kind = value.kind
    if kind == "module":
        found = list(ev.exported(value.name, name))
        if not found and not is_python(value.name):
            found = [
                item
                for whole in export_values.module_values(ev, value.name)
                for item in member(ev, whole, name, at, scope)
            ]
        return _kept(value, found)
    if kind == "handle":
        return _kept(value, handle_member(ev, value, name))
    if kind == "library":
        return _kept(value, library_member(ev, value, name))
    if kind in ("object", "class"):
        return _kept(value, classes.member(ev, value, name) or assigned(ev, value, name))
    if kind == "mapping":
        return _kept(value, [*(entry_of(ev, value, name, set()) or ()), *assigned(ev, value, name)])
    if kind == "function":
        return _kept(value, assigned(ev, value, name))
    if kind == "result":
        joined = f"{value.name}.{name}"
        return _kept(value, [Value("library", value.path, value.at, joined, base=value)])
    if kind == "package":
        return _kept(value, _package_member(ev, value, name))
    if kind in ("text", "env") and name in SAME:
        return [value]
    if kind == "unknown" and value.name:
        return _unread(ev, value, name)
    return []


def _unread(ev: Evaluator, value: Value, name: str) -> list[Value]:
    """An attribute of a class in a file that was not read in depth: what a model of the ORM the file imports has."""
    library = ev.library_for(value.path)
    resolution = ev.project.resolutions.get(value.path)
    for item in resolution.external if resolution is not None else ():
        owner = library.package_library(item.module)
        if owner is None:
            continue
        for known in library.types.values():
            if known.library == owner.name and known.kind == "model" and name in known.members:
                return [_held(value, known.members[name], None)]
    return []


def assigned(ev: Evaluator, value: Value, name: str) -> list[Value]:
    """What the file that makes an object or a function assigns to one of its attributes from outside."""
    file = ev.file(value.path)
    found: list[Value] = []
    for store in file.stores.get(name, ()) if file is not None else ():
        if any(owner.node is value.node for owner in ev.eval(store.owner, store.scope)):
            found += ev.eval(store.value, store.scope)
    return found


def _kept(value: Value, found: Iterable[Value]) -> list[Value]:
    """Values reached through ``value`` stand behind the same choices."""
    if not value.branches:
        return list(found)
    return [replace(item, (*value.branches, *item.branches)) for item in found]


def handle_member(ev: Evaluator, value: Value, name: str) -> list[Value]:
    """An attribute of an instance of a library type."""
    library = ev.library_for(value.path)
    held = library.member(value.name, name)
    if held is not None:
        return [_held(value, held, value)]
    signature = library.method(value.name, name)
    qualified = f"{value.name}.{name}"
    if signature is not None and not signature.name.endswith(".*"):
        qualified = signature.name
    return [Value("library", value.path, value.at, qualified, base=value)]


def _held(value: Value, held: str, base: Value | None) -> Value:
    if held.startswith("="):
        return Value("library", value.path, value.at, held[1:])
    return Value("handle", value.path, value.at, held, base=base, call=value.call, caller=value.caller)


def library_member(ev: Evaluator, value: Value, name: str) -> list[Value]:
    """A name inside a library module, class or object."""
    library = ev.library_for(value.path)
    owner = library.canonical(value.name)
    if owner in _ENVIRONMENTS:
        return [Value("env", value.path, value.at, name)]
    qualified = library.canonical(import_values.join(value.path, value.name, name))
    if qualified in library.values:
        return [Value("handle", value.path, value.at, library.values[qualified])]
    if owner in library.types:
        held = library.member(owner, name)
        if held is not None:
            return [_held(value, held, None)]
        signature = library.method(owner, name)
        if signature is not None and qualified not in library.functions:
            return [Value("library", value.path, value.at, signature.name)]
    return [Value("library", value.path, value.at, qualified, base=value.base)]


def _package_member(ev: Evaluator, value: Value, name: str) -> Iterable[Value]:
    """``a.b`` where ``import a.b.c`` has bound ``a``."""
    facts = ev.project.facts(value.path)
    full = f"{value.name}.{name}"
    package = ""
    for imported in facts.imports if facts is not None else ():
        specifier = imported.specifier
        if not (specifier == full or specifier.startswith((f"{full}.", f"{value.name}."))):
            continue
        for target in ev.index.targets(value.path, imported, None):
            if not isinstance(target, Edge):
                continue
            if specifier == full:
                return [Value("module", value.path, value.at, target.target)]
            package = package or _package_of(target.target, specifier, value.name)
        if specifier.startswith(f"{full}."):
            return [Value("package", value.path, value.at, full)]
    return ev.exported(package, name) if package else []


def _package_of(target: str, specifier: str, package: str) -> str:
    """The ``__init__`` of ``package`` when ``specifier``, a module below it, is the file ``target``."""
    parts = target.removesuffix("/__init__.py").removesuffix(".py").split("/")
    above = specifier.count(".") - package.count(".")
    return "/".join([*parts[: len(parts) - above], "__init__.py"])


# --- items, elements, parts -------------------------------------------------------------------------------------


def entries(ev: Evaluator, value: Value) -> dict[str, list[Value]]:
    """The constant keys of a mapping and their values; later entries win, spreads are followed."""
    return _entries(ev, value, {})


def _entries(ev: Evaluator, value: Value, known: dict[int, dict[str, list[Value]]]) -> dict[str, list[Value]]:
    """``known`` holds the mappings looked at for one question: those that spread each other are many ways through a few."""
    node, scope = value.node, value.scope
    if value.kind != "mapping" or not isinstance(node, Mapping) or scope is None or len(known) > MAX_MAPPINGS:
        return {}
    if id(node) in known:
        return known[id(node)]
    found = known[id(node)] = {}
    for entry in node.entries:
        if entry.key is None:
            for spread in ev.eval(entry.value, scope):
                if spread.node is not node:
                    found.update(_entries(ev, spread, known))
            continue
        for key in _keys(ev, entry, scope):
            found[key] = _entry_values(ev, entry, scope)
    return found


def unkeyed(ev: Evaluator, value: Value) -> list[Value]:
    """The values of a mapping whose keys are not known: any key may be theirs."""
    node, scope = value.node, value.scope
    if value.kind != "mapping" or not isinstance(node, Mapping) or scope is None:
        return []
    return [
        found
        for entry in node.entries
        if entry.key is not None and not _keys(ev, entry, scope)
        for found in _entry_values(ev, entry, scope)
    ]


def entry_of(ev: Evaluator, value: Value, wanted: str, seen: set[int]) -> list[Value] | None:
    """One entry of ``entries``, without asking what the others are; None where there is none."""
    node, scope = value.node, value.scope
    if value.kind != "mapping" or not isinstance(node, Mapping) or scope is None:
        return None
    if id(node) in seen or len(seen) > MAX_MAPPINGS:
        return None
    seen.add(id(node))
    for entry in reversed(node.entries):
        if entry.key is not None:
            if wanted in _keys(ev, entry, scope):
                return _entry_values(ev, entry, scope)
            continue
        for spread in reversed(ev.eval(entry.value, scope)):
            found = entry_of(ev, spread, wanted, seen)
            if found is not None:
                return found
    return None


def _keys(ev: Evaluator, entry: Entry, scope: Scope) -> list[str]:
    key = entry.key
    if isinstance(key, Text) and not any(isinstance(piece, Hole) for piece in key.pieces):
        return ["".join([piece.value for piece in key.pieces if not isinstance(piece, Hole)])]
    if isinstance(key, Constant):
        return [str(key.value)]
    if key is None:
        return []
    return [text for item in ev.eval(key, scope) if isinstance(text := item.constant, str)]


def _entry_values(ev: Evaluator, entry: Entry, scope: Scope) -> list[Value]:
    found = list(ev.eval(entry.value, scope))
    if entry.method and isinstance(entry.value, Lambda) and entry.value.function.kind == "getter":
        return [item for value in found for item in invocations.returned(ev, value)]
    return found or [Value("unknown", scope.path, entry.value.at, node=entry.value, scope=scope)]


def item(ev: Evaluator, value: Value, node: Index, scope: Scope) -> Iterable[Value]:
    """What ``value[index]`` can be."""
    library = ev.library_for(value.path)
    if value.kind == "library":
        name = library.canonical(value.name)
        if name in _ENVIRONMENTS or f"{name}[]" in library.functions:
            keys = [key.constant for key in ev.eval(node.index, scope)]
            return [Value("env", scope.path, node.at, key) for key in keys if isinstance(key, str)]
        return [value]  # a generic class with its arguments
    if value.kind == "class":
        return [value]
    if value.kind == "handle":
        signature = library.method(value.name, "[]")
        if signature is None:
            return []
        return [Value("handle", scope.path, node.at, signature.returns, base=value)]
    if value.kind == "sequence" and isinstance(value.node, Sequence) and value.scope is not None:
        return _sequence_items(ev, value, node, scope)
    if value.kind == "module":
        wholes = export_values.module_values(ev, value.name)
        if wholes:
            return [found for whole in wholes for found in item(ev, whole, node, scope)]
    keys = [key.constant for key in ev.eval(node.index, scope)]
    if value.kind == "mapping":
        return _mapping_items(ev, value, node, keys, scope)
    return [found for key in keys if isinstance(key, str) for found in member(ev, value, key, node.at, scope)]


def _sequence_items(ev: Evaluator, value: Value, node: Index, scope: Scope) -> list[Value]:
    assert isinstance(value.node, Sequence) and value.scope is not None
    items = value.node.items
    found: list[Value] = []
    for key in ev.eval(node.index, scope):
        position = key.constant
        if not isinstance(position, int) or not -len(items) <= position < len(items):
            continue
        if not any(isinstance(item, Spread) for item in items):
            found += ev.eval(items[position], value.scope)
    return found


def _mapping_items(
    ev: Evaluator, value: Value, node: Index, keys: list[str | int | float | None], scope: Scope
) -> list[Value]:
    """One entry where the key is known, else every entry, each behind the choice of its key."""
    known = entries(ev, value)
    if keys and all(isinstance(key, (str, int)) for key in keys):
        return [found for key in keys for found in known.get(str(key), [])]
    return [
        chosen(found, Branch("key", scope.path, node.index, label=key))
        for key, values in known.items()
        for found in values
    ] + [chosen(found, Branch("key", scope.path, node.index)) for found in unkeyed(ev, value)]


def elements(ev: Evaluator, value: Value, expr: Expr | None, scope: Scope, depth: int = 0) -> list[Value]:
    """What iterating over ``value`` gives."""
    if depth > MAX_SPREADS:
        return []
    if value.kind == "sequence" and isinstance(value.node, Sequence) and value.scope is not None:
        inner = value.scope
        return [
            found
            for item in value.node.items
            for found in (
                [
                    part
                    for spread in ev.eval(item.value, inner)
                    for part in elements(ev, spread, None, inner, depth + 1)
                ]
                if isinstance(item, Spread)
                else ev.eval(item, inner)
            )
        ]
    if value.kind == "result" and value.name.startswith("["):
        return [Value("handle", value.path, value.at, value.name[1:-1])]
    if value.kind in ("handle", "object") and expr is not None:
        # a generator of the project was called: its calls already give what it yields
        return [value]
    return []


def part(ev: Evaluator, value: Value, key: str | int, at: At, scope: Scope) -> list[Value]:
    """A destructured part of a value."""
    if key == "*" or key == "":
        return []
    if isinstance(key, str):
        return [*member(ev, value, key, at, scope)] or [*ev.stores.keyed(value, key)]
    if value.kind == "sequence" and isinstance(value.node, Sequence) and value.scope is not None:
        items = value.node.items
        if key < len(items) and not any(isinstance(item, Spread) for item in items[: key + 1]):
            return list(ev.eval(items[key], value.scope))
    return []


def entered(ev: Evaluator, value: Value) -> list[Value]:
    """What ``with value as x`` binds."""
    if value.kind == "handle":
        library = ev.library_for(value.path)
        for name in library.lineage(value.name):
            known = library.types.get(name)
            if known is not None and known.enter:
                return [replace_handle(value, known.enter)]
        return [value]
    if value.kind == "object":
        for method in ("__enter__", "__aenter__"):
            for bound in classes.member(ev, value, method):
                if bound.kind == "function" and isinstance(bound.node, Function):
                    found = invocations.returned(ev, bound)
                    if found:
                        return found
    return [value]


def replace_handle(value: Value, type_name: str) -> Value:
    return Value(
        "handle",
        value.path,
        value.at,
        type_name,
        base=value,
        call=value.call,
        caller=value.caller,
        branches=value.branches,
    )


def class_names(ev: Evaluator, value: Value) -> set[str]:
    """``path:Name`` of a class and of its bases in the project, and the names of its library bases."""
    return classes.lineage(ev, value)
