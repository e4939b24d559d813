"""What the packages of a project and its directories lead to: ``exports``, ``imports``, ``main``, index files, sources."""

from __future__ import annotations

from typing import Final, NamedTuple

from constraintlint.project.resolution.ecmascript_files import ASSET, Files, join
from constraintlint.project.resolution.node_packages import Package, Packages, match_entry, split_name
from constraintlint.project.resolution.node_sources import Sources
from constraintlint.project.resolution.tsconfig import Config
from constraintlint.project.tree import FileTree

FILE, NO_SOURCE, PACKAGE, NOTHING, REDIRECT = range(5)
_IMPORT_CONDITIONS: Final = frozenset(("import", "module-sync", "node", "node-addons", "default"))
_REQUIRE_CONDITIONS: Final = frozenset(("require", "module-sync", "node", "node-addons", "default"))


class Place(NamedTuple):
    """What a specifier means: ``value`` is a file, a package, another specifier, or the reason why it means nothing."""

    kind: int
    value: str
    module: str = ""
    standard: bool = False
    first_party: bool = False
    tried: tuple[str, ...] = ()


AN_ASSET: Final = Place(NO_SOURCE, "")


def place_of(found: str) -> Place:
    """The place of a file, or of what is no source."""
    return AN_ASSET if found == ASSET else Place(FILE, found)


class Asker(NamedTuple):
    """Who asks: what a specifier means depends on it. ``require`` chooses the conditions of ``exports``."""

    directory: str
    typescript: bool
    require: bool
    config: Config | None
    package: Package | None

    @property
    def conditions(self) -> list[frozenset[str] | None]:
        """Sets of conditions, tried one after the other: as it runs, as it is typed, and whatever leads to a file."""
        own = frozenset(self.config.conditions) if self.config is not None else frozenset()
        runs = (_REQUIRE_CONDITIONS if self.require else _IMPORT_CONDITIONS) | own
        return [runs, runs | _REQUIRE_CONDITIONS | _IMPORT_CONDITIONS | {"types"}, None]


