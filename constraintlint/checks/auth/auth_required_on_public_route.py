"""A guard refuses anonymous requests to an operation that the contract leaves open to everybody."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.contract._operations import answered, steps
from constraintlint.facts.contract import Operation
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.handlers.guards import refusing
from constraintlint.project.routes.records import Guard, Route

RULE = "auth-required-on-public-route"
#: more operations than this behind one guard are reported at the guard
_MANY = 3


def check(project: Project) -> Iterator[Finding]:
    contract = project.contract
    if contract is None or not any(operation.auth == "required" for operation in contract.operations):
        return  # a description that speaks of no security says nothing about its absence
    served = set(project.paths)
    groups: dict[object, list[tuple[Operation, Route, Guard]]] = {}
    for operation, route in answered(project):
        if operation.auth != "required":
            guard = refusing(project, route)
            if guard is not None:
                groups.setdefault((guard.handler.place, guard.handler.name), []).append(
                    (operation, route, guard)
                )
    for found in groups.values():
        if len(found) > _MANY and found[0][2].handler.place.path in served:
            yield _of_guard(found)
        else:
            for operation, route, guard in found:
                yield _finding(operation, route, guard)


def _of_guard(found: list[tuple[Operation, Route, Guard]]) -> Finding:
    """One guard in front of many public operations."""
    guard = found[0][2]
    shown = [f"{operation.method} {operation.path}" for operation, _, _ in found]
    place = guard.handler.place
    return finding(
        RULE,
        place.path,
        (*place.span[:2], place.span[0], place.span[1] + 1),
        f"{guard.handler.name or 'this guard'} refuses requests without a token, and stands before {len(found)} operations for "
        f"which the contract asks for none ({', '.join(shown[:3])}, ...)",
        help="put it before the other routes only, or let it leave out these paths",
        trace=[step for operation, route, _ in found[:3] for step in steps(operation, route)],
        subject=f"{guard.handler.name} {' '.join(shown)}",
    )


def _finding(operation: Operation, route: Route, guard: Guard) -> Finding:
    shown = f"{operation.method} {operation.path}"
    said = "says that a token is optional" if operation.auth == "optional" else "asks for no token"
    place = guard.handler.place
    return finding(
        RULE,
        route.place.path,
        route.place.span,
        f"{guard.handler.name or 'a guard'} refuses requests without a token, and the contract {said} for {shown}",
        help="register the route outside the guard, or use a guard that lets anonymous requests through",
        trace=[Step(place.path, *place.span[:2], "this guard refuses them"), *steps(operation, route)],
        subject=f"{shown} {guard.handler.name}",
    )
