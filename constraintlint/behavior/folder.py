"""The one temporary folder of a run. Its lock says whether the run is alive: the kernel gives it back, also after kill -9."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path

from constraintlint.behavior import processes
from constraintlint.behavior.errors import CannotRun
from constraintlint.behavior.interrupts import shield

PREFIX = "constraintlint-verify-"
_LOCK = "lock"
#: a folder without a lock file is one that is being made, unless it is older than this
_BEING_MADE = 60.0


class RunFolder:
    """A fresh folder below the system's temporary directory; ``remove`` takes it away with all in it.

    Its mode lets another account pass through (the database server of a run as root has one of its own), never list it.
    """

    def __init__(self) -> None:
        with shield():
            try:
                self.path = Path(os.path.realpath(tempfile.mkdtemp(prefix=PREFIX)))
            except OSError as error:
                raise CannotRun(f"no temporary folder can be made: {error.strerror}") from None
            try:
                self._lock = _lock(self.path / _LOCK)
                self.path.chmod(0o711)
            except OSError as error:
                shutil.rmtree(self.path, ignore_errors=True)
                raise CannotRun(f"no temporary folder can be made: {error.strerror}") from None

    def directory(self, name: str) -> Path:
        """A new private directory in it."""
        path = self.path / name
        path.mkdir(mode=0o700, parents=True)
        return path

    def remove(self) -> None:
        with shield():
            # whatever a signal at the wrong moment kept from being stopped
            processes.kill_all(processes.belonging_to(self.path))
            remove_tree(self.path)
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None


def remove_tree(path: Path) -> None:
    """Take a folder away, also read-only directories in it, and what a process that just ended still wrote."""
    for attempt in range(5):
        shutil.rmtree(path, ignore_errors=attempt == 0 or attempt % 2 == 0)
        if not os.path.lexists(path):
            return
        _make_removable(path)
        time.sleep(0.02 * attempt)


def sweep() -> list[str]:
    """Remove what a killed run left: its processes, then its folder. Returns the folders removed."""
    base = Path(os.path.realpath(tempfile.gettempdir()))
    removed = []
    try:
        names = sorted(name for name in os.listdir(base) if name.startswith(PREFIX))
    except OSError:
        return []
    for name in names:
        path = base / name
        if not _is_left_over(path):
            continue
        with shield():
            _stop_cluster(path)
            processes.kill_all(processes.belonging_to(path))
            _stop_container(path)
            remove_tree(path)
        if not path.exists():
            removed.append(str(path))
    return removed


def _stop_cluster(path: Path) -> None:
    """A database server gives its shared memory back only if it may end by itself."""
    try:
        pid = int((path / "pg" / "data" / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if pid in processes.belonging_to(path):
        processes.quit_server(pid)


def _stop_container(path: Path) -> None:
    """The container a run had started is named in its folder."""
    try:
        name = (path / "container").read_text().strip()
    except OSError:
        return
    from constraintlint.behavior.docker import remove

    remove(name)


def _is_left_over(path: Path) -> bool:
    """Ours, a real directory, and nobody holds its lock."""
    try:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            return False
        descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        try:
            return time.time() - os.lstat(path).st_mtime > _BEING_MADE
        except OSError:
            return False
    except OSError:
        return False
    try:
        return _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    _try_lock(descriptor)
    return descriptor


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _make_removable(path: Path) -> None:
    for directory, _, _ in os.walk(path):
        try:
            os.chmod(directory, 0o700)
        except OSError:
            pass
