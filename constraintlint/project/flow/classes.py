"""Classes of the project: their bases, attributes, methods, properties and fields filled from settings or arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import Assign, Call, Class, Expr, Function, Member, Name

# constraintlint: ignore[import-cycle] the parts of the evaluator call each other; they import modules, so any order loads
from constraintlint.project.flow import invocations, names, type_hints
from constraintlint.project.flow.choices import is_python, known, replace
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

MAX_BASES = 40
_PROPERTIES = frozenset(("property", "cached_property", "computed_field", "hybrid_property", "classproperty"))
_SETTINGS = frozenset(
    ("pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings",
     "pydantic_settings.main.BaseSettings")
)  # fmt: skip


def bases(ev: Evaluator, cls: Value) -> list[Value]:
    """The values of a class's bases."""
    node, scope = cls.node, cls.scope
    if not isinstance(node, Class) or scope is None or scope.parent is None:
        return []
    return [
        value
        for base in node.bases
        if not base.name and not base.spread
        for value in ev.eval(base.value, scope.parent)
    ]


def ancestry(ev: Evaluator, cls: Value) -> list[Value]:
    """A class and all it derives from, nearest first, each once."""
    found: list[Value] = []
    seen: set[object] = set()
    queue = [cls]
    while queue and len(found) < MAX_BASES:
        value = queue.pop(0)
        key = id(value.node) if value.node is not None else value.name
        if key in seen:
            continue
        seen.add(key)
        found.append(value)
        queue += [
            base
            for item in bases(ev, value)
            for base in names.concrete(ev, item)
            if base.kind in ("class", "library", "handle", "result")
        ]
    return found


def lineage(ev: Evaluator, cls: Value) -> set[str]:
    """Qualified names of a class and everything it derives from."""
    found: set[str] = set()
    for value in ancestry(ev, cls):
        if isinstance(value.node, Class):
            found.add(f"{value.scope.path if value.scope else value.path}:{value.node.name}")
        else:
            library = ev.library_for(value.path)
            name = library.canonical(value.name)
            found.update(library.lineage(name))
    return found


def member(ev: Evaluator, value: Value, name: str) -> list[Value]:
    """``value.name`` of a class or of an object of it."""
    instance = value.kind == "object"
    for cls in ancestry(ev, value):
        if isinstance(cls.node, Class) and cls.scope is not None:
            found = _own(ev, value, cls.scope, name, instance)
            if found:
                return found
            continue
        found = _library_base(ev, value, cls, name)
        if found:
            return found
    return []


def _library_base(ev: Evaluator, value: Value, cls: Value, name: str) -> list[Value]:
    """An attribute that a library class gives to the classes derived from it."""
    library = ev.library_for(cls.path)
    type_name = library.canonical(cls.name)
    if type_name not in library.types:
        return []
    held = library.member(type_name, name)
    if held is not None:
        kind = "library" if held.startswith("=") else "handle"
        return [Value(kind, value.path, value.at, held.removeprefix("="), base=value)]  # type: ignore[arg-type]
    signature = library.method(type_name, name)
    if signature is None:
        return []
    owner = Value("handle", value.path, value.at, type_name, call=value.call, caller=value.caller)
    return [Value("library", value.path, value.at, signature.name, base=owner)]


def _own(ev: Evaluator, value: Value, scope: Scope, name: str, instance: bool) -> list[Value]:
    """An attribute the class itself defines or its methods assign."""
    given = _given(ev, value, scope, name) if instance else []
    if given:
        return given
    found: list[Value] = []
    declared: list[Bind] = []
    for bind in (*_class_binds(scope, name), *scope.fields.get(name, ())):
        if bind.kind == "function" and isinstance(bind.node, Function):
            found += _method(ev, value, bind, bind.node)
        elif bind.kind == "declare" or (bind.value is None and bind.annotation is not None):
            declared.append(bind)
        else:
            found += names.bind_values(ev, bind)
    if instance:
        found = _settings(ev, value, scope, name, found, bool(found or declared))
    if not any(known(item) for item in found):
        for bind in declared:
            if bind.annotation is not None:
                found = [*type_hints.instances(ev, bind.annotation, bind.inner), *found]
    if not found and declared:
        found = [Value("unknown", scope.path, declared[0].at)]
    return found


def _class_binds(scope: Scope, name: str) -> list[Bind]:
    variables = scope.names.get(name)
    if not variables:
        return []
    binds = variables[0].binds
    plain = [bind for bind in binds if bind.kind != "declare"]
    return plain[-1:] if plain and plain[-1].kind == "function" else binds


def _method(ev: Evaluator, value: Value, bind: Bind, function: Function) -> list[Value]:
    bound = Value(
        "function",
        bind.inner.path,
        bind.at,
        function.name,
        node=function,
        scope=ev.scope_of(bind.inner.path, function),
        base=value,
    )
    if function.kind == "getter" or any(_is_property(expr) for expr in function.decorators):
        return invocations.returned(ev, bound) or [Value("unknown", bind.inner.path, bind.at)]
    return [bound]


