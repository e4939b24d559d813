"""JSON, TOML and YAML read into one tree whose every value knows its line and column.

Built without recursion over the input (or under the parser's own recursion guard), so that nesting cannot overflow
the stack. Malformed text raises ReadError with its place.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

#: Larger files are no configuration anybody wrote.
MAX_BYTES = 4_000_000


class ReadError(Exception):
    """Text that cannot be read, with its place."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class Located:
    """A value with its place; ``key_line``/``key_column`` are those of its key where it stands in a mapping."""

    __slots__ = ("column", "key_column", "key_line", "line", "value")

    def __init__(self, value: object, line: int, column: int, key_line: int = 0, key_column: int = 0) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.key_line = key_line or line
        self.key_column = key_column or column

    def get(self, *keys: str) -> Located | None:
        """The value below these keys; None where one is missing or stands in no mapping."""
        node: Located | None = self
        for key in keys:
            if node is None or not isinstance(node.value, dict):
                return None
            node = node.value.get(key)
        return node

    def entries(self) -> Iterator[tuple[str, Located]]:
        """Keys and values of a mapping; nothing for any other value."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def items(self) -> Iterator[Located]:
        """The items of a list; nothing for any other value."""
        if isinstance(self.value, list):
            yield from self.value

    def table(self, *keys: str) -> Iterator[tuple[str, Located]]:
        """``entries`` of the mapping below these keys."""
        node = self.get(*keys)
        if node is not None:
            yield from node.entries()

    def sequence(self, *keys: str) -> Iterator[Located]:
        """``items`` of the list below these keys."""
        node = self.get(*keys)
        if node is not None:
            yield from node.items()

    def text(self, *keys: str) -> str:
        """The string below these keys, ``""`` where there is none."""
        node = self.get(*keys)
        return node.value if node is not None and isinstance(node.value, str) else ""


def decode(data: bytes) -> str:
    """Text of a configuration file: UTF-8 with or without a byte-order mark, or UTF-16 with one."""
    if len(data) > MAX_BYTES:
        raise ReadError(f"the file is larger than {MAX_BYTES // 1_000_000} MB")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadError(f"not {encoding.removesuffix('-sig').upper()} text", line) from None


class Places:
    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def __call__(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


# --- JSON -------------------------------------------------------------------------------------------------------

_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def load_json(text: str) -> Located:
    """Parse strict JSON (RFC 8259). Of a repeated key the last one counts."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise ReadError(f"malformed JSON: {error.msg}", error.lineno, error.colno) from None
    except ValueError as error:  # a number of thousands of digits
        raise ReadError(f"malformed JSON: {error}") from None
    except RecursionError:
        raise ReadError("nested too deeply") from None
    place = Places(text)
    root: Located | None = None
    stack: list[Located] = []
    key: tuple[str, int, int] | None = None
    expects_key = False
    for match in _JSON_TOKEN.finditer(text):
        token = match[0]
        if token in "}]":
            stack.pop()
            expects_key = False
            continue
        if token == ":":
            expects_key = False
            continue
        if token == ",":
            expects_key = isinstance(stack[-1].value, dict)
            continue
        line, column = place(match.start())
        if expects_key:
            key = (json.loads(token), line, column)
            continue
        container = token in "{["
        value: object = ({} if token == "{" else []) if container else json.loads(token)
        node = Located(value, line, column)
        if stack:
            parent = stack[-1].value
            if isinstance(parent, dict):
                assert key is not None
                name, node.key_line, node.key_column = key
                parent[name] = node
            else:
                assert isinstance(parent, list)
                parent.append(node)
        else:
            root = node
        if container:
            stack.append(node)
            expects_key = token == "{"
    assert root is not None
    return root
