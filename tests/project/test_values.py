"""What an expression can be: one small project a row."""

from __future__ import annotations

import pytest

from constraintlint.project.flow.texts import TextPiece
from constraintlint.project.flow.values import (
    environment_names,
    exported_values,
    object_entries,
    place,
    possible_values,
    resolve_name,
)
from tests.project.value_projects import expression, project_of, render, values

PYTHON: list[tuple[str, str, str, list[str]]] = [
    ("literal", "url = 'sqlite://'\nconnect(url)", "url", ["'sqlite://'"]),
    ("implicit concatenation", "sql = ('SELECT a '\n 'FROM b')\nconnect(sql)", "sql", ["'SELECT a FROM b'"]),
    (
        "plus",
        "t = 'users'\nsql = 'SELECT a FROM ' + t + ' x'\nconnect(sql)",
        "sql",
        ["'SELECT a FROM users x'"],
    ),
    ("plus unknown", "sql = 'SELECT ' + name\nconnect(sql)", "sql", ["'SELECT {}'"]),
    ("no text", "n = a + b\nconnect(n)", "n", ["unknown"]),
    ("percent", "sql = 'SELECT %s FROM %s' % ('a', 't')\nconnect(sql)", "sql", ["'SELECT a FROM t'"]),
    ("percent one", "sql = 'SELECT %d%% FROM t' % n\nconnect(sql)", "sql", ["'SELECT {}% FROM t'"]),
    ("percent mapping", "sql = 'a %(x)s b' % {'x': 'y'}\nconnect(sql)", "sql", ["'a y b'"]),
    ("format", "sql = 'SELECT {} {c} {0}'.format('a', c=1)\nconnect(sql)", "sql", ["'SELECT a 1 a'"]),
    ("format braces", "sql = 'a {{}} {x!r:>3}'.format(x=y)\nconnect(sql)", "sql", ["'a {} {}'"]),
    ("format mapping", "d = {'x': 'y'}\nsql = 'a {x}'.format(**d)\nconnect(sql)", "sql", ["'a y'"]),
    ("f-string", "t = 'x'\nsql = f'SELECT {t} {u} {1}'\nconnect(sql)", "sql", ["'SELECT x {} 1'"]),
    ("join", "sql = ', '.join(['a', 'b', c])\nconnect(sql)", "sql", ["'a, b, {}'"]),
    ("join of a comprehension", "sql = ','.join('?' for _ in x)\nconnect(sql)", "sql", ["'{}'"]),
    (
        "join of a growing list",
        "p = ['a']\np.append(b)\nconnect(' '.join(p))",
        "' '.join(p)",
        ["'a {}'"],
    ),
    (
        "join of a list that grows by choice",
        "p = []\nif x:\n    p.append('a')\nif y:\n    p.append('b')\nconnect('w ' + ' and '.join(p))",
        "'w ' + ' and '.join(p)",
        ["'w a and b' ?if ?if", "'w a' ?if ?if not", "'w b' ?if not ?if"],
    ),
    (
        "join of a list that grows by exclusive choices",
        "p = ['s']\nif x:\n    p.append('a')\nelse:\n    p.append('b')\nconnect(' '.join(p))",
        "' '.join(p)",
        ["'s a' ?if", "'s b' ?if not"],
    ),
    (
        "join of a list that a function may fill",
        "p = ['s']\np.append('a')\nfill(p)\nconnect(' '.join(p))",
        "' '.join(p)",
        ["'s'", "'s {}'"],
    ),
    ("strip", "sql = '''\n  SELECT 1\n'''.strip()\nconnect(sql)", "sql", ["'SELECT 1'"]),
    (
        "dedent",
        "from textwrap import dedent\nsql = dedent('''\n    SELECT a\n      FROM b\n''')\nconnect(sql)",
        "sql",
        ["'\\nSELECT a\\n  FROM b\\n'"],
    ),
    (
        "replace",
        "url = 'postgres://h/d'.replace('postgres://', 'postgresql://')\nconnect(url)",
        "url",
        ["'postgresql://h/d'"],
    ),
    ("removeprefix", "url = 'a:b'.removeprefix('a:')\nconnect(url)", "url", ["'b'"]),
    ("upper", "x = 'ab'.upper()\nconnect(x)", "x", ["'AB'"]),
    ("conditional", "x = 'a' if t else 'b'\nconnect(x)", "x", ["'a' ?if", "'b' ?if not"]),
    ("if else", "if t:\n    x = 'a'\nelse:\n    x = 'b'\nconnect(x)", "x", ["'a' ?if", "'b' ?if not"]),
    ("inside the branch", "x = 'a'\nif t:\n    x = 'b'\n    connect(x)", "x", ["'b'"]),
    ("overwritten", "x = 'a'\nx = 'b'\nconnect(x)", "x", ["'b'"]),
    (
        "augmented in a branch",
        "sql = 'SELECT 1'\nif t:\n    sql += ' WHERE a'\nconnect(sql)",
        "sql",
        ["'SELECT 1 WHERE a' ?if", "'SELECT 1'"],
    ),
    (
        "two branches on one test do not mix",
        "if t:\n    a = 'x'\nelse:\n    a = 'y'\nconnect(a + a)",
        "a + a",
        ["'xx' ?if", "'yy' ?if not"],
    ),
    (
        "return leaves",
        "def f(t):\n    x = 'a'\n    if t:\n        x = 'b'\n        return 1\n    connect(x)",
        "x",
        ["'a'"],
    ),
    ("loop", "x = 'a'\nfor y in z:\n    connect(x)\n    x = 'b'", "x", ["'a'", "'b'"]),
    ("loop over literals", "for t in ['a', 'b']:\n    connect('x' + t)", "'x' + t", ["'xa'", "'xb'"]),
    (
        "try",
        "try:\n    x = 'a'\nexcept KeyError:\n    x = 'b'\nconnect(x)",
        "x",
        ["'a'", "'b' ?except"],
    ),
    (
        "match",
        "match t:\n    case 1:\n        x = 'a'\n    case _:\n        x = 'b'\nconnect(x)",
        "x",
        ["'a' ?case 1", "'b' ?case"],
    ),
    ("walrus", "if (x := 'a'):\n    connect(x)", "x", ["'a'"]),
    ("tuple", "a, (b, c) = 'x', ('y', 'z')\nconnect(c)", "c", ["'z'"]),
    ("chained", "a = b = 'x'\nconnect(b)", "b", ["'x'"]),
    ("or", "x = a or 'b'\nconnect(x)", "x", ["unknown", "'b' ?or"]),
    ("or of a constant", "x = 'a' or 'b'\nconnect(x)", "x", ["'a'"]),
    ("or of None", "x = None or 'b'\nconnect(x)", "x", ["'b'"]),
    ("environment", "import os\nx = os.environ['DB_URL']\nconnect(x)", "x", ["env DB_URL"]),
    (
        "environment with default",
        "import os\nx = os.environ.get('DB_URL', 'sqlite://')\nconnect(x)",
        "x",
        ["env DB_URL", "'sqlite://' <- DB_URL ?or"],
    ),
    (
        "getenv or",
        "from os import getenv\nx = getenv('DB_URL') or 'sqlite://'\nconnect(x)",
        "x",
        ["env DB_URL", "'sqlite://' <- DB_URL ?or"],
    ),
    (
        "environment in a text",
        "import os\nx = f\"pg://{os.environ['DB_HOST']}\"\nconnect(x)",
        "x",
        ["'pg://{}'"],
    ),
    (
        "decouple",
        "from decouple import config\nx = config('DB_URL', default='sqlite://')\nconnect(x)",
        "x",
        ["env DB_URL", "'sqlite://' <- DB_URL ?or"],
    ),
    (
        "django-environ",
        "import environ\nenv = environ.Env()\nx = env.str('DB_URL', 'sqlite://')\nconnect(x)",
        "x",
        ["env DB_URL", "'sqlite://' <- DB_URL ?or"],
    ),
    ("dict", "d = {'db': {'dialect': 'x'}}\nconnect(d['db']['dialect'])", "d['db']['dialect']", ["'x'"]),
    ("dict get", "d = {'a': 'x'}\nconnect(d.get('b', 'y'))", "d.get('b', 'y')", ["'y'"]),
    (
        "dict by an unknown key",
        "d = {'a': 'x', 'b': 'y'}\nconnect(d[k])",
        "d[k]",
        ["'x' ?key a", "'y' ?key b"],
    ),
    ("dict spread", "a = {'x': '1'}\nd = {**a, 'y': '2'}\nconnect(d['x'])", "d['x']", ["'1'"]),
    ("list item", "l = ['a', 'b']\nconnect(l[-1])", "l[-1]", ["unknown"]),
    ("class attribute", "class C:\n    URL = 'a'\nconnect(C.URL)", "C.URL", ["'a'"]),
    (
        "inherited attribute",
        "class B:\n    URL = 'a'\nclass C(B):\n    pass\nconnect(C().URL)",
        "C().URL",
        ["'a'"],
    ),
    (
        "property",
        "class C:\n    host = 'h'\n    @property\n    def url(self):\n        return f'pg://{self.host}'\nconnect(C().url)",
        "C().url",
        ["'pg://h'"],
    ),
    (
        "dataclass",
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    url: str = 'a'\nconnect(C(url='b').url)\n",
        "C(url='b').url",
        ["'b'"],
    ),
    (
        "assigned in the constructor",
        "class C:\n    def __init__(self, u='a'):\n        self.u = u\n    def f(self):\n        connect(self.u)",
        "self.u",
        ["'a'"],
    ),
    (
        "settings",
        """
        from pydantic import Field
        from pydantic_settings import BaseSettings, SettingsConfigDict
        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="APP_")
            url: str = "sqlite://"
            other: str = Field("pg://", alias="OTHER")
        connect(Settings().url, Settings().other)
        """,
        "Settings().url",
        ["env APP_URL", "'sqlite://' <- APP_URL"],
    ),
    (
        "settings field",
        """
        from pydantic import Field
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            other: str = Field("pg://", alias="OTHER")
        connect(Settings().other)
        """,
        "Settings().other",
        ["env OTHER", "'pg://' <- OTHER"],
    ),
    ("function", "def f():\n    return 'db://'\nconnect(f())", "f()", ["'db://'"]),
    ("argument", "def f(db):\n    connect(db)\nf('a')\nf(db='b')", "db", ["'a'", "'b'"]),
    ("default", "def f(db='a'):\n    connect(db)", "db", ["'a'"]),
    ("closure", "def f():\n    x = 'a'\n    def g():\n        connect(x)\n    return g", "x", ["'a'"]),
    (
        "global",
        "x = None\ndef f():\n    global x\n    x = 'a'\ndef g():\n    connect(x)",
        "x",
        ["None", "'a'"],
    ),
    ("lambda", "f = lambda: 'a'\nconnect(f())", "f()", ["'a'"]),
    (
        "getattr",
        "class C:\n    url = 'a'\nconnect(getattr(C, 'url', 'b'))",
        "getattr(C, 'url', 'b')",
        ["'a'", "'b'"],
    ),
    (
        "url builder",
        "from sqlalchemy import URL\nx = URL.create('postgresql+psycopg', host='h', database='d')\nconnect(x)",
        "x",
        ["'postgresql+psycopg://@h/d'"],
    ),
    ("cycle", "a = b\nb = a\nconnect(a)", "a", ["unknown"]),
    ("recursion", "def f(x):\n    return f(x)\nconnect(f(1))", "f(1)", ["unknown"]),
    (
        "class scope is not a closure",
        "x = 'm'\nclass C:\n    x = 'c'\n    def f(self):\n        connect(x)",
        "x",
        ["'m'"],
    ),
    ("comprehension scope", "x = 'm'\ny = [x for x in z]\nconnect(x)", "x", ["'m'"]),
]

