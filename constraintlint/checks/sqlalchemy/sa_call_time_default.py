"""``default=datetime.utcnow()``: the default of a column is computed once, when the class is made."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls, library_names
from constraintlint.checks._sqlalchemy import in_use
from constraintlint.facts.code import Call, Expr, Lambda, Node, children
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
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
        given = [arg for arg in call.args if arg.name in _KEYWORDS]
        if not given or not _is_column(project, call, scope):
            continue
        for arg in given:
            for inner in _calls_in(arg.value):
                name = next(iter(library_names(project, inner, scope) & _CHANGING), "")
                if name:
                    yield _finding(project, scope, arg.name, inner, name)


def _is_column(project: Project, call: Call, scope: Scope) -> bool:
    found = library_names(project, call, scope)
    return bool(found) and found <= _COLUMNS


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
