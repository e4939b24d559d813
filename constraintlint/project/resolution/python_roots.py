"""Where a Python file's absolute imports start: the directories that are on ``sys.path`` when it runs.

Nothing tells this for certain without running the program, so the directories come in tiers. The first are those the
layout of the project means: the root of the file's own package, the nearest project root (a directory with a manifest)
and its source directories, the outer ones, the checked root, the directory of a script. The others are places that
only a fitting import makes credible: the directories above the file, and any package root of the tree.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from constraintlint.project.resolution.python_modules import Modules, Place, join

if TYPE_CHECKING:
    from constraintlint.project.tree import FileTree

#: files that make a directory a project root
MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "manage.py")
#: markers of a directory that is never itself a package without ``__init__``
STRONG_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", "manage.py")
#: files that programs are started from
_ENTRIES = frozenset(
    {
        "__main__.py", "main.py", "app.py", "manage.py", "wsgi.py", "asgi.py", "server.py", "run.py", "api.py", "cli.py",
        "bot.py", "worker.py", "handler.py", "lambda_function.py", "function_app.py", "index.py",
    }
)  # fmt: skip
#: directories whose files are started one by one, each with its own directory first on the path
_SCRIPTS = frozenset({"test", "tests", "testing", "scripts", "script", "bin", "tools"})
#: directories whose content stands for something else than the program
_APART = frozenset(
    {
        "test", "tests", "testing", "testdata", "fixtures", "example", "examples", "samples", "docs", "vendor", "vendored",
        "_vendor", "third_party", "thirdparty", "build", "dist", "site-packages", "stubs", "typings", "benchmarks",
    }
)  # fmt: skip
#: rank of a package root that shares no directory with the importer; higher than that of any directory above it
_FAR = 1_000_000
_SOURCE_KEYS = re.compile(rb"package-dir|package_dir|packages|where|pythonpath|extraPaths|mypy_path")
#: those of them that are seldom a module of a package
_PROGRAMS = frozenset(
    {
        "main.py",
        "app.py",
        "manage.py",
        "wsgi.py",
        "asgi.py",
        "run.py",
        "lambda_function.py",
        "function_app.py",
    }
)
_STARTED = re.compile(rb"""__name__\s*==\s*['"]__main__['"]""")
#: modules that are in ``sys.modules`` or frozen before the first path is searched
_NEVER_SHADOWED = frozenset(sys.builtin_module_names) | frozenset(
    {
        "__future__", "_collections_abc", "_sitebuiltins", "abc", "codecs", "encodings", "genericpath", "importlib", "io",
        "ntpath", "os", "posixpath", "site", "stat", "zipimport",
    }
)  # fmt: skip


