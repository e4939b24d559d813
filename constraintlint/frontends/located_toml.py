"""TOML as a located tree: values from the standard library's parser, places from a scan of the same text."""

from __future__ import annotations

import re
import tomllib

from constraintlint.frontends.located import Located, Places, ReadError

_TOML_ERROR = re.compile(r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.S)
_TOML_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_TOML_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_TOML_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.S
)
_TOML_SCALAR = re.compile(r"[^,\]}#\n]+")

_Path = tuple[str | int, ...]


def load_toml(text: str) -> Located:
    """Parse TOML 1.0."""
    try:
        data = tomllib.loads(text)
        places = _TomlPlaces(text).scan()
    except ValueError as error:  # TOMLDecodeError, and a number of thousands of digits
        match = _TOML_ERROR.match(str(error))
        if match is None:
            raise ReadError(f"malformed TOML: {error}") from None
        line = int(match[2]) if match[2] else text.count("\n") + 1
        raise ReadError(f"malformed TOML: {match[1]}", line, int(match[3] or 1)) from None
    except RecursionError:
        raise ReadError("nested too deeply") from None
    return _located(data, (), places)


def _located(data: object, path: _Path, places: dict[_Path, tuple[int, int, int, int]]) -> Located:
    value: object = data
    if isinstance(data, dict):
        value = {key: _located(item, (*path, key), places) for key, item in data.items()}
    elif isinstance(data, list):
        value = [_located(item, (*path, index), places) for index, item in enumerate(data)]
    return Located(value, *places.get(path, (1, 1, 1, 1)))


class _TomlPlaces:
    """Where the keys and values of a valid TOML text stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = Places(text)
        self.places: dict[_Path, tuple[int, int, int, int]] = {}
        self.lengths: dict[_Path, int] = {}

    def scan(self) -> dict[_Path, tuple[int, int, int, int]]:
        text = self.text
        table: _Path = ()
        at = self._blank(0)
        while at < len(text):
            if text.startswith("[[", at):
                names, at = self._keys(at + 2)
                head = self._base(names[:-1])
                array = (*head, names[-1])
                index = self.lengths.get(array, 0)
                self.lengths[array] = index + 1
                table = (*array, index)
                self._note(table, at, at)
                at += 2
            elif text[at] == "[":
                start = at
                names, at = self._keys(at + 1)
                table = self._base(names)
                self._note(table, start, start)
                at += 1
            else:
                at = self._pair(at, table)
            at = self._blank(at)
        return self.places

    def _base(self, names: list[str]) -> _Path:
        """The path of a table header: a name of an array of tables means its last element."""
        path: _Path = ()
        for name in names:
            path = (*path, name)
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        return path

    def _note(self, path: _Path, key: int, value: int) -> None:
        if path not in self.places:
            self.places[path] = (*self.place(value), *self.place(key))

    def _blank(self, at: int) -> int:
        match = _TOML_BLANK.match(self.text, at)
        return match.end() if match else at

    def _keys(self, at: int) -> tuple[list[str], int]:
        names: list[str] = []
        while match := _TOML_KEY.match(self.text, at):
            raw = match[1]
            names.append(str(tomllib.loads(f"k = {raw}")["k"]) if raw[0] in "\"'" else raw)
            at = match.end()
            if self.text[at : at + 1] != ".":
                break
            at += 1
        return names, at

    def _pair(self, at: int, table: _Path) -> int:
        key = at
        names, at = self._keys(at)
        at += 1  # =
        while self.text[at : at + 1] in (" ", "\t"):
            at += 1
        for length in range(1, len(names)):
            self._note((*table, *names[:length]), key, key)
        return self._value(at, (*table, *names), key)

    def _value(self, at: int, path: _Path, key: int) -> int:
        text = self.text
        self._note(path, key, at)
        if text[at] == "[":
            at = self._blank(at + 1)
            index = 0
            while text[at] != "]":
                at = self._blank(self._value(at, (*path, index), at))
                index += 1
                if text[at] == ",":
                    at = self._blank(at + 1)
            return at + 1
        if text[at] == "{":
            at = self._blank(at + 1)
            while text[at] != "}":
                at = self._blank(self._pair(at, path))
                if text[at] == ",":
                    at = self._blank(at + 1)
            return at + 1
        match = (_TOML_STRING if text[at] in "\"'" else _TOML_SCALAR).match(text, at)
        assert match is not None
        return match.end()
