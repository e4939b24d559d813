"""A copy of the project to run in: the backend, its set-up and its database files never touch the original."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from constraintlint.behavior.errors import CannotRun

#: made by tools from the rest, or the history of the rest
LEFT_OUT = frozenset(
    {
        ".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".mypy_cache", ".pytest_cache",
        ".ruff_cache", ".tox", ".nox", ".constraintlint_cache",
    }
)  # fmt: skip
_SQLITE = b"SQLite format 3\0"
_BESIDE_SQLITE = ("-journal", "-wal", "-shm")
_LIMIT = 2 * 1024 * 1024 * 1024


def copy(source: Path, target: Path) -> None:
    """Copy a project without LEFT_OUT and without SQLite databases: the database of a run is fresh.

    Symbolic links stay links; pipes, sockets and devices are left out. Raises CannotRun.
    """
    _Copy(source).directory(source, target)


class _Copy:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.left = _LIMIT

    def directory(self, source: Path, target: Path) -> None:
        pending = [(source, target)]
        while pending:
            here, there = pending.pop()
            try:
                there.mkdir(mode=0o755, parents=True, exist_ok=True)
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
            except OSError as error:
                raise CannotRun(f"{self._name(here)} cannot be copied: {error.strerror}") from None
            databases = [entry.name for entry in entries if self._is_database(entry)]
            for entry in entries:
                beside = any(entry.name == name + end for name in databases for end in ("", *_BESIDE_SQLITE))
                if entry.name in LEFT_OUT or beside:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append((here / entry.name, there / entry.name))
                else:
                    self._file(here / entry.name, there / entry.name)

    def _file(self, source: Path, target: Path) -> None:
        try:
            status = source.lstat()
            if stat.S_ISLNK(status.st_mode):
                self._link(source, target)
            elif stat.S_ISREG(status.st_mode):
                self.left -= status.st_size
                if self.left < 0:
                    raise CannotRun(
                        f"the project is larger than {_LIMIT >> 30} GB; use --in-place to run it where it is"
                    )
                shutil.copy2(source, target)
        except OSError as error:
            raise CannotRun(f"{self._name(source)} cannot be copied: {error.strerror}") from None

    def _link(self, source: Path, target: Path) -> None:
        """A relative link that leaves the project would lead elsewhere from the copy."""
        to = os.readlink(source)
        absolute = os.path.normpath(source.parent / to)
        inside = absolute == str(self.root) or absolute.startswith(f"{self.root}{os.sep}")
        target.symlink_to(to if inside and not os.path.isabs(to) else absolute)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path != self.root else str(path)

    @staticmethod
    def _is_database(entry: os.DirEntry[str]) -> bool:
        try:
            if not entry.is_file(follow_symlinks=False) or entry.stat().st_size < 512:
                return False
            with open(entry.path, "rb") as file:
                return file.read(16) == _SQLITE
        except OSError:
            return False
