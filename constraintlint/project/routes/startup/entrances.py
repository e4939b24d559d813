"""Which modules and factories of a project are played to see its applications being built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Class, Function
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.routes.startup import calls, members
from constraintlint.project.routes.startup.machine import MAX_STEPS, Left, Machine
from constraintlint.project.routes.startup.values import (
    UNKNOWN,
    Arguments,
    ClassValue,
    Decorated,
    FunctionValue,
    innermost,
)
from constraintlint.roles import is_migration, is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_MAX_CLIMB = 5
_MAX_FACTORIES = 60


def relevant(project: Project, packages: frozenset[str], words: tuple[str, ...]) -> list[str]:
    """Modules that import a framework, and those that import one of these; the ones that name ``words`` first."""
    own = [
        path
        for path, found in project.resolutions.items()
        if path.endswith(".py")
        and not is_test(path)
        and not is_migration(path)
        and any(item.package in packages and item.kind != "type-only" for item in found.external)
    ]
    near = set(own)
    beside = [
        path
        for path, found in project.resolutions.items()
        if path not in near
        and path.endswith(".py")
        and not is_test(path)
        and not is_migration(path)
        and any(edge.target in near or edge.origin in near for edge in found.edges)
    ]
    building = {path for path in own if project.mentions(path, words)}
    return sorted((*own, *beside), key=lambda path: (path not in building, path))


def play(machine: Machine, paths: list[str], constructors: tuple[str, ...]) -> bool:
    """Execute modules, then the factories nobody called; False where that had to end early."""
    machine.eager = frozenset(paths)
    limit = machine.limit
    try:
        for path in paths:
            machine.module(path)
        machine.run_scripts()
        _play_factories(machine, constructors)
    except Left:
        return False
    finally:
        machine.limit = machine.steps + MAX_STEPS  # what a reader asks for afterwards has steps of its own
    return not machine.abandoned and machine.steps <= limit  # a module that ran out of steps ends by itself


def _play_factories(machine: Machine, constructors: tuple[str, ...]) -> None:
    sites = [
        scope
        for name in _with_subclasses(machine, constructors)
        for _, scope in machine.project.evaluator.calls(name)
    ]
    roots: dict[int, Scope] = {}
    makers: dict[int, Scope] = {}
    for scope in sites:
        maker = _outermost(scope)
        if maker is None or is_test(maker.path):
            continue
        makers[id(maker.node)] = maker
        for root in _climb(machine, maker):
            roots[id(root.node)] = root
    ordered = sorted([*roots.values()], key=lambda s: (s.path, s.at)) + sorted(
        makers.values(), key=lambda s: (s.path, s.at)
    )
    for scope in ordered[:_MAX_FACTORIES]:
        if id(scope.node) not in machine.entered:
            _start(machine, scope)


def _with_subclasses(machine: Machine, constructors: tuple[str, ...]) -> list[str]:
    found = list(constructors)
    for name in found:
        found += [child for child in machine.project.evaluator.subclasses(name) if child not in found]
        if len(found) > 50:
            break
    return found


def _outermost(scope: Scope) -> Scope | None:
    """The function a place is in that stands at the top of its module or of a class there."""
    found: Scope | None = None
    inner: Scope | None = scope
    while inner is not None:
        if inner.kind == "function" and isinstance(inner.node, Function):
            found = inner
        inner = inner.parent
    return found


def _climb(machine: Machine, maker: Scope) -> list[Scope]:
    """The functions at the beginning of the calls that lead to ``maker``."""
    found: list[Scope] = []
    seen = {id(maker.node)}
    queue = [(maker, 0)]
    while queue:
        scope, depth = queue.pop(0)
        name = scope.node.name if isinstance(scope.node, Function) else ""
        above = []
        if depth < _MAX_CLIMB and name and not name.startswith("__"):
            for _, caller in machine.project.evaluator.calls(name):
                outer = _outermost(caller)
                if outer is not None and id(outer.node) not in seen and not is_test(outer.path):
                    seen.add(id(outer.node))
                    above.append(outer)
        if above and len(above) <= 8:
            queue += [(outer, depth + 1) for outer in above]
        else:
            found.append(scope)
    return found


def _start(machine: Machine, scope: Scope) -> None:
    """Call a function with nothing known of its arguments."""
    node = scope.node
    assert isinstance(node, Function)
    module = machine.module(scope.path)
    args = Arguments(scope.path, node.at)
    parent = scope.parent
    if parent is not None and parent.kind == "class" and isinstance(parent.node, Class):
        cls = innermost(module.env.names.get(parent.node.name))
        if not isinstance(cls, ClassValue):
            return
        instance = calls.instantiate(machine, cls, Arguments(scope.path, node.at))
        calls.call(machine, members.lookup(machine, instance, node.name), args)
        return
    value = module.env.names.get(node.name, UNKNOWN)
    if isinstance(value, Decorated) and isinstance(innermost(value), FunctionValue):
        value = innermost(value)  # a command line's decorators
    if isinstance(value, FunctionValue) and value.node.at == node.at:
        calls.call(machine, value, args)