ECMASCRIPT: list[tuple[str, str, str, list[str]]] = [
    ("const", "const u = 'a'; connect(u);", "u", ["'a'"]),
    (
        "template",
        "const t = 'users'; const s = `SELECT ${a} FROM ${t}`; connect(s);",
        "s",
        ["'SELECT {} FROM users'"],
    ),
    ("plus", "let s = 'a'; s += 'b'; connect(s);", "s", ["'ab'"]),
    ("concat", "const s = 'a'.concat('b', c); connect(s);", "s", ["'ab{}'"]),
    ("join", "const s = ['a', 'b'].join(' '); connect(s);", "s", ["'a b'"]),
    ("trim", "const s = ` a `.trim(); connect(s);", "s", ["'a'"]),
    ("replace once", "const s = 'aa'.replace('a', 'b'); connect(s);", "s", ["'ba'"]),
    ("raw tag", "const s = String.raw`a${b}`; connect(s);", "s", ["'a{}'"]),
    ("conditional", "const s = t ? 'a' : 'b'; connect(s);", "s", ["'a' ?if", "'b' ?if not"]),
    ("block scope", "const s = 'a'; { const s = 'b'; } connect(s);", "s", ["'a'"]),
    ("block scope inside", "const s = 'a'; { const s = 'b'; connect(s); }", "s", ["'b'"]),
    ("hoisted var", "function f() { if (t) { var s = 'a'; } connect(s); }", "s", ["'a' ?if"]),
    ("hoisted function", "connect(f()); function f() { return 'a'; }", "f()", ["'a'"]),
    ("closure over let", "let s; function init() { s = 'a'; } function use() { connect(s); }", "s", ["'a'"]),
    ("default parameter", "function f(s = 'a') { connect(s); }", "s", ["'a'"]),
    ("or", "const u = process.env.DB_URL || 'a'; connect(u);", "u", ["env DB_URL", "'a' <- DB_URL ?or"]),
    (
        "nullish",
        "const u = process.env['DB_URL'] ?? 'a'; connect(u);",
        "u",
        ["env DB_URL", "'a' <- DB_URL ?or"],
    ),
    (
        "destructured environment",
        "const { DB_URL } = process.env; connect(DB_URL);",
        "DB_URL",
        ["env DB_URL"],
    ),
    (
        "destructured with a default",
        "const { DB_URL = 'a' } = process.env; connect(DB_URL);",
        "DB_URL",
        ["env DB_URL", "'a' <- DB_URL ?or"],
    ),
    ("object", "const c = { db: { dialect: 'x' } }; connect(c.db.dialect);", "c.db.dialect", ["'x'"]),
    ("object spread", "const a = { x: '1' }; const c = { ...a }; connect(c.x);", "c.x", ["'1'"]),
    ("getter", "const c = { get url() { return 'a'; } }; connect(c.url);", "c.url", ["'a'"]),
    ("destructured object", "const { a: { b } } = { a: { b: 'x' } }; connect(b);", "b", ["'x'"]),
    ("array pattern", "const [, b] = ['x', 'y']; connect(b);", "b", ["'y'"]),
    ("class field", "class C { url = 'a'; f() { connect(this.url); } }", "this.url", ["'a'"]),
    ("static", "class C { static url = 'a'; } connect(C.url);", "C.url", ["'a'"]),
    (
        "constructor",
        "class C { constructor(u) { this.u = u; } f() { connect(this.u); } } new C('a');",
        "this.u",
        ["'a'"],
    ),
    ("arrow", "const f = (a) => `x${a}`; connect(f('y'));", "f('y')", ["'xy'"]),
    (
        "switch",
        "let s; switch (t) { case 1: s = 'a'; break; default: s = 'b'; } connect(s);",
        "s",
        ["'a' ?case 1", "'b' ?case"],
    ),
    ("for of", "for (const t of ['a', 'b']) { connect(t); }", "t", ["'a'", "'b'"]),
    ("callback of an array", "['a'].forEach((t) => { connect(t); });", "t", ["'a'"]),
    ("then", "f().then((t) => connect(t)); function f() { return 'a'; }", "t", ["'a'"]),
    ("as", "const u = ('a' as string)!; connect(u);", "u", ["'a'"]),
    ("assigned from outside", "const c = {}; c.url = 'a'; connect(c.url);", "c.url", ["'a'"]),
]


