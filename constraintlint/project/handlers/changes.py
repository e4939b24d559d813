"""Which objects kept in variables get or lose keys after they are made."""

from __future__ import annotations

from constraintlint.facts.code import (
    Assign,
    AssignExpr,
    Await,
    Call,
    Expr,
    ExprStmt,
    Index,
    Member,
    Name,
    Stmt,
    Unary,
    walk,
)

#: methods that read
_READING = frozenset(
    (
        "get", "items", "keys", "values", "copy", "map", "filter", "find", "forEach", "reduce", "some", "every", "slice", "includes", "indexOf", "join",
        "concat", "flatMap", "count", "index", "entries", "length", "hasOwnProperty", "toJSON", "then", "status", "code", "type", "header", "set_cookie",
    )
)  # fmt: skip
#: functions that answer with an object, or look at it only
_LOOKING = frozenset(
    (
        "json", "send", "jsonify", "JsonResponse", "json_response", "JSONResponse", "Response", "dumps", "stringify", "print", "log", "info", "debug",
        "warn", "error", "len", "freeze", "reply", "respond", "success", "ok", "created", "end",
    )
)  # fmt: skip
_MAX_NODES = 20_000


def changed(body: list[Stmt]) -> frozenset[str]:
    """The names whose objects a body changes, or hands to a function for what that does to them."""
    found: set[str] = set()
    for count, node in enumerate(walk(body)):
        if count > _MAX_NODES:
            break
        if isinstance(node, Assign):
            for target in node.targets:
                found |= _owner(target)
        elif isinstance(node, AssignExpr):
            found |= _owner(node.target)
        elif isinstance(node, Unary) and node.op == "delete":
            found |= _owner(node.operand)
        elif isinstance(node, Call):
            found |= _called_on(node)
        elif isinstance(node, ExprStmt):
            value = node.value.value if isinstance(node.value, Await) else node.value
            if isinstance(value, Call):
                found |= _given_away(value)
    return frozenset(found)


def _owner(target: Expr) -> set[str]:
    """``data`` of ``data["key"] = ...`` and ``data.key = ...``."""
    if isinstance(target, (Member, Index)) and isinstance(target.object, Name):
        return {target.object.id}
    return set()


def _called_on(call: Call) -> set[str]:
    """``data.update(...)``, ``Object.assign(data, ...)``."""
    callee = call.callee
    if not isinstance(callee, Member):
        return set()
    if callee.name == "assign" and call.args and isinstance(call.args[0].value, Name):
        return {call.args[0].value.id}
    if isinstance(callee.object, Name) and callee.name not in _READING:
        return {callee.object.id}
    return set()


def _given_away(call: Call) -> set[str]:
    """A call for its effect alone: ``enrich(data)``."""
    callee = call.callee
    name = callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
    if name in _LOOKING:
        return set()
    return {arg.value.id for arg in call.args if isinstance(arg.value, Name)}
