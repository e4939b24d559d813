"""The rows of an association table are deleted by a statement and, once more, by the relationship when the session flushes."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks._order import surely_before
from constraintlint.checks._sa_deletes import Deletion, deletions
from constraintlint.checks._sa_models import function_name, has_option, models, step
from constraintlint.checks._sa_sessions import function_scope, inside
from constraintlint.checks._sa_unit_of_work import is_forgotten, is_quiet, one_block, same_session
from constraintlint.checks._sqlalchemy import may_be_before
from constraintlint.facts.code import Assign, Binary, Call, Expr, Member, Name, Node, Sequence
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.manifests import components_of
from constraintlint.project.models.objects import Held
from constraintlint.project.models.records import Model, Relation
from constraintlint.project.models.sqlalchemy import loading
from constraintlint.project.models.sqlalchemy.queries import session_kinds
from constraintlint.project.schema.records import Place, Table

RULE = "sa-association-double-delete"

#: modes of a relationship that load it with its object, and those that load it when it is read
_WITH_OBJECT = frozenset(("selectin", "joined", "subquery", "immediate"))
_MODES = _WITH_OBJECT | loading.ON_ACCESS
#: from this release on a session flushes before every statement, not only before those of mapped classes
_ALWAYS_FLUSHES = (2, 1)


class _Change(msgspec.Struct, frozen=True, eq=False):
    """What makes the relationship delete its rows: ``node`` changes ``relation`` of the object in ``name``, or deletes that object."""

    node: Node
    name: Name
    held: Held
    relation: Relation
    how: str
    """``emptied``, ``assigned`` (rows of what stays are lost without an error), ``removed`` (one row), ``deleted``"""


def check(project: Project) -> Iterator[Finding]:
    tables = frozenset(
        relation.through
        for model in models(project)
        for relation in model.relations.values()
        if relation.through
    )
    if not tables or not _counts_rows(project):
        return
    for deletion in deletions(project, tables):
        home = function_scope(deletion.scope)
        assert home is not None
        for change in _changes(project, deletion, home):
            if _fails(project, deletion, change, home):
                yield _finding(project, deletion, change)
                break


def _counts_rows(project: Project) -> bool:
    """Whether the driver says how many rows of several were deleted: asyncpg does not, so that nothing is noticed."""
    declared = {
        declared.dependency.name.lower()
        for component in components_of(project).values()
        for declared in component.dependencies()
    }
    return "asyncpg" not in declared and not any(
        project.mentions(path, ("asyncpg",)) for path in project.resolutions
    )


# --- what the relationship is made to delete ------------------------------------------------------------------------


def _changes(project: Project, deletion: Deletion, home: Scope) -> Iterator[_Change]:
    for node in inside(home):
        if isinstance(node, Assign) and not node.op and node.value is not None:
            for target in node.targets:
                if isinstance(target, Member) and isinstance(target.object, Name):
                    empty = isinstance(node.value, Sequence) and not node.value.items
                    yield from _change(
                        project,
                        deletion,
                        node,
                        target.object,
                        target.name,
                        "emptied" if empty else "assigned",
                    )
        elif isinstance(node, Call) and isinstance(node.callee, Member):
            owner, name = node.callee.object, node.callee.name
            if name in ("clear", "remove") and isinstance(owner, Member) and isinstance(owner.object, Name):
                how = "emptied" if name == "clear" else "removed"
                yield from _change(project, deletion, node, owner.object, owner.name, how)
            elif (
                name == "delete"
                and len(node.args) == 1
                and isinstance(node.args[0].value, Name)
                and session_kinds(project.objects, owner, home)
            ):
                yield from _change(project, deletion, node, node.args[0].value, "", "deleted")


def _change(
    project: Project, deletion: Deletion, node: Node, name: Name, attribute: str, how: str
) -> Iterator[_Change]:
    file = project.evaluator.file(deletion.scope.path)
    if file is None:
        return
    scope = file.at(name.at[0])
    held = project.objects.of(name, scope).only
    variable = scope.find(name.id, name.at[0])
    if held is None or held.many or held.model.orm != "sqlalchemy":
        return
    if variable is None or len(variable.binds) != 1 or held.origin != "query" or held.query is None:
        return
    for relation in held.model.relations.values():
        if (
            relation.through == deletion.table
            and (not attribute or relation.name == attribute)
            and relation.lazy in _MODES
            and not has_option(relation, "viewonly", "primaryjoin", "secondaryjoin")
            and not (how == "deleted" and has_option(relation, "passive_deletes"))
            and _covers(deletion, held, name, scope)
        ):
            yield _Change(node, name, held, relation, how)


def _covers(deletion: Deletion, held: Held, name: Name, scope: Scope) -> bool:
    """Whether a statement deletes all rows of the association that belong to an object."""
    if deletion.conditions is None or len(deletion.conditions) > 1:
        return False
    for condition in deletion.conditions:
        if not _refers(deletion.columns, condition.column, held.model):
            return False
        value = condition.value
        if isinstance(value, Member):
            if not (_same_name(value.object, name) and value.name in _keys(held.model)):
                return False
        elif not isinstance(value, Name) or not _loaded_by(held, value, scope):
            return False
    return True


def _refers(table: Table, column: str, model: Model) -> bool:
    """Whether a column of the association points at a model's table."""
    if model.table is None:
        return False
    name = model.table.name
    found = table.column(column)
    return (found is not None and found.references is not None and found.references.table == name) or any(
        key.columns == (column,) and key.references.table == name for key in table.foreign_keys
    )