@pytest.mark.parametrize(("name", "code", "text", "expected"), PYTHON, ids=[row[0] for row in PYTHON])
def test_python(name: str, code: str, text: str, expected: list[str]) -> None:
    project = project_of({"m.py": "import sqlite3\n" + code})
    assert values(project, "m.py", text) == expected


@pytest.mark.parametrize(("name", "code", "text", "expected"), ECMASCRIPT, ids=[row[0] for row in ECMASCRIPT])
def test_ecmascript(name: str, code: str, text: str, expected: list[str]) -> None:
    project = project_of({"m.ts": "import { Pool } from 'pg';\n" + code})
    assert values(project, "m.ts", text) == expected


MODULES: list[tuple[str, dict[str, str], str, str, list[str]]] = [
    (
        "from import",
        {
            "app/__init__.py": "",
            "app/c.py": "DB_URL = 'a'",
            "app/m.py": "import sqlite3\nfrom app.c import DB_URL as u\nconnect(u)",
        },
        "app/m.py",
        "u",
        ["'a'"],
    ),
    (
        "relative module",
        {
            "app/__init__.py": "",
            "app/c.py": "DB_URL = 'a'",
            "app/m.py": "import sqlite3\nfrom . import c\nconnect(c.DB_URL)",
        },
        "app/m.py",
        "c.DB_URL",
        ["'a'"],
    ),
    (
        "dotted import",
        {
            "app/__init__.py": "",
            "app/c.py": "DB_URL = 'a'",
            "m.py": "import sqlite3\nimport app.c\nconnect(app.c.DB_URL)",
        },
        "m.py",
        "app.c.DB_URL",
        ["'a'"],
    ),
    (
        "through an init that is not read in depth",
        {
            "app/__init__.py": "from .c import *\nfrom .d import X",
            "app/c.py": "DB_URL = 'a'",
            "app/d.py": "X = 1",
            "m.py": "import sqlite3\nfrom app import DB_URL\nconnect(DB_URL)",
        },
        "m.py",
        "DB_URL",
        ["'a'"],
    ),
    (
        "settings object behind a function",
        {
            "conf.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    database_url: str = 'a'\n"
            "def get_settings():\n    return Settings()\nsettings = get_settings()",
            "m.py": "import sqlite3\nfrom conf import settings\nconnect(settings.database_url)",
        },
        "m.py",
        "settings.database_url",
        ["env DATABASE_URL", "'a' <- DATABASE_URL"],
    ),
    (
        "esm and a barrel",
        {
            "c.ts": "export const DB_URL = process.env.DB_URL ?? 'a';\nexport default { x: 'd' };",
            "index.ts": "export * from './c';\nexport { default as conf } from './c';",
            "m.ts": "import { Pool } from 'pg';\nimport { DB_URL, conf } from './index';\nconnect(DB_URL, conf.x);",
        },
        "m.ts",
        "conf.x",
        ["'d'"],
    ),
    (
        "barrel with star",
        {
            "c.ts": "export const DB_URL = process.env.DB_URL ?? 'a';",
            "index.ts": "export * from './c';",
            "m.ts": "import { Pool } from 'pg';\nimport * as all from './index';\nconnect(all.DB_URL);",
        },
        "m.ts",
        "all.DB_URL",
        ["env DB_URL", "'a' <- DB_URL ?or"],
    ),
    (
        "commonjs object",
        {
            "c.js": "module.exports = { db: { url: process.env.DB_URL || 'a' } };",
            "m.js": "const { Pool } = require('pg');\nconst { db } = require('./c');\nconnect(db.url);",
        },
        "m.js",
        "db.url",
        ["env DB_URL", "'a' <- DB_URL ?or"],
    ),
    (
        "commonjs names",
        {
            "c.js": "exports.url = process.env.DB_URL; module.exports.name = 'n';",
            "m.js": "const { Pool } = require('pg');\nconst c = require('./c');\nconnect(c.url, c.name);",
        },
        "m.js",
        "c.name",
        ["'n'"],
    ),
    (
        "json by environment",
        {
            "config.json": '{"development": {"dialect": "sqlite"}, "production": {"dialect": "postgres"}}',
            "m.js": "const { Sequelize } = require('sequelize');\n"
            "const c = require(__dirname + '/config.json')[process.env.NODE_ENV];\nconnect(c.dialect);",
        },
        "m.js",
        "c.dialect",
        ["'sqlite' ?key development", "'postgres' ?key production"],
    ),
    (
        "json import",
        {
            "config.json": '{"db": {"dialect": "sqlite"}}',
            "m.ts": "import { Pool } from 'pg';\nimport c from './config.json';\nconnect(c.db.dialect);",
        },
        "m.ts",
        "c.db.dialect",
        ["'sqlite'"],
    ),
    (
        "default function called by another name",
        {
            "repo.js": "module.exports = (db, url) => { db.query(url); };",
            "m.js": "const makeRepo = require('./repo');\nmakeRepo(pool, 'a');\nrequire('./repo')(pool, 'b');",
        },
        "repo.js",
        "url",
        ["'a'", "'b'"],
    ),
]


