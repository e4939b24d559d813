"""``default=datetime.utcnow()``: the default of a column is computed once, when the class is made."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import argument, calls, library_names, uses
from constraintlint.checks._sqlalchemy import in_use
from constraintlint.facts.code import Assign, Call, Class, Expr, Index, Lambda, Node, Stmt, children
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.classes import lineage
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sqlalchemy.reading import last_name
from constraintlint.roles import is_migration

RULE = "sa-call-time-default"

_COLUMNS = frozenset(
    [
        "sqlalchemy.Column",
        "sqlalchemy.schema.Column",
        "sqlalchemy.sql.schema.Column",
        "sqlalchemy.orm.mapped_column",
        "flask_sqlalchemy.SQLAlchemy.Column",
        "flask_sqlalchemy.SQLAlchemy.mapped_column",
        "sqlmodel.Field",
        "sqlmodel.main.Field",
        "sqlmodel.Column",
    ]
)
_FIELDS = frozenset(("sqlmodel.Field", "sqlmodel.main.Field"))
_KEYWORDS = frozenset(("default", "insert_default", "onupdate"))
#: functions that give another value with each call
_CHANGING = frozenset(
    [
        "datetime.datetime.utcnow",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.date.today",
        "django.utils.timezone.now",
        "time.time",
        "time.time_ns",
        "uuid.uuid1",
        "uuid.uuid4",
        "uuid.uuid7",
        "secrets.token_hex",
        "secrets.token_urlsafe",
        "secrets.token_bytes",
        "secrets.randbelow",
        "os.urandom",
        "random.random",
        "random.randint",
        "random.choice",
        "random.randrange",
        "random.getrandbits",
    ]
)


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    for call, scope in calls(project, ("Column", "Field", "mapped_column"), python=True):
        if scope.kind not in ("class", "module") or is_migration(scope.path):
            continue  # inside a function the column is made anew, often for one statement
        for keyword, value in _defaults(project, call, scope):
            yield from _made_once(project, scope, keyword, value)
    if uses(project, frozenset(("sqlmodel",))):
        yield from _plain_fields(project)


def _defaults(project: Project, call: Call, scope: Scope) -> list[tuple[str, Expr]]:
    """The arguments of a column that a row is filled from; ``Field(x)`` of SQLModel takes it as its first one."""
    given = [(arg.name, arg.value) for arg in call.args if arg.name in _KEYWORDS]
    first = argument(call, 0)
    if not given and first is None:
        return []
    found = library_names(project, call, scope)
    if not found or not found <= _COLUMNS:
        return []
    return given if first is None or not found <= _FIELDS else [("default", first), *given]


def _plain_fields(project: Project) -> Iterator[Finding]:
    """``made: datetime = datetime.now()`` in a class of SQLModel."""
    names = {name.rpartition(".")[2] for name in _CHANGING}
    seen: set[int] = set()
    for _, scope in calls(project, names, python=True):
        if scope.kind != "class" or id(scope) in seen:
            continue
        seen.add(id(scope))
        for stmt in scope.body if _is_sqlmodel(project, scope) else ():
            value = _plain_default(project, stmt, scope)
            if value is not None:
                yield from _made_once(project, scope, "default", value)


def _plain_default(project: Project, stmt: Stmt, scope: Scope) -> Expr | None:
    """The default of a field that is written without ``Field``; variables of the class and private attributes are no fields."""
    if not isinstance(stmt, Assign) or stmt.annotation is None or stmt.value is None:
        return None
    annotation = stmt.annotation.object if isinstance(stmt.annotation, Index) else stmt.annotation
    if last_name(annotation) == "ClassVar" or last_name(stmt.targets[0]).startswith("_"):
        return None
    value = stmt.value
    column = isinstance(value, Call) and library_names(project, value, scope) & _COLUMNS
    return None if column else value


def _is_sqlmodel(project: Project, scope: Scope) -> bool:
    node = scope.node
    if not isinstance(node, Class):
        return False
    value = Value("class", scope.path, node.at, node.name, node=node, scope=scope)
    return "sqlmodel.SQLModel" in lineage(project.evaluator, value)


def _made_once(project: Project, scope: Scope, keyword: str, value: Expr) -> Iterator[Finding]:
    for inner in _calls_in(value):
        name = next(iter(library_names(project, inner, scope) & _CHANGING), "")
        if name:
            yield _finding(project, scope, keyword, inner, name)


def _calls_in(expr: Expr) -> Iterator[Call]:
    """The calls made while the expression itself is evaluated."""
    stack: list[Node] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Lambda):
            continue
        if isinstance(node, Call):
            yield node
        stack.extend(reversed(children(node)))


def _finding(project: Project, scope: Scope, keyword: str, call: Call, name: str) -> Finding:
    module, _, short = name.rpartition(".")
    shown = f"{module.rpartition('.')[2]}.{short}"
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, call.at),
        f"{keyword}={shown}(...) is called once, when the class is made: every row gets the same value",
        help=f"give the function itself ({keyword}={shown}) or a lambda; SQLAlchemy calls it for each row",
        subject=f"{keyword} {name}",
    )
