"""An attribute of an object of an AsyncSession is read that has to be loaded: that needs ``await``."""

from __future__ import annotations

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
from constraintlint.facts.code import Call, Member, Name, With
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
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
    message = f"{read.held.model.name}.{relation.name} is loaded on access, outside of await: MissingGreenlet"
    return message, [step(relation.place, f"{relation.name} is declared here")], False


def _may_be_loaded(project: Project, home: Scope, relation: Relation) -> bool:
    """Whether a function sets or refreshes the attribute, or has the target in its session by other means."""
    target = project.models.target(relation)
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


def _loads_more(call: Call, name: str) -> bool:
    """``session.refresh(obj, ["items"])``, ``session.run_sync(...)``, ``session.merge(...)``."""
    return name in ("run_sync", "merge") or (name == "refresh" and len(call.args) > 1)


# --- expired attributes -----------------------------------------------------------------------------------------


def _expired(project: Project, read: Read) -> tuple[str, list[Step], bool] | None:
    """Read after a commit of the session that the object is in."""
    held = read.held
    home = function_scope(read.scope)
    if home is None or held.parent is not None or held.via or held.origin not in ("query", "constructed"):
        return None
    if read.node.name not in held.model.attributes or held.call is None or in_handler(home, read.node.at[0]):
        return None
    if held.scope is None or function_scope(held.scope) is not home:
        return None
    commit = _commit(project, home, read)
    if commit is None:
        return None
    path = home.path
    trace = [step(Place(path, project.span(path, commit)), "the commit expires every attribute")]
    message = f"{read.name}.{read.node.name} has expired at commit and is loaded on access, outside of await: MissingGreenlet"
    return message, trace, True


def _commit(project: Project, home: Scope, read: Read) -> tuple[int, int] | None:
    """The commit after which the object is surely expired when it is read."""
    held = read.held
    assert held.call is not None
    here = read.node.at[0]
    for session, at, end in reversed(_commits(project, home)):
        if not surely_before(home.body, at[0], here) or end > here or end <= held.call.at[0]:
            continue
        if not _is_in(project, home, held.origin, read, session, end):
            return None
        made = made_here(project, session, home)
        if not expires(project, made, "async"):
            return None
        for call in method_calls(home, "refresh", "merge", "expunge", "run_sync"):
            if end <= call.at[0] < here and (receives(call, read.name) or call.callee.name == "run_sync"):  # type: ignore[union-attr]
                return None
        if any(end <= place[0] < here for place in assigned(home, read.name)):
            return None
        if _reloaded(project, home, end, here):
            return None
        return at
    return None


def _commits(project: Project, home: Scope) -> list[tuple[Name, tuple[int, int], int]]:
    """The commits of asynchronous sessions: ``await s.commit()``, and the end of ``async with s.begin()``."""
    found: list[tuple[Name, tuple[int, int], int]] = []
    for node in inside(home):
        if isinstance(node, With):
            for item in node.items:
                call = item.value
                if isinstance(call, Call) and isinstance(call.callee, Member) and call.callee.name == "begin":
                    owner = call.callee.object
                    if isinstance(owner, Name) and _is_session(project, owner, home):
                        found.append((owner, call.at, node.at[1]))
        if isinstance(node, Call) and isinstance(node.callee, Member) and node.callee.name == "commit":
            owner = node.callee.object
            if isinstance(owner, Name) and _is_session(project, owner, home):
                found.append((owner, node.at, node.at[1]))
    return sorted(found, key=lambda item: item[2])


def _is_session(project: Project, owner: Name, home: Scope) -> bool:
    kinds = session_kinds(project.objects, owner, home)
    return bool(kinds) and kinds <= ASYNC


def _is_in(project: Project, home: Scope, origin: str, read: Read, session: Name, before: int) -> bool:
    """Whether the object is in that session: loaded by it, or added to it before the commit."""
    if origin == "query":
        query = read.held.query
        return query is not None and isinstance(query.session, Name) and query.session.id == session.id
    return any(
        isinstance(call.callee, Member)
        and isinstance(call.callee.object, Name)
        and call.callee.object.id == session.id
        and receives(call, read.name)
        and call.at[0] < before
        for call in method_calls(home, "add", "add_all")
    )


def _reloaded(project: Project, home: Scope, after: int, before: int) -> bool:
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
