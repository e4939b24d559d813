"""The order in which two places of one function run: which statements stand around them, and whether one has run before the other."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import (
    Block,
    Class,
    Function,
    Jump,
    Lambda,
    Loop,
    Node,
    Raise,
    Return,
    Stmt,
    Try,
    With,
    children,
)
from constraintlint.project.flow.nesting import around


def inside(body: list[Stmt]) -> Iterator[Node]:
    """Every record of some statements in source order; what stands in nested functions and classes left out."""
    stack: list[Node] = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (Lambda, Function, Class)):
            stack.extend(
                child for child in reversed(children(node)) if not isinstance(child, (Function, Class))
            )


def surely_before(body: list[Stmt], first: int, then: int) -> bool:
    """Whether what stands at ``first`` has run whenever ``then`` runs: no branch or loop around it that is not around both."""
    if first >= then:
        return False
    parts = {id(stmt): number for stmt, number in around(body, then)}
    for stmt, number in around(body, first):
        other = parts.get(id(stmt))
        if other == number or isinstance(stmt, (With, Block)):
            continue
        if not isinstance(stmt, Try):
            return False
        ended = number == 1  # finally
        if number == 0:  # its whole body has run, unless an error was caught on the way
            ended = other == 2 or (other is None and all(_leaves(handler.body) for handler in stmt.handlers))
        if not ended:
            return False
    return True


def _leaves(body: list[Stmt]) -> bool:
    return bool(body) and (
        isinstance(body[-1], (Return, Raise)) or (isinstance(body[-1], Jump) and body[-1].kind != "pass")
    )


def loop_around(body: list[Stmt], offset: int) -> Loop | None:
    """The innermost loop whose every round comes to a place; None where a branch stands between."""
    for stmt, number in reversed(around(body, offset)):
        if isinstance(stmt, Loop):
            return stmt if number == 0 else None
        if isinstance(stmt, (With, Block)) or (isinstance(stmt, Try) and number < 2):
            continue
        return None
    return None
