"""Reads the clause of one ECMAScript import or export declaration, from its keyword on.

The syntax tree says where a declaration stands; its clause is a short regular language of words, braces and one string,
read here from the bytes. So what the grammars do not know (``export type *``, ``import defer``, keywords as names) is
read like everything else, also inside a syntax error. ECMA-262 16.2.2 and 16.2.3; TypeScript 5.9; Flow ``typeof``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    rb"""(?>\s+|//[^\n]*|/\*.*?\*/)*+
    (?:([A-Za-z_$\\\x80-\xff][\w$\\\x80-\xff]*)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|([{}*,;=().\#]))""",
    re.S | re.X,
)
_WORD, _STRING = 1, 2
_SPACES = re.compile(rb"\s*")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,8})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.S)
_SIMPLE_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "0": "\0",
    "\n": "",
    "\r\n": "",
}
#: names read of one declaration; generated barrels hold some thousands
_MAX_NAMES = 50_000


class ClauseName(NamedTuple):
    """``name as local``; the place is that of ``name``. ``local`` is ``""`` in an export without ``as``."""

    name: str
    local: str
    start: int
    end: int
    type_only: bool
    local_start: int


class Clause(NamedTuple):
    """``kind``: ``import``, ``require`` (``import x = require("m")``), ``export``, ``export=``.

    ``namespace`` is the ``ns`` of ``* as ns`` or of ``x = require()``; ``star`` is set for an export with ``*``.
    ``specifier`` is None where the declaration names no module. ``stop`` is the end of the last token read.
    """

    kind: str
    type_only: bool
    names: list[ClauseName]
    namespace: str
    star: bool
    specifier: str | None
    start: int
    end: int
    stop: int
    namespace_start: int = 0


def string_value(raw: bytes) -> str:
    """The value of a string literal without its quotes."""
    text = raw.decode("utf-8", "replace")
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits is None:
        return _SIMPLE_ESCAPES.get(match[4], match[4])
    code = int(digits, 16)
    return chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"


def word_value(raw: bytes) -> str:
    """An identifier as the language sees it."""
    text = raw.decode("utf-8", "replace")
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


class _Reader:
    """A cursor over tokens, one ahead: ``kind`` and ``text`` are those of the token at hand (``kind`` 0 at an end)."""

    __slots__ = ("data", "end", "kind", "last", "start", "text")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.end = self.last = at
        self.advance()

    def advance(self) -> None:
        self.last = self.end
        match = _TOKEN.match(self.data, self.end)
        if match is None:
            self.kind = 0
            self.text = b""
            return
        kind = self.kind = match.lastindex or 0
        self.text = match[kind]
        self.start, self.end = match.span(kind)

    def peek(self, count: int = 1) -> bytes:
        """The token ``count`` after the one at hand."""
        at = self.end
        text = b""
        for _ in range(count):
            match = _TOKEN.match(self.data, at)
            if match is None:
                return b""
            text = match[match.lastindex or 0]
            at = match.end()
        return text


#: What nearly every import looks like; all else is read token by token.
_PLAIN_IMPORT = re.compile(
    rb"""\s+(type\s+(?!from\b|as\b))?
    (?:(?!(?:from|type|typeof|defer|source)\b)([A-Za-z_$][\w$]*)(?:\s*,\s*(?=[{*])|\s+(?=from\b)))?
    (?:\{((?:[\w$\s,])*)\}\s*|\*\s*as\s+([A-Za-z_$][\w$]*)\s+)?
    (?<![\w$])from\s*("[^"\\\n]*"|'[^'\\\n]*')""",
    re.X,
)
_PLAIN_NAME = re.compile(rb"(?:(type)\s+)?([A-Za-z_$][\w$]*)(?:\s+as\s+([A-Za-z_$][\w$]*))?\s*(?:,\s*|\Z)")
_ODD_NAMES = re.compile(rb"\b(?:type|typeof)\s*(?:as\b|,|\Z)|\btypeof\b|\bas\s+as\b")
_TAIL = re.compile(rb"(?:\s*(?:with|assert)\s*\{[^{}]*\})?(?:[ \t]*;)?")
_EXPORT_LIST = re.compile(rb"export(?>\s+|//[^\n]*|/\*.*?\*/)*+(?:type\b|[{*=])", re.S)


