"""Import statements of start-up code: modules of the project are executed, libraries are known by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.source import Import, ImportedName
from constraintlint.project.graph import Edge, External
from constraintlint.project.routes.startup import members
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Environment,
    Lazy,
    Library,
    Module,
    Value,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine


def execute(machine: Machine, index: int, env: Environment) -> None:
    """``import`` number ``index`` of the file that is being executed."""
    path = machine.path
    facts = machine.sources.facts(path)
    if facts is None or index >= len(facts.imports):
        return
    item = facts.imports[index]
    if item.kind == "type-only":
        return
    if item.names:
        for name in item.names:
            _bind_name(machine, path, item, name, env)
        return
    if not item.local:
        return
    holder = env.outer.get(item.local, env)
    target = _edge(machine, path, item, None)
    if target is None:
        first = item.specifier.partition(".")[0] if item.local == item.specifier.partition(".")[0] else ""
        holder.names[item.local] = Library(first or item.specifier)
        return
    machine.visit(target.target)
    if "." in item.specifier and item.local == item.specifier.partition(".")[0]:
        holder.names[item.local] = _package(machine, path, item.specifier)
    else:
        holder.names[item.local] = machine.open(target.target)


def visit(machine: Machine, path: str, item: Import) -> None:
    """Execute what an import of a file leads to."""
    for edge in _edges(machine, path, item):
        machine.visit(edge.target)
        for name in item.names:
            found = submodule(machine, edge.target, name.name)
            if found:
                machine.visit(found)


def _edges(machine: Machine, path: str, item: Import) -> list[Edge]:
    index = machine.project.evaluator.index
    names: list[ImportedName | None] = list(item.names) or [None]
    found: list[Edge] = []
    for name in names:
        found += [
            target
            for target in index.targets(path, item, name)
            if isinstance(target, Edge) and target.kind != "type-only"
        ]
    return list(dict.fromkeys(found))


def _edge(machine: Machine, path: str, item: Import, name: ImportedName | None) -> Edge | None:
    for target in machine.project.evaluator.index.targets(path, item, name):
        if isinstance(target, Edge) and target.target.endswith(".py"):
            return target
    return None


def _package(machine: Machine, path: str, specifier: str) -> Value:
    """The outermost package of ``import a.b.c``."""
    first = specifier.partition(".")[0]
    file = machine.sources.module_file(first, path)
    return machine.open(file) if file else Namespace(first, path)


class Namespace:
    """A package without ``__init__``."""

    def __init__(self, name: str, near: str) -> None:
        self.name = name
        self.near = near


def _bind_name(machine: Machine, path: str, item: Import, name: ImportedName, env: Environment) -> None:
    target = _edge(machine, path, item, name)
    if name.name == "*":
        if target is not None:
            _star(machine, machine.module(target.target), env)
        return
    local = name.local or name.name
    holder = env.outer.get(local, env)
    if target is None:
        external = [
            found
            for found in machine.project.evaluator.index.targets(path, item, name)
            if isinstance(found, External)
        ]
        known = bool(external) or not item.specifier.startswith(".")
        holder.names[local] = _named(machine, f"{item.specifier}.{name.name}") if known else UNKNOWN
        return
    machine.visit(target.target)
    if machine.open(target.target).state == "visited":
        holder.names[local] = Lazy(target.target, item.specifier, name.name)
    else:
        holder.names[local] = take(machine, target.target, item.specifier, name.name)


def _named(machine: Machine, name: str) -> Value:
    return machine.names.get(name, None) or Library(name)


def read(machine: Machine, env: Environment, name: str) -> Value:
    """A name of an environment that has it."""
    value = env.names[name]
    if isinstance(value, Lazy):
        env.names[name] = UNKNOWN  # asked for again while it is being looked for
        value = env.names[name] = take(machine, value.path, value.specifier, value.name)
    return value


def take(machine: Machine, path: str, specifier: str, name: str) -> Value:
    """``from specifier import name`` where ``path`` is what it leads to."""
    machine.visit(path)
    parts = [part for part in specifier.lstrip(".").split(".") if part]
    stem = path.removesuffix(".py").removesuffix("/__init__").split("/")
    if stem[-1] == name and (not parts or stem[-1 - len(parts) : -1] == parts):
        own = machine.open(path)
        if not (own.state == "done" and name in own.env.names and parts and stem[-len(parts) :] == parts):
            return own
    module = machine.open(path)
    found = module_attribute(machine, module, name)
    return UNKNOWN if found is MISSING else found


def module_attribute(machine: Machine, module: Module, name: str) -> Value:
    """A name of a module, which is executed where that has not happened yet; or its submodule."""
    machine.module(module.path)
    if name in module.env.names:
        if name in module.env.doubtful:
            machine.doubts += 1
        return read(machine, module.env, name)
    file = submodule(machine, module.path, name)
    if file:
        machine.visit(file)
        return machine.open(file)
    if "__getattr__" in module.env.names:
        return UNKNOWN
    return MISSING


def submodule(machine: Machine, path: str, name: str) -> str:
    """The file of a submodule of the package whose ``__init__`` is ``path``."""
    if not path.endswith("__init__.py"):
        return ""
    directory = path.removesuffix("__init__.py")
    files = machine.project.tree.files
    return next((f for f in (f"{directory}{name}.py", f"{directory}{name}/__init__.py") if f in files), "")


def _star(machine: Machine, module: Module, env: Environment) -> None:
    listed = module.env.names.get("__all__")
    names = (
        [name for name in listed if isinstance(name, str)]
        if isinstance(listed, (list, tuple))
        else [name for name in module.env.names if not name.startswith("_")]
    )
    for name in names:
        found = module_attribute(machine, module, name)
        if found is not MISSING:
            env.outer.get(name, env).names[name] = found
            if name in module.env.doubtful:
                env.doubtful.add(name)


def by_name(machine: Machine, name: str, near: str) -> Value:
    """What a dotted string means: a module, or a name in one; MISSING where nothing of the project is."""
    file = machine.sources.module_file(name, near)
    if file:
        machine.visit(file)
        return machine.open(file)
    head, _, last = name.rpartition(".")
    if not head:
        return MISSING
    owner = by_name(machine, head, near)
    return MISSING if owner is MISSING else members.attribute(machine, owner, last)
