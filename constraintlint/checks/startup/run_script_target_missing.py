"""A start runs a file, module or npm script that the project does not have."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from difflib import get_close_matches

from constraintlint.findings import Finding, finding
from constraintlint.findings import Step as Hop
from constraintlint.project import Project
from constraintlint.project.manifests import records_of
from constraintlint.project.start_targets import elsewhere, is_installed, target_of
from constraintlint.project.starts import Start, Starts, Step

RULE = "run-script-target-missing"
#: programs that write source files
_BUILDERS = frozenset(
    (
        "tsc", "tsc-alias", "esbuild", "tsup", "swc", "rollup", "webpack", "vite", "ncc", "babel", "nest", "parcel", "unbuild",
        "tsdown", "turbo", "nx", "lerna", "make", "just", "gulp", "grunt", "curl", "wget", "git", "unzip", "tar", "cp", "rsync",
        "mv", "cookiecutter", "django-admin", "prisma", "remix", "next", "nuxt", "medusa", "strapi", "pkgroll", "rspack", "microbundle",
    )
)  # fmt: skip
#: modules that every project calls so, and no package of a registry is imported by
_OWN_MODULES = frozenset(
    ("wsgi", "asgi", "app", "main", "server", "application", "run", "manage", "api", "src", "backend")
)
_BUILT = ("dist", "build", "out", "lib", "output", "target", ".next", ".output", "public", "compiled", "js")


def check(project: Project) -> Iterator[Finding]:
    seen: set[tuple[str, object]] = set()
    for start in project.starts:
        for index, step in enumerate(start.steps):
            if (
                step.command.conditional
                or step.command.tolerated
                or step.command.function
                or step.program is None
            ):
                continue
            found = _judge(project, start, step, start.steps[:index])
            if found is not None and (found.path, found.span) not in seen:
                seen.add((found.path, found.span))
                yield found


def _judge(project: Project, start: Start, step: Step, before: tuple[Step, ...]) -> Finding | None:
    program = step.program
    assert program is not None
    if program.kind == "npm":
        return _npm_script(project, start, step)
    target = target_of(project, start, step)
    if target.state == "found" and program.kind == "application":
        return _attribute(project, step, target.path)
    if program.kind == "application" and target.state == "unknown":
        return _other_directory(project, start, step) or _nowhere(project, start, step)
    if target.state != "missing" or _is_made(project, start, before, target.path):
        return None
    if start.source == "npm" and _is_published(project, start, target.path):
        return None
    what = f"the module {program.name}" if program.kind in ("module", "application") else target.path
    return _finding(
        step,
        f"{what} does not exist: {program.runner or 'the shell'} stops at once",
        _near(project, target.path),
    )


def _npm_script(project: Project, start: Start, step: Step) -> Finding | None:
    """``npm run x`` where package.json has no ``x``."""
    program = step.program
    assert program is not None
    if step.directory is None:
        return None
    directory = Starts.join(step.directory, program.directory)
    path = Starts.join(directory, "package.json")
    manifest = next((item for item in records_of(project.tree).manifests if item.path == path), None)
    if manifest is None or not program.name or program.runner not in ("npm", "yarn", "pnpm"):
        return None
    names = {item.name for item in manifest.scripts}
    if program.name in names or (
        program.name == "start" and project.tree.exists(Starts.join(directory, "server.js"))
    ):
        return None
    written = [word.known for word in step.command.words]
    if program.runner != "npm" and "run" not in written and program.name != "start":
        return None  # ``yarn jest`` runs a program of a package
    if "--if-present" in written:
        return None
    near = get_close_matches(program.name, sorted(names), 1)
    hint = f"did you mean {near[0]}? " if near else ""
    message = f'{path} has no script "{program.name}" (it has {", ".join(sorted(names)) or "none"})'
    return _finding(step, message, f"{hint}add the script to {path}, or run one it has")


def _attribute(project: Project, step: Step, path: str) -> Finding | None:
    """``app.main:application`` where the module binds no such name."""
    program = step.program
    assert program is not None
    name = program.attribute.split(".")[0]
    facts = project.facts(path)
    if (
        not name
        or facts is None
        or facts.dynamic_names
        or project.has_problems(path)
        or program.runner == "flask"
    ):
        return None
    bound = {item.name for item in facts.bindings}
    for item in facts.imports:
        bound.update(taken.local for taken in item.names)
        bound.add(item.local)
    if name in bound or "*" in {taken.name for item in facts.imports for taken in item.names}:
        return None
    near = (
        get_close_matches(name, sorted(bound), 1)
        or [word for word in ("app", "application", "create_app", "api") if word in bound][:1]
    )
    hint = f"{program.name}:{near[0]}" if near else f"bind {name} at the level of the module"
    return _finding(
        step,
        f"{path} does not bind {name}: {program.runner} finds no application there",
        f"start {hint}" if near else hint,
        [Hop(path, 1, 1, "the module it loads")],
    )


def _other_directory(project: Project, start: Start, step: Step) -> Finding | None:
    """``uvicorn main:app`` where the only main.py lies in another directory that is not on the search path."""
    program = step.program
    assert program is not None
    other = elsewhere(project, program.name)
    if (
        not other or step.directory is None or "PYTHONPATH" in step.variables or program.directory
        or is_installed(project, start) or _sets_path(project)
    ):  # fmt: skip
        return None
    home = posixpath.dirname(other.removesuffix("/__init__.py") if other.endswith("/__init__.py") else other)
    depth = program.name.count(".")
    for _ in range(depth):
        home = posixpath.dirname(home)
    within = (
        home[len(step.directory) + 1 :] if step.directory and home.startswith(f"{step.directory}/") else home
    )
    dotted = f"{within}/".replace("/", ".") + program.name
    return _finding(
        step,
        f"no module {program.name} is found from {step.directory or 'the project root'}: the file is {other}",
        f"start {dotted}, or change into {home} first",
        [Hop(other, 1, 1, "the module")],
    )


def _nowhere(project: Project, start: Start, step: Step) -> Finding | None:
    """``gunicorn wsgi:app`` where no file of the project is called so; no package that is installed brings a module of such a name."""
    program = step.program
    assert program is not None
    if (
        program.name.split(".")[0] not in _OWN_MODULES or step.directory is None or "PYTHONPATH" in step.variables
        or program.directory or is_installed(project, start) or _sets_path(project)
        or _is_made(project, start, start.steps[: start.steps.index(step)], program.name)
        or not any(path.endswith(".py") for path in project.paths)
    ):  # fmt: skip
        return None
    stem = program.name.replace(".", "/")
    if any(path.endswith((f"/{stem}.py", f"/{stem}/__init__.py", f"/{stem}.pyx")) for path in project.paths):
        return None
    path = Starts.join(step.directory, f"{stem}.py")
    if project.tree.is_ignored(path) or project.tree.is_directory(path.removesuffix(".py").split("/")[0]):
        return None
    return _finding(
        step,
        f"the module {program.name} does not exist: {program.runner} stops at once",
        f"add {path}, or start a module that is there",
    )


def _sets_path(project: Project) -> bool:
    records = records_of(project.tree)
    variables = [v for file in records.env_files for v in file.variables]
    variables += [v for file in records.dockerfiles for stage in file.stages for v in stage.variables]
    variables += [v for file in records.compose for service in file.services for v in service.environment]
    return any(variable.key == "PYTHONPATH" for variable in variables) or any(
        stage.workdir for file in records.dockerfiles for stage in file.stages
    )


def _is_published(project: Project, start: Start, path: str) -> bool:
    """Whether the tree is a package as npm publishes it: what a build made is there, the directory it is made of is not."""
    base = posixpath.dirname(start.path)
    inside = path.removeprefix(f"{base}/") if base else path
    first, below, _ = inside.partition("/")
    if not below or project.tree.is_directory(Starts.join(base, first)):
        return False
    return any(project.tree.is_directory(Starts.join(base, name)) for name in _BUILT)


def _is_made(project: Project, start: Start, before: tuple[Step, ...], path: str) -> bool:
    """Whether something makes the file before it is run: a step, a build of the image, a script of npm's own."""
    if any(step.program is not None and step.program.runner in _BUILDERS for step in before):
        return True
    if any(
        step.command.name in _BUILDERS or (step.program is None and step.command.words)
        for step in before
        if step.command.name != "cd"
    ):
        return True
    records = records_of(project.tree)
    if start.source in ("image", "compose") or (records.dockerfiles and start.source == "npm"):
        return True  # what the image is made of is not read
    first = path.split("/")[0]
    if any(part in _BUILT for part in path.split("/")[:-1]) or project.tree.is_ignored(f"{first}/x"):
        texts = [
            item.command
            for manifest in records.manifests
            for item in manifest.scripts
            if item.name in _AUTOMATIC or start.source in ("npm", "procfile")
        ]
        return any(set(text.replace("/", " ").split()) & _BUILDERS for text in texts)
    return False


#: scripts that npm runs by itself when packages are installed
_AUTOMATIC = frozenset(("prepare", "postinstall", "install", "preinstall", "prestart", "heroku-postbuild"))


def _near(project: Project, path: str) -> str:
    name = posixpath.basename(path)
    same = sorted(other for other in project.paths if posixpath.basename(other) == name)
    stem = posixpath.splitext(name)[0]
    like = same or sorted(
        other for other in project.paths if posixpath.splitext(posixpath.basename(other))[0] == stem
    )
    if like and len(like) <= 3:
        return f"the project has {', '.join(like)}: start that, or build {path} first"
    return f"add {path}, build it first, or start a file that is there"


def _finding(step: Step, message: str, help: str, trace: list[Hop] | None = None) -> Finding:
    assert step.program is not None
    return finding(
        RULE,
        step.path,
        step.word_span(step.program.position),
        message,
        help=help,
        trace=trace,
        subject=f"{step.path}: {step.program.kind} {step.program.name}",
    )
