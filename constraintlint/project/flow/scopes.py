"""Scopes of one file and the names bound in them, with the definitions that reach a use.

Python: module, class, function and comprehension scopes; ``global`` and ``nonlocal``; a class's names are not visible
in its methods. JavaScript/TypeScript: function scopes with hoisted ``var`` and functions; ``let``, ``const`` and
classes are visible in their block only. Assignments made in another function reach every use.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from constraintlint.facts.code import (
    At,
    Call,
    Class,
    ClassExpr,
    Code,
    Constant,
    Define,
    DefineClass,
    Expr,
    Function,
    Hole,
    Lambda,
    Member,
    Name,
    Node,
    Return,
    Stmt,
    Text,
    Yield,
    children,
    walk,
)
from constraintlint.facts.source import ImportedName
from constraintlint.project.flow.values import Branch

N = TypeVar("N", bound=Node)
#: a choice and the bytes it governs
Region = tuple[Branch, int, int]

EVERYWHERE: At = (0, 1 << 60)
#: what has a body of its own
_NESTED = frozenset((Lambda, Function, Define, DefineClass, ClassExpr))


class Bind(msgspec.Struct, gc=True, eq=False):
    """One definition of a name.

    ``kind``: assign, param, function, class, import, with, for, catch, declare (no value). ``keys`` is the way into
    ``value`` of a destructuring target: positions, keys, or ``"*"`` for the rest. ``value`` is evaluated in ``inner``.
    ``remote`` marks an assignment made by another function than the one that owns the name.
    """

    kind: str
    name: str
    at: At
    scope: Scope
    inner: Scope
    value: Expr | None = None
    node: Node | None = None
    keys: tuple[str | int, ...] = ()
    op: str = ""
    annotation: Expr | None = None
    default: Expr | None = None
    regions: tuple[Region, ...] = ()
    index: int = -1
    """of the import, in ``FileFacts.imports``"""
    imported: ImportedName | None = None
    remote: bool = False


class Variable(msgspec.Struct, gc=True, eq=False):
    """All definitions of one name in the stretch of code where it is visible."""

    name: str
    scope: Scope
    visible: At
    binds: list[Bind]


class Scope(msgspec.Struct, gc=True, eq=False):
    """``kind``: module, class, function, comprehension. ``node`` is its Function or Class."""

    kind: str
    path: str
    at: At
    parent: Scope | None
    body: list[Stmt]
    node: Function | Class | None = None
    names: dict[str, list[Variable]] = {}
    children: list[Scope] = []
    returns: list[Return] = []
    yields: list[Yield] = []
    calls: list[Call] = []
    fields: dict[str, list[Bind]] = {}
    """of a class: attributes assigned through ``self`` or ``this``, and parameter properties"""
    passed: tuple[Call, int] | None = None
    """of a function written as an argument: the call and the position"""
    alias: str = ""
    """of a function value: the name it is assigned to"""
    stars: list[int] = []
    """imports of every name, as indices into ``FileFacts.imports``"""
    listed: list[Node] | None = None
    """``records()``, once somebody asked"""

    def records(self) -> list[Node]:
        """Every record of the body in source order; what stands in nested functions and classes left out."""
        if self.listed is None:
            self.listed = []
            stack: list[Node] = list(reversed(self.body))
            while stack:
                node = stack.pop()
                self.listed.append(node)
                if type(node) not in _NESTED:
                    below = children(node)
                    below.reverse()
                    stack += below
        return self.listed

    @property
    def function(self) -> Function | None:
        return self.node if isinstance(self.node, Function) else None

    def enclosing_class(self) -> Scope | None:
        """The class whose ``this`` or ``self`` is in reach; nested functions of Python and arrows pass it on."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "class":
            if scope.has_own_this():
                return None
            scope = scope.parent
        return scope

    def has_own_this(self) -> bool:
        """Whether ``this`` is something else here than around it: a JavaScript ``function`` that is no member of a class."""
        function = self.function
        if function is None or function.kind in ("arrow", "lambda") or self.path.endswith((".py", ".pyi")):
            return False
        return self.parent is not None and self.parent.kind != "class"

    def find(self, name: str, offset: int) -> Variable | None:
        """The variable ``name`` means at ``offset`` in this scope."""
        scope: Scope | None = self
        own = True
        while scope is not None:
            if own or scope.kind != "class":
                found = _visible(scope.names.get(name), offset)
                if found is not None:
                    return found
            own = False
            scope = scope.parent
        return None


class Store(msgspec.Struct, gc=True, eq=False):
    """``owner.name = value`` or ``owner["name"] = value`` for an owner other than ``self``/``this``."""

    owner: Expr
    name: str
    value: Expr
    scope: Scope
    at: At
    regions: tuple[Region, ...]
    path: str


class FileScopes(msgspec.Struct, gc=True, eq=False):
    """The scopes of one file, and what is looked up by name: its calls, tagged templates and attribute assignments."""

    path: str
    module: Scope
    code: Code
    python: bool
    calls: dict[str, list[tuple[Call, Scope]]]
    """by the last name of the callee"""
    tagged: list[tuple[Text, Scope]]
    stores: dict[str, list[Store]]
    by_node: dict[int, Scope]
    """``id`` of a Function or Class -> its scope"""
    kinds: dict[type[Node], list[Node]] | None = None
    """every record by its type, once somebody asked"""

    def of_kind(self, kind: type[N]) -> list[N]:
        """The records of one type, in source order: a walk over the file is made once, for all who look for something."""
        if self.kinds is None:
            self.kinds = {}
            for node in walk(self.code.body):
                known = self.kinds.get(type(node))
                if known is None:
                    self.kinds[type(node)] = [node]
                else:
                    known.append(node)
        return self.kinds.get(kind, [])  # type: ignore[return-value]

    def of_kinds(self, *kinds: type[Node]) -> list[Node]:
        """The records of several types, in source order, outer ones first."""
        found = [node for kind in kinds for node in self.of_kind(kind)]
        found.sort(key=_place)
        return found

    def at(self, offset: int) -> Scope:
        """The innermost scope at a byte offset."""
        scope = self.module
        while True:
            for child in scope.children:
                if child.at[0] <= offset < child.at[1]:
                    scope = child
                    break
            else:
                return scope


def _place(node: Node) -> At:
    return node.at[0], -node.at[1]


def _visible(variables: list[Variable] | None, offset: int) -> Variable | None:
    if not variables:
        return None
    if len(variables) == 1:
        only = variables[0]
        return only if only.visible[0] <= offset < only.visible[1] else None
    best: Variable | None = None
    for variable in variables:
        start, end = variable.visible
        if start <= offset < end and (best is None or end - start < best.visible[1] - best.visible[0]):
            best = variable
    return best


def definition_starts(binds: Iterable[Bind]) -> list[int]:
    return sorted(bind.at[0] for bind in binds)


def any_in(starts: list[int], at: At) -> bool:
    i = bisect_left(starts, at[0])
    return i < len(starts) and starts[i] < at[1]


def key_of(index: Expr) -> str:
    """The key an item is kept under: a constant, or ``#`` and the name of a key object."""
    if isinstance(index, Text) and not any(isinstance(piece, Hole) for piece in index.pieces):
        return "".join([piece.value for piece in index.pieces if not isinstance(piece, Hole)])
    if isinstance(index, Constant):
        return str(index.value)
    if isinstance(index, Name):
        return "#" + index.id
    return "#" + index.name if isinstance(index, Member) else ""
