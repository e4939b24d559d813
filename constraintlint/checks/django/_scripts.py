"""Commands that start a project or prepare its database, wherever they are written."""

from __future__ import annotations

import posixpath
import re

import msgspec

from constraintlint.project import Project
from constraintlint.project.manifests import base_of

_NAMES = (
    "procfile",
    "dockerfile",
    "makefile",
    "justfile",
    "compose",
    "docker-compose",
    "tox.ini",
    "noxfile",
    "tasks.py",
    "fabfile",
    "package.json",
)
_SERVER = re.compile(
    r"manage\.py\s+runserver|\b(?:gunicorn|uvicorn|daphne|hypercorn|granian|uwsgi|waitress-serve)\b|-m\s+django\s+runserver|django-admin\s+runserver"
)
_MIGRATES = re.compile(
    r"(?<!make)\bmigrate(?:_schemas)?\b|call_command\(\s*['\"]migrate|MigrationExecutor|syncdb"
)
_MAKES = re.compile(r"\bmakemigrations\b(?P<rest>[^\n;&|]*)")
_RUN_SCRIPT = re.compile(
    r"(?:run|start|serve|server|entrypoint|boot|up|launch|start[-_]\w+|run[-_]\w+|docker-entrypoint)\.sh$"
)


class Start(msgspec.Struct, frozen=True):
    """The line of a run script that starts the server."""

    path: str
    line: int
    text: str


class Commands(msgspec.Struct):
    """What scripts do: ``migrates``, ``syncs`` tables without migrations, ``makes`` migrations of these apps (``*``: of all)."""

    starts: list[Start] = []
    migrates: bool = False
    syncs: bool = False
    makes: set[str] = set()


def commands(project: Project) -> Commands:
    found = Commands()
    base = base_of(project)
    for path in sorted(project.tree.files):
        name = posixpath.basename(path).lower()
        if base and not path.startswith(base + "/"):
            continue
        is_script = name.endswith(
            (".sh", ".bash", ".service", ".yml", ".yaml", ".toml", ".md", ".rst", ".cmd", ".bat", ".ps1")
        )
        if not is_script and not name.startswith(_NAMES):
            continue
        text = (project.tree.read(path) or b"").decode("utf-8", "replace")
        if (
            "migrate" not in text
            and "makemigrations" not in text
            and not _SERVER.search(text)
            and "syncdb" not in text
        ):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            code = re.sub(r"(^|\s)#(?!!).*$", "", line)
            _line(found, path, number, code)
    for path in project.paths:
        facts = project.facts(path) if path.endswith(".py") and project.is_deep(path) else None
        if facts is not None and path.split("/")[-2:-1] != ["migrations"] and b"call_command" in facts.code:
            if b"migrate" in facts.code:
                found.migrates = True
            if b"makemigrations" in facts.code:
                found.makes.add("*")
    return found


def _line(found: Commands, path: str, number: int, code: str) -> None:
    made = _MAKES.search(code)
    if made is not None:
        labels = {
            word.strip("\"'") for word in made["rest"].split() if re.fullmatch(r"[\"']?[a-z_]\w*[\"']?", word)
        }
        found.makes |= labels or {"*"}
    if _MIGRATES.search(code):
        found.migrates = True
        if "--run-syncdb" in code:
            found.syncs = True
    if _SERVER.search(code) and _RUN_SCRIPT.search(path) and not re.search(r"\bpip\b|install", code):
        found.starts.append(Start(path, number, code.strip()))
