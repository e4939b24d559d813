"""URL patterns of Django: ``path``, ``re_path``, ``include`` and what can stand in ``urlpatterns``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes.django_templates import Expression, regex_pieces, route_pieces
from constraintlint.project.routes.path_pieces import Parameter, Piece
from constraintlint.project.routes.startup import imports
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Blank,
    Instance,
    Library,
    Module,
    Native,
    Value,
)
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine


class Pattern(Native):
    """A pattern with its view, or with the patterns below it."""

    def __init__(self, machine: Machine, args: Arguments, text: Value, regex: bool) -> None:
        super().__init__()
        self.place: Place = machine.place(args.at, args.path)
        self.args = args
        self.text = text
        self.regex = regex
        self.view: Value = None
        self.included: Include | None = None
        self.name = ""
        self.automatic = False
        self.conditional = machine.unsure > 0
        self.method = ""
        """set where the pattern itself knows the only method"""
        self.extra: Value = None

    def expression(self) -> Expression | None:
        """What the pattern takes; None where that is not known."""
        if isinstance(self.text, list):
            return Expression(self.text, False, True)
        if not isinstance(self.text, str):
            return None
        return regex_pieces(self.text) if self.regex else Expression(route_pieces(self.text), False, True)

    def known_part(self) -> list[Piece]:
        """The beginning that is known of a text that is not."""
        text = getattr(self.text, "prefix", "")
        return regex_pieces(text).pieces if self.regex else route_pieces(text)


class Include(Native):
    """``include(...)``: a module of the project, a list of patterns, or something of a library."""

    def __init__(self, target: Value, args: Arguments) -> None:
        super().__init__()
        self.target = target
        self.args = args

    def patterns(self, machine: Machine) -> list[Value] | None:
        """The patterns included; None where they are not known."""
        target = self.target
        if isinstance(target, Module):
            target = imports.module_attribute(machine, target, "urlpatterns")
        if isinstance(target, Instance) and target.native is None:
            return None
        return list(target) if isinstance(target, (list, tuple)) else None


def path(machine: Machine, args: Arguments) -> Value:
    return _pattern(machine, args, False)


def re_path(machine: Machine, args: Arguments) -> Value:
    return _pattern(machine, args, True)


def _pattern(machine: Machine, args: Arguments, regex: bool) -> Value:
    made = Pattern(machine, args, args.get(0, "regex" if "regex" in args.kwargs else "route", UNKNOWN), regex)
    view = args.get(1, "view", UNKNOWN)
    if isinstance(view, Include):
        made.included = view
    elif isinstance(view, (tuple, list)):
        # (urlconf, app_name, namespace), as ``admin.site.urls`` or a library's ``api.urls`` are
        made.included = Include(view[0] if isinstance(view, tuple) and view else view, args)
    else:
        made.view = view
    made.extra = args.get(2, "kwargs")
    name = args.get(3, "name")
    made.name = name if isinstance(name, str) else ""
    return made


def include(machine: Machine, args: Arguments) -> Value:
    target = args.get(0, "arg", UNKNOWN)
    if isinstance(target, tuple):
        target = target[0] if target else UNKNOWN
    if isinstance(target, str):
        name = target
        target = imports.by_name(machine, name, machine.path)
        if target is MISSING or isinstance(target, Blank):
            target = Library(name)
    return Include(target, args)


def i18n_patterns(machine: Machine, args: Arguments) -> Value:
    """``/<language>/...``; without the prefix too where the default language goes without."""
    bare = args.kwargs.get("prefix_default_language", True) is False
    found: list[Value] = []
    for text in ([""] if bare else []) + [[Parameter("language", "language"), "/"]]:
        made = Pattern(machine, args, text, False)
        made.included = Include(list(args.args), args)
        found.append(made)
    return found


def static(machine: Machine, args: Arguments) -> Value:
    """``static(prefix, document_root=...)``: only with DEBUG on."""
    prefix = args.get(0, "prefix", UNKNOWN)
    if isinstance(prefix, str) and ("://" in prefix or prefix.startswith("//")):
        return []
    text: Value = (
        [prefix.strip("/") + "/", Parameter("path", "", True)]
        if isinstance(prefix, str) and prefix.strip("/")
        else Blank("the prefix of the static files is not known")
    )
    made = Pattern(machine, args, text, False)
    made.automatic, made.method, made.conditional = True, "*", True
    if isinstance(text, Blank):
        return []  # files are no part of the interface
    return [made]


#: URL modules that Django and its best-known extensions bring
KNOWN_INCLUDES: dict[str, tuple[str, ...]] = {
    "django.contrib.auth.urls": (
        "login/", "logout/", "password_change/", "password_change/done/", "password_reset/", "password_reset/done/",
        "reset/<uidb64>/<token>/", "reset/done/",
    ),
    "rest_framework.urls": ("login/", "logout/"),
    "django.conf.urls.i18n": ("setlang/",),
}  # fmt: skip