class Entries:
    """Files, directories and packages by path and by subpath.."""

    def __init__(self, tree: FileTree, files: Files, packages: Packages, sources: Sources) -> None:
        self.tree = tree
        self.files = files
        self.packages = packages
        self.sources = sources

    def lookup(self, place: str | None, written: str, typescript: bool) -> str | None:
        """A file, else a directory. ``written`` tells whether only a directory is meant (``./a/``, ``..``)."""
        if place is None:
            return None
        if not (written.endswith("/") or written.rpartition("/")[2] in (".", "..")) and place:
            found = self.files.file(place, typescript)
            if found is not None:
                return found
        return self.directory(place, typescript)

    def directory(self, directory: str, typescript: bool) -> str | None:
        """``main`` of a package.json, else an index file (Node.js LOAD_AS_DIRECTORY); ``exports`` where neither leads on."""
        if directory not in self.tree.directories:
            return None
        package = (
            self.packages.in_directory(directory) if "package.json" in self.tree.names(directory) else None
        )
        if package is not None:
            for field in ("main", "module", "types", "typings"):
                value = package.field(field)
                place = join(directory, value) if value else None
                if place is not None and place != directory:
                    found = self.files.file(place, typescript) or self.files.index(place, typescript)
                    found = found or self.sources.find(package, value, typescript)
                    if found is not None:
                        return found
        found = self.files.index(directory, typescript)
        if found is None and package is not None and package.exports is not None:
            entry = self.exported(package, ".", Asker(directory, typescript, False, None, None))
            return entry if isinstance(entry, str) else None
        return found

    def nothing_at(self, place: str, specifier: str, typescript: bool) -> Place:
        """Why no file is found at a path below the root."""
        if "*" in specifier:
            return Place(NOTHING, f"'{specifier}' is a pattern that a build tool expands")
        tried = self.files.tried(place, typescript)
        if any(self.tree.is_ignored(candidate) for candidate in tried if candidate):
            reason = (
                f"'{specifier}' leads to a path that is generated or ignored, so it is not there to be read"
            )
            return Place(NOTHING, reason, tried=tried)
        other = self.files.other_case(place) if place else None
        if other is not None:
            reason = f"'{specifier}' differs from the file '{other}' in letter case"
        else:
            reason = f"no file at '{place or '.'}'"
        return Place(NOTHING, reason, first_party=True, tried=tried)

    def imported(self, package: Package, specifier: str, asker: Asker) -> Place:
        """``#name`` of a package's own ``imports``; REDIRECT where that is the name of another module."""
        tried: list[str] = []
        for conditions in asker.conditions:
            entry = match_entry(package.imports, specifier, conditions)
            if entry is None:
                reason = f"{package.path} does not define '{specifier}' in its imports"
                return Place(NOTHING, reason, first_party=True)
            if entry.blocked:
                return Place(NOTHING, f"{package.path} maps '{specifier}' to null", first_party=True)
            for target in entry.paths:
                if not target.startswith("."):
                    return Place(REDIRECT, target)
                found = self.sources.find(package, target, asker.typescript)
                if found is not None:
                    return place_of(found)
                place = join(package.directory, target)
                if place is not None and place not in tried:
                    tried.append(place)
        return self._dead_entry(specifier, package, tried)

    def of_package(self, package: Package, subpath: str, specifier: str, asker: Asker) -> Place:
        """A package of the project, or a file of it: the source."""
        typescript = asker.typescript
        if package.exports is not None:
            return self._by_exports(package, subpath, specifier, asker)
        if subpath:
            place = join(package.directory, subpath)
            found = self.lookup(place, subpath, typescript) or self.sources.find(package, subpath, typescript)
        else:
            place = join(package.directory, package.field("main") or "index")
            found = self._main(package, typescript)
        if found is not None:
            return place_of(found)
        if asker.package is package:
            # Without ``exports`` a package cannot name itself: the registry's package of that name is meant.
            return Place(PACKAGE, package.name, specifier)
        if place is not None and subpath:
            return self.nothing_at(place, specifier, typescript)
        return self._dead_entry(specifier, package, [place] if place else [])

    def _by_exports(self, package: Package, subpath: str, specifier: str, asker: Asker) -> Place:
        key = f"./{subpath}" if subpath else "."
        found = self.exported(package, key, asker)
        if isinstance(found, Place):
            if asker.package is package and subpath and not found.tried:
                # bundlers and aliases reach into the package they build without asking it
                inside = self.lookup(join(package.directory, subpath), subpath, asker.typescript)
                inside = inside or self.sources.find(package, subpath, asker.typescript)
                return place_of(inside) if inside is not None else found
            return found
        if found is not None:
            return place_of(found)
        entry = match_entry(package.exports or {}, key, None)
        targets = [join(package.directory, target) for target in (entry.paths if entry is not None else ())]
        return self._dead_entry(specifier, package, list(dict.fromkeys(filter(None, targets))))

    def exported(self, package: Package, key: str, asker: Asker) -> str | Place | None:
        """The source of an entry of ``exports``; a Place where there is no such entry."""
        for conditions in asker.conditions:
            entry = match_entry(package.exports or {}, key, conditions)
            if entry is None:
                reason = f"{package.path} has no entry '{key}' in its exports"
                return Place(NOTHING, reason, first_party=True)
            if entry.blocked:
                reason = f"{package.path} maps '{key}' to null"
                return Place(NOTHING, reason, first_party=True, tried=(package.path,))
            for target in entry.paths:
                found = self.sources.find(package, target, asker.typescript)
                if found is not None:
                    return found
        return self.sources.entry(package, asker.typescript) if key == "." else None

    def _main(self, package: Package, typescript: bool) -> str | None:
        """The source of a package without ``exports``."""
        for field in ("source", "main", "module", "types", "typings"):
            value = package.field(field)
            found = self.sources.find(package, value, typescript) if value else None
            if found is not None:
                return found
        found = self.files.index(package.directory, typescript)
        return found or self.sources.entry(package, typescript)

    def _dead_entry(self, specifier: str, package: Package, tried: list[str]) -> Place:
        reason = f"{package.path} leads '{specifier}' to a file that is not there, nor is a source of it"
        generated = any(self.tree.is_ignored(place) for place in tried)
        return Place(NOTHING, reason, first_party=not generated, tried=tuple(tried))

    def package_file(self, specifier: str, directory: str) -> str | None:
        """The configuration file of a package of the project that ``extends`` names; None for other packages."""
        name, subpath = split_name(specifier)
        package = self.packages.named(name, directory) if name else None
        if package is None:
            return None
        key = f"./{subpath}" if subpath else "."
        targets = [subpath, f"{subpath}.json", f"{subpath}/tsconfig.json"] if subpath else []
        if package.exports is not None:
            entry = match_entry(package.exports, key, None)
            targets = [*(entry.paths if entry is not None else ()), *targets]
        if not subpath:
            targets += [package.field("tsconfig"), "tsconfig.json"]
        for target in targets:
            place = join(package.directory, target) if target else None
            if place is not None and self.tree.is_file(place):
                return place
        return None
