"""package.json: ``exports`` and ``imports``, workspaces, and the packages of the project (Node.js 24, modules: packages)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from constraintlint.findings import Diagnostic
from constraintlint.frontends.located import ReadError, decode
from constraintlint.frontends.located_yaml import load_yaml
from constraintlint.globs import GlobError, Matcher, compile_globs, is_literal
from constraintlint.project.resolution.ecmascript_files import join
from constraintlint.project.resolution.jsonc import load_json, load_jsonc
from constraintlint.project.tree import FileTree

_NAME = re.compile(r"(?:@[A-Za-z0-9~_-][\w.~-]*/)?(?!~/)[A-Za-z0-9~_-][\w.~!'()*-]*")
_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_LOCAL_PROTOCOLS = ("file:", "link:", "portal:")
_MAX_DEPTH = 40


def split_name(specifier: str) -> tuple[str, str]:
    """``@scope/name/sub/path`` -> ``@scope/name``, ``sub/path``; the name is ``""`` where it cannot be a package's."""
    match = _NAME.match(specifier)
    if match is None:
        return "", ""
    end = match.end()
    if end == len(specifier):
        return specifier, ""
    return (specifier[:end], specifier[end + 1 :]) if specifier[end] == "/" else ("", "")


class Targets(NamedTuple):
    """What an entry of ``exports`` or ``imports`` leads to, in the order to be tried. ``blocked``: it is ``null``."""

    paths: list[str]
    blocked: bool = False


def match_entry(table: dict[str, object], key: str, conditions: frozenset[str] | None) -> Targets | None:
    """The entry of a subpath (``.``, ``./sub``, ``#name``); None where there is none.

    ``conditions`` None takes every branch. PACKAGE_IMPORTS_EXPORTS_RESOLVE of the Node.js documentation.
    """
    if key in table and "*" not in key:
        return _targets(table[key], "", conditions)
    best: tuple[int, int, str, str] | None = None
    for pattern in table:
        prefix, star, suffix = pattern.partition("*")
        if not star:
            if not pattern.endswith("/") or not key.startswith(pattern):
                continue
            rank, matched = (len(pattern), len(pattern)), key[len(pattern) :]
        elif (
            "*" in suffix or not key.startswith(prefix) or not key.endswith(suffix) or len(key) < len(pattern)
        ):
            continue
        else:
            rank, matched = (len(prefix) + 1, len(pattern)), key[len(prefix) : len(key) - len(suffix)]
        if best is None or rank > best[:2]:
            best = (*rank, pattern, matched)
    if best is None:
        return None
    pattern, matched = best[2], best[3]
    found = _targets(table[pattern], matched, conditions)
    if pattern.endswith("/"):
        return Targets([path + matched for path in found.paths], found.blocked)
    return found


def _targets(value: object, matched: str, conditions: frozenset[str] | None) -> Targets:
    paths: list[str] = []
    blocked = _collect(value, matched, conditions, paths, 0)
    return Targets(paths, blocked and not paths)


