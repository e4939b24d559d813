"""Valid syntax that the grammars do not know, rewritten to what they know, byte for byte in place.

Used on a file whose tree has an error; the file is then parsed once more. Every offset stays what it was.
Known of tree-sitter-typescript 0.23.2 and tree-sitter-javascript 0.25.0: variance annotations (``<in out T>``),
``export type * from``, ``import defer``/``import source``, keywords as names in import and export lists,
``export import x = require("m")``, ``import("m").T`` with type arguments or ``[]``, members of types that are called
``abstract`` or ``accessor``, and ``export default function (a: A): B;`` of declaration files, a function without a body.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_VARIANCE = re.compile(
    rb"""[<,](?>\s+|//[^\n]*|/\*.*?\*/)*+((?:(?:in|out|const)\s+)*(?:in|out)\s+)
    (?=[A-Za-z_$][\w$]*\s*(?:[,>=]|extends\b|//|/\*))""",
    re.S | re.X,
)
_VARIANCE_WORD = re.compile(rb"\b(?:in|out)\b")
_NO_NAMES = frozenset((b"instanceof", b"in", b"of", b"as", b"satisfies", b"extends"))
_NAME = re.compile(rb"[A-Za-z_$][\w$]*")
_EXPORT_TYPE_STAR = re.compile(rb"export\s+(type)\s*\*")
_EXPORT_IMPORT = re.compile(rb"(export)\s+import\s+[A-Za-z_$][\w$]*\s*=\s*require\s*\(")
_IMPORT_PHASE = re.compile(rb"import\s+(defer)\s*\*|import\s+(source)\s+(?!from\s*['\"])[A-Za-z_$]")
_LIST = re.compile(rb"(?:import|export)(?:\s+type)?\s*(?:[A-Za-z_$][\w$]*\s*,\s*)?\{([^{}'\"`;=()]*)\}")
_KEYWORDS = (
    rb"(?:break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for"
    rb"|function|if|import|in|instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with)"
)
_AS_KEYWORD = re.compile(rb"(?<=[\w$])(\s+as\s+" + _KEYWORDS + rb")(?=\s*(?:[,}]|$))")
_KEYWORD_AS = re.compile(rb"(?<![\w$])(" + _KEYWORDS + rb"\s+as\s+)(?=[A-Za-z_$])")
_KEYWORD = re.compile(rb"(?<![\w$.])(" + _KEYWORDS + rb")(?![\w$]|\s+as\b)")
_TYPE_QUERY = re.compile(
    rb"(import\s*\(\s*(?:\"[^\"\n]*\"|'[^'\n]*')\s*\))\s*\.\s*(?!(?:then|catch|finally)\b)[A-Za-z_$]"
)
_MEMBER = re.compile(rb"[{;,\n]\s*(?:readonly\s+)?(abstract|accessor)\s*\??\s*[:(]")
_UNNAMED = re.compile(rb"export\s+default\s+(?:async\s+)?function\s*(\()")
_SPACE = re.compile(rb"[^\n\r]")
#: nodes whose text is no code
_TEXTS = frozenset(
    (
        "comment",
        "string",
        "string_fragment",
        "template_string",
        "regex",
        "regex_pattern",
        "jsx_text",
        "template_literal_type",
    )
)


def repair(data: bytes, root: Syntax, typescript: bool) -> bytes | None:
    """The file with what the grammar does not know rewritten; None where there is nothing of that kind."""
    out = bytearray(data)
    if typescript:
        _blank_variance(data, root, out)
        for match in _EXPORT_TYPE_STAR.finditer(data):
            _blank(data, root, out, match.start(1), match.end(1))
        for match in _TYPE_QUERY.finditer(data):
            start, end = match.span(1)
            if _is_code(root, start):
                out[start:end] = b"T" + b"_" * (end - start - 1)
        for match in _EXPORT_IMPORT.finditer(data):
            _blank(data, root, out, match.start(1), match.end(1))
        for match in _MEMBER.finditer(data):
            if _is_code(root, match.start(1)):
                out[match.start(1) : match.end(1)] = b"_" * len(match[1])
        for match in _UNNAMED.finditer(data):
            _give_body(data, root, out, match.start(1))
    for match in _IMPORT_PHASE.finditer(data):
        group = match.lastindex or 1
        _blank(data, root, out, match.start(group), match.end(group))
    for match in _LIST.finditer(data):
        if _is_code(root, match.start()):
            _blank_keywords(out, match.start(1), match.end(1))
    return bytes(out) if out != data else None


def _is_code(root: Syntax, at: int) -> bool:
    node = root.descendant_for_byte_range(at, at + 1)
    return node is not None and node.type not in _TEXTS


def _blank(data: bytes, root: Syntax, out: bytearray, start: int, end: int) -> None:
    if _is_code(root, start):
        out[start:end] = _SPACE.sub(b" ", data[start:end])


def _give_body(data: bytes, root: Syntax, out: bytearray, bracket: int) -> None:
    """A body in the place of the type that a function without one gives; what stands for type queries stays in it."""
    node = root.descendant_for_byte_range(bracket, bracket + 1)
    parameters = node.parent if node is not None else None
    given = (
        parameters.next_sibling if parameters is not None and parameters.type == "formal_parameters" else None
    )
    if parameters is None or given is None:
        return
    start = given.start_byte
    if given.type == ":":
        given = given.next_sibling
    if given is None or data[start : start + 1] != b":" or data[given.end_byte :].lstrip()[:1] == b"{":
        return
    end = given.end_byte
    kept = [
        (match.span(1), bytes(out[slice(*match.span(1))])) for match in _TYPE_QUERY.finditer(data, start, end)
    ]
    out[start:end] = b"{" + _SPACE.sub(b" ", data[start + 1 : end - 1]) + b"}"
    for (first, last), text in kept:
        out[first:last] = text


def _blank_variance(data: bytes, root: Syntax, out: bytearray) -> None:
    for match in _VARIANCE.finditer(data):
        name = _NAME.match(data, match.end())
        if name is not None and name[0] not in _NO_NAMES and _is_code(root, match.start(1)):
            for word in _VARIANCE_WORD.finditer(data, *match.span(1)):
                out[word.start() : word.end()] = b" " * (word.end() - word.start())


def _blank_keywords(out: bytearray, start: int, end: int) -> None:
    """``a as null`` and ``null as a`` become ``a``, a ``null`` alone a plain name."""
    names = bytes(out[start:end])
    names = _AS_KEYWORD.sub(lambda m: _SPACE.sub(b" ", m[1]), names)
    names = _KEYWORD_AS.sub(lambda m: _SPACE.sub(b" ", m[1]), names)
    names = _KEYWORD.sub(lambda m: b"_" * len(m[1]), names)
    out[start:end] = names
