"""The views of Django and Django REST framework: which methods they answer, and what guards them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Expr
from constraintlint.project.routes import views
from constraintlint.project.routes.records import Guard, Handler
from constraintlint.project.routes.startup import decorators
from constraintlint.project.routes.startup.values import (
    Arguments,
    Builtin,
    ClassValue,
    Decorated,
    FunctionValue,
    Library,
    Native,
    Opaque,
    Value,
    innermost,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

HTTP = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_FORM = ("get", "post", "put")
#: methods that view classes of libraries define, by the last name of the class
_BASES: dict[str, tuple[str, ...]] = {
    "View": (), "APIView": (), "GenericAPIView": (), "GenericViewSet": (), "ViewSet": (), "ViewSetMixin": (),
    "TemplateView": ("get",), "ListView": ("get",), "DetailView": ("get",), "BaseListView": ("get",),
    "BaseDetailView": ("get",), "RedirectView": ("get", "head", "post", "options", "delete", "put", "patch"),
    "FormView": _FORM, "BaseFormView": _FORM, "ProcessFormView": _FORM, "CreateView": _FORM, "UpdateView": _FORM,
    "BaseCreateView": _FORM, "BaseUpdateView": _FORM, "DeleteView": ("get", "post", "delete"),
    "DeletionMixin": ("post", "delete"), "ArchiveIndexView": ("get",), "YearArchiveView": ("get",),
    "MonthArchiveView": ("get",), "WeekArchiveView": ("get",), "DayArchiveView": ("get",), "TodayArchiveView": ("get",),
    "DateDetailView": ("get",), "LoginView": _FORM, "LogoutView": ("post",), "PasswordChangeView": _FORM,
    "PasswordChangeDoneView": ("get",), "PasswordResetView": _FORM, "PasswordResetDoneView": ("get",),
    "PasswordResetConfirmView": _FORM, "PasswordResetCompleteView": ("get",), "JavaScriptCatalog": ("get",),
    "JSONCatalog": ("get",),
    "CreateAPIView": ("post",), "ListAPIView": ("get",), "RetrieveAPIView": ("get",), "DestroyAPIView": ("delete",),
    "UpdateAPIView": ("put", "patch"), "ListCreateAPIView": ("get", "post"),
    "RetrieveUpdateAPIView": ("get", "put", "patch"), "RetrieveDestroyAPIView": ("get", "delete"),
    "RetrieveUpdateDestroyAPIView": ("get", "put", "patch", "delete"), "ObtainAuthToken": ("post",),
    "TokenObtainPairView": ("post",), "TokenRefreshView": ("post",), "TokenVerifyView": ("post",),
    "TokenBlacklistView": ("post",), "SpectacularAPIView": ("get",), "SpectacularSwaggerView": ("get",),
    "SpectacularRedocView": ("get",), "SpectacularJSONAPIView": ("get",), "SpectacularYAMLAPIView": ("get",),
}  # fmt: skip
#: actions of viewsets that library classes define
ACTIONS: dict[str, tuple[str, ...]] = {
    "ModelViewSet": ("list", "create", "retrieve", "update", "partial_update", "destroy"),
    "ReadOnlyModelViewSet": ("list", "retrieve"),
    "ListModelMixin": ("list",), "CreateModelMixin": ("create",), "RetrieveModelMixin": ("retrieve",),
    "UpdateModelMixin": ("update", "partial_update"), "DestroyModelMixin": ("destroy",),
}  # fmt: skip
_NAMES = {"LogoutView": ("post", "options")}
_REST = ("rest_framework.", "rest_framework_simplejwt.", "drf_spectacular.")


class ClassView(Native):
    """What ``SomeView.as_view(...)`` gives; ``actions`` maps methods to actions of a viewset."""

    decoratable = True

    def __init__(self, cls: Value, args: Arguments) -> None:
        super().__init__()
        self.cls = cls
        self.args = args
        first = args.get(1, "actions")
        self.actions: dict[str, str] | None = (
            {str(k).lower(): v for k, v in first.items() if isinstance(v, str)}
            if isinstance(first, dict)
            else None
        )
        self.options: dict[str, Value] = dict(args.kwargs)

    @property
    def name(self) -> str:
        return views.shown(self.cls)


def as_view(machine: Machine, args: Arguments) -> Value:
    return ClassView(args.args[0] if args.args else None, args)


class Allowed(Native):
    """A view restricted to some methods by a decorator."""

    decoratable = True

    def __init__(self, view: Value, methods: list[str], rest: bool) -> None:
        super().__init__()
        self.view = view
        self.methods = methods
        self.rest = rest
        """whether Django REST framework answers OPTIONS for it"""

    @property
    def name(self) -> str:
        return views.shown(self.view)


def allowing(methods: tuple[str, ...] | None, rest: bool = False):  # type: ignore[no-untyped-def]
    """``require_GET`` and its like (``methods`` given), ``require_http_methods`` and ``api_view`` (given in the call)."""

    def restrict(machine: Machine, args: Arguments) -> Value:
        view = args.get(0, "func")
        return Allowed(view, [*methods], rest) if methods is not None else view

    def of_call(machine: Machine, args: Arguments) -> Value:
        given = args.get(0, "http_method_names" if rest else "request_method_list", ["GET"] if rest else None)
        if not isinstance(given, (list, tuple, set, frozenset)) or not all(isinstance(m, str) for m in given):
            return Opaque("require_http_methods()", args)
        texts = [str(method).upper() for method in given]
        return Builtin(lambda m, a: Allowed(a.get(0, "func"), texts, rest), "require_http_methods")

    return restrict if methods is not None else of_call


def _last(value: Value) -> str:
    return value.name.rpartition(".")[2] if isinstance(value, Library) else ""


def is_rest(cls: Value) -> bool:
    """Whether a class is a view of Django REST framework."""
    bases = cls.order() if isinstance(cls, ClassValue) else [cls]
    return any(isinstance(base, Library) and base.name.startswith(_REST) for base in bases)


def _library_methods(name: str) -> tuple[str, ...] | None:
    last = name.rpartition(".")[2]
    if last in _BASES:
        return _BASES[last]
    if (
        last in ACTIONS
        or last.endswith(("Mixin", "Mixins"))
        or name.startswith(("builtins.", "typing.", "abc."))
    ):
        return ()
    return None


def methods_of(cls: Value) -> tuple[list[str], list[str], bool]:
    """Methods a view class defines, those Django adds, and whether these are all."""
    defined: set[str] = set()
    whole = True
    names: Value = None
    for base in cls.order() if isinstance(cls, ClassValue) else [cls]:
        if isinstance(base, ClassValue):
            defined |= {name for name in HTTP if name in base.attrs}
            names = base.attrs.get("http_method_names") if names is None else names
        elif isinstance(base, Library):
            known = _library_methods(base.name)
            whole = whole and known is not None
            defined.update(known or ())
            names = _NAMES.get(_last(base)) if names is None else names
        else:
            whole = False
    if isinstance(cls, ClassValue) and "dispatch" in cls.attrs and not defined:
        return ["*"], [], True
    allowed = _allowed(names)
    added = {"options"}
    if "get" in defined and "head" not in defined:
        added.add("head")
    listed = [name.upper() for name in HTTP if name in defined and name in allowed]
    automatic = [name.upper() for name in HTTP if name in added - defined and name in allowed]
    return listed, automatic, whole


def _allowed(names: Value) -> set[str]:
    if isinstance(names, (list, tuple, set)) and all(isinstance(name, str) for name in names):
        return {name.lower() for name in names}
    return set(HTTP)


def allowed_names(cls: Value, options: dict[str, Value]) -> set[str]:
    """``http_method_names`` of a class as ``as_view`` may override it."""
    if "http_method_names" in options:
        return _allowed(options["http_method_names"])
    return _allowed(views.class_attribute(cls, "http_method_names") if isinstance(cls, ClassValue) else None)


def unwrapped(view: Value) -> tuple[Value, tuple[Guard, ...], list[str] | None, bool]:
    """A view without the decorators around it: the view, its guards, the methods left, and whether REST framework answers."""
    guards: tuple[Guard, ...] = ()
    methods: list[str] | None = None
    rest = False
    for _ in range(30):
        if isinstance(view, Allowed):
            methods = view.methods if methods is None else [m for m in methods if m in view.methods]
            rest = rest or view.rest
            view = view.view
        elif isinstance(view, Decorated):
            guards = (*guards, *view.guards)
            view = view.original
        else:
            break
    return view, guards, methods, rest


def class_view_guards(
    machine: Machine, cls: Value, options: dict[str, Value], action: Value
) -> tuple[Guard, ...]:
    """Decorators, mixins, authentication and permission classes in force for one action of a view class."""
    found: list[Guard] = []
    inner = innermost(cls)
    if not isinstance(inner, ClassValue):
        return ()
    for base in inner.order():
        if isinstance(base, ClassValue):
            found += base.decorators
        elif isinstance(base, Library) and base.name.endswith(("RequiredMixin", "UserPassesTestMixin")):
            found.append(Guard("mixin", Handler(_last(base), machine.place(inner.node.at, inner.path))))
    for how in ("authentication_classes", "permission_classes"):
        given = None
        function = innermost(action)
        if isinstance(function, FunctionValue):
            given = function.attrs.get("__options__", {}).get(how)
        if given is None:
            given = options.get(how)
        if given is None:
            given = views.class_attribute(inner, how)
        if given is None and is_rest(inner):
            given = _default(machine, how)
        found += views.class_guards(machine, inner, how, given)
    return tuple(found)


def _default(machine: Machine, how: str) -> Value:
    """What ``REST_FRAMEWORK`` in the settings says for views that say nothing."""
    settings = machine.names.get("django.conf.settings")
    found = settings.attribute(machine, "REST_FRAMEWORK") if isinstance(settings, Native) else None
    if not isinstance(found, dict):
        return None
    given = found.get(f"DEFAULT_{how.upper()}")
    if isinstance(given, (list, tuple)):
        return [Library(item) if isinstance(item, str) else item for item in given]
    return None


def function_handler(machine: Machine, view: Value, args: Arguments, expr: Expr | None) -> Handler:
    return decorators.handler(machine, view, args.path, expr, args.at)


def hooks(machine: Machine) -> None:
    """The library functions of views."""
    machine.class_methods["as_view"] = as_view
    for module in ("django.views.decorators.http", "django.views.decorators"):
        machine.functions |= {
            f"{module}.require_GET": allowing(("GET",)),
            f"{module}.require_POST": allowing(("POST",)),
            f"{module}.require_safe": allowing(("GET", "HEAD")),
            f"{module}.require_http_methods": allowing(None),
        }
    machine.functions["rest_framework.decorators.api_view"] = allowing(None, rest=True)
