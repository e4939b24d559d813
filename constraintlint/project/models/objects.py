"""Which mapped objects an expression holds, and the query that loaded them.

    for held in objects(project, expr, scope):
        if isinstance(held, Held) and held.model.name == "User" and not held.many ...

Names are followed through assignments, loops and comprehensions; functions of the project through what they return or
declare; queries through the calls they are chained from. What cannot be followed is left out, and ``sure`` says whether
anything was. Each ORM adds the calls that make queries and objects; this module knows the shapes they have in common.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.code import (
    AssignExpr,
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
)
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.models.records import Model
from constraintlint.project.models.sqlalchemy import queries
from constraintlint.project.models.sqlalchemy.annotations import read as read_annotation
from constraintlint.project.models.sqlalchemy.reading import last_name

if TYPE_CHECKING:
    from constraintlint.project import Project

MAX_DEPTH = 14
#: expressions followed for one question
MAX_STEPS = 300
_COPIES = frozenset(("list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"))


class Held(msgspec.Struct, frozen=True, eq=False):
    """An object of a model, or (``many``) a collection of them.

    ``origin``: ``query`` (``query`` tells which), ``constructed`` (``call`` is the constructor), ``parameter`` (an annotation
    says so), ``relation`` (read from ``parent`` by ``attribute``), ``declared`` (a function declares that it returns one).
    ``via`` are the functions of the project it was returned from, outermost first, with the scope of each.
    """

    model: Model
    many: bool
    origin: Literal["query", "constructed", "parameter", "relation", "declared"]
    query: queries.Query | None = None
    call: Call | None = None
    scope: Scope | None = None
    parent: Held | None = None
    attribute: str = ""
    via: tuple[Scope, ...] = ()

    def one(self) -> Held:
        return msgspec.structs.replace(self, many=False)

    @property
    def root(self) -> Held:
        """The object or query result that a chain of relations was read from."""
        held = self
        while held.parent is not None:
            held = held.parent
        return held


class Found(msgspec.Struct, frozen=True, eq=False):
    """``sure``: nothing else than what is listed (and None) is possible."""

    held: tuple[Held, ...] = ()
    queries: tuple[queries.Query, ...] = ()
    sure: bool = True

    @property
    def only(self) -> Held | None:
        """The one thing it surely is, whatever the way it came."""
        if not self.sure or self.queries or not self.held:
            return None
        first = self.held[0]
        same = all(item.model is first.model and item.many == first.many for item in self.held)
        return first if same else None


NOTHING = Found(sure=False)


class Objects:
    """Answers for one project, memoised by expression."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._memo: dict[int, Found] = {}
        self._active: set[int] = set()
        self._cut = False
        self._steps = 0
        self.names = frozenset(model.name for model in project.models.all)

    @cached_property
    def _callable(self) -> frozenset[str]:
        """The names of what may give a mapped object: the classes, functions of files that name one, other names for these."""
        found = set(self.names)
        for path in self.project.resolutions:
            if not path.endswith(".py"):
                continue
            facts = self.project.facts(path)
            for imported in facts.imports if facts is not None else ():
                found.update(item.local for item in imported.names if item.local != item.name)
            if not self.project.mentions(path, self.names | {"query"}):
                continue
            file = self.project.evaluator.file(path)
            for scope in file.by_node.values() if file is not None else ():
                if isinstance(scope.node, Function):
                    found.add(scope.node.name)
        return frozenset(found)

    def of(self, expr: Expr, scope: Scope) -> Found:
        """What ``expr``, standing in ``scope``, holds."""
        known = self._memo.get(id(expr))
        if known is not None:
            return known
        if not self._active:
            self._steps = 0
            self._cut = False
        self._steps += 1
        if id(expr) in self._active or len(self._active) > MAX_DEPTH or self._steps > MAX_STEPS:
            self._cut = True
            return NOTHING
        outer, self._cut = self._cut, False
        self._active.add(id(expr))
        try:
            found = self._of(expr, scope)
        finally:
            self._active.discard(id(expr))
            whole = not self._cut
            self._cut = outer or self._cut
        if whole or not self._active:  # what met a cycle or a limit on its way holds for this question only
            self._memo[id(expr)] = found
        return found

    def _of(self, expr: Expr, scope: Scope) -> Found:
        if isinstance(expr, Name):
            return self._name(expr, scope)
        if isinstance(expr, Await):
            return self.of(expr.value, scope)
        if isinstance(expr, AssignExpr):
            return self.of(expr.value, scope)
        if isinstance(expr, Call):
            return self._call(expr, scope)
        if isinstance(expr, Member):
            return self._member(expr, scope)
        if isinstance(expr, Conditional):
            return _united([self.of(expr.then, scope), self.of(expr.other, scope)])
        if isinstance(expr, Binary) and expr.op in ("or", "and"):
            return _united([self.of(expr.left, scope), self.of(expr.right, scope)])
        if isinstance(expr, Constant):
            return Found() if expr.kind == "none" else NOTHING
        if isinstance(expr, Index):
            found = self.of(expr.object, scope)
            inner = [item.one() for item in self._collections(found)]
            return Found(tuple(inner), (), found.sure and bool(inner) and isinstance(expr.index, Constant))
        if isinstance(expr, Comprehension) and expr.kind in ("list", "set", "generator"):
            return self._comprehension(expr, scope)
        return NOTHING

    # --- names --------------------------------------------------------------------------------------------------

    def _name(self, expr: Name, scope: Scope) -> Found:
        variable = scope.find(expr.id, expr.at[0])
        if variable is None:
            return NOTHING
        binds = reaching(variable, scope, expr.at[0])
        return _united([self.bound(bind) for bind in binds if bind.kind != "declare"] or [NOTHING])

    def bound(self, bind: Bind) -> Found:
        """What one definition gives its name."""
        if bind.kind == "param":
            return self._annotated(bind.annotation, bind.inner, "parameter")
        if bind.keys or bind.op or bind.value is None:
            return NOTHING
        if bind.kind == "assign":
            found = self.of(bind.value, bind.inner)
            if not found.sure and bind.annotation is not None and not found.held:
                return self._annotated(bind.annotation, bind.inner, "declared")
            return found
        if bind.kind == "for":
            return self.elements(bind.value, bind.inner)
        return NOTHING

    def elements(self, expr: Expr, scope: Scope) -> Found:
        """What iterating over an expression gives."""
        found = self.of(expr, scope)
        inner = [item.one() for item in self._collections(found)]
        return Found(tuple(inner), (), found.sure and bool(inner))

    def _collections(self, found: Found) -> list[Held]:
        """The collections among what was found; a query that is iterated over is one."""
        many = [item for item in found.held if item.many]
        for query in found.queries:
            if query.model is not None and query.kind in ("query", "scalars"):
                many.append(Held(query.model, True, "query", query))
        return many

    def _annotated(self, annotation: Expr | None, scope: Scope, origin: str) -> Found:
        if annotation is None:
            return NOTHING
        read = read_annotation(self.project.evaluator, annotation, scope)
        for value in self.project.evaluator.eval(read.core, read.scope):
            if isinstance(value.node, Class) and value.kind == "class":
                model = self.project.models.of_class(value.node)
                if model is not None:
                    return Found((Held(model, read.many, origin),))  # type: ignore[arg-type]
        return NOTHING

    # --- calls --------------------------------------------------------------------------------------------------

    def _call(self, call: Call, scope: Scope) -> Found:
        callee = call.callee
        if isinstance(callee, Name) and callee.id in _COPIES and call.args:
            found = self.of(call.args[0].value, scope)
            inner = self._collections(found)
            return Found(tuple(inner), (), found.sure and bool(inner))
        step = queries.step(self, call, scope)
        if step is not None:
            return self._stepped(step, call, scope)
        return self._function(call, scope)

    def _stepped(self, step: queries.Step, call: Call, scope: Scope) -> Found:
        if isinstance(step, queries.Query):
            return Found((), (step,))
        if isinstance(step, queries.Taken):
            if step.query.model is None:
                return NOTHING
            return Found((Held(step.query.model, step.many, "query", step.query, call, scope),))
        return step.found

    def _function(self, call: Call, scope: Scope) -> Found:
        """A constructor, or a function of the project."""
        if last_name(call.callee) not in self._callable:
            return NOTHING
        ev = self.project.evaluator
        found: list[Found] = []
        for value in ev.eval(call.callee, scope):
            if value.kind == "class" and isinstance(value.node, Class):
                model = self.project.models.of_class(value.node)
                found.append(
                    Found((Held(model, False, "constructed", None, call, scope),))
                    if model is not None
                    else NOTHING
                )
            elif value.kind == "function" and isinstance(value.node, Function) and value.scope is not None:
                found.append(self.returned(value.node, value.scope))
            else:
                found.append(NOTHING)
        return _united(found or [NOTHING])

    def returned(self, function: Function, inner: Scope) -> Found:
        """What a function of the project returns; what it declares where its returns cannot be followed."""
        if function.is_generator or inner.yields:
            return NOTHING
        found = NOTHING
        if function.body is not None and inner.returns:
            found = _united(
                [self.of(stmt.value, inner) if stmt.value is not None else Found() for stmt in inner.returns]
            )
        if not found.held and not found.queries and function.returns is not None:
            return self._annotated(function.returns, inner, "declared")
        return Found(
            tuple(msgspec.structs.replace(item, via=(inner, *item.via)) for item in found.held),
            found.queries,
            found.sure,
        )

    def _comprehension(self, expr: Comprehension, scope: Scope) -> Found:
        inner = _inside(scope, expr)
        found = self.of(expr.element, inner)
        held = [msgspec.structs.replace(item, many=True) for item in found.held if not item.many]
        return Found(tuple(held), (), found.sure and bool(held))

    # --- attributes ---------------------------------------------------------------------------------------------

    def _member(self, expr: Member, scope: Scope) -> Found:
        start = queries.start(self, expr, scope)
        if start is not None:
            return Found((), (start,))
        owner = self.of(expr.object, scope)
        held: list[Held] = []
        for item in owner.held:
            relation = item.model.relations.get(expr.name)
            target = self.project.models.target(relation) if relation is not None else None
            if item.many or relation is None or target is None or relation.cardinality is None:
                return NOTHING
            held.append(
                Held(
                    target,
                    relation.cardinality == "many",
                    "relation",
                    None,
                    None,
                    scope,
                    item,
                    expr.name,
                    item.via,
                )
            )
        return Found(tuple(held), (), owner.sure and bool(held))


def _united(parts: list[Found]) -> Found:
    if len(parts) == 1:
        return parts[0]
    return Found(
        tuple(item for part in parts for item in part.held),
        tuple(item for part in parts for item in part.queries),
        all(part.sure for part in parts),
    )


def _inside(scope: Scope, node: Comprehension) -> Scope:
    """The scope of a comprehension."""
    for child in scope.children:
        if child.kind == "comprehension" and child.at[0] <= node.element.at[0] < child.at[1]:
            return child
    return scope
