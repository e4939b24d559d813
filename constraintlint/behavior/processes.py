"""Processes of a run: started in a session of their own, found again wherever they went, and always ended.

A child may leave its process group (``setsid``, a daemon). On Linux it is still found: by its parents, by the marker in its
environment, or by a working directory inside the folder of the run. Elsewhere the process group has to do. As a sub-reaper (prctl(2)) this process becomes the parent of
daemons, so even one that hides both is known as ours.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

#: set in the environment of every process of a run: the folder of the run
MARKER = "CONSTRAINTLINT_VERIFY_RUN"
_LINUX = sys.platform.startswith("linux")
_SET_CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h
#: our children when a process was started: what is a new child of ours afterwards is an orphan of it
_siblings: dict[int, set[int]] = {}


def adopt_orphans() -> None:
    """Become the parent of processes whose own parent has ended (Linux)."""
    if not _LINUX:
        return
    import ctypes

    try:
        ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        pass


def spawn(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: int | IO[bytes],
    account: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process as leader of a session of its own. ``account`` is a user and a group. Raises OSError."""
    user, group = account if account is not None else (None, None)
    siblings = _children(os.getpid())
    process = subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=user,
        group=group,
        extra_groups=None if account is None else [],
    )
    for others in _siblings.values():
        others.add(process.pid)
    _siblings[process.pid] = siblings
    return process


def stop(process: subprocess.Popen[bytes], folder: Path, grace: float = 3.0, *, orphans: bool = True) -> bool:
    """End a process, its group, and all that descends from it or carries the marker of ``folder``.

    SIGTERM first, SIGKILL after ``grace`` seconds. Returns whether SIGTERM was enough. Without ``orphans`` what became our
    child is left alone: it may belong to another process that still runs.
    """
    family_of = _family if orphans else descendants
    family = family_of(process.pid)
    _signal_group(process.pid, signal.SIGTERM)
    if grace:
        for pid in family:
            _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    pause = 0.002
    while time.monotonic() < deadline and (
        process.poll() is None or _group_exists(process.pid) or any(map(_is_running, family))
    ):
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    gentle = process.poll() is not None and not _group_exists(process.pid)
    _signal_group(process.pid, signal.SIGKILL)
    kill_all({*family, *belonging_to(folder, marked_only=True), *family_of(process.pid)})
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        pass
    for orphan in _orphans(process.pid) if orphans else ():
        _reap(orphan)
    _siblings.pop(process.pid, None)
    return gentle


def kill_all(pids: Iterable[int]) -> None:
    """SIGKILL, and wait until they are gone."""
    wanted = set(pids) - {os.getpid(), 0, 1}
    for pid in wanted:
        _signal(pid, signal.SIGKILL)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and any(map(_is_running, wanted)):
        time.sleep(0.01)


def quit_server(pid: int) -> None:
    """SIGQUIT, "immediate shutdown" to PostgreSQL, and a moment to do it."""
    _signal(pid, signal.SIGQUIT)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and _is_running(pid):
        time.sleep(0.01)


def is_alive(process: subprocess.Popen[bytes], folder: Path) -> bool:
    """Whether the process, its group, or a child that left it still runs."""
    return (
        process.poll() is None
        or _group_exists(process.pid)
        or any(map(_is_running, _family(process.pid)))
        or bool(belonging_to(folder, marked_only=True))
    )


def members(process: subprocess.Popen[bytes], folder: Path) -> set[int]:
    """The process and all that descends from it."""
    return {process.pid, *_family(process.pid), *belonging_to(folder, marked_only=True)}


def descendants(pid: int) -> set[int]:
    """All children of a process and theirs; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    for other in _pids():
        parent = _stat(other)
        if parent is not None:
            children.setdefault(parent[1], []).append(other)
    found: set[int] = set()
    queue = [pid]
    while queue:
        for child in children.get(queue.pop(), ()):
            if child not in found:
                found.add(child)
                queue.append(child)
    return found


def _family(pid: int) -> set[int]:
    """Descendants of a process we started, also those whose parent has ended."""
    found = descendants(pid)
    for orphan in _orphans(pid):
        found |= {orphan, *descendants(orphan)}
    return found


def _orphans(pid: int) -> set[int]:
    """Children of ours that we did not start: they became ours when their parent ended."""
    siblings = _siblings.get(pid)
    if siblings is None:
        return set()
    return _children(os.getpid()) - siblings - set(_siblings)


def _children(pid: int) -> set[int]:
    try:
        tasks = os.listdir(f"/proc/{pid}/task") if _LINUX else []
    except OSError:
        return set()
    found: set[int] = set()
    for task in tasks:
        try:
            found.update(map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split()))
        except (OSError, ValueError):
            # a kernel without CONFIG_PROC_CHILDREN
            return {other for other in _pids() if (_stat(other) or ("", 0))[1] == pid}
    return found


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except OSError:
        pass


def belonging_to(folder: Path, *, marked_only: bool = False) -> set[int]:
    """Processes that carry the marker of a run, or (unless ``marked_only``) whose working directory is in its folder.

    Only those whose files this account may read.
    """
    marker = f"{MARKER}={folder}".encode()
    inside = f"{folder}/"
    found = set()
    for pid in _pids():
        if pid == os.getpid():
            continue
        try:
            if marker in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.add(pid)
                continue
            if not marked_only and f"{os.readlink(f'/proc/{pid}/cwd')}/".startswith(inside):
                found.add(pid)
        except OSError:
            continue
    return {pid for pid in found if _is_running(pid)}


def _pids() -> list[int]:
    if not _LINUX:
        return []
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _stat(pid: int) -> tuple[str, int] | None:
    """State and parent of a process (proc_pid_stat(5)); the name may hold spaces and brackets."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return text[0].decode(), int(text[1])
    except (OSError, IndexError, ValueError):
        return None


def _is_running(pid: int) -> bool:
    if _LINUX:
        state = _stat(pid)
        return state is not None and state[0] not in "ZX"
    return _signal(pid, 0)


def _group_exists(group: int) -> bool:
    """Whether a process group has a member that still runs (a zombie does not)."""
    if _LINUX:
        for pid in _pids():
            try:
                fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
                if int(fields[2]) == group and fields[0] not in (b"Z", b"X"):
                    return True
            except (OSError, IndexError, ValueError):
                continue
        return False
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except OSError:
        return False
    return True


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except OSError:
        pass
