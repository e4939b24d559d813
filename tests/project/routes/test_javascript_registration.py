"""What becomes of registering code in JavaScript that is not plain: guards, conditions, what cannot be resolved."""

from __future__ import annotations

import pytest

from constraintlint.project.routes import RouteTable
from constraintlint.project.routes.records import Route
from tests.project.value_projects import project_of

EXPRESS = "const express = require('express');\nconst app = express();\n"
FASTIFY = "import Fastify from 'fastify';\nimport fp from 'fastify-plugin';\nconst app = Fastify({ exposeHeadRoutes: false });\n"
HONO = "import { Hono } from 'hono';\nconst app = new Hono();\n"
KOA = "const Koa = require('koa');\nconst Router = require('@koa/router');\nconst app = new Koa();\n"


def table(files: dict[str, str]) -> RouteTable:
    return project_of(
        {"package.json": '{"dependencies": {"express": "^4"}}', **files}, real_needles=True
    ).routes


def shown(route: Route) -> str:
    guards = ",".join(guard.handler.name for guard in route.guards)
    return f"{route.method} {route.path}{f' [{guards}]' if guards else ''}{' ?' if route.conditional else ''}"


GUARDS: list[tuple[str, str, list[str]]] = [
    (
        "middleware is in force for what comes after it",
        EXPRESS + "app.get('/a', h);\napp.use(auth);\napp.get('/b', h);\nfunction auth(req, res, next) {}",
        ["GET /a", "GET /b [auth]"],
    ),
    (
        "middleware at a path is in force below it",
        EXPRESS + "app.use('/admin', auth);\napp.get('/admin/x', h);\napp.get('/adminx', h);\n"
        "app.get('/:any', h);\nfunction auth(req, res, next) {}",
        ["GET /admin/x [auth]", "GET /adminx", "GET /{any}"],
    ),
    (
        "middleware of a router without a path runs for what comes after the router, too",
        EXPRESS
        + "const r = express.Router();\nr.use(auth);\nr.get('/in', h);\napp.use(r);\napp.get('/after', h);\n"
        "function auth(req, res, next) {}",
        ["GET /in [auth]", "GET /after [auth]"],
    ),
    (
        "the order is application, router, route",
        EXPRESS + "const r = express.Router();\nr.use(b);\nr.get('/x', [c, d], h);\napp.use(a, r);\n"
        "function a(req, res, next) {}\nfunction b(req, res, next) {}\nfunction c(req, res, next) {}\nfunction d(req, res, next) {}",
        ["GET /x [a,b,c,d]"],
    ),
    (
        "an error handler guards nothing",
        EXPRESS + "app.use(function failed(err, req, res, next) {});\napp.get('/x', h);",
        ["GET /x"],
    ),
    (
        "all() before a route is in force on its path",
        EXPRESS + "app.all('/x', auth);\napp.get('/x', h);\nfunction auth(req, res, next) {}",
        ["* /x", "GET /x [auth]"],
    ),
    (
        "hooks hold for the whole context and those below it",
        FASTIFY + "app.register(async function inner(i) { i.get('/in', h); });\napp.get('/out', h);\n"
        "app.addHook('onRequest', auth);\nasync function auth() {}",
        ["GET /in [auth]", "GET /out [auth]"],
    ),
    (
        "hooks of a plugin stay in it",
        FASTIFY
        + "app.register(async function inner(i) { i.addHook('preHandler', auth); i.get('/in', h); });\n"
        "app.get('/out', h);\nasync function auth() {}",
        ["GET /in [auth]", "GET /out"],
    ),
    (
        "hooks of a plugin that fastify-plugin wraps do not",
        FASTIFY
        + "app.register(fp(async (i) => { i.addHook('preHandler', auth); }));\napp.get('/out', h);\nasync function auth() {}",
        ["GET /out [auth]"],
    ),
    (
        "hooks of a route come in the order they run",
        FASTIFY
        + "app.get('/x', { preHandler: [b], onRequest: a }, h);\nasync function a() {}\nasync function b() {}",
        ["GET /x [a,b]"],
    ),
    (
        "a decorated guard is what was decorated",
        FASTIFY
        + "app.decorate('authenticate', async function check() {});\napp.get('/x', { preHandler: app.authenticate }, h);",
        ["GET /x [check]"],
    ),
    (
        "a Hono pattern guards what it covers, from there on",
        HONO
        + "app.get('/api/first', h);\napp.use('/api/*', auth);\napp.get('/api/x', h);\napp.get('/y', h);\n"
        "async function auth(c, next) {}",
        ["GET /api/first", "GET /api/x [auth]", "GET /y"],
    ),
    (
        "middleware of a mounted application guards below the mount",
        HONO
        + "const sub = new Hono();\nsub.use('*', auth);\nsub.get('/x', h);\napp.route('/sub', sub);\napp.get('/y', h);\n"
        "async function auth(c, next) {}",
        ["GET /sub/x [auth]", "GET /y"],
    ),
    (
        "middleware of a Koa router runs for its own later routes",
        KOA
        + "const r = new Router();\nr.get('/a', h);\nr.use(auth);\nr.post('/b', h);\napp.use(r.routes());\n"
        "async function auth(ctx, next) {}",
        ["HEAD /a", "GET /a", "POST /b [auth]"],
    ),
]


