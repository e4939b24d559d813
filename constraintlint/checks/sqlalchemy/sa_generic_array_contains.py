"""``contains``, ``contained_by`` or ``overlap`` on a column of the generic type ``sqlalchemy.ARRAY``."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks._sqlalchemy import column_call, in_use
from constraintlint.facts.code import Call, Member, Name
from constraintlint.findings import Finding, Fix, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value

RULE = "sa-generic-array-contains"
_METHODS = ("contained_by", "contains", "overlap")
_MODULES = ("sqlalchemy", "sqlalchemy.types", "sqlalchemy.sql.sqltypes")
_GENERIC = frozenset(
    [
        "sqlalchemy.ARRAY",
        "sqlalchemy.types.ARRAY",
        "sqlalchemy.sql.sqltypes.ARRAY",
        "flask_sqlalchemy.SQLAlchemy.ARRAY",
    ]
)


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for call, scope in calls(project, _METHODS, python=True):
        callee = call.callee
        if not isinstance(callee, Member):
            continue
        column = column_call(project, callee.object, scope)
        place = _generic(project, *column) if column is not None else None
        if place is not None:
            yield _finding(project, scope, call, callee, place)


def _generic(project: Project, column: Call, scope: Scope) -> Value | None:
    """The generic array type of a column."""
    for arg in column.args:
        if arg.spread or arg.name not in ("", "type_"):
            continue
        for value in project.evaluator.eval(arg.value, scope):
            name = value.name.removesuffix(".with_variant()").removesuffix("()")
            if value.kind in ("result", "library") and name in _GENERIC:
                return value
    return None


def _finding(project: Project, scope: Scope, call: Call, callee: Member, place: Value) -> Finding:
    line, column, end_line, end_column = project.span(place.path, place.at)
    raised = (
        'raises NotImplementedError ("ARRAY.contains() not implemented for the base ARRAY type")'
        if callee.name == "contains"
        else "does not exist (AttributeError)"
    )
    shown = callee.object.name if isinstance(callee.object, Member) else "the column"
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, (callee.object.at[0], call.at[1])),
        f"{callee.name} on {shown}: its type is sqlalchemy.ARRAY, where {callee.name} {raised}",
        help="declare the column with sqlalchemy.dialects.postgresql.ARRAY, which has the array operators",
        trace=[Step(place.path, line, column, "the generic array type", end_line, end_column)],
        subject=f"{shown}.{callee.name}",
        fix=_fix(project, place),
    )


def _fix(project: Project, place: Value) -> Fix | None:
    """Take the type from the PostgreSQL dialect, where the file itself names it; safe where there is no other engine."""
    if place.call is None or place.caller is None or place.caller.path != place.path:
        return None
    engines = {entry.name for entry in project.stack.databases if entry.role in ("runtime", "optional")}
    safe = engines == {"postgresql"}
    title = "use sqlalchemy.dialects.postgresql.ARRAY"
    span = project.span(place.path, place.call.at)
    if isinstance(place.call.callee, Name) and place.call.callee.id == "ARRAY":
        names = ("ARRAY", *_MODULES, "sqlalchemy.dialects.postgresql")
        return Fix(title, (), safe, "import-from", place.path, span, names)
    if isinstance(place.call.callee, Member):
        where = ("sqlalchemy.dialects", "postgresql", "ARRAY")
        return Fix(title, (), safe, "qualified-import", place.path, span, where)
    return None
