"""Statements run by ``psql``, so that the labels need no driver."""

from __future__ import annotations

import subprocess


class Psql:
    """One database of a server; ``place`` is ``host:port/database``."""

    def __init__(self, place: str) -> None:
        address, _, self.database = place.partition("/")
        self.host, _, self.port = address.partition(":")

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """The script on standard input; errors are printed with their SQLSTATE and do not stop it."""
        command = [
            "psql",
            "-X",
            "-q",
            "-At",
            "-F",
            "\x1f",
            "-h",
            self.host,
            "-p",
            self.port,
            "-U",
            "postgres",
            "-d",
            self.database,
        ]
        return subprocess.run(
            [*command, "-v", "VERBOSITY=verbose"],
            input=script,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def rows(self, query: str) -> list[list[str]]:
        done = self.run(query.replace("\n", " ") + ";")
        if done.stderr:
            raise RuntimeError(done.stderr)
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def succeeds(self, statement: str) -> bool:
        return "ERROR" not in self.run(statement + ";").stderr
