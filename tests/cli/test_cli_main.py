"""The command line as a whole: commands, exit codes, errors in one line, start-up without what is not needed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from constraintlint import __version__, cli

RUN = [sys.executable, "-m", "constraintlint"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    out, err = capsys.readouterr()
    return int(str(caught.value.code)), out, err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"constraintlint {__version__}\n", "")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert [
        line.split()[0] for line in out.split("Commands:\n")[1].splitlines() if line[2:3].strip()
    ] == list(cli.COMMANDS)


def test_no_command_shows_the_help_and_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys)
    assert (code, out) == (2, "")
    assert "Commands:" in err


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_a_module_and_a_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    assert out.startswith(f"Usage: constraintlint {name}")


ERRORS = [
    (["chekc"], "there is no command 'chekc'; did you mean 'check'?; see `constraintlint --help`"),
    (["xyzzy"], "there is no command 'xyzzy'; see `constraintlint --help`"),
    (["."], "there is no command '.'; did you mean `constraintlint check .`?; see `constraintlint --help`"),
    (["explain"], "Missing argument 'RULE'. (see `constraintlint explain --help`)"),
    (["rules", "--format", "xml"], "Invalid value for '--format': 'xml' is not one of 'text', 'json', 'markdown'. (see `constraintlint rules --help`)"),
    (["explain", "layer-dirction"], "there is no rule 'layer-dirction'; did you mean \"layer-direction\"?"),
    (["rules", "--select", "sqll"], "unknown rule or category 'sqll'; did you mean \"sql\"?"),
    (["new-rule", "sql"], "'sql' is not CATEGORY/NAME, as in sql/sql-unknown-column"),
    (["init", "nowhere"], "nowhere: no such directory"),
    (["check", "nowhere"], "nowhere: no such file or directory"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), ERRORS, ids=[" ".join(a) for a, _ in ERRORS])
def test_errors_are_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(capsys, *arguments) == (2, "", f"constraintlint: error: {message}\n")


def test_every_mistake_of_a_configuration_is_a_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "constraintlint.toml").write_text('databse = 1\norm = "sqlalchmy"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "check", ".", "--no-cache") == (2, "", (
        'constraintlint: error: constraintlint.toml:1: unknown key "databse"; did you mean "database"?\n'
        'constraintlint: error: constraintlint.toml:2: unknown orm "sqlalchmy"; did you mean "sqlalchemy"?\n'
    ))  # fmt: skip


def _failing(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyError("x"), 2, "constraintlint: internal error: KeyError: 'x' (PLACE); `constraintlint --traceback ...` shows more\n"),
        (RecursionError("deep\ndown"), 2, "constraintlint: internal error: RecursionError: deep down (PLACE); `constraintlint --traceback ...` shows more\n"),
        (MemoryError(), 2, "constraintlint: internal error: MemoryError: (PLACE); `constraintlint --traceback ...` shows more\n"),
        (PermissionError(13, "Permission denied", "/x/y"), 2, "constraintlint: error: /x/y: Permission denied\n"),
        (click.ClickException("one\ntwo"), 2, "constraintlint: error: one two\n"),
        (click.Abort(), 130, "constraintlint: interrupted\n"),
        (KeyboardInterrupt(), 130, "\nconstraintlint: interrupted\n"),
    ],
)  # fmt: skip
def test_what_goes_wrong_inside(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    message: str,
) -> None:
    monkeypatch.delenv("CONSTRAINTLINT_TRACEBACK", raising=False)
    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: _failing(error))
    status, out, err = run(capsys, "check")
    assert (status, out, re.sub(r"\(constraintlint/cli/__init__\.py:\d+\)", "(PLACE)", err)) == (
        code,
        "",
        message,
    )


def test_an_internal_error_names_its_place_and_shows_more_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("constraintlint.rulebook.all_rules", lambda: None)
    code, out, err = run(capsys, "rules")
    assert (code, out) == (2, "")
    assert err.startswith("constraintlint: internal error: ")
    assert "(constraintlint/cli/rules.py:" in err
    assert "Traceback" not in err
    assert "Traceback" in run(capsys, "--traceback", "rules")[2]
    monkeypatch.setenv("CONSTRAINTLINT_TRACEBACK", "1")
    assert "Traceback" in run(capsys, "rules")[2]


def test_a_closed_pipe_is_no_error_message() -> None:
    process = subprocess.Popen([*RUN, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(20) == 141


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_ends_with_130(tmp_path: Path) -> None:
    script = "import constraintlint.cli as c, click, time, sys\n" \
        "c.LazyGroup.get_command = lambda *_: click.command()(lambda: (print('ready', flush=True), time.sleep(30)))\n" \
        "c.main(['check'])"  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err.strip()) == (130, "constraintlint: interrupted")


def test_output_that_the_terminal_cannot_show_is_no_crash() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1:strict"}
    done = subprocess.run([*RUN, "explain", "sch一ma"], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        b"constraintlint: error: there is no rule 'sch?ma'; see `constraintlint rules`\n",
    )


def test_start_up_loads_no_command() -> None:
    script = "import sys, constraintlint.cli; print(*sorted(m for m in sys.modules if m.startswith('constraintlint')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["constraintlint", "constraintlint.cli", "constraintlint.cli.errors"]
