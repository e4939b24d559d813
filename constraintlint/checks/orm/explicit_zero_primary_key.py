"""The default 0 or "" of an entity's id is handed to a mapped class, so that every new row gets the same primary key."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._sa_models import class_of, function_name, models, step
from constraintlint.facts.code import Assign, Call, Class, Constant, Expr, Member, Name, Text
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Model
from constraintlint.project.models.sqlalchemy.classes import Drafts
from constraintlint.project.models.sqlalchemy.reading import last_name, literal
from constraintlint.project.schema.records import Place

RULE = "explicit-zero-primary-key"


def check(project: Project) -> Iterator[Finding]:
    for model in models(project):
        keys = _generated_keys(model)
        if not keys:
            continue
        for call, scope in project.evaluator.calls(model.name):
            if scope.path not in project.paths or class_of(project, call.callee, scope) is not model:
                continue
            for arg in call.args:
                if arg.name in keys:
                    yield from _judge(project, model, arg.name, arg.value, call, scope)


def _generated_keys(model: Model) -> set[str]:
    """The one primary key of a class, where the database makes it."""
    if model.table is None or model.abstract or model.bases:
        return set()
    primary = [column for column in model.table.columns if column.primary_key]
    if len(primary) != 1 or not primary[0].generated:
        return set()
    return {
        name
        for name, item in model.attributes.items()
        if item.kind == "column" and item.column == primary[0].name
    }


def _judge(
    project: Project, model: Model, name: str, expr: Expr, call: Call, scope: Scope
) -> Iterator[Finding]:
    if not isinstance(expr, Member):
        return
    default = _default_of(project, expr, scope)
    if default is None:
        return
    place, shown = default
    yield finding(
        RULE,
        scope.path,
        project.span(scope.path, expr.at),
        f"{model.name}({name}=...) gets the default {shown} of {expr.name}: the second new row fails on the primary key",
        help=f"leave {name} out for a new row, or let the default be None",
        trace=[
            step(place, f"the default {shown}"),
            step(model.attributes[name].place, "the primary key that the database makes"),
        ],
        subject=f"{model.name}.{name} in {function_name(scope)}",
    )


def _default_of(project: Project, expr: Member, scope: Scope) -> tuple[Place, str] | None:
    """The default 0 or "" of a field, where the owner surely is an object of a class of the project with that field."""
    owners = [value for value in project.evaluator.eval(expr.object, scope) if value.kind != "constant"]
    if len(owners) != 1 or owners[0].kind != "object" or not isinstance(owners[0].node, Class):
        return None
    draft = Drafts(project.evaluator).of(owners[0])
    if draft is None or project.models.of_class(draft.node) is not None:
        return None
    if owners[0].call is not None and any(
        arg.name == expr.name or not arg.name for arg in owners[0].call.args
    ):
        return None
    for item in draft.mro:
        if "__init__" in item.own or "__post_init__" in item.own:
            return None
        for stmt in item.node.body:
            if isinstance(stmt, Assign) and any(
                isinstance(target, Name) and target.id == expr.name for target in stmt.targets
            ):
                value = _field_default(stmt.value)
                shown = _zero(value)
                if shown and stmt.annotation is not None and value is not None:
                    return Place(item.path, project.span(item.path, value.at)), shown
                return None
    return None


def _field_default(expr: Expr | None) -> Expr | None:
    """The default of ``field(default=0)`` and ``Field(0)``, or the value itself."""
    if isinstance(expr, Call) and last_name(expr.callee) in ("field", "Field"):
        return next(
            (arg.value for arg in expr.args if arg.name == "default" or (not arg.name and not arg.spread)),
            None,
        )
    return expr


def _zero(expr: Expr | None) -> str:
    if isinstance(expr, Constant) and expr.kind == "int" and expr.value == 0:
        return "0"
    return '""' if isinstance(expr, Text) and literal(expr) == "" else ""
