"""Backends that misbehave: a clear verdict, in time, and nothing left of them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse
from constraintlint.behavior.ports import free_port
from tests.behavior.fake_apps import Verify, project

#: a server that begins when a file appears
STRANGER = """
import http.server, os, sys, time
while not os.path.exists(sys.argv[2]): time.sleep(0.01)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def test_a_good_backend_passes(verify: Verify, tmp_path: Path) -> None:
    code, document = verify.json(project(tmp_path / "p"))
    assert (code, document["status"], document["assertions_percent"]) == (0, "pass", 100.0)
    assert document["runs"][0]["suite"]["passed"] == document["runs"][0]["suite"]["assertions"] == 5
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == ["constraintlint.toml", "run.sh", "server.py", "suite.toml"]  # fmt: skip


#: mode, more configuration, part of the reason, longest time it may take
NOT_STARTING = [
    ("exits", "", "exit code 3", 8),
    ("exits-zero", "", "exit code 0", 8),
    ("hangs", "[verify.timeouts]\nstart = 1\n", "does not listen on port", 8),
    ("never-answers", "[verify.timeouts]\nstart = 1\n", "does not answer", 10),
    ("health-500", "[verify.timeouts]\nstart = 1\n", "answers 500 for 1 s", 8),
]


@pytest.mark.parametrize(("mode", "config", "reason", "longest"), NOT_STARTING)
def test_it_never_starts(
    verify: Verify, tmp_path: Path, mode: str, config: str, reason: str, longest: float
) -> None:
    began = time.monotonic()
    code, document = verify.json(project(tmp_path / "p", mode, config))
    assert time.monotonic() - began < longest
    run = document["runs"][0]
    assert code == 1 and reason in run["problem"]
    assert (run["suite"]["passed"], run["suite"]["assertions"], run["suite"]["not_executed"]) == (0, 5, 5)


def test_what_it_wrote_before_its_end_is_shown(verify: Verify, tmp_path: Path) -> None:
    done = verify.run(project(tmp_path / "p", "exits"))
    assert done.returncode == 1 and "cannot open the socket of fate" in done.stdout


def test_it_listens_on_another_port(verify: Verify, tmp_path: Path) -> None:
    other = free_port()
    config = f'[verify.env]\nOTHER_PORT = "{other}"\n'
    code, document = verify.json(project(tmp_path / "p", "other-port", config))
    assert code == 1 and f"listens on port {other}, not on PORT=" in document["runs"][0]["problem"]


@pytest.mark.parametrize(
    ("mode", "note"),
    [
        ("ipv6", "IPv6 loopback only"),
        ("health-404", "answers 404"),
        ("flood", "bytes of the server log are left out"),
        ("forks", ""),
        ("background", ""),
        ("late", ""),
    ],
)
def test_odd_but_working(verify: Verify, tmp_path: Path, mode: str, note: str) -> None:
    if mode == "ipv6" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6")
    code, document = verify.json(project(tmp_path / "p", mode))
    assert (code, document["runs"][0]["problem"]) == (0, None), document["runs"][0]
    assert note in " ".join(document["runs"][0]["notes"])


def test_it_ignores_sigterm(verify: Verify, tmp_path: Path) -> None:
    code, document = verify.json(
        project(tmp_path / "p", "ignores-sigterm", "[verify.timeouts]\nstop = 0.3\n")
    )
    assert code == 0 and "did not end within 0.3 s of SIGTERM" in document["runs"][0]["notes"][0]


#: mode, what the first request says, how many of the five assertions still hold
ANSWERS = [
    ("slow", "no complete answer within 0.5 s", 1),
    ("closes", "closed the connection", 1),
    ("huge", "larger than", 1),
    ("drip", "no complete answer within 0.5 s", 1),
    ("drip-headers", "no complete answer within 0.5 s", 1),
    ("truncated", "ends early", 1),
    ("not-http", "not HTTP", 1),
    ("dies", "connection", 0),
    ("not-json", None, 3),
    ("deep", None, 3),
    ("binary", None, 3),
]


@pytest.mark.parametrize(("mode", "error", "passed"), ANSWERS)
def test_bad_answers(verify: Verify, tmp_path: Path, mode: str, error: str | None, passed: int) -> None:
    # eight megabytes take a while on a busy machine
    seconds = 10 if mode == "huge" else 0.5
    code, document = verify.json(project(tmp_path / "p", mode, f"[verify.timeouts]\nrequest = {seconds}\n"))
    suite = document["runs"][0]["suite"]
    assert code == 1
    assert (suite["assertions"], suite["passed"]) == (5, passed)
    first = suite["requests"][0]["exchange"]
    assert (error is None and first["error"] == "") or (error is not None and error in first["error"])
    if mode == "dies":
        assert "exit code 7" in document["runs"][0]["problem"]
        assert suite["requests"][1]["exchange"] is None


def test_the_suite_has_a_deadline(verify: Verify, tmp_path: Path) -> None:
    config = "[verify.timeouts]\nrequest = 0.5\nsuite = 0.3\n"
    code, document = verify.json(project(tmp_path / "p", "slow", config))
    details = [a["detail"] for r in document["runs"][0]["suite"]["requests"][1:] for a in r["assertions"]]
    assert code == 1 and details == ["the suite does not end within 0.3 s"] * 2


