"""The schemas of an OpenAPI description: JSON Schema as 3.0 and 3.1 have it, made flat enough to be compared with code."""

from __future__ import annotations

from collections.abc import Callable

from constraintlint.facts.contract import Shape, Spot
from constraintlint.frontends.located import Located

Follow = Callable[[Located, str], tuple[Located | None, str, str]]

_MAX_DEPTH = 24
_TYPES = frozenset(("object", "array", "string", "number", "integer", "boolean", "null"))


class Shapes:
    """Reads schemas; one that was read is shared by all that refer to it."""

    def __init__(self, follow: Follow) -> None:
        self._follow = follow
        self._known: dict[int, Shape] = {}
        self._active: set[int] = set()

    def read(self, entry: Located, path: str, depth: int = 0) -> Shape:
        node, file, name = self._follow(entry, path)
        if node is None or depth > _MAX_DEPTH:
            return Shape(Spot(path, entry.line, entry.column), name=name, open=True)
        known = self._known.get(id(node))
        if known is not None:
            return known
        place = Spot(file, node.line, node.column)
        if id(node) in self._active:
            return Shape(place, name=name, open=True)  # it contains itself
        self._active.add(id(node))
        try:
            shape = self._shape(node, file, name, place, depth)
        finally:
            self._active.discard(id(node))
        self._known[id(node)] = shape
        return shape

    def _shape(self, node: Located, path: str, name: str, place: Spot, depth: int) -> Shape:
        if not isinstance(node.value, dict):
            return Shape(place, name=name, open=node.value not in (True, "true"))
        properties = {key: self.read(value, path, depth + 1) for key, value in node.table("properties")}
        required = [str(item.value) for item in node.sequence("required") if isinstance(item.value, str)]
        types = self._types(node)
        items = node.get("items")
        inner = self.read(items, path, depth + 1) if items is not None else None
        is_open = node.get("not") is not None or node.get("if") is not None
        for part in node.sequence("allOf"):
            other = self.read(part, path, depth + 1)
            properties = {**other.properties, **properties}
            required += [key for key in other.required if key not in required]
            types = types or other.types
            inner = inner or other.items
            is_open |= other.open
        for key in ("oneOf", "anyOf"):
            options = [self.read(part, path, depth + 1) for part in node.sequence(key)]
            real = [option for option in options if option.types != ("null",)]
            if len(real) == 1:  # 3.1's way to say nullable
                properties = {**real[0].properties, **properties}
                required += [name for name in real[0].required if name not in required]
                types = types or (*real[0].types, *(("null",) if len(options) > 1 else ()))
                inner = inner or real[0].items
                is_open |= real[0].open
            elif options:
                is_open = True
        if not types and properties:
            types = ("object",)
        return Shape(
            place, types, properties, tuple(required), inner,
            tuple(item.value for item in node.sequence("enum")), node.text("format"), name, is_open,
        )  # fmt: skip

    @staticmethod
    def _types(node: Located) -> tuple[str, ...]:
        """``type`` as a word or a list of words (3.1), with ``nullable`` (3.0)."""
        from constraintlint.frontends.openapi import is_true

        written = node.get("type")
        words: list[object] = (
            [written.value] if written is not None and isinstance(written.value, str) else []
        )
        if written is not None and isinstance(written.value, list):
            words = ["null" if item.value is None else item.value for item in written.items()]
        found = [word for word in words if isinstance(word, str) and word in _TYPES]
        if is_true(node.get("nullable")) and found:
            found.append("null")
        return tuple(dict.fromkeys(found))
