"""The promise of a query is used as if it were the result, or dropped."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from constraintlint.checks._calls import argument, calls, owners, uses
from constraintlint.checks._fixes import awaiting
from constraintlint.checks._handed_on import HandedOn
from constraintlint.checks._parents import Parents
from constraintlint.checks._results import DROPPED, PROMISE, use_of
from constraintlint.checks._sequelize import PACKAGES, ROW_OPTIONS, STATIC_OPTIONS, is_row, models
from constraintlint.checks._sequelize_mixins import mixin_calls
from constraintlint.facts.code import Arg, Await, Call, Lambda, Member, Name
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
#: what methods of associations do that changes something
_CHANGING = frozenset(("set", "add", "addMultiple", "create", "remove", "removeMultiple"))
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


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, frozenset(_LIBRARIES)):
        return
    parents = Parents(project)
    handed = HandedOn(project, parents)
    wanted = {*STATIC_OPTIONS, *ROW_OPTIONS, *(name for names in _HANDLES.values() for name in names)}
    for call, scope in calls(project, wanted, python=False):
        if any(isinstance(arg.value, Lambda) for arg in call.args) or not _gives_promise(
            project, call, scope
        ):
            continue
        used = use_of(parents, call, scope, PROMISE, tests=True, follow=partial(_handed, handed, scope))
        used = used or _in_list(parents, call, scope)
        if used and (used != DROPPED or _is_change(call, scope)):
            # (a call that nobody waits for may be meant so)
            fix = awaiting(project, call, scope, parents.of(scope.path, call), safe=used != DROPPED)
            yield _finding(project, call, scope, used, fix)
    if uses(project, PACKAGES):
        yield from _of_mixins(project, parents)


def _handed(handed: HandedOn, scope: Scope, arg: Arg, own: frozenset[str]) -> str:
    return handed(arg, scope, own)


def _in_list(parents: Parents, call: Call, scope: Scope) -> str:
    """``await ids.map((id) => pool.query(...))``: the list holds promises, and await does not wait for them."""
    home: Scope | None = scope
    while home is not None and home.passed is None:
        home = home.parent if home.kind != "function" else None
    function = home.function if home is not None else None
    if home is None or home.passed is None or function is None or home.parent is None:
        return ""
    mapped, position = home.passed
    callee = mapped.callee
    if position != 0 or not isinstance(callee, Member) or callee.name != "map" or len(mapped.args) != 1:
        return ""
    if isinstance(callee.object, Name) and callee.object.id in ("Promise", "Bluebird"):
        return ""
    given = any(item.value is call for item in home.returns) or function.is_async
    if not given or not isinstance(parents.of(home.path, mapped), Await):
        return ""
    return "kept in a list, whose promises await does not look at"


def _of_mixins(project: Project, parents: Parents) -> Iterator[Finding]:
    """``user.addPost(post);``: what associations give to rows."""
    for path in project.paths:
        file = None if path.endswith((".py", ".pyi")) else project.evaluator.file(path)
        for call, scope, effect in mixin_calls(project, file) if file is not None else ():
            used = use_of(parents, call, scope, PROMISE, tests=True)
            if used and (used != DROPPED or (effect in _CHANGING and _may_wait(scope))):
                fix = awaiting(project, call, scope, parents.of(scope.path, call), safe=used != DROPPED)
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


def _is_change(call: Call, scope: Scope) -> bool:
    """A change whose promise nobody waits for, in a function that could wait."""
    return isinstance(call.callee, Member) and call.callee.name in _CHANGES and _may_wait(scope)


def _may_wait(scope: Scope) -> bool:
    inner: Scope | None = scope
    while inner is not None and inner.kind != "function":
        inner = inner.parent
    return inner is not None and inner.function is not None and inner.function.is_async


def _finding(project: Project, call: Call, scope: Scope, used: str, fix: Fix | None) -> Finding:
    method = call.callee.name if isinstance(call.callee, Member) else ""
    shown = f"{used}, and always true" if used == "tested" else used
    if used != DROPPED:
        message = f"{method} gives a promise, which is {shown} here: the query has no result yet"
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
        subject=f"{method} {shown}",
        severity="warning" if used == DROPPED else None,
        fix=fix,
    )
