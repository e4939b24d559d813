"""Extensions of Flask that register routes: Flask-RESTful, flask-restx, flask-smorest, APIFlask, and admin interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.routes import views
from constraintlint.project.routes.flask_objects import (
    Blueprint,
    Flask,
    Gap,
    Scaffold,
    as_app,
    as_blueprint,
    register,
)
from constraintlint.project.routes.flask_views import ClassView
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

if TYPE_CHECKING:
    from constraintlint.project.routes.startup.machine import Machine


class RestApi(Native):
    """``flask_restful.Api`` and ``flask_restx.Api``: resources wait until there is an application or blueprint."""

    def __init__(self, machine: Machine, args: Arguments, documented: bool) -> None:
        super().__init__()
        self.args = args
        self.documented = documented
        self.prefix = args.get(None if documented else 1, "prefix", "")
        self.doc = args.get(None, "doc", "/")
        self.waiting: list[tuple[Value, Value, Arguments]] = []
        self.target: Scaffold | None = None
        first = args.get(0, "app")
        if documented and first is None:
            first = args.get(None, "blueprint")
        if first is not None:
            self.attach(machine, first)

    def attach(self, machine: Machine, value: Value) -> None:
        target = as_app(value) or as_blueprint(value)
        if target is None:
            return
        self.target = target
        if self.documented:
            self._documents(machine)
        for path, resource, args in self.waiting:
            self._register(machine, path, resource, args)
        self.waiting = []

    def _documents(self, machine: Machine) -> None:
        """What flask-restx serves by itself."""
        assert self.target is not None
        specification = self.args.get(None, "add_specs", True)
        pages = [(self.doc, True)] if isinstance(self.doc, str) else []
        if specification is not False:
            pages.append(("/swagger.json", True))
        for path, _ in pages:
            rule = self.target.rule(machine, self.args, None, ["GET"], self._below(path))
            rule.static = True
            self.target.add(machine, rule)
        app = self.target if isinstance(self.target, Flask) else None
        if app is not None and isinstance(self.doc, str):
            rule = app.rule(machine, self.args, None, ["GET"], "/swaggerui/<path:filename>")
            rule.static = True
            app.add(machine, rule)

    def _below(self, path: Value) -> Value:
        if isinstance(path, str) and isinstance(self.prefix, str):
            return self.prefix + path
        return Blank("the rule is not known", self.prefix if isinstance(self.prefix, str) else "")

    def _register(self, machine: Machine, path: Value, resource: Value, args: Arguments) -> None:
        if self.target is None:
            self.waiting.append((path, resource, args))
            return
        rule = self.target.rule(
            machine, args, ClassView(resource, args.get(None, "endpoint")), None, self._below(path)
        )
        self.target.add(machine, rule)

    def do_add_resource(self, machine: Machine, args: Arguments) -> Value:
        for path in args.args[1:]:
            self._register(machine, path, args.args[0], args)
        return None

    def do_resource(self, machine: Machine, args: Arguments) -> Value:
        return self._decorating(args, "")

    def do_route(self, machine: Machine, args: Arguments) -> Value:
        return self._decorating(args, "")

    def _decorating(self, args: Arguments, prefix: str) -> Value:
        def keep(machine: Machine, given: Arguments) -> Value:
            for path in args.args:
                self._register(machine, path, given.get(0, "cls"), args)
            return given.get(0, "cls")

        return Builtin(keep, "route")

    def do_init_app(self, machine: Machine, args: Arguments) -> Value:
        self.attach(machine, args.get(0, "app"))
        return None

    def do_add_namespace(self, machine: Machine, args: Arguments) -> Value:
        namespace = args.get(0, "ns")
        if not isinstance(namespace, Namespace):
            self._register(machine, Blank("the namespace added here is not known"), None, args)
            return None
        given = args.get(1, "path")
        namespace.join(machine, self, given if given is not None else namespace.path)
        return None

    def do_namespace(self, machine: Machine, args: Arguments) -> Value:
        namespace = Namespace(machine, args)
        namespace.join(machine, self, namespace.path)
        return namespace

    def attribute(self, machine: Machine, name: str) -> Value:
        found = super().attribute(machine, name)
        return Opaque(f"flask_restx.Api.{name}") if found is MISSING else found


class Namespace(Native):
    """``flask_restx.Namespace``."""

    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__()
        name = args.get(0, "name")
        path = args.get(2, "path")
        self.path: Value = path if path is not None else (f"/{name}" if isinstance(name, str) else UNKNOWN)
        self.resources: list[tuple[Value, Value, Arguments]] = []
        self.apis: list[tuple[RestApi, Value]] = []
        self.place = machine.place(args.at, args.path)
        self.attrs["name"] = name

    def join(self, machine: Machine, api: RestApi, path: Value) -> None:
        self.apis.append((api, path))
        for rule, resource, args in self.resources:
            api._register(machine, _joined(path, rule), resource, args)

    def _keep(self, machine: Machine, rule: Value, resource: Value, args: Arguments) -> None:
        self.resources.append((rule, resource, args))
        for api, path in self.apis:
            api._register(machine, _joined(path, rule), resource, args)

    def do_route(self, machine: Machine, args: Arguments) -> Value:
        def keep(machine: Machine, given: Arguments) -> Value:
            for rule in args.args:
                self._keep(machine, rule, given.get(0, "cls"), args)
            return given.get(0, "cls")

        return Builtin(keep, "route")

    def do_add_resource(self, machine: Machine, args: Arguments) -> Value:
        for rule in args.args[1:]:
            self._keep(machine, rule, args.args[0], args)
        return None

    def attribute(self, machine: Machine, name: str) -> Value:
        found = super().attribute(machine, name)
        return Opaque(f"flask_restx.Namespace.{name}") if found is MISSING else found


def _joined(path: Value, rule: Value) -> Value:
    if isinstance(path, str) and isinstance(rule, str):
        return path + rule
    return Blank("the rule is not known", path if isinstance(path, str) else "")


class SmorestApi(Native):
    """``flask_smorest.Api``: registers blueprints in the application."""

    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__()
        self.app = as_app(args.get(0, "app"))
        self.waiting: list[Arguments] = []

    def do_init_app(self, machine: Machine, args: Arguments) -> Value:
        self.app = as_app(args.get(0, "app"))
        for given in self.waiting:
            self.do_register_blueprint(machine, given)
        return None

    def do_register_blueprint(self, machine: Machine, args: Arguments) -> Value:
        if self.app is None:
            self.waiting.append(args)
        else:
            register(machine, self.app, args, [])
        return None

    def attribute(self, machine: Machine, name: str) -> Value:
        found = super().attribute(machine, name)
        return Opaque(f"flask_smorest.Api.{name}") if found is MISSING else found


class SmorestBlueprint(Blueprint):
    """``flask_smorest.Blueprint``: ``route`` also takes classes of methods."""

    def do_route(self, machine: Machine, args: Arguments) -> Value:
        def keep(machine: Machine, given: Arguments) -> Value:
            view = given.get(0, "func")
            if views.class_of(view) is not None:
                self.add(machine, self.rule(machine, args, ClassView(view, None), None))
            else:
                self.add(machine, self.rule(machine, args, view, args.get(None, "methods")))
            return view

        return Builtin(keep, "route")


class ApiFlask(Flask):
    """``apiflask.APIFlask``: documentation pages, and views by class."""

    def __init__(self, machine: Machine, args: Arguments) -> None:
        super().__init__(machine, args)
        for path in ("/openapi.json", "/docs"):
            name = {"/openapi.json": "spec_path", "/docs": "docs_path"}[path]
            given = args.get(None, name, path)
            if isinstance(given, str) and args.get(None, "enable_openapi", True) is not False:
                rule = self.rule(machine, args, None, ["GET"], given)
                rule.static = True
                self.add(machine, rule)

    do_route = SmorestBlueprint.do_route


def _opaque_pages(default: str, position: int | None, keyword: str, what: str):  # type: ignore[no-untyped-def]
    """An extension whose routes are its own affair: unknown below its prefix."""

    def make(machine: Machine, args: Arguments) -> Value:
        url = args.get(position, keyword, default)
        prefix = url if isinstance(url, str) else getattr(url, "prefix", "")

        def attach(machine: Machine, given: Arguments) -> Value:
            app = as_app(given.get(0, "app"))
            if app is not None:
                app.gaps.append(
                    Gap(prefix, f"{what} registers routes of its own", machine.place(args.at, args.path))
                )
            return None

        made = Opaque(what, args)
        attach(machine, args)
        made.attrs["init_app"] = Builtin(attach, "init_app")
        return made

    return make


def hooks(machine: Machine) -> None:
    """The constructors of the extensions."""
    machine.functions |= {
        "flask_restful.Api": lambda m, a: RestApi(m, a, False),
        "flask_restx.Api": lambda m, a: RestApi(m, a, True),
        "flask_restx.Namespace": Namespace,
        "flask_restplus.Api": lambda m, a: RestApi(m, a, True),
        "flask_restplus.Namespace": Namespace,
        "flask_smorest.Api": SmorestApi,
        "flask_smorest.Blueprint": SmorestBlueprint,
        "apiflask.APIFlask": ApiFlask,
        "apiflask.APIBlueprint": SmorestBlueprint,
        "flask_admin.Admin": _opaque_pages("/admin", None, "url", "Flask-Admin"),
        "flask_appbuilder.AppBuilder": _opaque_pages("", None, "", "Flask-AppBuilder"),
    }
