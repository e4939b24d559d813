"""A feature of one database engine is used where the project runs on another one."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import calls
from constraintlint.checks._stack import steps_of
from constraintlint.checks.django._engines import surely
from constraintlint.checks.django._queries import queries, references
from constraintlint.facts.code import At, Call, Constant, Member
from constraintlint.findings import Finding, Severity, finding
from constraintlint.project import Project
from constraintlint.project.evidence.claims import Entry
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_fields import OF_POSTGRES, POSTGRES
from constraintlint.project.models.django_paths import resolve
from constraintlint.roles import is_migration, is_test

RULE = "django-unsupported-on-engine"
_TITLES = {
    "sqlite": "SQLite",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "oracle": "Oracle",
    "mssql": "SQL Server",
}
#: functions, aggregates and indexes of django.contrib.postgres whose SQL other engines do not have
_CALLS = {
    "ArrayAgg": "aggregates",
    "BitAnd": "aggregates",
    "BitOr": "aggregates",
    "BoolAnd": "aggregates",
    "BoolOr": "aggregates",
    "JSONBAgg": "aggregates",
    "SearchQuery": "search",
    "SearchRank": "search",
    "SearchVector": "search",
    "SearchHeadline": "search",
    "TrigramSimilarity": "search",
    "TrigramDistance": "search",
    "TrigramWordSimilarity": "search",
    "RandomUUID": "functions",
    "TransactionNow": "functions",
    "ArraySubquery": "expressions",
}


class _Use(msgspec.Struct):
    path: str
    at: At
    message: str
    help: str


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use or not django.settings.files:
        return
    for engine, title in _TITLES.items():
        known = surely(project, engine)
        if known is not None:
            for use in _uses(project, engine, title):
                yield _finding(project, use, known[0], known[1])


def _finding(project: Project, use: _Use, severity: Severity | None, entry: Entry) -> Finding:
    return finding(
        RULE,
        use.path,
        project.span(use.path, use.at),
        use.message,
        help=use.help,
        trace=steps_of(entry),
        subject=f"{use.path}: {use.message}",
        severity=severity,
    )


def _uses(project: Project, engine: str, title: str) -> Iterator[_Use]:
    yield from _fields(project, title)
    for call, scope in calls(project, _CALLS, python=True):
        if not is_test(scope.path) and _of_postgres(project, call, scope):
            name = call.callee.name if isinstance(call.callee, Member) else getattr(call.callee, "id", "")
            yield _Use(
                scope.path,
                call.at,
                f"{name} of django.contrib.postgres is SQL that {title} does not have: OperationalError when the query runs",
                "compute it in Python, or use PostgreSQL",
            )
    for call, scope in calls(project, ("distinct", "select_for_update"), python=True):
        yield from _method(project, call, scope, engine, title)
    yield from _lookups(project, title)


def _fields(project: Project, title: str) -> Iterator[_Use]:
    for model in project.django.all:
        if is_test(model.path) or not model.managed:
            continue
        for field in model.fields.values():
            if (
                field.cls in POSTGRES
                and field.place.path == model.path
                and field.call is not None
                and field.own
            ):
                alike = "JSONField" if field.cls in ("ArrayField", "HStoreField") else "plain fields"
                yield _Use(
                    model.path,
                    field.call.at,
                    f"{field.cls} of {model.name} needs PostgreSQL: {title} has no such column type",
                    f"use {alike} or a table of its own, or run on PostgreSQL",
                )


def _of_postgres(project: Project, call: Call, scope: Scope) -> bool:
    found = project.evaluator.eval(call.callee, scope)
    return bool(found) and all(
        value.kind == "library" and value.name.startswith("django.contrib.postgres.") for value in found
    )


def _method(project: Project, call: Call, scope: Scope, engine: str, title: str) -> Iterator[_Use]:
    if not isinstance(call.callee, Member) or is_test(scope.path) or is_migration(scope.path):
        return
    owner = project.django.types.of(call.callee.object, scope)
    if owner is None or owner.kind not in ("manager", "related", "queryset", "rows"):
        return
    if owner.kind == "rows" and owner.manager is None:
        return
    if call.callee.name == "distinct":
        if any(not arg.spread for arg in call.args):
            yield _Use(
                scope.path,
                (call.callee.at[1] - len("distinct"), call.at[1]),
                f"distinct() with fields: NotSupportedError, DISTINCT ON fields is not supported on {title}",
                "use values(...).distinct(), or a subquery",
            )
    elif engine in ("mysql", "mariadb", "oracle") and any(
        arg.name == "no_key" and isinstance(arg.value, Constant) and arg.value.value is True
        for arg in call.args
    ):
        yield _Use(
            scope.path,
            call.at,
            f"select_for_update(no_key=True): NotSupportedError, FOR NO KEY UPDATE is not supported on {title}",
            "leave no_key out",
        )


def _lookups(project: Project, title: str) -> Iterator[_Use]:
    """``unaccent``, ``trigram_similar`` and ``search``, which django.contrib.postgres registers wherever it is installed."""
    django = project.django
    if "postgres" not in django.apps.contrib:
        return
    for query in queries(project):
        for reference in references(project, query):
            last = reference.name.rpartition("__")[2]
            if reference.role != "lookup" or not OF_POSTGRES & set(reference.name.split("__")):
                continue
            found = resolve(django, query.model, reference.name.rpartition("__")[0], query.names)
            if (
                last in OF_POSTGRES
                and found.outcome == "known"
                and found.field is not None
                and found.field.cls in ("CharField", "TextField")
            ):
                yield _Use(
                    reference.path,
                    reference.at,
                    f'the lookup "{last}" of django.contrib.postgres is SQL that {title} does not have: OperationalError',
                    "use icontains, or run on PostgreSQL",
                )
