"""A static path is registered after a parameter path that takes it, where the first match wins."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.facts.code import Call, Function, Name, Text, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.routes.records import Guard, Route, Segment

RULE = "route-shadowed-by-parameter"
#: frameworks that take the first route that fits
_FIRST_WINS = frozenset(("django", "fastapi", "starlette", "express", "koa", "hono"))
_PACKAGES = frozenset(
    ("django", "fastapi", "starlette", "express", "koa", "@koa/router", "koa-router", "hono")
)
_JAVASCRIPT = frozenset(("express", "koa", "hono"))
#: converters of Django and Starlette
_CONVERTERS = {
    "int": re.compile(r"[0-9]+"),
    "float": re.compile(r"[0-9]+(\.[0-9]+)?"),
    "slug": re.compile(r"[-a-zA-Z0-9_]+"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"),
}
#: an expression that cannot run away: one class or escape with one quantifier
_SIMPLE = re.compile(r"\^?(?:\\[dwDW]|\[[^\[\]()]+\])(?:[+*]|\{\d{1,2}(?:,\d{0,2})?\})?\$?")


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    served = set(project.paths)
    applications: dict[str, list[Route]] = {}
    for route in project.routes.routes:
        if route.framework in _FIRST_WINS:
            applications.setdefault(route.application, []).append(route)
    packages = frozenset(item.package for found in project.resolutions.values() for item in found.external)
    reported: set[object] = set()
    for routes in applications.values():
        tree = _Tree(packages)
        for route in sorted(routes, key=lambda item: item.order):
            if route.place not in reported and route.place.path in served and _may_be_reported(route):
                earlier = tree.taker(route)
                if earlier is not None:
                    reported.add(route.place)
                    yield _finding(route, earlier)
            tree.add(route)


def _may_be_reported(route: Route) -> bool:
    return (
        not route.automatic
        and not route.conditional
        and any(s.kind == "static" and s.value for s in route.segments)
    )


def _finding(route: Route, earlier: Route) -> Finding:
    shown = "" if route.method == "*" else f"{route.method} "
    return finding(
        RULE,
        route.place.path,
        route.place.span,
        f"{shown}{route.path} is never reached: {earlier.path} comes before it and takes the same requests",
        help=f"register {route.path} before {earlier.path}, or restrict the parameter (a converter, an expression)",
        trace=[
            Step(
                earlier.place.path,
                earlier.place.span[0],
                earlier.place.span[1],
                f"{earlier.path} is registered here, and is tried first",
            )
        ],
        subject=f"{route.path} {earlier.path}",
    )


class _Node:
    __slots__ = ("ends", "params", "rests", "static")

    def __init__(self) -> None:
        self.static: dict[str, _Node] = {}
        self.params: dict[str, _Node] = {}
        """by what they match"""
        self.rests: list[Route] = []
        self.ends: list[Route] = []


class _Tree:
    """The routes seen so far, by their segments."""

    def __init__(self, packages: frozenset[str]) -> None:
        self.root = _Node()
        self.packages = packages

    def add(self, route: Route) -> None:
        if route.conditional or (route.automatic and route.framework == "django"):
            return
        if all(segment.kind == "static" for segment in route.segments) or any(
            s.optional for s in route.segments
        ):
            return
        node = self.root
        for number, segment in enumerate(route.segments):
            if segment.kind == "static":
                node = node.static.setdefault(segment.value, _Node())
            elif segment.kind == "param":
                node = node.params.setdefault(segment.matches, _Node())
            elif segment.kind == "rest" and number == len(route.segments) - 1 and not segment.matches:
                node.rests.append(route)
                return
            else:
                return
        node.ends.append(route)

    def taker(self, route: Route) -> Route | None:
        """The earliest route that takes every request of ``route`` through a parameter."""
        found: list[Route] = []
        self._search(self.root, route.segments, 0, False, found)
        fitting = [item for item in found if _same_requests(item, route, self.packages)]
        return min(fitting, key=lambda item: item.order, default=None)

    def _search(
        self, node: _Node, segments: tuple[Segment, ...], at: int, through: bool, found: list[Route]
    ) -> None:
        if at == len(segments):
            if through:
                found += node.ends
            return
        segment = segments[at]
        if through or any(item.kind == "static" and item.value for item in segments[at:]):
            found += node.rests
        if segment.kind == "static":
            child = node.static.get(segment.value)
            if child is not None:
                self._search(child, segments, at + 1, through, found)
            for matches, inner in node.params.items():
                if _takes(matches, segment.value):
                    self._search(inner, segments, at + 1, True, found)
        elif segment.kind == "param":
            for matches, inner in node.params.items():
                if not matches or matches == segment.matches:
                    self._search(inner, segments, at + 1, through, found)


def _takes(matches: str, word: str) -> bool:
    """Whether a parameter surely takes a word."""
    if not word:
        return False
    if not matches:
        return True
    known = _CONVERTERS.get(matches)
    if known is None and _SIMPLE.fullmatch(matches):
        try:
            known = re.compile(matches)
        except re.error:
            return False
    return known is not None and known.fullmatch(word) is not None


def _same_requests(earlier: Route, later: Route, packages: frozenset[str]) -> bool:
    """Whether the earlier route answers the method of the later one, and surely ends the search."""
    # Django looks at the path alone
    if later.framework != "django" and earlier.method not in ("*", later.method):
        return False
    first = earlier.handler.function if earlier.handler is not None else None
    if first is not None and later.handler is not None and first is later.handler.function:
        return False
    return earlier.framework not in _JAVASCRIPT or _ends_there(earlier, packages)


def _ends_there(route: Route, packages: frozenset[str]) -> bool:
    """Whether a handler of JavaScript never hands the request on to the routes after it."""
    if route.handler is None or route.handler.function is None or route.handler.function.body is None:
        return False
    if _hands_on(route.handler.function, whole=True):
        return False
    return route.framework != "express" or not any(_may_skip(guard, packages) for guard in route.guards)


def _may_skip(guard: Guard, packages: frozenset[str]) -> bool:
    """Whether what stands before a handler of Express may leave it out; the middleware of packages never does."""
    if guard.handler.function is None:
        return guard.handler.name.partition("#")[0] not in packages
    return _hands_on(guard.handler.function, whole=False)


def _hands_on(function: Function, whole: bool) -> bool:
    """``next()`` in a handler (``whole``); ``next("route")`` or ``next("router")`` in what stands before it."""
    for stmt in function.body or []:
        for node in walk(stmt):
            if not isinstance(node, Call) or not isinstance(node.callee, Name) or node.callee.id != "next":
                continue
            if whole and not node.args:
                return True
            if node.args and isinstance(node.args[0].value, Text):
                return True
    return False
