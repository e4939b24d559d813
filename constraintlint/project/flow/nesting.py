"""Which statements stand around a place, and which function it belongs to."""

from __future__ import annotations

from constraintlint.facts.code import Block, If, Loop, Stmt, Switch, Try, With
from constraintlint.project.flow.scopes import Scope


def home_of(scope: Scope) -> Scope:
    """The function or module whose statements a scope belongs to (a comprehension's are those around it)."""
    current = scope
    while current.kind == "comprehension" and current.parent is not None:
        current = current.parent
    return current


def around(body: list[Stmt], offset: int) -> list[tuple[Stmt, int]]:
    """The statements around a place, outermost first, each with the number of the part that the place is in.

    Parts of a try statement: 0 its body, 1 ``finally``, 2 ``else``, from 3 on its handlers.
    """
    found: list[tuple[Stmt, int]] = []
    while True:
        stmt = next((item for item in body if item.at[0] <= offset < item.at[1]), None)
        if stmt is None:
            return found
        for number, inner in enumerate(parts_of(stmt)):
            if inner and inner[0].at[0] <= offset < inner[-1].at[1]:
                found.append((stmt, number))
                body = inner
                break
        else:
            return found


def parts_of(stmt: Stmt) -> list[list[Stmt]]:
    """The bodies of a compound statement, numbered as in ``around``; none for any other."""
    if isinstance(stmt, (If, Loop)):
        return [stmt.body, stmt.orelse]
    if isinstance(stmt, (With, Block)):
        return [stmt.body]
    if isinstance(stmt, Try):
        return [stmt.body, stmt.final, stmt.orelse, *(handler.body for handler in stmt.handlers)]
    if isinstance(stmt, Switch):
        return [case.body for case in stmt.cases]
    return []
