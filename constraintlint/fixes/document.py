"""A source file as text that can be written back byte for byte: its encoding, byte order mark and line ends are kept."""

from __future__ import annotations

import codecs
import re

import msgspec

from constraintlint.facts.source import Span

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


class Refused(Exception):
    """A file or a fix that cannot be mended; the message says why."""


class Document(msgspec.Struct, frozen=True):
    """``text`` is the decoded file; ``starts`` are the offsets at which its lines begin (after each line feed)."""

    path: str
    text: str
    encoding: str
    mark: bytes
    starts: list[int]

    @classmethod
    def of(cls, path: str, data: bytes) -> Document:
        """Raises Refused where the bytes cannot be decoded without loss."""
        mark, encoding = b"", "utf-8"
        if data.startswith(codecs.BOM_UTF8):
            mark = codecs.BOM_UTF8
        elif data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            mark, encoding = data[:2], "utf-16-le" if data[:2] == codecs.BOM_UTF16_LE else "utf-16-be"
        elif path.endswith((".py", ".pyi")):
            encoding = _declared(data)
        try:
            text = data[len(mark) :].decode(encoding)
            if mark + text.encode(encoding) != data:
                raise Refused(f"{path}: its {encoding} text would not be written back as it is")
        except (UnicodeDecodeError, LookupError):
            raise Refused(f"{path} is not valid {encoding}") from None
        return cls(path, text, encoding, mark, _line_starts(text))

    def with_text(self, text: str) -> Document:
        """The same file with another text."""
        return Document(self.path, text, self.encoding, self.mark, _line_starts(text))

    def encoded(self, text: str) -> bytes:
        """Raises Refused where the text has characters that the file's encoding has not."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError:
            raise Refused(f"{self.path}: the new text cannot be written as {self.encoding}") from None

    def range(self, span: Span) -> tuple[int, int]:
        """Offsets of a place (1-based lines and columns, in code points). Raises Refused where it is not in the file."""
        start, end = self._offset(span[0], span[1]), self._offset(span[2], span[3])
        if start > end:
            raise Refused(f"{self.path}: a fix names a place that ends before it begins")
        return start, end

    def _offset(self, line: int, column: int) -> int:
        if not 1 <= line <= len(self.starts):
            raise Refused(f"{self.path} has no line {line} any more")
        offset = self.starts[line - 1] + column - 1
        end = self.starts[line] if line < len(self.starts) else len(self.text) + 1
        if offset >= end + (line < len(self.starts)) or column < 1:
            raise Refused(f"{self.path} has no column {column} in line {line} any more")
        return min(offset, len(self.text))


def _declared(data: bytes) -> str:
    """The encoding of a coding cookie (PEP 263)."""
    for line in data.split(b"\n", 2)[:2]:
        match = _COOKIE.match(line)
        if match:
            return match[1].decode("ascii", "replace")
    return "utf-8"


def _line_starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts
