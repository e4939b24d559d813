"""The command line. One module a command, imported when it is asked for; errors end in one clear line and exit code 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from constraintlint import __version__
from constraintlint.cli.errors import UsageProblem

PROGRAM = "constraintlint"
#: Every command and its module in this package; each module has the click command as ``command``.
COMMANDS = {
    "check": "check",
    "explain": "explain",
    "graph": "graph",
    "routes": "routes",
    "verify": "verify",
    "init": "init",
    "rules": "rules",
    "schema": "schema",
    "schema-of": "schema_of",
    "completion": "completion",
    "new-rule": "new_rule",
}
_INTERRUPTED = 130
_BROKEN_PIPE = 141


class _ReaderGone(Exception):
    """Standard output was a pager or ``head`` that has ended. click would make exit code 1 of it: findings."""


class LazyGroup(click.Group):
    """A group whose commands are imported one by one."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError:
            raise _ReaderGone from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGone from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = COMMANDS.get(cmd_name)
        if name is None:
            return None
        command = import_module(f"constraintlint.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise UsageProblem(f"there is no command {name!r}{_nearest(name)}; see `{PROGRAM} --help`")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.option("--traceback", is_flag=True, hidden=True, help="Show where an internal error comes from.")
@click.pass_context
def cli(context: click.Context, traceback: bool) -> None:
    """Checks a backend in Python, JavaScript or TypeScript against its declared constraints, without running it.

    Start with `constraintlint check`; `constraintlint init` writes a configuration.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 clean, 1 findings, 2 could not run, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    show_traceback = "--traceback" in given or bool(os.environ.get("CONSTRAINTLINT_TRACEBACK"))
    try:
        result = cli.main(given, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
        code = result if isinstance(result, int) else 0
    except (BrokenPipeError, _ReaderGone):
        # Nobody is left to tell, not even when the interpreter flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        code = _INTERRUPTED
    except Exception as error:
        code = 2
        _report(error, show_traceback)
    raise SystemExit(code)


def run() -> NoReturn:
    """The entry point of the installed program: as ``main``, but the process ends at once.

    Everything is written by then; taking apart what a large run has in memory would only take time.
    """
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            pass
    os._exit(code)


def _report(error: Exception, show_traceback: bool) -> None:
    """One line a problem on standard error."""
    known = _known_lines(error)
    if known is not None:
        for line in known:
            _say(f"error: {line}")
        return
    if show_traceback:
        import traceback

        traceback.print_exception(error)
    summary = " ".join(f"{type(error).__name__}: {error}".split())
    hint = "" if show_traceback else f"; `{PROGRAM} --traceback ...` shows more"
    _say(f"internal error: {summary[:300]} ({_place(error)}){hint}")


def _known_lines(error: Exception) -> list[str] | None:
    """The message of an error that is the user's to mend; None for a bug of ours."""
    if isinstance(error, click.UsageError):
        context = error.ctx
        command = context.command_path if context is not None else PROGRAM
        return [f"{' '.join(error.format_message().split())} (see `{command} --help`)"]
    if isinstance(error, click.ClickException):
        return [" ".join(error.format_message().split())]
    if isinstance(error, UsageProblem):
        return [str(error)]
    configuration = sys.modules.get("constraintlint.config")
    if configuration is not None and isinstance(error, configuration.ConfigError):
        return [str(mistake) for mistake in error.mistakes]
    if isinstance(error, OSError) and error.filename is not None:
        return [f"{os.fsdecode(error.filename)}: {error.strerror or type(error).__name__}"]
    return None


def _place(error: Exception) -> str:
    """The innermost line of our own code that an error passed through."""
    found = "unknown place"
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(package + os.sep):
            found = f"{PROGRAM}/{os.path.relpath(file, package).replace(os.sep, '/')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, 1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; did you mean `{PROGRAM} check {name}`?" if os.path.exists(name) else ""


def _say(message: str) -> None:
    try:
        click.echo(f"{PROGRAM}: {message}", err=True)
    except OSError:
        pass
