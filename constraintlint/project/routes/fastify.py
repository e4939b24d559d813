"""Routes of Fastify 4 and 5: prefixes and hooks by encapsulation, and the routes Fastify adds by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr, Mapping
from constraintlint.project.flow.scopes import key_of
from constraintlint.project.installed import installed_for
from constraintlint.project.routes.assembly import Assembly, Given, flattened, known_start, paths_of, setting
from constraintlint.project.routes.path_templates import canonical, segments
from constraintlint.project.routes.records import Guard, Handler, Mount, Part, Segment, Unmounted
from constraintlint.project.routes.registration import Event, Instance, recording
from constraintlint.project.routes.registration.responses import METHODS
from constraintlint.project.routes.registration.values import Object, Undefined, options

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.routes.registration.values import Value

#: hooks that run before a handler, in the order they do
_HOOKS = ("onRequest", "preParsing", "preValidation", "preHandler")
_MAX_DEPTH = 24


def read(project: Project) -> Part:
    """The routes of every application; plugins with routes that nothing registers."""
    found = Part()
    record = recording(project)
    for instance in record.instances:
        if instance.kind != "fastify" or instance.parent is not None:
            continue
        reader = _Reader(project, instance)
        reader.walk(instance, "", {}, (), False, 0)
        part = reader.assembly.part
        if instance.unmounted:
            if part.routes and not record.stopped:
                place = reader.assembly.place(instance.site)
                found.unmounted.append(
                    Unmounted(place, instance.name or "plugin", "fastify", tuple(part.routes))
                )
            continue
        reader.assembly.escapes(instance, ())
        if record.stopped:
            reader.assembly.unknown(instance.site, "the code is too long to be followed to its end")
        found.routes += part.routes
        found.unknown += part.unknown
    return found


Hooks = dict[str, tuple[Guard, ...]]


class _Reader:
    def __init__(self, project: Project, application: Instance) -> None:
        self.assembly = Assembly(project, "fastify", application, "fastify")
        self.settings = application.args[0] if application.args else Undefined()
        newest = not installed_for(project, application.site.path).of("fastify") or installed_for(
            project, application.site.path
        ).installs("fastify", (4,))
        exposed = setting(self.settings, "exposeHeadRoutes")
        self.head = exposed if isinstance(exposed, bool) else newest
        self.both = setting(self.settings, "ignoreTrailingSlash") is not True
        router = setting(self.settings, "routerOptions")
        if setting(router, "ignoreTrailingSlash") is True:
            self.both = False
        self.strict = self.both

    def walk(
        self,
        context: Instance,
        prefix: str | None,
        inherited: Hooks,
        mounts: tuple[Mount, ...],
        conditional: bool,
        depth: int,
    ) -> None:
        """A context's routes; ``prefix`` is None where it is not known."""
        if depth > _MAX_DEPTH:
            return
        hooks = self._hooks(context.events, inherited)
        for position, event in enumerate(context.events):
            if event.name == "register" and event.child is not None:
                before = self._hooks(context.events[:position], inherited)
                self._child(event, event.child, prefix, before, mounts, conditional, depth)
            elif event.name == "unknown":
                self._library(event, prefix)
            elif event.name == "static":
                self._static(event, prefix, hooks, mounts, conditional)
            elif event.name in METHODS or event.name in ("all", "route", "?"):
                self._route(event, prefix, hooks, mounts, conditional)

    # --- contexts -----------------------------------------------------------------------------------------------

    def _child(
        self,
        event: Event,
        child: Instance,
        prefix: str | None,
        hooks: Hooks,
        mounts: tuple[Mount, ...],
        conditional: bool,
        depth: int,
    ) -> None:
        for written in paths_of(child.prefix):
            below: str | None = None
            if written.text is not None and prefix is not None:
                below = _joined(prefix, written.text)
            elif prefix is not None:
                start = _joined(prefix, known_start(written.start))
                self.assembly.unknown(event.site, "the prefix is not known", segments(start, "fastify"))
            if below is None:
                continue
            step = Mount(self.assembly.place(event.site), written.text or "", "register")
            self.walk(child, below, hooks, (*mounts, step), conditional or event.site.conditional, depth + 1)
            for site, why in child.escapes:
                self.assembly.unknown(site, why, segments(below, "fastify"))

    def _hooks(self, events: list[Event], inherited: Hooks) -> Hooks:
        found = dict(inherited)
        for event in events:
            if event.name == "addHook" and len(event.args) > 1 and event.args[0] in _HOOKS:
                name = str(event.args[0])
                guard = self.assembly.guard(f"hook:{name}", (event.args[1], event.site.expr(1)), event.site)
                found[name] = (*found.get(name, ()), guard)
        return found

    def _library(self, event: Event, prefix: str | None) -> None:
        reason = event.args[1] if len(event.args) > 1 and isinstance(event.args[1], str) else ""
        told = (
            f"{reason} may add routes"
            if reason and " " not in reason
            else reason or "what is registered here is not known"
        )
        for written in paths_of(event.args[0]):
            start = _joined(
                prefix or "", written.text if written.text is not None else known_start(written.start)
            )
            self.assembly.unknown(event.site, told, segments(start, "fastify"))

    def _static(
        self, event: Event, prefix: str | None, hooks: Hooks, mounts: tuple[Mount, ...], conditional: bool
    ) -> None:
        given = event.args[0]
        if setting(given, "serve") is False or prefix is None:
            return
        own = setting(given, "prefix")
        start = _joined(prefix, own) if isinstance(own, str) else prefix
        parts = (*segments(start.rstrip("/"), "fastify"), Segment("rest", ""))
        for method in ("GET", "HEAD"):
            self.assembly.route(
                method,
                parts,
                event.site,
                guards=_before(hooks),
                mounts=mounts,
                automatic=True,
                conditional=conditional,
            )

    # --- routes -------------------------------------------------------------------------------------------------

    def _route(
        self, event: Event, prefix: str | None, hooks: Hooks, mounts: tuple[Mount, ...], conditional: bool
    ) -> None:
        if prefix is None:
            return
        for told in self._told(event):
            methods, url, handler, settings = told
            for written in paths_of(url):
                if written.text is None or any(method is None for method in methods):
                    start = _joined_url(
                        prefix, written.text if written.text is not None else known_start(written.start)
                    )
                    what = "path" if written.text is None else "method"
                    self.assembly.unknown(event.site, f"the {what} is not known", segments(start, "fastify"))
                    continue
                guards = self._guards(event, hooks, settings)
                known = [method for method in methods if method is not None]
                for path in self._urls(prefix, written.text, settings, known):
                    self._add(event, known, path, handler, guards, mounts, conditional, settings)

    def _add(
        self,
        event: Event,
        methods: list[str],
        path: str,
        handler: Handler | None,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        conditional: bool,
        settings: Value,
    ) -> None:
        own = setting(settings, "exposeHeadRoute")
        head = own if isinstance(own, bool) else self.head
        if head and "GET" in methods and "HEAD" not in methods:
            head = not any(
                route.method == "HEAD" and route.path == _canonical(path)
                for route in self.assembly.part.routes
            )
        else:
            head = False
        for method in (*methods, *(("HEAD",) if head else ())):
            self.assembly.route(
                method,
                segments(path, "fastify"),
                event.site,
                handler=handler,
                guards=guards,
                mounts=mounts,
                automatic=head and method == "HEAD",
                strict=self.strict,
                conditional=conditional,
            )

    def _told(self, event: Event) -> list[tuple[list[str | None], Value, Handler | None, Value]]:
        """(methods, url, handler, options) of a call that adds routes."""
        site, args = event.site, event.args
        if event.name == "route":
            found: list[tuple[list[str | None], Value, Handler | None, Value]] = []
            for option in options(args[0]) if args else []:
                method, url = setting(option, "method"), setting(option, "url")
                if url is None:
                    url = setting(option, "path")
                if not isinstance(option, Object) or method is None or url is None:
                    complete = isinstance(option, Object) and not option.open
                    missing: Value = "" if complete and url is None else url if url is not None else None
                    methods: list[str | None] = [None] if method is None else _methods(method)
                    found.append((methods, missing, None, option))
                    continue
                given = option.properties.get("handler")
                handler = (
                    self.assembly.handler((given, _entry(event, "handler")), site)
                    if given is not None
                    else None
                )
                found.append((_methods(method), url, handler, option))
            return found
        method_name: str | None = (
            None if event.name == "?" else "*" if event.name == "all" else event.name.upper()
        )
        url = args[0] if args else ""
        settings: Value = args[1] if len(args) > 1 else Undefined()
        given_handler: Given | None = (args[-1], site.expr(len(args) - 1)) if len(args) > 1 else None
        if len(args) == 2 and isinstance(settings, Object) and "handler" in settings.properties:
            given_handler = (settings.properties["handler"], _entry(event, "handler"))
        elif len(args) == 2:
            settings = Undefined()
        handler = self.assembly.handler(given_handler, site) if given_handler is not None else None
        return [([method_name], url, handler, settings)]

    def _guards(self, event: Event, hooks: Hooks, settings: Value) -> tuple[Guard, ...]:
        found: list[Guard] = []
        for name in _HOOKS:
            found += hooks.get(name, ())
            own = setting(settings, name)
            if own is not None and not isinstance(own, Undefined):
                for value, _ in flattened([own], event.site):
                    if not isinstance(value, Undefined) and value is not None:
                        found.append(
                            self.assembly.guard(f"hook:{name}", (value, _entry(event, name)), event.site)
                        )
        return tuple(found)

    def _urls(self, prefix: str, url: str, settings: Value, methods: list[str]) -> list[str]:
        """``/`` below a prefix is the prefix itself, with and without a slash at its end."""
        if url != "/" or not prefix or methods == ["HEAD"]:
            return [_joined_url(prefix, url)]
        chosen = setting(settings, "prefixTrailingSlash")
        if chosen == "slash":
            return [_joined_url(prefix, "/")]
        if chosen == "no-slash" or not self.both:
            return [prefix]
        return [prefix, f"{prefix}/"] if not prefix.endswith("/") else [prefix]


def _before(hooks: Hooks) -> tuple[Guard, ...]:
    return tuple(guard for name in _HOOKS for guard in hooks.get(name, ()))


def _canonical(path: str) -> str:
    return canonical(segments(path, "fastify"), "fastify")


def _joined(prefix: str, own: str) -> str:
    """The prefix of a context below another one's."""
    if not own:
        return prefix
    if prefix.endswith("/") and own.startswith("/"):
        return prefix + own[1:]
    return prefix + (own if own.startswith("/") else f"/{own}")


def _joined_url(prefix: str, url: str) -> str:
    if prefix.endswith("/") and url.startswith("/"):
        return prefix + url[1:]
    return prefix + (url if url.startswith("/") or not url or not prefix else f"/{url}")


def _methods(value: Value) -> list[str | None]:
    return [item.text.upper() if item.text is not None else None for item in paths_of(value)]


def _entry(event: Event, name: str) -> Expr | None:
    """The expression of one option, where the options are written in the call."""
    for arg in event.site.call.args:
        for entry in arg.value.entries if isinstance(arg.value, Mapping) else ():
            if entry.key is not None and key_of(entry.key) == name:
                return entry.value
    return None
