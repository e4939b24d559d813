"""Routes of Koa with koa-router or @koa/router 8 to 15, koa-mount and koa-route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.project.installed import installed_for
from constraintlint.project.routes.assembly import (
    Assembly,
    Given,
    InForce,
    flattened,
    is_callable,
    known_start,
    paths_of,
)
from constraintlint.project.routes.koa_layers import Layer, is_routes, layers
from constraintlint.project.routes.path_templates import Dialect, pattern_segment, segments
from constraintlint.project.routes.records import Guard, Mount, Part, Segment, Unmounted
from constraintlint.project.routes.registration import Event, Instance, recording
from constraintlint.project.routes.registration.values import Array, Closure, Library, Made, Unknown, options

if TYPE_CHECKING:
    from constraintlint.project import Project

_MOUNT = re.compile(r"koa-mount(?:#default)?")
_COMPOSE = re.compile(r"koa-compose(?:#default)?")
_ROUTE = re.compile(r"koa-route#(\w+)")
_STATIC = re.compile(r"(?:koa-static|koa-static-server|koa-send)(?:#default)?")
Parts = tuple[Segment, ...]
_MAX_DEPTH = 16


def read(project: Project) -> Part:
    """The routes of every application; routers that none of them uses."""
    found = Part()
    record = recording(project)
    used: set[int] = set()
    for instance in record.instances:
        if instance.kind in ("koa", "koa-router"):
            used |= _used(instance)
    for instance in record.instances:
        if instance.kind == "koa" and id(instance) not in used and not instance.unmounted:
            reader = _Reader(project, instance)
            reader.walk(instance, "", (), ())
            reader.assembly.escapes(instance, ())
            if record.stopped:
                reader.assembly.unknown(instance.site, "the code is too long to be followed to its end")
            found.routes += reader.assembly.part.routes
            found.unknown += reader.assembly.part.unknown
    for instance in record.instances if not record.stopped else ():
        loose = instance.kind == "koa-router" or (instance.kind == "koa" and instance.unmounted)
        if loose and id(instance) not in used and not instance.escapes:
            reader = _Reader(project, instance)
            if instance.kind == "koa":
                reader.walk(instance, "", (), ())
            else:
                reader.router(instance, "", (), False)
            if reader.assembly.part.routes:
                place = reader.assembly.place(instance.site)
                found.unmounted.append(
                    Unmounted(place, instance.name or "router", "koa", tuple(reader.assembly.part.routes))
                )
    return found


def _used(instance: Instance) -> set[int]:
    found: set[int] = set()
    for event in instance.events:
        queue = [value for value, _ in flattened(event.args, event.site)]
        for value in queue:
            for option in options(value):
                if isinstance(option, Instance):
                    found.add(id(option))
                elif isinstance(option, Made) and len(queue) < 500:
                    queue += [
                        inner
                        for arg in option.args
                        for inner in (arg.items if isinstance(arg, Array) else [arg])
                    ]
    return found


def dialect_of(project: Project, path: str) -> Dialect:
    installed = installed_for(project, path)
    newest = installed.installs("@koa/router", (14,)) or installed.installs("koa-router", (14,))
    return "express5" if newest else "koa"


def _is_old(project: Project, path: str) -> bool:
    """Whether the router is of a version below 9."""
    installed = installed_for(project, path)
    named = [name for name in ("@koa/router", "koa-router") if installed.of(name)]
    return bool(named) and not any(installed.installs(name, (9,)) for name in named)


class _Reader:
    def __init__(self, project: Project, application: Instance) -> None:
        self.project = project
        self.assembly = Assembly(project, "koa", application, dialect_of(project, application.site.path))
        self.guards: list[InForce] = []
        self.keeps_slash = _is_old(project, application.site.path)

    # --- applications -------------------------------------------------------------------------------------------

    def walk(self, app: Instance, prefix: str, mounts: tuple[Mount, ...], above: tuple[int, ...]) -> None:
        if id(app) in above or len(above) > _MAX_DEPTH:
            return
        for event in list(app.events):
            for given in flattened(event.args, event.site):
                for value in options(given[0]):
                    self._used(event, (value, given[1]), prefix, mounts, (*above, id(app)))

    def _used(
        self, event: Event, given: Given, prefix: str, mounts: tuple[Mount, ...], above: tuple[int, ...]
    ) -> None:
        value = given[0]
        if is_routes(value) and isinstance(value, Made) and isinstance(value.args[0], Instance):
            step = Mount(self.assembly.place(event.site), prefix, "use")
            self.router(value.args[0], prefix, (*mounts, step), event.site.conditional)
        elif isinstance(value, Made) and value.name == "koa-router.allowedMethods":
            return
        elif isinstance(value, Made) and _MOUNT.fullmatch(value.name):
            self._mounted(event, value, prefix, mounts, above)
        elif isinstance(value, Made) and _COMPOSE.fullmatch(value.name) and value.args:
            for inner, expr in flattened(value.args[:1], event.site, 0):
                for option in options(inner):
                    self._used(event, (option, expr if option is not value else None), prefix, mounts, above)
        elif isinstance(value, Made) and (match := _ROUTE.fullmatch(value.name)) and value.args:
            self._koa_route(event, match[1], value, prefix, mounts)
        elif isinstance(value, (Made, Library)) and _STATIC.fullmatch(value.name):
            parts = (*self._parts(prefix), Segment("rest", ""))
            self.assembly.route("GET", parts, event.site, mounts=mounts, automatic=True)
        elif isinstance(value, Instance):
            self.walk(value, prefix, mounts, above)
        else:
            self._middleware(event, given, prefix)

    def _middleware(self, event: Event, given: Given, prefix: str) -> None:
        value = given[0]
        if value is None or isinstance(value, (str, bool, int)):
            return
        if not is_callable(value):
            handler = self.assembly.handler(given, event.site, unwrap=False)
            if handler.function is None and not (isinstance(value, Unknown) and value.inert):
                self.assembly.unknown(event.site, "what is used here is not known", self._parts(prefix))
                return
        guard = self.assembly.guard("middleware", given, event.site)
        self.guards.append(InForce(guard, self._parts(prefix)))

    def _mounted(
        self, event: Event, made: Made, prefix: str, mounts: tuple[Mount, ...], above: tuple[int, ...]
    ) -> None:
        """``mount("/prefix", app)`` and ``mount(app)``."""
        has_path = bool(made.args) and not is_callable(made.args[0])
        for path in paths_of(made.args[0]) if has_path else paths_of(""):
            for option in options(made.args[1 if has_path else 0]) if len(made.args) > has_path else []:
                if path.text is None:
                    self.assembly.unknown(
                        event.site, "the path it is mounted at is not known", self._parts(prefix)
                    )
                    continue
                step = Mount(self.assembly.place(event.site), path.text, "mount")
                below = prefix + path.text.rstrip("/")
                self._used(event, (option, None), below, (*mounts, step), above)

    def _koa_route(self, event: Event, name: str, made: Made, prefix: str, mounts: tuple[Mount, ...]) -> None:
        for path in paths_of(made.args[0]):
            if path.text is None:
                self.assembly.unknown(event.site, "the path is not known", self._parts(prefix))
                continue
            parts = self._parts(prefix + path.text)
            handler = self.assembly.handler((made.args[-1], None), event.site)
            guards = self.assembly.in_force(self.guards, parts)
            for method in ("HEAD", "GET") if name == "get" else (name if name != "del" else "delete",):
                self.assembly.route(
                    method, parts, event.site, handler=handler, guards=guards, mounts=mounts,
                    automatic=method == "HEAD" and name == "get",
                )  # fmt: skip

    # --- routers ------------------------------------------------------------------------------------------------

    def router(self, router: Instance, prefix: str, mounts: tuple[Mount, ...], conditional: bool) -> None:
        """A router's layers in their order; its middleware runs only where one of its routes matches."""
        laid = layers(router, self.keeps_slash)
        own: list[InForce] = []
        for event in laid.params:
            if len(event.args) > 1 and isinstance(event.args[0], str):
                guard = self.assembly.guard("param", (event.args[1], event.site.expr(1)), event.site)
                own.append(InForce(guard, (), param=event.args[0]))
        for layer in laid.layers:
            if layer.methods:
                self._route(layer, prefix, mounts, conditional, own)
            else:
                self._layer_guard(layer, prefix, own)
        for site, why in router.escapes:
            self.assembly.unknown(site, why, self._parts(prefix))

    def _layer_guard(self, layer: Layer, prefix: str, own: list[InForce]) -> None:
        for given in layer.given:
            if not is_callable(given[0]) and not isinstance(given[0], (Unknown, Closure)):
                continue
            if isinstance(given[0], Unknown) and not given[0].inert:
                handler = self.assembly.handler(given, layer.site, unwrap=False)
                if handler.function is None:
                    start = self._parts(
                        prefix + (layer.start if layer.everywhere else known_start(layer.path or ""))
                    )
                    self.assembly.unknown(layer.site, "what is used here is not known", start)
                    continue
            guard = self.assembly.guard("middleware", given, layer.site)
            if layer.everywhere:
                own.append(InForce(guard, self._parts(prefix + layer.start)))
            elif layer.path is not None:
                own.append(InForce(guard, self._parts(prefix + layer.path)))

    def _route(
        self, layer: Layer, prefix: str, mounts: tuple[Mount, ...], conditional: bool, own: list[InForce]
    ) -> None:
        assembly, site = self.assembly, layer.site
        if layer.pattern is not None:
            parts: Parts = (*self._parts(prefix), pattern_segment(layer.pattern))
        elif layer.path is None:
            assembly.unknown(site, layer.what, self._parts(prefix + known_start(layer.start)))
            return
        else:
            parts = self._parts(prefix + layer.path)
        if layer.methods == ("?",):
            assembly.unknown(site, "the method is not known", parts)
            return
        handler = assembly.handler(layer.given[-1], site) if layer.given else None
        guards: tuple[Guard, ...] = (
            *assembly.in_force([*self.guards, *own], parts),
            *assembly.guards("middleware", layer.given[:-1], site),
        )
        methods = layer.methods
        if "GET" in methods and "HEAD" not in methods:
            methods = ("HEAD", *methods)
        for method in methods:
            assembly.route(
                method,
                parts,
                site,
                handler=handler,
                guards=guards,
                mounts=mounts,
                name=layer.name,
                automatic=method == "HEAD" and "HEAD" not in layer.methods,
                conditional=conditional,
            )

    def _parts(self, path: str) -> Parts:
        return segments(path, self.assembly.dialect)
