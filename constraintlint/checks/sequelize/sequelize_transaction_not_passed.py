"""A query inside ``sequelize.transaction(async (t) => ...)`` is not given the transaction."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import calls, has_spread, literal_entries, owners, positional_arguments
from constraintlint.checks._sequelize import ROW_OPTIONS, STATIC_OPTIONS, in_use, options_position
from constraintlint.checks._sequelize_mixins import mixin_calls
from constraintlint.facts.code import Call, Expr, Function, Lambda, Member
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "sequelize-transaction-not-passed"

_READS = frozenset(
    ("aggregate", "count", "findAll", "findAndCountAll", "findByPk", "findOne", "max", "min", "reload", "sum")
)
_QUERY = {"query": 1}


def check(project: Project) -> Iterator[Finding]:
    if not in_use(project) or project.evaluator.calls("useCLS"):
        return  # with CLS every query finds the transaction by itself
    managed: dict[int, tuple[Call, str]] = {}
    for call, scope in calls(project, ("transaction",), python=False):
        callback = call.args[-1].value if call.args else None
        if isinstance(callback, Lambda) and _is_sequelize(project, call, scope):
            name = _parameter(callback.function)
            if name:
                managed[id(callback.function)] = (call, name)
    if not managed:
        return
    for call, scope in calls(project, {*STATIC_OPTIONS, *ROW_OPTIONS, *_QUERY}, python=False):
        around = _around(scope, managed)
        if around is not None and _lacks(project, call, scope):
            yield _finding(project, call, scope, *around)
    for call, scope, position in _mixins(project):
        around = _around(scope, managed)
        if around is not None and _lacks_at(call, position):
            yield _finding(project, call, scope, *around)


def _mixins(project: Project) -> Iterator[tuple[Call, Scope, int]]:
    """The calls of what associations give to rows, with the place of their options: ``item.setLabels(labels, options)``."""
    for path in project.paths:
        file = None if path.endswith((".py", ".pyi")) else project.evaluator.file(path)
        if file is None or not file.calls.get("transaction"):
            continue
        for call, scope, effect in mixin_calls(project, file):
            if isinstance(call.callee, Member) and not call.callee.name.startswith("$"):
                yield call, scope, 0 if effect in ("get", "count") else 1


def _is_sequelize(project: Project, call: Call, scope: Scope) -> bool:
    found = owners(project, call, scope)
    return bool(found) and all(v.kind == "handle" and v.name == "sequelize#Sequelize" for v in found)


def _parameter(function: Function) -> str:
    return function.params[0].name if function.params and function.params[0].kind == "normal" else ""


def _around(scope: Scope, managed: dict[int, tuple[Call, str]]) -> tuple[Call, str] | None:
    """The transaction whose callback the code stands in; not what runs after its commit."""
    current: Scope | None = scope
    while current is not None:
        if current.passed is not None:
            callee = current.passed[0].callee
            if isinstance(callee, Member) and callee.name == "afterCommit":
                return None
        found = managed.get(id(current.node))
        if found is not None:
            return found
        current = current.parent
    return None


def _lacks(project: Project, call: Call, scope: Scope) -> bool:
    """Whether the options of a query are all known and hold no transaction."""
    if not isinstance(call.callee, Member):
        return False
    if call.callee.name == "query":
        position = 1 if _is_sequelize(project, call, scope) else None
    else:
        position = options_position(project, call, scope)
    return position is not None and _lacks_at(call, position)


def _lacks_at(call: Call, position: int) -> bool:
    """Whether the options, which stand at ``position``, are all known and hold no transaction."""
    if has_spread(call):
        return False
    arguments = positional_arguments(call)
    if any(_mentions(arg.value) for arg in arguments[position + 1 :]):
        return False  # in the wrong place: another rule says it
    if len(arguments) <= position:
        return len(arguments) == position
    entries = literal_entries(arguments[position].value)
    return entries is not None and "transaction" not in entries


def _mentions(expr: Expr) -> bool:
    entries = literal_entries(expr)
    return entries is None or "transaction" in entries


def _finding(project: Project, call: Call, scope: Scope, outer: Call, name: str) -> Finding:
    method = call.callee.name if isinstance(call.callee, Member) else ""
    line, column, end_line, end_column = project.span(scope.path, outer.callee.at)
    reads = method in _READS or method.startswith(("get", "count", "has"))
    effect = (
        "it does not see what the transaction has changed, and waits for a second connection"
        if reads
        else "it stays when the transaction is rolled back, and may wait for it for ever"
    )
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, call.at),
        f"{method} runs outside the transaction {name}: {effect}",
        help=f"give it {{ transaction: {name} }}",
        trace=[Step(scope.path, line, column, "the transaction", end_line, end_column)],
        subject=f"{method} in {name}",
        severity="warning" if reads else None,
    )
