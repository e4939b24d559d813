"""A field that may be left out is asked for a method, and nothing in the function looks whether it is there."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.code import _pydantic
from constraintlint.facts.code import Call, Function, Member, Name, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "optional-value-dereference"


def check(project: Project) -> Iterator[Finding]:
    if not _pydantic.in_use(project):
        return
    for path in project.paths:
        file = project.evaluator.file(path) if path.endswith(".py") else None
        for scope in file.by_node.values() if file is not None else ():
            if isinstance(scope.node, Function) and scope.body:
                yield from _in_function(project, scope)


def _in_function(project: Project, scope: Scope) -> Iterator[Finding]:
    """Calls of ``dto.field.method()`` where the function says ``dto.field`` nowhere else."""
    reads: dict[tuple[str, str], int] = {}
    called: list[tuple[Call, Member, Member]] = []
    for stmt in scope.body:
        for node in walk(stmt):
            if isinstance(node, Member) and isinstance(node.object, Name):
                key = (node.object.id, node.name)
                reads[key] = reads.get(key, 0) + 1
            if isinstance(node, Call) and isinstance(node.callee, Member):
                inner = node.callee.object
                if isinstance(inner, Member) and isinstance(inner.object, Name):
                    called.append((node, node.callee, inner))
    for call, callee, inner in called:
        owner = inner.object
        assert isinstance(owner, Name)
        if reads[owner.id, inner.name] != 1 or _is_handed_on(scope, owner.id, inner):
            continue
        value = _pydantic.model(project, project.evaluator.eval(owner, scope))
        bind = _pydantic.fields(project, value).get(inner.name) if value is not None else None
        if value is None or bind is None or not _pydantic.is_optional(bind) or _has_validator(value.scope):
            continue
        line, column = project.span(bind.scope.path, bind.at)[:2]
        yield finding(
            RULE,
            scope.path,
            project.span(scope.path, (call.at[0], callee.at[1])),
            f"{owner.id}.{inner.name} is None when the request leaves it out: .{callee.name} raises AttributeError",
            help=f"test {owner.id}.{inner.name} first, or make the field required",
            trace=[Step(bind.scope.path, line, column, f"{inner.name} is None by default")],
            subject=f"{owner.id}.{inner.name}.{callee.name}",
        )


def _is_handed_on(scope: Scope, owner: str, inner: Member) -> bool:
    """Whether the function tests, passes or compares the whole object, or stands inside a test or a try: it may know."""
    from constraintlint.facts.code import Comprehension, Conditional, If, Loop, Switch, Try

    for stmt in scope.body:
        for node in walk(stmt):
            if (
                isinstance(node, (If, Conditional, Try, Loop, Switch, Comprehension))
                and node.at[0] <= inner.at[0] < node.at[1]
            ):
                return True
            if (
                isinstance(node, Call)
                and node.at[1] <= inner.at[0]
                and any(isinstance(arg.value, Name) and arg.value.id == owner for arg in node.args)
            ):
                return True
            if isinstance(node, If) and any(isinstance(n, Name) and n.id == owner for n in walk(node.test)):
                return True
    return False


def _has_validator(scope: Scope | None) -> bool:
    """Whether the model validates or fills fields itself."""
    return scope is None or any(
        child.function is not None and child.function.decorators for child in scope.children
    )
