"""The cache is a help, never a condition: broken, foreign, locked or read-only ones are done without."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from constraintlint.cache import KEPT_RESULTS, Cache, build_key, content_key

ROOT = b"r" * 16


def test_facts_snapshot_and_results_come_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.store(ROOT, {b"k": b"facts"}, b"snapshot", (b"key", b"result"))
    cache.close()
    again = Cache(tmp_path / "c")
    assert again.facts([b"k", b"other"]) == {b"k": b"facts"}
    assert again.snapshot(ROOT) == b"snapshot"
    assert again.result(b"key") == b"result"
    assert again.result(b"nokey") is None


def test_it_ignores_itself_for_git(tmp_path: Path) -> None:
    Cache(tmp_path / "c")
    assert (tmp_path / "c/.gitignore").read_text() == "*\n"


def test_old_results_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(KEPT_RESULTS + 5):
        cache.store(ROOT, {}, None, (str(number).encode(), b"x"))
    assert cache.result(b"0") is None
    assert cache.result(str(KEPT_RESULTS + 4).encode()) == b"x"


@pytest.mark.parametrize(
    "content", [b"", b"not a database at all" * 300, b"SQLite format 3\0" + b"\xff" * 4000]
)
def test_a_corrupt_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache.db").write_bytes(content)
    cache = Cache(tmp_path)
    cache.store(ROOT, {b"k": b"v"}, None, None)
    cache.close()
    assert Cache(tmp_path).facts([b"k"]) in ({b"k": b"v"}, {})
    fresh = Cache(tmp_path)
    fresh.store(ROOT, {b"k": b"v"}, None, None)
    assert fresh.facts([b"k"]) == {b"k": b"v"}


def test_a_truncated_file_does_no_harm(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.store(ROOT, {bytes([i]): b"v" * 5000 for i in range(200)}, None, None)
    cache.close()
    file = tmp_path / "cache.db"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    broken = Cache(tmp_path)
    broken.facts([bytes([i]) for i in range(200)])
    broken.store(ROOT, {b"k": b"v"}, None, None)
    again = Cache(tmp_path)
    again.store(ROOT, {b"k": b"v"}, None, None)
    assert again.facts([b"k"]) == {b"k": b"v"}


def test_tables_of_another_shape(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "cache.db") as connection:
        connection.execute("CREATE TABLE facts (something INTEGER)")
        connection.execute("CREATE TABLE snapshots (something INTEGER)")
    cache = Cache(tmp_path)
    assert cache.facts([b"k"]) == {}
    cache.store(ROOT, {b"k": b"v"}, None, None)


def test_a_locked_database_costs_only_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache(tmp_path).close()
    holder = sqlite3.connect(tmp_path / "cache.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("constraintlint.cache.LOCK_SECONDS", 0.05)
    cache = Cache(tmp_path)
    assert cache.facts([b"k"]) == {}
    cache.store(ROOT, {b"k": b"v"}, None, None)
    assert cache.problem
    holder.execute("ROLLBACK")
    assert Cache(tmp_path).works


def test_no_directory_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "c")
    assert not cache.works
    assert cache.problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert not Cache(tmp_path / "c").works


def test_switched_off() -> None:
    cache = Cache(None)
    cache.store(ROOT, {b"k": b"v"}, None, None)
    assert cache.facts([b"k"]) == {}


def test_keys() -> None:
    assert build_key() == build_key()
    assert content_key(b"a") != content_key(b"b")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is made by fork")
def test_a_process_beside_has_a_connection_of_its_own(tmp_path: Path) -> None:
    from constraintlint.parallel import beside

    cache = Cache(tmp_path)
    key = content_key(b"a")
    cache.store(b"root", {key: b"facts of a"}, None, None)
    parent = cache._connection

    def child() -> bytes:
        cache.own_connection()
        known = cache.facts([key])[key]
        cache.close()
        return known if cache._inherited is parent else b"shared"

    assert beside(child)() == b"facts of a"
    cache.own_connection()
    assert cache._connection is parent
    cache.store(b"root", {content_key(b"b"): b"facts of b"}, None, None)
    assert len(Cache(tmp_path).facts([key, content_key(b"b")])) == 2