def test_there_is_no_run_script(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    (directory / "run.sh").unlink()
    code, document = verify.json(directory)
    assert code == 1 and "./run.sh does not exist" in document["runs"][0]["problem"]


def reported(directory: Path) -> list[str]:
    """The rules the check reports."""
    return [item.rule for item in analyse(Options(root=directory, cache=False, jobs=1)).findings]


def test_a_run_script_without_permission(verify: Verify, tmp_path: Path) -> None:
    """Started by its path it does not start, and the check has said so; given to a shell it does."""
    directory = project(tmp_path / "p")
    (directory / "run.sh").chmod(0o644)
    code, document = verify.json(directory)
    run = document["runs"][0]
    assert code == 1 and "./run.sh is not executable (Permission denied); chmod +x ./run.sh" in run["problem"]
    assert reported(directory) == ["run-script-not-executable"]
    with (directory / "constraintlint.toml").open("a") as file:
        file.write('run = "sh run.sh"\n')
    code, document = verify.json(directory)
    assert (code, reported(directory)) == (0, [])


def test_a_run_script_of_declared_constraints_without_permission(verify: Verify, tmp_path: Path) -> None:
    """The default is the study's ./run.sh, also where the configuration has no [verify]."""
    directory = tmp_path / "p"
    directory.mkdir()
    (directory / "run.sh").write_text("#!/bin/sh\nexec python3 -m http.server $PORT\n")
    (directory / "constraintlint.toml").write_text('database = "sqlite"\n')
    code, document = verify.json(directory)
    assert code == 1 and "./run.sh is not executable" in document["runs"][0]["problem"]
    assert reported(directory) == ["run-script-not-executable"]


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("#!/nowhere/sh\n", 127, "not found"),
        ("#!/bin/sh\nexec definitely-no-such-program\n", 127, "definitely-no-such-program"),
        ("#!/bin/sh\nexec ./server.py\n", 126, "ermission denied"),
    ],
)
def test_a_run_script_that_cannot_start_anything(
    verify: Verify, tmp_path: Path, script: str, code: int, words: str
) -> None:
    directory = project(tmp_path / "p")
    (directory / "run.sh").write_text(script)
    found, document = verify.json(directory)
    run = document["runs"][0]
    assert (found, run["problem"]) == (1, f"the server has ended with exit code {code}")
    assert words in run["server_log"]


@pytest.mark.parametrize(
    ("setup", "reason"),
    [
        ("echo so it goes; exit 4", "set-up: echo so it goes; exit 4 fails with exit code 4"),
        ("sleep 60 & sleep 60", "does not end within 0.5 s"),
        ("definitely-no-such-program", "exit code 127"),
    ],
)
def test_the_set_up_fails(verify: Verify, tmp_path: Path, setup: str, reason: str) -> None:
    directory = project(tmp_path / "p")
    text = (directory / "constraintlint.toml").read_text().replace("setup = []", f'setup = ["{setup}"]')
    (directory / "constraintlint.toml").write_text(text + "[verify.timeouts]\nsetup = 0.5\n")
    code, document = verify.json(directory)
    assert code == 1 and reason in document["runs"][0]["problem"]


def test_several_runs_each_start_afresh(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    code, document = verify.json(directory, "--runs", "3")
    assert (code, len(document["runs"]), document["pass_at"]) == (0, 3, {"1": 1.0, "2": 1.0, "3": 1.0})


def test_in_place_runs_where_the_project_is(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    (directory / "run.sh").write_text(
        "#!/bin/sh\ntouch was-here\n" + (directory / "run.sh").read_text().split("\n", 1)[1]
    )
    assert verify.run(directory).returncode == 0 and not (directory / "was-here").exists()
    assert verify.run(directory, "--in-place").returncode == 0 and (directory / "was-here").exists()


def test_a_broken_constraint_makes_strict_zero(verify: Verify, tmp_path: Path) -> None:
    directory = project(tmp_path / "p")
    text = (directory / "constraintlint.toml").read_text()
    (directory / "constraintlint.toml").write_text('framework = "flask"\n' + text)
    code, document = verify.json(directory)
    assert (code, document["assertions_percent"], document["strict_assertions_percent"]) == (1, 100.0, 0.0)
    assert (document["failed_verdicts"], document["behavior"]) == (["framework"], "pass")


def test_another_process_was_faster_to_take_the_port(verify: Verify, tmp_path: Path) -> None:
    """Its run.sh starts a stranger on the port first, out of reach: what answers is not the backend."""
    port = free_port()
    stranger = subprocess.Popen(
        [sys.executable, "-c", STRANGER, str(port), str(tmp_path / "go")], stdout=subprocess.PIPE
    )
    directory = project(tmp_path / "p")
    (directory / "run.sh").write_text(
        f'#!/bin/sh\ntouch "{tmp_path / "go"}"\nsleep 0.5\nexec "{sys.executable}" server.py\n'
    )
    try:
        code, document = verify.json(directory, "--port", str(port))
    finally:
        stranger.kill()
        stranger.communicate()
    assert code == 1 and f"another process answers on port {port}" in document["runs"][0]["problem"]
