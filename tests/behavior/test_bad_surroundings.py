"""A machine that misbehaves: exit 2 and a clear line where constraintlint could not run; nothing left, ever."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.behavior.fake_apps import Verify, interrupt, project


def refused(verify: Verify, directory: Path, *arguments: str) -> str:
    done = verify.run(directory, *arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr
    return done.stderr


def test_a_fixed_port_is_taken(verify: Verify, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        message = refused(verify, project(tmp_path / "p"), "--port", str(port))
    assert f"port {port} is taken" in message


def test_the_usual_port_is_taken(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    text = (directory / "constraintlint.toml").read_text().replace("port = 0\n", "")
    (directory / "constraintlint.toml").write_text(text)
    try:
        server = socket.create_server(("127.0.0.1", 8080))
    except OSError:
        server = None  # somebody else has it: as good
    try:
        code, document = verify.json(directory)
    finally:
        if server is not None:
            server.close()
    assert code == 0 and document["runs"][0]["port"] != 8080


def test_no_postgresql_anywhere(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    text = (directory / "constraintlint.toml").read_text().replace('"none"', '"postgresql"')
    (directory / "constraintlint.toml").write_text(text)
    verify.environment |= {"PATH": str(tmp_path / "nothing"), "CONSTRAINTLINT_PG_BIN": str(tmp_path)}
    message = refused(verify, directory)
    assert "PostgreSQL is needed and there is none" in message and "--database-url" in message


def test_no_node_for_a_collection(verify: Verify, tmp_path: Path) -> None:
    collection = tmp_path / "c.json"
    collection.write_text('{"item": []}')
    verify.environment |= {"PATH": str(tmp_path / "nothing")}
    verify.environment.pop("CONSTRAINTLINT_NEWMAN", None)
    message = refused(verify, project(tmp_path / "p"), "--suite", f"newman:{collection}")
    assert "neither newman nor npx is on PATH" in message


def test_no_npm_for_a_node_project(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    text = (directory / "constraintlint.toml").read_text().replace("setup = []\n", "")
    (directory / "constraintlint.toml").write_text(text)
    (directory / "package.json").write_text('{"name": "p"}')
    verify.environment |= {"PATH": str(tmp_path / "nothing")}
    assert "no npm on PATH" in refused(verify, directory)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--suite", "no-such-suite"], 'no suite "no-such-suite" (built in: conduit)'),
        (["--suite", "missing.toml"], "cannot be read: no such file"),
        (["--suite", "newman:missing.json"], "cannot be read: no such file"),
        (["--database-url", "mysql:[", "--suite", "conduit"], "cannot be provided"),
        (["--output", "/nowhere/at/all"], "no such file or directory"),
        (["--output", "/dev/full"], "no space left"),
    ],
)
def test_what_cannot_be_asked_for(verify: Verify, tmp_path: Path, arguments: list[str], words: str) -> None:
    if "/dev/full" in arguments and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    assert words in refused(verify, project(tmp_path / "p"), *arguments)


def test_the_path_is_missing(verify: Verify, tmp_path: Path) -> None:
    assert "no such file or directory" in refused(verify, tmp_path / "missing")


def limited() -> None:
    """A limit on the size of a file stands in for a full disk where none can be mounted."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


def changed(directory: Path, old: str, new: str) -> Path:
    """The project with another configuration."""
    file = directory / "constraintlint.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    return directory


def fill(directory: Path) -> Path:
    """A backend that fills the disk before it starts."""
    rest = (directory / "run.sh").read_text().split("\n", 1)[1]
    (directory / "run.sh").write_text(
        f"#!/bin/sh\nhead -c 9000000 /dev/zero > big\necho after the flood\n{rest}"
    )
    return directory


