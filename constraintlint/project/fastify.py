"""Fastify applications: which plugin is registered where, and what each instance is told.

An application is a tree of encapsulation contexts. ``register(plugin)`` makes a child context for the plugin's
function, unless it is wrapped by ``fastify-plugin``: then it works on the instance it is registered on. A context sees
what is added to it and to those above it (routes, hooks, content type parsers). Fastify 4 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec

from constraintlint.facts.code import Arg, Call, Expr, Function, Member, Name
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.flow.values import Value
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.evaluate import Evaluator

ROUTE_METHODS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "all", "route"))
_EVENTS = ROUTE_METHODS | frozenset(
    ("register", "addContentTypeParser", "removeContentTypeParser", "removeAllContentTypeParsers", "addHook")
)
#: methods that give the instance they are called on
_CHAINED = _EVENTS | frozenset(
    ("withTypeProvider", "after", "decorate", "decorateRequest", "decorateReply", "setErrorHandler")
)
_FACTORIES = frozenset(("fastify()", "fastify#fastify()", "fastify#default()", "fastify.default()"))
_WRAPPERS = frozenset(
    ("fastify-plugin", "fastify-plugin#default", "fastify-plugin#fp", "fastify-plugin#fastifyPlugin")
)
#: plugins outside ``@fastify/`` known to leave parsers and headers alone
_HARMLESS = frozenset(
    ("fastify-cors", "fastify-helmet", "fastify-jwt", "fastify-cookie", "fastify-swagger", "fastify-sensible", "fastify-auth",
     "fastify-bcrypt", "fastify-env", "fastify-postgres", "fastify-metrics", "fastify-healthcheck", "fastify-graceful-shutdown")
)  # fmt: skip
_AUTOLOAD = frozenset(("@fastify/autoload", "fastify-autoload"))

#: how far an instance is handed on from function to function
_MAX_ROUNDS = 5

Key = tuple[str, int]


class Event(msgspec.Struct, gc=False, eq=False):
    """One call of a method of an instance."""

    name: str
    call: Call
    scope: Scope


class Context(msgspec.Struct, eq=False):
    """One encapsulation context. ``root`` is the call that makes the application, None for a plugin's context."""

    events: list[Event] = []
    parents: list[Context] = []
    root: tuple[str, Call, Scope] | None = None
    unknown: bool = False
    """it is handed to code that cannot be followed, which may add anything to it"""

    def chain(self) -> list[Context] | None:
        """Itself and everything above it; None where a way up is unknown or leads to no application."""
        found: list[Context] = []
        queue = [self]
        while queue:
            context = queue.pop()
            if context in found:
                continue
            if context.unknown or (context.root is None and not context.parents):
                return None
            found.append(context)
            queue += context.parents
        return found


class Applications(msgspec.Struct):
    contexts: list[Context]

    @property
    def roots(self) -> list[Context]:
        return [context for context in self.contexts if context.root is not None]


_found: WeakKeyDictionary[Project, Applications] = WeakKeyDictionary()


def applications(project: Project) -> Applications:
    """The contexts of every Fastify application of the checked root; found once."""
    known = _found.get(project)
    if known is None:
        known = _found[project] = _Finder(project).find()
    return known


