"""A required attribute that only a ``beforeCreate`` hook fills in: validation runs before that hook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from constraintlint.checks._sequelize_queries import Query, in_use, options_of, queries
from constraintlint.facts.code import (
    Assign,
    AssignExpr,
    At,
    Call,
    Class,
    Define,
    Expr,
    Function,
    Member,
    Name,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sequelize.definitions import calls_of
from constraintlint.project.models.sequelize.index import index_of
from constraintlint.project.models.sequelize.literals import (
    Site,
    boolean,
    last_name,
    positional,
    read,
    text_of,
)
from constraintlint.project.models.sequelize.records import Definition, Field

RULE = "sequelize-notnull-set-in-beforecreate"

_LATE = frozenset(("beforeCreate", "beforeSave"))
_EARLY = frozenset(("beforeValidate",))
_SETTERS = frozenset(("set", "setDataValue"))


class Hook(NamedTuple):
    name: str
    function: Function
    path: str


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    hooks = _hooks(project)
    for definition in index_of(project).definitions:
        found = hooks.get(definition.key, [])
        if definition.path not in project.paths or not any(hook.name in _LATE for hook in found):
            continue
        creations = [
            query for query in queries(project) if query.definitions == (definition,) and _creates(query)
        ]
        for field in definition.attributes.values():
            if _is_required(field) and creations:
                yield from _of_field(project, definition, field, found, creations)


def _is_required(field: Field) -> bool:
    return (
        field.nullable is False
        and field.made == ""
        and not (field.has_default or field.auto or field.virtual or field.primary_key)
        and field.options.complete
        and not {"set", "get"} & field.options.entries.keys()
    )


def _of_field(
    project: Project, definition: Definition, field: Field, hooks: list[Hook], creations: list[Query]
) -> Iterator[Finding]:
    late: list[tuple[Hook, At]] = []
    for hook in hooks:
        place = _sets(hook.function, field.name)
        if place is None:
            if _may_set(hook.function):
                return  # values are handed on: what is set is not known
            continue
        if hook.name in _EARLY:
            return
        late.append((hook, place))
    if not late or _is_set_elsewhere(definition, field.name):
        return
    lacking = next((query for query in creations if _lacks(project, query, field.name)), None)
    if lacking is None:
        return
    hook, place = late[0]
    line, column, end_line, end_column = project.span(field.path, field.at)
    at = project.span(lacking.scope.path, lacking.call.callee.at)
    yield finding(
        RULE,
        hook.path,
        project.span(hook.path, place),
        f"{definition.name}.{field.name} may not be null and is filled in by {hook.name}, which runs after validation:"
        f' create() without it throws "notNull Violation"',
        help="fill it in in beforeValidate, or pass it to create()",
        trace=[
            Step(field.path, line, column, "allowNull: false", end_line, end_column),
            Step(lacking.scope.path, at[0], at[1], f"{lacking.method} without {field.name}", at[2], at[3]),
        ],
        subject=f"{definition.name}.{field.name} {hook.name}",
    )


# --- hooks ------------------------------------------------------------------------------------------------------


def _hooks(project: Project) -> dict[str, list[Hook]]:
    """The hooks of each model: of its options, of calls, of decorated methods."""
    ev, index = project.evaluator, index_of(project)
    found: dict[str, list[Hook]] = {}

    def add(definition: Definition, name: str, expr: Expr, scope: Scope) -> None:
        for value in ev.eval(expr, scope):
            if isinstance(value.node, Function) and value.scope is not None:
                found.setdefault(definition.key, []).append(Hook(name, value.node, value.scope.path))

    for definition in index.definitions:
        site = definition.options.get("hooks")
        if site is not None:
            for name, hook in read(ev, site.expr, site.scope).entries.items():
                add(definition, name, hook.expr, hook.scope)
        if definition.cls is not None:
            for made in _decorated(definition.cls, definition.path):
                found.setdefault(definition.key, []).append(made)
    for name in (*_LATE, *_EARLY, "addHook"):
        for call, scope in calls_of(ev, name):
            if not isinstance(call.callee, Member) or not call.args:
                continue
            first = positional(call, 0)
            hooked = text_of(first) if name == "addHook" else name
            for definition in index.follower.models(call.callee.object, scope):
                add(definition, hooked or "", call.args[-1].value, scope)
    return found


def _decorated(cls: Class, path: str) -> Iterator[Hook]:
    for stmt in cls.body:
        if isinstance(stmt, Define):
            for decorator in stmt.function.decorators:
                name = last_name(decorator)
                name = name[:1].lower() + name[1:]
                if name in _LATE | _EARLY:
                    yield Hook(name, stmt.function, path)


def _sets(function: Function, name: str) -> At | None:
    """Where a hook sets an attribute of the row it is given."""
    row = function.params[0].name if function.params else ""
    if not row or function.body is None:
        return None
    for node in walk(list(function.body)):
        targets: list[Expr] = []
        if isinstance(node, Assign):
            targets = node.targets
        elif isinstance(node, AssignExpr):
            targets = [node.target]
        for target in targets:
            if isinstance(target, Member) and target.name == name and _is_row(target.object, row):
                return target.at
        if not (isinstance(node, Call) and isinstance(node.callee, Member) and node.callee.name in _SETTERS):
            continue
        if _is_row(node.callee.object, row) and text_of(positional(node, 0)) == name:
            return node.at
    return None


def _is_row(expr: Expr, row: str) -> bool:
    return isinstance(expr, Name) and expr.id == row


def _may_set(function: Function) -> bool:
    """Whether a hook hands its row on, so that something else may set attributes."""
    row = function.params[0].name if function.params else ""
    if function.body is None:
        return True
    if not row:
        return False
    return any(
        isinstance(node, Call) and any(_is_row(arg.value, row) for arg in node.args)
        for node in walk(list(function.body))
    )


def _is_set_elsewhere(definition: Definition, name: str) -> bool:
    """Whether a setter of another attribute (or a method of the class) sets this one."""
    for root in (definition.call, *(definition.cls.body if definition.cls is not None else ())):
        if root is None:
            continue
        for node in walk(root):
            if isinstance(node, Call) and isinstance(node.callee, Member) and node.callee.name in _SETTERS:
                owner = node.callee.object
                if isinstance(owner, Name) and owner.id == "this" and text_of(positional(node, 0)) == name:
                    return True
    return False


# --- creations --------------------------------------------------------------------------------------------------


def _creates(query: Query) -> bool:
    return query.method in ("create", "findOrCreate")


def _lacks(project: Project, query: Query, name: str) -> bool:
    """Whether a call makes a row without the attribute, all its values known, and validates it."""
    options = options_of(project, query)
    for off in ("validate", "hooks"):
        if off in options and boolean(project.evaluator, options.get(off)) is not True:
            return False
    if not options.complete:
        return False
    if query.method == "create":
        expr = positional(query.call, 0)
        site: Site | None = Site(expr, query.scope) if expr is not None else None
        values = read(project.evaluator, site.expr, site.scope) if site is not None else None
        return values is not None and values.given and values.complete and name not in values
    keys: set[str] = set()
    for key in ("where", "defaults"):
        site = options.get(key)
        if site is not None:
            values = read(project.evaluator, site.expr, site.scope)
            if not values.complete:
                return False
            keys |= values.entries.keys()
    return name not in keys
