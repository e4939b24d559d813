"""A decorator's wrapper calls a function that is decorated by it: each call calls the wrapper again."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import callees
from constraintlint.facts.code import (
    Assign,
    Await,
    Call,
    Define,
    Expr,
    ExprStmt,
    Function,
    If,
    Member,
    Name,
    Node,
    Return,
    Stmt,
    Try,
    With,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "decorator-recursion"


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        file = project.evaluator.file(path) if path.endswith(".py") else None
        for scope in file.by_node.values() if file is not None else ():
            node = scope.node
            if isinstance(node, Function) and node.decorators and scope.parent is not None:
                for decorator in node.decorators:
                    yield from _decorated(project, scope, node, decorator)


def _decorated(project: Project, scope: Scope, function: Function, decorator: Expr) -> Iterator[Finding]:
    called = decorator.callee if isinstance(decorator, Call) else decorator
    if not isinstance(called, (Name, Member)) or scope.parent is None:
        return
    ev = project.evaluator
    for value in ev.eval(called, scope.parent):
        if value.kind != "function" or not isinstance(value.node, Function) or value.scope is None:
            continue
        for wrapper in _wrappers(value.scope):
            for call in _always_called(wrapper.body):
                if not isinstance(call.callee, (Name, Member)):
                    continue
                found = callees(project, call, wrapper)
                if found and all(item.node is function for item in found):
                    yield _finding(project, scope.path, function, decorator, wrapper, call, value.node.name)


def _wrappers(scope: Scope) -> Iterator[Scope]:
    """The functions inside a decorator."""
    for child in scope.children:
        if child.kind == "function":
            yield child
            yield from _wrappers(child)


def _always_called(body: list[Stmt]) -> Iterator[Call]:
    """The calls that run before anything can end the function otherwise."""
    for stmt in body:
        parts: list[Node] = []
        if isinstance(stmt, (Assign, Return, ExprStmt)):
            parts = [stmt.value] if stmt.value is not None else []
        elif isinstance(stmt, If):
            parts = [stmt.test]
        elif isinstance(stmt, With):
            parts = [item.value for item in stmt.items]
            yield from _always_called(stmt.body)
        elif isinstance(stmt, Try):
            yield from _always_called(stmt.body)
        elif isinstance(stmt, Define):
            continue
        for part in parts:
            if isinstance(part, Await):
                part = part.value
            yield from (node for node in walk(part) if isinstance(node, Call))
        if isinstance(stmt, (If, Return)):
            return


def _finding(
    project: Project, path: str, function: Function, decorator: Expr, wrapper: Scope, call: Call, name: str
) -> Finding:
    line, column = project.span(wrapper.path, call.at)[:2]
    return finding(
        RULE,
        path,
        project.span(path, decorator.at),
        f"{name} calls {function.name}, which it decorates itself: each call calls the next, until RecursionError",
        help=f"take {name} off {function.name}, or let {name} call a function that is not decorated",
        trace=[Step(wrapper.path, line, column, f"{function.name} is called here, by the wrapper of {name}")],
        subject=f"{name} {function.name}",
    )
