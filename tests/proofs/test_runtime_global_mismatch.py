"""runtime-global-mismatch: Node has neither Bun nor Deno."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"runtime-global-mismatch": ("hono", "node")}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Bun.serve({ fetch: () => new Response('') });", "Bun is not defined"),
        ("export const port = Number(Deno.env.get('PORT') ?? 8000);", "Deno is not defined"),
        ("if (typeof Bun !== 'undefined') Bun.serve({});", ""),
        ("const Bun = { price: () => 1 };\nBun.price();", ""),
        (
            "import { Hono } from 'hono';\nconst app = new Hono();\nBun.serve({ fetch: app.fetch });",
            "Bun is not defined",
        ),
        (
            "import { Hono } from 'hono';\nconst app = new Hono();\napp.get('/', async (c) => c.body(await Deno.readTextFile('a')));\n"
            "const { status } = await app.request('/');\nif (status !== 200) throw new Error('Deno: ' + status);",
            "Deno is not defined",
        ),
    ],
)
def test_globals(code: str, message: str, tmp_path: Path) -> None:
    ran = run_node(node_with(hono="^4"), {"a.mjs": code}, "a.mjs", tmp_path)
    assert (message in ran.text and ran.status != 0) if message else ran.status == 0, ran
