"""``constraintlint check``: the main job."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from constraintlint.cli.errors import UsageProblem
from constraintlint.reports import FORMATS, default_format

FailOn = Literal["error", "warning", "note", "never"]
if TYPE_CHECKING:
    from constraintlint.findings import Report

_LEVELS = ("error", "warning", "note", "never")
_MANIFESTS = (
    "pyproject.toml",
    "package.json",
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "manage.py",
    "Pipfile",
)


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Report format; text on a terminal.")
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="Write the report to a file.")
@click.option(
    "--select", multiple=True, metavar="RULES", help="Only these rules or categories (comma-separated)."
)
@click.option(
    "--ignore", multiple=True, metavar="RULES", help="Not these rules or categories (comma-separated)."
)
@click.option(
    "--fail-on",
    type=click.Choice(_LEVELS),
    default="error",
    show_default=True,
    help="Exit 1 at this severity.",
)
@click.option("--stdin-filename", metavar="PATH", help="Read this file's content from standard input.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False),
    envvar="CONSTRAINTLINT_CACHE_DIR",
    help="Where the cache is kept.",
)
@click.option("--jobs", "-j", type=click.IntRange(0), default=0, help="Processes; 0 means one a core.")
@click.option("--color/--no-color", default=None, help="Colours; by default where the output is a terminal.")
@click.option("--show-unassigned", is_flag=True, help="List the files that belong to no layer, and stop.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, then report the rest.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also what may change behaviour.")
@click.option("--diff", is_flag=True, help="Show as a patch what --fix would do, and write nothing.")
@click.option("--sarif-category", metavar="NAME", help="Category of this run in GitHub code scanning.")
def command(
    paths: tuple[str, ...],
    format_: str | None,
    output: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: FailOn,
    stdin_filename: str | None,
    no_cache: bool,
    cache_dir: str | None,
    jobs: int,
    color: bool | None,
    show_unassigned: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    sarif_category: str | None,
) -> None:
    """Check a backend against its declared constraints and for defects that break at run time.

    PATHS restrict what is reported, never what is read. Exit code: 0 clean, 1 findings at the --fail-on level,
    2 could not run.
    """
    import gc

    from constraintlint.analysis import Options, analyse

    gc.disable()  # a run makes many records and drops few; what is left goes with the process
    root, restrict = locate(paths)
    options = Options(
        root=root,
        paths=restrict,
        select=_words(select),
        ignore=_words(ignore),
        cache=not no_cache,
        cache_directory=Path(cache_dir) if cache_dir else None,
        jobs=jobs,
        override=_override(root, stdin_filename),
    )
    _validate(options.select + options.ignore)
    if show_unassigned:
        _list_unassigned(options)
        return
    if options.override and (fix or diff):
        raise UsageProblem("--fix and --diff work on files, not on --stdin-filename")
    report = analyse(options, lambda note: click.echo(f"constraintlint: {note}", err=True))
    if diff:
        from constraintlint.cli.fixing import show

        raise SystemExit(show(report, root, unsafe_fixes))
    if fix:
        from constraintlint.cli.fixing import mend

        report = mend(report, options, unsafe_fixes)
    _emit(report, root, format_, output, color, sarif_category, fail_on)
    sys.stdout.flush()
    raise SystemExit(exit_code(report, fail_on))


def exit_code(report: Report, fail_on: FailOn) -> int:
    """1 if a finding is at least as severe as ``fail_on`` (``never``: always 0)."""
    if fail_on == "never":
        return 0
    order = _LEVELS.index(fail_on)
    return int(any(item.severity in _LEVELS[: order + 1] for item in report.findings))


def locate(paths: tuple[str, ...]) -> tuple[Path, list[str]]:
    """The root to check and the paths (relative to it) to report on; none means all.

    One directory that is a project of its own (it has a configuration or a manifest) is the root itself. Otherwise the root is the
    current directory, or, where the paths are outside it, their common directory.
    """
    here = Path.cwd()
    targets = [Path(os.path.abspath(path)) for path in paths] or [here]
    for given, target in zip(paths, targets, strict=False):
        if not target.exists():
            raise UsageProblem(f"{given}: no such file or directory")
    if len(targets) == 1 and targets[0].is_dir():
        only = targets[0]
        if only == here or not only.is_relative_to(here) or _is_project(only):
            return only, []
    root = here
    if not all(target.is_relative_to(here) for target in targets):
        common = Path(os.path.commonpath(targets))
        root = common if common.is_dir() else common.parent
    return root, sorted({target.relative_to(root).as_posix() for target in targets} - {"."})


def _is_project(directory: Path) -> bool:
    """Whether a directory stands for itself: it has a configuration or a manifest, or holds projects that have one."""
    if any((directory / name).is_file() for name in ("constraintlint.toml", *_MANIFESTS)):
        return True
    return any(next(directory.glob(f"{below}constraintlint.toml"), None) for below in ("*/", "*/*/"))


def _words(values: tuple[str, ...]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _validate(words: list[str]) -> None:
    """Every word of --select and --ignore must be a rule or a category. Raises UsageProblem with the nearest one."""
    if not words:
        return
    from constraintlint.rulebook import CATEGORIES, all_rules

    known = {*all_rules(), *CATEGORIES}
    for word in words:
        if word not in known:
            from difflib import get_close_matches

            near = get_close_matches(word, sorted(known), 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; see `constraintlint rules`"
            raise UsageProblem(f"unknown rule or category {word!r}{hint}")


def _override(root: Path, stdin_filename: str | None) -> tuple[str, bytes] | None:
    if stdin_filename is None:
        return None
    path = Path(os.path.abspath(stdin_filename))
    if not path.is_relative_to(root):
        raise UsageProblem(f"--stdin-filename {stdin_filename}: not below {root}")
    return path.relative_to(root).as_posix(), sys.stdin.buffer.read()


def _emit(
    report: Report,
    root: Path,
    format_: str | None,
    output: str | None,
    color: bool | None,
    category: str | None,
    fail_on: FailOn,
) -> None:
    from constraintlint.reports import RenderOptions, hyperlink_template, render, use_color

    terminal = output is None and sys.stdout.isatty()
    chosen = format_ or default_format(terminal, os.environ)
    if format_ is None and chosen == "agent":
        click.echo(
            "constraintlint: format=agent (a coding agent was detected; --format text to change)", err=True
        )
    options = RenderOptions(
        color=use_color(os.environ, terminal) if color is None else color,
        hyperlink=hyperlink_template(
            os.environ, terminal, os.uname().nodename if hasattr(os, "uname") else ""
        ),
        fail_on=fail_on,
        width=_width() if terminal else RenderOptions().width,
        path_prefix=_path_in_repository(root) if chosen in ("sarif", "github", "gitlab") else "",
        sarif_category=category or "",
        read_text=lambda path: _read_text(root, path),
    )
    text = render(report, chosen, options).encode("utf-8", "replace")
    if output is None:
        sys.stdout.buffer.write(text)
        return
    try:
        Path(output).write_bytes(text)
    except OSError as error:
        raise UsageProblem(f"--output {output}: {(error.strerror or 'cannot be written').lower()}") from None


def _width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _path_in_repository(root: Path) -> str:
    """The checked root relative to the top of its git work tree, "" where it is the top or there is none."""
    for directory in (root, *root.parents):
        if (directory / ".git").exists():
            relative = root.relative_to(directory).as_posix()
            return "" if relative == "." else relative
    return ""


def _read_text(root: Path, path: str) -> str | None:
    """The text as code scanning hashes it: UTF-8, with byte order mark and line ends as they are."""
    try:
        return (root / path).read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def _list_unassigned(options: object) -> None:
    from constraintlint.analysis import Options, open_projects, open_workspace

    assert isinstance(options, Options)
    workspace = open_workspace(options)
    unassigned = sorted(path for project in open_projects(workspace) for path in project.layers.unassigned)
    for path in unassigned:
        click.echo(path)
    click.echo(
        f"constraintlint: {len(unassigned)} of {len(workspace.sources)} source files belong to no layer",
        err=True,
    )
