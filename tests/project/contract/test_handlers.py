"""What handlers read and answer: one table a framework, the same notation for all.

An object is written ``{key: value}`` with ``...`` where it is open, an array ``[item]``, a value ``v``, what is not known ``?``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from constraintlint.analysis import Options, open_projects, open_workspace
from constraintlint.project.handlers.forms import Reader
from constraintlint.project.handlers.records import Forms

FLASK = "from flask import Flask, jsonify, make_response, request\nfrom dataclasses import asdict, dataclass\napp = Flask(__name__)\n\n\n"
FASTAPI = "from fastapi import Body, FastAPI\nfrom pydantic import BaseModel, Field\napp = FastAPI()\n\n\n"
EXPRESS = "const express = require('express');\nconst app = express();\n"
HONO = "import { Hono } from 'hono';\nimport { z } from 'zod';\nconst app = new Hono();\n"
KOA = "const Koa = require('koa');\nconst Router = require('@koa/router');\nconst app = new Koa();\nconst router = new Router();\napp.use(router.routes());\n"
FASTIFY = "const app = require('fastify')();\n"


def shown(reader: Reader, forms: Forms, depth: int = 0) -> str:
    texts: list[str] = []
    for form in forms:
        if form.kind == "object":
            parts = (
                [f"{key}: {shown(reader, reader.key(form, key), depth + 1)}" for key in form.keys]
                if depth < 4
                else []
            )
            texts.append("{" + ", ".join([*parts, *(["..."] if form.open else [])]) + "}")
        elif form.kind == "array":
            texts.append(
                "[" + (shown(reader, reader.item_of((form,)), depth + 1) if form.items else "") + "]"
            )
        else:
            texts.append("?" if form.kind == "unknown" else "v")
    return "|".join(dict.fromkeys(texts)) or "-"


ANSWERS: list[tuple[str, str, str, list[str]]] = [
    ("flask tuple", "a.py", FLASK + "@app.get('/a')\ndef f():\n    return {'id': 1}, 201\n", ["201 {id: v}"]),
    ("flask jsonify", "a.py", FLASK + "@app.get('/a')\ndef f():\n    return jsonify(id=1, tags=[t.name for t in tags()])\n", ["200 {id: v, tags: [?]}"]),
    ("flask make_response", "a.py", FLASK + "@app.get('/a')\ndef f():\n    return make_response(jsonify({'id': 1}), 202)\n", ["202 {id: v}"]),
    ("a builder with an argument", "a.py", FLASK + "def wrap(key, value):\n    return {key: value}\n\n\n@app.get('/a')\ndef f():\n    return wrap('a', {'id': load()})\n", ["200 {a: {id: ?}}"]),
    ("a dictionary that is added to", "a.py", FLASK + "@app.get('/a')\ndef f():\n    data = {'id': 1}\n    data['more'] = 2\n    return data\n", ["200 {id: v, more: ?}"]),
    ("a dataclass", "a.py", FLASK + "@dataclass\nclass A:\n    id: int\n    name: str\n\n\n@app.get('/a')\ndef f():\n    return asdict(A(1, 'x'))\n", ["200 {id: v, name: v}"]),
    ("something spread", "a.py", FLASK + "@app.get('/a')\ndef f():\n    return {'id': 1, **load()}\n", ["200 {id: ?, ...}"]),
    ("a model with aliases", "a.py", FASTAPI + "class A(BaseModel):\n    user_id: int = Field(serialization_alias='userId')\n    name: str\n\n\n@app.get('/a', status_code=201)\ndef f() -> A:\n    return load()\n", ["201 {userId: v, name: v}"]),
    ("a list of models", "a.py", FASTAPI + "class A(BaseModel):\n    id: int\n\n\n@app.get('/a', response_model=list[A])\ndef f():\n    return load()\n", ["200 [{id: v}]"]),
    ("express status", "a.js", EXPRESS + "app.get('/a', (req, res) => res.status(201).json({ id: 1 }));\n", ["201 {id: v}"]),
    ("express, two ways", "a.js", EXPRESS + "app.get('/a', (req, res) => {\n  if (!req.query.x) return res.status(404).json({ error: 'x' });\n  res.json({ rows: load().map((row) => ({ id: row.id })) });\n});\n", ["404 {error: v}", "200 {rows: [{id: ?}]}"]),
    ("express, through a helper", "a.js", EXPRESS + "const ok = (res, data) => { res.status(200).json({ data }); };\napp.get('/a', (req, res) => ok(res, { id: 1 }));\n", ["200 {data: {id: v}}"]),
    ("express, in a callback", "a.js", EXPRESS + "app.get('/a', (req, res) => load().then((row) => res.json({ id: row.id })));\n", ["200 {id: ?}"]),
    ("hono", "a.ts", HONO + "app.get('/a', (c) => c.json({ id: 1 }, 202));\nexport default app;\n", ["202 {id: v}"]),
    ("koa", "a.js", KOA + "router.get('/a', (ctx) => {\n  ctx.status = 201;\n  ctx.body = { ...{ id: 1 }, name: 'x' };\n});\n", ["201 {id: v, name: v}"]),
    ("fastify, returned", "a.js", FASTIFY + "app.get('/a', async () => ({ id: 1 }));\n", ["200 {id: v}"]),
    ("fastify, with a schema", "a.js", FASTIFY + "const schema = { response: { 200: { type: 'object', properties: { id: { type: 'integer' } } } } };\napp.get('/a', { schema }, async () => load());\n", ["200 {id: ?}", "200 ?"]),
]  # fmt: skip

READINGS: list[tuple[str, str, str, str]] = [
    ("flask", "a.py", FLASK + "@app.post('/a')\ndef f():\n    data = request.get_json()\n    return {'x': data['user'], 'y': data.get('note')}\n", "note user"),
    ("flask, handed on", "a.py", FLASK + "def take(body):\n    return body['user']\n\n\n@app.post('/a')\ndef f():\n    return take(request.json)\n", "user"),
    ("flask, given away", "a.py", FLASK + "@app.post('/a')\ndef f():\n    return store(request.json)\n", "..."),
    ("fastapi, one model", "a.py", FASTAPI + "class A(BaseModel):\n    id: int\n    name: str\n\n\n@app.post('/a')\ndef f(a: A): ...\n", "id name"),
    ("fastapi, embedded", "a.py", FASTAPI + "class A(BaseModel):\n    id: int\n\n\n@app.post('/a')\ndef f(a: A = Body(embed=True)): ...\n", "a"),
    ("fastapi, two models", "a.py", FASTAPI + "class A(BaseModel):\n    id: int\n\n\n@app.post('/a')\ndef f(one: A, two: A): ...\n", "one two"),
    ("fastapi, a dictionary", "a.py", FASTAPI + "@app.post('/a')\ndef f(data: dict): ...\n", "..."),
    ("express, destructured", "a.js", EXPRESS + "app.post('/a', (req, res) => {\n  const { user: { name }, note } = req.body;\n  res.json({});\n});\n", "note user"),
    ("express, members", "a.js", EXPRESS + "app.post('/a', (req, res) => {\n  const body = req.body ?? {};\n  res.json(load(body.user, req.body.note));\n});\n", "note user"),
    ("express, the rest", "a.js", EXPRESS + "app.post('/a', (req, res) => {\n  const { user, ...rest } = req.body;\n  res.json(load(rest));\n});\n", "user ..."),
    ("hono with zod", "a.ts", HONO + "const schema = z.object({ user: z.object({}) });\napp.post('/a', async (c) => {\n  const data = schema.parse(await c.req.json());\n  return c.json({});\n});\nexport default app;\n", "user"),
    ("koa", "a.js", KOA + "router.post('/a', (ctx) => {\n  const { user } = ctx.request.body;\n  ctx.body = {};\n});\n", "user"),
    ("fastify schema", "a.js", FASTIFY + "const body = { type: 'object', properties: { user: { type: 'object' } } };\napp.post('/a', { schema: { body } }, async (request) => store(request.body.user));\n", "user"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code", "expected"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS]
)
def test_answers(name: str, code: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(code, "utf-8")
    project = open_projects(open_workspace(Options(root=tmp_path, cache=False, jobs=1)))[0]
    route = next(item for item in project.routes.routes if item.path == "/a" and not item.automatic)
    reader = project.handlers.reader
    found = [
        f"{answer.status} {shown(reader, answer.forms)}" for answer in project.handlers.facts(route).answers
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("name", "code", "expected"), [case[1:] for case in READINGS], ids=[case[0] for case in READINGS]
)
def test_readings(name: str, code: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(code, "utf-8")
    project = open_projects(open_workspace(Options(root=tmp_path, cache=False, jobs=1)))[0]
    route = next(item for item in project.routes.routes if item.path == "/a" and not item.automatic)
    reading = project.handlers.facts(route).reading
    assert " ".join([*sorted(reading.keys), *(["..."] if reading.open else [])]) == expected
