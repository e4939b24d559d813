"""What an expression is to Django: a model class, a manager, a queryset, an instance, and of which model.

    typed = project.django.types.of(expr, scope)

None means "not known", always; rules are then silent. Names are followed over every definition that reaches them, and all
of them have to agree on the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.code import (
    Await,
    Binary,
    Call,
    Class,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    Function,
    Index,
    Member,
    Name,
    Param,
    Piece,
    Sequence,
    Slice,
    Text,
)
from constraintlint.project.flow import parameters
from constraintlint.project.flow.reaching import before, reaching
from constraintlint.project.flow.scopes import Bind, Scope, Variable
from constraintlint.project.flow.values import Value
from constraintlint.project.models.django_records import DjangoModel, Field, Manager

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.models.django_index import DjangoModels

#: callers of a function that are asked what they give
MAX_CALLERS = 12

Kind = Literal["class", "manager", "related", "queryset", "instance", "rows", "none"]

#: methods that give a queryset of the same model
SAME = frozenset(
    [
        "all",
        "filter",
        "exclude",
        "annotate",
        "alias",
        "order_by",
        "reverse",
        "distinct",
        "select_related",
        "prefetch_related",
        "defer",
        "only",
        "using",
        "select_for_update",
        "none",
        "union",
        "intersection",
        "difference",
        "complex_filter",
        "extra",
        "get_queryset",
        "iterator",
        "aiterator",
        "db_manager",
    ]
)
#: methods that give one instance (or None)
ONE = frozenset(
    [
        "get",
        "create",
        "first",
        "last",
        "latest",
        "earliest",
        "aget",
        "acreate",
        "afirst",
        "alast",
        "alatest",
        "aearliest",
    ]
)
#: methods that give (instance, created)
PAIR = frozenset(["get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"])
_ROWS = frozenset(["values", "values_list", "dates", "datetimes"])
#: what hands a queryset on as a list of the same items
_LISTS = frozenset(("list", "tuple", "set", "sorted", "reversed", "iter"))
_SHORTCUTS = {
    "django.shortcuts.get_object_or_404": "instance",
    "django.shortcuts.aget_object_or_404": "instance",
    "django.shortcuts.get_list_or_404": "queryset",
    "rest_framework.generics.get_object_or_404": "instance",
    "rest_framework.get_object_or_404": "instance",
}
_MAX_DEPTH = 60
_MAX_STEPS = 1500


class Typed(msgspec.Struct, frozen=True, eq=False):
    """``names`` are annotations and aliases a queryset has besides its fields; None where not all are known. ``rows`` are what
    ``values()`` gives. ``field`` is the relation a related manager stands for.
    """

    kind: Kind
    model: DjangoModel | None
    names: frozenset[str] | None = frozenset()
    manager: Manager | None = None
    field: Field | None = None
    pair: bool = False


class Types:
    """Answers for one project; memoised by expression."""

    def __init__(self, project: Project, index: DjangoModels) -> None:
        self.project = project
        self.ev = project.evaluator
        self.index = index
        self._memo: dict[int, object] = {}
        self._active: set[int] = set()
        self._depth = 0
        self._steps = 0
        self._cut = False
        self._kept: list[object] = []

    def of(self, expr: Expr, scope: Scope) -> Typed | None:
        """What ``expr``, standing in ``scope``, is; None where that is not known."""
        return self._once(expr, lambda: self._of(expr, scope))

    def _once(self, key: object, compute: Callable[[], Typed | None]) -> Typed | None:
        """``compute()`` kept by record; what met a cycle or a limit on its way is kept for the outermost question only."""
        known = self._memo.get(id(key), self)
        if known is not self:
            return known  # type: ignore[return-value]
        if self._depth == 0:
            self._steps = 0
        if id(key) in self._active or self._depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            self._cut = True
            return None
        outer, self._cut = self._cut, False
        self._active.add(id(key))
        self._depth += 1
        self._steps += 1
        try:
            found = compute()
        finally:
            self._depth -= 1
            self._active.discard(id(key))
        if not self._cut or self._depth == 0:
            self._memo[id(key)] = found
            self._kept.append(key)
        self._cut = (outer or self._cut) and self._depth > 0
        return found

    def _of(self, expr: Expr, scope: Scope) -> Typed | None:
        if isinstance(expr, Name):
            return self._name(expr, scope)
        if isinstance(expr, Member):
            return self._member(expr, scope)
        if isinstance(expr, Call):
            return self._call(expr, scope)
        if isinstance(expr, Await):
            return self.of(expr.value, scope)
        if isinstance(expr, Index):
            return self._index(expr, scope)
        if isinstance(expr, Conditional):
            return self._joined([self.of(expr.then, scope), self.of(expr.other, scope)])
        if isinstance(expr, Binary):
            if expr.op in ("or", "and", "|", "&"):
                left, right = self.of(expr.left, scope), self.of(expr.right, scope)
                if expr.op == "and":
                    return right
                return self._joined([left, right])
            return None
        if isinstance(expr, Constant) and expr.kind == "none":
            return Typed("none", None)
        if isinstance(expr, Comprehension) and expr.kind == "list" and len(expr.clauses) == 1:
            inner = next((c for c in scope.children if c.at == expr.at), None)
            return self._listed(self.of(expr.element, inner)) if inner is not None else None
        return None

    @staticmethod
    def _listed(item: Typed | None) -> Typed | None:
        return Typed("rows", item.model, None) if item is not None and item.kind == "instance" else None

    def _joined(self, found: list[Typed | None]) -> Typed | None:
        """One answer where all agree, None and not found values aside."""
        if any(item is None for item in found):
            return None
        kept = [item for item in found if item is not None and item.kind != "none"]
        if not kept:
            return Typed("none", None) if found else None
        first = kept[0]
        if any((item.kind, item.model, item.pair) != (first.kind, first.model, first.pair) for item in kept):
            kinds = {item.kind for item in kept}
            if len({id(item.model) for item in kept}) == 1 and kinds <= {"manager", "queryset", "related"}:
                first = Typed("queryset", first.model)
            else:
                return None
        names: frozenset[str] | None = frozenset()
        for item in kept:
            names = names | item.names if names is not None and item.names is not None else None
        return Typed(first.kind, first.model, names, first.manager, first.field, first.pair)

    # --- names --------------------------------------------------------------------------------------------------

    def _name(self, expr: Name, scope: Scope) -> Typed | None:
        variable = scope.find(expr.id, expr.at[0])
        if variable is None:
            return self._class(expr, scope)
        return self._variable(variable, scope, expr.at[0])

    def _variable(self, variable: Variable, use: Scope, offset: int) -> Typed | None:
        found: list[Typed | None] = []
        for bind in reaching(variable, use, offset):
            if bind.kind == "declare":
                continue
            if id(bind) in self._active:
                self._cut = True
                continue  # ``qs = qs.filter()`` in a loop
            found.append(self._bind(bind, variable))
        return self._joined(found) if found else None

    def _bind(self, bind: Bind, variable: Variable) -> Typed | None:
        return self._once(bind, lambda: self._of_bind(bind, variable))

    def _of_bind(self, bind: Bind, variable: Variable) -> Typed | None:
        if bind.kind in ("class", "import"):
            return self._of_values(tuple(self._bind_values(bind)))
        if bind.kind == "param":
            return self._param(bind)
        if bind.value is None:
            return self._annotated(bind.annotation, bind.inner) if bind.annotation is not None else None
        if bind.op:
            if bind.op not in ("|=", "&="):
                return None
            earlier = [
                self._bind(other, variable)
                for other in before(bind, variable)
                if id(other) not in self._active
            ]
            return self._joined([*earlier, self.of(bind.value, bind.inner)])
        found = self.of(bind.value, bind.inner)
        if bind.kind == "for":
            found = self.element(found) if not bind.keys else None
        elif bind.kind not in ("assign",):
            return None
        elif bind.keys:
            if found is not None and found.pair and bind.keys == (0,):
                return Typed("instance", found.model)
            return None
        if found is not None and found.pair:
            return None
        if found is None and bind.annotation is not None and bind.kind == "assign":
            return self._annotated(bind.annotation, bind.inner)
        return found

    def _bind_values(self, bind: Bind) -> tuple[Value, ...]:
        from constraintlint.project.flow.names import bind_values

        return bind_values(self.ev, bind)

    def element(self, found: Typed | None) -> Typed | None:
        """What iterating gives."""
        if found is None or found.model is None:
            return None
        if found.kind == "queryset":
            return Typed("instance", found.model)
        if found.kind == "rows" and found.names is None and found.manager is None:
            return Typed("instance", found.model)
        return None

    def _param(self, bind: Bind) -> Typed | None:
        function = bind.scope.function
        if function is None:
            return None
        first = function.params[0].name if function.params else ""
        cls_scope = bind.scope.parent
        if bind.name == first and cls_scope is not None and cls_scope.kind == "class" and not function.static:
            return self._self(function, cls_scope)
        if bind.annotation is not None:
            found = self._annotated(bind.annotation, bind.inner)
            if found is not None:
                return found
        if bind.name in ("queryset", "qs") and cls_scope is not None and cls_scope.kind == "class":
            return self._of_attributes(cls_scope)  # a filter, a view, an admin class
        return self._given(bind, function) if bind.annotation is None else None

    def _given(self, bind: Bind, function: Function) -> Typed | None:
        """What every call in the project gives for a parameter that says nothing itself: a plain function, or a method."""
        param = bind.node
        if not isinstance(param, Param) or param.kind != "normal" or param.default is not None:
            return None
        if function.decorators or bind.keys or bind.name in ("request", "self", "cls"):
            return None
        found: list[Typed | None] = []
        for call, caller, _ in parameters.call_sites(self.ev, bind.scope, function, MAX_CALLERS):
            given = parameters.argument_of(call, bind.scope, bind.index, param)
            typed = self.of(given, caller) if given is not None else None
            if typed is None or typed.kind != "instance" or typed.pair:
                return None
            found.append(typed)
        return self._joined(found) if 0 < len(found) < MAX_CALLERS else None

    def _self(self, function: Function, scope: Scope) -> Typed | None:
        model = self.index.of_class(scope.node)
        if model is None:
            return None
        if any(_last(item) in ("classmethod",) for item in function.decorators):
            return Typed("class", model)
        if any(_last(item) == "staticmethod" for item in function.decorators):
            return None
        return Typed("instance", model)

    def _annotated(self, annotation: Expr, scope: Scope) -> Typed | None:
        if isinstance(annotation, Text):
            pieces = annotation.pieces
            if (
                len(pieces) == 1
                and isinstance(text := getattr(pieces[0], "value", None), str)
                and text.isidentifier()
            ):
                name = Name(annotation.at, text)
                self._kept.append(name)
                found = self._class(name, scope)
                return Typed("instance", found.model) if found is not None and found.kind == "class" else None
            return None
        if isinstance(annotation, Binary) and annotation.op == "|":
            return self._joined(
                [self._annotated(annotation.left, scope), self._annotated(annotation.right, scope)]
            )
        if isinstance(annotation, Constant) and annotation.kind == "none":
            return Typed("none", None)
        if isinstance(annotation, Index):
            last = _last(annotation.object)
            if last == "Optional":
                return self._annotated(annotation.index, scope)
            if last in ("QuerySet",):
                inner = annotation.index
                if isinstance(inner, Sequence) and inner.items:
                    inner = inner.items[0]
                found = self._annotated(inner, scope)
                return (
                    Typed("queryset", found.model, None)
                    if found is not None and found.model is not None
                    else None
                )
            if last in ("list", "List", "Sequence", "Iterable", "Collection", "set", "tuple"):
                found = self._annotated(annotation.index, scope)
                return self._listed(found)
            return None
        if isinstance(annotation, (Name, Member)):
            found = self._class(annotation, scope)
            return Typed("instance", found.model) if found is not None and found.kind == "class" else None
        return None

    def _class(self, expr: Expr, scope: Scope) -> Typed | None:
        return self._of_values(self._static(expr, scope))

    def _static(self, expr: Expr, scope: Scope) -> tuple[Value, ...]:
        """The values of a name that an import, a class or a function statement binds, or of an attribute of one. What
        parameters and attributes of objects can be is asked by other means: following every call costs too much here.
        """
        root = expr
        while isinstance(root, Member):
            root = root.object
        if not isinstance(root, Name):
            return ()
        variable = scope.find(root.id, root.at[0])
        if variable is not None and any(
            bind.kind not in ("import", "class", "function") for bind in variable.binds
        ):
            return ()
        return self.ev.eval(expr, scope)

    def _of_values(self, values: tuple[Value, ...]) -> Typed | None:
        """A model class, where that is all the values can be."""
        found: list[Typed | None] = []
        for value in values:
            model = self.model_of(value)
            if value.kind == "object":
                known = self.index.of_class(value.node)
                found.append(Typed("instance", known) if known is not None else None)
            elif model is not None:
                found.append(Typed("class", model))
            elif value.kind == "constant" and value.constant is None:
                found.append(Typed("none", None))
            else:
                found.append(None)
        return self._joined(found) if found else None

    def model_of(self, value: Value) -> DjangoModel | None:
        """The model a class value is."""
        if value.kind == "class":
            return self.index.of_class(value.node)
        if value.kind in ("library", "handle") and value.name.startswith(("django.", "rest_framework")):
            if value.call is not None and _last(value.call.callee) == "get_user_model":
                return self.index.user
            return self.index.of_dotted(value.name)
        return None

    # --- attributes ---------------------------------------------------------------------------------------------

    def _member(self, expr: Member, scope: Scope) -> Typed | None:
        name = expr.name
        if name == "user" and self._is_request(expr.object, scope):
            user = self.index.user
            return Typed("instance", user) if user is not None else None
        owner = self.of(expr.object, scope)
        if owner is not None and owner.model is not None:
            return self.attribute(owner, name)
        if owner is not None:
            return None
        if isinstance(expr.object, Name) and expr.object.id == "self" and name in ("queryset", "model"):
            return self._of_view(expr, scope, name)
        return self._class(expr, scope)

    def _of_view(self, expr: Member, scope: Scope, name: str) -> Typed | None:
        """``self.queryset`` and ``self.model`` of a view, a manager or a repository: what its class assigns."""
        cls = scope.enclosing_class()
        if cls is None:
            return None
        variables = cls.names.get(name)
        if not variables or name in cls.fields:
            return None
        binds = variables[-1].binds
        return self._bind(binds[-1], variables[-1]) if len(binds) == 1 else None

    def attribute(self, owner: Typed, name: str) -> Typed | None:
        """``owner.name``: managers of a class, relations of an instance."""
        model = owner.model
        if model is None:
            return None
        if owner.kind == "class":
            if name in ("objects", "_default_manager", "_base_manager") and name not in model.managers:
                if name == "objects" or len(model.managers) > 1:
                    return None
                manager = next(iter(model.managers.values()), None)
                return self._manager(model, manager) if manager is not None else None
            found = model.managers.get(name)
            return self._manager(model, found) if found is not None else None
        if owner.kind != "instance":
            return None
        field = model.fields.get(name)
        if field is not None:
            if name in model.members and not field.is_relation:
                return None
            target = self.index.target(field) if field.is_relation else None
            if target is None:
                return None
            if field.cls == "ManyToManyField":
                return self._related(target, field)
            return Typed("instance", target)
        reverse = model.reverse.get(name)
        if reverse is not None and name not in model.members:
            source = self.index.source(reverse)
            if source is None:
                return None
            if not reverse.many:
                return Typed("instance", source, field=reverse.field)
            return self._related(source, reverse.field)
        return None

    def _manager(self, model: DjangoModel, manager: Manager) -> Typed:
        return Typed("manager", model, frozenset() if manager.plain else None, manager)

    def _related(self, model: DjangoModel, field: Field) -> Typed:
        manager = next(iter(model.managers.values()), None)
        names: frozenset[str] | None = frozenset() if manager is None or manager.plain else None
        return Typed("related", model, names, manager, field)

    def _is_request(self, expr: Expr, scope: Scope) -> bool:
        """``request`` as the parameter of a function, or ``self.request``."""
        if isinstance(expr, Member):
            return expr.name == "request" and isinstance(expr.object, Name) and expr.object.id == "self"
        if not isinstance(expr, Name) or expr.id != "request":
            return False
        variable = scope.find("request", expr.at[0])
        return variable is not None and all(bind.kind == "param" for bind in variable.binds)

    # --- calls --------------------------------------------------------------------------------------------------

    def _call(self, call: Call, scope: Scope) -> Typed | None:
        callee = call.callee
        if isinstance(callee, Member):
            if (
                isinstance(callee.object, Call)
                and _last(callee.object.callee) == "super"
                and callee.name == "get_queryset"
            ):
                return self._super_queryset(scope)
            owner = self.of(callee.object, scope)
            if owner is not None and owner.model is not None:
                return self._method(owner, callee.name, call, scope)
            if (
                callee.name == "get_queryset"
                and isinstance(callee.object, Name)
                and callee.object.id == "self"
            ):
                return self._view_queryset(scope)
        if (
            isinstance(callee, Name)
            and callee.id in _LISTS
            and scope.find(callee.id, callee.at[0]) is None
            and call.args
        ):
            found = self.of(call.args[0].value, scope)
            element = self.element(found)
            return Typed("rows", element.model, None) if element is not None else None
        if isinstance(callee, (Name, Member)):
            shortcut = self._shortcut(call, scope)
            if shortcut is not None:
                return shortcut
        last = _last(callee)
        if last == "get_user_model":
            return Typed("class", self.index.user) if self.index.user is not None else None
        if last == "get_model":
            return self._looked_up(call)
        cls = self.of(callee, scope) if isinstance(callee, Name) else self._class(callee, scope)
        if cls is not None:
            return Typed("instance", cls.model) if cls.kind == "class" else None
        return self._function(call, scope)

    def _looked_up(self, call: Call) -> Typed | None:
        """``apps.get_model("app", "Model")``."""
        texts = [
            _text(arg.value)
            for arg in call.args
            if not arg.spread and arg.name in ("", "app_label", "model_name")
        ]
        if not texts or any(text is None for text in texts):
            return None
        found = self.index.by_label.get(".".join(text for text in texts if text is not None).lower())
        return Typed("class", found) if found is not None else None

    def _super_queryset(self, scope: Scope) -> Typed | None:
        """``super().get_queryset()`` of a generic view: what its class gives as ``queryset`` or ``model``."""
        cls = scope.enclosing_class()
        return self._of_attributes(cls) if cls is not None else None

    def _of_attributes(self, cls: Scope) -> Typed | None:
        """The queryset a class names by ``queryset``, ``model`` or the ``model`` of its Meta."""
        meta = next(
            (
                self.ev.scope_of(cls.path, bind.node)
                for variable in cls.names.get("Meta", ())
                for bind in variable.binds
                if isinstance(bind.node, Class)
            ),
            None,
        )
        for scope, name in ((cls, "queryset"), (cls, "model"), (meta, "model")):
            variables = scope.names.get(name) if scope is not None else None
            if not variables or len(variables[-1].binds) != 1:
                continue
            found = self._bind(variables[-1].binds[0], variables[-1])
            if found is None or found.model is None or found.kind not in ("class", "queryset", "manager"):
                return None
            return Typed("queryset", found.model, None, found.manager)
        return None

    def _view_queryset(self, scope: Scope) -> Typed | None:
        cls = scope.enclosing_class()
        if cls is None:
            return None
        for name in ("get_queryset", "queryset"):
            variables = cls.names.get(name)
            if not variables or len(variables[-1].binds) != 1:
                continue
            bind = variables[-1].binds[0]
            if isinstance(bind.node, Function):
                return self._returned(cls.path, bind.node)
            return self._bind(bind, variables[-1])
        return None

    def _shortcut(self, call: Call, scope: Scope) -> Typed | None:
        last = _last(call.callee)
        if last not in ("get_object_or_404", "aget_object_or_404", "get_list_or_404") or not call.args:
            return None
        names = {value.name for value in self._static(call.callee, scope) if value.kind == "library"}
        kinds = {_SHORTCUTS[name] for name in names if name in _SHORTCUTS}
        if len(kinds) != 1:
            return None
        owner = self.of(call.args[0].value, scope)
        if (
            owner is None
            or owner.model is None
            or owner.kind not in ("class", "manager", "queryset", "related")
        ):
            return None
        return Typed("instance", owner.model) if kinds == {"instance"} else Typed("rows", owner.model, None)

    def _function(self, call: Call, scope: Scope) -> Typed | None:
        """A function of the project: what all its returns agree on."""
        callee = call.callee
        if (
            isinstance(callee, Member)
            and isinstance(callee.object, Name)
            and callee.object.id in ("self", "cls")
        ):
            cls = scope.enclosing_class()
            variables = cls.names.get(callee.name) if cls is not None else None
            if cls is None or not variables or len(variables[-1].binds) != 1:
                return None
            node = variables[-1].binds[0].node
            return self._returned(cls.path, node) if isinstance(node, Function) else None
        found: list[Typed | None] = []
        for value in self._static(callee, scope):
            if value.kind != "function" or not isinstance(value.node, Function):
                return None
            found.append(self._returned(value.path if value.scope is None else value.scope.path, value.node))
        return self._joined(found) if found else None

    def _returned(self, path: str, function: Function) -> Typed | None:
        scope = self.ev.scope_of(path, function)
        if scope is None or scope.yields or function.body is None or id(function) in self._active:
            return None
        if any(
            _last(item) in ("contextmanager", "asynccontextmanager", "fixture")
            for item in function.decorators
        ):
            return None
        self._active.add(id(function))
        try:
            found = [self.of(stmt.value, scope) for stmt in scope.returns if stmt.value is not None]
        finally:
            self._active.discard(id(function))
        answer = self._joined(found) if found else None
        if answer is None and function.returns is not None:
            return self._annotated(function.returns, scope)
        return answer

    def _method(self, owner: Typed, name: str, call: Call, scope: Scope) -> Typed | None:
        model = owner.model
        if owner.kind in ("manager", "related", "queryset"):
            if owner.manager is not None and any(
                cls.scope is not None and name in cls.scope.names for cls in owner.manager.classes
            ):
                return self._own_method(owner, name)
            if name in SAME:
                return Typed("queryset", model, self._names(owner, name, call), owner.manager)
            if name in _ROWS:
                return Typed("rows", model, self._names(owner, name, call), owner.manager or _ROWS_MANAGER)
            if name in ONE:
                return Typed("instance", model)
            if name in PAIR:
                return Typed("instance", model, pair=True)
            if name in ("bulk_create", "abulk_create"):
                return Typed("rows", model, None)
            return None
        if owner.kind == "rows" and name in SAME and owner.manager is not None:
            return Typed("rows", model, self._names(owner, name, call), owner.manager)
        return None

    def _own_method(self, owner: Typed, name: str) -> Typed | None:
        """A method of the project's own manager or queryset class: followed where it returns a queryset of itself."""
        for cls in owner.manager.classes if owner.manager is not None else ():
            if cls.scope is None or name not in cls.scope.names:
                continue
            for bind in cls.scope.names[name][-1].binds:
                if isinstance(bind.node, Function) and _returns_self(
                    bind.node, self.ev.scope_of(cls.scope.path, bind.node)
                ):
                    return Typed("queryset", owner.model, None, owner.manager)
            return None
        return None

    def _names(self, owner: Typed, method: str, call: Call) -> frozenset[str] | None:
        """The annotations after a method."""
        if owner.names is None or method in ("extra", "union"):
            return None
        if method not in ("annotate", "alias", "values", "values_list"):
            return owner.names
        found = set(owner.names)
        for arg in call.args:
            if arg.spread:
                return None
            if arg.name:
                found.add(arg.name)
            elif method in ("annotate", "alias") or isinstance(arg.value, Call):
                default = _default_alias(arg.value)
                if default is None:
                    return None
                found.add(default)
        return frozenset(found)

    def _index(self, expr: Index, scope: Scope) -> Typed | None:
        owner = self.of(expr.object, scope)
        if owner is None or owner.model is None:
            return None
        if owner.pair:
            return Typed("instance", owner.model) if getattr(expr.index, "value", None) == 0 else None
        if owner.kind in ("queryset", "rows"):
            if isinstance(expr.index, Slice):
                return owner
            return self.element(owner)
        return None


