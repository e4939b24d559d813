"""The promise of a query is used as if it were the result, or dropped."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import argument, calls, owners, uses
from constraintlint.checks._fixes import awaiting
from constraintlint.checks._parents import Parents
from constraintlint.checks._sequelize import PACKAGES, ROW_OPTIONS, STATIC_OPTIONS, is_row, models
from constraintlint.facts.code import (
    Assign,
    Binary,
    Call,
    Conditional,
    ExprStmt,
    Hole,
    If,
    Index,
    Lambda,
    Loop,
    Mapping,
    Member,
    Name,
    Sequence,
    Spread,
    Unary,
    walk,
)
from constraintlint.findings import Finding, Fix, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "unawaited-promise"

_LIBRARIES = PACKAGES | {"pg", "mysql2"}
#: methods of handles that give a promise
_HANDLES = {
    "sequelize#Sequelize": frozenset(("authenticate", "query", "sync")),
    "sequelize#Transaction": frozenset(("commit", "rollback")),
    "pg#Pool": frozenset(("query",)),
    "pg#Client": frozenset(("query",)),
    "pg#PoolClient": frozenset(("query",)),
    "mysql2/promise#Connection": frozenset(("execute", "query")),
    "mysql2/promise#PoolConnection": frozenset(("execute", "query")),
    "mysql2/promise#Pool": frozenset(("execute", "query")),
}
_PROMISE = frozenset(("then", "catch", "finally"))
_CHANGES = frozenset(
    [
        "create",
        "update",
        "destroy",
        "bulkCreate",
        "upsert",
        "increment",
        "decrement",
        "save",
        "commit",
        "rollback",
        "query",
        "execute",
        "truncate",
        "restore",
    ]
)
_COMPARISONS = frozenset(("==", "===", "!=", "!==", "<", "<=", ">", ">=", "+", "-"))


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, frozenset(_LIBRARIES)):
        return
    parents = Parents(project)
    wanted = {*STATIC_OPTIONS, *ROW_OPTIONS, *(name for names in _HANDLES.values() for name in names)}
    for call, scope in calls(project, wanted, python=False):
        if any(isinstance(arg.value, Lambda) for arg in call.args) or not _gives_promise(
            project, call, scope
        ):
            continue
        used = _used(parents, call, scope)
        if used or _dropped(parents, call, scope):
            # (a call that nobody waits for may be meant so)
            fix = awaiting(project, call, scope, parents.of(scope.path, call), safe=bool(used))
            yield _finding(project, call, scope, used, fix)


def _gives_promise(project: Project, call: Call, scope: Scope) -> bool:
    callee = call.callee
    if not isinstance(callee, Member):
        return False
    name = callee.name
    if name in STATIC_OPTIONS and models(project, call, scope):
        return True
    if name in ROW_OPTIONS and is_row(project, call, scope):
        return True
    found = owners(project, call, scope)
    known = bool(found) and all(
        value.kind == "handle" and name in _HANDLES.get(value.name, ()) for value in found
    )
    return known and (not found[0].name.startswith("pg#") or _is_statement(project, call, scope))


def _is_statement(project: Project, call: Call, scope: Scope) -> bool:
    """Whether pg is given a statement: a cursor or a stream it gives back as it is."""
    given = argument(call, 0)
    values = project.evaluator.eval(given, scope) if given is not None else ()
    return bool(values) and all(value.text is not None or value.kind == "mapping" for value in values)


def _used(parents: Parents, call: Call, scope: Scope) -> str:
    """How the promise is used as a result, or ""."""
    parent = parents.of(scope.path, call)
    if isinstance(parent, Member) and parent.object is call and parent.name not in _PROMISE:
        return f"asked for .{parent.name}"
    if isinstance(parent, Index) and parent.object is call:
        return "indexed"
    if isinstance(parent, Loop) and parent.iterable is call and not parent.is_async:
        return "iterated over"
    if isinstance(parent, If) and parent.test is call:
        return "tested, and always true"
    if isinstance(parent, Unary) and parent.op == "!":
        return "tested, and always true"
    if isinstance(parent, Binary) and parent.op in _COMPARISONS:
        return "compared"
    if isinstance(parent, Hole):
        return "put into a text"
    if isinstance(parent, Spread):
        return "spread"
    if isinstance(parent, Assign) and parent.value is call and not parent.op:
        target = parent.targets[0] if len(parent.targets) == 1 else None
        if isinstance(target, (Mapping, Sequence)):
            return "taken apart"
        if isinstance(target, Name):
            return _use_of_name(parents, target, scope)
    return ""


def _use_of_name(parents: Parents, target: Name, scope: Scope) -> str:
    """How the name a promise is kept under is used, where every use is one of a result."""
    variable = scope.find(target.id, target.at[0])
    if variable is None or len(variable.binds) != 1 or variable.scope.kind == "module":
        return ""
    problem = tested = ""
    for stmt in variable.scope.body:
        for node in walk(stmt):
            if not isinstance(node, Name) or node.id != target.id or node is target:
                continue
            parent = parents.of(scope.path, node)
            if isinstance(parent, Member) and parent.object is node and parent.name not in _PROMISE:
                problem = problem or f"asked for .{parent.name}"
            elif _is_tested(parent, node):
                tested = "tested, and always true"
            else:
                return ""
    return problem or tested


def _is_tested(parent: object, node: Name) -> bool:
    """Whether a name only decides which way is taken."""
    if isinstance(parent, (If, Conditional)):
        return parent.test is node
    if isinstance(parent, Binary):
        return parent.op in ("&&", "||") and parent.left is node
    return isinstance(parent, Unary) and parent.op == "!"


def _dropped(parents: Parents, call: Call, scope: Scope) -> bool:
    """A change whose promise nobody waits for, in a function that could wait."""
    if not isinstance(call.callee, Member) or call.callee.name not in _CHANGES:
        return False
    inner: Scope | None = scope
    while inner is not None and inner.kind != "function":
        inner = inner.parent
    waits = inner is not None and inner.function is not None and inner.function.is_async
    return waits and isinstance(parents.of(scope.path, call), ExprStmt)


def _finding(project: Project, call: Call, scope: Scope, used: str, fix: Fix | None) -> Finding:
    method = call.callee.name if isinstance(call.callee, Member) else ""
    if used:
        message = f"{method} gives a promise, which is {used} here: the query has no result yet"
        help = "write await before the call" + (
            ", with brackets around both" if used.startswith(("asked", "indexed")) else ""
        )
    else:
        message = f"{method} is not awaited: the function goes on before it is done, and its error is lost"
        help = "write await before it; where nobody is to wait, add .catch(...)"
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, call.at),
        message,
        help=help,
        subject=f"{method} {used or 'dropped'}",
        severity=None if used else "warning",
        fix=fix,
    )
