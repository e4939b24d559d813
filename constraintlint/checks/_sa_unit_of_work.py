"""Whether two things a function does belong to one unit of work of a session: nothing is written or forgotten in between."""

from __future__ import annotations

from constraintlint.checks._sa_models import models
from constraintlint.checks._sa_sessions import function_scope, in_handler, inside
from constraintlint.facts.code import At, Call, Expr, Member, Name, Node, With
from constraintlint.project import Project
from constraintlint.project.flow.nesting import around
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy.queries import Query
from constraintlint.project.models.sqlalchemy.reading import dotted

#: what makes a session forget, or read again, what it holds
_FORGETS = frozenset(
    ("rollback", "expire", "expire_all", "refresh", "expunge", "expunge_all", "close", "reset", "merge")
)
_WRITES = frozenset(("commit", "flush"))
#: functions that do nothing to what they are given
_READERS = frozenset(
    (
        "len",
        "list",
        "set",
        "tuple",
        "sorted",
        "bool",
        "any",
        "all",
        "print",
        "isinstance",
        "repr",
        "str",
        "id",
    )
)
_STATEMENTS = frozenset(("delete", "text"))


def same_session(query: Query, session: Expr, scope: Scope) -> bool:
    """Whether a query ran on the session that an expression gives, as both are written."""
    other = dotted(session)
    if query.session is None or query.session_scope is None:
        return query.mode == "sync" and other.endswith("db.session")  # ``Model.query`` of Flask-SQLAlchemy
    if not other or dotted(query.session) != other:
        return False
    root = other.partition(".")[0]
    here, there = function_scope(scope), function_scope(query.session_scope)
    if here is None or there is None:
        return False
    if root == "self":
        return here.parent is there.parent
    one = query.session_scope.find(root, query.session.at[0])
    return one is not None and one is scope.find(root, session.at[0])


def one_block(function: Scope, first: int, then: int) -> bool:
    """Whether no ``with`` ends between two places: it may be a transaction."""
    later = {id(stmt) for stmt, _ in around(function.body, then)}
    return all(id(stmt) in later for stmt, _ in around(function.body, first) if isinstance(stmt, With))


def is_forgotten(
    function: Scope, between: At, besides: tuple[Node, Node], session: Expr, variable: str
) -> bool:
    """Whether what the session holds may be forgotten between two places, or after them before it is written."""
    for node in sorted(inside(function), key=lambda item: item.at[1]):
        if not isinstance(node, Call) or node in besides or node.at[0] <= between[0]:
            continue
        name = node.callee.name if isinstance(node.callee, Member) else ""
        if node.at[0] > between[1]:
            if name in _WRITES:
                return False
            if name in _FORGETS and not in_handler(function, node.at[0]):
                return True
        elif name in _FORGETS or name == "commit" or _hands_on(node, session, variable):
            return True
    return False


def _hands_on(call: Call, session: Expr, variable: str) -> bool:
    """Whether a call gives the object or the session to code that may do anything with it."""
    if isinstance(call.callee, Name) and call.callee.id in _READERS:
        return False
    root = dotted(session).partition(".")[0]
    if isinstance(call.callee, Member):
        owner = dotted(call.callee.object)
        if owner == dotted(session):
            return False
        if owner == "self" == root:
            return True  # another method of what has the session
    return any(isinstance(arg.value, Name) and arg.value.id in (root, variable) for arg in call.args)


def is_quiet(project: Project, function: Scope, between: At, statement: At) -> bool:
    """Whether nothing between two places may make the session flush; ``statement`` only makes one that is run later."""
    relations = {name for model in models(project) for name in model.relations}
    for node in inside(function):
        if not between[0] <= node.at[0] < between[1] or statement[0] <= node.at[0] < statement[1]:
            continue
        if isinstance(node, Call) and not (isinstance(node.callee, Name) and node.callee.id in _STATEMENTS):
            return False
        if isinstance(node, Member) and node.name in relations:
            return False
    return True
