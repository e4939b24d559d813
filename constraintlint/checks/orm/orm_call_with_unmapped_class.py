"""A session is asked for, or given, something that is not a mapped class: a schema, a dataclass entity of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks._sa_models import function_name, models, step
from constraintlint.checks._tested import is_tested
from constraintlint.facts.code import Call, Class, Expr, Member, Name, Sequence
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sqlalchemy.classes import Drafts
from constraintlint.project.models.sqlalchemy.imperative import NAMES as MAPPERS
from constraintlint.project.models.sqlalchemy.queries import session_kinds
from constraintlint.project.models.sqlalchemy.reading import last_name
from constraintlint.project.schema.records import Place

RULE = "orm-call-with-unmapped-class"

_CLASS = ("query", "get", "get_one", "select")
_OBJECT = ("add", "add_all", "delete", "refresh", "merge", "expunge")
#: libraries whose classes are never mapped by SQLAlchemy
_PLAIN = (
    "pydantic.",
    "typing.",
    "abc.",
    "enum.",
    "marshmallow.",
    "builtins.",
    "dataclasses.",
    "typing_extensions.",
)
#: bases of classes that are mapped only where they say so
_UNMAPPED = frozenset(("sqlmodel.SQLModel", "sqlmodel.main.SQLModel"))


def check(project: Project) -> Iterator[Finding]:
    if not models(project) or _maps_out_of_sight(project):
        return
    drafts = Drafts(project.evaluator)
    for call, scope in calls(project, (*_CLASS, *_OBJECT), python=True):
        callee = call.callee
        name = callee.name if isinstance(callee, Member) else getattr(callee, "id", "")
        if not project.mentions(scope.path, ("Session", "session", "db", "select")):
            continue
        first = call.args[0] if call.args and not call.args[0].name and not call.args[0].spread else None
        if first is None or (name in ("get", "get_one") and not last_name(first.value)[:1].isupper()):
            continue
        if not _is_sqlalchemy(project, call, scope, name):
            continue
        items: list[Expr] = [first.value]
        if name == "add_all" and isinstance(first.value, Sequence):
            items = first.value.items
        for item in items:
            value = _unmapped(project, drafts, item, scope, "class" if name in _CLASS else "object")
            if value is not None:
                yield _finding(project, item, scope, value, name)


def _maps_out_of_sight(project: Project) -> bool:
    """Whether classes are mapped by calls whose class is not known."""
    for name in MAPPERS:
        for call, scope in project.evaluator.calls(name):
            given = [arg for arg in call.args if not arg.name]
            if not given or not any(
                isinstance(value.node, Class) for value in project.evaluator.eval(given[0].value, scope)
            ):
                return True
    return False


def _is_sqlalchemy(project: Project, call: Call, scope: Scope, name: str) -> bool:
    if name == "select":
        return project.objects.of(call, scope).queries != ()
    return isinstance(call.callee, Member) and bool(session_kinds(project.objects, call.callee.object, scope))


def _unmapped(project: Project, drafts: Drafts, expr: Expr, scope: Scope, kind: str) -> Value | None:
    """The class that an argument surely is (an object of), where it surely is not mapped."""
    if isinstance(expr, Name) and expr.id in ("self", "cls"):
        return None  # a mixin or a base: the object is of a class that derives from it
    found = [value for value in project.evaluator.eval(expr, scope) if value.kind != "constant"]
    if len(found) != 1 or found[0].kind != kind or not isinstance(found[0].node, Class):
        return None
    value = found[0]
    if project.models.of_class(found[0].node) is not None or _is_made_of_cls(value):
        return None
    if is_tested(project, scope.path, _source(expr, scope), expr.at):
        return None  # ``is not MISSING``: what stands for a missing object
    if isinstance(value.node, Class) and project.evaluator.subclasses(value.node.name):
        return None  # the class of ``self`` or ``cls`` may be a mapped one that derives from it
    draft = drafts.of(Value("class", value.path, value.at, value.name, node=value.node, scope=value.scope))
    if draft is None:
        return None
    for item in draft.mro:
        if (
            project.models.of_class(item.node) is not None
            or "__tablename__" in item.own
            or "__table__" in item.own
        ):
            return None
        libraries = item.libraries - _UNMAPPED  # of SQLModel only a class with ``table=True`` is mapped
        if any(not name.startswith(_PLAIN) and "." in name for name in libraries):
            return None
        if not item.known and not _only_plain(project, item.node, item.scope):
            return None
    return value


def _source(expr: Expr, scope: Scope) -> Expr:
    """What a name goes through, where it is the variable of a loop."""
    variable = scope.find(expr.id, expr.at[0]) if isinstance(expr, Name) else None
    bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
    return bind.value if bind is not None and bind.kind == "for" and bind.value is not None else expr


def _is_made_of_cls(value: Value) -> bool:
    """Whether ``cls(...)`` makes the object: of the class the method is called on, which may derive from this one."""
    callee = value.call.callee if value.call is not None else None
    return isinstance(callee, Name) and callee.id == "cls"


def _only_plain(project: Project, node: Class, scope: Scope) -> bool:
    """Whether every base and decorator of a class is known, if only as one of a library that maps nothing."""
    if scope.parent is None:
        return False
    for base in node.bases:
        values = project.evaluator.eval(base.value, scope.parent)
        if base.name:
            if base.name == "metaclass":
                return False
            continue
        if not values or any(
            value.kind not in ("class", "library")
            or (value.kind == "library" and not value.name.startswith(_PLAIN))
            for value in values
        ):
            return False
    for decorator in node.decorators:
        expr = decorator.callee if isinstance(decorator, Call) else decorator
        values = project.evaluator.eval(expr, scope.parent)
        if not values or any(
            value.kind != "library" or not value.name.startswith((*_PLAIN, "functools.")) for value in values
        ):
            return False
    return True


def _finding(project: Project, expr: Expr, scope: Scope, value: Value, method: str) -> Finding:
    assert isinstance(value.node, Class) and value.scope is not None
    name = value.node.name
    same = [model for model in project.models.of_orm("sqlalchemy") if model.name == name]
    place = Place(value.scope.path, project.span(value.scope.path, value.node.at))
    error = "ArgumentError" if method in ("query", "select", "get", "get_one") else "UnmappedInstanceError"
    trace = [step(place, f"{name} is defined here, and not mapped")]
    trace += [step(model.place, "a mapped class of the same name is here") for model in same[:1]]
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, expr.at),
        f"{method}() gets {name}, which is not a mapped class: {error}",
        help=f"use {same[0].name} of {same[0].path}"
        if same
        else "hand over the mapped class, or make a mapped object from this one first",
        trace=trace,
        subject=f"{method} {name} in {function_name(scope)}",
    )