def _collect(
    value: object, matched: str, conditions: frozenset[str] | None, out: list[str], depth: int
) -> bool:
    """Append the targets that apply; True where a ``null`` ends the search. A condition that applies hides those after it."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, str):
        out.append(value.replace("*", matched))
    elif value is None:
        return True
    elif isinstance(value, list):
        for item in value:
            _collect(item, matched, conditions, out, depth + 1)
    elif isinstance(value, dict):
        for condition, inner in value.items():
            if conditions is None:
                _collect(inner, matched, conditions, out, depth + 1)
            elif condition == "default" or condition in conditions:
                before = len(out)
                if _collect(inner, matched, conditions, out, depth + 1):
                    return True
                if len(out) > before:
                    return False
    return False


class Package:
    """One package.json."""

    __slots__ = ("data", "dependencies", "directory", "exports", "imports", "name", "path")

    def __init__(self, path: str, data: dict[str, object]) -> None:
        self.path = path
        self.directory = path.rpartition("/")[0]
        self.data = data
        name = data.get("name")
        self.name = name if isinstance(name, str) else ""
        self.exports = _exports(data.get("exports"))
        imports = data.get("imports")
        self.imports: dict[str, object] = imports if isinstance(imports, dict) else {}
        self.dependencies: dict[str, str] = {}
        for key in _DEPENDENCIES:
            table = data.get(key)
            if isinstance(table, dict):
                for dependency, version in table.items():
                    self.dependencies.setdefault(dependency, version if isinstance(version, str) else "")

    def field(self, key: str) -> str:
        """A text field, ``""`` where it is none."""
        value = self.data.get(key)
        return value if isinstance(value, str) else ""

    def aliases(self) -> Iterator[tuple[str, str]]:
        """``_moduleAliases`` of the package module-alias: prefix and directory."""
        table = self.data.get("_moduleAliases")
        if isinstance(table, dict):
            for prefix, target in table.items():
                place = join(self.directory, target) if isinstance(target, str) else None
                if place is not None:
                    yield prefix, place


def _exports(value: object) -> dict[str, object] | None:
    """``exports`` as a table of subpaths, whatever short form it has; None where there is none."""
    if value is None:
        return None
    if isinstance(value, dict) and any(key.startswith(".") for key in value):
        return value
    return {".": value}


class Packages:
    """The packages of the tree: the one a file belongs to, and those that workspaces give a name."""

    def __init__(self, tree: FileTree, diagnostics: list[Diagnostic]) -> None:
        self._tree = tree
        self._diagnostics = diagnostics
        self._packages: dict[str, Package | None] = {}
        self._nearest: dict[str, Package | None] = {}
        self._members: dict[str, dict[str, Package]] | None = None
        self._declared: dict[tuple[str, str], bool] = {}
        self._by_name: dict[str, list[Package]] | None = None

    def in_directory(self, directory: str) -> Package | None:
        """The package whose package.json stands in ``directory``."""
        if directory not in self._packages:
            self._packages[directory] = self._read(
                f"{directory}/package.json" if directory else "package.json"
            )
        return self._packages[directory]

    def nearest(self, directory: str) -> Package | None:
        """The package a directory belongs to. A package.json without a name (``{"type": "module"}``) is passed over."""
        if directory not in self._nearest:
            own = self.in_directory(directory)
            if own is None or not (own.name or own.imports or own.dependencies or own.exports):
                above = self.nearest(directory.rpartition("/")[0]) if directory else None
                own = above or own
            self._nearest[directory] = own
        return self._nearest[directory]

    def named(self, name: str, directory: str) -> Package | None:
        """The package of the project that ``name`` means in ``directory``: the package itself, a local dependency, a
        workspace member; the nearest workspace first."""
        own = self.nearest(directory)
        if own is not None:
            if own.name == name:
                return own
            version = own.dependencies.get(name, "")
            if version.startswith(_LOCAL_PROTOCOLS):
                place = join(own.directory, version.partition(":")[2])
                local = self.in_directory(place) if place is not None else None
                if local is not None:
                    return local
            if version.startswith("workspace:"):
                local = self._only_one(name)
                if local is not None:
                    return local
            if version.startswith("npm:"):
                return None  # another package under this name
        members = self.members()
        current = directory
        while True:
            found = members.get(current, {}).get(name)
            if found is not None:
                return found
            if not current:
                return None
            current = current.rpartition("/")[0]

    def declares(self, name: str, directory: str) -> bool:
        """Whether a package.json of the directory or above it declares a dependency of this name."""
        key = (name, directory)
        if key not in self._declared:
            own = self.in_directory(directory)
            above = directory.rpartition("/")[0]
            inherited = bool(directory) and self.declares(name, above)
            self._declared[key] = inherited or (own is not None and name in own.dependencies)
        return self._declared[key]

    def members(self) -> dict[str, dict[str, Package]]:
        """Workspace root -> its members by name, the root itself included."""
        if self._members is None:
            directories = sorted(path.rpartition("/")[0] for path in self._files_named("package.json"))
            self._members = {
                root: self._members_of(root, globs, directories)
                for root, globs in sorted(self._workspaces(directories).items())
            }
        return self._members

    def _files_named(self, name: str) -> list[str]:
        return [path for path in self._tree.files if path.endswith(name) and path.rpartition("/")[2] == name]

    def _only_one(self, name: str) -> Package | None:
        """The package of this name where the tree holds exactly one."""
        if self._by_name is None:
            self._by_name = {}
            for path in sorted(self._files_named("package.json")):
                package = self.in_directory(path.rpartition("/")[0])
                if package is not None and package.name:
                    self._by_name.setdefault(package.name, []).append(package)
        found = self._by_name.get(name, [])
        return found[0] if len(found) == 1 else None

    def _members_of(self, root: str, globs: list[str], directories: list[str]) -> dict[str, Package]:
        wanted = _matcher([glob for glob in globs if not glob.startswith("!")], root)
        unwanted = _matcher([glob[1:] for glob in globs if glob.startswith("!")], root)
        found: dict[str, Package] = {}
        for directory in directories:
            if directory == root or (wanted(directory) and not unwanted(directory)):
                package = self.in_directory(directory)
                if package is not None and package.name:
                    found.setdefault(package.name, package)
        return found

    def _workspaces(self, directories: list[str]) -> dict[str, list[str]]:
        """Workspace root -> globs of its members, of npm, Yarn and Bun, of Lerna and of pnpm."""
        found: dict[str, list[str]] = {}
        for directory in directories:
            package = self.in_directory(directory)
            listed = package.data.get("workspaces") if package is not None else None
            globs = _texts(listed.get("packages") if isinstance(listed, dict) else listed)
            lerna = f"{directory}/lerna.json" if directory else "lerna.json"
            if self._tree.is_file(lerna):
                globs += _texts(self._table(lerna).get("packages"))
            if globs:
                found[directory] = globs
        for path in self._files_named("pnpm-workspace.yaml"):
            found.setdefault(path.rpartition("/")[0], []).extend(self._pnpm(path))
        return found

    def _pnpm(self, path: str) -> list[str]:
        data = self._tree.read(path)
        if data is None:
            return []
        try:
            items = load_yaml(decode(data)).sequence("packages")
            return [item.value for item in items if isinstance(item.value, str)]
        except ReadError as error:
            self._report(path, error)
            return []

    def _table(self, path: str) -> dict[str, list[object]]:
        data = self._tree.read(path)
        if data is None:
            return {}
        try:
            value = load_jsonc(data)
        except ReadError as error:
            self._report(path, error)
            return {}
        return value if isinstance(value, dict) else {}

    def _read(self, path: str) -> Package | None:
        data = self._tree.read(path)
        if data is None:
            return None
        try:
            value = load_json(data)
        except ReadError as error:
            self._report(path, error)
            try:
                value = load_jsonc(data)
            except ReadError:
                return None
        return Package(path, value) if isinstance(value, dict) else None

    def _report(self, path: str, error: ReadError) -> None:
        self._diagnostics.append(
            Diagnostic(path, error.line, "manifest-malformed", error.message, error.column)
        )


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _matcher(globs: Iterable[str], root: str) -> Matcher:
    """A predicate "is this directory a member"; a plain name is the directory itself, not what is below it."""
    literal: set[str] = set()
    wild: list[str] = []
    for glob in globs:
        place = join(root, glob.strip())
        if not place:
            continue
        if is_literal(place):
            literal.add(place)
            continue
        try:
            compile_globs((place,))
        except GlobError:
            continue
        wild.append(place)
    others = compile_globs(wild)
    return lambda path: path in literal or others(path)
