"""What a guard of a Python route does about a value of the request: always sets it, on some ways only, or who knows."""

from __future__ import annotations

from typing import Literal

from constraintlint.checks.auth._python_values import Holder, holder, may_set, mentions
from constraintlint.facts.code import (
    Assign,
    Await,
    Binary,
    Block,
    Call,
    Conditional,
    Constant,
    Define,
    Expr,
    ExprStmt,
    Function,
    If,
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
    With,
    Yield,
    children,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

State = Literal["unset", "none", "set"]
States = frozenset[State]
_START: States = frozenset(("unset",))
_SET: States = frozenset(("set",))
_MAX_DEPTH = 30
#: what a test asks of the request where it tells routes apart, not callers
_PLACES = frozenset(
    ("path", "method", "endpoint", "url", "url_rule", "blueprint", "blueprints", "rel_url", "match_info", "scope", "view_args", "view_functions",
     "resolver_match", "path_info", "full_path", "base_url", "raw_path", "is_json", "remote", "host", "content_type")
)  # fmt: skip
#: decorators that only register a hook, or keep a function's name
REGISTERING = frozenset(
    (
        "middleware",
        "before_request",
        "before_app_request",
        "before_websocket",
        "wraps",
        "exception_handler",
        "on_event",
    )
)


def passed(
    project: Project, function: Function, scope: Scope, how: str, framework: str, value: str
) -> States | None:
    """The states of ``value`` in which a guard lets a request go on; None where that is not certain, or not its affair."""
    if any(last_name(item) not in REGISTERING for item in function.decorators):
        return None
    inner, forward = _acting(function, how)
    if inner is None or inner.body is None or inner.is_generator:
        return None
    if not may_set(function, value, framework):
        return None
    home = project.evaluator.scope_of(scope.path, inner) or scope
    ways = _Ways(project, holder(project, framework, inner, home), value, forward, how, framework)
    left = ways.block(list(inner.body), _START, 0)
    if not forward:
        ways.passed |= left
    if ways.lost or not ways.passed or not ways.assigned:
        return None
    if ways.passed != _SET and tells_routes_apart(inner):
        return None
    return ways.passed


def tells_routes_apart(function: Function) -> bool:
    """Whether a guard looks at the path or method of the request: it may go on without the value on other routes only."""
    return any(isinstance(node, Member) and node.name in _PLACES for node in walk(list(function.body or ())))


def _acting(function: Function, how: str) -> tuple[Function | None, str]:
    """The function that runs for a request, and the name by which it lets it go on ("" where it just ends)."""
    if how in ("before_request", "before_app_request", "Depends", "dependencies", "Security"):
        return function, ""
    names = [param.name for param in function.params if param.name not in ("self", "cls")]
    if how == "middleware":
        return (function, names[1]) if len(names) == 2 else (None, "")
    if not names:
        return None, ""
    inside = [
        node.function
        for stmt in function.body or ()
        for node in walk(stmt)
        if isinstance(node, Define) and _calls(node.function, names[0])
    ]
    return (inside[0], names[0]) if len(inside) == 1 else (None, "")


def _calls(function: Function, name: str) -> bool:
    return any(
        isinstance(node, Call) and isinstance(node.callee, Name) and node.callee.id == name
        for node in walk(list(function.body or ()))
    )


def last_name(expr: Expr) -> str:
    while isinstance(expr, Call):
        expr = expr.callee
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""


class _Ways:
    """The ways through a guard."""

    def __init__(
        self, project: Project, held: Holder, value: str, forward: str, how: str, framework: str
    ) -> None:
        self.project = project
        self.held = held
        self.value = value
        self.forward = forward
        self.answers = not forward and framework in ("flask", "quart")
        """a value that is returned is the answer"""
        self.passed: States = frozenset()
        self.assigned = False
        self.lost = False
        self.tested: set[str] = set()

    def block(self, body: list[Stmt], states: States, depth: int) -> States:
        for stmt in body:
            if not states:
                break
            states = self.step(stmt, states, depth)
        return states

    def step(self, stmt: Stmt, states: States, depth: int) -> States:
        if depth > _MAX_DEPTH:
            self.lost = True
            return states
        if isinstance(stmt, If):
            return self._branch(stmt, states, depth)
        if isinstance(stmt, Block):
            return self.block(stmt.body, states, depth + 1)
        if isinstance(stmt, With):
            for item in stmt.items:
                states = self.simple(item.value, states)
            return self.block(stmt.body, states, depth + 1)
        if isinstance(stmt, Try):
            after = self.block(stmt.body, states, depth + 1)
            caught: States = frozenset()
            for handler in stmt.handlers:
                caught |= self.block(handler.body, states | after, depth + 1)
            after = self.block(stmt.orelse, after, depth + 1) | caught
            return self.block(stmt.final, after, depth + 1) if stmt.final else after
        if isinstance(stmt, (Loop, Switch)):
            self.lost = self.lost or mentions(stmt, self.value) or any(self._goes_on(n) for n in walk(stmt))
            return states
        if isinstance(stmt, Raise):
            return frozenset()
        if isinstance(stmt, Return):
            return self._returned(stmt, states)
        if isinstance(stmt, ExprStmt):
            return self._expression(stmt, states)
        if isinstance(stmt, Assign):
            return self._assigned(stmt, states)
        if isinstance(stmt, Define) and mentions(stmt, self.value):
            self.lost = True
        return states

    def _branch(self, stmt: If, states: States, depth: int) -> States:
        for node in walk(stmt.test):
            if isinstance(node, Call) and any(
                isinstance(arg.value, Name) and arg.value.id in (self.forward, *self.held.requests)
                for arg in node.args
            ):
                self.lost = True
            elif isinstance(node, Name):
                self.tested.add(node.id)
                if node.id == self.forward:
                    self.lost = True
        there, missing = self._parted(stmt.test, states)
        return self.block(stmt.body, there, depth + 1) | self.block(stmt.orelse, missing, depth + 1)

    def _parted(self, test: Expr, states: States) -> tuple[States, States]:
        """The ways on which a test is true, and those on which it is false."""
        if isinstance(test, Unary) and test.op == "not":
            there, missing = self._parted(test.operand, states)
            return missing, there
        if self.held.value(test) == self.value or self.held.soft(test) == self.value:
            return states & {"set"}, states - {"set"}
        if isinstance(test, Binary) and test.op in ("is", "is not", "==", "!="):
            right = test.right
            read = self.held.value(test.left) or self.held.soft(test.left)
            if read == self.value and isinstance(right, Constant) and right.kind == "none":
                there, missing = states & {"set"}, states - {"set"}
                return (missing, there) if test.op in ("is", "==") else (there, missing)
        if mentions(test, self.value):
            self.lost = True
        return states, states

    def _returned(self, stmt: Return, states: States) -> States:
        nothing = stmt.value is None or (isinstance(stmt.value, Constant) and stmt.value.kind == "none")
        if stmt.value is not None:
            states = self.simple(stmt.value, states)
        if not self.forward and (nothing or not self.answers):
            self.passed |= states
        return frozenset()

    def _expression(self, stmt: ExprStmt, states: States) -> States:
        inner = stmt.value.value if isinstance(stmt.value, Await) else stmt.value
        if isinstance(inner, Call) and not self._goes_on(inner):
            ends = self._ends(inner)
            if ends is True:
                return frozenset()
            if ends is None and states != _SET:
                self.lost = True
        return self.simple(stmt.value, states)

    def _ends(self, call: Call) -> bool | None:
        """Whether a call never comes back: ``abort(401)``. None where it may not."""
        if last_name(call.callee) == "abort":
            return True
        found = self.project.evaluator.eval(call.callee, self.held.scope)
        if not found:
            return None if isinstance(call.callee, Name) else False
        for value in found:
            function = value.scope.function if value.kind == "function" and value.scope is not None else None
            if function is not None and any(
                isinstance(node, Raise) or (isinstance(node, Call) and last_name(node.callee) == "abort")
                for node in walk(list(function.body or ()))
            ):
                return None
        return False

    def _assigned(self, stmt: Assign, states: States) -> States:
        if stmt.value is not None:
            states = self.simple(stmt.value, states)
        for target in stmt.targets:
            if self.held.value(target) == self.value:
                self.assigned = True
                return self._given(stmt.value) if not stmt.op and stmt.value is not None else _SET
            if mentions(target, self.value):
                self.lost = True
        return states

    def _given(self, expr: Expr) -> States:
        """What the value is once it has been set to ``expr``."""
        if isinstance(expr, Constant):
            return frozenset(("none",)) if expr.kind == "none" else _SET
        if isinstance(expr, Conditional):
            return self._given(expr.then) | self._given(expr.other)
        inner = expr.value if isinstance(expr, Await) else expr
        if isinstance(inner, Call) and self._may_be_none(inner):
            return frozenset(("none", "set"))
        return _SET

    def _may_be_none(self, call: Call) -> bool:
        """Whether a function of the project returns None on some way, written so."""
        found = self.project.evaluator.eval(call.callee, self.held.scope)
        if len(found) != 1 or found[0].kind != "function" or found[0].scope is None:
            return False
        return returns_none(found[0].scope)

    def simple(self, expr: Expr, states: States) -> States:
        """An expression: it may let the request go on."""
        goes = False
        for node in _outside_lambdas(expr):
            if self._goes_on(node):
                goes = True
            elif isinstance(node, Yield):
                self.lost = True
            elif isinstance(node, Call) and any(
                isinstance(arg.value, Name) and arg.value.id == self.forward and self.forward
                for arg in node.args
            ):
                self.lost = True  # another function may call it
            elif isinstance(node, Call):
                self.lost = self.lost or self._sets_elsewhere(node)
            elif isinstance(node, Lambda) and self.forward:
                self.lost = self.lost or _calls(node.function, self.forward)
        if goes:
            self.passed |= states
        return states

    def _sets_elsewhere(self, call: Call) -> bool:
        """Whether a function that is called may set the value."""
        if last_name(call.callee) in ("setattr", "update", "setdefault") and mentions(call, self.value):
            return True
        return any(
            value.kind == "function"
            and value.scope is not None
            and value.scope.function is not None
            and may_set(value.scope.function, self.value, self.held.framework)
            for value in self.project.evaluator.eval(call.callee, self.held.scope)
        )

    def _goes_on(self, node: Node) -> bool:
        return (
            bool(self.forward)
            and isinstance(node, Call)
            and isinstance(node.callee, Name)
            and node.callee.id == self.forward
        )


def returns_none(scope: Scope) -> bool:
    """Whether a function returns None on some way, written as a return of nothing; not one that may tell routes apart."""
    function = scope.function
    if function is None or function.body is None or function.is_generator:
        return False
    if tells_routes_apart(function):
        return False
    some = any(
        item.value is not None and not (isinstance(item.value, Constant) and item.value.kind == "none")
        for item in scope.returns
    )
    return some and any(
        item.value is None or (isinstance(item.value, Constant) and item.value.kind == "none")
        for item in scope.returns
    )


def _outside_lambdas(expr: Expr) -> list[Node]:
    found: list[Node] = []
    stack: list[Node] = [expr]
    while stack:
        node = stack.pop()
        found.append(node)
        if not isinstance(node, Lambda):
            stack.extend(children(node))
    return found
