"""The life of a session in a function: where it is made, when it ends, where it commits, and what is done with an object there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from constraintlint.facts.code import (
    Assign,
    At,
    Await,
    Call,
    Expr,
    Member,
    Name,
    Node,
    Try,
    With,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow.nesting import around
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.objects import Held
from constraintlint.project.models.sqlalchemy.queries import SESSIONS, session_kinds

_FACTORIES = frozenset(("sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker"))
_ENDS = frozenset(("close", "remove", "expunge_all", "close_all"))


class Made(msgspec.Struct, frozen=True, eq=False):
    """A session made in a function, by ``with`` (``block``) or by an assignment. ``bind`` is the name it has there."""

    bind: Bind
    scope: Scope
    kind: str
    block: With | None
    call: Call


def function_scope(scope: Scope) -> Scope | None:
    """The function a scope belongs to (a comprehension's is the one around it)."""
    current: Scope | None = scope
    while current is not None and current.kind == "comprehension":
        current = current.parent
    return current if current is not None and current.kind == "function" else None


def inside(function: Scope) -> list[Node]:
    """Every record of a function's body in source order; nested functions and classes left out."""
    return function.records()


def functions(project: Project, words: tuple[str, ...]) -> Iterator[Scope]:
    """The functions with a body of the served files that mention one of some words."""
    for path in project.paths:
        if not path.endswith(".py") or not project.mentions(path, words):
            continue
        file = project.evaluator.file(path)
        if file is None:
            continue
        for scope in sorted(file.by_node.values(), key=lambda item: item.at):
            if scope.kind == "function" and scope.body:
                yield scope


def made_here(project: Project, session: Expr, scope: Scope) -> Made | None:
    """Where the session of an expression is made, if by one ``with`` or assignment of the same function."""
    if not isinstance(session, Name):
        return None
    home = function_scope(scope)
    variable = scope.find(session.id, session.at[0])
    if home is None or variable is None or variable.scope is not home or len(variable.binds) != 1:
        return None
    return made_by(project, variable.binds[0], home)


def made_by(project: Project, bind: Bind, home: Scope) -> Made | None:
    """The session a definition makes; None where it comes from elsewhere, or is shared (``scoped_session``)."""
    value = bind.value
    if isinstance(value, Await):
        value = value.value
    if bind.kind not in ("with", "assign") or not isinstance(value, Call) or bind.keys:
        return None
    kinds = session_kinds(project.objects, value, bind.inner)
    if len(kinds) != 1 or not is_new(project, value, bind.inner):
        return None
    block = None
    if bind.kind == "with":
        block = next(
            (
                node
                for node in inside(home)
                if isinstance(node, With) and any(item.value is bind.value for item in node.items)
            ),
            None,
        )
        if block is None:
            return None
    return Made(bind, home, kinds.pop(), block, value)


def is_new(project: Project, call: Call, scope: Scope) -> bool:
    """Whether a call makes a session of its own: ``Session(engine)``, ``SessionLocal()``."""
    found = project.evaluator.eval(call.callee, scope)
    return bool(found) and all(_makes_one(project, value) for value in found)


def _makes_one(project: Project, value: Value) -> bool:
    """Whether calling a value gives a session that nobody else has."""
    if value.kind == "handle":
        return value.name in _FACTORIES
    name = project.evaluator.library_for(value.path).canonical(value.name) if value.kind == "library" else ""
    return name in SESSIONS and not name.endswith("scoped_session")


def factory_options(project: Project, made: Made) -> dict[str, Expr] | None:
    """The keyword arguments a session is made with, those of its factory included; None where some are not known."""
    found = {arg.name: arg.value for arg in made.call.args if arg.name}
    if any(arg.spread for arg in made.call.args):
        return None
    for value in project.evaluator.eval(made.call.callee, made.bind.inner):
        if value.kind != "handle":
            continue
        if value.call is None or any(arg.spread for arg in value.call.args):
            return None
        for arg in value.call.args:
            if arg.name:
                found.setdefault(arg.name, arg.value)
    return found


def expires(project: Project, made: Made | None, mode: str) -> bool:
    """Whether objects surely expire at commit: neither this session nor any factory of its kind says otherwise."""
    if made is not None:
        options = factory_options(project, made)
        return options is not None and "expire_on_commit" not in options
    names = (
        ("async_sessionmaker", "AsyncSession", "sessionmaker")
        if mode == "async"
        else ("sessionmaker", "Session", "SQLAlchemy")
    )
    factories = [call for name in names for call, _ in project.evaluator.calls(name)]
    if not factories:
        return False
    return not any(
        arg.spread or arg.name in ("expire_on_commit", "session_options")
        for call in factories
        for arg in call.args
    ) and not any(
        project.mentions(path, ("expire_on_commit",)) for path in project.resolutions if path.endswith(".py")
    )


# --- the end of a session -----------------------------------------------------------------------------------------


def ends(project: Project, made: Made) -> At | None:
    """Where a session is open: from its definition to the end of the ``with`` block or to ``close()``; None where it is not closed."""
    if made.block is not None:
        return made.block.at
    for node in inside(made.scope):
        if (
            isinstance(node, Call)
            and isinstance(node.callee, Member)
            and node.callee.name in _ENDS
            and isinstance(node.callee.object, Name)
            and node.callee.object.id == made.bind.name
        ):
            return made.bind.at[0], node.at[1]
    return None


def loaded_by(project: Project, held: Held) -> Made | None:
    """The session, made in the function that ran the query, which an object came from."""
    query = held.root.query
    if query is None or query.session is None or query.session_scope is None:
        return None
    return made_here(project, query.session, query.session_scope)


# --- order --------------------------------------------------------------------------------------------------------


def in_handler(function: Scope, offset: int) -> bool:
    """Whether a place is in an ``except`` of a try statement."""
    return any(isinstance(stmt, Try) and number > 2 for stmt, number in around(function.body, offset))


def method_calls(function: Scope, *names: str) -> list[Call]:
    """Calls of methods with these names in a function, in source order."""
    return [
        node
        for node in inside(function)
        if isinstance(node, Call) and isinstance(node.callee, Member) and node.callee.name in names
    ]


def receives(call: Call, name: str) -> bool:
    """Whether a variable is among the arguments of a call, also inside a list."""
    return any(isinstance(node, Name) and node.id == name for arg in call.args for node in walk(arg.value))


def assigned(function: Scope, name: str, attribute: str = "") -> list[At]:
    """Where a variable, or one of its attributes, is assigned."""
    found: list[At] = []
    for node in inside(function):
        if isinstance(node, Assign):
            for target in node.targets:
                if attribute:
                    if (
                        isinstance(target, Member)
                        and target.name == attribute
                        and isinstance(target.object, Name)
                        and target.object.id == name
                    ):
                        found.append(node.at)
                elif isinstance(target, Name) and target.id == name:
                    found.append(node.at)
    return found
