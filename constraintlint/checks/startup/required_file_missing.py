"""Something without which the declared backend cannot be set up or started is not in the project."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from constraintlint.checks._anchor import declaration
from constraintlint.discovery import language_of
from constraintlint.findings import Finding, Severity, finding
from constraintlint.project import Project
from constraintlint.project.manifests import base_of, records_of, role_of_path

RULE = "required-file-missing"
_NODE = frozenset(("express", "fastify", "hono", "koa"))
_ENTRIES = frozenset(("__main__.py", "manage.py", "wsgi.py", "asgi.py", "app.py", "main.py", "server.py"))
_NODE_ENTRIES = frozenset(
    f"{stem}.{end}" for stem in ("server", "index", "app", "main") for end in ("js", "ts", "mjs", "cjs")
)


def check(project: Project) -> Iterator[Finding]:
    names = project.config.framework
    languages = {language_of(path) for path in project.paths}
    node = "python" not in languages or any(name in _NODE for name in names)
    if not any(role_of_path(path, base_of(project)) == "runtime" for path in project.paths):
        yield _finding(
            project,
            f"the constraints of a {' and '.join(names) or 'backend'} project are declared, and there is no source file",
            "add the source of the backend, or declare the constraints where it is",
        )
        return
    if names and not _has_manifest(project, node):
        wanted = "package.json" if node else "requirements.txt or pyproject.toml"
        yield _finding(
            project,
            f"no manifest declares {' and '.join(names)}: there is no {wanted}, so a fresh set-up installs nothing",
            f"add {wanted} with every package the source imports",
            "warning",  # it may lie above what is checked
        )
    run = _run_file(project)
    if run and not project.tree.exists(run) and not project.tree.is_ignored(run):
        yield _finding(project, f"the declared start command runs {run}, which is not there", f"add {run}")
    elif names and not _has_start(project):
        yield _finding(
            project,
            "nothing starts this backend: no start script, no image, no Procfile, no start script of a manifest, no entry file",
            "add run.sh (or what your platform starts: a Dockerfile, a Procfile, a start script in package.json)",
            "warning",
        )


def _has_manifest(project: Project, node: bool) -> bool:
    ecosystem = "npm" if node else "pypi"
    base = base_of(project)
    if any(item.ecosystem == ecosystem for item in records_of(project.tree).manifests):
        return True
    names = (
        ("package.json", "deno.json", "deno.jsonc")
        if node
        else ("setup.py", "Pipfile", "environment.yml", "environment.yaml", "uv.lock")
    )
    return any(project.tree.exists(posixpath.join(base, name)) for name in names)


def _run_file(project: Project) -> str:
    """The file that ``[verify] run`` starts, ``""`` where it names a command."""
    verify = project.config.verify
    if verify is None:
        return ""
    first = (verify.run or "./run.sh").split()[0].strip("\"'")
    if first in ("sh", "bash") and verify.run and len(verify.run.split()) > 1:
        first = verify.run.split()[1]
    if not first.startswith("./") and not first.endswith(".sh"):
        return ""
    path = posixpath.normpath(posixpath.join(base_of(project), first))
    return "" if path.startswith(("..", "/")) else path


def _has_start(project: Project) -> bool:
    """Whether anything in the project tells how it is started."""
    verify = project.config.verify
    if project.starts or (verify is not None and verify.run):
        return True
    records = records_of(project.tree)
    if records.dockerfiles or records.compose or any(item.scripts or item.main for item in records.manifests):
        return True
    base = base_of(project)
    for path in (*project.tree.files, *project.tree.assets):
        name = posixpath.basename(path)
        if (
            name in _ENTRIES
            or name in _NODE_ENTRIES
            or name.lower() in ("makefile", "justfile", "procfile", "taskfile.yml")
        ):
            return True
        if name.endswith((".sh", ".service", ".bat", ".ps1")) and (not base or path.startswith(f"{base}/")):
            return True
        if name in (
            "serverless.yml",
            "template.yaml",
            "app.yaml",
            "fly.toml",
            "vercel.json",
            "wrangler.toml",
            "railway.json",
            "render.yaml",
        ):
            return True
    return False


def _finding(project: Project, message: str, help: str, severity: Severity | None = None) -> Finding:
    path, span = declaration(project, "framework")
    return finding(RULE, path, span, message, help=help, subject=message, severity=severity)
