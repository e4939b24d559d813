"""Reads of attributes of mapped objects in the served files: ``order.lines``, with what ``order`` holds."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks._parents import Parents
from constraintlint.facts.code import Assign, Call, Class, Expr, Member, Name, Param
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.objects import Held
from constraintlint.project.models.records import Model

#: the last part of a call that passes what it is called on to an option of a query
#: words of files in which columns are looked at as well as relationships
_SESSION = frozenset(("session", "Session", "commit"))
_LOADERS = frozenset(("awaitable_attrs",))


class Read(msgspec.Struct, frozen=True, eq=False):
    """``node`` reads an attribute of ``held``; ``name`` is the variable the chain begins with.

    ``caller`` is the scope of the call that hands the object in, where that variable is a parameter.
    """

    node: Member
    scope: Scope
    held: Held
    name: str
    caller: Scope | None = None


def reads(
    project: Project, parents: Parents, wanted: frozenset[str], callers: bool = False
) -> Iterator[Read]:
    """Every read of an attribute named in ``wanted`` of one surely known object, inside a function.

    With ``callers`` a read of a relationship of a parameter (``self`` of a mapped class included) is also given once for
    each call that surely hands an object in.
    """
    relations = relation_names(project)
    for path in project.paths:
        if not path.endswith(".py") or not project.mentions(path, wanted):
            continue
        file = project.evaluator.file(path)
        if file is None:
            continue
        near = wanted if project.mentions(path, _SESSION | project.objects.names) else wanted & relations
        for node in file.of_kind(Member):
            if node.name not in near:
                continue
            start = _start(node)
            if start is None or start.id == "cls":
                continue
            scope = file.at(node.at[0])
            if scope.kind in ("module", "class") or _is_written(parents, path, node):
                continue
            if callers and node.name in relations:
                yield from _handed_in(project, node, scope, start)
            if start.id == "self":
                continue
            held = project.objects.of(node.object, scope).only
            if held is not None and not held.many:
                yield Read(node, scope, held, start.id)


def _handed_in(project: Project, node: Member, scope: Scope, start: Name) -> Iterator[Read]:
    """The read of each object that a call of the function gives for the parameter the chain begins with."""
    variable = scope.find(start.id, start.at[0])
    binds = reaching(variable, scope, start.at[0]) if variable is not None else []
    bind = binds[0] if len(binds) == 1 else None
    if bind is None or bind.kind != "param" or bind.keys or not isinstance(bind.node, Param):
        return
    inner, function = bind.scope, bind.scope.function
    if function is None or bind.node.kind in ("rest", "kwrest"):
        return
    model = _own_model(project, inner) if start.id == "self" else None
    if start.id == "self" and model is None:
        return
    for call, caller, _ in parameters.call_sites(project.evaluator, inner, function):
        given: Expr | None = parameters.argument_of(call, inner, bind.index, bind.node)
        if model is not None:
            given = call.callee.object if isinstance(call.callee, Member) else None
        root = project.objects.of(given, caller).only if given is not None else None
        if root is None or root.many or (model is not None and root.model is not model):
            continue
        held = _along(project, root, node.object, scope)
        if held is not None:
            yield Read(node, scope, held, start.id, caller)


def _own_model(project: Project, scope: Scope) -> Model | None:
    """The model whose method a function is."""
    owner = scope.parent
    if owner is None or owner.kind != "class" or not isinstance(owner.node, Class):
        return None
    return project.models.of_class(owner.node)


def _along(project: Project, root: Held, expr: Expr, scope: Scope) -> Held | None:
    """What a chain of attributes reaches from an object: ``item.supplier`` from ``item``."""
    names: list[str] = []
    while isinstance(expr, Member):
        names.append(expr.name)
        expr = expr.object
    held = root
    for name in reversed(names):
        relation = held.model.relations.get(name)
        target = project.models.target(relation) if relation is not None else None
        if relation is None or target is None or relation.cardinality != "one":
            return None
        held = Held(target, False, "relation", None, None, scope, held, name, held.via)
    return held


def _start(node: Member) -> Name | None:
    """The variable that a chain of attributes begins with."""
    current = node.object
    while isinstance(current, Member):
        if current.name in _LOADERS:
            return None
        current = current.object
    return current if isinstance(current, Name) else None


def _is_written(parents: Parents, path: str, node: Member) -> bool:
    parent = parents.of(path, node)
    if isinstance(parent, Assign) and any(target is node for target in parent.targets):
        return True
    return isinstance(parent, Call) and parent.callee is node


def relation_names(project: Project) -> frozenset[str]:
    """The names of all relationships of SQLAlchemy models."""
    return frozenset(name for model in project.models.of_orm("sqlalchemy") for name in model.relations)
