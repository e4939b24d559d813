"""A script is started by its path, and its file mode does not let it be run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from constraintlint.findings import Finding, finding
from constraintlint.findings import Step as Hop
from constraintlint.project import Project
from constraintlint.project.starts import Start, Starts, Step

RULE = "run-script-not-executable"


def check(project: Project) -> Iterator[Finding]:
    made = _made_executable(project)
    reported: set[str] = set()
    for start in project.starts:
        for step in start.steps:
            path = _started_by_path(step)
            if not path or path in reported or path in made or not project.tree.is_file(path):
                continue
            if project.tree.is_executable(path) or _runs_by_interpreter(start, step):
                continue
            reported.add(path)
            line, column, end_line, end_column = step.span
            yield finding(
                RULE,
                path,
                (1, 1, 1, 2),
                f"{path} is started by its path, and is not executable: Permission denied",
                help=f"git update-index --chmod=+x {path} (and chmod +x {path}), or start it with sh {path}",
                trace=[Hop(step.path, line, column, "started here", end_line, end_column)],
                subject=path,
            )
    run = _verified(project, made)
    if run and run not in reported and project.tree.is_file(run) and not project.tree.is_executable(run):
        yield finding(
            RULE, run, (1, 1, 1, 2), f"{run} is the declared start command, and is not executable: Permission denied",
            help=f"git update-index --chmod=+x {run} (and chmod +x {run})", subject=run,
        )  # fmt: skip


def _started_by_path(step: Step) -> str:
    """The script a step starts as a program of its own."""
    first = step.command.words[0].known if step.command.words else None
    if first == "exec" and len(step.command.words) > 1:
        first = step.command.words[1].known
    if (
        not first
        or "/" not in first
        or not first.endswith(".sh")
        or step.directory is None
        or first.startswith("/")
    ):
        return ""
    return Starts.join(step.directory, first)


def _runs_by_interpreter(start: Start, step: Step) -> bool:
    return step.command.conditional or step.command.tolerated or bool(step.command.function)


def _made_executable(project: Project) -> set[str]:
    """Scripts that a build, or a step, makes executable; all of them where it says so by a pattern."""
    from constraintlint.project.manifests import records_of

    texts = [
        item.command
        for file in records_of(project.tree).dockerfiles
        for stage in file.stages
        for item in stage.builds
    ]
    texts += [
        " ".join(word.text for word in step.command.words)
        for start in project.starts
        for step in start.steps
        if step.command.name == "chmod"
    ]
    scripts = [path for path in project.tree.files if path.endswith(".sh")]
    found: set[str] = set()
    for text in texts:
        if "chmod" in text:
            found |= {
                path for path in scripts if posixpath.basename(path) in text or "*" in text or "-R" in text
            }
    return found


def _verified(project: Project, made: set[str]) -> str:
    """The script that ``verify`` starts by its path: of ``[verify] run``, else ``./run.sh``; "" where it starts none.

    A project without that table counts where it declares what ``verify`` judges, and starts its run.sh in no other way.
    """
    config = project.config
    verify = config.verify
    words = ((verify.run if verify is not None else None) or "./run.sh").split()
    if not words or "/" not in words[0] or words[0].startswith("/") or config.directory.startswith(".."):
        return ""
    path = Starts.join(config.directory, words[0])
    name = posixpath.basename(path)
    if verify is not None:
        permitted = any("chmod" in line and (name in line or "*" in line) for line in verify.setup or ())
        return "" if permitted else path
    declares = config.framework or config.architecture or config.database or config.orm
    return path if declares and path not in made and not _is_named(project, name) else ""


def _is_named(project: Project, name: str) -> bool:
    """Whether any start names the file, as in ``sh run.sh``."""
    return any(
        name in word.text for start in project.starts for step in start.steps for word in step.command.words
    )
