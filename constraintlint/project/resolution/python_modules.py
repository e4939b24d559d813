"""Python modules in the file tree: which file a dotted name means below given directories (PEP 328, 420, 484, 561)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constraintlint.project.resolution.python_names import Answer
    from constraintlint.project.tree import FileTree


#: compiled modules and the sources they are built from
_COMPILED = (".so", ".pyd", ".pyx")


class Place:
    """Where a dotted name leads: a module, a package or a namespace of directories.

    ``file`` is the file that is loaded ("" for a namespace), ``directories`` are where submodules are looked for (none
    for a module), ``parents`` the ``__init__`` files executed before, outermost first.
    """

    __slots__ = ("answers", "children", "directories", "file", "parents")

    def __init__(self, file: str, directories: tuple[str, ...], parents: tuple[str, ...]) -> None:
        self.file = file
        self.directories = directories
        self.parents = parents
        self.children: dict[str, Place | None] = {}
        self.answers: dict[str, Answer] = {}

    @property
    def label(self) -> str:
        """How a message calls it."""
        return (
            self.file if not self.directories else f"{self.directories[0]}/" if self.directories[0] else "./"
        )


class Modules:
    """Finds modules below directories. Places are made once and kept."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self._files = tree.files
        self._packages: dict[str, Place] = {}
        #: one Place for a file, whichever root led there
        self._places: dict[tuple[str, tuple[str, ...]], Place] = {}
        #: every directory that holds a Python file at any depth
        self.python_directories: set[str] = set()
        #: every name that some directory gives a module, package or namespace
        self.known_names: set[str] = set()
        self._compiled: dict[str, list[str]] = {}
        self._scan()

    def _scan(self) -> None:
        compiled = [path for path in (*self._files, *self._tree.assets) if path.endswith(_COMPILED)]
        for path in compiled:
            directory, _, name = path.rpartition("/")
            self._compiled.setdefault(directory, []).append(name)
        found, names = self.python_directories, self.known_names
        for path in (*self._files, *compiled):
            if path.endswith((".py", ".pyi")) or path.endswith(_COMPILED):
                directory, _, name = path.rpartition("/")
                names.add(name.partition(".")[0])
                while directory not in found:
                    found.add(directory)
                    if not directory:
                        break
                    directory, _, name = directory.rpartition("/")
                    names.add(name)

    def init(self, directory: str) -> str:
        """The ``__init__`` of a directory, "" where it has none."""
        path = join(directory, "__init__.py")
        return path if path in self._files else path + "i" if path + "i" in self._files else ""

    def package(self, directory: str) -> Place:
        """The package (or namespace) a directory is."""
        place = self._packages.get(directory)
        if place is None:
            file = self.init(directory)
            parents: list[str] = []
            above = directory
            while file and above:
                above = above.rpartition("/")[0]
                init = self.init(above)
                if not init:
                    break
                parents.append(init)
            place = self._packages[directory] = self._place(file, (directory,), tuple(reversed(parents)))
        return place

    def child(self, place: Place, name: str) -> Place | None:
        """The submodule ``name``; None where there is none.

        In each directory a package beats a module and both beat a directory without ``__init__``; such directories
        together are a namespace where nothing better is found in any directory (PEP 420). A stub counts where
        nothing is loaded at run time.
        """
        if name in place.children:
            return place.children[name]
        found = place.children[name] = self._find(place, name)
        return found

    def _place(self, file: str, directories: tuple[str, ...], parents: tuple[str, ...]) -> Place:
        key = (file, directories) if not file else (file, parents)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = Place(file, directories, parents)
        return place

    def _find(self, place: Place, name: str) -> Place | None:
        files = self._files
        stub: Place | None = None
        portions: list[str] = []
        parents = (*place.parents, place.file) if place.file else place.parents
        for directory in place.directories:
            path = f"{directory}/{name}" if directory else name
            init = path + "/__init__.py"
            if init in files:
                return self._place(init, (path,), parents)
            module = path + ".py"
            if module in files:
                return self._place(module, (), parents)
            if directory in self._compiled and (compiled := self._compiled_module(directory, name)):
                return self._place(compiled, (), parents)
            if stub is None:
                if init + "i" in files:
                    stub = self._place(init + "i", (path,), parents)
                elif module + "i" in files:
                    stub = self._place(module + "i", (), parents)
            if path in self.python_directories:
                portions.append(path)
        return stub or (self._place("", tuple(portions), parents) if portions else None)

    def _compiled_module(self, directory: str, name: str) -> str:
        """A compiled module, or the Cython source it is built from; its name goes up to the first dot."""
        matches = [file for file in self._compiled[directory] if file.partition(".")[0] == name]
        return join(directory, min(matches)) if matches else ""

    def follow(self, place: Place, parts: list[str]) -> tuple[Place, int]:
        """Walk down ``parts``; the last place reached and how many parts led there."""
        for index, part in enumerate(parts):
            following = self.child(place, part)
            if following is None:
                return place, index
            place = following
        return place, len(parts)

    def misspelt(self, place: Place, name: str) -> str:
        """A file or directory called ``name`` but for upper and lower case."""
        folded = name.casefold()
        for directory in place.directories:
            for entry in sorted(self._tree.names(directory)):
                stem = entry.removesuffix(".py") if entry.endswith(".py") else entry
                if stem.casefold() == folded and (
                    entry.endswith(".py") or join(directory, entry) in self.python_directories
                ):
                    return join(directory, entry)
        return ""


def join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
