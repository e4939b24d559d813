"""A start script changes into a directory that is not that of the project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.manifests import base_of, records_of

RULE = "run-script-bad-cd"
_SCRIPT = re.compile(
    r"(?:docker-)?(?:run|start|serve|server|entrypoint|boot|up|launch|start[-_]\w+|run[-_]\w+)\.sh"
)
_PLACES = ("", "bin", "scripts", "script", "docker")
#: ``cd`` as a command of its own, with what follows on the line
_CD = re.compile(r"(?P<before>^|[;&|({]|\b(?:then|do|else))\s*(?P<word>cd|pushd)(?=\s|$|[;&|)])(?P<rest>.*)")
_ARGUMENT = re.compile(
    r"""\s*(?:--\s+)?(?P<arg>(?:"(?:[^"\\]|\\.)*"|'[^']*'|\$\((?:[^()]|\([^()]*\))*\)|[^\s;&|)])*)(?P<after>.*)"""
)
_SCRIPT_ITSELF = re.compile(r"^/\$\(|^/\$\{?(?:0|BASH_SOURCE)")
_HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w+)\1")
_GUARD = re.compile(r"\|\|\s*(?:true|:|cd\b|pushd\b|mkdir\b)")
_MADE = re.compile(r"\b(?:mkdir|git\s+clone|unzip|tar|npx|npm\s+(?:init|create)|django-admin)\b")


class Change(msgspec.Struct):
    """One ``cd``: its line, column and argument as written, and the rest of the line."""

    line: int
    column: int
    argument: str
    guarded: bool


def check(project: Project) -> Iterator[Finding]:
    base = base_of(project)
    for place in _PLACES:
        directory = posixpath.join(base, place) if place else base
        for name in sorted(project.tree.names(directory)):
            path = posixpath.join(directory, name)
            if _SCRIPT.fullmatch(name) and project.tree.is_file(path):
                data = project.tree.read(path)
                if data is not None:
                    yield from _judge(project, path, data.decode("utf-8", "replace"), base)


def _judge(project: Project, path: str, text: str, base: str) -> Iterator[Finding]:
    moved = False
    for change in _changes(text):
        if change.guarded:
            moved = True
            continue
        message = _wrong(project, path, text, change.argument, base, moved)
        moved = True
        if message:
            end = change.column + 3 + len(change.argument)
            yield finding(
                RULE,
                path,
                (change.line, change.column, change.line, end),
                message,
                help='change into the folder of the script: cd "$(dirname "$0")"',
                subject=f"{path}: cd {change.argument}",
            )


def _wrong(project: Project, path: str, text: str, argument: str, base: str, moved: bool) -> str:
    bare = argument.strip("\"'")
    if bare in ("", "~") or bare.startswith("~/") or bare.rstrip("/") in ("$HOME", "${HOME}"):
        return "this changes into the home directory, where the project's files are not"
    if _SCRIPT_ITSELF.match(bare):
        return "the slash before the substitution makes an absolute path of a relative one: there is no such directory"
    if bare.startswith("/") and "$" not in bare and "*" not in bare:
        return (
            ""
            if _in_an_image(project, bare, text)
            else f"{bare} is a directory of one machine, not of the project"
        )
    if moved or re.search(r"[$*?~`\\]", bare) or bare.startswith("-"):
        return ""
    starts = {base, posixpath.dirname(path)}
    found = [posixpath.normpath(posixpath.join(start, bare)) for start in starts]
    if any(target == "." or target.startswith("..") or _may_be_there(project, target) for target in found):
        return ""
    return "" if _MADE.search(text) else f"there is no directory {bare} in the project"


def _may_be_there(project: Project, target: str) -> bool:
    tree = project.tree
    below = target + "/"
    return (
        tree.is_directory(target) or tree.is_ignored(target) or tree.is_ignored(below + "x")
        or any(name.startswith(below) for name in tree.assets)
    )  # fmt: skip


def _in_an_image(project: Project, directory: str, text: str) -> bool:
    """Whether an image, a compose file or the script itself makes an absolute directory."""
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
    return re.search(rf"\b(?:mkdir|mount|git\s+clone)\b[^\n]*{re.escape(directory)}", text) is not None


def _changes(text: str) -> Iterator[Change]:
    """The unconditional ``cd`` commands of a script, in order; those of here-documents and branches are marked."""
    ending, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if ending:
            ending = "" if line.strip() == ending else ending
            continue
        heredoc = _HEREDOC.search(line)
        code = re.sub(r"(^|\s)#.*$", "", line)
        words = re.findall(r"\b(?:if|fi|case|esac|while|until|for|done)\b|^\s*\w+\s*\(\)\s*\{|^\s*\}", code)
        depth += sum(
            1 if word.strip() in ("if", "case", "while", "until", "for") or "(" in word else -1
            for word in words
        )
        match = _CD.search(code)
        if match:
            rest = _ARGUMENT.match(match["rest"])
            assert rest is not None
            before = code[: match.start("word")]
            guarded = (
                depth > 0
                or bool(_GUARD.search(rest["after"]))
                or ("&&" in before and "[" in before)
                or "||" in before
            )
            yield Change(number, match.start("word") + 1, rest["arg"], guarded)
        if heredoc:
            ending = heredoc[2]
