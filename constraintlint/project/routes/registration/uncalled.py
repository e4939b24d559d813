"""Functions and classes that make an application or a router and that nothing in the project calls.

What a package exports is called by others, and a start script may be out of sight: such code is carried out with
arguments that are not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Class, Expr, Function, Member, Name
from constraintlint.facts.code import Unknown as Opaque
from constraintlint.project.routes.registration.expressions import method
from constraintlint.project.routes.registration.modules import Pending
from constraintlint.project.routes.registration.responses import METHODS
from constraintlint.project.routes.registration.values import (
    ClassValue,
    Closure,
    Environment,
    Library,
    Object,
)

if TYPE_CHECKING:
    from constraintlint.project.flow.scopes import Scope
    from constraintlint.project.routes.registration.machine import Machine

_MAKERS = frozenset(
    (
        "express",
        "express-promise-router",
        "fastify",
        "hono",
        "@hono/zod-openapi",
        "koa",
        "@koa/router",
        "koa-router",
    )
)
#: members of these packages that make something to register on
_MADE = frozenset(("", "default", "Router", "Hono", "OpenAPIHono", "Koa", "fastify", "Fastify", "express"))
_TOLD = METHODS | {"use", "route", "register", "all", "addHook"}


def run(machine: Machine, path: str) -> None:
    """Carries out what is left of one file: first the functions that use its classes, then what makes something."""
    file = machine.ev.file(path)
    loaded = machine.modules.loaded.get(path)
    if file is None or loaded is None:
        return
    makers = _maker_names(loaded.environment)
    making = [scope for scope in file.module.children if _calls_any(scope, makers)]
    inner = {scope.node.name for scope in making if scope.node is not None} - {""}
    users = [
        scope for scope in file.module.children if scope not in making and _calls_any(scope, inner, {""})
    ]
    for scope in (*users, *making):
        node = scope.node
        if isinstance(node, Function) and id(node) not in machine.executed:
            machine.call_function(Closure(node, loaded.environment, name=node.name or scope.alias), [])
        elif isinstance(node, Class):
            value = loaded.environment.names.get(node.name)
            if isinstance(value, ClassValue):
                _run_class(machine, value, scope, makers)


def _run_class(machine: Machine, cls: ClassValue, scope: Scope, makers: set[str]) -> None:
    functions = [child for child in scope.children if isinstance(child.node, Function)]
    waiting = [child for child in functions if not _has_run(machine, child) and _calls_any(child, makers)]
    if not waiting:
        return
    made = machine.construct(cls, [], None)
    for child in (*waiting, *(item for item in functions if _tells_own(item))):
        function = child.node
        if not isinstance(function, Function) or not isinstance(made, Object) or _has_run(machine, child):
            continue
        bound = method(machine, cls, cls if function.static else made, function.name)
        if isinstance(bound, Closure):
            machine.call_function(bound, [])


def _has_run(machine: Machine, scope: Scope) -> bool:
    return id(scope.node) in machine.executed


def _maker_names(environment: Environment) -> set[str]:
    """Names that a file gives to what makes applications and routers."""
    found: set[str] = set()
    for name, value in environment.names.items():
        if isinstance(value, Pending):
            if value.imported.specifier in _MAKERS:
                found.add(name)
        elif isinstance(value, Library) and _is_maker(value.name):
            found.add(name)
    return found


def _is_maker(name: str) -> bool:
    package, _, member = name.partition("#")
    return package in _MAKERS and member in _MADE


def _calls_any(scope: Scope, names: set[str], members: frozenset[str] | set[str] = _MADE) -> bool:
    """Whether a function or class, or one inside it, calls one of the names, or such a member of it."""
    queue = [scope]
    for inner in queue:
        queue += inner.children
        for call in inner.calls:
            root, member = _called(call)
            if root in names and member in members:
                return True
    return False


def _called(call: Call) -> tuple[str, str]:
    """The name at the root of a callee and the member called: ``(0, express_1.default)()`` is (express_1, default)."""
    callee: Expr = call.callee
    if isinstance(callee, Opaque) and callee.kind == "comma" and callee.children:
        callee = callee.children[-1]
    if isinstance(callee, Member):
        owner: Expr = callee.object
        if isinstance(owner, Member) and owner.name == "default":
            owner = owner.object
        return (owner.id, callee.name) if isinstance(owner, Name) else ("", "")
    return (callee.id, "") if isinstance(callee, Name) else ("", "")


def _tells_own(scope: Scope) -> bool:
    """Whether a method registers something on what its object holds: ``this.app.use(...)``."""
    for call in scope.calls:
        callee = call.callee
        if isinstance(callee, Member) and callee.name in _TOLD and isinstance(callee.object, Member):
            owner = callee.object.object
            if isinstance(owner, Name) and owner.id == "this":
                return True
    return False
