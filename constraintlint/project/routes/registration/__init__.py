"""Carries out the code of a project that registers routes, and keeps what applications and routers were told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec

from constraintlint.project.routes.registration import plugins, uncalled
from constraintlint.project.routes.registration.instances import Event, Instance
from constraintlint.project.routes.registration.machine import Machine, Stopped
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

__all__ = ["Event", "Instance", "Recording", "recording"]

#: packages whose import makes a file one that can register
FRAMEWORKS = frozenset(
    ("express", "express-promise-router", "fastify", "fastify-plugin", "hono", "@hono/zod-openapi", "koa", "@koa/router",
     "koa-router", "koa-mount", "koa-route", "koa-compose")
)  # fmt: skip


class Recording(msgspec.Struct, eq=False):
    """``instances`` in the order they were made. ``stopped``: the code was too long to be carried out to its end."""

    instances: list[Instance]
    stopped: bool


_known: WeakKeyDictionary[Project, Recording] = WeakKeyDictionary()


def recording(project: Project) -> Recording:
    """What the applications and routers of the checked root are told; found once."""
    found = _known.get(project)
    if found is None:
        found = _known[project] = _record(project)
    return found


def _record(project: Project) -> Recording:
    framework = {
        path
        for path, resolution in project.resolutions.items()
        if not path.endswith((".py", ".pyi"))
        and any(item.package in FRAMEWORKS and item.kind != "type-only" for item in resolution.external)
    }
    reaching, imported = _reaching(project, framework)
    machine = Machine(project, frozenset(reaching))
    files = sorted(
        (path for path in reaching if not is_test(path)), key=lambda path: (path in imported, path)
    )
    for path in files:
        _attempt(machine, partial(machine.modules.load, path))
        if machine.stopped:
            break
    _settle(machine)
    for path in _users_first(project, [path for path in files if path in framework], reaching):
        if not machine.stopped:
            _attempt(machine, partial(uncalled.run, machine, path))
    _settle(machine)
    return Recording(machine.instances, machine.stopped)


def _attempt(machine: Machine, action: Callable[[], object]) -> None:
    try:
        action()
    except (Stopped, RecursionError):
        machine.stopped = True


def _settle(machine: Machine) -> None:
    for instance in list(machine.instances):
        if instance.kind == "fastify":
            _attempt(machine, partial(plugins.load, machine, instance))


def _reaching(project: Project, framework: set[str]) -> tuple[set[str], set[str]]:
    """The files that import a framework's file at run time, however far; those among them that another one imports."""
    importers: dict[str, list[str]] = {}
    for edge in project.all_edges() if framework else ():
        if edge.kind != "type-only" and not edge.erased:
            importers.setdefault(edge.target, []).append(edge.source)
    found = set(framework)
    queue = list(framework)
    while queue:
        for path in importers.get(queue.pop(), ()):
            if path not in found and not is_test(path):
                found.add(path)
                queue.append(path)
    return found, {
        path
        for path in found
        if any(source in found and source != path for source in importers.get(path, ()))
    }


def _users_first(project: Project, paths: list[str], reaching: set[str]) -> list[str]:
    """Files that load others of them come first: what they call has then been carried out with what they give."""
    wanted = set(paths)
    loaded: dict[str, int] = {}
    for path in paths:
        seen = {path}
        queue = [path]
        for current in queue:
            for edge in project.edges_of(current):
                if edge.kind != "type-only" and edge.target in reaching and edge.target not in seen:
                    seen.add(edge.target)
                    queue.append(edge.target)
        loaded[path] = len(seen & wanted)
    return sorted(paths, key=lambda path: (-loaded[path], path))
