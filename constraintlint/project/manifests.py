"""Manifests and settings of the checked root, and the components a project is made of.

A component is a directory with a manifest of its own: one service or package of a monorepo, or the whole repository.
The *subject* of a project is the components its configuration speaks about: the root's own, else those of the
declared framework, else those that are servers at all; and the workspace packages these import. Everything else is
a sibling, and no evidence.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec

from constraintlint.facts.manifest import (
    ComposeFile,
    Dependency,
    Dockerfile,
    EnvFile,
    Group,
    Manifest,
    SettingsFile,
)
from constraintlint.findings import Diagnostic
from constraintlint.frontends.manifests import (
    is_requirements,
    manifest_reader,
    read_manifest,
    read_requirements_file,
)
from constraintlint.frontends.requirements import group_of
from constraintlint.frontends.settings import read_env_file, read_settings, settings_reader
from constraintlint.project.tree import FileTree
from constraintlint.roles import is_development, is_migration, is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_MAX_INCLUDES = 50
_SOURCE = (".py", ".pyi", ".js", ".ts", ".tsx", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".sql")


class Records(msgspec.Struct):
    """Everything read beside the code of one root, each list sorted by path."""

    manifests: list[Manifest] = []
    compose: list[ComposeFile] = []
    env_files: list[EnvFile] = []
    dockerfiles: list[Dockerfile] = []
    settings: list[SettingsFile] = []
    diagnostics: list[Diagnostic] = []

    def of_kind(self, kind: str) -> list[SettingsFile]:
        return [item for item in self.settings if item.kind == kind]


class Declared(msgspec.Struct, frozen=True):
    """A dependency, with the manifest it stands in and the group it counts for."""

    dependency: Dependency
    manifest: Manifest
    group: Group


class Component(msgspec.Struct):
    """A directory with manifests of its own (``""`` is the root of the project, with or without any)."""

    directory: str
    manifests: list[Manifest] = []
    paths: list[str] = []
    """its source files, sorted"""

    def dependencies(self) -> list[Declared]:
        """Every dependency, in the order of the manifests."""
        found: list[Declared] = []
        for manifest in self.manifests:
            override = _directory_group(manifest.path, self.directory)
            found += [Declared(item, manifest, override or item.group) for item in manifest.dependencies]
        return found


_records: WeakKeyDictionary[FileTree, Records] = WeakKeyDictionary()


def records_of(tree: FileTree) -> Records:
    """All manifests and settings of a root; read once."""
    known = _records.get(tree)
    if known is None:
        known = _records[tree] = _read_all(tree)
    return known


def _read_all(tree: FileTree) -> Records:
    records = Records()
    included: list[tuple[str, str, int]] = []
    for path in sorted(
        path for path in tree.files if not path.endswith(_SOURCE) or path.endswith("setup.py")
    ):
        is_manifest = manifest_reader(path) is not None
        if not is_manifest and settings_reader(path) is None:
            continue
        data = tree.read(path)
        if data is None:
            continue  # the reader of the tree has said why
        if is_manifest:
            manifest, diagnostics = read_manifest(path, data)
            if manifest is not None:
                records.manifests.append(manifest)
                included += [(path, item.path, item.line) for item in manifest.includes]
        else:
            record, diagnostics = read_settings(path, data)
            if isinstance(record, ComposeFile):
                records.compose.append(record)
            elif isinstance(record, EnvFile):
                records.env_files.append(record)
            elif isinstance(record, Dockerfile):
                records.dockerfiles.append(record)
            elif isinstance(record, SettingsFile):
                records.settings.append(record)
        records.diagnostics += diagnostics
    _follow_includes(tree, records, included)
    _follow_env_files(tree, records)
    return records


def _follow_includes(tree: FileTree, records: Records, included: list[tuple[str, str, int]]) -> None:
    """Read requirements files that others include and whose own names say nothing."""
    known = {manifest.path for manifest in records.manifests}
    groups = {manifest.path: _group_of_file(manifest) for manifest in records.manifests}
    for path, name, line in included[:_MAX_INCLUDES]:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if target in known:
            continue
        data = tree.read(target)
        if data is None:
            message = f"{name} is included here, but is not among the files read"
            records.diagnostics.append(Diagnostic(path, line, "manifest-include", message))
            continue
        known.add(target)
        manifest, diagnostics = read_requirements_file(target, data)
        records.diagnostics += diagnostics
        if manifest is not None:
            group = groups.get(path)
            if group is not None and group != "runtime":
                manifest.dependencies = [
                    msgspec.structs.replace(d, group=group) for d in manifest.dependencies
                ]
            records.manifests.append(manifest)
            included += [(target, item.path, item.line) for item in manifest.includes]
    records.manifests.sort(key=lambda manifest: manifest.path)


def _group_of_file(manifest: Manifest) -> Group | None:
    return group_of(posixpath.basename(manifest.path), "runtime") if is_requirements(manifest.path) else None


def _follow_env_files(tree: FileTree, records: Records) -> None:
    """Read environment files that a compose file names and whose own names say nothing."""
    known = {file.path for file in records.env_files}
    for compose in records.compose:
        for service in compose.services:
            for item in service.env_files:
                target = posixpath.normpath(posixpath.join(posixpath.dirname(compose.path), item.path))
                if target in known or len(known) > 1000:
                    continue
                known.add(target)
                data = tree.read(target)
                if data is not None:  # usually absent: it is where secrets are kept
                    record, diagnostics = read_env_file(target, data)
                    records.diagnostics += diagnostics
                    if isinstance(record, EnvFile):
                        records.env_files.append(record)
    records.env_files.sort(key=lambda file: file.path)


# --- components -------------------------------------------------------------------------------------------------


def base_of(project: Project) -> str:
    """The directory of the project's configuration, ``""`` for the root and for a configuration above it."""
    directory = project.config.directory
    return "" if directory.startswith("..") or directory == "." else directory


