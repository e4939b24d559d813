"""``add``, ``set`` or ``remove`` of a relation is given an instance of another model."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.facts.code import Expr, Member, Sequence
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_records import DjangoModel
from constraintlint.project.models.django_types import Typed

RULE = "django-m2m-add-wrong-model"
_METHODS = ("add", "aadd", "aremove", "aset", "remove", "set")


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use or not django.all:
        return
    for call, scope in calls(project, _METHODS, python=True):
        callee = call.callee
        if not isinstance(callee, Member) or not isinstance(callee.object, Member):
            continue
        owner = django.types.of(callee.object, scope)
        if owner is None or owner.kind != "related" or owner.model is None or owner.field is None:
            continue
        for arg in call.args:
            if not arg.name:
                for expr in _items(arg.value):
                    yield from _judge(project, owner, callee, expr, scope)


def _items(expr: Expr) -> list[Expr]:
    return list(expr.items) if isinstance(expr, Sequence) else [expr]


def _judge(project: Project, owner: Typed, callee: Member, expr: Expr, scope: Scope) -> Iterator[Finding]:
    given = project.django.types.of(expr, scope)
    target = owner.model
    if given is None or given.kind != "instance" or given.model is None or target is None or given.pair:
        return
    if _related(given.model, target) or _related(target, given.model):
        return
    field = owner.field
    assert field is not None
    accessor = callee.object.name if isinstance(callee.object, Member) else field.name
    yield finding(
        RULE,
        scope.path,
        project.span(scope.path, expr.at),
        f"{accessor} holds {target.name} objects, but {callee.name}() is given a {given.model.name}: TypeError",
        help=f"give it a {target.name}: {_hint(given.model, target)}",
        trace=[Step(field.place.path, field.place.span[0], field.place.span[1], f"{field.cls} {field.name}")]
        if field.place.path
        else [],
        subject=f"{scope.path}: {accessor}.{callee.name}({given.model.name})",
    )


def _related(model: DjangoModel, other: DjangoModel) -> bool:
    """Whether ``model`` is or derives from ``other``."""
    queue, seen = [model], set()
    while queue:
        item = queue.pop()
        if item.label == other.label:
            return True
        if item.label not in seen:
            seen.add(item.label)
            queue += item.parents
    return False


def _hint(given: DjangoModel, target: DjangoModel) -> str:
    for name, reverse in sorted(given.reverse.items()):
        if reverse.source == target.label and not reverse.many:
            return f"its .{name}"
    for name, field in given.fields.items():
        if field.target == target.label and field.cls in ("ForeignKey", "OneToOneField"):
            return f"its .{name}"
    return "or the primary key of one"
