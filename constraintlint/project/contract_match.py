"""Which routes answer the operations of the declared API contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import msgspec

from constraintlint.facts.code import Call, Hole, Name, Text, walk
from constraintlint.facts.contract import Contract, Operation
from constraintlint.project.contract_paths import Shape, fits, shape_of, starts_with
from constraintlint.project.routes.records import Route
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

Outcome = Literal["found", "missing", "method", "unknown"]


class Match(msgspec.Struct, frozen=True, eq=False):
    """``found``: ``routes`` answer it. ``method``: ``others`` answer its path, with other methods only. ``unknown``: part of the
    route table is. ``path`` is the absolute path it was looked for under; ``taken_by`` a parameter route that gets its requests.
    """

    operation: Operation
    outcome: Outcome
    path: str
    routes: tuple[Route, ...] = ()
    others: tuple[Route, ...] = ()
    taken_by: Route | None = None


class Matches(msgspec.Struct, frozen=True, eq=False):
    """``prefix`` is where the operations were found though no server says so; None where the servers are right."""

    matches: tuple[Match, ...]
    prefix: str | None = None

    def count(self, outcome: Outcome) -> int:
        return sum(item.outcome == outcome for item in self.matches)


def match(project: Project, contract: Contract) -> Matches:
    """Hold every operation against the route table."""
    table = _Table(project)
    own = [list(operation.paths) for operation in contract.operations]
    if not table.routes:
        return Matches(
            tuple(
                Match(item, "unknown", paths[0]) for item, paths in zip(contract.operations, own, strict=True)
            )
        )
    prefix = None
    if not any(
        table.answers(operation, path)
        for operation, paths in zip(contract.operations, own, strict=True)
        for path in paths
    ):
        prefix = _common_prefix(table, contract, project)
        if prefix is not None:
            own = [[prefix + operation.path] for operation in contract.operations]
    return Matches(
        tuple(
            _one(table, operation, paths) for operation, paths in zip(contract.operations, own, strict=True)
        ),
        prefix,
    )


def _one(table: _Table, operation: Operation, paths: list[str]) -> Match:
    for path in paths:
        routes = table.answers(operation, path)
        if routes:
            return Match(operation, "found", path, tuple(routes))
    if operation.method in ("OPTIONS", "TRACE", "HEAD"):
        return Match(operation, "unknown", paths[0])
    if any(table.is_unknown(path) for path in paths):
        return Match(operation, "unknown", paths[0])
    for path in paths:
        others = table.at(path)
        if others:
            return Match(operation, "method", path, others=tuple(others))
    taken = next((route for path in paths if (route := table.taker(operation, path)) is not None), None)
    if taken is not None and _asks_for(taken, operation):
        return Match(operation, "unknown", paths[0], taken_by=taken)
    return Match(operation, "missing", paths[0], taken_by=taken)


def _asks_for(route: Route, operation: Operation) -> bool:
    """Whether a handler looks for the last word of the path itself: ``if slug == "feed"``."""
    word = operation.path.rstrip("/").rsplit("/", 1)[-1]
    function = route.handler.function if route.handler is not None else None
    if function is None:
        return True
    for node in walk(list(function.body or ())):
        if isinstance(node, Text) and any(
            not isinstance(piece, Hole) and piece.value == word for piece in node.pieces
        ):
            return True
    return False


def _common_prefix(table: _Table, contract: Contract, project: Project) -> str | None:
    """The one prefix under which most operations are; None where there is none, or more than one."""
    counts: dict[str, int] = {}
    candidates = {""}
    url = getattr(project.config.verify, "base_url", None)
    if isinstance(url, str):
        candidates.add(urlsplit(url).path.rstrip("/"))
    shapes = [(operation, shape_of(operation.path)) for operation in contract.operations]
    for route, shape in table.routes:
        for operation, wanted in shapes:
            if route.method in (operation.method, "*") and len(shape.parts) > len(wanted.parts):
                lead = shape.parts[: len(shape.parts) - len(wanted.parts)]
                if all(part.kind == "static" for part in lead):
                    candidates.add("/" + "/".join(part.value for part in lead))
    for candidate in sorted(candidates)[:200]:
        found = sum(
            bool(table.answers(operation, candidate + operation.path)) for operation in contract.operations
        )
        if found:
            counts[candidate] = found
    if not counts:
        return None
    best = max(counts.values())
    leading = [candidate for candidate, found in counts.items() if found == best]
    return (
        leading[0]
        if len(leading) == 1 and (best * 2 >= len(contract.operations) or len(counts) == 1)
        else None
    )


class _Table:
    """The routes that answer, with the shapes of their paths."""

    def __init__(self, project: Project) -> None:
        self.routes: list[tuple[Route, Shape]] = [
            (route, shape_of(route.path, route.segments))
            for route in project.routes.routes
            if not route.automatic and not is_test(route.place.path) and not passes_on(route)
        ]
        self.unknown = [item for item in project.routes.unknown if not is_test(item.place.path)]
        self.whole = [route for route, shape in self.routes if shape.rest and not shape.parts]
        self.found_any = False

    def answers(self, operation: Operation, path: str) -> list[Route]:
        """The routes that are meant for an operation at a path."""
        wanted = shape_of(path)
        found = [
            route
            for route, shape in self.routes
            if not shape.rest and _answers_method(route, operation.method) and fits(wanted, shape, route)
        ]
        self.found_any = self.found_any or bool(found)
        return found

    def at(self, path: str) -> list[Route]:
        """The routes of a path, whatever their method."""
        wanted = shape_of(path)
        return [route for route, shape in self.routes if not shape.rest and fits(wanted, shape, route)]

    def is_unknown(self, path: str) -> bool:
        wanted = shape_of(path)
        if any(starts_with(wanted, shape_of(item.prefix)) for item in self.unknown):
            return True
        for _, shape in self.routes:
            if shape.rest and shape.parts and starts_with(wanted, shape):
                return True  # something below takes everything that is left
        return bool(self.whole) and not self.found_any

    def taker(self, operation: Operation, path: str) -> Route | None:
        """A route whose parameters take what is a word of the operation's path."""
        wanted = shape_of(path)
        for route, shape in self.routes:
            if (
                not shape.rest
                and _answers_method(route, operation.method)
                and fits(wanted, shape, route, loose=True)
            ):
                return route
        return None


def _answers_method(route: Route, method: str) -> bool:
    return route.method in (method, "*") or (method == "HEAD" and route.method == "GET")


def passes_on(route: Route) -> bool:
    """Whether what is registered for every method only stands before others: it calls ``next``."""
    if route.method != "*" or route.framework not in ("express", "koa", "hono"):
        return False
    function = route.handler.function if route.handler is not None else None
    if function is None:
        return True
    position = 2 if route.framework == "express" else 1
    if len(function.params) <= position:
        return False
    name = function.params[position].name
    return function.body is None or any(
        isinstance(node, Call) and isinstance(node.callee, Name) and node.callee.id == name
        for node in walk(list(function.body))
    )
