"""A data type that is undefined: read from a connection, or misspelt."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from constraintlint.checks._sequelize_queries import in_use
from constraintlint.facts.code import Call, Expr, Mapping, Member, Name, Param
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.installed import installed_for
from constraintlint.project.models.sequelize.definitions import SEQUELIZE
from constraintlint.project.models.sequelize.fields import DATA_TYPES
from constraintlint.project.models.sequelize.index import index_of
from constraintlint.project.models.sequelize.literals import nothing
from constraintlint.project.models.sequelize.records import Field

RULE = "sequelize-datatypes-undefined"

#: what else ``DataTypes`` of Sequelize 6 and ``DataType`` of sequelize-typescript have
_OTHER = frozenset(("postgres", "mysql", "mariadb", "sqlite", "mssql", "oracle", "db2", "snowflake"))
_CONTAINERS = (
    "sequelize#DataTypes",
    f"{SEQUELIZE}.DataTypes",
    f"{SEQUELIZE}#DataTypes",
    "sequelize-typescript#DataType",
)


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    seen: set[tuple[str, tuple[int, int]]] = set()
    for definition in index_of(project).definitions:
        for field in definition.attributes.values():
            if field.made or field.path not in project.paths or not _is_current(project, field.path):
                continue
            found = _of_field(project, field)
            if found is not None:
                key = (found.path, (found.line, found.column))
                if key not in seen:
                    seen.add(key)
                    yield found


def _is_current(project: Project, path: str) -> bool:
    """Sequelize 6, as far as the manifest tells: earlier ones gave connections more."""
    release = installed_for(project, path).range_of("sequelize")
    return release is None or release.starts_at((6,))


def _of_field(project: Project, field: Field) -> Finding | None:
    site = field.options.get("type")
    expr = site.expr if site is not None else field.expr
    scope = site.scope if site is not None else field.scope
    if isinstance(expr, Call):
        expr = expr.callee
    if expr is None or scope is None or isinstance(expr, Mapping):
        return None
    if isinstance(expr, Member) and expr.name in ("BINARY", "UNSIGNED", "ZEROFILL"):
        expr = expr.object.callee if isinstance(expr.object, Call) else expr.object
    if isinstance(expr, Member):
        return _of_member(project, expr, scope)
    return None


def _of_member(project: Project, expr: Member, scope: Scope) -> Finding | None:
    owner = expr.object
    ev = project.evaluator
    values = [value for value in ev.eval(owner, scope) if not nothing(value)]
    if (
        isinstance(owner, Member)
        and owner.name == "DataTypes"
        and _all_connections(project, owner.object, scope)
    ):
        return _finding(
            project, scope.path, owner, "a connection has no DataTypes (the class Sequelize has)", expr
        )
    if isinstance(owner, Name):
        bind = _taken_from_connection(project, owner, scope)
        if bind is not None:
            return _finding(
                project,
                scope.path,
                owner,
                "DataTypes is taken from a connection, which has none, so it is undefined",
                expr,
                bind,
            )
        given = _given_by_connection(project, owner, scope)
        if given is not None:
            bind, outer, place = given
            return _finding(
                project, outer.path, place,
                "DataTypes is taken from a connection, which has none, and handed to the model: it is undefined", expr, bind,
            )  # fmt: skip
    if expr.name in DATA_TYPES and _all_connections(project, owner, scope):
        return _finding(
            project, scope.path, expr, f"a connection has no {expr.name} (the class Sequelize has)", expr
        )
    known = expr.name in DATA_TYPES or expr.name in _OTHER
    if values and not known and all(_is_container(project, value) for value in values):
        return _misspelt(project, scope.path, expr)
    return None


def _all_connections(project: Project, owner: Expr, scope: Scope) -> bool:
    found = [
        inner
        for value in project.evaluator.eval(owner, scope)
        if not nothing(value)
        for inner in _concrete(project, value)
    ]
    return bool(found) and all(value.kind == "handle" and value.name == SEQUELIZE for value in found)


def _concrete(project: Project, value: Value) -> list[Value]:
    from constraintlint.project.flow import names

    return names.concrete(project.evaluator, value)


def _is_container(project: Project, value: Value) -> bool:
    return (
        value.kind == "library"
        and project.evaluator.library_for(value.path).canonical(value.name) in _CONTAINERS
    )


def _taken_from_connection(project: Project, owner: Name, scope: Scope) -> Bind | None:
    """``const { DataTypes } = sequelize``."""
    variable = scope.find(owner.id, owner.at[0])
    if variable is None or len(variable.binds) != 1:
        return None
    bind = variable.binds[0]
    if (
        bind.kind == "assign"
        and bind.keys == ("DataTypes",)
        and bind.value is not None
        and bind.default is None
    ) and _all_connections(project, bind.value, bind.inner):
        return bind
    if (
        bind.kind == "assign"
        and isinstance(bind.value, Member)
        and not bind.keys
        and bind.value.name == "DataTypes"
    ) and _all_connections(project, bind.value.object, bind.inner):
        return bind
    return None


def _given_by_connection(project: Project, owner: Name, scope: Scope) -> tuple[Bind, Scope, Member] | None:
    """``require("./label")(sequelize, sequelize.DataTypes)``: what every call of a model's function hands over."""
    variable = scope.find(owner.id, owner.at[0])
    bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
    if (
        bind is None
        or bind.kind != "param"
        or bind.keys
        or not isinstance(bind.node, Param)
        or bind.node.default
    ):
        return None
    function = bind.scope.function
    places: list[tuple[Scope, Member]] = []
    for call, caller, _ in parameters.call_sites(project.evaluator, bind.scope, function) if function else ():
        given = parameters.argument_of(call, bind.scope, bind.index, bind.node)
        if not isinstance(given, Member) or given.name != "DataTypes":
            return None
        if not _all_connections(project, given.object, caller):
            return None
        places.append((caller, given))
    return (bind, *places[0]) if places else None


def _finding(
    project: Project, path: str, place: Expr, problem: str, expr: Member, bind: Bind | None = None
) -> Finding:
    steps = []
    if bind is not None:
        line, column, end_line, end_column = project.span(bind.inner.path, bind.at)
        steps.append(Step(bind.inner.path, line, column, "taken here", end_line, end_column))
    bare = place is expr
    effect = (
        '"Unrecognized datatype for attribute"'
        if bare
        else f"\"Cannot read properties of undefined (reading '{expr.name}')\""
    )
    return finding(
        RULE,
        path,
        project.span(path, place.at),
        f"{problem}: defining the model throws {effect}",
        help='take it from the package: const { DataTypes } = require("sequelize")',
        trace=steps,
        subject=f"DataTypes {expr.name}",
    )


def _misspelt(project: Project, path: str, expr: Member) -> Finding:
    close = get_close_matches(expr.name.upper(), sorted(DATA_TYPES), 1, 0.6)
    return finding(
        RULE,
        path,
        project.span(path, expr.at),
        f'DataTypes has no {expr.name}: defining the model throws "Unrecognized datatype for attribute"',
        help=f"did you mean {close[0]}?" if close else "use one of the types of Sequelize",
        subject=f"DataTypes.{expr.name}",
    )
