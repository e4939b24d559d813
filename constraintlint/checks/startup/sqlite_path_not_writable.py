"""A SQLite file lies in a directory that is not part of the project and that nothing makes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from constraintlint.checks._calls import argument, calls, library_names, literal_entries, uses
from constraintlint.checks.startup._file_paths import FilePath, file_path
from constraintlint.facts.code import Call, Expr, Member
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.roles import is_development, is_migration, is_test

RULE = "sqlite-path-not-writable"

_PACKAGES = frozenset(
    ("sqlite3", "aiosqlite", "sqlalchemy", "sqlmodel", "better-sqlite3", "node:sqlite", "sqlite")
)
_PYTHON = {"sqlite3.connect": "database", "aiosqlite.connect": "database"}
_ENGINES = frozenset(
    ("sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine", "sqlmodel.create_engine")
)
_JAVASCRIPT = frozenset(("better-sqlite3", "sqlite3#Database", "node:sqlite#DatabaseSync"))
_URL = re.compile(r"sqlite(?:\+\w+)?:///(?P<path>[^?]*)")
#: what makes directories
_MAKERS = (
    "mkdir",
    "makedirs",
    "mkdirSync",
    "mkdirp",
    "ensureDir",
    "ensureDirSync",
    "ensure_dir",
    "mkpath",
    "outputFile",
)
#: directories that every machine has for this
_ALWAYS = ("/tmp", "/var/tmp", "/dev/shm", "/run")
#: files that are told nothing by their suffix and that may make directories, mount or copy them
_TELLING = re.compile(
    r"(?:^|/)(?:[\w.-]*(?:Dockerfile|Containerfile)[\w.-]*|Makefile|justfile|Justfile|Procfile[\w.]*|package\.json|\.env[\w.]*"
    r"|[^/]+\.(?:sh|bash|ya?ml|toml|service|cfg|ini|conf|tf|nix|cmd|bat|ps1|hcl))$"
)


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    surroundings: _Surroundings | None = None
    for expr, scope in _paths(project):
        if is_test(scope.path) or is_development(scope.path) or is_migration(scope.path):
            continue
        path = _file(project, expr, scope)
        if path is None:
            continue
        surroundings = surroundings or _Surroundings(project)
        directory = path.parent
        if not directory.path or surroundings.has(directory, scope.path):
            continue
        yield _finding(project, expr, scope, path)


def _paths(project: Project) -> Iterator[tuple[Expr, Scope]]:
    """The expressions that name the file of a SQLite database that is opened."""
    for call, scope in calls(project, ("connect", "create_engine", "create_async_engine"), python=True):
        names = library_names(project, call, scope)
        name = names.pop() if len(names) == 1 else ""
        if name in _PYTHON:
            given = argument(call, 0, _PYTHON[name])
        elif name in _ENGINES:
            given = argument(call, 0, "url")
        else:
            continue
        if given is not None and not any(arg.name == "uri" for arg in call.args):
            yield given, scope
    for call, scope in calls(project, ("Database", "DatabaseSync"), python=False):
        if call.new and call.args and _opens(project, call, scope):
            yield call.args[0].value, scope
    for call, scope in calls(project, ("open",), python=False):
        if library_names(project, call, scope) == {"sqlite#open"}:
            entry = (literal_entries(argument(call, 0)) or {}).get("filename")
            if entry is not None:
                yield entry.value, scope


def _opens(project: Project, call: Call, scope: Scope) -> bool:
    found = project.evaluator.eval(call, scope)
    if len(call.args) > 1:
        options = literal_entries(call.args[1].value)
        if options is not None and ("fileMustExist" in options or "readonly" in options):
            return False
    return bool(found) and all(value.kind == "handle" and value.name in _JAVASCRIPT for value in found)


def _file(project: Project, expr: Expr, scope: Scope) -> FilePath | None:
    """The file, relative to the root where that is known; None for memory, URIs and what is not known."""
    found = project.evaluator.eval(expr, scope)
    texts = [value.text.constant for value in found if value.text is not None]
    urls = [_URL.match(text) for text in texts if text is not None]
    if texts and any(urls):
        if len(texts) != 1 or len(found) != len(texts) + sum(value.kind == "env" for value in found):
            return None
        match = urls[0]
        path = match["path"] if match is not None else ""
        variables = {value.name for value in found if value.kind == "env"}
        variables |= {value.default_of for value in found if value.default_of}
        base = "machine" if path.startswith("/") else "working"
        if not path or path == ":memory:":
            return None
        return FilePath(base, posixpath.normpath(path), frozenset(variables))  # type: ignore[arg-type]
    if any(text is None or "://" in text for text in texts):
        return None
    path_given = file_path(project, expr, scope)
    if path_given is None or path_given.path.startswith((":", "file:", "~")) or "://" in path_given.path:
        return None
    return path_given


class _Surroundings:
    """What the project says of directories: those it has, those it makes, those its scripts and images speak of."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.made: list[FilePath | None] = [
            self._made(call, scope) for call, scope in self._maker_calls() if not is_test(scope.path)
        ]
        self.unread = any(
            _TELLING.search(path) and path not in project.tree.files for path in project.tree.assets
        )
        self.told = [
            data.decode("utf-8", "replace")
            for path in sorted(project.tree.files)
            if _TELLING.search(path) and (data := project.tree.read(path)) is not None
        ]

    def _maker_calls(self) -> Iterator[tuple[Call, Scope]]:
        for name in _MAKERS:
            yield from self.project.evaluator.calls(name)

    def _made(self, call: Call, scope: Scope) -> FilePath | None:
        given = call.args[0].value if call.args and not call.args[0].name else None
        if given is None or (
            isinstance(call.callee, Member) and call.callee.name == "mkdir" and not call.args
        ):
            given = call.callee.object if isinstance(call.callee, Member) else None
        elif scope.path.endswith(".py") and isinstance(call.callee, Member) and call.callee.name == "mkdir":
            inner = file_path(self.project, call.callee.object, scope)
            return inner if inner is not None else file_path(self.project, given, scope)
        return file_path(self.project, given, scope) if given is not None else None

    def has(self, directory: FilePath, source: str) -> bool:
        """Whether the directory may be there when the program starts."""
        if self.unread or any(made is None or _is_within(directory, made) for made in self.made):
            return True
        if any(name in text for name in directory.variables for text in self.told):
            return True
        path = directory.path
        if directory.base == "machine":
            if any(path == known or path.startswith(f"{known}/") for known in _ALWAYS):
                return True
            above = [path]
            while posixpath.dirname(above[-1]) != "/":
                above.append(posixpath.dirname(above[-1]))
            return any(_mentions(text, item) for item in above for text in self.told)
        if path.startswith("..") and directory.base == "root":
            return True
        tree = self.project.tree
        candidates = [path] if directory.base == "root" else list(_from_working(path, source))
        for candidate in candidates:
            if candidate in ("", ".") or candidate.startswith("..") or tree.is_directory(candidate):
                return True
            if tree.is_ignored(f"{candidate}/app.db") and tree.is_ignored(candidate):
                return True
            if any(asset.startswith(f"{candidate}/") for asset in tree.assets):
                return True
        return any(_mentions(text, path.lstrip("./")) for text in self.told)


def _from_working(path: str, source: str) -> Iterator[str]:
    """A relative path from every directory the program may be started in."""
    directory = posixpath.dirname(source)
    while True:
        yield posixpath.normpath(posixpath.join(directory, path))
        if not directory:
            return
        directory = posixpath.dirname(directory)


def _is_within(directory: FilePath, made: FilePath) -> bool:
    """Whether making one directory may make the other: the same, or with the same ending."""
    wanted, found = directory.path.strip("./"), made.path.strip("./")
    return not found or wanted.endswith(found) or found.endswith(wanted) or found.startswith(f"{wanted}/")


def _mentions(text: str, path: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(path)}(?![\w-])", text))


def _finding(project: Project, expr: Expr, scope: Scope, path: FilePath) -> Finding:
    directory = path.parent.path
    where = "is not part of the project" if path.base != "machine" else "lies outside of the project"
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, expr.at),
        f"the database file {path.path} lies in {directory}, which {where}, and nothing makes it: unable to open database file",
        help="make the directory before the file is opened: os.makedirs(..., exist_ok=True), fs.mkdirSync(..., { recursive: true })",
        subject=f"{path.path} in {scope.path}",
    )
