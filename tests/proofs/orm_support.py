"""What the proofs of the data-layer rules share: the library versions, and a throw-away PostgreSQL server."""

from __future__ import annotations

import glob
import os
import shutil
import socket
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.proofs.support import Ran, node_with, python_with, run_node, run_python

SQLALCHEMY = ["2.0", "2.1"]


def sqlalchemy(release: str) -> Path:
    """An interpreter with this release line of SQLAlchemy and the drivers it is used with."""
    return python_with(
        f"SQLAlchemy[asyncio]=={release}.*", "aiosqlite", "psycopg2-binary", "psycopg[binary]", "asyncpg"
    )


def sequelize() -> Path:
    """A folder with Sequelize 6 and the SQLite driver."""
    return node_with(sequelize="6.37.8", sqlite3="5.1.7")


def python_program(release: str, source: str, where: Path, **env: str) -> Ran:
    """Run one program on a release line of SQLAlchemy."""
    return run_python(sqlalchemy(release), {"main.py": textwrap.dedent(source)}, ["main.py"], where, **env)


def sequelize_program(source: str, where: Path) -> Ran:
    """Run the body of an async function with ``Sequelize``, ``Op``, ``User`` (id, name, age), ``sequelize`` and ``statements``."""
    return run_node(
        sequelize(), {"main.js": _PRELUDE.replace("BODY", textwrap.dedent(source))}, "main.js", where
    )


_PRELUDE = """\
const { Sequelize, DataTypes, Op } = require("sequelize");
const statements = [];
const sequelize = new Sequelize({ dialect: "sqlite", storage: "app.db", logging: (line) => statements.push(line) });
const User = sequelize.define("User", { name: DataTypes.STRING, age: DataTypes.INTEGER, doc: DataTypes.JSON }, { timestamps: false });
async function main() {
  await sequelize.sync({ force: true });
  await User.bulkCreate([{ name: "a", age: 1 }, { name: "b", age: 2 }]);
  statements.length = 0;
  const failed = async (work) => {
    try {
      await work();
    } catch (error) {
      return String(error.message);
    }
    return "no error";
  };
  BODY
}
main().catch((error) => {
  console.log(error);
  process.exitCode = 1;
});
"""


@cache
def _binaries() -> Path:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    known = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not known:
        pytest.skip("needs the PostgreSQL server programs (initdb, postgres)")
    return Path(known[-1]).parent


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL (``host:port/database``) of a new server that is gone afterwards."""
    programs = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="proof-pg-"))
    as_user: list[str] = []
    if os.name == "posix" and os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, log = folder / "data", folder / "log"
    try:
        initialise = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
        subprocess.run([*as_user, *initialise], check=True, capture_output=True, timeout=120, cwd=folder)
        start = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(log)]
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        with open(os.devnull, "w") as nothing:
            subprocess.run(
                [*as_user, *start, "-o", options, "start"],
                check=True, timeout=60, cwd=folder, stdout=nothing, stderr=nothing,
            )  # fmt: skip
            try:
                yield f"127.0.0.1:{port}/postgres"
            finally:
                stop = [*as_user, *start, "-m", "immediate", "stop"]
                subprocess.run(stop, timeout=60, cwd=folder, stdout=nothing, stderr=nothing, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
