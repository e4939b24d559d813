"""``constraintlint verify``: check, start the backend on a fresh database, run its suite, one verdict."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from constraintlint.cli.check import locate
from constraintlint.cli.errors import UsageProblem

if TYPE_CHECKING:
    from constraintlint.behavior.outcome import Outcome

_FORMATS = ("text", "json", "junit", "markdown", "html")


@click.command("verify")
@click.argument("path", required=False, default=".", type=click.Path())
@click.option("--suite", metavar="SUITE", help="conduit (built in), a suite file, or newman:COLLECTION.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="Report format.",
)
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="Write the report to a file.")
@click.option("--html", type=click.Path(dir_okay=False), help="Write the HTML report to a file as well.")
@click.option("--junit", type=click.Path(dir_okay=False), help="Write the JUnit report to a file as well.")
@click.option(
    "--runs", type=click.IntRange(1, 1000), default=1, show_default=True, help="Fresh runs, for pass@k."
)
@click.option(
    "--database-url",
    metavar="URL",
    envvar="CONSTRAINTLINT_DATABASE_URL",
    help="A database to use as it is, instead of a fresh one.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="The port of the backend; 0 means any free one.")
@click.option("--start-timeout", type=click.FloatRange(0.1, 86400), metavar="SECONDS", help="For the start.")
@click.option("--in-place", is_flag=True, help="Run where the project is, not in a copy.")
@click.option("--fresh-environment", is_flag=True, help="Install the requirements anew, keep nothing.")
@click.option("--no-cache", is_flag=True, help="The check neither reads nor writes its cache.")
@click.option("--color/--no-color", default=None, help="Colours; by default where the output is a terminal.")
def command(
    path: str,
    suite: str | None,
    format_: str,
    output: str | None,
    html: str | None,
    junit: str | None,
    runs: int,
    database_url: str | None,
    port: int | None,
    start_timeout: float | None,
    in_place: bool,
    fresh_environment: bool,
    no_cache: bool,
    color: bool | None,
) -> None:
    """Run the backend at PATH on a fresh database, and join its behaviour with the static verdicts.

    This executes the code of the project. Exit code: 0 all assertions and all declared constraints hold, 1 not (also where
    the backend does not start), 2 constraintlint itself could not run.
    """
    from constraintlint.behavior.errors import CannotRun
    from constraintlint.behavior.interrupts import handled
    from constraintlint.behavior.settings import Wishes

    if sys.platform == "win32":
        raise UsageProblem("verify needs a POSIX system (Linux, macOS, WSL)")
    root, restrict = locate((path,))
    if restrict:
        root = root / restrict[0]
    if not root.is_dir():
        raise UsageProblem(f"{path}: not a directory")
    wishes = Wishes(
        suite=suite,
        database_url=database_url,
        port=port,
        runs=runs,
        in_place=in_place,
        keep_environment=not fresh_environment,
        start_timeout=start_timeout,
    )
    with handled():
        try:
            outcome = _perform(root, wishes, not no_cache, _colored(color, sys.stderr.isatty()))
        except CannotRun as error:
            raise UsageProblem(str(error)) from None
    _emit(outcome, format_, output, html, junit, color)
    raise SystemExit(0 if outcome.judgement.status == "pass" else 1)


def _perform(root: Path, wishes: object, cache: bool, color: bool) -> Outcome:
    from constraintlint.analysis import Options, analyse, root_config
    from constraintlint.behavior.folder import sweep
    from constraintlint.behavior.judge import judge
    from constraintlint.behavior.outcome import Outcome, Run
    from constraintlint.behavior.progress import progress_for
    from constraintlint.behavior.session import perform
    from constraintlint.behavior.settings import Wishes, settle

    assert isinstance(wishes, Wishes)
    progress = progress_for(sys.stderr, color, os.environ)
    with progress:
        removed = sweep()
        if removed:
            progress.say(f"removed what a killed run had left ({len(removed)})")
        progress.step("checking")
        options = Options(root=root, cache=cache)
        check = analyse(options, progress.say)
        settings = settle(root, root_config(options), check, wishes, Path.cwd())
        runs: list[Run] = []
        perform(settings, os.environ, progress, runs.append)
    for run in runs:
        run.times.check = check.summary.duration_ms / 1000
    return Outcome(name=root.name, check=check, runs=runs, judgement=judge(check, runs))


def _colored(color: bool | None, terminal: bool) -> bool:
    from constraintlint.reports import use_color

    return use_color(os.environ, terminal) if color is None else color


def _emit(
    outcome: Outcome,
    format_: str,
    output: str | None,
    html: str | None,
    junit: str | None,
    color: bool | None,
) -> None:
    from constraintlint.behavior.reports import render

    terminal = output is None and sys.stdout.isatty()
    text = render(outcome, format_, color=_colored(color, terminal) and format_ == "text")
    for given, file, content in (
        ("--output", output, text),
        ("--html", html, render(outcome, "html") if html else ""),
        ("--junit", junit, render(outcome, "junit") if junit else ""),
    ):
        if file is None:
            continue
        try:
            Path(file).write_bytes(content.encode("utf-8", "replace"))
        except OSError as error:
            raise UsageProblem(f"{given} {file}: {(error.strerror or 'cannot be written').lower()}") from None
    if output is None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.flush()
