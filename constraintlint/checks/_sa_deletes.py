"""DELETE statements that a program runs through a session of SQLAlchemy, each with its table and its conditions."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import argument, calls, library_names, literal_entries
from constraintlint.checks._sa_models import class_of
from constraintlint.checks._sa_sessions import function_scope
from constraintlint.facts.code import Arg, At, Binary, Call, Expr, Member, Name, walk
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy.queries import session_kinds
from constraintlint.project.models.sqlalchemy.reading import made_of
from constraintlint.project.models.sqlalchemy.tables import read_table
from constraintlint.project.schema.records import Table
from constraintlint.sql.tokens import Token, tokens

_RUNNERS = frozenset(("execute", "scalars", "scalar"))
_FILTERS = frozenset(("where", "filter"))
_NEUTRAL = frozenset(("returning", "execution_options", "bindparams"))
MAX_CHAIN = 20


class Condition(msgspec.Struct, frozen=True, eq=False):
    """``column = value``."""

    column: str
    value: Expr


class Deletion(msgspec.Struct, frozen=True, eq=False):
    """``call`` runs the statement on ``session``. ``conditions`` is None where one of them is of another kind than ``=``.

    ``flushes``: the session writes what is pending before it runs the statement, as it does where a mapped class stands in it.
    ``made`` is the expression that makes the statement.
    """

    call: Call
    scope: Scope
    session: Expr
    table: str
    columns: Table
    flushes: bool
    conditions: tuple[Condition, ...] | None
    made: At


class _Target(msgspec.Struct, frozen=True, eq=False):
    name: str
    table: Table
    mapped: bool


def deletions(project: Project, tables: frozenset[str]) -> Iterator[Deletion]:
    """The statements of the served files that delete from one of some tables, inside functions."""
    for call, scope in calls(project, (*_RUNNERS, "delete"), python=True):
        callee = call.callee
        if not isinstance(callee, Member) or function_scope(scope) is None:
            continue
        if callee.name == "delete":
            found = _of_query(project, call, callee, scope)
        else:
            found = _of_statement(project, call, callee, scope)
        if found is not None and found.table in tables:
            yield found


def _of_query(project: Project, call: Call, callee: Member, scope: Scope) -> Deletion | None:
    """``session.query(table).filter(...).delete()``."""
    links: list[tuple[str, list[Arg]]] = []
    current: Expr = callee.object
    while isinstance(current, Call) and isinstance(current.callee, Member) and len(links) < MAX_CHAIN:
        if current.callee.name == "query":
            session = current.callee.object
            first = argument(current, 0)
            if len(current.args) != 1 or first is None or not session_kinds(project.objects, session, scope):
                return None
            return _made(project, call, scope, session, first, links, current.at)
        links.append((current.callee.name, current.args))
        current = current.callee.object
    return None


def _of_statement(project: Project, call: Call, callee: Member, scope: Scope) -> Deletion | None:
    """``session.execute(delete(table).where(...))``, ``session.execute(text("DELETE FROM ..."), {...})``."""
    statement = argument(call, 0)
    if statement is None or any(arg.spread for arg in call.args):
        return None
    statement = _written(statement, scope)
    if statement is None or not session_kinds(project.objects, callee.object, scope):
        return None
    links: list[tuple[str, list[Arg]]] = []
    current: Expr = statement
    while isinstance(current, Call) and len(links) < MAX_CHAIN:
        name = current.callee.name if isinstance(current.callee, Member) else ""
        if name == "delete" and isinstance(current.callee, Member) and not current.args:
            return _made(project, call, scope, callee.object, current.callee.object, links, statement.at)
        run = library_names(project, current, scope)
        if run and all(item.endswith(".delete") and item.startswith("sqlalchemy.") for item in run):
            first = argument(current, 0)
            if first is None or len(current.args) != 1:
                return None
            return _made(project, call, scope, callee.object, first, links, statement.at)
        if run and all(item.startswith("sqlalchemy.") and item.endswith(".text") for item in run):
            return _of_text(project, call, current, scope, callee.object, links)
        if not isinstance(current.callee, Member):
            return None
        links.append((name, current.args))
        current = current.callee.object
    return None


def _written(expr: Expr, scope: Scope) -> Expr | None:
    """A statement where it is written, also if it has a name in this function first."""
    if not isinstance(expr, Name):
        return expr
    variable = scope.find(expr.id, expr.at[0])
    if variable is None or len(variable.binds) != 1 or variable.scope is not function_scope(scope):
        return None
    bind = variable.binds[0]
    return bind.value if bind.kind == "assign" and not bind.keys and not bind.op else None


def _made(
    project: Project,
    call: Call,
    scope: Scope,
    session: Expr,
    target: Expr,
    links: list[tuple[str, list[Arg]]],
    made: At,
) -> Deletion | None:
    found = _target(project, target, scope)
    if found is None:
        return None
    conditions = _conditions(links)
    mapped = found.mapped or any(
        class_of(project, node, scope) is not None
        for _, args in links
        for arg in args
        for node in walk(arg.value)
        if isinstance(node, (Name, Member))
    )
    return Deletion(call, scope, session, found.name, found.table, mapped, conditions, made)


def _target(project: Project, expr: Expr, scope: Scope) -> _Target | None:
    """The table that is deleted from: a ``Table``, a mapped class, or ``Class.__table__``."""
    core = isinstance(expr, Member) and expr.name == "__table__"
    owner = expr.object if core and isinstance(expr, Member) else expr
    model = class_of(project, owner, scope)
    if model is not None:
        table = model.table
        return _Target(table.name, table, not core) if table is not None and not model.bases else None
    made = made_of(project.evaluator, expr, scope)
    read = read_table(project.evaluator, made) if made is not None and made.name == "Table" else None
    return _Target(read[0].name, read[0], False) if read is not None else None


def _conditions(links: list[tuple[str, list[Arg]]]) -> tuple[Condition, ...] | None:
    found: list[Condition] = []
    for name, args in links:
        if name == "filter_by":
            if any(not arg.name for arg in args):
                return None
            found += [Condition(arg.name, arg.value) for arg in args]
        elif name in _FILTERS:
            for arg in args:
                read = _equality(arg.value) if not arg.name and not arg.spread else None
                if read is None:
                    return None
                found.append(read)
        elif name not in _NEUTRAL:
            return None
    return tuple(found)


def _equality(expr: Expr) -> Condition | None:
    """``table.c.column == value``, ``Class.column == value``."""
    if not isinstance(expr, Binary) or expr.op != "==":
        return None
    left, right = expr.left, expr.right
    if isinstance(left, Member) and isinstance(left.object, (Name, Member)):
        return Condition(left.name, right)
    return None


# --- text -----------------------------------------------------------------------------------------------------------


def _of_text(
    project: Project,
    call: Call,
    wrapped: Call,
    scope: Scope,
    session: Expr,
    links: list[tuple[str, list[Arg]]],
) -> Deletion | None:
    given = argument(wrapped, 0)
    values = project.evaluator.eval(given, scope) if given is not None else ()
    text = values[0].constant if len(values) == 1 else None
    if not isinstance(text, str):
        return None
    found = tokens(text.strip().removesuffix(";"), "sqlite")
    if len(found) < 3 or found[0].word != "DELETE" or found[1].word != "FROM" or not found[2].name:
        return None
    bound: dict[str, Expr] = {}
    for name, args in links:
        if name == "bindparams":
            bound.update({arg.name: arg.value for arg in args if arg.name})
    entries = literal_entries(argument(call, 1, "params"))
    bound.update({key: entry.value for key, entry in (entries or {}).items()})
    conditions = _text_conditions(found[3:], bound)
    table = next(
        (
            table
            for table in project.schema.declared
            if table.source == "sqlalchemy" and table.name == found[2].name
        ),
        None,
    )
    if table is None:
        return None
    return Deletion(call, scope, session, table.name, table, False, conditions, wrapped.at)


def _text_conditions(rest: list[Token], bound: dict[str, Expr]) -> tuple[Condition, ...] | None:
    if not rest:
        return ()
    if len(rest) == 4 and rest[0].word == "WHERE" and rest[1].name and rest[2].text == "=":
        value = bound.get(rest[3].text[1:]) if rest[3].kind == "parameter" else None
        return (Condition(rest[1].name, value),) if value is not None else None
    return None