@pytest.mark.parametrize(
    ("name", "files", "path", "text", "expected"), MODULES, ids=[row[0] for row in MODULES]
)
def test_modules(name: str, files: dict[str, str], path: str, text: str, expected: list[str]) -> None:
    assert values(project_of(files), path, text) == expected


SOURCE_MAPS = [
    ("python escapes", "m.py", "x = 'a\\n' 'é' f'{q}b'\nconnect(x)", "x", "b"),
    ("python lines", "m.py", "x = '''a\n  zz b'''\nconnect(x)", "x", "b"),
    ("python other constant", "m.py", "y = 'zz b'\nx = 'a ' + y\nconnect(x)", "x", "b"),
    (
        "python dedent",
        "m.py",
        "import textwrap\nx = textwrap.dedent('''\n   a\n   zz b\n''')\nconnect(x)",
        "x",
        "b",
    ),
    ("python percent", "m.py", "x = '%s b' % q\nconnect(x)", "x", "b"),
    ("python format", "m.py", "x = '{} b'.format(q)\nconnect(x)", "x", "b"),
    ("python strip", "m.py", "x = '  b '.strip()\nconnect(x)", "x", "b"),
    ("python join", "m.py", "x = ' '.join(['a', 'b'])\nconnect(x)", "x", "b"),
    ("template", "m.ts", "const x = `é${q}\n b`; connect(x);", "x", "b"),
    ("concatenation", "m.ts", "const x = 'a' + q + 'b'; connect(x);", "x", "b"),
]


