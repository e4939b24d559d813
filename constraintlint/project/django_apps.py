"""The apps of a Django project: directories with models or migrations, their labels, and which are installed."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Class, Name
from constraintlint.project.django_settings import DjangoSettings, Item
from constraintlint.project.models.django_contrib import APPS

if TYPE_CHECKING:
    from constraintlint.project import Project


class App(msgspec.Struct, eq=False):
    """``directory`` is where it lives, ``label`` what its models are called by. ``entry`` is its line in INSTALLED_APPS."""

    directory: str
    label: str
    name: str = ""
    entry: Item | None = None
    default_auto_field: str = ""
    default: bool = True
    """the config that is used when INSTALLED_APPS names the package"""


class Apps:
    """``installed_known``: INSTALLED_APPS could be read whole. ``foreign`` are installed packages that are not known here."""

    def __init__(self, project: Project, settings: DjangoSettings) -> None:
        self.project = project
        setting = settings.list("INSTALLED_APPS")
        self.installed_known = setting.found and setting.complete
        self.contrib: dict[str, Item] = {}
        self.foreign: list[Item] = []
        self.installed: dict[str, App] = {}
        configs = _configs(project)
        self._configs = configs
        self._cache: dict[str, App | None] = {}
        for item in setting.items:
            package = next(
                (
                    name
                    for name in sorted(APPS, key=len, reverse=True)
                    if item.text == name or item.text.startswith(name + ".apps.")
                ),
                "",
            )
            directory = self._directory(item)
            if directory is not None:
                app = self._app_of(directory, item, configs)
                self.installed.setdefault(directory, app)
            elif package:
                self.contrib[APPS[package]] = item
            else:
                self.foreign.append(item)

    def _directory(self, item: Item) -> str | None:
        """The directory of the project that an entry of INSTALLED_APPS names."""
        parts = item.text.split(".")
        for size in (len(parts), len(parts) - 1, len(parts) - 2):
            if size <= 0:
                break
            tail = "/".join(parts[:size])
            found = [
                path
                for path in _packages(self.project, tail)
                if size == len(parts) or self._names_config(path, parts[size:])
            ]
            if found:
                base = posixpath.dirname(item.place.path)
                return min(
                    found,
                    key=lambda path: (
                        -len(posixpath.commonpath([path or ".", base or "."]))
                        if path and base and not path.startswith("/")
                        else 0,
                        len(path),
                        path,
                    ),
                )
        return None

    def _names_config(self, directory: str, rest: list[str]) -> bool:
        names = self.project.tree.names(directory)
        return (len(rest) == 2 and rest[0] + ".py" in names) or (len(rest) == 1 and rest[0][:1].isupper())

    def _app_of(self, directory: str, item: Item, configs: dict[str, list[App]]) -> App:
        known = configs.get(directory, [])
        last = item.text.rpartition(".")[2]
        chosen = next((app for app in known if app.name == last), None)
        chosen = chosen or next((app for app in known if app.default), None) or (known[0] if known else None)
        if chosen is None:
            return App(directory, posixpath.basename(directory) or last, item.text, item)
        return App(directory, chosen.label, item.text, item, chosen.default_auto_field)

    def of(self, path: str) -> App | None:
        """The app a file belongs to: the nearest installed one above it, else the nearest directory that looks like one."""
        directory = posixpath.dirname(path)
        if directory not in self._cache:
            self._cache[directory] = self._find(directory)
        return self._cache[directory]

    def _find(self, directory: str) -> App | None:
        here = directory
        while True:
            if here in self.installed:
                return self.installed[here]
            if here in self._configs or (here and "migrations" in self.project.tree.names(here)):
                break  # an app of its own that is not installed
            if not here:
                break
            here = posixpath.dirname(here)
        here = directory
        while True:
            names = self.project.tree.names(here)
            if names & {"apps.py", "models.py", "models", "migrations"}:
                known = self._configs.get(here, [])
                if known:
                    return known[0]
                label = posixpath.basename(here)
                return App(here, label) if label else None
            if not here:
                return None
            here = posixpath.dirname(here)


def _packages(project: Project, tail: str) -> list[str]:
    """Directories with Python files whose path is ``tail`` or ends with it."""
    directories = project.tree.directories
    return [
        path
        for path in sorted(directories)
        if (path == tail or path.endswith("/" + tail))
        and any(name.endswith(".py") or name in ("migrations", "models") for name in directories[path])
    ]


def _configs(project: Project) -> dict[str, list[App]]:
    """The AppConfig classes by the directory of the package they configure."""
    ev = project.evaluator
    found: dict[str, list[App]] = {}
    for path in project.paths:
        if not path.endswith(
            ("apps.py", "app.py", "config.py", "__init__.py", "appconfig.py")
        ) or not project.is_deep(path):
            continue
        if not project.mentions(path, ("AppConfig",)):
            continue
        file = ev.file(path)
        for scope in file.by_node.values() if file is not None else ():
            cls = scope.node
            if not isinstance(cls, Class) or not any(
                (isinstance(base.value, Name) and base.value.id.endswith("Config"))
                or getattr(base.value, "name", "").endswith("Config")
                for base in cls.bases
            ):
                continue
            given: dict[str, object] = {}
            for name in ("name", "label", "default_auto_field", "default"):
                for variable in scope.names.get(name, ()):
                    for bind in variable.binds:
                        if bind.value is not None:
                            for value in ev.eval(bind.value, bind.inner):
                                given[name] = value.constant
            package = given.get("name")
            if not isinstance(package, str):
                continue
            label = given.get("label")
            directory = posixpath.dirname(path)
            auto = given.get("default_auto_field")
            app = App(
                directory,
                label if isinstance(label, str) else package.rpartition(".")[2],
                cls.name,
                None,
                auto if isinstance(auto, str) else "",
                given.get("default") is not False,
            )
            found.setdefault(directory, []).append(app)
    return found
