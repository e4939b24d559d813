"""Paths of contracts and routes, compared by their shape: parameters match by position, not by name."""

from __future__ import annotations

import re

import msgspec

from constraintlint.project.routes.records import Route, Segment

_HOLE = re.compile(r"\{[^{}]*\}")
#: frameworks for which /a and /a/ are different routes unless they are told otherwise
_STRICT = frozenset(("fastify", "hono", "aiohttp"))


class Shape(msgspec.Struct, frozen=True):
    """``parts`` between slashes; ``rest``: anything may follow; ``slash``: it ends in one."""

    parts: tuple[Segment, ...]
    rest: bool = False
    slash: bool = False


def shape_of(path: str, segments: tuple[Segment, ...] | None = None) -> Shape:
    """The shape of a path; ``segments`` are those of a route, where they are known."""
    slash = len(path) > 1 and path.endswith("/")
    if segments is None:
        segments = tuple(_segment(text) for text in path.split("/") if text)
    parts = tuple(
        part for part in segments if part.kind != "rest" and not (part.kind == "static" and not part.value)
    )
    return Shape(parts, any(part.kind == "rest" for part in segments), slash)


def _segment(text: str) -> Segment:
    if text.startswith("{") and text.endswith("*}"):
        return Segment("rest", text[1:-2])
    if _HOLE.fullmatch(text):
        return Segment("param", text[1:-1].rstrip("?"), optional=text.endswith("?}"))
    return Segment("mixed" if "{" in text else "static", text)


def fits(wanted: Shape, shape: Shape, route: Route, *, loose: bool = False) -> bool:
    """Whether a route has the shape of an operation's path. ``loose``: a parameter of the route may take a word of the path."""
    if wanted.slash != shape.slash and wanted.parts and _slash_matters(wanted, route):
        return False
    parts = shape.parts
    if len(parts) > len(wanted.parts) and parts[-1].optional:
        parts = tuple(part for part in parts if not part.optional)
    if len(parts) != len(wanted.parts):
        return False
    return all(_same(one, other, loose) for one, other in zip(wanted.parts, parts, strict=True))


def _slash_matters(wanted: Shape, route: Route) -> bool:
    return route.framework in _STRICT and route.strict_slash is True


def _same(wanted: Segment, part: Segment, loose: bool) -> bool:
    if wanted.kind == "static":
        if part.kind == "static":
            return wanted.value == part.value
        return loose and part.kind == "param" and _lets(part.matches, wanted.value)
    if part.kind == "static":
        return False
    if wanted.kind == part.kind == "mixed":
        return _HOLE.sub("{}", wanted.value) == _HOLE.sub("{}", part.value)
    return True


def _lets(matches: str, word: str) -> bool:
    """Whether a converter lets a word through."""
    if matches in ("int", "float", "uuid", "UUID"):
        return False
    if matches in ("", "str", "string", "slug", "path"):
        return True
    try:
        return re.fullmatch(matches, word) is not None
    except re.error:
        return True


def starts_with(wanted: Shape, prefix: Shape) -> bool:
    """Whether a path can lie below a prefix."""
    if len(prefix.parts) > len(wanted.parts):
        return False
    for one, other in zip(wanted.parts, prefix.parts, strict=False):
        if one.kind == "static" and other.kind == "static" and one.value != other.value:
            return False
    return True
