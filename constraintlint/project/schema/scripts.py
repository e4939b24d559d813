"""SQL text cut into statements: from a string of the program or a file, with the place of every character.

The cutting knows quotes, comments, dollar quoting (PostgreSQL), ``DELIMITER`` and ``#`` comments (MySQL), ``GO`` (T-SQL), bodies
of triggers and routines, meta commands of psql and the data behind ``COPY ... FROM stdin``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from constraintlint.project.flow.texts import BuiltText
from constraintlint.project.schema.records import Place

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: stands in SQL text where the program puts something in
HOLE = "zqhole"


class Script:
    """SQL text and where its characters stand."""

    def __init__(self, text: str) -> None:
        self.text = text

    def place(self, start: int, end: int) -> Place:
        """The place of characters ``start``..``end``."""
        raise NotImplementedError


class FileScript(Script):
    """The text of an SQL file."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(text)
        self.path = path
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, start: int, end: int) -> Place:
        return Place(self.path, (*self._position(start), *self._position(end)))

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class CodeScript(Script):
    """A string of the program; its holes are ``filler``."""

    def __init__(self, ev: Evaluator, text: BuiltText, filler: str = HOLE) -> None:
        super().__init__(text.fill(filler))
        self.built = text
        self.filler = filler
        self._ev = ev

    def place(self, start: int, end: int) -> Place:
        first = self.built.locate(start, self.filler)
        last = self.built.locate(max(start, end - 1), self.filler)
        if first is None:
            return Place("", (1, 1, 1, 1))
        path, begin = first
        stop = begin + len(self.text[start:end].encode("utf-8", "surrogatepass"))
        if last is not None and last[0] == path and last[1] >= begin:
            stop = last[1] + len(self.text[end - 1 : end].encode("utf-8", "surrogatepass"))
        return Place(path, self._ev.span(path, (begin, max(begin, stop))))


class Statement(msgspec.Struct, frozen=True):
    """One statement of a script, without what stands before its first word; ``start`` is its offset."""

    start: int
    text: str


def read_text(data: bytes) -> str:
    """The characters of an SQL file: UTF-8, UTF-16 with a mark, else Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


_SPACE = re.compile(r"(?:\s+|--[^\n]*|/\*(?!!).*?(?:\*/|\Z)|/\*!\d*|^[ \t]*#[^\n]*)+", re.S | re.M)
_META = re.compile(r"\\[^\n]*|GO[ \t]*(?=\r?\n|\Z)|delimiter[ \t]+(?P<delimiter>\S+)[^\n]*", re.I)
_TOKENS = (
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|^[ \t]*\#[^\n]*|'(?:[^'{escape}]{escaped})*(?:'|\Z)|\"[^\"]*(?:\"|\Z)|`[^`]*(?:`|\Z)"
    r"|\$(?P<tag>[A-Za-z_]\w*)?\$.*?(?:\$(?P=tag)\$|\Z)|\$\$.*?(?:\$\$|\Z)|^GO[ \t]*(?=\r?$)|(?P<end>{delimiter})"
    r"|(?P<word>\b(?:begin|case|end(?!\s+(?:if|loop|while|repeat)\b))\b)"
)
_BODY = re.compile(
    r"create\s+(?:or\s+(?:replace|alter)\s+)?(?:definer\s*=\s*\S+\s+)?(?:temp\s+|temporary\s+)?(?:trigger|procedure|function|event)\b",
    re.I,
)
_COPY = re.compile(r"copy\b[^;]*\bfrom\s+stdin\b", re.I)
_COPY_END = re.compile(r"^\\\.[ \t\r]*$", re.M)


def statements(text: str, *, backslash: bool = False) -> Iterator[Statement]:
    """The statements of a script; ``backslash`` escapes in strings (MySQL). Never raises, whatever the text is."""
    delimiter = ";"
    tokens = _tokens(delimiter, backslash)
    position = 0
    size = len(text)
    while position < size:
        space = _SPACE.match(text, position)
        if space is not None:
            position = space.end()
        at_line_start = not text[text.rfind("\n", 0, position) + 1 : position].strip()
        meta = _META.match(text, position) if at_line_start else None
        if meta is not None:
            if meta["delimiter"]:
                delimiter = meta["delimiter"]
                tokens = _tokens(delimiter, backslash)
            position = max(meta.end(), position + 1)
            continue
        end, following = _end(text, position, tokens)
        body = text[position:end].rstrip()
        if body:
            yield Statement(position, body)
        position = max(following, position + 1)
        if body and _COPY.match(body):
            data = _COPY_END.search(text, position)
            position = data.end() if data is not None else size


def _tokens(delimiter: str, backslash: bool) -> re.Pattern[str]:
    escape, escaped = ("\\\\", r"|\\.") if backslash else ("", "")
    source = _TOKENS.replace("{escape}", escape).replace("{escaped}", escaped)
    return re.compile(source.replace("{delimiter}", re.escape(delimiter)), re.S | re.M | re.I)


def _end(text: str, start: int, tokens: re.Pattern[str]) -> tuple[int, int]:
    """Where the statement at ``start`` ends, and where the next may begin."""
    has_body = _BODY.match(text, start) is not None
    depth = 0
    for match in tokens.finditer(text, start):
        word = match["word"]
        if word:
            depth += (-1 if word.lower() == "end" else 1) if has_body else 0
        elif match["end"]:
            if depth <= 0:
                return match.start(), match.end()
        elif match[0][:2].lower() == "go":
            return match.start(), match.end()
    return len(text), len(text)


#: comments that begin the part of a migration that undoes it, and those that begin the part that applies it
_DOWN = re.compile(
    r"^[ \t]*(?:-- ?(?:\+(?:goose|migrate|micrate)[ \t]+down|migrate:down|@?(?:down|undo|rollback|revert)\b)|----[ \t]*create above / drop below|/\*[ \t]*down[ \t]*\*/)"
    r"[^\n]*",
    re.I | re.M,
)
_UP = re.compile(
    r"^[ \t]*(?:-- ?(?:\+(?:goose|migrate|micrate)[ \t]+up|migrate:up|@?up\b)|/\*[ \t]*up[ \t]*\*/)[^\n]*",
    re.I | re.M,
)


def without_down(text: str) -> str:
    """The text with the part that undoes a migration blanked out, every character in its place."""
    parts: list[str] = []
    position = 0
    down = _DOWN.search(text)
    while down is not None:
        up = _UP.search(text, down.end())
        stop = up.start() if up is not None else len(text)
        parts += [text[position : down.start()], re.sub(r"[^\n]", " ", text[down.start() : stop])]
        position = stop
        down = _DOWN.search(text, stop)
    return "".join([*parts, text[position:]])


def natural(path: str) -> list[tuple[int, int, str]]:
    """A sort key that takes numbers for what they are: ``V2`` before ``V10``."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.lower())
        for part in re.split(r"(\d+)", path)
        if part
    ]