def test_the_disk_is_full_at_the_copy(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    (directory / "big.bin").write_bytes(b"x" * 3_000_000)
    done = on_a_full_disk(verify, directory)
    assert done.returncode == 2 and "big.bin cannot be copied" in done.stderr


def test_the_disk_is_full_at_the_database(verify: Verify, tmp_path: Path, postgresql: Path) -> None:
    done = on_a_full_disk(verify, changed(project(tmp_path / "p"), '"none"', '"postgresql"'))
    assert done.returncode == 2 and "PostgreSQL's initdb fails" in done.stderr
    assert "No space left" in done.stderr or "File too large" in done.stderr or "signal 25" in done.stderr


def test_the_disk_is_full_at_the_set_up(verify: Verify, tmp_path: Path) -> None:
    directory = changed(
        project(tmp_path / "p"),
        "setup = []",
        'setup = ["head -c 9000000 /dev/zero > big || { echo it was too much; exit 3; }"]',
    )
    done = on_a_full_disk(verify, directory)
    assert done.returncode == 1 and "fails with exit code 3" in done.stdout
    assert "it was too much" in done.stdout, "what it wrote is shown, though the log has no place on the disk"


def test_the_disk_is_full_at_the_start(verify: Verify, tmp_path: Path) -> None:
    """As long as the backend does without, it is none of our business."""
    done = on_a_full_disk(verify, fill(project(tmp_path / "p")))
    assert done.returncode == 0 and "5/5 assertions" in done.stdout


def on_a_full_disk(verify: Verify, directory: Path) -> subprocess.CompletedProcess[str]:
    """With a temporary directory of one megabyte where one can be mounted, for these processes alone; else ``limited``."""
    command = verify.command(directory)
    mounted = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=1m none "$TMPDIR" && exec "$@"', "sh"]
    possible = subprocess.run([*mounted, "true"], env=verify.environment, capture_output=True).returncode == 0
    done = subprocess.run(
        [*mounted, "sh", "-c", '"$@"; code=$?; ls -A "$TMPDIR" >&2; exit $code', "sh", *command] if possible else command,
        capture_output=True, text=True, env=verify.environment, timeout=30, preexec_fn=None if possible else limited,
    )  # fmt: skip
    assert "constraintlint-verify-" not in done.stderr, "what only that mount has seen is gone, too"
    return done


def test_the_temporary_folder_is_missing(verify: Verify, tmp_path: Path) -> None:
    """Python falls back to another one; where there is none at all it says so."""
    verify.environment |= {"TMPDIR": "/proc"}
    if os.path.exists("/proc/self") and not os.access("/proc/constraintlint", os.W_OK):
        done = verify.run(project(tmp_path / "p"))
        assert done.returncode == 0


#: where the run is when the signal arrives: a file in its folder, or seconds from the start
MOMENTS = [0.05, 0.15, 0.3, "lock", "project", "tmp", "server.log"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(verify: Verify, tmp_path: Path, moment: str | float, number: int) -> None:
    process = verify.start(project(tmp_path / "p", "slow"))
    if isinstance(moment, float):
        time.sleep(moment)
    else:
        verify.wait_for_folder(moment, process)
    code, error = interrupt(process, number)
    early = isinstance(moment, float) and code in (-signal.SIGINT, -signal.SIGTERM, 1)
    assert code == 130 or early, (code, error)
    assert "internal error" not in error


@pytest.mark.parametrize("moment", ["pg", "pg/data", "pg/data/postmaster.pid"])
def test_interrupted_while_the_database_starts(
    verify: Verify, tmp_path: Path, postgresql: Path, moment: str
) -> None:
    directory = project(tmp_path / "p")
    text = (directory / "constraintlint.toml").read_text().replace('"none"', '"postgresql"')
    (directory / "constraintlint.toml").write_text(text)
    process = verify.start(directory)
    verify.wait_for_folder(moment, process)
    assert interrupt(process)[0] == 130


def test_interrupted_in_the_set_up(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    text = (directory / "constraintlint.toml").read_text()
    text = text.replace("setup = []", 'setup = ["sleep 60 & setsid sleep 60 & touch ../here; sleep 60"]')
    (directory / "constraintlint.toml").write_text(text)
    process = verify.start(directory)
    verify.wait_for_folder("here", process)
    assert interrupt(process)[0] == 130


def test_interrupted_in_the_default_set_up(verify: Verify, tmp_path: Path) -> None:
    """A half-made environment is not kept for the next run."""
    directory = changed(project(tmp_path / "p"), "setup = []\n", "")
    (directory / "requirements.txt").write_text("")
    process = verify.start(directory)
    kept = verify.temporary.parent / "environments"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not list(kept.glob("python-*/bin")):
        time.sleep(0.005)
    assert interrupt(process)[0] == 130
    assert [path.suffix for path in kept.iterdir()] == [".lock"]


def test_interrupted_while_newman_runs(verify: Verify, tmp_path: Path) -> None:
    fake = tmp_path / "newman"
    fake.write_text("#!/bin/sh\nsleep 60 &\nsetsid sleep 60 &\ntouch here\nsleep 60\n")
    fake.chmod(0o755)
    (tmp_path / "c.json").write_text('{"item": []}')
    verify.environment["CONSTRAINTLINT_NEWMAN"] = str(fake)
    process = verify.start(project(tmp_path / "p"), "--suite", f"newman:{tmp_path / 'c.json'}")
    verify.wait_for_folder("here", process)
    assert interrupt(process)[0] == 130


def test_progress_on_a_terminal(verify: Verify, tmp_path: Path) -> None:
    leader, follower = os.openpty()
    directory = project(tmp_path / "p")
    environment = {**verify.environment, "TERM": "xterm"}
    done = subprocess.run(
        verify.command(directory), stdout=subprocess.PIPE, stderr=follower, env=environment, timeout=30
    )
    os.close(follower)
    shown = os.read(leader, 65536).decode()
    os.close(leader)
    assert done.returncode == 0 and b"\x1b" not in done.stdout
    assert "starting ./run.sh on port" in shown and "running the suite" in shown
    assert shown.endswith("\r\x1b[2K")


def test_interrupted_twice_and_with_a_stubborn_server(verify: Verify, tmp_path: Path) -> None:
    process = verify.start(project(tmp_path / "p", "ignores-sigterm", "[verify.timeouts]\nstop = 1\n"))
    verify.wait_for_folder("server.log", process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    code, error = interrupt(process)
    assert code in (130, 0) and "Traceback" not in error


def test_killed_and_cleaned_up_by_the_next_run(verify: Verify, tmp_path: Path, postgresql: Path) -> None:
    directory = project(tmp_path / "p", "forks")
    text = (directory / "constraintlint.toml").read_text().replace('"none"', '"postgresql"')
    (directory / "constraintlint.toml").write_text(text + "[verify.timeouts]\nrequest = 30\n")
    (directory / "server.py").write_text(
        (directory / "server.py").read_text().replace('MODE == "slow" and', "")
    )
    process = verify.start(directory)
    verify.wait_for_folder("server.log", process)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert verify.left_over(), "a killed run leaves its folder"
    forgotten = [line for line in verify.left_over() if "time.sleep(600)" in line]
    done = verify.run(project(tmp_path / "q"))
    assert done.returncode == 0 and "removed what a killed run had left (1)" in done.stderr
    # one of the three hid its environment, its directory and its session: only its parent knew it
    for line in forgotten:
        pid = int(line.partition(":")[0])
        if line in verify.left_over():
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)


def test_a_run_that_is_alive_is_not_cleaned_up(verify: Verify, tmp_path: Path) -> None:
    process = verify.start(project(tmp_path / "p", "slow"))
    verify.wait_for_folder("server.log", process)
    assert verify.run(project(tmp_path / "q")).returncode == 0
    assert process.poll() is None and list(verify.temporary.glob("constraintlint-verify-*"))
    interrupt(process)


def test_the_databases_of_the_user_are_hidden(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    (directory / "run.sh").write_text(
        f"#!/bin/sh\nenv | grep -c -e secret-base -e /elsewhere > env.txt\n"
        f'test "$(cat env.txt)" = 0 || exit 9\ntest "$MINE" = "port $PORT" || exit 8\nexec "{sys.executable}" server.py\n'
    )
    (directory / "constraintlint.toml").open("a").write('[verify.env]\nMINE = "port $PORT"\n')
    secret = "postgresql://u:p@secret-base/x"
    verify.environment |= {"DATABASE_URL": secret, "PGHOST": "secret-base", "POSTGRES_HOST": "secret-base", "PYTHONPATH": "/elsewhere"}  # fmt: skip
    code, document = verify.json(directory)
    assert code == 0, document["runs"][0]["problem"]


def test_newman_from_an_environment_variable(verify: Verify, tmp_path: Path) -> None:
    """A program in newman's place that writes a broken report: not a verdict about the backend."""
    fake = tmp_path / "newman"
    fake.write_text("#!/bin/sh\necho out of order\nexit 1\n")
    fake.chmod(0o755)
    (tmp_path / "c.json").write_text('{"item": [{"name": "a", "request": {"method": "GET", "url": "x"}}]}')
    verify.environment["CONSTRAINTLINT_NEWMAN"] = str(fake)
    message = refused(verify, project(tmp_path / "p"), "--suite", f"newman:{tmp_path / 'c.json'}")
    assert "newman does not run: out of order" in message
    assert shutil.which(str(fake))
