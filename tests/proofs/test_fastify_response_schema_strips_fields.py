"""fastify-response-schema-strips-fields: what Fastify 4 and 5 send for an object without properties."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"fastify-response-schema-strips-fields": ("fastify",)}

CASES = [
    ("{ type: 'object' }", "{}"),
    ("{ type: ['object', 'null'] }", "{}"),
    ("{ type: 'object', description: 'open' }", "{}"),
    ("{ type: 'object', properties: { b: { type: 'object' } } }", '{"b":{}}'),
    ("{ type: 'object', properties: { c: { type: 'array', items: { type: 'object' } } } }", '{"c":[{}]}'),
    ("{ type: 'object', additionalProperties: true }", '{"a":1,"b":{"x":1},"c":[{"y":2}]}'),
    ("{ type: 'object', properties: { a: { type: 'integer' } } }", '{"a":1}'),
]


@pytest.mark.parametrize("version", ["^4", "^5"])
@pytest.mark.parametrize(("schema", "sent"), CASES, ids=[case[0] for case in CASES])
def test_what_is_sent(version: str, schema: str, sent: str, tmp_path: Path) -> None:
    program = f"""
const app = require("fastify")();
app.get("/", {{ schema: {{ response: {{ 200: {schema} }} }} }}, async () => ({{ a: 1, b: {{ x: 1 }}, c: [{{ y: 2 }}] }}));
app.inject("/").then((answer) => console.log(answer.body));"""
    ran = run_node(node_with(fastify=version), {"a.cjs": program}, "a.cjs", tmp_path)
    assert ran.text.strip() == sent, ran


def test_an_own_serializer(tmp_path: Path) -> None:
    program = """
const app = require("fastify")();
app.setSerializerCompiler(() => (data) => JSON.stringify(data));
app.get("/", { schema: { response: { 200: { type: "object" } } } }, async () => ({ a: 1 }));
app.inject("/").then((answer) => console.log(answer.body));"""
    assert run_node(node_with(fastify="^5"), {"a.cjs": program}, "a.cjs", tmp_path).text.strip() == '{"a":1}'
