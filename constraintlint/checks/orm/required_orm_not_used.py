"""The declared ORM is not used, or one is used where none is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._anchor import declaration
from constraintlint.checks._stack import steps_of, unused_steps
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.signatures import canonical_name, engines, implied, orms

RULE = "required-orm-not-used"


def check(project: Project) -> Iterator[Finding]:
    declared = project.config.orm
    if declared is None or not project.paths:
        return
    if declared == "none":
        yield from _none_allowed(project)
        return
    name = canonical_name(orms(), declared)
    stack = project.stack
    used = [entry for entry in stack.orms if entry.role in ("runtime", "optional")]
    if any(name == entry.name or name in implied(orms(), entry.name) for entry in used):
        return
    title = orms()[name].title if name in orms() else declared
    idle = next((entry for entry in stack.connect_only if entry.name == name), None)
    entry = stack.orm(name)
    trace: list[Step] = []
    if idle is not None:
        instead = "it opens connections and sends SQL text, and maps nothing"
        trace += steps_of(idle)
    elif used:
        instead = f"the running code uses {' and '.join(orms()[item.name].title for item in used)}"
        trace += [step for item in used for step in steps_of(item)]
    elif entry is not None:
        instead = f"only {'tests import' if entry.role == 'test' else 'development code imports'} it"
        trace += steps_of(entry)
    else:
        raw = [item for item in stack.databases if item.role == "runtime"]
        names = " and ".join(engines()[item.name].title for item in raw)
        instead = f"the code talks to {names} without it" if raw else "no file imports it"
        trace += [step for item in raw for step in steps_of(item)]
    path, span = declaration(project, "orm")
    yield finding(
        RULE,
        path,
        span,
        f"{title} is declared, but not used: {instead}",
        help=f"define the tables and run the queries with {title}, or declare what is meant",
        trace=trace + unused_steps(stack, "orm", name),
        subject=name,
    )


def _none_allowed(project: Project) -> Iterator[Finding]:
    for entry in project.stack.orms:
        if entry.role != "runtime":
            continue
        first, *others = [claim for claim in entry.claims if claim.role == "runtime"]
        title = orms()[entry.name].title
        yield finding(
            RULE,
            first.path,
            first.span,
            f'{title} is used here ({first.message}); orm = "none" allows no ORM',
            help="write the SQL and send it through the driver, or declare the ORM",
            trace=steps_of(entry, others),
            subject=f"none {entry.name}",
        )
