"""Classes of the project that are Django models: their own fields, managers, members and Meta, and what they inherit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import (
    Assign,
    Call,
    Class,
    Expr,
    Function,
    Loop,
    Member,
    Name,
    With,
)
from constraintlint.project.django_apps import Apps
from constraintlint.project.flow import classes, names
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.django_contrib import MODEL_MEMBERS, by_dotted
from constraintlint.project.models.django_field_calls import Given, constant_of, field_of
from constraintlint.project.models.django_managers import manager_of
from constraintlint.project.models.django_records import DjangoModel, Field
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.evaluate import Evaluator

_MODEL = "django.db.models.Model"
#: library bases that add nothing a model's user can see
_PLAIN_BASES = frozenset(
    (
        "builtins.object",
        "object",
        "typing.Generic",
        "typing.Protocol",
        "abc.ABC",
        "typing_extensions.Protocol",
    )
)
#: decorators that add nothing
_PLAIN_DECORATORS = frozenset(
    [
        "total_ordering",
        "final",
        "deconstructible",
        "python_2_unicode_compatible",
        "dataclass_transform",
        "runtime_checkable",
        "register",
    ]
)
_MAX_BASES = 60
#: what the fields are called that lead to another model
_RELATIONS = ("ForeignKey", "OneToOneField", "ManyToManyField")


class Reader:
    """Reads every model class once; ``model`` is None for a class that is none."""

    def __init__(self, project: Project, apps: Apps) -> None:
        self.project = project
        self.ev: Evaluator = project.evaluator
        self.apps = apps
        self.models: dict[int, DjangoModel | None] = {}
        self._kinds: dict[int, bool] = {}
        self._active: set[int] = set()
        self._nodes: list[Class] = []

    def all(self) -> list[DjangoModel]:
        found: list[DjangoModel] = []
        for path in sorted(self.project.resolutions):
            if not path.endswith(".py") or not self.project.is_deep(path):
                continue
            file = self.ev.file(path)
            for scope in list(file.by_node.values()) if file is not None else ():
                if isinstance(scope.node, Class) and scope.node.bases:
                    model = self.of_class(scope.node, scope)
                    if model is not None:
                        found.append(model)
        return found

    def strangers(self) -> list[tuple[Call, Scope]]:
        """The relations in classes that derive from something of a package, which may be a model: ``MPTTModel``."""
        found: list[tuple[Call, Scope]] = []
        for path in sorted(self.project.resolutions):
            file = self.ev.file(path) if path.endswith(".py") and self.project.is_deep(path) else None
            for scope in list(file.by_node.values()) if file is not None else ():
                node = scope.node
                if not isinstance(node, Class) or not node.bases or self.models.get(id(node)) is not None:
                    continue
                for stmt in node.body:
                    if isinstance(stmt, Assign) and isinstance(stmt.value, Call):
                        callee = stmt.value.callee
                        name = getattr(callee, "name", "") or getattr(callee, "id", "")
                        if name.endswith(_RELATIONS):
                            found.append((stmt.value, scope))
        return found

    def of_class(self, node: Class, scope: Scope) -> DjangoModel | None:
        known = self.models.get(id(node), ...)
        if known is not ...:
            return known
        if id(node) in self._active or len(self._active) > _MAX_BASES:
            return None
        self._active.add(id(node))
        try:
            found = self._read(node, scope)
        finally:
            self._active.discard(id(node))
        self.models[id(node)] = found
        return found

    def bases(self, node: Class, scope: Scope) -> list[tuple[Expr, list[Value]]]:
        parent = scope.parent
        if parent is None:
            return []
        return [
            (base.value, list(self.ev.eval(base.value, parent)))
            for base in node.bases
            if not base.name and not base.spread
        ]

    def is_model(self, node: Class, scope: Scope) -> bool:
        """Whether a class derives from Model."""
        known = self._kinds.get(id(node))
        if known is not None:
            return known
        self._kinds[id(node)] = False  # of a class that derives from itself
        self._nodes.append(node)
        found = False
        for _, values in self.bases(node, scope):
            for value in values:
                if value.kind == "class" and isinstance(value.node, Class) and value.scope is not None:
                    found = found or self.is_model(value.node, value.scope)
                elif self._library_model(value):
                    found = True
        self._kinds[id(node)] = found
        return found

    def _library_model(self, value: Value) -> bool:
        if value.kind not in ("library", "handle"):
            return False
        return (
            value.name.startswith("django.")
            and self.ev.library_for(value.path).canonical(value.name) == _MODEL
        ) or (
            by_dotted(value.name) is not None
            or (value.name.endswith("models.Model") and value.name.startswith("django."))
        )

    def _read(self, node: Class, scope: Scope) -> DjangoModel | None:
        if not self.is_model(node, scope):
            return None
        path = scope.path
        place = Place(path, self.project.span(path, node.at))
        own = _own(scope)
        meta = _meta(self, scope)
        name = node.name
        app = self.apps.of(path)
        label = app.label if app is not None else path.rpartition("/")[0].rpartition("/")[2] or "app"
        given = self._meta_text(meta, "app_label")
        model = DjangoModel(
            f"{path}:{_qualified(scope)}", "", name, given or label, path, place, node, scope,
            abstract=self._meta_true(meta, "abstract"),
            managed=not self._meta_false(meta, "managed"),
            swappable="swappable" in meta,
            meta=meta,
            members=set(MODEL_MEMBERS),
        )  # fmt: skip
        model.label = f"{model.app}.{name}"
        model.proxy = self._meta_true(meta, "proxy")
        if "*" in meta:
            model.complete = False
        if any(isinstance(stmt, (Loop, With)) for stmt in scope.body):
            model.complete = False
        if not all(self._plain_decorator(item, scope) for item in node.decorators):
            model.complete = model.reverse_complete = False
        if any((base.name and base.name != "metaclass") or base.spread for base in node.bases):
            model.complete = model.reverse_complete = False
        hidden: set[str] = set()
        for own_name, bind in own.items():
            self._add(model, own_name, bind, hidden)
        self._inherit(model, node, scope, hidden)
        if not model.abstract:
            self._finish(model, app.default_auto_field if app is not None else "")
        return model

    # --- the class's own ----------------------------------------------------------------------------------------

    def _add(self, model: DjangoModel, name: str, bind: Bind, hidden: set[str]) -> None:
        if isinstance(bind.node, Function):
            model.members.add(name)
            if bind.node.kind == "getter" or any(
                _last(item) in ("property", "cached_property") for item in bind.node.decorators
            ):
                model.properties.add(name)
            return
        if bind.value is None or isinstance(bind.node, Class) or bind.kind in ("class", "import", "declare"):
            model.members.add(name)
            return
        field = None
        manager = None
        if isinstance(bind.value, Call) and not bind.keys and not bind.op:
            values = names.bind_values(self.ev, bind)
            given = field_of(self.project, name, bind.value, bind.inner, values)
            if isinstance(given, Field):
                field = given
            elif given is Given.UNKNOWN:
                manager = manager_of(self.ev, name, bind.value, bind.inner, values)
                if manager is None:
                    model.complete = False
        if field is not None:
            model.fields[name] = field
            if field.cls == "*" and field.custom:
                pass
        elif manager is not None:
            model.managers[name] = manager
            model.members.add(name)
        elif isinstance(bind.value, Name) and bind.value.id == "None":
            hidden.add(name)
        else:
            if getattr(bind.value, "kind", "") == "none":
                hidden.add(name)
            model.members.add(name)

    def _plain_decorator(self, decorator: Expr, scope: Scope) -> bool:
        target = decorator.callee if isinstance(decorator, Call) else decorator
        return _last(target) in _PLAIN_DECORATORS

    # --- what is inherited --------------------------------------------------------------------------------------

    def _inherit(self, model: DjangoModel, node: Class, scope: Scope, hidden: set[str]) -> None:
        for _, values in self.bases(node, scope):
            known = False
            for value in values:
                if value.kind == "class" and isinstance(value.node, Class) and value.scope is not None:
                    known = True
                    base = self.of_class(value.node, value.scope)
                    if base is not None:
                        self._from_model(model, base, hidden)
                    else:
                        self._from_mixin(model, value)
                elif value.kind in ("library", "handle"):
                    known = True
                    self._from_library(model, value, hidden)
            if not known or len(values) != 1:
                model.complete = model.reverse_complete = False

    def _from_library(self, model: DjangoModel, value: Value, hidden: set[str]) -> None:
        contrib = by_dotted(value.name)
        if contrib is not None:
            self._from_model(model, contrib, hidden)
            return
        name = self.ev.library_for(value.path).canonical(value.name)
        if name == _MODEL or name in _PLAIN_BASES or name == "django.db.models.Model":
            return
        model.complete = model.reverse_complete = False

    def _from_model(self, model: DjangoModel, base: DjangoModel, hidden: set[str]) -> None:
        if base.node is not None:
            model.bases.append(base.key)
        model.complete = model.complete and base.complete
        model.reverse_complete = model.reverse_complete and (base.reverse_complete or not base.abstract)
        model.members |= base.members
        model.properties |= base.properties
        for name, field in base.fields.items():
            if (
                name in model.fields
                or name in hidden
                or (name in model.members and name not in base.members and base.abstract)
            ):
                continue
            copied = msgspec.structs.replace(field, own=base.abstract and field.own)
            model.fields[name] = copied
        if base.abstract:
            model.members |= _generated(base)
            for name, manager in base.managers.items():
                model.managers.setdefault(name, manager)
            for key, item in base.meta.items():
                if key not in ("abstract", "proxy", "db_table", "swappable", "*", "app_label") or (
                    key == "app_label" and "app_label" not in model.meta
                ):
                    model.meta.setdefault(key, item)
            if "*" in base.meta:
                pass
            for parent in base.parents:
                if parent not in model.parents:
                    model.parents.append(parent)
            return
        if base not in model.parents:
            model.parents.append(base)
        for name, manager in base.managers.items():
            model.managers.setdefault(name, manager)

    def _from_mixin(self, model: DjangoModel, value: Value) -> None:
        """A class that is no model: its attributes are inherited, fields in it are not fields."""
        for item in classes.ancestry(self.ev, value):
            if isinstance(item.node, Class) and item.scope is not None:
                model.members |= set(item.scope.names) | set(item.scope.fields)
                for name, variables in item.scope.names.items():
                    for bind in variables[0].binds:
                        if isinstance(bind.node, Function) and any(
                            _last(d) in ("property", "cached_property") for d in bind.node.decorators
                        ):
                            model.properties.add(name)
                if any(
                    not base.name and not self.ev.eval(base.value, item.scope.parent)
                    for base in item.node.bases
                    if item.scope.parent is not None
                ):
                    model.complete = False
                if "__getattr__" in item.scope.names:
                    model.complete = False
            elif self.ev.library_for(item.path).canonical(item.name) not in _PLAIN_BASES:
                model.complete = model.reverse_complete = False

    # --- Meta ---------------------------------------------------------------------------------------------------

    def _meta_text(self, meta: dict[str, tuple[Expr, Scope]], name: str) -> str:
        found = meta.get(name)
        value = constant_of(self.ev, found[0], found[1]) if found is not None else None
        return value if isinstance(value, str) else ""

    def _meta_true(self, meta: dict[str, tuple[Expr, Scope]], name: str) -> bool:
        found = meta.get(name)
        return found is not None and constant_of(self.ev, found[0], found[1]) is not False

    def _meta_false(self, meta: dict[str, tuple[Expr, Scope]], name: str) -> bool:
        found = meta.get(name)
        return found is not None and constant_of(self.ev, found[0], found[1]) is not True

    def _finish(self, model: DjangoModel, auto_field: str) -> None:
        """Table name, primary key and managers of a concrete model."""
        if "app_label" in model.meta:
            given = self._meta_text(model.meta, "app_label")
            if given:
                model.app, model.label = given, f"{given}.{model.name}"
        if model.proxy and model.parents:
            model.db_table = model.parents[0].db_table
            return
        written = (
            self._meta_text(model.meta, "db_table")
            if "db_table" in model.meta
            else f"{model.app}_{model.model_name}"
        )
        model.db_table = written.strip('"')
        for parent in model.parents:
            own_pk = any(field.primary_key and field.own for field in model.fields.values())
            linked = any(
                field.cls == "OneToOneField" and field.own and is_parent_link(field)
                for field in model.fields.values()
            )
            if not linked and not own_pk:
                name = parent.model_name + "_ptr"
                model.fields[name] = Field(
                    name, "OneToOneField", model.place, name + "_id", primary_key=True, unique=True, optional=True, auto=True,
                    target=parent.label, target_written=parent.label,
                )  # fmt: skip
        if not any(field.primary_key for field in model.fields.values() if field.own):
            linked_field = next(
                (
                    f
                    for f in model.fields.values()
                    if f.own and f.cls == "OneToOneField" and is_parent_link(f)
                ),
                None,
            )
            if linked_field is not None:
                linked_field.primary_key = True
            elif not model.parents:
                model.fields = {
                    "id": Field(
                        "id",
                        self._auto(auto_field),
                        model.place,
                        "id",
                        primary_key=True,
                        unique=True,
                        optional=True,
                        auto=True,
                    ),
                    **model.fields,
                }
        if not model.managers:
            model.managers["objects"] = manager_of(self.ev, "objects", None, None, ())  # type: ignore[assignment]

    def _auto(self, auto_field: str) -> str:
        last = (auto_field or self.default_auto_field).rpartition(".")[2]
        return last if last in ("AutoField", "BigAutoField", "SmallAutoField") else "AutoField"

    default_auto_field = ""


def _generated(base: DjangoModel) -> set[str]:
    """Methods Django adds to an abstract class for its fields; a subclass without the field keeps them."""
    found: set[str] = set()
    for field in base.fields.values():
        if field.has_choices:
            found.add(f"get_{field.name}_display")
        if field.cls in ("DateField", "DateTimeField") and field.null is False:
            found |= {f"get_next_by_{field.name}", f"get_previous_by_{field.name}"}
    return found


def is_parent_link(field: Field) -> bool:
    """Whether a OneToOneField is the key to the table of a parent model."""
    if field.call is None:
        return field.auto
    return any(
        arg.name == "parent_link" and getattr(arg.value, "value", None) is True for arg in field.call.args
    )


def _own(scope: Scope) -> dict[str, Bind]:
    """Every name of the class body with its last definition."""
    found: dict[str, Bind] = {}
    for name, variables in scope.names.items():
        binds = [bind for bind in variables[-1].binds if not bind.remote]
        plain = [bind for bind in binds if bind.kind != "declare"]
        if plain or binds:
            found[name] = (plain or binds)[-1]
    return dict(sorted(found.items(), key=lambda item: item[1].at))


def _meta(reader: Reader, scope: Scope) -> dict[str, tuple[Expr, Scope]]:
    """What the inner class Meta assigns, its project bases included; ``"*"`` where a base is not known."""
    found: dict[str, tuple[Expr, Scope]] = {}
    variables = scope.names.get("Meta")
    if not variables:
        return found
    for bind in variables[0].binds:
        if not isinstance(bind.node, Class):
            continue
        inner = reader.ev.scope_of(scope.path, bind.node)
        if inner is None:
            continue
        value = Value("class", scope.path, bind.at, "Meta", node=bind.node, scope=inner)
        for item in classes.ancestry(reader.ev, value):
            if item.scope is None or not isinstance(item.node, Class):
                continue
            for name, variables_ in item.scope.names.items():
                last = variables_[-1].binds[-1]
                if (
                    last.value is not None
                    and name not in found
                    and (item.node is bind.node or name not in ("abstract",))
                ):
                    found[name] = (last.value, item.scope)
    return found


def _qualified(scope: Scope) -> str:
    parts: list[str] = []
    here: Scope | None = scope
    while here is not None and here.kind != "module":
        if here.node is not None:
            parts.append(here.node.name)
        here = here.parent
    return ".".join(reversed(parts))


def _last(expr: Expr) -> str:
    if isinstance(expr, Call):
        expr = expr.callee
    return expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""
