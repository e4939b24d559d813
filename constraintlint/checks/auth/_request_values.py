"""What JavaScript handlers take out of their request, and which functions put it there.

A value is kept on the request itself (Express, Fastify), on ``ctx.state`` (Koa) or by ``c.set`` (Hono).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.facts.code import (
    Assign,
    Binary,
    Call,
    Conditional,
    Expr,
    Function,
    If,
    Loop,
    Mapping,
    Member,
    Name,
    Node,
    Switch,
    Text,
    Unary,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow.scopes import key_of

_VIEWS = frozenset(("state", "var"))
_OWN = frozenset(
    ("body", "query", "params", "headers", "ip", "url", "method", "path", "app", "log", "server", "raw", "req", "res", "request",
     "response", "session", "cookies", "query", "hostname", "host", "protocol", "originalUrl", "baseUrl", "route", "id", "state",
     "get", "set", "header", "json", "text", "var", "env", "throw", "status", "type", "render", "redirect", "socket", "files", "file")
)  # fmt: skip


class Read(msgspec.Struct, eq=False):
    """A member is read of the value ``name`` of the request: this fails where the value is not there."""

    name: str
    node: Member


def value_name(expr: Expr, request: str) -> str:
    """The name under which ``req.user``, ``ctx.state.user``, ``c.get("user")`` is kept; "" for anything else."""
    if isinstance(expr, Call):
        callee = expr.callee
        if (
            isinstance(callee, Member)
            and callee.name == "get"
            and _is(callee.object, request)
            and len(expr.args) == 1
        ):
            key = expr.args[0].value
            return key_of(key) if isinstance(key, Text) else ""
        return ""
    if not isinstance(expr, Member):
        return ""
    owner = expr.object
    if _is(owner, request):
        return "" if expr.name in _OWN else expr.name
    if isinstance(owner, Member) and owner.name in _VIEWS and _is(owner.object, request):
        return expr.name
    return ""


def _is(expr: Expr, name: str) -> bool:
    return isinstance(expr, Name) and expr.id == name


def request_name(function: Function) -> str:
    """The name of the parameter that is the request; "" where it has none."""
    if not function.params or function.params[0].pattern is not None or function.params[0].kind != "normal":
        return ""
    return function.params[0].name


def reads(project: Project, path: str, function: Function) -> list[Read]:
    """The values a handler cannot do without: read without a question whether they are there."""
    request = request_name(function)
    if not request or function.body is None:
        return []
    source = project.tree.read(path) or b""
    aliases = _aliases(function, request)
    asked = set(_asked(function, request, aliases))
    handed = _handed_on(function, request)
    found: dict[str, Read] = {}
    for node in walk(list(function.body)):
        if not isinstance(node, Member):
            continue
        owner = node.object
        name = value_name(owner, request) or (aliases.get(owner.id, "") if isinstance(owner, Name) else "")
        optional = source[owner.at[1] : node.at[1]].lstrip().startswith(b"?.")
        if name and not optional and name not in asked and not handed and name not in found:
            found[name] = Read(name, node)
    return list(found.values())


def _aliases(function: Function, request: str) -> dict[str, str]:
    """``const { user } = req``, ``const user = ctx.state.user``: local name -> name of the value."""
    found: dict[str, str] = {}
    for node in walk(list(function.body or ())):
        if not isinstance(node, Assign) or node.value is None:
            continue
        for target in node.targets:
            if isinstance(target, Name):
                name = value_name(node.value, request)
                if name:
                    found[target.id] = name
            elif isinstance(target, Mapping) and _holds(node.value, request):
                for entry in target.entries:
                    if isinstance(entry.value, Name) and entry.key is not None:
                        name = key_of(entry.key)
                        if name and not name.startswith("#") and name not in _OWN:
                            found[entry.value.id] = name
    return found


def _holds(expr: Expr, request: str) -> bool:
    if isinstance(expr, Member):
        return expr.name in _VIEWS and _is(expr.object, request)
    return _is(expr, request)


def _asked(function: Function, request: str, aliases: dict[str, str]) -> Iterator[str]:
    """The values that some test of the handler looks at."""
    for node in walk(list(function.body or ())):
        tests: list[Node] = []
        if isinstance(node, (If, Conditional)):
            tests = [node.test]
        elif isinstance(node, Binary) and node.op in ("&&", "||", "??", "===", "!==", "==", "!="):
            tests = [node.left, node.right]
        elif isinstance(node, Unary) and node.op in ("!", "typeof"):
            tests = [node.operand]
        elif isinstance(node, Switch):
            tests = [node.subject]
        elif isinstance(node, Loop) and node.iterable is not None:
            tests = [node.iterable]
        for test in tests:
            for inner in walk(test):
                if isinstance(inner, (Member, Call)):
                    name = value_name(inner, request)
                    if name:
                        yield name
                elif isinstance(inner, Name) and inner.id in aliases:
                    yield aliases[inner.id]


def _handed_on(function: Function, request: str) -> bool:
    """Whether the request itself is given to another function, which may put something on it or look after it."""
    for node in walk(list(function.body or ())):
        if isinstance(node, Call) and any(_is(arg.value, request) for arg in node.args):
            return True
        if isinstance(node, Assign) and any(
            isinstance(target, Member) and value_name(target, request) for target in node.targets
        ):
            return True
        if isinstance(node, Call) and _is_set(node, request):
            return True
    return False


def assigned(node: Node, request: str) -> str:
    """The value that a statement or call puts on the request: ``req.user = ...``, ``c.set("user", ...)``; "" for none."""
    if isinstance(node, Assign) and not node.op and node.value is not None:
        for target in node.targets:
            name = value_name(target, request)
            if name:
                return name
    if isinstance(node, Call) and _is_set(node, request) and len(node.args) == 2:
        key = node.args[0].value
        return key_of(key) if isinstance(key, Text) else ""
    return ""


def _is_set(call: Call, request: str) -> bool:
    callee = call.callee
    return isinstance(callee, Member) and callee.name == "set" and _is(callee.object, request)
