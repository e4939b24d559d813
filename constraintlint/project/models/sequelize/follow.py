"""Rows of which models an expression is: from finders, constructors, generated methods and eager loading."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from constraintlint.facts.code import (
    AssignExpr,
    Await,
    Binary,
    Call,
    Class,
    Conditional,
    Expr,
    Function,
    Index,
    Member,
    Name,
    Param,
)
from constraintlint.project.flow.parameters import call_sites
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.flow.stores import role
from constraintlint.project.flow.values import Value
from constraintlint.project.models.sequelize.literals import (
    Site,
    boolean,
    nothing,
    positional,
    read,
    text_of,
)
from constraintlint.project.models.sequelize.records import Definition

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

from constraintlint.project.models.sequelize.follow_models import ModelFollower, has_static

MAX_DEPTH = 12
_ONE = frozenset(("findOne", "findByPk", "create", "build", "findCreateFind"))
_MANY = frozenset(("findAll", "bulkCreate", "bulkBuild"))
_PAIR = frozenset(("findOrCreate", "findOrBuild", "upsert", "findCreateFind"))
_SAME_ROW = frozenset(("save", "reload", "update", "set", "increment", "decrement", "restore"))
_SAME_ROWS = frozenset(("filter", "slice", "sort", "reverse", "concat", "toSorted", "toReversed"))
_ELEMENT = frozenset(("find", "at", "pop", "shift", "findLast"))
_EACH = frozenset(("map", "forEach", "filter", "find", "some", "every", "flatMap", "findIndex", "reduce"))


class Rows(NamedTuple):
    """Rows of models. ``shape``: ``one``, ``many``, ``page`` (``{rows, count}``), ``pair`` (``[row, created]``).

    ``loaded`` is the expression of the options the rows were read with, for what was eager-loaded.
    """

    definitions: tuple[Definition, ...]
    shape: str
    options: Site | None = None
    plain: bool = False
    """read with ``raw``: no instances"""


class Follower(ModelFollower):
    """Answers for one project, over all its definitions."""

    def __init__(self, ev: Evaluator, definitions: list[Definition]) -> None:
        super().__init__(ev, definitions)
        self._rows: dict[int, Rows | None] = {}
        self._kept: dict[tuple[str, str], list[tuple[Expr, Scope]]] = {}
        """what the project puts on requests, by kind of object and name"""

    def rows(self, expr: Expr, scope: Scope, depth: int = 0) -> Rows | None:
        """The rows ``expr`` can be; None where it can be anything else (nothing at all does not count)."""
        key = id(expr)
        if key in self._rows:
            return self._rows[key]
        if depth > MAX_DEPTH or ("rows", key) in self._active:
            return None
        self._active.add(("rows", key))
        try:
            found = self._rows_of(expr, scope, depth)
        finally:
            self._active.discard(("rows", key))
        if depth == 0 or found is not None:
            self._rows[key] = found
        return found

    def _rows_of(self, expr: Expr, scope: Scope, depth: int) -> Rows | None:
        if isinstance(expr, (Await, AssignExpr)):
            return self.rows(expr.value, scope, depth + 1)
        if isinstance(expr, Conditional):
            return self._either([(expr.then, scope), (expr.other, scope)], depth)
        if isinstance(expr, Binary) and expr.op in ("||", "??"):
            return self._either([(expr.left, scope), (expr.right, scope)], depth)
        if isinstance(expr, Binary) and expr.op == "&&":
            return self.rows(expr.right, scope, depth + 1)
        if isinstance(expr, Call):
            return self._called(expr, scope, depth)
        if isinstance(expr, Name):
            return self._this(scope) if expr.id == "this" else self._name_rows(expr, scope, depth)
        if isinstance(expr, Index):
            owner = self.rows(expr.object, scope, depth + 1)
            return self._part(owner, 0 if text_of(expr.index) is None else text_of(expr.index) or "")
        if isinstance(expr, Member):
            owner = self.rows(expr.object, scope, depth + 1)
            return self._part(owner, expr.name) if owner is not None else self._of_request(expr, depth)
        return None

    def _of_request(self, expr: Member, depth: int) -> Rows | None:
        """``req.grower``, ``ctx.state.skater``: what all that the project puts there are rows of."""
        kind = role(expr.object)
        if kind not in ("request", "state"):
            return None
        key = (kind, expr.name)
        if key not in self._kept:
            self._kept[key] = [
                (store.value, store.scope)
                for file in self.ev.files((expr.name,))
                for store in file.stores.get(expr.name, ())
                if role(store.owner) == kind
            ]
        return self._either(self._kept[key], depth) if self._kept[key] else None

    def _either(self, options: list[tuple[Expr, Scope]], depth: int) -> Rows | None:
        found: list[Rows] = []
        for expr, scope in options:
            values = self.ev.eval(expr, scope)
            if values and all(nothing(value) for value in values):
                continue
            one = self.rows(expr, scope, depth + 1)
            if one is None:
                return None
            found.append(one)
        return _joined(found)

    def _part(self, owner: Rows | None, key: str | int) -> Rows | None:
        """``page.rows``, ``pair[0]``, ``rows[i]``, ``row.posts``."""
        if owner is None:
            return None
        if owner.shape == "page":
            return owner._replace(shape="many") if key == "rows" else None
        if owner.shape == "pair":
            return owner._replace(shape="one") if key == 0 else None
        if owner.shape == "many":
            return owner._replace(shape="one") if isinstance(key, int) else None
        if owner.shape == "one" and isinstance(key, str) and not owner.plain:
            found: list[Rows] = []
            for definition in owner.definitions:
                association = definition.by_alias(key)
                if association is None or association.target is None or key in definition.attributes:
                    return None
                found.append(Rows((association.target,), "many" if association.many else "one"))
            return _joined(found)
        return None

    def _this(self, scope: Scope) -> Rows | None:
        """``this`` in a method of a model class."""
        cls = scope.enclosing_class()
        definition = self._by_class.get(id(cls.node)) if cls is not None else None
        if definition is None:
            return None
        inner: Scope | None = scope
        while inner is not None and inner.parent is not cls:
            if inner.function is not None and inner.function.kind not in ("arrow", "lambda"):
                return None
            inner = inner.parent
        function = inner.function if inner is not None else None
        if function is None or function.static:
            return None
        return Rows((definition,), "one")

    def _called(self, call: Call, scope: Scope, depth: int) -> Rows | None:
        callee = call.callee
        if isinstance(callee, Member):
            found = self._method(call, callee, scope, depth)
            if found is not None:
                return found
        elif call.new:
            models = self.models(callee, scope, depth + 1)
            if models:
                return Rows(models, "one")
        return self._returned(call, scope, depth)

    def _method(self, call: Call, callee: Member, scope: Scope, depth: int) -> Rows | None:
        name = callee.name
        if name in _ONE or name in _MANY or name in _PAIR or name == "findAndCountAll":
            models = self.models(callee.object, scope, depth + 1)
            if models and not any(has_static(self.ev, model, name) for model in models):
                shape = "one" if name in _ONE - _PAIR else "many" if name in _MANY else "pair"
                shape = "page" if name == "findAndCountAll" else shape
                options = positional(
                    call, 1 if name in ("findByPk", "create", "bulkCreate", "build", "upsert") else 0
                )
                site = Site(options, scope) if options is not None else None
                return Rows(models, shape, site, self._is_raw(site))
            return None
        if name in ("then", "catch", "finally"):
            return self.rows(callee.object, scope, depth + 1) if name != "then" else None
        if name == "all" and isinstance(callee.object, Name) and callee.object.id == "Promise":
            return None
        owner = self.rows(callee.object, scope, depth + 1)
        if owner is None:
            return None
        if owner.shape == "many":
            if name in _SAME_ROWS:
                return owner
            return owner._replace(shape="one") if name in _ELEMENT else None
        if owner.shape != "one" or owner.plain:
            return None
        if name in _SAME_ROW:
            return owner
        found: list[Rows] = []
        for definition in owner.definitions:
            one = self._mixin(definition, name)
            if one is None:
                return None
            found.append(one)
        return _joined(found)

    def _mixin(self, definition: Definition, name: str) -> Rows | None:
        for association in definition.associations:
            does = association.mixins().get(name)
            if association.target is None:
                continue
            if does == "create":
                return Rows((association.target,), "one")
            if does == "get":
                return Rows((association.target,), "many" if association.many else "one")
        return None

    def _is_raw(self, site: Site | None) -> bool:
        if site is None:
            return False
        options = read(self.ev, site.expr, site.scope)
        given = options.get("raw")
        return not options.complete or (given is not None and boolean(self.ev, given) is not False)

    def _returned(self, call: Call, scope: Scope, depth: int) -> Rows | None:
        """What a function of the project returns."""
        found: list[Rows] = []
        for value in self._functions(call, scope):
            function, inner = value.node, value.scope
            if not isinstance(function, Function) or inner is None or function.is_generator:
                return None
            if inner.yields or function.body is None:
                return None
            for stmt in inner.returns:
                if stmt.value is None:
                    continue
                values = self.ev.eval(stmt.value, inner)
                if values and all(nothing(item) for item in values):
                    continue
                one = self.rows(stmt.value, inner, depth + 1)
                if one is None:
                    return None
                found.append(one)
        return _joined(found)

    def _functions(self, call: Call, scope: Scope) -> list[Value]:
        found = [value for value in self.ev.eval(call.callee, scope) if not nothing(value)]
        return found if found and all(value.kind == "function" for value in found) else []

    def _name_rows(self, expr: Name, scope: Scope, depth: int) -> Rows | None:
        variable = scope.find(expr.id, expr.at[0])
        if variable is None:
            return None
        found: list[Rows] = []
        for bind in reaching(variable, scope, expr.at[0]):
            if bind.kind == "declare" and bind.annotation is None:
                continue
            if bind.kind == "assign" and bind.value is not None and not bind.keys:
                values = self.ev.eval(bind.value, bind.inner)
                if values and all(nothing(value) for value in values):
                    continue
            one = self._bound_rows(bind, depth)
            if one is None:
                return None
            found.append(one)
        return _joined(found)

    def _bound_rows(self, bind: Bind, depth: int) -> Rows | None:
        if bind.op:
            return None
        if bind.kind == "param":
            return self._param_rows(bind, depth)
        found: Rows | None = None
        if bind.kind in ("assign", "for") and bind.value is not None:
            found = self.rows(bind.value, bind.inner, depth + 1)
            if bind.kind == "for":
                found = found._replace(shape="one") if found is not None and found.shape == "many" else None
            for key in bind.keys:
                found = self._part(found, key)
        if found is None and not bind.keys and bind.annotation is not None:
            found = self._row_type(bind.annotation, bind.inner)
        return found

    def _param_rows(self, bind: Bind, depth: int) -> Rows | None:
        """A parameter: by annotation, by what a callback of rows is given, by the calls of its function."""
        scope = bind.scope
        function, param = scope.function, bind.node
        if function is None or not isinstance(param, Param) or bind.keys or param.kind != "normal":
            return None
        if param.annotation is not None:
            return self._row_type(param.annotation, scope)
        if scope.passed is not None:
            return self._callback_rows(scope, bind.index, depth)
        if bind.index < 0:
            return None
        sites: list[tuple[Expr, Scope]] = []
        for call, caller, _ in call_sites(self.ev, scope, function):
            given = positional(call, bind.index)
            if given is None:
                return None
            sites.append((given, caller))
        return self._either(sites, depth) if sites else None

    def _callback_rows(self, scope: Scope, index: int, depth: int) -> Rows | None:
        assert scope.passed is not None
        call, place = scope.passed
        callee, outer = call.callee, scope.parent
        if not isinstance(callee, Member) or outer is None or place != 0:
            return None
        if callee.name == "then" and index == 0:
            return self.rows(callee.object, outer, depth + 1)
        if callee.name in _EACH and index == (1 if callee.name == "reduce" else 0):
            owner = self.rows(callee.object, outer, depth + 1)
            return owner._replace(shape="one") if owner is not None and owner.shape == "many" else None
        return None

    def _row_type(self, annotation: Expr, scope: Scope) -> Rows | None:
        """``user: User``, ``users: User[]``: classes of models only."""
        if isinstance(annotation, Binary) and annotation.op == "|":
            parts = [item for item in (annotation.left, annotation.right) if not _is_nothing_type(item)]
            return self._row_type(parts[0], scope) if len(parts) == 1 else None
        if isinstance(annotation, Name):
            for value in self.ev.eval(annotation, scope):
                definition = self._by_class.get(id(value.node)) if isinstance(value.node, Class) else None
                if definition is not None:
                    return Rows((definition,), "one")
        return None


def _is_nothing_type(expr: Expr) -> bool:
    return getattr(expr, "kind", "") in ("none", "undefined") or getattr(expr, "id", "") in (
        "null",
        "undefined",
    )


def _joined(found: list[Rows]) -> Rows | None:
    if not found or len({item.shape for item in found}) != 1:
        return None
    definitions = tuple(dict.fromkeys(definition for item in found for definition in item.definitions))
    options = found[0].options if len(found) == 1 else None
    return Rows(definitions, found[0].shape, options, any(item.plain for item in found))
