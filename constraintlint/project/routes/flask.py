"""Routes of Flask 2 and 3 applications, as ``app.url_map`` has them.

``order`` follows werkzeug's matcher: static parts of a path are tried before converters, wherever they are registered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes import flask_extensions, flask_views
from constraintlint.project.routes.flask_objects import (
    Blueprint,
    Flask,
    Rule,
    endpoint_of,
    new_app,
    new_blueprint,
)
from constraintlint.project.routes.flask_rules import order_key, pieces
from constraintlint.project.routes.path_pieces import canonical, text_of
from constraintlint.project.routes.records import Guard, Part, Route, Unknown, Unmounted
from constraintlint.project.routes.startup import entrances
from constraintlint.project.routes.startup.machine import LibraryCall, Machine
from constraintlint.project.routes.startup.values import Arguments, Value

if TYPE_CHECKING:
    from constraintlint.project import Project

PACKAGES = frozenset(
    ("flask", "flask_restful", "flask_restx", "flask_restplus", "flask_smorest", "apiflask", "flask_openapi3")
)
CONSTRUCTORS = ("Flask", "APIFlask")


class _Made:
    """The applications and blueprints that came into being."""

    def __init__(self) -> None:
        self.apps: list[Flask] = []
        self.blueprints: list[Blueprint] = []

    def keep(self, constructor: LibraryCall) -> LibraryCall:
        def make(machine: Machine, args: Arguments) -> Value:
            made = constructor(machine, args)
            (self.apps if isinstance(made, Flask) else self.blueprints).append(made)
            return made

        return make


def read(project: Project) -> Part:
    """The routes of every application the project makes; blueprints that none of them has are ``unmounted``."""
    machine = Machine(project)
    flask_extensions.hooks(machine)
    flask_views.hooks(machine)
    made = _Made()
    machine.functions |= {
        "flask.Flask": new_app,
        "flask.Blueprint": new_blueprint,
        "flask.app.Flask": new_app,
    }
    machine.functions["flask.blueprints.Blueprint"] = new_blueprint
    for name in (
        "flask.Flask", "flask.app.Flask", "flask.Blueprint", "flask.blueprints.Blueprint", "apiflask.APIFlask",
        "apiflask.APIBlueprint", "flask_smorest.Blueprint",
    ):  # fmt: skip
        machine.functions[name] = made.keep(machine.functions[name])
    finished = entrances.play(machine, entrances.relevant(project, PACKAGES, CONSTRUCTORS), CONSTRUCTORS)
    part = Part()
    for app in _one_a_place(made.apps):
        _describe(machine, app, part)
    if not finished and made.apps:
        part.unknown.append(
            Unknown(
                made.apps[0].place,
                "the start-up code is too long to be followed to its end",
                "",
                _label(made.apps[0]),
            )
        )
    _unmounted(machine, made, part)
    return part


def _one_a_place(apps: list[Flask]) -> list[Flask]:
    """One application a place that makes one: a factory called twice makes the same routes."""
    best: dict[object, Flask] = {}
    for app in apps:
        known = best.get(app.place)
        if known is None or len(app.rules) > len(known.rules):
            best[app.place] = app
    return [best[place] for place in sorted(best)]  # type: ignore[type-var]


def _label(app: Flask) -> str:
    return f"{app.place.path}:{app.place.span[0]}"


def _describe(machine: Machine, app: Flask, part: Part) -> None:
    label = _label(app)
    routes: list[tuple[object, Route]] = []
    for rule in app.rules:
        found = routes_of(machine, rule, label, app)
        if isinstance(found, Unknown):
            part.unknown.append(found)
        else:
            routes += [((order_key(str(rule.path))), route) for route in found]
    routes.sort(key=lambda pair: pair[0])  # type: ignore[arg-type, return-value]
    part.routes += [_at(route, order) for order, (_, route) in enumerate(routes)]
    for gap in app.gaps:
        part.unknown.append(Unknown(gap.place, gap.reason, _canonical_prefix(gap.prefix), label))


def _at(route: Route, order: int) -> Route:
    import msgspec

    return msgspec.structs.replace(route, order=order)


def _canonical_prefix(prefix: str) -> str:
    return text_of(pieces(prefix)) if prefix else ""


def routes_of(machine: Machine, rule: Rule, label: str, app: Flask | None) -> list[Route] | Unknown:
    """A rule as one route a method; Unknown where its path or methods are not known."""
    if not isinstance(rule.path, str):
        reason = getattr(rule.path, "reason", "the rule is not known")
        return Unknown(
            rule.place,
            f"the rule is not known: {reason}",
            _canonical_prefix(getattr(rule.path, "prefix", "")),
            label,
        )
    path, segments = canonical(pieces(rule.path))
    given = flask_views.texts(rule.methods)
    if given is None and flask_views.unknown_methods(rule.methods):
        return Unknown(rule.place, f"the methods of {path} are not known", path, label)
    if given is None and flask_views.is_external(rule.view):
        return Unknown(
            rule.place,
            f"the methods of {path} are those of a class that is not part of the project",
            path,
            label,
        )
    declared = given or flask_views.methods_of(rule.view) or ["GET"]
    automatic = [] if "HEAD" in declared or "GET" not in declared else ["HEAD"]
    options = rule.options if isinstance(rule.options, bool) else flask_views.automatic_options(rule.view)
    if "OPTIONS" not in declared and options is not False:
        automatic.append("OPTIONS")
    strict = rule.strict if isinstance(rule.strict, bool) else _strict(app)
    found: list[Route] = []
    expr = rule.args.expr(2, "view_func")
    for method in (*declared, *automatic):
        handler = None
        guards: tuple[Guard, ...] = ()
        if not rule.static:
            handler, guards = flask_views.answered_by(machine, rule.view, method, rule.args, expr)
        if method == "OPTIONS" and method in automatic:
            handler, guards = None, ()
        hooks = tuple(guard for group in rule.hooks for guard in group)
        found.append(
            Route(
                "flask",
                method,
                path,
                segments,
                0,
                rule.place,
                label,
                handler,
                (*hooks, *rule.extra, *guards),
                rule.mounts,
                endpoint_of(rule),
                rule.static or method in automatic,
                strict,
                rule.conditional,
            )
        )
    return found


def _strict(app: Flask | None) -> bool | None:
    if app is None:
        return None
    value = app.url_map.attrs.get("strict_slashes", True)
    return value if isinstance(value, bool) else None


def _unmounted(machine: Machine, made: _Made, part: Part) -> None:
    if not made.apps:
        return  # a library of blueprints, or an application that another library makes
    seen: set[object] = set()
    for blueprint in made.blueprints:
        if _is_mounted(blueprint, 0) or blueprint.place in seen:
            continue
        if any(_is_mounted(other, 0) for other in made.blueprints if other.place == blueprint.place):
            continue
        seen.add(blueprint.place)
        routes: list[Route] = []
        for rule in blueprint.pending:
            if isinstance(rule, Rule):
                found = routes_of(machine, rule, "", None)
                routes += found if isinstance(found, list) else []
        if routes or blueprint.pending:
            name = blueprint.attrs.get("name")
            part.unmounted.append(
                Unmounted(
                    blueprint.place, name if isinstance(name, str) else "blueprint", "flask", tuple(routes)
                )
            )


def _is_mounted(blueprint: Blueprint, depth: int) -> bool:
    parents = blueprint.attrs.get("__parents__")
    if parents and depth < 20:
        return (
            any(_is_mounted(parent, depth + 1) for parent in parents)
            or blueprint.attrs.get("__direct__") is True
        )
    return blueprint.mounted
