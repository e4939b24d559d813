"""What a variable holds while the registering code of an application is carried out step by step.

Strings, numbers, booleans and null are Python's own; everything else is one of the records below. A value that cannot
be known is an ``Unknown``, and what depends on an unknown test is a ``Choice``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from constraintlint.facts.code import At, Call, Class, Expr, Function
from constraintlint.project.flow.scopes import Scope

if TYPE_CHECKING:
    from constraintlint.project.routes.registration.instances import Instance


class Undefined(msgspec.Struct, frozen=True):
    """``undefined``: what a variable holds before anything is put in."""


class Unknown(msgspec.Struct, eq=False):
    """Nothing is known of it. ``why`` says where knowledge ends, ``name`` is how the code calls it.

    ``setting``: it is read from the environment. ``inert``: it comes from a file in which nothing can register anything.
    """

    why: str = ""
    name: str = ""
    setting: bool = False
    inert: bool = False


class Partial(msgspec.Struct, eq=False):
    """A string of which the first characters are known."""

    start: str


class Choice(msgspec.Struct, eq=False):
    """One of several values."""

    options: list[Value]


class FilePath(msgspec.Struct, eq=False):
    """A path of the checked root, made out of ``__dirname`` and the like."""

    path: str


class Pattern(msgspec.Struct, eq=False):
    """A regular expression, as written between its slashes."""

    source: str


class Array(msgspec.Struct, eq=False):
    """``open``: it may have more items than these."""

    items: list[Value]
    open: bool = False


class Object(msgspec.Struct, eq=False):
    """An object of a class of the project, or a plain one. ``open``: it may have more properties than these."""

    properties: dict[str, Value]
    cls: ClassValue | None = None
    open: bool = False


class Environment(msgspec.Struct, eq=False):
    """The names of a block, a function or a module. ``depth`` counts the open branches where it was made."""

    names: dict[str, Value]
    parent: Environment | None
    path: str
    this: Value | None = None
    is_function: bool = False
    depth: int = 0
    home: ClassValue | None = None
    """the class whose method runs here, for ``super``"""

    def owner(self, name: str) -> Environment | None:
        found: Environment | None = self
        while found is not None and name not in found.names:
            found = found.parent
        return found

    def receiver(self) -> Value:
        found: Environment | None = self
        while found is not None:
            if found.this is not None:
                return found.this
            found = found.parent
        return Undefined()

    def method_class(self) -> ClassValue | None:
        found: Environment | None = self
        while found is not None and found.home is None:
            found = found.parent
        return found.home if found is not None else None


class Closure(msgspec.Struct, eq=False):
    """A function of the project with the names it can see. ``inside`` is the function it wraps, if it was made around one."""

    function: Function
    environment: Environment
    this: Value | None = None
    home: ClassValue | None = None
    name: str = ""
    inside: Closure | None = None
    properties: dict[str, Value] = {}

    @property
    def path(self) -> str:
        return self.environment.path


class Getter(msgspec.Struct, eq=False):
    """A property that a function gives when it is asked for: ``Object.defineProperty(exports, "x", { get() {} })``."""

    closure: Closure


class ClassValue(msgspec.Struct, eq=False):
    """A class of the project. ``statics`` are what belongs to the class itself."""

    cls: Class
    environment: Environment
    base: Value | None = None
    statics: dict[str, Value] = {}
    methods: dict[str, Function] = {}


class Library(msgspec.Struct, eq=False):
    """Something of a package, a runtime or the language: ``express#Router``, ``Object.entries``. ``owner`` is what a method belongs to."""

    name: str
    owner: Value | None = None


class Made(msgspec.Struct, eq=False):
    """What a call of a library gave. ``name`` is the function's name."""

    name: str
    args: list[Value]
    site: Site | None = None


class Module(msgspec.Struct, eq=False):
    """A module of the project, as ``import * as`` binds it."""

    path: str


class Site(msgspec.Struct, eq=False):
    """A call in the code. ``conditional``: it stands in a branch that may not be taken."""

    path: str
    call: Call
    scope: Scope | None
    conditional: bool = False

    @property
    def at(self) -> At:
        return self.call.at

    def expr(self, position: int) -> Expr | None:
        """The expression given at a position; None where a spread came before."""
        if any(arg.spread for arg in self.call.args[: position + 1]):
            return None
        return self.call.args[position].value if position < len(self.call.args) else None


if TYPE_CHECKING:
    Plain: TypeAlias = str | int | float | bool | Undefined | None
    Data: TypeAlias = Unknown | Partial | Choice | FilePath | Pattern | Array | Object | Getter
    Code: TypeAlias = Closure | ClassValue | Library | Made | Module | Instance
    Value: TypeAlias = Data | Code | Plain

UNDEFINED = Undefined()
#: values kept of one choice
MAX_OPTIONS = 6


def options(value: Value) -> list[Value]:
    """What a value can be, one by one."""
    return value.options if isinstance(value, Choice) else [value]


def choice(values: list[Value]) -> Value:
    """One of ``values``; ``undefined`` is left out where there is anything else."""
    found: list[Value] = []
    for value in values:
        for option in options(value):
            if not any(_same(option, other) for other in found):
                found.append(option)
    defined: list[Value] = [value for value in found if not isinstance(value, Undefined)]
    found = defined or found
    if not found:
        return UNDEFINED
    return found[0] if len(found) == 1 else Choice(found[:MAX_OPTIONS])


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, (str, int, float)) or one is None:
        return type(one) is type(other) and one == other
    if isinstance(one, Closure) and isinstance(other, Closure):
        return one.function is other.function and one.environment is other.environment
    return one is other or (isinstance(one, Undefined) and isinstance(other, Undefined))


def truth(value: Value) -> bool | None:
    """Whether a value counts as true; None where that is unknown."""
    if isinstance(value, (str, bool, int, float)) or value is None:
        return bool(value)
    if isinstance(value, Undefined):
        return False
    if isinstance(value, Choice):
        found = {truth(option) for option in value.options}
        return found.pop() if len(found) == 1 else None
    if isinstance(value, Partial):
        return True if value.start else None
    if isinstance(value, (Unknown, Library, Made)):
        return None
    return True


def is_function(value: Value) -> bool:
    return isinstance(value, Closure)
