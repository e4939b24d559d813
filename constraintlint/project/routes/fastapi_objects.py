"""FastAPI and Starlette as far as routes go: applications and routers as trees of routes, includes and mounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr
from constraintlint.project.routes import views
from constraintlint.project.routes.records import Guard
from constraintlint.project.routes.startup import calls, decorators
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Builtin,
    Instance,
    Method,
    Native,
    Opaque,
    Value,
    innermost,
)
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
#: what a registration says of its answers
EXTRAS = ("response_model", "status_code", "responses", "response_class")


class Dependency(Native):
    """``Depends(...)`` or ``Security(...)``."""

    def __init__(self, how: str, target: Value, args: Arguments) -> None:
        super().__init__()
        self.how = how
        self.target = target
        self.args = args

    def guard(self, machine: Machine, annotated: Value = None) -> Guard:
        target = self.target if self.target is not None else annotated
        return Guard(
            self.how,
            decorators.handler(
                machine, target, self.args.path, self.args.expr(0, "dependency"), self.args.at
            ),
        )


class Entry:
    """One line of a router: a route, an included router or a mounted application."""

    def __init__(self, kind: str, path: Value, place: Place, args: Arguments) -> None:
        self.kind = kind
        """``route`` (of FastAPI), ``plain`` (of Starlette), ``include``, ``mount``, ``gap``"""
        self.path = path
        self.place = place
        self.args = args
        self.target: Value = None
        self.methods: Value = None
        self.guards: tuple[Guard, ...] = ()
        self.name = ""
        self.automatic = False
        self.conditional = False
        self.extras: tuple[tuple[str, Expr], ...] = ()


def dependencies(machine: Machine, value: Value) -> tuple[Guard, ...]:
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(item.guard(machine) for item in value if isinstance(item, Dependency))


class Router(Native):
    """``APIRouter``, ``FastAPI``, ``starlette.routing.Router`` and ``Starlette``."""

    def __init__(self, machine: Machine, args: Arguments, framework: str) -> None:
        super().__init__()
        self.framework = framework
        self.place = machine.place(args.at, args.path)
        self.args = args
        self.prefix: Value = args.get(None, "prefix", "") if framework == "fastapi" else ""
        self.guards = dependencies(machine, args.kwargs.get("dependencies"))
        self.entries: list[Entry] = []
        self.is_app = False
        self.mounted = False
        self.middleware: list[Guard] = []
        self.slashes: Value = args.get(None, "redirect_slashes", True)
        self.attrs |= {"prefix": self.prefix, "state": Opaque("state"), "routes": Routes(self)}
        self.attrs["dependency_overrides"] = {}
        given = args.kwargs.get("routes")
        if given is None and framework == "starlette":
            given = args.get(1 if self._second() else 0, "routes")
        self.take(machine, given, args)

    def _second(self) -> bool:
        """Whether ``routes`` is the second argument."""
        return False

    def take(self, machine: Machine, given: Value, args: Arguments) -> None:
        """Routes given as a list."""
        if given is None:
            return
        if isinstance(given, Routes):
            self.entries += given.router.entries
        elif isinstance(given, (list, tuple)):
            for item in given:
                self.append(machine, item, args)
        else:
            self.entries.append(self.entry(machine, "gap", "", args))

    def append(self, machine: Machine, item: Value, args: Arguments) -> None:
        if isinstance(item, RouteItem):
            if item.entry is not None:
                self.entries.append(item.entry)
        else:
            self.entries.append(self.entry(machine, "gap", "", args))

    def entry(self, machine: Machine, kind: str, path: Value, args: Arguments) -> Entry:
        entry = Entry(kind, path, machine.place(args.at, args.path), args)
        entry.conditional = machine.unsure > 0
        return entry

    def handed_over(self, machine: Machine, args: Arguments) -> None:
        self.entries.append(self.entry(machine, "gap", "", args))

    # --- registering --------------------------------------------------------------------------------------------

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in METHODS and self.framework == "fastapi":
            return Builtin(lambda m, args: self._decorating(args, [name.upper()], "add_api_route"), name)
        if name == "router":
            return self
        found = super().attribute(machine, name)
        return Opaque(f"{self.framework}.{name}") if found is MISSING else found

    def set(self, machine: Machine, name: str, value: Value) -> None:
        if name == "prefix":
            self.prefix = value
        super().set(machine, name, value)

    def _decorating(self, args: Arguments, methods: Value, how: str) -> Value:
        def register(machine: Machine, given: Arguments) -> Value:
            endpoint = given.get(0, "func")
            whole = Arguments(
                args.path,
                args.at,
                [args.get(0, "path", UNKNOWN), endpoint],
                dict(args.kwargs),
                args.node,
                args.env,
            )
            whole.exprs = {key: expr for key, expr in args.exprs.items() if key != 1}
            whole.kwargs.pop("path", None)
            if methods is not None:
                whole.kwargs["methods"] = methods
            owner = self.attrs.get("__owner__")
            own = views.class_attribute(owner.cls, how) if isinstance(owner, Instance) else None
            if own is not None:
                calls.call(machine, Method(own, owner), whole)
            elif how == "add_api_route":
                self.do_add_api_route(machine, whole)
            else:
                self.do_add_route(machine, whole)
            return endpoint

        return Builtin(register, "route")

    def do_api_route(self, machine: Machine, args: Arguments) -> Value:
        return self._decorating(args, None, "add_api_route")

    def do_route(self, machine: Machine, args: Arguments) -> Value:
        return self._decorating(args, args.get(1, "methods"), "add_route")

    def do_add_api_route(self, machine: Machine, args: Arguments) -> Value:
        entry = self.entry(machine, "route", args.get(0, "path", UNKNOWN), args)
        if self.prefix != "":
            entry.path = joined(self.prefix, entry.path)
        entry.target = args.get(1, "endpoint")
        entry.methods = args.get(None, "methods") if args.has(None, "methods") else ["GET"]
        if entry.methods is None:
            entry.methods = ["GET"]
        name = args.kwargs.get("name")
        entry.name = name if isinstance(name, str) else views.shown(entry.target)
        entry.guards = dependencies(machine, args.kwargs.get("dependencies"))
        entry.extras = tuple((key, args.exprs[key]) for key in EXTRAS if key in args.exprs)
        self.entries.append(entry)
        return None

    def do_add_route(self, machine: Machine, args: Arguments) -> Value:
        entry = self.entry(machine, "plain", args.get(0, "path", UNKNOWN), args)
        entry.target = args.get(1, "route", None)
        if entry.target is None:
            entry.target = args.kwargs.get("endpoint")
        entry.methods = args.get(2, "methods")
        name = args.get(3, "name")
        entry.name = name if isinstance(name, str) else views.shown(entry.target)
        if self.prefix != "" and not self.is_app:
            entry.path = joined(self.prefix, entry.path)
        self.entries.append(entry)
        return None

    def do_websocket(self, machine: Machine, args: Arguments) -> Value:
        return Builtin(lambda m, given: given.get(0, "func"), "websocket")

    do_websocket_route = do_websocket
    do_on_event = do_websocket
    do_exception_handler = do_websocket

    def do_include_router(self, machine: Machine, args: Arguments) -> Value:
        entry = self.entry(machine, "include", args.get(None, "prefix", ""), args)
        entry.target = args.get(0, "router", UNKNOWN)
        if self.prefix != "":
            entry.path = joined(self.prefix, entry.path)
        entry.guards = dependencies(machine, args.kwargs.get("dependencies"))
        child = as_router(entry.target)
        if child is not None:
            child.mounted = True
        self.entries.append(entry)
        return None

    def do_mount(self, machine: Machine, args: Arguments) -> Value:
        self.entries.append(mount_entry(machine, args))
        return None

    def do_add_middleware(self, machine: Machine, args: Arguments) -> Value:
        value = args.get(0, "middleware_class")
        # the one added last runs first
        self.middleware.insert(0, middleware(machine, value, args))
        return None

    def do_middleware(self, machine: Machine, args: Arguments) -> Value:
        def keep(machine: Machine, given: Arguments) -> Value:
            self.middleware.insert(0, middleware(machine, given.get(0, "func"), given))
            return given.get(0, "func")

        return Builtin(keep, "middleware")


def middleware(machine: Machine, value: Value, args: Arguments) -> Guard:
    return Guard("middleware", decorators.handler(machine, value, args.path, args.expr(0, ""), args.at))


class Routes(Native):
    """``app.routes``: the list of a router's routes."""

    def __init__(self, router: Router) -> None:
        super().__init__()
        self.router = router

    def do_append(self, machine: Machine, args: Arguments) -> Value:
        self.router.append(machine, args.get(0, ""), args)
        return None

    def do_extend(self, machine: Machine, args: Arguments) -> Value:
        self.router.take(machine, args.get(0, ""), args)
        return None

    def do_insert(self, machine: Machine, args: Arguments) -> Value:
        self.router.append(machine, args.get(1, ""), args)
        entry = self.router.entries.pop()
        at = args.get(0, "")
        self.router.entries.insert(at if isinstance(at, int) else 0, entry)
        return None


