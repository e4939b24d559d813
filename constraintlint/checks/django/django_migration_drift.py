"""A model and the migrations of its app disagree about its fields."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.django._scripts import commands
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.django_migrations import StateModel, states
from constraintlint.project.models.django_fields import VIRTUAL
from constraintlint.project.models.django_records import DjangoModel, Field
from constraintlint.roles import is_test

RULE = "django-migration-drift"


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use or not django.all:
        return
    known = states(project)
    if not known or django.settings.list("MIGRATION_MODULES").found:
        return
    makes = commands(project).makes
    for model in django.all:
        app = django.apps.of(model.path)
        if (
            app is None
            or model.abstract
            or model.proxy
            or not model.managed
            or is_test(model.path)
            or "app_label" in model.meta
        ):
            continue
        state = known.get(app.directory)
        if state is None or not state.complete or "*" in makes or app.label in makes:
            continue
        migrated = state.models.get(model.name.lower())
        if (
            migrated is not None
            and migrated.complete
            and migrated.managed
            and not migrated.proxy
            and model.complete
        ):
            yield from _compare(project, model, migrated)


def _compare(project: Project, model: DjangoModel, migrated: StateModel) -> Iterator[Finding]:
    own = {name: field for name, field in model.fields.items() if field.own and field.cls not in VIRTUAL}
    for name, field in own.items():
        there = migrated.fields.get(name)
        if there is None:
            if not field.auto:
                yield _finding(
                    project,
                    model,
                    field,
                    migrated,
                    f'no migration adds "{name}" to {model.name}: {_missing(field)}',
                )
        elif _differs(field, there):
            yield _finding(
                project, model, field, migrated,
                f'"{name}" of {model.name} is a {field.cls}, but the migrations make it a {there.cls}',
            )  # fmt: skip
    for name, there in migrated.fields.items():
        if (
            name not in own
            and not there.auto
            and name not in model.fields
            and there.cls not in VIRTUAL
            and not _is_link(there)
        ):
            line, column, *_ = model.place.span
            needed = there.null is False and not there.optional
            yield finding(
                RULE,
                model.path,
                (line, column, line, column + len("class ") + len(model.name)),
                f'{model.name} no longer has "{name}", but no migration removes it'
                + (": an INSERT fails, the column is NOT NULL" if needed else ""),
                help="run manage.py makemigrations and commit the new migration",
                trace=[Step(there.place.path, there.place.span[0], there.place.span[1], "it is made here")],
                subject=f"{model.label}.{name}",
                severity=None if needed else "warning",
            )


def _missing(field: Field) -> str:
    if field.cls == "ManyToManyField":
        return "its join table does not exist"
    return f'the column "{field.column}" does not exist'


def _is_link(field: Field) -> bool:
    return field.name.endswith("_ptr") or field.name == "id"


def _differs(field: Field, there: Field) -> bool:
    """Whether the column is surely of another kind."""
    if (
        field.custom
        or there.custom
        or "*" in (field.cls, there.cls)
        or field.auto
        or there.auto
        or field.primary_key
    ):
        return False
    return field.cls != there.cls


def _finding(
    project: Project, model: DjangoModel, field: Field, migrated: StateModel, message: str
) -> Finding:
    place = field.place
    return finding(
        RULE,
        place.path,
        place.span,
        message,
        help="run manage.py makemigrations and commit the new migration",
        trace=[
            Step(
                migrated.place.path,
                migrated.place.span[0],
                migrated.place.span[1],
                f"{model.name} is made here",
            )
        ],
        subject=f"{model.label}.{field.name}",
    )
