"""What a handler reads of its request and answers with, the same for every framework."""

from __future__ import annotations

from typing import Literal

import msgspec

from constraintlint.facts.code import At, Expr
from constraintlint.project.flow.scopes import Scope


class Frame(msgspec.Struct, eq=False):
    """A function as it is called at one place: the arguments of its parameters, and the frame it was written in."""

    scope: Scope
    given: dict[int, Given] = {}
    """position of a parameter -> what it is given here"""
    outer: Frame | None = None
    depth: int = 0

    def inside(self, scope: Scope) -> Frame:
        """The frame of something written inside this function: a callback, a comprehension."""
        return Frame(scope, {}, self, self.depth + 1)

    def of(self, scope: Scope) -> Frame | None:
        """The frame of the function (around this one) whose scope is ``scope``."""
        frame: Frame | None = self
        while frame is not None and frame.scope is not scope:
            frame = frame.outer
        return frame


class Part(msgspec.Struct, frozen=True, eq=False):
    """An expression of a frame, looked at only where somebody asks."""

    expr: Expr
    frame: Frame
    item: bool = False
    """what iterating over it gives"""
    annotation: bool = False
    """``expr`` is a type: what its instances look like"""


class Form(msgspec.Struct, frozen=True, eq=False):
    """What a value looks like as JSON.

    ``keys`` of an object; ``open``: it may have others as well, or lack these. ``items`` of an array (any one of them).
    ``constant`` is the Python value of a literal, of kind ``value``. ``path`` and ``at`` are where it is made.
    """

    kind: Literal["object", "array", "value", "unknown"]
    path: str = ""
    at: At = (0, 0)
    keys: dict[str, Part | Forms] = {}
    open: bool = False
    items: tuple[Part | Forms, ...] = ()
    literal: bool = False
    constant: object = None
    made_of: str = ""
    """of an object: the library its class is one of (``pydantic``, ``dataclass``, ``msgspec``, ``namedtuple``, ``serializer``)"""
    names: dict[str, str] = {}
    """of an object: attribute -> key, where they differ"""


Forms = tuple[Form, ...]
"""All that a value can look like; more than one where branches differ"""
Given = Part | Forms

UNKNOWN = Form("unknown", open=True)


class Answer(msgspec.Struct, frozen=True, eq=False):
    """One place where a handler answers. ``status`` is None where it is not literal; ``forms`` is empty where there is no JSON body."""

    status: int | None
    forms: Forms
    path: str
    at: At


class Reading(msgspec.Struct, frozen=True, eq=False):
    """What a handler takes of the JSON body: ``keys`` of the outermost object -> where they are read.

    ``open``: it may take others as well. ``required`` are those it cannot do without.
    """

    keys: dict[str, tuple[str, At]] = {}
    open: bool = False


class HandlerFacts(msgspec.Struct, frozen=True, eq=False):
    """``complete``: every place where the handler answers was found."""

    answers: tuple[Answer, ...] = ()
    reading: Reading = Reading(open=True)
    complete: bool = False
