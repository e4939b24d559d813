"""Calls of library functions, methods and tagged templates: what the signatures say they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Arg, Call, Constant, Expr, Member, Text
from constraintlint.libraries import Argument, Libraries, Signature
from constraintlint.project.flow import alternatives, classes, invocations, names, string_methods, urls
from constraintlint.project.flow.choices import chosen
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator


def result(name: str, callee: Value, call: Call, scope: Scope) -> Value:
    return Value("result", scope.path, call.at, name, base=callee.base, call=call, caller=scope)


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
    same = string_methods.FUNCTIONS.get(name)
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
    return [result(name + "()", value, call, scope)]


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
            found += invocations.invoke(ev, item, Call(call.at, call.callee, []), scope)
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
                name in ("String#raw", "String.raw") or name in string_methods.FUNCTIONS
            ):
                same = string_methods.FUNCTIONS.get(name)
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
