"""An attribute of an object of an AsyncSession is read that has to be loaded: that needs ``await``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._order import surely_before
from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_models import models, step
from constraintlint.checks._sa_object_reads import Read, reads, relation_names
from constraintlint.checks._sa_sessions import (
    assigned,
    expires,
    function_scope,
    in_handler,
    inside,
    made_here,
    method_calls,
    receives,
)
from constraintlint.facts.code import Call, Constant, Expr, Member, Name, Text, With, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.evidence.branch_labels import characters
from constraintlint.project.evidence.surroundings import branches_around
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.objects import Held
from constraintlint.project.models.records import Relation
from constraintlint.project.models.sqlalchemy.loading import is_lazy, loads
from constraintlint.project.models.sqlalchemy.queries import ASYNC, session_kinds
from constraintlint.project.schema.records import Place

RULE = "sa-async-implicit-io"


def check(project: Project) -> Iterator[Finding]:
    known = models(project)
    if not known or not any(
        project.mentions(path, ("AsyncSession", "async_sessionmaker")) for path in project.resolutions
    ):
        return
    parents = Parents(project)
    columns = {name for model in known for name, item in model.attributes.items() if item.kind == "column"}
    seen: set[tuple[str, str, str]] = set()
    for read in reads(project, parents, relation_names(project) | columns, callers=True):
        found = _lazy(project, read)
        if found is None and read.caller is None:
            found = _expired(project, read)
        key = (
            read.scope.path,
            str(read.scope.at),
            read.name if found and found[2] else f"{read.name}.{read.node.name}",
        )
        if found is None or key in seen:
            continue
        seen.add(key)
        yield _finding(project, read, *found[:2])


# --- relationships ----------------------------------------------------------------------------------------------


def _lazy(project: Project, read: Read) -> tuple[str, list[Step], bool] | None:
    relation = read.held.model.relations.get(read.node.name)
    root = read.held.root
    if relation is None or not is_lazy(relation) or relation.cardinality is None:
        return None
    if root.origin != "query" or root.query is None or root.query.mode != "async":
        return None
    if loads(project, root.query, relation.name):
        return None
    caller = function_scope(read.caller) if read.caller is not None else None
    homes = [home for home in (function_scope(read.scope), caller, *root.via) if home is not None]
    if any(_may_be_loaded(project, home, relation) for home in homes):
        return None
    if caller is not None and _depends_on_the_call(project, read):
        return None
    message = f"{read.held.model.name}.{relation.name} is loaded on access, outside of await: MissingGreenlet"
    return message, [step(relation.place, f"{relation.name} is declared here")], False


def _may_be_loaded(project: Project, home: Scope, relation: Relation) -> bool:
    """Whether a function sets or refreshes the attribute, or has the target in its session by other means."""
    target = project.models.target(relation)
    if relation.cardinality == "one" and target is not None and _takes(home, target.name):
        return True
    for node in inside(home):
        if isinstance(node, Member) and node.name == "awaitable_attrs":
            return True
        if isinstance(node, Call) and isinstance(node.callee, Member) and _loads_more(node, node.callee.name):
            return True
        if (
            relation.cardinality == "one"
            and target is not None
            and isinstance(node, Name)
            and node.id == target.name
        ):
            return True  # an object that is in the session already is found without a query
    return any(assigned(home, name, relation.name) for name in home.names)


def _takes(home: Scope, target: str) -> bool:
    """Whether a function is given objects of a class: ``project: Project``, ``owners: list["Owner"]``."""
    for param in home.function.params if home.function is not None else ():
        for node in walk(param.annotation) if param.annotation is not None else ():
            if (
                isinstance(node, (Name, Member))
                and (node.id if isinstance(node, Name) else node.name) == target
            ):
                return True
            if isinstance(node, Text) and target in re.findall(r"\w+", characters(node)):
                return True
    return False


def _depends_on_the_call(project: Project, read: Read) -> bool:
    """Whether the read stands behind a choice that a parameter makes: this caller may ask for something else."""
    code = project.code(read.scope.path)
    home = function_scope(read.scope)
    if code is None or home is None or home.function is None:
        return True
    params = {param.name for param in home.function.params}
    start, end = home.at
    return any(
        start <= branch.test.at[0] < end
        and any(isinstance(node, Name) and node.id in params for node in walk(branch.test))
        for branch in branches_around(read.scope.path, code, read.node.at)[0]
        if branch.test is not None
    )


def _loads_more(call: Call, name: str) -> bool:
    """``session.refresh(obj, ["items"])``, ``session.run_sync(...)``, ``session.merge(...)``."""
    return name in ("run_sync", "merge") or (name == "refresh" and len(call.args) > 1)


# --- expired attributes -----------------------------------------------------------------------------------------


def _expired(project: Project, read: Read) -> tuple[str, list[Step], bool] | None:
    """Read after a commit of the session that the object is in: in the same function, or in the one that returned it."""
    held = read.held
    home = function_scope(read.scope)
    made_in = function_scope(held.scope) if held.scope is not None else None
    if home is None or made_in is None or held.parent is not None:
        return None
    if held.origin not in ("query", "constructed") or held.call is None:
        return None
    if read.node.name not in held.model.attributes or in_handler(home, read.node.at[0]):
        return None
    if made_in is home and not held.via:
        path, commit = home.path, _commit(project, home, held, read.name, read.node.at[0])
    elif (
        held.via
        and held.via[-1] is made_in
        and not any(_loads_again(scope) for scope in (home, *held.via[:-1]))
    ):
        path, commit = made_in.path, _commit_before_return(project, made_in, held)
    else:
        return None
    if commit is None:
        return None
    trace = [step(Place(path, project.span(path, commit)), "the commit expires every attribute")]
    message = f"{read.name}.{read.node.name} has expired at commit and is loaded on access, outside of await: MissingGreenlet"
    return message, trace, True


def _commit_before_return(project: Project, home: Scope, held: Held) -> tuple[int, int] | None:
    """The commit after which a function surely returns the object it has made or loaded."""
    given = [stmt for stmt in home.returns if stmt.value is not None]
    values = [stmt.value for stmt in given if not isinstance(stmt.value, Constant)]
    if len(values) != 1 or not isinstance(values[0], Name):
        return None
    return _commit(project, home, held, values[0].id, values[0].at[0])


def _loads_again(home: Scope) -> bool:
    """Whether a function that hands the object on may load it once more."""
    return bool(
        method_calls(
            home,
            "refresh",
            "merge",
            "expunge",
            "run_sync",
            "execute",
            "scalars",
            "scalar",
            "get_one",
            "stream",
        )
    )


def _commit(project: Project, home: Scope, held: Held, name: str, here: int) -> tuple[int, int] | None:
    """The commit after which the object is surely expired at a place of the function that made or loaded it."""
    assert held.call is not None
    for session, at, end in reversed(_commits(project, home)):
        if not surely_before(home.body, at[0], here) or end > here or end <= held.call.at[0]:
            continue
        if not _is_in(home, held, name, session, end):
            return None
        made = made_here(project, session, home)
        if not expires(project, made, "async"):
            return None
        for call in method_calls(home, "refresh", "merge", "expunge", "run_sync"):
            if end <= call.at[0] < here and (receives(call, name) or call.callee.name == "run_sync"):  # type: ignore[union-attr]
                return None
        if any(end <= place[0] < here for place in assigned(home, name)):
            return None
        if _reloaded(home, end, here):
            return None
        return at
    return None


def _commits(project: Project, home: Scope) -> list[tuple[Expr, tuple[int, int], int]]:
    """The commits of asynchronous sessions: ``await s.commit()``, and the end of ``async with s.begin()``."""
    found: list[tuple[Expr, tuple[int, int], int]] = []
    for node in inside(home):
        if isinstance(node, With):
            for item in node.items:
                call = item.value
                if isinstance(call, Call) and isinstance(call.callee, Member) and call.callee.name == "begin":
                    owner = call.callee.object
                    if _key(owner) and _is_session(project, owner, home):
                        found.append((owner, call.at, node.at[1]))
        if isinstance(node, Call) and isinstance(node.callee, Member) and node.callee.name == "commit":
            owner = node.callee.object
            if _key(owner) and _is_session(project, owner, home):
                found.append((owner, node.at, node.at[1]))
    return sorted(found, key=lambda item: item[2])


def _key(expr: Expr) -> str:
    """A session as it is written: ``session``, ``self.session``, ``self.store.session``; "" for anything else."""
    if isinstance(expr, Name):
        return expr.id
    owner = _key(expr.object) if isinstance(expr, Member) else ""
    return f"{owner}.{expr.name}" if owner and isinstance(expr, Member) else ""


def _is_session(project: Project, owner: Expr, home: Scope) -> bool:
    kinds = session_kinds(project.objects, owner, home)
    return bool(kinds) and kinds <= ASYNC


def _is_in(home: Scope, held: Held, name: str, session: Expr, before: int) -> bool:
    """Whether the object is in that session: loaded by it, or added to it before the commit."""
    if held.origin == "query":
        query = held.query
        return query is not None and query.session is not None and _key(query.session) == _key(session)
    return any(
        isinstance(call.callee, Member)
        and _key(call.callee.object) == _key(session)
        and receives(call, name)
        and call.at[0] < before
        for call in method_calls(home, "add", "add_all")
    )


def _reloaded(home: Scope, after: int, before: int) -> bool:
    """Whether the session runs a query that may load the object again."""
    ran = method_calls(home, "execute", "scalars", "scalar", "get", "get_one", "stream")
    return any(after <= call.at[0] < before for call in ran)


def _finding(project: Project, read: Read, message: str, trace: list[Step]) -> Finding:
    relation = read.held.model.relations.get(read.node.name)
    fix = (
        f"load it with the query: options(selectinload({read.held.model.name}.{read.node.name})), or await {read.name}.awaitable_attrs.{read.node.name}"
        if relation is not None
        else f"await session.refresh({read.name}) after the commit, or make the session with expire_on_commit=False"
    )
    home = function_scope(read.scope)
    where = home.function.name if home is not None and home.function is not None else "the module"
    return finding(
        RULE,
        read.scope.path,
        project.span(read.scope.path, read.node.at),
        message,
        help=fix,
        trace=trace,
        subject=f"{read.held.model.name}.{read.node.name} in {where}",
    )
