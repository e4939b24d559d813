"""``constraintlint schema-of``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from constraintlint.cli.schema_of import command

FILES = {
    "db/schema.sql": "CREATE TABLE users (\n  id SERIAL PRIMARY KEY,\n  mail TEXT NOT NULL UNIQUE\n);\n"
    "CREATE TABLE shop.orders (a int, b int REFERENCES users (id), PRIMARY KEY (a, b));\n",
    "app.py": "import sqlite3\nconn = sqlite3.connect('x')\n"
    "conn.execute('ALTER TABLE users ADD COLUMN name varchar(20)')\n"
    "def more(name):\n    conn.execute(f'CREATE TABLE {name} (x int)')\n",
}
USERS = """\
users
  ddl db/schema.sql:1:14
  ddl app.py:3:27 adds to it
    id    SERIAL [integer], primary key, generated  db/schema.sql:2:3
    mail  TEXT [text], not null, unique  db/schema.sql:3:3
    name  varchar(20) [text], null  app.py:3:44
"""
ORDERS = """\
shop.orders
  ddl db/schema.sql:5:19
    a  int [integer], primary key  db/schema.sql:5:27
    b  int [integer], primary key, -> users(id)  db/schema.sql:5:34
    primary key (a, b)  db/schema.sql:5:19
"""
GAPS = """\
not read:
  app.py:5:20 the name of the table is not in the text
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, [*arguments, "--no-cache", "--path", str(folder)])
    return result.exit_code, result.stdout, result.stderr


def test_text(folder: Path) -> None:
    code, out, _ = run(folder)
    assert (code, out) == (0, f"{USERS}\n{ORDERS}\n{GAPS}")


def test_one_table(folder: Path) -> None:
    code, out, _ = run(folder, "shop.Orders")
    assert (code, out) == (0, f"{ORDERS}\n{GAPS}")


def test_unknown_table(folder: Path) -> None:
    code, out, error = run(folder, "nobody")
    assert (code, out) == (1, "")
    assert error == "there is no table 'nobody' (tables: users, orders)\n"


def test_no_tables(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert run(tmp_path) == (0, "", "no table is declared here\n")


def test_json(folder: Path) -> None:
    code, out, _ = run(folder, "--format", "json")
    data = json.loads(out)
    assert code == 0 and data["schema_version"] == 1 and data["complete"] is False
    users, orders = data["tables"]
    assert (orders["name"], orders["namespace"], orders["complete"]) == ("orders", "shop", True)
    assert [column["name"] for column in users["columns"]] == ["id", "mail", "name"]
    mail = users["columns"][1]["declarations"][0]
    assert mail == {
        "path": "db/schema.sql", "line": 3, "column": 3, "end_line": 3, "end_column": 7, "type": "TEXT", "family": "text",
        "nullable": False, "primary_key": False, "unique": True, "has_default": False, "generated": False, "quoted": False,
        "zoned": None, "references": None,
    }  # fmt: skip
    assert [(item["source"], item["adds_only"]) for item in users["declarations"]] == [
        ("ddl", False),
        ("ddl", True),
    ]
    assert data["gaps"][0]["reason"] == "the name of the table is not in the text"
    assert orders["columns"][1]["declarations"][0]["references"] == {
        "table": "users",
        "columns": ["id"],
        "namespace": None,
    }


def test_json_of_an_unknown_table(folder: Path) -> None:
    code, out, _ = run(folder, "nobody", "--format", "json")
    assert code == 1 and json.loads(out)["tables"] == []
