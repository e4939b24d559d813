"""A 2.0-style statement loads a collection by a join and its result is taken without ``unique()``."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks._sa_models import function_name, step
from constraintlint.checks._sqlalchemy import in_use
from constraintlint.facts.code import Call, Comprehension, Expr, Loop, Node
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy.loading import joined_collection
from constraintlint.project.models.sqlalchemy.queries import Query

RULE = "sa-joined-collection-without-unique"

#: what refuses to run without unique(); first() and scalar() take one row and do not
_TAKES = (
    "all",
    "one",
    "one_or_none",
    "scalar_one",
    "scalar_one_or_none",
    "fetchall",
    "fetchmany",
    "partitions",
)
_WORDS = ("joinedload", "contains_eager", "joined")


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project) or not _may_join(project):
        return
    for call, scope in calls(project, _TAKES, python=True):
        callee = call.callee
        owner = getattr(callee, "object", None)
        if owner is None:
            continue
        found = project.objects.of(owner, scope)
        query = found.queries[0] if len(found.queries) == 1 and not found.held else None
        if query is not None:
            yield from _judge(project, query, call, scope, f"{getattr(callee, 'name', '')}()")
    for node, iterable, scope in _iterations(project):
        found = project.objects.of(iterable, scope)
        query = found.queries[0] if len(found.queries) == 1 and not found.held else None
        if query is not None:
            yield from _judge(project, query, node, scope, "iterating")


def _may_join(project: Project) -> bool:
    if any(
        relation.lazy == "joined"
        for model in project.models.of_orm("sqlalchemy")
        for relation in model.relations.values()
    ):
        return True
    return any(project.mentions(path, _WORDS) for path in project.paths if path.endswith(".py"))


def _iterations(project: Project) -> Iterator[tuple[Node, Expr, Scope]]:
    """The loops and comprehensions of files that select."""
    for path in project.paths:
        if not path.endswith(".py") or not project.mentions(path, ("select",)):
            continue
        file = project.evaluator.file(path)
        for node in file.of_kinds(Loop, Comprehension) if file is not None else ():
            if isinstance(node, Loop) and node.iterable is not None and isinstance(node.iterable, Call):
                assert file is not None
                yield node.iterable, node.iterable, file.at(node.at[0])
            elif isinstance(node, Comprehension):
                assert file is not None
                for clause in node.clauses:
                    if isinstance(clause.iterable, Call):
                        yield clause.iterable, clause.iterable, file.at(clause.iterable.at[0])


def _judge(project: Project, query: Query, node: Node, scope: Scope, how: str) -> Iterator[Finding]:
    if query.kind not in ("result", "scalars") or query.model is None or query.called("unique"):
        return
    if not any(
        getattr(call.callee, "name", getattr(call.callee, "id", "")) == "select" for call, _ in query.calls
    ):
        return  # a legacy query makes its objects unique by itself
    name, relation = joined_collection(project, query, query.model)
    if not name or relation is None:
        return
    yield finding(
        RULE,
        scope.path,
        project.span(scope.path, node.at),
        f"{how} on a result that loads the collection {name} by a join: SQLAlchemy raises InvalidRequestError without unique()",
        help="call .unique() before it, or load the collection with selectinload",
        trace=[step(relation.place, f"{name} is a collection")],
        subject=f"{query.model.name} {name} in {function_name(scope)}",
    )
