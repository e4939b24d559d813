"""How applications and routers answer the calls of their methods: they note the call and give what the framework gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.project.routes.registration import plugins
from constraintlint.project.routes.registration.instances import Event, Instance, Kind
from constraintlint.project.routes.registration.values import (
    UNDEFINED,
    Array,
    Closure,
    Library,
    Made,
    Site,
    Unknown,
    is_function,
    options,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.machine import Machine
    from constraintlint.project.routes.registration.values import Value

#: the methods of HTTP that routers have a function for (Node's ``http.METHODS``)
METHODS = frozenset(
    ("get", "post", "put", "patch", "delete", "head", "options", "trace", "connect", "copy", "lock", "unlock", "mkcol",
     "move", "propfind", "proppatch", "search", "report", "mkactivity", "checkout", "merge", "m-search", "notify",
     "subscribe", "unsubscribe", "purge", "bind", "rebind", "unbind", "acl", "link", "unlink", "source", "query")
)  # fmt: skip

_FACTORIES: dict[str, tuple[Kind, bool]] = {
    "express": ("express", True),
    "express#default": ("express", True),
    "express#express": ("express", True),
    "express#Router": ("express", False),
    "express-promise-router": ("express", False),
    "express-promise-router#default": ("express", False),
    "fastify": ("fastify", True),
    "fastify#default": ("fastify", True),
    "fastify#fastify": ("fastify", True),
    "fastify#Fastify": ("fastify", True),
    "koa": ("koa", True),
    "koa#default": ("koa", True),
    "@koa/router": ("koa-router", False),
    "@koa/router#Router": ("koa-router", False),
    "@koa/router#default": ("koa-router", False),
    "koa-router": ("koa-router", False),
    "koa-router#Router": ("koa-router", False),
    "koa-router#default": ("koa-router", False),
    "hono/factory#createFactory.createApp": ("hono", True),
    "hono/factory#Factory.createApp": ("hono", True),
}
_HONO = re.compile(r"(?:hono(?:/[\w-]+)?|@hono/zod-openapi)#(?:Hono|HonoBase|OpenAPIHono)")
#: functions that give back what they are given
_SAME = frozenset(
    ("hono/factory#createMiddleware", "hono/factory#createFactory.createMiddleware", "hono/factory#Factory.createMiddleware",
     "@hono/zod-openapi#createRoute", "@awaitjs/express#addAsync", "express-ws#getInstance")
)  # fmt: skip
_LISTS = frozenset(("hono/factory#createFactory.createHandlers", "hono/factory#Factory.createHandlers"))

_EXPRESS = METHODS | {"all", "use", "param", "set", "enable", "disable", "del"}
_HONO_METHODS = METHODS | {"all", "use", "on", "mount", "openapi"}
_KOA_ROUTER = METHODS | {"all", "use", "del", "register", "prefix", "param", "redirect"}
#: methods of a Fastify instance that give the instance and change nothing a route table shows
_FASTIFY_SAME = frozenset(
    ("withTypeProvider", "setErrorHandler", "setNotFoundHandler", "setValidatorCompiler", "setSerializerCompiler",
     "addContentTypeParser", "removeContentTypeParser", "removeAllContentTypeParsers", "addSchema", "setReplySerializer",
     "setSchemaController", "setGenReqId", "addHttpMethod", "addConstraintStrategy", "setSchemaErrorFormatter",
     "decorateReply", "decorateRequest", "setChildLoggerFactory", "withTypeProvider")
)  # fmt: skip


def factory(machine: Machine, name: str, args: list[Value], site: Site) -> Value | None:
    """The application or router that a function or class of a library makes; None for any other."""
    found = _FACTORIES.get(name)
    if found is None and _HONO.fullmatch(name):
        found = ("hono", True)
    if found is not None:
        made = Instance(found[0], found[1], args, site)
        machine.instances.append(made)
        return made
    if name in _SAME and args:
        return args[0]
    return Array(args) if name in _LISTS else None


def respond(machine: Machine, instance: Instance, name: str, args: list[Value], site: Site) -> Value:
    """``instance.name(...args)`` for a method of the framework."""
    if instance.kind == "express":
        return _express(machine, instance, name, args, site)
    if instance.kind == "fastify":
        return _fastify(machine, instance, name, args, site)
    if instance.kind == "hono":
        return _hono(machine, instance, name, args, site)
    if instance.kind == "koa":
        return _koa(machine, instance, name, args, site)
    return _koa_router(instance, name, args, site)


def call_unknown(machine: Machine, instance: Instance, args: list[Value], site: Site) -> Value:
    """``instance[method](...)`` with a method that is not known: a route of some method."""
    instance.events.append(Event("?", args, site))
    return instance


def settle(machine: Machine, instance: Instance) -> None:
    """``await`` of an instance: Fastify loads what has been registered so far."""
    if instance.kind == "fastify":
        plugins.load(machine, instance)


def _lengths(args: list[Value]) -> int:
    """How many calls the first router among the arguments has taken so far."""
    for arg in args:
        for option in options(arg):
            if isinstance(option, Made) and option.args and option.name.startswith("koa-router."):
                option = option.args[0]
            if isinstance(option, Instance):
                return len(_base(option).events)
    return -1


def _base(instance: Instance) -> Instance:
    """The instance that keeps the routes: ``basePath`` and ``route(path)`` give a view of another one."""
    while instance.path is not None and instance.parent is not None:
        instance = instance.parent
    return instance


def _express(machine: Machine, instance: Instance, name: str, args: list[Value], site: Site) -> Value:
    if instance.path is not None:  # app.route(path)
        if name in METHODS or name == "all":
            assert instance.parent is not None
            instance.parent.events.append(Event(name, args, site, path=instance.path))
            return instance
        return Unknown("a method of a route", name)
    if name == "route":
        return Instance(
            "express", False, [], site, parent=instance, path=args[0] if args else Unknown("no path")
        )
    if name == "get" and len(args) < 2:
        return Unknown("a setting of the application", name)
    if name in _EXPRESS:
        instance.events.append(Event(name, args, site, _lengths(args)))
        return instance
    if name == "listen":
        for arg in args:
            if isinstance(arg, Closure):
                machine.call_function(arg, [])
        return Made("express.listen", [], site)
    if name in ("engine", "on", "once"):
        return instance
    if name == "address":
        return Unknown("an address", name)
    return Unknown("a method of the application", name)


def _hono(machine: Machine, instance: Instance, name: str, args: list[Value], site: Site) -> Value:
    base = _base(instance)
    if name == "basePath":
        return Instance(
            "hono", False, [], site, parent=instance, path=Array([_prefix(instance), args[0] if args else ""])
        )
    if name == "route":
        base.events.append(Event("route", args, site, _lengths(args), _prefix(instance)))
        return instance
    if name in _HONO_METHODS:
        if name in METHODS or name == "all":
            if args and not is_function(args[0]) and not isinstance(args[0], (Made, Library)):
                instance.properties["#path"] = args[0]
            else:
                args = [instance.properties.get("#path", "/"), *args]
        elif name == "use":
            first = options(args[0])[0] if args else UNDEFINED
            written = not is_function(first) and not isinstance(first, (Made, Library, Instance, Unknown))
            args = args if written else ["*", *args]
            instance.properties["#path"] = args[0]
        base.events.append(Event(name, args, site, path=_prefix(instance)))
        return instance
    if name in ("notFound", "onError", "doc", "doc31", "doc30"):
        if name.startswith("doc"):
            base.events.append(Event("get", args, site, path=_prefix(instance)))
        return instance
    return Made(f"hono.{name}", [], site)


def _prefix(instance: Instance) -> Value:
    return instance.path if instance.path is not None else ""


def _koa(machine: Machine, instance: Instance, name: str, args: list[Value], site: Site) -> Value:
    if name == "use":
        instance.events.append(Event(name, args, site, _lengths(args)))
        return instance
    if name == "listen":
        for arg in args:
            if isinstance(arg, Closure):
                machine.call_function(arg, [])
    return Made(f"koa.{name}", [], site)


def _koa_router(instance: Instance, name: str, args: list[Value], site: Site) -> Value:
    if name in _KOA_ROUTER:
        instance.events.append(Event(name, args, site, _lengths(args)))
        return instance
    if name in ("routes", "middleware"):
        return Made("koa-router.routes", [instance], site)
    if name == "allowedMethods":
        return Made("koa-router.allowedMethods", [instance], site)
    return Unknown("a method of the router", name)


def _fastify(machine: Machine, instance: Instance, name: str, args: list[Value], site: Site) -> Value:
    if name == "register":
        event = Event("register", args, site)
        instance.pending.append((event, []))
        return instance
    if name in METHODS or name in ("all", "route", "addHook"):
        instance.events.append(Event(name, args, site))
        return instance
    if name == "decorate":
        if len(args) > 1 and isinstance(args[0], str):
            instance.properties[args[0]] = args[1]
        return instance
    if name in ("after", "ready", "listen", "inject"):
        plugins.load(machine, instance)
        for arg in args[-1:]:
            if isinstance(arg, Closure):
                machine.call_function(arg, [None])
        plugins.load(machine, instance)
        return instance if name in ("after", "ready") else Made(f"fastify.{name}", [], site)
    if name in _FASTIFY_SAME:
        return instance
    return Unknown("a method of the instance", name)
