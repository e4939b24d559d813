"""Routers of Django REST framework 3 (and drf-nested-routers): the patterns their viewsets give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.project.routes import views
from constraintlint.project.routes.django_patterns import Pattern
from constraintlint.project.routes.django_views import ACTIONS, ClassView
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Blank,
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

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


class ExtraAction:
    """A method of a viewset with ``@action``."""

    def __init__(self, function: FunctionValue, args: Arguments) -> None:
        self.function = function
        methods = args.get(0, "methods")
        texts = methods if isinstance(methods, (list, tuple)) else ["get"]
        self.mapping = {str(m).lower(): function.name for m in texts if isinstance(m, str)}
        self.detail = args.get(1, "detail")
        path = args.get(2, "url_path")
        self.path: Value = path if path is not None else function.name
        function.attrs["__options__"] = dict(args.kwargs)


class Mapping(Native):
    """``function.mapping``: more methods for the same action, ``@function.mapping.delete``."""

    def __init__(self, action: ExtraAction) -> None:
        super().__init__()
        self.action = action

    def attribute(self, machine: Machine, name: str) -> Value:
        if name not in _METHODS:
            return MISSING

        def keep(machine: Machine, args: Arguments) -> Value:
            inner = innermost(args.get(0, "function"))
            if isinstance(inner, FunctionValue):
                self.action.mapping[name] = inner.name
                inner.attrs["__options__"] = self.action.function.attrs.get("__options__", {})
            return args.get(0, "function")

        return Builtin(keep, name)


def action(machine: Machine, args: Arguments) -> Value:
    """``@action(methods=..., detail=..., url_path=...)``."""

    def mark(machine: Machine, given: Arguments) -> Value:
        function = innermost(given.get(0, "func"))
        if isinstance(function, FunctionValue):
            made = ExtraAction(function, args)
            function.attrs["__action__"] = made
            function.attrs["mapping"] = Mapping(made)
        return given.get(0, "func")

    return Builtin(mark, "action")


def _route(detail: bool):  # type: ignore[no-untyped-def]
    """``@detail_route`` and ``@list_route``, before REST framework 3.10."""

    def make(machine: Machine, args: Arguments) -> Value:
        args.kwargs["detail"] = detail
        return action(machine, args)

    return make


class Router(Native):
    """``SimpleRouter`` and ``DefaultRouter`` (``root`` and format suffixes)."""

    def __init__(self, machine: Machine, args: Arguments, root: bool) -> None:
        super().__init__()
        self.args = args
        self.root = root
        slash = args.get(None if root else 0, "trailing_slash", True)
        self.attrs["trailing_slash"] = "/" if slash is not False else ""
        self.regex = args.get(None, "use_regex_path", True) is not False
        self.attrs["registry"] = []
        self.attrs["include_root_view"] = root
        self.attrs["include_format_suffixes"] = root
        self.above: tuple[str, str] | None = None
        """of a nested router: the expression before its prefixes"""

    def do_register(self, machine: Machine, args: Arguments) -> Value:
        viewset = args.get(1, "viewset")
        self.attrs["registry"].append((args.get(0, "prefix", UNKNOWN), viewset, args, machine.unsure > 0))
        return None

    def attribute(self, machine: Machine, name: str) -> Value:
        if name == "urls":
            return self.urls(machine)
        if name in ("get_urls",):
            return Builtin(lambda m, a: self.urls(m), name)
        owner = self.attrs.get("__owner__")
        if name.startswith("include_") or name == "trailing_slash":
            own = views.class_attribute(owner.cls, name) if owner is not None else None
            if own is not None:
                return own
        found = super().attribute(machine, name)
        return Opaque(f"rest_framework.routers.{name}") if found is MISSING else found

    # --- patterns -----------------------------------------------------------------------------------------------

    def urls(self, machine: Machine) -> list[Value]:
        slash = self.attribute(machine, "trailing_slash")
        slash = slash if isinstance(slash, str) else "/"
        found: list[Pattern] = []
        registry = self.attrs["registry"]
        for item in registry if isinstance(registry, list) else []:
            if not isinstance(item, tuple) or len(item) < 2:
                continue
            prefix, viewset = item[0], item[1]
            args = item[2] if len(item) > 2 and isinstance(item[2], Arguments) else self.args
            unsure = len(item) > 3 and item[3] is True
            found += self._viewset(machine, prefix, viewset, args, slash, unsure)
        suffixes = self.attribute(machine, "include_format_suffixes") is True
        if self.attribute(machine, "include_root_view") is True:
            root = Pattern(machine, self.args, "", False)
            root.automatic, root.method, root.name = True, "GET", "api-root"
            found.append(root)
        if not suffixes:
            return list(found)
        both: list[Value] = []
        for pattern in found:
            both += [pattern, _suffixed(machine, pattern)]
        return both

    def _viewset(
        self, machine: Machine, prefix: Value, viewset: Value, args: Arguments, slash: str, unsure: bool
    ) -> list[Pattern]:
        cls = views.class_of(viewset)
        if not isinstance(prefix, str) or cls is None:
            unknown = Blank(
                "the viewset registered here is not known", prefix if isinstance(prefix, str) else ""
            )
            return [Pattern(machine, args, unknown, True)]
        lookup = self._lookup(cls)
        start = f"^{self.above[0]}{prefix}" if self.above else f"^{prefix}"
        actions = _actions(cls)
        extra = sorted(_extra_actions(cls), key=lambda item: item.function.name)
        rows: list[tuple[str, dict[str, str]]] = [(f"{start}{slash}$", {"get": "list", "post": "create"})]
        rows += [(f"{start}/{item.path}{slash}$", item.mapping) for item in extra if item.detail is not True]
        detail = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
        rows.append((f"{start}/{lookup}{slash}$", detail))
        rows += [
            (f"{start}/{lookup}/{item.path}{slash}$", item.mapping) for item in extra if item.detail is True
        ]
        found: list[Pattern] = []
        for text, mapping in rows:
            known = {
                m: name
                for m, name in mapping.items()
                if name in actions or views.class_attribute(cls, name) is not None
            }
            if not known:
                continue
            if not prefix and text.startswith("^/"):
                text = "^" + text[2:]
            pattern = Pattern(machine, args, text, True)
            made = Arguments(args.path, args.at, [viewset, known])
            pattern.view = ClassView(viewset, made)
            pattern.conditional = pattern.conditional or unsure
            found.append(pattern)
        if _may_have_more(cls):
            gap = Pattern(
                machine, args, Blank("actions of a base class of the viewset are not known", f"{start}"), True
            )
            found.append(gap)
        return found

    def _lookup(self, cls: ClassValue) -> str:
        field = (
            views.class_attribute(cls, "lookup_url_kwarg")
            or views.class_attribute(cls, "lookup_field")
            or "pk"
        )
        value = views.class_attribute(cls, "lookup_value_regex") or "[^/.]+"
        return f"(?P<{field if isinstance(field, str) else 'pk'}>{value if isinstance(value, str) else '[^/.]+'})"


def _actions(cls: ClassValue) -> set[str]:
    found: set[str] = set()
    for base in cls.order():
        if isinstance(base, Library):
            found.update(ACTIONS.get(base.name.rpartition(".")[2], ()))
    return found


def _may_have_more(cls: ClassValue) -> bool:
    """Whether a base is not known, or is a viewset of another library."""
    for base in cls.order():
        if isinstance(base, ClassValue):
            continue
        if not isinstance(base, Library):
            return True
        last = base.name.rpartition(".")[2]
        if last.endswith("ViewSet") and last not in ACTIONS and last not in ("GenericViewSet", "ViewSet"):
            return True
    return False


def _extra_actions(cls: ClassValue) -> list[ExtraAction]:
    found: dict[str, ExtraAction] = {}
    seen: set[str] = set()
    for base in cls.order():
        if not isinstance(base, ClassValue):
            continue
        for name, value in base.attrs.items():
            inner = innermost(value) if isinstance(value, (FunctionValue, Decorated)) else None
            if name not in seen and isinstance(inner, FunctionValue):
                made = inner.attrs.get("__action__")
                if isinstance(made, ExtraAction):
                    found[name] = made
            seen.add(name)
    return list(found.values())


def _suffixed(machine: Machine, pattern: Pattern) -> Pattern:
    """The same with a format at its end: ``users.json``."""
    made = Pattern(machine, pattern.args, pattern.text, True)
    text = pattern.text if isinstance(pattern.text, str) else None
    if text is None:
        made.text = pattern.text
    elif pattern.regex:
        made.text = text.removesuffix("$").removesuffix("/") + r"\.(?P<format>[a-z0-9]+)/?$"
    else:
        made.text = text.rstrip("/") + "(?P<format>\\.[a-z0-9]+/?)"
    made.place, made.view, made.name = pattern.place, pattern.view, pattern.name
    made.automatic, made.conditional, made.method = True, pattern.conditional, pattern.method
    return made


def new_router(root: bool):  # type: ignore[no-untyped-def]
    def make(machine: Machine, args: Arguments) -> Value:
        return Router(machine, args, root)

    return make


def nested_router(root: bool):  # type: ignore[no-untyped-def]
    """``NestedSimpleRouter(parent, parent_prefix, lookup="domain")``."""

    def make(machine: Machine, args: Arguments) -> Value:
        router = Router(machine, Arguments(args.path, args.at, [], dict(args.kwargs), args.node), root)
        parent, prefix = args.get(0, "parent_router"), args.get(1, "parent_prefix")
        native = getattr(parent, "native", None) or parent
        if not isinstance(native, Router) or not isinstance(prefix, str):
            return UNKNOWN
        router.attrs["trailing_slash"] = native.attrs["trailing_slash"]
        lookup = args.get(None, "lookup", "nested_" + prefix.replace("-", "_"))
        viewset = next((item[1] for item in native.attrs["registry"] if item[0] == prefix), None)
        cls = views.class_of(viewset)
        own = native._lookup(cls) if cls is not None else "(?P<pk>[^/.]+)"
        own = re.sub(r"\?P<", f"?P<{lookup}_", own, count=1)
        above = native.above[0] if native.above else ""
        router.above = (f"{above}{prefix}/{own}/", "")
        return router

    return make


def hooks(machine: Machine) -> None:
    """The library functions of routers and actions."""
    machine.functions |= {
        "rest_framework.routers.SimpleRouter": new_router(False),
        "rest_framework.routers.DefaultRouter": new_router(True),
        "rest_framework_nested.routers.SimpleRouter": new_router(False),
        "rest_framework_nested.routers.DefaultRouter": new_router(True),
        "rest_framework_nested.routers.NestedSimpleRouter": nested_router(False),
        "rest_framework_nested.routers.NestedDefaultRouter": nested_router(True),
        "rest_framework.decorators.action": action,
        "rest_framework.decorators.detail_route": _route(True),
        "rest_framework.decorators.list_route": _route(False),
    }
    machine.functions["rest_framework.urlpatterns.format_suffix_patterns"] = _format_suffix_patterns


def _format_suffix_patterns(machine: Machine, args: Arguments) -> Value:
    given = args.get(0, "urlpatterns")
    if not isinstance(given, list):
        return given
    found: list[Value] = []
    for pattern in given:
        found.append(pattern)
        if isinstance(pattern, Pattern) and pattern.included is None:
            found.append(_suffixed(machine, _as_regex(machine, pattern)))
    return found


def _as_regex(machine: Machine, pattern: Pattern) -> Pattern:
    """A ``path`` whose parameters are written as groups."""
    if pattern.regex or not isinstance(pattern.text, str):
        return pattern
    made = Pattern(
        machine, pattern.args, re.sub(r"<(?:[^:>]+:)?(\w+)>", r"(?P<\1>[^/]+)", pattern.text), True
    )
    made.place, made.view, made.name, made.conditional = (
        pattern.place,
        pattern.view,
        pattern.name,
        pattern.conditional,
    )
    return made
