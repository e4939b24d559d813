"""fetch-request-without-duplex: the Request of Node."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import Ran, node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"fetch-request-without-duplex": ("node",)}

_START = """
import { createServer } from "node:http";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
const server = createServer((req, res) => {
  try { const made = new Request("http://localhost/", INIT); console.log(req.method, "made"); }
  catch (error) { console.log(req.method, error.message); }
  res.end();
});
await new Promise((done) => server.listen(0, done));
const url = `http://localhost:${server.address().port}/`;
await fetch(url, { method: "POST", body: "x" });
await fetch(url);
server.close();
process.exit(0);
"""
_NEEDED = "duplex option is required when sending a body"


def _run(init: str, where: Path) -> Ran:
    return run_node(node_with(hono="^4"), {"app.mjs": _START.replace("INIT", init)}, "app.mjs", where)


@pytest.mark.parametrize(
    "body",
    [
        "req",
        "Readable.toWeb(req)",
        "createReadStream('app.mjs')",
        "new ReadableStream()",
        "Readable.from(['x'])",
    ],
)
def test_a_stream_needs_duplex(body: str, tmp_path: Path) -> None:
    ran = _run(f"{{ method: 'POST', body: {body} }}", tmp_path)
    assert f"POST RequestInit: {_NEEDED}" in ran.text, ran


@pytest.mark.parametrize("body", ["req, duplex: 'half'", "Buffer.concat([])", "''"])
def test_get_has_no_body(body: str, tmp_path: Path) -> None:
    ran = _run(f"{{ method: req.method, body: {body} }}", tmp_path)
    assert "POST made" in ran.text and "GET Request with GET/HEAD method cannot have body" in ran.text, ran


@pytest.mark.parametrize(
    "init",
    ["{ method: req.method, ...(req.method === 'GET' ? {} : { body: req, duplex: 'half' }) }",
     "{ method: 'POST', body: 'text' }", "{ method: 'POST', body: Buffer.from('x') }"],
)  # fmt: skip
def test_what_works(init: str, tmp_path: Path) -> None:
    ran = _run(init, tmp_path)
    assert "POST made" in ran.text and "GET made" in ran.text, ran


_EXPRESS = """
import express from "express";
const app = express();
app.post("/raw", express.raw({ type: "*/*" }), (req, res) => {
  res.send(new Request("http://localhost/", { method: "POST", body: req.body }).method);
});
app.use((req, res) => res.send(new Request("http://localhost/", INIT).method));
app.use((error, req, res, next) => res.status(500).send(error.message));
const server = app.listen(0, async () => {
  const url = `http://localhost:${server.address().port}`;
  for (const path of ["/raw", "/"]) {
    console.log(path, await (await fetch(url + path, { method: "POST", body: "x" })).text());
  }
  process.exit(0);
});
"""


@pytest.mark.parametrize(("duplex", "told"), [("", _NEEDED), (", duplex: 'half'", "/ POST")])
def test_the_request_of_express_is_a_stream(duplex: str, told: str, tmp_path: Path) -> None:
    program = _EXPRESS.replace("INIT", f"{{ method: 'POST', body: req{duplex} }}")
    ran = run_node(node_with(express="^5"), {"app.mjs": program}, "app.mjs", tmp_path)
    assert "/raw POST" in ran.text and told in ran.text, ran
