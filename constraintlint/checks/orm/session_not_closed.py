"""A session or connection is made in a function and neither closed nor handed on."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_models import is_snapshot, step
from constraintlint.checks._sa_sessions import functions, inside, is_new
from constraintlint.facts.code import Assign, Await, Call, Expr, Member, Name, walk
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.models.sqlalchemy.queries import SESSIONS
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_test

RULE = "session-not-closed"

_PACKAGES = frozenset(("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "asyncpg"))
_WORDS = ("Session", "session", "connect", "acquire", "raw_connection")
_CLOSES = frozenset(("close", "remove", "release", "aclose", "terminate"))
_CONNECTIONS = frozenset(
    (
        "sqlalchemy.Connection",
        "sqlalchemy.ext.asyncio.AsyncConnection",
        "sqlalchemy.PoolProxiedConnection",
        "asyncpg.PoolConnectionProxy",
    )
)


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    parents = Parents(project)
    for scope in functions(project, _WORDS):
        if is_test(scope.path) or is_snapshot(scope.path):
            continue
        for variables in scope.names.values():
            for variable in variables:
                if len(variable.binds) == 1 and variable.scope is scope:
                    found = _opened(project, variable.binds[0])
                    if found and _is_left_open(project, parents, scope, variable.binds[0]):
                        yield _finding(project, scope, variable.binds[0], found)


def _opened(project: Project, bind: Bind) -> str:
    """What a definition opens: a session or a connection; "" for anything else."""
    value: Expr | None = bind.value
    if isinstance(value, Await):
        value = value.value
    if bind.kind != "assign" or bind.keys or not isinstance(value, Call):
        return ""
    found = project.evaluator.eval(value, bind.inner)
    names = {item.name for item in found if item.kind == "handle"}
    if len(names) != 1 or len(names) != len({item.kind for item in found}):
        return ""
    name = names.pop()
    if name in SESSIONS:
        return "session" if is_new(project, value, bind.inner) else ""
    if name not in _CONNECTIONS or not isinstance(value.callee, Member):
        return ""
    owners = project.evaluator.eval(value.callee.object, bind.inner)
    if not owners or any(owner.kind != "handle" for owner in owners):
        return ""  # a method of the project may look after what it opens
    return "connection" if value.callee.name in ("connect", "acquire", "raw_connection") else ""


def _is_left_open(project: Project, parents: Parents, scope: Scope, bind: Bind) -> bool:
    """Whether every use of the name is a method call, none of them closes, and no inner function has it."""
    if any(child.kind != "comprehension" and _names(child, bind.name) for child in scope.children):
        return False
    used = False
    for node in inside(scope):
        if not isinstance(node, Name) or node.id != bind.name or node.at == bind.at:
            continue
        parent = parents.of(scope.path, node)
        if isinstance(parent, Assign) and any(target is node for target in parent.targets):
            continue
        if not isinstance(parent, Member) or parent.object is not node or parent.name in _CLOSES:
            return False
        outer = parents.of(scope.path, parent)
        if not isinstance(outer, Call) or outer.callee is not parent:
            return False  # a bound method or an attribute that is handed on
        used = True
    return used


def _names(scope: Scope, name: str) -> bool:
    return any(isinstance(node, Name) and node.id == name for stmt in scope.body for node in walk(stmt))


def _finding(project: Project, scope: Scope, bind: Bind, what: str) -> Finding:
    assert bind.value is not None
    span = project.span(scope.path, bind.value.at)
    function = scope.function.name if scope.function is not None else ""
    return finding(
        RULE,
        scope.path,
        span,
        f"the {what} {bind.name} is not closed: its connection stays out of the pool until it is collected, and the pool can run dry",
        help=f"open it with a with block: with ... as {bind.name}:",
        trace=[step(Place(scope.path, span), f"{bind.name} is used in {function} only")],
        subject=f"{bind.name} in {function}",
    )
