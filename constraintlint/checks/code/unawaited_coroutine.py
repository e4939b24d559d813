"""A coroutine function of the project is called, and what it gives is used or dropped without ``await``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from constraintlint.checks._calls import callees, uses
from constraintlint.checks._handed_on import HandedOn
from constraintlint.checks._parents import Parents
from constraintlint.checks._results import COROUTINE, DROPPED, PROMISE, use_of
from constraintlint.facts.code import Arg, Call, Class, Expr, Function, Member, Name
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.scopes import Scope

RULE = "unawaited-coroutine"

#: decorators that leave a coroutine function one
_TRANSPARENT = frozenset(("staticmethod", "classmethod", "override", "abstractmethod"))


#: what the request of aiohttp and Starlette reads only with await
_READING = ("json", "text", "read", "post", "body", "form", "multipart")
_REQUESTS = {
    "aiohttp.web.Request": frozenset(("json", "text", "read", "post", "multipart")),
    "starlette.requests.Request": frozenset(("json", "body", "form")),
    "fastapi.Request": frozenset(("json", "body", "form")),
    "fastapi.requests.Request": frozenset(("json", "body", "form")),
}


def check(project: Project) -> Iterator[Finding]:
    parents = Parents(project)
    if uses(project, frozenset(("aiohttp", "starlette", "fastapi"))):
        yield from _requests(project, parents)
    names = _coroutines(project)
    if not names:
        return
    handed = HandedOn(project, parents)
    for path in project.paths:
        file = project.evaluator.file(path)
        if file is None:
            continue
        own = COROUTINE if file.python else PROMISE
        for name in sorted(names & file.calls.keys()):
            for call, scope in file.calls[name]:
                used = (
                    ""
                    if call.new
                    else use_of(parents, call, scope, own, follow=partial(_handed, handed, scope))
                )
                if not used or (used == DROPPED and not file.python):
                    continue
                function = _function(project, call, scope)
                if function is not None:
                    yield _finding(project, call, scope, name, used, *function)


def _handed(handed: HandedOn, scope: Scope, arg: Arg, own: frozenset[str]) -> str:
    return handed(arg, scope, own)


def _requests(project: Project, parents: Parents) -> Iterator[Finding]:
    """``request.json()["login"]`` of aiohttp and Starlette."""
    handlers: set[int] | None = None
    for path in project.paths:
        file = project.evaluator.file(path) if path.endswith(".py") else None
        for name in _READING if file is not None else ():
            for call, scope in file.calls.get(name, ()) if file is not None else ():
                owner = call.callee.object if isinstance(call.callee, Member) else None
                function = scope.function
                if not isinstance(owner, Name) or function is None or call.args:
                    continue
                params = [param for param in function.params if param.name not in ("self", "cls")]
                param = next((item for item in params if item.name == owner.id), None)
                used = use_of(parents, call, scope, COROUTINE) if param is not None else ""
                variable = scope.find(owner.id, owner.at[0])
                if param is None or not used or variable is None or len(variable.binds) != 1:
                    continue
                kinds: set[str] = set()
                if param.annotation is not None:
                    found = project.evaluator.eval(param.annotation, scope.parent or scope)
                    kinds = {value.name for value in found if value.kind == "library"}
                elif param is params[0]:
                    if handlers is None:
                        handlers = _aiohttp_handlers(project)
                    kinds = {"aiohttp.web.Request"} if id(function) in handlers else set()
                if len(kinds) == 1 and name in _REQUESTS.get(next(iter(kinds)), ()):
                    yield finding(
                        RULE,
                        path,
                        project.span(path, call.at),
                        f"{owner.id}.{name}() gives a coroutine, which is {used} here: it is no result yet",
                        help="write await before it"
                        + (", with brackets around both" if used.startswith(("asked", "indexed")) else ""),
                        subject=f"{owner.id}.{name} {used}",
                    )


def _aiohttp_handlers(project: Project) -> set[int]:
    return {
        id(route.handler.function)
        for route in project.routes.routes
        if route.framework == "aiohttp" and route.handler is not None and route.handler.function is not None
    }


def _coroutines(project: Project) -> set[str]:
    """Names of the coroutine functions in the files read in depth."""
    return {
        scope.node.name or scope.alias
        for file in project.evaluator.files()
        for scope in file.by_node.values()
        if isinstance(scope.node, Function) and scope.node.is_async and not scope.node.is_generator
    } - {""}


def _function(project: Project, call: Call, scope: Scope) -> tuple[str, Function] | None:
    """The coroutine function a call certainly runs, with its file."""
    found = callees(project, call, scope)
    if len({id(value.node) for value in found}) != 1 or any(value.branches for value in found):
        return None
    node = found[0].node
    if (
        found[0].kind != "function"
        or not isinstance(node, Function)
        or not node.is_async
        or node.is_generator
    ):
        return None
    if _is_replaced(project, call, node):
        return None
    if is_python(found[0].path) and any(_last(expr) not in _TRANSPARENT for expr in node.decorators):
        return None
    path = found[0].scope.path if found[0].scope is not None else found[0].path
    return path, node


def _is_replaced(project: Project, call: Call, function: Function) -> bool:
    """Whether the method is called on the object itself, and a class that may derive from its own has a plain one of that name."""
    callee = call.callee
    if (
        not isinstance(callee, Member)
        or not isinstance(callee.object, Name)
        or callee.object.id not in ("self", "this")
    ):
        return False
    for file in project.evaluator.files():
        for scope in file.by_node.values():
            if isinstance(scope.node, Class) and scope.node.bases and callee.name in scope.names:
                for variable in scope.names[callee.name]:
                    for bind in variable.binds:
                        other = bind.node
                        if isinstance(other, Function) and other is not function and not other.is_async:
                            return True
    return False


def _last(expr: Expr) -> str:
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""


def _finding(
    project: Project, call: Call, scope: Scope, name: str, used: str, path: str, function: Function
) -> Finding:
    thing = "coroutine" if is_python(scope.path) else "promise"
    effect = f"gives a {thing} that nobody awaits: it never runs" if used == DROPPED else (
        f"gives a {thing}, which is {used} here: it is no result yet"
    )  # fmt: skip
    line, column = project.span(path, function.at)[:2]
    brackets = ", with brackets around both" if used.startswith(("asked", "indexed")) else ""
    return finding(
        RULE, scope.path, project.span(scope.path, call.at), f"{name} {effect}",
        help=f"write await before it{brackets}",
        trace=[Step(path, line, column, f"{name} is a coroutine function")],
        subject=f"{name} {used}",
    )  # fmt: skip
