"""Tables are made by a call that never runs in the way the server is started: under the main guard, or in a function nobody calls."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._module_run import Reach
from constraintlint.checks._sa_models import models, step
from constraintlint.checks.orm._uncalled_schema import uncalled
from constraintlint.facts.code import Call, Member
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_development, is_migration, is_test

RULE = "schema-init-not-reached"

_MIGRATES = frozenset(("alembic", "flask_migrate", "yoyo", "sqlalchemy_migrate", "migrate"))
_TEXTS = (".md", ".rst", ".txt", ".yml", ".yaml", ".toml", ".json", ".cfg")
_START_FILE = re.compile(
    r"(^|/)(Dockerfile[^/]*|Procfile|[^/]+\.sh|run|start|(docker-)?compose[^/]*\.ya?ml|fly\.toml|render\.yaml|Makefile)$"
)
#: servers that import the application, with the module they are given
_SERVER = re.compile(
    r"\b(?:gunicorn|uvicorn|hypercorn|granian|waitress(?:-serve)?|daphne)\b[^\n]*?[\s\"'=]([A-Za-z_][\w.]*):([A-Za-z_]\w*)"
    r"|\bflask\b[^\n]*?--app[\s=]+([A-Za-z_][\w.]*)[^\n]*\brun\b"
)


def check(project: Project) -> Iterator[Finding]:
    for item in uncalled(project):
        if item.path in project.paths:
            yield finding(
                RULE,
                item.path,
                project.span(item.path, item.at),
                f"{item.what} is in {item.function}, which nothing calls: {item.table} and all other tables are never made",
                help="call it where the program starts, before the server listens, or run migrations",
                subject=f"{item.what} in {item.function}",
            )
    known = [model for model in models(project) if model.table is not None and not model.abstract]
    if not known or _migrates(project):
        return
    sites = _sites(project)
    if not sites:
        return
    served = _served_modules(project)
    reached = [Reach(project).of(call.at, scope, 0) for call, scope in sites]
    ways = {way for found in reached for way in found}
    call, scope = sites[0]
    if scope.path not in project.paths:
        return
    if ways == {"nowhere"}:
        yield _finding(project, call, scope, "is in a function that nothing calls", [], known[0].name)
    elif "command" in ways and ways <= {"command", "nowhere"}:
        commands = sorted({name for found in reached for name in found.get("command", ())})
        start = next(((path, place) for path, place in sorted(served.items())), None)
        if start is not None and not any(_is_told(project, name) for name in commands):
            how = f"runs only as the command {' or '.join(commands)}, which nothing runs before the server"
            trace = [step(start[1], f"{start[0]} is imported here")]
            yield _finding(project, call, scope, how, trace, known[0].name)
    elif ways and ways <= {"main", "nowhere"}:
        guards = sorted({path for found in reached for path in _guarded(found)})
        start = next(((path, place) for path, place in sorted(served.items())), None)
        if start is not None and not any(_runs_as_script(project, path) for path in guards):
            yield _finding(
                project,
                call,
                scope,
                'runs only under if __name__ == "__main__", and the server imports the module instead',
                [step(start[1], f"{start[0]} is imported here")],
                known[0].name,
            )


def _guarded(found: dict[str, set[str]]) -> set[str]:
    return found.get("main", set())


def _is_told(project: Project, command: str) -> bool:
    """Whether a script, or a text for whoever sets the program up, names a command."""
    word = re.compile(rf"(?<![\w-]){re.escape(command)}(?![\w-])")
    return any(
        word.search((project.tree.read(path) or b"").decode("utf-8", "replace"))
        for path in sorted(project.tree.files)
        if not path.endswith((".py", ".lock")) and (_START_FILE.search(path) or path.endswith(_TEXTS))
    )


def _migrates(project: Project) -> bool:
    """Whether the tables may be made by migrations."""
    if any(item.package in _MIGRATES for found in project.resolutions.values() for item in found.external):
        return True
    return any(is_migration(path) or path.endswith(("alembic.ini", ".sql")) for path in project.tree.files)


def _sites(project: Project) -> list[tuple[Call, Scope]]:
    """The calls that make the tables: ``metadata.create_all(...)``, ``db.create_all()``, ``run_sync(metadata.create_all)``."""
    found: list[tuple[Call, Scope]] = []
    for path in sorted(project.resolutions):
        file = (
            project.evaluator.file(path)
            if path.endswith(".py") and project.mentions(path, ("create_all",))
            else None
        )
        if file is None or is_test(path) or is_development(path):
            continue
        found += file.calls.get("create_all", [])
        for call, scope in file.calls.get("run_sync", []):
            if any(isinstance(arg.value, Member) and arg.value.name == "create_all" for arg in call.args):
                found.append((call, scope))
    mentioned = sum(
        (project.tree.read(path) or b"").count(b"create_all")
        for path in project.resolutions
        if path.endswith(".py")
        and not is_test(path)
        and not is_development(path)
        and project.facts(path) is not None
    )
    return found if mentioned == len(found) else []


# --- how the server is started ----------------------------------------------------------------------------------


def _served_modules(project: Project) -> dict[str, Place]:
    """The modules that a start command has a server import, with the place of the command."""
    found: dict[str, Place] = {}
    for path in sorted(project.tree.files):
        if not _START_FILE.search(path):
            continue
        for number, line in enumerate(
            (project.tree.read(path) or b"").decode("utf-8", "replace").split("\n"), 1
        ):
            match = _SERVER.search(line) if not line.lstrip().startswith("#") else None
            if match is None:
                continue
            module = (match[1] or match[3]).replace(".", "/")
            for name in (f"{module}.py", f"{module}/__init__.py"):
                for file in project.resolutions:
                    if file == name or file.endswith(f"/{name}"):
                        start = match.start() + 1
                        found[file] = Place(path, (number, start, number, match.end() + 1))
    return found


def _runs_as_script(project: Project, path: str) -> bool:
    """Whether a start command also runs the module as a script, before or beside the server."""
    name = path.rpartition("/")[2]
    dotted = path.removesuffix(".py").replace("/", ".")
    command = re.compile(
        rf"\bpython[\d.]*\s[^\n]*(?:{re.escape(name)}|-m\s+[\w.]*{re.escape(dotted.rpartition('.')[2])}\b)"
    )
    return any(
        command.search((project.tree.read(file) or b"").decode("utf-8", "replace"))
        for file in project.tree.files
        if _START_FILE.search(file)
    )


def _finding(project: Project, call: Call, scope: Scope, how: str, trace: list[Step], name: str) -> Finding:
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, call.at),
        f"create_all() {how}: the table of {name} and all others are never made",
        help="call it where the application is made (an app factory, a lifespan or start-up handler), or run migrations",
        trace=trace,
        subject=f"create_all {how}",
    )
