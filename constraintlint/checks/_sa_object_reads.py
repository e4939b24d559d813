"""Reads of attributes of mapped objects in the served files: ``order.lines``, with what ``order`` holds."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks._parents import Parents
from constraintlint.facts.code import Assign, Call, Member, Name, walk
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.objects import Held

#: the last part of a call that passes what it is called on to an option of a query
#: words of files in which columns are looked at as well as relationships
_SESSION = frozenset(("session", "Session", "commit"))
_LOADERS = frozenset(("awaitable_attrs",))


class Read(msgspec.Struct, frozen=True, eq=False):
    """``node`` reads an attribute of ``held``; ``name`` is the variable the chain begins with."""

    node: Member
    scope: Scope
    held: Held
    name: str


def reads(project: Project, parents: Parents, wanted: frozenset[str]) -> Iterator[Read]:
    """Every read of an attribute named in ``wanted`` of one surely known object, inside a function."""
    relations = relation_names(project)
    for path in project.paths:
        if not path.endswith(".py") or not project.mentions(path, wanted):
            continue
        file = project.evaluator.file(path)
        if file is None:
            continue
        near = wanted if project.mentions(path, _SESSION | project.objects.names) else wanted & relations
        for node in walk(file.code.body):
            if not isinstance(node, Member) or node.name not in near:
                continue
            start = _start(node)
            if start is None or start.id in ("self", "cls"):
                continue
            scope = file.at(node.at[0])
            if scope.kind in ("module", "class") or _is_written(parents, path, node):
                continue
            held = project.objects.of(node.object, scope).only
            if held is not None and not held.many:
                yield Read(node, scope, held, start.id)


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
