"""``constraintlint check --fix`` and ``--diff``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from constraintlint.analysis import Options, analyse
from constraintlint.cli.errors import UsageProblem
from constraintlint.findings import Report
from constraintlint.fixes.apply import MAX_ROUNDS, Outcome, prepare, unified, write


def show(report: Report, root: Path, unsafe: bool) -> int:
    """Print the patch; exit code 1 where there is one."""
    outcome = prepare(root, report.findings, unsafe=unsafe)
    sys.stdout.buffer.write(unified(outcome).encode("utf-8", "surrogateescape"))
    sys.stdout.flush()
    _say(
        report, outcome, unsafe, f"{_fixes(len(outcome.fixed))} would be made in {_files(len(outcome.after))}"
    )
    return int(bool(outcome.after))


def mend(report: Report, options: Options, unsafe: bool) -> Report:
    """Mend, check again, until nothing is left to mend; the last report. Raises UsageProblem where a file cannot be written."""
    made, files = 0, set()
    outcome = Outcome()
    for _ in range(MAX_ROUNDS):
        outcome = prepare(options.root, report.findings, unsafe=unsafe)
        if not outcome.after:
            break
        try:
            write(options.root, outcome)
        except OSError as error:
            raise UsageProblem(
                f"{error.filename}: cannot be written: {(error.strerror or '').lower()}"
            ) from None
        made += len(outcome.fixed)
        files |= set(outcome.after)
        report = analyse(options)
    _say(report, outcome, unsafe, f"{_fixes(made)} made in {_files(len(files))}")
    return report


def _say(report: Report, outcome: Outcome, unsafe: bool, summary: str) -> None:
    click.echo(f"constraintlint: {summary}", err=True)
    for refusal in sorted(set(outcome.refused)):
        place = f"{refusal.path}:{refusal.line}"
        click.echo(f"constraintlint: {place} {refusal.rule} is not mended: {refusal.reason}", err=True)
    waiting = sum(item.fix is not None and not item.fix.safe for item in report.findings)
    if waiting and not unsafe:
        click.echo(f"constraintlint: {_fixes(waiting)} more with --unsafe-fixes", err=True)


def _fixes(count: int) -> str:
    return "1 fix" if count == 1 else f"{count} fixes"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
