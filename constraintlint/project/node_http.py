"""Requests as Node's own servers hand them to their listeners: ``IncomingMessage``, a stream, not a ``Request``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Function, Member, Name, Param
from constraintlint.project.flow.names import concrete

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.scopes import Bind, Scope

_SERVERS = frozenset(
    f"{module}#{name}"
    for module in ("http", "https", "http2")
    for name in ("createServer", "createSecureServer")
)
#: Express hands on Node's own request with more methods
_MESSAGES = frozenset(
    (
        "http#IncomingMessage",
        "http2#Http2ServerRequest",
        "express#Request",
        "express#default.Request",
        "express-serve-static-core#Request",
    )
)
_EXPRESS = ("express()", "express#Router()")


def is_incoming(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether ``expr`` is the request of a Node server: the first parameter of a listener, or annotated as one."""
    return _is_listener_parameter(project, expr, scope, 0, _MESSAGES)


def is_raw(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether ``expr`` is the request of a listener that a server of Node's own calls for every request."""
    variable = scope.find(expr.id, expr.at[0]) if isinstance(expr, Name) else None
    bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
    if bind is None or bind.kind != "param" or bind.keys or bind.index != 0 or bind.scope.function is None:
        return False
    return _listens(project, bind.scope, bind.scope.function, servers_only=True)


def creates_server(project: Project, call: Call, scope: Scope) -> bool:
    """Whether a call is ``http.createServer(...)``."""
    return any(
        value.kind == "library" and value.name in _SERVERS
        for value in project.evaluator.eval(call.callee, scope)
    )


def _is_listener_parameter(
    project: Project, expr: Expr, scope: Scope, position: int, types: frozenset[str]
) -> bool:
    if not isinstance(expr, Name):
        return False
    variable = scope.find(expr.id, expr.at[0])
    if variable is None or len(variable.binds) != 1:
        return False
    bind = variable.binds[0]
    if bind.kind != "param" or bind.keys or bind.scope.function is None:
        return False
    if _annotated(project, bind, types):
        return True
    return bind.index == position and _listens(project, bind.scope, bind.scope.function)


def _annotated(project: Project, bind: Bind, types: frozenset[str]) -> bool:
    param = bind.node
    if not isinstance(param, Param) or param.annotation is None:
        return False
    return any(
        value.name in types
        for value in project.evaluator.eval(param.annotation, bind.scope.parent or bind.scope)
    )


def _listens(project: Project, scope: Scope, function: Function, *, servers_only: bool = False) -> bool:
    """Whether a function is the listener of a server, written in place or by its name."""
    ev = project.evaluator
    if scope.passed is not None and scope.parent is not None:
        call = scope.passed[0]
        if creates_server(project, call, scope.parent):
            return True
        if servers_only:
            return False
        return isinstance(call.callee, Member) and any(
            value.kind == "result" and value.name in _EXPRESS
            for value in ev.eval(call.callee.object, scope.parent)
        )
    for name in ("createServer", "createSecureServer"):
        for call, outer in ev.calls(name):
            if call.args and creates_server(project, call, outer):
                for value in ev.eval(call.args[-1].value, outer):
                    if any(item.node is function for item in concrete(ev, value)):
                        return True
    return False
