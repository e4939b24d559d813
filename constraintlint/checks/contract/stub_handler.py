"""A handler answers with a constant, or says that it is not implemented, and never looks at its request or the data."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks.contract._operations import first_line
from constraintlint.checks.contract._stubs import Stub, stub
from constraintlint.facts.contract import Operation
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.routes import READERS
from constraintlint.project.routes.records import Route
from constraintlint.roles import is_development, is_test

RULE = "stub-handler"
_PACKAGES = frozenset().union(*READERS.values())


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    served = set(project.paths)
    described = _described(project)
    seen: set[object] = set()
    for route in project.routes.routes:
        handler = route.handler
        if handler is None or handler.function is None or route.automatic or handler.place in seen:
            continue
        path = handler.place.path
        if path not in served or is_test(path) or is_development(path):
            continue
        found = stub(project, route, handler.function, handler.scope)
        operation = described.get(id(route))
        if found is None or not _matters(route, found, operation):
            continue
        seen.add(handler.place)
        yield _finding(project, route, found, operation, path)


def _described(project: Project) -> dict[int, Operation]:
    matches = project.contract_matches
    return {
        id(route): item.operation
        for item in (matches.matches if matches is not None else ())
        for route in item.routes
    }


def _matters(route: Route, found: Stub, operation: Operation | None) -> bool:
    """Whether the constant cannot be all there is to say."""
    if found.kind == "unimplemented":
        return True
    if found.status is not None and found.status >= 300:
        return False
    if operation is not None:
        success = operation.success()
        shape = success[0].body.json if success and success[0].body is not None else None
        if shape is None or not (shape.properties or "array" in shape.types):
            return False
        asks = bool(operation.parameters) or operation.request is not None
        return asks or found.hollow
    if found.lists and route.method == "GET":
        return True  # what is asked for is never there
    takes = any(segment.kind == "param" for segment in route.segments)
    return takes and found.kind == "constant" and found.body and route.method not in ("HEAD", "OPTIONS", "*")


def _finding(project: Project, route: Route, found: Stub, operation: Operation | None, path: str) -> Finding:
    shown = f"{route.method} {route.path}"
    if found.kind == "unimplemented":
        message = f"{shown} is not implemented: its handler always says so"
    else:
        message = f"{shown} always answers the same: its handler looks neither at its request nor at any data"
    trace = [Step(route.place.path, *route.place.span[:2], f"{shown} is registered here")]
    if operation is not None:
        place = operation.place
        trace.append(
            Step(
                place.path, place.line, place.column, f"{operation.method} {operation.path} is described here"
            )
        )
    return finding(
        RULE,
        path,
        first_line(project, path, found.at),
        message,
        help="implement it, or take the route out",
        trace=trace,
        subject=shown,
        severity="error" if operation is not None else "warning",
    )
