"""Expressions, functions and classes as the scope builder visits them: scopes they open, calls they make."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from constraintlint.facts.code import (
    Arg,
    AssignExpr,
    At,
    Await,
    Binary,
    Call,
    Class,
    ClassExpr,
    Comprehension,
    Conditional,
    Constant,
    Entry,
    Expr,
    Function,
    Hole,
    Index,
    Lambda,
    Mapping,
    Member,
    Name,
    Node,
    Param,
    Sequence,
    Slice,
    Spread,
    Stmt,
    Text,
    Unary,
    Unknown,
    Yield,
)
from constraintlint.project.flow.scope_binding import Binding, label
from constraintlint.project.flow.scopes import EVERYWHERE, Bind, Scope

#: nesting of functions, classes and blocks that is followed
MAX_DEPTH = 120


class ScopeExpressions(Binding):
    """The part of the scope builder that visits expressions, functions and classes."""

    @abstractmethod
    def block(self, body: list[Stmt], visible: At | None = None) -> None:
        """Visit statements whose block-scoped names are visible in ``visible``."""

    def enter(self, kind: str, at: At, body: list[Stmt], node: Function | Class | None) -> Scope:
        scope = Scope(kind, self.path, at, self.scope, body, node)
        self.scope.children.append(scope)
        if node is not None:
            self.result.by_node[id(node)] = scope
        return scope

    def function(self, function: Function) -> Scope:
        scope = self.enter("function", function.at, function.body or [], function)
        for expr in function.decorators:
            self.expr(expr)
        if self.depth > MAX_DEPTH:
            return scope
        saved = self.scope, self.regions, self.visible, self.depth
        self.scope, self.regions, self.visible = scope, (), EVERYWHERE
        self.depth += 1
        for position, param in enumerate(function.params):
            self.param(param, position, function)
        if function.returns is not None:
            self.expr(function.returns)
        if function.body:
            self.block(function.body, function.at)
        self.scope, self.regions, self.visible, self.depth = saved
        return scope

    def param(self, param: Param, position: int, function: Function) -> None:
        scope = self.scope
        for expr in (param.annotation, param.default):
            if expr is not None:
                self.expr(expr)
        if param.pattern is not None:
            self.target(param.pattern, None, kind="param", keyword="param", node=param, index=position)
            return
        bind = Bind(
            "param",
            param.name,
            param.at,
            scope,
            scope,
            node=param,
            annotation=param.annotation,
            default=param.default,
            index=position,
        )
        self.bind(bind, keyword="param")
        if param.property and scope.parent is not None and scope.parent.kind == "class":
            field = Bind(
                "assign",
                param.name,
                param.at,
                scope.parent,
                scope,
                Name(param.at, param.name),
                annotation=param.annotation,
            )
            scope.parent.fields.setdefault(param.name, []).append(field)

    def class_(self, cls: Class) -> None:
        for expr in cls.decorators:
            self.expr(expr)
        for base in cls.bases:
            self.expr(base.value)
        scope = self.enter("class", cls.at, cls.body, cls)
        if self.depth > MAX_DEPTH:
            return
        saved = self.scope, self.regions, self.visible, self.depth
        self.scope, self.regions, self.visible = scope, (), EVERYWHERE
        self.depth += 1
        self.block(cls.body, cls.at)
        self.scope, self.regions, self.visible, self.depth = saved

    def expr(self, root: Expr) -> None:
        """Everything inside an expression that binds, calls or opens a scope."""
        stack: list[Node] = [root]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is Name or kind is Constant:
                continue
            handler = _EXPRESSIONS.get(kind)
            if handler is not None:
                handler(self, node, stack)

    def call(self, node: Call, stack: list[Node]) -> None:
        callee = node.callee
        if isinstance(callee, Await):
            callee = callee.value
        if type(callee) is Member:
            name = callee.name
        elif type(callee) is Name:
            name = callee.id
        else:
            name = ""
        self.result.calls.setdefault(name, []).append((node, self.scope))
        self.scope.calls.append(node)
        stack.append(node.callee)
        for position, arg in enumerate(node.args):
            value = arg.value
            if type(value) is Lambda:
                self.function(value.function).passed = (node, position)
            else:
                stack.append(value)

    def text(self, node: Text, stack: list[Node]) -> None:
        if node.tag is not None:
            self.result.tagged.append((node, self.scope))
            stack.append(node.tag)
        for piece in node.pieces:
            if type(piece) is Hole:
                stack.append(piece.value)

    def lambda_(self, node: Lambda, stack: list[Node]) -> None:
        self.function(node.function)

    def class_expr(self, node: ClassExpr, stack: list[Node]) -> None:
        self.class_(node.cls)

    def comprehension(self, node: Comprehension, stack: list[Node]) -> None:
        if self.depth > MAX_DEPTH:
            return
        scope = self.enter("comprehension", node.at, [], None)
        saved = self.scope
        self.depth += 1
        for position, clause in enumerate(node.clauses):
            if position == 0:
                self.scope = saved
            self.expr(clause.iterable)
            self.scope = scope
            self.target(clause.target, clause.iterable, kind="for")
            for condition in clause.conditions:
                self.expr(condition)
        self.expr(node.element)
        if node.value is not None:
            self.expr(node.value)
        self.depth -= 1
        self.scope = saved

    def assign_expr(self, node: AssignExpr, stack: list[Node]) -> None:
        stack.append(node.value)
        op = "" if node.op in ("=", ":=") else node.op
        self.target(node.target, node.value, op, end=node.at[1])

    def yield_(self, node: Yield, stack: list[Node]) -> None:
        self.scope.yields.append(node)
        if node.value is not None:
            stack.append(node.value)

    def mapping(self, node: Mapping, stack: list[Node]) -> None:
        for entry in node.entries:
            if entry.key is not None:
                stack.append(entry.key)
            value = entry.value
            if type(value) is Lambda:
                self.function(value.function).alias = label(entry.key) if entry.key is not None else ""
            else:
                stack.append(value)


def _push_all(*names: str) -> Callable[[ScopeExpressions, Node, list[Node]], None]:
    def push(builder: ScopeExpressions, node: Node, stack: list[Node]) -> None:
        for name in names:
            value = getattr(node, name)
            if isinstance(value, list):
                stack.extend(value)
            elif value is not None:
                stack.append(value)

    return push


_EXPRESSIONS: dict[type, Callable[..., None]] = {
    Call: ScopeExpressions.call,
    Text: ScopeExpressions.text,
    Lambda: ScopeExpressions.lambda_,
    ClassExpr: ScopeExpressions.class_expr,
    Comprehension: ScopeExpressions.comprehension,
    AssignExpr: ScopeExpressions.assign_expr,
    Yield: ScopeExpressions.yield_,
    Mapping: ScopeExpressions.mapping,
    Member: _push_all("object"),
    Index: _push_all("object", "index"),
    Arg: _push_all("value"),
    Entry: _push_all("key", "value"),
    Spread: _push_all("value"),
    Sequence: _push_all("items"),
    Binary: _push_all("left", "right"),
    Unary: _push_all("operand"),
    Conditional: _push_all("test", "then", "other"),
    Await: _push_all("value"),
    Slice: _push_all("lower", "upper", "step"),
    Unknown: _push_all("children"),
}
