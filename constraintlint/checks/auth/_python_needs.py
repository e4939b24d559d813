"""The Python side of the rule: which handlers need a value that what runs before them does not set, or not always."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from constraintlint.checks._dependencies import dependency
from constraintlint.checks.auth._python_guards import REGISTERING, States, last_name, passed, returns_none
from constraintlint.checks.auth._python_reach import Reach
from constraintlint.checks.auth._python_values import (
    USER,
    Read,
    holder,
    local_read,
    may_set,
    mentions,
    reads,
    spells,
    tests,
)
from constraintlint.facts.code import (
    Call,
    ExprStmt,
    Function,
    Member,
    Name,
    Node,
    Try,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.routes.records import Guard, Handler, Route
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_test

_FRAMEWORKS = frozenset(("flask", "fastapi", "starlette", "aiohttp", "django"))
#: what libraries put around a handler without setting anything on its request
_HARMLESS = re.compile(
    r"(?:.*\.)?(?:cross_origin|cached|cache|limit|exempt|csrf_exempt|csrf_protect|ensure_csrf_cookie|never_cache|cache_page|cache_control"
    r"|require_http_methods|require_GET|require_POST|require_safe|gzip_page|xframe_options_\w+|transaction\.atomic|atomic|lru_cache"
    r"|CORSMiddleware|GZipMiddleware|TrustedHostMiddleware|HTTPSRedirectMiddleware|normalize_path_middleware|swag_from|docs|doc"
    r"|marshal_with|templated|template|use_kwargs|use_args|produces|consumes)(?:\(.*)?"
)
#: a dependency that finds out who asks
_FINDS_USER = re.compile(r"user|account|member|principal|identity|viewer|customer", re.I)
#: an effect: the states in which the request goes on, "never" where the guard leaves the value alone, "unknown"
Effect = States | Literal["never", "unknown"]


class Need(msgspec.Struct, frozen=True, eq=False):
    """A handler of ``route`` needs what ``read`` says; ``guard`` sets it on other routes, or (``sometimes``) not always here."""

    route: Route
    read: Read
    path: str
    guard: Guard
    sometimes: bool


def served(project: Project) -> list[Route]:
    """The routes of Python frameworks that are surely there."""
    return [
        route
        for route in project.routes.routes
        if route.framework in _FRAMEWORKS and not route.automatic and not route.conditional
    ]


def needs(project: Project, routes: list[Route]) -> Iterator[Need]:
    """Every place where a handler's request may come without the user it reads."""
    table = project.routes
    judge = _Judge(project, routes)
    seen: set[tuple[str, int]] = set()
    for route in routes:
        if route.framework == "fastapi" and not is_test(route.place.path):
            for read, guard in optional_dependencies(project, route):
                path = route.handler.place.path if route.handler is not None else ""
                if path in project.resolutions and (path, read.node.at[0]) not in seen:
                    seen.add((path, read.node.at[0]))
                    yield Need(route, read, path, guard, True)
        for read, path in judge.reads(route):
            if is_test(path) or path not in project.resolutions or table.may_hide(route):
                continue
            found = judge.judge(route, read)
            if found is not None and (path, read.node.at[0]) not in seen:
                seen.add((path, read.node.at[0]))
                yield Need(route, read, path, *found)
                break


