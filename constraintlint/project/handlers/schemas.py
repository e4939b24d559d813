"""The keys that validators of a request body ask for: zod, joi, yup, JSON Schema, pydantic, marshmallow, serializers, msgspec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import At, Await, Call, Class, Expr, Member, Name
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.values import Value
from constraintlint.project.handlers import form_classes
from constraintlint.project.handlers.definitions import definition, member
from constraintlint.project.handlers.form_calls import arguments
from constraintlint.project.handlers.records import UNKNOWN, Form, Forms, Frame, Part

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader

_VALIDATING = frozenset(
    ("parse", "safeParse", "parseAsync", "safeParseAsync", "validate", "validateSync", "validateAsync", "attempt", "assert", "cast", "load", "loads",
     "model_validate", "parse_obj", "convert", "decode")
)  # fmt: skip
_OBJECTS = frozenset(("object", "strictObject", "looseObject"))
_LIBRARIES = ("zod", "joi", "yup", "valibot", "@hapi/joi", "superstruct", "celebrate")
#: methods of schemas that change which keys there are
_CHANGING = frozenset(
    (
        "extend",
        "merge",
        "and",
        "or",
        "pick",
        "omit",
        "augment",
        "concat",
        "append",
        "fork",
        "transform",
        "pipe",
        "preprocess",
        "rename",
    )
)
_MIDDLEWARE = frozenset(("zValidator", "validator", "vValidator", "sValidator", "validate", "celebrate"))
_MAX_DEPTH = 10


class Keys(msgspec.Struct, frozen=True):
    """The keys of an object that a schema describes, and the place of the schema."""

    keys: tuple[str, ...]
    open: bool = False
    path: str = ""
    at: At = (0, 0)


def validated(reader: Reader, call: Call, place: int, frame: Frame) -> Keys | None:
    """The keys of the schema that a call holds the body (its argument number ``place``) against; None where it is no such call."""
    callee = call.callee
    arg = call.args[place]
    name = callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
    if frame.scope.path.endswith((".py", ".pyi")):
        return _python(reader, call, name, arg.spread, arg.name, frame)
    if name in _VALIDATING and isinstance(callee, Member):
        for owner in (callee.object, *(other.value for i, other in enumerate(call.args) if i != place)):
            found = keys_of(reader, owner, frame)
            if found is not None:
                return found
    return None


# --- JavaScript -------------------------------------------------------------------------------------------------------


def keys_of(reader: Reader, expr: Expr, frame: Frame, depth: int = 0) -> Keys | None:
    """The keys of a schema expression, followed to the ``z.object({...})`` that makes it."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(expr, Await):
        return keys_of(reader, expr.value, frame, depth + 1)
    if isinstance(expr, Name):
        return _named(reader, expr, frame, depth)
    if isinstance(expr, Member):
        there = member(reader.ev, expr.object, expr.name, frame.scope)
        if there is not None and there.kind == "assign" and there.value is not None and not there.keys:
            return keys_of(reader, there.value, Frame(there.inner), depth + 1)
        for form in reader.of(expr.object, frame):
            part = form.keys.get(expr.name) if form.kind == "object" else None
            if isinstance(part, Part):
                return keys_of(reader, part.expr, part.frame, depth + 1)
        return None
    if not isinstance(expr, Call):
        return None
    callee = expr.callee
    if isinstance(callee, Member):
        if callee.name in _OBJECTS and _is_library(reader, callee.object, frame):
            return _object(reader, expr, frame)
        if callee.name == "keys" and isinstance(callee.object, Call) and expr.args:
            return _object(reader, expr, frame)
        inner = keys_of(reader, callee.object, frame, depth + 1)
        if inner is not None:
            return Keys(inner.keys, inner.open or callee.name in _CHANGING, inner.path, inner.at)
    for value in reader.functions(callee, frame):
        given = arguments(reader, value, expr, frame)
        entered = reader.entered(value, given, frame) if given is not None else None
        for stmt in entered.scope.returns if entered is not None else ():
            if stmt.value is not None and entered is not None:
                return keys_of(reader, stmt.value, entered, depth + 1)
    return None


def _named(reader: Reader, expr: Name, frame: Frame, depth: int) -> Keys | None:
    variable = frame.scope.find(expr.id, expr.at[0])
    bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
    if bind is None:
        return None
    if bind.kind == "param" and not bind.keys:
        home = frame.of(bind.scope)
        given = home.given.get(bind.index) if home is not None else None
        return keys_of(reader, given.expr, given.frame, depth + 1) if isinstance(given, Part) else None
    there = definition(reader.ev, bind)
    if there is None or there.kind != "assign" or there.value is None or there.keys:
        return None
    home = frame.of(there.scope) if there is bind else None
    return keys_of(reader, there.value, home or Frame(there.inner), depth + 1)


def _is_library(reader: Reader, expr: Expr, frame: Frame) -> bool:
    return any(
        value.kind in ("library", "result", "handle", "module") and value.name.lower().startswith(_LIBRARIES)
        for value in reader.ev.eval(expr, frame.scope)
    )


def _object(reader: Reader, call: Call, frame: Frame) -> Keys | None:
    first = call.args[0].value if call.args else None
    if first is None:
        return None
    for form in reader.of(first, frame):
        if form.kind == "object":
            return Keys(tuple(form.keys), form.open, form.path, form.at)
    return None


