"""Routes of FastAPI and Starlette applications, in the order in which they are tried (the first that fits wins)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from constraintlint.project.routes import fastapi_objects as objects
from constraintlint.project.routes import fastapi_signature, views
from constraintlint.project.routes.fastapi_objects import Entry, FastAPI, Router, Starlette
from constraintlint.project.routes.path_pieces import Parameter, Piece, canonical, text_of
from constraintlint.project.routes.records import Guard, Handler, Mount, Part, Route, Unknown, Unmounted
from constraintlint.project.routes.startup import entrances
from constraintlint.project.routes.startup.machine import Machine
from constraintlint.project.routes.startup.values import Arguments, Blank, Library, Opaque, Value, innermost
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project import Project

PACKAGES = frozenset(("fastapi", "starlette"))
CONSTRUCTORS = ("FastAPI", "Starlette")
_PARAMETER = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(:[a-zA-Z_][a-zA-Z0-9_]*)?}")
_MAX_DEPTH = 30
_STATIC = ("starlette.staticfiles.StaticFiles()", "fastapi.staticfiles.StaticFiles()")


def pieces(path: str) -> list[Piece]:
    """The pieces of a path template of Starlette: ``/files/{name:path}``."""
    found: list[Piece] = []
    at = 0
    for match in _PARAMETER.finditer(path):
        if match.start() > at:
            found.append(path[at : match.start()])
        converter = (match[2] or ":").removeprefix(":")
        rest = converter == "path"
        found.append(Parameter(match[1], "" if rest or converter == "str" else converter, rest))
        at = match.end()
    if at < len(path):
        found.append(path[at:])
    return found


class _Reader:
    def __init__(self, project: Project) -> None:
        self.machine = Machine(project, {})
        self.apps: list[Starlette] = []
        self.routers: list[Router] = []
        self.part = Part()
        functions = self.machine.functions
        for module in ("fastapi", "fastapi.applications"):
            functions[f"{module}.FastAPI"] = self._app
        for module in ("starlette.applications", "starlette"):
            functions[f"{module}.Starlette"] = self._starlette
        for module in ("fastapi", "fastapi.routing"):
            functions[f"{module}.APIRouter"] = self._router
        functions["starlette.routing.Router"] = self._plain_router
        for module in ("starlette.routing", "fastapi.routing"):
            functions[f"{module}.Route"] = objects.route_item
            functions[f"{module}.APIRoute"] = objects.route_item
            functions[f"{module}.Mount"] = objects.mount_item
            functions[f"{module}.WebSocketRoute"] = objects.no_item
        for module in ("fastapi", "fastapi.params", "fastapi.param_functions"):
            functions[f"{module}.Depends"] = objects.depends("Depends")
            functions[f"{module}.Security"] = objects.depends("Security")

    def _app(self, machine: Machine, args: Arguments) -> Value:
        app = FastAPI(machine, args)
        self.apps.append(app)
        return app

    def _starlette(self, machine: Machine, args: Arguments) -> Value:
        app = Starlette(machine, args, "starlette")
        self.apps.append(app)
        return app

    def _router(self, machine: Machine, args: Arguments) -> Value:
        router = Router(machine, args, "fastapi")
        self.routers.append(router)
        return router

    def _plain_router(self, machine: Machine, args: Arguments) -> Value:
        router = Router(machine, args, "starlette")
        self.routers.append(router)
        return router

    # --- the table ----------------------------------------------------------------------------------------------

    def read(self, project: Project) -> Part:
        finished = entrances.play(
            self.machine, entrances.relevant(project, PACKAGES, CONSTRUCTORS), CONSTRUCTORS
        )
        best: dict[object, Starlette] = {}
        for app in self.apps:
            known = best.get(app.place)
            if not app.mounted and (known is None or _size(app, 0) > _size(known, 0)):
                best[app.place] = app
        for _, app in sorted(best.items(), key=lambda pair: pair[0]):  # type: ignore[arg-type, return-value]
            walk = _Walk(self.machine, app)
            walk.router(app, "", (), (), 0, False)
            self.part.routes += walk.routes
            self.part.unknown += walk.unknown
            if not finished:
                self.part.unknown.append(
                    Unknown(
                        app.place, "the start-up code is too long to be followed to its end", "", walk.label
                    )
                )
        self._unmounted()
        return self.part

    def _unmounted(self) -> None:
        if not self.apps:
            return
        seen: set[object] = set()
        mounted = {id(router) for app in self.apps for router in _reached(app, 0)}
        places = {router.place for router in self.routers if id(router) in mounted}
        for router in self.routers:
            if id(router) in mounted or router.place in places or router.place in seen:
                continue
            seen.add(router.place)
            walk = _Walk(self.machine, router)
            walk.router(router, "", (), (), 0, False)
            if router.entries:
                shown = f"{router.place.path}:{router.place.span[0]}"
                name = router.prefix if isinstance(router.prefix, str) and router.prefix else shown
                self.part.unmounted.append(
                    Unmounted(router.place, name, _framework(router), tuple(walk.routes))
                )


def _framework(router: Router) -> Literal["fastapi", "starlette"]:
    return "fastapi" if router.framework == "fastapi" else "starlette"


def _size(router: Router, depth: int) -> int:
    if depth > _MAX_DEPTH:
        return 0
    children = [objects.as_router(entry.target) for entry in router.entries]
    return len(router.entries) + sum(_size(child, depth + 1) for child in children if child is not None)


def _reached(router: Router, depth: int) -> list[Router]:
    if depth > _MAX_DEPTH:
        return []
    found = [router]
    for entry in router.entries:
        child = objects.as_router(entry.target) if entry.kind in ("include", "mount") else None
        if child is not None:
            found += _reached(child, depth + 1)
    return found


class _Walk:
    """One application, its routers and sub-applications in the order of their routes."""

    def __init__(self, machine: Machine, app: Router) -> None:
        self.machine = machine
        self.label = f"{app.place.path}:{app.place.span[0]}"
        self.routes: list[Route] = []
        self.unknown: list[Unknown] = []

    def router(
        self,
        router: Router,
        prefix: str,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        depth: int,
        maybe: bool,
    ) -> None:
        if depth > _MAX_DEPTH:
            return
        if not isinstance(router.prefix, str):
            text = prefix + getattr(router.prefix, "prefix", "")
            self._gap(router.place, "the prefix of this router is not known", text)
            return
        own = (*guards, *router.middleware, *router.guards)
        for entry in router.entries:
            if not isinstance(entry.path, str):
                self._gap(entry.place, "the path is not known", prefix + getattr(entry.path, "prefix", ""))
            elif entry.kind in ("route", "plain"):
                self._route(router, entry, prefix, own, mounts, maybe)
            elif entry.kind == "include":
                self._include(entry, prefix, own, mounts, depth, maybe)
            elif entry.kind == "mount":
                self._mount(entry, prefix, own, mounts, depth, maybe)
            else:
                self._gap(entry.place, "the routes given here are not known", prefix)

    def _gap(self, place: Place, reason: str, prefix: str) -> None:
        self.unknown.append(Unknown(place, reason, text_of(pieces(prefix)), self.label))

    def _include(
        self,
        entry: Entry,
        prefix: str,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        depth: int,
        maybe: bool,
    ) -> None:
        child = objects.as_router(entry.target)
        if child is None:
            name = views.shown(entry.target)
            self._gap(entry.place, f"the router {name or 'included here'} is not known", prefix + entry.path)
            return
        step = Mount(entry.place, entry.path, "include_router")
        self.router(
            child,
            prefix + entry.path,
            (*guards, *entry.guards),
            (*mounts, step),
            depth + 1,
            maybe or entry.conditional,
        )

    def _mount(
        self,
        entry: Entry,
        prefix: str,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        depth: int,
        maybe: bool,
    ) -> None:
        child = objects.as_router(entry.target)
        path = prefix + entry.path
        step = Mount(entry.place, entry.path, "mount")
        if child is not None:
            self.router(child, path, guards, (*mounts, step), depth + 1, maybe or entry.conditional)
            return
        target = innermost(entry.target)
        cls = getattr(target, "cls", None)
        if (isinstance(target, Opaque) and target.name in _STATIC) or (
            cls is not None and cls.is_a(*(name.removesuffix("()") for name in _STATIC))
        ):
            template = [*pieces(path), "/", Parameter("path", "", True)]
            for method in ("GET", "HEAD"):
                self._add(
                    "starlette", method, template, entry, None, guards, (*mounts, step), True, maybe, None
                )
            return
        what = views.shown(target)
        self._gap(entry.place, f"the application {what or 'mounted here'} is not known", path)

    def _route(
        self,
        router: Router,
        entry: Entry,
        prefix: str,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        maybe: bool,
    ) -> None:
        template = pieces(prefix + str(entry.path))
        methods = self._methods(entry)
        if methods is None:
            self._gap(entry.place, "the methods of this route are not known", prefix + str(entry.path))
            return
        slashes = None if not isinstance(router.slashes, bool) else not router.slashes
        signature = fastapi_signature.guards(self.machine, entry.target) if entry.kind == "route" else ()
        for method, automatic in methods:
            handler, own = self._handler(entry, method)
            self._add(
                router.framework,
                method,
                template,
                entry,
                handler,
                (*guards, *entry.guards, *own, *signature),
                mounts,
                automatic or entry.automatic,
                maybe,
                slashes,
            )

    def _methods(self, entry: Entry) -> list[tuple[str, bool]] | None:
        """The methods a route answers, and which of them the framework adds."""
        given = entry.methods
        if given is None:
            cls = views.class_of(entry.target)
            if cls is not None:
                names = [n.upper() for n in objects.METHODS if views.class_attribute(cls, n) is not None]
                if not names:
                    return None
                found = [(name, False) for name in names]
                return [*found, ("HEAD", True)] if "GET" in names and "HEAD" not in names else found
            if isinstance(innermost(entry.target), (Opaque, Library, Blank)):
                return [("*", False)]
            given = ["GET"]
        if not isinstance(given, (list, tuple, set, frozenset)) or not all(isinstance(m, str) for m in given):
            return None
        names = sorted({method.upper() for method in given})
        found = [(name, False) for name in names]
        if entry.kind == "plain" and "GET" in names and "HEAD" not in names:
            found.append(("HEAD", True))
        return found

    def _handler(self, entry: Entry, method: str) -> tuple[Handler | None, tuple[Guard, ...]]:
        if entry.automatic:
            return None, ()
        expr = entry.args.expr(1, "endpoint")
        cls = views.class_of(entry.target)
        if cls is not None:
            name = method.lower()
            if name == "head" and views.class_attribute(cls, "head") is None:
                name = "get"
            return views.method_handler(self.machine, cls, name, expr)
        return views.handler_of(self.machine, entry.target, entry.args.path, entry.args.at, expr)

    def _add(
        self,
        framework: str,
        method: str,
        template: list[Piece],
        entry: Entry,
        handler: Handler | None,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        automatic: bool,
        maybe: bool,
        strict: bool | None,
    ) -> None:
        path, segments = canonical(template)
        self.routes.append(
            Route(
                "fastapi" if framework == "fastapi" else "starlette",
                method,
                path,
                segments,
                len(self.routes),
                entry.place,
                self.label,
                handler,
                guards,
                mounts,
                entry.name,
                automatic,
                strict,
                maybe or entry.conditional,
                entry.extras,
            )
        )


def read(project: Project) -> Part:
    """The routes of every application the project makes; routers that none of them has are ``unmounted``."""
    return _Reader(project).read(project)
