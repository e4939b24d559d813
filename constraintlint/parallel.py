"""Map a function over many items on all cores; results are bytes and come back whatever happens to a worker.

On systems with ``fork`` the items wait in a pipe, heaviest first; every process, this one too, takes the next when it is
free. A child writes its results to an unlinked temporary file. One that dies leaves whole records behind; what it had
taken is done again here, so a killed worker costs time, never a result. Elsewhere everything runs in this process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, TypeVar

T = TypeVar("T")

_HEADER = 8
_NUMBER = 4
#: as many numbers as the buffer of a pipe holds on every system
_MOST_CHUNKS = 4000
#: below this weight (bytes to parse) starting a process costs more than it saves
WORTH_A_PROCESS = 400_000


def available_cores() -> int:
    """Cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def map_bytes(
    function: Callable[[T], bytes], items: Sequence[T], weights: Sequence[int], jobs: int
) -> list[bytes]:
    """``[function(item) for item in items]``, computed by up to ``jobs`` processes.

    An exception of ``function`` in the parent's share propagates; items a child could not finish are computed again
    here, so an exception that only concerns one item surfaces in this process.
    """
    jobs = min(jobs, 1 + sum(weights) // WORTH_A_PROCESS)
    if jobs < 2 or not hasattr(os, "fork") or sys.platform == "win32":
        return [function(item) for item in items]
    order = sorted(range(len(items)), key=lambda index: -weights[index])
    chunks = min(len(order), _MOST_CHUNKS)
    queue = _fill(chunks)
    children: list[tuple[int, BinaryIO]] = []
    try:
        for _ in range(jobs - 1):
            children.append(_start(function, items, lambda: _taken(queue, order, chunks)))
        results = {index: function(items[index]) for index in _taken(queue, order, chunks)}
        for pid, file in children:
            _wait(pid)
            results.update(_read(file))
    except BaseException:
        _kill([pid for pid, _ in children])
        raise
    finally:
        os.close(queue)
    return [results[i] if i in results else function(items[i]) for i in range(len(items))]


def beside(function: Callable[[], bytes]) -> Callable[[], bytes]:
    """Start ``function()`` in a process beside this one; the answer waits for its result.

    Where the process dies without one, or no process can be made, ``function`` runs here when it is asked for.
    """
    if not hasattr(os, "fork") or sys.platform == "win32":
        return function
    pid, file = _start(lambda _: function(), [None], lambda: iter((0,)))

    def result() -> bytes:
        try:
            _wait(pid)
        except BaseException:
            _kill([pid])
            raise
        found = _read(file)
        return found[0] if 0 in found else function()

    return result


def _fill(chunks: int) -> int:
    """The reading end of a pipe that holds the numbers of all chunks; who reads one has it for himself."""
    read_end, write_end = os.pipe()
    os.write(write_end, b"".join(number.to_bytes(_NUMBER, "little") for number in range(chunks)))
    os.close(write_end)
    return read_end


def _taken(queue: int, order: list[int], chunks: int) -> Iterator[int]:
    """The items of one chunk after the other, until none is left."""
    while number := os.read(queue, _NUMBER):
        yield from order[int.from_bytes(number, "little") :: chunks]


def _start(
    function: Callable[[T], bytes], items: Sequence[T], taken: Callable[[], Iterator[int]]
) -> tuple[int, BinaryIO]:
    import tempfile

    file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid, file
    status = 1
    try:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for index in taken():
            result = function(items[index])
            file.write(index.to_bytes(4, "little") + len(result).to_bytes(4, "little") + result)
        file.flush()
        status = 0
    finally:
        os._exit(status)


def _wait(pid: int) -> None:
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass  # somebody else reaped it; what it wrote is still there


def _kill(pids: list[int]) -> None:
    import signal

    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        _wait(pid)


def _read(file: BinaryIO) -> dict[int, bytes]:
    """The complete records of a child's file; an incomplete one at the end is left out."""
    file.seek(0)
    data = file.read()
    file.close()
    results: dict[int, bytes] = {}
    place = 0
    while place + _HEADER <= len(data):
        index = int.from_bytes(data[place : place + 4], "little")
        size = int.from_bytes(data[place + 4 : place + _HEADER], "little")
        if place + _HEADER + size > len(data):
            break
        results[index] = data[place + _HEADER : place + _HEADER + size]
        place += _HEADER + size
    return results
