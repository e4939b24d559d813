"""Which module an import means: a place in the tree, a package outside it, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from constraintlint.facts.source import FileFacts, Import
from constraintlint.project.resolution.python_doubt import Doubt
from constraintlint.project.resolution.python_made import may_be_made
from constraintlint.project.resolution.python_modules import Modules, Place, join
from constraintlint.project.resolution.python_names import Names
from constraintlint.project.resolution.python_roots import Roots
from constraintlint.project.tree import FileTree

STANDARD = frozenset(sys.stdlib_module_names) | {"_typeshed"}


class Broken(NamedTuple):
    """An import that leads nowhere. ``certain`` where it can only mean a file of the project."""

    reason: str
    certain: bool
    tried: tuple[str, ...] = ()


class Outside(NamedTuple):
    """A module of a package outside the tree.

    ``otherwise`` is what the import is where its top-level name turns out to be a namespace of the project after all.
    """

    package: str
    standard: bool = False
    otherwise: Broken | None = None


Target = Place | Outside | Broken


class Targets:
    """Finds what imports mean; what is known of a specifier in a directory is kept."""

    def __init__(self, tree: FileTree, facts: Callable[[str], FileFacts | None]) -> None:
        self._tree = tree
        self.modules = Modules(tree)
        self.names = Names(self.modules, facts, self.locate)
        self._roots = Roots(tree, self.modules)
        self._doubt = Doubt(tree, self._roots)
        #: directory -> specifier -> what it means there (None: no root by layout knows it), and the files asked
        self._known: dict[str, dict[str, tuple[Target | None, tuple[str, ...]]]] = {}

    def locate(self, file: str, item: Import) -> Place | None:
        """The place in the tree that an import of ``file`` leads to."""
        target = self.find(file, file.rpartition("/")[0], item)
        return target if isinstance(target, Place) else None

    def find(self, path: str, directory: str, item: Import) -> Target:
        """What an import of the file ``path`` in ``directory`` means.

        A Place without a file is a directory that loading loads nothing of.
        """
        specifier = item.specifier
        if item.relative_to:
            return self._relative_call(path, directory, item)
        if item.kind == "dynamic" and specifier.startswith("."):
            return Broken("a relative name needs the argument package", False)
        here = self._known.get(directory)
        if here is None:
            here = self._known[directory] = {}
        known = here.get(specifier)
        if known is None:
            known = here[specifier] = self._first(directory, specifier)
        target, used = known
        if used:
            self.names.used.update(used)
        if target is None:
            return self._credible(path, directory, item)
        if isinstance(target, Place):
            if "." in specifier:
                return target
            if target.file == path and not target.directories:
                return self._credible(path, directory, item)  # a module does not mean itself
            if not target.file:
                target = self._namespace(target, item)
        if isinstance(target, Outside) and target.otherwise is not None:
            # further portions of the namespace may lie below the roots of other projects
            elsewhere = self._credible(path, directory, item)
            return elsewhere if isinstance(elsewhere, Place) else target
        return target

    def _first(self, directory: str, specifier: str) -> tuple[Target | None, tuple[str, ...]]:
        outer, self.names.used = self.names.used, set()
        relative = specifier.startswith(".")
        target = self._relative(directory, specifier) if relative else self._absolute(directory, specifier)
        used = tuple(sorted(self.names.used))
        self.names.used = outer
        return target, used

    # --- relative -----------------------------------------------------------------------------------------------

    def _relative(self, directory: str, specifier: str) -> Target:
        rest = specifier.lstrip(".")
        return self._below(directory, len(specifier) - len(rest) - 1, rest.split(".") if rest else [])

    def _below(self, directory: str, climbs: int, parts: list[str]) -> Target:
        """The module ``parts`` below the package ``climbs`` levels above ``directory``."""
        base = directory
        for _ in range(climbs):
            if not base:
                certain = self._roots.is_strong("")
                return Broken("the relative import goes beyond the checked directory", certain)
            base = base.rpartition("/")[0]
        if not base and self._roots.is_strong(""):
            reason = "attempted relative import beyond the top-level package: the project root is no package"
            return Broken(reason, True)
        reached, count = self.modules.follow(self.modules.package(base), parts)
        if count == len(parts):
            return reached
        return self._missing(reached, parts, count)

    def _relative_call(self, path: str, directory: str, item: Import) -> Target:
        """``import_module(".x", package=...)`` with a literal package, ``__package__`` or ``__name__``."""
        rest = item.specifier.lstrip(".")
        climbs = len(item.specifier) - len(rest) - 1
        parts = rest.split(".") if rest else []
        if climbs < 0:
            return Broken("the name is joined to that of its package without a dot", False)
        base, _, below = item.relative_to.partition(".")
        if base in ("__package__", "__name__"):
            stem = path.rpartition("/")[2].partition(".")[0]
            if base == "__name__" and stem != "__init__":
                directory = join(directory, stem)
            if below:
                directory = join(directory, below.replace(".", "/"))
            return self._below(directory, climbs, parts)
        package = item.relative_to.split(".")
        if climbs >= len(package):
            return Broken("the relative name goes beyond its package", False)
        absolute = ".".join([*package[: len(package) - climbs], *parts])
        return self.find(
            path, directory, Import(absolute, item.kind, item.span, item.specifier_span, item.names)
        )

    # --- absolute -----------------------------------------------------------------------------------------------

    def _absolute(self, directory: str, specifier: str) -> Target | None:
        """What the layout says; None where it knows no such top-level name."""
        parts = specifier.split(".")
        if not all(parts):
            return Broken("this is no name of a module", False)
        top = parts[0]
        if top not in self.modules.known_names:
            return Outside(top, top in STANDARD)
        if top in STANDARD:
            return self._shadowing(directory, parts)
        roots = self._roots.first(directory)
        modules = self.modules
        place = modules.child(self._roots.place(roots), top)
        if place is None or self.names.wraps(place, top):
            return None
        if place.file.endswith(".pyi") and self._doubt.is_dependency(top, directory):
            return None  # a stub for an installed package
        reached, count = modules.follow(place, parts[1:])
        if count == len(parts) - 1:
            return reached
        if reached is place and place.file and self.names.table(place.file).dynamic:
            # a legacy namespace package: its portions may lie below other roots
            for root in roots:
                other = modules.child(self._roots.place((root,)), top)
                if other is not None and other.file != place.file:
                    found, length = modules.follow(other, parts[1:])
                    if length == len(parts) - 1:
                        return found
        broken = self._missing(reached, parts[1:], count)
        if not place.file and count == 0:
            return Outside(top, False, broken)  # the directory alone does not hide an installed package
        return Outside(top) if self._doubt.is_dependency(top, directory) else broken

    def _shadowing(self, directory: str, parts: list[str]) -> Target | None:
        """A file at a root that hides a module of the standard library."""
        for root in self._roots.shadowing(parts[0], directory):
            place = self.modules.child(self._roots.place((root,)), parts[0])
            if place is not None and place.file.endswith(".py") and not self.names.wraps(place, parts[0]):
                reached, count = self.modules.follow(place, parts[1:])
                if count == len(parts) - 1:
                    return reached
        return None

    def _namespace(self, place: Place, item: Import) -> Target:
        """``import ns`` and ``from ns import x``, where a directory ``ns`` without ``__init__`` lies below a root.

        An installed package of that name would win over it (PEP 420), so only a submodule that is there makes it
        the project's.
        """
        names = [name.name for name in item.names]
        if any(self.modules.child(place, name) is not None for name in names):
            return place
        otherwise = None
        if names and names != ["*"]:
            otherwise = self._missing(place, names[:1], 0)
        return Outside(item.specifier, item.specifier in STANDARD, otherwise)

    def _missing(self, reached: Place, parts: list[str], index: int) -> Broken:
        """Why the module ``parts[index]`` is not below ``reached``."""
        name = parts[index]
        if not reached.directories:
            reason = f"{reached.file} is a module, not a package: it has no submodule {name}"
            return Broken(reason, not self.names.table(reached.file).dynamic)
        return self._explain(reached, name, f"there is no module {name} in {reached.label}")

    def absent(self, place: Place, name: str) -> Broken:
        """Why ``from place import name`` gives nothing."""
        if place.file.endswith(".py") and may_be_made(self._tree.read(place.file) or b"", name):
            return Broken(f"{place.file} may get {name} only as its classes are made", False)
        if not place.directories:
            return Broken(f"{place.file} does not define {name}", True)
        reason = f"there is no module {name} in {place.label}"
        return self._explain(
            place, name, f"{place.file} does not define {name}, and {reason}" if place.file else reason
        )

    def _explain(self, place: Place, name: str, reason: str) -> Broken:
        """``reason``, or a better one: the file is spelt in another way, or is made by a build."""
        certain = not (place.file and self.names.table(place.file).dynamic)
        tried = tuple(
            path
            for directory in place.directories
            for path in (join(directory, name + ".py"), join(directory, f"{name}/__init__.py"))
        )
        misspelt = self.modules.misspelt(place, name)
        if misspelt:
            return Broken(f"{misspelt} differs from {name} in upper and lower case", certain, tried)
        for path in tried:
            generated = self._doubt.is_generated(path)
            if generated:
                return Broken(f"{reason} ({generated})", False, tried)
        return Broken(reason, certain, tried)

    def may_be_installed(self, item: Import, directory: str) -> bool:
        """Whether an absolute import that fails in the tree may mean an installed package of the same name."""
        return not item.specifier.startswith(".") and self._doubt.is_dependency(
            item.specifier.partition(".")[0], directory
        )

    def may_be_shared(self, namespace: str, directory: str) -> bool:
        """Whether installed distributions may have portions of a namespace of the project."""
        return self._doubt.may_share(namespace, directory)

    # --- places that only a fitting import makes credible ---------------------------------------------------------

    def _credible(self, path: str, directory: str, item: Import) -> Target:
        """An import whose top-level name no root by layout holds."""
        parts = item.specifier.split(".")
        top = parts[0]
        if top in STANDARD:
            if not self._roots.is_inside(directory) and item.names:
                reached = self._fitting(path, directory, parts, item, True)
                if reached is not None:
                    return reached
            return Outside(top, True)
        found: list[tuple[int, str, Place]] = []
        for rank, root, guarded in self._roots.fallbacks(top, directory):
            if found and rank > found[0][0]:
                break
            reached = self._fitting(path, root, parts, item, guarded)
            if reached is not None:
                found.append((rank, root, reached))
        if not found or self._doubt.is_dependency(top, directory):
            return Outside(top)
        if len(found) > 1:
            where = ", ".join(join(root, top) for _, root, _ in found)
            return Broken(f"several modules of the project are called {top}: {where}", False)
        return found[0][2]

    def _fitting(self, path: str, root: str, parts: list[str], item: Import, guarded: bool) -> Place | None:
        """The module ``parts`` below a root, if all the names taken from it exist there.

        ``import x`` says too little to believe in a ``guarded`` root unless programs are started there.
        """
        top = parts[0]
        place = self.modules.child(self._roots.place((root,)), top)
        if place is None or place.file.endswith(".pyi") or self.names.wraps(place, top):
            return None
        if place.file == path and not place.directories:
            return None
        reached, count = self.modules.follow(place, parts[1:])
        if count < len(parts) - 1:
            return None
        names = [name.name for name in item.names if name.name != "*"]
        if names:
            return reached if all(self.names.offers(reached, name, top) for name in names) else None
        if not reached.file:
            return None
        if guarded and len(parts) == 1:
            if place.directories and path.startswith(place.file.rpartition("/")[0] + "/"):
                return None  # a package that wraps the installed one it is named after
            beside = root.rpartition("/")[0] == path.rpartition("/")[0]
            return reached if beside or self._roots.is_started_in(root) else None
        return reached
