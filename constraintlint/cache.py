"""What earlier runs learnt, keyed by content: facts by file hash, and one snapshot and some results a root.

A cache never decides anything: what cannot be read from it is computed again. It is an SQLite file, so two runs can
share it; a corrupt, foreign or read-only one is replaced or done without.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from functools import cache as memoise
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

#: kinds of files the tool is made of
_OWN_FILES = (".py", ".md", ".toml", ".json", ".typed")
#: results kept for one root; the oldest go first
KEPT_RESULTS = 12
#: a run waits this long for another one that is writing
LOCK_SECONDS = 2.0
#: above this size the file starts anew
TIDY_ABOVE_BYTES = 256 * 1024 * 1024
KEY_BYTES = 16
_SEAL = 8
_BATCH = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (key BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshots (key BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results (
  key BLOB PRIMARY KEY, root BLOB NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;
"""


@memoise
def build_key() -> bytes:
    """A digest of this very build of the tool, its rules and its parsers, so that no cache outlives a change of them.

    An installed wheel is known by the hashes in its RECORD, which are the same on every machine; a checkout by the
    content of its files. Never by time stamps: a cache restored on a fresh machine must still serve.
    """
    from constraintlint import __version__
    from constraintlint.rulebook import rules_directory

    digest = blake2b(f"{__version__} {sys.version_info[:2]}".encode(), digest_size=16)
    digest.update("\n".join(_parser_versions()).encode())
    package = Path(__file__).parent
    record = package.parent / f"constraintlint-{__version__}.dist-info" / "RECORD"
    try:
        lines = record.read_text("utf-8").splitlines()
    except OSError:
        lines = []
    own = sorted(line for line in lines if line.startswith("constraintlint/") and "__pycache__" not in line)
    if own:
        digest.update("\n".join(own).encode())
    else:
        for base in sorted({str(package), str(rules_directory())}):
            _digest_tree(base, digest)
    return digest.digest()


def _parser_versions() -> list[str]:
    spec = find_spec("tree_sitter")
    if spec is None or spec.origin is None:
        return []
    site = os.path.dirname(os.path.dirname(spec.origin))
    return sorted(
        name for name in os.listdir(site) if name.startswith("tree_sitter") and name.endswith(".dist-info")
    )


def _digest_tree(base: str, digest: blake2b) -> None:
    """Names and contents of what the tool is made of; the caches that others keep in a checkout come and go."""
    stack = [base]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__" and not entry.name.startswith("."):
                        stack.append(entry.path)
                elif entry.name.endswith(_OWN_FILES):
                    with open(entry.path, "rb") as file:
                        digest.update(entry.name.encode("utf-8", "replace") + b"\0" + file.read())


def content_key(data: bytes) -> bytes:
    """The 16-byte hash by which a file's content is known."""
    return blake2b(data, digest_size=KEY_BYTES).digest()


