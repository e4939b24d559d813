"""System checks on models and fields (``django.db.models.fields.related``, ``django.db.models.base``, Django 4.2 to 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.django._problems import Problem
from constraintlint.facts.code import Call, Expr, Member, Name, Sequence
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.django_field_calls import constant_of
from constraintlint.project.models.django_paths import resolve
from constraintlint.project.models.django_records import DjangoModel, Field
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_test


def problems(project: Project) -> Iterator[Problem]:
    django = project.django
    if not django.apps.installed_known:
        return
    for model in django.all:
        if is_test(model.path) or model.scope is None or django.app_is_installed(model) is not True:
            continue
        for field in model.fields.values():
            if field.call is not None and field.place.path == model.path and field.own:
                yield from _field(project, model, field)
        if not model.abstract and model.complete:
            yield from _meta(project, model)
    yield from _clashes(project)
    yield from _user(project)


# --- fields -----------------------------------------------------------------------------------------------------


def _options(field: Field) -> dict[str, Expr] | None:
    """The keyword arguments of a field exactly of Django's class; None where a spread hides some."""
    if field.call is None or field.custom or any(arg.spread for arg in field.call.args):
        return None
    return {arg.name: arg.value for arg in field.call.args if arg.name}


def _field(project: Project, model: DjangoModel, field: Field) -> Iterator[Problem]:
    options = _options(field)
    if options is None or field.call is None or field.scope is None:
        return
    subject = f"{model.label}.{field.name}"
    if field.cls == "DecimalField" and not any(not arg.name for arg in field.call.args):
        if "decimal_places" not in options:
            yield Problem(
                "fields.E130",
                field.place,
                f"DecimalField {field.name} must define decimal_places",
                "give it decimal_places",
                subject,
            )
        if "max_digits" not in options:
            yield Problem(
                "fields.E132",
                field.place,
                f"DecimalField {field.name} must define max_digits",
                "give it max_digits",
                subject,
            )
    if field.cls in ("ForeignKey", "OneToOneField"):
        yield from _on_delete(project, field, options, subject)
        yield from _target(project, model, field, subject)
    elif field.cls == "ManyToManyField":
        yield from _target(project, model, field, subject)
    if field.name == "id" and not field.primary_key and "primary_key" not in options and not model.abstract:
        yield Problem(
            "models.E004",
            field.place,
            "'id' can only be used as a field name with primary_key=True",
            "rename the field",
            subject,
        )


def _on_delete(project: Project, field: Field, options: dict[str, Expr], subject: str) -> Iterator[Problem]:
    positional = [arg.value for arg in field.call.args if not arg.name] if field.call is not None else []
    expr = options.get("on_delete") or (positional[1] if len(positional) > 1 else None)
    if not isinstance(expr, (Name, Member)) or field.scope is None:
        return
    names = {value.name for value in project.evaluator.eval(expr, field.scope)}
    if len(names) != 1 or not next(iter(names)).startswith("django.db.models"):
        return
    last = next(iter(names)).rpartition(".")[2]
    if last == "SET_NULL" and field.null is False:
        yield Problem(
            "fields.E320",
            field.place,
            f"{field.name} has on_delete=SET_NULL but cannot be null",
            "set null=True, or change on_delete",
            subject,
        )
    elif last == "SET_DEFAULT" and "default" not in options and "db_default" not in options:
        yield Problem(
            "fields.E321",
            field.place,
            f"{field.name} has on_delete=SET_DEFAULT but no default",
            "set a default, or change on_delete",
            subject,
        )


def _target(project: Project, model: DjangoModel, field: Field, subject: str) -> Iterator[Problem]:
    """A relation to a model that no installed app has."""
    django = project.django
    written = field.target_written
    if model.abstract or not written or ":" in written or written in ("?", "self", "AUTH_USER_MODEL"):
        return
    label = written if "." in written else f"{model.app}.{written}"
    app, _, name = label.partition(".")
    if "." in name or not name or label.lower() in django.by_label:
        return
    ours = [item for item in django.apps.installed.values() if item.label == app]
    contrib = app in django.apps.contrib and app in ("auth", "contenttypes", "sessions", "sites", "admin")
    if not contrib and (len(ours) != 1 or any(item.name == name and item.app == app for item in django.all)):
        return
    if not contrib and _has_unread_models(project, ours[0].directory, name):
        return
    yield Problem(
        "fields.E300", field.place, f"{field.name} defines a relation with model '{label}', which is not installed",
        "name a model of an installed app", subject,
    )  # fmt: skip


