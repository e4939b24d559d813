"""The fields of a class and the keys they are written under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Call,
    Class,
    Constant,
    Define,
    Expr,
    Index,
    Lambda,
    Member,
    Name,
    Sequence,
    Text,
)
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.handlers import form_classes as of_class
from constraintlint.project.handlers.records import UNKNOWN, Form, Forms, Frame, Part

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader

#: keyword of the class or key of its configuration -> how names are changed
_GENERATORS = frozenset(
    ("to_camel", "to_pascal", "camelize", "camelcase", "to_camel_case", "to_lower_camel", "snake_to_camel")
)
_RENAMES = {"camel": "to_camel", "pascal": "to_pascal"}


class _Table:
    """Fields as they are added, the nearest class's winning."""

    def __init__(self) -> None:
        self.keys: dict[str, Part | Forms] = {}
        self.names: dict[str, str] = {}
        self.open = False
        self._seen: set[str] = set()

    def add(self, name: str, key: str | None, part: Part | Forms) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        if key is None:
            self.open = True
            return
        self.keys[key] = part
        if key != name:
            self.names[name] = key

    def hide(self, name: str) -> None:
        self._seen.add(name)


def class_fields(reader: Reader, value: Value, kind: str, frame: Frame, *, writing: bool) -> Form:
    found = of_class.family(reader, value)
    assert isinstance(value.node, Class) and value.scope is not None
    place = value.scope.path, value.node.at
    if found is None:
        return UNKNOWN
    own, _ = found
    table = _Table()
    if any(item.scope is not None and of_class.hooks(item.scope) for item in own):
        table.open = True
    if kind in ("serializer", "marshmallow"):
        for item in own:
            if item.scope is not None:
                _declared(reader, item.scope, kind, table, frame, writing)
        if table.open or not table.keys:
            return Form("object", *place, keys=table.keys, open=True, made_of=kind, names=table.names)
        return Form("object", *place, keys=table.keys, made_of=kind, names=table.names)
    rename = _renaming(own)
    given = {arg.name: arg.value for arg in value.call.args if arg.name} if value.call is not None else {}
    for item in own:
        if item.scope is None:
            continue
        for name, bind in of_class.fields_bound(item.scope).items():
            if (
                name.startswith("_")
                or name == "model_config"
                or _is_class_variable(bind.annotation)
                or _is_excluded(bind, writing)
            ):
                table.hide(name)
                continue
            part: Part | Forms
            if name in given and value.caller is not None:
                part = Part(given[name], Frame(value.caller, depth=frame.depth + 1))
            else:
                assert bind.annotation is not None
                part = Part(bind.annotation, Frame(bind.inner, depth=frame.depth + 1), annotation=True)
            table.add(name, _key(name, bind, rename, kind, writing), part)
        _computed(item.scope, table, rename, kind)
    return Form("object", *place, keys=table.keys, open=table.open, made_of=kind, names=table.names)


# --- annotated fields -------------------------------------------------------------------------------------------------


def _renaming(own: list[Value]) -> str | None:
    """``""`` where keys are the names, else how they are made of them; None where that is not known."""
    for item in own:
        node, scope = item.node, item.scope
        if not isinstance(node, Class) or scope is None:
            continue
        for base in node.bases:
            if base.name == "rename":
                word = of_class.constant_text(base.value)
                return _RENAMES.get(word or "")
            if base.name == "alias_generator":
                return _generator(base.value)
        configs = [of_class.assigned(scope, "model_config")]
        for variables in scope.names.get("Config", ()):
            for bind in variables.binds:
                if isinstance(bind.node, Class):
                    return _inner_config(bind.node)
        for config in configs:
            told = of_class.settings(config)
            if told is None:
                return None
            if "alias_generator" in told:
                return _generator(told["alias_generator"])
    return ""


def _inner_config(node: Class) -> str | None:
    """``class Config: alias_generator = to_camel``."""
    from constraintlint.facts.code import Assign

    for stmt in node.body:
        if isinstance(stmt, Assign) and stmt.value is not None:
            names = [target.id for target in stmt.targets if isinstance(target, Name)]
            if "alias_generator" in names:
                return _generator(stmt.value)
            if "fields" in names:
                return None
    return ""


def _generator(expr: Expr) -> str | None:
    if isinstance(expr, Lambda):
        return None
    name = expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""
    if name not in _GENERATORS:
        return None
    return "to_pascal" if name == "to_pascal" else "to_camel"


