"""Operations of a contract held against the route table: prefixes, parameters, methods, slashes, and what is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from constraintlint.analysis import Options, open_projects, open_workspace
from constraintlint.project.contract_match import Matches

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
EXPRESS = "const express = require('express');\nconst app = express();\n"


def matches(
    directory: Path, paths: str, files: dict[str, str], servers: str = "[]", more: str = ""
) -> Matches:
    operations = "".join(
        f"  {path}:\n    {method}: {{responses: {{'200': {{description: x}}}}}}\n"
        for method, path in (line.split() for line in paths.split(","))
    )
    files = {
        "constraintlint.toml": "openapi = 'openapi.yml'\n" + more,
        "openapi.yml": f"openapi: 3.0.0\nservers: {servers}\npaths:\n{operations}",
        **files,
    }
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content, "utf-8")
    project = open_projects(open_workspace(Options(root=directory, cache=False, jobs=1)))[0]
    found = project.contract_matches
    assert found is not None
    return found


CASES: list[tuple[str, str, str, dict[str, str], list[str], str | None]] = [
    # title, operations, servers, files, outcome of each operation, the prefix that was guessed
    ("parameters by position", "get /a/{x}/b/{y}", "[]", {"a.py": FLASK + "@app.get('/a/<one>/b/<int:two>')\ndef f(one, two): ...\n"}, ["found"], None),
    ("base path of a server", "get /a", "[{url: 'https://x.test/v1'}]", {"a.py": FLASK + "@app.get('/v1/a')\ndef f(): ...\n"}, ["found"], None),
    ("no server: the common prefix", "get /a,get /b", "[]", {"a.py": FLASK + "@app.get('/api/v2/a')\ndef f(): ...\n@app.get('/api/v2/b')\ndef g(): ...\n"}, ["found", "found"], "/api/v2"),
    ("no prefix serves half of them", "get /a,get /b,get /c,get /d", "[]", {"a.py": FLASK + "@app.get('/p/a')\ndef f(): ...\n@app.get('/q/b')\ndef g(): ...\n"}, ["missing"] * 4, None),
    ("another method", "delete /a", "[]", {"a.py": FLASK + "@app.get('/a')\ndef f(): ...\n"}, ["method"], None),
    ("every method", "patch /a", "[]", {"a.js": EXPRESS + "app.all('/a', (req, res) => res.json({}));\n"}, ["found"], None),
    ("every method, but it passes on", "patch /a", "[]", {"a.js": EXPRESS + "app.all('/a', (req, res, next) => next());\napp.get('/a', (req, res) => res.json({}));\n"}, ["method"], None),
    ("a word taken for a parameter", "get /a/new", "[]", {"a.py": FLASK + "@app.get('/a/<name>')\ndef f(name):\n    return load(name)\n"}, ["missing"], None),
    ("a converter that refuses the word", "get /a/new", "[]", {"a.py": FLASK + "@app.get('/a/<int:name>')\ndef f(name):\n    return load(name)\n"}, ["missing"], None),
    ("a handler that looks for the word", "get /a/new", "[]", {"a.py": FLASK + "@app.get('/a/<name>')\ndef f(name):\n    return make() if name == 'new' else load(name)\n"}, ["unknown"], None),
    ("a trailing slash that Express ignores", "get /a/", "[]", {"a.js": EXPRESS + "app.get('/a', (req, res) => res.json({}));\n"}, ["found"], None),
    ("a trailing slash that Fastify does not ignore", "get /a/,get /b", "[]", {"a.js": "const app = require('fastify')();\napp.get('/a', async () => 1);\napp.get('/b', async () => 1);\n"}, ["missing", "found"], None),
    ("routes that could not be resolved", "get /a,get /z", "[]", {"a.js": EXPRESS + "app.get('/z', (req, res) => res.json({}));\nfor (const name of list()) app.get(name, handler);\n"}, ["unknown", "found"], None),
    ("no framework that is known", "get /a", "[]", {"a.py": "print(1)\n"}, ["unknown"], None),
    ("OPTIONS is answered by the framework", "options /a", "[]", {"a.py": FLASK + "@app.get('/b')\ndef f(): ...\n"}, ["unknown"], None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "servers", "files", "expected", "prefix"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_matching(
    paths: str, servers: str, files: dict[str, str], expected: list[str], prefix: str | None, tmp_path: Path
) -> None:
    found = matches(tmp_path, paths, files, servers)
    assert [item.outcome for item in found.matches] == expected
    assert found.prefix == prefix
