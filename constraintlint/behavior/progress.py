"""What a person sees on standard error while a run goes on: on a terminal a line that is rewritten, elsewhere nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TextIO

from constraintlint.behavior.outcome import RequestResult
from constraintlint.behavior.session import Progress

_INTERVAL = 0.05
_WIDTH = 78


class Silent(Progress):
    """Notes only."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing to take away."""

    def say(self, note: str) -> None:
        """A note that stays."""
        self.clear()
        self._write(f"constraintlint: {note}\n")

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):
            pass


class Live(Silent):
    """The present step, and how the suite goes."""

    def __init__(self, stream: TextIO, color: bool) -> None:
        super().__init__(stream)
        self._color = color
        self._began = time.monotonic()
        self._shown = 0.0
        self._line = ""
        self._good = self._bad = 0

    def step(self, text: str) -> None:
        self._good = self._bad = 0
        self._show(text, force=True)

    def request(self, result: RequestResult) -> None:
        if result.passed:
            self._good += 1
        else:
            self._bad += 1
        bad = f", {self._bad} failed" if self._bad else ""
        self._show(f"{self._good + self._bad} requests{bad}: {result.operation}", force=not result.passed)

    def clear(self) -> None:
        if self._line:
            self._write("\r\x1b[2K")
            self._line = ""

    def _show(self, text: str, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._shown < _INTERVAL:
            return
        self._shown = now
        line = f"{now - self._began:5.1f} s  {text}"
        self._line = "".join(c if c.isprintable() else "?" for c in line)[:_WIDTH]
        shown = f"\x1b[2m{self._line}\x1b[0m" if self._color else self._line
        self._write(f"\r\x1b[2K{shown}")


def progress_for(stream: TextIO, color: bool, environment: Mapping[str, str]) -> Silent:
    """Live on a terminal that can rewrite a line."""
    if stream.isatty() and environment.get("TERM") != "dumb":
        return Live(stream, color)
    return Silent(stream)
