"""``findAndCountAll`` and ``count`` that count joined rows, or a column of a table that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._parents import Parents
from constraintlint.checks._sequelize_queries import Included, Query, includes, options_of, queries
from constraintlint.facts.code import Await, Binary, Constant, Node, Unary
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.models.sequelize.literals import Site, boolean, string
from constraintlint.project.models.sequelize.records import Association, Definition

RULE = "sequelize-count-include-distinct"


def check(project: Project) -> Iterator[Finding]:
    parents = Parents(project)
    for query in queries(project):
        if query.getter or query.method not in ("findAndCountAll", "count"):
            continue
        options = options_of(project, query)
        if "include" not in options:
            continue
        wrong = _wrong_column(project, query)
        if wrong is not None:
            yield wrong
            continue
        if not options.complete or "distinct" in options or "group" in options or "col" in options:
            continue
        if _is_only_tested(project, parents, query):
            continue
        found = next((item for item in includes(project, query) if _multiplies(project, query, item)), None)
        if found is not None:
            yield _finding(project, query, found)


def _is_only_tested(project: Project, parents: Parents, query: Query) -> bool:
    """``(await Model.count(...)) > 0``: whether there is a row is right however often it is counted."""
    node: Node | None = parents.of(query.scope.path, query.call)
    while isinstance(node, Await):
        node = parents.of(query.scope.path, node)
    if isinstance(node, Unary):
        return node.op == "!"
    if not isinstance(node, Binary) or query.method != "count":
        return False
    bounds = [side.value for side in (node.left, node.right) if isinstance(side, Constant)]
    return bounds == [0] or (bounds == [1] and node.op in (">=", "<"))


def _wrong_column(project: Project, query: Query) -> Finding | None:
    """``col: "Article.id"``: with an include the name before the dot is taken for one of the included models."""
    site = options_of(project, query).get("col")
    name = string(project.evaluator, site)
    if site is None or name is None or "." not in name:
        return None
    owner, _, column = name.partition(".")
    names = {word for item in query.definitions for word in (item.name, item.table_name)}
    if owner not in names or any(item.by_alias(owner) is not None for item in query.definitions):
        return None
    return finding(
        RULE,
        site.path,
        project.span(site.path, site.expr.at),
        f'with an include Sequelize puts the model in front of col by itself: "{name}" becomes a column of'
        f' "{query.definitions[0].name}->{owner}", which the query does not have',
        help=f'write col: "{column}"; distinct: true alone counts the primary key',
        subject=f"{query.method} col {name}",
    )


def _multiplies(project: Project, query: Query, included: Included) -> bool:
    """Whether an element of the include gives several rows for each row of the model."""
    separate = included.options.get("separate")
    if not included.known or (separate is not None and boolean(project.evaluator, separate) is not False):
        return False
    found = [_association(parent, included) for parent in included.parents]
    return bool(found) and all(item is not None and item.many for item in found)


def _association(parent: Definition, included: Included) -> Association | None:
    if included.alias is not None:
        return parent.by_alias(included.alias)
    found = [item for item in parent.associations if item.target in included.models]
    return found[0] if len(found) == 1 else None


def _finding(project: Project, query: Query, included: Included) -> Finding:
    site = query.options or Site(query.call, query.scope)
    association = _association(included.parents[0], included)
    steps: list[Step] = []
    if association is not None:
        line, column, end_line, end_column = project.span(association.path, association.at)
        steps.append(
            Step(
                association.path,
                line,
                column,
                f'{association.source.name} {association.kind} "{association.name}"',
                end_line,
                end_column,
            )
        )
    name = association.name if association is not None else ""
    return finding(
        RULE,
        query.scope.path,
        project.span(query.scope.path, query.call.callee.at),
        f"{query.method} counts one for every joined row of {name}, not for every row of {query.definitions[0].name}",
        help="add distinct: true",
        trace=steps,
        subject=f"{query.method} {name} {site.path}",
    )
