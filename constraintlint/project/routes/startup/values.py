"""What an expression of start-up code can be. Strings, numbers, lists, tuples, dicts and sets are Python's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from constraintlint.facts.code import At, Call, Class, Expr, Function

if TYPE_CHECKING:
    from constraintlint.project.routes.records import Guard
    from constraintlint.project.routes.startup.machine import Machine

Value = Any
"""a Python constant or container, or one of the classes of this module"""


class Blank:
    """Not known. ``prefix`` is how a text that is not known to its end begins."""

    __slots__ = ("prefix", "reason")

    def __init__(self, reason: str = "its value is not known", prefix: str = "") -> None:
        self.reason = reason
        self.prefix = prefix


UNKNOWN = Blank()


class Missing:
    """No such attribute."""


MISSING = Missing()


class Environment:
    """The names of one module, class body or call. A class body is no environment of the functions in it."""

    __slots__ = ("doubtful", "kind", "names", "outer", "owner", "parent")

    def __init__(self, kind: str, parent: Environment | None, owner: Value = None) -> None:
        self.kind = kind
        self.parent = parent
        self.owner = owner
        self.names: dict[str, Value] = {}
        self.outer: dict[str, Environment] = {}
        """names declared ``global`` or ``nonlocal``, and where they live"""
        self.doubtful: set[str] = set()
        """names whose value follows from the environment the program is started in"""

    def holder(self, name: str) -> Environment | None:
        """The environment a name is read from."""
        if name in self.outer:
            return self.outer[name]
        found: Environment | None = self
        while found is not None:
            if name in found.names and (found is self or found.kind != "class"):
                return found
            found = found.parent
        return None

    @property
    def module(self) -> Environment:
        found = self
        while found.parent is not None:
            found = found.parent
        return found


class Module:
    """A module of the project. ``ready`` is False while its body has not been executed."""

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name
        self.env = Environment("module", None, self)
        self.state = "new"


class Lazy:
    """A name imported from a module that is not read before somebody asks for it."""

    __slots__ = ("name", "path", "specifier")

    def __init__(self, path: str, specifier: str, name: str) -> None:
        self.path = path
        self.specifier = specifier
        self.name = name


class Library:
    """A name of a library: ``flask.Flask``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Opaque:
    """What a call of a library gives, or an attribute of it: ``name`` tells how it was come by."""

    __slots__ = ("args", "attrs", "name")

    def __init__(self, name: str, args: Arguments | None = None) -> None:
        self.name = name
        self.args = args
        self.attrs: dict[str, Value] = {}


class FunctionValue:
    """A function or lambda of the project, with the names around it. ``wraps`` is set by ``functools.wraps``."""

    def __init__(self, node: Function, path: str, env: Environment) -> None:
        self.node = node
        self.path = path
        self.env = env
        self.defaults: dict[str, Value] = {}
        self.attrs: dict[str, Value] = {}
        self.owner: ClassValue | None = None
        self.wraps: Value = None
        self.kind = ""
        """``static``, ``class`` or ``property`` where a decorator made it one"""

    @property
    def name(self) -> str:
        return self.node.name or "<lambda>"


