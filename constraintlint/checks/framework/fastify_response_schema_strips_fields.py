"""A response schema of Fastify names an object without its properties: the serializer leaves every field out."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.facts.code import Call, Constant, Expr, Mapping, Sequence
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.routes.records import Route
from constraintlint.roles import is_test

RULE = "fastify-response-schema-strips-fields"
#: keywords that say which fields an object has, or hand the question on
_TELLING = frozenset(
    ("properties", "additionalProperties", "patternProperties", "$ref", "allOf", "anyOf", "oneOf", "if", "not", "enum", "const",
     "unevaluatedProperties")
)  # fmt: skip


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, frozenset(("fastify",))) or _serializes_itself(project):
        return
    served = set(project.paths)
    seen: set[tuple[str, tuple[int, int]]] = set()
    for route in project.routes.routes:
        if route.framework != "fastify" or route.call is None or route.scope is None:
            continue
        for where, schema in _responses(project, route.call, route.scope):
            for trail, empty in _empty(project, schema, set()):
                key = (empty.path, empty.at)
                if key not in seen and empty.path in served and not is_test(empty.path):
                    seen.add(key)
                    yield _finding(project, route, where, trail, empty)


def _finding(project: Project, route: Route, status: str, trail: str, empty: Value) -> Finding:
    what = f"{status}{trail}"
    return finding(
        RULE,
        empty.path,
        project.span(empty.path, empty.at),
        f"the response {what} of {route.method} {route.path} is an object without properties: "
        "Fastify writes only what the schema names, so every field is left out and {} is sent",
        help="name its properties, or add additionalProperties: true",
        trace=[Step(route.place.path, *route.place.span[:2], f"{route.method} {route.path} answers with it")],
        subject=f"{route.method} {route.path} {what}",
    )


def _serializes_itself(project: Project) -> bool:
    """Whether the project brings a serializer of its own."""
    ev = project.evaluator
    return any(ev.calls(name) for name in ("setSerializerCompiler", "setReplySerializer"))


def _responses(project: Project, call: Call, scope: Scope) -> Iterator[tuple[str, Value]]:
    """(status, schema) of the responses that the options of a route name."""
    ev = project.evaluator
    for options in _mappings(project, call, scope):
        for schema in ev.entries(options).get("schema", []):
            for response in ev.entries(schema).get("response", []):
                for status, found in ev.entries(response).items():
                    for value in found:
                        yield from _bodies(project, status, value)


def _mappings(project: Project, call: Call, scope: Scope) -> Iterator[Value]:
    for arg in call.args[:2]:
        if not arg.spread:
            for value in project.evaluator.eval(arg.value, scope):
                if value.kind == "mapping":
                    yield value


def _bodies(project: Project, status: str, value: Value) -> Iterator[tuple[str, Value]]:
    """The schema itself, or those of its media types: ``{ content: { "application/json": { schema } } }``."""
    ev = project.evaluator
    entries = ev.entries(value)
    if "content" not in entries:
        yield status, value
        return
    for content in entries["content"]:
        for media in ev.entries(content).values():
            for item in media:
                for schema in ev.entries(item).get("schema", []):
                    yield status, schema


def _empty(project: Project, schema: Value, passed: set[int]) -> Iterator[tuple[str, Value]]:
    """The objects without properties in a schema, each with the way to it; a part that can be several things is left out."""
    node = schema.node
    if (
        schema.kind != "mapping"
        or not isinstance(node, Mapping)
        or schema.scope is None
        or id(node) in passed
    ):
        return
    passed.add(id(node))
    if any(entry.key is None for entry in node.entries):
        return  # it takes over something that may have them
    ev = project.evaluator
    entries = ev.entries(schema)
    if _is_object(project, entries.get("type", [])) and not entries.keys() & _TELLING:
        yield "", schema
        return
    parts = [("[]", entries.get("items", []))]
    properties = entries.get("properties", [])
    if len(properties) == 1:
        parts += [(f".{name}", values) for name, values in ev.entries(properties[0]).items()]
    for shown, values in parts:
        if len(values) == 1:
            for trail, found in _empty(project, values[0], passed):
                yield f"{shown}{trail}", found


def _is_object(project: Project, types: list[Value]) -> bool:
    """``object``, or a list of it and ``null``."""
    if len(types) != 1:
        return False
    kind = types[0]
    if kind.kind == "sequence" and isinstance(kind.node, Sequence) and kind.scope is not None:
        scope = kind.scope
        names = {_text(project, item, scope) for item in kind.node.items}
        return "object" in names and names <= {"object", "null"}
    return kind.constant == "object"


def _text(project: Project, expr: Expr, scope: Scope) -> object:
    values = project.evaluator.eval(expr, scope)
    return values[0].constant if len(values) == 1 and not isinstance(expr, Constant) else None
