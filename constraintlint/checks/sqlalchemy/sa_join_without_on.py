"""``query.join(Target)`` where no foreign key, or more than one, links the target to what is selected."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks._sa_models import class_of, function_name, step
from constraintlint.checks._sqlalchemy import in_use
from constraintlint.checks.sqlalchemy.sa_relationship_configuration import keys_between
from constraintlint.facts.code import Call, Member
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Model
from constraintlint.project.models.sqlalchemy.queries import Query
from constraintlint.project.schema.records import Table

RULE = "sa-join-without-on"

_JOINS = ("join", "outerjoin")
_OPTIONS = frozenset(("isouter", "full"))


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for call, scope in calls(project, _JOINS, python=True):
        callee = call.callee
        if not isinstance(callee, Member) or len(call.args) == 0 or call.args[0].name or call.args[0].spread:
            continue
        if any(arg.name not in _OPTIONS for arg in call.args[1:]):
            continue
        target = class_of(project, call.args[0].value, scope)
        if target is None or target.orm != "sqlalchemy":
            continue
        found = project.objects.of(callee.object, scope)
        if not found.queries or found.held or not found.sure:
            continue
        ways = [_left(project, query) for query in found.queries]  # with and without a filter, say
        problems = {_problem(left, target) if left else "" for left in ways}
        if len(problems) == 1 and "" not in problems:
            yield _finding(project, call, scope, ways[0], target, problems.pop())


def _left(project: Project, query: Query) -> list[Model]:
    """The classes that are selected or joined so far; empty where that is not known."""
    if (
        query.kind not in ("query", "select")
        or query.model is None
        or query.called("select_from", "join_from", "outerjoin_from")
    ):
        return []
    found = [query.model]
    for call, scope in query.called(*_JOINS):
        first = call.args[0].value if call.args else None
        if isinstance(first, Member):
            owner = class_of(project, first.object, scope)
            relation = owner.relations.get(first.name) if owner is not None else None
            target = project.models.target(relation) if relation is not None else None
        else:
            target = class_of(project, first, scope) if first is not None else None
        if target is None:
            return []
        found.append(target)
    return found


def _problem(left: list[Model], target: Model) -> str:
    tables: list[Table] = []
    for model in (*left, target):
        if model.table is None or not model.table.complete or not model.table.keys_known or model.bases:
            return ""
        tables.append(model.table)
    other = tables.pop()
    if any(table is other or table.name == other.name for table in tables):
        return ""
    links = [key for table in tables for key in (*keys_between(table, other), *keys_between(other, table))]
    if not links:
        return "no foreign key links"
    return "several foreign keys link" if len(links) > 1 and len(tables) == 1 else ""


def _finding(
    project: Project, call: Call, scope: Scope, left: list[Model], target: Model, problem: str
) -> Finding:
    names = " or ".join(dict.fromkeys(model.name for model in left))
    ways = [
        f"{model.name}.{relation.name}"
        for model in left
        for relation in model.relations.values()
        if relation.target == target.key
    ]
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, call.args[0].value.at),
        f"join({target.name}): {problem} {names} and {target.name}, so SQLAlchemy cannot tell how to join them",
        help=f"join along a relationship: join({ways[0]})"
        if ways
        else "give join() the condition as its second argument",
        trace=[step(target.place, f"{target.name} is mapped here")],
        subject=f"{names} join {target.name} in {function_name(scope)}",
    )
