"""``include`` of a model or an alias that no association of the queried model declares."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sequelize_queries import Included, includes, queries
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.models.sequelize.records import Association, Definition

RULE = "sequelize-include-not-associated"


def check(project: Project) -> Iterator[Finding]:
    for query in queries(project):
        for included in includes(project, query):
            if included.known and all(_is_whole(parent) for parent in included.parents):
                problems = [_problem(parent, included) for parent in included.parents]
                if problems and all(problems):
                    yield _finding(project, included, problems[0] or "")


def _is_whole(parent: Definition) -> bool:
    return parent.relations_complete and all(item.name is not None for item in parent.associations)


def _problem(parent: Definition, included: Included) -> str:
    """What Sequelize says of an element of ``include``; "" where it takes it."""
    if included.by_text:
        if parent.by_alias(included.alias or "") is None:
            return (
                f'no association of {parent.name} is called "{included.alias}"{_known(parent.associations)}'
            )
        return ""
    problems = [_of_model(parent, model, included.alias) for model in included.models]
    return problems[0] if all(problems) else ""


def _of_model(parent: Definition, model: Definition, alias: str | None) -> str:
    if not parent.name or not model.name:
        return ""
    found = [item for item in parent.associations if item.target is None or item.target.name == model.name]
    if any(item.target is None for item in found):
        return ""
    if not found:
        return f"{model.name} is not associated to {parent.name}{_known(parent.associations)}"
    if any(_answers(item, alias) for item in found):
        return ""
    names = ", ".join(f'"{item.name}"' for item in found)
    if alias is not None:
        return f'no association of {parent.name} to {model.name} is called "{alias}" (there is {names})'
    if parent.ts:
        return ""  # sequelize-typescript fills in the alias
    if len(found) > 1:
        return f"{parent.name} has {len(found)} associations to {model.name} ({names}): the include has to name one"
    return f"{model.name} is associated to {parent.name} as {names}: the include has to say so"


def _answers(association: Association, alias: str | None) -> bool:
    return association.name == alias if alias is not None else not association.aliased


def _known(associations: list[Association]) -> str:
    names = ", ".join(
        f"{item.name} ({item.target.name})" if item.target is not None else str(item.name)
        for item in associations
    )
    return f" (associations: {names})" if names else " (it has no association)"


def _finding(project: Project, included: Included, problem: str) -> Finding:
    parent = included.parents[0]
    path = included.scope.path
    steps: list[Step] = []
    for item in parent.associations[:4]:
        line, column, end_line, end_column = project.span(item.path, item.at)
        steps.append(
            Step(item.path, line, column, f'{parent.name} {item.kind} "{item.name}"', end_line, end_column)
        )
    if not steps:
        line, column, end_line, end_column = project.span(parent.path, parent.at)
        steps.append(Step(parent.path, line, column, f"{parent.name} is defined here", end_line, end_column))
    names = [f'"{item.name}"' for item in parent.associations if item.target in included.models]
    help_ = (
        f"name the association: as: {names[0]}"
        if names and not included.by_text
        else "declare the association, or name one that exists"
    )
    return finding(
        RULE,
        path,
        project.span(path, included.expr.at),
        f"{problem}, so the query throws",
        help=help_,
        trace=steps,
        subject=problem.partition(" (")[0],
    )
