"""Which model an expression is: what the general evaluator does not know of Sequelize.

Models are found by what the evaluator follows, by the name they are defined under where they are taken out of an object
of models (``db.User``, ``models.User``, ``sequelize.models.User``, ``const { User } = require("./models")``), and through
``scope()`` and annotations (``typeof User``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    AssignExpr,
    Await,
    Call,
    Class,
    Expr,
    Function,
    Index,
    Mapping,
    Member,
    Name,
    Param,
    Sequence,
    Unary,
    walk,
)
from constraintlint.project.flow import export_values
from constraintlint.project.flow.parameters import argument_of, call_sites
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sequelize.definitions import MODEL
from constraintlint.project.models.sequelize.literals import (
    Site,
    nothing,
    positional,
    string,
    text_of,
)
from constraintlint.project.models.sequelize.records import Definition
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

MAX_DEPTH = 12
#: names of objects that hold all models, where nothing else is known of them
_BAGS = frozenset(
    ("models", "db", "database", "model", "orm", "entities", "m", "tables", "dbmodels", "alldb")
)
#: methods of a model that give the model
_SAME_MODEL = frozenset(("scope", "unscoped", "schema", "init"))
#: types whose argument is the model
_STATICS = frozenset(("ModelStatic", "ModelCtor", "Repository", "ModelType"))


class ModelFollower:
    """Answers for one project, over all its definitions."""

    def __init__(self, ev: Evaluator, definitions: list[Definition]) -> None:
        self.ev = ev
        self.definitions = definitions
        self._by_call = {id(item.call): item for item in definitions if item.call is not None}
        self._by_class = {id(item.cls): item for item in definitions if item.cls is not None}
        names: dict[str, list[Definition]] = {}
        for item in definitions:
            if item.name:
                names.setdefault(item.name, []).append(item)
        self._by_name = {name: items[0] for name, items in names.items() if len(items) == 1}
        self._models: dict[int, tuple[Definition, ...]] = {}
        self._active: set[tuple[str, int]] = set()
        self._open: dict[int, bool] = {}

    # --- models -------------------------------------------------------------------------------------------------

    def named(self, name: str) -> Definition | None:
        """The only model defined under a name."""
        return self._by_name.get(name)

    def of_class(self, node: object) -> Definition | None:
        return self._by_class.get(id(node))

    def models(self, expr: Expr, scope: Scope, depth: int = 0) -> tuple[Definition, ...]:
        """The models ``expr`` can be; empty where it can be anything else."""
        key = id(expr)
        known = self._models.get(key)
        if known is not None:
            return known
        if depth > MAX_DEPTH or ("model", key) in self._active:
            return ()
        self._active.add(("model", key))
        try:
            found = self._model_of(expr, scope, depth)
        finally:
            self._active.discard(("model", key))
        if depth == 0 or found:
            self._models[key] = found
        return found

    def _model_of(self, expr: Expr, scope: Scope, depth: int) -> tuple[Definition, ...]:
        if isinstance(expr, (Await, AssignExpr)):
            return self.models(expr.value, scope, depth + 1)
        if isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name in _SAME_MODEL:
            found = self.models(expr.callee.object, scope, depth + 1)
            if found:
                return found
        values = [value for value in self.ev.eval(expr, scope) if not nothing(value)]
        found_: list[Definition] = []
        unknown = not values
        for value in values:
            one = self._of_value(value, expr, depth)
            if one is None:
                unknown = True
            else:
                found_.append(one)
        if not unknown:
            return tuple(dict.fromkeys(found_))
        if found_ or any(value.kind in ("handle", "object", "text", "function", "env") for value in values):
            return ()
        return self._by_shape(expr, scope, depth)

    def _of_value(self, value: Value, expr: Expr, depth: int) -> Definition | None:
        if value.kind == "class":
            return self._by_class.get(id(value.node))
        if value.kind == "library":
            if value.call is not None and id(value.call) in self._by_call:
                return self._by_call[id(value.call)]
            name = self.ev.library_for(value.path).canonical(value.name)
            if name.startswith("sequelize#Models."):
                return self.named(name.partition(".")[2])
            callee = value.call.callee if value.call is not None else None
            if name == MODEL and isinstance(callee, Member) and callee.name == "model":
                first = positional(value.call, 0) if value.call is not None else None
                if first is None or value.caller is None:
                    return None
                text = string(self.ev, Site(first, value.caller))
                return self.named(text) if text is not None else None
        if value.kind == "module":
            found = [
                inner
                for item in self.ev.exported(value.name, "default")
                if item.kind != "module" and (inner := self._of_value(item, expr, depth)) is not None
            ]
            return found[0] if len(found) == 1 else None
        if value.kind == "unknown" and isinstance(value.node, Call) and value.scope is not None:
            known = self._by_call.get(id(value.node))
            if known is not None:
                return known
        if (
            value.kind == "unknown"
            and value.node is not expr
            and value.scope is not None
            and depth < MAX_DEPTH
        ) and isinstance(value.node, (Member, Index)):
            found_ = self.models(value.node, value.scope, depth + 1)
            return found_[0] if len(found_) == 1 else None
        return None

    def _by_shape(self, expr: Expr, scope: Scope, depth: int) -> tuple[Definition, ...]:
        if isinstance(expr, Call) and id(expr) in self._by_call:
            return (self._by_call[id(expr)],)
        if isinstance(expr, (Member, Index)):
            name = expr.name if isinstance(expr, Member) else text_of(expr.index)
            if name is not None and name in self._by_name and self._is_bag(expr.object, scope):
                return (self._by_name[name],)
            if isinstance(expr, Member):
                return self._annotated_member(expr, scope, depth)
            return ()
        if isinstance(expr, Name):
            return self._name_model(expr, scope, depth)
        return ()

    def _name_model(self, expr: Name, scope: Scope, depth: int) -> tuple[Definition, ...]:
        variable = scope.find(expr.id, expr.at[0])
        if variable is None:
            return ()
        found: list[Definition] = []
        for bind in reaching(variable, scope, expr.at[0]):
            one = self._bound_model(bind, depth)
            if one is None:
                return ()
            found += one
        return tuple(dict.fromkeys(found))

    def _bound_model(self, bind: Bind, depth: int) -> tuple[Definition, ...] | None:
        """What one definition of a name is; None where it is no model, empty where it is nothing."""
        if bind.kind == "param":
            param = bind.node
            annotation = param.annotation if isinstance(param, Param) else None
            if bind.keys:
                key = bind.keys[-1]
                return (self._by_name[key],) if isinstance(key, str) and self._bag_param(bind, key) else None
            return (annotation is not None and self._annotated(annotation, bind.inner, depth)) or None
        if bind.annotation is not None and bind.value is None:
            return self._annotated(bind.annotation, bind.inner, depth) or None
        if bind.value is None:
            return () if bind.kind == "declare" else None
        if bind.kind == "assign" and not bind.keys:
            values = self.ev.eval(bind.value, bind.inner)
            if values and all(nothing(value) for value in values):
                return ()
            return self.models(bind.value, bind.inner, depth + 1) or None
        if bind.kind == "assign" and len(bind.keys) == 1 and isinstance(bind.keys[0], str):
            key = bind.keys[0]
            if key in self._by_name and self._is_bag(bind.value, bind.inner):
                return (self._by_name[key],)
        return None

    def _bag_param(self, bind: Bind, key: str) -> bool:
        """``associate({ User, Post })``: parts of a parameter by the names of models."""
        function = bind.scope.function
        if function is None or key not in self._by_name:
            return False
        if function.name in ("associate", "associations", "setupAssociations", "relate", "initAssociations"):
            return True
        if bind.scope.alias in ("associate", "associations", "setupAssociations"):
            return True
        return len(bind.keys) == 1 and self._given_bags(bind, function)

    def _given_bags(self, bind: Bind, function: Function) -> bool:
        """``createRepository({ User })``: whether every call of the function outside the tests hands it a bag."""
        if not isinstance(bind.node, Param):
            return False
        given = [
            (argument_of(call, bind.scope, bind.index, bind.node), caller)
            for call, caller, _ in call_sites(self.ev, bind.scope, function)
            if not is_test(caller.path)
        ]
        return bool(given) and all(expr is not None and self._is_bag(expr, caller) for expr, caller in given)

    def _annotated_member(self, expr: Member, scope: Scope, depth: int) -> tuple[Definition, ...]:
        """``this.users`` of a field declared ``private users: typeof User``."""
        if not isinstance(expr.object, Name) or expr.object.id != "this":
            return ()
        cls = scope.enclosing_class()
        if cls is None:
            return ()
        binds = [*cls.fields.get(expr.name, ())]
        for variable in cls.names.get(expr.name, ()):
            binds += variable.binds
        for bind in binds:
            if bind.annotation is not None:
                found = self._annotated(bind.annotation, bind.inner, depth)
                if found:
                    return found
        return ()

    def _annotated(self, annotation: Expr, scope: Scope, depth: int) -> tuple[Definition, ...]:
        """``typeof User``, ``ModelStatic<User>``."""
        if isinstance(annotation, Unary) and annotation.op == "typeof":
            return self.models(annotation.operand, scope, depth + 1)
        generic = annotation.object if isinstance(annotation, Index) else None
        if isinstance(annotation, Index) and isinstance(generic, Name) and generic.id in _STATICS:
            index = annotation.index
            first = index.items[0] if isinstance(index, Sequence) and index.items else index
            return self.models(first, scope, depth + 1)
        return ()

    def _is_bag(self, expr: Expr, scope: Scope) -> bool:
        """Whether an object holds the models of the project under their names."""
        values = [value for value in self.ev.eval(expr, scope) if not nothing(value)]
        if any(value.kind in ("object", "text", "function", "class", "env", "sequence") for value in values):
            return False
        for value in values:
            if value.kind == "handle":
                return value.name == "sequelize#Models"
            if value.kind in ("mapping", "module") and self._is_open(value):
                return True
            if value.kind == "unknown" and isinstance(value.node, Member) and value.node.name == "models":
                return True
        name = expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""
        unread = not values or all(value.kind == "unknown" for value in values)
        return unread and name.lower().lstrip("_") in _BAGS

    def _is_open(self, value: Value, depth: int = 0) -> bool:
        """Whether an object (or what a module exports) gets models under names that are worked out, as loaders do."""
        if depth > 3:
            return False
        if value.kind == "module":
            wholes = export_values.module_values(self.ev, value.name)
            return any(item.kind == "mapping" and self._is_open(item, depth + 1) for item in wholes)
        if not isinstance(value.node, Mapping) or value.scope is None:
            return False
        known = self._open.get(id(value.node))
        if known is None:
            self._open[id(value.node)] = False
            spreads = [entry.value for entry in value.node.entries if entry.key is None]
            known = self._is_filled(value) or any(self._is_bag(item, value.scope) for item in spreads)
            self._open[id(value.node)] = known
        return known

    def _is_filled(self, value: Value) -> bool:
        """``db[model.name] = model`` in a file that has to do with Sequelize or reads a folder."""
        if not self.ev.project.mentions(value.path, ("equelize", "readdirSync", "glob")):
            return False
        code, file = self.ev.project.code(value.path), self.ev.file(value.path)
        for node in walk(list(code.body)) if code is not None and file is not None else ():
            if not isinstance(node, (Assign, AssignExpr)):
                continue
            for target in node.targets if isinstance(node, Assign) else [node.target]:
                if isinstance(target, Index) and text_of(target.index) is None:
                    owners = self.ev.eval(target.object, file.at(target.at[0])) if file is not None else ()
                    if any(owner.node is value.node for owner in owners):
                        return True
        return False


def has_static(ev: Evaluator, definition: Definition, name: str) -> bool:
    """Whether a model class defines a static method itself."""
    if definition.cls is None or definition.cls_scope is None:
        return False
    from constraintlint.project.flow.classes import ancestry

    cls = Value("class", definition.path, definition.at, node=definition.cls, scope=definition.cls_scope)
    return any(
        isinstance(item.node, Class) and item.scope is not None and name in item.scope.names
        for item in ancestry(ev, cls)
    )
