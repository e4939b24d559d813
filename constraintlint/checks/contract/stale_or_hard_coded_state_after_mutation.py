"""After following, liking or favouriting, a handler answers with the state from before, or with a literal that says the opposite."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import uses
from constraintlint.checks.contract._operations import first_line
from constraintlint.facts.code import (
    Assign,
    At,
    Await,
    Call,
    Expr,
    ExprStmt,
    Index,
    Member,
    Name,
    Stmt,
    Text,
    Unary,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Bind, key_of
from constraintlint.project.handlers.forms import Reader
from constraintlint.project.handlers.records import Form, Frame, Part
from constraintlint.project.routes import READERS
from constraintlint.project.routes.records import Route
from constraintlint.roles import is_test

RULE = "stale-or-hard-coded-state-after-mutation"
_PACKAGES = frozenset().union(*READERS.values())
_METHODS = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_WRITING = (
    "add", "insert", "create", "remove", "delete", "save", "follow", "unfollow", "favorite", "unfavorite", "favourite", "like", "unlike", "subscribe",
    "unsubscribe", "star", "unstar", "upvote", "set", "update", "execute", "run", "destroy", "bookmark", "join", "leave",
)  # fmt: skip
_REFRESHING = frozenset(("refresh", "reload", "refresh_from_db"))
_MAX_DEPTH = 3


class Problem(msgspec.Struct, frozen=True):
    path: str
    at: At
    key: str
    message: str
    step: tuple[str, At, str] | None = None


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    served = set(project.paths)
    seen: set[object] = set()
    for route in project.routes.routes:
        verb = _verb(route)
        if not verb or route.handler is None or is_test(route.place.path) or route.automatic:
            continue
        for answer in project.handlers.facts(route).answers:
            if answer.status is not None and not 200 <= answer.status < 300:
                continue
            for problem in _problems(project, route, verb, answer.forms, 0):
                key = (problem.path, problem.at, problem.key)
                if problem.path in served and key not in seen:
                    seen.add(key)
                    yield _finding(project, route, problem)


def _verb(route: Route) -> str:
    """The relation a route changes: ``follow`` of ``POST /users/{id}/follow``."""
    words = [part for part in route.segments if part.kind == "param" or part.value]
    if (
        route.method not in _METHODS
        or len(words) < 2
        or words[-1].kind != "static"
        or words[-2].kind != "param"
    ):
        return ""
    word = words[-1].value.lower()
    return word if len(word) >= 4 and word.isalpha() else ""


def _stem(verb: str) -> str:
    word = verb.removeprefix("un") if len(verb) > 5 else verb
    return word[:-1] if word.endswith("e") else word.rstrip("s")


def _adds(route: Route, verb: str) -> bool:
    return route.method != "DELETE" and not (verb.startswith("un") and len(verb) > 5)


def _problems(
    project: Project, route: Route, verb: str, forms: tuple[Form, ...], depth: int
) -> Iterator[Problem]:
    reader = project.handlers.reader
    stem, adds = _stem(verb), _adds(route, verb)
    for form in forms:
        if form.kind != "object" or depth > _MAX_DEPTH:
            continue
        for key in form.keys:
            given = form.keys[key]
            if _names(key, stem):
                yield from _state(reader, key, given, adds, stem)
            elif isinstance(given, Part) and len(form.keys) <= 12:
                inner = reader.key(form, key)
                early = _built_before(given, inner, stem)
                if early is not None:
                    yield early
                else:
                    yield from _problems(project, route, verb, inner, depth + 1)


def _names(key: str, stem: str) -> bool:
    """``favorited``, ``favoritesCount``, ``is_following`` for their verbs."""
    plain = key.lower().replace("_", "").removeprefix("is")
    return plain.startswith(stem)


def _state(reader: Reader, key: str, given: object, adds: bool, stem: str) -> Iterator[Problem]:
    if not isinstance(given, Part):
        return
    forms = reader.resolved(given)
    wrong = [form for form in forms if form.literal and _is_wrong(form.constant, adds, key)]
    if wrong and len(wrong) == len(forms):
        shown = _shown(wrong[0].constant, wrong[0].path)
        told = "has just been added" if adds else "has just been removed"
        yield Problem(
            wrong[0].path, wrong[0].at, key, f'"{key}" is always {shown}, though the relation {told}'
        )
        return
    stale = _stale(given, key, stem)
    if stale is not None:
        yield stale


def _is_wrong(constant: object, adds: bool, key: str) -> bool:
    if isinstance(constant, bool):
        return constant is not adds
    return adds and constant == 0 and isinstance(constant, int) and "count" in key.lower()


def _shown(constant: object, path: str) -> str:
    if isinstance(constant, bool):
        word = str(constant)
        return word if path.endswith(".py") else word.lower()
    return str(constant)


# --- read before the change -------------------------------------------------------------------------------------------


def _stale(given: Part, key: str, stem: str) -> Problem | None:
    """The value is a field of a row that was loaded before the row of the relation was written."""
    expr, frame = given.expr, given.frame
    if isinstance(expr, Unary) or not isinstance(expr, (Member, Index)):
        return None
    if frame.scope.path.endswith((".py", ".pyi")) and not isinstance(expr, Index):
        return None  # attributes of ORM objects are loaded again
    found = _made_before(expr.object, frame, stem, loaded=True)
    if found is None:
        return None
    name, write, path = found
    return Problem(
        frame.scope.path, expr.at, key,
        f'"{key}" is taken from {name.id}, which was loaded before the relation was written: it is the state from before',
        (path, write.at, "the relation is written here, after that"),
    )  # fmt: skip


def _built_before(given: Part, forms: tuple[Form, ...], stem: str) -> Problem | None:
    """The object that shows the relation was put together before the relation was written, and is answered as it was."""
    forms = tuple(form for form in forms if not (form.literal and form.constant is None))
    if not isinstance(given.expr, Name) or not forms:
        return None
    keys = [next((key for key in form.keys if _names(key, stem)), "") for form in forms]
    if not all(form.kind == "object" for form in forms) or not all(keys):
        return None
    found = _made_before(given.expr, given.frame, stem, loaded=False)
    if found is None:
        return None
    name, write, path = found
    return Problem(
        given.frame.scope.path, given.expr.at, keys[0],
        f'"{keys[0]}" is part of {name.id}, which was made before the relation was written: it is the state from before',
        (path, write.at, "the relation is written here, after that"),
    )  # fmt: skip


def _made_before(expr: Expr, frame: Frame, stem: str, loaded: bool) -> tuple[Name, Call, str] | None:
    """The variable behind an expression, where it got its only value from a call before the relation was written; that write."""
    owner = _origin(expr, frame)
    if owner is None:
        return None
    name, home = owner
    variable = home.scope.find(name.id, name.at[0])
    binds = [bind for bind in variable.binds if bind.kind != "declare"] if variable is not None else []
    if len(binds) != 1 or binds[0].scope is not home.scope or home.scope.function is None:
        return None
    if not _is_loaded(binds[0]) and (loaded or not _is_made(binds[0])):
        return None
    write = _write_between(list(home.scope.body), binds[0], name.at[0], stem)
    return (name, write, home.scope.path) if write is not None else None


def _is_made(bind: Bind) -> bool:
    """Whether a name is given what a call returns."""
    value = bind.value.value if isinstance(bind.value, Await) else bind.value
    return bind.kind == "assign" and not bind.keys and isinstance(value, Call) and not value.new


def _origin(expr: Expr, frame: Frame) -> tuple[Name, Frame] | None:
    """The variable behind a name, through the parameters of the functions it is handed to."""
    for _ in range(6):
        if not isinstance(expr, Name):
            return None
        variable = frame.scope.find(expr.id, expr.at[0])
        bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
        if bind is None:
            return None
        if bind.kind != "param":
            home = frame.of(bind.scope)
            return (expr, home) if home is not None else None
        home = frame.of(bind.scope)
        given = home.given.get(bind.index) if home is not None and not bind.keys else None
        if not isinstance(given, Part) or given.item or given.annotation:
            return None
        expr, frame = given.expr, given.frame
        if isinstance(expr, Await):
            expr = expr.value
    return None


def _is_loaded(bind: Bind) -> bool:
    value = bind.value.value if isinstance(bind.value, Await) else bind.value
    if bind.kind != "assign" or bind.keys or not isinstance(value, Call):
        return False
    callee = value.callee
    name = callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
    return name.lower().startswith(
        ("find", "get", "fetch", "load", "select", "by", "read", "one", "first", "query")
    )


def _write_between(body: list[Stmt], bind: Bind, use: int, stem: str) -> Call | None:
    """A statement that writes after the load and before the use; None where something refreshes or changes the row as well."""
    write: Call | None = None
    for node in walk(body):
        if not (bind.at[1] <= node.at[0] and node.at[1] <= use):
            continue
        if isinstance(node, Assign) and any(_is_part_of(target, bind.name) for target in node.targets):
            return None
        if isinstance(node, Call):
            callee = node.callee
            name = (
                callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
            )
            if name in _REFRESHING or (isinstance(callee, Member) and _is(callee.object, bind.name)):
                return None
            if name in ("assign", "Object") or any(_is(arg.value, bind.name) for arg in node.args):
                return None  # the row itself is handed to something
        if isinstance(node, Unary) and node.op in ("++", "--", "post++", "post--"):
            return None
        if isinstance(node, ExprStmt):
            value = node.value.value if isinstance(node.value, Await) else node.value
            if isinstance(value, Call) and _writes(value, stem):
                write = value
    return write


def _writes(call: Call, stem: str) -> bool:
    callee = call.callee
    name = (
        callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
    ).lower()
    if name in ("query", "execute", "run"):
        first = call.args[0].value if call.args else None
        owner = callee.object if isinstance(callee, Member) else None
        if isinstance(owner, Call) and isinstance(owner.callee, Member) and owner.callee.name == "prepare":
            first = owner.args[0].value if owner.args else None
        return isinstance(first, Text) and key_of(first).lstrip()[:6].upper() in ("INSERT", "DELETE")
    known = name.startswith(_WRITING) and not name.startswith(("setheader", "setup", "runs"))
    return known or name.startswith(stem)


def _is(expr: Expr, name: str) -> bool:
    return isinstance(expr, Name) and expr.id == name


def _is_part_of(target: Expr, name: str) -> bool:
    return isinstance(target, (Member, Index)) and _is(target.object, name)


def _finding(project: Project, route: Route, problem: Problem) -> Finding:
    shown = f"{route.method} {route.path}"
    trace = [Step(route.place.path, *route.place.span[:2], f"{shown} answers with it")]
    if problem.step is not None:
        path, at, said = problem.step
        trace.insert(0, Step(path, *project.span(path, at)[:2], said))
    return finding(
        RULE,
        problem.path,
        first_line(project, problem.path, problem.at),
        f"{shown}: {problem.message}",
        help="load it again after the change, or set what the change makes of it",
        trace=trace,
        subject=f"{shown} {problem.key}",
    )