def _keys(model: Model) -> set[str]:
    return {name for name, item in model.attributes.items() if item.primary_key}


def _same_name(expr: Expr, name: Name) -> bool:
    return isinstance(expr, Name) and expr.id == name.id


def _loaded_by(held: Held, value: Name, scope: Scope) -> bool:
    """Whether an object was loaded by the key that a variable holds: ``session.get(Post, number)``."""
    query = held.query
    if query is None or held.via:
        return False
    variable = scope.find(value.id, value.at[0])
    if variable is None or len(variable.binds) != 1:
        return False
    keys = _keys(held.model)
    found = [key for call, _ in query.calls for key in _keys_given(call, keys)]
    return any(_same_name(key, value) for key in found)


def _keys_given(call: Call, keys: set[str]) -> list[Expr]:
    """The values that a call of a query's chain compares with the primary key."""
    name = call.callee.name if isinstance(call.callee, Member) else ""
    positional = [arg.value for arg in call.args if not arg.name and not arg.spread]
    if name in ("get", "get_one", "get_or_404"):
        return positional[-1:]
    if name == "filter_by":
        return [arg.value for arg in call.args if arg.name in keys]
    if name not in ("where", "filter"):
        return []
    return [
        expr.right
        for expr in positional
        if isinstance(expr, Binary)
        and expr.op == "=="
        and isinstance(expr.left, Member)
        and expr.left.name in keys
    ]


# --- whether both happen in one unit of work --------------------------------------------------------------------------


def _fails(project: Project, deletion: Deletion, change: _Change, home: Scope) -> bool:
    query = change.held.query
    if query is None or not same_session(query, deletion.session, deletion.scope):
        return False
    variable = home.find(change.name.id, change.name.at[0])
    given = variable.binds[0].value if variable is not None and variable.scope is home else None
    if given is None:
        return False
    loaded_at = given.at[1]
    first, then = (change.node, deletion.call)
    if deletion.call.at[0] < change.node.at[0]:
        first, then = then, first
    if not surely_before(home.body, loaded_at - 1, first.at[0]) or not surely_before(
        home.body, first.at[0], then.at[0]
    ):
        return False
    if not one_block(home, loaded_at - 1, first.at[0]) or not one_block(home, first.at[0], then.at[0]):
        return False
    between = (loaded_at, then.at[1])
    if is_forgotten(home, between, (deletion.call, change.node), deletion.session, change.name.id):
        return False
    if first is change.node:
        if (
            deletion.flushes
            or not may_be_before(project, _ALWAYS_FLUSHES)
            or not is_quiet(project, home, (first.at[1], deletion.call.at[0]), deletion.made)
        ):
            return False
        if change.how != "deleted":
            return True  # the change has loaded what it takes out
    return _is_loaded(project, change, home, loaded_at, first)


def _is_loaded(project: Project, change: _Change, home: Scope, loaded_at: int, before: Node) -> bool:
    """Whether the collection is surely loaded when the first of the two deletions happens."""
    query, relation = change.held.query, change.relation
    assert query is not None
    chains = loading.options(project, query)
    if chains is None:
        return False
    named = [chain[0].function for chain in chains if chain and chain[0].attribute in (relation.name, "*")]
    if named:
        if all(function in loading.EAGER for function in named):
            return True
    elif relation.lazy in _WITH_OBJECT:
        return True
    return any(
        isinstance(node, Member)
        and node.name == relation.name
        and _same_name(node.object, change.name)
        and loaded_at < node.at[0] < before.at[0]
        and surely_before(home.body, node.at[0], before.at[0])
        and not _is_target(home, node)
        for node in inside(home)
    )


def _is_target(home: Scope, member: Member) -> bool:
    return any(
        isinstance(node, Assign) and any(target is member for target in node.targets) for node in inside(home)
    )


# --- the finding ------------------------------------------------------------------------------------------------------

_SAYS = {
    "emptied": "{name}.{relation} is emptied too",
    "assigned": "{name}.{relation} is replaced too",
    "removed": "{name}.{relation} gives one up too",
    "deleted": "{name} is deleted too, with its {relation}",
}


def _finding(project: Project, deletion: Deletion, change: _Change) -> Finding:
    path = deletion.scope.path
    said = _SAYS[change.how].format(name=change.name.id, relation=change.relation.name)
    end = (
        "StaleDataError for those taken out, and what stays loses its rows"
        if change.how == "assigned"
        else "StaleDataError, as they are gone"
    )
    return finding(
        RULE,
        path,
        project.span(path, deletion.call.at),
        f"the rows of {deletion.table} are deleted here, but {said}: at the flush the relationship deletes them again: {end}",
        help=f"leave the rows to the relationship {change.held.model.name}.{change.relation.name}, or run the statement "
        "before anything of it is loaded",
        trace=[
            step(Place(path, project.span(path, change.node.at)), said),
            step(change.relation.place, f"the relationship keeps its rows in {deletion.table}"),
        ],
        subject=f"{deletion.table} and {change.held.model.name}.{change.relation.name} in {function_name(deletion.scope)}",
    )
