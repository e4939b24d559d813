"""A model whose table no migration makes, or migrations that the start script never applies."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from constraintlint.checks.django._scripts import Commands, commands
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.django_migrations import states
from constraintlint.project.models.django_records import DjangoModel
from constraintlint.roles import is_development, is_test

RULE = "django-models-without-applied-migrations"


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use or not django.settings.files or not django.apps.installed_known:
        return
    models = [model for model in django.all if _has_table(model)]
    if not models or django.settings.list("MIGRATION_MODULES").found:
        return
    known = states(project)
    done = commands(project)
    found = False
    for model in models:
        app = django.apps.of(model.path)
        if app is None or app.entry is None or done.syncs or not django.is_imported(model):
            continue
        state = known.get(app.directory)
        package = _package(app.directory)
        has_package = f"{package}/__init__.py" in project.tree.files or any(
            path.startswith(package + "/") for path in project.paths
        )
        if state is None and not has_package:
            if app.label in done.makes:
                continue  # an app without the package is made when it is named
            found = True
            yield _model_finding(
                model,
                f"the app {app.label} has no migrations, so {_table(model)} is never created: no such table",
                f"run manage.py makemigrations {app.label} and commit the migrations",
                app.entry.place.path,
                app.entry.place.span[0],
            )
        elif "*" in done.makes or app.label in done.makes:
            continue
        elif state is None or (state.complete and model.name.lower() not in state.models):
            if not has_package:
                continue
            found = True
            yield _model_finding(
                model,
                f"no migration of the app {app.label} creates {model.name}, so {_table(model)} does not exist: no such table",
                f"run manage.py makemigrations {app.label} and commit the new migration",
                app.entry.place.path,
                app.entry.place.span[0],
            )
    if not found and known and not done.migrates and not done.syncs:
        yield from _never_applied(done, models)


def _has_table(model: DjangoModel) -> bool:
    return (
        not model.abstract
        and not model.proxy
        and model.managed
        and "app_label" not in model.meta
        and not is_test(model.path)
        and not is_development(model.path)
        and model.scope is not None
        and model.scope.parent is not None
        and model.scope.parent.kind == "module"
    )


def _table(model: DjangoModel) -> str:
    return f"the table {model.db_table}" if model.db_table and model.db_table != "?" else "its table"


def _package(directory: str) -> str:
    return posixpath.join(directory, "migrations") if directory else "migrations"


def _model_finding(model: DjangoModel, message: str, help_text: str, path: str, line: int) -> Finding:
    start_line, start_column, *_ = model.place.span
    return finding(
        RULE,
        model.path,
        (start_line, start_column, start_line, start_column + len("class ") + len(model.name)),
        message,
        help=help_text,
        trace=[Step(path, line, 1, "the app is installed here")],
        subject=f"{model.label}",
    )


def _never_applied(done: Commands, models: list[DjangoModel]) -> Iterator[Finding]:
    """The run script starts the server on a database that nothing migrates."""
    for start in done.starts[:1]:
        yield finding(
            RULE,
            start.path,
            (start.line, 1, start.line, 1 + len(start.text)),
            "the server is started, but nothing in the project applies the migrations: no such table on a new database",
            help="run python manage.py migrate --noinput before the server",
            trace=[Step(models[0].path, models[0].place.span[0], 1, f"{models[0].name} needs its table")],
            subject=f"{start.path}: migrate",
            severity="warning",
        )
