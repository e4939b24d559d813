"""The routes of a backend, as every framework's frontend of the table states them."""

from __future__ import annotations

from typing import Literal

import msgspec

from constraintlint.facts.code import Call, Expr, Function
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema.records import Place

Framework = Literal["flask", "fastapi", "starlette", "django", "aiohttp", "express", "fastify", "hono", "koa"]


class Segment(msgspec.Struct, frozen=True):
    """One part of a path between slashes, or what a parameter takes of it.

    ``kind``: ``static`` (``value`` is the text), ``param`` (``value`` is its name, ``matches`` the converter or regular
    expression as written, ``""`` for anything without a slash), ``rest`` (everything that is left, slashes included),
    ``mixed`` (text and parameters in one segment: ``value`` is the segment as written).
    """

    kind: Literal["static", "param", "rest", "mixed"]
    value: str
    matches: str = ""
    optional: bool = False


class Handler(msgspec.Struct, frozen=True, eq=False):
    """A function that answers or guards. ``function`` is None where it is not code of the project (``name`` still tells)."""

    name: str
    place: Place
    function: Function | None = None
    scope: Scope | None = None
    """the scope of the function's own body"""
    expr: Expr | None = None
    """the expression that names it where it is registered"""


class Guard(msgspec.Struct, frozen=True, eq=False):
    """What runs before a handler: middleware, hook, dependency, decorator, permission class. In force in the order listed.

    ``how`` is the framework's word: ``before_request``, ``Depends``, ``decorator``, ``middleware``, ``hook:onRequest``, ``permission_classes``.
    """

    how: str
    handler: Handler
    conditional: bool = False
    """added in a branch that may not be taken"""


class Mount(msgspec.Struct, frozen=True):
    """One step of the way from the application to a route: what was mounted where, with which prefix (as written)."""

    place: Place
    prefix: str
    how: str


class Route(msgspec.Struct, frozen=True, eq=False):
    """One method of one absolute path.

    ``method`` is upper case, or ``*`` where every method is answered. ``path`` is the canonical template, ``/articles/{slug}``: one
    leading slash, parameters in braces with their names (``{name?}`` an optional one), ``{name*}`` for ``rest`` (``{*}`` without a
    name); a trailing slash is kept. ``order`` counts in the order the framework tries routes, in one application. ``automatic`` marks what the framework adds by itself (HEAD of a
    GET, OPTIONS, static files, documentation pages).
    """

    framework: Framework
    method: str
    path: str
    segments: tuple[Segment, ...]
    order: int
    place: Place
    application: str
    """the application it belongs to: the place where that is made, ``app/main.py:12``"""
    handler: Handler | None = None
    guards: tuple[Guard, ...] = ()
    mounts: tuple[Mount, ...] = ()
    name: str = ""
    automatic: bool = False
    strict_slash: bool | None = None
    """whether ``/a`` and ``/a/`` differ; None where unknown"""
    conditional: bool = False
    """registered in a branch that may not be taken"""
    extras: tuple[tuple[str, Expr], ...] = ()
    """arguments of the registration that tell what it answers (``response_model``, ``status_code``), as written"""
    call: Call | None = None
    """the call that registers it, where there is one; it stands in ``scope``"""
    scope: Scope | None = None


class Unknown(msgspec.Struct, frozen=True, order=True):
    """Routes that could not be resolved: all that may lie below ``prefix`` (canonical, ``""`` for anywhere), and why."""

    place: Place
    reason: str
    prefix: str = ""
    application: str = ""


class Unmounted(msgspec.Struct, frozen=True, eq=False):
    """A router, blueprint or URL module with routes that no application mounts."""

    place: Place
    name: str
    framework: Framework
    routes: tuple[Route, ...] = ()
    """its routes as they would be, relative to its own prefix"""


class Part(msgspec.Struct, eq=False):
    """What one framework's reader found."""

    routes: list[Route] = []
    unknown: list[Unknown] = []
    unmounted: list[Unmounted] = []
