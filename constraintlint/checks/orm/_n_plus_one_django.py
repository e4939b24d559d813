"""The Django part of ``n-plus-one-query``: a relation of each object of a queryset is read in a loop without being loaded ahead.

Three facts are needed: the loop runs over a queryset whose whole chain is known, the attribute is a relation of its model, and
neither ``select_related`` nor ``prefetch_related`` names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from constraintlint.checks.django._queries import plain
from constraintlint.checks.django._walk import served
from constraintlint.facts.code import Assign, At, Call, Comprehension, Expr, Loop, Member, Name, Node, walk
from constraintlint.project import Project
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_records import DjangoModel
from constraintlint.project.models.django_types import SAME
from constraintlint.project.schema.records import Place

#: reads of a related manager that use what was loaded ahead
_READS = frozenset(("all", "count", "exists"))
_MAX_CHAIN = 30


class Repeated(NamedTuple):
    """A relation that is queried once for every object of a loop. ``declared`` is the field, None for one of Django's own."""

    path: str
    at: At
    message: str
    help: str
    loop: At
    declared: Place | None


def find(project: Project) -> Iterator[Repeated]:
    """Every relation read in a loop over a queryset that does not load it ahead, in a file this configuration serves."""
    django = project.django
    if not django.in_use or not django.all:
        return
    names = {field.name for model in django.all for field in model.fields.values() if field.is_relation}
    names |= {name for model in django.all for name in model.reverse}
    for path in served(project, names):
        file = project.evaluator.file(path)
        for node in file.of_kinds(Loop, Comprehension) if file is not None else ():
            if file is None:
                break
            if (
                isinstance(node, Loop)
                and node.kind == "for"
                and isinstance(node.target, Name)
                and node.iterable is not None
            ):
                yield from _loop(
                    project,
                    node,
                    node.target.id,
                    node.iterable,
                    file.at(node.iterable.at[0]),
                    list(node.body),
                    names,
                )
            elif isinstance(node, Comprehension) and len(node.clauses) == 1:
                clause = node.clauses[0]
                inner: list[Node] = [node.element, *clause.conditions]
                if node.value is not None:
                    inner.append(node.value)
                if isinstance(clause.target, Name):
                    scope = file.at(clause.iterable.at[0])
                    yield from _loop(project, node, clause.target.id, clause.iterable, scope, inner, names)


def _loop(
    project: Project, loop: Node, item: str, iterable: Expr, scope: Scope, body: list[Node], names: set[str]
) -> Iterator[Repeated]:
    reads = [
        node
        for part in body
        for node in walk(part)
        if isinstance(node, Member)
        and node.name in names
        and isinstance(node.object, Name)
        and node.object.id == item
    ]
    reads = [read for read in reads if not _is_given(read.name, item, body)]
    if not reads:
        return
    types = project.django.types
    typed = types.of(iterable, scope)
    if typed is None or typed.kind != "queryset" or typed.model is None:
        return
    if typed.manager is not None and not typed.manager.plain:
        return  # the project's manager may load ahead
    loaded = _loaded(project, iterable, scope)
    if loaded is None:
        return
    seen: set[str] = set()
    for read in reads:
        if read.name in seen:
            continue
        problem = _problem(project, typed.model, read, body, loaded)
        if problem is not None:
            seen.add(read.name)
            message, method, declared = problem
            yield Repeated(
                scope.path,
                read.at,
                message,
                f'load it with the list: .{method}("{read.name}")',
                loop.at,
                declared,
            )


def _is_given(name: str, item: str, body: list[Node]) -> bool:
    """Whether the loop assigns the relation itself."""
    return any(
        isinstance(target, Member)
        and target.name == name
        and isinstance(target.object, Name)
        and target.object.id == item
        for part in body
        for node in walk(part)
        if isinstance(node, Assign)
        for target in node.targets
    )


