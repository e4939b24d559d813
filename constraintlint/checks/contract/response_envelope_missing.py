"""A handler answers with the bare value where the contract wraps it."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.contract._comparison import Difference, compared
from constraintlint.checks.contract._operations import first_line, listed, steps
from constraintlint.facts.contract import Operation
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.handlers.records import Answer
from constraintlint.project.routes.records import Route

RULE = "response-envelope-missing"


def check(project: Project) -> Iterator[Finding]:
    served = set(project.paths)
    seen: set[object] = set()
    for operation, route, answer, item in compared(project):
        key = (answer.path, answer.at, item.names)
        if item.kind == "envelope" and answer.path in served and key not in seen:
            seen.add(key)
            yield _finding(project, operation, route, answer, item)


def _finding(
    project: Project, operation: Operation, route: Route, answer: Answer, item: Difference
) -> Finding:
    shown = f"{operation.method} {operation.path}"
    if item.form.kind == "array":
        what = f"{shown} answers with a bare array, where the contract promises an object with {listed(list(item.shape.required or item.names))}"
    else:
        keys = list(item.form.keys)
        what = f'{shown} answers with the bare object ({", ".join(keys[:4])}{", ..." if len(keys) > 4 else ""}), where the contract wraps it in "{item.names[0]}"'
    wrapper = item.names[0] if item.names else "key"
    return finding(
        RULE,
        answer.path,
        first_line(project, answer.path, answer.at),
        what,
        help=f'answer with {{"{wrapper}": ...}}, or correct the description',
        trace=steps(operation, route, item.shape),
        subject=f"{shown} {wrapper}",
    )