@pytest.mark.parametrize(
    ("name", "path", "code", "text", "wanted"), SOURCE_MAPS, ids=[row[0] for row in SOURCE_MAPS]
)
def test_every_character_has_its_place(name: str, path: str, code: str, text: str, wanted: str) -> None:
    head = "import sqlite3\n" if path.endswith(".py") else "import { Pool } from 'pg';\n"
    project = project_of({path: head + code})
    (value,) = possible_values(project, path, expression(project, path, text))
    assert value.text is not None
    filled = value.text.fill("")
    found = value.text.locate(filled.index(wanted))
    source = project.tree.read(path)
    assert found is not None and source is not None
    assert found[0] == path
    assert source[found[1] : found[1] + 1].decode() == wanted
    for piece in value.text.pieces:
        if isinstance(piece, TextPiece):
            assert 0 <= piece.at[0] <= piece.at[1] <= len(source)


def test_branches_name_the_variables_they_read() -> None:
    project = project_of(
        {
            "m.py": "import os, sqlite3\nif os.environ.get('TESTING') == '1':\n    url = 'a'\nelse:\n    url = 'b'\nconnect(url)"
        }
    )
    first, second = possible_values(project, "m.py", expression(project, "m.py", "url"))
    assert [environment_names(project, branch) for branch in first.branches] == [["TESTING"]]
    assert (first.branches[0].taken, second.branches[0].taken) == (True, False)
    assert place(project, first.path, first.at)[:2] == (3, 11)


