"""What a suite expects of an answer: one sentence an assertion, ``article.favoritesCount is integer``.

    SUBJECT is KIND             array object string integer number boolean true false null, present, not null, not empty
    SUBJECT has NAME            an object with that key, whatever its value
    SUBJECT == VALUE            also != > >= < <=; VALUE is JSON
    SUBJECT contains VALUE      an array with that element, or a text with that part
    SUBJECT matches PATTERN     a text in which the regular expression is found
    SUBJECT count VALUE         an array or object of that size

SUBJECT is ``status``, ``header NAME``, ``{{variable}}``, ``$`` (the whole JSON body), or a path in it: ``articles[0].author``,
``$[0].id``.
A path that leads nowhere fails the assertion; it is never an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from constraintlint.behavior.client import Response

_SENTENCE = re.compile(
    r"^(?P<subject>header\s+[\w-]+|\{\{\s*[\w-]+\s*\}\}|(?:\$|[A-Za-z_][\w-]*)(?:\.[A-Za-z_][\w-]*|\[\d+\])*)"
    r"\s+(?P<verb>is|has|contains|matches|count|==|!=|>=|<=|>|<)\s+(?P<object>\S.*?)\s*$"
)
_STEP = re.compile(r"([A-Za-z_][\w-]*)|\[(\d+)\]")
_VARIABLE = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")

Verb = Literal["is", "has", "contains", "matches", "count", "==", "!=", ">=", "<=", ">", "<"]


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


class Expectation(msgspec.Struct, frozen=True):
    """One assertion. ``text`` is the sentence as written."""

    text: str
    subject: str
    verb: str
    value: str


def parse(sentence: str) -> Expectation:
    """Raises ValueError with what is wrong with the sentence."""
    match = _SENTENCE.match(sentence.strip())
    if match is None:
        raise ValueError(
            f'"{sentence}" is no expectation; write SUBJECT VERB VALUE, as in "user.token is string"'
        )
    found = Expectation(sentence.strip(), match["subject"], match["verb"], match["object"])
    _check(found)
    return found


def holds(expectation: Expectation, response: Response, variables: Mapping[str, str]) -> tuple[bool, str]:
    """Whether it holds, and where it does not, what there was instead."""
    actual = _subject(expectation.subject, response, variables)
    value = fill(expectation.value, variables)
    try:
        return _compare(expectation.verb, actual, value)
    except ValueError as error:
        return False, str(error)


def _compare(verb: str, actual: object, value: str) -> tuple[bool, str]:
    if verb == "is":
        passed = _KINDS[value](actual)
    elif verb == "has":
        passed = isinstance(actual, dict) and value in actual
        if not passed and isinstance(actual, dict):
            return False, f"the keys are {', '.join(map(str, list(actual)[:30])) or 'none'}"
    else:
        passed = _COMPARISONS[verb](actual, _json(value, quoted=verb == "matches"))
    return passed, "" if passed else f"it is {shown(actual)}"


def fill(text: str, variables: Mapping[str, str]) -> str:
    """``{{name}}`` replaced by the variable; an unknown one stays as it is."""
    return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), text)


def lookup(path: str, document: object) -> object:
    """What a path leads to in a JSON document (``$`` is the document), MISSING where it leads nowhere."""
    value = document
    for name, index in _STEP.findall(path):
        if index:
            if not isinstance(value, list) or int(index) >= len(value):
                return MISSING
            value = value[int(index)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return MISSING
    return value


def shown(value: object) -> str:
    """A value as a person reads it, cut where it is long."""
    if isinstance(value, _Missing):
        return "not there"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _subject(subject: str, response: Response, variables: Mapping[str, str]) -> object:
    if subject == "status":
        return response.status
    if subject.startswith("header"):
        value = response.header(subject.split(None, 1)[1]) if " " in subject else None
        return MISSING if value is None else value
    if subject.startswith("{{"):
        name = _VARIABLE.match(subject)
        return variables.get(name[1], MISSING) if name is not None else MISSING
    try:
        document = response.json()
    except ValueError:
        return MISSING
    return lookup(subject, document)


def _check(expectation: Expectation) -> None:
    verb, value = expectation.verb, expectation.value
    if verb == "is" and value not in _KINDS:
        raise ValueError(f'"{expectation.text}": "{value}" is no kind; kinds are {", ".join(_KINDS)}')
    if verb == "matches":
        try:
            re.compile(_json(value, quoted=True))
        except re.error as error:
            raise ValueError(f'"{expectation.text}": {error}') from None
    elif verb not in ("is", "has") and not _VARIABLE.search(value):
        try:
            _json(value, quoted=False)
        except ValueError:
            raise ValueError(f'"{expectation.text}": {value} is not JSON; a text stands in quotes') from None


def _json(value: str, *, quoted: bool) -> Any:
    """A JSON value; a pattern (``quoted``) may stand without its quotes."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        if quoted:
            return value
        raise ValueError(f"{value} is not JSON") from None
    return value if quoted and not isinstance(found, str) else found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(value: object) -> bool:
    """JSON has one kind of number: 3.0 is an integer (RFC 8259 section 6)."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _size(value: object) -> int | None:
    return len(value) if isinstance(value, (list, dict, str)) else None


def _same(left: object, right: object) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: _is_number(left) and _is_number(right) and compare(left, right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, list):
        return any(_same(item, right) for item in left)
    return isinstance(left, str) and isinstance(right, str) and right in left


_KINDS: dict[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "null": lambda value: value is None,
    "present": lambda value: value is not MISSING,
    "not null": lambda value: value is not None and value is not MISSING,
    "not empty": lambda value: value is not MISSING and bool(value),
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda left, right: left is not MISSING and not _same(left, right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    "contains": _contains,
    "count": lambda left, right: _size(left) == right,
    "matches": lambda left, right: isinstance(left, str) and re.search(right, left) is not None,
}
