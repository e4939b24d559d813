"""A throw-away MariaDB server, which speaks the protocol of MySQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mysql_server() -> Iterator[str]:
    """``host:port`` of a new server that is gone afterwards; its user is ``root`` without a password, its database ``app``."""
    if shutil.which("mariadbd") is None or shutil.which("mariadb-install-db") is None:
        pytest.skip("needs the MariaDB server programs (mariadbd, mariadb-install-db)")
    folder = Path(tempfile.mkdtemp(prefix="proof-my-"))
    as_user: list[str] = []
    if os.name == "posix" and os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "mysql")
        as_user = ["--user=mysql"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = [f"--datadir={folder}/data", *as_user]
    install = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", *data]
    start = [
        "mariadbd", "--no-defaults", "--bind-address=127.0.0.1", f"--port={port}",
        f"--socket={folder}/data/s.sock", *data,
    ]  # fmt: skip
    try:
        subprocess.run(install, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(start, stdout=log, stderr=log)
        try:
            _make_database(folder / "data" / "s.sock")
            yield f"127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_database(place: Path) -> None:
    """Wait for the server, and make the database ``app``."""
    command = ["mariadb", "--no-defaults", "-u", "root", "-S", str(place), "-e", "CREATE DATABASE app"]
    until = time.monotonic() + 60
    while True:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode == 0:
            return
        assert time.monotonic() < until, done.stderr
        time.sleep(0.1)
