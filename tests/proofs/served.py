"""Runs the applications of a rule page's examples on their frameworks and asks them what an OpenAPI description promises.

An example may hold several applications, one a framework. ``applications`` names the file to start each with; ``ask`` starts one in a
process of its own, through the test client of its framework or on a free port, and returns what it answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from tests.proofs.support import node_with, python_with, run_node, run_python
from tests.support.pages import Example
from tests.support.projects import project_of

PYTHON = (
    "flask==3.1.*", "flask-jwt-extended==4.7.*", "fastapi==0.165.*", "aiohttp==3.*", "django==5.2.*", "djangorestframework==3.16.*",
)  # fmt: skip
NODE = {
    "express": "^5", "fastify": "^5", "at_fastify__jwt": "^10", "hono": "^4", "koa": "^3", "at_koa__router": "^15",
    "at_koa__bodyparser": "^6", "zod": "^4", "esbuild": "^0.28",
}  # fmt: skip
_JAVASCRIPT = (".js", ".mjs", ".cjs", ".ts")


@dataclass(frozen=True, eq=False)
class Request:
    """What is asked for."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What was answered: the status, and the body, parsed where it is JSON."""

    status: int
    body: Any


@dataclass(frozen=True)
class Operation:
    """One operation of a description, and a request that follows it."""

    request: Request
    template: str
    promised: dict[int, Any]
    """status -> schema of the body, or nothing"""
    open: bool
    """a request without credentials is to be served"""

    def broken_by(self, answer: Answer) -> str:
        """What of the promise the answer breaks, or nothing."""
        if answer.status not in self.promised:
            return f"{answer.status} is none of {sorted(self.promised)}"
        schema = self.promised[answer.status]
        if schema is None:
            return ""
        return "; ".join(error.message for error in Draft202012Validator(schema).iter_errors(answer.body))


def applications(example: Example) -> list[str]:
    """The files that each hold an application: its settings for Django, else the one that makes ``app``."""
    found = []
    for name, text in example.files.items():
        if name.endswith(".py"):
            if name.endswith("/settings.py") or re.search(r"^app = ", text, re.M):
                found.append(name)
        elif name.endswith(_JAVASCRIPT) and re.search(
            r"^(?:export default app|module\.exports = app)\b", text, re.M
        ):
            found.append(name)
    return found


def files_of(example: Example, application: str) -> list[str]:
    """The files of one application: all if it is the only one, else its own, and for a package those beside it."""
    if len(applications(example)) == 1:
        return list(example.files)
    folder = str(Path(application).parent)
    return [
        name
        for name in example.files
        if name == application or (folder != "." and name.startswith(f"{folder}/"))
    ]


def marks(example: Example, application: str) -> int:
    """How many lines of this application the page marks."""
    return sum(
        len(re.findall(r"(?:#|//) expect$", example.files[name], re.M))
        for name in files_of(example, application)
    )


def routes(example: Example, application: str, where: Path, value: str) -> list[Request]:
    """A request for each route of this application, with this value for every parameter and in the body."""
    own = files_of(example, application)
    table = project_of(dict(example.files), where / "read").routes
    return [
        Request(
            route.method,
            re.sub(r"\{[^}]*\}", value, route.path),
            {"name": value} if route.method in ("POST", "PUT", "PATCH") else None,
        )
        for route in table.routes
        if not route.automatic and route.place.path in own
    ]


def operations(example: Example) -> Iterator[Operation]:
    """Every operation of the example's description, with parameters 1, a body that fits, and credentials of the kind it names."""
    document = yaml.safe_load(example.files["openapi.yml"])
    base = re.sub(r"^https?://[^/]+", "", document.get("servers", [{"url": ""}])[0]["url"]).rstrip("/")
    for template, methods in document["paths"].items():
        for method, said in methods.items():
            said = _resolved(document, said)
            promised = {
                int(status): _schema(answer)
                for status, answer in said["responses"].items()
                if status.startswith("2")
            }
            body = _value(_schema(said["requestBody"])) if "requestBody" in said else None
            security = said.get("security", document.get("security", []))
            path = base + re.sub(r"\{\w+\}", "1", template)
            request = Request(method.upper(), path, body, _credentials(document))
            yield Operation(request, template, promised, not security or {} in security)


def _resolved(document: Any, node: Any) -> Any:
    """The node with every reference replaced by what it names."""
    if isinstance(node, dict):
        if "$ref" in node:
            found = document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return _resolved(document, found)
        return {key: _resolved(document, value) for key, value in node.items()}
    return [_resolved(document, item) for item in node] if isinstance(node, list) else node


def _schema(holder: dict[str, Any]) -> Any:
    return holder.get("content", {}).get("application/json", {}).get("schema")


