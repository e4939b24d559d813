"""An operation of the contract has no route, or a router with routes is mounted nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.facts.code import Arg, Entry, Name, Sequence, Stmt, walk
from constraintlint.facts.contract import Spot
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.contract_match import Match
from constraintlint.project.contract_paths import shape_of
from constraintlint.project.routes import READERS
from constraintlint.project.routes.records import Route, Unmounted
from constraintlint.roles import is_development, is_test

RULE = "spec-endpoint-missing"
_PACKAGES = frozenset().union(*READERS.values())
#: first words of a prefix that nobody means to write twice
_DOUBLED = frozenset(("api", "v1", "v2", "v3", "rest"))


def check(project: Project) -> Iterator[Finding]:
    yield from _unreadable(project)
    if not uses(project, _PACKAGES):
        return
    named: set[object] = set()
    yield from _operations(project, named)
    yield from _unmounted(project, named)
    if not named:
        yield from _doubled(project)


def _unreadable(project: Project) -> Iterator[Finding]:
    """A description without a single operation promises nothing: nobody means that."""
    contract = project.contract
    if contract is None or contract.operations:
        return
    mistake = contract.mistakes[0] if contract.mistakes else None
    place = mistake.place if mistake is not None else Spot(contract.path, 1, 1)
    yield finding(
        RULE,
        place.path,
        place.span,
        mistake.message if mistake is not None else "the description has no operations",
        help="correct the description, or take openapi out of the configuration",
        subject="no operations",
    )


# --- with a contract --------------------------------------------------------------------------------------------------


def _operations(project: Project, named: set[object]) -> Iterator[Finding]:
    matches = project.contract_matches
    contract = project.contract
    if matches is None or contract is None:
        return
    if matches.prefix and any(contract.bases):
        spot = Spot(contract.path, 1, 1)
        yield finding(
            RULE, spot.path, spot.span,
            f"the operations are served below {matches.prefix}, where no server of the description is "
            f"({', '.join(base or '/' for base in contract.bases)})",
            help="serve them below the path of the servers, or name the path in servers",
            subject=f"servers {matches.prefix}", severity="warning",
        )  # fmt: skip
    for item in matches.matches:
        if item.outcome == "missing":
            yield _missing(project, item, named)


def _missing(project: Project, item: Match, named: set[object]) -> Finding:
    operation = item.operation
    trace: list[Step] = []
    why = ""
    if item.taken_by is not None:
        route = item.taken_by
        why = f"; its requests go to {route.method} {route.path}"
        trace.append(
            Step(route.place.path, *route.place.span[:2], f"{route.path} takes them for a parameter")
        )
    near = _near(project, item)
    if near is not None:
        place, said = near
        named.add((place.path, place.line))
        why = why or f"; {said}"
        trace.append(place)
    return finding(
        RULE,
        operation.place.path,
        operation.place.span,
        f"{operation.method} {item.path} is described here, and no route answers it{why}",
        help="add the route, mount its router, or correct the prefix",
        trace=trace,
        subject=f"{operation.method} {operation.path}",
    )


def _near(project: Project, item: Match) -> tuple[Step, str] | None:
    """A route of the same name somewhere else: under another prefix, or in a router that is mounted nowhere."""
    operation = item.operation
    wanted = shape_of(operation.path).parts
    last = next((part.value for part in reversed(wanted) if part.kind == "static"), "")
    for unmounted in project.routes.unmounted:
        for route in unmounted.routes:
            if route.method in (operation.method, "*") and _ends_alike(route, last, len(wanted)):
                place = unmounted.place
                said = f"{unmounted.name} has {route.method} {route.path}, and is mounted nowhere"
                return Step(place.path, *place.span[:2], said), said
    for route in project.routes.routes:
        if route.automatic or route.method != operation.method or is_test(route.place.path):
            continue
        statics = [part.value for part in route.segments if part.kind == "static" and part.value]
        if (
            last
            and statics
            and statics[-1] == last
            and shape_of(route.path).parts[-1:]
            and _same_tail(route, operation.path)
        ):
            said = f"{route.method} {route.path} is a route"
            return Step(route.place.path, *route.place.span[:2], said), said
    return None


def _ends_alike(route: Route, last: str, length: int) -> bool:
    statics = [part.value for part in route.segments if part.kind == "static" and part.value]
    return (bool(statics) and statics[-1] == last) or (not statics and length <= len(route.segments) + 1)


def _same_tail(route: Route, path: str) -> bool:
    own, wanted = shape_of(route.path).parts, shape_of(path).parts
    return own[-1].kind == wanted[-1].kind if own and wanted else False


# --- without one ------------------------------------------------------------------------------------------------------


def _unmounted(project: Project, named: set[object]) -> Iterator[Finding]:
    """Routers with routes that no application mounts, where there is an application and all of it is known."""
    table = project.routes
    served = set(project.paths)
    running = {route.framework for route in table.routes if not is_test(route.place.path)}
    if any(not is_test(item.place.path) for item in table.unknown):
        return
    for item in table.unmounted:
        path = item.place.path
        if (path, item.place.span[0]) in named:
            continue  # the operations it should answer have been reported
        if (
            item.framework not in running
            or path not in served
            or is_test(path)
            or is_development(path)
            or not item.routes
            or _is_handed_on(project, path, item.place.span[0])
        ):
            continue
        shown = ", ".join(
            sorted({f"{route.method} {route.path}" for route in item.routes if not route.automatic})[:3]
        )
        yield finding(
            RULE,
            path,
            item.place.span,
            f"{item.name} has routes ({shown}), and no application mounts it: they are all answered with 404",
            help=_HOW.get(item.framework, "mount it where the application is put together"),
            trace=_application(project, item),
            subject=f"{item.name} is not mounted",
            severity="warning",
        )


def _is_handed_on(project: Project, path: str, line: int) -> bool:
    """Whether another file takes the router and hands it to a call, or keeps it in a list: what becomes of it there was not followed."""
    file = project.evaluator.file(path)
    if file is None:
        return True
    made = {
        name
        for name, variables in file.module.names.items()
        for variable in variables
        for bind in variable.binds
        if project.span(path, bind.at)[0] == line
    }
    for source in sorted(project.resolutions):
        lines = {
            edge.line for edge in project.resolutions[source].edges if path in (edge.target, edge.origin)
        }
        if source == path or not lines or is_test(source):
            continue
        facts, other = project.facts(source), project.evaluator.file(source)
        if facts is None:
            continue
        python = source.endswith(".py")
        taken = {
            local
            for imported in facts.imports
            if imported.span[0] <= max(lines) and min(lines) <= imported.span[2]
            for name, local in (*((item.name, item.local) for item in imported.names), ("", imported.local))
            if local and (not python or name in made)
        }
        if taken and (other is None or not project.is_deep(source) or _hands_on(other.code.body, taken)):
            return True
    return False


def _hands_on(body: list[Stmt], names: set[str]) -> bool:
    """Whether one of some names is an argument, or an item of a list or mapping."""
    for node in walk(body):
        if isinstance(node, (Arg, Entry)):
            items = [node.value]
        elif isinstance(node, Sequence):
            items = node.items
        else:
            continue
        if any(isinstance(item, Name) and item.id in names for item in items):
            return True
    return False


_HOW = {
    "flask": "app.register_blueprint(...) where the application is made, or remove it",
    "fastapi": "app.include_router(...) where the application is made, or remove it",
    "django": "include(...) it in the URLs that ROOT_URLCONF names, or remove it",
    "aiohttp": "app.add_routes(...) or app.add_subapp(...) where the application is made, or remove it",
    "express": "app.use(path, router) where the application is made, or remove it",
    "fastify": "app.register(plugin) where the application is made, or remove it",
    "hono": "app.route(path, router) where the application is made, or remove it",
    "koa": "app.use(router.routes()) where the application is made, or remove it",
}


def _application(project: Project, item: Unmounted) -> list[Step]:
    for route in project.routes.routes:
        if route.framework == item.framework and ":" in route.application and not is_test(route.place.path):
            path, _, line = route.application.rpartition(":")
            if line.isdigit():
                return [Step(path, int(line), 1, "the application is made here")]
    return []


def _doubled(project: Project) -> Iterator[Finding]:
    """``/api/api/users``: a prefix that the mount gives and the router has as well."""
    served = set(project.paths)
    seen: set[object] = set()
    for route in project.routes.routes:
        words = [part.value for part in route.segments if part.kind == "static"]
        if (
            route.automatic
            or len(words) < 2
            or words[0] not in _DOUBLED
            or words[0] != words[1]
            or len(route.mounts) < 1
        ):
            continue
        place = route.mounts[-1].place
        if place in seen or place.path not in served or is_test(place.path):
            continue
        seen.add(place)
        yield finding(
            RULE,
            place.path,
            place.span,
            f"the prefix /{words[0]} is applied twice: {route.method} {route.path}",
            help="give the prefix once: where the router is mounted, or in the router",
            trace=[Step(route.place.path, *route.place.span[:2], "this route gets it")],
            subject=f"/{words[0]} twice",
            severity="warning",
        )