def test_names_exports_and_entries() -> None:
    project = project_of(
        {
            "c.py": "import sqlite3\nurl = 'a'\nurl = 'b'\ndef f():\n    inner = 'c'\n    connect(inner)",
            "c.json": '{"a": {"b": "x"}, /* note */ "n": 1,}',
            "m.js": "const { Pool } = require('pg'); const c = require('./c.json'); connect(c);",
        }
    )
    assert [render(value) for value in resolve_name(project, "c.py", "url")] == ["'b'"]
    assert [render(value) for value in exported_values(project, "c.py", "url")] == ["'b'"]
    inner = project.evaluator.file("c.py").at(60)  # type: ignore[union-attr]
    assert [render(value) for value in resolve_name(project, "c.py", "inner", inner)] == ["'c'"]
    (value,) = project.evaluator.values("m.js", expression(project, "m.js", "c"))
    assert value.kind == "module"
    (whole,) = exported_values(project, "c.json", "default")
    entries = object_entries(project, whole)
    assert [render(item) for item in entries["n"]] == ["1"]
    assert object_entries(project, entries["a"][0])["b"][0].constant == "x"
    assert place(project, "c.json", entries["a"][0].at)[:2] == (1, 7)


def test_alternatives_are_bounded() -> None:
    lines = ["import sqlite3", "x = ''"]
    for number in range(12):
        lines += [f"if t{number}:", f"    x += 'a{number}'"]
    project = project_of({"m.py": "\n".join([*lines, "connect(x)"])})
    found = possible_values(project, "m.py", expression(project, "m.py", "x"))
    assert 2 <= len(found) <= 32


def test_deep_chains_end() -> None:
    lines = [
        "import sqlite3",
        "x0 = 'a'",
        *(f"x{n} = x{n - 1} + 'b'" for n in range(1, 400)),
        "connect(x399)",
    ]
    project = project_of({"m.py": "\n".join(lines)})
    assert possible_values(project, "m.py", expression(project, "m.py", "x399"))


def test_a_file_that_is_not_read_in_depth_gives_an_unknown_value() -> None:
    project = project_of(
        {"c.py": "X = 1", "m.py": "import sqlite3\nfrom c import X\nconnect(X)"}, real_needles=True
    )
    assert project.code("c.py") is None
    assert values(project, "m.py", "X") == ["unknown"]