def _key(name: str, bind: Bind, rename: str | None, kind: str, writing: bool) -> str | None:
    """The key a field is written under; None where that is not known."""
    call = bind.value if isinstance(bind.value, Call) else _in_annotation(bind.annotation)
    if call is not None and kind in ("pydantic", "msgspec"):
        told = {arg.name: arg.value for arg in call.args if arg.name}
        for word in (
            ("validation_alias", "alias", "name") if writing else ("serialization_alias", "alias", "name")
        ):
            if word in told:
                return of_class.constant_text(told[word])
    if rename is None:
        return None
    return _camel(name, rename) if rename else name


def _in_annotation(annotation: Expr | None) -> Call | None:
    """``Field(...)`` of ``Annotated[str, Field(alias="x")]``."""
    if isinstance(annotation, Index) and isinstance(annotation.index, Sequence):
        for item in annotation.index.items[1:]:
            if isinstance(item, Call) and any("alias" in arg.name for arg in item.args):
                return item
    return None


def _camel(name: str, rename: str) -> str:
    first, *rest = name.split("_")
    joined = "".join(word.title() for word in rest)
    return (first.title() if rename == "to_pascal" else first) + joined


def _is_class_variable(annotation: Expr | None) -> bool:
    owner = annotation.object if isinstance(annotation, Index) else annotation
    name = owner.id if isinstance(owner, Name) else owner.name if isinstance(owner, Member) else ""
    return name in ("ClassVar", "PrivateAttr", "InitVar")


def _is_excluded(bind: Bind, writing: bool) -> bool:
    """``Field(exclude=True)``, ``Relationship(...)``."""
    value = bind.value
    if not isinstance(value, Call) or writing:
        return False
    name = value.callee.id if isinstance(value.callee, Name) else ""
    if name == "Relationship":
        return True
    return any(arg.name == "exclude" and _is_true(arg.value) for arg in value.args)


def _computed(scope: Scope, table: _Table, rename: str | None, kind: str) -> None:
    """``@computed_field`` properties."""
    for stmt in scope.body:
        if kind == "pydantic" and isinstance(stmt, Define):
            for decorator in stmt.function.decorators:
                inner = decorator.callee if isinstance(decorator, Call) else decorator
                name = (
                    inner.id if isinstance(inner, Name) else inner.name if isinstance(inner, Member) else ""
                )
                if name == "computed_field":
                    key = (
                        None
                        if rename is None
                        else _camel(stmt.function.name, rename)
                        if rename
                        else stmt.function.name
                    )
                    table.add(stmt.function.name, key, (UNKNOWN,))


# --- declared fields --------------------------------------------------------------------------------------------------


def _declared(reader: Reader, scope: Scope, kind: str, table: _Table, frame: Frame, writing: bool) -> None:
    """Fields that are attributes of a serializer, and those its ``Meta`` lists."""
    for name, variables in scope.names.items():
        for variable in variables:
            for bind in variable.binds:
                if (
                    bind.kind == "assign"
                    and isinstance(bind.value, Call)
                    and not bind.keys
                    and name != "Meta"
                ):
                    _declare(reader, name, bind.value, scope, kind, table, frame, writing)
    for variable in scope.names.get("Meta", ()):
        for bind in variable.binds:
            meta = reader.ev.scope_of(scope.path, bind.node) if isinstance(bind.node, Class) else None
            if meta is not None:
                _listed(meta, table)


def _declare(
    reader: Reader, name: str, call: Call, scope: Scope, kind: str, table: _Table, frame: Frame, writing: bool
) -> None:
    told = {arg.name: arg.value for arg in call.args if arg.name}
    hidden = "read_only" if writing else "write_only"
    if kind == "marshmallow":
        hidden = "dump_only" if writing else "load_only"
    if hidden in told and _is_true(told[hidden]):
        table.hide(name)
        return
    key: str | None = name
    if kind == "marshmallow" and "data_key" in told:
        key = of_class.constant_text(told["data_key"])
    part: Part | Forms = (UNKNOWN,)
    if kind == "serializer":
        part = Part(call, Frame(scope, depth=frame.depth + 1))
    table.add(name, key, part)


def _listed(meta: Scope, table: _Table) -> None:
    """``fields = [...]`` of ``class Meta``; ``"__all__"`` and ``exclude`` are not known here."""
    told = of_class.assigned(meta, "fields")
    if isinstance(told, Sequence):
        for item in told.items:
            name = of_class.constant_text(item) if isinstance(item, Text) else None
            if name is None:
                table.open = True
            else:
                table.add(name, name, (UNKNOWN,))
    elif (
        told is not None
        or of_class.assigned(meta, "exclude") is not None
        or of_class.assigned(meta, "model") is not None
    ):
        table.open = True


def _is_true(expr: Expr) -> bool:
    return isinstance(expr, Constant) and bool(expr.value)
