"""What a place of a file stands in: the branches that lead to it, and the classes around it."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import (
    At,
    Binary,
    Block,
    Code,
    Conditional,
    Define,
    DefineClass,
    Expr,
    If,
    Jump,
    Lambda,
    Loop,
    Node,
    Raise,
    Return,
    Stmt,
    Switch,
    Text,
    Try,
    With,
    children,
)
from constraintlint.project.evidence.branch_labels import characters
from constraintlint.project.flow.values import Branch

_MAX_NESTING = 400


def branches_around(path: str, code: Code, at: At) -> tuple[list[Branch], list[str]]:
    """The branches a place of a file stands in, outermost first, and the names of the classes around it.

    What follows ``if test: return`` stands in the other branch of that test.
    """
    branches: list[Branch] = []
    classes: list[str] = []
    body: list[Stmt] | None = code.body
    for _ in range(_MAX_NESTING):
        if body is None:
            break
        body = _step(path, body, at, branches, classes)
    return branches, classes


def _covers(node: Node, at: At) -> bool:
    return node.at[0] <= at[0] and at[1] <= node.at[1]


def _within(body: list[Stmt], at: At) -> bool:
    return bool(body) and body[0].at[0] <= at[0] and at[1] <= body[-1].at[1]


def _step(
    path: str, body: list[Stmt], at: At, branches: list[Branch], classes: list[str]
) -> list[Stmt] | None:
    """Descend into the statement of ``body`` that covers the place; None where there is nothing to descend into."""
    for statement in body:
        if isinstance(statement, If) and statement.at[1] <= at[0]:
            if _leaves(statement.body):
                branches.append(Branch("if", path, statement.test, False))
        elif _covers(statement, at):
            return _into(path, statement, at, branches, classes)
    return None


def _into(
    path: str, statement: Stmt, at: At, branches: list[Branch], classes: list[str]
) -> list[Stmt] | None:
    if isinstance(statement, If):
        for part, taken in ((statement.body, True), (statement.orelse, False)):
            if _within(part, at):
                branches.append(Branch("if", path, statement.test, taken))
                return part
    elif isinstance(statement, Switch):
        for case in statement.cases:
            if _within(case.body, at):
                branches.append(Branch("case", path, case.pattern, True, _case_label(case.pattern)))
                return case.body
    elif isinstance(statement, Try):
        for handler in statement.handlers:
            if _within(handler.body, at):
                branches.append(Branch("except", path, handler.types))
                return handler.body
        return next((p for p in (statement.body, statement.orelse, statement.final) if _within(p, at)), None)
    elif isinstance(statement, DefineClass):
        classes.append(statement.cls.name)
        return statement.cls.body
    elif isinstance(statement, Define) and statement.function.body and _within(statement.function.body, at):
        return statement.function.body
    elif isinstance(statement, (Loop, With, Block)) and _within(statement.body, at):
        return statement.body
    return _inside_expression(path, statement, at, branches)


def _inside_expression(path: str, node: Node, at: At, branches: list[Branch]) -> list[Stmt] | None:
    """Conditional expressions around the place; the body of the first function written as a value around it."""
    for part in _path_to(node, at):
        if isinstance(part, Conditional):
            for value, taken in ((part.then, True), (part.other, False)):
                if _covers(value, at):
                    branches.append(Branch("if", path, part.test, taken))
        elif isinstance(part, Binary) and part.op in ("&&", "and") and _covers(part.right, at):
            branches.append(Branch("if", path, part.left))
        elif isinstance(part, Lambda) and part.function.body and _within(part.function.body, at):
            return part.function.body
    return None


def _path_to(node: Node, at: At) -> Iterator[Node]:
    """The records below ``node`` that cover the place, outermost first."""
    current: Node | None = node
    while current is not None:
        yield current
        current = next((child for child in children(current) if _covers(child, at)), None)


def _case_label(pattern: Expr | None) -> str:
    if isinstance(pattern, Text):
        return characters(pattern)
    return "default" if pattern is None else "other"


def _leaves(body: list[Stmt]) -> bool:
    return bool(body) and (
        isinstance(body[-1], (Return, Raise))
        or (isinstance(body[-1], Jump) and body[-1].kind in ("break", "continue"))
    )