def _has_unread_models(project: Project, directory: str, name: str) -> bool:
    """Whether a class of that name stands in a file of the app, whatever it derives from."""
    prefix = f"{directory}/" if directory else ""
    for path in project.paths:
        if path.startswith(prefix) and path.endswith(".py"):
            facts = project.facts(path)
            if facts is not None and (
                facts.dynamic_names
                or any(item.name == name for item in facts.bindings)
                or any(
                    imported.local == name or imported.name == "*"
                    for item in facts.imports
                    for imported in item.names
                )
            ):
                return True
    return False


# --- reverse accessors ------------------------------------------------------------------------------------------


def _clashes(project: Project) -> Iterator[Problem]:
    django = project.django
    for first, second, target in django.clashes:
        if not hasattr(second, "accessor"):
            continue
        sources = [django.by_label.get(item.source.lower()) for item in (first, second)]  # type: ignore[union-attr]
        if any(
            item is None
            or not django.is_imported(item)
            or (item.node is not None and django.app_is_installed(item) is not True)
            for item in sources
        ):
            continue
        shown = second if second.field.place.path else first  # type: ignore[union-attr]
        other = first if shown is second else second
        if not shown.field.place.path or is_test(shown.field.place.path):  # type: ignore[union-attr]
            # both fields come from a base of Django: the class is the place
            owner = next((item for item in sources if item is not None and item.node is not None), None)
            if owner is None:
                continue
            line, column, *_ = owner.place.span
            place = Place(owner.path, (line, column, line, column + len("class ") + len(owner.name)))
        else:
            place = shown.field.place  # type: ignore[union-attr]
        ids = "fields.E304"
        help_text = "give one of them a related_name"
        if {item.label for item in sources if item is not None} & {"auth.User"}:
            own = next((item for item in sources if item is not None and item.label != "auth.User"), None)
            if own is not None:
                help_text = (
                    f'set AUTH_USER_MODEL = "{own.label}" in the settings, or give both fields a related_name'
                )
        yield Problem(
            ids, place,
            f"reverse accessor '{target.name}.{first.accessor}' of {first.source}.{first.field.name} and of "
            f"{second.source}.{second.field.name} clash",  # type: ignore[union-attr]
            help_text, f"{target.label}.{first.accessor}",
            ((other.field.place, "the other field"),) if other.field.place.path else (),  # type: ignore[union-attr]
        )  # fmt: skip
    for model in django.all:
        if model.abstract or is_test(model.path):
            continue
        for accessor, reverse in model.reverse.items():
            field = model.fields.get(accessor)
            source = django.source(reverse)
            if field is None or not field.own or source is None or source.node is None or reverse.field.auto:
                continue
            if (
                django.app_is_installed(source) is not True
                or not reverse.field.place.path
                or is_test(reverse.field.place.path)
            ):
                continue
            yield Problem(
                "fields.E302", reverse.field.place,
                f"reverse accessor '{model.name}.{accessor}' of {reverse.source}.{reverse.field.name} clashes with the field {model.label}.{accessor}",
                "rename the field, or give the relation another related_name", f"{reverse.source}.{reverse.field.name}",
                ((field.place, "the field"),),
            )  # fmt: skip


# --- Meta -------------------------------------------------------------------------------------------------------


