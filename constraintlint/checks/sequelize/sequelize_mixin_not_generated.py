"""``row.addTag()`` where no association of the model generates that method."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from constraintlint.checks._parents import Parents
from constraintlint.checks._sequelize_queries import in_use
from constraintlint.facts.code import (
    Await,
    Binary,
    Call,
    Class,
    Conditional,
    ExprStmt,
    If,
    Member,
    Name,
    Node,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.classes import ancestry
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sequelize.index import index_of
from constraintlint.project.models.sequelize.records import Definition

RULE = "sequelize-mixin-not-generated"

_MIXIN = re.compile(r"(?:get|set|add|remove|has|count|create)[A-Z]\w*")
#: methods every row has (``lib/model.js``)
_OWN = frozenset(
    (
        "getDataValue",
        "setDataValue",
        "setAttributes",
        "hasOwnProperty",
        "addHook",
        "removeHook",
        "hasHook",
        "hasHooks",
    )
)


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project) or not index_of(project).definitions:
        return
    follower = index_of(project).follower
    parents = Parents(project)
    for path in project.paths:
        file = None if path.endswith((".py", ".pyi")) else project.evaluator.file(path)
        for name in sorted(file.calls) if file is not None else ():
            if not _MIXIN.fullmatch(name) or name in _OWN:
                continue
            for call, scope in file.calls[name] if file is not None else ():
                if not isinstance(call.callee, Member) or _is_plain(call, scope):
                    continue
                rows = follower.rows(call.callee.object, scope)
                if rows is None or rows.shape != "one" or rows.plain:
                    continue
                missing = all(_lacks(project, item, name) for item in rows.definitions)
                if missing and not _is_guarded(parents, call, scope, name):
                    yield _finding(project, call, scope, name, rows.definitions[0])


def _is_guarded(parents: Parents, call: Call, scope: Scope, name: str) -> bool:
    """``row.addTag && row.addTag(tag)``: the code itself asks whether there is such a method."""
    node: Node = call
    parent = parents.of(scope.path, node)
    while isinstance(parent, (Await, Binary, Conditional, ExprStmt, If)):
        tested = parent.test if isinstance(parent, (Conditional, If)) else None
        if isinstance(parent, Binary) and parent.op == "&&" and parent.right is node:
            tested = parent.left
        if tested is not None and any(
            isinstance(item, Member) and item.name == name for item in walk(tested)
        ):
            return tested is not node
        node, parent = parent, parents.of(scope.path, parent)
    return False


def _is_plain(call: Call, scope: Scope) -> bool:
    """``this`` stands for much else outside a model class."""
    assert isinstance(call.callee, Member)
    owner = call.callee.object
    return isinstance(owner, Name) and owner.id == "this" and scope.enclosing_class() is None


def _lacks(project: Project, definition: Definition, name: str) -> bool:
    """Whether nothing gives the rows of a model this method."""
    if not definition.relations_complete or not definition.methods_known:
        return False
    for association in definition.associations:
        mixins = association.mixins()
        if not mixins or name in mixins:
            return False
    if "instanceMethods" in definition.options or name in definition.attributes:
        return False
    return not _in_class(project, definition, name) and not _on_prototype(project, name)


def _in_class(project: Project, definition: Definition, name: str) -> bool:
    if definition.cls is None or definition.cls_scope is None:
        return False
    cls = Value("class", definition.path, definition.at, node=definition.cls, scope=definition.cls_scope)
    for item in ancestry(project.evaluator, cls):
        if isinstance(item.node, Class):
            if item.scope is None or _defines(item.scope, name):
                return True
        elif not item.name.endswith("Model"):
            return True  # a base class from elsewhere
    return False


def _defines(scope: Scope, name: str) -> bool:
    """Whether a class has a method or a field with a value of this name; a field that is only declared is none."""
    return name in scope.names or any(bind.value is not None for bind in scope.fields.get(name, ()))


def _on_prototype(project: Project, name: str) -> bool:
    """``User.prototype.addX = ...``, or methods put on a prototype from an object."""
    for file in project.evaluator.files(("prototype",)):
        for store in file.stores.get(name, ()):
            if isinstance(store.owner, Member) and store.owner.name == "prototype":
                return True
        for method in ("assign", "defineProperty", "defineProperties", "extend", "merge", "mixin"):
            for call, _ in file.calls.get(method, ()):
                first = call.args[0].value if call.args else None
                if isinstance(first, Member) and first.name == "prototype":
                    return True
    return False


def _finding(project: Project, call: Call, scope: Scope, name: str, definition: Definition) -> Finding:
    assert isinstance(call.callee, Member)
    generated = [mixin for item in definition.associations for mixin in item.mixins()]
    close = get_close_matches(name, generated, 1, 0.6)
    steps: list[Step] = []
    for item in definition.associations[:6]:
        line, column, end_line, end_column = project.span(item.path, item.at)
        told = f'{definition.name} {item.kind} "{item.name}": {", ".join(sorted(item.mixins()))}'
        steps.append(Step(item.path, line, column, told, end_line, end_column))
    whole = project.span(scope.path, call.callee.at)
    end = project.span(scope.path, (call.callee.at[1] - len(name.encode()), call.callee.at[1]))
    return finding(
        RULE,
        scope.path,
        (end[0], end[1], whole[2], whole[3]),
        f"no association of {definition.name or 'this model'} generates {name}, so the call throws a TypeError",
        help=f"did you mean {close[0]}?"
        if close
        else "declare the association (its alias makes the name), or use a method that exists",
        trace=steps,
        subject=f"{definition.name}.{name}",
    )