class Starlette(Router):
    def __init__(self, machine: Machine, args: Arguments, framework: str) -> None:
        self._app = framework == "starlette"
        super().__init__(machine, args, framework)
        self.is_app = True
        given = args.kwargs.get("middleware")
        if isinstance(given, (list, tuple)):
            for item in given:
                if isinstance(item, Opaque) and item.args is not None and item.args.args:
                    self.middleware.append(middleware(machine, item.args.args[0], item.args))

    def _second(self) -> bool:
        return self._app


class FastAPI(Starlette):
    """An application with its pages of documentation, which come before everything else."""

    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__(machine, args, "fastapi")
        self.prefix = ""
        given, self.entries = self.entries, []
        self.entries = given + self._documentation(machine, args)

    def _documentation(self, machine: Machine, args: Arguments) -> list[Entry]:
        openapi = args.get(None, "openapi_url", "/openapi.json")
        found = [(openapi, "openapi")]
        docs = args.get(None, "docs_url", "/docs")
        if docs is not None and docs != "":
            found.append((docs, "swagger_ui_html"))
            redirect = args.get(None, "swagger_ui_oauth2_redirect_url", "/docs/oauth2-redirect")
            found.append((redirect, "swagger_ui_redirect"))
        found.append((args.get(None, "redoc_url", "/redoc"), "redoc_html"))
        if openapi is None or openapi == "":
            return []
        entries: list[Entry] = []
        for path, name in found:
            if path is None or path == "":
                continue
            # a page whose address depends on the environment is taken to be where it is by default
            text = path if isinstance(path, str) else _DEFAULT_PAGES[name]
            entry = self.entry(machine, "plain", text, args)
            entry.methods, entry.automatic, entry.name = ["GET"], True, name
            entry.conditional = entry.conditional or not isinstance(path, str) or not isinstance(openapi, str)
            entries.append(entry)
        return entries


