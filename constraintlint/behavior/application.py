"""The backend as a running server: started in a session of its own, waited for, and ended with all its children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from constraintlint.behavior import processes
from constraintlint.behavior.client import Client
from constraintlint.behavior.errors import DoesNotStart
from constraintlint.behavior.folder import RunFolder
from constraintlint.behavior.interrupts import shield
from constraintlint.behavior.log import CappedLog
from constraintlint.behavior.ports import listening

_HOSTS = ("127.0.0.1", "::1")
#: how long another port may answer in place of the right one before it counts as the only one
_WRONG_PORT = 3.0
_PROBE = 2.0
#: how long a backend may take to find that its port is taken
_BINDING = 2.0


class Application:
    """One start of the backend. ``host`` is the address it answered on; ``note`` what is odd about how it started."""

    def __init__(self, folder: RunFolder, directory: Path, environment: Mapping[str, str], port: int) -> None:
        self.port = port
        self.host = _HOSTS[0]
        self.note = ""
        self.stubborn = False
        self._folder = folder
        self._directory = directory
        self._environment = {**environment, "PORT": str(port)}
        self._process: subprocess.Popen[bytes] | None = None
        self.log = CappedLog(folder.path / "server.log")

    def start(self, command: str) -> None:
        """Run ``command`` by the shell in the project, as a person types it there. Raises DoesNotStart."""
        script = command.split()[0] if command.split() else ""
        if "/" in script and not os.path.isabs(script):
            self._make_sure_it_can_run(script)
        # in place of the shell, where that is all there is to do: its exit code is then the backend's
        line = f"exec {command}" if command.strip() == script and script.startswith("./") else command
        with shield():
            try:
                self._process = processes.spawn(
                    ["/bin/sh", "-c", line],
                    cwd=self._directory,
                    env=self._environment,
                    output=self.log.write_end,
                )
            except OSError as error:
                raise DoesNotStart(f"{command} cannot be run: {error.strerror}") from None
            self.log.started()

    def _make_sure_it_can_run(self, script: str) -> None:
        path = self._directory / script
        if not path.is_file():
            raise DoesNotStart(f"{script} does not exist; say how to start the backend in [verify] run")
        if not os.access(path, os.X_OK):
            raise DoesNotStart(
                f"{script} is not executable (Permission denied); "
                f'chmod +x {script}, or start it by its interpreter: [verify] run = "sh {script}"'
            )

    def wait(self, health: str, timeout: float) -> float:
        """Wait until the health URL answers below 500; returns the seconds it took. Raises DoesNotStart."""
        started = time.monotonic()
        pause = 0.02
        last = 0
        elsewhere_since: float | None = None
        next_look = started + 1.0
        while True:
            for host in _HOSTS:
                status = _probe(host, self.port, health, min(_PROBE, max(0.2, timeout)))
                if status:
                    last = status
                if 0 < status < 500:
                    self.host = host
                    self._make_sure_it_is_ours()
                    if status >= 400:
                        self.note = f"the health URL {health} answers {status}"
                    elif host == "::1":
                        self.note = "the server listens on IPv6 loopback only"
                    return time.monotonic() - started
            now = time.monotonic()
            if not self.is_alive():
                raise DoesNotStart(self._ended())
            if now - started >= timeout:
                raise DoesNotStart(self._late(health, timeout, last))
            if now >= next_look:
                next_look = now + 0.5
                other = self._answers_elsewhere(health)
                elsewhere_since = (elsewhere_since or now) if other else None
                if elsewhere_since is not None and now - elsewhere_since >= _WRONG_PORT:
                    raise DoesNotStart(f"the server listens on port {other}, not on PORT={self.port}")
            time.sleep(pause)
            pause = min(pause * 1.3, 0.15)

    def is_alive(self) -> bool:
        """Whether any process of the backend still runs."""
        return self._process is not None and processes.is_alive(self._process, self._folder.path)

    def stop(self, grace: float = 3.0) -> None:
        """SIGTERM, then SIGKILL, to the process, its group, and children that left it. The log stays readable."""
        with shield():
            if self._process is not None:
                running = self._process.poll() is None
                self.stubborn = not processes.stop(self._process, self._folder.path, grace) and running
                self._process = None
            self.log.close()

    def how_it_ended(self) -> str:
        """ "" while it runs."""
        return "" if self.is_alive() else self._ended()

    def _make_sure_it_is_ours(self) -> None:
        """Another process may have been faster to take the port: then ours ends soon. Raises DoesNotStart."""
        deadline = time.monotonic() + _BINDING
        while os.path.exists("/proc/net/tcp") and self.port not in self._ports():
            if not self.is_alive():
                raise DoesNotStart(f"{self._ended()}; another process answers on port {self.port}")
            if time.monotonic() > deadline:
                self.note = f"no process of the backend is seen to listen on port {self.port}"
                return
            time.sleep(0.02)

    def _ended(self) -> str:
        code = self._process.poll() if self._process is not None else None
        if code is None or code == 0:
            return "the server has ended with exit code 0"
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            return f"the server was ended by {name}"
        return f"the server has ended with exit code {code}"

    def _late(self, health: str, timeout: float, last: int) -> str:
        if last:
            return f"the health URL {health} answers {last} for {timeout:g} s"
        other = sorted(self._ports() - {self.port})
        if other:
            ports = ", ".join(map(str, other))
            return f"nothing answers on PORT={self.port} within {timeout:g} s; the server listens on {ports}"
        if self.port in self._ports():
            return f"the server listens on port {self.port} and does not answer {health} within {timeout:g} s"
        return f"the server does not listen on port {self.port} within {timeout:g} s"

    def _ports(self) -> set[int]:
        if self._process is None:
            return set()
        return listening(processes.members(self._process, self._folder.path))

    def _answers_elsewhere(self, health: str) -> int:
        """A port of the backend's that answers HTTP while the right one is closed, 0 where there is none."""
        ports = self._ports()
        if self.port in ports:
            return 0
        for port in sorted(ports):
            if any(0 < _probe(host, port, health, 0.5) < 400 for host in _HOSTS):
                return port
        return 0


def _probe(host: str, port: int, path: str, timeout: float) -> int:
    """The status of a GET, 0 where there is no answer."""
    try:
        socket.create_connection((host, port), min(timeout, 0.5)).close()
    except OSError:
        return 0
    return Client(host, port, timeout).send("GET", path, {}, None).status
