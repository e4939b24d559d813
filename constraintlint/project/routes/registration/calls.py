"""Calls while registering code is carried out: of the project's functions, of libraries, of applications and routers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Index, Member, Name, Text
from constraintlint.project.routes.registration import injection, interop, language, responses
from constraintlint.project.routes.registration.instances import Instance
from constraintlint.project.routes.registration.values import (
    UNDEFINED,
    Array,
    Choice,
    ClassValue,
    Closure,
    Environment,
    FilePath,
    Library,
    Made,
    Module,
    Object,
    Partial,
    Site,
    Undefined,
    Unknown,
    choice,
    options,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.machine import Machine
    from constraintlint.project.routes.registration.values import Value

#: methods of libraries whose callback runs once at start-up, and so may register something
_RUNS = frozenset(
    ("then", "finally", "connect", "sync", "authenticate", "ready", "once", "nextTick", "setImmediate", "prepare",
     "open", "start", "run", "init", "initialize", "configure", "use", "waterfall", "series", "createPool", "startup")
)  # fmt: skip
_REQUESTS = frozenset(("req", "request", "_req", "_request", "ctx", "c", "context", "err", "error", "socket"))
#: packages that take an application without adding a route to it
_SERVERS = frozenset(
    ("http", "https", "http2", "spdy", "console", "Object", "Promise", "Array", "JSON", "process", "serverless-http",
     "@vendia/serverless-express", "express-ws", "socket.io", "ws", "supertest", "util", "events", "assert", "cluster",
     "@hono/node-server", "greenlock-express", "stoppable", "http-terminator", "http-graceful-shutdown", "pino",
     "winston", "koa-qs", "koa-onerror", "@sentry/node", "bluebird", "Bun", "Deno", "koa-websocket", "express-winston",
     "vite", "cors", "helmet", "morgan", "light-my-request", "lightship", "@godaddy/terminus", "prom-client",
     "terminus", "Error", "Set", "Map", "WeakMap", "WeakSet", "globalThis", "express-async-errors", "swagger-jsdoc",
     "express-list-endpoints", "hono/dev", "hono/client", "hono/testing", "hono/aws-lambda", "hono/vercel",
     "hono/cloudflare-pages", "hono/lambda-edge", "hono/netlify", "trpc-openapi", "lodash", "debug")
)  # fmt: skip


def call(machine: Machine, node: Call, environment: Environment) -> Value:
    callee = node.callee
    if isinstance(callee, Name) and callee.id in ("require", "import") and node.args:
        return _required(machine, node, environment)
    if isinstance(callee, Name) and callee.id in interop.HELPERS:
        return interop.helper(machine, callee.id, arguments(machine, node, environment))
    if isinstance(callee, Name) and callee.id == "super":
        return _super(machine, node, environment)
    if isinstance(callee, Member) and not (isinstance(callee.object, Name) and callee.object.id == "super"):
        receiver = machine.eval(callee.object, environment)
        args = arguments(machine, node, environment)
        site = machine.site(node, environment)
        if callee.name in interop.HELPERS:
            return interop.helper(machine, callee.name, args)
        if node.new:
            return construct(machine, machine.member(receiver, callee.name), args, site)
        return call_member(machine, receiver, callee.name, args, site)
    if isinstance(callee, Index):
        return _indexed(machine, callee, node, environment)
    target = machine.eval(callee, environment)
    args = arguments(machine, node, environment)
    site = machine.site(node, environment)
    return construct(machine, target, args, site) if node.new else apply(machine, target, args, site)


def arguments(machine: Machine, node: Call, environment: Environment) -> list[Value]:
    found: list[Value] = []
    for arg in node.args:
        value = machine.eval(arg.value, environment)
        if not arg.spread:
            found.append(value)
        elif isinstance(value, Array):
            found += value.items
            if value.open:
                found.append(Unknown("a spread list that is not known"))
        else:
            found.append(Unknown("a spread list that is not known"))
    return found


def _indexed(machine: Machine, callee: Index, node: Call, environment: Environment) -> Value:
    receiver = machine.eval(callee.object, environment)
    name = machine.eval(callee.index, environment)
    args = arguments(machine, node, environment)
    site = machine.site(node, environment)
    found: list[Value] = []
    for option in options(name):
        if isinstance(option, str):
            found.append(call_member(machine, receiver, option, args, site))
        elif isinstance(receiver, Instance):
            found.append(responses.call_unknown(machine, receiver, args, site))
        else:
            escape(args, site, "it is given to a function that is not known")
            found.append(Unknown("a function that is not known"))
    return choice(found)


def _required(machine: Machine, node: Call, environment: Environment) -> Value:
    imported = machine.ev.index.required(environment.path, node)
    if imported is not None:
        return machine.modules.imported(environment.path, imported, None)
    if isinstance(node.args[0].value, Text) and not environment.path:
        return Unknown("a module that is not known")
    found: list[Value] = []
    for option in options(machine.eval(node.args[0].value, environment)):
        if isinstance(option, FilePath):
            found.append(machine.modules.by_path(option.path))
        elif isinstance(option, str) and option.startswith("."):
            directory = environment.path.rpartition("/")[0]
            found.append(machine.modules.by_path(f"{directory}/{option}" if directory else option))
        else:
            found.append(Unknown("a module that is not known"))
    return choice(found)


def _super(machine: Machine, node: Call, environment: Environment) -> Value:
    cls = environment.method_class()
    receiver = environment.receiver()
    args = arguments(machine, node, environment)
    if cls is not None and isinstance(receiver, Object):
        if isinstance(cls.base, ClassValue):
            machine.initialise(receiver, cls.base, args)
        machine.run_fields(receiver, cls)
    return UNDEFINED


def apply(machine: Machine, target: Value, args: list[Value], site: Site, this: Value | None = None) -> Value:
    """``target(...args)``"""
    if isinstance(target, Closure):
        return machine.call_function(target, args, this)
    if isinstance(target, Choice):
        machine.branches += 1
        found = [apply(machine, option, args, site, this) for option in target.options]
        machine.branches -= 1
        return choice(found)
    if isinstance(target, Library):
        return library(machine, target, args, site, new=False)
    if isinstance(target, Module):
        whole = machine.modules.exported(target.path, "default")
        return apply(machine, whole, args, site, this) if not isinstance(whole, Module) else UNDEFINED
    if isinstance(target, Made):
        return library(machine, Library(f"{target.name}()", target), args, site, new=False)
    if isinstance(target, Object) and "default" in target.properties:
        return apply(machine, target.properties["default"], args, site, this)
    if isinstance(target, (Unknown, Partial)):
        if isinstance(target, Unknown) and target.inert:
            return Unknown(
                "the result of a function in which nothing can be registered", target.name, inert=True
            )
        escape(args, site, "it is given to a function that cannot be followed")
        return Unknown(
            "the result of a function that is not known", target.name if isinstance(target, Unknown) else ""
        )
    return Unknown("it is no function")


def construct(machine: Machine, target: Value, args: list[Value], site: Site) -> Value:
    """``new target(...args)``"""
    if isinstance(target, ClassValue):
        if isinstance(_root(target), Library):
            return _derived(machine, target, args, site)
        return machine.construct(target, args, site)
    if isinstance(target, Library):
        return library(machine, target, args, site, new=True)
    if isinstance(target, Choice):
        return choice([construct(machine, option, args, site) for option in target.options])
    if isinstance(target, Closure):
        made = Object({}, open=True)
        returned = machine.call_function(target, args, made)
        return returned if isinstance(returned, (Instance, Object)) else made
    escape(args, site, "it is given to a class that cannot be followed")
    return Unknown("it is made of something unknown")


def _root(cls: ClassValue) -> Value | None:
    base = cls.base
    for _ in range(8):
        if not isinstance(base, ClassValue):
            break
        base = base.base
    return base


def _derived(machine: Machine, cls: ClassValue, args: list[Value], site: Site) -> Value:
    """An object of a class of the project that derives from one of a library: perhaps from a framework's."""
    root = _root(cls)
    assert isinstance(root, Library)
    made = responses.factory(machine, root.name, args, site)
    if not isinstance(made, Instance):
        return machine.construct(cls, args, site)
    holder = Object({}, cls)
    constructor = cls.methods.get("constructor")
    current: Value | None = cls
    while isinstance(current, ClassValue):
        for name, function in current.methods.items():
            made.properties.setdefault(name, Closure(function, current.environment, made, current, name))
        current = current.base
    machine.run_fields(holder, cls)
    made.properties.update(holder.properties)
    if constructor is not None:
        machine.call_function(Closure(constructor, cls.environment, made, cls), args, made)
    return made


