"""Routes of Hono 3 and 4: sub-applications, base paths, middleware in the order it is added."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.project.routes.assembly import (
    Assembly,
    Given,
    InForce,
    flattened,
    known_start,
    paths_of,
    setting,
)
from constraintlint.project.routes.path_templates import segments
from constraintlint.project.routes.records import Mount, Part, Segment, Unmounted
from constraintlint.project.routes.registration import Event, Instance, recording
from constraintlint.project.routes.registration.responses import METHODS
from constraintlint.project.routes.registration.values import Array, Closure, Made, options

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.routes.registration.values import Value

_MAX_DEPTH = 24
_BRACED = re.compile(r"/\{(.+?)\}")


def read(project: Project) -> Part:
    """The routes of every application that no other one takes in; of those that make no server, too."""
    found = Part()
    record = recording(project)
    instances = [item for item in record.instances if item.kind == "hono"]
    taken = {id(base_of(option)) for item in instances for event in item.events for option in _apps(event)}
    roots = [item for item in instances if id(item) not in taken]
    served = [item for item in roots if _is_root(item, roots)]
    for instance in roots:
        reader = _Reader(project, instance)
        reader.walk(instance, "/", len(instance.events), (), False, ())
        part = reader.assembly.part
        if instance in served:
            reader.assembly.escapes(instance, ())
            if record.stopped:
                reader.assembly.unknown(instance.site, "the code is too long to be followed to its end")
            found.routes += part.routes
            found.unknown += part.unknown
        elif part.routes and not record.stopped and not instance.escapes:
            place = reader.assembly.place(instance.site)
            found.unmounted.append(Unmounted(place, instance.name or "app", "hono", tuple(part.routes)))
    return found


def _is_root(instance: Instance, roots: list[Instance]) -> bool:
    """Whether an application is served: every Hono is one; one beside another that mounts others is left over."""
    if any(True for event in instance.events if event.name in ("route", "mount")):
        return True
    return not any(
        event.name == "route" for other in roots if other is not instance for event in other.events
    )


def _apps(event: Event) -> list[Instance]:
    if event.name != "route":
        return []
    return [option for arg in event.args for option in options(arg) if isinstance(option, Instance)]


def base_of(instance: Instance) -> Instance:
    """The application that keeps the routes of a view that ``basePath`` gave."""
    while instance.path is not None and instance.parent is not None:
        instance = instance.parent
    return instance


def merged(base: str, path: str) -> str:
    """One path below another, as Hono joins them: ``/a`` and ``/`` are ``/a``."""
    start = base if base.startswith("/") else f"/{base}"
    if path == "/":
        return start
    return start + ("" if base.endswith("/") else "/") + path.removeprefix("/")


class _Reader:
    def __init__(self, project: Project, application: Instance) -> None:
        self.assembly = Assembly(project, "hono", application, "hono")
        self.guards: list[InForce] = []

    def walk(
        self,
        app: Instance,
        base: str,
        length: int,
        mounts: tuple[Mount, ...],
        conditional: bool,
        above: tuple[int, ...],
    ) -> None:
        """The first ``length`` calls of an application, below ``base``."""
        if id(app) in above or len(above) > _MAX_DEPTH:
            return
        for event in app.events[:length]:
            for start in self._bases(event, base):
                if event.name == "route":
                    self._sub(event, start, mounts, conditional, (*above, id(app)))
                elif event.name == "use":
                    self._middleware(event, start)
                elif event.name == "mount":
                    for path in paths_of(event.args[0]) if event.args else []:
                        below = merged(start, path.text or known_start(path.start) or "/")
                        self.assembly.unknown(
                            event.site, "another application is mounted here", segments(below, "hono")
                        )
                else:
                    self._route(event, start, mounts, conditional)

    def _bases(self, event: Event, base: str) -> list[str]:
        """The base path of the view an event was called on, below ``base``."""
        text = _view(event.path)
        if text is None:
            self.assembly.unknown(event.site, "the base path is not known", segments(base, "hono"))
            return []
        return [merged(base, text) if text else base]

    def _sub(
        self, event: Event, base: str, mounts: tuple[Mount, ...], conditional: bool, above: tuple[int, ...]
    ) -> None:
        site = event.site
        if len(event.args) < 2:
            return
        for path in paths_of(event.args[0]):
            for option in options(event.args[1]):
                if path.text is None:
                    start = segments(merged(base, known_start(path.start) or "/"), "hono")
                    self.assembly.unknown(site, "the path it is mounted at is not known", start)
                elif isinstance(option, Instance):
                    inner = base_of(option)
                    step = Mount(self.assembly.place(site), path.text, "route")
                    self.walk(
                        inner,
                        merged(base, path.text),
                        event.length if event.length >= 0 else len(inner.events),
                        (*mounts, step),
                        conditional or site.conditional,
                        above,
                    )
                    self.assembly.escapes(inner, segments(merged(base, path.text), "hono"))
                else:
                    self.assembly.unknown(
                        site, "what is mounted here is not known", segments(merged(base, path.text), "hono")
                    )

    def _middleware(self, event: Event, base: str) -> None:
        for path in paths_of(event.args[0]):
            if path.text is None:
                continue
            parts = segments(merged(base, path.text), "hono")
            for item in flattened(event.args, event.site, 0):
                if isinstance(item[0], str):
                    continue
                guard = self.assembly.guard("middleware", item, event.site)
                self.guards.append(InForce(guard, parts, True))

    def _route(self, event: Event, base: str, mounts: tuple[Mount, ...], conditional: bool) -> None:
        site = event.site
        methods, paths, given = self._told(event)
        many = len(options(event.args[0])) > 1 if event.args else False
        for written in paths_of(paths):
            for method in methods:
                if written.text is None or method is None:
                    start = merged(base, written.text or known_start(written.start) or "/")
                    what = "path" if written.text is None else "method"
                    self.assembly.unknown(site, f"the {what} is not known", segments(start, "hono"))
                    continue
                parts = segments(merged(base, written.text), "hono")
                self._add(event, method, parts, given, mounts, conditional or many)

    def _told(self, event: Event) -> tuple[list[str | None], Value, list[Given]]:
        """The methods, the path and the handlers of a call that adds routes."""
        args = event.args
        if event.name == "on":
            methods: list[str | None] = [item.text for item in paths_of(args[0])] if args else [None]
            return methods, args[1] if len(args) > 1 else "", _expressed(event, 2)
        if event.name == "openapi":
            return self._openapi(event)
        if event.name == "?":
            return [None], args[0] if args else "", []
        method = event.name.upper() if event.name in METHODS else "*"
        return [method], args[0] if args else "/", _expressed(event, 1)

    def _openapi(self, event: Event) -> tuple[list[str | None], Value, list[Given]]:
        definition = event.args[0] if event.args else None
        method, path = setting(definition, "method"), setting(definition, "path")
        middleware = setting(definition, "middleware")
        given: list[Given] = flattened([middleware], event.site) if middleware is not None else []
        given = [(value, None) for value, _ in given]
        handlers = flattened(event.args[:2], event.site, 1)
        if isinstance(path, str):
            path = _BRACED.sub(r"/:\1", path)
        elif path is None:
            path = Array([], open=True)
        return [method.upper() if isinstance(method, str) else None], path, [*given, *handlers]

    def _add(
        self,
        event: Event,
        method: str,
        parts: tuple[Segment, ...],
        given: list[Given],
        mounts: tuple[Mount, ...],
        conditional: bool,
    ) -> None:
        assembly, site = self.assembly, event.site
        method = "*" if method.lower() in ("all", "*") else method
        last = given[-1][0] if given else None
        static = isinstance(last, Made) and "serveStatic" in last.name
        assembly.route(
            method,
            parts,
            site,
            handler=assembly.handler(given[-1], site) if given else None,
            guards=(
                *assembly.in_force(self.guards, parts, method.upper()),
                *assembly.guards("middleware", given[:-1], site),
            ),
            mounts=mounts,
            automatic=static,
            conditional=conditional,
        )
        for item in given:
            if isinstance(item[0], Closure) and len(item[0].function.params) >= 2:
                guard = assembly.guard("handler" if item is given[-1] else "middleware", item, site)
                self.guards.append(
                    InForce(guard, parts, True, None if method == "*" else frozenset((method.upper(),)))
                )


def _view(value: Value | None) -> str | None:
    """The base path of a view: the steps of ``basePath`` joined; None where one is not known."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Array) and len(value.items) == 2:
        outer, inner = _view(value.items[0]), value.items[1]
        if outer is not None and isinstance(inner, str):
            return merged(outer, inner) if outer else inner
    return None


def _expressed(event: Event, start: int) -> list[Given]:
    """The handlers; their expressions stand one place earlier where the call gives no path of its own."""
    given = flattened(event.args, event.site, start)
    missing = len(event.args) - len(event.site.call.args)
    if missing and not any(arg.spread for arg in event.site.call.args):
        return [(value, None) for value, _ in given]
    return given
