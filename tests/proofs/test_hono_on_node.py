"""hono-app-listen, hono-serve-arguments, hono-fetch-with-node-objects: Hono 4 with Node's own server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import Ran, node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {
    "hono-app-listen": ("hono",),
    "hono-serve-arguments": ("@hono/node-server",),
    "hono-fetch-with-node-objects": ("hono",),
}

_APP = """
import { createServer } from "node:http";
import { getRequestListener, serve } from "@hono/node-server";
import { Hono } from "hono";
const app = new Hono().get("/", (c) => c.text("up"));
"""
_ASK = """
const ask = async (server) => {
  await new Promise((done) => server.listen(0, done));
  const answer = await Promise.race([
    fetch(`http://localhost:${server.address().port}/`).then((r) => r.text()),
    new Promise((done) => setTimeout(done, 1500, "no answer")),
  ]);
  console.log("answer:", answer);
  process.exit(0);
};
process.on("unhandledRejection", (error) => console.log("rejected:", error.message));
process.on("uncaughtException", (error) => console.log("thrown:", error.message));
"""


def _run(program: str, where: Path) -> Ran:
    modules = node_with(hono="^4", at_hono__node_server="^1")
    return run_node(modules, {"app.mjs": _APP + program}, "app.mjs", where)


def test_listen_is_no_method(tmp_path: Path) -> None:
    assert "app.listen is not a function" in _run("app.listen(0);", tmp_path).text


@pytest.mark.parametrize("second", ["3000", "{ port: 0 }", '"3000"'])
def test_the_second_argument_of_serve_is_called(second: str, tmp_path: Path) -> None:
    ran = _run(f"serve({{ fetch: app.fetch, port: 0 }}, {second});", tmp_path)
    assert ran.status != 0 and "is not a function" in ran.text, ran


def test_serve_works_with_one_object_and_a_function(tmp_path: Path) -> None:
    program = "const s = serve({ fetch: app.fetch, port: 0 }, (i) => { console.log('up', i.port > 0); s.close(); });"
    ran = _run(program, tmp_path)
    assert ran.status == 0 and "up true" in ran.text, ran


@pytest.mark.parametrize("listener", ["(req, res) => app.fetch(req, res)", "app.fetch"])
def test_node_objects_get_no_answer(listener: str, tmp_path: Path) -> None:
    ran = _run(f"{_ASK} ask(createServer({listener}));", tmp_path)
    assert "answer: no answer" in ran.text, ran


def test_fetch_takes_no_string(tmp_path: Path) -> None:
    ran = _run("console.log((await app.fetch('http://localhost/')).status);", tmp_path)
    assert ran.status != 0, ran


@pytest.mark.parametrize(
    "use", ["c.text(c.req.header('x') ?? '')", "c.json(c.req.json())", "c.text(c.req.url)"]
)
def test_a_plain_object_has_no_headers_and_no_body(use: str, tmp_path: Path) -> None:
    given = '{ url: "http://localhost/a", method: "POST", headers: { x: "1" }, body: "{}" }'
    program = f"""
app.post("/a", async (c) => {use.replace("c.req.json()", "await c.req.json()")});
console.log((await app.fetch({given})).status);"""
    ran = _run(program, tmp_path)
    assert ("200" in ran.text) == ("url" in use), ran


def test_the_adapter_answers(tmp_path: Path) -> None:
    ran = _run(f"{_ASK} ask(createServer(getRequestListener(app.fetch)));", tmp_path)
    assert "answer: up" in ran.text, ran


_EXPRESS = """
import express from "express";
app.get("/berths", (c) => c.text("up"));
const listener = getRequestListener(app.fetch);
const outer = express();
outer.use("/by-hand", async (req, res) => res.send(await (await app.fetch(req)).text()));
outer.use("/both", (req, res) => app.fetch(req, res));
outer.use("/adapter", (req, res) => listener(req, res));
outer.use((error, req, res, next) => res.status(500).send(error.message));
const server = outer.listen(0, async () => {
  for (const path of ["/by-hand/berths", "/both/berths", "/adapter/berths"]) {
    const answer = fetch(`http://localhost:${server.address().port}${path}`).then((r) => r.text());
    console.log(path, await Promise.race([answer, new Promise((done) => setTimeout(done, 1500, "no answer"))]));
  }
  process.exit(0);
});
process.on("unhandledRejection", (error) => console.log("rejected:", error.message));
"""


def test_the_request_of_express_is_no_request(tmp_path: Path) -> None:
    modules = node_with(hono="^4", at_hono__node_server="^1", express="^5")
    ran = run_node(modules, {"app.mjs": _APP + _EXPRESS}, "app.mjs", tmp_path)
    assert ran.text.splitlines() == [
        "/by-hand/berths 404 Not Found",
        "/both/berths no answer",
        "/adapter/berths up",
    ], ran
