"""Django is started where nothing says which settings it has."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.manifests import base_of, records_of, role_of_path

RULE = "django-settings-module-unset"
_VARIABLE = b"DJANGO_SETTINGS_MODULE"
_SETS = re.compile(
    rb"DJANGO_SETTINGS_MODULE|settings\s*\.\s*configure\s*\(|call_command_line|execute_from_command_line"
)
_STARTS = frozenset(
    ("django.setup", "django.core.asgi.get_asgi_application", "django.core.wsgi.get_wsgi_application")
)
#: commands that need no settings
_COMMAND = re.compile(
    r"(?:^|[\s;&|(])(?P<call>(?:python[\d.]*\s+-m\s+django|django-admin(?:\.py)?)\s+"
    r"(?P<name>(?!startproject\b|startapp\b|makemessages\b|compilemessages\b|help\b|version\b)[a-z][\w-]*)[^;&|\n]*)"
)
_HELP = (
    "set it before Django is started: os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'project.settings'), or export "
    "the variable, or use manage.py"
)


def check(project: Project) -> Iterator[Finding]:
    if not any(
        item.package == "django" for path in project.paths for item in project.resolutions[path].external
    ):
        return
    scripts = _scripts(project)
    if _is_set(project, scripts):
        return
    for path, text in scripts.items():
        yield from _commands(path, text)
    base = base_of(project)
    imported = {edge.target for edge in project.all_edges() if edge.kind != "implicit"}
    for path in project.paths:
        if path in imported or role_of_path(path, base) == "test":
            continue  # whoever imports it may have set it
        yield from _calls(project, path)


def _scripts(project: Project) -> dict[str, str]:
    """Shell scripts, Procfiles and images of the project by path."""
    found: dict[str, str] = {}
    base = base_of(project)
    for path in sorted(project.tree.files):
        name = posixpath.basename(path)
        if base and not path.startswith(base + "/"):
            continue
        if name.endswith((".sh", ".env", ".service")) or name.lower().startswith(
            ("procfile", "dockerfile", ".env", "makefile", "justfile")
        ):
            found[path] = (project.tree.read(path) or b"").decode("utf-8", "replace")
    return found


def _is_set(project: Project, scripts: dict[str, str]) -> bool:
    """Whether the environment of the program sets the variable somewhere."""
    if any("DJANGO_SETTINGS_MODULE" in text for text in scripts.values()):
        return True
    records = records_of(project.tree)
    paths = (
        [item.path for item in records.compose]
        + [item.path for item in records.manifests]
        + [item.path for item in records.settings]
    )
    return any(_VARIABLE in (project.tree.read(path) or b"") for path in paths)


def _commands(path: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.split("\n"), 1):
        code = re.sub(r"(^|\s)#.*$", "", line)
        match = _COMMAND.search(code)
        if match and "--settings" not in match["call"]:
            start = match.start("call") + 1
            yield finding(
                RULE,
                path,
                (number, start, number, start + len(match["call"].rstrip())),
                f"{match['name']} is run without settings: ImproperlyConfigured, DJANGO_SETTINGS_MODULE is not set",
                help=_HELP,
                subject=f"{path}: {match['name']}",
            )


def _calls(project: Project, path: str) -> Iterator[Finding]:
    file = project.evaluator.file(path)
    if file is None:
        return
    for name in ("setup", "get_asgi_application", "get_wsgi_application"):
        for call, scope in file.calls.get(name, ()):
            values = project.evaluator.eval(call.callee, scope)
            if not values or any(value.name not in _STARTS for value in values) or _set_by(project, path):
                continue
            if not _is_run(file, scope):
                continue
            yield finding(
                RULE,
                path,
                project.span(path, call.at),
                "Django is started without settings: ImproperlyConfigured, DJANGO_SETTINGS_MODULE is not set",
                help=_HELP,
                subject=f"{path}: {name}",
            )


def _is_run(file: FileScopes, scope: Scope) -> bool:
    """Whether running the file comes to a scope: what nobody in it calls is run by somebody who may have settings."""
    inner: Scope | None = scope
    while inner is not None:
        if inner.kind == "function" and not (
            inner.function is not None and file.calls.get(inner.function.name)
        ):
            return False
        inner = inner.parent
    return True


def _set_by(project: Project, start: str) -> bool:
    """Whether the file or one it imports chooses the settings."""
    seen, queue = {start}, [start]
    while queue:
        path = queue.pop()
        if _SETS.search(project.tree.read(path) or b""):
            return True
        for edge in project.edges_of(path):
            if edge.target not in seen:
                seen.add(edge.target)
                queue.append(edge.target)
    return False