_ROWS_MANAGER = Manager("", True, True)


def _returns_self(function: Function, scope: Scope | None) -> bool:
    """Whether every return of a method is a chain of queryset methods on ``self``."""
    if scope is None or function.body is None or not scope.returns or scope.yields or not function.params:
        return False
    own = function.params[0].name
    for stmt in scope.returns:
        expr = stmt.value
        while isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name in SAME:
            expr = expr.callee.object
        if not (isinstance(expr, Name) and expr.id == own) and not (
            isinstance(expr, Call) and _last(expr.callee) == "super"
        ):
            return False
        if expr is stmt.value:
            return False
    return True


def _default_alias(expr: Expr) -> str | None:
    """The name an aggregate without a keyword gets: ``Count("tags")`` -> ``tags__count``."""
    if not isinstance(expr, Call) or not expr.args or expr.args[0].name:
        return None
    text = _text(expr.args[0].value)
    return f"{text}__{_last(expr.callee).lower()}" if text is not None else None


def _text(expr: Expr) -> str | None:
    """The characters of a string without holes."""
    if (
        not isinstance(expr, Text)
        or expr.prefix
        or any(not isinstance(piece, Piece) for piece in expr.pieces)
    ):
        return None
    return "".join(piece.value for piece in expr.pieces if isinstance(piece, Piece))


def _last(expr: Expr) -> str:
    if isinstance(expr, Call):
        expr = expr.callee
    return expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""


__all__ = ["ONE", "SAME", "Class", "Typed", "Types"]
