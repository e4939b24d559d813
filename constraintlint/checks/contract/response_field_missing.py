"""What a handler answers with lacks a property that the contract requires."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.contract._comparison import Difference, compared
from constraintlint.checks.contract._operations import first_line, listed, plain, steps
from constraintlint.facts.code import At
from constraintlint.facts.contract import Operation
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.handlers.records import Answer
from constraintlint.project.routes.records import Route

RULE = "response-field-missing"


def check(project: Project) -> Iterator[Finding]:
    served = set(project.paths)
    seen: set[object] = set()
    for operation, route, answer, item in compared(project):
        path, at = _place(item, answer, served)
        if project.has_problems(path):
            continue  # what could not be read may hold the key
        key = (path, at, item.names)
        if item.kind == "fields" and path in served and key not in seen:
            seen.add(key)
            yield _finding(project, operation, route, path, at, item)


def _place(item: Difference, answer: Answer, served: set[str]) -> tuple[str, At]:
    """Where the object is made, as far as that is in a served file."""
    if item.form.path in served and item.form.at != (0, 0):
        return item.form.path, item.form.at
    return answer.path, answer.at


def _finding(
    project: Project, operation: Operation, route: Route, path: str, at: At, item: Difference
) -> Finding:
    shown = f"{operation.method} {operation.path}"
    names = list(item.names)
    where = f" in {item.trail}" if item.trail else ""
    named = f" of {item.shape.name}" if item.shape.name else ""
    close = [
        f'"{key}" is there, and names are case sensitive'
        for name in names
        for key in item.form.keys
        if plain(key) == plain(name)
    ]
    hint = f' ("{close[0][1:]})' if close else ""
    return finding(
        RULE,
        path,
        first_line(project, path, at),
        f"{shown} answers without {listed(names)}{where}, which the contract requires{named}{hint}",
        help=f"add {listed(names)} to what is answered, or take {'it' if len(names) == 1 else 'them'} off the required properties",
        trace=steps(operation, route, item.shape),
        subject=f"{shown} {item.trail} {' '.join(names)}",
    )
