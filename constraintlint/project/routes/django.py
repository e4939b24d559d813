"""Routes of Django 3 to 5: the patterns below ``ROOT_URLCONF`` in the order in which they are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes import (
    django_ninja,
    django_patterns,
    django_rest,
    django_views,
    views,
)
from constraintlint.project.routes.django_ninja import Operation
from constraintlint.project.routes.django_patterns import KNOWN_INCLUDES, Include, Pattern
from constraintlint.project.routes.django_views import ClassView
from constraintlint.project.routes.path_pieces import Parameter, Piece, canonical, text_of
from constraintlint.project.routes.records import Guard, Handler, Mount, Part, Route, Unknown, Unmounted
from constraintlint.project.routes.startup.machine import Left, Machine
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Blank,
    ClassValue,
    Library,
    Module,
    Native,
    Opaque,
    Value,
)
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_development, is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_MAX_DEPTH = 30
_MAX_ROUTES = 20_000
_NO_PLACE = (1, 1, 1, 1)


class Settings(Native):
    """``django.conf.settings``: what the project's own settings modules say, which the environment may change."""

    def __init__(self, modules: list[Module]) -> None:
        super().__init__()
        self.modules = modules

    def attribute(self, machine: Machine, name: str) -> Value:
        machine.doubts += 1
        for module in self.modules:
            if name in module.env.names:
                return module.env.names[name]
        return UNKNOWN


class Site(Native):
    """``admin.site`` and the admin sites of the project."""

    def attribute(self, machine: Machine, name: str) -> Value:
        if name == "urls":
            return (Library("django.contrib.admin.urls"), "admin", "admin")
        return Opaque(f"django.contrib.admin.site.{name}")


def read(project: Project) -> Part:
    """The routes of every root URL module that a settings module names; URL modules none of them includes are ``unmounted``."""
    machine = Machine(project, {})
    _hooks(machine)
    settings = _settings_modules(project)
    part = Part()
    modules: list[Module] = []
    machine.names["django.conf.settings"] = Settings(modules)
    try:
        for path in settings:
            modules.append(machine.module(path))
    except Left:
        return part
    roots: dict[str, Module] = {}
    for module in modules:
        name = module.env.names.get("ROOT_URLCONF")
        if isinstance(name, str):
            file = machine.sources.module_file(name, module.path)
            if file and file not in roots:
                roots[file] = module
        elif name is not None:
            place = _bound(project, module.path, "ROOT_URLCONF")
            part.unknown.append(Unknown(place, "the root URL module is not known", "", ""))
    walked: set[str] = set()
    for path in sorted(roots):
        place = _bound(project, path, "urlpatterns")
        walk = _Walk(machine, f"{path}:{place.span[0]}")
        try:
            module = machine.module(path)
            walk.patterns(Include(module, _nowhere(path)), [], (), (), 0, False, place)
        except Left:
            walk.unknown.append(
                Unknown(place, "the start-up code is too long to be followed to its end", "", walk.label)
            )
        part.routes += walk.routes
        part.unknown += walk.unknown
        walked |= walk.modules
    if roots:
        _unmounted(machine, walked, part)
    return part


def _nowhere(path: str) -> Arguments:
    return Arguments(path, (0, 0))


def _settings_modules(project: Project) -> list[str]:
    """Modules that bind ``ROOT_URLCONF``."""
    found: list[str] = []
    for path in sorted(project.resolutions):
        if not path.endswith(".py") or is_test(path) or not project.is_deep(path):
            continue
        if project.mentions(path, ("ROOT_URLCONF",)):
            facts = project.facts(path)
            if facts is not None and any(binding.name == "ROOT_URLCONF" for binding in facts.bindings):
                found.append(path)
    return sorted(found, key=lambda path: (is_development(path), path))


def _bound(project: Project, path: str, name: str) -> Place:
    facts = project.facts(path)
    for binding in facts.bindings if facts is not None else ():
        if binding.name == name:
            return Place(path, (binding.line, binding.column, binding.line, binding.column + len(name)))
    return Place(path, _NO_PLACE)


def _hooks(machine: Machine) -> None:
    for module in ("django.urls", "django.urls.conf"):
        machine.functions |= {
            f"{module}.path": django_patterns.path,
            f"{module}.re_path": django_patterns.re_path,
            f"{module}.include": django_patterns.include,
        }
    machine.functions |= {
        "django.conf.urls.url": django_patterns.re_path,
        "django.conf.urls.include": django_patterns.include,
        "django.conf.urls.re_path": django_patterns.re_path,
        "django.conf.urls.i18n.i18n_patterns": django_patterns.i18n_patterns,
        "django.conf.urls.static.static": django_patterns.static,
    }
    machine.names["django.contrib.admin.site"] = Site()
    machine.names["django.contrib.admin.sites.site"] = Site()
    machine.functions["django.contrib.admin.AdminSite"] = lambda m, a: Site()
    machine.functions["django.contrib.admin.sites.AdminSite"] = lambda m, a: Site()
    django_views.hooks(machine)
    django_rest.hooks(machine)
    django_ninja.hooks(machine)


