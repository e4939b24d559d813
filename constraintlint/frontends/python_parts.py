"""Which parts of a Python file hold its imports: a few statements of the module, and single functions.

Most of a test is neither, and trees of these parts take a fraction of the time a tree of the file takes. What is cut
here is confirmed by the parser: a part that was cut in brackets or before a clause of a compound statement has errors.
"""

from __future__ import annotations

import re
from functools import cache

#: the word ``import``, or a name that imports by a call
_IMPORT = re.compile(rb"import(?:(?<=\bimport)\b|_module\b|lib\b|(?<=__import)__\b)")
#: the beginning of a line that is a statement of the module, unless it stands in a string or in brackets
_NEXT_STATEMENT = re.compile(rb"(?<!\\)(?<!\\\r)\n(?=[^\s#)\]}])(?!(?:else|elif|except|finally)\b)").search
_CLAUSE = re.compile(rb"(?:else|elif|except|finally)\b").match
_DEFINITION = re.compile(rb"[ \t]*(?:(async[ \t]+def|def)|class)\b").match
_SPACE = re.compile(rb"[ \t]*").match
_CLOSING = frozenset(b")]}")
_NO_STATEMENT = frozenset(b" \t\r\n#)]}")
_BEFORE_STATEMENT = (b";", b":")
_MOST_OF = 0.7
#: parts of the module that are no further apart are one
_NEAR = 4000


class Parts:
    """The parts of ``text`` that hold its imports, as (start, end): runs of statements of the ``module``, and ``functions``.

    ``found`` is False where no parts can be told, or where they are most of the file.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.module: list[tuple[int, int]] = []
        self.functions: list[tuple[int, int]] = []
        self.found = self._collect()

    def _collect(self) -> bool:
        covered = 0
        for match in _IMPORT.finditer(self._text):
            place = match.start()
            if place < covered:
                continue
            if len(match[0]) > len(b"import"):
                return False  # an import by a call
            if not self._may_start(place):
                continue
            part = function_around(self._text, place)
            if part is not None:
                self.functions.append(part)
            else:
                part = self._statement_around(place)
                if part is None:
                    return False
                self._add(*part)
            covered = part[1]
            if not self._begins_in_code(part[0]):
                return False
        self.functions = [part for part in self.functions if not self._is_in_module(part[0])]
        size = sum(end - start for start, end in (*self.module, *self.functions))
        return size <= _MOST_OF * len(self._text)

    def _add(self, start: int, end: int) -> None:
        if self.module and start - self.module[-1][1] <= _NEAR:
            start = self.module.pop()[0]
        self.module.append((start, end))

    def _is_in_module(self, place: int) -> bool:
        return any(start <= place < end for start, end in self.module)

    def _begins_in_code(self, place: int) -> bool:
        """Whether as many long strings end before a place as begin."""
        return not any(self._text.count(quotes, 0, place) % 2 for quotes in (b'"""', b"'''"))

    def _may_start(self, place: int) -> bool:
        """Whether the text before ``import`` allows a statement."""
        before = self._text[self._text.rfind(b"\n", 0, place) + 1 : place].strip()
        return not before or before.endswith(_BEFORE_STATEMENT) or b"from" in before

    def _statement_around(self, place: int) -> tuple[int, int] | None:
        """The statement of the module around a place, None where it is the last."""
        text = self._text
        line = text.rfind(b"\n", 0, place) + 1
        while line and (
            text[line] in _NO_STATEMENT or _CLAUSE(text, line) or text.endswith((b"\\\n", b"\\\r\n"), 0, line)
        ):
            line = text.rfind(b"\n", 0, line - 1) + 1
        following = _NEXT_STATEMENT(text, place)
        return None if following is None else (line, following.end())


def function_around(text: bytes, place: int) -> tuple[int, int] | None:
    """The innermost function around a place, where nothing but functions and classes is around that."""
    line = text.rfind(b"\n", 0, place) + 1
    indent = indent_of(text, line)
    found = -1
    width = 0
    while indent:
        if not line:
            return None
        line = text.rfind(b"\n", 0, line - 1) + 1
        begin = line + indent_of(text, line, indent)
        if begin - line >= indent or text[begin] in b"#\r\n":
            continue
        indent = begin - line
        if text[begin] in _CLOSING:
            indent += 1  # the end of a header whose beginning is further up
            continue
        definition = _DEFINITION(text, line)
        if definition is None:
            if found >= 0:
                return None
        elif definition[1] and found < 0:
            found, width = begin, indent
    if found < 0:
        return None
    following = after_block(width).search(text, place)
    return found, len(text) if following is None else following.start()


def indent_of(text: bytes, line: int, most: int | None = None) -> int:
    """The width of the space that the line which starts at ``line`` begins with; no more than ``most``."""
    match = _SPACE(text, line) if most is None else _SPACE(text, line, line + most)
    assert match is not None
    return match.end() - line


@cache
def after_block(indent: int) -> re.Pattern[bytes]:
    """The next line that is indented at most so far and does not close a bracket."""
    return re.compile(rb"\n[ \t]{0,%d}(?![ \t)\]}#\r\n])" % indent)