class Cache:
    """Facts, snapshots and results of one cache directory; every method copes with a missing or broken database."""

    def __init__(self, directory: Path | None) -> None:
        self.problem = ""
        """why there is no (working) cache, for a person"""
        self._directory = directory
        self._process = os.getpid()
        self._inherited: sqlite3.Connection | None = None
        self._connection: sqlite3.Connection | None = None
        if directory is not None:
            self._connection = self._open(directory)

    def own_connection(self) -> None:
        """After a fork: a connection must neither be used nor closed by two processes, so the child opens its own."""
        if self._process == os.getpid() or self._connection is None or self._directory is None:
            return
        self._process = os.getpid()
        self._inherited = self._connection  # kept, so that it is never closed here
        self._connection = self._open(self._directory)

    def _open(self, directory: Path) -> sqlite3.Connection | None:
        file = directory / "cache.db"
        for attempt in (1, 2):
            try:
                if not directory.is_dir():
                    directory.mkdir(parents=True)
                    (directory / ".gitignore").write_text("*\n")
                connection = sqlite3.connect(file, timeout=LOCK_SECONDS, isolation_level=None)
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute("PRAGMA temp_store = MEMORY")
                connection.executescript(_SCHEMA)
                connection.execute("SELECT count(*) FROM snapshots").fetchone()
                return connection
            except sqlite3.OperationalError as error:
                self.problem = str(error)
                return None  # locked, read-only or no space: work without
            except sqlite3.DatabaseError as error:
                self.problem = str(error)
                if attempt == 2 or not _remove(file):
                    return None
            except OSError as error:
                self.problem = error.strerror or str(error)
                return None
        return None

    @property
    def works(self) -> bool:
        return self._connection is not None

    def is_empty(self) -> bool:
        """Whether no facts are stored (or none can be)."""
        if self._connection is None:
            return True
        try:
            return self._connection.execute("SELECT 1 FROM facts LIMIT 1").fetchone() is None
        except sqlite3.Error as error:
            self._give_up(error)
            return True

    def facts(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The stored facts of those keys that are known."""
        found: dict[bytes, bytes] = {}
        if self._connection is None:
            return found
        try:
            wanted = list(keys)
            for start in range(0, len(wanted), _BATCH):
                batch = wanted[start : start + _BATCH]
                marks = ",".join("?" * len(batch))
                for key, sealed in self._connection.execute(
                    f"SELECT key, data FROM facts WHERE key IN ({marks})", batch
                ):
                    data = _unsealed(sealed)
                    if data is not None:
                        found[key] = data
        except sqlite3.Error as error:
            self._give_up(error)
        return found

    def snapshot(self, key: bytes) -> bytes | None:
        return self._get("SELECT data FROM snapshots WHERE key = ?", key)

    def result(self, key: bytes) -> bytes | None:
        return self._get("SELECT data FROM results WHERE key = ?", key)

    def _get(self, query: str, key: bytes) -> bytes | None:
        if self._connection is None:
            return None
        try:
            row = self._connection.execute(query, (key,)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        return _unsealed(row[0]) if row else None

    def store(
        self,
        root: bytes,
        facts: dict[bytes, bytes],
        snapshot: bytes | None,
        result: tuple[bytes, bytes] | None,
    ) -> None:
        """Write what a run learnt, in one transaction; a failure to write is no failure of the run."""
        connection = self._connection
        if connection is None:
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)",
                ((key, _sealed(data)) for key, data in facts.items()),
            )
            if snapshot is not None:
                connection.execute(
                    "INSERT OR REPLACE INTO snapshots VALUES (?, ?)", (root, _sealed(snapshot))
                )
            if result is not None:
                number = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM results").fetchone()[0]
                connection.execute(
                    "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)",
                    (result[0], root, number, _sealed(result[1])),
                )
                connection.execute(
                    "DELETE FROM results WHERE root = ? AND number NOT IN"
                    " (SELECT number FROM results WHERE root = ? ORDER BY number DESC LIMIT ?)",
                    (root, root, KEPT_RESULTS),
                )
            if self._size(connection) > TIDY_ABOVE_BYTES:
                connection.execute("DELETE FROM facts")
                connection.execute("DELETE FROM results")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(error)

    @staticmethod
    def _size(connection: sqlite3.Connection) -> int:
        pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
        size: int = connection.execute("PRAGMA page_size").fetchone()[0]
        return pages * size

    def _give_up(self, error: Exception) -> None:
        """Stop using the database for this run; a malformed one is removed so that the next run starts afresh."""
        self.problem = str(error)
        connection, self._connection = self._connection, None
        if connection is None:
            return
        malformed = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
        with closing(connection):
            try:
                file = connection.execute("PRAGMA database_list").fetchone()[2]
            except sqlite3.Error:
                file = ""
        if malformed and file:
            _remove(Path(file))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _sealed(data: bytes) -> bytes:
    """Data with a checksum in front: a damaged page must not become a wrong fact."""
    return blake2b(data, digest_size=_SEAL).digest() + data


def _unsealed(stored: object) -> bytes | None:
    if not isinstance(stored, bytes):
        return None
    data = stored[_SEAL:]
    return data if blake2b(data, digest_size=_SEAL).digest() == stored[:_SEAL] else None


def _remove(file: Path) -> bool:
    try:
        file.unlink()
        return True
    except OSError:
        return False
