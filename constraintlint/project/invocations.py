"""Calls: functions and classes of the project, library functions and methods, environment look-ups, tagged templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import Arg, Call, Constant, Expr, Function, Member, Name, Text, Yield
from constraintlint.facts.code import Sequence as SequenceNode
from constraintlint.libraries import Argument, Libraries, Signature
from constraintlint.project import alternatives, classes, members, names, type_hints, urls
from constraintlint.project.choices import chosen, is_python, known, replace
from constraintlint.project.scopes import Scope
from constraintlint.project.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project.evaluate import Evaluator

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
            return names.import_values(ev, scope.path, imported, None, call.at)
        beside = names.required_by_path(ev, scope.path, call)
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
        return alternatives.method(ev, owner, name, call, scope) or (
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
    from constraintlint.project.texts import computed

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
            result = library_call(ev, item, call, scope)
        elif kind == "result":
            result = [_result(item.name + "()", item, call, scope)]
        else:
            result = []
        found += [replace(made, (*item.branches, *made.branches)) for made in result]
    return found


def _instance(cls: Value, call: Call, scope: Scope) -> Value:
    return Value(
        "object", scope.path, call.at, cls.name, node=cls.node, scope=cls.scope, call=call, caller=scope
    )


def _result(name: str, callee: Value, call: Call, scope: Scope) -> Value:
    return Value("result", scope.path, call.at, name, base=callee.base, call=call, caller=scope)


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


# --- libraries --------------------------------------------------------------------------------------------------


def signature_of(ev: Evaluator, value: Value) -> Signature | None:
    """The signature of a library function, of a bound method, or of calling a handle."""
    library = ev.library_for(value.path)
    if value.kind == "handle":
        return library.method(value.name, "()")
    name = library.canonical(value.name)
    found = library.functions.get(name)
    if found is not None:
        return found
    owner, _, method = name.rpartition(".")
    if value.base is not None and value.base.kind == "handle":
        return library.method(value.base.name, method)
    if owner in library.types:
        return library.method(owner, method)
    return None


def library_call(ev: Evaluator, value: Value, call: Call, scope: Scope) -> list[Value]:
    """Calling a library function, a library class, a bound method or a handle."""
    library = ev.library_for(value.path)
    name = library.canonical(value.name)
    signature = signature_of(ev, value)
    if signature is None:
        if value.kind == "handle":
            return []
        if name in library.types:
            return [Value("handle", scope.path, call.at, name, call=call, caller=scope)]
        return _plain_call(ev, name, value, call, scope)
    env = _environment(ev, signature, call, scope)
    if env:
        return env
    if signature.returns:
        return _returns(ev, library, signature.returns, value, call, scope)
    return _plain_call(ev, name, value, call, scope)


def _plain_call(ev: Evaluator, name: str, value: Value, call: Call, scope: Scope) -> list[Value]:
    """A function without a known result type: strings and URLs are followed, else its name is kept."""
    same = alternatives.FUNCTIONS.get(name)
    if same is not None and call.args:
        found = [
            Value(
                "text",
                item.path,
                item.at,
                text=same(item.text),
                branches=item.branches,
                default_of=item.default_of,
            )
            if item.text is not None
            else item
            for item in ev.eval(call.args[0].value, scope)
        ]
        return found or ev.unknown(call, scope)
    if name == "builtins.getattr" and len(call.args) > 1:
        return _getattr(ev, call, scope)
    url = urls.built(ev, name, call, scope)
    if url:
        return url
    return [_result(name + "()", value, call, scope)]


def _getattr(ev: Evaluator, call: Call, scope: Scope) -> list[Value]:
    owner = call.args[0].value
    found: list[Value] = []
    for key in ev.eval(call.args[1].value, scope):
        if isinstance(key.constant, str):
            member = Member(call.at, owner, key.constant)
            ev.keep(member)
            found += ev.eval(member, scope)
    if len(call.args) > 2:
        found += ev.eval(call.args[2].value, scope)
    return found


def _environment(ev: Evaluator, signature: Signature, call: Call, scope: Scope) -> list[Value]:
    """A look-up in the environment: the variable, then its defaults."""
    roles = {argument.role: argument for argument in signature.arguments}
    if "env" not in roles:
        return []
    variable = argument_of(call, roles["env"])
    if variable is None:
        return []
    found: list[Value] = []
    default = argument_of(call, roles["default"]) if "default" in roles else None
    for value in ev.eval(variable, scope):
        if not isinstance(value.constant, str):
            continue
        name = value.constant
        found.append(Value("env", scope.path, call.at, name))
        if default is not None:
            branch = Branch("or", scope.path, variable)
            for item in ev.eval(default, scope):
                if not (isinstance(item.node, Constant) and item.node.value is None):
                    found.append(chosen(item, branch, name))
    return found


def argument_of(call: Call, argument: Argument) -> Expr | None:
    """The expression given for an argument, by keyword or position; None where it is not given plainly."""
    for arg in call.args:
        if arg.name and arg.name in argument.names:
            return arg.value
    positional: list[Arg] = []
    for arg in call.args:
        if arg.spread:
            break
        if not arg.name:
            positional.append(arg)
    return positional[argument.position].value if argument.position < len(positional) else None


def _returns(
    ev: Evaluator, library: Libraries, returns: str, value: Value, call: Call, scope: Scope
) -> list[Value]:
    if returns in ("=", "=2"):
        position = 1 if returns == "=2" else 0
        plain = [arg for arg in call.args if not arg.name and not arg.spread]
        return list(ev.eval(plain[position].value, scope)) if position < len(plain) else []
    if returns == "call":
        found: list[Value] = []
        target = next((arg.value for arg in call.args if not arg.name or arg.name == "dependency"), None)
        for item in ev.eval(target, scope) if target is not None else ():
            found += invoke(ev, item, Call(call.at, call.callee, []), scope)
        return found
    if returns.startswith(("type:", "module:")):
        name = returns.partition(":")[2]
        return [Value("library", scope.path, call.at, name, base=None, call=call, caller=scope)]
    if returns.startswith("["):
        return [Value("result", scope.path, call.at, returns, base=value.base, call=call, caller=scope)]
    if returns.startswith("?"):
        keyword, _, returns = returns[1:].partition(" ")
        given = _given_types(ev, library, keyword, value, call, scope)
        if given:
            return [
                Value("handle", scope.path, call.at, name, base=value.base, call=call, caller=scope)
                for name in given
            ]
    base = value.base if value.kind == "library" else value
    return [Value("handle", scope.path, call.at, returns, base=base, call=call, caller=scope)]


def _given_types(
    ev: Evaluator, library: Libraries, keyword: str, value: Value, call: Call, scope: Scope
) -> list[str]:
    """The types named by a keyword argument of the factory's own call, or of this call."""
    factory = value if value.kind == "handle" else value.base
    for made, inner in (
        (factory.call, factory.caller) if factory is not None else (None, None),
        (call, scope),
    ):
        if made is None or inner is None:
            continue
        for arg in made.args:
            if arg.name == keyword:
                return [
                    name
                    for item in ev.eval(arg.value, inner)
                    for name in sorted(
                        classes.lineage(ev, item) if item.kind == "class" else {library.canonical(item.name)}
                    )
                    if name in library.types
                ][:1]
    return []


# --- tagged templates -------------------------------------------------------------------------------------------


def tagged_values(ev: Evaluator, node: Text, scope: Scope) -> list[Value]:
    """A tagged template: ``String.raw`` and dedenting tags give a string, others a result named ``tag`` and a backquote."""
    assert node.tag is not None
    plain = alternatives.text_values(ev, node, scope)
    found: list[Value] = []
    for tag in ev.eval(node.tag, scope):
        for item in names.concrete(ev, tag):
            library = ev.library_for(item.path)
            name = library.canonical(item.name)
            if item.kind == "library" and (
                name in ("String#raw", "String.raw") or name in alternatives.FUNCTIONS
            ):
                same = alternatives.FUNCTIONS.get(name)
                found += [
                    Value(
                        "text",
                        text.path,
                        text.at,
                        text=same(text.text) if same is not None else text.text,
                        branches=text.branches,
                        default_of=text.default_of,
                    )
                    for text in plain
                    if text.text is not None
                ]
                continue
            if item.kind in ("library", "handle", "result"):
                found.append(
                    Value("result", scope.path, node.at, f"{name}`", node=node, scope=scope, base=item)
                )
    return found or [Value("result", scope.path, node.at, "`", node=node, scope=scope)]
