"""Holds what a handler answers against the shape the contract promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from constraintlint.checks.contract._operations import (
    alters,
    answered,
    promised,
    renders_itself,
    successes,
)
from constraintlint.facts.contract import Operation, Shape
from constraintlint.project import Project
from constraintlint.project.handlers.forms import Reader
from constraintlint.project.handlers.records import Answer, Form, Forms
from constraintlint.project.routes.records import Route

_MAX_DEPTH = 5
#: keys of a message about an error
_ERROR_KEYS = frozenset(
    (
        "error",
        "errors",
        "message",
        "msg",
        "detail",
        "details",
        "code",
        "status",
        "statusCode",
        "success",
        "ok",
    )
)


class Difference(msgspec.Struct, frozen=True, eq=False):
    """``envelope``: the outermost key is not there, or an array stands for an object. ``fields``: required keys are missing.

    ``trail`` leads to the object (``article.author``, ``[]`` for the elements of an array); ``form`` is what is there instead.
    """

    kind: Literal["envelope", "fields"]
    names: tuple[str, ...]
    trail: str
    form: Form
    shape: Shape


def compared(project: Project) -> Iterator[tuple[Operation, Route, Answer, Difference]]:
    """Where the answers of success differ from the declared contract; nothing where a layer above alters them."""
    if project.contract is None or renders_itself(project):
        return
    for operation, route in answered(project):
        if alters(route):
            continue
        for answer in successes(project, route):
            assert answer.status is not None
            shape = promised(operation, answer.status)
            if shape is not None:
                for item in _compare(project.handlers.reader, answer.forms, shape, "", 0):
                    yield operation, route, answer, item


def _compare(reader: Reader, forms: Forms, shape: Shape, trail: str, depth: int) -> Iterator[Difference]:
    if depth > _MAX_DEPTH or shape.open:
        return
    known = [form for form in forms if not _is_null(form)]
    if not known or any(
        form.kind == "unknown" or form.open or form.made_of == "namedtuple" for form in known
    ):
        return
    if "object" in shape.types or shape.properties:
        yield from _object(reader, known, shape, trail, depth)
    elif "array" in shape.types and shape.items is not None and all(form.kind == "array" for form in known):
        items = tuple(item for form in known for item in (reader.item_of((form,)) if form.items else ()))
        if items:
            yield from _compare(reader, items, shape.items, f"{trail}[]", depth + 1)


def _is_null(form: Form) -> bool:
    return form.kind == "value" and form.literal and form.constant is None


def _object(reader: Reader, known: list[Form], shape: Shape, trail: str, depth: int) -> Iterator[Difference]:
    if all(form.kind == "array" for form in known):
        if not trail and shape.types in ((), ("object",)) and shape.properties:
            lists = [name for name, inner in shape.properties.items() if "array" in inner.types]
            yield Difference("envelope", tuple(lists[:1] or list(shape.required)[:1]), trail, known[0], shape)
        return
    if any(form.kind != "object" for form in known):
        return
    objects = [form for form in known if trail or not _is_error(form, shape)]
    if not objects:
        return
    envelope = shape.envelope() if not trail else ""
    missing = [name for name in shape.required if all(name not in form.keys for form in objects)]
    if envelope and missing == [envelope]:
        inner = shape.properties[envelope]
        if any(set(form.keys) & inner.properties.keys() for form in objects) or not inner.properties:
            yield Difference("envelope", (envelope,), trail, objects[0], shape)
            return
    if missing:
        yield Difference("fields", tuple(missing), trail, objects[0], shape)
    for name, inner in shape.properties.items():
        if all(name in form.keys for form in objects):
            found = tuple(item for form in objects for item in reader.key(form, name))
            yield from _compare(reader, found, inner, f"{trail}.{name}" if trail else name, depth + 1)


def _is_error(form: Form, shape: Shape) -> bool:
    """A message about an error that is sent with the status of success."""
    return bool(form.keys) and set(form.keys) <= _ERROR_KEYS and not set(form.keys) & shape.properties.keys()
