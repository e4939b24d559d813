"""Results come back whatever happens to a worker."""

from __future__ import annotations

import os
import signal
import time

import pytest

from constraintlint.parallel import WORTH_A_PROCESS, map_bytes

ITEMS = list(range(40))
WEIGHTS = [WORTH_A_PROCESS // 4] * 40
PARENT = os.getpid()


def encode(item: int) -> bytes:
    return str(item).encode() * 1000


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
def test_same_as_a_loop(jobs: int) -> None:
    assert map_bytes(encode, ITEMS, WEIGHTS, jobs) == [encode(item) for item in ITEMS]


def test_little_work_starts_no_process() -> None:
    pids = set(map_bytes(lambda _: str(os.getpid()).encode(), ITEMS, [10] * 40, 4))
    assert pids == {str(PARENT).encode()}


def test_work_is_shared() -> None:
    def work(_: int) -> bytes:
        time.sleep(0.005)
        return str(os.getpid()).encode()

    assert len(set(map_bytes(work, ITEMS, WEIGHTS, 2))) == 2


def test_more_items_than_fit_in_the_queue() -> None:
    items = list(range(9001))
    assert map_bytes(lambda item: str(item).encode(), items, [500] * 9001, 3) == [
        str(i).encode() for i in items
    ]


@pytest.mark.parametrize("killer", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_worker_loses_nothing(killer: signal.Signals) -> None:
    def work(item: int) -> bytes:
        if os.getpid() != PARENT and item > 20:
            os.kill(os.getpid(), killer)
        return encode(item)

    assert map_bytes(work, ITEMS, WEIGHTS, 3) == [encode(item) for item in ITEMS]


def test_a_worker_that_raises_loses_nothing() -> None:
    def work(item: int) -> bytes:
        if os.getpid() != PARENT:
            raise MemoryError
        return encode(item)

    assert map_bytes(work, ITEMS, WEIGHTS, 2) == [encode(item) for item in ITEMS]


def test_an_interrupt_ends_the_workers() -> None:
    def work(item: int) -> bytes:
        if os.getpid() == PARENT:
            raise KeyboardInterrupt
        signal.pause()
        return b""

    with pytest.raises(KeyboardInterrupt):
        map_bytes(work, ITEMS, WEIGHTS, 2)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_nothing_to_do() -> None:
    assert map_bytes(encode, [], [], 4) == []
