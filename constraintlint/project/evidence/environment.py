"""What sets the environment variables a component runs with: compose files, ``.env`` files, Dockerfiles, platforms.

Each setting has a level: ``runtime`` (the program runs with it), ``development`` and ``test`` (by the name of the file,
profile or script), ``example`` (a sample to copy). An ``.env.example`` is weak: it never overrules a default in code.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.manifest import ComposeFile, Service, Stage, Variable
from constraintlint.findings import Evidence
from constraintlint.frontends.requirements import group_of
from constraintlint.project.manifests import Component, Records, records_of, relative
from constraintlint.project.signatures import engine_of_image
from constraintlint.roles import is_development, is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

LEVELS = ("runtime", "development", "example", "test")
_EXAMPLE = re.compile(r"(?:^|[-_.])(?:example|sample|template|dist|defaults?|tpl)(?:$|[-_.])")
_REFERENCE = re.compile(r"\$(?:\{(?P<name>\w+)(?:(?P<op>:?[-?+=])(?P<word>[^}]*))?\}|(?P<bare>[A-Za-z_]\w*))")
_ASSIGNMENT = re.compile(r"(?:^|\s)([A-Z_][A-Z0-9_]*)=(\"[^\"]*\"|'[^']*'|\S*)")
_COMMON = re.compile(
    r"^[-_.]*(?:docker[-_.]?)?(?:compose|dockerfile|containerfile|env)[-_.]*|\.ya?ml$|\.env$"
)
_MAX_DEPTH = 5


class EnvSetting(msgspec.Struct, frozen=True):
    """One place that gives a variable a value."""

    value: str
    level: str
    evidence: Evidence


class Environment:
    """The variables set for the ``subject`` among the ``components`` of a project."""

    def __init__(
        self, project: Project, components: dict[str, Component], subject: list[Component], base: str
    ) -> None:
        self.records: Records = records_of(project.tree)
        self.base = base
        self.homes = frozenset(components)
        self.subject = [component.directory for component in subject]
        self.services: list[tuple[ComposeFile, Service, str]] = []
        """(file, service, level) of the compose services that are the program itself"""
        self.settings: dict[str, list[EnvSetting]] = {}
        for key, item in self._all(subject):
            self.settings.setdefault(key, []).append(item)

    def lookup(self, name: str) -> list[EnvSetting]:
        """Everything that sets ``name``, strongest level first, with references to other variables replaced."""
        found = [
            msgspec.structs.replace(item, value=self.expand(item.value, name))
            for item in self.settings.get(name, ())
        ]
        return sorted(
            (item for item in found if item.value),
            key=lambda item: (LEVELS.index(item.level), item.evidence.path, item.evidence.line),
        )

    def expand(self, value: str, inside: str = "", depth: int = 0) -> str:
        """``$NAME``, ``${NAME}``, ``${NAME:-default}`` replaced by what is known; what is not known is left empty."""
        if "$" not in value or depth > _MAX_DEPTH:
            return "" if depth > _MAX_DEPTH else value

        def replace(match: re.Match[str]) -> str:
            name = match["name"] or match["bare"]
            settings = self.settings.get(name, ()) if name != inside else ()
            for level in LEVELS:
                for item in settings:
                    if item.level == level and "$" + name not in item.value and "${" + name not in item.value:
                        return self.expand(item.value, inside, depth + 1)
            if match["op"] in ("-", ":-"):
                return self.expand(match["word"] or "", inside, depth + 1)
            return ""

        return _REFERENCE.sub(replace, value)

    # --- sources ------------------------------------------------------------------------------------------------

    def _all(self, subject: list[Component]) -> Iterator[tuple[str, EnvSetting]]:
        named: set[str] = set()
        yield from self._compose(named)
        for file in self.records.env_files:
            if file.path not in named and self.applies(posixpath.dirname(file.path)):
                yield from _variables(file.path, file.variables, level_of_file(file.path, self.base))
        for dockerfile in self.records.dockerfiles:
            if dockerfile.stages and self.applies(posixpath.dirname(dockerfile.path)):
                level = level_of_file(dockerfile.path, self.base)
                for stage in _final_stages(dockerfile.stages):
                    yield from _variables(dockerfile.path, stage.variables, level)
        for settings in self.records.settings:
            if settings.kind in ("fly", "render", "wrangler") and self.applies(
                posixpath.dirname(settings.path)
            ):
                for entry in settings.settings:
                    if entry.environment in ("", *self.subject):
                        variable = Variable(entry.key, entry.value, entry.line, entry.column)
                        yield from _variables(settings.path, [variable], "runtime")
        for component in subject:
            for manifest in component.manifests:
                for script in manifest.scripts:
                    group = group_of(script.name, "runtime")
                    for key, value in _ASSIGNMENT.findall(script.command):
                        text = value[1:-1] if value[:1] in ("'", '"') else value
                        variable = Variable(key, text, script.line, script.column)
                        yield from _variables(manifest.path, [variable], group)

    def _compose(self, named: set[str]) -> Iterator[tuple[str, EnvSetting]]:
        """Variables of the services built from the subject; of images of unknown content where none is built."""
        by_path = {file.path: file for file in self.records.env_files}
        for compose in self.records.compose:
            directory = posixpath.dirname(compose.path)
            if not self.applies(directory):
                continue
            level = level_of_file(compose.path, self.base)
            built = [item for item in compose.services if item.build and self._is_built_here(directory, item)]
            unknown = [
                item for item in compose.services if not item.build and engine_of_image(item.image) is None
            ]
            for service in built or unknown:
                own = group_of(" ".join(service.profiles), "runtime")
                service_level = level if own == "runtime" else own
                self.services.append((compose, service, service_level))
                yield from _variables(compose.path, service.environment, service_level)
                for include in service.env_files:
                    path = posixpath.normpath(posixpath.join(directory, include.path))
                    if path in by_path:
                        named.add(path)
                        yield from _variables(path, by_path[path].variables, service_level)

    def _is_built_here(self, directory: str, service: Service) -> bool:
        """Whether a service is built from the subject: by where its Dockerfile lies, else by its build context."""
        context = _join(directory, service.build)
        if service.dockerfile:
            place = posixpath.dirname(_join(context, service.dockerfile))
            if place != context and self.home(place) in self.homes - {self.base}:
                return self.home(place) in self.subject
        return self.applies(context)

    def home(self, directory: str) -> str | None:
        """The component a directory belongs to; None outside the project."""
        while directory not in self.homes:
            if not directory:
                return None
            directory = posixpath.dirname(directory)
        return directory

    def applies(self, directory: str) -> bool:
        """Whether files in a directory speak to the subject: they stand in it, or in what surrounds it."""
        home = self.home(directory)
        if home in self.subject:
            return True
        around = directory if home is None else home
        return not around or any(item.startswith(f"{around}/") for item in (*self.subject, self.base))


def _join(directory: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(directory, path))
    return "" if joined == "." else joined


def _variables(path: str, variables: list[Variable], level: str) -> Iterator[tuple[str, EnvSetting]]:
    for item in variables:
        if item.value is not None:
            evidence = Evidence(path, item.line, item.column, f"{item.key} is set here")
            yield item.key, EnvSetting(item.value, "runtime" if level == "optional" else level, evidence)


def _final_stages(stages: list[Stage]) -> list[Stage]:
    """The last stage of a Dockerfile and the stages it is built on."""
    by_name = {stage.name: stage for stage in stages if stage.name}
    chain = [stages[-1]]
    while chain[-1].image in by_name and by_name[chain[-1].image] not in chain:
        chain.append(by_name[chain[-1].image])
    return chain


def level_of_file(path: str, base: str = "") -> str:
    """The level of a settings file, by its name and its directories."""
    directory, _, name = path.lower().rpartition("/")
    below = relative(f"{directory}/x" if directory else "x", base.lower())
    if is_test(below):
        return "test"
    if _EXAMPLE.search(name):
        return "example"
    stem = _COMMON.sub("", name)
    if stem == "local" and name.startswith(".env"):
        return "runtime"  # .env.local: what this machine runs with
    group = group_of(stem, "runtime")
    return "development" if group == "runtime" and is_development(below) else group
