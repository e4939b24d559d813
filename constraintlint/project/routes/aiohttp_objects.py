"""aiohttp 3 as far as routes go: applications, their routers, tables of routes and sub-applications."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.project.routes.path_pieces import Parameter, Piece
from constraintlint.project.routes.records import Guard
from constraintlint.project.routes.startup import decorators
from constraintlint.project.routes.startup.members import Iterable_
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Builtin,
    Instance,
    Native,
    Opaque,
    Value,
)
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
_PARAMETER = re.compile(r"\{([_a-zA-Z][_a-zA-Z0-9]*)(?::((?:[^{}]|\{[^{}]*\})+))?\}")


def pieces(path: str) -> list[Piece]:
    r"""The pieces of a path of aiohttp: ``/files/{name:\d+}``."""
    found: list[Piece] = []
    at = 0
    for match in _PARAMETER.finditer(path):
        if match.start() > at:
            found.append(path[at : match.start()])
        expression = match[2] or ""
        found.append(
            Parameter(match[1], "" if expression == "[^{}/]+" else expression, _takes_slashes(expression))
        )
        at = match.end()
    if at < len(path):
        found.append(path[at:])
    return found


def _takes_slashes(expression: str) -> bool:
    return expression in (".*", ".+", ".*?", ".+?", "[^{}]*", "[^{}]+")


class Definition(Native):
    """A route, static folder or sub-application before or after it is in a router."""

    def __init__(
        self, kind: str, method: Value, path: Value, handler: Value, args: Arguments, place: Place
    ) -> None:
        super().__init__()
        self.kind = kind
        """``route``, ``static``, ``sub`` or ``gap``"""
        self.method = method
        self.path = path
        self.handler = handler
        self.args = args
        self.place = place
        self.head = False
        """whether HEAD is added to GET"""
        self.name = ""
        self.conditional = False
        self.used = False
        self.source: object = None

    def attribute(self, machine: Machine, name: str) -> Value:
        return Opaque(f"aiohttp.web.Route.{name}")


def definition(machine: Machine, args: Arguments, method: Value, path: Value, handler: Value) -> Definition:
    made = Definition("route", method, path, handler, args, machine.place(args.at, args.path))
    made.head = method == "GET" and args.get(None, "allow_head", True) is not False
    name = args.kwargs.get("name")
    made.name = name if isinstance(name, str) else ""
    made.conditional = machine.unsure > 0
    return made


def _method(value: Value) -> Value:
    return value.upper() if isinstance(value, str) else value


def by_method(method: str, machine: Machine, args: Arguments) -> Definition:
    """``web.get(path, handler)`` and its like."""
    return definition(machine, args, method, args.get(0, "path", UNKNOWN), args.get(1, "handler"))


def by_route(machine: Machine, args: Arguments) -> Definition:
    """``web.route(method, path, handler)``."""
    method = _method(args.get(0, "method", UNKNOWN))
    made = definition(machine, args, method, args.get(1, "path", UNKNOWN), args.get(2, "handler"))
    made.head = False
    return made


def by_static(machine: Machine, args: Arguments) -> Definition:
    place = machine.place(args.at, args.path)
    made = Definition("static", "GET", args.get(0, "prefix", UNKNOWN), None, args, place)
    made.conditional = machine.unsure > 0
    return made


class Table(Native, Iterable_):
    """``RouteTableDef``."""

    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__()
        self.place = machine.place(args.at, args.path)
        self.definitions: list[Definition] = []

    def items(self, machine: Machine) -> list[Value] | None:
        return list(self.definitions)

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in METHODS:
            return Builtin(lambda m, args: self._decorating(args, name.upper(), 0), name)
        if name == "view":
            return Builtin(lambda m, args: self._decorating(args, "*", 0), name)
        if name == "route":
            return Builtin(
                lambda m, args: self._decorating(args, _method(args.get(0, "method", UNKNOWN)), 1), name
            )
        if name == "static":
            return Builtin(lambda m, args: self.definitions.append(by_static(m, args)), name)
        return MISSING

    def _decorating(self, args: Arguments, method: Value, position: int) -> Value:
        def keep(machine: Machine, given: Arguments) -> Value:
            handler = given.get(0, "handler")
            made = definition(machine, args, method, args.get(position, "path", UNKNOWN), handler)
            made.head = made.head and position == 0
            made.source = self
            self.definitions.append(made)
            return handler

        return Builtin(keep, "route")


class Resource(Native):
    """What ``add_resource`` gives: methods are added to it."""

    def __init__(self, router: Dispatcher, path: Value) -> None:
        super().__init__()
        self.router = router
        self.path = path

    def do_add_route(self, machine: Machine, args: Arguments) -> Value:
        made = definition(
            machine, args, _method(args.get(0, "method", UNKNOWN)), self.path, args.get(1, "handler")
        )
        made.head = False
        self.router.definitions.append(made)
        return made


class Dispatcher(Native):
    """``app.router``."""

    def __init__(self) -> None:
        super().__init__()
        self.definitions: list[Definition] = []

    def attribute(self, machine: Machine, name: str) -> Value:
        if name.startswith("add_") and name[4:] in METHODS:
            return Builtin(lambda m, args: self._keep(by_method(name[4:].upper(), m, args)), name)
        found = super().attribute(machine, name)
        return Opaque(f"aiohttp.web.UrlDispatcher.{name}") if found is MISSING else found

    def _keep(self, made: Definition) -> Definition:
        self.definitions.append(made)
        return made

    def do_add_route(self, machine: Machine, args: Arguments) -> Value:
        return self._keep(by_route(machine, args))

    def do_add_view(self, machine: Machine, args: Arguments) -> Value:
        return self._keep(by_method("*", machine, args))

    def do_add_static(self, machine: Machine, args: Arguments) -> Value:
        return self._keep(by_static(machine, args))

    def do_add_resource(self, machine: Machine, args: Arguments) -> Value:
        return Resource(self, args.get(0, "path", UNKNOWN))

    def do_add_routes(self, machine: Machine, args: Arguments) -> Value:
        from constraintlint.project.routes.startup.expressions import items

        given = items(machine, args.get(0, "routes"))
        for item in given if given is not None else [UNKNOWN]:
            if isinstance(item, Definition):
                item.used = True
                copy = Definition(item.kind, item.method, item.path, item.handler, item.args, item.place)
                copy.head, copy.name = item.head, item.name
                copy.conditional = item.conditional or machine.unsure > 0
                self.definitions.append(copy)
            else:
                self.definitions.append(
                    Definition("gap", "", "", None, args, machine.place(args.at, args.path))
                )
        if isinstance(args.get(0, "routes"), Table):
            args.args[0].attrs["used"] = True
        return UNKNOWN


class Application(Native):
    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__()
        self.place = machine.place(args.at, args.path)
        self.router = Dispatcher()
        given = args.get(None, "router")
        if isinstance(given, Dispatcher):
            self.router = given
        self.args = args
        self.mounted = False
        self.middlewares: list[Value] = []
        middlewares = args.kwargs.get("middlewares")
        if isinstance(middlewares, (list, tuple)):
            self.middlewares = list(middlewares)
        self.attrs["router"] = self.router
        self.attrs["middlewares"] = self.middlewares

    def attribute(self, machine: Machine, name: str) -> Value:
        found = super().attribute(machine, name)
        return Opaque(f"aiohttp.web.Application.{name}") if found is MISSING else found

    def do_add_routes(self, machine: Machine, args: Arguments) -> Value:
        return self.router.do_add_routes(machine, args)

    def do_add_subapp(self, machine: Machine, args: Arguments) -> Value:
        prefix = args.get(0, "prefix", UNKNOWN)
        if isinstance(prefix, str):
            prefix = prefix.rstrip("/")
        return self._mount(machine, args, prefix)

    def handed_over(self, machine: Machine, args: Arguments) -> None:
        self.router.definitions.append(
            Definition("gap", "", "", None, args, machine.place(args.at, args.path))
        )

    def do_add_domain(self, machine: Machine, args: Arguments) -> Value:
        return self._mount(machine, args, "")

    def _mount(self, machine: Machine, args: Arguments, prefix: Value) -> Value:
        child = args.get(1, "subapp", UNKNOWN)
        made = Definition("sub", "", prefix, child, args, machine.place(args.at, args.path))
        made.conditional = machine.unsure > 0
        app = as_application(child)
        if app is not None:
            app.mounted = True
        self.router.definitions.append(made)
        return None

    def guards(self, machine: Machine) -> tuple[Guard, ...]:
        return tuple(
            Guard("middleware", decorators.handler(machine, item, self.args.path, None, self.args.at))
            for item in self.middlewares
        )


def as_application(value: Value) -> Application | None:
    native = value.native if isinstance(value, Instance) else value
    return native if isinstance(native, Application) else None