def end_of(data: bytes, at: int) -> int:
    """The end of a declaration whose specifier ends at ``at``: with its attributes and its semicolon."""
    match = _TAIL.match(data, at)
    return match.end() if match is not None else at


def may_be_list(data: bytes, at: int) -> bool:
    """Whether the ``export`` at ``at`` can be a list, a star or an assignment."""
    return _EXPORT_LIST.match(data, at) is not None


def _read_plain(data: bytes, at: int) -> Clause | None:
    """An import without comments, escapes, attributes before its end or ``type`` as a name; None for any other."""
    match = _PLAIN_IMPORT.match(data, at)
    if match is None or match.lastindex != 5:
        return None
    types, default, listed, namespace, quoted = match.groups()
    names: list[ClauseName] = []
    if default is not None:
        start, end = match.span(2)
        names.append(ClauseName("default", default.decode(), start, end, False, start))
    namespace_start = 0
    if listed is not None:
        first, last = match.span(3)
        if _ODD_NAMES.search(data, first, last):
            return None
        position = _SPACES.match(data, first).end()  # type: ignore[union-attr]
        while position < last:
            item = _PLAIN_NAME.match(data, position, last)
            if item is None:
                return None
            name = item[2].decode()
            start, end = item.span(2)
            if item[3] is None:
                names.append(ClauseName(name, name, start, end, item[1] is not None, start))
            else:
                names.append(
                    ClauseName(name, item[3].decode(), start, end, item[1] is not None, item.start(3))
                )
            position = item.end()
    elif namespace is not None:
        namespace_start = match.start(4)
    elif default is None:
        return None
    start, stop = match.span(5)
    local = namespace.decode() if namespace is not None else ""
    specifier = quoted[1:-1].decode("utf-8", "replace")
    return Clause(
        "import", types is not None, names, local, False, specifier, start, stop, stop, namespace_start
    )


def read_import(data: bytes, at: int) -> Clause | None:
    """The declaration whose keyword ``import`` ends at ``at``; None where it is none (``import(``, ``import.meta``, ``A = B.C``)."""
    plain = _read_plain(data, at)
    return plain if plain is not None else read_import_tokens(data, at)


def read_import_tokens(data: bytes, at: int) -> Clause | None:
    """``read_import`` for every form there is, token by token."""
    reader = _Reader(data, at)
    if reader.kind == _STRING:
        return _finish(reader, "import", False, [], "")
    names: list[ClauseName] = []
    namespace, namespace_start = "", 0
    type_only = _modifier(reader)
    if reader.kind == _WORD:
        local, start = reader.text, reader.start
        reader.advance()
        if reader.text == b"=":
            return _import_equals(reader, type_only, word_value(local), start)
        word = word_value(local)
        names.append(ClauseName("default", word, start, start + len(local), False, start))
        if reader.text == b",":
            reader.advance()
    if reader.text == b"*":
        namespace, namespace_start = _namespace(reader)
        if not namespace:
            return None
    elif reader.text == b"{" and not _names(reader, names, importing=True):
        return None
    if reader.text != b"from" or not (names or namespace or data[reader.last - 1 : reader.last] == b"}"):
        return None
    reader.advance()
    if reader.kind != _STRING:
        return None
    return _finish(reader, "import", type_only, names, namespace, namespace_start=namespace_start)


