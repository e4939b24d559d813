"""A synchronous query in a coroutine: Django refuses it while an event loop runs."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks.django._walk import iterated, served
from constraintlint.facts.code import Call, Expr, Member
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_types import Typed
from constraintlint.roles import is_test

RULE = "django-sync-orm-in-async"
#: methods of managers and querysets that run a query, and their asynchronous twins
_QUERIES = frozenset(
    [
        "aggregate",
        "bulk_create",
        "bulk_update",
        "contains",
        "count",
        "create",
        "delete",
        "earliest",
        "exists",
        "explain",
        "first",
        "get",
        "get_or_create",
        "in_bulk",
        "last",
        "latest",
        "update",
        "update_or_create",
    ]
)
_RELATED = frozenset(["add", "clear", "remove", "set"])
_INSTANCE = frozenset(["delete", "refresh_from_db", "save"])
_ITERATING = frozenset(
    ("for", "list", "tuple", "set", "sorted", "len", "sum", "any", "all", "max", "min", "enumerate")
)


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use or not django.all:
        return
    if any(
        project.mentions(path, ("DJANGO_ALLOW_ASYNC_UNSAFE",))
        for path in project.paths
        if path.endswith(".py")
    ):
        return
    for call, scope in calls(project, _QUERIES | _RELATED | _INSTANCE, python=True):
        if not _in_coroutine(scope) or is_test(scope.path) or not isinstance(call.callee, Member):
            continue
        owner = django.types.of(call.callee.object, scope)
        if owner is not None and _runs(owner, call.callee.name):
            yield _finding(project, call, scope, f"{call.callee.name}()", _help(call))
    for path in served(project):
        file = project.evaluator.file(path)
        if file is None or not any(
            inner.function is not None and inner.function.is_async for inner in file.by_node.values()
        ):
            continue
        for expr, scope, how in iterated(project, path):
            if how in _ITERATING and _in_coroutine(scope):
                owner = django.types.of(expr, scope)
                if (
                    owner is not None
                    and owner.model is not None
                    and (owner.kind == "queryset" or (owner.kind == "rows" and owner.manager is not None))
                ):
                    yield _finding(
                        project, expr, scope, "the iteration over a queryset",
                        "iterate with async for, or await sync_to_async(list)(queryset)",
                    )  # fmt: skip


def _in_coroutine(scope: Scope) -> bool:
    """Whether code of this scope runs in a coroutine: its nearest function is ``async``."""
    here: Scope | None = scope
    while here is not None and here.kind == "comprehension":
        here = here.parent
    return here is not None and here.function is not None and here.function.is_async


def _runs(owner: Typed, method: str) -> bool:
    if owner.model is None or owner.pair:
        return False
    if owner.kind == "instance":
        return method in _INSTANCE and not (owner.model.node is not None and _overrides(owner, method))
    if owner.kind not in ("manager", "related", "queryset"):
        return False
    if owner.manager is not None and any(
        cls.scope is not None and method in cls.scope.names for cls in owner.manager.classes
    ):
        return False
    if method in _RELATED:
        return owner.kind == "related"
    return method in _QUERIES and not (method in ("contains", "delete") and owner.kind == "manager")


def _overrides(owner: Typed, method: str) -> bool:
    scope = owner.model.scope if owner.model is not None else None
    return scope is not None and method in scope.names


def _help(call: Call) -> str:
    name = call.callee.name if isinstance(call.callee, Member) else ""
    return f"await the asynchronous method a{name}(...), or wrap the call in sync_to_async"


def _finding(project: Project, node: Expr, scope: Scope, what: str, help_text: str) -> Finding:
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, node.at),
        f"{what} queries the database in a coroutine: SynchronousOnlyOperation, you cannot call this from an async context",
        help=help_text,
        subject=f"{scope.path}: {scope.node.name if scope.node is not None else ''} {what}",
    )
