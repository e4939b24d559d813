"""What a name in a scope means: its definitions that reach the place, followed to their values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import At, Class, Function, Name
from constraintlint.project.flow import alternatives, export_values, members, parameters, type_hints
from constraintlint.project.flow.choices import behind, chosen, is_python, known, replace
from constraintlint.project.flow.import_values import import_values, star_values
from constraintlint.project.flow.reaching import before, reaching
from constraintlint.project.flow.scopes import Bind, Scope, Variable
from constraintlint.project.flow.texts import hole
from constraintlint.project.flow.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

_PYTHON_BUILTINS = frozenset(
    [
        "str",
        "int",
        "float",
        "bool",
        "bytes",
        "list",
        "tuple",
        "dict",
        "set",
        "next",
        "iter",
        "anext",
        "getattr",
        "open",
        "reversed",
        "sorted",
        "super",
        "type",
    ]
)


def name_values(ev: Evaluator, name: str, offset: int, at: At, scope: Scope) -> list[Value]:
    """What ``name`` can be at ``offset`` of ``scope``."""
    path = scope.path
    if name in ("this", "super") and not is_python(path):
        return parameters.this_values(ev, scope, parent=name == "super")
    variable = scope.find(name, offset)
    if variable is None:
        return _free(ev, name, at, scope)
    return variable_values(ev, variable, scope, offset)


def variable_values(ev: Evaluator, variable: Variable, use: Scope, offset: int) -> list[Value]:
    found: list[Value] = []
    same = use is variable.scope
    for bind in reaching(variable, use, offset):
        values = bind_values(ev, bind, variable)
        found += behind(values, bind.regions, offset) if same or bind.regions else values
    if not any(known(value) for value in found):
        declared = [bind for bind in variable.binds if bind.kind == "declare" and bind.annotation]
        for bind in declared:
            assert bind.annotation is not None
            found = [*type_hints.instances(ev, bind.annotation, bind.inner), *found]
    return found


def _free(ev: Evaluator, name: str, at: At, scope: Scope) -> list[Value]:
    """A name bound nowhere in the file: from a star import, built in, or unknown."""
    path = scope.path
    file = ev.file(path)
    facts = ev.project.facts(path)
    if file is not None and facts is not None:
        for index in file.module.stars:
            imported = facts.imports[index]
            found = star_values(ev, path, imported, name)
            if found:
                return found
    if is_python(path):
        if name in _PYTHON_BUILTINS:
            return [Value("library", path, at, f"builtins.{name}")]
        return [Value("unknown", path, at)]
    return [Value("library", path, at, name)]


def bind_values(ev: Evaluator, bind: Bind, variable: Variable | None = None) -> tuple[Value, ...]:
    """What one definition gives its name."""
    return ev.once(id(bind), lambda: _bind_values(ev, bind, variable))


def _bind_values(ev: Evaluator, bind: Bind, variable: Variable | None) -> Iterable[Value]:
    kind = bind.kind
    path = bind.inner.path
    if kind == "function" and isinstance(bind.node, Function):
        return [
            Value("function", path, bind.at, bind.name, node=bind.node, scope=ev.scope_of(path, bind.node))
        ]
    if kind == "class" and isinstance(bind.node, Class):
        return [Value("class", path, bind.at, bind.name, node=bind.node, scope=ev.scope_of(path, bind.node))]
    if kind == "import":
        facts = ev.project.facts(path)
        return import_values(ev, path, facts.imports[bind.index], bind.imported, bind.at) if facts else []
    if kind == "param":
        return parameters.values(ev, bind)
    if bind.value is None:
        if bind.annotation is not None:
            return type_hints.instances(ev, bind.annotation, bind.inner)
        return []
    found = list(ev.eval(bind.value, bind.inner))
    if kind == "with":
        found = [entered for value in found for entered in members.entered(ev, value)]
    elif kind == "for":
        found = [item for value in found for item in members.elements(ev, value, bind.value, bind.inner)]
    for key in bind.keys:
        found = [part for value in found for part in members.part(ev, value, key, bind.at, bind.inner)]
    if bind.default is not None and bind.keys:
        found = with_default(ev, found, bind)
    if bind.op:
        return _augmented(ev, bind, variable, found)
    if bind.annotation is not None and not any(known(value) for value in found):
        declared = type_hints.instances(ev, bind.annotation, bind.inner)
        if declared:
            return [*declared, *(value for value in found if value.kind == "constant")]
    return found or [Value("unknown", path, bind.at, node=bind.value, scope=bind.inner)]


def with_default(ev: Evaluator, found: list[Value], bind: Bind) -> list[Value]:
    """A destructured part and the default that stands in for it."""
    assert bind.default is not None
    env = next((value.name for value in found if value.kind == "env"), "")
    branch = Branch("or", bind.inner.path, bind.value)
    return [*found, *(chosen(value, branch, env) for value in ev.eval(bind.default, bind.inner))]


def _augmented(ev: Evaluator, bind: Bind, variable: Variable | None, added: list[Value]) -> list[Value]:
    """``name += value``."""
    path = bind.inner.path
    if variable is None or bind.value is None:
        return []
    earlier: list[Value] = []
    for other in before(bind, variable):
        earlier += behind(bind_values(ev, other, variable), other.regions, bind.at[0])
    if _is_asked_for(bind):
        earlier = [value for value in earlier if value.constant != ""]
    if bind.op in ("||=", "??=", "or="):
        return [*earlier, *added]
    if bind.op != "+=" or not any(value.text is not None for value in (*earlier, *added)):
        return [Value("unknown", path, bind.at, node=bind.value, scope=bind.inner)]
    at = bind.at
    left = [alternatives.of_value(value, None, path, at) for value in earlier if value.kind != "constant"]
    right = alternatives.of_expr(ev, bind.value, bind.inner)
    if not left:
        left = [alternatives.Alternative(hole(path, at, None), (), "", False)]
    return alternatives.values(alternatives.product([left, right]), path, at)


def _is_asked_for(bind: Bind) -> bool:
    """``if clause: clause += " OR "``: what is added to is not empty."""
    return any(
        branch.kind == "if"
        and branch.taken
        and isinstance(branch.test, Name)
        and branch.test.id == bind.name
        and start <= bind.at[0] < end
        for branch, start, end in bind.regions
    )


def concrete(ev: Evaluator, value: Value) -> list[Value]:
    """A JavaScript module used as a value: what it exports as a whole, or its default export."""
    if value.kind != "module" or is_python(value.name):
        return [value]
    found = export_values.module_values(ev, value.name)
    if not found:
        facts = ev.project.facts(value.name)
        if facts is not None and facts.module_format != "esm":
            found = [item for item in ev.exported(value.name, "default") if item.kind != "unknown"]
    return [replace(item, (*value.branches, *item.branches)) for item in found] or [value]
