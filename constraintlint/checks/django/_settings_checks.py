"""System checks on the settings: what the admin site needs (``django.contrib.admin.checks``, Django 4.2 to 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.django._problems import Problem
from constraintlint.facts.code import Mapping, Sequence
from constraintlint.project import Project
from constraintlint.project.flow.values import Value, object_entries
from constraintlint.project.schema.records import Place

_APPS = (
    ("admin.E401", "django.contrib.contenttypes"),
    ("admin.E405", "django.contrib.auth"),
    ("admin.E406", "django.contrib.messages"),
)
_MIDDLEWARE = (
    ("admin.E408", "django.contrib.auth.middleware.AuthenticationMiddleware"),
    ("admin.E409", "django.contrib.messages.middleware.MessageMiddleware"),
    ("admin.E410", "django.contrib.sessions.middleware.SessionMiddleware"),
)
_PROCESSORS = (
    ("admin.E402", "django.contrib.auth.context_processors.auth"),
    ("admin.E404", "django.contrib.messages.context_processors.messages"),
)
_DJANGO = "django.template.backends.django.DjangoTemplates"


def problems(project: Project) -> Iterator[Problem]:
    settings = project.django.settings
    installed = settings.list("INSTALLED_APPS")
    admin = next(
        (
            item
            for item in installed.items
            if item.text in ("django.contrib.admin", "django.contrib.admin.apps.AdminConfig")
        ),
        None,
    )
    if (
        admin is None
        or not installed.complete
        or settings.constants("SILENCED_SYSTEM_CHECKS", None) != {None}
    ):
        return
    for number, package in _APPS:
        if not any(item.text == package or item.text.startswith(package + ".") for item in installed.items):
            yield Problem(
                number,
                admin.place,
                f"the admin application needs '{package}' in INSTALLED_APPS",
                f"add '{package}'",
                package,
            )
    middleware = settings.list("MIDDLEWARE")
    if (
        middleware.found
        and middleware.complete
        and all(item.text.startswith("django.") for item in middleware.items)
    ):
        for number, name in _MIDDLEWARE:
            if name not in middleware:
                place = middleware.items[0].place if middleware.items else admin.place
                yield Problem(
                    number,
                    place,
                    f"the admin application needs '{name}' in MIDDLEWARE",
                    f"add '{name}'",
                    name,
                )
    yield from _templates(project, admin.place)


def _templates(project: Project, admin: Place) -> Iterator[Problem]:
    """TEMPLATES of one settings module, written as a literal."""
    values = project.django.settings.values("TEMPLATES")
    if len(values) != 1 or not isinstance(values[0].node, Sequence) or values[0].scope is None:
        return
    ev = project.evaluator
    if ev.grows(values[0], values[0].scope):
        return
    engines: list[Value] = []
    for item in values[0].node.items:
        found = ev.eval(item, values[0].scope)
        if len(found) != 1 or not isinstance(found[0].node, Mapping):
            return
        engines += found
    ours = []
    for engine in engines:
        backend = object_entries(project, engine).get("BACKEND", [])
        if len(backend) != 1 or not isinstance(backend[0].constant, str):
            return
        if backend[0].constant == _DJANGO:
            ours.append(engine)
    if not ours:
        if engines:
            yield Problem(
                "admin.E403",
                admin,
                f"the admin application needs '{_DJANGO}' in TEMPLATES",
                "add that backend",
                "TEMPLATES",
            )
        return
    if len(ours) != 1:
        return
    names = _processors(project, ours[0])
    if names is None:
        return
    node = ours[0].node
    assert node is not None
    place = Place(ours[0].path, project.span(ours[0].path, node.at))
    for number, name in _PROCESSORS:
        if name not in names:
            yield Problem(
                number, place, f"'{name}' must be enabled in the context processors of DjangoTemplates to use the admin",
                f"add '{name}' to OPTIONS['context_processors']", name, ((admin, "the admin is installed here"),),
            )  # fmt: skip


def _processors(project: Project, engine: Value) -> list[str] | None:
    options = object_entries(project, engine).get("OPTIONS", [])
    if not options:
        return []
    if len(options) != 1 or options[0].kind != "mapping":
        return None
    listed = object_entries(project, options[0]).get("context_processors", [])
    if not listed:
        return []
    if len(listed) != 1 or not isinstance(listed[0].node, Sequence) or listed[0].scope is None:
        return None
    if project.evaluator.grows(listed[0], listed[0].scope):
        return None
    names: list[str] = []
    for item in listed[0].node.items:
        values = project.evaluator.eval(item, listed[0].scope)
        if len(values) != 1 or not isinstance(values[0].constant, str):
            return None
        names.append(values[0].constant)
    return names
