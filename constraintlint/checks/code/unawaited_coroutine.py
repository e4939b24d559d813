"""A coroutine function of the project is called, and what it gives is used or dropped without ``await``."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import callees
from constraintlint.checks._parents import Parents
from constraintlint.checks._results import COROUTINE, DROPPED, PROMISE, use_of
from constraintlint.facts.code import Call, Expr, Function, Member, Name
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.choices import is_python
from constraintlint.project.flow.scopes import Scope

RULE = "unawaited-coroutine"

#: decorators that leave a coroutine function one
_TRANSPARENT = frozenset(("staticmethod", "classmethod", "override", "abstractmethod"))


def check(project: Project) -> Iterator[Finding]:
    names = _coroutines(project)
    if not names:
        return
    parents = Parents(project)
    for path in project.paths:
        file = project.evaluator.file(path)
        if file is None:
            continue
        own = COROUTINE if file.python else PROMISE
        for name in sorted(names & file.calls.keys()):
            for call, scope in file.calls[name]:
                used = "" if call.new else use_of(parents, call, scope, own)
                if not used or (used == DROPPED and not file.python):
                    continue
                function = _function(project, call, scope)
                if function is not None:
                    yield _finding(project, call, scope, name, used, *function)


def _coroutines(project: Project) -> set[str]:
    """Names of the coroutine functions in the files read in depth."""
    return {
        scope.node.name or scope.alias
        for file in project.evaluator.files()
        for scope in file.by_node.values()
        if isinstance(scope.node, Function) and scope.node.is_async and not scope.node.is_generator
    } - {""}


def _function(project: Project, call: Call, scope: Scope) -> tuple[str, Function] | None:
    """The coroutine function a call certainly runs, with its file."""
    found = callees(project, call, scope)
    if len({id(value.node) for value in found}) != 1 or any(value.branches for value in found):
        return None
    node = found[0].node
    if (
        found[0].kind != "function"
        or not isinstance(node, Function)
        or not node.is_async
        or node.is_generator
    ):
        return None
    if is_python(found[0].path) and any(_last(expr) not in _TRANSPARENT for expr in node.decorators):
        return None
    path = found[0].scope.path if found[0].scope is not None else found[0].path
    return path, node


def _last(expr: Expr) -> str:
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""


def _finding(
    project: Project, call: Call, scope: Scope, name: str, used: str, path: str, function: Function
) -> Finding:
    thing = "coroutine" if is_python(scope.path) else "promise"
    effect = f"gives a {thing} that nobody awaits: it never runs" if used == DROPPED else (
        f"gives a {thing}, which is {used} here: it is no result yet"
    )  # fmt: skip
    line, column = project.span(path, function.at)[:2]
    brackets = ", with brackets around both" if used.startswith(("asked", "indexed")) else ""
    return finding(
        RULE, scope.path, project.span(scope.path, call.at), f"{name} {effect}",
        help=f"write await before it{brackets}",
        trace=[Step(path, line, column, f"{name} is a coroutine function")],
        subject=f"{name} {used}",
    )  # fmt: skip
