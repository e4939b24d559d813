"""A handler reads a member of the user on its request, and what runs before it does not put one there, or not always."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from constraintlint.checks._calls import uses
from constraintlint.checks.auth._guards import Effect, effect, refuses_without
from constraintlint.checks.auth._request_values import Read, reads
from constraintlint.facts.code import Call
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.handlers.anonymous import reads_credentials
from constraintlint.project.routes.records import Guard, Handler, Route
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.checks.auth._python_needs import Need as _Need

RULE = "handler-needs-user-but-guard-does-not-set-it"
#: frameworks of Python, whose side is looked at in modules of its own
PACKAGES = frozenset(("flask", "quart", "fastapi", "starlette", "aiohttp", "django"))
_PACKAGES = frozenset(("express", "fastify", "koa", "hono", "@hono/zod-openapi"))
_FRAMEWORKS = frozenset(("express", "fastify", "koa", "hono"))
#: middleware of libraries that puts no user on a request
_HARMLESS = re.compile(
    r"(?:express[#.](?:json|urlencoded|raw|text|static)|cors|@fastify/cors|helmet|koa-helmet|@koa/cors|morgan|compression|koa-compress"
    r"|cookie-parser|body-parser|koa-body(?:parser)?|@koa/bodyparser|express-rate-limit|hpp|method-override|koa-logger|koa-static"
    r"|serve-static|response-time|multer|@koa/multer|hono/(?:cors|logger|secure-headers|pretty-json|compress|etag|csrf|timing|validator"
    r"|body-limit|request-id|timeout|trailing-slash)|@hono/zod-validator|express-validator|celebrate)\b"
)
#: values that are a user by their name; another one is where the guard that sets it reads the token of the request
_USER = re.compile(
    r"(?:current|auth(?:enticated)?|logged_?in|session)?_?(?:user|account|member|principal|identity|customer|viewer|auth)",
    re.I,
)


def check(project: Project) -> Iterator[Finding]:
    yield from _of_python(project)
    if not uses(project, _PACKAGES):
        return
    table = project.routes
    routes = [
        route
        for route in table.routes
        if route.framework in _FRAMEWORKS
        and not route.automatic
        and not route.conditional
        and _is_own(route.handler)
    ]
    effects = _Effects(project)
    setters = {
        name: found
        for name in sorted(_wanted(project, routes))
        if (found := effects.setters(routes, name))
        and (
            _USER.fullmatch(name)
            or any(_tells_who(guard) for guard in found)
            or any(_refuses_without(guard, name) for route in routes for guard in route.guards)
        )
    }
    seen: set[tuple[str, int]] = set()
    for route in routes:
        handler = route.handler
        if handler is None or handler.function is None or table.may_hide(route):
            continue
        path = handler.place.path
        for read in reads(project, path, handler.function):
            if read.name not in setters or path not in project.resolutions or is_test(path):
                continue
            key = (path, read.node.at[0])
            told = effects.judge(route, read.name)
            if told in ("never", "sometimes") and key not in seen:
                seen.add(key)
                yield _finding(project, route, read, path, told, setters[read.name], effects)


def _wanted(project: Project, routes: list[Route]) -> set[str]:
    found: set[str] = set()
    for route in routes:
        if route.handler is not None and route.handler.function is not None:
            for read in reads(project, route.handler.place.path, route.handler.function):
                found.add(read.name)
    return found


def _tells_who(guard: Guard) -> bool:
    return guard.handler.function is not None and reads_credentials(guard.handler.function)


def _refuses_without(guard: Guard, name: str) -> bool:
    return guard.handler.function is not None and refuses_without(guard.handler.function, name)


def _is_own(handler: Handler | None) -> bool:
    return handler is not None and handler.function is not None


def _of_python(project: Project) -> Iterator[Finding]:
    if not uses(project, PACKAGES):
        return
    from constraintlint.checks.auth import _flask_login, _python_needs

    routes = _python_needs.served(project)
    for need in _python_needs.needs(project, routes):
        yield _needed(project, need)
    seen: set[tuple[str, int]] = set()
    for item in _flask_login.reads(project, routes):
        if is_test(item.path) or item.path not in project.resolutions or (item.path, item.node.at[0]) in seen:
            continue
        seen.add((item.path, item.node.at[0]))
        shown = f"{item.route.method} {item.route.path}"
        yield finding(
            RULE,
            item.path,
            project.span(item.path, item.node.at),
            f"current_user.{item.node.name} is read, but nothing before {shown} asks for a login, and the anonymous user has no {item.node.name}",
            help="put @login_required before the handler, or ask current_user.is_authenticated",
            trace=_trace(item.route, item.guard, "login_required stands here, on another route"),
            subject=f"{shown}: current_user",
        )


def _needed(project: Project, need: _Need) -> Finding:
    read, shown = need.read, f"{need.route.method} {need.route.path}"
    name = need.guard.handler.name
    if need.sometimes:
        told = f"{name}, which runs before {shown}, also goes on without {'a' if read.member else 'setting'} {read.name}"
        help_ = f"use a guard that refuses requests without a {read.name}, or ask in the handler whether there is one"
        step = f"{name} goes on without a {read.name} on one way"
    else:
        told = f"nothing that runs before {shown} sets {read.name}"
        help_ = f"put {name} before the handler, or ask whether there is a {read.name}"
        step = f"{name} sets it, on other routes"
    return finding(
        RULE,
        need.path,
        project.span(need.path, read.node.at),
        f"{read.name}{read.member} is read, but {told}",
        help=help_,
        trace=_trace(need.route, need.guard, step),
        subject=f"{shown}: {read.name}",
    )


def _trace(route: Route, guard: Guard, said: str) -> list[Step]:
    shown = f"{route.method} {route.path} is registered here"
    place = guard.handler.place
    return [Step(route.place.path, *route.place.span[:2], shown), Step(place.path, *place.span[:2], said)]


class _Effects:
    """What guards do, asked once a guard and value."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.known: dict[tuple[int, str], Effect] = {}

    def of(self, guard: Guard, name: str, framework: str) -> Effect:
        function = guard.handler.function
        if function is None:
            return "never" if _HARMLESS.match(guard.handler.name) else "unknown"
        key = (id(function), name)
        if key not in self.known:
            called = partial(_called, self.project, guard.handler.place.path)
            self.known[key] = effect(function, name, framework, called)
        found = self.known[key]
        return "sometimes" if guard.conditional and found == "always" else found

    def setters(self, routes: list[Route], name: str) -> list[Guard]:
        """The guards of the project that set a value, those that always do first."""
        return [
            guard
            for wanted in ("always", "sometimes")
            for route in routes
            for guard in route.guards
            if self.of(guard, name, route.framework) == wanted
        ]

    def judge(self, route: Route, name: str) -> Effect:
        """What all guards of a route together do."""
        told = {self.of(guard, name, route.framework) for guard in route.guards}
        if "always" in told or "unknown" in told:
            return "always"
        return "sometimes" if "sometimes" in told else "never"


