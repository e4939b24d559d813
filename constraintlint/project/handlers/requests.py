"""What a handler takes of the JSON body of its request: the keys of the outermost object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import At
from constraintlint.project.handlers.records import Frame, Reading

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader
    from constraintlint.project.routes.records import Route

OPEN = Reading(open=True)


class Taken:
    """Keys as they are found; ``open`` once the body goes where it cannot be followed."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, At]] = {}
        self.open = False

    def take(self, key: str | None, path: str, at: At) -> None:
        if key is None:
            self.open = True
        else:
            self.keys.setdefault(key, (path, at))

    def reading(self) -> Reading:
        return Reading(self.keys, self.open)


def reading_of(reader: Reader, route: Route) -> Reading:
    """What the handler of a route (and the validator before it) takes of the body."""
    handler = route.handler
    if handler is None or handler.function is None or handler.scope is None or handler.function.body is None:
        return OPEN
    reader.start()
    if route.framework in ("fastapi",):
        from constraintlint.project.handlers.requests_fastapi import signature

        found = signature(reader, route, handler.function, handler.scope)
        if found is not None:
            return found
    from constraintlint.project.handlers.request_uses import Uses

    uses = Uses(reader, route)
    uses.guards()
    uses.function(handler.function, Frame(handler.scope), root=True)
    return uses.taken.reading()
