"""Signals at any moment, without an orphan: what takes or gives back a resource is shielded, the rest is interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from constraintlint.behavior.errors import Terminated

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class _State:
    depth = 0
    pending: int | None = None
    going_down = False


def _handle(number: int, frame: FrameType | None) -> None:
    if _State.going_down:
        return  # the first one is being obeyed, and that takes a few seconds at most
    if _State.depth:
        _State.pending = number
        return
    _raise(number)


def _raise(number: int) -> None:
    _State.going_down = True
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise Terminated(signal.Signals(number).name)


@contextmanager
def handled() -> Iterator[None]:
    """The first of SIGINT, SIGTERM and SIGHUP becomes an exception here, and waits while a ``shield`` is held.

    Outside the main thread signals are nobody's business and nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {}
    for number in _SIGNALS:
        before = signal.getsignal(number)
        # nohup and its like ignore a signal on purpose
        if before is not signal.SIG_IGN and before is not None:
            previous[number] = before
            signal.signal(number, _handle)
    _State.pending = None
    _State.going_down = False
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


@contextmanager
def shield() -> Iterator[None]:
    """A signal that arrives in here is raised at the end of it. Keep it short.

    So what is acquired in a shield has to be known to a ``finally`` that begins before it.
    """
    _State.depth += 1
    try:
        yield
    finally:
        _State.depth -= 1
        if not _State.depth and _State.pending is not None:
            number, _State.pending = _State.pending, None
            _raise(number)
