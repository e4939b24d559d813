"""The running code does not use the declared web framework."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._anchor import declaration
from constraintlint.checks._stack import steps_of, unused_steps
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.signatures import canonical_name, frameworks, implied


def check(project: Project) -> Iterator[Finding]:
    declared = [canonical_name(frameworks(), name) for name in project.config.framework]
    if not declared or not project.paths:
        return
    stack = project.stack
    used = [entry for entry in stack.frameworks if entry.role in ("runtime", "optional")]
    if any(
        name == entry.name or name in implied(frameworks(), entry.name) for entry in used for name in declared
    ):
        return
    titles = " or ".join(frameworks()[name].title if name in frameworks() else name for name in declared)
    entry = next((found for name in declared if (found := stack.framework(name)) is not None), None)
    if used:
        instead = (
            f"the running code is built with {' and '.join(frameworks()[item.name].title for item in used)}"
        )
    elif entry is not None:
        instead = f"only {'tests import' if entry.role == 'test' else 'development code imports'} it"
    else:
        instead = "no file imports it"
    trace = [step for item in (*used, *([entry] if entry else ())) for step in steps_of(item)]
    path, span = declaration(project, "framework")
    yield finding(
        "framework-missing",
        path,
        span,
        f"{titles} is declared, but not in use: {instead}",
        help=f"build the application with {titles}, or declare the framework that is meant",
        trace=trace + [step for name in declared for step in unused_steps(stack, "framework", name)],
        subject=",".join(declared),
    )
