"""handler-needs-user-but-guard-does-not-set-it: requests without a token where the guard is missing, late or lets them through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"handler-needs-user-but-guard-does-not-set-it": ("express", "fastify", "koa", "hono")}

ASK = """
const ask = async (server, paths) => {
  await new Promise((done) => (server.listening ? done() : server.once("listening", done)));
  for (const path of paths) console.log(path, (await fetch(`http://127.0.0.1:${server.address().port}${path}`)).status);
  process.exit(0);
};
"""
EXPRESS = """
const express = require("express");
const app = express();
const required = (req, res, next) => {
  if (!req.headers.authorization) return res.sendStatus(401);
  req.user = { id: 1 };
  next();
};
const optional = (req, res, next) => {
  if (req.headers.authorization) req.user = { id: 1 };
  next();
};
const read = (req, res) => res.json(req.user.id);
app.get("/guarded", required, read);
app.get("/missing", read);
app.get("/optional", optional, read);
app.get("/asks", optional, (req, res) => (req.user ? read(req, res) : res.sendStatus(401)));
app.use((error, req, res, next) => res.status(500).end());
ask(app.listen(0), ["/guarded", "/missing", "/optional", "/asks"]);
"""
KOA = """
const Koa = require("koa");
const Router = require("@koa/router");
const app = new Koa({ env: "test" });
app.silent = true;
const router = new Router();
router.get("/late", (ctx) => { ctx.body = ctx.state.user.id; });
router.use(async (ctx, next) => {
  if (!ctx.get("authorization")) ctx.throw(401);
  ctx.state.user = { id: 1 };
  await next();
});
router.get("/guarded", (ctx) => { ctx.body = ctx.state.user.id; });
app.use(router.routes());
ask(app.listen(0), ["/guarded", "/late"]);
"""
FASTIFY = """
const app = require("fastify")();
app.register(async (scope) => {
  scope.addHook("onRequest", async (request, reply) => {
    if (!request.headers.authorization) return reply.code(401).send();
    request.user = { id: 1 };
  });
  scope.get("/guarded", async (request) => ({ id: request.user.id }));
});
app.register(async (scope) => {
  scope.get("/sibling", async (request) => ({ id: request.user.id }));
});
app.listen({ port: 0, host: "127.0.0.1" }).then(() => ask(app.server, ["/guarded", "/sibling"]));
"""
HONO = """
const { Hono } = require("hono");
const { serve } = require("@hono/node-server");
const app = new Hono();
app.use("/admin/*", async (c, next) => {
  if (!c.req.header("authorization")) return c.text("no", 401);
  c.set("user", { id: 1 });
  await next();
});
app.onError((error, c) => c.text("failed", 500));
app.get("/admin/me", (c) => c.json(c.get("user").id));
app.get("/administrators", (c) => c.json(c.get("user").id));
ask(serve({ fetch: app.fetch, port: 0 }), ["/admin/me", "/administrators"]);
"""
CASES: list[tuple[str, dict[str, str], list[str]]] = [
    (EXPRESS, {"express": "^4"}, ["/guarded 401", "/missing 500", "/optional 500", "/asks 401"]),
    (EXPRESS, {"express": "^5"}, ["/guarded 401", "/missing 500", "/optional 500", "/asks 401"]),
    (KOA, {"koa": "^3", "at_koa__router": "^15"}, ["/guarded 401", "/late 500"]),
    (FASTIFY, {"fastify": "^4"}, ["/guarded 401", "/sibling 500"]),
    (FASTIFY, {"fastify": "^5"}, ["/guarded 401", "/sibling 500"]),
    (HONO, {"hono": "^4", "at_hono__node_server": "^1"}, ["/admin/me 401", "/administrators 500"]),
]


@pytest.mark.parametrize(
    ("program", "versions", "said"), CASES, ids=["-".join(case[1].values()) for case in CASES]
)
def test_requests_without_a_token(
    program: str, versions: dict[str, str], said: list[str], tmp_path: Path
) -> None:
    ran = run_node(node_with(**versions), {"a.cjs": ASK + program}, "a.cjs", tmp_path)
    assert [line for line in ran.text.split("\n") if line.startswith("/")] == said, ran