def middleware(reader: Reader, expr: Call, frame: Frame, depth: int = 0) -> Keys | None:
    """``zValidator("json", schema)``, and functions of the project that give one."""
    callee = expr.callee
    name = callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
    functions = reader.functions(callee, frame)
    if functions and depth < 4:
        for value in functions:
            given = arguments(reader, value, expr, frame)
            entered = reader.entered(value, given, frame) if given is not None else None
            for stmt in entered.scope.returns if entered is not None else ():
                if isinstance(stmt.value, Call) and entered is not None:
                    return middleware(reader, stmt.value, entered, depth + 1)
        return None
    if name not in _MIDDLEWARE or len(expr.args) < 2 or reader.text(expr.args[0].value, frame) != "json":
        return None
    return keys_of(reader, expr.args[1].value, frame)


# --- Fastify ----------------------------------------------------------------------------------------------------------


def fastify_body(reader: Reader, call: Call, frame: Frame) -> Keys | None:
    """The keys of ``schema.body`` of a route."""
    form = fastify_schema(reader, call, frame, "body")
    properties = inner(reader, form, "properties") if form is not None else None
    if form is None or properties is None:
        return None
    return Keys(tuple(properties.keys), properties.open or form.open, form.path, form.at)


def fastify_schema(reader: Reader, call: Call, frame: Frame, name: str) -> Form | None:
    """One part of the ``schema`` among the options of a route."""
    for arg in call.args[:2]:
        for options in reader.of(arg.value, frame):
            schema = inner(reader, options, "schema")
            found = inner(reader, schema, name) if schema is not None else None
            if found is not None:
                return found
    return None


def data_form(reader: Reader, schema: Form, depth: int = 0) -> Form:
    """What is written by a JSON Schema: the properties it names, unless it lets others through."""
    if (
        depth > _MAX_DEPTH
        or schema.open
        or {"$ref", "allOf", "anyOf", "oneOf", "patternProperties"} & schema.keys.keys()
    ):
        return UNKNOWN
    properties, items = inner(reader, schema, "properties"), inner(reader, schema, "items")
    if properties is not None:
        keys: dict[str, Part | Forms] = {}
        for name in properties.keys:
            child = inner(reader, properties, name)
            keys[name] = (data_form(reader, child, depth + 1),) if child is not None else (UNKNOWN,)
        more = "additionalProperties" in schema.keys or properties.open
        return Form("object", schema.path, schema.at, keys, more)
    if items is not None:
        return Form("array", schema.path, schema.at, items=((data_form(reader, items, depth + 1),),))
    return UNKNOWN


def inner(reader: Reader, form: Form, name: str) -> Form | None:
    """The one object under a key."""
    if form.kind != "object" or name not in form.keys:
        return None
    found = reader.key(form, name)
    return found[0] if len(found) == 1 and found[0].kind == "object" else None


# --- Python -----------------------------------------------------------------------------------------------------------


def _python(reader: Reader, call: Call, name: str, spread: str, keyword: str, frame: Frame) -> Keys | None:
    callee = call.callee
    if spread == "**" or keyword == "data":
        return _class_keys(
            reader, callee, frame, ("pydantic", "msgspec", "dataclass") if spread else ("serializer",)
        )
    if name in ("model_validate", "parse_obj") and isinstance(callee, Member):
        return _class_keys(reader, callee.object, frame, ("pydantic",))
    if name == "load" and isinstance(callee, Member):
        owner: Expr = callee.object
        return _class_keys(
            reader, owner.callee if isinstance(owner, Call) else owner, frame, ("marshmallow",)
        )
    if name == "convert":
        given = [arg.value for arg in call.args[1:]]
        return _class_keys(reader, given[0], frame, ("msgspec",)) if given else None
    return None


def _class_keys(reader: Reader, expr: Expr, frame: Frame, kinds: tuple[str, ...]) -> Keys | None:
    found = [item for value in reader.ev.eval(expr, frame.scope) for item in concrete(reader.ev, value)]
    if len(found) != 1 or found[0].kind not in ("class", "object") or not isinstance(found[0].node, Class):
        return None
    value: Value = found[0]
    kind = form_classes.kind_of(reader, value)
    if kind not in kinds:
        return None
    form = form_classes.fields(reader, value, kind, frame, writing=True)
    return Keys(tuple(form.keys), form.open, form.path, form.at)


def decoded(reader: Reader, call: Call, frame: Frame) -> Keys | None:
    """``msgspec.json.decode(raw, type=Message)``, ``Model.model_validate_json(raw)``."""
    callee = call.callee
    if not isinstance(callee, Member):
        return None
    if callee.name in ("model_validate_json", "parse_raw"):
        return _class_keys(reader, callee.object, frame, ("pydantic",))
    given = next((arg.value for arg in call.args if arg.name == "type"), None)
    if callee.name != "decode" or given is None:
        return None
    return _class_keys(reader, *_argument(given, frame), ("msgspec",))


def _argument(expr: Expr, frame: Frame) -> tuple[Expr, Frame]:
    """A parameter replaced by what it is given."""
    for _ in range(_MAX_DEPTH):
        if not isinstance(expr, Name):
            break
        variable = frame.scope.find(expr.id, expr.at[0])
        bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
        home = frame.of(bind.scope) if bind is not None and bind.kind == "param" else None
        given = home.given.get(bind.index) if home is not None and bind is not None else None
        if not isinstance(given, Part):
            break
        expr, frame = given.expr, given.frame
    return expr, frame
