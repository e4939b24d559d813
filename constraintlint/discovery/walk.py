"""One walk of the checked root that honours ``.gitignore`` and steps around what is generated or installed.

Walking is faster than asking git for the list (no process) and reads the same rules; what git tracks although it is
ignored is taken from the index.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from constraintlint.discovery import gitignore, gitindex
from constraintlint.discovery.kinds import SETTINGS_DIRECTORIES, SKIPPED_NAMES, is_wanted
from constraintlint.findings import Diagnostic
from constraintlint.globs import compile_globs

_MAX_LINKED_DIRECTORIES = 256
_MAX_RULES_BYTES = 1024 * 1024

Rules = tuple[gitignore.Rules, ...]


class Discovery:
    """What a walk found. Paths are relative to the root, with forward slashes, sorted.

    ``files``: source files, and the manifests, settings and start files beside them. ``assets``: every other file that
    is there (an import may name it). ``diagnostics``: what could not be read or followed.
    """

    def __init__(
        self, files: list[str], assets: list[str], diagnostics: list[Diagnostic], walk: _Walk
    ) -> None:
        self.files = files
        self.assets = assets
        self.diagnostics = diagnostics
        self._walk = walk

    def is_ignored(self, path: str) -> bool:
        """Whether a path (that need not exist) lies where nothing is listed: ignored by git, generated, installed.

        An import of such a path proves nothing: generated code is there after a build only.
        """
        return self._walk.hides(path)


class _Directory(NamedTuple):
    """A directory that waits for its turn. ``prefix`` is its path, ``""`` or ending in ``/``."""

    prefix: str
    path: str
    rules: Rules
    linked: bool = False


def discover(root: Path, exclude: Sequence[str] = (), *, use_gitignore: bool = True) -> Discovery:
    """List the files below ``root``. ``exclude`` are globs relative to it.

    Raises OSError where the root itself cannot be listed, GlobError for a pattern without meaning.
    """
    walk = _Walk(root, exclude, use_gitignore)
    walk.run()
    return Discovery(sorted(walk.files), sorted(walk.assets), sorted(set(walk.diagnostics)), walk)


class _Walk:
    def __init__(self, root: Path, exclude: Sequence[str], use_gitignore: bool) -> None:
        self.root = os.path.abspath(root)
        self.real_root = os.path.realpath(root)
        self.excluded = compile_globs(exclude) if exclude else None
        self.use_gitignore = use_gitignore
        self.repository = gitindex.find_repository(Path(self.root)) if use_gitignore else None
        self.files: list[str] = []
        self.assets: list[str] = []
        self.diagnostics: list[Diagnostic] = []
        self.rules: dict[str, Rules] = {"": self._outer_rules()}
        """the rules inside a directory, kept where they differ from its parent's"""
        self.pruned: list[str] = []
        """what is ignored or generated: left out unless git tracks it; a directory ends in ``/``"""
        self.environments: list[str] = []
        self.stack: list[_Directory] = []
        self.links: list[_Directory] = []

    def run(self) -> None:
        self.stack.append(_Directory("", self.root, self.rules[""]))
        self._drain()
        self.links.sort()
        for link in self.links[_MAX_LINKED_DIRECTORIES:]:
            self._report(link.prefix[:-1], "symlink-not-followed", "there are too many linked directories")
        self.stack = self.links[:_MAX_LINKED_DIRECTORIES]
        self._drain()
        if self.pruned and self.repository is not None:
            self._restore_tracked(*self.repository)

    def _drain(self) -> None:
        while self.stack:
            directory = self.stack.pop()
            try:
                with os.scandir(directory.path) as entries:
                    listed = list(entries)
            except OSError as error:
                if not directory.prefix:
                    raise
                self._unreadable(directory.prefix[:-1], "directory", error)
                continue
            self._visit(directory, listed)

    # --- one directory ----------------------------------------------------------------------------------------

    def _visit(self, directory: _Directory, entries: list[os.DirEntry[str]]) -> None:
        prefix = directory.prefix
        names = {entry.name for entry in entries}
        if prefix and ("pyvenv.cfg" in names or "conda-meta" in names):
            self.environments.append(prefix)
            return
        rules = self._rules_inside(directory, names)
        generated = _generated(directory.path, names)
        settings = prefix[:-1].rpartition("/")[2].lower() in SETTINGS_DIRECTORIES
        typescript = "tsconfig.json" in names
        excluded = self.excluded
        for entry in entries:
            name = entry.name
            if name in SKIPPED_NAMES:
                continue
            path = prefix + name
            if not name.isascii() and not self._is_text(path):
                continue
            try:
                kind = self._kind(directory, entry, path, rules)
            except OSError as error:
                self._unreadable(path, "file", error)
                continue
            if kind == "file":
                if rules and gitignore.is_ignored(rules, path, name, False):
                    self.pruned.append(path)
                elif excluded is None or not excluded(path):
                    (self.files if is_wanted(name, settings, typescript) else self.assets).append(path)
            elif kind:
                if name in generated or (rules and gitignore.is_ignored(rules, path, name, True)):
                    self.pruned.append(path + "/")
                elif excluded is None or not self._excludes_all(path):
                    linked = kind == "link"
                    child = _Directory(path + "/", entry.path, rules, linked or directory.linked)
                    (self.links if linked else self.stack).append(child)

    def _excludes_all(self, directory: str) -> bool:
        """Whether everything below is excluded, at whatever depth and of whatever name."""
        assert self.excluded is not None
        return self.excluded(directory + "/\0") and self.excluded(directory + "/\0/\0")

    def _rules_inside(self, directory: _Directory, names: set[str]) -> Rules:
        rules = directory.rules
        if not self.use_gitignore:
            return rules
        if directory.prefix and ".git" in names:
            # A repository of its own (a submodule, a clone): the rules around it end here.
            git = gitindex.git_directory(Path(directory.path))
            if git is not None:
                rules = self._read_rules(gitindex.exclude_file(git), directory.prefix)
        if ".gitignore" in names:
            rules += self._read_rules(Path(directory.path, ".gitignore"), directory.prefix)
        if rules is not directory.rules:
            self.rules[directory.prefix] = rules
        return rules

    def _read_rules(self, file: Path, base: str) -> Rules:
        """The rules of a file; a ``.gitignore`` that cannot be read is a diagnostic."""
        try:
            if file.stat().st_size > _MAX_RULES_BYTES or not file.is_file():
                raise OSError(0, "not a small regular file")
            text = file.read_bytes().decode("utf-8", "surrogateescape")
        except OSError as error:
            if file.name == ".gitignore" and not isinstance(error, FileNotFoundError):
                self._unreadable(base + file.name, "file", error)
            return ()
        rules = gitignore.Rules(text, base)
        return (rules,) if rules.runs else ()

    # --- git ----------------------------------------------------------------------------------------------------

    def _outer_rules(self) -> Rules:
        """Rules from above the root: ``info/exclude``, and every ``.gitignore`` between the repository and the root.

        Where these ignore the root itself, it was asked for all the same, and they do not count.
        """
        if self.repository is None:
            return ()
        top, git = self.repository
        self.diagnostics = []
        outer = self._read_rules(gitindex.exclude_file(git), "")
        inside = ""
        parts = Path(self.root).relative_to(top).parts
        for part in parts:
            outer += self._read_rules(top / inside / ".gitignore", inside)
            inside += part + "/"
            if gitignore.is_ignored(outer, inside[:-1], part, True):
                return ()
        for rules in outer:
            rules.above = inside[len(rules.base) :]
            rules.base = ""
        return outer

    def _restore_tracked(self, top: Path, git: Path) -> None:
        """Git ignores nothing it tracks: put tracked files back that the rules left out."""
        tracked = gitindex.tracked_files(git)
        if tracked is None:
            return
        inside = "".join(part + "/" for part in Path(self.root).relative_to(top).parts)
        directories = tuple(path for path in self.pruned if path.endswith("/"))
        files = {path for path in self.pruned if not path.endswith("/")}
        for full in tracked:
            path = full[len(inside) :]
            if not full.startswith(inside) or not (path.startswith(directories) or path in files):
                continue
            *parents, name = path.split("/")
            if not SKIPPED_NAMES.isdisjoint(parents) or (self.excluded and self.excluded(path)):
                continue
            if self._is_text(path) and os.path.isfile(os.path.join(self.root, path)):
                settings = bool(parents) and parents[-1].lower() in SETTINGS_DIRECTORIES
                (self.files if is_wanted(name, settings) else self.assets).append(path)

    @cached_property
    def _hidden(self) -> frozenset[str]:
        return frozenset(path[:-1] for path in (*self.pruned, *self.environments) if path.endswith("/"))

    def hides(self, path: str) -> bool:
        parts = path.split("/")
        if not SKIPPED_NAMES.isdisjoint(parts):
            return True
        rules = self.rules[""]
        current = ""
        for index, name in enumerate(parts):
            current = f"{current}/{name}" if current else name
            if current in self._hidden or gitignore.is_ignored(rules, current, name, index < len(parts) - 1):
                return True
            rules = self.rules.get(current + "/", rules)
        return False

    # --- links and what cannot be read ----------------------------------------------------------------------------

    def _kind(self, directory: _Directory, entry: os.DirEntry[str], path: str, rules: Rules) -> str:
        """``file``, ``directory``, ``link`` (a symbolic link to a directory), or ``""`` for what is not followed."""
        if entry.is_dir(follow_symlinks=False):
            return "directory"
        if entry.is_file(follow_symlinks=False):
            return "file"
        name = entry.name
        if rules and gitignore.is_ignored(rules, path, name, False):
            return ""
        if self.excluded is not None and self.excluded(path):
            return ""
        if entry.is_symlink():
            return self._follow(directory, entry, path)
        if is_wanted(name):
            self._report(path, "unreadable", "not a regular file")
        return ""

    def _follow(self, directory: _Directory, entry: os.DirEntry[str], path: str) -> str:
        real = os.path.realpath(entry.path)
        wanted = is_wanted(entry.name)
        if os.path.isdir(real):
            reason = self._not_followed(directory, real)
            if not reason:
                return "link"
        elif not os.path.isfile(real):
            # Editors lock a file with a dangling link named .#file
            if wanted and not entry.name.startswith(".#"):
                self._report(path, "unreadable", "the symbolic link leads to no regular file")
            return ""
        elif _contains(self.real_root, real):
            return "file"
        else:
            reason = "the symbolic link leads out of the checked directory" if wanted else ""
        if reason:
            self._report(path, "symlink-not-followed", reason)
        return ""

    def _not_followed(self, directory: _Directory, real: str) -> str:
        if not _contains(self.real_root, real):
            return "the symbolic link leads out of the checked directory"
        if _contains(real, os.path.realpath(directory.path)):
            return "the symbolic link leads to a directory that contains it"
        if directory.linked:
            return "the symbolic link stands inside a linked directory"
        return ""

    def _is_text(self, path: str) -> bool:
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            self._report(shown, "unreadable", "the file name is not UTF-8")
            return False
        return True

    def _unreadable(self, path: str, what: str, error: OSError) -> None:
        self._report(
            path, "unreadable", f"the {what} cannot be read: {error.strerror or type(error).__name__}"
        )

    def _report(self, path: str, kind: str, message: str) -> None:
        self.diagnostics.append(Diagnostic(path=path, line=1, kind=kind, message=message))


