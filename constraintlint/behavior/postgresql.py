"""A PostgreSQL server of our own for one run: a cluster in the folder of the run, on a free port of 127.0.0.1, nothing else.

No account is created and no permission changed outside that folder. ``postgres`` refuses to run as root, so a run as root
hands it to an unprivileged account that exists.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from constraintlint.behavior import binaries, processes, wire
from constraintlint.behavior.errors import CannotRun
from constraintlint.behavior.folder import RunFolder
from constraintlint.behavior.interrupts import shield
from constraintlint.behavior.ports import free_port

USER = "conduit"
DATABASE = "conduit"
_ACCOUNTS = ("postgres", "nobody")
_START = 15.0
#: levels of the server's messages, and how its programs report what ends them
_GRAVE = re.compile(r"\b(?:FATAL|PANIC|ERROR):|: (?:error|fatal): ")
_ATTEMPTS = 3
_FINISH = 5.0
#: what a crash would cost is of no interest: the data lives for one run
_SETTINGS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1", "max_connections": "200", "shared_buffers": "64MB", "autovacuum": "off",
    "logging_collector": "off", "dynamic_shared_memory_type": "mmap" if sys.platform.startswith("linux") else "posix",
}  # fmt: skip


class Cluster:
    """A running server. ``stop`` ends it; its files go with the folder of the run."""

    def __init__(self, folder: RunFolder, directory: Path, environment: dict[str, str]) -> None:
        self.home = folder.path / "pg"
        self._account = _account()
        self._programs = directory
        # no marker: what ends the backend must not end its database
        self._environment = {**environment, "LC_ALL": "C"}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self) -> None:
        """``initdb``, then ``postgres`` until it answers. Raises CannotRun with what the server says."""
        self._programs = binaries.prepared(self._programs, self._account, self._folder.path)
        self.home.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(self.home, *self._account)
        self._initialise()
        for attempt in range(_ATTEMPTS):
            self.port = free_port()
            if self._serve(last=attempt == _ATTEMPTS - 1):
                return

    def stop(self) -> None:
        """Immediate shutdown: nothing in it is kept."""
        with shield():
            if self._process is None:
                return
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGQUIT)
                try:
                    self._process.wait(3)
                except subprocess.TimeoutExpired:
                    pass
            processes.stop(self._process, self.home, grace=0.0, orphans=False)
            self._process = None

    def _initialise(self) -> None:
        command = [str(self._programs / "initdb"), "-D", "data", "-U", USER, "-A", "trust"]
        self._run([*command, "--no-sync", "--locale=C", "--encoding=UTF8"])

    def _serve(self, last: bool) -> bool:
        """Start the server on ``port``; False where another process was faster to take it."""
        command = [str(self._programs / "postgres"), "-D", "data", "-p", str(self.port)]
        for name, value in _SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with shield(), open(self.home / "server.log", "wb") as log:
            self._process = self._spawn(command, log.fileno())
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                if last or "Address already in use" not in self._text():
                    raise CannotRun(f"PostgreSQL does not start: {self._log()}")
                return False
            try:
                wire.execute(self.port, USER, "postgres", f'CREATE DATABASE "{DATABASE}"')
                return True
            except OSError:
                time.sleep(0.01)
            except wire.WireError as error:
                if "starting up" not in str(error):
                    raise CannotRun(f"PostgreSQL: {error}") from None
                time.sleep(0.01)
        raise CannotRun(f"PostgreSQL does not answer within {_START:g} s: {self._log()}")

    def _run(self, command: list[str]) -> None:
        process = None
        with open(self.home / "server.log", "wb") as log:
            try:
                with shield():
                    process = self._spawn(command, log.fileno())
                code = process.wait(60)
            except subprocess.TimeoutExpired:
                code = -1
            finally:
                with shield():
                    if process is not None:
                        _wait_shortly(process)
                        processes.stop(process, self.home, grace=0.0, orphans=False)
        if code:
            raise CannotRun(f"PostgreSQL's initdb fails: {self._log()}")

    def _spawn(self, command: list[str], output: int) -> subprocess.Popen[bytes]:
        try:
            return processes.spawn(
                command, cwd=self.home, env=self._environment, output=output, account=self._account
            )
        except OSError as error:
            raise CannotRun(f"{command[0]} cannot be run: {error.strerror}") from None
        except subprocess.SubprocessError as error:
            raise CannotRun(f"{command[0]} cannot be run: {error}") from None

    def _log(self) -> str:
        """The lines of the server that say what is wrong, else its last ones, on one line."""
        lines = [line.strip() for line in self._text().splitlines() if line.strip()]
        grave = [line for line in lines if _GRAVE.search(line)]
        return " / ".join((grave or lines)[-4:]) or "it says nothing"

    def _text(self) -> str:
        try:
            return (self.home / "server.log").read_bytes()[-8000:].decode("utf-8", "replace")
        except OSError:
            return ""


def _wait_shortly(process: subprocess.Popen[bytes]) -> None:
    """An interrupted ``initdb`` may end by itself: the server it runs gives shared memory back at its end, not when it is killed."""
    try:
        process.wait(_FINISH)
    except subprocess.TimeoutExpired:
        pass


def _account() -> tuple[int, int] | None:
    """User and group to run the server as; None where this process is not root. Raises CannotRun."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise CannotRun("PostgreSQL does not run as root, and there is neither an account postgres nor nobody")
