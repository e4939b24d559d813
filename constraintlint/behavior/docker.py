"""PostgreSQL in a container, where there is no server on this machine but a Docker that answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping

from constraintlint.behavior import wire
from constraintlint.behavior.errors import CannotRun
from constraintlint.behavior.folder import RunFolder
from constraintlint.behavior.interrupts import shield
from constraintlint.behavior.ports import free_port
from constraintlint.behavior.postgresql import DATABASE, USER

IMAGE = "postgres:17-alpine"
_START = 180.0  # with the download of the image


def answers(environment: Mapping[str, str]) -> bool:
    """Whether there is a Docker client whose server answers."""
    program = shutil.which("docker", path=environment.get("PATH", ""))
    if program is None:
        return False
    try:
        return _call(program, ["version", "--format", "{{.Server.Version}}"], 5).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def remove(name: str) -> None:
    """Take a container away by its name, with its volume; no error where it is gone."""
    program = shutil.which("docker")
    if program is None:
        return
    try:
        _call(program, ["rm", "--force", "--volumes", name], 30)
    except (OSError, subprocess.SubprocessError):
        pass


class Container:
    """A server in a container. Its name stands in the folder of the run, so the next run can remove it after a kill."""

    def __init__(self, folder: RunFolder, environment: Mapping[str, str]) -> None:
        self.name = folder.path.name
        self.port = 0
        self._folder = folder
        self._path = environment.get("PATH", "")

    def start(self) -> None:
        """Run the container until the server answers. Raises CannotRun."""
        program = shutil.which("docker", path=self._path)
        if program is None:
            raise CannotRun("docker is not there any more")
        self.port = free_port()
        (self._folder.path / "container").write_text(self.name)
        command = ["run", "--rm", "--detach", "--name", self.name, "--publish", f"127.0.0.1:{self.port}:5432"]
        for key, value in (("HOST_AUTH_METHOD", "trust"), ("USER", USER), ("DB", DATABASE)):
            command += ["--env", f"POSTGRES_{key}={value}"]
        try:
            done = _call(program, [*command, IMAGE], _START)
        except subprocess.SubprocessError:
            raise CannotRun(f"docker does not start {IMAGE} within {_START:g} s") from None
        if done.returncode:
            raise CannotRun(f"docker does not start {IMAGE}: {' '.join(done.stderr.split())[-300:]}")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                wire.execute(self.port, USER, DATABASE, "SELECT 1")
                return
            except (OSError, wire.WireError):
                time.sleep(0.1)
        raise CannotRun(f"PostgreSQL in {IMAGE} does not answer")

    def stop(self) -> None:
        with shield():
            remove(self.name)


def _call(program: str, arguments: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
        env=dict(os.environ),
        start_new_session=True,
    )
