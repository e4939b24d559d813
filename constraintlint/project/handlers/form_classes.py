"""The JSON form of objects: dataclasses, named tuples, pydantic and msgspec models, serializers of Django REST framework and marshmallow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    Binary,
    Call,
    Class,
    Constant,
    Define,
    Expr,
    Index,
    Mapping,
    Member,
    Name,
    Sequence,
    Text,
)
from constraintlint.project.flow import classes
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import Bind, Scope, key_of
from constraintlint.project.flow.values import Value
from constraintlint.project.handlers.records import UNKNOWN, Form, Forms, Frame, Part

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader

_PYDANTIC = frozenset(("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "ninja.Schema"))
_MSGSPEC = frozenset(("msgspec.Struct",))
_NAMED = frozenset(("typing.NamedTuple", "typing_extensions.NamedTuple"))
_TYPED = frozenset(("typing.TypedDict", "typing_extensions.TypedDict"))
_HARMLESS = frozenset(
    ("abc.ABC", "typing.Generic", "typing.Protocol", "builtins.object", "object", "typing_extensions.Generic")
)
_SERIALIZERS = frozenset(
    f"rest_framework.serializers.{name}"
    for name in ("Serializer", "ModelSerializer", "HyperlinkedModelSerializer", "BaseSerializer")
)
_MARSHMALLOW = frozenset(("marshmallow.Schema", "marshmallow.schema.Schema"))
_LISTS = frozenset(
    ("list", "List", "Sequence", "tuple", "Tuple", "set", "Set", "Iterable", "Page", "frozenset")
)
_PLAIN = frozenset(
    (
        "str",
        "int",
        "float",
        "bool",
        "bytes",
        "datetime",
        "date",
        "Decimal",
        "UUID",
        "EmailStr",
        "HttpUrl",
        "Literal",
    )
)
_HOOKS = frozenset(
    ("to_representation", "to_dict", "model_serializer", "serialize_model", "__iter__", "dict", "model_dump", "json", "get_fields", "get_field_names")
)  # fmt: skip
_MAX_DEPTH = 10


def family(reader: Reader, value: Value) -> tuple[list[Value], set[str]] | None:
    """The classes of the project a class is made of, nearest first, and its library bases; None where a base is unknown."""
    own: list[Value] = []
    libraries: set[str] = set()
    for item in classes.ancestry(reader.ev, value):
        node = item.node
        if isinstance(node, Class) and item.scope is not None and item.scope.parent is not None:
            own.append(item)
            for base in node.bases:
                if not base.name and not base.spread and not _is_known(reader, base.value, item.scope.parent):
                    return None
        else:
            libraries.add(reader.ev.library_for(item.path).canonical(item.name))
    return own, libraries


def _is_known(reader: Reader, base: Expr, scope: Scope) -> bool:
    found = reader.ev.eval(base, scope)
    return bool(found) and all(value.kind in ("class", "library", "handle", "result") for value in found)


def kind_of(reader: Reader, value: Value) -> str:
    """Which library turns instances of a class into JSON; "" where none does that can be told."""
    found = family(reader, value)
    if found is None:
        return ""
    own, libraries = found
    if libraries & _PYDANTIC:
        return "pydantic"
    if libraries & _MSGSPEC:
        return "msgspec"
    if libraries & _NAMED:
        return "namedtuple"
    if libraries & _TYPED:
        return "typeddict"
    if libraries & _SERIALIZERS:
        return "serializer"
    if libraries & _MARSHMALLOW:
        return "marshmallow"
    if libraries - _HARMLESS:
        return ""
    if own and all(_is_dataclass(item) for item in own):
        return "dataclass"
    return ""


def _is_dataclass(value: Value) -> bool:
    node = value.node
    for decorator in node.decorators if isinstance(node, Class) else ():
        inner = decorator.callee if isinstance(decorator, Call) else decorator
        name = inner.id if isinstance(inner, Name) else inner.name if isinstance(inner, Member) else ""
        if name == "dataclass":
            return True
    return False


def instance(reader: Reader, value: Value, frame: Frame) -> Form:
    """What an object looks like once it is written as JSON."""
    if (
        not isinstance(value.node, Class)
        or value.scope is None
        or not value.scope.path.endswith((".py", ".pyi"))
    ):
        return UNKNOWN
    kind = kind_of(reader, value)
    if not kind or kind == "marshmallow" or frame.depth > _MAX_DEPTH + 4:
        return UNKNOWN
    form = fields(reader, value, kind, frame)
    if kind == "serializer" and value.call is not None and _is_many(value.call):
        return Form("array", form.path, form.at, items=((form,),), made_of="serializer")
    return form


def _is_many(call: Call) -> bool:
    return any(
        arg.name == "many" and isinstance(arg.value, Constant) and bool(arg.value.value) for arg in call.args
    )


def fields(reader: Reader, value: Value, kind: str, frame: Frame, *, writing: bool = False) -> Form:
    """The keys of a class, its own and inherited. ``writing``: those a client sends, not those it gets."""
    from constraintlint.project.handlers.form_fields import class_fields

    return class_fields(reader, value, kind, frame, writing=writing)


def hooks(scope: Scope) -> bool:
    """Whether a class changes what its instances look like."""
    for stmt in scope.body:
        if isinstance(stmt, Define):
            if stmt.function.name in _HOOKS:
                return True
            for decorator in stmt.function.decorators:
                inner = decorator.callee if isinstance(decorator, Call) else decorator
                name = (
                    inner.id if isinstance(inner, Name) else inner.name if isinstance(inner, Member) else ""
                )
                if name in ("model_serializer", "post_dump", "pre_dump", "post_load", "pre_load"):
                    return True
    return False


def as_dict(reader: Reader, form: Form) -> Form:
    """``asdict(instance)``, ``jsonable_encoder(model)``."""
    return form if form.kind in ("object", "array", "value") else UNKNOWN


def dumped(reader: Reader, form: Form, method: str, call: Call, frame: Frame) -> Form:
    """``instance.method()``: the dictionary it gives."""
    wanted = {"model_dump": "pydantic", "dict": "pydantic", "_asdict": "namedtuple"}.get(method)
    if form.kind != "object" or form.made_of != wanted:
        return UNKNOWN
    plain = {name: form.keys[key] for name, key in form.names.items() if key in form.keys}
    renamed = set(form.names.values())
    keys = {key: part for key, part in form.keys.items() if key not in renamed}
    return Form("object", form.path, form.at, {**keys, **plain}, form.open)


# --- annotations ------------------------------------------------------------------------------------------------------


def annotated(reader: Reader, annotation: Expr, frame: Frame) -> Forms:
    """What the instances of a type look like as JSON."""
    if frame.depth > _MAX_DEPTH:
        return (UNKNOWN,)
    path = frame.scope.path
    if isinstance(annotation, Constant):
        return (Form("value", path, annotation.at, literal=True),)
    if isinstance(annotation, Binary) and annotation.op == "|":
        return annotated(reader, annotation.left, frame) + annotated(reader, annotation.right, frame)
    if isinstance(annotation, Index):
        return _generic(reader, annotation, frame)
    if isinstance(annotation, Text):
        return (UNKNOWN,)
    if isinstance(annotation, (Name, Member)):
        name = annotation.id if isinstance(annotation, Name) else annotation.name
        if name in _PLAIN:
            return (Form("value", path, annotation.at),)
        return _class_of(reader, annotation, frame)
    return (UNKNOWN,)


def _class_of(reader: Reader, annotation: Name | Member, frame: Frame) -> Forms:
    found: list[Form] = []
    for value in reader.ev.eval(annotation, frame.scope):
        for item in concrete(reader.ev, value):
            if item.kind != "class":
                return _alias(reader, annotation, frame)
            form = instance(
                reader,
                Value("object", item.path, item.at, item.name, node=item.node, scope=item.scope),
                Frame(frame.scope, depth=frame.depth + 1),
            )
            found.append(form)
    return tuple(found) or _alias(reader, annotation, frame)


def _alias(reader: Reader, annotation: Name | Member, frame: Frame) -> Forms:
    """``Page = list[Item]``, ``Text = Annotated[str, ...]`` of the same file."""
    if not isinstance(annotation, Name):
        return (UNKNOWN,)
    variable = frame.scope.find(annotation.id, annotation.at[0])
    binds = variable.binds if variable is not None else []
    if (
        len(binds) == 1
        and binds[0].kind == "assign"
        and binds[0].value is not None
        and binds[0].value is not annotation
    ):
        return annotated(reader, binds[0].value, Frame(binds[0].inner, depth=frame.depth + 1))
    return (UNKNOWN,)


def _generic(reader: Reader, annotation: Index, frame: Frame) -> Forms:
    owner = annotation.object
    name = owner.id if isinstance(owner, Name) else owner.name if isinstance(owner, Member) else ""
    inner = annotation.index
    args = inner.items if isinstance(inner, Sequence) else [inner]
    path = frame.scope.path
    if name in _LISTS and args:
        return (Form("array", path, annotation.at, items=(Part(args[0], frame, annotation=True),)),)
    if name in ("dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict"):
        return (Form("object", path, annotation.at, open=True),)
    if name == "Literal":
        return (Form("value", path, annotation.at),)
    if name in ("Annotated", "Final", "Required", "NotRequired", "ClassVar"):
        return annotated(reader, args[0], frame) if args else (UNKNOWN,)
    if name == "Optional":
        return (*annotated(reader, args[0], frame), Form("value", path, annotation.at, literal=True))
    if name == "Union":
        return tuple(form for arg in args for form in annotated(reader, arg, frame))
    if isinstance(owner, (Name, Member)):
        return _class_of(reader, owner, frame)
    return (UNKNOWN,)


def constant_text(expr: Expr | None) -> str | None:
    return key_of(expr) if isinstance(expr, Text) and not expr.prefix else None


def assigned(scope: Scope, name: str) -> Expr | None:
    """What the body of a class assigns to a name."""
    for stmt in scope.body:
        if isinstance(stmt, Assign) and any(
            isinstance(item, Name) and item.id == name for item in stmt.targets
        ):
            return stmt.value
    return None


def settings(expr: Expr | None) -> dict[str, Expr] | None:
    """Keyword arguments or literal entries: ``ConfigDict(alias_generator=...)``; None where they are not all there."""
    if expr is None:
        return {}
    if isinstance(expr, Call):
        if any(arg.spread or not arg.name for arg in expr.args):
            return None
        return {arg.name: arg.value for arg in expr.args}
    if isinstance(expr, Mapping):
        found: dict[str, Expr] = {}
        for entry in expr.entries:
            key = constant_text(entry.key)
            if key is None:
                return None
            found[key] = entry.value
        return found
    return None


def fields_bound(scope: Scope) -> dict[str, Bind]:
    """The annotated names of a class body."""
    found: dict[str, Bind] = {}
    for name, variables in scope.names.items():
        for variable in variables:
            for bind in variable.binds:
                if bind.annotation is not None and bind.kind in ("assign", "declare"):
                    found[name] = bind
    return found
