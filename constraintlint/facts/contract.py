"""What an OpenAPI description promises: operations, what they take and give, and who may call them.

OpenAPI Specification 3.0.4 and 3.1.1. References are resolved; a schema that refers to itself is cut by name.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from constraintlint.facts.source import Span


class Spot(msgspec.Struct, frozen=True, order=True):
    """A place in one of the description's files."""

    path: str
    line: int
    column: int

    @property
    def span(self) -> Span:
        return self.line, self.column, self.line, self.column + 1


class Shape(msgspec.Struct, frozen=True, eq=False):
    """A schema. ``types`` are JSON types (empty: any), with ``null`` where it may be null.

    ``properties`` of an object with those of ``allOf`` united; ``required`` their names; ``items`` of an array. ``name`` is that of the
    component. ``open``: more may be demanded than could be read (``oneOf``, ``anyOf``, a reference that leads nowhere).
    """

    place: Spot
    types: tuple[str, ...] = ()
    properties: dict[str, Shape] = {}
    required: tuple[str, ...] = ()
    items: Shape | None = None
    enum: tuple[object, ...] = ()
    format: str = ""
    name: str = ""
    open: bool = False

    def envelope(self) -> str:
        """The one property that wraps everything else, ``""`` where there is none: ``{"article": {...}}``."""
        if len(self.properties) != 1 or self.open:
            return ""
        name, inner = next(iter(self.properties.items()))
        return name if inner.properties or "object" in inner.types else ""


class Parameter(msgspec.Struct, frozen=True, eq=False):
    name: str
    where: Literal["path", "query", "header", "cookie"]
    required: bool
    shape: Shape | None
    place: Spot


class Body(msgspec.Struct, frozen=True, eq=False):
    """A request or response body. ``shapes`` by media type; ``required`` of a request body."""

    place: Spot
    shapes: dict[str, Shape | None] = {}
    required: bool = False

    @property
    def json(self) -> Shape | None:
        """The shape of its JSON form."""
        for media, shape in self.shapes.items():
            kind = media.split(";")[0].strip().lower()
            if kind == "application/json" or kind.endswith("+json"):
                return shape
        return None


class Response(msgspec.Struct, frozen=True, eq=False):
    """``status`` as written: ``200``, ``2XX``, ``default``. ``body`` is None where it has no content."""

    status: str
    place: Spot
    body: Body | None = None


class Scheme(msgspec.Struct, frozen=True):
    """A security scheme. ``type``: apiKey, http, oauth2, openIdConnect, mutualTLS; ``scheme`` of http (``bearer``); ``where`` and ``header`` of apiKey.

    ``prefix`` is the word before the token that the description's text asks for (``Token``), ``""`` where it says nothing.
    """

    name: str
    type: str
    place: Spot
    scheme: str = ""
    where: str = ""
    header: str = ""
    prefix: str = ""


class Operation(msgspec.Struct, frozen=True, eq=False):
    """One method of one path. ``path`` is as written in the description; ``paths`` are absolute, with every server's base path.

    ``security`` are the alternatives in force, each a tuple of scheme names; an empty tuple among them lets anybody in, and no
    alternative at all does as well. ``auth``: ``none``, ``optional`` or ``required``.
    """

    method: str
    path: str
    paths: tuple[str, ...]
    place: Spot
    id: str = ""
    security: tuple[tuple[str, ...], ...] = ()
    parameters: tuple[Parameter, ...] = ()
    request: Body | None = None
    responses: tuple[Response, ...] = ()

    @property
    def auth(self) -> Literal["none", "optional", "required"]:
        if not self.security:
            return "none"
        return "optional" if () in self.security else "required"

    def success(self) -> list[Response]:
        """The responses of success, the lowest status first."""
        found = [item for item in self.responses if item.status[:1] == "2"]
        return sorted(found, key=lambda item: item.status)


class Mistake(msgspec.Struct, frozen=True, order=True):
    """Something in the description that could not be read."""

    place: Spot
    message: str


class Contract(msgspec.Struct, frozen=True, eq=False):
    """A whole description. ``bases`` are the paths of its servers (``""`` for the root); ``complete``: every reference was followed."""

    path: str
    version: str
    bases: tuple[str, ...]
    operations: tuple[Operation, ...]
    schemes: dict[str, Scheme] = {}
    mistakes: tuple[Mistake, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.mistakes
