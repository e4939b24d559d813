"""Which objects kept in variables get or lose keys after they are made."""

from __future__ import annotations

from constraintlint.facts.code import (
    Assign,
    AssignExpr,
    Await,
    Call,
    Expr,
    ExprStmt,
    Hole,
    Index,
    Member,
    Name,
    Stmt,
    Text,
    Unary,
    walk,
)
from constraintlint.project.flow.scopes import key_of

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


def added(body: list[Stmt], name: str, *, members: bool) -> frozenset[str] | None:
    """The keys that a body puts into the object of a name, each written out: ``data["total"] = ...``, with ``members`` also
    ``data.total = ...``; None where the object is changed in another way as well."""
    keys: set[str] = set()
    for count, node in enumerate(walk(body)):
        if count > _MAX_NODES:
            return None
        if isinstance(node, Assign):
            for target in node.targets:
                if _owner(target) != {name}:
                    continue
                key = _key(target, members)
                if not key or node.op or len(node.targets) != 1:
                    return None
                keys.add(key)
        elif isinstance(node, AssignExpr):
            if _owner(node.target) == {name}:
                key = _key(node.target, members)
                if not key or node.op not in ("", "="):
                    return None
                keys.add(key)
        elif (isinstance(node, Unary) and node.op == "delete" and _owner(node.operand) == {name}) or (
            isinstance(node, Call) and name in _called_on(node)
        ):
            return None
        elif isinstance(node, ExprStmt):
            value = node.value.value if isinstance(node.value, Await) else node.value
            if isinstance(value, Call) and name in _given_away(value):
                return None
    return frozenset(keys)


def _key(target: Expr, members: bool) -> str:
    if isinstance(target, Index) and isinstance(target.index, Text):
        key = key_of(target.index)
        return "" if any(isinstance(piece, Hole) for piece in target.index.pieces) else key
    return target.name if members and isinstance(target, Member) else ""


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
