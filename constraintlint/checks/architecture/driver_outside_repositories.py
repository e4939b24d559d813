"""A database driver, an ORM session or a raw connection is used outside the layer that holds the queries."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.facts.code import Assign, At, Call, Expr, Function, Member, Name, Node, Param, children
from constraintlint.facts.source import Import
from constraintlint.findings import Finding, Step, finding
from constraintlint.libraries import Libraries, libraries
from constraintlint.project import Project
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.graph import External
from constraintlint.project.sql_sites import SqlSite

RULE = "driver-outside-repositories"

#: steps for the receiver of one call: every call of a layer is asked, and a handle is never far from where it is used
_STEPS = 400

#: kinds of handles whose use is data access; models, queries and repositories of an ORM are the layers' own business
_KINDS = frozenset({"connection", "cursor", "session", "engine", "pool", "client"})
#: methods that open, close or watch a handle without asking it for data
_LIFECYCLE = frozenset(
    [
        "close",
        "aclose",
        "dispose",
        "end",
        "release",
        "destroy",
        "disconnect",
        "connect",
        "is_connected",
        "ping",
        "on",
        "once",
        "off",
        "emit",
        "init_app",
        "create_all",
        "drop_all",
        "sync",
        "authenticate",
        "initialize",
        "get_bind",
        "expunge",
        "expunge_all",
        "remove",
        "$connect",
        "$disconnect",
        "$on",
        "$use",
        "$extends",
        "setMaxListeners",
        "unref",
        "ref",
        "terminate",
        "wait_closed",
        "putconn",
        "close_all",
        "configure",
    ]
)


class Use(msgspec.Struct, gc=False):
    """One call that asks a handle for data. ``origin`` is where the handle comes from."""

    at: At
    scope: Scope
    handle: str
    method: str
    receiver: str
    origin: tuple[str, At] | None = None
    root: object = None
    """the handle it was taken from in the end: a cursor belongs to its connection"""


def check(project: Project) -> Iterator[Finding]:
    layers = project.layers
    homes = " and ".join(layers.driver_layers)
    for path in project.paths:
        layer = layers.layer_of(path)
        if layer is None or layer in layers.driver_layers or layer == "models":
            continue
        yield from _imports(project, path, layer, homes)
        file = project.evaluator.file(path)
        if file is not None:
            yield from _uses(project, file, layer, homes)


# --- imports ----------------------------------------------------------------------------------------------------


def _imports(project: Project, path: str, layer: str, homes: str) -> Iterator[Finding]:
    known = libraries("python" if is_python(path) else "javascript")
    seen: set[tuple[int, str]] = set()
    for item in project.resolutions[path].external:
        library = known.package_library(item.module)
        if library is None or library.role != "driver" or item.kind == "type-only":
            continue
        if (item.line, item.module) in seen or _only_in_annotations(project, path, item):
            continue
        seen.add((item.line, item.module))
        yield finding(
            RULE,
            path,
            (item.line, item.column, item.end_line, item.end_column),
            f"{layer} imports the database driver {item.module}; only {homes} talk to the database",
            help=f"move the queries into {homes} and call them from {layer}",
            subject=f"{path} -> {item.module}",
        )


def _only_in_annotations(project: Project, path: str, item: External) -> bool:
    """Whether a Python import only names types, as far as the file is known: handing a connection on is no use."""
    facts = project.facts(path)
    if facts is None or not is_python(path):
        return False
    names = {local for imported in facts.imports if _same(imported, item) for local in _locals(imported)}
    code = project.code(path)
    return code is None or not any(name in names for name in names_read(list(code.body)))


def _same(imported: Import, item: External) -> bool:
    return imported.specifier == item.module and imported.span[0] <= item.line <= imported.span[2]


def _locals(imported: Import) -> list[str]:
    return [name for name in (imported.local, *(taken.local for taken in imported.names)) if name]


def names_read(nodes: list[Node]) -> Iterator[str]:
    """The names that stand outside annotations."""
    stack = nodes
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            yield node.id
            continue
        stack.extend(children(node))
        annotation = node.annotation if isinstance(node, (Param, Assign)) else None
        if isinstance(node, Function):
            annotation = node.returns
        if annotation is not None:
            stack = [kept for kept in stack if kept is not annotation]


# --- calls ------------------------------------------------------------------------------------------------------


def _uses(project: Project, file: FileScopes, layer: str, homes: str) -> Iterator[Finding]:
    """One finding for each handle a function uses, at its first use."""
    known = libraries("python" if file.python else "javascript")
    groups: dict[tuple[int, object], list[Use]] = {}
    places = sorted(_places(project, file, known), key=lambda use: (use.at[1], -use.at[0]))
    for use in sorted(_outside_chains(places), key=lambda use: use.at):
        groups.setdefault((id(_function(use.scope)), use.root or use.receiver or use.handle), []).append(use)
    for uses in groups.values():
        first = uses[0]
        calls = ", ".join(dict.fromkeys(use.method for use in uses if use.method))
        written = f"{first.receiver}.{calls}" if first.receiver and calls else first.receiver or calls
        yield finding(
            RULE,
            file.path,
            project.evaluator.span(file.path, first.at),
            f"{layer} uses {_described(known, first.handle)}{f': {written}' if written else ''}; "
            f"only {homes} talk to the database",
            help=f"move the query into {homes}; a connection or session may be handed on to it",
            trace=_origin(project, file, first),
            subject=f"{file.path}: {first.handle} {first.receiver}",
        )


def _places(project: Project, file: FileScopes, known: Libraries) -> Iterator[Use]:
    seen: set[At] = set()
    for calls in file.calls.values():
        for call, scope in calls:
            use = _use_of(project, call, scope, known)
            if use is not None:
                seen.add(use.at)
                yield use
    for site in project.sql_sites:
        if site.path == file.path:
            use = _use_of_site(site, known)
            if use is not None and use.at not in seen:
                seen.add(use.at)
                yield use


def _use_of(project: Project, call: Call, scope: Scope, known: Libraries) -> Use | None:
    """A call of a method of a handle."""
    callee = call.callee
    if not isinstance(callee, Member) or callee.name in _LIFECYCLE:
        return None
    ev = project.evaluator
    for value in ev.eval_within(callee, scope, _STEPS):
        for item in concrete(ev, value):
            base = _handle(item, known)
            if base is not None:
                root = base
                while root.base is not None and root.base.kind == "handle":
                    root = root.base
                place = (root.path, root.at)
                return Use(callee.at, scope, base.name, callee.name, _written(callee.object), place, place)
    return None


def _outside_chains(uses: list[Use]) -> list[Use]:
    """Without the later calls of a chain: ``db.execute(...).fetchone()`` is one use."""
    kept: list[Use] = []
    for use in uses:
        if not any(use.at[0] <= other.at[0] and other.at[1] < use.at[1] for other in kept):
            kept.append(use)
    return kept


def _handle(value: Value, known: Libraries) -> Value | None:
    """The handle whose method a value is."""
    base = value.base
    if value.kind != "library" or base is None or base.kind != "handle":
        return None
    return base if base.name in known.types and known.types[base.name].kind in _KINDS else None


def _use_of_site(site: SqlSite, known: Libraries) -> Use | None:
    """SQL that goes through a template, a function of the library or a helper of the project."""
    if site.kind not in ("raw", "tagged"):
        return None
    handle = next(iter(site.receivers), "")
    if handle and not site.via and known.types[handle].kind not in _KINDS:
        return None
    node = site.node
    target = node.callee if isinstance(node, Call) else node.tag
    if target is None:
        return None
    origin = site.via[-1] if site.via else None
    return Use(target.at, site.scope, "" if site.via else handle, "", _written(target), origin)


def _described(known: Libraries, handle: str) -> str:
    if not handle:
        return "raw SQL"
    name = handle.replace("#", ".").rsplit(".", 1)[-1]
    library = known.library_of(handle)
    kind = known.types[handle].kind if handle in known.types else "handle"
    article = "an" if kind == "engine" else "a"
    return f"{article} {kind} of {library.name} ({name})" if library is not None else name


def _origin(project: Project, file: FileScopes, use: Use) -> list[Step]:
    """Where the handle comes from, unless it is in the call itself."""
    if use.origin is None:
        return []
    path, at = use.origin
    if at == (0, 0) or (path == file.path and use.at[0] <= at[0] <= use.at[1]):
        return []
    line, column, end_line, end_column = project.evaluator.span(path, at)
    message = (
        "the SQL reaches the database here" if not use.handle else f"the {_last(use.handle)} comes from here"
    )
    return [Step(path, line, column, message, end_line, end_column)]


def _last(handle: str) -> str:
    return handle.replace("#", ".").rsplit(".", 1)[-1]


def _function(scope: Scope) -> object:
    current: Scope | None = scope
    while current is not None and current.kind != "function":
        current = current.parent
    return current


def _written(expr: Expr) -> str:
    """A receiver as the code writes it, for names and members."""
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        inner = _written(expr.object)
        return f"{inner}.{expr.name}" if inner else expr.name
    if isinstance(expr, Call):
        inner = _written(expr.callee)
        return f"{inner}()" if inner else ""
    return ""
