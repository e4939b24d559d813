"""How a project is started: its scripts, images, process files and npm scripts, step by step, with the directory each step runs in.

What a step starts is read by ``programs``; a step that calls another script of the project is followed into it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.shell import ShellCommand, ShellScript, Word
from constraintlint.facts.source import Span
from constraintlint.findings import Diagnostic
from constraintlint.project.manifests import base_of, records_of
from constraintlint.project.programs import Program, interpret

if TYPE_CHECKING:
    from constraintlint.facts.manifest import Manifest, Script
    from constraintlint.project import Project

#: what shows that a directory holds a program: a manifest, or source
_PROGRAM = re.compile(
    r"^(?:package\.json|pyproject\.toml|Pipfile|setup\.(?:py|cfg)|requirements.*\.txt)$|\.(?:py|[cm]?[jt]sx?)$"
)
Source = Literal["script", "verify", "image", "compose", "procfile", "npm"]

#: scripts that start a program by their name, and where they lie
_SCRIPT = re.compile(
    r"(?:docker-)?(?:run|start|serve|server|entrypoint|boot|up|launch|start[-_]\w+|run[-_]\w+)\.sh"
)
_PLACES = ("", "bin", "scripts", "script", "docker")
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh"))
#: the folder of the script itself
_OWN_FOLDER = re.compile(
    r"""^"?(?:\$\(\s*(?:cd\s+(?:--\s+)?)?)?"?\$\(\s*(?:dirname|dirname\s+--)\s+"?(?:\$\(\s*(?:readlink\s+-f|realpath)\s+)?"?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?"?\s*\)?"?\s*\)"?(?P<rest>[^"$()&]*)"?(?:\s*(?:&&|;)\s*pwd(?:\s+-P)?\s*\))?(?P<more>[^"$()]*)"?$"""
)
_OWN_FOLDER_CUT = re.compile(r"""^"?\$\{(?:0|BASH_SOURCE(?:\[0\])?)%/\*\}(?P<rest>[^"$()]*)"?$""")
_MAX_DEPTH = 6


class Step(msgspec.Struct, frozen=True, eq=False):
    """One command of a start. ``directory`` is where it runs, relative to the checked root (``""`` is the root itself); None where that
    is not known. ``place`` is where it is written. ``moved``: an earlier ``cd`` chose the directory. ``variables`` are set for it.
    """

    path: str
    span: Span
    command: ShellCommand
    program: Program | None
    directory: str | None
    moved: bool = False
    variables: tuple[str, ...] = ()
    depth: int = 0

    def word_span(self, index: int) -> Span:
        """The place of a word where the command stands in a script, else of the whole command."""
        if 0 <= index < len(self.command.words) and self.span == self.command.span:
            return self.command.words[index].span
        return self.span


class Start(msgspec.Struct, frozen=True, eq=False):
    """One way to start the project (or part of it): all its steps in order, those of scripts it calls included.

    ``name`` is that of the process or npm script. ``script`` is the parsed file where the source is one. ``base`` is the directory it is
    meant to be run in.
    """

    source: Source
    path: str
    span: Span
    base: str
    steps: tuple[Step, ...]
    name: str = ""
    script: ShellScript | None = None


