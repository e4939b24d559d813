"""A handler reads the fields of a request where the contract wraps them in a key, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.contract._operations import alters, answered, first_line, listed, steps
from constraintlint.facts.contract import Operation, Shape
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.handlers.records import Reading
from constraintlint.project.routes.records import Route

RULE = "request-envelope-mismatch"


def check(project: Project) -> Iterator[Finding]:
    if project.contract is None:
        return
    served = set(project.paths)
    for operation, route in answered(project):
        shape = operation.request.json if operation.request is not None else None
        if shape is None or shape.open or not shape.properties or alters(route):
            continue
        reading = project.handlers.facts(route).reading
        if reading.open or not reading.keys:
            continue
        found = _mismatch(reading, shape)
        if found is not None:
            path, _at = reading.keys[found[0]]
            if path in served:
                yield _finding(project, operation, route, shape, reading, found[1], found[0])


def _mismatch(reading: Reading, shape: Shape) -> tuple[str, str] | None:
    """(a key that is read, the wrapper that is not expected by one side); None where both agree or nothing is sure."""
    envelope = shape.envelope()
    keys = list(reading.keys)
    if envelope:
        inner = shape.properties[envelope]
        shared = [key for key in keys if key in inner.properties]
        if envelope not in keys and shared and not inner.open and envelope in shape.required:
            return shared[0], envelope
        return None
    if len(keys) == 1 and keys[0] not in shape.properties and len(shape.required) > 1:
        return keys[0], ""
    return None


def _finding(
    project: Project,
    operation: Operation,
    route: Route,
    shape: Shape,
    reading: Reading,
    envelope: str,
    key: str,
) -> Finding:
    shown = f"{operation.method} {operation.path}"
    path, at = reading.keys[key]
    keys = list(reading.keys)
    if envelope:
        message = f'{shown} reads {listed(keys[:4])} from the body itself, where the contract wraps them in "{envelope}"'
        help_ = (
            f'take them from body["{envelope}"]; in FastAPI: Body(embed=True) on a parameter named {envelope}'
        )
    else:
        message = f'{shown} reads everything from "{key}", where the contract has {listed(list(shape.required)[:4])} in the body itself'
        help_ = "take them from the body itself, or correct the description"
    return finding(
        RULE,
        path,
        first_line(project, path, at),
        message,
        help=help_,
        trace=steps(operation, route, shape),
        subject=f"{shown} {envelope or key}",
    )
