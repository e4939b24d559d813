"""Which distributions the manifests in force for a file install, and in which versions.

In force are the manifests of the file's component (the nearest directory with one) and those of the directories
above it. A lock file pins versions and is not read: it only takes away the certainty that the newest one is used.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec

from constraintlint.facts.manifest import Ecosystem, Manifest
from constraintlint.project.manifests import Component, Declared, base_of, components_of, records_of
from constraintlint.project.versions import Range, npm_range, pypi_range

if TYPE_CHECKING:
    from constraintlint.project import Project

_LOCKS: dict[Ecosystem, tuple[str, ...]] = {
    "pypi": ("poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "conda-lock.yml"),
    "npm": (
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lockb", "bun.lock",
    ),
}  # fmt: skip

_DYNAMIC = re.compile(rb"^dynamic\s*=\s*\[[^\]]*[\"']dependencies[\"']", re.M)


class Installed(msgspec.Struct, gc=False):
    """What the manifests of one ecosystem declare for one component, the nearest manifest first.

    ``locked``: a lock or constraints file narrows the ranges further. ``complete``: every manifest could be read whole.
    """

    ecosystem: Ecosystem
    manifests: list[Manifest] = []
    declared: list[Declared] = []
    locked: bool = False
    complete: bool = True
    commands: str = ""
    """the text of the start, build and image files in force: they may install more (``RUN pip install gunicorn``)"""

    @property
    def known(self) -> bool:
        """Whether what is not declared is not installed, as far as can be read."""
        return self.complete and bool(self.declared)

    def by_command(self, name: str) -> bool:
        """Whether a script or an image installs a distribution by hand."""
        words = "[-_.]".join(re.escape(part) for part in name.split("-"))
        pattern = rf"\b(?:install|add|i)\s[^\n]*(?<![\w.-]){words}(?![\w-])"
        return re.search(pattern, self.commands, re.I) is not None

    def brought_by(self, bringers: dict[str, frozenset[str]]) -> bool:
        """Whether a declared distribution brings another: ``bringers`` maps it to the extras that do (empty: always)."""
        for item in self.declared:
            extras = bringers.get(item.dependency.name)
            if extras is not None and (not extras or extras & set(item.dependency.extras)):
                return True
        return False

    def of(self, name: str) -> list[Declared]:
        """The declarations of a distribution (its normalised name), those of the nearest directory only."""
        found = [item for item in self.declared if item.dependency.name == name]
        if not found:
            return found
        nearest = posixpath.dirname(found[0].manifest.path)
        return [item for item in found if posixpath.dirname(item.manifest.path) == nearest]

    def range_of(self, name: str) -> Range | None:
        """The versions of a distribution that may be installed; None where it is not declared or not readable."""
        found = self.of(name)
        running = [item for item in found if item.group == "runtime"] or found
        ranges = [self._range(item.dependency.specifier) for item in running]
        if not ranges or any(item is None for item in ranges):
            return None
        total = ranges[0]
        marked = any(item.dependency.marker for item in running)
        for one in ranges[1:]:
            assert total is not None and one is not None
            if not marked:
                total = total.narrowed(one)
            elif one.reaches(total.low) and (total.high is None or one.high is None or one.high > total.high):
                total = one  # variants for different interpreters: the newest
        return total

    def installs(self, name: str, release: tuple[int, ...]) -> bool:
        """Whether a fresh installation gets ``release`` or later of a declared distribution."""
        allowed = self.range_of(name)
        if allowed is None:
            return False
        return allowed.starts_at(release) if self.locked else allowed.reaches(release)

    def _range(self, specifier: str) -> Range | None:
        return npm_range(specifier) if self.ecosystem == "npm" else pypi_range(specifier)


_known: WeakKeyDictionary[Project, dict[tuple[str, Ecosystem], Installed]] = WeakKeyDictionary()
_components: WeakKeyDictionary[Project, tuple[dict[str, Component], dict[str, str]]] = WeakKeyDictionary()


def component_of(project: Project, path: str) -> str:
    """The directory of the component a source file of the project belongs to."""
    return _owners(project)[1].get(path, base_of(project))


def installed_for(project: Project, path: str) -> Installed:
    """The manifests in force for a source file, of its language's ecosystem."""
    ecosystem: Ecosystem = "pypi" if path.endswith((".py", ".pyi")) else "npm"
    directory = component_of(project, path)
    cache = _known.setdefault(project, {})
    key = (directory, ecosystem)
    if key not in cache:
        cache[key] = _collect(project, directory, ecosystem)
    return cache[key]


def _owners(project: Project) -> tuple[dict[str, Component], dict[str, str]]:
    known = _components.get(project)
    if known is None:
        components = components_of(project)
        owners = {path: name for name, component in components.items() for path in component.paths}
        known = _components[project] = (components, owners)
    return known


def _collect(project: Project, directory: str, ecosystem: Ecosystem) -> Installed:
    components = _owners(project)[0]
    found = Installed(ecosystem)
    base = base_of(project)
    current = directory
    unreadable = {
        item.path for item in records_of(project.tree).diagnostics if item.kind.startswith("manifest")
    }
    while True:
        component = components.get(current)
        if component is not None:
            own = [item for item in component.manifests if item.ecosystem == ecosystem]
            found.manifests += own
            chosen = {item.path for item in own}
            found.declared += [item for item in component.dependencies() if item.manifest.path in chosen]
            found.complete = found.complete and not any(_computes(project, item) for item in own)
        found.locked = found.locked or _is_locked(project, current, ecosystem)
        found.complete = found.complete and not any(
            posixpath.dirname(path) == current or path in {item.path for item in found.manifests}
            for path in unreadable
        )
        found.commands += _commands(project, current)
        if current in (base, ""):
            return found
        current = posixpath.dirname(current)


def _computes(project: Project, manifest: Manifest) -> bool:
    """Whether a pyproject.toml leaves its dependencies to a build step that cannot be followed."""
    if not manifest.path.endswith("pyproject.toml") or manifest.includes:
        return False
    return _DYNAMIC.search(project.tree.read(manifest.path) or b"") is not None


def _commands(project: Project, directory: str) -> str:
    """Scripts and images directly in a directory or in its usual places for them."""
    parts: list[str] = []
    for place in ("", "scripts", "docker", "bin", "deploy", "build"):
        folder = posixpath.join(directory, place) if place else directory
        for name in sorted(project.tree.names(folder)):
            if (
                name.endswith(".sh")
                or name.lower().startswith(("dockerfile", "containerfile", "makefile", "justfile"))
                or name.lower().endswith(".dockerfile")
            ):
                data = project.tree.read(posixpath.join(folder, name))
                parts.append((data or b"").decode("utf-8", "replace").replace("\\\n", " "))
    return "\n".join(parts)


def _is_locked(project: Project, directory: str, ecosystem: Ecosystem) -> bool:
    tree = project.tree
    if any(tree.exists(posixpath.join(directory, name)) for name in _LOCKS[ecosystem]):
        return True
    if ecosystem == "npm":
        return False
    return any(name.startswith("constraints") and name.endswith(".txt") for name in tree.names(directory))