def call_member(machine: Machine, receiver: Value, name: str, args: list[Value], site: Site) -> Value:
    """``receiver.name(...args)``"""
    if isinstance(receiver, Choice):
        machine.branches += 1
        found = [call_member(machine, option, name, args, site) for option in receiver.options]
        machine.branches -= 1
        return choice(found)
    if isinstance(receiver, Instance):
        own = receiver.property(name)
        if own is None:
            return responses.respond(machine, receiver, name, args, site)
        return apply(machine, own, args, site, receiver)
    if isinstance(receiver, Closure) and name in ("bind", "call", "apply"):
        return _function_method(machine, receiver, name, args)
    if isinstance(receiver, Made):
        resolved = injection.injected(machine, receiver)
        if resolved is not None:
            return call_member(machine, resolved, name, args, site)
    if isinstance(receiver, (Array, str, Partial, FilePath)):
        return language.method(machine, receiver, name, args, site)
    if isinstance(receiver, Library) and receiver.name in ("Object", "Array", "Promise", "Symbol", "String"):
        return language.function(machine, f"{receiver.name}.{name}", args, site)
    if isinstance(receiver, Object) and injection.is_container(receiver):
        return injection.container_method(machine, receiver, name, args)
    target = machine.member(receiver, name)
    if name in ("then", "catch", "finally") and isinstance(target, (Undefined, Unknown)):
        return _promised(machine, receiver, name, args)
    if isinstance(target, Undefined) or (isinstance(target, Unknown) and not target.inert):
        if isinstance(receiver, Object):
            looked = language.object_method(machine, receiver, name, args)
            if looked is not None:
                return looked
        _callbacks(machine, name, args)
        escape(args, site, "it is given to a method that cannot be followed")
        return Unknown("the result of a method that is not known", name)
    return apply(machine, target, args, site, receiver)


