"""What speaks against a broken import being an error: a declared dependency of that name, a file that a build makes."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from constraintlint.project.distributions import providers
from constraintlint.project.resolution.python_modules import join
from constraintlint.project.resolution.python_roots import MARKERS, Roots, ascend

if TYPE_CHECKING:
    from constraintlint.facts.manifest import Manifest
    from constraintlint.project.tree import FileTree

#: stems of modules that code generators write (protocol buffers, gRPC)
_GENERATED = re.compile(r"(?:.*_)?(?:pb2|pb2_grpc|grpc|betterproto)$")
_DECORATION = re.compile(r"^(?:python|django|py)(?=.)|(?<=.)(?:python|binary|py)$")


class Doubt:
    """Reads manifests, and only once an import is in doubt."""

    def __init__(self, tree: FileTree, roots: Roots) -> None:
        self._tree = tree
        self._roots = roots
        self._manifests: dict[str, list[Manifest]] = {}

    def is_dependency(self, name: str, directory: str) -> bool:
        """Whether a manifest at or above a directory asks for a distribution that may provide the package ``name``.

        A project of the tree that is itself called so is no dependency.
        """
        wanted = _plain(name)
        if wanted in self._own_names:
            return False
        known = {_plain(provider) for provider in providers(name)}
        return any(
            wanted in _import_names(dependency.name) or _plain(dependency.name) in known
            for above in ascend(directory)
            for manifest in self._read(above)
            for dependency in manifest.dependencies
        )

    def may_share(self, namespace: str, directory: str) -> bool:
        """Whether a distribution that is asked for may hold a part of a namespace: ``acme-common`` one of ``acme``."""
        return any(
            len(parts := re.split(r"[-_.]+", dependency.name)) > 1
            and parts[0].lower() == namespace.lower()
            and _plain(dependency.name) not in self._own_names
            for above in ascend(directory)
            for manifest in self._read(above)
            for dependency in manifest.dependencies
        )

    @cached_property
    def _own_names(self) -> set[str]:
        """Names of the distributions that the tree itself holds."""
        directories = {
            path.rpartition("/")[0] for path in self._tree.files if path.rpartition("/")[2] in MARKERS
        }
        manifests = [manifest for directory in sorted(directories) for manifest in self._read(directory)]
        return {
            _plain(manifest.name) for manifest in manifests if manifest.name and manifest.ecosystem == "pypi"
        }

    def _read(self, directory: str) -> list[Manifest]:
        known = self._manifests.get(directory)
        if known is None:
            from constraintlint.frontends.manifests import is_requirements, read_manifest

            known = self._manifests[directory] = []
            paths = [join(directory, name) for name in self._tree.names(directory)]
            for folder in ("requirements", "reqs"):
                paths += [
                    join(join(directory, folder), name) for name in self._tree.names(join(directory, folder))
                ]
            for path in sorted(paths):
                name = path.rpartition("/")[2]
                if path in self._tree.files and (
                    name in MARKERS or name == "environment.yml" or is_requirements(path)
                ):
                    data = self._tree.read(path)
                    manifest = read_manifest(path, data)[0] if data is not None else None
                    if manifest is not None and manifest.ecosystem == "pypi":
                        known.append(manifest)
        return known

    def is_generated(self, path: str) -> str:
        """Why a Python file that is not there may be written by a build; "" where nothing says so."""
        directory, _, name = path.rpartition("/")
        stem = name.removesuffix(".py")
        if _GENERATED.fullmatch(stem):
            return "modules of this name are generated from .proto files"
        if self._tree.is_ignored(path):
            return "ignored files are not read"
        for project in self._roots.projects(directory):
            for manifest in ("pyproject.toml", "setup.cfg", "setup.py"):
                data = self._tree.read(join(project, manifest))
                if data is not None and name.encode() in data and name != "__init__.py":
                    return f"{join(project, manifest)} names it as a file to write"
        return ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "", name).lower()


def _import_names(distribution: str) -> tuple[str, str]:
    """What a distribution is imported as: its own name, or that without what says it is for Python.

    ``PyJWT`` gives ``jwt``, ``python-dateutil`` ``dateutil``, ``GitPython`` ``git``, ``psycopg2-binary`` ``psycopg2``.
    """
    plain = _plain(distribution)
    bare = _DECORATION.sub("", plain)
    return plain, bare or plain
