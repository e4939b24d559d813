"""Which guards of a route surely refuse a request without credentials, and what they accept as the scheme of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Constant, Entry, Expr, Function, Member, Name, Sequence, walk
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import Scope, key_of
from constraintlint.project.handlers.anonymous import PASSED, REFUSED, Env, Run, inner_functions

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.routes.records import Guard, Route

#: decorators, middleware and permission classes of libraries that refuse without credentials -> keyword that lets others through
REFUSING = {
    "flask_jwt_extended.jwt_required": "optional",
    "flask_jwt_extended.view_decorators.jwt_required": "optional",
    "flask_login.login_required": "",
    "flask_login.utils.login_required": "",
    "django.contrib.auth.decorators.login_required": "",
    "rest_framework.permissions.IsAuthenticated": "",
    "rest_framework.permissions.IsAdminUser": "",
    "express-jwt#expressjwt": "credentialsRequired",
    "express-jwt#default": "credentialsRequired",
    "express-jwt": "credentialsRequired",
    "koa-jwt": "passthrough",
    "koa-jwt#default": "passthrough",
    "hono/jwt#jwt": "",
    "hono/bearer-auth#bearerAuth": "",
    "hono/basic-auth#basicAuth": "",
}
#: security objects of FastAPI: they answer 401 or 403 by themselves unless ``auto_error=False``
SECURITY = frozenset(
    ("HTTPBearer", "HTTPBasic", "HTTPDigest", "OAuth2PasswordBearer", "OAuth2AuthorizationCodeBearer", "OAuth2", "APIKeyHeader", "APIKeyCookie",
     "APIKeyQuery", "OpenIdConnect")
)  # fmt: skip
_POSITIONS = {"express": (1, 2), "fastify": (1, 2), "koa": (-1, 1), "hono": (-1, 1)}
_MAX_DEPTH = 5


def refusing(project: Project, route: Route) -> Guard | None:
    """The first guard that refuses every request without credentials; None where none surely does.

    The handler of an earlier route with the same requests (``how`` is "handler") is none: what it refuses is its own affair.
    """
    for guard in route.guards:
        if not guard.conditional and guard.how != "handler" and _refuses(project, route, guard):
            return guard
    return None


def _refuses(project: Project, route: Route, guard: Guard) -> bool:
    handler = guard.handler
    if handler.function is None:
        return _library_refuses(project, guard, route)
    function, scope = handler.function, handler.scope
    if scope is None:
        return False
    if scope.path.endswith((".py", ".pyi")):
        return _python_refuses(project, route, guard, function, scope)
    position, follow = _POSITIONS.get(route.framework, (1, 2))
    params = function.params
    answer = params[position].name if 0 <= position < len(params) else ""
    name = params[follow].name if follow < len(params) else ""
    stops = route.framework != "fastify" or bool(name)
    run = Run(project.evaluator, frozenset((name,)) if name else frozenset(), answer, ends_pass=not stops)
    ends = run.function(function, scope, {})
    if PASSED in ends or not ends:
        return False
    if stops:
        return REFUSED in ends or route.framework in ("koa", "hono")
    return ends == {REFUSED}


def _python_refuses(project: Project, route: Route, guard: Guard, function: Function, scope: Scope) -> bool:
    ev = project.evaluator
    if guard.how in ("Depends", "Security"):
        return depends(project, function, scope)[0]
    if guard.how == "before_request":
        ends = Run(ev, frozenset(), returns_answer=True).function(function, scope, {})
        return bool(ends) and not ends & {PASSED, ("returned", "absent")} and ends == {REFUSED}
    if guard.how == "middleware":
        if len(function.params) < 2:
            return False
        names = frozenset((function.params[-1].name,))
        ends = Run(ev, names, returns_answer=True).function(function, scope, {})
        return bool(ends) and PASSED not in ends
    if guard.how == "decorator":
        return _decorator(project, function, scope)
    return False


def _decorator(project: Project, function: Function, scope: Scope) -> bool:
    """A decorator of the project: what it puts in place of the view has to call that."""
    ev = project.evaluator
    names = {param.name for param in function.params[:1]}
    current = [(function, scope, frozenset(names))]
    for _ in range(2):
        following = []
        for outer, _, views in current:
            for inner in inner_functions(outer):
                inside = ev.scope_of(scope.path, inner)
                if inside is None or inner.body is None:
                    continue
                ends = Run(ev, views, returns_answer=True).function(inner, inside, {})
                if PASSED in ends:
                    return False
                if (
                    REFUSED in ends
                    and ("returned", "unknown") not in ends
                    and ("returned", "absent") not in ends
                ):
                    return True
                following.append((inner, inside, views | {param.name for param in inner.params[:1]}))
        current = following
    return False


def depends(project: Project, function: Function, scope: Scope, depth: int = 0) -> tuple[bool, str]:
    """Whether a FastAPI dependency surely refuses, and what it gives where it does not: ``absent`` or ``unknown``."""
    from constraintlint.project.handlers.requests_fastapi import parts

    reader = project.handlers.reader
    given: Env = {}
    if depth > _MAX_DEPTH:
        return False, "unknown"
    for param in function.params:
        _, made = parts(reader, param, scope)
        if made is None:
            continue
        name = _last(made.callee)
        if name == "Header":
            default = [arg.value for arg in made.args if not arg.name or arg.name == "default"]
            if param.name.lower() == "authorization" and default and isinstance(default[0], Constant):
                given[param.name] = (
                    "absent" if not default[0].value and default[0].kind != "ellipsis" else "unknown"
                )
            elif param.name.lower() == "authorization" and isinstance(param.default, Constant):
                given[param.name] = "absent"
            continue
        if name not in ("Depends", "Security") or not made.args:
            continue
        refused, known = dependency(project, made.args[0].value, scope, depth + 1)
        if refused:
            return True, "unknown"
        given[param.name] = "absent" if known == "absent" else "unknown"
    ends = Run(project.evaluator, frozenset()).function(function, scope, given)
    if ends == {REFUSED}:
        return True, "unknown"
    returned = {end[1] for end in ends if end[0] == "returned"}
    return False, "absent" if returned == {"absent"} and REFUSED not in ends else "unknown"


def dependency(project: Project, expr: Expr, scope: Scope, depth: int = 0) -> tuple[bool, str]:
    """The same for what ``Depends`` is given: a function, or a security object."""
    for value in project.evaluator.eval(expr, scope):
        for item in concrete(project.evaluator, value):
            if isinstance(item.node, Function) and item.kind == "function" and item.scope is not None:
                return depends(project, item.node, item.scope, depth)
            call = item.call
            if (
                item.kind in ("result", "handle", "object")
                and call is not None
                and _last(call.callee) in SECURITY
            ):
                return (False, "absent") if has_false(call, "auto_error") else (True, "unknown")
    return False, "unknown"


def _library_refuses(project: Project, guard: Guard, route: Route) -> bool:
    expr = guard.handler.expr
    scope = route.scope
    if scope is None and route.handler is not None and route.handler.scope is not None:
        scope = route.handler.scope.parent
    call = expr if isinstance(expr, Call) else None
    if guard.how in ("Depends", "Security"):
        return expr is not None and scope is not None and dependency(project, expr, scope)[0]
    names = {guard.handler.name}
    if expr is not None and scope is not None and scope.path.endswith((".py", ".pyi")):
        given = (
            [arg.value for arg in call.args]
            if call is not None and guard.handler.name == "permission_classes"
            else []
        )
        names = _qualified(project, call.callee if call is not None else expr, scope)
        for item in (part for arg in given for part in (arg.items if isinstance(arg, Sequence) else [arg])):
            names |= _qualified(project, item, scope)
    for name in names & REFUSING.keys():
        keyword = REFUSING[name]
        if not (keyword and call is not None and _lets_others(call, keyword)):
            return True
    return False


def _qualified(project: Project, expr: Expr, scope: Scope) -> set[str]:
    return {
        project.evaluator.library_for(value.path).canonical(value.name)
        for value in project.evaluator.eval(expr, scope)
        if value.kind == "library"
    }


def _lets_others(call: Call, keyword: str) -> bool:
    """``optional=True``, ``{ credentialsRequired: false }``, ``.unless(...)`` after it."""
    if isinstance(call.callee, Member) and call.callee.name in ("unless", "if"):
        return True
    for node in walk(call):
        if isinstance(node, Entry) and node.key is not None and key_of(node.key) == keyword:
            return True
    return any(arg.name == keyword for arg in call.args)


def has_false(call: Call, keyword: str) -> bool:
    return any(
        arg.name == keyword and not (isinstance(arg.value, Constant) and arg.value.value is True)
        for arg in call.args
    )


def _last(expr: Expr) -> str:
    return expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""