def _function_method(machine: Machine, closure: Closure, name: str, args: list[Value]) -> Value:
    this = args[0] if args else None
    if name == "bind":
        return Closure(
            closure.function, closure.environment, closure.this if closure.this is not None else this,
            closure.home, closure.name, closure.inside,
        )  # fmt: skip
    if name == "apply":
        given = args[1] if len(args) > 1 else UNDEFINED
        return machine.call_function(closure, given.items if isinstance(given, Array) else [], this)
    return machine.call_function(closure, args[1:], this)


def _promised(machine: Machine, receiver: Value, name: str, args: list[Value]) -> Value:
    """A promise is what it gives: ``then`` runs its callback with that."""
    callback = args[0] if args else UNDEFINED
    if name == "then" and isinstance(callback, Closure):
        return machine.call_function(callback, [receiver])
    if name == "finally" and isinstance(callback, Closure):
        machine.call_function(callback, [])
    return receiver


def library(machine: Machine, target: Library, args: list[Value], site: Site, *, new: bool) -> Value:
    """A call of something of a library."""
    made = responses.factory(machine, target.name, args, site)
    if made is not None:
        return made
    container = injection.call(machine, target, args)
    if container is not None:
        return container
    known = (
        language.function(machine, target.name, args, site) if not new else language.made(target.name, args)
    )
    if not isinstance(known, Undefined):
        return known
    name = target.name
    package = name.partition("#")[0].partition(".")[0] if not name.startswith("@") else name.partition("#")[0]
    if isinstance(target.owner, Instance):
        return responses.respond(machine, target.owner, name.rpartition(".")[2], args, site)
    _callbacks(machine, name.rpartition(".")[2].rpartition("#")[2], args)
    if package not in _SERVERS and not package.startswith(("http", "hono/", "@fastify/")):
        escape(args, site, f"it is given to {package or name}")
    return Made(name, args, site)


def _callbacks(machine: Machine, name: str, args: list[Value]) -> None:
    """Callbacks that a library runs at start-up."""
    if name not in _RUNS:
        return
    for arg in args:
        if isinstance(arg, Closure):
            params = arg.function.params
            if not params or params[0].name not in _REQUESTS:
                machine.call_function(arg, [])


def escape(args: list[Value], site: Site, why: str) -> None:
    """Notes that applications among the arguments are handed to code that may do anything with them."""
    for arg in args:
        for option in options(arg):
            found: list[Value] = [option]
            if isinstance(option, Object) and option.cls is None:
                found += option.properties.values()
            for item in found:
                if isinstance(item, Instance) and not any(at is site for at, _ in item.escapes):
                    item.escapes.append((site, why))