@pytest.mark.parametrize(
    ("code", "expected"), [case[1:] for case in GUARDS], ids=[case[0] for case in GUARDS]
)
def test_guards(code: str, expected: list[str]) -> None:
    assert sorted(map(shown, table({"app.js": code}).routes)) == sorted(expected)


CODE: list[tuple[str, dict[str, str], list[str]]] = [
    (
        "a branch that may not be taken",
        {"app.js": EXPRESS + "if (process.env.DOCS) app.get('/docs', h);\nif (false) app.get('/never', h);"},
        ["GET /docs ?"],
    ),
    (
        "a setting with a default",
        {"app.js": EXPRESS + "const base = process.env.BASE ?? '/base';\napp.get(`${base}/x`, h);"},
        ["GET /base/x"],
    ),
    (
        "a promise",
        {"app.js": EXPRESS + "connect().then(() => {\n  app.get('/x', h);\n  app.listen(1);\n});"},
        ["GET /x"],
    ),
    (
        "every file of a directory",
        {
            "app.js": EXPRESS + "const fs = require('fs');\nconst path = require('path');\n"
            "fs.readdirSync(path.join(__dirname, 'routes')).filter((f) => f.endsWith('.js')).forEach((file) => {\n"
            "  app.use('/' + path.basename(file, '.js'), require(path.join(__dirname, 'routes', file)));\n});",
            "routes/a.js": "const r = require('express').Router();\nr.get('/x', h);\nmodule.exports = r;",
            "routes/b.js": "const r = require('express').Router();\nr.get('/y', h);\nmodule.exports = r;",
        },
        ["GET /a/x", "GET /b/y"],
    ),
    (
        "compiled imports",
        {
            "app.js": '"use strict";\nconst express_1 = __importDefault(require("express"));\n'
            "const users_1 = __importDefault(require('./users'));\nconst app = (0, express_1.default)();\n"
            "app.use('/users', users_1.default);",
            "users.js": '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\n'
            "const express_1 = require('express');\nconst router = (0, express_1.Router)();\nrouter.get('/', h);\nexports.default = router;",
        },
        ["GET /users"],
    ),
    (
        "a container of services",
        {
            "app.js": EXPRESS + "const { createContainer, asClass, asFunction } = require('awilix');\n"
            "const c = createContainer();\nc.register({ orders: asFunction(makeOrders).singleton(), path: asValue('/x') });\n"
            "function makeOrders({ service }) { const r = express.Router(); r.get('/', h); return r; }\napp.use('/orders', c.cradle.orders);",
        },
        ["GET /orders"],
    ),
    (
        "definitions of routes in OpenAPIHono",
        {
            "app.js": "import { OpenAPIHono, createRoute } from '@hono/zod-openapi';\nconst app = new OpenAPIHono();\n"
            "const show = createRoute({ method: 'get', path: '/users/{id}', responses: {} });\napp.openapi(show, (c) => c.json({}));",
        },
        ["GET /users/{id}"],
    ),
    (
        "a factory that nothing calls",
        {"app.js": "const Fastify = require('fastify');\nmodule.exports = function build(opts) {\n"
         "  const app = Fastify({ ...opts, exposeHeadRoutes: false });\n  app.get('/x', h);\n  return app;\n};"},
        ["GET /x"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [case[1:] for case in CODE], ids=[case[0] for case in CODE])
def test_code(files: dict[str, str], expected: list[str]) -> None:
    found = table(files)
    assert list(map(shown, found.routes)) == expected
    assert found.unknown == ()


UNKNOWN: list[tuple[str, str, list[str], list[str]]] = [
    ("a path", EXPRESS + "app.get('/x', h);\napp.get(f(), h);", ["GET /x"], [""]),
    ("the end of a path", EXPRESS + "app.get(`/api/users/${f()}/x`, h);", [], ["/api/users"]),
    (
        "the prefix of a router",
        EXPRESS + "const r = express.Router();\nr.get('/x', h);\napp.use(`/v1/${f()}`, r);",
        [],
        ["/v1"],
    ),
    (
        "a router of a library",
        EXPRESS + "app.use('/docs', require('swagger-ui-express').serve);",
        [],
        ["/docs"],
    ),
    (
        "middleware of a library",
        EXPRESS + "app.use('/api', require('cors')());\napp.get('/api/x', h);",
        ["GET /api/x [cors]"],
        [],
    ),
    (
        "a loop over a list that is not known",
        EXPRESS + "for (const x of f()) app.get('/a/' + x, h);",
        [],
        ["/a"],
    ),
    ("a plugin", FASTIFY + "app.register(other(), { prefix: '/p' });\napp.get('/x', h);", ["GET /x"], ["/p"]),
    ("an application that is handed on", FASTIFY + "app.get('/x', h);\nother(app);", ["GET /x"], [""]),
    ("what is mounted", HONO + "app.route('/a', other());\napp.mount('/b', f);", [], ["/a", "/b"]),
]


@pytest.mark.parametrize(
    ("code", "routes", "unknown"), [case[1:] for case in UNKNOWN], ids=[case[0] for case in UNKNOWN]
)
def test_unknown_parts(code: str, routes: list[str], unknown: list[str]) -> None:
    found = table({"app.js": code})
    assert list(map(shown, found.routes)) == routes
    assert sorted(item.prefix for item in found.unknown) == unknown


def test_routers_that_nothing_mounts() -> None:
    found = table(
        {
            "app.js": EXPRESS + "app.get('/x', h);",
            "orders.js": "const r = require('express').Router();\nr.get('/o', h);",
        }
    )
    assert list(map(shown, found.routes)) == ["GET /x"]
    assert [(item.name, [shown(route) for route in item.routes]) for item in found.unmounted] == [
        ("r", ["GET /o"])
    ]


def test_code_without_an_end() -> None:
    """Functions that call each other for ever, and nesting that is deep, end in a table."""
    deep = "(" * 3000 + "1" + ")" * 3000
    code = (
        EXPRESS
        + f"function a() {{ b(); }}\nfunction b() {{ app.get('/x', h); a(); b(); }}\na();\nconst n = {deep};\n"
    )
    assert all(route.path == "/x" for route in table({"app.js": code}).routes)
    loop = EXPRESS + "while (true) { app.get('/x', h); }"
    assert table({"app.js": loop}).routes
    grown = EXPRESS + "function f(n) { " + "f(n); " * 30 + "}\n" + "f(1);\n" * 200 + "app.get('/x', h);"
    assert table({"app.js": grown}).routes or table({"app.js": grown}).unknown
