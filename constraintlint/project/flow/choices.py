"""Sets of values: choices on the way to them, duplicates, and which are certain."""

from __future__ import annotations

from collections.abc import Iterable

from constraintlint.facts.code import Constant
from constraintlint.project.flow.scopes import Region
from constraintlint.project.flow.texts import TextHole, TextPiece
from constraintlint.project.flow.values import Branch, Value

MAX_VALUES = 32
#: kinds of values that are the same whatever led to them
_HANDED = frozenset(("handle", "library", "result"))
#: with more values than this it no longer matters which ways lead to the same one
_MANY = 8
#: choices kept of one value, the outermost
MAX_BRANCHES = 12

Values = tuple[Value, ...]


def is_python(path: str) -> bool:
    return path.endswith((".py", ".pyi"))


def replace(value: Value, branches: tuple[Branch, ...], default_of: str | None = None) -> Value:
    """The same value behind other choices."""
    return Value(
        value.kind,
        value.path,
        value.at,
        value.name,
        value.text,
        value.node,
        value.scope,
        value.base,
        value.call,
        value.caller,
        branches[:MAX_BRANCHES],
        value.default_of if default_of is None else default_of,
    )


def chosen(value: Value, branch: Branch, default_of: str = "") -> Value:
    """The value behind one more choice."""
    return replace(value, (branch, *value.branches), default_of or value.default_of)


def behind(found: Iterable[Value], regions: tuple[Region, ...], offset: int) -> list[Value]:
    """Values defined inside ``regions`` as they are seen at ``offset``: regions around both are no choice."""
    outside = tuple(branch for branch, start, end in regions if not start <= offset < end)
    if not outside:
        return list(found)
    return [replace(value, (*outside, *value.branches)) for value in found]


def known(value: Value) -> bool:
    """Whether something can be done with a value: not unknown, not a bare library name, not None."""
    if value.kind in ("unknown", "library", "result", "package"):
        return False
    return not (value.kind == "constant" and getattr(value.node, "value", None) is None)


def falsy(value: Value, op: str = "or") -> bool:
    """Surely passed over by ``or`` (``??`` passes over null and undefined only)."""
    if value.kind == "text":
        return op != "??" and value.constant == "" and not value.branches
    node = value.node
    if value.kind != "constant" or not isinstance(node, Constant):
        return False
    return node.kind in ("none", "undefined") or (op != "??" and not node.value)


def truthy(value: Value, op: str = "or") -> bool:
    """Surely taken by ``or``."""
    if value.branches or value.default_of:
        return False
    if value.kind == "text":
        return value.text is not None and (bool(value.text.start) or op == "??")
    return value.kind in ("function", "class", "module", "mapping", "sequence")


def tidy(found: Iterable[Value]) -> Values:
    """Without duplicates, at most MAX_VALUES; the same handle in many ways is one."""
    if not isinstance(found, (list, tuple)):
        found = list(found)
    if len(found) < 2:
        return tuple(found)
    if len(found) > _MANY:
        found = _once_each(found)
    kept: list[Value] = []
    seen: set[object] = set()
    for value in found:
        content: object = id(value.node) if value.node is not None else 0
        if value.text is not None:
            content = tuple([_piece(piece) for piece in value.text.pieces])
        choices = tuple([(id(branch.test), branch.taken, branch.label) for branch in value.branches])
        key = (value.kind, value.name, value.path, value.at, content, value.default_of, choices)
        if key not in seen:
            seen.add(key)
            kept.append(value)
            if len(kept) >= MAX_VALUES:
                break
    return tuple(kept)


def _once_each(found: Iterable[Value]) -> list[Value]:
    """Each handle and result once, behind the fewest choices: a query that grows in branches doubles with every one."""
    kept: dict[object, Value] = {}
    for index, value in enumerate(found):
        key = (value.name, value.path, value.at, value.default_of) if value.kind in _HANDED else index
        known = kept.get(key)
        if known is None or len(value.branches) < len(known.branches):
            kept[key] = value
    return list(kept.values())


def _piece(piece: TextPiece | TextHole) -> object:
    return (piece.text if isinstance(piece, TextPiece) else None, piece.path, piece.at)
