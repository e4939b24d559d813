"""PostgreSQL by Docker, with a program in its place: when it is asked, and that its container is always removed."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.behavior.fake_apps import Verify, project

#: ``docker`` that serves the protocol of PostgreSQL itself: a trusting server that accepts any statement
DOCKER = """#!@PYTHON@
import os, signal, socket, struct, sys
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "calls"), "a") as calls:
    print(" ".join(sys.argv[1:]), file=calls)
verb = sys.argv[1]
if verb == "version":
    sys.exit(@VERSION@)
if verb == "rm":
    try:
        os.kill(int(open(os.path.join(here, "pid")).read()), signal.SIGKILL)
    except OSError:
        pass
    sys.exit(0)
server = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--publish") + 1].split(":")[1])))
if os.fork():
    sys.exit(0)
os.setsid()
os.closerange(0, 3)
open(os.path.join(here, "pid"), "w").write(str(os.getpid()))
ready = b"Z" + struct.pack("!Ic", 5, b"I")
while True:
    connection, _ = server.accept()
    connection.recv(4096)
    connection.sendall(b"R" + struct.pack("!II", 8, 0) + ready)
    if connection.recv(4096):
        connection.sendall(ready)
"""


def with_docker(verify: Verify, tmp_path: Path, version: int) -> Path:
    programs = tmp_path / "programs"
    programs.mkdir()
    text = DOCKER.replace("@PYTHON@", sys.executable).replace("@VERSION@", str(version))
    (programs / "docker").write_text(text)
    (programs / "docker").chmod(0o755)
    verify.environment |= {"PATH": f"{programs}:/usr/bin:/bin", "CONSTRAINTLINT_PG_BIN": str(tmp_path)}
    directory = project(tmp_path / "p")
    text = (directory / "constraintlint.toml").read_text().replace('"none"', '"postgresql"')
    (directory / "constraintlint.toml").write_text(text)
    return directory


def test_a_container(verify: Verify, tmp_path: Path) -> None:
    directory = with_docker(verify, tmp_path, 0)
    code, document = verify.json(directory)
    calls = (tmp_path / "programs" / "calls").read_text().splitlines()
    assert code == 0 and document["runs"][0]["database"] == "PostgreSQL, in Docker"
    assert [call.split()[0] for call in calls] == ["version", "run", "rm"]
    name = calls[1].split("--name ")[1].split()[0]
    assert calls[2] == f"rm --force --volumes {name}"


def test_a_docker_that_does_not_answer(verify: Verify, tmp_path: Path) -> None:
    directory = with_docker(verify, tmp_path, 1)
    done = verify.run(directory)
    assert done.returncode == 2 and "no Docker that answers" in done.stderr
    assert (tmp_path / "programs" / "calls").read_text().split() == [
        "version",
        "--format",
        "{{.Server.Version}}",
    ]