_DEFAULT_PAGES = {
    "openapi": "/openapi.json",
    "swagger_ui_html": "/docs",
    "swagger_ui_redirect": "/docs/oauth2-redirect",
    "redoc_html": "/redoc",
}


class RouteItem(Native):
    """``Route(...)``, ``Mount(...)`` of Starlette; without an entry where it answers no HTTP request."""

    def __init__(self, entry: Entry | None) -> None:
        super().__init__()
        self.entry = entry


def route_item(machine: Machine, args: Arguments) -> Value:
    entry = Entry("plain", args.get(0, "path", UNKNOWN), machine.place(args.at, args.path), args)
    entry.target = args.get(1, "endpoint")
    entry.methods = args.get(None, "methods")
    name = args.get(None, "name")
    entry.name = name if isinstance(name, str) else views.shown(entry.target)
    entry.conditional = machine.unsure > 0
    return RouteItem(entry)


def mount_entry(machine: Machine, args: Arguments) -> Entry:
    path = args.get(0, "path", UNKNOWN)
    entry = Entry(
        "mount", path.rstrip("/") if isinstance(path, str) else path, machine.place(args.at, args.path), args
    )
    entry.target = args.get(1, "app")
    if entry.target is None:
        routes = Router(machine, Arguments(args.path, args.at), "starlette")
        routes.take(machine, args.kwargs.get("routes", args.get(2, "routes")), args)
        entry.target = routes
    child = as_router(entry.target)
    if child is not None:
        child.mounted = True
    name = args.get(None, "name")
    entry.name = name if isinstance(name, str) else ""
    entry.conditional = machine.unsure > 0
    return entry


def mount_item(machine: Machine, args: Arguments) -> Value:
    return RouteItem(mount_entry(machine, args))


def no_item(machine: Machine, args: Arguments) -> Value:
    return RouteItem(None)


def as_router(value: Value) -> Router | None:
    native = value.native if isinstance(value, Instance) else innermost(value)
    return native if isinstance(native, Router) else None


def joined(prefix: Value, path: Value) -> Value:
    from constraintlint.project.routes.startup.expressions import binary

    if isinstance(prefix, str) and prefix == "":
        return path
    return binary(None, "+", prefix, path)  # type: ignore[arg-type]


def depends(how: str):  # type: ignore[no-untyped-def]
    def make(machine: Machine, args: Arguments) -> Value:
        return Dependency(how, args.get(0, "dependency"), args)

    return make
