"""What is wrong with a configuration: every mistake with its file and line, reported together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec


class Mistake(msgspec.Struct, frozen=True, order=True):
    """One mistake. ``column`` is 0 where only the line is known."""

    path: str
    line: int
    message: str
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.column else f"{self.path}:{self.line}"
        return f"{place}: {self.message}"


class ConfigError(Exception):
    """A configuration that cannot be used; ``str`` has one line a mistake, ``path:line: message``."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))

    @property
    def path(self) -> str:
        return self.mistakes[0].path

    @property
    def line(self) -> int:
        return self.mistakes[0].line

    @property
    def message(self) -> str:
        return self.mistakes[0].message


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` for the nearest known spelling, "" where none is near."""
    from difflib import get_close_matches

    candidates = sorted(known)
    folded = {candidate.lower().replace("_", "-"): candidate for candidate in reversed(candidates)}
    near = folded.get(word.lower().replace("_", "-"))
    if near is None:
        near = next(iter(get_close_matches(word, candidates, 1, 0.67)), None)
    if near is None:
        near = next((c for c in candidates if sorted(c) == sorted(word)), None)
    if near is None:
        # a longer or shorter form of one word: postgres, mongo, node-express
        near = next(
            (c for c in candidates if len(word) > 2 and (c.startswith(word) or word.startswith(c))), None
        )
    return f'; did you mean "{near}"?' if near is not None else ""
