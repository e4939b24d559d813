"""Labels the statements of ``corpus/*.toml`` by running them: ``python -m tests.sql.label`` (needs the server programs of PostgreSQL).

Queries and data statements are prepared, everything else is run in a transaction that is rolled back. PostgreSQL 15 answers with an
SQLSTATE; SQLite with its message, as ``EXPLAIN`` gives it, in the release
of this Python and in the newest (``newest``). ``--check`` changes nothing and fails where a label is not true any more.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections import defaultdict

from tests.proofs.orm_support import postgres_server
from tests.proofs.support import python_with
from tests.sql.corpus import FOLDER, Statement, schema, statements
from tests.sql.psql import Psql

_PREPARED = re.compile(r"\s*\(?(?:select|with|insert|update|delete|values|table|merge)\b", re.I)


def postgresql(server: Psql, sql: str) -> str:
    if _PREPARED.match(sql) and ";" not in sql.rstrip(" ;"):
        commands = ["BEGIN", f"PREPARE s AS {sql}", "ROLLBACK"]
    elif re.match(r"\s*(?:vacuum|create database|commit|begin|start)\b", sql, re.I):
        commands = [sql]
    else:
        commands = ["BEGIN", sql, "ROLLBACK"]
    address = ["-h", server.host, "-p", server.port, "-U", "postgres", "-d", server.database]
    arguments = [part for command in commands for part in ("-c", command)]
    done = subprocess.run(
        ["psql", "-X", "-q", *address, "-v", "VERBOSITY=verbose", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = re.search(r"^(?:ERROR|FATAL):\s+(\w{5}):", done.stderr, re.M)
    return found[1] if found else "ok"


#: run by an interpreter that has apsw, whose wheel brings the newest SQLite along
_NEWEST = """
import apsw, json, sys
ddl, items = json.load(sys.stdin)
for sql in items:
    db = apsw.Connection(":memory:")
    db.execute(ddl)
    try:
        db.execute("EXPLAIN " + sql, can_cache=False) if not sql.upper().startswith("CREATE TABLE") else db.execute(sql)
        print(json.dumps("ok"))
    except apsw.BindingsError:
        print(json.dumps("ok"))
    except Exception as error:
        print(json.dumps(str(error)))
"""


def newest(ddl: str, rejected: list[str]) -> dict[str, str]:
    """What the newest release says of statements that the one of this Python rejects."""
    python = python_with("apsw")
    done = subprocess.run(
        [str(python), "-c", _NEWEST],
        input=json.dumps([ddl, rejected]),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return dict(zip(rejected, map(json.loads, done.stdout.splitlines()), strict=True))


def sqlite(ddl: str, sql: str) -> str:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(ddl)
    position = 0
    for part in sql.split(";") if sql.count("'") % 2 == 0 else [sql]:
        text = sql[position : position + len(part)]
        position += len(part) + 1
        if not text.strip():
            continue
        try:
            db.execute(f"EXPLAIN {text}")
            if text.lstrip().upper().startswith("CREATE TABLE"):
                db.execute(text)
        except sqlite3.ProgrammingError:
            continue
        except sqlite3.Error as error:
            return str(error)
    return "ok"


def labelled() -> list[Statement]:
    known = schema()
    with postgres_server() as place:
        server = Psql(place)
        done = server.run(known["postgresql"])
        assert not done.stderr, done.stderr
        found = [
            item._replace(postgresql=postgresql(server, item.sql), sqlite=sqlite(known["sqlite"], item.sql))
            for item in statements()
        ]
    later = newest(known["sqlite"], [item.sql for item in found if item.sqlite != "ok"])
    return [item._replace(newest=later.get(item.sql, "ok")) for item in found]


def main() -> int:
    before, after = statements(), labelled()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    if "--check" in sys.argv:
        for old, new in changed:
            print(
                f"{new.sql}\n  postgresql {old.postgresql} -> {new.postgresql}\n  sqlite {old.sqlite} -> {new.sqlite}\n  newest {old.newest} -> {new.newest}"
            )
        return 1 if changed else 0
    themes: dict[str, list[Statement]] = defaultdict(list)
    for item in after:
        themes[item.theme].append(item)
    for theme, items in themes.items():
        head = f"# Labels by tests/sql/label.py: PostgreSQL 15 and SQLite {sqlite3.sqlite_version}.\n"
        lines = [
            "\n".join(
                [
                    "[[statement]]",
                    *(
                        f"{key} = {json.dumps(value, ensure_ascii=False)}"
                        for key, value in item._asdict().items()
                        if key != "theme"
                    ),
                ]
            )
            for item in items
        ]
        (FOLDER / f"{theme}.toml").write_text(head + "\n" + "\n\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
