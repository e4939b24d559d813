"""A session or connection that a function opens itself writes, and is closed without a commit: the changes are rolled back."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._parents import Parents
from constraintlint.checks._sa_models import is_snapshot, step
from constraintlint.checks._sa_sessions import factory_options, functions, inside, made_by
from constraintlint.checks._sqlalchemy import in_use, may_be_before
from constraintlint.checks.orm import _uncommitted
from constraintlint.facts.code import Call, Expr, Member, Name, Node, With, walk
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.models.sqlalchemy.reading import PACKAGES
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_test

RULE = "missing-commit"

_WRITES = frozenset(
    ("add", "add_all", "delete", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings")
)
_RUNS = frozenset(("execute", "scalar", "scalars", "exec_driver_sql"))
_STATEMENTS = frozenset(("insert", "update", "delete"))
_ENDS = frozenset(("commit", "begin", "begin_nested", "rollback", "prepare", "transaction"))
_ENGINES = frozenset(("sqlalchemy.Engine", "sqlalchemy.ext.asyncio.AsyncEngine"))
_LIBRARIES = frozenset(("sqlalchemy", "flask_sqlalchemy", "sqlmodel", "sqlite3", "aiosqlite"))
_SQL = ("insert ", "update ", "delete ", "create ", "drop ", "alter ")


def check(project: Project) -> Iterator[Finding]:
    if uses(project, _LIBRARIES) and project.routes.routes:
        for write in _uncommitted.writes(project):
            yield _never(project, write)
    if not in_use(project):
        return
    parents = Parents(project)
    for scope in functions(project, ("with", "Session", "connect", "session")):
        if is_test(scope.path) or is_snapshot(scope.path):
            continue
        for node in inside(scope):
            if isinstance(node, With):
                for item in node.items:
                    if isinstance(item.target, Name) and isinstance(item.value, Call):
                        yield from _block(project, parents, scope, node, item.target, item.value)


def _never(project: Project, write: _uncommitted.Write) -> Finding:
    """A write on a session that is not opened here, where nothing that runs for the request commits."""
    function = write.scope.function
    name = function.name if function is not None else ""
    return finding(
        RULE,
        write.scope.path,
        project.span(write.scope.path, write.node.at),
        f"{write.what} writes here, and neither {name} nor anything that calls it commits: "
        f"the change is rolled back when the {write.kind} is closed",
        help=f"{write.what}.commit() after the change, or in the code that ends the request",
        subject=f"{write.what} in {name}, never committed",
    )


def _block(
    project: Project, parents: Parents, scope: Scope, block: With, target: Name, call: Call
) -> Iterator[Finding]:
    variable = scope.find(target.id, target.at[0])
    bind = (
        next((item for item in variable.binds if item.value is call), None) if variable is not None else None
    )
    if bind is None:
        return
    what = _opened(project, scope, bind, call)
    if not what or not _stays(parents, scope, block, target):
        return
    write = _write(project, scope, block, target)
    if write is None:
        return
    yield finding(
        RULE,
        scope.path,
        project.span(scope.path, write.at),
        f"{target.id} writes here and is closed without commit(): the change is rolled back without an error",
        help=f"{target.id}.commit() before the block ends, or open it with begin()",
        trace=[step(Place(scope.path, project.span(scope.path, call.at)), f"the {what} is opened here")],
        subject=f"{target.id} in {scope.function.name if scope.function is not None else ''}",
    )


def _opened(project: Project, scope: Scope, bind: Bind, call: Call) -> str:
    """What the block opens, where it surely does not commit by itself."""
    made = made_by(project, bind, scope)
    if made is not None:
        options = factory_options(project, made)
        return "session" if options is not None and not options.keys() & {"autocommit", "class_"} else ""
    found = project.evaluator.eval(call, bind.inner)
    names = {item.name for item in found if item.kind == "handle"}
    plain = isinstance(call.callee, Member) and call.callee.name == "connect" and not call.args
    if not plain or not _is_engine(project, call, bind.inner):
        return ""
    if names not in ({"sqlalchemy.Connection"}, {"sqlalchemy.ext.asyncio.AsyncConnection"}):
        return ""
    if len(found) != 1 or may_be_before(project, (2,)):
        return ""  # SQLAlchemy 1.x commits each statement of a connection
    if any(project.mentions(path, ("AUTOCOMMIT", "isolation_level")) for path in project.resolutions):
        return ""
    return "connection"


def _is_engine(project: Project, call: Call, scope: Scope) -> bool:
    """Whether the method is one of an engine of SQLAlchemy, not of a class of the project."""
    assert isinstance(call.callee, Member)
    found = project.evaluator.eval(call.callee.object, scope)
    return bool(found) and all(value.kind == "handle" and value.name in _ENGINES for value in found)


def _stays(parents: Parents, scope: Scope, block: With, target: Name) -> bool:
    """Whether the name is used for method calls only, none of which ends a transaction, and no inner function has it."""
    for node in walk(block):
        if not isinstance(node, Name) or node.id != target.id or node.at == target.at:
            continue
        parent = parents.of(scope.path, node)
        if not isinstance(parent, Member) or parent.object is not node or parent.name in _ENDS:
            return False
        outer = parents.of(scope.path, parent)
        if not isinstance(outer, Call) or outer.callee is not parent:
            return False
    return True


def _write(project: Project, scope: Scope, block: With, target: Name) -> Node | None:
    """The first call of the block that writes."""
    for node in walk(block):
        if not isinstance(node, Call) or not isinstance(node.callee, Member):
            continue
        owner = node.callee.object
        if not isinstance(owner, Name) or owner.id != target.id:
            continue
        if node.callee.name in _WRITES:
            return node
        if node.callee.name in _RUNS and node.args and _changes(project, node.args[0].value, scope):
            return node
    return None


def _changes(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether a statement surely writes: ``insert(...)``, or SQL text that does."""
    values = project.evaluator.eval(expr, scope)
    if not values:
        return False
    for value in values:
        if value.text is not None:
            written = value.text.constant
        elif (
            value.kind == "result"
            and value.name.rpartition(".")[2] == "text()"
            and value.call
            and value.call.args
            and value.caller
        ):
            texts = [item.constant for item in project.evaluator.eval(value.call.args[0].value, value.caller)]
            written = texts[0] if len(texts) == 1 and isinstance(texts[0], str) else None
        else:
            package, _, _ = value.name.partition(".")
            first = value.name.partition("()")[0].rpartition(".")[2]
            if value.kind == "result" and package in PACKAGES and first in _STATEMENTS:
                continue
            return False
        if not isinstance(written, str) or not written.lstrip().lower().startswith(_SQL):
            return False
    return True
