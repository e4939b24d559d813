"""A server that is started in a container or by a process file listens on the loopback interface alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import argument, has_spread, library_names, literal_entries, uses
from constraintlint.checks._module_run import Reach
from constraintlint.checks.framework import _server_hosts
from constraintlint.checks.framework._started import reached
from constraintlint.facts.code import Call, Constant, Expr, Mapping, Member
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.manifests import records_of
from constraintlint.project.node_http import creates_server
from constraintlint.project.start_targets import target_of
from constraintlint.project.starts import Start, starts_of
from constraintlint.roles import is_development, is_test

RULE = "listen-on-loopback"
_PACKAGES = frozenset(
    (
        "fastify",
        "express",
        "koa",
        "@hono/node-server",
        "flask",
        "aiohttp",
        "uvicorn",
        "hono",
        "fastapi",
        "starlette",
        "django",
    )
)
_SOURCES: frozenset[str] = frozenset(("image", "compose", "procfile"))
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
#: files by which the environment of a program is set
_SETTING_FILE = re.compile(
    r"\.(?:ya?ml|toml|sh|bash|env|tf|hcl|tpl|service|ini|conf|nix)$"
    r"|(?:^|/)(?:\.env[^/]*|Dockerfile[^/]*|[^/]*\.dockerfile|Procfile|Makefile|Jenkinsfile|\.flaskenv|app\.json|package\.json)$",
    re.I,
)
_APPLICATIONS = frozenset(("express()", "koa()", "express#default()", "koa#default()"))
_FASTIFY = frozenset(("fastify()", "fastify#fastify()", "fastify#default()"))
_SERVE = frozenset(("@hono/node-server#serve",))
#: functions of Python: where the host stands, and whether it is the loopback interface where none is given
_PYTHON: dict[str, tuple[int, bool]] = {
    "flask.Flask.run": (0, True),
    "flask.Flask().run": (0, True),
    "uvicorn.run": (99, True),
    "aiohttp.web.run_app": (99, False),
    "aiohttp.web.TCPSite": (1, False),
}


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    yield from _commands(project)
    started = reached(project, _SOURCES)
    scripts = _scripts(project)
    for path, start in sorted(started.items(), key=lambda item: item[0]):
        file = project.evaluator.file(path) if path in set(project.paths) else None
        if file is None or is_test(path) or is_development(path):
            continue
        boxed = start.source != "procfile"  # a platform sets variables that its process file does not tell
        names = ("run", "run_app", "TCPSite") if file.python else ("listen", "serve")
        for name in names:
            for call, scope in file.calls.get(name, ()):
                told = (
                    _python(project, call, scope, boxed)
                    if file.python
                    else _javascript(project, call, scope, name, boxed)
                )
                if told and not (
                    file.python and path not in scripts and _only_as_script(project, call, scope)
                ):
                    yield _finding(project, path, call, told, start)


def _commands(project: Project) -> Iterator[Finding]:
    """``CMD ["uvicorn", "main:app"]``: the command itself says where the server listens."""
    seen: set[tuple[str, object]] = set()
    for start in starts_of(project):
        if start.source not in _SOURCES or is_development(start.path):
            continue
        for step in start.steps:
            said = _server_hosts.told(project, step)
            if not said or (step.path, step.span) in seen or is_development(step.path):
                continue
            seen.add((step.path, step.span))
            where = "the container" if start.source != "procfile" else "its machine"
            yield finding(
                RULE,
                step.path,
                step.span,
                f"{said}: nothing outside {where} can connect to it",
                help="listen on every interface: host 0.0.0.0 (or ::)",
                trace=[Step(start.path, start.span[0], start.span[1], f"started here ({start.source})")],
                subject=f"{step.path}: {said}",
            )


def _scripts(project: Project) -> set[str]:
    """The files that are run themselves; what gunicorn or uvicorn is given is imported."""
    return {
        target_of(project, start, step).path
        for start in starts_of(project)
        if start.source in _SOURCES
        for step in start.steps
        if step.program is not None and step.program.kind != "application"
    }


def _only_as_script(project: Project, call: Call, scope: Scope) -> bool:
    """Whether the call stands under the main guard, or in a function that is called from there alone."""
    return Reach(project).of(call.at, scope, 0).keys() == {"main"}


def _finding(project: Project, path: str, call: Call, told: str, start: Start) -> Finding:
    where = "the container" if start.source != "procfile" else "its machine"
    return finding(
        RULE,
        path,
        project.span(path, call.at),
        f"{told}: nothing outside {where} can connect to it",
        help="listen on every interface: host 0.0.0.0 (or ::)",
        trace=[Step(start.path, start.span[0], start.span[1], f"started here ({start.source})")],
        subject=f"{path}: listen",
    )


# --- JavaScript ---------------------------------------------------------------------------------------------------


def _javascript(project: Project, call: Call, scope: Scope, name: str, boxed: bool) -> str:
    if name == "serve":
        entries = (
            literal_entries(argument(call, 0)) if library_names(project, call, scope) <= _SERVE else None
        )
        host = (
            entries.get("hostname") if entries is not None and library_names(project, call, scope) else None
        )
        return _told(project, host.value, scope, boxed) if host is not None else ""
    if not isinstance(call.callee, Member) or has_spread(call):
        return ""
    kinds = {
        value.name for value in project.evaluator.eval(call.callee.object, scope) if value.kind == "result"
    }
    if kinds and kinds <= _FASTIFY:
        return _fastify(project, call, scope, boxed)
    owner = call.callee.object
    server = isinstance(owner, Call) and creates_server(project, owner, scope)
    if server or (
        kinds and (kinds <= _APPLICATIONS or kinds <= {"http#createServer()", "https#createServer()"})
    ):
        first = call.args[0].value if call.args else None
        if isinstance(first, Mapping):
            entries = literal_entries(first)
            host = entries.get("host") if entries is not None else None
            return _told(project, host.value, scope, boxed) if host is not None else ""
        second = argument(call, 1)
        return _told(project, second, scope, boxed) if second is not None else ""
    return ""


def _fastify(project: Project, call: Call, scope: Scope, boxed: bool) -> str:
    """``listen({ port })`` of Fastify is localhost where no host is given."""
    first = call.args[0].value if call.args else None
    if not isinstance(first, Mapping):
        second = argument(call, 1)
        return _told(project, second, scope, boxed) if second is not None else ""
    entries = literal_entries(first)
    if entries is None or "path" in entries:
        return ""
    if "host" not in entries:
        return "Fastify listens on localhost where no host is given"
    return _told(project, entries["host"].value, scope, boxed)


def _told(project: Project, expr: Expr, scope: Scope, boxed: bool) -> str:
    """What is wrong with a host; "" where nothing is, or it can be another one. ``boxed``: all that sets variables is read."""
    values = project.evaluator.eval(expr, scope)
    given = [value for value in values if value.kind != "env"]
    if not given or any(value.constant not in _LOOPBACK for value in given):
        return ""
    told = f"the server listens on {given[0].constant} alone"
    if len(given) == len(values) and not any(value.default_of or value.branches for value in values):
        return told
    variables = {value.default_of for value in given}
    if boxed and all(variables) and all(branch.kind == "or" for value in given for branch in value.branches):
        name = min(variables)
        if variables == {name} and not _is_set(project, name):
            return f"{told} where {name} is not set, and nothing sets it"
    return ""


def _is_set(project: Project, variable: str) -> bool:
    """Whether an image, a compose file or a file of settings sets a variable, or may: by files that are not read."""
    records = records_of(project.tree)
    services = [service for file in records.compose for service in file.services]
    if any(service.env_files for service in services):
        return True
    word = re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(variable.encode()) + rb"(?![A-Za-z0-9_])")
    return any(
        word.search(project.tree.read(path) or b"")
        for path in sorted(project.tree.files)
        if _SETTING_FILE.search(path)
    )


# --- Python -------------------------------------------------------------------------------------------------------


def _python(project: Project, call: Call, scope: Scope, boxed: bool) -> str:
    names = library_names(project, call, scope)
    if len(names) != 1 or any(arg.spread for arg in call.args):
        return ""
    known = _PYTHON.get(next(iter(names)))
    if known is None:
        return ""
    position, loopback = known
    host = argument(call, position, "host")
    if any(arg.name in ("path", "sock", "uds", "fd") for arg in call.args):
        return ""
    if host is None or (isinstance(host, Constant) and host.kind == "none"):
        shown = next(iter(names)).rpartition(".")[2]
        return f"{shown}() listens on 127.0.0.1 where no host is given" if loopback else ""
    return _told(project, host, scope, boxed)
