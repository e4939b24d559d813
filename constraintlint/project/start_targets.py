"""What a step of a start finds in the project: the file or module it runs, as its runner looks for it.

Python adds the directory of a script, or the working directory for ``-m`` and for servers, to the module search path; Node tries
suffixes, ``package.json`` and ``index`` files (Node.js documentation, "Modules: CommonJS modules", "All together").
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.project.manifests import records_of
from constraintlint.project.starts import Start, Starts, Step

if TYPE_CHECKING:
    from constraintlint.project import Project

_NODE_SUFFIXES = ("", ".js", ".json", ".node", ".cjs", ".mjs")
_TYPESCRIPT_SUFFIXES = (".ts", ".tsx", ".mts", ".cts", "/index.ts")
_TYPESCRIPT_RUNNERS = frozenset(
    ("tsx", "ts-node", "ts-node-dev", "tsnd", "ts-node-esm", "bun", "swc-node", "esr", "nodemon")
)

#: directories that compilers write to, and what their files are made from
_OUTPUTS = frozenset(("dist", "build", "out", "output", ".build", "compiled"))
_COMPILED = {"js": (".ts", ".tsx"), "mjs": (".mts", ".ts"), "cjs": (".cts", ".ts")}

State = Literal["found", "missing", "unknown"]


class Target(msgspec.Struct, frozen=True):
    """``path`` is the file that is run (``found``), or the one that was looked for (``missing``)."""

    state: State
    path: str = ""


UNKNOWN = Target("unknown")


def target_of(project: Project, start: Start, step: Step) -> Target:
    """The source file a step runs; ``unknown`` where it is no file of the project, or its directory is not known."""
    program = step.program
    if program is None or step.directory is None:
        return UNKNOWN
    directory = Starts.join(step.directory, program.directory) if program.directory else step.directory
    if directory.startswith(("..", "/")):
        return UNKNOWN
    if program.kind == "file":
        return _file(project, directory, program.name, program.runner)
    if program.kind == "manage" and program.attribute:
        return _file(project, step.directory, program.attribute, "python")
    if program.kind in ("module", "application"):
        return _module(project, directory, program.name)
    return UNKNOWN


def _file(project: Project, directory: str, written: str, runner: str) -> Target:
    if written.startswith(("/", "~", "-")) or "://" in written:
        return UNKNOWN
    path = Starts.join(directory, written)
    if path.startswith(".."):
        return UNKNOWN
    tree = project.tree
    if runner.startswith(("python", "flask", "fastapi")) or not runner:
        candidates = [path, f"{path}/__main__.py"]
    else:
        candidates = [path + suffix for suffix in _NODE_SUFFIXES] + [f"{path}/index.js"]
        if runner in _TYPESCRIPT_RUNNERS:
            candidates += [path + suffix for suffix in _TYPESCRIPT_SUFFIXES]
        main = _main_of(project, path)
        if main:
            candidates += [main, f"{main}.js", f"{main}/index.js"]
    for candidate in candidates:
        if tree.exists(candidate):
            return Target("found", candidate)
    if tree.is_ignored(path) or any(tree.is_ignored(f"{path}{suffix}") for suffix in (".js", "/x")):
        return Target("unknown", path)
    return Target("missing", path)


def source_of(project: Project, target: Target) -> str:
    """The source that a compiled file of a build directory is made from, ``""`` where none or several could be it: the compiler
    keeps the path below ``src`` (``dist/main.js``), or the whole path (``dist/src/main.js``)."""
    if target.state == "found":
        return target.path
    parts = target.path.split("/")
    place = next((index for index, part in enumerate(parts[:-1]) if part in _OUTPUTS), None)
    stem, dot, extension = parts[-1].rpartition(".")
    if place is None or not dot or extension not in _COMPILED:
        return ""
    inside = [*parts[place + 1 : -1], stem]
    found = {
        path
        for source in ([], ["src"])
        for suffix in _COMPILED[extension]
        if project.tree.is_file(path := "/".join((*parts[:place], *source, *inside)) + suffix)
    }
    return found.pop() if len(found) == 1 else ""


def _main_of(project: Project, directory: str) -> str:
    manifest = next(
        (
            item
            for item in records_of(project.tree).manifests
            if item.path == Starts.join(directory, "package.json")
        ),
        None,
    )
    return Starts.join(directory, manifest.main) if manifest is not None and manifest.main else ""


def _module(project: Project, directory: str, name: str) -> Target:
    """A dotted module below a directory of the search path; ``missing`` only where its first part is a package of the project."""
    path = Starts.join(directory, name.replace(".", "/"))
    tree = project.tree
    for candidate in (f"{path}.py", f"{path}/__main__.py", f"{path}/__init__.py"):
        if tree.is_file(candidate):
            return Target("found", candidate)
    first = Starts.join(directory, name.split(".")[0])
    known = tree.is_directory(first) or tree.is_file(f"{first}.py")
    return Target("missing" if known and not tree.is_directory(path) else "unknown", f"{path}.py")


def elsewhere(project: Project, name: str) -> str:
    """The only file of the project that a dotted name could mean from another directory, ``""`` where there is none or several."""
    ending = name.replace(".", "/")
    found = [
        path
        for path in project.paths
        if path in (f"{ending}.py", f"{ending}/__init__.py")
        or path.endswith((f"/{ending}.py", f"/{ending}/__init__.py"))
    ]
    return found[0] if len(found) == 1 else ""


def is_installed(project: Project, start: Start) -> bool:
    """Whether the project itself is, or may be, installed as a package before it is started."""
    records = records_of(project.tree)
    texts = [" ".join(word.text for word in step.command.words) for step in start.steps]
    texts += [item.command for file in records.dockerfiles for stage in file.stages for item in stage.builds]
    if any(_installs(text) for text in texts):
        return True
    tools = ("uv", "poetry", "pdm", "hatch", "rye", "pipenv")
    if any(text.split()[:1] and text.split()[0] in tools for text in texts):
        return True
    if any(
        step.program is not None
        and step.program.runner in ("pip", "pip3")
        and "install" in step.program.arguments
        for step in start.steps
    ):
        return False  # the start sets up what it needs, and the project is not part of it
    own = [
        item
        for item in records.manifests
        if posixpath.basename(item.path) in ("pyproject.toml", "setup.py", "setup.cfg")
    ]
    return any(item.name for item in own) or any(
        item.path.startswith(".")
        for manifest in records.manifests
        for item in manifest.includes
        if not item.path.endswith(".txt")
    )


def _installs(text: str) -> bool:
    words = text.split()
    if "install" not in words:
        return False
    return any(word.strip("'\"") == "." or word.strip("'\"").startswith((".[", "./", "-e")) for word in words)
