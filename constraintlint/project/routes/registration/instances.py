"""Applications, routers and plugin contexts, and what they are told in the order they are told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.values import Site, Value

Kind = Literal["express", "fastify", "hono", "koa", "koa-router"]


class Event(msgspec.Struct, eq=False):
    """One call of a method of an instance. ``length`` counts the events of a mounted instance at that time.

    ``path`` is set by ``app.route(path)``, whose methods take no path of their own.
    """

    name: str
    args: list[Value]
    site: Site
    length: int = -1
    path: Value | None = None
    child: Instance | None = None
    """a Fastify context that a registration has made"""


class Instance(msgspec.Struct, eq=False):
    """``application``: it is made by the factory of an application, not of a router."""

    kind: Kind
    application: bool
    args: list[Value]
    site: Site
    name: str = ""
    events: list[Event] = []
    properties: dict[str, Value] = {}
    parent: Instance | None = None
    prefix: Value = ""
    """what a Fastify context or ``basePath`` puts before every path"""
    path: Value | None = None
    """of what ``app.route(path)`` gives: the path of its methods; ``parent`` is the router"""
    pending: list[tuple[Event, list[Value]]] = []
    seen: int = -1
    """how many events of the parent a Fastify context has inherited"""
    unmounted: bool = False
    """it was handed to a function for the sake of the record only: nothing in the project calls that"""
    escapes: list[tuple[Site, str]] = []
    """calls that hand it to code that cannot be followed, and why"""

    def property(self, name: str) -> Value | None:
        """What the project put on it, or on what it derives from."""
        found: Instance | None = self
        while found is not None:
            if name in found.properties:
                return found.properties[name]
            found = found.parent
        return None
