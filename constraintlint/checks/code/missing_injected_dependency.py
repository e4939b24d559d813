"""A class uses a dependency that nobody who makes an object of it passes."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import Assign, Call, Class, Constant, Function, Member, Name, Param, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope

RULE = "missing-injected-dependency"


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        file = project.evaluator.file(path)
        for scope in file.by_node.values() if file is not None else ():
            if isinstance(scope.node, Class) and scope.node.kind == "class" and not scope.node.decorators:
                yield from _class(project, scope, file.python)  # type: ignore[union-attr]


def _class(project: Project, scope: Scope, python: bool) -> Iterator[Finding]:
    node = scope.node
    assert isinstance(node, Class)
    if python and any(base.name for base in node.bases):
        return
    function = _constructor(scope)
    if function is None or function.body is None or _may_be_derived(project, node.name):
        return
    params = function.params[1:] if python else function.params
    if any(param.kind in ("rest", "kwrest") or param.pattern is not None for param in function.params):
        params = []
    for position, param in enumerate(params):
        if not _may_be_left_out(param, python):
            continue
        attribute = _kept_as(function, param)
        data = project.tree.read(scope.path) or b""
        use = _dereference(scope, attribute, function, data) if attribute else None
        if use is None or _is_set_elsewhere(project, attribute):
            continue
        made = _made_without(project, scope, node, param, position)
        if made is not None:
            yield _finding(project, node, param, attribute, use, scope, *made)


def _constructor(scope: Scope) -> Function | None:
    for name in ("__init__", "constructor"):
        for variable in scope.names.get(name, ()):
            for bind in variable.binds:
                if isinstance(bind.node, Function):
                    return bind.node
    return None


def _may_be_derived(project: Project, name: str) -> bool:
    return bool(project.evaluator.subclasses(name))


def _may_be_left_out(param: Param, python: bool) -> bool:
    if python:
        return isinstance(param.default, Constant) and param.default.kind == "none"
    return param.default is None or (
        isinstance(param.default, Constant) and param.default.kind in ("none", "undefined")
    )


def _kept_as(function: Function, param: Param) -> str:
    """The attribute the constructor keeps the parameter in, unconditionally and as it is."""
    if param.property:
        return param.name
    found = ""
    for stmt in function.body or []:
        uses = [node for node in walk(stmt) if isinstance(node, Name) and node.id == param.name]
        if not uses:
            continue
        if (
            found
            or not isinstance(stmt, Assign)
            or stmt.value is not uses[0]
            or len(uses) != 1
            or len(stmt.targets) != 1
        ):
            return ""
        target = stmt.targets[0]
        if (
            not isinstance(target, Member)
            or not isinstance(target.object, Name)
            or target.object.id not in ("self", "this")
        ):
            return ""
        found = target.name
    return found


def _dereference(scope: Scope, attribute: str, constructor: Function, data: bytes) -> Call | None:
    """A call of a method of the attribute, where the class says the attribute in no other way; ``?.`` asks whether it is there."""
    first: Call | None = None
    for stmt in scope.body:
        inner = getattr(stmt, "function", None)
        if isinstance(inner, Function) and inner.body is None:
            return None  # what it does with the attribute is not known
        dereferenced: set[int] = set()
        for node in walk(stmt):
            if (
                isinstance(node, Call)
                and isinstance(node.callee, Member)
                and _is_own(node.callee.object, attribute)
            ):
                if data[node.callee.object.at[1] :].lstrip().startswith(b"?."):
                    return None
                dereferenced.add(id(node.callee.object))
                first = first or node
            elif (
                isinstance(node, Member)
                and _is_own(node, attribute)
                and id(node) not in dereferenced
                and not constructor.at[0] <= node.at[0] < constructor.at[1]
            ):
                return None
    return first


def _is_own(node: object, attribute: str) -> bool:
    return (
        isinstance(node, Member)
        and node.name == attribute
        and isinstance(node.object, Name)
        and node.object.id in ("self", "this")
    )


def _is_set_elsewhere(project: Project, attribute: str) -> bool:
    return any(file.stores.get(attribute) for file in project.evaluator.files())


def _made_without(
    project: Project, scope: Scope, node: Class, param: Param, position: int
) -> tuple[Call, Scope] | None:
    """The first place that makes an object without the argument, where every place that makes one does."""
    ev = project.evaluator
    first: tuple[Call, Scope] | None = None
    for call, caller in ev.calls(node.name):
        found = ev.eval(call.callee, caller)
        if not any(value.node is node for value in found):
            return None
        if any(arg.spread for arg in call.args) or any(arg.name == param.name for arg in call.args):
            return None
        if sum(not arg.name for arg in call.args) > position:
            return None
        first = first or (call, caller)
    if first is None or _is_mentioned(project, node.name):
        return None
    return first


def _is_mentioned(project: Project, name: str) -> bool:
    """Whether the class is handed on as a value: a container or a framework may make objects of it."""
    for file in project.evaluator.files((name,)):
        called = {id(call.callee) for call, _ in file.calls.get(name, ())}
        for node in file.of_kind(Call):
            for arg in node.args:
                if isinstance(arg.value, Name) and arg.value.id == name and id(arg.value) not in called:
                    return True
    return False


def _finding(
    project: Project,
    node: Class,
    param: Param,
    attribute: str,
    use: Call,
    scope: Scope,
    call: Call,
    caller: Scope,
) -> Finding:
    nothing = "None" if scope.path.endswith(".py") else "undefined"
    line, column = project.span(scope.path, use.at)[:2]
    where = project.span(scope.path, param.at)[:2]
    return finding(
        RULE,
        caller.path,
        project.span(caller.path, call.at),
        f"{node.name} is made without {param.name}, which it uses: {attribute} is {nothing} there",
        help=f"pass {param.name} here, or make it a required parameter",
        trace=[
            Step(scope.path, *where, f"{param.name} may be left out"),
            Step(scope.path, line, column, f"{attribute} is used here"),
        ],
        subject=f"{node.name} {param.name}",
    )
