"""Tables that Django migrations make, and those of Django's own apps that are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.project.django_migrations import AppState, StateModel, states
from constraintlint.project.models.django import family, join_table, key_family, reference_of, table_of
from constraintlint.project.models.django_records import DjangoModel, Field
from constraintlint.project.schema.records import Column, Gap, Place, Table

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.models.django_index import DjangoModels


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """The tables as the migrations leave them. SQL in ``RunSQL`` is read where all SQL of the code is."""
    django = project.django
    if not django.in_use:
        return [], []
    tables: list[Table] = []
    gaps: list[Gap] = []
    for state in states(project).values():
        for model in state.models.values():
            if model.managed and not model.proxy:
                tables += _tables(django, state, model)
        gaps += [Gap(place, "an operation of this migration could not be followed") for place in state.unread]
    tables += _contrib(django)
    if django.all or tables:
        for item in django.apps.foreign:
            gaps.append(Gap(item.place, f"the tables of the installed app {item.text} are not known"))
    return tables, gaps


def _tables(django: DjangoModels, state: AppState, model: StateModel) -> list[Table]:
    name = model.db_table or f"{state.label}_{model.name.lower()}"
    columns: list[Column] = []
    complete = model.complete and state.complete and model.plain_bases
    joined: list[Table] = []
    holder = DjangoModel(
        "", f"{state.label}.{model.name}", model.name, state.label, model.place.path, model.place, db_table=name,
        fields=dict(model.fields),
    )  # fmt: skip
    for field in model.fields.values():
        _aim(django, state, field)
        if field.cls == "ManyToManyField":
            made = join_table(django, holder, field)
            if made is not None:
                joined.append(msgspec.structs.replace(made, source="migration"))
            continue
        if not field.column or field.column == "?":
            complete = complete and field.column != "?"
            continue
        columns.append(_column(django, field))
    primary = tuple(field.column for field in model.fields.values() if field.primary_key)
    table = Table(name, model.place, "migration", tuple(columns), complete, "", True, primary_key=primary)
    return [table, *joined]


def _aim(django: DjangoModels, state: AppState, field: Field) -> None:
    """Give a relation in a migration its target."""
    written = field.target_written
    if written in ("AUTH_USER_MODEL", "settings.AUTH_USER_MODEL"):
        field.target = django.user_label
    elif "." in written and not written.startswith(("class:", "dotted:")):
        field.target = written
    elif written and written.isidentifier():
        field.target = f"{state.label}.{written}"


def _column(django: DjangoModels, field: Field) -> Column:
    kind = key_family(django, field) if field.is_relation else family(field)
    return Column(
        field.column, field.place, field.cls if field.cls != "*" else "", kind, field.null, field.primary_key, field.unique,
        field.has_default, field.cls in ("AutoField", "BigAutoField", "SmallAutoField"), True,
        references=reference_of(django, field),
    )  # fmt: skip


def _contrib(django: DjangoModels) -> list[Table]:
    """The tables of Django's own apps, at their lines in INSTALLED_APPS."""
    found: list[Table] = []
    if not django.apps.contrib:
        return found
    shown = (
        [django.settings.list("INSTALLED_APPS").items[0].place]
        if django.settings.list("INSTALLED_APPS").items
        else []
    )
    for label, model in sorted(django.by_label.items()):
        item = django.apps.contrib.get(model.app)
        if (
            model.node is not None
            or item is None
            or (label == "auth.user" and django.user_label != "auth.User")
        ):
            continue
        placed = _placed(model, item.place)
        table = table_of(django, placed)
        if table is not None:
            found.append(table)
        for field in placed.fields.values():
            joined = join_table(django, placed, field)
            if joined is not None:
                found.append(joined)
    if shown:
        found.append(_own_table(shown[0]))
    return found


def _placed(model: DjangoModel, place: Place) -> DjangoModel:
    fields = {name: msgspec.structs.replace(field, place=place) for name, field in model.fields.items()}
    return msgspec.structs.replace(model, place=place, fields=fields)


def _own_table(place: Place) -> Table:
    """What ``migrate`` keeps its record in."""
    columns = (
        Column("id", place, "BigAutoField", "integer", False, True, True, False, True, True),
        Column("app", place, "CharField", "text", False, quoted=True),
        Column("name", place, "CharField", "text", False, quoted=True),
        Column("applied", place, "DateTimeField", "datetime", False, quoted=True),
    )
    return Table("django_migrations", place, "django", columns, True, "", True, primary_key=("id",))
