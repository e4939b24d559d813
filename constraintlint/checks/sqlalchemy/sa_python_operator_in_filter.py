"""``and``, ``or``, ``not``, ``is``, ``in`` on columns inside a condition: Python evaluates them, not the database."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls
from constraintlint.checks._sqlalchemy import in_use, is_column
from constraintlint.facts.code import Binary, Call, Conditional, Expr, Lambda, Member, Node, Unary, children
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "sa-python-operator-in-filter"

_CONDITIONS = ("and_", "filter", "having", "not_", "or_", "where")
_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "&", "|"))
#: methods of a column that give a condition
_METHODS = frozenset(
    [
        "in_",
        "not_in",
        "notin_",
        "is_",
        "is_not",
        "isnot",
        "is_distinct_from",
        "is_not_distinct_from",
        "like",
        "not_like",
        "notlike",
        "ilike",
        "not_ilike",
        "notilike",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "between",
        "match",
        "regexp_match",
        "any",
        "has",
        "op",
        "bool_op",
        "overlap",
        "contained_by",
        "desc",
        "asc",
        "cast",
        "collate",
    ]
)
_HELP = {
    "and": "give where() both conditions as arguments, or use and_() or & with brackets",
    "or": "use or_(), or | with brackets",
    "not": "use not_() or ~, or the opposite comparison",
    "is": "use .is_(...)",
    "is not": "use .is_not(...)",
    "in": "use .in_(...)",
    "not in": "use .not_in(...)",
}


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project):
        return
    seen: set[tuple[str, tuple[int, int]]] = set()
    for call, scope in calls(project, _CONDITIONS, python=True):
        for arg in call.args:
            for node in _inside(arg.value):
                wrong = _wrong(project, node, scope)
                if wrong and (scope.path, node.at) not in seen:
                    seen.add((scope.path, node.at))
                    yield _finding(project, scope, node, wrong)


def _inside(expr: Expr) -> Iterator[Binary | Unary]:
    """The operators of an expression, functions and the tests of conditional expressions left out."""
    stack: list[Node] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Lambda):
            continue
        if isinstance(node, (Binary, Unary)):
            yield node
        if isinstance(node, Conditional):  # its test is Python's: columns are told apart with == there
            stack += [node.other, node.then]
            continue
        stack.extend(reversed(children(node)))


def _wrong(project: Project, node: Binary | Unary, scope: Scope) -> str:
    """The Python operator that is applied to a column, or ""."""
    op = node.op
    if isinstance(node, Unary):
        return op if op == "not" and _is_clause(project, node.operand, scope) else ""
    if op in ("and", "or"):
        return op if _is_clause(project, node.left, scope) else ""
    if op in ("is", "is not"):
        return op if is_column(project, node.left, scope) else ""
    if op in ("in", "not in"):
        found = is_column(project, node.left, scope) or is_column(project, node.right, scope)
        return op if found else ""
    return ""


def _is_clause(project: Project, expr: Expr, scope: Scope, depth: int = 0) -> bool:
    """Whether an expression is surely built on a column."""
    if depth > 20:
        return False
    if is_column(project, expr, scope):
        return True
    if isinstance(expr, Binary) and expr.op in _COMPARISONS:
        return _is_clause(project, expr.left, scope, depth + 1) or _is_clause(
            project, expr.right, scope, depth + 1
        )
    if isinstance(expr, Unary) and expr.op == "~":
        return _is_clause(project, expr.operand, scope, depth + 1)
    if isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name in _METHODS:
        return _is_clause(project, expr.callee.object, scope, depth + 1)
    return False


def _finding(project: Project, scope: Scope, node: Binary | Unary, op: str) -> Finding:
    effect = {
        "and": "keeps one of the conditions and drops the other, or raises TypeError",
        "or": "keeps one of the conditions and drops the other, or raises TypeError",
        "not": "gives a constant, or raises TypeError",
        "is": "is always false, so no row is found",
        "is not": "is always true, so nothing is filtered",
        "in": "is decided in Python before the query runs",
        "not in": "is decided in Python before the query runs",
    }[op]
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, node.at),
        f"Python's `{op}` on a column {effect}",
        help=_HELP[op],
        subject=f"{op} in {_function(scope)}",
    )


def _function(scope: Scope) -> str:
    current: Scope | None = scope
    while current is not None and current.kind != "function":
        current = current.parent
    return current.function.name if current is not None and current.function is not None else "the module"
