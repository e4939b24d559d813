"""Readers of manifests: what a project's package files declare to install and to run.

``read_manifest(path, data)`` gives the facts of one file and the diagnostics about it; a malformed file is a
diagnostic, never an exception. Lock files are not read: what they list is not what the project asked for.
Formats: pyproject.toml (PEP 621, PEP 735, Poetry, PDM, Hatch, uv, Flit), requirements files (pip), setup.cfg and
setup.py (setuptools), Pipfile, environment.yml (conda), package.json (npm), pnpm-workspace.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from constraintlint.facts.manifest import Dependency, Group, Include, Manifest, Script
from constraintlint.findings import Diagnostic
from constraintlint.frontends.located import Located, ReadError, decode, load_json
from constraintlint.frontends.located_toml import load_toml
from constraintlint.frontends.located_yaml import load_yaml
from constraintlint.frontends.requirements import canonical, group_of, parse, read_requirements

_REQUIREMENTS = re.compile(
    r"(?:.*[-_.])?requirements?(?:[-_.].*)?\.(?:txt|in|pip)$|(?:.*[-_.])?reqs(?:[-_.].*)?\.(?:txt|in)$"
)


def is_requirements(path: str) -> bool:
    """Whether a path is that of a pip requirements file: by its name, or a text file in ``requirements/``."""
    directory, _, name = path.lower().rpartition("/")
    if _REQUIREMENTS.match(name):
        return True
    return directory.rpartition("/")[2] in ("requirements", "reqs") and name.endswith((".txt", ".in"))


def manifest_reader(path: str) -> Callable[[str, str, list[Diagnostic]], Manifest] | None:
    """The function that reads a manifest of this name; None where the name is not that of a manifest."""
    name = path.rpartition("/")[2]
    reader = _READERS.get(name)
    if reader is None and is_requirements(path):
        return _requirements
    return reader


def read_manifest(path: str, data: bytes) -> tuple[Manifest | None, list[Diagnostic]]:
    """Read one manifest; None where the path is not that of one or the file cannot be read at all."""
    reader = manifest_reader(path)
    if reader is None:
        return None, []
    diagnostics: list[Diagnostic] = []
    try:
        return reader(path, decode(data), diagnostics), diagnostics
    except ReadError as error:
        return None, [Diagnostic(path, error.line, "manifest-malformed", error.message, error.column)]


def read_requirements_file(path: str, data: bytes) -> tuple[Manifest | None, list[Diagnostic]]:
    """Read a file as pip requirements whatever its name: one that another file includes."""
    diagnostics: list[Diagnostic] = []
    try:
        return _requirements(path, decode(data), diagnostics), diagnostics
    except ReadError as error:
        return None, [Diagnostic(path, error.line, "manifest-malformed", error.message, error.column)]


# --- Python -----------------------------------------------------------------------------------------------------


def _requirements(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    name = path.rpartition("/")[2]
    dependencies, includes, strange = read_requirements(text, group_of(name, "runtime"))
    for line, content in strange:
        shown = content if len(content) <= 60 else content[:57] + "..."
        diagnostics.append(Diagnostic(path, line, "manifest-malformed", f"not a requirement: {shown}"))
    return Manifest(path, "pypi", dependencies=dependencies, includes=includes)


def _pyproject(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    root = load_toml(text)
    manifest = Manifest(
        path,
        "pypi",
        name=root.text("project", "name") or root.text("tool", "poetry", "name"),
        requires_python=root.text("project", "requires-python"),
    )
    out = manifest.dependencies
    add = _Adder(path, out, diagnostics)
    add.strings(root.sequence("project", "dependencies"), "runtime")
    for extra, items in root.table("project", "optional-dependencies"):
        add.strings(items.items(), group_of(extra, "optional"), extra)
    for group, items in root.table("dependency-groups"):
        add.strings(items.items(), group_of(group, "optional"), group)
    add.strings(root.sequence("tool", "flit", "metadata", "requires"), "runtime")
    for tool in ("uv", "rye"):
        add.strings(root.sequence("tool", tool, "dev-dependencies"), "development")
    for group, items in root.table("tool", "pdm", "dev-dependencies"):
        add.strings(items.items(), group_of(group, "development"), group)
    for name, environment in root.table("tool", "hatch", "envs"):
        for key in ("dependencies", "extra-dependencies"):
            add.strings(environment.sequence(key), group_of(name, "development"), name)
    _poetry(root, add)
    for file in _setuptools_files(root.get("tool", "setuptools", "dynamic", "dependencies")):
        manifest.includes.append(file)
    manifest.workspaces = [
        item.value
        for item in root.sequence("tool", "uv", "workspace", "members")
        if isinstance(item.value, str)
    ]
    for keys in (
        ("project", "scripts"),
        ("tool", "poetry", "scripts"),
        ("tool", "pdm", "scripts"),
        ("tool", "poe", "tasks"),
    ):
        for name, command in root.table(*keys):
            text_of = (
                command.value
                if isinstance(command.value, str)
                else command.text("cmd") or command.text("shell")
            )
            if text_of:
                manifest.scripts.append(Script(name, text_of, command.key_line, command.key_column))
    return manifest


def _poetry(root: Located, add: _Adder) -> None:
    add.table(root.get("tool", "poetry", "dependencies"), "runtime")
    add.table(root.get("tool", "poetry", "dev-dependencies"), "development")
    for name, group in root.table("tool", "poetry", "group"):
        optional = group.get("optional")
        unknown: Group = "optional" if optional is not None and optional.value is True else "runtime"
        add.table(group.get("dependencies"), group_of(name, unknown), name)


def _setuptools_files(node: Located | None) -> list[Include]:
    file = node.get("file") if node is not None else None
    if file is None:
        return []
    items = [file] if isinstance(file.value, str) else list(file.items())
    return [Include(item.value, item.line, item.column) for item in items if isinstance(item.value, str)]


def _pipfile(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    root = load_toml(text)
    manifest = Manifest(path, "pypi", requires_python=root.text("requires", "python_version"))
    add = _Adder(path, manifest.dependencies, diagnostics)
    add.table(root.get("packages"), "runtime")
    for key, table in root.entries():
        if key == "dev-packages":
            add.table(table, "development")
        elif key not in ("packages", "source", "requires", "scripts", "pipenv"):
            add.table(table, group_of(key, "optional"), key)
    for name, command in root.table("scripts"):
        if isinstance(command.value, str):
            manifest.scripts.append(Script(name, command.value, command.key_line, command.key_column))
    return manifest


def _environment(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    """A conda environment. Names of conda packages are those of PyPI in all but rare cases."""
    root = load_yaml(text)
    manifest = Manifest(path, "pypi", name=root.text("name"))
    add = _Adder(path, manifest.dependencies, diagnostics)
    group = group_of(path.rpartition("/")[2], "runtime")
    for item in root.sequence("dependencies"):
        if isinstance(item.value, str):
            spec = item.value.rpartition("::")[2]
            match = re.match(r"([A-Za-z0-9][\w.-]*)\s*(.*)", spec)
            if match:
                name = canonical(match[1])
                manifest.dependencies.append(
                    Dependency(name, match[2].strip(), group, item.line, item.column)
                )
        else:
            add.strings(item.sequence("pip"), group)
    return manifest


class _Adder:
    """Adds dependencies of a located tree to a list, and a diagnostic for each that is none."""

    def __init__(self, path: str, out: list[Dependency], diagnostics: list[Diagnostic]) -> None:
        self.path = path
        self.out = out
        self.diagnostics = diagnostics

    def strings(self, items: object, group: Group, extra: str = "") -> None:
        """PEP 508 strings of a list; tables among them (``{include-group = ...}``) declare nothing of their own."""
        for item in items:  # type: ignore[attr-defined]
            if not isinstance(item.value, str):
                continue
            dependency = parse(item.value, group, item.line, item.column, extra)
            if dependency is not None:
                self.out.append(dependency)
            elif not item.value.lstrip().startswith(("-", ".", "/", "{", "#")):
                self.strange(item, item.value)

    def table(self, table: Located | None, group: Group, extra: str = "") -> None:
        """``name = "version"`` or ``name = {version = ..., optional = true}`` (Poetry, Pipenv)."""
        if table is None:
            return
        for name, spec in table.entries():
            if name.lower() == "python":
                continue
            own: Group = group
            variants = list(spec.items()) or [spec]
            first = variants[0]
            optional = first.get("optional")
            if optional is not None and optional.value is True:
                own = "optional"
            extras = tuple(
                canonical(item.value) for item in first.sequence("extras") if isinstance(item.value, str)
            )
            version = first.value if isinstance(first.value, str) else first.text("version")
            marker = first.text("markers")
            place = (spec.key_line, spec.key_column)
            self.out.append(Dependency(canonical(name), version, own, *place, extra, extras, marker))

    def strange(self, item: Located, text: str) -> None:
        shown = text if len(text) <= 60 else text[:57] + "..."
        self.diagnostics.append(
            Diagnostic(self.path, item.line, "manifest-malformed", f"not a requirement: {shown}", item.column)
        )


def _setup_cfg(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    from constraintlint.frontends.ini import load_ini

    manifest = Manifest(path, "pypi")
    for section, key, lines in load_ini(text):
        if section == "metadata" and key == "name" and lines:
            manifest.name = lines[0][0]
        if section == "options" and key == "python_requires" and lines:
            manifest.requires_python = lines[0][0]
        group: Group
        extra = ""
        if section == "options" and key in ("install_requires", "tests_require"):
            group = "runtime" if key == "install_requires" else "test"
        elif section == "options.extras_require":
            group, extra = group_of(key, "optional"), key
        else:
            continue
        for content, line, column in lines:
            if content.startswith("file:"):
                manifest.includes += [Include(name.strip(), line, column) for name in content[5:].split(",")]
                continue
            # setuptools: one requirement a line, or on a single line separated by semicolons
            for part in content.split(";") if len(lines) == 1 else [content]:
                dependency = parse(part, group, line, column, extra)
                if dependency is not None:
                    manifest.dependencies.append(dependency)
    return manifest


def _setup_py(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    from constraintlint.frontends.setup_py import read_setup_py

    return read_setup_py(path, text, diagnostics)


# --- JavaScript -------------------------------------------------------------------------------------------------

_NPM_GROUPS: dict[str, Group] = {
    "dependencies": "runtime",
    "devDependencies": "development",
    "optionalDependencies": "optional",
    "peerDependencies": "optional",
}


def _package_json(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    root = load_json(text)
    if not isinstance(root.value, dict):
        raise ReadError("package.json holds no object")
    manifest = Manifest(
        path, "npm", name=root.text("name"), module_type=root.text("type"), main=root.text("main")
    )
    for table, group in _NPM_GROUPS.items():
        for name, version in root.table(table):
            specifier = version.value if isinstance(version.value, str) else ""
            place = (version.key_line, version.key_column)
            manifest.dependencies.append(
                Dependency(name, specifier, group, *place, "" if group == "runtime" else table)
            )
    for name, command in root.table("scripts"):
        if isinstance(command.value, str):
            manifest.scripts.append(Script(name, command.value, command.key_line, command.key_column))
    members = root.get("workspaces")
    if members is not None:
        listed = members.items() if isinstance(members.value, list) else members.sequence("packages")
        manifest.workspaces = [item.value for item in listed if isinstance(item.value, str)]
    return manifest


def _pnpm_workspace(path: str, text: str, diagnostics: list[Diagnostic]) -> Manifest:
    members = [item.value for item in load_yaml(text).sequence("packages") if isinstance(item.value, str)]
    return Manifest(path, "npm", workspaces=members)


_READERS: dict[str, Callable[[str, str, list[Diagnostic]], Manifest]] = {
    "pyproject.toml": _pyproject,
    "Pipfile": _pipfile,
    "environment.yml": _environment,
    "environment.yaml": _environment,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "package.json": _package_json,
    "pnpm-workspace.yaml": _pnpm_workspace,
}