class Roots:
    """The search path of every directory of a tree."""

    def __init__(self, tree: FileTree, modules: Modules) -> None:
        self._tree = tree
        self._modules = modules
        self._marked: dict[str, bool] = {}
        self._first: dict[str, tuple[str, ...]] = {}
        self._places: dict[tuple[str, ...], Place] = {}
        self._packages: dict[str, list[str]] | None = None
        self._sources: dict[str, tuple[str, ...]] = {}
        self._fallbacks: dict[tuple[str, str], list[tuple[int, str, bool]]] = {}

    def is_project(self, directory: str) -> bool:
        """Whether a directory has a manifest of its own."""
        known = self._marked.get(directory)
        if known is None:
            known = self._marked[directory] = any(
                join(directory, name) in self._tree.files for name in MARKERS
            )
        return known

    def is_strong(self, directory: str) -> bool:
        """Whether a directory is certainly a root and no package."""
        return not self._modules.init(directory) and any(
            join(directory, name) in self._tree.files for name in STRONG_MARKERS
        )

    def projects(self, directory: str) -> list[str]:
        """The project roots at or above a directory, nearest first."""
        return [above for above in ascend(directory) if self.is_project(above)]

    def package_root(self, directory: str) -> str:
        """The directory that holds the outermost package around ``directory``; itself where there is none."""
        root = directory
        for above in ascend(directory):
            if above and self._modules.init(above):
                root = above.rpartition("/")[0]
        return root

    def first(self, directory: str) -> tuple[str, ...]:
        """The roots that the layout means for the files of a directory, in order."""
        known = self._first.get(directory)
        if known is None:
            known = self._first[directory] = tuple(dict.fromkeys(self._layout(directory)))
        return known

    def _layout(self, directory: str) -> list[str]:
        root = self.package_root(directory)
        inside = root != directory
        found: list[str] = []
        if inside:
            found.append(root)
        elif not _SCRIPTS.isdisjoint(directory.lower().split("/")):
            found.append(directory)
        for project in [above for above in self.projects(directory) if above] + [""]:
            if project and self.is_inside(project) and join(project, "manage.py") not in self._tree.files:
                continue  # a manifest inside a package
            found.append(project)
            found.extend(self.sources(project))
        if not inside:
            found.append(directory)
        return found

    def is_inside(self, directory: str) -> bool:
        """Whether a directory is a package or lies in one."""
        return self.package_root(directory) != directory

    def sources(self, project: str) -> tuple[str, ...]:
        """The source directories of a project root: those its configuration names, and ``src``."""
        known = self._sources.get(project)
        if known is None:
            named = [*_configured(self._tree.read(join(project, "pyproject.toml"))), "src"]
            paths = [join(project, name) for name in dict.fromkeys(named)]
            known = tuple(
                path
                for path in paths
                if path in self._modules.python_directories and not self.is_inside(path)
            )
            self._sources[project] = known
        return known

    def place(self, roots: tuple[str, ...]) -> Place:
        """The roots as something to look for modules in."""
        known = self._places.get(roots)
        if known is None:
            known = self._places[roots] = Place("", roots, ())
        return known

    def fallbacks(self, name: str, directory: str) -> list[tuple[int, str, bool]]:
        """Directories that are no root by layout but hold a ``name``: those above, then any package root of the tree.

        Each with its rank (the lower the nearer) and with whether it takes more than the bare name to believe in it: a
        directory in a package, or elsewhere.
        """
        key = (name, directory)
        known = self._fallbacks.get(key)
        if known is None:
            first = self.first(directory)
            above = [root for root in ascend(directory) if root not in first]
            found = [(rank, root, self.is_inside(root)) for rank, root in enumerate(above)]
            rest = [
                (rank, root, True) for rank, root in self._elsewhere(name, directory) if root not in above
            ]
            child, place = self._modules.child, self.place
            known = [item for item in found + rest if child(place((item[1],)), name) is not None]
            self._fallbacks[key] = known
        return known

    def is_started_in(self, directory: str) -> bool:
        """Whether a program is likely to be started in a directory.

        The ``__main__`` of a package is started by the package's name, from outside; an ``api.py`` in one is a module like
        others unless it says that it is started.
        """
        found = _ENTRIES.intersection(self._tree.names(directory))
        if not self._modules.init(directory):
            return bool(found)
        if found & _PROGRAMS:
            return True
        texts = [self._tree.read(join(directory, name)) for name in sorted(found - {"__main__.py"})]
        return any(text is not None and _STARTED.search(text) for text in texts)

    def _elsewhere(self, name: str, directory: str) -> list[tuple[int, str]]:
        """The package roots of the tree that hold a package or module ``name``, by rank.

        Roots in directories of tests, examples and vendored code are credible only from inside.
        """
        if self._packages is None:
            self._packages = self._index()
        own = directory.split("/") if directory else []
        found: list[tuple[int, str]] = []
        for root in self._packages.get(name, ()):
            parts = root.split("/") if root else []
            shared = 0
            while shared < min(len(own), len(parts)) and own[shared] == parts[shared]:
                shared += 1
            if _APART.isdisjoint(part.lower() for part in parts[shared:]):
                found.append((_FAR - shared, root))
        return sorted(found)

    def _index(self) -> dict[str, list[str]]:
        """Every name that could be imported at the top level -> the directories that hold it."""
        found: dict[str, set[str]] = {}
        init = self._modules.init
        for path in self._tree.files:
            if path.endswith(".py"):
                directory, _, name = path.rpartition("/")
                if name == "__init__.py":
                    parent, _, package = directory.rpartition("/")
                    if directory and not init(parent):
                        found.setdefault(package, set()).add(parent)
                elif not init(directory):
                    found.setdefault(name[:-3], set()).add(directory)
        marked = {path.rpartition("/")[0] for path in self._tree.files if path.rpartition("/")[2] in MARKERS}
        for project in marked:
            for root in (project, *self.sources(project)):
                for name in self._tree.names(root):
                    directory = join(root, name)
                    if directory in self._modules.python_directories and not init(directory):
                        found.setdefault(name, set()).add(root)
        return {name: sorted(roots) for name, roots in found.items()}

    def shadowing(self, name: str, directory: str) -> tuple[str, ...]:
        """The directories whose files hide a module of the standard library from the files of ``directory``.

        The standard library comes before installed code, so a source directory hides nothing; the directory a program
        is started in does.
        """
        if name in _NEVER_SHADOWED:
            return ()
        roots = [
            root for root in self.first(directory) if not root or root != directory or self.is_project(root)
        ]
        sources = {source for root in (*roots, "") for source in self.sources(root)}
        return tuple(root for root in roots if root not in sources)


def ascend(directory: str) -> list[str]:
    """``directory`` and those above it, down to the checked root ""."""
    found = [directory]
    while directory:
        directory = directory.rpartition("/")[0]
        found.append(directory)
    return found


def _configured(data: bytes | None) -> list[str]:
    """Source directories that a pyproject.toml names, relative to it."""
    if not data or not _SOURCE_KEYS.search(data):
        return []
    import tomllib

    try:
        tables = tomllib.loads(data.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return []  # the reader of manifests reports it
    found: list[object] = []

    def at(*keys: str) -> object:
        value: object = tables
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    directories = at("tool", "setuptools", "package-dir")
    found += [directories.get("")] if isinstance(directories, dict) else []
    for keys in (
        ("setuptools", "packages", "find", "where"),
        ("pytest", "ini_options", "pythonpath"),
        ("pyright", "extraPaths"),
        ("mypy", "mypy_path"),
    ):
        value = at("tool", *keys)
        found += (
            value
            if isinstance(value, list)
            else re.split(r"[,:;\s]+", value)
            if isinstance(value, str)
            else []
        )
    packages = at("tool", "poetry", "packages")
    for package in packages if isinstance(packages, list) else ():
        found.append(package.get("from") if isinstance(package, dict) else None)
    wheel = at("tool", "hatch", "build", "targets", "wheel", "packages")
    for path in wheel if isinstance(wheel, list) else ():
        found.append(path.rpartition("/")[0] if isinstance(path, str) else None)
    names = [item.replace("$MYPY_CONFIG_FILE_DIR", "").strip("/") for item in found if isinstance(item, str)]
    names = [name.removeprefix("./") for name in names]
    return [name for name in names if name not in ("", ".") and ".." not in name.split("/")]
