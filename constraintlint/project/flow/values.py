"""What an expression can be: constants, strings, settings from the environment, library objects, project code.

    from constraintlint.project.flow.values import possible_values

    for value in possible_values(project, path, call.args[0].value):
        if value.kind == "text" and value.text.constant ...

``possible_values`` follows names through scopes, branches, imports, calls of project functions, class attributes,
settings classes, object properties and JSON files. It is bounded, cycle-safe and memoised on the project; what it
cannot follow is a value of kind ``unknown``, so an empty list never means "nothing".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.code import At, Call, Expr, Node
from constraintlint.facts.source import Span
from constraintlint.project.flow.texts import BuiltText

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.flow.scopes import Scope

ValueKind = Literal[
    "text",  # a string: ``text``
    "constant",  # a number, boolean, None/null or undefined: ``node`` is the Constant
    "mapping",  # a dict or object literal: ``node`` is the Mapping
    "sequence",  # a list, tuple, set or array literal: ``node`` is the Sequence
    "function",  # a function of the project: ``node`` is the Function
    "class",  # a class of the project: ``node`` is the Class
    "object",  # an instance of a class of the project: ``node`` is the Class, ``call`` what made it
    "module",  # a module of the project: ``name`` is its path
    "package",  # a dotted Python package bound by ``import a.b``: ``name`` is the part bound so far
    "library",  # a name of a library: ``name`` is its qualified name
    "handle",  # an instance of a library type that the signatures know: ``name`` is the type
    "result",  # what a call of a library function gives: ``name`` is the function's name and ``()``
    "env",  # read from the environment: ``name`` is the variable
    "unknown",
]


class Branch(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A choice on the way to a value: the value is taken where ``test`` has come out as ``taken``.

    ``kind``: ``if`` (also conditional expressions), ``or`` (the right side of ``or``, ``||``, ``??``: taken where ``test``, the
    left side, is missing), ``case`` (of a switch or match), ``except``, ``loop`` (a body that may not run), ``key`` (one entry of
    a mapping looked up by an unknown key: ``label`` is the entry's key).
    """

    kind: str
    path: str
    test: Expr | None
    taken: bool = True
    label: str = ""


class Value(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One thing an expression can be. ``path`` and ``at`` are where the value itself stands (the literal, the call, the
    annotation; for something of a library the import, or (0, 0) where it came through another module).

    ``branches`` are the choices on the way, innermost last; empty where the value is certain. ``default_of`` is the
    environment variable this value stands in for when the variable is not set.
    """

    kind: ValueKind
    path: str
    at: At
    name: str = ""
    text: BuiltText | None = None
    node: Node | None = None
    scope: Scope | None = None
    base: Value | None = None
    """what a bound method or the result of a method belongs to"""
    call: Call | None = None
    """the call that gives an ``object``, a ``handle`` or a ``result``; its arguments are evaluated in ``caller``"""
    caller: Scope | None = None
    branches: tuple[Branch, ...] = ()
    default_of: str = ""

    @property
    def constant(self) -> str | bool | int | float | None:
        """The Python value of a constant or a string without holes, else None."""
        if self.text is not None:
            return self.text.constant
        return getattr(self.node, "value", None) if self.kind == "constant" else None


def possible_values(project: Project, path: str, expr: Expr, scope: Scope | None = None) -> list[Value]:
    """Everything ``expr`` of ``code(path)`` can be, in source order, without duplicates; at least one value.

    ``scope`` is the scope the expression stands in; it is found by the expression's place where it is not given.
    An environment lookup with a default gives the ``env`` value and then its defaults with ``default_of`` set. A
    parameter gives the arguments of the calls found in the project, its default, or what its annotation names.
    """
    return list(project.evaluator.values(path, expr, scope))


def resolve_name(project: Project, path: str, name: str, scope: Scope | None = None) -> list[Value]:
    """What ``name`` can be at the end of ``scope`` (the module's top level where none is given); imports followed."""
    return list(project.evaluator.name_values(path, name, scope))


def exported_values(project: Project, path: str, name: str) -> list[Value]:
    """What another module gets when it takes ``name`` from ``path`` (``default`` for the default export, JS/TS)."""
    return list(project.evaluator.exported(path, name))


def object_entries(project: Project, value: Value) -> dict[str, list[Value]]:
    """The known keys of a ``mapping`` value (spreads included) and what each can be; empty for other kinds."""
    return project.evaluator.entries(value)


def place(project: Project, path: str, at: At) -> Span:
    """Lines and columns of a value's ``at``, also in a JSON file that was followed."""
    return project.evaluator.span(path, at)


def environment_names(project: Project, branch: Branch) -> list[str]:
    """The environment variables a branch's test reads, in source order."""
    return project.evaluator.environment_names(branch)
