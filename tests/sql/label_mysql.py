"""Labels the statements of ``mysql.toml`` by running them: ``python -m tests.sql.label_mysql`` (needs the server programs of MariaDB).

Each statement is prepared on a new MariaDB server; what cannot be prepared is run in a database that is made again for it. A label is
``ok`` or the number of the error. ``--check`` changes nothing and fails where a label is not true any more.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("mysql.toml")
_COMMAND = ["mariadb", "--no-defaults", "-u", "root", "-N", "-B"]


class Statement(NamedTuple):
    """``mariadb`` is ``ok`` or the error's number; ``mysql`` likewise where MySQL 8 differs by its manual."""

    sql: str
    mariadb: str = ""
    mysql: str = ""


def read() -> tuple[str, list[Statement]]:
    """The tables, and the statements with their labels."""
    found = tomllib.loads(FILE.read_text("utf-8"))
    return found["schema"], [Statement(**item) for item in found["statement"]]


@contextmanager
def server() -> Iterator[list[str]]:
    """The command that talks to a new server."""
    if shutil.which("mariadbd") is None or shutil.which("mariadb-install-db") is None:
        raise SystemExit("needs the MariaDB server programs (mariadbd, mariadb-install-db)")
    folder = Path(tempfile.mkdtemp(prefix="label-mysql-"))
    as_user = []
    if os.name == "posix" and os.geteuid() == 0:
        shutil.chown(folder, "mysql")
        as_user = ["--user=mysql"]
    data = [f"--datadir={folder}/data", *as_user]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    install = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", *data]
    subprocess.run(install, check=True, timeout=120, **quiet)
    socket = folder / "data" / "s.sock"
    start = ["mariadbd", "--no-defaults", "--skip-networking", f"--socket={socket}", *data]
    running = subprocess.Popen(start, **quiet)
    try:
        for _ in range(300):
            if socket.exists():
                break
            time.sleep(0.1)
        yield [*_COMMAND, "-S", str(socket)]
    finally:
        running.terminate()
        running.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def label(command: list[str], schema: str, sql: str) -> str:
    """``ok`` or the number of the error."""
    quoted = "'" + sql.replace("\\", "\\\\").replace("'", "''") + "'"
    code = _error(command, f"PREPARE s FROM {quoted};")
    if code == "1295":  # cannot be prepared
        subprocess.run(command, input=schema, text=True, check=True, capture_output=True, timeout=60)
        code = _error(command, sql)
    return code


def _error(command: list[str], text: str) -> str:
    done = subprocess.run(
        command, input=f"USE app;\n{text}\n", text=True, capture_output=True, timeout=60, check=False
    )
    found = re.search(r"^ERROR (\d+)", done.stderr, re.M)
    return found[1] if found else "ok"


def labelled() -> list[Statement]:
    schema, found = read()
    with server() as command:
        subprocess.run(command, input=schema, text=True, check=True, capture_output=True, timeout=60)
        return [item._replace(mariadb=label(command, schema, item.sql)) for item in found]


def main() -> int:
    schema, before = read()
    after = labelled()
    if "--check" in sys.argv:
        for old, new in zip(before, after, strict=True):
            if old != new:
                print(f"{new.sql}\n  {old.mariadb} -> {new.mariadb}")
        return 1 if before != after else 0
    lines = [f"# Labels by tests/sql/label_mysql.py: MariaDB 10.11.\n\nschema = '''\n{schema}'''\n"]
    for item in after:
        entries = [(key, value) for key, value in item._asdict().items() if value]
        lines.append(
            "\n".join(
                [
                    "[[statement]]",
                    *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries),
                ]
            )
            + "\n"
        )
    FILE.write_text("\n".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
