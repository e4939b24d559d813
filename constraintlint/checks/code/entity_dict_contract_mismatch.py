"""A function returns dicts and its caller asks for attributes, or objects and its caller subscripts them."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import callees
from constraintlint.checks._tested import is_tested
from constraintlint.facts.code import (
    Await,
    Call,
    Class,
    Conditional,
    Constant,
    Function,
    Index,
    Mapping,
    Member,
    Name,
    Text,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow import classes
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.roles import is_test

RULE = "entity-dict-contract-mismatch"
#: for one call; more would be spent on every call there is
_STEPS = 200


def check(project: Project) -> Iterator[Finding]:
    paths = [path for path in project.paths if path.endswith(".py")]
    files = [file for path in paths if (file := project.evaluator.file(path)) is not None]
    names = {
        scope.node.name
        for file in files
        for scope in file.by_node.values()
        if isinstance(scope.node, Function) and _may_answer(scope)
    }
    for file in files:
        facts = project.facts(file.path)
        for imported in facts.imports if facts is not None else ():
            names.update(item.local for item in imported.names if item.local != item.name)
    for file in files:
        if is_test(file.path):
            continue
        for scope in file.by_node.values():
            if isinstance(scope.node, Function) and scope.body:
                yield from _in_function(project, scope, names)


def _may_answer(scope: Scope) -> bool:
    """Whether a function gives something that a dict or an object can come from."""
    return any(isinstance(item.value, (Mapping, Call, Name, Await, Conditional)) for item in scope.returns)


def _in_function(project: Project, scope: Scope, callable_names: set[str]) -> Iterator[Finding]:
    """Names of a function that hold the result of one call of the project, and how they are used."""
    reads: dict[str, list[Member | Index]] | None = None
    for name, variables in sorted(scope.names.items()):
        if len(variables) != 1 or len(variables[0].binds) != 1:
            continue
        bind = variables[0].binds[0]
        call = bind.value.value if isinstance(bind.value, Await) else bind.value
        if bind.kind != "assign" or bind.keys or bind.op or not isinstance(call, Call) or call.new:
            continue
        if (getattr(call.callee, "name", "") or getattr(call.callee, "id", "")) not in callable_names:
            continue
        if reads is None:
            reads = _reads(scope)
        uses = [node for node in reads.get(name, ()) if _tells(node)]
        if not uses:
            continue
        function = _callee(project, call, scope)
        if function is None or function.scope is None:
            continue
        kind = _returns(project, function)
        for node in uses:
            found = _judge(project, node, name, kind, function, scope)
            if found is not None and not is_tested(project, scope.path, node.object, node.at):
                yield found
                break


def _reads(scope: Scope) -> dict[str, list[Member | Index]]:
    """The members and items of names that a function reads, by name."""
    found: dict[str, list[Member | Index]] = {}
    for node in walk(scope.body):
        if isinstance(node, (Member, Index)) and isinstance(node.object, Name):
            found.setdefault(node.object.id, []).append(node)
    return found


def _tells(node: Member | Index) -> bool:
    """Whether a read is right for one of the two kinds only."""
    if isinstance(node, Member):
        return not hasattr(dict, node.name)
    return isinstance(node.index, Text)


def _callee(project: Project, call: Call, scope: Scope) -> Value | None:
    found = callees(project, call, scope, _STEPS)
    if len({id(value.node) for value in found}) != 1 or found[0].branches or found[0].kind != "function":
        return None
    node = found[0].node
    if not isinstance(node, Function) or node.is_generator or node.body is None or node.kind == "lambda":
        return None
    decorators = {getattr(expr, "id", "") or getattr(expr, "name", "") for expr in node.decorators}
    return found[0] if decorators <= {"staticmethod", "classmethod"} else None


def _returns(project: Project, function: Value) -> str | Value:
    """``dict`` where every return gives a dict display (or None), the class where each makes an object of it, else ""."""
    assert function.scope is not None
    shapes: list[Value] = []
    for item in function.scope.returns:
        if item.value is None or (isinstance(item.value, Constant) and item.value.kind == "none"):
            continue
        if isinstance(item.value, Mapping):
            shapes.append(Value("mapping", function.scope.path, item.value.at, node=item.value))
            continue
        found = (
            project.evaluator.eval(item.value, function.scope)
            if isinstance(item.value, (Call, Name, Await, Conditional))
            else ()
        )
        known = [value for value in found if not (value.kind == "constant" and value.constant is None)]
        if not known and found:
            continue
        known = [
            Value("mapping", value.path, value.at)
            if value.kind == "result" and value.name == "builtins.dict()"
            else value
            for value in known
        ]
        if not known or any(value.kind not in ("mapping", "object") for value in known):
            return ""
        shapes += known
    if not shapes:
        return ""
    if all(value.kind == "mapping" for value in shapes):
        return "dict"
    if all(value.kind == "object" for value in shapes) and len({id(value.node) for value in shapes}) == 1:
        return shapes[0]
    return ""


def _judge(
    project: Project, node: Member | Index, name: str, kind: str | Value, function: Value, scope: Scope
) -> Finding | None:
    if kind == "dict" and isinstance(node, Member) and not hasattr(dict, node.name):
        message = f"{name} is a dict and has no attribute {node.name!r}: AttributeError when this line runs"
        return _finding(project, node, scope, function, message, f'write {name}["{node.name}"]', "a dict")
    if isinstance(kind, Value) and isinstance(node, Index) and isinstance(node.index, Text):
        if not _is_plain(project, kind):
            return None
        owner = getattr(kind.node, "name", "")
        message = f"{name} is an object of {owner} and cannot be subscripted: TypeError when this line runs"
        return _finding(
            project, node, scope, function, message, "read the attribute", f"an object of {owner}"
        )
    return None


def _is_plain(project: Project, value: Value) -> bool:
    """Whether a class has no ``__getitem__``: it and all its bases are plain classes of the project."""
    for item in classes.ancestry(project.evaluator, value):
        if not isinstance(item.node, Class) or item.scope is None or item.scope.parent is None:
            return False
        if (
            "__getitem__" in item.scope.names
            or any(base.name for base in item.node.bases)
            or _is_decorated(item.node)
        ):
            return False
        if any(not project.evaluator.eval(base.value, item.scope.parent) for base in item.node.bases):
            return False
    return True


def _is_decorated(node: Class) -> bool:
    names = {
        getattr(getattr(expr, "callee", expr), "id", "") or getattr(getattr(expr, "callee", expr), "name", "")
        for expr in node.decorators
    }
    return not names <= {"dataclass"}


def _finding(
    project: Project,
    node: Member | Index,
    scope: Scope,
    function: Value,
    message: str,
    advice: str,
    what: str,
) -> Finding:
    assert isinstance(function.node, Function) and function.scope is not None
    path = function.scope.path
    line, column = project.span(path, function.node.at)[:2]
    step = Step(path, line, column, f"{function.node.name} returns {what}")
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, node.at),
        message,
        help=advice,
        trace=[step],
        subject=message,
    )
