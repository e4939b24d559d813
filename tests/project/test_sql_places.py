"""Findings stand at the exact name inside the string, whatever way the string is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from constraintlint.analysis import Options, analyse

SCHEMA = "CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);\n"
PYTHON = "import sqlite3\nimport textwrap\nfrom queries import OLD\n\n\ndef run(db: sqlite3.Connection, n: int, column: str):\n"
NODE = 'const Database = require("better-sqlite3");\nconst { OLD } = require("./queries");\nconst db = new Database("x.db");\n'

#: each is the body of a function; the misspelt name is `nmae`, once
PYTHON_FORMS = {
    "plain": '    db.execute("SELECT nmae FROM pets")\n',
    "single quotes": "    db.execute('SELECT id, nmae FROM pets')\n",
    "triple quotes": '    db.execute("""\n        SELECT id,\n               nmae\n          FROM pets\n    """)\n',
    "implicit concatenation": '    db.execute("SELECT id, "\n               "age, "  # why\n               "nmae FROM pets")\n',
    "plus": '    db.execute("SELECT id, " +\n        "nmae " + "FROM pets")\n',
    "f-string": '    db.execute(f"SELECT id, nmae FROM pets WHERE age > {n}")\n',
    "f-string behind a hole": '    db.execute(f"SELECT {column}, nmae FROM pets WHERE age > {n}")\n',
    "percent": '    db.execute("SELECT %s, nmae FROM pets WHERE age > %d" % (column, n))\n',
    "format": '    db.execute("SELECT {}, nmae FROM pets WHERE age > {}".format(column, n))\n',
    "variable": '    sql = "SELECT id FROM pets"\n    sql += " WHERE nmae = 1"\n    db.execute(sql)\n',
    "dedent": '    db.execute(textwrap.dedent("""\\\n        SELECT id\n          FROM pets\n         WHERE nmae = 1\n    """))\n',
    "escapes before": '    db.execute("SELECT\\n\\tid, nmae\\nFROM pets")\n',
    "quote escaped before": "    db.execute('SELECT \\'a\\', nmae FROM pets')\n",
    "non-ascii before": '    db.execute("SELECT \'äöü€😀\', nmae FROM pets")\n',
    "raw": '    db.execute(r"SELECT \'\\d\', nmae FROM pets")\n',
    "placeholders before": '    db.execute("SELECT id FROM pets WHERE age = ? AND nmae = ?", (n, n))\n',
    "many statements": '    db.executescript("SELECT 1; SELECT id FROM pets;\\nSELECT nmae FROM pets;")\n',
    "comment before": '    db.execute("SELECT id, /* ; \' */ nmae FROM pets -- nmae".replace(" -- nmae", ""))\n',
    "conditional": '    db.execute("SELECT id FROM pets" if n else "SELECT nmae FROM pets")\n',
}  # fmt: skip
NODE_FORMS = {
    "plain": 'db.prepare("SELECT nmae FROM pets").all();\n',
    "template": "db.prepare(`\n  SELECT id,\n         nmae\n    FROM pets`).all();\n",
    "template with holes": "const f = (n, c) => db.prepare(`SELECT ${c}, nmae FROM pets WHERE age > ${n}`).all();\n",
    "plus": 'db.prepare("SELECT id, " +\n  "nmae " +\n  "FROM pets").all();\n',
    "join": 'db.prepare(["SELECT id,", "nmae", "FROM pets"].join(" ")).all();\n',
    "escapes before": 'db.prepare("SELECT\\n\\u0061ge, nmae FROM pets").all();\n',
    "non-ascii before": "db.prepare(\"SELECT 'äöü€😀', nmae FROM pets\").all();\n",
}


def findings(where: Path, files: dict[str, bytes]) -> list[tuple[str, int, int, str]]:
    for name, data in {"schema.sql": SCHEMA.encode(), **files}.items():
        (where / name).write_bytes(data)
    report = analyse(Options(root=where, select=["sql"], cache=False, jobs=1))
    return [(item.path, item.line, item.column, item.rule) for item in report.findings]


def place(text: str, word: str = "nmae") -> tuple[int, int]:
    """Line and column of the first ``nmae``, 1-based, in characters."""
    start = text.index(word)
    return text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("form", PYTHON_FORMS)
def test_python(form: str, ending: str, tmp_path: Path) -> None:
    text = PYTHON + PYTHON_FORMS[form]
    files = {"app.py": text.replace("\n", ending).encode(), "queries.py": b"OLD = 1\n"}
    assert findings(tmp_path, files) == [("app.py", *place(text), "sql-unknown-column")]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("form", NODE_FORMS)
def test_javascript(form: str, ending: str, tmp_path: Path) -> None:
    text = NODE + NODE_FORMS[form]
    files = {"app.js": text.replace("\n", ending).encode(), "queries.js": b"exports.OLD = 1;\n"}
    assert findings(tmp_path, files) == [("app.js", *place(text), "sql-unknown-column")]


def test_constants_of_other_modules(tmp_path: Path) -> None:
    queries = 'OLD = """SELECT id\n  FROM pets\n WHERE nmae = 1"""\n'
    files = {"app.py": (PYTHON + "    db.execute(OLD)\n").encode(), "queries.py": queries.encode()}
    assert findings(tmp_path, files) == [("queries.py", *place(queries), "sql-unknown-column")]


def test_objects_and_tagged_templates(tmp_path: Path) -> None:
    text = (
        'import { Pool } from "pg";\nimport postgres from "postgres";\nconst pool = new Pool();\nconst sql = postgres("postgres://x/y");\n'
        'export const a = (n) => pool.query({ text: "SELECT nmae FROM pets WHERE age = $1", values: [n] });\n'
        "export const b = (n) => sql`SELECT id FROM pets\n  WHERE age = ${n} AND nbme = ${n}`;\n"
    )
    assert findings(tmp_path, {"app.js": text.encode(), "package.json": b'{"type": "module"}'}) == [
        ("app.js", *place(text), "sql-unknown-column"),
        ("app.js", *place(text, "nbme"), "sql-unknown-column"),
    ]


def test_a_place_is_reported_only_where_every_way_has_it(tmp_path: Path) -> None:
    body = (
        '    joins, where = "", ""\n    if n:\n        joins = " JOIN pets b ON b.id = a.id"\n        where = " WHERE b.age = 1"\n'
        '    db.execute("SELECT a.id FROM pets a" + joins + where)\n'
    )
    assert findings(tmp_path, {"app.py": (PYTHON + body).encode(), "queries.py": b"OLD = 1\n"}) == []


def test_the_finding_says_where_the_table_is_made(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "app.py").write_text(PYTHON + '    db.execute("SELECT nmae FROM pets")\n')
    (tmp_path / "queries.py").write_text("OLD = 1\n")
    (found,) = analyse(Options(root=tmp_path, select=["sql"], cache=False, jobs=1)).findings
    assert found.message == 'column "nmae" does not exist in table "pets" (columns: id, name, age)'
    assert "name" in found.help and [(step.path, step.line) for step in found.trace] == [("schema.sql", 1)]
    assert (found.end_line, found.end_column - found.column) in ((found.line, 4), (found.line, 3))
