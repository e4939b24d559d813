"""The API's description has a path without a trailing slash that Django only answers with one."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator

from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.routes.records import Route

RULE = "django-append-slash-api"
_FILE = re.compile(r"(?:openapi|swagger)(?:[-_.][\w.-]*)?\.(?:ya?ml|json)", re.I)
_METHODS = ("get", "post", "put", "patch", "delete")
_MAX_FILE = 4 * 1024 * 1024


def check(project: Project) -> Iterator[Finding]:
    django = project.django
    if not django.in_use or not django.settings.files:
        return
    append = django.settings.constants("APPEND_SLASH", True)
    if append is None or append == {False}:
        redirects = False
        if append is None:
            return
    else:
        redirects = True
    found = _described(project)
    if found is None:
        return
    path, described = found
    routes: dict[str, dict[str, Route]] = {}
    for route in project.routes.routes:
        if route.framework == "django" and not route.automatic:
            routes.setdefault(_canonical(route.path), {})[route.method] = route
    middleware = django.settings.list("MIDDLEWARE")
    if redirects and middleware.complete and "django.middleware.common.CommonMiddleware" not in middleware:
        redirects = False
    for template, methods, line in described:
        yield from _judge(project, path, template, methods, line, routes, redirects)


def _judge(
    project: Project,
    path: str,
    template: str,
    methods: list[str],
    line: int,
    routes: dict[str, dict[str, Route]],
    redirects: bool,
) -> Iterator[Finding]:
    plain = _canonical(template)
    if plain.endswith("/") or plain in routes:
        return
    slashed = routes.get(plain + "/")
    if slashed is None:
        return
    route = slashed[sorted(slashed)[0]]
    if route.strict_slash is False or route.conditional:
        return
    writing = [method.upper() for method in methods if method != "get"]
    if redirects and not writing:
        return  # a GET is redirected and works
    what = (
        "is answered with 301 and its body is lost (RuntimeError where DEBUG is on)"
        if redirects
        else "is answered with 404"
    )
    shown = ", ".join(writing or ["GET"]) if redirects else ", ".join(method.upper() for method in methods)
    yield finding(
        RULE,
        route.place.path,
        route.place.span,
        f"{shown} {template} {what}: the route ends in a slash, the path of the description does not",
        help="write the route without the slash (DefaultRouter(trailing_slash=False)), or re_path with an optional one",
        trace=[Step(path, line, 1, f"{template} is described here")],
        subject=f"{path}: {template}",
    )


def _canonical(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _described(project: Project) -> tuple[str, list[tuple[str, list[str], int]]] | None:
    """(file, [(path with the server's base path, methods, line)]) of the OpenAPI description; None where there is none."""
    config = project.config
    declared = posixpath.normpath(posixpath.join(config.directory, config.openapi)) if config.openapi else ""
    if declared and project.tree.is_file(declared):
        candidates = [declared]
    else:
        candidates = [
            path
            for path in sorted(project.tree.files)
            if _FILE.fullmatch(posixpath.basename(path)) and path.count("/") < 3
        ]
    if len(candidates) != 1:
        return None
    data = project.tree.read(candidates[0])
    if data is None or len(data) > _MAX_FILE:
        return None
    document = _load(candidates[0], data)
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(paths, dict):
        return None
    bases = _bases(document)
    if len(bases) != 1:
        return None
    text = data.decode("utf-8", "replace")
    found = []
    for template, item in paths.items():
        if isinstance(template, str) and isinstance(item, dict):
            methods = [method for method in _METHODS if method in item]
            if methods:
                found.append((bases[0] + template, methods, _line(text, template)))
    return candidates[0], found


def _load(path: str, data: bytes) -> object:
    try:
        if path.endswith(".json"):
            return json.loads(data)
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return yaml.load(data, loader)
    except (ValueError, yaml_error(), RecursionError):
        return None


def yaml_error() -> type[Exception]:
    import yaml

    return yaml.YAMLError


def _bases(document: dict[object, object]) -> list[str]:
    """The paths of the servers; ``[""]`` where none is named."""
    base = document.get("basePath")
    if isinstance(base, str):
        return [base.rstrip("/")]
    servers = document.get("servers")
    found = []
    for server in servers if isinstance(servers, list) else []:
        url = server.get("url") if isinstance(server, dict) else None
        if isinstance(url, str):
            found.append(re.sub(r"^(?:\w+:)?//[^/]*", "", url).rstrip("/"))
    return sorted(set(found)) or [""]


def _line(text: str, template: str) -> int:
    match = re.search(rf"^\s*[\"']?{re.escape(template)}[\"']?\s*:", text, re.M)
    return text.count("\n", 0, match.start()) + 1 + match.group().count("\n") if match else 1
