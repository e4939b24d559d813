"""The rules of ``.gitignore`` files, as git's documentation (gitignore, version 2.39) describes them.

Patterns without a slash are compared with a name only, which is what most patterns are: plain names and ``*.ext`` are
looked up in sets, so that a big tree costs one lookup a name and not one regular expression a pattern.
"""

from __future__ import annotations

import re

_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9",
    "graph": "\\x21-\\x7e", "lower": "a-z", "print": "\\x20-\\x7e", "punct": "!-/:-@\\[-`{-~", "space": "\\s",
    "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip


class _Run:
    """Neighbouring patterns of one file that all ignore, or all re-include."""

    def __init__(self, negated: bool) -> None:
        self.negated = negated
        self.names: set[str] = set()
        self.directory_names: set[str] = set()
        self.suffixes: tuple[str, ...] = ()
        self._expressions: dict[tuple[bool, bool], list[str]] = {}
        self._compiled: dict[tuple[bool, bool], re.Pattern[str]] = {}

    def add(self, pattern: str, directory_only: bool, anchored: bool) -> None:
        if not anchored and not _has_wildcard(pattern):
            (self.directory_names if directory_only else self.names).add(pattern)
        elif not anchored and not directory_only and pattern[0] == "*" and not _has_wildcard(pattern[1:]):
            self.suffixes += (pattern[1:],)
        else:
            expression = _translate(pattern, anchored)
            if expression is not None:
                self._expressions.setdefault((directory_only, anchored), []).append(expression)

    def finish(self) -> None:
        for key, expressions in self._expressions.items():
            self._compiled[key] = re.compile("|".join(expressions), re.DOTALL)

    def matches(self, path: str, name: str, is_directory: bool) -> bool:
        if name in self.names or (is_directory and name in self.directory_names):
            return True
        if self.suffixes and name.endswith(self.suffixes):
            return True
        for (directory_only, anchored), regex in self._compiled.items():
            if (is_directory or not directory_only) and regex.fullmatch(path if anchored else name):
                return True
        return False


class Rules:
    """The patterns of one ``.gitignore``.

    ``base`` is its directory, ``""`` or ending in ``/``. A file above the checked root has ``above``, the way from its
    directory down to the root, instead: patterns are compared with paths relative to the ``.gitignore``.
    """

    def __init__(self, text: str, base: str) -> None:
        self.base = base
        self.above = ""
        self.runs: list[_Run] = []
        for line in text.removeprefix("\ufeff").split("\n"):
            self._add(line.removesuffix("\r"))
        for run in self.runs:
            run.finish()
        self.runs.reverse()

    def _add(self, line: str) -> None:
        line = _strip_trailing_spaces(line)
        if not line or line[0] == "#":
            return
        negated = line[0] == "!"
        pattern = line[1:] if negated else line
        directory_only = pattern.endswith("/")
        if directory_only:
            pattern = pattern[:-1]
        anchored = "/" in pattern
        pattern = pattern.removeprefix("/")
        if not pattern:
            return
        if not self.runs or self.runs[-1].negated != negated:
            self.runs.append(_Run(negated))
        self.runs[-1].add(pattern, directory_only, anchored)

    def verdict(self, path: str, name: str, is_directory: bool) -> bool | None:
        """True ignored, False re-included, None where no pattern matches. The last matching pattern decides."""
        relative = self.above + path[len(self.base) :]
        for run in self.runs:
            if run.matches(relative, name, is_directory):
                return not run.negated
        return None


def is_ignored(rules: tuple[Rules, ...], path: str, name: str, is_directory: bool) -> bool:
    """The verdict of all files on the way, the innermost last in ``rules`` and first to decide."""
    for one in reversed(rules):
        verdict = one.verdict(path, name, is_directory)
        if verdict is not None:
            return verdict
    return False


def _strip_trailing_spaces(line: str) -> str:
    end = len(line)
    while end and line[end - 1] == " ":
        backslashes = 0
        while end - 2 - backslashes >= 0 and line[end - 2 - backslashes] == "\\":
            backslashes += 1
        if backslashes % 2:
            break
        end -= 1
    return line[:end]


def _has_wildcard(pattern: str) -> bool:
    return any(char in pattern for char in "*?[\\")


def _translate(pattern: str, anchored: bool) -> str | None:
    """A pattern as a regular expression for ``fullmatch``; None where git says that it matches nothing."""
    out: list[str] = []
    index = 0
    length = len(pattern)
    while index < length:
        char = pattern[index]
        if char == "*":
            end = index
            while end < length and pattern[end] == "*":
                end += 1
            expression, index = _stars(pattern, index, end, anchored)
            out.append(expression)
            continue
        if char == "?":
            out.append("[^/]")
        elif char == "[":
            translated = _bracket(pattern, index)
            if translated is None:
                return None
            expression, index = translated
            out.append(expression)
            continue
        elif char == "\\":
            index += 1
            if index == length:
                return None
            out.append(re.escape(pattern[index]))
        else:
            out.append(re.escape(char))
        index += 1
    return "".join(out)


def _stars(pattern: str, start: int, end: int, anchored: bool) -> tuple[str, int]:
    """``**`` between slashes stands for directories; any other run of stars stays inside one name."""
    opens = start == 0 or pattern[start - 1] == "/"
    if end - start >= 2 and anchored and opens:
        if end == len(pattern):
            return ".*", end
        if pattern[end] == "/":
            return "(?:.*/)?", end + 1
    return "[^/]*", end


def _bracket(pattern: str, start: int) -> tuple[str, int] | None:
    """``[a-z]``, ``[!a]``, ``[[:alpha:]]`` from ``start``; None where it does not close or a range is unknown."""
    index = start + 1
    negated = pattern[index : index + 1] in ("!", "^")
    index += negated
    first = index
    items: list[str] = []
    while True:
        if index >= len(pattern):
            return None
        char = pattern[index]
        if char == "]" and index > first:
            break
        if pattern.startswith("[:", index):
            close = pattern.find(":]", index + 2)
            if close < 0 or pattern[index + 2 : close] not in _CLASSES:
                return None
            items.append(_CLASSES[pattern[index + 2 : close]])
            index = close + 2
            continue
        low, index = _member(pattern, index)
        if low is None:
            return None
        if pattern[index : index + 1] == "-" and pattern[index + 1 : index + 2] not in ("", "]"):
            high, index = _member(pattern, index + 1)
            if high is None:
                return None
            if low <= high:  # a reversed range holds nothing but its start
                items.append(f"{re.escape(low)}-{re.escape(high)}")
            else:
                items.append(re.escape(low))
        else:
            items.append(re.escape(low))
    return f"(?!/)[{'^' if negated else ''}{''.join(items)}]", index + 1


def _member(pattern: str, index: int) -> tuple[str | None, int]:
    char = pattern[index]
    if char != "\\":
        return char, index + 1
    return (pattern[index + 1], index + 2) if index + 1 < len(pattern) else (None, index)