class _Walk:
    """One root URL module and everything it includes."""

    def __init__(self, machine: Machine, label: str) -> None:
        self.machine = machine
        self.label = label
        self.routes: list[Route] = []
        self.unknown: list[Unknown] = []
        self.modules: set[str] = set()

    def patterns(
        self,
        included: Include,
        prefix: list[Piece],
        mounts: tuple[Mount, ...],
        guards: tuple[Guard, ...],
        depth: int,
        maybe: bool,
        place: Place,
    ) -> None:
        if depth > _MAX_DEPTH or len(self.routes) > _MAX_ROUTES:
            return
        target = included.target
        if isinstance(target, Module):
            self.modules.add(target.path)
        if isinstance(target, Library):
            self._library(target.name, prefix, mounts, place, maybe)
            return
        items = included.patterns(self.machine)
        if items is None:
            name = views.shown(target)
            self._gap(
                place, f"the URL patterns {name + ' ' if name else ''}included here are not known", prefix
            )
            return
        for item in items:
            self._item(item, prefix, mounts, guards, depth, maybe, place)

    def _item(
        self,
        item: Value,
        prefix: list[Piece],
        mounts: tuple[Mount, ...],
        guards: tuple[Guard, ...],
        depth: int,
        maybe: bool,
        place: Place,
    ) -> None:
        item, _, _, _ = django_views.unwrapped(item)
        if isinstance(item, (list, tuple)):
            for inner in item:
                self._item(inner, prefix, mounts, guards, depth + 1, maybe, place)
            return
        if not isinstance(item, Pattern):
            if not _adds_files(item):
                self._gap(place, "some of the URL patterns here are not known", prefix)
            return
        self.modules.add(item.place.path)
        expression = item.expression()
        if expression is None:
            reason = getattr(item.text, "reason", "the pattern is not known")
            self._gap(item.place, reason, [*prefix, *item.known_part()])
            return
        uncertain = maybe or item.conditional
        if item.included is not None:
            step = Mount(
                item.place, item.text if isinstance(item.text, str) else text_of(expression.pieces), "include"
            )
            self.patterns(
                item.included,
                [*prefix, *expression.pieces],
                (*mounts, step),
                guards,
                depth + 1,
                uncertain,
                item.place,
            )
            return
        if not expression.known:
            # alternatives and optional parts: the path is one of several
            self._gap(
                item.place,
                "the regular expression stands for several paths",
                _fixed([*prefix, *expression.pieces]),
            )
            return
        self._route(item, [*prefix, *expression.pieces], mounts, guards, uncertain, expression.optional_slash)

    def _gap(self, place: Place, reason: str, prefix: list[Piece]) -> None:
        text = text_of(prefix)
        self.unknown.append(Unknown(place, reason, ("/" + text.lstrip("/")) if text else "", self.label))

    def _library(
        self, name: str, prefix: list[Piece], mounts: tuple[Mount, ...], place: Place, maybe: bool
    ) -> None:
        """URL modules of libraries."""
        known = KNOWN_INCLUDES.get(name)
        if name == "django.contrib.admin.urls":
            self._add(
                "*", [*prefix, Parameter("path", "", True)], place, None, (), mounts, "admin", True, maybe
            )
        elif known is not None:
            from constraintlint.project.routes.django_templates import route_pieces

            for route in known:
                self._add("*", [*prefix, *route_pieces(route)], place, None, (), mounts, "", True, maybe)
        else:
            self._gap(place, f"the URL module {name} is not part of the project", prefix)

    def _route(
        self,
        item: Pattern,
        template: list[Piece],
        mounts: tuple[Mount, ...],
        guards: tuple[Guard, ...],
        maybe: bool,
        optional_slash: bool,
    ) -> None:
        if item.method:
            methods = [(item.method, True)]
            if item.method == "GET":
                methods += [("HEAD", True), ("OPTIONS", True)]
            for method, _ in methods:
                self._add(method, template, item.place, None, (), mounts, item.name, True, maybe)
            return
        for method, handler, own, automatic in self._answers(item, template):
            self._add(
                method,
                template,
                item.place,
                handler,
                (*guards, *own),
                mounts,
                item.name,
                automatic or item.automatic,
                maybe,
                False if optional_slash else None,
            )

    def _answers(
        self, item: Pattern, template: list[Piece]
    ) -> list[tuple[str, Handler | None, tuple[Guard, ...], bool]]:
        """The methods a pattern's view answers: each with its handler and guards, and whether Django adds it."""
        view, outer, left, rest = django_views.unwrapped(item.view)
        expr = item.args.expr(1, "view")
        machine = self.machine
        if isinstance(view, Operation):
            handler, own = views.handler_of(machine, view.view, view.args.path, view.args.at)
            return [(method, handler, (*outer, *view.guards, *own), False) for method in view.methods]
        if isinstance(view, ClassView):
            found = self._class_view(item, view, expr, template)
            return [
                (method, handler, (*outer, *own), automatic)
                for method, handler, own, automatic in found
                if left is None or method in left or method == "*"
            ]
        handler = django_views.function_handler(machine, view, item.args, expr)
        methods = left if left is not None else ["*"]
        if isinstance(view, Blank):
            self._gap(item.place, "the view is not known", template)
            return []
        answers = [(method, handler, outer, False) for method in methods]
        if rest and "OPTIONS" not in methods:
            answers.append(("OPTIONS", None, (), True))  # type: ignore[arg-type]
        return answers  # type: ignore[return-value]

    def _class_view(
        self, item: Pattern, view: ClassView, expr: object, template: list[Piece]
    ) -> list[tuple[str, Handler | None, tuple[Guard, ...], bool]]:
        machine = self.machine
        cls = views.class_of(view.cls)
        subject: Value = cls if cls is not None else view.cls
        if view.actions is not None:
            return self._viewset(view, subject)
        methods, automatic, whole = django_views.methods_of(subject)
        if not whole:
            what = views.shown(subject)
            self._gap(
                item.place, f"the methods of a base class of {what or 'this view'} are not known", template
            )
        allowed = django_views.allowed_names(subject, view.options)
        found: list[tuple[str, Handler | None, tuple[Guard, ...], bool]] = []
        guards = django_views.class_view_guards(machine, view.cls, view.options, None)
        for method in methods:
            if method != "*" and method.lower() not in allowed:
                continue
            handler, own = self._method(subject, "dispatch" if method == "*" else method.lower(), item)
            found.append((method, handler, (*guards, *own), False))
        for method in automatic:
            if method.lower() in allowed:
                if method == "HEAD":
                    getter, own = self._method(subject, "get", item)
                    found.append((method, getter, (*guards, *own), True))
                else:
                    found.append((method, None, (), True))
        return found

    def _method(self, cls: Value, name: str, item: Pattern) -> tuple[Handler, tuple[Guard, ...]]:
        if isinstance(cls, ClassValue):
            return views.method_handler(self.machine, cls, name, item.args.expr(1, "view"))
        return Handler(f"{views.shown(cls).rpartition('.')[2]}.{name}", item.place), ()

    def _viewset(
        self, view: ClassView, cls: Value
    ) -> list[tuple[str, Handler | None, tuple[Guard, ...], bool]]:
        assert view.actions is not None
        allowed = django_views.allowed_names(cls, view.options)
        found: list[tuple[str, Handler | None, tuple[Guard, ...], bool]] = []
        for method, action in view.actions.items():
            if method not in allowed:
                continue
            function = views.class_attribute(cls, action) if isinstance(cls, ClassValue) else None
            guards = django_views.class_view_guards(self.machine, view.cls, view.options, function)
            if isinstance(cls, ClassValue):
                handler, own = views.method_handler(self.machine, cls, action, None)
            else:
                place = self.machine.place(view.args.at, view.args.path)
                handler, own = Handler(f"{views.shown(cls)}.{action}", place), ()
            found.append((method.upper(), handler, (*guards, *own), False))
            if method == "get" and "head" not in view.actions and "head" in allowed:
                found.append(("HEAD", handler, (*guards, *own), True))
        if "options" in allowed and "options" not in view.actions:
            found.append(("OPTIONS", None, (), True))
        return found

    def _add(
        self,
        method: str,
        template: list[Piece],
        place: Place,
        handler: Handler | None,
        guards: tuple[Guard, ...],
        mounts: tuple[Mount, ...],
        name: str,
        automatic: bool,
        maybe: bool,
        strict: bool | None = None,
    ) -> None:
        path, segments = canonical(["/", *template])
        self.routes.append(
            Route(
                "django",
                method,
                path,
                segments,
                len(self.routes),
                place,
                self.label,
                handler,
                guards,
                mounts,
                name,
                automatic,
                strict,
                maybe,
            )
        )


