"""The running code uses another web framework than the declared one."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._stack import steps_of
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.signatures import canonical_name, frameworks, related


def check(project: Project) -> Iterator[Finding]:
    declared = [canonical_name(frameworks(), name) for name in project.config.framework]
    if not declared:
        return
    titles = " or ".join(frameworks()[name].title if name in frameworks() else name for name in declared)
    for entry in project.stack.frameworks:
        if entry.role != "runtime" or any(related(frameworks(), entry.name, name) for name in declared):
            continue
        first, *others = [claim for claim in entry.claims if claim.role == "runtime"]
        title = frameworks()[entry.name].title
        yield finding(
            "framework-forbidden",
            first.path,
            first.span,
            f"{title} is used here ({first.message}); the declared framework is {titles}",
            help=f"write this with {titles}, or add {entry.name} to the declared frameworks",
            trace=steps_of(entry, others),
            subject=f"{entry.name} {first.path}",
        )
