"""The JSON form of calls: functions of the project with their arguments, and what the languages and libraries offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Function, Lambda, Member, Name, Param
from constraintlint.project.flow.values import Value
from constraintlint.project.handlers import form_classes
from constraintlint.project.handlers.records import UNKNOWN, Form, Forms, Frame, Given, Part

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader

_SCALARS = frozenset(
    ("str", "int", "float", "bool", "len", "round", "abs", "String", "Number", "Boolean", "parseInt", "parseFloat", "repr", "sum", "isoformat",
     "toISOString", "toString", "strftime", "includes", "has", "exists", "hexdigest", "sign", "signAsync", "randomUUID", "startswith", "endswith")
)  # fmt: skip
_ARRAYS = frozenset(("list", "tuple", "sorted", "reversed", "set"))
#: methods of arrays that give an array of the same
_SAME_ITEMS = frozenset(("filter", "sort", "slice", "reverse", "toSorted", "toReversed", "concat"))


def call(reader: Reader, expr: Call, frame: Frame) -> Forms:
    callee = expr.callee
    if isinstance(callee, Member):
        found = _method(reader, expr, callee, frame)
    elif isinstance(callee, Name):
        found = _function(reader, expr, callee.id, frame)
    else:
        found = None
    if found is not None:
        return found
    values = reader.functions(callee, frame)
    if values:
        forms: list[Form] = []
        for value in values:
            given = arguments(reader, value, expr, frame)
            forms += reader.returned(value, given, frame) if given is not None else (UNKNOWN,)
        return tuple(forms)
    for value in reader.ev.eval(callee, frame.scope):
        if value.kind == "class":
            made = Value(
                "object", frame.scope.path, expr.at, value.name, node=value.node, scope=value.scope, call=expr,
                caller=frame.scope,
            )  # fmt: skip
            return (form_classes.instance(reader, made, frame),)
    return (UNKNOWN,)


def arguments(reader: Reader, value: Value, expr: Call, frame: Frame) -> dict[int, Given] | None:
    """What each parameter of the function is given by a call; None where a spread hides it."""
    function = value.node
    assert isinstance(function, Function)
    params = function.params
    first = 1 if _is_bound(value, function) else 0
    found: dict[int, Given] = {}
    place = first
    for arg in expr.args:
        if arg.spread == "**":
            continue  # what it names keeps unknown
        if arg.spread:
            break
        if arg.name:
            for index, param in enumerate(params):
                if param.name == arg.name:
                    found[index] = Part(arg.value, frame)
        elif place < len(params) and params[place].kind == "normal":
            found[place] = Part(arg.value, frame)
            place += 1
        else:
            break
    has_spread = any(arg.spread for arg in expr.args)
    for index, param in enumerate(params):
        if index not in found and index >= first:
            found[index] = _left_out(reader, param, value, has_spread)
    return found


def _left_out(reader: Reader, param: Param, value: Value, has_spread: bool) -> Given:
    """A parameter without an argument: its default."""
    if has_spread or param.default is None or value.scope is None or value.scope.parent is None:
        return (UNKNOWN,)
    return Part(param.default, Frame(value.scope.parent))


def _is_bound(value: Value, function: Function) -> bool:
    """Whether the first parameter is the object (Python)."""
    scope = value.scope
    if scope is None or not scope.path.endswith((".py", ".pyi")) or function.static:
        return False
    if scope.parent is None or scope.parent.kind != "class":
        return False
    if any(isinstance(item, Name) and item.id == "staticmethod" for item in function.decorators):
        return False
    if value.base is not None and value.base.kind == "class":
        return any(isinstance(item, Name) and item.id == "classmethod" for item in function.decorators)
    return True


def _function(reader: Reader, expr: Call, name: str, frame: Frame) -> Forms | None:
    """Built-in functions by name, where the name is not bound by the file."""
    if frame.scope.find(name, expr.at[0]) is not None and name not in (
        "asdict",
        "jsonable_encoder",
        "model_to_dict",
    ):
        return None
    first = expr.args[0].value if expr.args and not expr.args[0].name and not expr.args[0].spread else None
    path = frame.scope.path
    if name == "dict":
        parts: list[Forms] = []
        for arg in expr.args:
            if arg.name:
                parts.append((Form("object", path, arg.at, {arg.name: Part(arg.value, frame)}),))
            else:
                parts.append(reader.of(arg.value, frame))
        return reader.merged(parts, frame, expr)
    if name in _SCALARS:
        return (Form("value", path, expr.at),)
    if name in _ARRAYS:
        if first is None:
            return (Form("array", path, expr.at),)
        return (Form("array", path, expr.at, items=(Part(first, frame, True),)),)
    if name in ("asdict", "jsonable_encoder") and first is not None:
        return tuple(form_classes.as_dict(reader, form) for form in reader.of(first, frame))
    return None


def _method(reader: Reader, expr: Call, callee: Member, frame: Frame) -> Forms | None:
    """Methods of arrays, objects and modules of the languages."""
    name = callee.name
    path = frame.scope.path
    first = expr.args[0].value if expr.args and not expr.args[0].spread else None
    owner = callee.object.id if isinstance(callee.object, Name) else ""
    if owner == "Object" and name == "assign":
        return reader.merged([reader.of(arg.value, frame) for arg in expr.args], frame, expr)
    if owner == "Object" and name in ("freeze", "seal") and first is not None:
        return reader.of(first, frame)
    if owner == "Object":
        return (
            Form("array", path, expr.at, open=True) if name in ("keys", "values", "entries") else UNKNOWN,
        )
    if owner == "Promise" and name in ("all", "resolve") and first is not None:
        return reader.of(first, frame)
    if owner == "Array" and name == "from" and first is not None and len(expr.args) == 1:
        return (Form("array", path, expr.at, items=(Part(first, frame, True),)),)
    if owner == "dataclasses" and name == "asdict" and first is not None:
        return tuple(form_classes.as_dict(reader, form) for form in reader.of(first, frame))
    if name == "map" and first is not None and not path.endswith(".py"):
        return (Form("array", path, expr.at, items=(_mapped(reader, first, callee.object, frame),)),)
    if name in _SAME_ITEMS and not path.endswith(".py") and not reader.functions(callee, frame):
        forms = reader.of(callee.object, frame)
        return forms if all(form.kind == "array" for form in forms) else None
    if name in ("model_dump", "dict", "_asdict", "to_dict", "copy", "json", "toJSON") and not expr.args:
        return _dumped(reader, expr, callee, frame)
    if name in (
        "isoformat",
        "toISOString",
        "strftime",
        "toString",
        "hexdigest",
        "startswith",
        "endswith",
        "includes",
        "has",
    ):
        return (Form("value", path, expr.at),)
    return None


def _mapped(reader: Reader, function: Expr, source: Expr, frame: Frame) -> Forms | Part:
    """What ``items.map(function)`` makes of each of them."""
    item: Given = Part(source, frame, True)
    if isinstance(function, Lambda):
        scope = reader.ev.scope_of(frame.scope.path, function.function)
        if scope is None or function.function.body is None:
            return (UNKNOWN,)
        return reader.returns_of(Frame(scope, {0: item}, frame, frame.depth + 1))
    found: list[Form] = []
    for value in reader.functions(function, frame):
        found += reader.returned(value, {0: item}, frame)
    return tuple(found) or (UNKNOWN,)


def _dumped(reader: Reader, expr: Call, callee: Member, frame: Frame) -> Forms | None:
    """``model.model_dump()``, ``row._asdict()``, ``mapping.copy()``."""
    if reader.functions(callee, frame):
        return None
    if callee.name == "copy":
        forms = reader.of(callee.object, frame)
        return forms if all(form.kind == "object" for form in forms) else None
    found: list[Form] = []
    for form in reader.of(callee.object, frame):
        found.append(form_classes.dumped(reader, form, callee.name, expr, frame))
    return tuple(found) or None
