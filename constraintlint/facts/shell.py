"""Facts of a shell script: its commands in order, each with the circumstances it runs in. Nothing is expanded but constants."""

from __future__ import annotations

import msgspec

from constraintlint.facts.source import Span


class Word(msgspec.Struct, frozen=True, gc=False):
    """One word of a command. ``value`` is what the shell makes of it, None where that depends on an expansion or a glob.

    ``text`` is the word as written. ``default`` is the value where a variable with a default is not set: ``${PORT:-8000}`` gives
    ``8000``, also inside a longer word; None where there is no such value. ``variables`` are the names it reads.
    """

    text: str
    span: Span
    value: str | None = None
    default: str | None = None
    variables: tuple[str, ...] = ()

    @property
    def known(self) -> str | None:
        """The value, or what it is by default."""
        return self.value if self.value is not None else self.default


class ShellCommand(msgspec.Struct, frozen=True, gc=False):
    """One simple command, or (where ``words`` is empty) assignments alone.

    ``conditional``: in a branch, a loop or a ``case``, or behind ``&&`` or ``||``, that may leave it out. ``tolerated``: its failure does not
    end the script (``cmd || true``, a condition, ``! cmd``). ``subshell``: what it changes ends with its parentheses, pipe or ``&``.
    ``function`` is the shell function it stands in.
    """

    words: tuple[Word, ...]
    span: Span
    assignments: tuple[tuple[str, Word | None], ...] = ()
    exported: bool = False
    conditional: bool = False
    tolerated: bool = False
    subshell: int = 0
    """0 outside, else a number of its own for every pair of parentheses"""
    background: bool = False
    function: str = ""

    @property
    def name(self) -> str:
        """The program, by its last path component; ``""`` where it is not known."""
        known = self.words[0].known if self.words else None
        return known.rsplit("/", 1)[-1] if known else ""


class ShellScript(msgspec.Struct, frozen=True, gc=False):
    """A script. ``errors`` are the places the grammar could not read; what it read of the rest stands in ``commands``."""

    commands: tuple[ShellCommand, ...]
    functions: tuple[str, ...] = ()
    errors: tuple[Span, ...] = ()
