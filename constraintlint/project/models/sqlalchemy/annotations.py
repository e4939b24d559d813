"""``Mapped[...]`` and the annotations of SQLModel: the type inside, whether it may be None, whether it is a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import Binary, Constant, Expr, Index, Member, Name, Sequence, Text
from constraintlint.facts.source import ImportedName
from constraintlint.project.flow import type_hints
from constraintlint.project.flow.scopes import Bind, Scope
from constraintlint.project.graph import Edge
from constraintlint.project.models.sqlalchemy.reading import last_name, literal

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: the generic attributes of ``sqlalchemy.orm``; the last two are collections
MAPPED = frozenset(("Mapped", "WriteOnlyMapped", "DynamicMapped"))
_ORM_ONLY = frozenset(("AssociationProxy", "SQLORMExpression"))
_COLLECTIONS = frozenset(
    ["list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "MutableSequence", "Collection", "Iterable",
     "MutableSet", "AbstractSet", "KeyFuncDict", "OrderingList", "AppenderQuery", "InstrumentedList", "WriteOnlyCollection"]
)  # fmt: skip
_MAPPINGS = frozenset(("dict", "Dict", "Mapping", "MutableMapping"))
MAX_DEPTH = 8


class Annotation(msgspec.Struct, frozen=True, eq=False):
    """What an annotation says. ``core`` is the type without wrappers, standing in ``scope``; ``wrapper`` the generic
    attribute around it, "" where there is none; ``extra`` the metadata of ``Annotated`` (a ``mapped_column(...)``)."""

    core: Expr
    scope: Scope
    wrapper: str = ""
    optional: bool = False
    many: bool = False
    extra: tuple[tuple[Expr, Scope], ...] = ()

    @property
    def name(self) -> str:
        return last_name(self.core)


def read(ev: Evaluator, annotation: Expr, scope: Scope) -> Annotation:
    """Take an annotation apart."""
    return _read(ev, annotation, scope, 0)


def _read(ev: Evaluator, expr: Expr, scope: Scope, depth: int) -> Annotation:
    if depth > MAX_DEPTH:
        return Annotation(expr, scope)
    if isinstance(expr, Text):
        text = literal(expr)
        parsed = ev.parsed(expr, lambda: type_hints.parse(text or "", expr.at))
        return _read(ev, parsed, scope, depth + 1) if parsed is not None else Annotation(expr, scope)
    if isinstance(expr, Binary) and expr.op == "|":
        return _union(ev, [expr.left, expr.right], expr, scope, depth)
    if isinstance(expr, Index):
        return _generic(ev, expr, scope, depth)
    alias = _alias(ev, expr, scope) if isinstance(expr, (Name, Member)) else None
    return _read(ev, *alias, depth + 1) if alias is not None else Annotation(expr, scope)


def _generic(ev: Evaluator, expr: Index, scope: Scope, depth: int) -> Annotation:
    name = last_name(expr.object)
    index = expr.index
    items = index.items if isinstance(index, Sequence) and index.kind == "tuple" else [index]
    if not items:
        return Annotation(expr, scope)
    if name in MAPPED or name in _ORM_ONLY:
        inner = _read(ev, items[0], scope, depth + 1)
        return msgspec.structs.replace(
            inner, wrapper=name, many=inner.many or name not in ("Mapped", *_ORM_ONLY)
        )
    if name == "Optional":
        return msgspec.structs.replace(_read(ev, items[0], scope, depth + 1), optional=True)
    if name == "Union":
        return _union(ev, items, expr, scope, depth)
    if name in _COLLECTIONS:
        return msgspec.structs.replace(_read(ev, items[0], scope, depth + 1), many=True)
    if name in _MAPPINGS:
        return msgspec.structs.replace(_read(ev, items[-1], scope, depth + 1), many=True)
    if name == "Annotated":
        inner = _read(ev, items[0], scope, depth + 1)
        return msgspec.structs.replace(inner, extra=(*((item, scope) for item in items[1:]), *inner.extra))
    if name in ("ClassVar", "Final"):
        return msgspec.structs.replace(_read(ev, items[0], scope, depth + 1), wrapper=name)
    return Annotation(expr.object, scope)


def _union(ev: Evaluator, items: list[Expr], whole: Expr, scope: Scope, depth: int) -> Annotation:
    kept: list[Expr] = []
    optional = False
    for item in items:
        if (isinstance(item, Constant) and item.kind == "none") or (
            isinstance(item, Name) and item.id == "None"
        ):
            optional = True
        else:
            kept.append(item)
    if len(kept) != 1:
        parts = [_read(ev, item, scope, depth + 1) for item in kept]
        return Annotation(whole, scope, optional=optional or any(part.optional for part in parts))
    inner = _read(ev, kept[0], scope, depth + 1)
    return msgspec.structs.replace(inner, optional=optional or inner.optional)


def _alias(ev: Evaluator, expr: Name | Member, scope: Scope) -> tuple[Expr, Scope] | None:
    """``intpk = Annotated[int, mapped_column(primary_key=True)]``: the annotation behind a name, also of another module."""
    if isinstance(expr, Member):
        for owner in ev.eval(expr.object, scope):
            if owner.kind == "module":
                return _in_module(ev, owner.name, expr.name, 0)
        return None
    variable = scope.find(expr.id, expr.at[0])
    binds = variable.binds if variable is not None else []
    return _bound(ev, binds[0], 0) if len(binds) == 1 else None


def _bound(ev: Evaluator, bind: Bind, depth: int) -> tuple[Expr, Scope] | None:
    if bind.kind == "assign" and isinstance(bind.value, (Index, Binary)):
        return bind.value, bind.inner
    if bind.kind == "import" and isinstance(bind.imported, ImportedName) and depth < MAX_DEPTH:
        facts = ev.project.facts(bind.inner.path)
        for target in (
            ev.index.targets(bind.inner.path, facts.imports[bind.index], bind.imported) if facts else ()
        ):
            if isinstance(target, Edge):
                return _in_module(ev, target.origin or target.target, bind.imported.name, depth + 1)
    return None


def _in_module(ev: Evaluator, path: str, name: str, depth: int) -> tuple[Expr, Scope] | None:
    file = ev.file(path)
    variables = file.module.names.get(name) if file is not None else None
    binds = variables[0].binds if variables else []
    return _bound(ev, binds[0], depth) if len(binds) == 1 else None
