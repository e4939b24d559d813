"""The reader of OpenAPI descriptions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constraintlint.facts.contract import Contract
from constraintlint.frontends.openapi import read


def contract(**files: str) -> Contract:
    """Read ``main``; the other files are named with ``_`` for ``/`` and end in ``.yml``."""
    data = {f"{name.replace('__', '/')}.yml": text.encode() for name, text in files.items()}
    return read("main.yml", data.get)


HEAD = "openapi: 3.0.3\ninfo: {title: Ferry, version: '1'}\n"

FERRY = (
    HEAD
    + """
servers:
  - url: https://{host}/api/v{major}
    variables: {host: {default: ferry.example}, major: {default: '2'}}
  - url: /internal/
security:
  - key: []
paths:
  /crossings/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
    get:
      operationId: one
      security: []
      responses:
        '200': {$ref: '#/components/responses/Crossing'}
        '404': {description: none}
    put:
      security: [{}, {key: []}]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [crossing]
              properties:
                crossing: {$ref: '#/components/schemas/Crossing'}
      responses:
        '204': {description: done}
        2XX: {description: other}
    delete:
      responses: {'204': {description: gone}}
components:
  responses:
    Crossing:
      description: one
      content:
        application/vnd.ferry+json; charset=utf-8:
          schema: {$ref: '#/components/schemas/Crossing'}
  schemas:
    Named: {type: object, required: [name], properties: {name: {type: string}}}
    Crossing:
      allOf:
        - {$ref: '#/components/schemas/Named'}
        - type: object
          required: [ship]
          properties:
            ship: {type: string, nullable: true}
            next: {$ref: '#/components/schemas/Crossing'}
            stops: {type: array, items: {$ref: '#/components/schemas/Named'}}
  securitySchemes:
    key:
      type: apiKey
      in: header
      name: Authorization
      description: 'Send it as `Authorization: Ticket abc.def`'
"""
)


def test_operations_with_their_absolute_paths_and_their_guards() -> None:
    found = contract(main=FERRY)
    assert not found.mistakes and found.version == "3.0.3"
    assert found.bases == ("/api/v2", "/internal")
    assert [(item.method, item.paths, item.auth) for item in found.operations] == [
        ("GET", ("/api/v2/crossings/{id}", "/internal/crossings/{id}"), "none"),
        ("PUT", ("/api/v2/crossings/{id}", "/internal/crossings/{id}"), "optional"),
        ("DELETE", ("/api/v2/crossings/{id}", "/internal/crossings/{id}"), "required"),
    ]
    one = found.operations[0]
    assert one.id == "one" and [(item.name, item.where, item.required) for item in one.parameters] == [
        ("id", "path", True)
    ]
    assert (one.place.path, one.place.line) == ("main.yml", 14)
    assert found.schemes["key"].prefix == "Ticket" and found.schemes["key"].header == "Authorization"


def test_shapes_are_united_and_cut_where_they_contain_themselves() -> None:
    found = contract(main=FERRY)
    body = found.operations[0].success()[0].body
    assert body is not None and body.json is not None
    shape = body.json
    assert shape.name == "Crossing" and shape.types == ("object",)
    assert set(shape.properties) == {"name", "ship", "next", "stops"} and set(shape.required) == {
        "name",
        "ship",
    }
    assert shape.properties["ship"].types == ("string", "null")
    assert shape.properties["next"].open and shape.properties["next"].name == "Crossing"
    items = shape.properties["stops"].items
    assert items is not None and items.required == ("name",)


def test_envelopes_and_statuses() -> None:
    put = contract(main=FERRY).operations[1]
    assert put.request is not None and put.request.required and put.request.json is not None
    assert put.request.json.envelope() == "crossing"
    assert [item.status for item in put.success()] == ["204", "2XX"] and put.success()[0].body is None


def test_the_ways_of_3_1() -> None:
    text = """
openapi: 3.1.0
paths:
  /a:
    get:
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  a: {type: [string, 'null']}
                  b: {anyOf: [{type: object, required: [x], properties: {x: true}}, {type: 'null'}]}
                  c: {oneOf: [{type: string}, {type: integer}]}
"""
    body = contract(main=text).operations[0].success()[0].body
    assert body is not None and body.json is not None
    shape = body.json
    assert shape.properties["a"].types == ("string", "null")
    assert shape.properties["b"].required == ("x",) and shape.properties["b"].types == ("object", "null")
    assert shape.properties["c"].open and not shape.properties["c"].types


def test_references_to_other_files() -> None:
    main = HEAD + "paths:\n  /a: {$ref: 'paths/a.yml'}\n  /b: {$ref: 'paths/a.yml#/x~1y'}\n"
    part = "get:\n  responses:\n    '200': {$ref: '../shared.yml#/responses/Fine'}\nx/y:\n  post:\n    responses: {}\n"
    shared = "responses:\n  Fine: {description: fine}\n"
    found = contract(main=main, paths__a=part, shared=shared)
    assert not found.mistakes
    assert [(item.method, item.path, item.place.path) for item in found.operations] == [
        ("GET", "/a", "paths/a.yml"),
        ("POST", "/b", "paths/a.yml"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("swagger: '2.0'\n", "OpenAPI 3.0 or 3.1 is read, and this says 2.0"),
        ("{", "malformed YAML"),
        (HEAD + "paths:\n  /a: {$ref: '#/nowhere'}\n", "#/nowhere leads nowhere"),
        (HEAD + "paths:\n  /a: {$ref: 'other.yml'}\n", "other.yml is not there"),
        (HEAD + "paths:\n  /a: {$ref: 'https://example.org/a.yml'}\n", "is not in this project"),
        (HEAD + "paths:\n  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n", "in a circle"),
    ],
)
def test_mistakes_are_said_with_their_place(text: str, message: str) -> None:
    found = contract(main=text)
    assert message in found.mistakes[0].message and not found.complete
    assert found.mistakes[0].place.line >= 1


def test_a_description_that_is_not_there() -> None:
    assert "is not there" in read("none.yml", {}.get).mistakes[0].message


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["#/a", "get", "object", "/x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["openapi", "paths", "/a", "get", "$ref", "schema", "allOf", "properties", "content", "responses", "parameters", "servers", "url", "security", "type", "items"]),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(_JSON)
def test_nothing_makes_it_raise(document: object) -> None:
    text = json.dumps({"openapi": "3.0.0", "paths": {"/a": document}, "components": document})
    read("a.json", {"a.json": text.encode()}.get)
