"""Routes of one JavaScript application while its table is put together: places, handlers, guards, unknown parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Call, Expr, Function, Member, Name, Sequence
from constraintlint.project.flow.names import concrete
from constraintlint.project.routes.path_templates import Dialect, canonical, covers
from constraintlint.project.routes.records import (
    Framework,
    Guard,
    Handler,
    Mount,
    Part,
    Route,
    Segment,
    Unknown,
)
from constraintlint.project.routes.registration.instances import Event, Instance
from constraintlint.project.routes.registration.values import (
    Array,
    Choice,
    ClassValue,
    Closure,
    Library,
    Made,
    Object,
    Partial,
    Pattern,
    Site,
    options,
)
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.routes.registration.values import Value

#: a value that is given, and the expression it is written as
Given = tuple["Value", Expr | None]


class InForce(msgspec.Struct, eq=False):
    """A guard and the paths it runs on: below ``parts``, or on exactly these where ``whole`` is set."""

    guard: Guard
    parts: tuple[Segment, ...]
    whole: bool = False
    methods: frozenset[str] | None = None
    param: str = ""
    """it runs where the path has this parameter"""


class Written(msgspec.Struct, eq=False):
    """One path that a value can be. ``text`` is None where it is a ``pattern`` or unknown (then ``start`` is known of it)."""

    text: str | None
    start: str = ""
    pattern: str | None = None


class Assembly:
    """Collects what one application answers, in the order its routes are tried."""

    def __init__(
        self, project: Project, framework: Framework, application: Instance, dialect: Dialect
    ) -> None:
        self.project = project
        self.framework: Framework = framework
        self.dialect: Dialect = dialect
        self.application = shown_place(project, application.site)
        self.part = Part()
        self.fold = framework in ("express", "koa")

    # --- what is added ------------------------------------------------------------------------------------------

    def route(
        self,
        method: str,
        parts: tuple[Segment, ...],
        site: Site,
        *,
        handler: Handler | None = None,
        guards: tuple[Guard, ...] = (),
        mounts: tuple[Mount, ...] = (),
        name: str = "",
        automatic: bool = False,
        strict: bool | None = None,
        conditional: bool = False,
    ) -> Route:
        made = Route(
            framework=self.framework,
            method=method.upper() if method not in ("all", "*") else "*",
            path=canonical(parts, self.dialect),
            segments=parts,
            order=len(self.part.routes),
            place=self.place(site),
            application=self.application,
            handler=handler,
            guards=guards,
            mounts=mounts,
            name=name,
            automatic=automatic,
            strict_slash=strict,
            conditional=conditional or site.conditional,
            call=site.call,
            scope=site.scope,
        )
        self.part.routes.append(made)
        return made

    def unknown(self, site: Site, reason: str, parts: tuple[Segment, ...] = ()) -> None:
        prefix = canonical(parts, self.dialect) if parts else ""
        self.part.unknown.append(Unknown(self.place(site), reason, prefix, self.application))

    def escapes(self, instance: Instance, parts: tuple[Segment, ...]) -> None:
        for site, why in instance.escapes:
            self.unknown(site, why, parts)

    # --- places and handlers ------------------------------------------------------------------------------------

    def place(self, site: Site) -> Place:
        return Place(site.path, self.project.span(site.path, site.at))

    def handler(self, given: Given, site: Site, *, unwrap: bool = True) -> Handler:
        """The function a value is; where it was wrapped by another one, the inner (``unwrap``)."""
        value, expr = given
        closure = _closure(value, unwrap)
        shown = dotted(expr) if expr is not None else ""
        if closure is not None:
            function = closure.function
            scope = self.project.evaluator.scope_of(closure.path, function)
            name = closure.name or function.name or shown or "(anonymous)"
            return Handler(
                name, Place(closure.path, self.project.span(closure.path, function.at)), function, scope, expr
            )
        followed = self._followed(expr, site)
        if followed is not None:
            return followed
        name = value.name if isinstance(value, (Library, Made)) else ""
        return Handler(name or shown or "(unknown)", self.place(site), None, None, expr)

    def _followed(self, expr: Expr | None, site: Site) -> Handler | None:
        """What following the expression itself says, where carrying out the code has left it unknown."""
        if expr is None or site.scope is None:
            return None
        ev = self.project.evaluator
        for found in ev.eval(expr, site.scope):
            for item in concrete(ev, found):
                if item.kind == "function" and isinstance(item.node, Function) and item.scope is not None:
                    path = item.scope.path
                    place = Place(path, self.project.span(path, item.node.at))
                    return Handler(
                        item.name or item.node.name or dotted(expr), place, item.node, item.scope, expr
                    )
        return None

    def guard(self, how: str, given: Given, site: Site) -> Guard:
        return Guard(how, self.handler(given, site, unwrap=False), site.conditional)

    def guards(self, how: str, given: list[Given], site: Site) -> tuple[Guard, ...]:
        return tuple(self.guard(how, item, site) for item in given)

    def in_force(
        self, guards: list[InForce], parts: tuple[Segment, ...], method: str = "*"
    ) -> tuple[Guard, ...]:
        """The guards that run before a route of these segments, in their order, each once."""
        named = {part.value for part in parts if part.kind == "param"}
        return tuple(
            item.guard
            for item in guards
            if (item.methods is None or method in item.methods)
            and covers(item.parts, parts, whole=item.whole, fold=self.fold)
            and (not item.param or item.param in named)
        )


def shown_place(project: Project, site: Site) -> str:
    line = project.span(site.path, site.at)[0]
    return f"{site.path}:{line}"


def dotted(expr: Expr | None) -> str:
    """``a.b.c`` of a name or member, the callee of a call; "" for anything else."""
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        owner = dotted(expr.object)
        return f"{owner}.{expr.name}" if owner else expr.name
    return dotted(expr.callee) if isinstance(expr, Call) else ""


def _closure(value: Value, unwrap: bool) -> Closure | None:
    for _ in range(6):
        if isinstance(value, Choice):
            value = value.options[0]
        elif isinstance(value, Made):
            given = [arg for arg in value.args if isinstance(arg, (Closure, Made))]
            if len(given) != 1:
                return None
            value = given[0]
        elif isinstance(value, Closure):
            if not unwrap or value.inside is None:
                return value
            value = value.inside
        else:
            return None
    return None


def flattened(values: list[Value], site: Site, start: int = 0) -> list[Given]:
    """The values from position ``start`` on, lists among them taken apart, each with its expression where that is plain."""
    found: list[Given] = []
    for position, value in enumerate(values[start:], start):
        found += _flat(value, site.expr(position), 0)
    return found


def _flat(value: Value, expr: Expr | None, depth: int) -> list[Given]:
    if not isinstance(value, Array) or depth > 8:
        return [(value, expr)]
    found: list[Given] = []
    exprs = expr.items if isinstance(expr, Sequence) and len(expr.items) == len(value.items) else None
    for position, item in enumerate(value.items):
        found += _flat(item, exprs[position] if exprs is not None else None, depth + 1)
    return found


def paths_of(value: Value, depth: int = 0) -> list[Written]:
    """Every path a value can be: a string, a list of strings, a regular expression."""
    found: list[Written] = []
    for option in options(value):
        if isinstance(option, str):
            found.append(Written(option))
        elif isinstance(option, Pattern):
            found.append(Written(None, "", option.source))
        elif isinstance(option, Partial):
            found.append(Written(None, option.start))
        elif isinstance(option, Array) and depth < 4:
            for item in option.items:
                found += paths_of(item, depth + 1)
            if option.open:
                found.append(Written(None))
        else:
            found.append(Written(None))
    return found


def known_start(text: str) -> str:
    """The whole segments of the beginning of a path."""
    return text[: text.rfind("/")] if "/" in text else ""


def is_callable(value: Value) -> bool:
    """Whether a value can be a handler or a middleware rather than a path."""
    return isinstance(value, (Closure, Made, Library, Instance, ClassValue)) or (
        isinstance(value, Choice) and all(is_callable(option) for option in value.options)
    )


def setting(value: Value, name: str) -> Value | None:
    """An option of an options object, None where it is not given."""
    return value.properties.get(name) if isinstance(value, Object) else None


def takes_next(given: Given) -> bool:
    """Whether a function hands the request on: it takes ``next``."""
    value = given[0]
    return isinstance(value, Closure) and len(value.function.params) >= 3


__all__ = [
    "Assembly", "Event", "Given", "InForce", "Written", "dotted", "flattened", "is_callable", "known_start", "paths_of",
    "setting", "shown_place", "takes_next",
]  # fmt: skip
