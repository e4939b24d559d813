"""A session or connection is made in a function and neither closed nor handed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from constraintlint.checks._calls import argument, uses
from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_models import is_snapshot, step
from constraintlint.checks._sa_sessions import functions, inside, is_new
from constraintlint.checks.orm._unreleased_clients import unreleased
from constraintlint.facts.code import Arg, Assign, Await, Call, Class, Define, Expr, Member, Name, With, walk
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sqlalchemy.queries import SESSIONS
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_test

RULE = "session-not-closed"

_PACKAGES = frozenset(("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "asyncpg"))
_WORDS = ("Session", "session", "connect", "acquire", "raw_connection")
_CLOSES = frozenset(("close", "remove", "release", "aclose", "terminate"))
#: methods by which an object that was given a session is told to end it
_ENDING = frozenset(("close", "aclose", "release", "dispose", "__exit__", "__aexit__", "__del__"))
_CONNECTIONS = frozenset(
    (
        "sqlalchemy.Connection",
        "sqlalchemy.ext.asyncio.AsyncConnection",
        "sqlalchemy.PoolProxiedConnection",
        "asyncpg.PoolConnectionProxy",
    )
)


def check(project: Project) -> Iterator[Finding]:
    for call, scope, name in unreleased(project):
        if scope.path in project.paths:
            yield finding(
                RULE,
                scope.path,
                project.span(scope.path, call.at),
                f"{name} is taken from the pool and never released: after as many calls as the pool has connections, the next one waits for ever",
                help="release it in finally, or use pool.query() where no transaction is needed",
                subject=f"{name} of a pool",
            )
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
        yield from _injected(project, scope)


def _injected(project: Project, scope: Scope) -> Iterator[Finding]:
    """A dependency of FastAPI that returns what it opens: only one that yields is told when the request is over."""
    function = scope.function
    if function is None or scope.yields or not scope.returns or function.decorators:
        return
    uses = _dependents(project, scope)
    if not uses or any(_closes(inner, name) for inner, name in uses):
        return
    for stmt in scope.returns:
        what = _returned(project, scope, stmt.value)
        if not what or stmt.value is None:
            continue
        span = project.span(scope.path, stmt.value.at)
        yield finding(
            RULE,
            scope.path,
            span,
            f"the {what} that {function.name} opens for each request is returned to it, and nothing closes it: the pool runs dry",
            help="yield it inside a with block, or yield it and close it in finally: what follows the yield runs after the request",
            trace=[
                step(Place(inner.path, project.span(inner.path, inner.at)), f"{name} is injected here")
                for inner, name in uses[:1]
            ],
            subject=f"{what} returned by {function.name}",
        )


def _dependents(project: Project, scope: Scope) -> list[tuple[Scope, str]]:
    """The functions a dependency is injected in, with the name of their parameter; empty where it is used otherwise too."""
    function = scope.function
    assert function is not None
    found: list[tuple[Scope, str]] = []
    for call, caller in project.evaluator.calls("Depends"):
        given = call.args[0].value if call.args else None
        if not isinstance(given, (Name, Member)):
            continue
        if not any(value.scope is scope for value in project.evaluator.eval(given, caller)):
            continue
        inner = next(
            (
                (child, param.name)
                for child in _all(caller)
                if child.function is not None
                for param in child.function.params
                if _within(param.default, call) or _within(param.annotation, call)
            ),
            None,
        )
        if inner is None:
            return []
        found.append(inner)
    if not found or any(True for _ in parameters.call_sites(project.evaluator, scope, function)):
        return []
    return found


def _all(scope: Scope) -> Iterator[Scope]:
    yield scope
    for child in scope.children:
        yield from _all(child)


def _within(expr: Expr | None, call: Call) -> bool:
    return expr is not None and expr.at[0] <= call.at[0] and call.at[1] <= expr.at[1]


def _closes(scope: Scope, name: str) -> bool:
    """Whether a function may close what it is given: it says so, enters it, or hands it on whole."""
    for node in inside(scope):
        if isinstance(node, Member) and isinstance(node.object, Name) and node.object.id == name:
            if node.name in _CLOSES:
                return True
        elif isinstance(node, With):
            if any(isinstance(item.value, Name) and item.value.id == name for item in node.items):
                return True
        elif isinstance(node, Call) and getattr(node.callee, "id", "") in ("closing", "aclosing"):
            return True
    return False


def _returned(project: Project, scope: Scope, expr: Expr | None) -> str:
    """What a returned expression opens: a session or connection made in the function."""
    if isinstance(expr, Await):
        expr = expr.value
    if isinstance(expr, Call):
        return _made(project, expr, scope)
    if isinstance(expr, Name):
        variable = scope.find(expr.id, expr.at[0])
        if variable is not None and variable.scope is scope and len(variable.binds) == 1:
            return _opened(project, variable.binds[0])
    return ""


def _opened(project: Project, bind: Bind) -> str:
    """What a definition opens: a session or a connection; "" for anything else."""
    value: Expr | None = bind.value
    if isinstance(value, Await):
        value = value.value
    if bind.kind != "assign" or bind.keys or not isinstance(value, Call):
        return ""
    return _made(project, value, bind.inner)


def _made(project: Project, value: Call, scope: Scope) -> str:
    found = _somethings(project.evaluator.eval(value, scope))
    names = {item.name for item in found if item.kind == "handle"}
    if len(names) != 1 or len(names) != len({item.kind for item in found}):
        return ""
    name = names.pop()
    if name in SESSIONS:
        return (
            "session"
            if is_new(project, value, scope) and not _is_on_connection(project, value, scope)
            else ""
        )
    if not isinstance(value.callee, Member):
        return ""
    if name not in _CONNECTIONS and (name, value.callee.name) != ("asyncpg.Connection", "acquire"):
        return ""
    owners = _somethings(project.evaluator.eval(value.callee.object, scope))
    if not owners or any(owner.kind != "handle" for owner in owners):
        return ""  # a method of the project may look after what it opens
    return "connection" if value.callee.name in ("connect", "acquire", "raw_connection") else ""


def _is_on_connection(project: Project, call: Call, scope: Scope) -> bool:
    """Whether a session works on a connection that somebody else has opened: ``Session(bind=op.get_bind())``."""
    given = argument(call, 0, "bind")
    if given is None:
        return False
    if isinstance(given, Call) and isinstance(given.callee, Member) and given.callee.name == "get_bind":
        return True
    return any(value.name in _CONNECTIONS for value in project.evaluator.eval(given, scope))


def _somethings(found: Iterable[Value]) -> list[Value]:
    """What an expression can be besides None: ``pool: Pool | None = None`` until it is made."""
    return [value for value in found if value.kind != "constant" or value.constant is not None]


def _begins(stmt: With, name: str) -> bool:
    """``with session.begin():``"""
    calls = [item.value for item in stmt.items if isinstance(item.value, Call)]
    return any(
        isinstance(call.callee, Member)
        and call.callee.name == "begin"
        and isinstance(call.callee.object, Name)
        and call.callee.object.id == name
        for call in calls
    )


def _is_left_open(project: Project, parents: Parents, scope: Scope, bind: Bind) -> bool:
    """Whether every use of the name is a method call, none of them closes, and no inner function has it."""
    if any(child.kind != "comprehension" and _names(child, bind.name) for child in scope.children):
        return False
    used = False
    ended = [node.at for node in inside(scope) if isinstance(node, With) and _begins(node, bind.name)]
    for node in inside(scope):
        if not isinstance(node, Name) or node.id != bind.name or node.at == bind.at:
            continue
        if any(start <= node.at[0] < end for start, end in ended):
            continue  # the end of the transaction gives the connection back
        parent = parents.of(scope.path, node)
        if isinstance(parent, Assign) and any(target is node for target in parent.targets):
            continue
        if isinstance(parent, Arg) and _is_lent(project, parents, scope, parent):
            used = True
            continue
        if not isinstance(parent, Member) or parent.object is not node or parent.name in _CLOSES:
            return False
        outer = parents.of(scope.path, parent)
        if not isinstance(outer, Call) or outer.callee is not parent:
            return False  # a bound method or an attribute that is handed on
        used = True
    return used


def _is_lent(project: Project, parents: Parents, scope: Scope, arg: Arg) -> bool:
    """Whether an object of the project is made with it that closes nothing and does not outlive the function: it is only asked."""
    call = parents.of(scope.path, arg)
    if not isinstance(call, Call) or arg.spread:
        return False
    made = project.evaluator.eval(call.callee, scope)
    if len(made) != 1 or made[0].kind != "class" or not isinstance(made[0].node, Class) or made[0].node.bases:
        return False
    ends = any(
        isinstance(node, With) or (isinstance(node, Member) and node.name in _CLOSES)
        for node in walk(made[0].node.body)
    )
    if ends or any(isinstance(stmt, Define) and stmt.function.name in _ENDING for stmt in made[0].node.body):
        return False
    outer = parents.of(scope.path, call)
    if isinstance(outer, Member):
        return True
    target = outer.targets[0] if isinstance(outer, Assign) and len(outer.targets) == 1 else None
    if not isinstance(target, Name):
        return False
    return all(
        isinstance(parent := parents.of(scope.path, node), Member) and parent.object is node
        for node in inside(scope)
        if isinstance(node, Name) and node.id == target.id and node is not target
    )


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
