"""The views of Flask: functions, ``View`` and ``MethodView`` classes, and the methods each answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes import views
from constraintlint.project.routes.flask_objects import HTTP
from constraintlint.project.routes.records import Guard, Handler
from constraintlint.project.routes.startup.values import (
    Arguments,
    Blank,
    ClassValue,
    FunctionValue,
    Library,
    Native,
    Value,
    innermost,
)

if TYPE_CHECKING:
    from constraintlint.facts.code import Expr
    from constraintlint.project.routes.startup.machine import Machine

METHOD_VIEWS = (
    "flask.views.MethodView",
    "flask_restful.Resource",
    "flask_restx.Resource",
    "flask_restplus.Resource",
)
VIEWS = ("flask.views.View", *METHOD_VIEWS)


class ClassView(Native):
    """What ``SomeView.as_view("name")`` gives."""

    def __init__(self, cls: Value, name: Value) -> None:
        super().__init__()
        self.cls = cls
        self.attrs["name"] = name
        self.attrs["__name__"] = name

    @property
    def name(self) -> str:
        name = self.attrs["name"]
        return name if isinstance(name, str) else views.shown(self.cls)


def as_view(machine: Machine, args: Arguments) -> Value:
    """``as_view`` of a class; the class is the first argument."""
    return ClassView(args.args[0] if args.args else None, args.get(1, "name"))


def class_of(view: Value) -> ClassValue | None:
    """The view class behind what is registered."""
    inner = innermost(view)
    if isinstance(inner, ClassView):
        return views.class_of(inner.cls)
    return inner if isinstance(inner, ClassValue) else None


def is_external(view: Value) -> bool:
    """Whether a view class comes from a library."""
    inner = innermost(view)
    return isinstance(inner, ClassView) and isinstance(innermost(inner.cls), Library)


def methods_of(view: Value) -> list[str] | None:
    """The methods a view itself declares; None where it leaves them to the rule."""
    cls = class_of(view)
    if cls is None:
        inner = innermost(view)
        declared = inner.attrs.get("methods") if isinstance(inner, FunctionValue) else None
        return _texts(declared)
    own = views.class_attribute(cls, "methods")
    if own is not None:
        return _texts(own)
    if not cls.is_a(*METHOD_VIEWS) and not cls.is_open():
        return None
    found = [name.upper() for name in HTTP if views.class_attribute(cls, name) is not None]
    return found or None


def _texts(value: Value) -> list[str] | None:
    if isinstance(value, (list, tuple, set, frozenset)):
        texts = [item.upper() for item in value if isinstance(item, str)]
        return sorted(texts) if len(texts) == len(value) else None
    return None


def automatic_options(view: Value) -> bool | None:
    """``provide_automatic_options`` of the view, None where it says nothing."""
    cls = class_of(view)
    value = views.class_attribute(cls, "provide_automatic_options") if cls is not None else None
    if cls is None:
        inner = innermost(view)
        value = inner.attrs.get("provide_automatic_options") if isinstance(inner, FunctionValue) else None
    return value if isinstance(value, bool) else None


def answered_by(
    machine: Machine, view: Value, method: str, args: Arguments, expr: Expr | None
) -> tuple[Handler, tuple[Guard, ...]]:
    """The handler of one method of a rule, and the guards its decorators are."""
    cls = class_of(view)
    if cls is None:
        inner = innermost(view)
        value = inner.cls if isinstance(inner, ClassView) else view
        return views.handler_of(machine, value, args.path, args.at, expr)
    outer = (
        *views.guards_of(view),
        *reversed(
            [
                *views.class_guards(machine, cls, "decorator", views.class_attribute(cls, "decorators")),
                *views.class_guards(
                    machine, cls, "decorator", views.class_attribute(cls, "method_decorators")
                ),
            ]
        ),
    )
    names = (
        [method.lower(), "get", "dispatch_request"]
        if method == "HEAD"
        else [method.lower(), "dispatch_request"]
    )
    name = next((n for n in names if views.class_attribute(cls, n) is not None), names[0])
    found, guards = views.method_handler(machine, cls, name, expr)
    return found, (*outer, *guards)


def unknown_methods(methods: Value) -> bool:
    return methods is not None and (isinstance(methods, Blank) or _texts(methods) is None)


def texts(value: Value) -> list[str] | None:
    return _texts(value)


def hooks(machine: Machine) -> None:
    """The library functions of views."""
    for name in VIEWS:
        machine.functions[f"{name}.as_view"] = as_view
