"""A field that may be left out is used as a value, and nothing in the function looks whether it is there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import TypeGuard

import msgspec

from constraintlint.checks._calls import callees
from constraintlint.checks.code import _pydantic
from constraintlint.facts.code import (
    Assign,
    At,
    Binary,
    Call,
    Clause,
    Comprehension,
    Conditional,
    Function,
    If,
    Index,
    Loop,
    Member,
    Name,
    Node,
    Switch,
    Try,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "optional-value-dereference"


def check(project: Project) -> Iterator[Finding]:
    if not _pydantic.in_use(project):
        return
    names = _pydantic.optional_names(project)
    for path in project.paths if names else ():
        file = project.evaluator.file(path) if path.endswith(".py") else None
        members = file.of_kind(Member) if file is not None else []
        places = [node.at[0] for node in members if node.name in names and isinstance(node.object, Name)]
        for scope in file.by_node.values() if file is not None and places else ():
            if isinstance(scope.node, Function) and scope.body:
                first = bisect_left(places, scope.at[0])
                if first < len(places) and places[first] < scope.at[1]:
                    yield from _in_function(project, scope, names)


class _Use(msgspec.Struct, frozen=True, eq=False):
    """``field`` (``dto.name``) is used in ``at`` in a way that fails where it is None, as ``effect`` says."""

    field: Member
    at: At
    effect: str
    call: Call | None = None
    """a call of the project that is handed the field; whether that fails is asked later"""


def _in_function(project: Project, scope: Scope, names: set[str]) -> Iterator[Finding]:
    """Uses of ``dto.field`` where the function says ``dto.field`` nowhere else."""
    reads: dict[tuple[str, str], int] = {}
    uses: list[_Use] = []
    for stmt in scope.body:
        for node in walk(stmt):
            if isinstance(node, Member) and isinstance(node.object, Name):
                key = (node.object.id, node.name)
                reads[key] = reads.get(key, 0) + 1
            uses += [use for use in _uses(node) if use.field.name in names]
    for use in uses:
        owner = use.field.object
        assert isinstance(owner, Name)
        if reads[owner.id, use.field.name] != 1 or _is_handed_on(scope, owner.id, use.field):
            continue
        value = _pydantic.model(project, project.evaluator.eval(owner, scope))
        bind = _pydantic.fields(project, value).get(use.field.name) if value is not None else None
        if value is None or bind is None or not _pydantic.is_optional(bind) or _has_validator(value.scope):
            continue
        effect = use.effect if use.call is None else _fails_inside(project, scope, use.call, use.field)
        if not effect:
            continue
        line, column = project.span(bind.scope.path, bind.at)[:2]
        yield finding(
            RULE,
            scope.path,
            project.span(scope.path, use.at),
            f"{owner.id}.{use.field.name} is None when the request leaves it out: {effect}",
            help=f"test {owner.id}.{use.field.name} first, or make the field required",
            trace=[Step(bind.scope.path, line, column, f"{use.field.name} is None by default")],
            subject=f"{owner.id}.{use.field.name}{effect.split()[0] if use.call is None else ''}",
        )


def _uses(node: Node) -> Iterator[_Use]:
    """The ways in which a node uses a member of a name that None does not know."""
    if isinstance(node, Call):
        inner = node.callee.object if isinstance(node.callee, Member) else None
        if _is_field(inner) and isinstance(node.callee, Member):
            yield _Use(inner, (node.at[0], node.callee.at[1]), f".{node.callee.name} raises AttributeError")
        for arg in node.args:
            if _is_field(arg.value) and not arg.spread:
                if isinstance(node.callee, Name) and node.callee.id == "len":
                    yield _Use(arg.value, node.at, "len() raises TypeError")
                else:
                    yield _Use(arg.value, arg.value.at, "", node)
    elif isinstance(node, (Loop, Clause)) and _is_field(node.iterable):
        yield _Use(node.iterable, node.iterable.at, "iterating over it raises TypeError")
    elif isinstance(node, Index) and _is_field(node.object):
        yield _Use(node.object, node.at, "indexing it raises TypeError")


def _is_field(expr: Node | None) -> TypeGuard[Member]:
    return isinstance(expr, Member) and isinstance(expr.object, Name)


def _fails_inside(project: Project, scope: Scope, call: Call, field: Member) -> str:
    """What fails in the function of the project that is handed the field: it says it takes no None, and never asks."""
    found = callees(project, call, scope)
    if len(found) != 1 or found[0].kind != "function" or found[0].scope is None:
        return ""
    function = found[0].scope.function
    if function is None or function.body is None or any(arg.spread for arg in call.args):
        return ""
    params = [param for param in function.params if param.kind in ("normal", "keyword")]
    if isinstance(call.callee, Member) and params and params[0].name in ("self", "cls"):
        params = params[1:]
    given = next(arg for arg in call.args if arg.value is field)
    position = [arg for arg in call.args if not arg.name].index(given) if not given.name else -1
    if given.name:
        param = next((item for item in params if item.name == given.name), None)
    else:
        param = params[position] if position < len(params) else None
    if param is None or param.default is not None or not _is_plain(param.annotation):
        return ""
    for stmt in function.body:
        for node in walk(stmt):
            if isinstance(node, (If, Conditional, Loop, Try, Switch, Assign, Comprehension)) and any(
                isinstance(inner, Name) and inner.id == param.name for inner in walk(node)
            ):
                return ""
            if isinstance(node, Binary) and any(
                isinstance(side, Name) and side.id == param.name for side in (node.left, node.right)
            ):
                return ""
    used = any(
        isinstance(node, Call)
        and (
            any(isinstance(arg.value, Name) and arg.value.id == param.name for arg in node.args)
            or (
                isinstance(node.callee, Member)
                and isinstance(node.callee.object, Name)
                and node.callee.object.id == param.name
            )
        )
        for stmt in function.body
        for node in walk(stmt)
    )
    shown = param.annotation.id if isinstance(param.annotation, Name) else ""
    return f"{function.name} takes a {shown} and never asks whether there is one" if used else ""


def _is_plain(annotation: Node | None) -> bool:
    return isinstance(annotation, Name) and annotation.id in ("str", "bytes", "int", "float")


def _is_handed_on(scope: Scope, owner: str, inner: Member) -> bool:
    """Whether the function tests, passes or compares the whole object, or stands inside a test or a try: it may know."""
    for stmt in scope.body:
        for node in walk(stmt):
            if (
                isinstance(node, (If, Conditional, Try, Loop, Switch, Comprehension))
                and node.at[0] <= inner.at[0] < node.at[1]
                and not _is_first_iterable(node, inner)
            ):
                return True
            if (
                isinstance(node, Call)
                and node.at[1] <= inner.at[0]
                and any(isinstance(arg.value, Name) and arg.value.id == owner for arg in node.args)
            ):
                return True
            if (
                isinstance(node, Binary)
                and node.op in ("and", "or")
                and node.at[0] <= inner.at[0] < node.at[1]
            ):
                return True
            if isinstance(node, If) and _asks_about(node.test, owner, inner.name):
                return True
    return False


def _asks_about(test: Node, owner: str, field: str) -> bool:
    """Whether a test looks at the object or at this field of it; what it says of another field is no answer."""
    nodes = list(walk(test))
    others = {
        id(node.object)
        for node in nodes
        if isinstance(node, Member) and node.name != field and _is_field(node)
    }
    called = {
        id(node.callee.object) for node in nodes if isinstance(node, Call) and isinstance(node.callee, Member)
    }
    return any(
        isinstance(node, Name) and node.id == owner and (id(node) not in others or id(node) in called)
        for node in nodes
    )


def _is_first_iterable(node: Node, inner: Member) -> bool:
    """Whether a loop runs over the very field: that is looked at before anything in the loop."""
    if isinstance(node, Loop):
        return node.iterable is inner and node.target is not None
    return isinstance(node, Comprehension) and node.clauses[0].iterable is inner


def _has_validator(scope: Scope | None) -> bool:
    """Whether the model validates or fills fields itself."""
    return scope is None or any(
        child.function is not None and child.function.decorators for child in scope.children
    )