def _contains(directory: str, path: str) -> bool:
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


_OUTPUT_DIRECTORY = re.compile(r'^(?!\s*//).*?"outDir"\s*:\s*"([^"\n]+)"', re.MULTILINE)


def _generated(directory: str, names: set[str]) -> set[str]:
    """Names of build output beside a manifest: a tsconfig's ``outDir``, setuptools' ``build``.

    Known without git, so that an unpacked archive with its compiled output is not read twice.
    """
    generated: set[str] = set()
    if "build" in names and not names.isdisjoint(("setup.py", "setup.cfg", "pyproject.toml")):
        build = os.path.join(directory, "build")
        try:
            inside = set(os.listdir(build))
        except OSError:
            inside = set()
        if "lib" in inside or any(name.startswith(("bdist.", "lib.")) for name in inside):
            generated.add("build")
    if "tsconfig.json" in names:
        for name in names:
            if name.startswith("tsconfig") and name.endswith(".json"):
                generated.update(_output_directories(os.path.join(directory, name)))
    return generated


def _output_directories(tsconfig: str) -> list[str]:
    try:
        with open(tsconfig, "rb") as file:
            text = file.read(65536).decode("utf-8", "replace")
    except OSError:
        return []
    found = (os.path.normpath(match[1]).replace(os.sep, "/") for match in _OUTPUT_DIRECTORY.finditer(text))
    return [path for path in found if "/" not in path and path not in (".", "..", "src")]
