"""A verify of its own for each test, and the proof that nothing of it is left."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from constraintlint.behavior import binaries
from tests.behavior.fake_apps import Verify


def unavailable(reason: str) -> None:
    """Skip, unless the environment says that everything has to be there."""
    if os.environ.get("CONSTRAINTLINT_MUST_NOT_SKIP"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def verify() -> Iterator[Verify]:
    # not below pytest's own directory, which other accounts cannot enter: a database server has to
    base = Path(os.path.realpath(tempfile.mkdtemp(prefix="verify-test-")))
    base.chmod(0o755)
    temporary = base / "tmp"
    temporary.mkdir()
    temporary.chmod(0o755)
    try:
        runner = Verify(temporary)
        yield runner
        assert runner.left_over() == []
    finally:
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def postgresql() -> Iterator[Path]:
    directory = binaries.find(os.environ)
    if directory is None:
        unavailable("no PostgreSQL: neither initdb nor postgres is found")
    assert directory is not None
    before = forgotten_memory()
    yield directory
    deadline = time.monotonic() + 3
    while (left := forgotten_memory() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == set(), "a server that was killed leaves its shared memory behind"


def forgotten_memory() -> set[str]:
    """System V shared memory that no process is attached to (proc(5): shmid is the second column, nattch the seventh)."""
    table = Path("/proc/sysvipc/shm")
    rows = [line.split() for line in table.read_text().splitlines()[1:]] if table.exists() else []
    return {row[1] for row in rows if row[6] == "0"}
