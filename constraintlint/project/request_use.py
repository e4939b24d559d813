"""Whether a JavaScript handler reads the body of its request: the first parameter followed through calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    Call,
    Expr,
    Function,
    Index,
    Lambda,
    Mapping,
    Member,
    Name,
    Node,
    Spread,
    Text,
    children,
)
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import key_of
from constraintlint.project.flow.values import Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator
    from constraintlint.project.flow.scopes import Scope

#: members of a request through which its body can be had
_BODY = frozenset(
    (
        "body",
        "raw",
        "req",
        "rawBody",
        "parts",
        "file",
        "files",
        "saveRequestFiles",
        "data",
        "isMultipart",
        "request",
    )
)
_MAX_DEPTH = 5


def reads_body(ev: Evaluator, handler: Value, position: int = 0, depth: int = 0) -> bool | None:
    """Whether the function reads the body of the request it gets as its argument; None where that is unknown."""
    function = handler.node
    if handler.kind != "function" or not isinstance(function, Function) or depth > _MAX_DEPTH:
        return None
    if position >= len(function.params):
        return None if _mentions(function, "arguments") else False
    param = function.params[position]
    if param.kind != "normal":
        return None
    if param.pattern is not None:
        return _taken(param.pattern)
    if function.body is None or handler.scope is None:
        return None
    uses = _Uses(param.name)
    for stmt in function.body:
        uses.visit(stmt)
    if uses.reads is not False:
        return uses.reads
    for call, place in uses.handed_on:
        inner = _called(ev, call, place, handler.scope, depth)
        if inner is not False:
            return inner
    return False


def _called(ev: Evaluator, call: Call, place: int, scope: Scope, depth: int) -> bool | None:
    """What a function that gets the request does with it."""
    values = ev.values(scope.path, call.callee)
    for value in values:
        for item in concrete(ev, value):
            result = reads_body(ev, item, place, depth + 1)
            if result is not False:
                return result
    return False


def _taken(pattern: Expr) -> bool | None:
    """Whether a destructuring pattern of the request takes its body; None where it takes the rest."""
    if not isinstance(pattern, Mapping):
        return None
    for entry in pattern.entries:
        if entry.key is None or isinstance(entry.value, Spread):
            return None
        key = key_of(entry.key)
        if key in _BODY:
            return True
        if key.startswith("#"):
            return None
    return False


def _mentions(function: Function, name: str) -> bool:
    found: list[Node] = list(function.body or ())
    while found:
        node = found.pop()
        if isinstance(node, Name) and node.id == name:
            return True
        found.extend(children(node))
    return False


class _Uses:
    """What is done with one name: ``reads`` is None once it goes where it cannot be followed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.reads: bool | None = False
        self.handed_on: list[tuple[Call, int]] = []

    def visit(self, root: Node) -> None:
        stack: list[Node] = [root]
        while stack and self.reads is False:
            node = stack.pop()
            handled = self._known_use(node)
            if handled is not None:
                stack.extend(handled)
            elif isinstance(node, Name) and node.id == self.name:
                self.reads = None
            else:
                stack.extend(reversed(children(node)))

    def _known_use(self, node: Node) -> list[Node] | None:
        """The parts still to be looked at where the name is used in a way that says what is read."""
        if isinstance(node, Member) and self._is_it(node.object):
            if node.name in _BODY:
                self.reads = True
            return []
        if isinstance(node, Index) and self._is_it(node.object):
            self.reads = None if not isinstance(node.index, Text) else key_of(node.index) in _BODY
            return []
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, Assign) and node.value is not None and self._is_it(node.value):
            taken = [_taken(target) for target in node.targets]
            self.reads = next((item for item in taken if item is not False), False)
            return []
        if isinstance(node, Lambda) and any(param.name == self.name for param in node.function.params):
            return []  # another thing of the same name
        return None

    def _call(self, call: Call) -> list[Node] | None:
        positions = [i for i, argument in enumerate(call.args) if self._is_it(argument.value)]
        if not positions:
            return None
        if any(argument.spread for argument in call.args):
            self.reads = None
            return []
        self.handed_on += [(call, position) for position in positions]
        return [call.callee, *(argument.value for argument in call.args if not self._is_it(argument.value))]

    def _is_it(self, expr: Expr) -> bool:
        return isinstance(expr, Name) and expr.id == self.name
