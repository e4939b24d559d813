"""A mapped object is handed to an encoder of JSON that knows plain values only."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._json_sinks import Sink, parts, sinks
from constraintlint.checks._parents import Parents
from constraintlint.facts.code import Call, Class, Expr, Index, Member, Name, Try, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Model
from constraintlint.roles import is_test

RULE = "orm-object-in-json-response"

_PACKAGES = frozenset(("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "django"))
#: methods and decorators by which a class teaches an encoder what it is
_TAUGHT = frozenset(("__json__", "for_json", "_asdict", "__html__"))
_DATACLASS = frozenset(("dataclass", "mapped_as_dataclass", "MappedAsDataclass"))


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    parents = Parents(project)
    for sink in sinks(project):
        if is_test(sink.scope.path) or _is_tried(parents, sink):
            continue
        for given in sink.given:
            for expr, scope in parts(project, given, sink.scope):
                told = _sqlalchemy(project, sink, expr, scope) or _django(project, expr, scope)
                if told is not None:
                    yield _finding(project, sink, expr, scope, *told)


def _is_tried(parents: Parents, sink: Sink) -> bool:
    current = parents.of(sink.scope.path, sink.node)
    while current is not None:
        if isinstance(current, Try) and any(_catches(handler.types) for handler in current.handlers):
            return True
        current = parents.of(sink.scope.path, current)
    return False


def _catches(types: Expr | None) -> bool:
    return types is not None and any(
        isinstance(node, Name) and node.id in ("TypeError", "ValueError") for node in walk(types)
    )


def _sqlalchemy(project: Project, sink: Sink, expr: Expr, scope: Scope) -> tuple[str, Model | None] | None:
    if not project.models.of_orm("sqlalchemy"):
        return None
    found = project.objects.of(expr, scope)
    held = found.only
    if held is None or held.model.orm != "sqlalchemy":
        return None
    if held.origin in ("parameter", "declared"):
        return None  # what is declared need not be what comes
    if _is_taught(project, held.model, sink):
        return None
    return (f"{held.model.name} objects" if held.many else f"a {held.model.name} object"), held.model


def _is_taught(project: Project, model: Model, sink: Sink) -> bool:
    """Whether the class brings what an encoder asks for; Flask's writes dataclasses."""
    if any(name in model.attributes for name in _TAUGHT):
        return True
    models = [model, *(item for item in project.models.all if item.key in model.bases)]
    nodes = [item.node for item in models]
    if any(not isinstance(node, Class) for node in nodes) and sink.name == "jsonify":
        return True
    for node in nodes:
        if not isinstance(node, Class):
            continue
        names = {
            part.id if isinstance(part, Name) else part.name
            for owner in [*node.decorators, *(base.value for base in node.bases)]
            for part in walk(owner)
            if isinstance(part, (Name, Member))
        }
        if names & _DATACLASS or (not model.complete and sink.name == "jsonify"):
            return True
        if any(getattr(getattr(stmt, "function", None), "name", "") in _TAUGHT for stmt in node.body):
            return True
    return False


def _django(project: Project, expr: Expr, scope: Scope) -> tuple[str, Model | None] | None:
    if not project.django.in_use or not project.django.all:
        return None
    typed = project.django.types.of(expr, scope)
    if typed is None or typed.model is None or typed.pair:
        return None
    if typed.kind == "instance":
        return f"a {typed.model.name} object", None
    if typed.kind == "queryset":
        return f"a queryset of {typed.model.name}", None
    if (
        isinstance(expr, (Call, Index))  # of a list that is written out the items are looked at
        and typed.kind == "rows"
        and typed.names is None
        and typed.manager is None
    ):
        return f"a list of {typed.model.name} objects", None
    return None


def _finding(
    project: Project, sink: Sink, expr: Expr, scope: Scope, what: str, model: Model | None
) -> Finding:
    trace: list[Step] = []
    if model is not None:
        line, column, end_line, end_column = model.place.span
        trace.append(
            Step(model.place.path, line, column, f"{model.name} is mapped here", end_line, end_column)
        )
    name = sink.name.rpartition(".")[2]
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, expr.at),
        f"{name} is given {what}: TypeError, not JSON serializable",
        help="give it plain values: a dict of the columns that are to be shown, a schema or a serializer",
        trace=trace,
        subject=f"{name} {what} in {scope.function.name if scope.function else 'the module'}",
    )
