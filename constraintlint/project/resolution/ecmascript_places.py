"""Where a module specifier leads: relative paths, aliases, ``#imports``, packages of the project, and packages beyond it."""

from __future__ import annotations

from constraintlint.findings import Diagnostic
from constraintlint.project.resolution.ecmascript_files import Files, join
from constraintlint.project.resolution.node_builtins import builtin
from constraintlint.project.resolution.node_entries import (
    NOTHING,
    PACKAGE,
    REDIRECT,
    Asker,
    Entries,
    Place,
    place_of,
)
from constraintlint.project.resolution.node_packages import Packages, split_name
from constraintlint.project.resolution.node_sources import Sources
from constraintlint.project.resolution.tsconfig import Config
from constraintlint.project.resolution.tsconfig_files import Configs
from constraintlint.project.tree import FileTree

_MAX_REDIRECTS = 8


class Places:
    """Resolves specifiers. Relative ones are remembered by directory, others by directory and configuration."""

    def __init__(self, tree: FileTree, diagnostics: list[Diagnostic]) -> None:
        self._tree = tree
        self._files = Files(tree)
        self._packages = Packages(tree, diagnostics)
        self._configs = Configs(tree, diagnostics, self._package_file)
        self._entries = Entries(tree, self._files, self._packages, Sources(self._files, self._configs))
        self._relative: dict[tuple[str, str, bool], str | None] = {}
        self._bare: dict[tuple[str, str, str, bool, bool], Place] = {}

    def _package_file(self, specifier: str, directory: str) -> str | None:
        return self._entries.package_file(specifier, directory)

    def find(self, path: str, specifier: str, typescript: bool, require: bool) -> Place:
        """What a specifier means in a file. ``require``: it is asked for as CommonJS does."""
        directory = path.rpartition("/")[0]
        if specifier[:1] == "." and (specifier[1:2] in ("", "/") or specifier[1:3] in (".", "./")):
            found = self._at_relative(directory, specifier, typescript)
            return place_of(found) if found is not None else self._no_relative(path, specifier, typescript)
        name = builtin(specifier)
        if name is not None:
            return Place(PACKAGE, name, specifier, True)
        config = self._configs.for_file(path)
        key = (directory, specifier, config.path if config is not None else "", typescript, require)
        known = self._bare.get(key)
        if known is None:
            asker = Asker(directory, typescript, require, config, self._packages.nearest(directory))
            known = self._bare[key] = self._at_name(specifier, asker)
        return known

    def _at_relative(self, directory: str, specifier: str, typescript: bool) -> str | None:
        key = (directory, specifier, typescript)
        if key in self._relative:
            return self._relative[key]
        found = self._entries.lookup(join(directory, specifier), specifier, typescript)
        if found is None and "?" in specifier:
            plain = specifier.partition("?")[0]
            found = self._entries.lookup(join(directory, plain), plain, typescript)
        self._relative[key] = found
        return found

    def _no_relative(self, path: str, specifier: str, typescript: bool) -> Place:
        """Why a relative specifier leads nowhere; ``rootDirs`` are the last chance."""
        plain = specifier.partition("?")[0]
        place = join(path.rpartition("/")[0], plain)
        if place is None:
            return Place(NOTHING, f"'{specifier}' leads out of the checked directory")
        config = self._configs.for_file(path)
        if config is not None and config.root_dirs:
            found = self._in_root_dirs(config, place, plain, typescript)
            if found is not None:
                return place_of(found)
        return self._entries.nothing_at(place, specifier, typescript)

    def _in_root_dirs(self, config: Config, place: str, written: str, typescript: bool) -> str | None:
        """``rootDirs`` are merged into one at run time: the same path below each of the others."""
        matching = [root for root in config.root_dirs if not root or place.startswith(root + "/")]
        if not matching:
            return None
        own = max(matching, key=len)
        rest = place[len(own) + 1 :] if own else place
        for root in config.root_dirs:
            found = self._entries.lookup(f"{root}/{rest}" if root else rest, written, typescript)
            if found is not None:
                return found
        return None

    def _at_name(self, specifier: str, asker: Asker) -> Place:
        """A specifier that is not relative; one that ``imports`` redirects is asked for once more."""
        for _ in range(_MAX_REDIRECTS):
            place = self._once(specifier, asker)
            if place.kind != REDIRECT:
                return place
            specifier = place.value
            name = builtin(specifier)
            if name is not None:
                return Place(PACKAGE, name, specifier, True)
        return Place(NOTHING, f"'{specifier}' is redirected in a circle", first_party=True)

    def _once(self, specifier: str, asker: Asker) -> Place:
        """An alias, ``#imports``, a package of the project, ``baseUrl``, a package, in this order."""
        missed = self._at_alias(specifier, asker)
        if missed is not None and missed.kind != NOTHING:
            return missed
        own = asker.package
        if specifier.startswith("#"):
            if own is not None and own.imports:
                return self._entries.imported(own, specifier, asker)
            reason = f"no package.json defines '{specifier}' in its imports"
            return missed or Place(NOTHING, reason, first_party=True)
        special = self._at_special(specifier, asker)
        if special is not None:
            return special
        name, subpath = split_name(specifier)
        package = self._packages.named(name, asker.directory) if name else None
        if package is not None:
            return self._entries.of_package(package, subpath, specifier, asker)
        if name and self._packages.declares(name, asker.directory):
            return Place(PACKAGE, name, specifier)
        found = self._at_base(specifier, asker)
        if found is not None:
            return place_of(found)
        return missed or self._outside(specifier, name, asker)

    def _at_special(self, specifier: str, asker: Asker) -> Place | None:
        """Absolute paths, schemes, loaders and ``_moduleAliases``; None for what looks like a package."""
        if specifier.startswith("/"):
            return self._at_root(specifier, asker)
        scheme = _scheme(specifier)
        if scheme is not None:
            return scheme
        if "!" in specifier:
            rest = specifier.rpartition("!")[2]  # webpack: the loaders stand before the module
            found = self._at_relative(asker.directory, rest, asker.typescript) if rest[:1] == "." else None
            if found is not None:
                return place_of(found)
        return self._at_module_alias(specifier, asker)

    def _at_alias(self, specifier: str, asker: Asker) -> Place | None:
        """``paths`` of the configuration; None where no pattern fits, or only one that fits everything and leads nowhere."""
        config, typescript = asker.config, asker.typescript
        match = config.alias(specifier) if config is not None else None
        if config is None or match is None:
            return None
        alias, targets = match
        for target in targets:
            found = self._entries.lookup(target, target, typescript) or self._built(target, typescript)
            if found is not None:
                return place_of(found)
        if not alias.prefix and not (alias.suffix or "").strip("/"):
            return None
        if any("node_modules" in target.split("/") for target in targets):
            return None
        for target in targets:
            miss = self._entries.nothing_at(target, specifier, typescript)
            if not miss.first_party or "letter case" in miss.value:
                return miss
        tried = tuple(path for target in targets for path in self._files.tried(target, typescript))
        reason = f"'{specifier}' matches the alias '{alias.pattern}' of {config.path} but no file is there"
        return Place(NOTHING, reason, first_party=True, tried=tried)

    def _built(self, target: str, typescript: bool) -> str | None:
        """The source of an alias that leads to a build output, as in an Angular workspace."""
        package = self._packages.nearest(target.rpartition("/")[0])
        if package is None:
            return None
        inside = target[len(package.directory) + 1 :] if package.directory else target
        if self._tree.is_ignored(target) or "dist" in inside.split("/"):
            return self._entries.sources.find(package, inside, typescript)
        return None

    def _at_module_alias(self, specifier: str, asker: Asker) -> Place | None:
        """``_moduleAliases`` of package.json (the package module-alias)."""
        lookup, typescript = self._entries.lookup, asker.typescript
        for prefix, target in asker.package.aliases() if asker.package is not None else ():
            if specifier == prefix or specifier.startswith(prefix + "/"):
                rest = specifier[len(prefix) :].lstrip("/")
                place = f"{target}/{rest}".strip("/") if rest else target
                found = lookup(place, rest or ".", typescript) or lookup(place, place, typescript)
                if found is not None:
                    return place_of(found)
                return self._entries.nothing_at(place, specifier, typescript)
        return None

    def _at_base(self, specifier: str, asker: Asker) -> str | None:
        """Below ``baseUrl``, and, as NODE_PATH and bundlers do, below the package's own directory."""
        config, own, typescript = asker.config, asker.package, asker.typescript
        bases = [config.base_url] if config is not None and config.base_url is not None else []
        if own is not None and "/" in specifier:
            bases.append(own.directory)
        for base in bases:
            found = self._entries.lookup(join(base, specifier), specifier, typescript)
            if found is not None:
                return found
        if own is not None and specifier.startswith(("@/", "~/")):
            rest = specifier[2:]
            for start in ("src", "app", ""):
                found = self._entries.lookup(join(own.directory, f"{start}/{rest}"), rest, typescript)
                if found is not None:
                    return found
        return None

    def _at_root(self, specifier: str, asker: Asker) -> Place:
        """``/x`` is a path of the machine to Node.js, and one of the package to bundlers."""
        own = asker.package
        place = join(own.directory if own is not None else "", specifier.lstrip("/"))
        found = self._entries.lookup(place, specifier, asker.typescript)
        if found is not None:
            return place_of(found)
        return Place(NOTHING, f"'{specifier}' is an absolute path")

    def _outside(self, specifier: str, name: str, asker: Asker) -> Place:
        """A package that is not part of the project, unless it certainly is none."""
        if not name:
            if specifier.startswith(".prisma/"):
                return Place(NOTHING, f"'{specifier}' is generated into node_modules")
            return Place(NOTHING, f"'{specifier}' is no name of a package and no alias is configured for it")
        config = asker.config
        if config is not None and config.base_url is not None and "/" in specifier:
            head = join(config.base_url, specifier.partition("/")[0])
            if head and head in self._tree.directories and not specifier.startswith("@"):
                place = join(config.base_url, specifier)
                if place is not None:
                    return self._entries.nothing_at(place, specifier, asker.typescript)
        return Place(PACKAGE, name, specifier)


def _scheme(specifier: str) -> Place | None:
    """``npm:x`` and ``jsr:x`` of Deno are packages; ``https:``, ``data:``, ``virtual:`` and the like are no files."""
    scheme, colon, rest = specifier.partition(":")
    if not colon or "/" in scheme:
        return None
    if scheme in ("npm", "jsr"):
        head, at, _ = rest.lstrip("/").rpartition("@")
        name, _ = split_name(head if at and head else rest.lstrip("/"))
        return Place(PACKAGE, name or rest, rest)
    return Place(PACKAGE, specifier, specifier)