def _value(schema: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: _value(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [_value(schema["items"])]
    return {"integer": 1, "number": 1.5, "boolean": True}.get(str(kind), "x")


def _credentials(document: dict[str, Any]) -> dict[str, str]:
    """A good token in the form that the description shows, sent whether or not the operation asks for one."""
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        shown = re.search(r"(\w+) x", scheme.get("description", ""))
        return {"authorization": f"{shown[1] if shown else 'Bearer'} {TOKEN}"}
    return {}


#: {"sub": "1"}, signed by HS256 with the key "secret"
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.8qZF8vbN3UpcanXFc-mPXJkOPN01-bRch8XX3rToP1U"


@cache
def python_apps() -> Path:
    """An interpreter with all frameworks of Python."""
    return python_with(*PYTHON)


@cache
def node_apps() -> Path:
    """The modules of all frameworks of Node."""
    return node_with(**NODE)


def ask(
    example: Example, application: str, beside: dict[str, str], requests: Sequence[Request], where: Path
) -> list[Answer]:
    """Start one application with the modules ``beside`` it that its page leaves out, and send it the requests in order."""
    python = application.endswith(".py")
    driver = "ask_.py" if python else "ask_.mjs"
    files = {**beside, **example.files, driver: _ASK_PYTHON if python else _ASK_NODE}
    files["requests.json"] = json.dumps([[r.method, r.path, r.body, r.headers] for r in requests])
    if python:
        ran = run_python(python_apps(), files, [driver, application], where)
    else:
        ran = run_node(
            node_apps(), files, driver, where, APPLICATION=application, SECRET="secret", NODE_ENV="test"
        )
    said = re.search(r"^ANSWERS (.*)$", ran.text, re.M)
    assert said and ran.status == 0, f"{application} did not answer: {ran}"
    return [Answer(status, _parsed(body)) for status, body in json.loads(said[1])]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


_ASK_PYTHON = '''
import asyncio, importlib, json, os, sys

sys.path.insert(0, os.getcwd())
requests = json.load(open("requests.json"))
application = sys.argv[1].removesuffix(".py").replace("/", ".")


def django(settings):
    """What startproject writes, where the page does not say it."""
    plain = {
        "SECRET_KEY": "x", "ALLOWED_HOSTS": ["*"], "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "MIDDLEWARE": ["django.middleware.common.CommonMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
                       "django.contrib.auth.middleware.AuthenticationMiddleware"],
    }
    for name, value in plain.items():
        if not hasattr(settings, name):
            setattr(settings, name, value)
    settings.INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", *getattr(settings, "INSTALLED_APPS", [])]
    os.environ["DJANGO_SETTINGS_MODULE"] = settings.__name__
    import django
    from django.test import Client
    django.setup()
    client = Client(raise_request_exception=False)
    for method, path, body, headers in requests:
        data = "" if body is None else json.dumps(body)
        answer = client.generic(method, path, data, content_type="application/json", headers=headers)
        yield answer.status_code, answer.content.decode()


def flask(app):
    client = app.test_client()
    for method, path, body, headers in requests:
        answer = client.open(path, method=method, headers=headers, **({} if body is None else {"json": body}))
        yield answer.status_code, answer.get_data(as_text=True)


async def asgi(app):
    for method, path, body, headers in requests:
        sent = []
        data = b"" if body is None else json.dumps(body).encode()
        async def receive(): return {"type": "http.request", "body": data}
        async def send(message): sent.append(message)
        pairs = [(b"content-type", b"application/json"), *((k.lower().encode(), v.encode()) for k, v in headers.items())]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "http_version": "1.1",
                 "scheme": "http", "headers": pairs, "client": ("x", 1), "server": ("x", 1), "root_path": ""}
        try:
            await app(scope, receive, send)
        except Exception as error:  # raised again after the 500 was sent
            print(repr(error))
        yield sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:]).decode()


async def aiohttp(app):
    from aiohttp.test_utils import TestClient, TestServer
    async with TestClient(TestServer(app)) as client:
        for method, path, body, headers in requests:
            answer = await client.request(method, path, headers=headers, json=body)
            yield answer.status, await answer.text()


async def collected(answers):
    return [answer async for answer in answers]


module = importlib.import_module(application)
if os.path.exists("prepare_.py") and hasattr(module, "app"):
    importlib.import_module("prepare_").prepare(module.app)
if application.endswith(".settings"):
    answers = list(django(module))
elif type(module.app).__module__.startswith("flask"):
    answers = list(flask(module.app))
elif type(module.app).__module__.startswith("aiohttp"):
    answers = asyncio.run(collected(aiohttp(module.app)))
else:
    answers = asyncio.run(collected(asgi(module.app)))
print("ANSWERS " + json.dumps(answers))
'''
_ASK_NODE = """
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { transformSync } from "esbuild";

for (const name of readdirSync(".", { recursive: true })) {
  if (!name.endsWith(".ts") || name.startsWith("node_modules")) continue;
  const built = name.replace(/ts$/, "js");
  if (!existsSync(built)) writeFileSync(built, transformSync(readFileSync(name, "utf8"), { loader: "ts", format: "cjs" }).code);
}
const requests = JSON.parse(readFileSync("requests.json", "utf8"));
const loaded = (await import("./" + process.env.APPLICATION.replace(/ts$/, "js"))).default;
const app = loaded.default ?? loaded;
const served = async (listener) => {
  const server = createServer(listener);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return (path, options) => fetch(`http://127.0.0.1:${server.address().port}${path}`, options);
};
const sender = async () => {
  if (typeof app.inject === "function") {
    return async (url, { method, headers, body }) => {
      const answer = await app.inject({ url, method, headers, payload: body });
      return { status: answer.statusCode, text: async () => answer.body };
    };
  }
  if (typeof app.callback === "function") return served(Object.assign(app, { silent: true }).callback());
  if (typeof app.request === "function" && typeof app.fetch === "function") return async (path, options) => app.request(path, options);
  return served(app);
};
const send = await sender();
const answers = [];
for (const [method, path, body, headers] of requests) {
  const json = body === null ? {} : { "content-type": "application/json" };
  const answer = await send(path, { method, headers: { ...headers, ...json }, body: body === null ? undefined : JSON.stringify(body) });
  answers.push([answer.status, await answer.text()]);
}
console.log("ANSWERS " + JSON.stringify(answers));
process.exit(0);
"""
