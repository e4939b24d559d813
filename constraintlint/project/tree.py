"""Which files the project has, as resolution and the stack ask for them: by path, by directory, with their text."""

from __future__ import annotations

from collections.abc import Callable, Iterable


class FileTree:
    """The listed files of the checked root. Paths are relative to it, with forward slashes; the root is ``""``.

    ``read`` returns the bytes of a listed file, or None where it cannot be read; it is asked for configuration files
    only (package.json, tsconfig.json, ...): source files are known by their facts.
    """

    def __init__(
        self,
        paths: Iterable[str],
        read: Callable[[str], bytes | None],
        assets: Iterable[str] = (),
        is_ignored: Callable[[str], bool] = lambda path: False,
        is_executable: Callable[[str], bool] = lambda path: False,
    ) -> None:
        self.files: frozenset[str] = frozenset(paths)
        self.assets: frozenset[str] = frozenset(assets)
        """files that are there but are neither source nor settings: an import may name them"""
        self.is_ignored = is_ignored
        """whether a path lies where nothing is listed (git-ignored, generated): its absence proves nothing"""
        self.is_executable = is_executable
        """whether the mode of a listed file lets its owner run it"""
        self._read = read
        self._entries: dict[str, set[str]] | None = None

    @property
    def directories(self) -> dict[str, set[str]]:
        """Every directory that holds a listed file at any depth -> names of its direct files and directories."""
        if self._entries is None:
            entries: dict[str, set[str]] = {"": set()}
            for path in self.files:
                child = path
                while True:
                    parent, _, name = child.rpartition("/")
                    names = entries.get(parent)
                    if names is None:
                        entries[parent] = {name}
                    else:
                        known = name in names
                        names.add(name)
                        if known or not parent:
                            break
                    if not parent:
                        entries[""].add(name)
                        break
                    child = parent
            self._entries = entries
        return self._entries

    def is_file(self, path: str) -> bool:
        return path in self.files

    def exists(self, path: str) -> bool:
        """Whether there is such a file of any sort."""
        return path in self.files or path in self.assets

    def is_directory(self, path: str) -> bool:
        return path in self.directories

    def names(self, directory: str) -> set[str]:
        """Names of the files and directories directly in ``directory``; empty where there is none."""
        return self.directories.get(directory, set())

    def read(self, path: str) -> bytes | None:
        """The bytes of a listed file; None where it is not listed or cannot be read."""
        return self._read(path) if path in self.files else None
