"""Routes of Express 4 and 5: routers in routers, middleware in force, in the order their layers are tried."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.project.installed import installed_for
from constraintlint.project.routes.assembly import (
    Assembly,
    Given,
    InForce,
    Written,
    flattened,
    is_callable,
    known_start,
    paths_of,
    setting,
    takes_next,
)
from constraintlint.project.routes.path_templates import Dialect, pattern_segment, segments
from constraintlint.project.routes.records import Guard, Mount, Part, Segment, Unmounted
from constraintlint.project.routes.registration import Event, Instance, recording
from constraintlint.project.routes.registration.responses import METHODS
from constraintlint.project.routes.registration.values import (
    Array,
    Closure,
    Library,
    Made,
    Object,
    Unknown,
    options,
)

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.routes.registration.values import Value

_STATIC = re.compile(r"express(?:#|\.)static|serve-static(?:#default)?|express-static(?:#default)?")
#: middleware of libraries that answers nothing by itself
_PASSING = re.compile(
    r"(?:express[#.](?:json|urlencoded|raw|text|query)|cors|helmet|morgan|compression|cookie-parser|cookie-session|body-parser"
    r"|express-session|passport|multer|express-rate-limit|rate-limiter|express-slow-down|csurf|hpp|method-override|connect-[\w-]+"
    r"|express-jwt|express-validator|celebrate|express-mongo-sanitize|xss-clean|response-time|serve-favicon|express-fileupload"
    r"|express-[\w-]*(?:limit|auth|validator|logger|session|bearer)[\w-]*|@sentry/[\w-]+|pino-http|winston|express-winston|i18n[\w-]*"
    r"|connect-flash|on-finished|cls-[\w-]+|express-useragent|express-async-handler|express-basic-auth|express-openid-connect"
    r"|express-oauth2-jwt-bearer|nocache|timeout|connect-timeout|util|function)\b"
)
Parts = tuple[Segment, ...]
_MAX_DEPTH = 24


def read(project: Project) -> Part:
    """The routes of every application; routers that none of them mounts."""
    found = Part()
    record = recording(project)
    instances = [item for item in record.instances if item.kind == "express"]
    mounted = _mounted(record.instances)
    for instance in instances:
        if instance.application and id(instance) not in mounted and not instance.unmounted:
            reader = _Reader(project, instance)
            reader.start()
            if record.stopped:
                reader.assembly.unknown(instance.site, "the code is too long to be followed to its end")
            found.routes += reader.assembly.part.routes
            found.unknown += reader.assembly.part.unknown
    for instance in instances if not record.stopped else ():
        loose = not instance.application or instance.unmounted
        if loose and id(instance) not in mounted and not instance.escapes and instance.events:
            reader = _Reader(project, instance)
            reader.start()
            if reader.assembly.part.routes:
                place = reader.assembly.place(instance.site)
                found.unmounted.append(
                    Unmounted(place, instance.name or "router", "express", tuple(reader.assembly.part.routes))
                )
    return found


def _mounted(instances: list[Instance]) -> set[int]:
    """``id`` of every instance that another one uses."""
    return {
        id(option)
        for instance in instances
        for event in instance.events
        for value, _ in flattened(event.args, event.site)
        for option in options(value)
        if isinstance(option, Instance)
    }


def dialect_of(project: Project, path: str) -> Dialect:
    return "express5" if installed_for(project, path).installs("express", (5,)) else "express4"


class _Reader:
    def __init__(self, project: Project, application: Instance) -> None:
        self.instance = application
        self.assembly = Assembly(project, "express", application, dialect_of(project, application.site.path))
        self.guards: list[InForce] = []

    def start(self) -> None:
        self.walk(self.instance, (), (), False, ())
        if self.instance.application:
            self.assembly.escapes(self.instance, ())

    def walk(
        self,
        router: Instance,
        parts: Parts,
        mounts: tuple[Mount, ...],
        conditional: bool,
        above: tuple[int, ...],
    ) -> None:
        """A router's layers below ``parts``."""
        if id(router) in above or len(above) > _MAX_DEPTH:
            return
        strict = _strict(router)
        entry = len(self.guards)
        own = [item for event in router.events if event.name == "param" for item in self._param(event)]
        for event in list(router.events):
            if event.name == "use":
                self._use(event, parts, mounts, conditional, (*above, id(router)), own)
            elif event.name in METHODS or event.name in ("all", "del", "?"):
                self._route(event, parts, mounts, conditional, strict, (entry, own))

    # --- middleware and mounts ----------------------------------------------------------------------------------

    def _use(
        self,
        event: Event,
        parts: Parts,
        mounts: tuple[Mount, ...],
        conditional: bool,
        above: tuple[int, ...],
        params: list[InForce],
    ) -> None:
        conditional = conditional or event.site.conditional
        for written, given in self._paths(event):
            below = self._below(parts, written)
            start = parts if below is None else below
            named = {part.value for part in start[len(parts) :] if part.kind == "param"}
            self.guards += [InForce(item.guard, start) for item in params if item.param in named]
            for item in given:
                for value in options(item[0]):
                    if isinstance(value, Instance):
                        if below is None:
                            shown = (
                                (*parts, *segments(known_start(written.start), self.assembly.dialect))
                                if written
                                else parts
                            )
                            self.assembly.unknown(event.site, "the path it is mounted at is not known", shown)
                            continue
                        step = Mount(self.assembly.place(event.site), _shown(written), "use")
                        self.walk(value, below, (*mounts, step), conditional, above)
                        self.assembly.escapes(value, below)
                    else:
                        self._middleware(event, (value, item[1]), start, mounts, conditional, written)

    def _middleware(
        self,
        event: Event,
        given: Given,
        parts: Parts,
        mounts: tuple[Mount, ...],
        conditional: bool,
        written: Written | None,
    ) -> None:
        value = given[0]
        if isinstance(value, Closure) and len(value.function.params) == 4:
            return  # an error handler
        if isinstance(value, (Made, Library)) and _STATIC.fullmatch(value.name):
            self.assembly.route(
                "GET",
                (*parts, Segment("rest", "")),
                event.site,
                mounts=mounts,
                automatic=True,
                conditional=conditional,
            )
            return
        if isinstance(value, (Made, Library)) and written is not None and not _PASSING.match(value.name):
            self.assembly.unknown(event.site, f"{value.name} may answer below this path", parts)
            return
        if isinstance(value, (Unknown, Object)) or value is None:
            handler = self.assembly.handler(given, event.site, unwrap=False)
            inert = isinstance(value, Unknown) and value.inert
            if handler.function is None and not inert:
                if truthy_unknown(value):
                    self.assembly.unknown(event.site, "what is used here is not known", parts)
                return
        if not is_callable(value) and not isinstance(value, (Unknown, Object)):
            return
        guard = self.assembly.guard("middleware", given, event.site)
        self.guards.append(InForce(guard, parts))

    def _paths(self, event: Event) -> list[tuple[Written | None, list[Given]]]:
        """The paths of a ``use`` and what is used there; no path where the first argument is a function."""
        args = event.args
        first = args[0] if args else None
        while isinstance(first, Array) and first.items:
            first = first.items[0]
        if not args:
            return []
        unknown = isinstance(first, (Unknown, Object)) and (len(args) == 1 or not _path_like(event))
        if any(is_callable(option) for option in options(first)) or unknown:
            return [(None, flattened(args, event.site))]
        return [(path, flattened(args, event.site, 1)) for path in paths_of(args[0])]

    def _below(self, parts: Parts, written: Written | None) -> Parts | None:
        """The segments of a mount; None where its path is not known."""
        if written is None:
            return parts
        if written.pattern is not None:
            return (*parts, pattern_segment(written.pattern))
        if written.text is None:
            return None
        return (*parts, *segments(written.text.rstrip("/"), self.assembly.dialect))

    def _param(self, event: Event) -> list[InForce]:
        if len(event.args) < 2 or not isinstance(event.args[0], str):
            return []
        guard = self.assembly.guard("param", (event.args[1], event.site.expr(1)), event.site)
        return [InForce(guard, (), param=event.args[0])]

    # --- routes -------------------------------------------------------------------------------------------------

    def _route(
        self,
        event: Event,
        parts: Parts,
        mounts: tuple[Mount, ...],
        conditional: bool,
        strict: bool,
        params: tuple[int, list[InForce]],
    ) -> None:
        own_path = event.path is not None
        written = (
            paths_of(event.path if event.path is not None else event.args[0])
            if own_path or event.args
            else []
        )
        given = flattened(event.args, event.site, 0 if own_path else 1)
        method = {"del": "delete"}.get(event.name, event.name)
        for path in written:
            if method == "?":
                start = parts if path.text is None else (*parts, *segments(path.text, self.assembly.dialect))
                self.assembly.unknown(event.site, "the method is not known", start)
            elif path.pattern is not None:
                self._add(
                    event,
                    method,
                    (*parts, pattern_segment(path.pattern)),
                    given,
                    mounts,
                    conditional,
                    strict,
                    params,
                )
            elif path.text is None:
                start = (*parts, *segments(known_start(path.start), self.assembly.dialect))
                self.assembly.unknown(event.site, "the path is not known", start)
            else:
                below = segments(path.text, self.assembly.dialect)
                many = len(written) > 1 and not isinstance(event.path or event.args[0], Array)
                self._add(event, method, (*parts, *below), given, mounts, conditional or many, strict, params)

    def _add(
        self,
        event: Event,
        method: str,
        parts: Parts,
        given: list[Given],
        mounts: tuple[Mount, ...],
        conditional: bool,
        strict: bool,
        params: tuple[int, list[InForce]],
    ) -> None:
        assembly = self.assembly
        own: tuple[Guard, ...] = assembly.guards("middleware", given[:-1], event.site)
        entry, of_params = params
        in_order = [*self.guards[:entry], *of_params, *self.guards[entry:]]
        before = assembly.in_force(in_order, parts, method.upper())
        assembly.route(
            method,
            parts,
            event.site,
            handler=assembly.handler(given[-1], event.site) if given else None,
            guards=(*before, *own),
            mounts=mounts,
            strict=strict,
            conditional=conditional,
        )
        for item in given:
            if takes_next(item):
                guard = assembly.guard("handler" if item is given[-1] else "middleware", item, event.site)
                methods = None if method == "all" else frozenset((method.upper(),))
                self.guards.append(InForce(guard, parts, True, methods))


def truthy_unknown(value: Value) -> bool:
    """Whether something unknown may be there at all: ``null`` is not."""
    return value is not None


def _path_like(event: Event) -> bool:
    """Whether the arguments after an unknown first one are what is used there, so that the first is a path."""
    return any(
        isinstance(option, Instance)
        for value, _ in flattened(event.args, event.site, 1)
        for option in options(value)
    )


def _strict(router: Instance) -> bool:
    if router.application:
        return any(
            event.name in ("set", "enable") and event.args and event.args[0] == "strict routing"
            for event in router.events
        )
    return any(setting(arg, "strict") is True for arg in router.args)


def _shown(written: Written | None) -> str:
    if written is None:
        return ""
    return written.text if written.text is not None else f"/{written.pattern}/"
