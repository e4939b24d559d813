"""The neutral form of code: statements and expressions that mean the same in Python, JavaScript and TypeScript.

A frontend lowers a syntax tree to this form once; everything above it reads only this. It keeps what is needed to
follow values: bindings, calls with arguments, member reads, awaits, returns, and the with, loop, branch and try they
stand in. Nothing is dropped: what has no neutral form becomes ``Unknown`` with its sub-expressions as children.

``at`` is ``(start, end)`` in bytes of the file's UTF-8 text; ``Lines`` turns it into lines and columns.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Sequence_
from typing import get_args, get_origin

import msgspec

from constraintlint.facts.source import Span

At = tuple[int, int]


class Node(msgspec.Struct, array_like=True, gc=False):
    """Base of every record that has a place in the file."""

    at: At


# --- expressions ------------------------------------------------------------------------------------------------


class Name(Node, tag="name"):
    """An identifier read or written; also ``this``, ``super``."""

    id: str


class Member(Node, tag="member"):
    """``object.name`` (and ``object?.name``)."""

    object: Expr
    name: str


class Index(Node, tag="index"):
    """``object[index]``; a generic type ``T[A, B]`` / ``T<A, B>`` has a ``tuple`` Sequence as its index."""

    object: Expr
    index: Expr


class Arg(Node, tag="arg"):
    """One argument of a call. ``spread`` is ``""``, ``"*"`` (also JS ``...``) or ``"**"``."""

    value: Expr
    name: str = ""
    spread: str = ""


class Call(Node, tag="call"):
    """``callee(args)``; ``new`` for a JS/TS ``new`` expression, ``type_args`` for ``callee<T>(args)``."""

    callee: Expr
    args: list[Arg]
    new: bool = False
    type_args: list[Expr] = []


class Piece(Node, tag="piece"):
    """A run of constant characters inside a Text.

    One character of ``value`` stands for its own UTF-8 bytes at ``at``; an escape sequence is a piece of its own, so
    a position inside the text maps to a position in the file.
    """

    value: str


class Hole(Node, tag="hole"):
    """An interpolated value inside a Text (f-string, template literal). ``format`` is the conversion/format part.

    ``spec`` holds the values interpolated into the format part itself: ``{price:>{width}}``.
    """

    value: Expr
    format: str = ""
    spec: list[Hole] = []


class Text(Node, tag="text"):
    """A string: literal, implicit concatenation, f-string, template literal.

    ``prefix`` is ``""``, ``"b"`` (bytes), ``"r"`` (raw), ``"t"`` (t-string) or ``"regex"``. ``tag`` is the tag of a tagged template.
    """

    pieces: list[Piece | Hole]
    prefix: str = ""
    tag: Expr | None = None


class Constant(Node, tag="constant"):
    """``kind``: ``bool``, ``int``, ``float``, ``none`` (None, null), ``undefined``, ``ellipsis``."""

    kind: str
    value: bool | int | float | None = None


class Spread(Node, tag="spread"):
    """``*x`` / ``...x`` inside a sequence, ``**x`` / ``...x`` inside a mapping."""

    value: Expr


class Sequence(Node, tag="sequence"):
    """``kind``: ``list`` (also a JS array), ``tuple`` or ``set``. As a target it is a destructuring pattern."""

    kind: str
    items: list[Expr]


class Entry(Node, tag="entry"):
    """``key: value``; ``key`` is None for a spread (``value`` is then the spread value). A plain JS key is a Text.

    ``method`` is set for JS methods, getters and setters (``value`` is a Lambda). In a destructuring pattern
    ``value`` is the target (a Name, a pattern, or AssignExpr for a default).
    """

    key: Expr | None
    value: Expr
    method: bool = False


class Mapping(Node, tag="mapping"):
    """A dict display, an object literal, an object type, or (as a target) an object pattern."""

    entries: list[Entry]


class Binary(Node, tag="binary"):
    """Arithmetic, comparison and boolean operators as written: ``+``, ``%``, ``==``, ``is not``, ``and``, ``&&``, ``??``.

    A chained comparison ``a < b < c`` is ``and`` of two.
    """

    op: str
    left: Expr
    right: Expr


class Unary(Node, tag="unary"):
    """``-``, ``+``, ``~``, ``not``, ``!``, ``typeof``, ``void``, ``delete``, ``keyof``, ``++``, ``--``, ``post++``, ``post--``."""

    op: str
    operand: Expr


class Conditional(Node, tag="conditional"):
    test: Expr
    then: Expr
    other: Expr


class Await(Node, tag="await"):
    value: Expr


class Yield(Node, tag="yield"):
    value: Expr | None
    delegated: bool = False


class AssignExpr(Node, tag="assign-expr"):
    """``(x := v)``, a JS assignment used as an expression (``op`` ``"="``, ``"+="``), or a default in a pattern (``"default"``).

    In a Python ``case`` the op ``as`` binds ``target`` to what matched the pattern ``value``.
    """

    target: Expr
    op: str
    value: Expr


class Lambda(Node, tag="lambda"):
    """A function used as a value: lambda, arrow function, function expression, object method."""

    function: Function


class ClassExpr(Node, tag="class-expr"):
    cls: Class


class Clause(Node, tag="clause"):
    """``for target in iterable if conditions`` of a comprehension."""

    target: Expr
    iterable: Expr
    conditions: list[Expr]
    is_async: bool = False


class Comprehension(Node, tag="comprehension"):
    """``kind``: list, set, dict, generator. ``value`` is set for dict (then ``element`` is the key)."""

    kind: str
    element: Expr
    clauses: list[Clause]
    value: Expr | None = None


class Slice(Node, tag="slice"):
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


class Unknown(Node, tag="unknown"):
    """Syntax without a neutral form; ``children`` are its sub-expressions in source order.

    Kinds that carry a meaning: ``comma`` (the last child is the value), ``chain`` (operands of a very long operator
    chain, or the segments of a very long call chain), ``too-deep``, ``error``, ``jsx``.
    """

    kind: str
    children: list[Expr]


Expr = (
    Name
    | Member
    | Index
    | Call
    | Text
    | Constant
    | Spread
    | Sequence
    | Mapping
    | Binary
    | Unary
    | Conditional
    | Await
    | Yield
    | AssignExpr
    | Lambda
    | ClassExpr
    | Comprehension
    | Slice
    | Unknown
)

# --- statements -------------------------------------------------------------------------------------------------


class Param(Node, tag="param"):
    """``kind``: ``normal``, ``keyword`` (keyword-only), ``rest`` (``*args``, ``...args``), ``kwrest`` (``**kw``).

    ``pattern`` is set for a destructured parameter (``name`` is then ``""``). ``property`` marks a TypeScript
    parameter property (``constructor(private readonly db: Pool)``).
    """

    name: str
    annotation: Expr | None = None
    default: Expr | None = None
    kind: str = "normal"
    pattern: Expr | None = None
    property: bool = False
    decorators: list[Expr] = []


class Function(Node, tag="function"):
    """``kind``: function, method, constructor, getter, setter, arrow, lambda.

    ``body`` is None where the frontend did not lower it because nothing in it can matter. An arrow function with an
    expression body has one Return. ``type_params`` (here, in Class and in Assign) are the parameters of a generic:
    ``annotation`` is the bound, ``kind`` is ``rest`` for ``*Ts`` and ``kwrest`` for ``**P``.
    """

    name: str
    params: list[Param]
    body: list[Stmt] | None
    kind: str = "function"
    decorators: list[Expr] = []
    returns: Expr | None = None
    is_async: bool = False
    is_generator: bool = False
    static: bool = False
    type_params: list[Param] = []


class Class(Node, tag="class"):
    """``bases`` holds bases and keyword arguments (``metaclass=``, ``table=True``); JS has at most one base.

    JS/TS fields are Assign statements in ``body``; ``constructor`` is a Define of kind ``constructor``. An interface
    that a TypeScript class implements is a base named ``implements``.
    ``kind``: class, interface, enum.
    """

    name: str
    bases: list[Arg]
    body: list[Stmt]
    decorators: list[Expr] = []
    kind: str = "class"
    type_params: list[Param] = []


class Assign(Node, tag="assign"):
    """``targets = value``. ``op`` is ``""`` or the operator of an augmented assignment (``+=``).

    ``keyword``: ``""``, ``const``, ``let``, ``var``, ``using``, ``field``, ``static``, ``default`` (``export default``
    of an expression; the target is then ``Name("default")``), ``export=``, ``import=`` (``import A = B.C``), ``type`` (a type alias: ``type X[T] = ...``),
    ``declare`` (a TypeScript field that exists for the type checker only).
    ``value`` is None for a bare annotation or declaration.
    """

    targets: list[Expr]
    value: Expr | None
    op: str = ""
    annotation: Expr | None = None
    keyword: str = ""
    decorators: list[Expr] = []
    type_params: list[Param] = []


class ExprStmt(Node, tag="expr"):
    value: Expr


class Return(Node, tag="return"):
    value: Expr | None


class Raise(Node, tag="raise"):
    value: Expr | None
    cause: Expr | None = None


class If(Node, tag="if"):
    test: Expr
    body: list[Stmt]
    orelse: list[Stmt]


class Loop(Node, tag="loop"):
    """``kind``: ``for`` (Python for, JS for-of), ``for-in``, ``for-c`` (C style), ``while``, ``do``.

    For ``for``/``for-in`` ``target`` and ``iterable`` are set; else ``iterable`` is the test (or None). The
    initialisers of ``for-c`` stand before the loop, its update at the end of ``body``.
    """

    kind: str
    target: Expr | None
    iterable: Expr | None
    body: list[Stmt]
    orelse: list[Stmt] = []
    is_async: bool = False


class WithItem(Node, tag="with-item"):
    value: Expr
    target: Expr | None = None


class With(Node, tag="with"):
    items: list[WithItem]
    body: list[Stmt]
    is_async: bool = False


class Handler(Node, tag="handler"):
    """``types`` is None for a bare ``except`` and for JS ``catch``."""

    types: Expr | None
    name: Expr | None
    body: list[Stmt]


class Try(Node, tag="try"):
    body: list[Stmt]
    handlers: list[Handler]
    orelse: list[Stmt]
    final: list[Stmt]


class Case(Node, tag="case"):
    """``pattern`` is None for ``default``; Python patterns are lowered to the nearest expression."""

    pattern: Expr | None
    guard: Expr | None
    body: list[Stmt]


class Switch(Node, tag="switch"):
    subject: Expr
    cases: list[Case]


class Define(Node, tag="define"):
    function: Function


class DefineClass(Node, tag="define-class"):
    cls: Class


class ImportStmt(Node, tag="import"):
    """Refers to ``FileFacts.imports[index]``."""

    index: int


class Scope(Node, tag="scope"):
    """``global`` / ``nonlocal`` names."""

    kind: str
    names: list[str]


class Jump(Node, tag="jump"):
    """``break``, ``continue``, ``pass``, ``debugger``."""

    kind: str


class Block(Node, tag="block"):
    """Statements grouped: a JS block, a labelled statement (``name`` is ``label:``), a namespace (``A.B``, a module's
    name keeps its quotes, ``global``), a ``static`` block of a class.
    """

    body: list[Stmt]
    name: str = ""


Stmt = (
    Assign
    | ExprStmt
    | Return
    | Raise
    | If
    | Loop
    | With
    | Try
    | Switch
    | Define
    | DefineClass
    | ImportStmt
    | Scope
    | Jump
    | Block
)


#: a byte that continues a character
_CONTINUED = re.compile(rb"[\x80-\xbf]")


class Lines(msgspec.Struct, array_like=True, gc=False):
    """Turns byte offsets of a file's UTF-8 text into lines and columns (code points).

    ``starts`` are the byte offsets at which lines start; ``wide`` are the offsets of the bytes that continue a
    multi-byte character, so that columns can be counted in characters.
    """

    starts: list[int]
    wide: list[int] = []

    @classmethod
    def of(cls, data: bytes) -> Lines:
        starts = [0]
        find = data.find
        i = find(b"\n")
        while i >= 0:
            starts.append(i + 1)
            i = find(b"\n", i + 1)
        wide = [] if data.isascii() else [match.start() for match in _CONTINUED.finditer(data)]
        return cls(starts, wide)

    def position(self, offset: int) -> tuple[int, int]:
        """1-based (line, column) of a byte offset."""
        line = bisect_right(self.starts, offset)
        start = self.starts[line - 1]
        column = offset - start
        if self.wide:
            column -= bisect_right(self.wide, offset - 1) - bisect_right(self.wide, start - 1)
        return line, column + 1

    def span(self, at: At) -> Span:
        return (*self.position(at[0]), *self.position(at[1]))


class Code(msgspec.Struct, array_like=True, gc=False):
    """The module body of a deep file and the map from its byte offsets to lines."""

    body: list[Stmt]
    lines: Lines


def decode(data: bytes) -> Code:
    """Decode the ``code`` field of FileFacts."""
    global _decoder
    if _decoder is None:
        _decoder = msgspec.msgpack.Decoder(Code)
    return _decoder.decode(data)


_decoder: msgspec.msgpack.Decoder[Code] | None = None


# --- walking ----------------------------------------------------------------------------------------------------


def children(node: Node) -> list[Node]:
    """The direct child records of a statement or expression, in field order."""
    kind = type(node)
    read = _children_of.get(kind)
    if read is None:
        read = _children_of[kind] = _reader_of(kind)
    return read(node)


def walk(node: Node | Sequence_[Node]) -> Iterator[Node]:
    """Every record below ``node`` (itself included), depth first in source order, functions and classes included."""
    stack: list[Node] = [node] if isinstance(node, Node) else list(reversed(node))
    pop = stack.pop
    known = _children_of
    while stack:
        current = pop()
        yield current
        read = known.get(type(current))
        below = children(current) if read is None else read(current)
        if below:
            below.reverse()
            stack += below


#: record type -> what gives the child records of one: walks take most of their time there
_children_of: dict[type[Node], Callable[[Node], list[Node]]] = {}


def _reader_of(kind: type[Node]) -> Callable[[Node], list[Node]]:
    """A function made for one type of record: it reads the fields that hold records, by their annotations, and no others."""
    lines = ["def read(node):"]
    single: list[str] = []
    several: list[str] = []
    for field in msgspec.structs.fields(kind):
        if _holds_nodes(field.type):
            (several if _is_list(field.type) else single).append(field.name)
    if not single and not several:
        lines.append("    return []")
    elif len(several) == 1 and not single:
        lines.append(f"    return [*(node.{several[0]} or ())]")
    else:
        lines.append("    found = []")
        for field in msgspec.structs.fields(kind):
            if field.name in several:
                lines.append(f"    found += node.{field.name} or ()")
            elif field.name in single:
                lines += [f"    value = node.{field.name}", "    if value is not None: found.append(value)"]
        lines.append("    return found")
    made: dict[str, Callable[[Node], list[Node]]] = {}
    exec("\n".join(lines), made)  # field names of our own records
    return made["read"]


def _is_list(annotation: object) -> bool:
    """Whether a field holds a list of records, or None."""
    return get_origin(annotation) is list or any(_is_list(part) for part in get_args(annotation))


def _holds_nodes(annotation: object) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, Node)
    return any(_holds_nodes(part) for part in get_args(annotation))
