"""Nothing in the running code connects to the declared database engine."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._anchor import declaration
from constraintlint.checks._stack import steps_of, unused_steps
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.signatures import engines


def check(project: Project) -> Iterator[Finding]:
    declared = project.config.database
    stack = project.stack
    if declared is None or declared not in engines() or not project.paths or stack.undecided:
        return
    entry = stack.database(declared)
    if entry is not None and entry.role in ("runtime", "optional"):
        return
    title = engines()[declared].title
    others = [item for item in stack.databases if item is not entry and item.role in ("runtime", "optional")]
    if others:
        instead = (
            f"the running code connects to {' and '.join(engines()[item.name].title for item in others)}"
        )
    elif entry is not None:
        instead = f"only {'tests' if entry.role == 'test' else 'development code'} connect to it"
    else:
        instead = "no database connection is opened at all"
    trace = [step for item in (*others, *([entry] if entry else ())) for step in steps_of(item)]
    path, span = declaration(project, "database")
    yield finding(
        "engine-missing",
        path,
        span,
        f"nothing connects to {title}, the declared database: {instead}",
        help=f"open the connection to {title} in the code that runs, or declare the engine that is meant",
        trace=trace + unused_steps(stack, "engine", declared),
        subject=declared,
    )
