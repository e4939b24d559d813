"""Clients that a pool of node-postgres or mysql2 lends, and that a function keeps for ever."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls, uses
from constraintlint.checks._parents import Parents
from constraintlint.facts.code import Assign, Await, Call, Member, Name, walk
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.roles import is_test

_PACKAGES = frozenset(("pg", "mysql2"))
_LENT = frozenset(("pg#PoolClient", "mysql2/promise#PoolConnection"))
#: what a client is asked for that gives nothing back to the pool
_KEEPING = frozenset(("query", "execute", "beginTransaction", "commit", "rollback", "ping", "prepare"))


def unreleased(project: Project) -> Iterator[tuple[Call, Scope, str]]:
    """(the call that borrows it, its scope, its name) of clients a function uses for queries alone."""
    if not uses(project, _PACKAGES):
        return
    parents = Parents(project)
    for call, scope in calls(project, ("connect", "getConnection"), python=False):
        found = project.evaluator.eval(call, scope)
        if is_test(scope.path) or not found or any(v.kind != "handle" or v.name not in _LENT for v in found):
            continue
        name = _kept_as(parents, call, scope)
        if name and _is_kept(parents, name, scope):
            yield call, scope, name.id


def _kept_as(parents: Parents, call: Call, scope: Scope) -> Name | None:
    """The one name of a function that ``await pool.connect()`` is given; ``using`` gives it back by itself."""
    waited = parents.of(scope.path, call)
    stmt = parents.of(scope.path, waited) if isinstance(waited, Await) else None
    if not isinstance(stmt, Assign) or stmt.keyword == "using" or len(stmt.targets) != 1:
        return None
    target = stmt.targets[0]
    return target if isinstance(target, Name) and stmt.value is waited else None


def _is_kept(parents: Parents, target: Name, scope: Scope) -> bool:
    """Whether all that is done with a client are queries: it is neither released, returned, stored nor handed on."""
    variable = scope.find(target.id, target.at[0])
    if variable is None or variable.scope.kind == "module" or len(variable.binds) > 1:
        return False
    used = False
    for node in walk(list(variable.scope.body)):
        if not isinstance(node, Name) or node.id != target.id or node is target:
            continue
        member = parents.of(scope.path, node)
        if not isinstance(member, Member) or member.object is not node or member.name not in _KEEPING:
            return False
        used = True
    return used
