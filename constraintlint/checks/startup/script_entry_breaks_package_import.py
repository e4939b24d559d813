"""A file inside a package is started by its path, and imports the package it lies in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from constraintlint.facts.source import FileFacts, Import
from constraintlint.findings import Finding, finding
from constraintlint.findings import Step as Hop
from constraintlint.project import Project
from constraintlint.project.manifests import records_of
from constraintlint.project.start_targets import is_installed, target_of
from constraintlint.project.starts import Start, Step

RULE = "script-entry-breaks-package-import"
_MAX_FILES = 60


def check(project: Project) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    for start in project.starts:
        for step in start.steps:
            if step.program is None or step.command.conditional or step.command.function:
                continue
            found = _judge(project, start, step)
            if found is not None and (found.path, found.line) not in seen:
                seen.add((found.path, found.line))
                yield found


def _judge(project: Project, start: Start, step: Step) -> Finding | None:
    program = step.program
    assert program is not None
    directory = _search_directory(project, start, step)
    if (
        directory is None
        or "PYTHONPATH" in step.variables
        or is_installed(project, start)
        or _path_is_set(project)
    ):
        return None
    path, home = directory
    broken = _first_broken(project, path, home)
    if broken is None:
        return None
    where, item, first = broken
    line, column, end_line, end_column = item.span
    dotted = path.removesuffix(".py").removesuffix("/__init__")
    if step.directory and dotted.startswith(f"{step.directory}/"):
        dotted = dotted[len(step.directory) + 1 :]
    dotted = dotted.replace("/", ".")
    help = (
        f"start it as a module from there: python -m {dotted}"
        if program.kind == "file"
        else f"start {dotted}:{program.attribute or 'app'} from the directory that holds {first}"
    )
    reached = "" if where == path else f" ({where}, which it imports, does)"
    return finding(
        RULE,
        step.path,
        step.word_span(program.position),
        f"started this way, only {home or 'the project root'} is on the module search path, and {path} imports"
        f" {item.specifier}{reached}: No module named '{first}'",
        help=help,
        trace=[Hop(where, line, column, f"imports {item.specifier}", end_line, end_column)],
        subject=f"{step.path}: {path}",
    )


def _search_directory(project: Project, start: Start, step: Step) -> tuple[str, str] | None:
    """The file a step runs, and the only directory of the project its imports are then looked for in."""
    program = step.program
    assert program is not None
    target = target_of(project, start, step)
    if target.state != "found" or not target.path.endswith(".py"):
        return None
    if program.kind == "file" and program.runner == "python":
        return target.path, posixpath.dirname(target.path)
    if (
        program.kind == "application"
        and program.runner == "uvicorn"
        and program.directory
        and step.directory is not None
    ):
        home = posixpath.normpath(posixpath.join(step.directory, program.directory))
        return target.path, "" if home == "." else home
    return None


def _path_is_set(project: Project) -> bool:
    records = records_of(project.tree)
    variables = [v for file in records.env_files for v in file.variables]
    variables += [v for file in records.dockerfiles for stage in file.stages for v in stage.variables]
    variables += [v for file in records.compose for service in file.services for v in service.environment]
    return any(variable.key == "PYTHONPATH" for variable in variables)


def _first_broken(project: Project, path: str, home: str) -> tuple[str, Import, str] | None:
    """The first import, of the file or of what it imports, that names a package which lies beside ``home``'s parents only."""
    seen, queue = {path}, [path]
    while queue and len(seen) < _MAX_FILES:
        here = queue.pop(0)
        facts = project.facts(here)
        data_edits = facts is None or _edits_path(facts)
        if facts is None or data_edits:
            return None
        for item in facts.imports:
            first = item.specifier.split(".")[0]
            if (
                not first
                or item.optional
                or item.conditional
                or item.in_function
                or item.kind not in ("import", "lazy")
            ):
                continue
            if item.kind == "lazy":
                continue
            if not _is_there(project, home, first) and _is_package_above(project, home, first):
                return here, item, first
        for edge in project.edges_of(here):
            if (
                edge.kind == "import"
                and edge.target not in seen
                and edge.target.startswith(f"{home}/" if home else "")
            ):
                seen.add(edge.target)
                queue.append(edge.target)
    return None


def _edits_path(facts: FileFacts) -> bool:
    """Whether a file may change the search path itself."""
    return any(item.specifier in ("sys", "site", "runpy") for item in facts.imports)


def _is_there(project: Project, directory: str, first: str) -> bool:
    below = posixpath.join(directory, first) if directory else first
    return project.tree.is_directory(below) or project.tree.exists(f"{below}.py")


def _is_package_above(project: Project, home: str, first: str) -> bool:
    """Whether ``first`` is a package or module in a directory above ``home``, with ``home`` inside it or beside it."""
    directory = home
    while directory:
        directory = posixpath.dirname(directory)
        if _is_there(project, directory, first):
            below = posixpath.join(directory, first) if directory else first
            return project.tree.exists(f"{below}.py") or any(
                path.startswith(f"{below}/") and path.endswith(".py") for path in project.paths
            )
    return False