def _called(project: Project, path: str, call: Call) -> Scope | None:
    """The function of the project that a call in ``path`` surely runs."""
    file = project.evaluator.file(path)
    values = project.evaluator.eval(call.callee, file.at(call.at[0])) if file is not None else ()
    if len(values) != 1 or values[0].kind != "function" or values[0].scope is None:
        return None
    return values[0].scope if values[0].scope.function is not None else None


def _finding(
    project: Project,
    route: Route,
    read: Read,
    path: str,
    told: Effect,
    setters: list[Guard],
    effects: _Effects,
) -> Finding:
    shown = f"{route.method} {route.path}"
    own = [guard for guard in route.guards if effects.of(guard, read.name, route.framework) == "sometimes"]
    guard = own[0] if told == "sometimes" and own else setters[0]
    if told == "never":
        message = (
            f"{read.name}.{read.node.name} is read, but nothing that runs before {shown} sets {read.name}"
        )
        help_ = f"put {guard.handler.name} before the handler, or ask whether there is a {read.name}"
        step = f"{guard.handler.name} sets it, on other routes"
    else:
        message = (
            f"{read.name}.{read.node.name} is read, but {guard.handler.name}, which runs before {shown}, "
            f"also goes on without setting {read.name}"
        )
        help_ = f"use a guard that refuses requests without a {read.name}, or ask in the handler whether there is one"
        step = f"{guard.handler.name} goes on without a {read.name} on one way"
    return finding(
        RULE,
        path,
        project.span(path, read.node.at),
        message,
        help=help_,
        trace=_trace(route, guard, step),
        subject=f"{shown}: {read.name}",
    )
