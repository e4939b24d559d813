"""Flask 2 and 3 as far as routes go: applications, blueprints, and how a blueprint's rules reach an application."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constraintlint.project.routes import views
from constraintlint.project.routes.records import Guard, Mount
from constraintlint.project.routes.startup import decorators
from constraintlint.project.routes.startup.values import (
    MISSING,
    UNKNOWN,
    Arguments,
    Blank,
    Builtin,
    Native,
    Opaque,
    Value,
)
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine

HANDED = "the application is handed to something that is not known"
HTTP = ("get", "post", "head", "options", "delete", "put", "trace", "patch")


class Rule:
    """A URL rule as registered: ``path`` is a text or a Blank, ``view`` what answers."""

    def __init__(self, path: Value, view: Value, methods: Value, args: Arguments, place: Place) -> None:
        self.path = path
        self.view = view
        self.methods = methods
        """the ``methods`` argument; None where the view decides"""
        self.args = args
        self.place = place
        self.endpoint: Value = None
        self.strict: Value = None
        self.options: Value = None
        """``provide_automatic_options``"""
        self.static = False
        self.mounts: tuple[Mount, ...] = ()
        self.hooks: list[list[Guard]] = []
        """lists of hooks in force, outermost first; they may still grow"""
        self.conditional = False
        self.extra: tuple[Guard, ...] = ()


class Gap:
    """Something registered that is not known."""

    def __init__(self, prefix: str, reason: str, place: Place) -> None:
        self.prefix = prefix
        self.reason = reason
        self.place = place


class Scaffold(Native):
    """What applications and blueprints share."""

    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__()
        self.place = machine.place(args.at, args.path)
        self.made = args
        self.hooks: list[Guard] = []
        self.attrs["name"] = args.get(0, "name", UNKNOWN)
        self.attrs["config"] = Config()

    def add(self, machine: Machine, rule: Rule) -> None:
        raise NotImplementedError

    # --- rules --------------------------------------------------------------------------------------------------

    def rule(
        self, machine: Machine, args: Arguments, view: Value, methods: Value, path: Value = MISSING
    ) -> Rule:
        rule = Rule(
            args.get(0, "rule", UNKNOWN) if path is MISSING else path,
            view,
            methods,
            args,
            machine.place(args.at, args.path),
        )
        rule.endpoint = args.get(None, "endpoint")
        rule.strict = args.kwargs.get("strict_slashes")
        rule.options = args.kwargs.get("provide_automatic_options")
        rule.conditional = machine.unsure > 0
        return rule

    def do_route(self, machine: Machine, args: Arguments) -> Value:
        return self._registering(args, lambda: args.get(None, "methods"))

    def _registering(self, args: Arguments, methods: Callable[[], Value]) -> Value:
        def register(machine: Machine, given: Arguments) -> Value:
            view = given.get(0, "f")
            self.add(machine, self.rule(machine, args, view, methods()))
            return view

        return Builtin(register, "route")

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in ("get", "post", "put", "patch", "delete"):
            return Builtin(lambda m, args: self._registering(args, lambda: [name.upper()]), name)
        found = super().attribute(machine, name)
        return Opaque(f"flask.Flask.{name}") if found is MISSING else found

    def do_add_url_rule(self, machine: Machine, args: Arguments) -> Value:
        rule = self.rule(machine, args, args.get(2, "view_func"), args.get(None, "methods"))
        rule.endpoint = args.get(1, "endpoint")
        if rule.view is None and isinstance(rule.endpoint, str):
            rule.view = self.attrs.get("endpoint:" + rule.endpoint, UNKNOWN)
        self.add(machine, rule)
        return None

    def do_endpoint(self, machine: Machine, args: Arguments) -> Value:
        def keep(machine: Machine, given: Arguments) -> Value:
            self.attrs[f"endpoint:{args.get(0, 'endpoint')}"] = given.get(0, "f")
            return given.get(0, "f")

        return Builtin(keep, "endpoint")

    def do_before_request(self, machine: Machine, args: Arguments) -> Value:
        return self.hook(machine, args, self.hooks, "before_request")

    def hook(self, machine: Machine, args: Arguments, into: list[Guard], how: str) -> Value:
        function = args.get(0, "f")
        into.append(Guard(how, decorators.handler(machine, function, args.path, args.expr(0, "f"), args.at)))
        return function


class Config(Native):
    """``app.config``: what is set by key is kept, the rest is not known."""

    def attribute(self, machine: Machine, name: str) -> Value:
        if name == "__getitem__":
            return Builtin(lambda m, a: self.attrs.get(f"[{a.get(0, 'key')}]", UNKNOWN))
        if name == "__setitem__":
            return Builtin(lambda m, a: self._keep(a.get(0, "key"), a.get(1, "value")))
        if name == "get":
            return Builtin(self._get)
        if name == "update":
            return Builtin(lambda m, a: self._update(a))
        if name == "from_mapping":
            return Builtin(lambda m, a: self._update(a))
        return Opaque(f"flask.Config.{name}")

    def _get(self, machine: Machine, args: Arguments) -> Value:
        machine.doubts += 1  # a configuration file may say something else
        default = args.get(1, "default")
        return self.attrs.get(f"[{args.get(0, 'key')}]", UNKNOWN if default is None else default)

    def _update(self, args: Arguments) -> None:
        for key, value in args.kwargs.items():
            self._keep(key, value)

    def _keep(self, key: Value, value: Value) -> None:
        self.attrs[f"[{key}]"] = value


class UrlMap(Native):
    def __init__(self) -> None:
        super().__init__()
        self.attrs["converters"] = {}


class Flask(Scaffold):
    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__(machine, args)
        self.rules: list[Rule] = []
        self.gaps: list[Gap] = []
        self.blueprints: list[Blueprint] = []
        self.url_map = UrlMap()
        self.attrs["url_map"] = self.url_map
        self.attrs["extensions"] = {}
        folder = args.get(3, "static_folder", "static")
        if folder is not None:
            url = args.get(1, "static_url_path")
            add_static(self, machine, args, url if url is not None else _beside(folder))

    def add(self, machine: Machine, rule: Rule) -> None:
        rule.hooks = [self.hooks]
        self.rules.append(rule)

    def do_register_blueprint(self, machine: Machine, args: Arguments) -> Value:
        register(machine, self, args, [])
        return None

    def handed_over(self, machine: Machine, args: Arguments) -> None:
        self.gaps.append(Gap("", HANDED, machine.place(args.at, args.path)))

    def do_before_first_request(self, machine: Machine, args: Arguments) -> Value:
        return args.get(0, "f")

    def do_test_client(self, machine: Machine, args: Arguments) -> Value:
        return UNKNOWN


def _beside(folder: Value) -> Value:
    """The URL of a static folder that was given none."""
    if isinstance(folder, str):
        return "/" + folder.rstrip("/").rpartition("/")[2]
    return Blank("the name of the static folder is not known", "/")


def add_static(owner: Scaffold, machine: Machine, args: Arguments, url: Value) -> None:
    """The rule that serves a static folder."""
    path = (
        url.rstrip("/") + "/<path:filename>"
        if isinstance(url, str)
        else Blank("the URL of the static folder is not known", getattr(url, "prefix", ""))
    )
    rule = Rule(path, None, ["GET"], args, machine.place(args.at, args.path))
    rule.static = True
    rule.endpoint = "static"
    owner.add(machine, rule)


class Blueprint(Scaffold):
    """Its rules wait for the registration; nested blueprints come after them."""

    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__(machine, args)
        self.pending: list[Rule | Callable[[Machine, Flask, Registration], None]] = []
        self.nested: list[tuple[Value, Arguments]] = []
        self.app_hooks: list[Guard] = []
        self.mounted = False
        self.static: list[Rule] = []
        folder = args.get(2, "static_folder")
        self.attrs["url_prefix"] = args.get(5, "url_prefix")
        if folder is not None:
            url = args.get(3, "static_url_path")
            add_static(self, machine, args, url if url is not None else _beside(folder))
            self.static, self.pending = [r for r in self.pending if isinstance(r, Rule)], []

    def add(self, machine: Machine, rule: Rule) -> None:
        self.pending.append(rule)

    def do_register_blueprint(self, machine: Machine, args: Arguments) -> Value:
        self.nested.append((args.get(0, "blueprint"), args))
        child = as_blueprint(args.get(0, "blueprint"))
        if child is not None:
            child.mounted = True  # as far as its parent is
            child.attrs.setdefault("__parents__", []).append(self)
        return None

    def do_before_app_request(self, machine: Machine, args: Arguments) -> Value:
        return self.hook(machine, args, self.app_hooks, "before_app_request")

    def do_record(self, machine: Machine, args: Arguments) -> Value:
        function = args.get(0, "func")

        def run(machine: Machine, app: Flask, registration: Registration) -> None:
            from constraintlint.project.routes.startup.calls import call

            call(machine, function, Arguments(args.path, args.at, [State(app, registration)]))

        self.pending.append(run)
        return function

    do_record_once = do_record


class Registration:
    """One registration of a blueprint: the prefix that is in force and the way there."""

    def __init__(self, prefix: str, mounts: tuple[Mount, ...], hooks: list[list[Guard]], names: str) -> None:
        self.prefix = prefix
        self.mounts = mounts
        self.hooks = hooks
        self.names = names


class State(Native):
    """``BlueprintSetupState``."""

    def __init__(self, app: Flask, registration: Registration) -> None:
        super().__init__()
        self.app = app
        self.registration = registration
        self.attrs["app"] = app
        self.attrs["url_prefix"] = registration.prefix

    def do_add_url_rule(self, machine: Machine, args: Arguments) -> Value:
        rule = self.app.rule(machine, args, args.get(2, "view_func"), args.get(None, "methods"))
        mount(machine, self.app, rule, self.registration)
        return None


def as_blueprint(value: Value) -> Blueprint | None:
    native = getattr(value, "native", None)
    found = native if native is not None else value
    return found if isinstance(found, Blueprint) else None


def joined(prefix: str, rule: Value) -> Value:
    """A rule below a prefix, as ``BlueprintSetupState.add_url_rule`` puts them together."""
    if not prefix:
        return rule
    if isinstance(rule, str):
        return f"{prefix.rstrip('/')}/{rule.lstrip('/')}" if rule else prefix
    return Blank(
        getattr(rule, "reason", "the rule is not known"),
        f"{prefix.rstrip('/')}/{getattr(rule, 'prefix', '').lstrip('/')}",
    )


def register(machine: Machine, app: Flask, args: Arguments, above: list[Registration]) -> None:
    """``register_blueprint`` on an application, or on a blueprint that is being registered itself."""
    value = args.get(0, "blueprint", UNKNOWN)
    place = machine.place(args.at, args.path)
    parent = above[-1] if above else None
    blueprint = as_blueprint(value)
    if blueprint is None:
        prefix = args.get(None, "url_prefix")
        known = (parent.prefix.rstrip("/") if parent else "") + (prefix if isinstance(prefix, str) else "")
        what = views.shown(value)
        app.gaps.append(
            Gap(
                known,
                f"the blueprint {what + ' ' if what else ''}that is registered here is not known".replace(
                    "  ", " "
                ),
                place,
            )
        )
        return
    if len(above) > 20:
        return
    blueprint.mounted = True
    blueprint.attrs["__direct__"] = True
    prefix = args.get(None, "url_prefix")
    if prefix is None:
        prefix = blueprint.attrs.get("url_prefix")
    whole: Value = prefix if prefix is not None else ""
    if parent is not None and parent.prefix:
        whole = joined(parent.prefix, whole) if prefix is not None else parent.prefix
    if not isinstance(whole, str):
        app.gaps.append(
            Gap(
                getattr(whole, "prefix", ""),
                "the prefix of the blueprint registered here is not known",
                place,
            )
        )
        return
    name = args.get(None, "name", blueprint.attrs.get("name"))
    if not any(item is blueprint for item in app.blueprints):
        app.blueprints.append(blueprint)
    registration = Registration(
        whole,
        (
            *(parent.mounts if parent else ()),
            Mount(place, prefix if isinstance(prefix, str) else "", "register_blueprint"),
        ),
        [*(parent.hooks if parent else ()), blueprint.hooks],
        f"{parent.names if parent else ''}{name if isinstance(name, str) else '?'}.",
    )
    unsure = machine.unsure
    for item in (*blueprint.static, *blueprint.pending):
        if isinstance(item, Rule):
            mount(machine, app, item, registration, unsure > 0)
        else:
            item(machine, app, registration)
    app.hooks += [guard for guard in blueprint.app_hooks if guard not in app.hooks]
    for _, nested in blueprint.nested:
        register(machine, app, nested, [*above, registration])


def mount(
    machine: Machine, app: Flask, rule: Rule, registration: Registration, conditional: bool = False
) -> None:
    """Put a blueprint's rule into an application."""
    found = Rule(joined(registration.prefix, rule.path), rule.view, rule.methods, rule.args, rule.place)
    found.endpoint = f"{registration.names}{endpoint_of(rule)}"
    found.strict, found.options, found.static = rule.strict, rule.options, rule.static
    found.mounts = registration.mounts
    found.hooks = [app.hooks, *registration.hooks]
    found.conditional = rule.conditional or conditional
    found.extra = rule.extra
    app.rules.append(found)


def endpoint_of(rule: Rule) -> str:
    if isinstance(rule.endpoint, str):
        return rule.endpoint
    return views.shown(rule.view)


def new_app(machine: Machine, args: Arguments) -> Value:
    return Flask(machine, args)


def new_blueprint(machine: Machine, args: Arguments) -> Value:
    return Blueprint(machine, args)


def as_app(value: Value) -> Flask | None:
    native = getattr(value, "native", None)
    found = native if native is not None else value
    return found if isinstance(found, Flask) else None
