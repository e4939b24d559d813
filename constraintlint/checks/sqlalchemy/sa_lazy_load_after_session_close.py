"""A lazy relationship, or an attribute that expired at commit, is read after the session of its object was closed."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._order import surely_before
from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_models import models, step
from constraintlint.checks._sa_object_reads import Read, reads, relation_names
from constraintlint.checks._sa_sessions import (
    Made,
    assigned,
    ends,
    expires,
    function_scope,
    inside,
    loaded_by,
    made_by,
    method_calls,
    receives,
)
from constraintlint.facts.code import At, Member, Name
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.records import Relation
from constraintlint.project.models.sqlalchemy.loading import is_lazy, loads
from constraintlint.project.models.sqlalchemy.queries import SYNC
from constraintlint.project.schema.records import Place

RULE = "sa-lazy-load-after-session-close"


def check(project: Project) -> Iterator[Finding]:
    known = models(project)
    if not known:
        return
    parents = Parents(project)
    columns = {name for model in known for name, item in model.attributes.items() if item.kind == "column"}
    wanted = relation_names(project) | columns
    seen: set[tuple[str, str, str]] = set()
    for read in reads(project, parents, frozenset(wanted), callers=True):
        found = _lazy(project, read)
        if found is None and read.caller is None:
            found = _expired(project, read)
        if found is None or _is_attached(read):
            continue
        made, message = found
        key = (read.scope.path, f"{read.scope.at}", f"{read.name}.{read.node.name}")
        if key in seen:
            continue
        seen.add(key)
        yield _finding(project, read, made, message)


# --- relationships ----------------------------------------------------------------------------------------------


def _lazy(project: Project, read: Read) -> tuple[Made, str] | None:
    relation = read.held.model.relations.get(read.node.name)
    root = read.held.root
    if relation is None or not is_lazy(relation) or root.origin != "query" or root.query is None:
        return None
    made = loaded_by(project, read.held)
    if made is None or made.kind not in SYNC or not _is_over(project, made, read):
        return None
    if loads(project, root.query, relation.name) or _was_touched(project, made, relation):
        return None
    home = function_scope(read.scope)
    if home is not None and assigned(home, read.name, relation.name):
        return None
    return made, f"{read.held.model.name}.{relation.name} is loaded on access, but the session is closed"


def _is_over(project: Project, made: Made, read: Read) -> bool:
    """Whether the session has ended when the attribute is read."""
    open_at = ends(project, made)
    if open_at is None:
        return False
    if read.caller is not None and _is_within(made.scope, read.caller):
        return False  # handed on while it is open, or by a function that may be
    if function_scope(read.scope) is made.scope:
        return read.node.at[0] >= open_at[1] and made.block is not None
    return bool(read.held.root.via) and not _is_within(made.scope, read.scope)


def _is_within(outer: Scope, scope: Scope) -> bool:
    current: Scope | None = scope
    while current is not None:
        if current is outer:
            return True
        current = current.parent
    return False


def _was_touched(project: Project, made: Made, relation: Relation) -> bool:
    """Whether the function that has the session reads or sets the attribute while it is open, so that it may be loaded."""
    open_at = ends(project, made)
    return any(
        isinstance(node, Member) and node.name == relation.name
        for node in inside(made.scope)
        if open_at is None or node.at[0] < open_at[1]
    )


def _is_attached(read: Read) -> bool:
    """Whether the reading function gives the object to another session first."""
    home = function_scope(read.scope)
    if home is None:
        return True
    return any(receives(call, read.name) for call in method_calls(home, "add", "add_all", "merge", "refresh"))


# --- expired attributes -----------------------------------------------------------------------------------------


def _expired(project: Project, read: Read) -> tuple[Made, str] | None:
    """An object that was added or loaded, then committed, and is read after its session is gone."""
    held = read.held
    attribute = held.model.attributes.get(read.node.name)
    if attribute is None or attribute.kind != "column" or held.parent is not None:
        return None
    if held.origin == "constructed":
        variable, made = _added(project, read)
    elif held.origin == "query":
        variable, made = _kept_as(project, read), loaded_by(project, held)
    else:
        return None
    if made is None or not variable or made.kind not in SYNC or not _is_over_for(project, made, read):
        return None
    commit = _last_commit(made, variable, held.call.at if held.call is not None else made.bind.at)
    if commit is None or not expires(project, made, "sync"):
        return None
    return (
        made,
        f"{held.model.name}.{attribute.name} expired at commit, and the session that could load it again is closed",
    )


def _is_over_for(project: Project, made: Made, read: Read) -> bool:
    open_at = ends(project, made)
    if open_at is None:
        return False
    if function_scope(read.scope) is made.scope:
        return made.block is not None and read.node.at[0] >= open_at[1]
    return bool(read.held.via) and read.held.via[-1] is made.scope


def _kept_as(project: Project, read: Read) -> str:
    """The variable that holds a queried object in the function of its session."""
    call = read.held.call
    made = loaded_by(project, read.held)
    if call is None or made is None:
        return ""
    return _name_of(made.scope, call.at)


def _name_of(function: Scope, at: At) -> str:
    found = [
        bind.name
        for variables in function.names.values()
        for variable in variables
        for bind in variable.binds
        if bind.kind == "assign"
        and bind.value is not None
        and bind.value.at[0] <= at[0]
        and at[1] <= bind.value.at[1]
    ]
    return found[0] if len(found) == 1 else ""


def _added(project: Project, read: Read) -> tuple[str, Made | None]:
    """The variable of a constructed object and the session it is added to, where both are of one function."""
    held = read.held
    if held.call is None or held.scope is None:
        return "", None
    home = function_scope(held.scope)
    if home is None:
        return "", None
    name = _name_of(home, held.call.at)
    for call in method_calls(home, "add"):
        callee = call.callee
        if name and isinstance(callee, Member) and isinstance(callee.object, Name) and receives(call, name):
            variable = home.find(callee.object.id, call.at[0])
            if variable is not None and variable.scope is home and len(variable.binds) == 1:
                return name, made_by(project, variable.binds[0], home)
    return "", None


def _last_commit(made: Made, variable: str, after: At) -> At | None:
    """The commit that is surely the last thing done with the object while the session is open."""
    open_at = made.block.at if made.block is not None else made.scope.at
    commits = [
        call.at
        for call in method_calls(made.scope, "commit")
        if isinstance(call.callee, Member)
        and isinstance(call.callee.object, Name)
        and call.callee.object.id == made.bind.name
        and after[0] < call.at[0]
    ]
    if not commits or not surely_before(made.scope.body, commits[-1][0], open_at[1] - 1):
        return None
    last = commits[-1]
    for node in inside(made.scope):
        if node.at[0] < last[1] or node.at[0] >= open_at[1]:
            continue
        if isinstance(node, Member) and isinstance(node.object, Name) and node.object.id == variable:
            return None  # reading one attribute loads them all again
    for call in method_calls(made.scope, "refresh", "expunge", "merge", "expunge_all", "make_transient"):
        if call.at[0] > after[0]:
            return None
    return last


def _finding(project: Project, read: Read, made: Made, message: str) -> Finding:
    relation = read.held.model.relations.get(read.node.name)
    trace = [_opened(project, made)]
    if relation is not None:
        trace.append(step(relation.place, f"{relation.name} is declared here"))
    fix = (
        f"load it with the query: options(selectinload({read.held.model.name}.{read.node.name})), or read it while the session is open"
        if relation is not None
        else "session.refresh(...) before the session ends, expire_on_commit=False, or return plain values"
    )
    return finding(
        RULE,
        read.scope.path,
        project.span(read.scope.path, read.node.at),
        f"{message}: DetachedInstanceError",
        help=fix,
        trace=trace,
        subject=f"{read.held.model.name}.{read.node.name} in {_name(read.scope)}",
    )


def _opened(project: Project, made: Made) -> Step:
    path = made.scope.path
    return step(Place(path, project.span(path, made.call.at)), "the session is opened, and closed, here")


def _name(scope: Scope) -> str:
    home = function_scope(scope)
    return home.function.name if home is not None and home.function is not None else "the module"
