"""Where each key and array element stands in a TOML or JSON text that its parser has accepted.

Neither ``tomllib`` nor ``json`` keeps positions. These scanners follow the grammar (TOML 1.0, RFC 8259) just far enough
to know them, without recursion: ``{("layers", "routes", 0): 7}`` is the line of the first pattern of ``[layers] routes``.
"""

from __future__ import annotations

import json
import re

Key = tuple[str | int, ...]
Lines = dict[Key, int]

_TOML = re.compile(
    r'''(?P<string>"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^']|'(?!''))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')
    |(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<space>[ \t\r]+)|(?P<mark>[\[\]{}=,.])|(?P<bare>[^\s\[\]{}=,."'\#]+)''',
    re.VERBOSE | re.DOTALL,
)
_JSON = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")|(?P<mark>[\[\]{},:])|(?P<newline>\n)|[^"\[\]{},:\n]+', re.DOTALL
)


class _Frame:
    """An array or a table that is open: its key, and in an array the index of the next element."""

    __slots__ = ("array", "index", "key", "parts")

    def __init__(self, key: Key, array: bool) -> None:
        self.key = key
        self.array = array
        self.index = 0
        self.parts: list[str] = []


def nearest_line(lines: Lines, key: Key) -> int:
    """The line of a key, or of the closest thing around it."""
    while key:
        if key in lines:
            return lines[key]
        key = key[:-1]
    return 1


def toml_lines(text: str) -> Lines:
    """Lines of a valid TOML text."""
    return _TomlScanner(text).run()


class _TomlScanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: Lines = {}
        self.line = 1
        self.table: Key = ()
        self.current: Key = ()
        """the key whose value is read"""
        self.arrays: dict[Key, int] = {}
        """number of elements of each array of tables so far"""
        self.stack: list[_Frame] = []
        self.header: list[str] | None = None
        self.brackets = 0
        self.parts: list[str] = []
        self.in_value = False

    def run(self) -> Lines:
        for match in _TOML.finditer(self.text):
            kind = match.lastgroup
            token = match[0]
            if kind == "newline":
                self.line += 1
                if not self.stack:
                    self._end_line()
            elif kind in ("string", "bare"):
                self._word(token, kind == "string")
                self.line += token.count("\n")
            elif kind == "mark":
                self._mark(token)
        return self.lines

    def _end_line(self) -> None:
        self.header = None
        self.parts = []
        self.in_value = False
        self.brackets = 0

    def _word(self, token: str, quoted: bool) -> None:
        if self.header is not None:
            self.header.append(_toml_key(token, quoted))
        elif self.in_value:
            self._element()
        else:
            self.parts.append(_toml_key(token, quoted))

    def _element(self) -> None:
        """A scalar begins: in an array it is the next element (a number with a dot is several tokens, but one)."""
        if self.stack and self.stack[-1].array:
            frame = self.stack[-1]
            self.lines.setdefault((*frame.key, frame.index), self.line)

    def _mark(self, token: str) -> None:
        if not self.in_value and not self.stack:
            if token == "[":
                self.brackets += 1
                self.header = []
            elif token == "]" and self.header is not None:
                if self.header:
                    self._open_table(self.header, self.brackets == 2)
                self.header = []
            elif token == "=":
                self._assign(self.table)
        elif token == "=" and not self.in_value:
            self._assign(self.stack[-1].key)
        elif token in "[{" and self.in_value:
            self._element()
            self.stack.append(_Frame(self._value_key(), token == "["))
            self.in_value = token == "["
        elif token in "]}" and self.stack:
            self.stack.pop()
            self.in_value = True
        elif token == "," and self.stack:
            self.stack[-1].index += 1
            self.in_value = self.stack[-1].array
            self.parts = []

    def _value_key(self) -> Key:
        if not self.stack:
            return self.current
        frame = self.stack[-1]
        return (*frame.key, frame.index) if frame.array else self.current

    def _assign(self, base: Key) -> None:
        key = base
        for part in self.parts:
            key = (*key, part)
            self.lines.setdefault(key, self.line)
        self.current = key
        self.parts = []
        self.in_value = True

    def _open_table(self, parts: list[str], is_array: bool) -> None:
        key: Key = ()
        for position, part in enumerate(parts):
            key = (*key, part)
            self.lines.setdefault(key, self.line)
            if is_array and position == len(parts) - 1:
                self.arrays[key] = self.arrays.get(key, 0) + 1
            if key in self.arrays:
                key = (*key, self.arrays[key] - 1)
                self.lines.setdefault(key, self.line)
        self.table = key


def _toml_key(token: str, quoted: bool) -> str:
    if not quoted:
        return token
    if token[0] == '"' and "\\" in token:
        import tomllib

        return str(tomllib.loads(f"key = {token}")["key"])
    return token[1:-1]


def json_lines(text: str) -> Lines:
    """Lines of a valid JSON text."""
    lines: Lines = {}
    stack: list[_Frame] = []
    line = 1
    key: Key = ()
    expects_key = False
    for match in _JSON.finditer(text):
        token = match[0]
        if match.lastgroup == "newline":
            line += 1
        elif match.lastgroup == "mark":
            if token in "[{":
                key = _json_place(stack, key, lines, line)
                stack.append(_Frame(key, token == "["))
                expects_key = token == "{"
            elif token in "]}" and stack:
                stack.pop()
            elif token == "," and stack:
                stack[-1].index += 1
                expects_key = not stack[-1].array
            elif token == ":":
                expects_key = False
        elif match.lastgroup == "string" and expects_key and stack:
            key = (*stack[-1].key, json.loads(token))
            lines.setdefault(key, line)
        elif token.strip():
            _json_place(stack, key, lines, line)
    return lines


def _json_place(stack: list[_Frame], key: Key, lines: Lines, line: int) -> Key:
    """The key of a value that begins here."""
    if not stack:
        return ()
    frame = stack[-1]
    place = (*frame.key, frame.index) if frame.array else key
    lines.setdefault(place, line)
    return place