def _is_property(decorator: Expr) -> bool:
    if isinstance(decorator, Call):
        decorator = decorator.callee
    if isinstance(decorator, Name):
        return decorator.id in _PROPERTIES
    return isinstance(decorator, Member) and decorator.name in _PROPERTIES


# --- fields -----------------------------------------------------------------------------------------------------


def _given(ev: Evaluator, value: Value, scope: Scope, name: str) -> list[Value]:
    """A field given by keyword where the object was made: dataclasses, pydantic models, named tuples."""
    if value.call is None or value.caller is None or not isinstance(scope.node, Class):
        return []
    if not is_python(scope.path) or "__init__" in scope.names:
        return []
    for arg in value.call.args:
        if arg.name == name:
            return list(ev.eval(arg.value, value.caller))
    return []


def _settings(
    ev: Evaluator, value: Value, scope: Scope, name: str, found: list[Value], declared: bool
) -> list[Value]:
    """A field of a settings class: the environment variable first, then the field's default."""
    if not declared or not is_python(scope.path) or not (lineage(ev, value) & _SETTINGS):
        return found
    if any(item.kind == "function" or item.kind == "env" for item in found) or not _is_field(scope, name):
        return found
    variables, defaults = _field(ev, scope, name, found)
    if not variables:
        variables = [(_prefix(ev, scope) + name).upper()]
    at = scope.names[name][0].binds[0].at
    env = [Value("env", scope.path, at, variable) for variable in variables]
    kept = [item for item in defaults if item.kind != "unknown"]
    return [*env, *(replace(item, item.branches, variables[0]) for item in kept)]


def _is_field(scope: Scope, name: str) -> bool:
    variables = scope.names.get(name)
    return variables is not None and any(bind.annotation is not None for bind in variables[0].binds)


def _field(ev: Evaluator, scope: Scope, name: str, found: list[Value]) -> tuple[list[str], list[Value]]:
    """Names and defaults out of ``Field(default=..., env=..., alias=..., validation_alias=...)``."""
    variables: list[str] = []
    defaults: list[Value] = []
    for item in found:
        call = item.call
        if item.kind != "result" or call is None or item.caller is None or "Field" not in item.name:
            defaults.append(item)
            continue
        for position, arg in enumerate(call.args):
            if arg.name in ("env", "alias", "validation_alias"):
                for given in ev.eval(arg.value, item.caller):
                    variables += _texts(ev, given)
            elif arg.name == "default" or (position == 0 and not arg.name):
                defaults += ev.eval(arg.value, item.caller)
            elif arg.name == "default_factory":
                for factory in ev.eval(arg.value, item.caller):
                    defaults += invocations.returned(ev, factory)
    return variables, defaults


def _texts(ev: Evaluator, value: Value) -> list[str]:
    if isinstance(value.constant, str):
        return [value.constant]
    if value.kind == "result" and value.call is not None and value.caller is not None:
        # AliasChoices("A", "B")
        return [
            text
            for arg in value.call.args
            for item in ev.eval(arg.value, value.caller)
            if isinstance(text := item.constant, str)
        ]
    return []


def _prefix(ev: Evaluator, scope: Scope) -> str:
    """``env_prefix`` of ``model_config`` or of the inner class ``Config``."""
    for stmt in scope.body:
        if isinstance(stmt, Assign) and any(
            isinstance(target, Name) and target.id == "model_config" for target in stmt.targets
        ):
            if isinstance(stmt.value, Call):
                for arg in stmt.value.args:
                    if arg.name == "env_prefix":
                        return _first_text(ev, arg.value, scope)
            elif stmt.value is not None:
                for value in ev.eval(stmt.value, scope):
                    for item in ev.entry(value, "env_prefix"):
                        if isinstance(item.constant, str):
                            return item.constant
    for variable in scope.names.get("Config", ()):
        for bind in variable.binds:
            inner = ev.scope_of(scope.path, bind.node) if isinstance(bind.node, Class) else None
            if inner is not None and "env_prefix" in inner.names:
                value_expr = inner.names["env_prefix"][0].binds[-1].value
                if value_expr is not None:
                    return _first_text(ev, value_expr, inner)
    return ""


def _first_text(ev: Evaluator, expr: Expr, scope: Scope) -> str:
    for value in ev.eval(expr, scope):
        if isinstance(value.constant, str):
            return value.constant
    return ""


def constructor(ev: Evaluator, cls: Value) -> Iterable[Value]:
    """The constructor of a class, its own or an inherited one."""
    for item in ancestry(ev, cls):
        if not isinstance(item.node, Class) or item.scope is None:
            continue
        for name in ("__init__", "constructor"):
            for variable in item.scope.names.get(name, ()):
                for bind in variable.binds:
                    if isinstance(bind.node, Function):
                        return [
                            Value(
                                "function",
                                item.scope.path,
                                bind.at,
                                name,
                                node=bind.node,
                                scope=ev.scope_of(item.scope.path, bind.node),
                                base=cls,
                            )
                        ]
    return []
