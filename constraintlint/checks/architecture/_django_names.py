"""Dotted names in the settings and URL modules of Django that mean a module, or a name of one, of the project.

Django imports them as an import statement does (``django.utils.module_loading.import_string``, ``django.urls.include``,
``django.apps.AppConfig.create``; Django 5.2), so that one which leads nowhere stops the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import msgspec

from constraintlint.facts.code import Assign, Expr, Sequence, Text
from constraintlint.project import Project
from constraintlint.project.flow.scopes import key_of
from constraintlint.roles import is_test

_LISTS = frozenset(("INSTALLED_APPS", "MIDDLEWARE"))
_SINGLE = frozenset(("ROOT_URLCONF", "WSGI_APPLICATION", "ASGI_APPLICATION"))


class Broken(msgspec.Struct, frozen=True):
    """``text`` (a dotted name) leads nowhere: ``module`` is there, or is not (``name`` is empty)."""

    path: str
    expr: Text
    text: str
    module: str
    name: str = ""
    near: str = ""


def broken(project: Project) -> Iterator[Broken]:
    for path in project.paths:
        base = path.rpartition("/")[2]
        settings = base.startswith("settings") or "/settings/" in f"/{path}"
        if not path.endswith(".py") or is_test(path) or not (settings or base == "urls.py"):
            continue
        if not any(item.package == "django" for item in project.resolutions[path].external) and not settings:
            continue
        for text in _texts(project, path, settings):
            found = _look(project, path, text)
            if found is not None:
                yield found


def _texts(project: Project, path: str, settings: bool) -> Iterator[Text]:
    file = project.evaluator.file(path) if project.is_deep(path) else None
    if file is None:
        return
    if settings:
        for stmt in file.code.body:
            if not isinstance(stmt, Assign) or stmt.value is None:
                continue
            names = {getattr(target, "id", "") for target in stmt.targets}
            if names & _SINGLE and isinstance(stmt.value, Text):
                yield stmt.value
            elif names & _LISTS and isinstance(stmt.value, Sequence):
                yield from (item for item in stmt.value.items if isinstance(item, Text))
    for call, _ in file.calls.get("include", ()):
        first: Expr | None = call.args[0].value if call.args and not call.args[0].name else None
        if isinstance(first, Sequence) and first.items:
            first = first.items[0]
        if isinstance(first, Text):
            yield first


def _look(project: Project, path: str, expr: Text) -> Broken | None:
    text = key_of(expr)
    parts = text.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    tree = project.tree
    roots = _roots(path)
    known = [
        root
        for root in roots
        if tree.is_file(f"{root}{parts[0]}.py")
        or any(name.endswith(".py") for name in tree.names(root + parts[0]))
    ]
    if not known:
        return None
    problem: Broken | None = None
    for root in known:
        found = _in_root(project, root, parts, path, expr, text)
        if found is None:
            return None
        problem = problem or found
    return problem


def _roots(path: str) -> list[str]:
    """The directories above a file that may be on the module search path; each ends in a slash, or is empty."""
    names = path.split("/")[:-1]
    return ["/".join(names[:count]) + "/" if count else "" for count in range(len(names) + 1)]


def _in_root(
    project: Project, root: str, parts: list[str], path: str, expr: Text, text: str
) -> Broken | None:
    tree = project.tree
    here = root + parts[0]
    for index, part in enumerate(parts):
        if index:
            if tree.is_file(f"{here}.py"):
                return _in_module(project, f"{here}.py", parts[index:], path, expr, text)
            inner = f"{here}/{part}"
            if not tree.is_directory(inner) and not tree.is_file(f"{inner}.py"):
                if tree.is_file(f"{here}/__init__.py"):
                    return _in_module(project, f"{here}/__init__.py", parts[index:], path, expr, text)
                return Broken(path, expr, text, ".".join(parts[: index + 1]))
            here = inner
    if tree.is_file(f"{here}.py") or tree.is_directory(here) or tree.is_ignored(f"{here}.py"):
        return None
    return Broken(path, expr, text, text)


def _in_module(
    project: Project, module: str, rest: list[str], path: str, expr: Text, text: str
) -> Broken | None:
    facts = project.facts(module)
    if facts is None or facts.dynamic_names or project.has_problems(module) or module == path:
        return None
    bound = {item.name for item in facts.bindings}
    for item in facts.imports:
        bound.update(taken.local for taken in item.names)
        bound.add(item.local.split(".")[0])
    if rest[0] in bound or any(taken.name == "*" for item in facts.imports for taken in item.names):
        return None
    dotted = text[: -len(".".join(rest)) - 1]
    if module.endswith("/__init__.py") and not facts.bindings and not facts.imports:
        return Broken(path, expr, text, f"{dotted}.{rest[0]}")
    near = (get_close_matches(rest[0], sorted(bound - {""}), 1) or [""])[0]
    return Broken(path, expr, text, dotted, rest[0], near)
