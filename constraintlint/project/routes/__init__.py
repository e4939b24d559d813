"""The route table: every method and absolute path the applications of a project answer, and what answers it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from constraintlint.project.routes.records import Part, Route, Unknown, Unmounted

if TYPE_CHECKING:
    from constraintlint.project import Project

#: module of this package -> the packages whose import makes it worth asking; each has ``read(project) -> Part``
READERS: dict[str, frozenset[str]] = {
    "flask": frozenset(("flask",)),
    "fastapi": frozenset(("fastapi", "starlette")),
    "django": frozenset(("django",)),
    "aiohttp": frozenset(("aiohttp",)),
    "express": frozenset(("express", "express-promise-router")),
    "fastify": frozenset(("fastify",)),
    "hono": frozenset(("hono", "@hono/zod-openapi")),
    "koa": frozenset(("koa", "@koa/router", "koa-router")),
}


class RouteTable(msgspec.Struct, frozen=True, eq=False):
    """All routes, sorted by application and the order in which they are tried.

    Where ``unknown`` is not empty, a route that is not listed below one of its prefixes may exist all the same.
    """

    routes: tuple[Route, ...]
    unknown: tuple[Unknown, ...]
    unmounted: tuple[Unmounted, ...]

    def may_hide(self, route: Route) -> bool:
        """Whether something that is not known may run before a route: it lies above it."""
        return any(
            item.application == route.application
            and (
                not item.prefix
                or route.path == item.prefix
                or route.path.startswith(f"{item.prefix.rstrip('/')}/")
            )
            for item in self.unknown
        )


def build(project: Project) -> RouteTable:
    """Ask the reader of every framework that the project imports."""
    imported = {item.package for found in project.resolutions.values() for item in found.external}
    whole = Part()
    for name, packages in READERS.items():
        if imported.isdisjoint(packages):
            continue
        part: Part = import_module(f"constraintlint.project.routes.{name}").read(project)
        whole.routes += part.routes
        whole.unknown += part.unknown
        whole.unmounted += part.unmounted
    return RouteTable(
        tuple(sorted(whole.routes, key=lambda route: (route.application, route.order, route.method))),
        tuple(sorted(set(whole.unknown))),
        tuple(sorted(whole.unmounted, key=lambda item: (item.place, item.name))),
    )
