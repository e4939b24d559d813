"""The text of a configuration file as plain values and the line of each key; a mistake where it is not TOML or JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from constraintlint.config.errors import ConfigError, Mistake
from constraintlint.config.locate import Lines, json_lines, toml_lines

_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_MAX_BYTES = 4 * 1024 * 1024


class Section:
    """The part of a file that is ours: its values, and the lines of its keys as seen from it."""

    def __init__(self, path: str, values: dict[str, Any], lines: Lines, prefix: tuple[str, ...]) -> None:
        self.path = path
        self.values = values
        self.lines = {key[len(prefix) :]: line for key, line in lines.items() if key[: len(prefix)] == prefix}


def parse(path: str, data: bytes) -> Section | None:
    """The configuration in a file, None where a shared manifest has no section of ours. Raises ConfigError."""
    name = path.rpartition("/")[2]
    shared = name in ("pyproject.toml", "package.json")
    if shared and b"constraintlint" not in data:
        return None
    text = _decode(path, data)
    if name.endswith(".json"):
        values = _json(path, text)
        prefix: tuple[str, ...] = ("constraintlint",)
    else:
        values = _toml(path, text)
        prefix = ("tool", "constraintlint") if shared else ()
    for position, key in enumerate(prefix):
        if not isinstance(values, dict) or key not in values:
            return None
        values = values[key]
        if not isinstance(values, dict) and position == len(prefix) - 1:
            lines = json_lines(text) if name.endswith(".json") else toml_lines(text)
            message = f'"{".".join(prefix)}" must be a table of settings'
            raise ConfigError([Mistake(path, lines.get(prefix, 1), message)])
    lines = json_lines(text) if name.endswith(".json") else toml_lines(text)
    return Section(path, values, lines, prefix)


def _decode(path: str, data: bytes) -> str:
    if len(data) > _MAX_BYTES:
        raise ConfigError([Mistake(path, 1, "the file is too large for a configuration")])
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([Mistake(path, line, "the file is not UTF-8")]) from None


def _toml(path: str, text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = _TOML_PLACE.search(message)
        line, column = text.rstrip("\n").count("\n") + 1, 0
        if match and match[1]:
            line, column = int(match[1]), int(match[2])
        reason = _TOML_PLACE.sub("", message)
        raise ConfigError([Mistake(path, line, f"not valid TOML: {reason}", column)]) from None
    except RecursionError:
        raise ConfigError([Mistake(path, 1, "not usable TOML: values are nested too deeply")]) from None


def _json(path: str, text: str) -> Any:
    try:
        values = json.loads(text)
        if "\\u" in text:
            json.dumps(values, ensure_ascii=False).encode("utf-8")
        return values
    except UnicodeEncodeError:
        message = "not usable JSON: half of a surrogate pair stands alone"
        raise ConfigError([Mistake(path, 1, message)]) from None
    except json.JSONDecodeError as error:
        raise ConfigError(
            [Mistake(path, error.lineno, f"not valid JSON: {error.msg}", error.colno)]
        ) from None
    except RecursionError:
        raise ConfigError([Mistake(path, 1, "not usable JSON: values are nested too deeply")]) from None
