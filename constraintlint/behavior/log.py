"""What a process writes, kept on disk up to a cap: its beginning and its end. A flood costs neither memory nor disk."""

from __future__ import annotations

import os
import threading
from collections import deque
from pathlib import Path

_CHUNK = 65536


class CappedLog:
    """A pipe for the output of processes, drained by a thread of its own.

    The first half of ``cap`` bytes goes to the file as it comes; of the rest the last half is kept and written at the end.
    """

    def __init__(self, path: Path, cap: int = 4 * 1024 * 1024) -> None:
        self.path = path
        self.dropped = 0
        self.problem = ""
        self._head_left = cap // 2
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._tail_cap = cap // 2
        self._guard = threading.Lock()
        self._file = open(path, "wb", buffering=0)  # noqa: SIM115 - it lives as long as the log
        self._read_end, self.write_end = os.pipe()
        self._thread = threading.Thread(target=self._drain, name="server-log", daemon=True)
        self._thread.start()

    def started(self) -> None:
        """The process has its copy of the pipe: ours is closed, so its end is seen."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def close(self) -> None:
        """Wait shortly for the last output, and write what is kept. A stray holder of the pipe is not waited for."""
        self.started()
        self._thread.join(1.0)
        with self._guard:
            if self._file.closed:
                return
            self._write_tail()
            self._file.close()

    def text(self, limit: int = 20_000) -> str:
        """The last ``limit`` bytes written so far, as text."""
        with self._guard:
            kept = b"".join(self._tail)
            if len(kept) < limit:
                try:
                    with open(self.path, "rb") as file:
                        file.seek(0, os.SEEK_END)
                        file.seek(max(0, file.tell() - limit))
                        head = file.read(limit)
                except OSError:
                    head = b""
                kept = head if self._file.closed and not self.problem else head + kept
        return kept[-limit:].decode("utf-8", "replace")

    def _drain(self) -> None:
        while True:
            try:
                chunk = os.read(self._read_end, _CHUNK)
            except OSError:
                break
            if not chunk:
                break
            with self._guard:
                if self._file.closed:
                    continue
                self._keep(chunk)
        os.close(self._read_end)

    def _keep(self, chunk: bytes) -> None:
        if self._head_left > 0:
            head = chunk[: self._head_left]
            self._head_left -= len(head)
            chunk = self._write(head) + chunk[len(head) :]
        if not chunk:
            return
        self._tail.append(chunk)
        self._tail_size += len(chunk)
        while self._tail_size - len(self._tail[0]) >= self._tail_cap:
            lost = len(self._tail.popleft())
            self._tail_size -= lost
            self.dropped += lost

    def _write_tail(self) -> None:
        size = self._file.tell()
        if self.dropped:
            self._write(f"\n[... {self.dropped} bytes left out ...]\n".encode())
        for chunk in self._tail:
            self._write(chunk)
        if self.problem:
            try:
                self._file.truncate(size)  # it stays in memory, and shall not be there twice
            except OSError:
                pass

    def _write(self, data: bytes) -> bytes:
        """What does not go to the file: a full disk ends the log on disk, never the run nor what is said of it."""
        while data and not self.problem:
            try:
                data = data[self._file.write(data) :]
            except OSError as error:
                self.problem = error.strerror or "the log cannot be written"
                self._head_left = 0
        return data
