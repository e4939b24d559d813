"""JSON with comments and trailing commas, as tsconfig.json and jsconfig.json are written, to plain values."""

from __future__ import annotations

import json
import re

from constraintlint.frontends.located import ReadError, decode

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?(?:\*/|\Z)', re.S)
_TRAILING_COMMA = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])')
_NO_BREAK = re.compile(r"[^\n]")


def load_jsonc(data: bytes) -> object:
    """The value of a file. Raises ReadError with the place where it is malformed."""
    text = decode(data)
    try:
        return _load(text)
    except ReadError:
        plain = _TRAILING_COMMA.sub(_keep_string, _COMMENT.sub(_keep_string, text))
        return {} if not plain.strip() else _load(plain)


def load_json(data: bytes) -> object:
    """The value of a strict JSON file. Raises ReadError with the place where it is malformed."""
    return _load(decode(data))


def _keep_string(match: re.Match[str]) -> str:
    """Spaces for what is no JSON, so that every place stays what it was."""
    text = match[0]
    return text if text[0] == '"' else _NO_BREAK.sub(" ", text)


def _load(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ReadError(f"malformed JSON: {error.msg}", error.lineno, error.colno) from None
    except ValueError as error:  # a number of thousands of digits
        raise ReadError(f"malformed JSON: {error}") from None
    except RecursionError:
        raise ReadError("nested too deeply") from None