def _problem(
    project: Project, model: DjangoModel, read: Member, body: list[Node], loaded: set[str]
) -> tuple[str, str, Place | None] | None:
    name = read.name
    if name in loaded or "*" in loaded or name in model.members:
        return None
    field = model.fields.get(name)
    if field is not None and field.cls in ("ForeignKey", "OneToOneField") and not field.auto:
        return (
            f"{model.name}.{name} is queried for each object of the loop",
            "select_related",
            field.place if field.place.path else None,
        )
    reverse = model.reverse.get(name)
    many = (field is not None and field.cls == "ManyToManyField") or (reverse is not None and reverse.many)
    if many:
        place = field.place if field is not None else reverse.field.place if reverse is not None else None
        if any(
            isinstance(node, Call)
            and isinstance(node.callee, Member)
            and node.callee.object is read
            and node.callee.name in _READS
            for part in body
            for node in walk(part)
        ):
            return f"{model.name}.{name} is queried for each object of the loop", "prefetch_related", place
    return None


def _loaded(
    project: Project, expr: Expr, scope: Scope, seen: frozenset[int] = frozenset()
) -> set[str] | None:
    """First parts of the names a chain loads ahead, on whatever way it is put together; ``*`` for all keys; None where a part
    of it is not known."""
    found: set[str] = set()
    for _ in range(_MAX_CHAIN):
        if isinstance(expr, Name):
            more = _of_name(project, expr, scope, seen)
            return found | more if more is not None else None
        if not isinstance(expr, Call):
            return _root(project, expr, scope, found)
        if not isinstance(expr.callee, Member) or expr.callee.name not in SAME:
            more = _of_function(project, expr, scope, seen)
            if more is not None:
                return found | more
        if not isinstance(expr.callee, Member):
            return _root(project, expr, scope, found)
        method = expr.callee.name
        if method not in SAME or method in ("get_queryset", "extra", "defer", "only"):
            return None
        if method in ("select_related", "prefetch_related"):
            if not expr.args:
                found.add("*")
            for arg in expr.args:
                text = plain(arg.value)
                if text is None and isinstance(arg.value, Call) and arg.value.args:
                    text = plain(arg.value.args[0].value)  # Prefetch("name", ...)
                if text is None:
                    return None
                found.add(text.split("__")[0])
        expr = expr.callee.object
    return None


def _of_name(project: Project, expr: Name, scope: Scope, seen: frozenset[int]) -> set[str] | None:
    """What is loaded ahead by any of the definitions that reach a name: ``found = found.filter(...)`` under a condition."""
    variable = scope.find(expr.id, expr.at[0])
    reached = reaching(variable, scope, expr.at[0]) if variable is not None else []
    binds = [bind for bind in reached if bind.kind != "declare" and id(bind) not in seen]
    if not binds or len(seen) > _MAX_CHAIN:
        return None
    found: set[str] = set()
    for bind in binds:
        if bind.kind != "assign" or bind.keys or bind.op or bind.value is None:
            return None
        more = _loaded(project, bind.value, bind.inner, seen | {id(bind)})
        if more is None:
            return None
        found |= more
    return found


def _of_function(project: Project, call: Call, scope: Scope, seen: frozenset[int]) -> set[str] | None:
    """What is loaded ahead by the queryset that a function of a module of the project returns."""
    values = project.evaluator.eval(call.callee, scope)
    inner = values[0].scope if len(values) == 1 and values[0].kind == "function" else None
    if inner is None or inner.function is None or inner.parent is None or inner.parent.kind != "module":
        return None
    if id(inner) in seen or inner.function.decorators or not inner.returns:
        return None
    found: set[str] = set()
    for stmt in inner.returns:
        more = _loaded(project, stmt.value, inner, seen | {id(inner)}) if stmt.value is not None else None
        if more is None:
            return None
        found |= more
    return found


def _root(project: Project, expr: Expr, scope: Scope, found: set[str]) -> set[str] | None:
    """What a chain starts with: a plain manager. The objects of a related manager know where they came from."""
    typed = project.django.types.of(expr, scope)
    if (
        typed is None
        or typed.kind not in ("manager", "related")
        or (typed.manager is not None and not typed.manager.plain)
    ):
        return None
    if typed.kind == "related" and typed.field is not None:
        found.add(typed.field.name)
    return found
