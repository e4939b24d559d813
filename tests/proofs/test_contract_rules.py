"""The contract rules: requests and answers that do not fit what a description says, on the real frameworks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import node_with, python_with, run_node, run_python

pytestmark = pytest.mark.proof
PROVES = {
    "request-envelope-mismatch": ("fastapi", "flask", "express"),
    "response-field-missing": ("fastapi", "fastify"),
    "auth-scheme-mismatch": ("fastapi",),
    "http-method-not-wired": ("fastapi", "flask", "fastify"),
    "spec-endpoint-missing": ("flask", "express"),
}

FASTAPI = """
import asyncio, json
from fastapi import Body, Depends, FastAPI
from fastapi.security import HTTPBearer
from pydantic import BaseModel

app = FastAPI()
bearer = HTTPBearer()


class Singer(BaseModel):
    name: str


class Wrapped(BaseModel):
    singer: Singer


@app.post("/flat")
def flat(singer: Singer): return {}


@app.post("/embedded")
def embedded(singer: Singer = Body(embed=True)): return {}


@app.post("/two")
def two(singer: Singer, other: Singer | None = None): return {}


@app.get("/model", response_model=Singer)
def model(): return {"name": "x", "voice": "alto"}


@app.get("/wrapped", response_model=Wrapped)
def wrapped(): return {"singer": {"name": "x"}}


@app.get("/guarded")
def guarded(credentials=Depends(bearer)): return {}


async def ask(method, path, body=b"", headers=()):
    sent = []
    async def receive(): return {"type": "http.request", "body": body}
    async def send(message): sent.append(message)
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "http_version": "1.1",
             "scheme": "http", "headers": [(b"content-type", b"application/json"), *headers], "client": ("x", 1), "server": ("x", 1), "root_path": ""}
    await app(scope, receive, send)
    print(path, sent[0]["status"], sent[1]["body"].decode()[:60] if sent[0]["status"] == 200 else "")


async def main():
    body = json.dumps({"singer": {"name": "x"}}).encode()
    for path in ("/flat", "/embedded", "/two"):
        await ask("POST", path, body)
    await ask("GET", "/model")
    await ask("GET", "/wrapped")
    await ask("GET", "/guarded")
    await ask("GET", "/guarded", headers=((b"authorization", b"Token abc"),))
    await ask("GET", "/guarded", headers=((b"authorization", b"Bearer abc"),))
    await ask("PUT", "/model")

asyncio.run(main())
"""


def test_fastapi(tmp_path: Path) -> None:
    ran = run_python(
        python_with("fastapi==0.115.12", "starlette==0.46.2"), {"app.py": FASTAPI}, ["app.py"], tmp_path
    )
    lines = [line.strip() for line in ran.text.strip().splitlines()]
    assert lines == [
        "/flat 422",  # one body parameter is the body itself
        "/embedded 200 {}",
        "/two 200 {}",  # two are keys of one object
        '/model 200 {"name":"x"}',  # what the model does not have is not sent
        '/wrapped 200 {"singer":{"name":"x"}}',
        "/guarded 403",
        "/guarded 403",  # another word than Bearer
        "/guarded 200 {}",
        "/model 405",
    ], ran


FLASK = """
from flask import Blueprint, Flask, jsonify, request

app = Flask(__name__)
mounted = Blueprint("mounted", __name__, url_prefix="/api/a")
left_out = Blueprint("left_out", __name__, url_prefix="/api/b")


@mounted.get("")
def a(): return jsonify(id=1)


@mounted.post("/flat")
def flat(): return {"name": request.get_json()["name"]}


@left_out.get("")
def b(): return {}


app.register_blueprint(mounted)
client = app.test_client()
print(client.get("/api/a").status_code, client.put("/api/a").status_code, client.get("/api/b").status_code)
print(client.post("/api/a/flat", json={"singer": {"name": "x"}}).status_code, client.post("/api/a/flat", json={"name": "x"}).status_code)
"""


def test_flask(tmp_path: Path) -> None:
    ran = run_python(
        python_with("flask>=3", "uvicorn", "aiohttp>=3.9"), {"app.py": FLASK}, ["app.py"], tmp_path
    )
    lines = [line for line in ran.text.splitlines() if line[:3].isdigit()]
    assert lines == ["200 405 404", "500 200"], ran


FASTIFY = """
const app = require("fastify")();
const bare = { type: "object", properties: { name: { type: "string" } } };
app.get("/schema", { schema: { response: { 200: bare } } }, async () => ({ dome: { name: "x" }, name: "y", size: 1 }));
app.addHook("onRequest", async (request, reply) => {
  if (request.url === "/open" || request.headers.authorization) return;
  if (request.url === "/guarded") return reply.code(401).send();
});
app.get("/open", async () => []);
app.get("/guarded", async () => []);
app.get("/strict", async () => 1);
(async () => {
  for (const url of ["/schema", "/open", "/guarded", "/strict/"]) {
    const answer = await app.inject(url);
    console.log(url, answer.statusCode, answer.statusCode === 200 ? answer.body : "");
  }
  console.log("/strict", (await app.inject({ method: "PUT", url: "/strict" })).statusCode);
})();
"""


@pytest.mark.parametrize("version", ["^4", "^5"])
def test_fastify(version: str, tmp_path: Path) -> None:
    ran = run_node(node_with(fastify=version), {"a.cjs": FASTIFY}, "a.cjs", tmp_path)
    assert [line.strip() for line in ran.text.strip().splitlines()] == [
        '/schema 200 {"name":"y"}',  # only what the schema names
        "/open 200 []",
        "/guarded 401",
        "/strict/ 404",
        "/strict 404",  # another method
    ], ran


EXPRESS = """
const express = require("express");
const app = express();
app.use(express.json());
const mounted = express.Router();
mounted.get("/user", (req, res) => res.json({ id: 1 }));
app.use("/api/users", mounted);
app.get("/a", (req, res) => res.json([]));
app.post("/flat", (req, res) => { const { name } = req.body; res.json({ name: name ?? null }); });
const server = app.listen(0, async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const ask = async (path, options) => { const answer = await fetch(base + path, options); return `${answer.status} ${answer.status === 200 ? await answer.text() : ""}`; };
  console.log(await ask("/api/user"));
  console.log(await ask("/api/users/user"));
  console.log(await ask("/a/"));
  console.log(await ask("/flat", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ singer: { name: "x" } }) }));
  process.exit(0);
});
"""


def test_express(tmp_path: Path) -> None:
    ran = run_node(node_with(express="^4.19.0"), {"a.cjs": EXPRESS}, "a.cjs", tmp_path)
    assert [line.strip() for line in ran.text.strip().splitlines()] == [
        "404",
        '200 {"id":1}',
        "200 []",
        '200 {"name":null}',
    ], ran
