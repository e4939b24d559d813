"""From the file a package publishes to the source it is built from, which is what the project holds.

``dist/index.js`` is not there before a build, and git ignores it. The compiler's own options say where it comes from;
without them the conventions do: the same path under ``src``, else the package's entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.project.resolution.ecmascript_files import Files, join, split_extension
from constraintlint.project.resolution.node_packages import Package
from constraintlint.project.resolution.tsconfig_files import Configs

_BUILD_DIRECTORIES = frozenset(
    (
        "dist", "lib", "build", "out", "output", "esm", "cjs", "es", "es6", "es2015", "umd", "module", "commonjs",
        "types", "typings", "declarations", "dist-cjs", "dist-es", "dist-esm", "dist-types", "_cjs", "_esm", "_types",
        "compiled", "bundle", "bundles", "node", "browser", "require", "import", ".build", ".output",
    )
)  # fmt: skip
_SOURCE_DIRECTORIES = ("src", "source", "lib", "")
#: a bundler's extra part of a name: index.cjs.js, index.esm.min.js
_BUNDLE_SUFFIX = re.compile(
    r"(?:[.-](?:cjs|esm|es|mjs|umd|min|prod|production|dev|development|node|module|bundle))+$"
)


class Sources:
    """Finds the source of published files. All answers are remembered."""

    def __init__(self, files: Files, configs: Configs) -> None:
        self._files = files
        self._configs = configs
        self._known: dict[tuple[str, str, bool], str | None] = {}

    def find(self, package: Package, target: str, typescript: bool) -> str | None:
        """The file (or ASSET) that ``target``, a path in the package, is or is built from; None for neither."""
        key = (package.directory, target, typescript)
        if key not in self._known:
            self._known[key] = self._find(package.directory, target, typescript)
        return self._known[key]

    def entry(self, package: Package, typescript: bool) -> str | None:
        """The source of a package's main file where its manifest does not lead there."""
        unscoped = package.name.rpartition("/")[2]
        for directory in _SOURCE_DIRECTORIES:
            for name in ("index", "main", unscoped):
                place = join(package.directory, f"{directory}/{name}") if name else None
                found = self._files.file(place, typescript) if place is not None else None
                if found is not None:
                    return found
        return None

    def _find(self, directory: str, target: str, typescript: bool) -> str | None:
        place = join(directory, target)
        if place is None:
            return None
        found = self._at(place, typescript)
        if found is not None:
            return found
        for candidate in self._compiled_from(directory, place):
            found = self._at(candidate, typescript)
            if found is not None:
                return found
        inside = place[len(directory) + 1 :] if directory else place
        for candidate in _conventional(inside):
            source = join(directory, candidate)
            found = self._at(source, typescript) if source is not None else None
            if found is not None:
                return found
        return None

    def _at(self, place: str, typescript: bool) -> str | None:
        """The file at a path, or at that of the source a compiled file's name stands for."""
        found = self._files.file(place, typescript)
        if found is not None:
            return found
        stem, extension = split_extension(place)
        if not extension:
            return self._files.index(place, typescript)
        for name in dict.fromkeys((stem, _BUNDLE_SUFFIX.sub("", stem))):
            found = self._files.file(name, typescript) or self._files.index(name, typescript)
            if found is not None:
                return found
        return None

    def _compiled_from(self, directory: str, place: str) -> Iterator[str]:
        """By ``outDir``/``declarationDir`` and ``rootDir`` of the package's tsconfigs."""
        for config in self._configs.beside(directory):
            for out in config.out_dirs:
                if place != out and not place.startswith(out + "/"):
                    continue
                rest = place[len(out) + 1 :]
                prefix = f"{config.directory}/" if config.directory else ""
                roots = (
                    [config.root_dir] if config.root_dir is not None else [prefix + "src", config.directory]
                )
                for root in roots:
                    yield f"{root}/{rest}".strip("/")


def _conventional(inside: str) -> Iterator[str]:
    """Paths in the package that a published path may be built from."""
    parts = inside.split("/")
    while parts and parts[0] in _BUILD_DIRECTORIES:
        parts = parts[1:]
        for source in _SOURCE_DIRECTORIES:
            yield "/".join([source, *parts]).strip("/")
    yield f"src/{inside}"
