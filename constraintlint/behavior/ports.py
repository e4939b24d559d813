"""TCP ports of this machine: a free one, whether one is taken, and which ones the processes of a run listen on."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

_LISTEN = "0A"  # tcp_states.h


def free_port() -> int:
    """A port nobody listens on, over IPv4 and IPv6."""
    for _ in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if not is_taken(port):
            return port
    return port


def is_taken(port: int) -> bool:
    """Whether a server has this port on any address an application would bind to."""
    for family, address in (
        (socket.AF_INET, "127.0.0.1"),
        (socket.AF_INET, "0.0.0.0"),
        (socket.AF_INET6, "::1"),
    ):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # as servers do: what a closed connection left behind (TIME_WAIT) is no reason
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if error.errno in (98, 48):  # EADDRINUSE: Linux, BSD
                return True
    return False


class Claim:
    """A port that no other run takes: one at a time may hold it, for as long as the process lives. Says nothing of other programs.

    Held by a socket in Linux's abstract name space, so that nothing is left on disk; elsewhere every claim succeeds.
    """

    def __init__(self, port: int) -> None:
        self._socket: socket.socket | None = None
        self.held = True
        if not os.path.exists("/proc/net/unix"):
            return
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(f"\0constraintlint-port-{port}")
        except OSError:
            self.release()
            self.held = False

    def release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def listening(pids: Iterable[int]) -> set[int]:
    """The TCP ports these processes listen on; none where there is no /proc."""
    inodes = set()
    for pid in pids:
        try:
            for descriptor in os.scandir(f"/proc/{pid}/fd"):
                target = os.readlink(descriptor.path)
                if target.startswith("socket:["):
                    inodes.add(target[8:-1])
        except OSError:
            continue
    if not inodes:
        return set()
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and fields[9] in inodes:
                found.add(int(fields[1].rpartition(":")[2], 16))
    return found
