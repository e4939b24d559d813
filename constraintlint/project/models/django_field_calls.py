"""The call that makes a field, read: its class, its target, its options."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING

from constraintlint.facts.code import Arg, Call, Class, Constant, Expr, Member, Name
from constraintlint.project.flow import classes
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.django_fields import (
    AUTO,
    FAMILIES,
    FORWARD,
    LIKE_FORWARD,
    RELATIONS,
    VIRTUAL,
)
from constraintlint.project.models.django_records import Field
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.evaluate import Evaluator

_KNOWN = frozenset(FAMILIES) | RELATIONS | VIRTUAL
#: first positional arguments that are a verbose name
_MANAGERS = ("Manager", "manager", "QuerySet")
#: packages whose fields make one column and one attribute, and nothing else
_ONE_COLUMN = (
    "phonenumber_field.",
    "django_countries.",
    "colorfield.",
    "autoslug.",
    "django_extensions.db.fields.",
    "model_utils.fields.",
    "timezone_field.",
    "encrypted_model_fields.",
    "django_cryptography.",
    "tinymce.",
    "ckeditor",
    "django_ckeditor_5.",
    "markdownx.",
    "martor.",
    "mdeditor.",
    "pgvector.django",
    "django.contrib.gis.",
    "django_jsonform.",
    "multiselectfield.",
    "localflavor.",
    "computedfields.",
    "shortuuid.",
    "shortuuidfield.",
    "jsonfield.",
    "netfields.",
    "oauth2_provider.generators",
)


class Given(Enum):
    """What a call in a class body is where it is no field: something else, or not known."""

    OTHER = 0
    UNKNOWN = 1


def field_of(project: Project, name: str, call: Call, scope: Scope, values: Iterable[Value]) -> Field | Given:
    """The field a call makes. ``call`` stands in ``scope``; ``values`` are what it gives."""
    ev = project.evaluator
    values = list(values)
    if len(values) != 1:
        return Given.UNKNOWN
    value = values[0]
    inner, inner_scope = call, scope
    if value.kind == "result" and value.call is not None and value.caller is not None:
        # a helper of the project may have made it
        inner, inner_scope = value.call, value.caller
        dotted = value.name.removesuffix("()")
        if dotted.endswith("()") or "(" in dotted:
            return Given.UNKNOWN
        cls, custom = _library_class(ev, value, dotted)
    elif value.kind == "object":
        cls, custom = _project_class(ev, value), True
    elif value.kind in ("handle",):
        return Given.UNKNOWN if "anager" in value.name or "QuerySet" in value.name else Given.OTHER
    elif value.kind in ("text", "constant", "mapping", "sequence", "env", "function", "class", "module"):
        return Given.OTHER
    else:
        return Given.UNKNOWN
    if not cls:
        return Given.UNKNOWN if custom else Given.OTHER
    return _field(project, name, cls, custom, inner, inner_scope, value)


def _library_class(ev: Evaluator, value: Value, dotted: str) -> tuple[str, bool]:
    """(class, whether it is not exactly Django's). ``""`` and True: may be a field of a package; ``""`` and False: is none."""
    known = LIKE_FORWARD.get(dotted)
    if known:
        return known, True
    last = dotted.rpartition(".")[2]
    if dotted.startswith("django."):
        if last in _KNOWN:
            return last, False
        if last.endswith("Field") and ".forms" not in dotted:
            return "*", True
        return "", False
    if dotted.startswith("rest_framework"):
        return "", False
    if dotted.startswith(_ONE_COLUMN) and last.endswith(("Field", "Field2")):
        return "*", True
    if last[:1].islower() or dotted.startswith(
        ("builtins.", "collections.", "decimal.", "datetime.", "re.", "logging.", "typing.")
    ):
        return "", False
    return "", True


def _project_class(ev: Evaluator, value: Value) -> str:
    """The field class of Django that a class of the project derives from; ``""`` where it is no field, or not known."""
    for item in classes.ancestry(ev, value)[1:]:
        if item.kind == "class":
            continue
        name = item.name.removesuffix("()")
        last = name.rpartition(".")[2]
        if name.startswith("django.") and last in _KNOWN:
            return last
        if name in LIKE_FORWARD:
            return LIKE_FORWARD[name]
        if name.startswith("django.db.models") and last == "Field":
            return "*"
    return ""


def _field(
    project: Project, name: str, cls: str, custom: bool, call: Call, scope: Scope, value: Value
) -> Field:
    ev = project.evaluator
    place = Place(scope.path, project.span(scope.path, call.at))
    options = {arg.name: arg.value for arg in call.args if arg.name and not arg.spread}
    spread = any(arg.spread for arg in call.args)

    def flag(key: str) -> bool | None:
        if key not in options:
            return None if spread or custom else False
        given = constant_of(ev, options[key], scope)
        return given if isinstance(given, bool) else None

    def text(key: str) -> str:
        given = constant_of(ev, options[key], scope) if key in options else None
        return (
            given if isinstance(given, str) else "?" if key in options and not _is_none(options[key]) else ""
        )

    column = text("db_column") or (name + "_id" if cls in FORWARD else name)
    if cls == "ManyToManyField" or cls in VIRTUAL:
        column = ""
    null = True if cls == "NullBooleanField" else flag("null")
    default = any(
        key in options for key in ("default", "db_default", "auto_now", "auto_now_add", "expression")
    )
    found = Field(
        name, cls, place, column, call, scope, custom,
        null=null,
        primary_key=flag("primary_key") is True,
        unique=flag("unique") is True or flag("primary_key") is True or cls == "OneToOneField",
        optional=default or spread or null is not False or flag("blank") is True or cls in AUTO or cls == "ManyToManyField" or cls in VIRTUAL,
        has_default=default,
        has_choices="choices" in options,
    )  # fmt: skip
    if cls in RELATIONS or cls == "GenericRelation":
        found.target_written = _target(ev, call, options, scope)
        found.related_name = text("related_name")
        found.related_query_name = text("related_query_name")
        found.through = _model_reference(ev, options["through"], scope) if "through" in options else ""
        found.db_table = text("db_table")
        found.to_field = text("to_field")
        if spread:
            found.related_name = found.related_name or "?"
        if custom and value.kind == "object" and not found.target_written:
            found.target_written = "?"
    return found


def _is_none(expr: Expr) -> bool:
    return isinstance(expr, Constant) and expr.kind == "none"


def _target(ev: Evaluator, call: Call, options: dict[str, Expr], scope: Scope) -> str:
    expr = options.get("to")
    if expr is None:
        first: Arg | None = call.args[0] if call.args else None
        if first is None or first.name or first.spread:
            return ""
        expr = first.value
    return _model_reference(ev, expr, scope)


def _model_reference(ev: Evaluator, expr: Expr, scope: Scope) -> str:
    """``"app.Model"``, ``"Model"``, ``"self"``; ``class:path:Name`` for a class; ``dotted:...`` for a library class; ``"?"``."""
    if isinstance(expr, Member) and expr.name == "AUTH_USER_MODEL":
        return "AUTH_USER_MODEL"
    if isinstance(expr, Call):
        callee = expr.callee
        last = callee.id if isinstance(callee, Name) else callee.name if isinstance(callee, Member) else ""
        if last == "get_user_model":
            return "AUTH_USER_MODEL"
    for value in ev.eval(expr, scope):
        if isinstance(value.constant, str):
            return value.constant
        if value.kind == "class" and isinstance(value.node, Class):
            return f"class:{id(value.node)}"
        if value.kind in ("library", "handle"):
            if (
                value.call is not None
                and value.kind == "library"
                and _last(value.call.callee) == "get_user_model"
            ):
                return "AUTH_USER_MODEL"
            if value.name == "django.conf.settings.AUTH_USER_MODEL":
                return "AUTH_USER_MODEL"
            return f"dotted:{value.name}"
    return "?"


def _last(expr: Expr) -> str:
    return expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""


def constant_of(ev: Evaluator, expr: Expr, scope: Scope) -> object:
    """The constant an expression surely is, else None."""
    if isinstance(expr, Constant):
        return expr.value
    found = ev.eval(expr, scope)
    return found[0].constant if len(found) == 1 else None
