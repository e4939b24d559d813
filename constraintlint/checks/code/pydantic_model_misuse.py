"""A pydantic model is used like a dict, or given a field it does not declare."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import callees, calls
from constraintlint.checks._tested import is_tested, may_be_otherwise
from constraintlint.checks.code import _pydantic
from constraintlint.facts.code import At, Await, Call, Expr, Index, Member, Name, Slice
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value

RULE = "pydantic-model-misuse"
_DICT_METHODS = ("get", "items", "keys", "values", "update", "pop", "setdefault")


def check(project: Project) -> Iterator[Finding]:
    if not _pydantic.in_use(project):
        return
    yield from _subscripts(project)
    yield from _dict_methods(project)
    yield from _stores(project)


def _model(project: Project, expr: Expr, scope: Scope, at: At) -> Value | None:
    """The model that an expression is an object of.

    None where it may be of a class derived from it (it was not made here, only said to be one), where the annotation names
    other types besides, and where the code around ``at`` asks what it is.
    """
    value = _pydantic.model(project, project.evaluator.eval(expr, scope))
    if value is None or is_tested(project, scope.path, expr, at):
        return None
    if value.call is not None:
        return value
    if may_be_otherwise(project, expr, scope, value) or _is_of_library(project, expr, scope):
        return None
    return None if project.evaluator.subclasses(getattr(value.node, "name", "")) else value


def _is_of_library(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether a name holds the result of a function that says it gives a model, and returns what a library gave it: a row."""
    variable = scope.find(expr.id, expr.at[0]) if isinstance(expr, Name) else None
    for bind in variable.binds if variable is not None else ():
        call = bind.value.value if isinstance(bind.value, Await) else bind.value
        if bind.kind != "assign" or not isinstance(call, Call):
            continue
        for function in callees(project, call, bind.inner):
            if function.scope is None or function.kind != "function":
                continue
            for item in function.scope.returns:
                found = project.evaluator.eval(item.value, function.scope) if item.value is not None else ()
                if any(value.kind in ("result", "handle") for value in found):
                    return True
    return False


def _subscripts(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        file = project.evaluator.file(path) if path.endswith(".py") else None
        for node in file.of_kind(Index) if file is not None else ():
            if not isinstance(node.object, Name) or isinstance(node.index, Slice):
                continue
            scope = file.at(node.at[0])  # type: ignore[union-attr]
            value = _model(project, node.object, scope, node.at)
            if value is not None and not _pydantic.defines(project, value, "__getitem__"):
                what = f"{_name(value)} is a pydantic model and cannot be subscripted: TypeError when this line runs"
                yield _finding(
                    project, path, node.at, value, what, "read the attribute, or model_dump() it first"
                )


def _dict_methods(project: Project) -> Iterator[Finding]:
    for call, scope in calls(project, _DICT_METHODS, python=True):
        callee = call.callee
        if not isinstance(callee, Member) or not isinstance(callee.object, Name):
            continue
        value = _model(project, callee.object, scope, call.at)
        if value is None or any(
            _pydantic.defines(project, value, name) for name in (callee.name, "__getattr__")
        ):
            continue
        if not _takes_any_attribute(project, value):
            what = f"{_name(value)} is a pydantic model and has no {callee.name!r}: AttributeError when this line runs"
            at = (call.at[0], callee.at[1])
            yield _finding(
                project, scope.path, at, value, what, "read the attribute, or model_dump() it first"
            )


def _takes_any_attribute(project: Project, value: Value) -> bool:
    return _pydantic.takes_anything(project, value)


def _stores(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        file = project.evaluator.file(path) if path.endswith(".py") else None
        if file is None or not file.stores:
            continue
        attributes = {(node.name, node.at[0]) for node in file.of_kind(Member)}
        for name in sorted(file.stores):
            for store in file.stores[name]:
                if not isinstance(store.owner, Name) or name.startswith("_"):
                    continue
                if (name, store.at[0]) not in attributes:
                    continue  # a key (``owner["name"] = ...``) is reported as a subscript
                value = _model(project, store.owner, store.scope, store.at)
                if (
                    value is None
                    or _pydantic.defines(project, value, name)
                    or _pydantic.takes_anything(project, value)
                ):
                    continue
                what = f"{_name(value)} has no field {name!r}: pydantic raises ValueError when it is assigned"
                yield _finding(
                    project, path, store.at, value, what, f"declare the field {name}, or use a variable"
                )


def _name(value: Value) -> str:
    return getattr(value.node, "name", "") or value.name


def _finding(project: Project, path: str, at: At, value: Value, message: str, advice: str) -> Finding:
    assert value.node is not None and value.scope is not None
    owner = value.scope.path
    line, column = project.span(owner, value.node.at)[:2]
    step = Step(owner, line, column, f"the model {_name(value)}")
    return finding(RULE, path, project.span(path, at), message, help=advice, trace=[step], subject=message)