class Method:
    """A function bound to an instance or class."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: Value, receiver: Value) -> None:
        self.function = function
        self.receiver = receiver


class Decorated:
    """What decorators made of a function or class: ``original`` is that, ``value`` what a call runs."""

    def __init__(self, original: Value, value: Value, guards: tuple[Guard, ...]) -> None:
        self.original = original
        self.value = value
        self.guards = guards
        self.attrs: dict[str, Value] = {}


class ClassValue:
    def __init__(self, node: Class, path: str, env: Environment, bases: list[Value]) -> None:
        self.node = node
        self.path = path
        self.env = env
        self.bases = bases
        self.attrs: dict[str, Value] = {}
        self.decorators: list[Guard] = []
        self.keywords: dict[str, Value] = {}
        self._order: list[Value] | None = None

    @property
    def name(self) -> str:
        return self.node.name

    def order(self) -> list[Value]:
        """The class and its bases in method resolution order (C3, a plain walk where that has none)."""
        if self._order is None:
            self._order = [self]  # a class that derives from itself through a broken program
            self._order = _linear(self)
        return self._order

    def is_a(self, *names: str) -> bool:
        """Whether it derives from one of these library classes."""
        return any(isinstance(base, Library) and base.name in names for base in self.order())

    def is_open(self) -> bool:
        """Whether a base is not known."""
        return any(not isinstance(base, (ClassValue, Library)) for base in self.order())


def _linear(cls: ClassValue) -> list[Value]:
    rows = [list(base.order()) if isinstance(base, ClassValue) else [base] for base in cls.bases]
    rows.append(list(cls.bases))
    found: list[Value] = [cls]
    while rows := [row for row in rows if row]:
        for row in rows:
            head = row[0]
            if not any(_same(head, other) for tail in rows for other in tail[1:]):
                break
        else:
            head = rows[0][0]
        found.append(head)
        rows = [[item for item in row if not _same(item, head)] for row in rows]
    return found


def _same(first: Value, second: Value) -> bool:
    if isinstance(first, Library) and isinstance(second, Library):
        return first.name == second.name
    return first is second


class Instance:
    """An object of a class of the project. ``native`` is the library object it also is, once that is made."""

    def __init__(self, cls: ClassValue, made: Arguments | None = None) -> None:
        self.cls = cls
        self.attrs: dict[str, Value] = {}
        self.native: Native | None = None
        self.made = made


class Super:
    __slots__ = ("after", "receiver")

    def __init__(self, after: ClassValue, receiver: Value) -> None:
        self.after = after
        self.receiver = receiver


class Arguments:
    """The arguments of a call as values, and where it stands. ``open`` tells that there may be more than these."""

    __slots__ = ("args", "at", "env", "exprs", "kwargs", "node", "open", "path")

    def __init__(
        self,
        path: str,
        at: At,
        args: list[Value] | None = None,
        kwargs: dict[str, Value] | None = None,
        node: Call | None = None,
        env: Environment | None = None,
    ) -> None:
        self.path = path
        self.at = at
        self.args: list[Value] = args or []
        self.kwargs: dict[str, Value] = kwargs or {}
        self.exprs: dict[int | str, Expr] = {}
        self.node = node
        self.env = env
        self.open = False

    def get(self, position: int | None, name: str, default: Value = None) -> Value:
        """An argument by name or position."""
        if name in self.kwargs:
            return self.kwargs[name]
        if position is not None and position < len(self.args):
            return self.args[position]
        return UNKNOWN if self.open and default is None else default

    def has(self, position: int | None, name: str) -> bool:
        return name in self.kwargs or (position is not None and position < len(self.args))

    def expr(self, position: int | None, name: str) -> Expr | None:
        return self.exprs.get(name) or (self.exprs.get(position) if position is not None else None)


class Native:
    """An object of a library as a reader models it. A method ``do_name`` is the library's ``name``."""

    decoratable = False
    """whether it is a view, which a decorator can be put around"""

    def __init__(self) -> None:
        self.attrs: dict[str, Value] = {}

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in self.attrs:
            return self.attrs[name]
        method = getattr(self, f"do_{name}", None)
        if method is not None:
            return Builtin(method, name)
        return MISSING

    def set(self, machine: Machine, name: str, value: Value) -> None:
        self.attrs[name] = value

    def call(self, machine: Machine, args: Arguments) -> Value:
        return UNKNOWN

    def handed_over(self, machine: Machine, args: Arguments) -> None:
        """Something that is not known was called with it, and may have done anything to it."""


class Builtin:
    """A function of a library (or of Python) that is carried out here."""

    __slots__ = ("name", "run")

    def __init__(self, run: Callable[[Machine, Arguments], Value], name: str = "") -> None:
        self.run = run
        self.name = name


def is_known(value: Value) -> bool:
    return not isinstance(value, (Blank, Opaque, Missing))


def innermost(value: Value) -> Value:
    """The function or class behind decorators, wrappers and binding."""
    for _ in range(40):
        if isinstance(value, Decorated):
            value = value.original
        elif isinstance(value, Method):
            value = value.function
        elif isinstance(value, FunctionValue) and value.wraps is not None:
            value = value.wraps
        else:
            break
    return value
