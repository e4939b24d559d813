"""A datetime with a time zone goes into a column without one, over asyncpg, which refuses it."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import callees
from constraintlint.checks._sa_models import class_of, function_name, models, step
from constraintlint.checks._sqlalchemy import may_be_before
from constraintlint.facts.code import Call, Expr, Function, Lambda, Return
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Attribute, Model
from constraintlint.project.schema.records import Column, Place

RULE = "aware-datetime-into-naive-column"

_NOW = frozenset(("datetime.datetime.now", "datetime.now"))
_AWARE = frozenset(("django.utils.timezone.now",))
_ASYNCHRONOUS = ("sqlalchemy.ext.asyncio", "sqlmodel.ext.asyncio", "advanced_alchemy")
_KEYWORDS = ("default", "insert_default", "default_factory", "onupdate")
#: since then ``datetime`` is a timestamp with a time zone, and nothing else is taken
_ZONED_SQLMODEL = (0, 0, 45)


def check(project: Project) -> Iterator[Finding]:
    known = models(project)
    if not known or not _is_asyncpg(project):
        return
    seen: set[Place] = set()
    naive: dict[str, dict[str, Column]] = {}
    for model in known:
        for name, attribute in model.attributes.items():
            column = _naive(project, model, attribute)
            if column is None:
                continue
            naive.setdefault(model.key, {})[name] = column
            if attribute.place not in seen:
                seen.add(attribute.place)
                yield from _default(project, model, attribute)
    for model in known:
        if naive.get(model.key):
            yield from _constructed(project, model, naive[model.key])


def _is_asyncpg(project: Project) -> bool:
    """Whether an engine of SQLAlchemy reaches the database by asyncpg, which takes an asynchronous one."""
    external = [item for resolution in project.resolutions.values() for item in resolution.external]
    if not any(
        item.module.startswith(_ASYNCHRONOUS) or (item.module == "sqlalchemy.ext" and "asyncio" in item.names)
        for item in external
    ):
        return False
    return any(item.package == "asyncpg" for item in external) or any(
        project.mentions(path, ("+asyncpg",)) for path in project.resolutions
    )


def _naive(project: Project, model: Model, attribute: Attribute) -> Column | None:
    """The column of an attribute, where it surely has no time zone."""
    if attribute.kind != "column" or attribute.family != "datetime" or model.table is None:
        return None
    column = model.table.column(attribute.column)
    if column is None:
        return None
    if column.zoned is False:
        return column
    if column.zoned is None and not any(
        _maps_types(project, item) for item in (model, *_parents(project, model))
    ):
        plain = column.type in ("datetime", "datetime.datetime", "dt.datetime")
        return column if plain and not _keeps_zones(project, model) else None
    return None


def _keeps_zones(project: Project, model: Model) -> bool:
    """Whether the type of a table of SQLModel has a time zone where only its annotation tells it."""
    sqlmodel = model.node is not None and any(base.name == "table" for base in model.node.bases)
    return sqlmodel and not may_be_before(project, _ZONED_SQLMODEL, "sqlmodel")


def _parents(project: Project, model: Model) -> list[Model]:
    return [project.models.by_key[key] for key in model.bases if key in project.models.by_key]


def _maps_types(project: Project, model: Model) -> bool:
    """Whether a base says what ``Mapped[datetime]`` is."""
    return "type_annotation_map" in model.attributes or not model.complete


def _default(project: Project, model: Model, attribute: Attribute) -> Iterator[Finding]:
    call, scope = attribute.node, attribute.scope
    if not isinstance(call, Call) or scope is None:
        return
    for arg in call.args:
        if arg.name in _KEYWORDS and _gives_aware(project, arg.value, scope) and scope.path in project.paths:
            yield _finding(project, scope, arg.value, model, attribute.name, arg.name)
            return


def _gives_aware(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether a default is a function that returns a datetime with a time zone."""
    for value in project.evaluator.eval(expr, scope):
        function = value.node if value.kind == "function" else None
        if isinstance(function, Function) and function.body and value.scope is not None:
            last = function.body[-1]
            if (
                isinstance(last, Return)
                and last.value is not None
                and is_aware(project, last.value, value.scope)
            ):
                return True
    return False


def is_aware(project: Project, expr: Expr, scope: Scope) -> bool:
    """``datetime.now(timezone.utc)``, ``datetime.now(tz=UTC)``."""
    if isinstance(expr, Lambda) or not isinstance(expr, Call):
        return False
    names = {value.name for value in callees(project, expr, scope) if value.kind == "library"}
    if names and names <= _AWARE:
        return True
    given = [arg for arg in expr.args if arg.name in ("", "tz") and not arg.spread]
    return bool(names) and names <= _NOW and bool(given) and getattr(given[0].value, "kind", "") != "none"


def _constructed(project: Project, model: Model, columns: dict[str, Column]) -> Iterator[Finding]:
    """``Model(created=datetime.now(timezone.utc))``."""
    for call, scope in project.evaluator.calls(model.name):
        if scope.path not in project.paths or class_of(project, call.callee, scope) is not model:
            continue
        for arg in call.args:
            if arg.name in columns and is_aware(project, arg.value, scope):
                yield _finding(project, scope, arg.value, model, arg.name, arg.name)


def _finding(project: Project, scope: Scope, expr: Expr, model: Model, name: str, how: str) -> Finding:
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, expr.at),
        f"{how} gives a datetime with a time zone, but {model.name}.{name} is a timestamp without one: asyncpg raises DataError",
        help="make the column DateTime(timezone=True), or give a datetime without a time zone",
        trace=[step(model.attributes[name].place, f"{name} is declared here")],
        subject=f"{model.name}.{name} {how} in {function_name(scope)}",
    )
