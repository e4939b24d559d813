"""A manager of Django is iterated over, counted or indexed instead of being asked for its objects."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.django._walk import iterated, served
from constraintlint.facts.code import Binary, Expr, Index, Member
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_types import Typed

RULE = "related-manager-not-queried"


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use or not django.all:
        return
    every = [*django.all, *django.by_label.values()]
    names = {name for model in every for name, item in model.reverse.items() if item.many}
    names |= {
        field.name
        for model in django.all
        for field in model.fields.values()
        if field.cls == "ManyToManyField"
    }
    names |= {name for model in django.all for name in model.managers}
    for path in served(project, names):
        for expr, scope, how in iterated(project, path):
            if isinstance(expr, Member) and expr.name in names:
                yield from _judge(
                    project,
                    expr,
                    scope,
                    f"is given to {how}()" if how not in ("for", "async for") else "is iterated over",
                )
        yield from _others(project, path, names)


def _others(project: Project, path: str, names: set[str]) -> Iterator[Finding]:
    """``x in obj.tags`` and ``obj.tags[0]``."""
    file = project.evaluator.file(path)
    for node in file.of_kinds(Binary, Index) if file is not None else ():
        expr: Expr | None = None
        if isinstance(node, Binary) and node.op in ("in", "not in"):
            expr, how = node.right, "is searched with in"
        elif isinstance(node, Index):
            expr, how = node.object, "is indexed"
        if isinstance(expr, Member) and expr.name in names and file is not None:
            yield from _judge(project, expr, file.at(expr.at[0]), how)


def _judge(project: Project, expr: Member, scope: Scope, how: str) -> Iterator[Finding]:
    typed = project.django.types.of(expr, scope)
    if typed is None or typed.model is None or typed.kind not in ("related", "manager"):
        return
    if _has_own(typed):
        return
    kind = "a related manager" if typed.kind == "related" else "a manager"
    trace = []
    if typed.field is not None and typed.field.place.path:
        place = typed.field.place
        trace = [
            Step(
                place.path,
                place.span[0],
                place.span[1],
                f"{typed.field.cls} {typed.field.name}",
                place.span[2],
                place.span[3],
            )
        ]
    yield finding(
        RULE,
        scope.path,
        project.span(scope.path, expr.at),
        f"{expr.name} is {kind} of {typed.model.name} and {how}: TypeError, a manager holds no objects itself",
        help=f"ask it for its objects: .{expr.name}.all()",
        trace=trace,
        subject=f"{scope.path}: {typed.model.name}.{expr.name}",
    )


def _has_own(typed: Typed) -> bool:
    """Whether the project's manager class can be iterated over itself, or may be."""
    manager = typed.manager
    if manager is None:
        return False
    if not manager.known:
        return True
    return any(
        cls.scope is not None
        and not {"__iter__", "__getitem__", "__len__", "__contains__", "__getattr__"}.isdisjoint(
            cls.scope.names
        )
        for cls in manager.classes
    )
