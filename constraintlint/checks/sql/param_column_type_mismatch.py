"""A column is compared with, or given, a value of another type."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sql import problems, report
from constraintlint.checks.sql._bound_strings import Bound, bound
from constraintlint.checks.sql._sequelize_keys import Mismatch, mismatches
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project

RULE = "param-column-type-mismatch"


def check(project: Project) -> Iterator[Finding]:
    for problem in problems(project, ("type",)):
        yield report(
            project,
            RULE,
            problem,
            help=problem.problem.help or "compare it with a value of the column's type, or cast one side",
        )
    served = set(project.paths)
    for item in bound(project):
        if item.scope.path in served:
            yield _bound(project, item)
    engines = {entry.name for entry in project.stack.databases if entry.role in ("runtime", "optional")}
    for found in mismatches(project):
        yield _of_model(project, found, engines == {"postgresql"})


def _bound(project: Project, item: Bound) -> Finding:
    trace: list[Step] = []
    if (item.said.path, item.said.at) != (item.scope.path, item.expr.at):
        line, column, end_line, end_column = project.evaluator.span(item.said.path, item.said.at)
        trace.append(Step(item.said.path, line, column, "the string of the request", end_line, end_column))
    if item.declared is not None and item.declared.path:
        line, column, end_line, end_column = item.declared.span
        trace.append(
            Step(item.declared.path, line, column, "the column is declared here", end_line, end_column)
        )
    return finding(
        RULE,
        item.scope.path,
        project.span(item.scope.path, item.expr.at),
        f"{item.column} holds integers and is compared with the string {item.said.what}: {item.effect}",
        help="compare the column that holds such strings, or convert the value first",
        trace=trace,
        subject=f"{item.column} = {item.said.what}",
    )


def _of_model(project: Project, found: Mismatch, strict: bool) -> Finding:
    model, field = found.definition, found.field
    effect = "PostgreSQL refuses the query" if strict else "no row is ever found"
    trace: list[Step] = []
    if field.made == "":
        line, column = project.span(field.path, field.at)[:2]
        trace.append(Step(field.path, line, column, f"{model.name}.{field.name} is declared here"))
    return finding(
        RULE,
        found.scope.path,
        project.span(found.scope.path, found.value.at),
        f"{model.name}.{field.name} is a number and is compared with {found.shown}, which is text: {effect}",
        help="ask for the attribute that holds it: findOne({ where: { slug } })",
        trace=trace,
        subject=f"{model.name}.{field.name} {found.shown}",
        severity=None if strict else "warning",
    )
