"""What a parameter can be: by annotation, injected dependency, the calls found in the project, or its default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Class, Expr, Function, Member, Name, Param
from constraintlint.project.flow import classes, library_calls, members, names, type_hints
from constraintlint.project.flow.choices import is_python, known
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: call sites of one function that are looked at
MAX_CALLERS = 48
_EACH = frozenset(("map", "forEach", "filter", "find", "some", "every", "flatMap", "findIndex"))


def values(ev: Evaluator, bind: Bind) -> Iterable[Value]:
    """The values of a parameter (of a part of it where it is destructured)."""
    function = bind.scope.function
    if function is None:
        return []
    found = list(_whole(ev, bind, function))
    for key in bind.keys:
        found = [part for value in found for part in members.part(ev, value, key, bind.at, bind.inner)]
    if bind.keys and bind.default is not None:
        found = names.with_default(ev, found, bind)
    return found or [Value("unknown", bind.inner.path, bind.at)]


def _whole(ev: Evaluator, bind: Bind, function: Function) -> Iterable[Value]:
    scope = bind.scope
    param = bind.node
    if not isinstance(param, Param) or bind.index < 0:
        return []
    if param.kind in ("rest", "kwrest"):
        return []
    if is_python(scope.path) and bind.index == 0 and is_method(scope):
        return _self(ev, scope, function)
    found: list[Value] = []
    if param.annotation is not None:
        found += type_hints.instances(ev, param.annotation, scope)
    if param.default is not None and not any(known(value) for value in found):
        found += ev.eval(param.default, scope.parent or scope)
    if not any(value.kind in ("handle", "object") for value in found):
        found += callback_values(ev, scope, bind.index)
        found += _given(ev, scope, function, bind.index, param)
    return found


def is_method(scope: Scope) -> bool:
    """Whether a function scope is a method whose first parameter is the object (Python)."""
    function = scope.function
    return (
        function is not None
        and scope.parent is not None
        and scope.parent.kind == "class"
        and not function.static
        and (function.kind != "lambda" or bool(scope.alias))
    )


def _self(ev: Evaluator, scope: Scope, function: Function) -> list[Value]:
    cls = scope.parent
    if cls is None or not isinstance(cls.node, Class):
        return []
    kind = "object"
    for decorator in function.decorators:
        if isinstance(decorator, Name) and decorator.id == "staticmethod":
            return []
        if isinstance(decorator, Name) and decorator.id == "classmethod":
            kind = "class"
    if function.name in ("__new__", "__init_subclass__", "__class_getitem__"):
        kind = "class"
    return [Value(kind, scope.path, cls.at, cls.node.name, node=cls.node, scope=cls)]  # type: ignore[arg-type]


def this_values(ev: Evaluator, scope: Scope, *, parent: bool) -> list[Value]:
    """``this`` (or ``super``) of a JavaScript class."""
    cls = scope.enclosing_class()
    if cls is None or not isinstance(cls.node, Class):
        return []
    own = Value("object", scope.path, cls.at, cls.node.name, node=cls.node, scope=cls)
    if not parent:
        inner: Scope | None = scope
        while inner is not None and inner.parent is not cls:
            inner = inner.parent
        if inner is not None and inner.function is not None and inner.function.static:
            return [Value("class", scope.path, cls.at, cls.node.name, node=cls.node, scope=cls)]
        return [own]
    found: list[Value] = []
    for base in classes.bases(ev, own):
        for item in names.concrete(ev, base):
            if item.kind == "class":
                found.append(Value("object", item.path, item.at, item.name, node=item.node, scope=item.scope))
            elif item.kind == "library":
                name = ev.library_for(item.path).canonical(item.name)
                found.append(Value("handle", scope.path, cls.at, name))
    return found


# --- callbacks --------------------------------------------------------------------------------------------------


def callback_values(ev: Evaluator, scope: Scope, position: int) -> list[Value]:
    """What a function written as an argument is called with."""
    if scope.passed is None or scope.parent is None:
        return []
    call, place = scope.passed
    outer = scope.parent
    callee = call.callee
    found: list[Value] = []
    if isinstance(callee, Member) and callee.name in ("then", "tap") and place == 0 and position == 0:
        return [value for value in ev.eval(callee.object, outer) if value.kind != "unknown"]
    if isinstance(callee, Member) and callee.name in _EACH and position == 0:
        for value in ev.eval(callee.object, outer):
            found += members.elements(ev, value, None, outer)
        if found:
            return found
    for value in ev.eval(callee, outer):
        for item in names.concrete(ev, value):
            if item.kind in ("library", "handle"):
                found += _library_callback(ev, item, call, place, position, outer)
            elif item.kind in ("function", "class"):
                found += _project_callback(ev, item, place, position)
    return found


def _library_callback(
    ev: Evaluator, value: Value, call: Call, place: int, position: int, outer: Scope
) -> list[Value]:
    signature = library_calls.signature_of(ev, value)
    for argument in signature.arguments if signature is not None else ():
        if argument.role != "callback" or argument.position != place or position >= len(argument.types):
            continue
        name = argument.types[position]
        if name != "_":
            base = value.base if value.kind == "library" else value
            return [Value("handle", outer.path, call.at, name, base=base)]
    return []


def _project_callback(ev: Evaluator, value: Value, place: int, position: int) -> list[Value]:
    """A function of the project that takes a function: what it calls that parameter with."""
    if value.kind == "class":
        constructors = list(classes.constructor(ev, value))
        if not constructors:
            return []
        value = constructors[0]
    function, scope = value.node, value.scope
    if not isinstance(function, Function) or scope is None:
        return []
    place += _shift(value)
    if place >= len(function.params):
        return []
    name = function.params[place].name
    found: list[Value] = []
    queue = [scope]
    for inner in queue:
        queue += inner.children
        for call in inner.calls:
            if isinstance(call.callee, Name) and call.callee.id == name and position < len(call.args):
                arg = call.args[position]
                if not arg.name and not arg.spread:
                    found += ev.eval(arg.value, inner)
    return found


def _shift(value: Value) -> int:
    """How many parameters come before the first argument: the object of a Python method."""
    scope = value.scope
    if scope is None or not is_python(scope.path) or not is_method(scope):
        return 0
    function = scope.function
    if function is not None and any(
        isinstance(decorator, Name) and decorator.id == "staticmethod" for decorator in function.decorators
    ):
        return 0
    return 1


# --- call sites -------------------------------------------------------------------------------------------------


def _given(ev: Evaluator, scope: Scope, function: Function, position: int, param: Param) -> list[Value]:
    found: list[Value] = []
    for call, caller, _ in call_sites(ev, scope, function):
        expr = argument_of(call, scope, position, param)
        if expr is not None:
            found += ev.eval(expr, caller)
    return found


def argument_of(call: Call, scope: Scope, position: int, param: Param) -> Expr | None:
    """The expression one call gives for a parameter of the function ``scope``; None where it gives none plainly."""
    for arg in call.args:
        if arg.name and arg.name == param.name:
            return arg.value
    index = position
    if is_python(scope.path) and is_method(scope):
        index -= 1
    for place, arg in enumerate(call.args):
        if arg.spread or arg.name:
            break
        if place == index:
            return arg.value
    return None


def call_sites(
    ev: Evaluator, scope: Scope, function: Function, limit: int = MAX_CALLERS
) -> Iterator[tuple[Call, Scope, str]]:
    """The calls of a function found in the project: (call, its scope, the name it is called by)."""
    seen: set[int] = set()
    for name, path in _called_as(ev, scope, function):
        for call, caller in ev.calls(name, path):
            if len(seen) >= limit or ev.spent():
                return
            if id(call) not in seen and _calls(ev, call, caller, scope):
                seen.add(id(call))
                yield call, caller, name


def _called_as(ev: Evaluator, scope: Scope, function: Function) -> list[tuple[str, str]]:
    """Names a function is called by, each with the only file to look in ("" for every file)."""
    cls = scope.parent if scope.parent is not None and scope.parent.kind == "class" else None
    if cls is not None and function.name in ("__init__", "constructor", "__new__"):
        own = cls.node.name if isinstance(cls.node, Class) else ""
        found = [(own, "")] if own else []
        found += [(child, "") for child in ev.subclasses(own)] if own else []
        if own and ev.subclasses(own) and not is_python(scope.path):
            found.append(("super", ""))
    else:
        found = [(name, "") for name in (function.name, scope.alias) if name and name != "default"]
    top = scope.parent is not None and scope.parent.kind == "module"
    if (top or cls is not None) and not is_python(scope.path):
        for source, index in ev.index.importers(scope.path):
            facts = ev.project.facts(source)
            if facts is None:
                continue
            imported = facts.imports[index]
            locals_ = [imported.local, *(item.local for item in imported.names)]
            found += [(local, source) for local in locals_ if local]
            if imported.kind == "require" and not any(locals_):
                found.append(("", source))
    return list(dict.fromkeys(found))


def _calls(ev: Evaluator, call: Call, caller: Scope, scope: Scope) -> bool:
    """Whether a call runs the function ``scope``."""
    known = ev.runs.get(id(call))
    if known is None:
        known = frozenset(_run_by(ev, call, caller))
        if ev.is_settled(call.callee):
            ev.runs[id(call)] = known
    return id(scope) in known


def _run_by(ev: Evaluator, call: Call, caller: Scope) -> Iterator[int]:
    """``id`` of the scopes of all functions a call may run."""
    for value in ev.eval(call.callee, caller):
        for item in names.concrete(ev, value):
            if item.scope is not None:
                yield id(item.scope)
            # ``super(...)`` in JavaScript runs the constructor of the class ``super`` is an object of
            above = item.kind == "object" and isinstance(call.callee, Name) and call.callee.id == "super"
            if item.kind == "class" or above:
                yield from (id(made.scope) for made in classes.constructor(ev, item))