class _Judge:
    def __init__(self, project: Project, routes: list[Route]) -> None:
        self.project = project
        self.routes = routes
        self.reach = Reach(project)
        self._effects: dict[tuple[int, str, str], Effect] = {}
        self._setters: dict[tuple[str, str], list[Guard] | None] = {}
        self._settings: dict[tuple[str, str], list[Scope]] = {}

    def reads(self, route: Route) -> Iterator[tuple[Read, str]]:
        handler = route.handler
        if handler is None or handler.function is None or handler.scope is None:
            return
        held = holder(self.project, route.framework, handler.function, handler.scope)
        for read in reads(held, handler.function):
            if not USER.fullmatch(read.name) or not self._setting(read.name, route.framework):
                continue
            if not self._touches(handler.function, handler.scope, read.name, route.framework):
                yield read, handler.scope.path

    def _touches(self, function: Function, scope: Scope, value: str, framework: str) -> bool:
        """Whether a function runs code of the project that sets or asks for the value, as far as that is followed."""

        def speaks(other: Scope) -> bool:
            inner = other.function
            if inner is None or inner.body is None:
                return spells(self.project, other, value)
            return any(mentions(stmt, value) for stmt in inner.body)

        if self.reach.any(function, scope, speaks):
            return True
        return not self.reach.of(function, scope)[1].isdisjoint(self._setter_names(value, framework))

    def _setter_names(self, value: str, framework: str) -> set[str]:
        return {
            scope.function.name for scope in self._setting(value, framework) if scope.function is not None
        }

    def _setting(self, value: str, framework: str) -> list[Scope]:
        """Every function of the project that may set the value itself."""
        key = (value, framework)
        if key not in self._settings:
            self._settings[key] = list(self._find_setting(value, framework))
        return self._settings[key]

    def _find_setting(self, value: str, framework: str) -> Iterator[Scope]:
        for path in self.project.resolutions:
            if not path.endswith(".py") or is_test(path) or not self.project.mentions(path, (value,)):
                continue
            file = self.project.evaluator.file(path)
            for scope in file.by_node.values() if file is not None else ():
                function = scope.function
                if function is None:
                    continue
                unread = function.body is None and spells(self.project, scope, value, assigned=True)
                if unread or may_set(function, value, framework, within=False):
                    yield scope

    # --- guards -----------------------------------------------------------------------------------------------------

    def effect(self, guard: Guard, value: str, framework: str) -> Effect:
        function, scope = guard.handler.function, guard.handler.scope
        if function is None:
            function, scope = self._dispatch(guard)
        if function is not None and function.body is None:
            return "unknown"  # not read in depth
        if function is None or scope is None:
            return "never" if _HARMLESS.fullmatch(guard.handler.name) else "unknown"
        key = (id(function), value, framework)
        if key not in self._effects:
            self._effects[key] = self._effect(guard, function, scope, value, framework)
        found = self._effects[key]
        if guard.conditional and not isinstance(found, str):
            return found | {"unset"}
        return found

    def _dispatch(self, guard: Guard) -> tuple[Function | None, Scope | None]:
        """What a middleware class of the project does with a request."""
        file = self.project.evaluator.file(guard.handler.place.path)
        expr = guard.handler.expr
        if guard.how != "middleware" or file is None or expr is None:
            return None, None
        found = [
            child
            for value in self.project.evaluator.eval(expr, file.at(expr.at[0]))
            if value.kind == "class" and value.scope is not None
            for child in value.scope.children
            if child.function is not None and child.function.name == "dispatch"
        ]
        return (found[0].function, found[0]) if len(found) == 1 else (None, None)

    def _effect(self, guard: Guard, function: Function, scope: Scope, value: str, framework: str) -> Effect:
        if may_set(function, value, framework):
            return passed(self.project, function, scope, guard.how, framework, value) or "unknown"
        body = list(function.body or ())
        if any(mentions(stmt, value) for stmt in body) or self._touches(function, scope, value, framework):
            return "unknown"
        if any(isinstance(item, (Name, Member, Call)) for item in _own_decorators(function)):
            return "unknown"
        return "never"

    def setters(self, framework: str, value: str) -> list[Guard] | None:
        """The guards that set a value, those that always do first; None where something else may set it too."""
        key = (framework, value)
        if key in self._setters:
            return self._setters[key]
        known: set[int] = set()
        found: list[tuple[bool, Guard]] = []
        for route in self.routes:
            if route.handler is not None and route.handler.function is not None:
                known |= _functions(route.handler.function)
            for guard in route.guards:
                function = guard.handler.function or self._dispatch(guard)[0]
                if function is None:
                    continue
                known |= _functions(function)
                effect = self.effect(guard, value, route.framework)
                if route.framework == framework and not isinstance(effect, str):
                    found.append((effect != frozenset(("set",)), guard))
        others = [scope for scope in self._setting(value, framework) if id(scope.node) not in known]
        forgotten = [lost for scope in others if (lost := self._forgotten(scope)) is not None]
        if len(forgotten) == len(others):
            others, found = [], found + [(True, item) for item in forgotten]
        result = None if others else [guard for _, guard in sorted(found, key=lambda item: item[0])]
        self._setters[key] = result
        return result

    def _forgotten(self, scope: Scope) -> Guard | None:
        """A middleware of aiohttp that no application is given: nothing in the project names it but its definition."""
        function = scope.function
        if function is None or not any(last_name(item) == "middleware" for item in function.decorators):
            return None
        word = re.compile(rb"\b%b\b" % re.escape(function.name.encode()))
        count = 0
        for path in self.project.resolutions:
            if path.endswith(".py"):
                count += len(word.findall(self.project.tree.read(path) or b""))
        if count != 1:
            return None
        place = Place(scope.path, self.project.span(scope.path, (function.at[0], function.at[0] + 1)))
        return Guard("middleware", Handler(function.name, place, function, scope))

    def judge(self, route: Route, read: Read) -> tuple[Guard, bool] | None:
        """The guard to name, and whether it stands before the route; None where the value is there, or may be."""
        states: States = frozenset(("unset",))
        acting: Guard | None = None
        for guard in route.guards:
            effect = self.effect(guard, read.name, route.framework)
            if effect == "unknown":
                return None
            if isinstance(effect, str):
                continue
            if "unset" in effect:
                states = (states - {"unset"}) | effect if "unset" not in states else states | effect
            else:
                states = effect
            acting = guard
        failing = {"unset", "none"} if read.member else {"unset"}
        if not states & failing:
            return None
        setters = self.setters(route.framework, read.name)
        if not setters:
            return None
        return (acting, True) if acting is not None else (setters[0], False)


