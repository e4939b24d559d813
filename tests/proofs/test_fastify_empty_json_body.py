"""fastify-empty-json-body: what Fastify 4 and 5 answer to a JSON request without a body."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import node_with, run_node

pytestmark = pytest.mark.proof
PROVES = {"fastify-empty-json-body": ("fastify",)}

_ROUTES = """
async function routes(app) {
  app.post("/articles/:slug/favorite", async (request) => ({ slug: request.params.slug }));
  app.delete("/articles/:slug/favorite", async (request) => ({ slug: request.params.slug }));
}
"""
_LENIENT = """
async function parsers(app) {
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    done(null, body ? JSON.parse(body) : {});
  });
}
"""
_STRICT = """
async function parsers(app) {
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    try { done(null, JSON.parse(body)); } catch (error) { done(error); }
  });
}
"""
_HOOK = """
async function parsers(app) {
  app.addHook("onRequest", async (request) => {
    if (!Number(request.headers["content-length"])) delete request.headers["content-type"];
  });
}
"""


def _program(parsers: str, register: str) -> str:
    return f"""
const Fastify = require("fastify");
const fp = require("fastify-plugin");
{_ROUTES}{parsers}
const app = Fastify();
{register}
app.register(routes);
(async () => {{
  for (const method of ["POST", "DELETE"]) {{
    const answer = await app.inject({{ method, url: "/articles/x/favorite", headers: {{ "content-type": "application/json" }} }});
    console.log(method, answer.statusCode, answer.json().code ?? "");
  }}
}})();
"""


def _answers(major: str, where: Path, parsers: str = "", register: str = "") -> list[str]:
    plugin = "5" if major == "5" else "4"
    modules = node_with(fastify=f"^{major}", fastify_plugin=f"^{plugin}")
    ran = run_node(modules, {"app.js": _program(parsers, register)}, "app.js", where)
    assert ran.status == 0, ran
    return ran.text.split("\n")[:2]


def test_fastify_4_refuses_post(tmp_path: Path) -> None:
    assert _answers("4", tmp_path) == ["POST 400 FST_ERR_CTP_EMPTY_JSON_BODY", "DELETE 200 "]


def test_fastify_5_refuses_delete_as_well(tmp_path: Path) -> None:
    refused = "400 FST_ERR_CTP_EMPTY_JSON_BODY"
    assert _answers("5", tmp_path) == [f"POST {refused}", f"DELETE {refused}"]


@pytest.mark.parametrize("major", ["4", "5"])
def test_a_parser_in_a_plain_plugin_serves_that_plugin_alone(major: str, tmp_path: Path) -> None:
    found = _answers(major, tmp_path, _LENIENT, "app.register(parsers);")
    assert found[0] == "POST 400 FST_ERR_CTP_EMPTY_JSON_BODY"


@pytest.mark.parametrize("major", ["4", "5"])
def test_a_parser_that_parses_the_empty_string_answers_an_error(major: str, tmp_path: Path) -> None:
    found = _answers(major, tmp_path, _STRICT, "app.register(fp(parsers));")
    assert found[0].startswith("POST 500")


@pytest.mark.parametrize("major", ["4", "5"])
@pytest.mark.parametrize("parsers", [_LENIENT, _HOOK], ids=["parser", "hook"])
def test_a_wrapped_parser_and_a_hook_work(major: str, parsers: str, tmp_path: Path) -> None:
    found = _answers(major, tmp_path, parsers, "app.register(fp(parsers));")
    assert found == ["POST 200 ", "DELETE 200 "]
