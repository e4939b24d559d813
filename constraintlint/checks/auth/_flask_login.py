"""``current_user`` of Flask-Login in a handler that anybody reaches: the anonymous user has next to no attributes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec

from constraintlint.checks._calls import uses
from constraintlint.checks.auth._python_guards import last_name
from constraintlint.checks.auth._python_reach import Reach
from constraintlint.checks.auth._python_values import spells, tests
from constraintlint.facts.code import Call, Function, Member, Name, Node, Try, walk
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.routes.records import Guard, Route

#: what ``AnonymousUserMixin`` has
_ANONYMOUS = frozenset(("is_authenticated", "is_active", "is_anonymous", "get_id"))


class Open(msgspec.Struct, frozen=True, eq=False):
    """``node`` reads an attribute of ``current_user`` in the handler of a route without a guard; ``guard`` stands on another one."""

    route: Route
    node: Member
    path: str
    guard: Guard


def reads(project: Project, routes: list[Route]) -> Iterator[Open]:
    """Every such read, the first of each handler."""
    if not uses(project, frozenset(("flask_login",))) or _has_own_anonymous(project):
        return
    guards = [
        guard
        for route in routes
        for guard in route.guards
        if guard.how == "decorator"
        and guard.handler.function is None
        and last_name_of(guard) == "login_required"
    ]
    if not guards:
        return
    reach = Reach(project)
    for route in routes:
        handler = route.handler
        if handler is None or handler.function is None or handler.scope is None or route.framework != "flask":
            continue
        if any(_may_refuse(project, reach, guard) for guard in route.guards) or handler.function.is_generator:
            continue
        node = _first(project, handler.function, handler.scope)
        if node is not None and not reach.any(handler.function, handler.scope, partial(_speaks, project)):
            yield Open(route, node, handler.scope.path, guards[0])


def last_name_of(guard: Guard) -> str:
    return guard.handler.name.partition("(")[0].rpartition(".")[2]


def _has_own_anonymous(project: Project) -> bool:
    words = ("anonymous_user", "AnonymousUserMixin", "LOGIN_DISABLED")
    return any(project.mentions(path, words) for path in project.resolutions)


def _may_refuse(project: Project, reach: Reach, guard: Guard) -> bool:
    """Whether a guard may turn away who is not logged in: all that is not a hook of the project without a word of users."""
    function, scope = guard.handler.function, guard.handler.scope
    if function is None or function.body is None or scope is None or guard.how == "decorator":
        return True
    registered = [item for item in function.decorators if not last_name(item).startswith("before_")]
    asks = partial(_speaks, project)
    return bool(registered) or asks(scope) or reach.any(function, scope, asks)


def _speaks(project: Project, scope: Scope) -> bool:
    """Whether a function names the current user."""
    function = scope.function
    if function is None or function.body is None:
        return spells(project, scope, "current_user")
    return any(
        isinstance(node, Name) and node.id in ("current_user", "login_manager")
        for node in walk(list(function.body))
    )


def _first(project: Project, function: Function, scope: Scope) -> Member | None:
    """The first attribute of ``current_user`` that an anonymous user does not have, if nothing asks who it is."""
    body = list(function.body or ())
    if any(_is_current(node) for test in tests(body) for node in walk(test)):
        return None
    found: Member | None = None
    for node in walk(body):
        if isinstance(node, Try) and any(_is_current(inner) for inner in walk(list(node.body))):
            return None
        if isinstance(node, Call) and any(_is_current(arg.value) for arg in node.args):
            return None  # what it is given to may ask
        if isinstance(node, Member) and _is_current(node.object) and node.name not in _ANONYMOUS:
            found = found or node
    if found is None:
        return None
    known = project.evaluator.eval(found.object, scope)
    sure = bool(known) and all(value.name.startswith("flask_login.") for value in known)
    return found if sure else None


def _is_current(node: Node) -> bool:
    return isinstance(node, Name) and node.id == "current_user"