def _own_decorators(function: Function) -> list[Node]:
    return [item for item in function.decorators if last_name(item) not in REGISTERING]


def _functions(function: Function) -> set[int]:
    """The functions inside one, itself included."""
    return {id(function)} | {
        id(node) for node in walk(list(function.body or ())) if isinstance(node, Function)
    }


def optional_dependencies(project: Project, route: Route) -> Iterator[tuple[Read, Guard]]:
    """FastAPI: ``user=Depends(find_user)`` of a function that may return None, used without a question."""
    handler = route.handler
    if handler is None or handler.function is None or handler.scope is None:
        return
    for param in handler.function.params:
        given = dependency(project, param, handler.scope)
        if given is None:
            continue
        found = project.evaluator.eval(*given)
        if len(found) != 1 or found[0].scope is None or not returns_none(found[0].scope):
            continue
        function = found[0].scope.function
        if function is None or not (USER.fullmatch(param.name) or _FINDS_USER.search(function.name)):
            continue
        guard = next((item for item in route.guards if item.handler.function is function), None)
        read = local_read(handler.function, param.name) or _handed_on(
            project, handler.function, handler.scope, param.name
        )
        if guard is not None and read is not None:
            yield read, guard


def _handed_on(project: Project, function: Function, scope: Scope, name: str) -> Read | None:
    """``return respond(account)`` where the function of the project it is handed to reads it without a question."""
    body = list(function.body or ())
    if any(isinstance(node, Name) and node.id == name for test in tests(body) for node in walk(test)) or any(
        isinstance(node, (Try, ExprStmt)) and any(isinstance(n, Name) and n.id == name for n in walk(node))
        for node in walk(body)
    ):
        return None
    for node in walk(body):
        if not isinstance(node, Call) or any(arg.spread for arg in node.args):
            continue
        for position, arg in enumerate(node.args):
            if not isinstance(arg.value, Name) or arg.value.id != name:
                continue
            found = project.evaluator.eval(node.callee, scope)
            inner = found[0].scope.function if len(found) == 1 and found[0].scope is not None else None
            if inner is None or found[0].kind != "function" or inner.body is None or inner.decorators:
                continue
            params = [item.name for item in inner.params if item.kind in ("normal", "keyword")]
            if params[:1] in (["self"], ["cls"]) and isinstance(node.callee, Member):
                params = params[1:]
            there = arg.name or (params[position] if position < len(params) else "")
            read = local_read(inner, there) if there in params else None
            if read is not None:
                return Read(name, arg.value, read.member)
    return None
