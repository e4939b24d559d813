"""Fastify's plugins while registering code is carried out: when they run, and on which instance.

``register`` only notes a plugin; it runs once the function that registered it is done, or at the next ``await``. A
plugin works on an instance of its own that inherits what its parent had at that time, unless ``fastify-plugin``
wraps it. Fastify 4 and 5.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from constraintlint.project.routes.registration.instances import Event, Instance
from constraintlint.project.routes.registration.values import (
    Array,
    Closure,
    FilePath,
    Library,
    Made,
    Module,
    Object,
    Partial,
    Pattern,
    Undefined,
    Unknown,
    options,
)

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.machine import Machine
    from constraintlint.project.routes.registration.values import Value

_WRAPPERS = re.compile(r"fastify-plugin(?:#\w+)?")
_AUTOLOAD = re.compile(r"(?:@fastify/autoload|fastify-autoload)(?:#\w+)?")
_SKIP = "@@skip-override"
#: plugins known to add no route
_QUIET = re.compile(
    r"@fastify/(?!static|swagger-ui|autoload|http-proxy|reply-from|express|middie|multipart-static|vite|nextjs|oauth2|early-hints)[\w-]+"
    r"|fastify-(?:cors|helmet|jwt|cookie|swagger|sensible|auth|bcrypt|env|postgres|metrics|healthcheck|graceful-shutdown"
    r"|mongodb|formbody|multipart|rate-limit|compress|redis|session|csrf|websocket|type-provider-zod|zod|raw-body|socket\.io"
    r"|typeorm-plugin|knexjs|sequelize)"
)
_SCRIPT = re.compile(r"\.(?:[cm]?js|[cm]?ts)$")
_MAX_DEPTH = 12


def load(machine: Machine, instance: Instance, depth: int = 0) -> None:
    """Runs the plugins that wait at an instance."""
    while instance.pending:
        event, _ = instance.pending.pop(0)
        if depth > _MAX_DEPTH:
            continue
        machine.branches += event.site.conditional
        for plugin in options(event.args[0]) if event.args else []:
            given = event.args[1] if len(event.args) > 1 else Undefined()
            _register(machine, instance, event, plugin, given, depth)
        machine.branches -= event.site.conditional


def _register(
    machine: Machine, instance: Instance, event: Event, plugin: Value, given: Value, depth: int
) -> None:
    shared = False
    for _ in range(4):
        if isinstance(plugin, Made) and _WRAPPERS.fullmatch(plugin.name) and plugin.args:
            settings = plugin.args[1] if len(plugin.args) > 1 else Undefined()
            shared = not (isinstance(settings, Object) and settings.properties.get("encapsulate") is True)
            plugin = plugin.args[0]
        elif isinstance(plugin, Module):
            found = machine.modules.exported(plugin.path, "default")
            plugin = machine.modules.whole(plugin.path) if isinstance(found, (Undefined, Unknown)) else found
            if isinstance(plugin, Module):
                break
        elif isinstance(plugin, Object) and "default" in plugin.properties:
            plugin = plugin.properties["default"]
        else:
            break
    if isinstance(plugin, Closure):
        shared = shared or plugin.properties.get(_SKIP) is True
        _run(machine, instance, event, plugin, given, shared, depth)
    elif isinstance(plugin, (Library, Made)):
        _library(machine, instance, event, plugin.name, given, depth)
    elif not (isinstance(plugin, Unknown) and plugin.inert):
        instance.events.append(Event("unknown", [prefix_of(given)], event.site))


def _run(
    machine: Machine,
    instance: Instance,
    event: Event,
    plugin: Closure,
    given: Value,
    shared: bool,
    depth: int,
) -> None:
    inner = instance
    if not shared:
        inner = Instance("fastify", False, [], event.site, parent=instance, prefix=prefix_of(given))
        inner.seen = len(instance.events)
        instance.events.append(Event("register", event.args, event.site, child=inner))
    machine.call_function(plugin, [inner, given, Library("done")])
    load(machine, inner, depth + 1)


def prefix_of(given: Value) -> Value:
    """The ``prefix`` among the options of a registration; options may be a function of the parent."""
    if isinstance(given, Object):
        found = given.properties.get("prefix", "")
        if isinstance(found, Undefined) or found is None:
            return ""
        return (
            Unknown("the prefix may be among options that are not known")
            if found == "" and given.open
            else found
        )
    return "" if isinstance(given, Undefined) or given is None else Unknown("the options are not known")


def _library(machine: Machine, instance: Instance, event: Event, name: str, given: Value, depth: int) -> None:
    if _AUTOLOAD.fullmatch(name):
        _autoload(machine, instance, event, given, depth)
        return
    package = name.partition("#")[0]
    if package.startswith("@fastify/static") or package == "fastify-static":
        instance.events.append(Event("static", [given], event.site))
    elif not _QUIET.match(package):
        instance.events.append(Event("unknown", [prefix_of(given), package], event.site))


# --- @fastify/autoload ------------------------------------------------------------------------------------------


def _autoload(machine: Machine, instance: Instance, event: Event, given: Value, depth: int) -> None:
    """Every module below ``dir`` that exports a function, below the names of its directories."""
    settings = given.properties if isinstance(given, Object) else {}
    directory = settings.get("dir")
    inner = settings.get("options")
    if not isinstance(directory, FilePath) or (isinstance(given, Object) and given.open):
        prefix = prefix_of(inner) if isinstance(inner, Object) else ""
        instance.events.append(
            Event("unknown", [prefix, "the directory of plugins is not known"], event.site)
        )
        return
    prefix = prefix_of(inner) if inner is not None else ""
    _folder(machine, instance, event, posixpath.normpath(directory.path), prefix, settings, depth, 0)


def _folder(
    machine: Machine,
    instance: Instance,
    event: Event,
    folder: str,
    prefix: Value,
    settings: dict[str, Value],
    depth: int,
    level: int,
) -> None:
    tree = machine.project.tree
    names = sorted(tree.names(folder))
    ignored = settings.get("ignorePattern")
    files = [
        name
        for name in names
        if _SCRIPT.search(name) and not name.endswith(".d.ts") and tree.is_file(f"{folder}/{name}")
        and not re.search(r"\.(?:test|spec)\.", name)
        and not (isinstance(ignored, Pattern) and _matches(ignored.source, f"{folder}/{name}"))
    ]  # fmt: skip
    index = [name for name in files if name.partition(".")[0] == "index"]
    chosen = index or files
    autohooks = [name for name in files if re.match(r"[_.]?autohooks\.", name)]
    chosen = [name for name in chosen if name not in autohooks]
    if settings.get("autoHooks") is True:
        for name in autohooks:
            _file(machine, instance, event, f"{folder}/{name}", "", settings, depth, shared=True)
    for name in chosen:
        _file(machine, instance, event, f"{folder}/{name}", prefix, settings, depth)
    if level and index and settings.get("maxDepth") == 0:
        return
    limit = settings.get("maxDepth")
    if isinstance(limit, int) and level >= limit:
        return
    for name in names:
        below = f"{folder}/{name}"
        if tree.is_directory(below) and name not in ("node_modules", "test", "tests"):
            _folder(
                machine, instance, event, below, _below(prefix, name, settings), settings, depth, level + 1
            )


def _matches(source: str, path: str) -> bool:
    try:
        return re.search(source, path) is not None
    except re.error:
        return False


def _below(prefix: Value, name: str, settings: dict[str, Value]) -> Value:
    if settings.get("dirNameRoutePrefix") is False:
        return prefix
    if name.startswith("_"):
        name = f":{name[1:]}" if settings.get("routeParams") is True else name
    if isinstance(prefix, str):
        return f"{prefix.rstrip('/')}/{name}"
    return prefix if isinstance(prefix, Partial) else Unknown("the prefix is not known")


def _file(
    machine: Machine,
    instance: Instance,
    event: Event,
    path: str,
    prefix: Value,
    settings: dict[str, Value],
    depth: int,
    shared: bool = False,
) -> None:
    plugin = machine.modules.exported(path, "default")
    whole = machine.modules.whole(path) if isinstance(plugin, (Undefined, Unknown)) else plugin
    own = machine.modules.exported(path, "autoPrefix")
    override = machine.modules.exported(path, "prefixOverride")
    for found in (own, override):
        if isinstance(found, str):
            prefix = (
                found
                if found is override
                else f"{prefix}/{found.strip('/')}"
                if isinstance(prefix, str)
                else prefix
            )
    given = settings.get("options")
    merged = dict(given.properties) if isinstance(given, Object) else {}
    merged["prefix"] = prefix
    value = whole if not isinstance(whole, Array) else Unknown("a list")
    if shared and isinstance(value, Closure):
        machine.call_function(value, [instance, Object(merged), Library("done")])
        load(machine, instance, depth + 1)
        return
    _register(machine, instance, event, value, Object(merged), depth + 1)
