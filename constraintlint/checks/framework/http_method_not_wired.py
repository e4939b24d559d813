"""A method of a path that the code means to answer never reaches its handler."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks.framework._django_methods import refused
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.routes.records import Route, Segment
from constraintlint.roles import is_test

RULE = "http-method-not-wired"


def check(project: Project) -> Iterator[Finding]:
    yield from duplicates(project)
    yield from not_answered(project)


# --- an operation of the contract whose path answers other methods only ------------------------------------------


def not_answered(project: Project) -> Iterator[Finding]:
    """Operations whose path has routes, and none of them for the method."""
    matches = project.contract_matches
    served = set(project.paths)
    for item in matches.matches if matches is not None else ():
        route = next((other for other in item.others if other.place.path in served), None)
        if item.outcome != "method" or route is None:
            continue
        operation, described = item.operation, item.operation.place
        methods = sorted({other.method for other in item.others})
        yield finding(
            RULE,
            route.place.path,
            route.place.span,
            f"{operation.method} {item.path} is part of the contract, and this path answers {', '.join(methods)} only",
            help=f"add a handler for {operation.method}, and let the view or route take that method",
            trace=[
                Step(
                    described.path, described.line, described.column, f"{operation.method} is described here"
                )
            ],
            subject=f"{operation.method} {operation.path}",
        )
    yield from _refusals(project)


def _refusals(project: Project) -> Iterator[Finding]:
    """Handlers that the view's own declaration keeps from being called."""
    if not project.django.in_use:
        return
    for item in refused(project):
        line, column, *_ = project.span(item.path, item.declared)
        yield finding(
            RULE,
            item.path,
            project.span(item.path, item.at),
            f"{item.view} handles {item.method}, but answers {', '.join(item.allowed)} only (405 Method Not Allowed)",
            help=f"add {item.method} to the methods the view declares, or remove its handler",
            trace=[Step(item.path, line, column, "the methods are declared here")],
            subject=f"{item.path}: {item.view} {item.method}",
        )


# --- the same path twice: Django takes the first that matches, whatever the method -------------------------------


def duplicates(project: Project) -> Iterator[Finding]:
    """Entries of ``urlpatterns`` that an earlier one with the same route hides, with methods that one does not answer."""
    if not project.django.in_use:
        return
    groups: dict[tuple[str, tuple[str, ...]], list[Route]] = {}
    for route in project.routes.routes:
        if route.framework == "django" and not is_test(route.place.path):
            groups.setdefault(
                (route.application, (*map(_shape, route.segments), route.path[-1:])), []
            ).append(route)
    for routes in groups.values():
        if len({(route.place, route.mounts) for route in routes}) > 1:
            yield from _hidden(project, routes)


def _shape(segment: Segment) -> str:
    """A segment without the names of its parameters."""
    return segment.value if segment.kind in ("static", "mixed") else f"<{segment.kind}:{segment.matches}>"


def _hidden(project: Project, routes: list[Route]) -> Iterator[Finding]:
    first = min(routes, key=lambda route: route.order)
    own = [route for route in routes if (route.place, route.mounts) == (first.place, first.mounts)]
    answered = {route.method for route in own}
    if "*" in answered or any(route.conditional for route in own):
        return
    reported: set[object] = set()
    for route in sorted(routes, key=lambda item: item.order):
        key = (route.place, route.mounts)
        if (
            key == (first.place, first.mounts)
            or route.automatic
            or route.method in answered
            or key in reported
        ):
            continue
        methods = sorted(
            {item.method for item in routes if (item.place, item.mounts) == key and not item.automatic}
            - answered
        )
        reported.add(key)
        name = route.handler.name if route.handler is not None else "this view"
        written = "every other method" if methods == ["*"] else ", ".join(methods)
        shown = sorted(item.method for item in own if not item.automatic)
        yield finding(
            RULE,
            route.place.path,
            route.place.span,
            f"{written} of {route.path} never reaches {name}: an earlier entry has the same route and answers "
            f"{', '.join(shown)} only (405 Method Not Allowed)",
            help="let one view answer all methods of the path: dispatch on request.method, or a class with a method each",
            trace=[
                Step(
                    first.place.path,
                    first.place.span[0],
                    first.place.span[1],
                    "this entry matches first",
                    first.place.span[2],
                    first.place.span[3],
                )
            ],
            subject=f"{route.place.path}: {route.path} {written}",
        )
