"""Where a handler answers, with which status and which body."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Constant, Expr, Member, Name, Unary
from constraintlint.project.handlers.records import Answer, Frame

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader
    from constraintlint.project.routes.records import Route

_STATUS = re.compile(r"HTTP_(\d{3})_")


def answers_of(reader: Reader, route: Route) -> tuple[list[Answer], bool]:
    """The answers of a route's handler, and whether these are all of them."""
    handler = route.handler
    if handler is None or handler.function is None or handler.scope is None or handler.function.body is None:
        return [], False
    reader.start()
    frame = Frame(handler.scope)
    if handler.scope.path.endswith((".py", ".pyi")):
        from constraintlint.project.handlers.answers_python import Python

        python = Python(reader, route)
        python.handler(handler.function, frame)
        return _sorted(python.answers), python.complete
    from constraintlint.project.handlers.answers_javascript import JavaScript

    javascript = JavaScript(reader, route)
    javascript.handler(handler.function, frame)
    return _sorted(javascript.answers), javascript.complete


def _sorted(answers: list[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda answer: (answer.path, answer.at))


def status_of(reader: Reader, expr: Expr | None, frame: Frame) -> int | None:
    """A literal status: ``201``, ``status.HTTP_201_CREATED``, ``HTTPStatus.CREATED``, or an argument that is one."""
    if expr is None:
        return None
    if isinstance(expr, Constant):
        return expr.value if isinstance(expr.value, int) and not isinstance(expr.value, bool) else None
    if isinstance(expr, Unary):
        return None
    if isinstance(expr, Member):
        match = _STATUS.match(expr.name)
        if match is not None:
            return int(match[1])
        owner = expr.object
        named = owner.id if isinstance(owner, Name) else owner.name if isinstance(owner, Member) else ""
        if named == "HTTPStatus" and expr.name in HTTPStatus.__members__:
            return int(HTTPStatus[expr.name])
    found = {
        form.constant
        if form.literal and isinstance(form.constant, int) and not isinstance(form.constant, bool)
        else None
        for form in reader.of(expr, frame)
    }
    only = next(iter(found)) if len(found) == 1 else None
    return only if isinstance(only, int) else None


def named(call: Call) -> str:
    """The last name of what is called."""
    callee = call.callee
    return callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