def relative(path: str, base: str) -> str:
    return path[len(base) + 1 :] if base and path.startswith(base + "/") else path


class Roles:
    """What the source files of a project are for, by their paths below ``base``.

    Where ``scripts_run``, the files of scripts, examples and tools count as the program: there is no other.
    """

    def __init__(self, base: str = "", scripts_run: bool = False) -> None:
        self.base = base
        self.scripts_run = scripts_run

    def of(self, path: str) -> str:
        """``runtime``, ``development`` or ``test``."""
        role = role_of_path(path, self.base)
        return "runtime" if role == "development" and self.scripts_run else role


def role_of_path(path: str, base: str = "") -> str:
    """``test``, ``development`` (also migrations) or ``runtime``, by a path below ``base``."""
    below = relative(path, base)
    if is_test(below):
        return "test"
    return "development" if is_development(below) or is_migration(below) else "runtime"


def components_of(project: Project) -> dict[str, Component]:
    """The components of a project by directory, with their source files; the root's own is always among them."""
    base = base_of(project)
    components = {base: Component(base)}
    for manifest in records_of(project.tree).manifests:
        home = _home(manifest, base)
        if home is None:
            continue
        components.setdefault(home, Component(home)).manifests.append(manifest)
    owners: dict[str, str] = {}
    for path in project.paths:
        components[_owner(posixpath.dirname(path), components, owners, base)].paths.append(path)
    return dict(sorted(components.items()))


def _home(manifest: Manifest, base: str) -> str | None:
    """The directory of the component a manifest belongs to; None where it makes none and is outside the project."""
    directory = posixpath.dirname(manifest.path)
    if base and directory != base and not directory.startswith(base + "/"):
        return None
    if posixpath.basename(directory) in ("requirements", "reqs"):
        directory = posixpath.dirname(directory)
    while directory != base and _directory_group(posixpath.join(directory, "x"), base) is not None:
        directory = posixpath.dirname(
            directory
        )  # a manifest of tests or examples is part of what surrounds it
    if not manifest.dependencies and not manifest.name and not manifest.includes and directory != base:
        return None  # {"type": "module"}, a pyproject.toml of tool settings
    return directory


def _directory_group(path: str, base: str) -> Group | None:
    """``test`` or ``development`` where the directories of a manifest say so."""
    probe = posixpath.join(
        relative(posixpath.dirname(path), base) if posixpath.dirname(path) != base else "", "x"
    )
    if is_test(probe):
        return "test"
    return "development" if is_development(probe) else None


def _owner(directory: str, components: dict[str, Component], known: dict[str, str], base: str) -> str:
    """The nearest directory at or above ``directory`` that is a component."""
    start = directory
    while directory not in components:
        if directory in known:
            directory = known[directory]
            break
        if not directory or directory == base:
            directory = base
            break
        directory = posixpath.dirname(directory)
    known[start] = directory
    return directory


def with_imported(
    project: Project, chosen: Iterable[str], components: dict[str, Component], roles: Roles
) -> list[Component]:
    """The chosen components and every other component that running code of these imports, sorted by directory."""
    owner = {path: name for name, component in components.items() for path in component.paths}
    found = set(chosen)
    queue = sorted(found) if len(found) < len(components) else []
    while queue:
        for path in components[queue.pop()].paths:
            if roles.of(path) != "runtime":
                continue
            for edge in project.edges_of(path):
                target = owner.get(edge.target)
                if target is not None and target not in found and edge.kind != "type-only":
                    found.add(target)
                    queue.append(target)
    return [components[name] for name in sorted(found)]
