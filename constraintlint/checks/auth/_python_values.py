"""What Python handlers take out of their request, and the statements that put it there.

A value is kept on ``flask.g``, under a key of aiohttp's request, on ``request.state`` (Starlette, FastAPI), or on Django's request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.facts.code import (
    Arg,
    Assign,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Expr,
    ExprStmt,
    Function,
    If,
    Index,
    Loop,
    Member,
    Name,
    Node,
    Sequence,
    Stmt,
    Switch,
    Text,
    Try,
    Unary,
    children,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope, key_of

#: attributes Django's own request has
_DJANGO = frozenset(("user", "session", "site", "auth", "auser"))
_TESTS = frozenset(("and", "or", "==", "!=", "is", "is not", "in", "not in"))
_ASKING = frozenset(("getattr", "hasattr", "setattr", "isinstance", "bool"))
#: values that are a user by their name; anything else on a request is none of this rule's business
USER = re.compile(
    r"(?:current|auth(?:enticated|ed)?|logged_?in|session|request|api)?_?(?:user|account|member|principal|identity|customer|viewer)",
    re.I,
)


class Read(msgspec.Struct, eq=False):
    """``node`` fails where the value ``name`` is not there; with ``member`` set, also where it is None."""

    name: str
    node: Node
    member: str = ""


class Holder(msgspec.Struct, frozen=True, eq=False):
    """Where a framework keeps values, as seen from one function: the names its request has there."""

    framework: str
    requests: frozenset[str]
    scope: Scope
    project: Project

    def value(self, expr: Node) -> str:
        """The name of the value that an expression reads or writes; "" for anything else."""
        if self.framework == "aiohttp":
            if isinstance(expr, Index) and isinstance(expr.index, Text) and self.is_request(expr.object):
                return _text(expr.index)
            return ""
        if not isinstance(expr, Member):
            return ""
        owner = expr.object
        if self.framework == "flask":
            return expr.name if self._is_g(owner) else ""
        if self.framework == "django":
            return expr.name if expr.name not in _DJANGO and self.is_request(owner) else ""
        if isinstance(owner, Member) and owner.name == "state" and self.is_request(owner.object):
            return expr.name
        return ""

    def soft(self, expr: Node) -> str:
        """The name of the value that ``request.get("user")``, ``g.get("user")``, ``getattr(g, "user", None)`` gives."""
        if not isinstance(expr, Call) or not expr.args:
            return ""
        callee = expr.callee
        if isinstance(callee, Member) and callee.name == "get" and isinstance(expr.args[0].value, Text):
            known = self._is_g(callee.object) if self.framework == "flask" else self.is_request(callee.object)
            return _text(expr.args[0].value) if known and self.framework in ("flask", "aiohttp") else ""
        if isinstance(callee, Name) and callee.id in _ASKING and len(expr.args) > 1:
            key = expr.args[1].value
            return _text(key) if isinstance(key, Text) else ""
        return ""

    def is_request(self, expr: Expr) -> bool:
        if isinstance(expr, Name):
            return expr.id in self.requests
        return (
            isinstance(expr, Member)
            and expr.name == "request"
            and isinstance(expr.object, Name)
            and expr.object.id == "self"
        )

    def _is_g(self, expr: Expr) -> bool:
        last = expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""
        if last != "g":
            return False
        found = self.project.evaluator.eval(expr, self.scope)
        return bool(found) and all(
            value.kind in ("library", "handle") and value.name.startswith(("flask.", "quart."))
            for value in found
        )


def _text(expr: Text) -> str:
    key = key_of(expr)
    return "" if key.startswith("#") else key


def holder(project: Project, framework: str, function: Function, scope: Scope) -> Holder:
    """The holder as a handler, middleware or dependency sees it."""
    names: set[str] = set()
    for param in function.params:
        annotated = param.annotation
        last = annotated.id if isinstance(annotated, Name) else getattr(annotated, "name", "")
        if last in ("Request", "HttpRequest", "HTTPConnection") or param.name in ("request", "req"):
            names.add(param.name)
    first = next((param for param in function.params if param.name not in ("self", "cls")), None)
    if not names and first is not None and framework in ("aiohttp", "django") and first.kind == "normal":
        names.add(first.name)
    return Holder(framework, frozenset(names), scope, project)


def reads(held: Holder, function: Function) -> list[Read]:
    """The values a handler cannot do without: read without a question whether they are there."""
    body = list(function.body or ())
    asked = set(_asked(held, body))
    aliases = _aliases(held, body, asked)
    found: list[Read] = []
    for node in walk(body):
        if isinstance(node, (Member, Index)):
            owner = node.object
            shown = f".{node.name}" if isinstance(node, Member) else "[...]"
            name = held.value(owner) or (aliases.get(owner.id, "") if isinstance(owner, Name) else "")
            if name:
                found.append(Read(name, node, shown))
            name = held.value(node)
            if name:
                found.append(Read(name, node))
    return [item for item in found if item.name not in asked]


def local_read(function: Function, name: str) -> Read | None:
    """The first attribute or item of a parameter that a function reads, if nothing in it asks whether there is one."""
    body = list(function.body or ())
    found: Read | None = None
    for node in walk(body):
        if isinstance(node, (Member, Index)) and isinstance(node.object, Name) and node.object.id == name:
            shown = f".{node.name}" if isinstance(node, Member) else "[...]"
            found = found or Read(name, node, shown)
        elif (
            isinstance(node, Assign)
            and any(isinstance(item, Name) and item.id == name for item in node.targets)
        ) or (
            isinstance(node, Try)
            and any(isinstance(item, Name) and item.id == name for item in walk(list(node.body)))
        ):
            return None
        elif isinstance(node, ExprStmt) and any(
            isinstance(call, Call)
            and any(isinstance(arg.value, Name) and arg.value.id == name for arg in call.args)
            for call in walk(node.value)
        ):
            return None  # what it is given to may refuse
    for test in tests(body):
        if any(isinstance(node, Name) and node.id == name for node in _looked_at(test)):
            return None
    return found


def _looked_at(test: Node) -> Iterator[Node]:
    """What a test asks about: of ``user.role == "admin"`` the role, but not whether there is a user."""
    nodes = list(walk(test))
    owners = {id(node.object) for node in nodes if isinstance(node, (Member, Index))}
    owners |= {id(node.index) for node in nodes if isinstance(node, Index) and id(node) in owners}
    return (node for node in nodes if id(node) not in owners)


def _aliases(held: Holder, body: list[Stmt], asked: set[str]) -> dict[str, str]:
    """``user = request["user"]``: local name -> name of the value; what a test looks at joins ``asked``."""
    found: dict[str, str] = {}
    for node in walk(list(body)):
        if isinstance(node, Assign) and node.value is not None and len(node.targets) == 1:
            name, target = held.value(node.value) or held.soft(node.value), node.targets[0]
            if name and isinstance(target, Name):
                if target.id in found and found[target.id] != name:
                    asked |= {name, found[target.id]}
                found[target.id] = name
            elif isinstance(target, Name) and target.id in found:
                asked.add(found[target.id])
    for test in tests(body):
        for node in _looked_at(test):
            if isinstance(node, Name) and node.id in found:
                asked.add(found[node.id])
    return found


def tests(body: list[Stmt]) -> Iterator[Node]:
    for node in walk(list(body)):
        if isinstance(node, (If, Conditional)):
            yield node.test
        elif isinstance(node, Binary) and node.op in _TESTS:
            yield node
        elif isinstance(node, Unary) and node.op == "not":
            yield node.operand
        elif isinstance(node, Switch):
            yield node.subject
        elif isinstance(node, Loop) and node.kind == "while" and node.iterable is not None:
            yield node.iterable
        elif isinstance(node, Comprehension):
            for clause in node.clauses:
                yield from clause.conditions


def _asked(held: Holder, body: list[Stmt]) -> Iterator[str]:
    """The values that some test of a function looks at, that it sets itself, or that it reads in a try statement."""
    for test in tests(body):
        for node in _looked_at(test):
            name = held.value(node) or held.soft(node)
            if name:
                yield name
            if isinstance(node, Text):
                yield _text(node)
    for node in walk(list(body)):
        if isinstance(node, Assign):
            for target in node.targets:
                yield held.value(target)
        elif isinstance(node, Try):
            for inner in walk(list(node.body)):
                yield held.value(inner)
        elif isinstance(node, Call) and isinstance(node.callee, Name) and node.callee.id in _ASKING:
            yield held.soft(node)


def may_set(function: Function, value: str, framework: str, *, within: bool = True) -> bool:
    """Whether a function may put ``value`` where its framework keeps values; ``within``: also functions inside it."""
    params = {param.name for param in function.params} - {"self", "cls"}
    stack: list[Node] = list(function.body or ())
    while stack:
        node = stack.pop()
        if isinstance(node, Assign):
            if any(_writes(target, value, framework, params) for target in node.targets):
                return True
        elif isinstance(node, Call):
            last = node.callee.id if isinstance(node.callee, Name) else getattr(node.callee, "name", "")
            if last in ("setattr", "update", "setdefault", "__setitem__") and mentions(node, value):
                return True
        elif isinstance(node, Function):
            if not within:
                continue
            params |= {param.name for param in node.params}
        stack.extend(children(node))
    return False


def _writes(target: Expr, value: str, framework: str, params: set[str]) -> bool:
    if isinstance(target, Sequence):
        return any(_writes(item, value, framework, params) for item in target.items)
    if framework == "aiohttp":
        written = (
            isinstance(target, Index) and isinstance(target.index, Text) and _text(target.index) == value
        )
        return written and isinstance(target, Index) and _is_like(target.object, params)
    if not isinstance(target, Member) or target.name != value:
        return False
    owner = target.object
    last = owner.id if isinstance(owner, Name) else getattr(owner, "name", "")
    if framework == "flask":
        return last == "g"
    if framework == "django":
        return _is_like(owner, params)
    return last == "state"


def _is_like(expr: Expr, params: set[str]) -> bool:
    """Whether an expression may be a request."""
    if isinstance(expr, Name):
        return expr.id in params or "req" in expr.id.lower()
    return isinstance(expr, Member) and "req" in expr.name.lower()


def mentions(root: Node, value: str) -> bool:
    """Whether an attribute, key, keyword or text spells ``value``."""
    return any(
        (isinstance(node, Member) and node.name == value)
        or (isinstance(node, Text) and _text(node) == value)
        or (isinstance(node, Arg) and node.name == value)
        for node in walk(root)
    )


def spells(project: Project, scope: Scope, value: str, *, assigned: bool = False) -> bool:
    """Whether the source text of a function that was not read in depth has an attribute, key or keyword of a name, or gives
    something of that name a value."""
    source = project.tree.read(scope.path) or b""
    if scope.node is None:
        return False
    word = re.escape(value.encode())
    if assigned:
        pattern = rb"\b" + word + rb"['\"]?\]?\s*=(?!=)"
    else:
        pattern = rb"(?:\.|['\"])" + word + rb"\b|\b" + word + rb"\s*=(?!=)"
    return re.search(pattern, source[scope.node.at[0] : scope.node.at[1]]) is not None