def read_export(data: bytes, at: int) -> Clause | None:
    """The list, star or ``=`` of the declaration whose keyword ``export`` ends at ``at``; None for any other export."""
    reader = _Reader(data, at)
    type_only = reader.text == b"type" and reader.peek() in (b"{", b"*")
    if type_only:
        reader.advance()
    names: list[ClauseName] = []
    namespace = ""
    star = reader.text == b"*"
    if star:
        namespace, _ = _namespace(reader)
    elif reader.text == b"{":
        if not _names(reader, names, importing=False):
            return None
    elif reader.text == b"=" and not type_only:
        return Clause("export=", False, [], "", False, None, 0, 0, reader.end)
    else:
        return None
    if reader.text == b"from":
        stop = reader.last
        reader.advance()
        if reader.kind == _STRING:
            return _finish(reader, "export", type_only, names, namespace, star)
        return None if star else Clause("export", type_only, names, "", False, None, 0, 0, stop)
    return None if star else Clause("export", type_only, names, "", False, None, 0, 0, reader.last)


def _modifier(reader: _Reader) -> bool:
    """Step over ``type``, ``typeof``, ``defer`` or ``source`` where it is no name; True for a type-only import."""
    text = reader.text
    if text not in (b"type", b"typeof", b"defer", b"source"):
        return False
    after = reader.peek()
    if text == b"defer":
        is_modifier = after == b"*"
    elif after == b"from":
        is_modifier = reader.peek(2) == b"from"
    else:
        is_modifier = after not in (b",", b"=", b"") and not (text == b"source" and after in (b"{", b"*"))
    if is_modifier:
        reader.advance()
    return is_modifier and text in (b"type", b"typeof")


def _import_equals(reader: _Reader, type_only: bool, local: str, local_start: int) -> Clause | None:
    """``= require("m")``; an alias of a namespace is no import."""
    reader.advance()
    if reader.text != b"require":
        return None
    reader.advance()
    if reader.text != b"(":
        return None
    reader.advance()
    if reader.kind != _STRING:
        return None
    value, start, end = string_value(reader.text[1:-1]), reader.start, reader.end
    reader.advance()
    stop = reader.end if reader.text == b")" else end
    return Clause("require", type_only, [], local, False, value, start, end, stop, local_start)


def _namespace(reader: _Reader) -> tuple[str, int]:
    """Step over ``*`` or ``* as ns``: its name and place, ``""`` where it has none."""
    reader.advance()
    if reader.text != b"as":
        return "", 0
    reader.advance()
    if reader.kind not in (_WORD, _STRING):
        return "", 0
    name, start = _name(reader), reader.start
    reader.advance()
    return name, start


def _name(reader: _Reader) -> str:
    return word_value(reader.text) if reader.kind == _WORD else string_value(reader.text[1:-1])


def _names(reader: _Reader, names: list[ClauseName], importing: bool) -> bool:
    """Step over ``{ a, type b as c }``; False where it does not end as it should."""
    reader.advance()
    while reader.text != b"}":
        if reader.kind not in (_WORD, _STRING) or len(names) > _MAX_NAMES:
            return False
        type_only = False
        if reader.text in (b"type", b"typeof"):
            # ``type`` is a name in {type}, {type as b} and {type as as b}; a modifier in {type a} and {type as}.
            after = reader.peek()
            if after == b"as":
                second = reader.peek(2)
                type_only = second in (b",", b"}") or (second == b"as" and reader.peek(3) not in (b",", b"}"))
            else:
                type_only = after not in (b",", b"}")
            if type_only:
                reader.advance()
        start, end = reader.start, reader.end
        name = _name(reader)
        local, local_start = name if importing else "", start
        reader.advance()
        if reader.text == b"as":
            reader.advance()
            if reader.kind not in (_WORD, _STRING):
                return False
            local = _name(reader)
            local_start = reader.start
            reader.advance()
        names.append(ClauseName(name, local, start, end, type_only, local_start))
        if reader.text == b",":
            reader.advance()
        elif reader.text != b"}":
            return False
    reader.advance()
    return True


def _finish(
    reader: _Reader,
    kind: str,
    type_only: bool,
    names: list[ClauseName],
    namespace: str,
    star: bool = False,
    namespace_start: int = 0,
) -> Clause:
    value = string_value(reader.text[1:-1])
    stop = reader.end
    return Clause(kind, type_only, names, namespace, star, value, reader.start, stop, stop, namespace_start)
