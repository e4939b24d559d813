"""The other side of a one-to-one relation is read, but nothing in the project ever creates its row."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks._parents import Parents
from constraintlint.checks.django._walk import served
from constraintlint.facts.code import Call, Expr, Function, If, Member, Name, Node, Text, Try, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.models.django_records import DjangoModel, Reverse
from constraintlint.roles import is_test

RULE = "django-reverse-one-to-one-not-ensured"
_CREATES = (
    "create",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "acreate",
    "aget_or_create",
    "aupdate_or_create",
    "abulk_create",
)


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use:
        return
    candidates: dict[str, tuple[DjangoModel, Reverse]] = {}
    targets = [*django.all, *([django.user] if django.user is not None and django.user.node is None else [])]
    for model in targets:
        for name, reverse in model.reverse.items():
            source = django.source(reverse)
            field = reverse.field
            if (
                reverse.many
                or field.auto
                or field.primary_key
                or source is None
                or source.node is None
                or not field.own
            ):
                continue
            candidates.setdefault(name, (source, reverse))
    if not candidates:
        return
    made = _made(project)
    wanted = {
        name: item
        for name, item in candidates.items()
        if item[0].label not in made and not _is_written(project, item[0])
    }
    if wanted:
        yield from _reads(project, wanted)


def _made(project: Project) -> set[str]:
    """Labels of the models some code of the project creates rows of; ``*`` for one that is not known."""
    django = project.django
    found: set[str] = set()
    for call, scope in calls(project, _CREATES, python=True):
        if isinstance(call.callee, Member):
            owner = django.types.of(call.callee.object, scope)
            if owner is not None and owner.model is not None:
                found.add(owner.model.label)
    for model in django.all:
        for call, scope in project.evaluator.calls(model.name):
            typed = django.types.of(call, scope)
            if typed is not None and typed.kind == "instance" and typed.model is not None:
                found.add(typed.model.label)
    return found


def _is_written(project: Project, model: DjangoModel) -> bool:
    """Whether something may create rows without naming a method: a serializer, form, generic view, admin, factory, fixture."""
    for path in project.paths:
        if not path.endswith(".py") or path == model.path or is_test(path):
            continue
        if not project.is_deep(path):
            if any(model.name in edge.names for edge in project.resolutions[path].edges):
                return True  # what it does with the model was not read
            continue
        if not project.mentions(path, (model.name,)):
            continue
        file = project.evaluator.file(path)
        if file is None:
            continue
        for scope in file.by_node.values():
            for key in ("model", "queryset", "_model"):
                for variable in scope.names.get(key, ()):
                    for bind in variable.binds:
                        if bind.value is not None and _names(bind.value, model.name):
                            return True
        for name in (
            "register",
            "inlineformset_factory",
            "modelform_factory",
            "get_model",
            "connect",
            "receiver",
        ):
            for call, _ in file.calls.get(name, ()):
                if any(_names(arg.value, model.name) for arg in call.args):
                    return True
    return _in_own_file(project, model)


def _in_own_file(project: Project, model: DjangoModel) -> bool:
    """A reverse accessor that makes the row: a property or a signal beside the model that could not be followed."""
    return any(
        model.name.encode() in (project.tree.read(path) or b"")
        for path in project.tree.files
        if path.endswith(".json") and "fixture" in path
    )


def _names(expr: Expr, name: str) -> bool:
    return any(
        (isinstance(node, Name) and node.id == name)
        or (isinstance(node, Text) and _text(node).endswith(name))
        for node in walk(expr)
    )


def _text(node: Text) -> str:
    return "".join(
        getattr(piece, "value", "") if isinstance(getattr(piece, "value", ""), str) else ""
        for piece in node.pieces
    )


def _reads(project: Project, wanted: dict[str, tuple[DjangoModel, Reverse]]) -> Iterator[Finding]:
    django = project.django
    parents = Parents(project)
    for path in served(project, wanted):
        file = project.evaluator.file(path)
        for node in walk(file.code.body) if file is not None else ():
            if not isinstance(node, Member) or node.name not in wanted or file is None:
                continue
            source, reverse = wanted[node.name]
            scope = file.at(node.at[0])
            owner = django.types.of(node.object, scope)
            if owner is None or owner.kind != "instance" or owner.model is None:
                continue
            if owner.model.reverse.get(node.name) is not reverse or _guarded(
                parents, path, node, reverse.accessor
            ):
                continue
            place = reverse.field.place
            yield finding(
                RULE,
                path,
                project.span(path, node.at),
                f"{owner.model.name}.{node.name} raises RelatedObjectDoesNotExist: nothing in the project creates a {source.name}",
                help=f"create it with the {owner.model.name} ({source.name}.objects.create(...), or a post_save receiver), or read it with "
                f"{source.name}.objects.get_or_create(...)",
                trace=[
                    Step(
                        place.path,
                        place.span[0],
                        place.span[1],
                        f"OneToOneField {reverse.field.name}",
                        place.span[2],
                        place.span[3],
                    )
                ],
                subject=f"{path}: {owner.model.label}.{node.name}",
            )


def _guarded(parents: Parents, path: str, node: Node, accessor: str) -> bool:
    """Whether a missing row is expected: a ``try`` around, a ``hasattr`` in the function, an assignment to it."""
    here: Node | None = node
    while here is not None:
        above = parents.of(path, here)
        if isinstance(above, Try) and any(here is stmt for stmt in above.body) and above.handlers:
            return True
        if isinstance(above, If) and here is not above.test and _asks(above.test, accessor):
            return True
        if isinstance(above, Function):
            return any(_asks(item, accessor) for item in above.body or ())
        here = above
    return False


def _asks(node: Node, accessor: str) -> bool:
    return any(
        isinstance(item, Call)
        and isinstance(item.callee, Name)
        and item.callee.id in ("hasattr", "getattr", "setattr")
        and len(item.args) > 1
        and isinstance(item.args[1].value, Text)
        and _text(item.args[1].value) == accessor
        for item in walk(node)
    )
