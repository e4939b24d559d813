"""A ``const`` that is assigned to."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project

RULE = "assign-to-const"


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        facts = project.known_facts(path) if project.has_names(path) else None
        for item in facts.names if facts is not None else ():
            if item.kind != "constant":
                continue
            line, column = item.declared
            yield finding(
                RULE,
                path,
                item.span,
                f"{item.name} is a const: assigning to it throws TypeError: Assignment to constant variable",
                help=f"declare it with let (line {line}), or assign to another variable",
                trace=[Step(path, line, column, f"{item.name} is declared const here")],
                subject=item.name,
            )