class _Finder:
    def __init__(self, project: Project) -> None:
        self.ev: Evaluator = project.evaluator
        self.project = project
        self.contexts: dict[Key, Context] = {}
        self.same: dict[Key, Key] = {}
        self.files = [file for file in self.ev.files() if not file.python]
        self.wrapped: set[int] = set()
        """functions given to ``fastify-plugin``, which gives them back as they are"""

    def find(self) -> Applications:
        events = [item for file in self.files for item in self._events(file)]
        if not any(key[0] == "root" for _, keys in events for key in keys) and not self._any_root():
            return Applications([])
        self._find_wrapped()
        registrations = [item for item in events if item[0].name == "register"]
        for event, keys in registrations:
            self._register(event, keys)
        for _ in range(_MAX_ROUNDS):
            known = (len(self.same), len(self.contexts))
            self._hand_on()
            if known == (len(self.same), len(self.contexts)):
                break
        autoloads = [item for item in registrations if self._is_autoload(item[0])]
        for event, keys in events:
            for context in {id(context): context for context in map(self._context, keys)}.values():
                context.events.append(event)
        for _, keys in autoloads:
            self._autoloaded(keys)
        unique = {id(context): context for context in self.contexts.values()}
        return Applications(list(unique.values()))

    # --- instances ----------------------------------------------------------------------------------------------

    def _any_root(self) -> bool:
        return any(
            self._roots(self.ev.eval(call, scope))
            for file in self.files
            for name in ("Fastify", "fastify", "default")
            for call, scope in file.calls.get(name, ())
        )

    def _events(self, file: FileScopes) -> list[tuple[Event, list[Key]]]:
        found: list[tuple[Event, list[Key]]] = []
        for name in sorted(_EVENTS & file.calls.keys()):
            for call, scope in file.calls[name]:
                if isinstance(call.callee, Member):
                    keys = self.instances(call.callee.object, scope)
                    if keys:
                        found.append((Event(name, call, scope), keys))
        found.sort(key=lambda item: item[0].call.at)
        return found

    def instances(self, expr: Expr, scope: Scope) -> list[Key]:
        """The instances an expression can be: applications by the call that makes them, parameters by function."""
        while isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name in _CHAINED:
            expr = expr.callee.object
        keys = self._roots(self.ev.eval(expr, scope))
        if isinstance(expr, Name):
            parameter = self._parameter(expr, scope)
            if parameter is not None:
                keys.append(parameter)
        return keys

    def _roots(self, values: tuple[Value, ...]) -> list[Key]:
        found: list[Key] = []
        for value in values:
            for item in concrete(self.ev, value):
                if item.kind == "result" and item.name in _FACTORIES and item.call and item.caller:
                    key = ("root", id(item.call))
                    if key not in self.contexts:
                        self.contexts[key] = Context(root=(item.path, item.call, item.caller))
                    if key not in found:
                        found.append(key)
        return found

    def _parameter(self, name: Name, scope: Scope) -> Key | None:
        variable = scope.find(name.id, name.at[0])
        if variable is None or len(variable.binds) != 1:
            return None
        bind = variable.binds[0]
        if bind.kind != "param" or bind.keys or bind.index < 0 or bind.scope.function is None:
            return None
        return (f"param{bind.index}", id(bind.scope.function))

    def _context(self, key: Key) -> Context:
        seen = {key}
        while key in self.same and self.same[key] not in seen:
            key = self.same[key]
            seen.add(key)
        if key not in self.contexts:
            self.contexts[key] = Context()
        return self.contexts[key]

    # --- plugins ------------------------------------------------------------------------------------------------

    def _register(self, event: Event, keys: list[Key]) -> None:
        if not event.call.args:
            return
        for value in self.ev.eval(event.call.args[0].value, event.scope) or (None,):
            followed = self._plugins(value) if value is not None else None
            if followed is None:
                for key in keys:
                    self._context(key).unknown = True
                continue
            for function, wrapped in followed:
                inner: Key = ("param0", id(function.node))
                for key in keys:
                    if key == inner:
                        continue
                    if wrapped and inner not in self.same:
                        self._alias(inner, key)
                    else:
                        self._context(inner).parents.append(self._context(key))

    def _alias(self, inner: Key, outer: Key) -> None:
        """The plugin works on the instance itself."""
        made = self.contexts.pop(inner, None)
        self.same[inner] = outer
        target = self._context(outer)
        if made is not None and made is not target:
            target.parents += made.parents
            target.events += made.events
            target.unknown = target.unknown or made.unknown
            for context in self.contexts.values():
                context.parents = [target if parent is made else parent for parent in context.parents]

    def _plugins(self, value: Value) -> list[tuple[Value, bool]] | None:
        """The functions a registered value stands for and whether they are wrapped; None where that is unknown."""
        found: list[tuple[Value, bool]] = []
        followed = concrete(self.ev, value)
        if value.kind == "module" and followed == [value]:  # a namespace: fastify takes its default export
            followed = list(self.ev.exported(value.name, "default"))
        for item in followed:
            if item.kind == "function":
                found.append((item, id(item.node) in self.wrapped or self._skips_override(item)))
            elif item.kind == "library":
                package = item.name.partition("#")[0]
                if not package.startswith("@fastify/") and package not in _HARMLESS | _AUTOLOAD:
                    return None
            else:
                return None
        return found

    def _find_wrapped(self) -> None:
        for file in self.files:
            facts = self.project.facts(file.path)
            if facts is None or not any(item.specifier == "fastify-plugin" for item in facts.imports):
                continue
            for calls in file.calls.values():
                for call, scope in calls:
                    if call.args and any(
                        value.kind == "library" and value.name in _WRAPPERS
                        for value in self.ev.eval(call.callee, scope)
                    ):
                        self.wrapped |= {
                            id(value.node)
                            for value in self.ev.eval(call.args[0].value, scope)
                            if value.kind == "function"
                        }

    def _skips_override(self, function: Value) -> bool:
        """``plugin[Symbol.for("skip-override")] = true``: what fastify-plugin does, by hand."""
        file = self.ev.file(function.path)
        if file is None or not function.name:
            return False
        return any(
            isinstance(store.owner, Name) and store.owner.id == function.name and "Symbol" in key
            for key, stores in file.stores.items()
            for store in stores
        )

    def _hand_on(self) -> None:
        """Functions of the project that are given an instance: ``routes(app)``."""
        for file in self.files:
            for calls in list(file.calls.values()):
                for call, scope in calls:
                    for position, argument in enumerate(call.args):
                        if isinstance(argument.value, (Name, Member)) and not is_test(file.path):
                            self._given(call, scope, position, argument)

    def _given(self, call: Call, scope: Scope, position: int, argument: Arg) -> None:
        parameter = self._parameter(argument.value, scope) if isinstance(argument.value, Name) else None
        keys = self.instances(argument.value, scope)
        if not keys or (
            keys == [parameter] and parameter not in self.contexts and parameter not in self.same
        ):
            return
        if isinstance(call.callee, Member) and self.instances(call.callee.object, scope):
            return
        for value in self.ev.values(scope.path, call.callee, scope):
            for item in concrete(self.ev, value):
                if item.kind == "unknown" and not isinstance(call.callee, Member):
                    for key in keys:
                        self._context(key).unknown = True
                if not isinstance(item.node, Function):
                    continue
                inner: Key = (f"param{position}", id(item.node))
                for key in keys:
                    if key != inner and inner not in self.same:
                        self._alias(inner, key)

    # --- autoload -----------------------------------------------------------------------------------------------

    def _is_autoload(self, event: Event) -> bool:
        return bool(event.call.args) and any(
            value.kind == "library" and value.name.partition("#")[0] in _AUTOLOAD
            for value in self.ev.eval(event.call.args[0].value, event.scope)
        )

    def _autoloaded(self, keys: list[Key]) -> None:
        """Plugins nothing registers by name are those that ``@fastify/autoload`` finds."""
        for file in self.files:
            for value in concrete(self.ev, Value("module", file.path, (0, 0), file.path)):
                for function, wrapped in self._plugins(value) or ():
                    inner: Key = ("param0", id(function.node))
                    context = self.contexts.get(inner)
                    if context is None or context.parents or inner in self.same:
                        continue
                    for key in keys:
                        if wrapped and inner not in self.same:
                            self._alias(inner, key)
                        else:
                            context.parents.append(self._context(key))
