"""Processes of a run: started in a session of their own, found again wherever they went, and always ended.

A child may leave its process group (``setsid``, a daemon). On Linux it is still found: by its parents, by the marker in its
environment, or by a working directory inside the folder of the run. Elsewhere the process group has to do.
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
    return subprocess.Popen(
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


def stop(process: subprocess.Popen[bytes], folder: Path, grace: float = 3.0) -> bool:
    """End a process, its group, and all that belongs to ``folder`` and descends from it or carries its marker.

    SIGTERM first, SIGKILL after ``grace`` seconds. Returns whether SIGTERM was enough.
    """
    family = descendants(process.pid)
    _signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    pause = 0.002
    while time.monotonic() < deadline and (
        process.poll() is None or _group_exists(process.pid) or any(map(_is_running, family))
    ):
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    gentle = process.poll() is not None and not _group_exists(process.pid)
    _signal_group(process.pid, signal.SIGKILL)
    kill_all({*family, *belonging_to(folder, marked_only=True), *descendants(process.pid)})
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        pass
    return gentle


def kill_all(pids: Iterable[int]) -> None:
    """SIGKILL, and wait until they are gone."""
    wanted = set(pids) - {os.getpid(), 0, 1}
    for pid in wanted:
        _signal(pid, signal.SIGKILL)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and any(map(_is_running, wanted)):
        time.sleep(0.01)


def is_alive(process: subprocess.Popen[bytes], folder: Path) -> bool:
    """Whether the process, its group, or a child that left it still runs."""
    return process.poll() is None or _group_exists(process.pid) or bool(belonging_to(folder, marked_only=True))


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