def _fixed(template: list[Piece]) -> list[Piece]:
    """The part of a template up to its first parameter."""
    found: list[Piece] = []
    for piece in template:
        if isinstance(piece, Parameter):
            break
        found.append(piece)
    return found


def _adds_files(item: Value) -> bool:
    """Whether an entry that is not known only serves files: ``staticfiles_urlpatterns()``."""
    name = item.name if isinstance(item, (Opaque, Library)) else ""
    return name.endswith(("staticfiles_urlpatterns()", "static()", "debug_toolbar_urls()"))


def _unmounted(machine: Machine, walked: set[str], part: Part) -> None:
    """URL modules of the project that no root reaches."""
    project = machine.project
    for path in sorted(project.resolutions):
        if (
            path in walked
            or not path.endswith(".py")
            or is_test(path)
            or not project.mentions(path, ("urlpatterns",))
        ):
            continue
        place = _bound(project, path, "urlpatterns")
        if place.span == _NO_PLACE:
            continue
        walk = _Walk(machine, "")
        try:
            module = machine.module(path)
            value = module.env.names.get("urlpatterns", MISSING)
            if isinstance(value, list):
                walk.patterns(Include(value, _nowhere(path)), [], (), (), 0, False, place)
        except Left:
            return
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        part.unmounted.append(Unmounted(place, name, "django", tuple(walk.routes)))
