"""Loader options: which relationships a query loads together with its objects, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Call, Expr, Member, Name
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Model, Relation
from constraintlint.project.models.sqlalchemy.queries import Query
from constraintlint.project.models.sqlalchemy.reading import last_name, literal

if TYPE_CHECKING:
    from constraintlint.project import Project

EAGER = frozenset(
    (
        "joinedload",
        "selectinload",
        "subqueryload",
        "contains_eager",
        "immediateload",
        "eagerload",
        "joinedload_all",
    )
)
_OTHER = frozenset(
    ("lazyload", "raiseload", "noload", "defaultload", "load_only", "defer", "undefer", "undefer_group", "with_expression",
     "with_loader_criteria", "options", "selectin_polymorphic")
)  # fmt: skip
#: modes of ``relationship(lazy=...)`` that load on access
ON_ACCESS = frozenset(("", "select"))
MAX_DEPTH = 10


class Step(msgspec.Struct, frozen=True, eq=False):
    """One step of an option: the function, the attribute it names, the relationship that is where it is known."""

    function: str
    attribute: str
    relation: Relation | None


def options(project: Project, query: Query) -> list[list[Step]] | None:
    """The loader options of a query, each a chain of steps; None where one cannot be read."""
    found: list[list[Step]] = []
    for expr, scope in query.options:
        chain = _chain(project, expr, scope, 0)
        if chain is None:
            return None
        found.append(chain)
    return found


def _chain(project: Project, expr: Expr, scope: Scope, depth: int) -> list[Step] | None:
    if depth > MAX_DEPTH:
        return None
    if isinstance(expr, Name):
        values = project.evaluator.eval(expr, scope)
        call = values[0].call if len(values) == 1 else None
        caller = values[0].caller if len(values) == 1 else None
        return _chain(project, call, caller, depth + 1) if call is not None and caller is not None else None
    if not isinstance(expr, Call):
        return None
    name = last_name(expr.callee)
    if name not in EAGER and name not in _OTHER and name != "Load":
        return None
    before: list[Step] = []
    if isinstance(expr.callee, Member) and isinstance(expr.callee.object, Call):
        inner = _chain(project, expr.callee.object, scope, depth + 1)
        if inner is None:
            return None
        before = inner
    if name in ("Load", "options"):
        return before if name == "Load" else None
    return [*before, *(_step(project, name, arg.value, scope) for arg in expr.args if not arg.name)]


def _step(project: Project, name: str, expr: Expr, scope: Scope) -> Step:
    text = literal(expr)
    if text is not None:
        return Step(name, text, None)
    if isinstance(expr, Call) and isinstance(
        expr.callee, Member
    ):  # ``Model.items.of_type(...)``, ``.and_(...)``
        expr = expr.callee.object
    if not isinstance(expr, Member):
        return Step(name, "*", None)
    from constraintlint.project.models.sqlalchemy.queries import class_of

    model = class_of(project.objects, expr.object, scope)
    return Step(name, expr.name, model.relations.get(expr.name) if model is not None else None)


def loads(project: Project, query: Query, attribute: str) -> bool:
    """Whether a query may load an attribute with its objects: an option names it, or cannot be read."""
    found = options(project, query)
    if found is None:
        return True
    return any(
        step.attribute in (attribute, "*") and step.function in EAGER for chain in found for step in chain
    )


def is_lazy(relation: Relation) -> bool:
    """Whether a relationship is loaded by a query of its own when it is read."""
    return relation.lazy in ON_ACCESS


def joined_collection(project: Project, query: Query, model: Model) -> tuple[str, Relation | None]:
    """A collection that a statement loads by a join: its name, "" where there is none."""
    found = options(project, query)
    if found is None:
        return "", None
    replaced = {chain[0].attribute for chain in found if chain}
    for chain in found:
        for step in chain:
            if step.function not in ("joinedload", "contains_eager"):
                break
            if step.relation is not None and step.relation.cardinality == "many":
                return step.attribute, step.relation
    for relation in model.relations.values():
        if relation.lazy == "joined" and relation.cardinality == "many" and relation.name not in replaced:
            return relation.name, relation
    return "", None