def _meta(project: Project, model: DjangoModel) -> Iterator[Problem]:
    ordering = model.meta.get("ordering")
    if ordering is not None and isinstance(ordering[0], Sequence):
        for item, text in _texts(project, ordering[0], ordering[1]):
            name = text.lstrip("-+")
            if not name or name == "?" or "order_with_respect_to" in model.meta:
                continue
            found = resolve(project.django, model, name, frozenset(), lookups=False)
            if found.outcome == "unknown-name" or (
                found.outcome == "unknown-lookup" and found.model is model
            ):
                yield Problem(
                    "models.E015", _place(project, ordering[1], item),
                    f"'ordering' of {model.name} refers to the nonexistent field, related field, or lookup '{name}'",
                    "name a field of the model", f"{model.label}: {name}",
                )  # fmt: skip
    together = model.meta.get("unique_together")
    if together is not None and isinstance(together[0], Sequence):
        yield from _names(project, model, together[0], together[1], "unique_together")
    for key in ("constraints", "indexes"):
        listed = model.meta.get(key)
        if listed is None or not isinstance(listed[0], Sequence):
            continue
        for item in listed[0].items:
            fields = (
                next((arg.value for arg in item.args if arg.name == "fields"), None)
                if isinstance(item, Call)
                else None
            )
            if isinstance(fields, Sequence):
                yield from _names(project, model, fields, listed[1], key)


def _texts(project: Project, node: Sequence, scope: Scope) -> Iterator[tuple[Expr, str]]:
    for item in node.items:
        if isinstance(item, Sequence):
            yield from _texts(project, item, scope)
        elif not isinstance(item, Call):
            text = constant_of(project.evaluator, item, scope)
            if isinstance(text, str):
                yield item, text


def _names(
    project: Project, model: DjangoModel, node: Sequence, scope: Scope, option: str
) -> Iterator[Problem]:
    for item, text in _texts(project, node, scope):
        name = text.lstrip("-")
        if name in model.fields or name in model.attnames() or name == "pk":
            continue
        yield Problem(
            "models.E012", _place(project, scope, item), f"'{option}' of {model.name} refers to the nonexistent field '{name}'",
            "name a field of the model", f"{model.label}: {name}",
        )  # fmt: skip


def _place(project: Project, scope: Scope, expr: Expr) -> Place:
    return Place(scope.path, project.span(scope.path, expr.at))


# --- the user model ---------------------------------------------------------------------------------------------


def _user(project: Project) -> Iterator[Problem]:
    """``django.contrib.auth.checks.check_user_model``."""
    django = project.django
    user = django.user
    if (
        user is None
        or user.node is None
        or user.scope is None
        or not user.complete
        or "auth" not in django.apps.contrib
    ):
        return
    written = _own(project, user, "USERNAME_FIELD")
    name = written[1] if written is not None else "username"
    if not isinstance(name, str):
        return
    field = user.fields.get(name)
    if field is None or written is None:
        return
    required = user.scope.names.get("REQUIRED_FIELDS")
    value = required[-1].binds[-1].value if required else None
    if isinstance(value, Sequence):
        for item, text in _texts(project, value, user.scope):
            if text == name:
                yield Problem(
                    "auth.E002", _place(project, user.scope, item),
                    f"the field named as USERNAME_FIELD of {user.name} must not be in REQUIRED_FIELDS", "take it out", user.label,
                )  # fmt: skip
    backends = django.settings.list("AUTHENTICATION_BACKENDS")
    if not field.unique and not field.custom and not backends.found and not _unique_alone(user, name):
        yield Problem(
            "auth.E003", _place(project, user.scope, written[0]),
            f"'{user.name}.{name}' must be unique because it is named as the USERNAME_FIELD", f"set unique=True on {name}", user.label,
            ((field.place, "the field"),) if field.place.path else (),
        )  # fmt: skip


def _unique_alone(user: DjangoModel, name: str) -> bool:
    """Whether a constraint may make it unique."""
    return "constraints" in user.meta


def _own(project: Project, model: DjangoModel, key: str) -> tuple[Expr, object] | None:
    variables = model.scope.names.get(key) if model.scope is not None else None
    if not variables or variables[-1].binds[-1].value is None or model.scope is None:
        return None
    expr = variables[-1].binds[-1].value
    return expr, constant_of(project.evaluator, expr, model.scope)