class Starts:
    """Collects the starts of one project; made by ``starts_of``."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.tree = project.tree
        self.base = base_of(project)
        self.records = records_of(project.tree)
        self._scripts: dict[str, ShellScript | None] = {}

    def all(self) -> list[Start]:
        found = [*self.scripts(), *self.images(), *self.composed(), *self.processes(), *self.npm()]
        return sorted(found, key=lambda start: (start.path, start.span, start.source, start.name))

    # --- where they are written ---------------------------------------------------------------------------------------

    def scripts(self) -> Iterator[Start]:
        named = dict.fromkeys(self._script_paths(), "script")
        verify = self.project.config.verify
        words = (verify.run or "").split() if verify is not None else []
        if words and self.tree.is_file(self.join(self.base, words[0])):
            named[self.join(self.base, words[0])] = "verify"
        for path in sorted(named):
            script = self.script(path)
            if script is not None:
                steps = tuple(self.steps_of(script, path, self.base, path, 0))
                source: Source = "verify" if named[path] == "verify" else "script"
                yield Start(source, path, (1, 1, 1, 1), self.base, steps, posixpath.basename(path), script)

    def _script_paths(self) -> Iterator[str]:
        for place in _PLACES:
            directory = posixpath.join(self.base, place) if place else self.base
            for name in sorted(self.tree.names(directory)):
                if _SCRIPT.fullmatch(name) and self.tree.is_file(self.join(directory, name)):
                    yield self.join(directory, name)

    def images(self) -> Iterator[Start]:
        for file in self.records.dockerfiles:
            if self.inside(file.path):
                for stage in file.stages:
                    for item in stage.commands:
                        yield self.of_line("image", file.path, item, posixpath.dirname(file.path))

    def composed(self) -> Iterator[Start]:
        from constraintlint.facts.manifest import Script

        for file in self.records.compose:
            for service in file.services:
                if service.command and self.inside(file.path) and service.build:
                    item = Script(service.name, service.command, service.line, service.column)
                    base = self.join(posixpath.dirname(file.path), service.build)
                    yield self.of_line("compose", file.path, item, base)

    def processes(self) -> Iterator[Start]:
        from constraintlint.facts.manifest import Script

        for file in self.records.of_kind("procfile"):
            if self.inside(file.path):
                for setting in file.settings:
                    item = Script(setting.key, setting.value, setting.line, setting.column)
                    yield self.of_line("procfile", file.path, item, self.deployed(file.path))

    def npm(self) -> Iterator[Start]:
        for manifest in self.records.manifests:
            if manifest.ecosystem == "npm" and self.inside(manifest.path):
                for item in manifest.scripts:
                    if item.name == "start":
                        yield self.of_line("npm", manifest.path, item, posixpath.dirname(manifest.path))

    def inside(self, path: str) -> bool:
        """Whether a file belongs to this project and is no test or example of it."""
        from constraintlint.project.manifests import role_of_path

        within = not self.base or path.startswith(f"{self.base}/")
        return within and role_of_path(path, self.base) == "runtime"

    def deployed(self, path: str) -> str | None:
        """The directory a Procfile is run in: its own where a program lies there, else one that packaging chooses."""
        directory = posixpath.dirname(path)
        if directory == self.base or any(_PROGRAM.search(name) for name in self.tree.names(directory)):
            return directory
        return None

    def of_line(self, source: Source, path: str, item: Script, base: str | None) -> Start:
        span = (item.line, item.column, item.line, item.column + max(1, len(item.command.split("\n")[0])))
        steps = tuple(self.steps_of_line(item.command, path, span, base, 0))
        return Start(source, path, span, posixpath.dirname(path) if base is None else base, steps, item.name)

    # --- steps --------------------------------------------------------------------------------------------------------

    def script(self, path: str) -> ShellScript | None:
        """A shell script of the project, parsed once."""
        if path not in self._scripts:
            from constraintlint.frontends.shell import read

            data = self.tree.read(path)
            found = self._scripts[path] = read(data) if data is not None else None
            if found is not None and found.errors:
                line, column, _, _ = found.errors[0]
                message = "the shell grammar cannot read this; the commands around it are read"
                self.project.diagnostics.append(Diagnostic(path, line, "parse-incomplete", message, column))
        return self._scripts[path]

    def steps_of_line(
        self, text: str, path: str, span: Span, directory: str | None, depth: int
    ) -> Iterator[Step]:
        from constraintlint.frontends.shell import read

        for step in self.steps_of(read(text.encode("utf-8", "replace")), path, directory, "", depth):
            yield (
                msgspec.structs.replace(step, span=span)
                if step.path == path and step.depth == depth
                else step
            )

    def steps_of(
        self, script: ShellScript, path: str, directory: str | None, own: str, depth: int
    ) -> Iterator[Step]:
        """The steps of a script, each followed by those of what it calls. ``own`` is the path ``$0`` stands for."""
        moved = False
        variables: list[str] = []
        inner: dict[int, str | None] = {}
        for command in script.commands:
            here = inner.get(command.subshell, directory) if command.subshell else directory
            if command.words and command.words[0].value in ("cd", "pushd"):
                target = (
                    None if command.conditional or command.function else self._changed(command, here, own)
                )
                if command.subshell:
                    inner[command.subshell] = target
                else:
                    directory = target
                yield Step(path, command.span, command, None, here, moved, tuple(variables), depth)
                moved = True
                continue
            if not command.words:
                variables += [name for name, _ in command.assignments]
            program = interpret([word.known for word in command.words])
            given = [*variables, *(name for name, _ in command.assignments)]
            given += [name for name, _ in program.variables] if program is not None else []
            yield Step(path, command.span, command, program, here, moved, tuple(given), depth)
            if program is not None and depth < _MAX_DEPTH:
                yield from self._called(program, here, depth)

    def _changed(self, command: ShellCommand, directory: str | None, own: str) -> str | None:
        """Where a ``cd`` leads to; None where that is not known or not in the project."""
        words = [word for word in command.words[1:] if word.value not in ("--", "-P", "-L")]
        if len(words) != 1:
            return None
        within = self.own_folder(words[0], own)
        if within is not None:
            return within
        known = words[0].value
        if known is None or known.startswith(("/", "~", "-")) or directory is None:
            return None
        target = self.join(directory, known)
        return None if target.startswith("..") else target

    def own_folder(self, word: Word, own: str) -> str | None:
        """The directory where a word is made of the script's own: ``"$(dirname "$0")/.."``."""
        match = _OWN_FOLDER.match(word.text) or _OWN_FOLDER_CUT.match(word.text)
        if match is None or not own:
            return None
        rest = match["rest"].strip() + (match.groupdict().get("more") or "").strip()
        target = self.join(posixpath.dirname(own), rest.strip("/")) if rest else posixpath.dirname(own)
        return None if target.startswith("..") else target

    def _called(self, program: Program, directory: str | None, depth: int) -> Iterator[Step]:
        """The steps of a script of the project that a step runs."""
        if directory is None:
            return
        if program.kind == "npm":
            manifest = self.manifest(self.join(directory, program.directory))
            if manifest is not None:
                home = posixpath.dirname(manifest.path)
                for item in npm_scripts(manifest, program.name):
                    span = (item.line, item.column, item.line, item.column + 1)
                    yield from self.steps_of_line(item.command, manifest.path, span, home, depth + 1)
            return
        name = ""
        if program.kind == "system" and program.runner in (*_SHELLS, ".", "source"):
            rest = [word for word in program.arguments if word is None or not word.startswith("-")]
            name = (rest[0] or "") if rest else ""
            if "-c" in program.arguments:
                yield from self.steps_of_line(name, "", (1, 1, 1, 1), directory, depth + 1)
                return
        path = self.join(directory, name) if name else ""
        if path and path.endswith(".sh") and self.tree.is_file(path):
            script = self.script(path)
            if script is not None:
                yield from self.steps_of(script, path, directory, path, depth + 1)

    def manifest(self, directory: str) -> Manifest | None:
        """The package.json of a directory."""
        path = self.join(directory, "package.json")
        return next((item for item in self.records.manifests if item.path == path), None)

    @staticmethod
    def join(directory: str, path: str) -> str:
        joined = posixpath.normpath(posixpath.join(directory, path))
        return "" if joined == "." else joined


def npm_scripts(manifest: Manifest, name: str) -> list[Script]:
    """What ``npm run name`` runs, in order: its ``pre`` and ``post`` scripts as well."""
    by_name = {item.name: item for item in manifest.scripts}
    return [by_name[key] for key in (f"pre{name}", name, f"post{name}") if key in by_name]


def starts_of(project: Project) -> list[Start]:
    """Every start of the project, sorted by place."""
    return Starts(project).all()
