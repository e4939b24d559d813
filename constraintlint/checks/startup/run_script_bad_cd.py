"""A start script changes into a directory that is not that of the project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from constraintlint.facts.shell import ShellCommand, Word
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.manifests import base_of, records_of
from constraintlint.project.starts import Start

RULE = "run-script-bad-cd"
_CHANGES = frozenset(("cd", "pushd"))
#: a slash before the folder of the script: it makes an absolute path of a relative one
_SLASHED = re.compile(r"""^"?/+(?:\$\(\s*dirname\b|\$\{?(?:0|BASH_SOURCE)|"\$\()""")
#: programs that make directories
_MAKERS = frozenset(
    ("mkdir", "unzip", "tar", "npx", "django-admin", "cookiecutter", "install", "cp", "rsync")
)
_MAKING = {
    "git": ("clone", "worktree", "submodule"),
    "npm": ("init", "create"),
    "yarn": ("create",),
    "pnpm": ("create",),
}


def check(project: Project) -> Iterator[Finding]:
    for start in project.starts:
        if start.script is not None:
            yield from _judge(project, start)


def _judge(project: Project, start: Start) -> Iterator[Finding]:
    moved = False
    for step in start.steps:
        command = step.command
        if step.depth or command.name not in _CHANGES:
            continue
        words = [word for word in command.words[1:] if word.value not in ("--", "-P", "-L")]
        if command.conditional or command.tolerated or command.function:
            moved = True
            continue
        word = words[0] if words else None
        message = _wrong(project, start, word, moved or command.subshell > 0)
        moved = True
        if message:
            written = word.text if word is not None else ""
            yield finding(
                RULE,
                start.path,
                command.span,
                message,
                help='change into the folder of the script: cd "$(dirname "$0")"',
                subject=f"{start.path}: cd {written}",
            )


def _wrong(project: Project, start: Start, word: Word | None, moved: bool) -> str:
    text = "" if word is None else word.text.strip("\"'")
    if text in ("", "~") or text.startswith("~/") or text.rstrip("/") in ("$HOME", "${HOME}"):
        return "this changes into the home directory, where the project's files are not"
    assert word is not None
    word = _assigned(start, word) or word
    if _SLASHED.match(word.text):
        return "the slash before the substitution makes an absolute path of a relative one: there is no such directory"
    target = word.value
    if target is None or target == "-":
        return ""
    if target.startswith("/"):
        if _in_an_image(project, target) or _made_by(start, target):
            return ""
        return f"{target} is a directory of one machine, not of the project"
    if moved:
        return ""
    places = {base_of(project), posixpath.dirname(start.path)}
    found = [posixpath.normpath(posixpath.join(place, target)) for place in places]
    if any(path == "." or path.startswith("..") or _may_be_there(project, path) for path in found):
        return ""
    if any(_makes(step.command) for step in start.steps):
        return ""
    return f"there is no directory {target} in the project"


def _assigned(start: Start, word: Word) -> Word | None:
    """What ``"$APP_DIR"`` was set to, where the script sets it once, whatever way it takes."""
    if word.value is not None or len(word.variables) != 1 or start.script is None:
        return None
    name = word.variables[0]
    if word.text.strip("\"'") not in (f"${name}", f"${{{name}}}"):
        return None
    found = [
        (command, value)
        for command in start.script.commands
        for given, value in command.assignments
        if given == name
    ]
    if len(found) != 1 or any(
        command.words or command.conditional or command.function for command, _ in found
    ):
        return None
    return found[0][1]


def _may_be_there(project: Project, target: str) -> bool:
    tree = project.tree
    below = target + "/"
    return (
        tree.is_directory(target) or tree.is_ignored(target) or tree.is_ignored(below + "x")
        or any(name.startswith(below) for name in tree.assets)
    )  # fmt: skip


def _makes(command: ShellCommand) -> bool:
    """Whether a command may make directories."""
    if command.name in _MAKERS:
        return True
    return any(word.value in _MAKING.get(command.name, ()) for word in command.words)


def _made_by(start: Start, directory: str) -> bool:
    """Whether the script itself makes, clones into or mounts an absolute directory."""
    return any(
        (_makes(step.command) or step.command.name == "mount")
        and any((word.known or "").startswith(directory.rstrip("/")) for word in step.command.words)
        for step in start.steps
    )


def _in_an_image(project: Project, directory: str) -> bool:
    """Whether an image has an absolute directory, or a compose file names it."""
    records = records_of(project.tree)
    if any(
        stage.workdir and (directory + "/").startswith(stage.workdir.rstrip("/") + "/")
        for file in records.dockerfiles
        for stage in file.stages
    ):
        return True
    paths = [item.path for item in records.dockerfiles] + [item.path for item in records.compose]
    for path in paths:
        data = project.tree.read(path) or b""
        if re.search(re.escape(directory.encode().rstrip(b"/")) + rb"(?![\w-])", data):
            return True
    return False
