"""Django Ninja 1: operations of an API and its routers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes import views
from constraintlint.project.routes.django_patterns import Pattern
from constraintlint.project.routes.records import Guard
from constraintlint.project.routes.startup import decorators, imports
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Blank,
    Builtin,
    Instance,
    Native,
    Opaque,
    Value,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

_METHODS = ("get", "post", "put", "patch", "delete")
_MAX_DEPTH = 20


class Operation(Native):
    """One method of one path; it stands as the view of its pattern."""

    decoratable = True

    def __init__(self, methods: list[str], path: Value, view: Value, args: Arguments, unsure: bool) -> None:
        super().__init__()
        self.methods = methods
        self.path = path
        self.view = view
        self.args = args
        self.unsure = unsure
        self.guards: tuple[Guard, ...] = ()

    @property
    def name(self) -> str:
        return views.shown(self.view)


class Router(Native):
    """``ninja.Router`` and, with its pages of documentation, ``NinjaAPI``."""

    def __init__(self, machine: Machine, args: Arguments, api: bool) -> None:
        super().__init__()
        self.args = args
        self.api = api
        self.place = machine.place(args.at, args.path)
        self.auth = args.kwargs.get("auth", MISSING)
        self.rows: list[Operation] = []
        self.routers: list[tuple[Value, Value, Arguments]] = []

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in _METHODS:
            return Builtin(lambda m, args: self._decorating(args, [name.upper()], 0), name)
        if name == "api_operation":
            return Builtin(lambda m, args: self._decorating(args, args.get(0, "methods"), 1), name)
        if name == "urls":
            return (self.urls(machine), "ninja", "api")
        found = super().attribute(machine, name)
        return Opaque(f"ninja.{name}") if found is MISSING else found

    def _decorating(self, args: Arguments, methods: Value, position: int) -> Value:
        def keep(machine: Machine, given: Arguments) -> Value:
            texts = (
                [m.upper() for m in methods if isinstance(m, str)]
                if isinstance(methods, (list, tuple))
                else []
            )
            view = given.get(0, "func")
            self.rows.append(
                Operation(texts, args.get(position, "path", UNKNOWN), view, args, machine.unsure > 0)
            )
            return view

        return Builtin(keep, "operation")

    def do_add_router(self, machine: Machine, args: Arguments) -> Value:
        router = args.get(1, "router", UNKNOWN)
        if isinstance(router, str):
            router = imports.by_name(machine, router, machine.path)
        self.routers.append((args.get(0, "prefix", UNKNOWN), router, args))
        return None

    # --- patterns -----------------------------------------------------------------------------------------------

    def urls(self, machine: Machine) -> list[Value]:
        found: list[Value] = []
        openapi = self.args.get(None, "openapi_url", "/openapi.json")
        docs = self.args.get(None, "docs_url", "/docs")
        pages = [openapi, docs] if isinstance(openapi, str) and openapi else []
        for page, name in zip(pages, ("openapi-json", "openapi-view"), strict=False):
            if isinstance(page, str) and page:
                found.append(self._page(machine, page.lstrip("/"), name))
        self._collect(machine, "", self.auth, found, 0)
        found.append(self._page(machine, "", "api-root"))
        return found

    def _page(self, machine: Machine, text: str, name: str) -> Pattern:
        pattern = Pattern(machine, self.args, text, False)
        pattern.automatic, pattern.method, pattern.name = True, "*", name
        return pattern

    def _collect(self, machine: Machine, prefix: str, auth: Value, found: list[Value], depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        by_path: dict[str, list[Operation]] = {}
        for row in self.rows:
            if not isinstance(row.path, str):
                unknown = Blank("the path is not known", _notation(prefix) + getattr(row.path, "prefix", ""))
                found.append(Pattern(machine, row.args, unknown, False))
                continue
            by_path.setdefault(row.path, []).append(row)
        for path, rows in by_path.items():
            text = _joined(prefix, path)
            for row in rows:
                pattern = Pattern(machine, row.args, _notation(text).lstrip("/"), False)
                given = row.args.kwargs.get("auth", MISSING)
                row.guards = _guards(machine, given if given is not MISSING else auth, row.args)
                pattern.view = row
                pattern.conditional = row.unsure
                found.append(pattern)
        for text_, value, args in self.routers:
            child = value.native if isinstance(value, Instance) else value
            whole = _joined(prefix, text_) if isinstance(text_, str) else prefix
            if not isinstance(child, Router) or not isinstance(text_, str):
                found.append(
                    Pattern(
                        machine,
                        args,
                        Blank("the router added here is not known", _notation(whole).lstrip("/")),
                        False,
                    )
                )
                continue
            own = args.kwargs.get("auth", MISSING)
            if own is MISSING:
                own = child.auth if child.auth is not MISSING else auth
            child._collect(machine, whole, own, found, depth + 1)


def _joined(prefix: str, path: str) -> str:
    text = "/".join([part for part in (prefix, path) if part])
    while "//" in text:
        text = text.replace("//", "/")
    return text


def _notation(text: str) -> str:
    return text.replace("{", "<").replace("}", ">")


def _guards(machine: Machine, auth: Value, args: Arguments) -> tuple[Guard, ...]:
    if auth is MISSING or auth is None or isinstance(auth, Blank):
        return ()
    items = auth if isinstance(auth, (list, tuple)) else [auth]
    return tuple(Guard("auth", decorators.handler(machine, item, args.path, None, args.at)) for item in items)


def hooks(machine: Machine) -> None:
    """The constructors."""
    machine.functions |= {
        "ninja.NinjaAPI": lambda m, a: Router(m, a, True),
        "ninja.main.NinjaAPI": lambda m, a: Router(m, a, True),
        "ninja.Router": lambda m, a: Router(m, a, False),
        "ninja.router.Router": lambda m, a: Router(m, a, False),
    }
