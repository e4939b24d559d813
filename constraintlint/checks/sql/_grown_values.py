"""Statements and lists of values that grow together, by the same conditions, and are of different length in the end.

The usual case is a list that is given LIMIT and OFFSET as well, and then serves the statement that counts all rows. Each way through
the conditions is looked at; one on which it is not certain what the statement or the list holds is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.checks._bound_values import driver_of
from constraintlint.checks._calls import argument
from constraintlint.checks._order import inside
from constraintlint.checks._parents import Parents
from constraintlint.checks._placeholders import Driver
from constraintlint.facts.code import (
    Arg,
    Assign,
    At,
    Call,
    Code,
    Expr,
    ExprStmt,
    Lambda,
    Loop,
    Member,
    Name,
    Sequence,
    Spread,
)
from constraintlint.project import Project
from constraintlint.project.evidence.surroundings import branches_around
from constraintlint.project.flow.nesting import home_of
from constraintlint.project.flow.scopes import Scope, Variable
from constraintlint.project.flow.texts import BuiltText
from constraintlint.project.flow.values import Branch
from constraintlint.project.sql_sites import SqlSite
from constraintlint.project.sql_text import Content

_HOLE = "\x00"
_DOLLAR = re.compile(rf"(?<![\w$])\$(\d+|{_HOLE})")
_READS = frozenset(("length", "slice", "concat", "map", "join", "copy"))
_GROWS = frozenset(("push", "append", "extend"))
_RUNS = frozenset(("get", "all", "run", "iterate"))


class Grown(msgspec.Struct, frozen=True, eq=False):
    """An execution, at ``at``, of a statement with ``wanted`` placeholders that is given ``count`` values on the first certain way."""

    scope: Scope
    at: At
    given: Expr
    driver: Driver
    text: BuiltText
    wanted: int
    count: int


class _Growth(msgspec.Struct, frozen=True, eq=False):
    """So many values are added where these tests, by their text, have come out so."""

    number: int
    tests: dict[bytes, bool]


def grown(project: Project) -> Iterator[Grown]:
    """Executions whose list of values is longer or shorter than the statement asks, on every way that is certain."""
    parents = Parents(project)
    served = set(project.paths)
    runs = {id(site.node) for site in project.sql_sites}
    for site in project.sql_sites:
        if site.path not in served or site.via or site.kind != "raw" or not isinstance(site.node, Call):
            continue
        driver = driver_of(site)
        if driver is None or driver.style == "format":
            continue
        executed = _executed(parents, site, site.node, driver)
        if executed is None:
            continue
        call, given = executed
        found = _judge(project, parents, runs, site, call, given, driver)
        if found is not None:
            yield found


def _executed(parents: Parents, site: SqlSite, node: Call, driver: Driver) -> tuple[Call, Name] | None:
    """The call that takes the values, and the list: ``query(sql, values)``, ``fetch(sql, *args)``, ``prepare(sql).all(...values)``."""
    if site.sink.endswith(".prepare"):
        member = parents.of(site.path, node)
        call = parents.of(site.path, member) if isinstance(member, Member) and member.name in _RUNS else None
        args = call.args if isinstance(call, Call) and call.callee is member else []
    elif driver.passed == "second":
        given = argument(node, 1, *driver.keywords)
        return (node, given) if isinstance(given, Name) else None
    else:
        call, args = node, [arg for arg in node.args[1:] if not isinstance(arg.value, Lambda)]
    only = args[0] if len(args) == 1 else None
    if not isinstance(call, Call) or only is None or not only.spread or not isinstance(only.value, Name):
        return None
    return call, only.value


def _judge(
    project: Project,
    parents: Parents,
    runs: set[int],
    site: SqlSite,
    call: Call,
    given: Name,
    driver: Driver,
) -> Grown | None:
    variable = site.scope.find(given.id, given.at[0])
    code = project.code(site.path)
    if variable is None or code is None or variable.scope is not home_of(site.scope):
        return None
    source = project.tree.read(site.path) or b""
    here = _tests(branches_around(site.path, code, call.at)[0], source)
    grows = _growths(parents, runs, variable, site.path, code, call.at[0], source)
    if grows is None or here is None:
        return None
    ways: list[tuple[int, int, BuiltText]] = []
    for content in site.contents:
        wanted = _wanted(content, driver)
        told = _tests(content.branches, source)
        if wanted is None or content.text is None:
            return None
        if told is None:
            continue
        count = _count(grows, told | here)
        if count is not None:
            ways.append((wanted, count, content.text))
    if len(grows) < 2 or not ways or any(wanted == count for wanted, count, _ in ways):
        return None
    if driver.style == "dollar" and any(count < wanted for wanted, count, _ in ways):
        return None  # a placeholder may be named twice
    wanted, count, text = ways[0]
    return Grown(site.scope, call.at, given, driver, text, wanted, count)


def _wanted(content: Content, driver: Driver) -> int | None:
    """How many values a text asks for; None where a hole may hold more."""
    if content.text is None or content.wrapper:
        return None
    sql = content.text.fill(_HOLE)
    if driver.style == "dollar":
        marks = _DOLLAR.findall(sql)
        rest = _DOLLAR.sub("", sql)
        return (
            len(set(marks) - {_HOLE}) + marks.count(_HOLE) if _HOLE not in rest and "'" not in rest else None
        )
    return sql.count("?") if _HOLE not in sql and "'" not in sql and '"' not in sql else None


def _tests(branches: tuple[Branch, ...] | list[Branch], source: bytes) -> dict[bytes, bool] | None:
    """How the tests of conditions have come out; None where one has come out both ways, or is no condition."""
    found: dict[bytes, bool] = {}
    for branch in branches:
        if branch.kind != "if" or branch.test is None:
            return None
        key = source[branch.test.at[0] : branch.test.at[1]]
        if found.setdefault(key, branch.taken) != branch.taken:
            return None
    return found


def _count(grows: list[_Growth], told: dict[bytes, bool]) -> int | None:
    """The number of values on a way; None where the way does not say whether some are added."""
    total = 0
    for item in grows:
        known = [told[key] == taken for key, taken in item.tests.items() if key in told]
        if not all(known):
            continue
        if len(known) != len(item.tests):
            return None
        total += item.number
    return total


def _growths(
    parents: Parents, runs: set[int], variable: Variable, path: str, code: Code, before: int, source: bytes
) -> list[_Growth] | None:
    """What a list is given before a place, its first values included; None where it may change in another way."""
    bind = variable.binds[0] if len(variable.binds) == 1 else None
    if bind is None or bind.kind != "assign" or bind.keys or bind.inner is not variable.scope:
        return None
    first = bind.value
    if not isinstance(first, Sequence) or any(isinstance(item, Spread) for item in first.items):
        return None
    around = _tests(branches_around(path, code, bind.at)[0], source)
    found = [_Growth(len(first.items), around)] if around is not None else []
    body = list(inside(variable.scope.body))
    loops = [node for node in body if isinstance(node, Loop)]
    if not found or any(_names(child, variable.name) for child in variable.scope.children):
        return None
    for node in body:
        if not isinstance(node, Name) or node.id != variable.name or node.at == bind.at:
            continue
        parent = parents.of(path, node)
        if isinstance(parent, Assign):
            if any(target is node for target in parent.targets):
                continue
            return None
        if isinstance(parent, Member) and parent.object is node:
            call = parents.of(path, parent)
            if parent.name in _READS:
                continue
            if parent.name not in _GROWS or not isinstance(call, Call) or call.callee is not parent:
                return None
            number = _added(parent.name, call.args)
            if number is None or not isinstance(parents.of(path, call), ExprStmt):
                return None
            if any(loop.at[0] <= call.at[0] < loop.at[1] for loop in loops):
                return None
            tests = _tests(branches_around(path, code, call.at)[0], source)
            if tests is None:
                return None
            if call.at[0] < before:
                found.append(_Growth(number, tests))
            continue
        if not _is_read(parents, runs, path, parent):
            return None
    return found


def _added(method: str, args: list[Arg]) -> int | None:
    if any(arg.spread or arg.name for arg in args):
        return None
    if method != "extend":
        return len(args)
    given = args[0].value if len(args) == 1 else None
    if not isinstance(given, Sequence) or any(isinstance(item, Spread) for item in given.items):
        return None
    return len(given.items)


def _is_read(parents: Parents, runs: set[int], path: str, parent: object) -> bool:
    """Whether a list stands where it is only read: ``...values``, ``len(args)``, the values of a statement."""
    if isinstance(parent, Spread):
        return True
    if not isinstance(parent, Arg):
        return False
    call = parents.of(path, parent)
    if not isinstance(call, Call):
        return False
    return (
        bool(parent.spread) or id(call) in runs or getattr(call.callee, "id", "") in ("len", "list", "tuple")
    )


def _names(scope: Scope, name: str) -> bool:
    return any(isinstance(node, Name) and node.id == name for node in inside(scope.body))
