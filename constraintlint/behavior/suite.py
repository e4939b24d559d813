"""A behavioural suite in its declarative form (TOML), read into plain records with every mistake named.

The form is described in docs/verify.md; ``suites/conduit.toml`` is the built-in suite.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from constraintlint.behavior import expectation
from constraintlint.behavior.errors import CannotRun
from constraintlint.behavior.expectation import Expectation

BUILT_IN = ("conduit",)
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_KEYS = ("name", "description", "variables", "headers", "shapes", "request")
_REQUEST_KEYS = ("name", "group", "send", "headers", "json", "body", "expect", "capture")
_LIKE = re.compile(r"^(\S+)\s+like\s+(\S+)$")
_CAPTURE_NAME = re.compile(r"[\w-]+")
_MAX_BYTES = 4 * 1024 * 1024


class Request(msgspec.Struct, kw_only=True):
    """One request. ``body`` may hold ``{{variables}}``; ``capture`` maps a variable to a path in the answer."""

    name: str
    group: str = ""
    method: str
    path: str
    headers: dict[str, str] = {}
    body: str | None = None
    expect: list[Expectation] = []
    capture: dict[str, str] = {}


class Suite(msgspec.Struct, kw_only=True):
    """Requests in the order they are sent. ``variables`` may use ``{{unique}}``, fresh for every run, and those above."""

    name: str
    description: str = ""
    variables: dict[str, str] = {}
    requests: list[Request]

    @property
    def total(self) -> int:
        return sum(len(request.expect) for request in self.requests)


def built_in(name: str) -> Suite:
    """A suite that is shipped with constraintlint."""
    return load(Path(__file__).parent / "suites" / f"{name}.toml", name)


def load(path: Path, shown: str) -> Suite:
    """Read a suite. Raises CannotRun with one line a mistake."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotRun(f"the suite {shown} cannot be read: {(error.strerror or '').lower()}") from None
    if len(data) > _MAX_BYTES:
        raise CannotRun(f"the suite {shown} is too large")
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise CannotRun(f"the suite {shown} is not valid TOML: {str(error) or 'nested too deeply'}") from None
    reader = _Reader(values)
    suite = reader.suite(path.stem)
    if reader.mistakes:
        raise CannotRun("\n".join(f"the suite {shown}: {mistake}" for mistake in reader.mistakes[:20]))
    return suite


class _Reader:
    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.mistakes: list[str] = []
        self.shapes = self.texts_of("shapes", values.get("shapes", {}))

    def suite(self, default_name: str) -> Suite:
        self.known(self.values, _KEYS, "")
        common = self.strings("headers", self.values.get("headers", {}))
        tables = self.values.get("request", [])
        if not isinstance(tables, list) or not tables or not all(isinstance(item, dict) for item in tables):
            self.mistakes.append("there is no [[request]]")
            tables = []
        return Suite(
            name=self.text("name", self.values.get("name", default_name)),
            description=self.text("description", self.values.get("description", "")),
            variables=self.strings("variables", self.values.get("variables", {})),
            requests=[self.request(number, table, common) for number, table in enumerate(tables, 1)],
        )

    def request(self, number: int, table: dict[str, Any], common: dict[str, str]) -> Request:
        name = table.get("name")
        where = f"request {number}" + (f" ({name})" if isinstance(name, str) else "")
        self.known(table, _REQUEST_KEYS, f"{where}: ")
        method, path = self.send(where, table.get("send"))
        headers = {**common, **self.strings(f"{where}: headers", table.get("headers", {}))}
        body: str | None = None
        if "json" in table:
            try:
                body = json.dumps(table["json"], ensure_ascii=False)
            except (TypeError, ValueError):
                self.mistakes.append(f"{where}: json holds what JSON has no form for")
        elif "body" in table:
            body = self.text(f"{where}: body", table["body"])
        capture = self.strings(f"{where}: capture", table.get("capture", {}))
        for variable in capture:
            if not _CAPTURE_NAME.fullmatch(variable):
                self.mistakes.append(f'{where}: "{variable}" is no name of a variable')
        return Request(
            name=self.text(f"{where}: name", name if name is not None else f"{method} {path}"),
            group=self.text(f"{where}: group", table.get("group", "")),
            method=method,
            path=path,
            headers={key: value for key, value in headers.items() if value},
            body=body,
            expect=self.expectations(where, table.get("expect", [])),
            capture=capture,
        )

    def send(self, where: str, value: Any) -> tuple[str, str]:
        """``"POST /users"``."""
        words = value.split(None, 1) if isinstance(value, str) else []
        if len(words) != 2 or words[0] not in _METHODS or not words[1].startswith("/"):
            self.mistakes.append(f'{where}: send must be a method and a path, as in "POST /users"')
            return "GET", "/"
        return words[0], words[1]

    def expectations(self, where: str, sentences: Any) -> list[Expectation]:
        if not isinstance(sentences, list) or not all(isinstance(item, str) for item in sentences):
            self.mistakes.append(f"{where}: expect must be a list of sentences")
            return []
        found: list[Expectation] = []
        for sentence in sentences:
            for expanded in self.expanded(where, sentence):
                try:
                    found.append(expectation.parse(expanded))
                except ValueError as error:
                    self.mistakes.append(f"{where}: {error}")
        return found

    def expanded(self, where: str, sentence: str) -> list[str]:
        """``articles[0] like article`` stands for every sentence of that shape, said of ``articles[0]``."""
        match = _LIKE.match(sentence.strip())
        if match is None:
            return [sentence]
        base, shape = match.groups()
        if shape not in self.shapes:
            known = ", ".join(self.shapes) or "none"
            self.mistakes.append(f'{where}: "{sentence}": there is no shape "{shape}" (shapes: {known})')
            return []
        return [_of(base, member) for member in self.shapes[shape]]

    def texts_of(self, where: str, value: Any) -> dict[str, list[str]]:
        if not isinstance(value, dict) or not all(
            isinstance(items, list) and all(isinstance(item, str) for item in items)
            for items in value.values()
        ):
            self.mistakes.append(f"{where} must be a table of lists of sentences")
            return {}
        return value

    def strings(self, where: str, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self.mistakes.append(f"{where} must be a table of strings")
            return {}
        return value

    def text(self, where: str, value: Any) -> str:
        if isinstance(value, str):
            return value
        self.mistakes.append(f"{where} must be a string")
        return ""

    def known(self, table: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in keys:
                self.mistakes.append(f'{where}unknown key "{key}" (keys: {", ".join(keys)})')


def _of(base: str, member: str) -> str:
    """A sentence of a shape said of ``base``: ``has title`` of the thing itself, ``tagList is array`` of a member."""
    first = member.split(None, 1)[0] if member.strip() else ""
    own = first in ("is", "has", "contains", "matches", "count", "==", "!=", ">", ">=", "<", "<=")
    return f"{base} {member}" if own else f"{base}.{member}"
