"""Calls: functions and classes of the project, library functions and methods, environment look-ups, tagged templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Function, Member, Name, Yield
from constraintlint.facts.code import Sequence as SequenceNode
from constraintlint.project.flow import (
    alternatives,
    classes,
    import_values,
    library_calls,
    members,
    names,
    string_methods,
    type_hints,
)
from constraintlint.project.flow.choices import chosen, is_python, known, replace
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: methods of functions that give the same function
_BOUND = frozenset(("bind", "wraps"))
#: methods that hand on what they are called on
_PASSING = frozenset(("unwrap", "on", "once", "setMaxListeners", "asStandaloneFunction"))


def call_values(ev: Evaluator, call: Call, scope: Scope) -> Iterable[Value]:
    """What a call gives."""
    callee = call.callee
    if isinstance(callee, Name) and callee.id in ("require", "import") and not is_python(scope.path):
        imported = ev.index.required(scope.path, call)
        if imported is not None:
            return import_values.import_values(ev, scope.path, imported, None, call.at)
        beside = import_values.required_by_path(ev, scope.path, call)
        if beside:
            return beside
    if isinstance(callee, Member):
        return _method_call(ev, callee, call, scope)
    found: list[Value] = []
    for value in ev.eval(callee, scope):
        found += invoke(ev, value, call, scope)
    return found or ev.unknown(call, scope)


def _method_call(ev: Evaluator, callee: Member, call: Call, scope: Scope) -> list[Value]:
    found: list[Value] = []
    name = callee.name
    owners = ev.eval(callee.object, scope)
    for owner in owners:
        own = _own_method(ev, owner, name, call, scope)
        if own is not None:
            found += [replace(item, (*owner.branches, *item.branches)) for item in own]
            continue
        for value in members.member(ev, owner, name, callee.at, scope):
            found += invoke(ev, value, call, scope)
    if not any(known(value) for value in found):
        for value in ev.stores.called(callee, call, scope):
            found = [value, *found]
        for value in ev.stores.member(callee.object, name, scope):
            found = [*invoke(ev, value, call, scope), *found]
    return found or ev.unknown(call, scope)


def _own_method(ev: Evaluator, owner: Value, name: str, call: Call, scope: Scope) -> list[Value] | None:
    """Methods of strings, lists, dicts, promises and functions; None where the owner has to be asked."""
    if owner.text is not None:
        return string_methods.method(ev, owner, name, call, scope) or (
            [owner] if name in members.SAME else None
        )
    if owner.kind == "env" and name in members.SAME:
        return [owner]
    if owner.kind == "sequence" and name == "join" and isinstance(owner.node, SequenceNode):
        separators = list(ev.eval(call.args[0].value, scope)) if call.args else []
        node = call.callee.object if isinstance(call.callee, Member) else call
        return alternatives.joined(ev, separators or [_comma(call, scope)], node, call, scope)
    if owner.kind == "mapping" and name in ("get", "pop", "setdefault") and call.args:
        return _looked_up(ev, owner, call, scope)
    if name in _BOUND and owner.kind in ("function", "library"):
        return [owner]
    if name in ("then", "finally", "catch") and not is_python(scope.path):
        return _then(ev, owner, name, call, scope)
    if name in _PASSING and owner.kind in ("handle", "object"):
        library = ev.library_for(owner.path)
        if owner.kind == "handle" and library.method(owner.name, name) is None:
            return [owner]
    return None


def _comma(call: Call, scope: Scope) -> Value:
    from constraintlint.project.flow.texts import computed

    return Value("text", scope.path, call.at, text=computed(",", scope.path, call.at))


def _looked_up(ev: Evaluator, owner: Value, call: Call, scope: Scope) -> list[Value]:
    """``mapping.get(key, default)``."""
    entries = ev.entries(owner)
    keys = [key.constant for key in ev.eval(call.args[0].value, scope)]
    default = list(ev.eval(call.args[1].value, scope)) if len(call.args) > 1 else []
    if keys and all(isinstance(key, str) for key in keys):
        return [item for key in keys for item in entries.get(str(key), default)]
    found = [
        chosen(item, Branch("key", scope.path, call.args[0].value, label=key))
        for key, items in entries.items()
        for item in items
    ]
    found += [
        chosen(item, Branch("key", scope.path, call.args[0].value)) for item in members.unkeyed(ev, owner)
    ]
    return [*found, *default]


def _then(ev: Evaluator, owner: Value, name: str, call: Call, scope: Scope) -> list[Value]:
    """A promise: ``then`` gives what its callback returns, the others what the promise gave."""
    if name != "then" or not call.args:
        return [owner]
    found: list[Value] = []
    for callback in ev.eval(call.args[0].value, scope):
        found += returned(ev, callback)
    return found


def invoke(ev: Evaluator, value: Value, call: Call, scope: Scope) -> list[Value]:
    """Calling one value."""
    found: list[Value] = []
    for item in names.concrete(ev, value):
        kind = item.kind
        if kind == "function":
            result: Iterable[Value] = returned(ev, item)
        elif kind == "class":
            result = [_instance(item, call, scope)]
        elif kind == "object":
            result = [
                made for method in classes.member(ev, item, "__call__") for made in returned(ev, method)
            ]
        elif kind in ("library", "handle"):
            result = library_calls.library_call(ev, item, call, scope)
        elif kind == "result":
            result = [library_calls.result(item.name + "()", item, call, scope)]
        else:
            result = []
        found += [replace(made, (*item.branches, *made.branches)) for made in result]
    return found


def _instance(cls: Value, call: Call, scope: Scope) -> Value:
    return Value(
        "object", scope.path, call.at, cls.name, node=cls.node, scope=cls.scope, call=call, caller=scope
    )


def returned(ev: Evaluator, value: Value) -> list[Value]:
    """What a function of the project returns, or yields where it is a generator."""
    function, scope = value.node, value.scope
    if value.kind == "class":
        return [Value("object", value.path, value.at, value.name, node=value.node, scope=value.scope)]
    if not isinstance(function, Function) or scope is None:
        return []
    found = list(ev.once(id(scope), lambda: _returned(ev, function, scope)))
    if value.base is not None:
        # ``return self`` of an inherited method is the object it was called on
        found = [
            value.base
            if item.kind == "object" and item.call is None and item.node is value.base.node
            else item
            for item in found
        ]
    return found


def _returned(ev: Evaluator, function: Function, scope: Scope) -> Iterable[Value]:
    found: list[Value] = []
    if scope.yields:
        for yielded in scope.yields:
            found += _yielded(ev, yielded, scope)
    else:
        for stmt in scope.returns:
            if stmt.value is not None:
                found += ev.eval(stmt.value, scope)
    if function.returns is not None and not any(known(value) for value in found):
        declared = type_hints.instances(ev, function.returns, scope)
        if declared:
            return [*declared, *(value for value in found if value.kind == "constant")]
    if not found:
        return [Value("unknown", scope.path, function.at)]
    return found


def _yielded(ev: Evaluator, node: Yield, scope: Scope) -> Iterable[Value]:
    if node.value is None:
        return []
    found = ev.eval(node.value, scope)
    if not node.delegated:
        return found
    return [item for value in found for item in members.elements(ev, value, node.value, scope)]
