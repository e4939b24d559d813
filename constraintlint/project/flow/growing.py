"""Lists that a function fills step by step before it joins them: which items they hold, by the choices on the way.

The conditions of a statement are the usual case: ``filters.append("a = ?")`` under one test each, and ``" AND ".join(filters)``
at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from constraintlint.facts.code import (
    At,
    Block,
    Call,
    Comprehension,
    Conditional,
    Expr,
    Function,
    If,
    Lambda,
    Loop,
    Member,
    Name,
    Stmt,
    Switch,
    Try,
    With,
    walk,
)
from constraintlint.project.flow.nesting import around, home_of, parts_of
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: what adds to a list; the items of the others than ``append`` and ``push`` are not followed
GROWING = ("append", "extend", "push", "insert", "unshift")
_ONE = frozenset(("append", "push"))
#: functions that only look at a list
_LOOKING = frozenset(("len", "bool", "any", "all", "print"))
#: ways to fill one list that are told apart; of more, only those that take all they can
MAX_WAYS = 8


class Item(NamedTuple):
    """Something added to a list; ``arms`` are the tests around it, each with the way it has come out."""

    expr: Expr
    scope: Scope
    arms: tuple[tuple[Expr, bool], ...]


class Way(NamedTuple):
    """One way to fill a list."""

    items: list[Item]
    branches: tuple[Branch, ...]


def growth(ev: Evaluator, sequence: Value) -> Iterator[tuple[Call, Scope]]:
    """The calls that give a list literal more items after it is made."""
    file = ev.file(sequence.path)
    if file is None or sequence.scope is None:
        return
    for name in GROWING:
        for call, inner in file.calls.get(name, ()):
            inside = sequence.scope.at[0] <= call.at[0] < sequence.scope.at[1]
            if not inside or not isinstance(call.callee, Member):
                continue
            if any(value.node is sequence.node for value in ev.eval(call.callee.object, inner)):
                yield call, inner


def ways(ev: Evaluator, sequence: Value, at: At, scope: Scope, may_be_empty: bool) -> list[Way] | None:
    """The ways a list that grows is filled where it is read at ``at``; None where its items cannot all be told.

    A way that adds nothing is left out unless ``may_be_empty``: what is joined to a clause is tested first.
    """
    items = _items(ev, sequence, at, scope)
    if items is None:
        return None
    return _ways(items, scope.path, may_be_empty)


def _items(ev: Evaluator, sequence: Value, at: At, scope: Scope) -> list[Item] | None:
    home = sequence.scope
    if home is None or home_of(scope) is not home:
        return None
    found: list[tuple[int, Item]] = []
    names: set[str] = set()
    for call, inner in growth(ev, sequence):
        callee = call.callee
        assert isinstance(callee, Member)
        if callee.name not in _ONE or not isinstance(callee.object, Name) or home_of(inner) is not home:
            return None
        names.add(callee.object.id)
        outer = _around(home.body, call.at[0])
        if call.at[0] > at[0]:
            if any(isinstance(stmt, Loop) and stmt.at[0] <= at[0] < stmt.at[1] for stmt, _ in outer):
                return None
            continue
        arms = _arms(outer, at)
        if arms is None or any(arg.spread for arg in call.args):
            return None
        found += [(call.at[0], Item(arg.value, inner, arms)) for arg in call.args]
    if not found or _handed_on(home.body, names):
        return None
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _handed_on(body: list[Stmt], names: set[str]) -> bool:
    """Whether one of the names is given to a function, which may add what it likes."""
    for stmt in body:
        for node in walk(stmt):
            if isinstance(node, Call) and any(
                isinstance(arg.value, Name) and arg.value.id in names for arg in node.args
            ):
                callee = node.callee
                name = callee.name if isinstance(callee, Member) else getattr(callee, "id", "")
                if name != "join" and name not in _LOOKING:
                    return True
    return False


def _around(body: list[Stmt], offset: int) -> list[tuple[Stmt, int]]:
    """The statements around a place, with the innermost one too where it does not run the place once."""
    found = around(body, offset)
    if found:
        stmt, number = found[-1]
        body = parts_of(stmt)[number]
    inner = next((item for item in body if item.at[0] <= offset < item.at[1]), None)
    return found if inner is None or _is_plain(inner, offset) else [*found, (inner, 0)]


def _is_plain(stmt: Stmt, offset: int) -> bool:
    """Whether a statement without parts runs what stands at a place once, whenever it runs."""
    if isinstance(stmt, (If, Loop, Try, Switch)):
        return False
    for node in walk(stmt):
        if node.at[0] <= offset < node.at[1] and (
            isinstance(node, (Lambda, Function, Conditional, Comprehension))
        ):
            return False
        if node.at[0] <= offset < node.at[1] and getattr(node, "op", "") in ("and", "or", "&&", "||", "??"):
            return False
    return True


def _arms(outer: list[tuple[Stmt, int]], at: At) -> tuple[tuple[Expr, bool], ...] | None:
    """The choices around an item that are not also around the place where the list is read."""
    arms: list[tuple[Expr, bool]] = []
    for stmt, number in outer:
        if isinstance(stmt, Switch):
            return None
        parts = parts_of(stmt)
        part = parts[number] if number < len(parts) else []
        if part and part[0].at[0] <= at[0] < part[-1].at[1]:
            continue
        if isinstance(stmt, If):
            arms.append((stmt.test, number == 0))
        elif isinstance(stmt, Loop) and stmt.iterable is not None and number == 0:
            arms.append((stmt.iterable, True))
        elif isinstance(stmt, (With, Block)) or (isinstance(stmt, Try) and number == 0):
            continue
        else:
            return None
    return tuple(arms)


# --- ways -----------------------------------------------------------------------------------------------------------


def _ways(items: list[Item], path: str, may_be_empty: bool) -> list[Way]:
    tests: dict[int, Expr] = {}
    used: dict[int, set[bool]] = {}
    for item in items:
        for test, taken in item.arms:
            tests[id(test)] = test
            used.setdefault(id(test), set()).add(taken)
    idle = {key: taken == {False} for key, taken in used.items()}
    full = [sorted(used[key], reverse=True) for key in tests]
    plans: list[dict[int, bool]] = []
    for choice in islice(product(*full), MAX_WAYS):
        plans.append(dict(zip(tests, choice, strict=True)))
    alone = [{**idle, **{id(test): taken for test, taken in item.arms}} for item in items if item.arms]
    alone.append(idle)
    if len(alone) + len(plans) <= MAX_WAYS:
        plans += alone
    found: list[Way] = []
    seen: set[tuple[int, ...]] = set()
    for plan in plans:
        chosen = [item for item in items if all(plan[id(test)] is way for test, way in item.arms)]
        key = tuple(id(item) for item in chosen)
        if key in seen or not (chosen or may_be_empty):
            continue
        seen.add(key)
        branches = tuple(Branch("if", path, tests[number], way) for number, way in plan.items())
        found.append(Way(chosen, branches))
    return found
