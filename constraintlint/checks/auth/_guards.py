"""What a guard of a JavaScript route puts on the request: always, on some ways only, or who knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from constraintlint.checks.auth._request_values import assigned, request_name, value_name
from constraintlint.facts.code import (
    Assign,
    Await,
    Binary,
    Block,
    Call,
    Conditional,
    Constant,
    Expr,
    ExprStmt,
    Function,
    If,
    Jump,
    Lambda,
    Loop,
    Member,
    Name,
    Node,
    Raise,
    Return,
    Stmt,
    Switch,
    Try,
    Unary,
    walk,
)
from constraintlint.project.flow.scopes import Scope

Effect = Literal["always", "sometimes", "never", "unknown"]
#: the function of the project that a call runs, by its scope; None where it is not certain
Called = Callable[[Call], "Scope | None"]
_MAX_DEPTH = 40
#: what a request says of where it goes
_PLACES = frozenset(
    ("path", "url", "originalUrl", "method", "baseUrl", "route", "routerPath", "routeOptions", "routePath", "routeConfig", "_matchedRoute", "pathname")
)  # fmt: skip


def effect(function: Function, value: str, framework: str, called: Called) -> Effect:
    """What a guard does about ``value`` before the handler runs."""
    request = request_name(function)
    if function.body is None:
        return "never"
    if not request:
        return "never" if not function.params else "unknown"
    for node in walk(list(function.body)):
        if (
            isinstance(node, Call)
            and any(isinstance(arg.value, Name) and arg.value.id == request for arg in node.args)
            and not (isinstance(node.callee, Name) and node.callee.id in ("next", "done"))
            and not _only_reads(node, request, value, called)
        ):
            return "unknown"  # another function gets the request
    if not any(assigned(node, request) == value for node in walk(list(function.body))):
        # one that asks for the value may refuse where an earlier guard has set none
        asks = any(
            isinstance(node, (Member, Call)) and value_name(node, request) == value
            for node in walk(list(function.body))
        )
        return "unknown" if asks else "never"
    ways = _Ways(request, value, function, framework, called)
    left = ways.block(list(function.body), frozenset((False,)), 0)
    passed = ways.passed | (left if ways.ends_by_return else frozenset())
    if ways.lost or not passed:
        return "unknown"
    if False not in passed:
        return "always"
    return "unknown" if _tells_routes_apart(function) else "sometimes"


def _tells_routes_apart(function: Function) -> bool:
    """Whether a guard looks at the path or method of the request: it may go on without the value on other routes only."""
    return any(isinstance(node, Member) and node.name in _PLACES for node in walk(list(function.body or ())))


def _only_reads(call: Call, request: str, value: str, called: Called) -> bool:
    """Whether a function of the project that gets the request surely leaves ``value`` as it is."""
    scope = called(call)
    function = scope.function if scope is not None else None
    if function is None or function.body is None:
        return False
    places = [
        place
        for place, arg in enumerate(call.args)
        if isinstance(arg.value, Name) and arg.value.id == request
    ]
    if any(arg.spread for arg in call.args) or places[-1] >= len(function.params):
        return False
    names = {function.params[place].name for place in places}
    if any(function.params[place].pattern is not None for place in places):
        return True  # it takes some parts of the request
    for node in walk(list(function.body)):
        if isinstance(node, Call) and any(
            isinstance(arg.value, Name) and arg.value.id in names for arg in node.args
        ):
            return False
        if isinstance(node, Assign) and isinstance(node.value, Name) and node.value.id in names:
            return False  # under another name
        if any(assigned(node, name) == value for name in names):
            return False
    return True


class _Ways:
    """The ways through a guard: at each of them, whether the value has been set when the request goes on."""

    def __init__(self, request: str, value: str, function: Function, framework: str, called: Called) -> None:
        self.called = called
        self.request = request
        self.value = value
        params = [param.name for param in function.params]
        position = 2 if framework in ("express", "fastify") else 1
        self.next = params[position] if len(params) > position else ""
        self.answer = params[1] if framework in ("express", "fastify") and len(params) > 1 else ""
        self.ends_by_return = framework == "fastify" and not self.next
        self.passed: frozenset[bool] = frozenset()
        self.lost = False
        """the request goes on from a place that is not followed: a callback, a loop"""

    def block(self, body: list[Stmt], states: frozenset[bool], depth: int) -> frozenset[bool]:
        for stmt in body:
            if not states:
                break
            states = self.step(stmt, states, depth)
        return states

    def step(self, stmt: Stmt, states: frozenset[bool], depth: int) -> frozenset[bool]:
        if depth > _MAX_DEPTH:
            self.lost = True
            return states
        if isinstance(stmt, If):
            states = self.simple(stmt.test, states)
            there, missing = self._parted(stmt.test, states)
            return self.block(stmt.body, there, depth + 1) | self.block(stmt.orelse, missing, depth + 1)
        if isinstance(stmt, Block):
            return self.block(stmt.body, states, depth + 1)
        if isinstance(stmt, Try):
            after = self.block(stmt.body, states, depth + 1)
            for handler in stmt.handlers:
                after |= self.block(handler.body, states, depth + 1)
            return self.block(stmt.final, after, depth + 1) if stmt.final else after
        if isinstance(stmt, (Loop, Switch)):
            self.lost = self.lost or any(self._goes_on(node) for node in walk([stmt]))
            return states | frozenset((True,))
        if isinstance(stmt, Raise):
            return frozenset()
        if isinstance(stmt, Return):
            if stmt.value is not None:
                states = self.simple(stmt.value, states)
            answered = stmt.value is not None and _mentions(stmt.value, self.answer)
            if self.ends_by_return and not answered:
                self.passed |= states
            return frozenset()
        if isinstance(stmt, ExprStmt):
            if self._refuses(stmt.value):
                return frozenset()
            return self._answered(stmt.value, self.simple(stmt.value, states))
        if isinstance(stmt, Assign):
            if assigned(stmt, self.request) == self.value:
                return self._given(stmt.value)
            return self.simple(stmt.value, states) if stmt.value is not None else states
        if isinstance(stmt, Jump):
            return states
        return states

    def _given(self, expr: Expr | None) -> frozenset[bool]:
        """Whether the value is there once it has been set to ``expr``."""
        inner = expr.value if isinstance(expr, Await) else expr
        if isinstance(inner, Constant):
            return frozenset((inner.kind not in ("none", "undefined"),))
        if isinstance(inner, Conditional):
            return self._given(inner.then) | self._given(inner.other)
        if isinstance(inner, Binary) and inner.op in ("||", "??"):
            return (
                self._given(inner.left) | self._given(inner.right)
                if _is_nothing(inner.right)
                else frozenset((True,))
            )
        scope = self.called(inner) if isinstance(inner, Call) else None
        returns = scope.returns if scope is not None else []
        nothing = any(
            item.value is None
            or (isinstance(item.value, Constant) and item.value.kind in ("none", "undefined"))
            for item in returns
        )
        return frozenset((True, False)) if nothing else frozenset((True,))

    def _parted(self, test: Expr, states: frozenset[bool]) -> tuple[frozenset[bool], frozenset[bool]]:
        """The ways on which a test is true, and those on which it is false."""
        there, missing = states & {True}, states & {False}
        if self._is_value(test):
            return there, missing
        if isinstance(test, Unary) and test.op == "!" and self._is_value(test.operand):
            return missing, there
        if isinstance(test, Binary) and self._is_value(test.left):
            right = test.right
            if isinstance(right, Constant) and right.kind in ("none", "undefined"):
                if test.op in ("==", "==="):
                    return missing, there
                if test.op in ("!=", "!=="):
                    return there, missing
        return states, states

    def _is_value(self, expr: Expr) -> bool:
        return isinstance(expr, (Member, Call)) and value_name(expr, self.request) == self.value

    def _refuses(self, expr: Expr) -> bool:
        """``ctx.throw(401)``, ``next(error)``: the handler does not run."""
        inner = expr.value if isinstance(expr, Await) else expr
        if not isinstance(inner, Call):
            return False
        if isinstance(inner.callee, Name):
            return inner.callee.id == self.next and bool(inner.args)
        return isinstance(inner.callee, Member) and inner.callee.name == "throw"

    def _answered(self, expr: Expr, states: frozenset[bool]) -> frozenset[bool]:
        """Fastify: what sends an answer ends the request."""
        if (
            self.ends_by_return
            and _mentions(expr, self.answer)
            and any(_is_send(node) for node in walk(expr))
        ):
            return frozenset()
        return states

    def simple(self, expr: Expr, states: frozenset[bool]) -> frozenset[bool]:
        """An expression: it may set the value, or let the request go on."""
        inner: Expr = expr.value if isinstance(expr, (Await,)) else expr
        if isinstance(inner, Unary) and inner.op == "void":
            inner = inner.operand
        if self._goes_on(inner):
            self.passed |= states
            return frozenset()
        for node in walk(expr):
            if isinstance(node, Lambda):
                self.lost = self.lost or any(
                    self._goes_on(found) for found in walk(list(node.function.body or ()))
                )
            if assigned(node, self.request) == self.value:
                return self._given(node.args[1].value if isinstance(node, Call) else None)
            if node is not inner and self._goes_on(node) and not _inside_lambda(expr, node):
                self.passed |= states
                return frozenset()
        return states

    def _goes_on(self, node: Node) -> bool:
        """``next()`` without an error."""
        return (
            isinstance(node, Call)
            and isinstance(node.callee, Name)
            and node.callee.id == self.next
            and not node.args
        )


def _is_nothing(expr: Expr) -> bool:
    return isinstance(expr, Constant) and expr.kind in ("none", "undefined")


def refuses_without(function: Function, value: str) -> bool:
    """Whether a guard answers that the request is not authenticated where ``value`` is missing: it asks for it, and says 401."""
    request = request_name(function)
    nodes = list(walk(list(function.body or ())))
    asks = any(
        isinstance(inner, (Member, Call)) and value_name(inner, request) == value
        for node in nodes
        if isinstance(node, (If, Conditional))
        for inner in walk(node.test)
    )
    return asks and any(isinstance(node, Constant) and node.value == 401 for node in nodes)


def _inside_lambda(root: Expr, wanted: Node) -> bool:
    for node in walk(root):
        if isinstance(node, Lambda) and any(
            inner is wanted for inner in walk(list(node.function.body or ()))
        ):
            return True
    return False


def _mentions(root: Node, name: str) -> bool:
    return bool(name) and any(isinstance(node, Name) and node.id == name for node in walk(root))


def _is_send(node: Node) -> bool:
    return (
        isinstance(node, Call)
        and isinstance(node.callee, Member)
        and node.callee.name in ("send", "redirect")
    )
