"""Routes of aiohttp 3 applications, as ``app.router`` has them.

``order`` follows ``UrlDispatcher.resolve``: the more of a path is fixed at its beginning, the earlier it is tried, so a
static path wins over a parameter wherever it is registered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.project.routes import views
from constraintlint.project.routes.aiohttp_objects import (
    METHODS,
    Application,
    Definition,
    Table,
    as_application,
    by_method,
    by_route,
    by_static,
    pieces,
)
from constraintlint.project.routes.path_pieces import Parameter, canonical, text_of
from constraintlint.project.routes.records import Guard, Handler, Mount, Part, Route, Unknown, Unmounted
from constraintlint.project.routes.startup import entrances
from constraintlint.project.routes.startup.machine import Machine
from constraintlint.project.routes.startup.values import Arguments, Value

if TYPE_CHECKING:
    from constraintlint.project import Project

PACKAGES = frozenset(("aiohttp",))
CONSTRUCTORS = ("Application",)
_MAX_DEPTH = 20
_VIEWS = ("aiohttp.web.View", "aiohttp.web_urldispatcher.View", "aiohttp.abc.AbstractView")


class _Reader:
    def __init__(self, project: Project) -> None:
        self.machine = Machine(project, {})
        self.apps: list[Application] = []
        self.tables: list[Table] = []
        functions = self.machine.functions
        functions["aiohttp.web.Application"] = self._app
        functions["aiohttp.web_app.Application"] = self._app
        functions["aiohttp.web.RouteTableDef"] = self._table
        for method in METHODS:
            functions[f"aiohttp.web.{method}"] = lambda m, a, method=method: by_method(method.upper(), m, a)  # type: ignore[misc]
        functions["aiohttp.web.view"] = lambda m, a: by_method("*", m, a)
        functions["aiohttp.web.route"] = by_route
        functions["aiohttp.web.static"] = by_static
        functions["aiohttp.web.run_app"] = lambda m, a: a.get(0, "app")

    def _app(self, machine: Machine, args: Arguments) -> Value:
        app = Application(machine, args)
        self.apps.append(app)
        return app

    def _table(self, machine: Machine, args: Arguments) -> Value:
        table = Table(machine, args)
        self.tables.append(table)
        return table

    def read(self, project: Project) -> Part:
        part = Part()
        paths = entrances.relevant(project, PACKAGES, CONSTRUCTORS)
        finished = entrances.play(self.machine, paths, CONSTRUCTORS)
        best: dict[object, Application] = {}
        for app in self.apps:
            known = best.get(app.place)
            if not app.mounted and (known is None or _size(app, 0) > _size(known, 0)):
                best[app.place] = app
        for _, app in sorted(best.items(), key=lambda pair: pair[0]):  # type: ignore[arg-type, return-value]
            walk = _Walk(self.machine, f"{app.place.path}:{app.place.span[0]}")
            walk.application(app, "", (), (), (), 0, False)
            walk.found.sort(key=lambda pair: pair[0])
            part.routes += [
                msgspec.structs.replace(route, order=order) for order, (_, route) in enumerate(walk.found)
            ]
            part.unknown += walk.unknown
            if not finished:
                reason = "the start-up code is too long to be followed to its end"
                part.unknown.append(Unknown(app.place, reason, "", walk.label))
        self._unmounted(part)
        return part

    def _unmounted(self, part: Part) -> None:
        if not self.apps:
            return
        used = {table.place for table in self.tables if any(item.used for item in table.definitions)}
        seen: set[object] = set()
        for table in self.tables:
            if table.place in used or table.place in seen or not table.definitions:
                continue
            seen.add(table.place)
            walk = _Walk(self.machine, "")
            for number, item in enumerate(table.definitions):
                walk.definition(item, "", (), (), (number,), False)
            name = f"{table.place.path}:{table.place.span[0]}"
            part.unmounted.append(
                Unmounted(table.place, name, "aiohttp", tuple(route for _, route in walk.found))
            )


def _size(app: Application, depth: int) -> int:
    children = [as_application(item.handler) for item in app.router.definitions if item.kind == "sub"]
    own = len(app.router.definitions)
    if depth > _MAX_DEPTH:
        return own
    return own + sum(_size(child, depth + 1) for child in children if child is not None)


def _index_depth(path: str) -> int:
    """How many parts of a path are fixed before its first parameter."""
    if "{" in path:
        path = path.partition("{")[0].rpartition("/")[0]
    return path.rstrip("/").count("/")


class _Walk:
    def __init__(self, machine: Machine, label: str) -> None:
        self.machine = machine
        self.label = label
        self.found: list[tuple[tuple[int, ...], Route]] = []
        self.unknown: list[Unknown] = []

    def application(
        self,
        app: Application,
        prefix: str,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        key: tuple[int, ...],
        depth: int,
        maybe: bool,
    ) -> None:
        if depth > _MAX_DEPTH:
            return
        own = (*guards, *app.guards(self.machine))
        for number, item in enumerate(app.router.definitions):
            text = item.path if isinstance(item.path, str) else getattr(item.path, "prefix", "")
            known = prefix + text
            here = (*key, -_index_depth(text_of(pieces(known))), number)
            uncertain = maybe or item.conditional
            if not isinstance(item.path, str):
                self._gap(item, "the path is not known", known)
            elif item.kind == "sub":
                child = as_application(item.handler)
                if child is None:
                    what = views.shown(item.handler)
                    self._gap(item, f"the sub-application {what or 'added here'} is not known", known)
                else:
                    step = Mount(item.place, text, "add_subapp")
                    self.application(child, known, own, (*mounts, step), here, depth + 1, uncertain)
            elif item.kind == "gap":
                self._gap(item, "the routes added here are not known", prefix)
            else:
                self.definition(item, prefix, own, mounts, here, uncertain)

    def _gap(self, item: Definition, reason: str, prefix: str) -> None:
        self.unknown.append(Unknown(item.place, reason, text_of(pieces(prefix)), self.label))

    def definition(
        self,
        item: Definition,
        prefix: str,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        key: tuple[int, ...],
        maybe: bool,
    ) -> None:
        if not isinstance(item.path, str):
            self._gap(item, "the path is not known", prefix + getattr(item.path, "prefix", ""))
            return
        template = pieces(prefix + item.path)
        if item.kind == "static":
            template = [*pieces((prefix + item.path).rstrip("/")), "/", Parameter("filename", "", True)]
        path, segments = canonical(template)
        methods = self._methods(item)
        if methods is None:
            self._gap(item, "the methods of this route are not known", prefix + item.path)
            return
        for number, (method, automatic) in enumerate(methods):
            handler, own = self._handler(item, method)
            route = Route(
                "aiohttp",
                method,
                path,
                segments,
                0,
                item.place,
                self.label,
                handler,
                (*guards, *own),
                mounts,
                item.name,
                automatic or item.kind == "static",
                True,
                maybe or item.conditional,
            )
            self.found.append(((*key, number), route))

    def _methods(self, item: Definition) -> list[tuple[str, bool]] | None:
        if item.kind == "static":
            return [("GET", True), ("HEAD", True)]
        if not isinstance(item.method, str):
            return None
        cls = views.class_of(item.handler)
        if cls is not None and item.method == "*" and (cls.is_a(*_VIEWS) or cls.is_open()):
            found = [name.upper() for name in METHODS if views.class_attribute(cls, name) is not None]
            return [(name, False) for name in found] if found else None
        if item.head:
            return [("GET", False), ("HEAD", True)]
        return [(item.method, False)]

    def _handler(self, item: Definition, method: str) -> tuple[Handler | None, tuple[Guard, ...]]:
        if item.kind == "static":
            return None, ()
        expr = item.args.expr(1, "handler")
        cls = views.class_of(item.handler)
        if cls is not None:
            return views.method_handler(self.machine, cls, method.lower(), expr)
        return views.handler_of(self.machine, item.handler, item.args.path, item.args.at, expr)


def read(project: Project) -> Part:
    """The routes of every application the project makes; tables of routes that none of them has are ``unmounted``."""
    return _Reader(project).read(project)
