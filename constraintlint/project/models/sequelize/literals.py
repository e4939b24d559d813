"""Object literals as Sequelize reads its options: entries by key through spreads and ``Object.assign``, and constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from constraintlint.facts.code import (
    Call,
    Constant,
    Expr,
    Hole,
    Lambda,
    Mapping,
    Member,
    Name,
    Sequence,
    Text,
)
from constraintlint.project.flow.scopes import Scope

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator
    from constraintlint.project.flow.values import Value

#: spreads and names followed one into another
MAX_DEPTH = 6


class Site(NamedTuple):
    """An expression and the scope it stands in."""

    expr: Expr
    scope: Scope

    @property
    def path(self) -> str:
        return self.scope.path


class Options:
    """The entries of an object. ``complete``: it has no other keys; ``given`` is False where there is no object at all.

    ``unsure`` are keys that something unknown may have changed afterwards.
    """

    __slots__ = ("complete", "entries", "given", "unsure")

    def __init__(
        self,
        entries: dict[str, Site],
        complete: bool,
        given: bool = True,
        unsure: frozenset[str] = frozenset(),
    ) -> None:
        self.entries = entries
        self.complete = complete
        self.given = given
        self.unsure = unsure

    def is_sure(self, name: str) -> bool:
        """Whether what ``get`` says of a key is all there is to it."""
        return self.complete or (name in self.entries and name not in self.unsure)

    def get(self, name: str) -> Site | None:
        return self.entries.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self.entries


NONE = Options({}, True, False)


def read(ev: Evaluator, expr: Expr | None, scope: Scope, depth: int = 0) -> Options:
    """The entries of what ``expr`` is."""
    if expr is None:
        return NONE
    if depth > MAX_DEPTH:
        return Options({}, False)
    if isinstance(expr, Mapping):
        return _of_mapping(ev, expr, scope, depth)
    if isinstance(expr, Call):
        merged = _merged(ev, expr, scope, depth)
        if merged is not None:
            return merged
    return _of_values(ev, expr, scope, depth)


def _of_mapping(ev: Evaluator, mapping: Mapping, scope: Scope, depth: int) -> Options:
    entries: dict[str, Site] = {}
    unsure: set[str] = set()
    complete = True
    for entry in mapping.entries:
        if entry.key is None:
            inner = read(ev, entry.value, scope, depth + 1)
            entries.update(inner.entries)
            if not inner.complete:
                complete = False
                unsure |= entries.keys()
            continue
        key = text_of(entry.key) or _computed(ev, entry.key, scope)
        if key is None:
            complete = False
            unsure |= entries.keys()
        else:
            entries[key] = Site(entry.value, scope)
            unsure.discard(key)
    return Options(entries, complete, True, frozenset(unsure))


def _computed(ev: Evaluator, key: Expr, scope: Scope) -> str | None:
    """A key in brackets that is one constant."""
    if isinstance(key, (Text, Constant)):
        return None
    found = {value.constant for value in ev.eval(key, scope)}
    only = found.pop() if len(found) == 1 else None
    return only if isinstance(only, str) else None


def _merged(ev: Evaluator, call: Call, scope: Scope, depth: int) -> Options | None:
    """``Object.assign(a, b)`` and ``Object.freeze(a)``."""
    callee = call.callee
    if not isinstance(callee, Member) or not isinstance(callee.object, Name) or callee.object.id != "Object":
        return None
    if callee.name not in ("assign", "freeze", "seal"):
        return None
    entries: dict[str, Site] = {}
    complete = True
    for arg in call.args:
        inner = Options({}, False) if arg.spread else read(ev, arg.value, scope, depth + 1)
        entries.update(inner.entries)
        complete = complete and inner.complete
    return Options(entries, complete)


def _of_values(ev: Evaluator, expr: Expr, scope: Scope, depth: int) -> Options:
    entries: dict[str, Site] = {}
    found = [value for value in ev.eval(expr, scope) if not nothing(value)]
    complete = bool(found) or isinstance(expr, Constant)
    unsure: frozenset[str] = frozenset()
    mappings = 0
    for value in found:
        if isinstance(value.node, Mapping) and value.scope is not None and value.kind == "mapping":
            mappings += 1
            inner = _of_mapping(ev, value.node, value.scope, depth + 1)
            entries.update(inner.entries)
            grows = _grows(ev, value)
            complete = complete and inner.complete and not grows
            unsure = unsure | inner.unsure | (inner.entries.keys() if grows else frozenset())
        else:
            complete = False
    if mappings > 1 or mappings < len(found):
        unsure = unsure | entries.keys()
    return Options(entries, complete and mappings <= 1, True, unsure)


def _grows(ev: Evaluator, value: Value) -> bool:
    """Whether the file that makes an object also assigns to it under some name."""
    file = ev.file(value.path)
    if file is None or not isinstance(value.node, Mapping):
        return False
    for stores in file.stores.values():
        for store in stores:
            if isinstance(store.owner, Name) and any(
                owner.node is value.node for owner in ev.eval(store.owner, store.scope)
            ):
                return True
    return False


def nothing(value: Value) -> bool:
    """``null`` and ``undefined``."""
    return value.kind == "constant" and getattr(value.node, "kind", "") in ("none", "undefined")


def text_of(expr: Expr | None) -> str | None:
    """A string literal without holes; also a plain key."""
    if isinstance(expr, Text) and not expr.prefix and expr.tag is None:
        pieces = [piece.value for piece in expr.pieces if not isinstance(piece, Hole)]
        return "".join(pieces) if len(pieces) == len(expr.pieces) else None
    return None


def constant(ev: Evaluator, site: Site | None) -> str | bool | int | float | None:
    """The one constant a value is; None where it is none or may be several."""
    if site is None:
        return None
    plain = text_of(site.expr)
    if plain is not None:
        return plain
    if isinstance(site.expr, Constant):
        return site.expr.value
    found = ev.eval(site.expr, site.scope)
    if len(found) != 1 or found[0].branches or found[0].default_of:
        return None
    return found[0].constant


def string(ev: Evaluator, site: Site | None) -> str | None:
    found = constant(ev, site)
    return found if isinstance(found, str) else None


def boolean(ev: Evaluator, site: Site | None) -> bool | None:
    found = constant(ev, site)
    return found if isinstance(found, bool) else None


def is_undefined(site: Site | None) -> bool:
    return site is None or (isinstance(site.expr, Constant) and site.expr.kind == "undefined")


def spelled(expr: Expr, depth: int = 0) -> str:
    """A type as written: ``DataTypes.STRING(20)``; "" for what is no name."""
    if depth > MAX_DEPTH:
        return ""
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        owner = spelled(expr.object, depth + 1)
        return f"{owner}.{expr.name}" if owner else ""
    if isinstance(expr, Call):
        callee = spelled(expr.callee, depth + 1)
        return (
            f"{callee}({', '.join([spelled(arg.value, depth + 1) for arg in expr.args])})" if callee else ""
        )
    if isinstance(expr, Constant):
        return str(expr.value).lower() if expr.kind == "bool" else str(expr.value)
    if isinstance(expr, Sequence):
        return f"[{', '.join([spelled(item, depth + 1) for item in expr.items])}]"
    plain = text_of(expr)
    return f"'{plain}'" if plain is not None else ""


def last_name(expr: Expr) -> str:
    """The last name of a callee or type: ``STRING`` of ``DataTypes.STRING(20)``."""
    if isinstance(expr, Call):
        expr = expr.callee
    if isinstance(expr, Member) and expr.name == "BINARY" and isinstance(expr.object, (Member, Call)):
        inner = last_name(expr.object)
        return inner if inner.isupper() else expr.name
    return expr.id if isinstance(expr, Name) else expr.name if isinstance(expr, Member) else ""


def lambda_result(expr: Expr) -> Expr | None:
    """What ``() => x`` gives where it is one expression."""
    from constraintlint.facts.code import Return

    if not isinstance(expr, Lambda) or not expr.function.body or len(expr.function.body) != 1:
        return None
    only = expr.function.body[0]
    return only.value if isinstance(only, Return) else None


def positional(call: Call, position: int) -> Expr | None:
    """The argument at a position, None behind a spread."""
    for index, arg in enumerate(call.args[: position + 1]):
        if arg.spread:
            return None
        if index == position:
            return arg.value
    return None
