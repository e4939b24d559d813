"""Comments that suppress findings: ``constraintlint: ignore[rule, ...] reason`` and ``ignore-file[rule] reason``.

Only comments of the syntax tree count, never strings. A comment that addresses constraintlint but says nothing it
understands becomes a Suppression without rules whose reason tells what is wrong, so that it can be reported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.source import Suppression

if TYPE_CHECKING:
    from tree_sitter import Node

MARKER = b"constraintlint:"

#: The comment's own beginning, that of a second comment on its line, or a line of a block comment.
_ADDRESS = re.compile(r"(?:(?:^|(?<=\s))(?:#+|//+|/\*+)|\n[ \t]*\**)\s*constraintlint:")
_DIRECTIVE = re.compile(r"\s*(ignore-file|ignore)\s*\[([^\]\n]*)\](.*)", re.DOTALL)
_VERB = re.compile(r"\s*([\w-]*)")
_NEXT_COMMENT = {"python": re.compile(r"\s#\s"), "": re.compile(r"\s//\s")}
_COMMENTS = frozenset({"comment", "html_comment"})
_BLOCKS = frozenset({"block", "statement_block", "class_body", "interface_body", "enum_body", "switch_body"})
#: Finding a parent costs as much as the tree is deep.
_MAX_STEPS_UP = 64
_STRINGS = frozenset({"string", "template_string"})


def collect(root: Node, data: bytes, language: str) -> list[Suppression]:
    """All suppressions of a file in order. ``data`` is the UTF-8 text that ``root`` was parsed from."""
    found: list[Suppression] = []
    seen = -1
    position = data.find(MARKER)
    while position >= 0:
        node = root.descendant_for_byte_range(position, position + len(MARKER))
        if node is not None and node.type in _COMMENTS and node.start_byte > seen:
            seen = node.start_byte
            found += _of_comment(root, node, data, "python" if language == "python" else "")
        position = data.find(MARKER, position + len(MARKER))
    return found


def _of_comment(root: Node, node: Node, data: bytes, language: str) -> list[Suppression]:
    text = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
    starts = [match.end() for match in _ADDRESS.finditer(text)]
    if not starts:
        return []
    line = node.start_point[0] + 1
    column = _column(data, node.start_byte)
    end_column = column + len(text.partition("\n")[0])
    served: tuple[int, int] | None = None
    found: list[Suppression] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        verb, rules, reason = _parse(_own_text(text[start:end], language), node)
        if verb == "ignore-file":
            lines = (0, 0)
        else:
            lines = served = served or _served_lines(root, node, data)
        found.append(Suppression(rules, reason, line, column, end_column, *lines))
    return found


def _own_text(text: str, language: str) -> str:
    """What belongs to this directive: not the next comment on the line, nor the frame of a block comment."""
    text = _NEXT_COMMENT[language].split(text.rstrip(), maxsplit=1)[0]
    if not language:
        text = text.removesuffix("*/").rstrip("/* \t")
    return re.sub(r"\s*\n[\s*]*", " ", text)


def _parse(text: str, node: Node) -> tuple[str, tuple[str, ...], str]:
    """Verb, rules and reason; without rules the reason says what is wrong."""
    match = _DIRECTIVE.match(text)
    if match is None:
        verb = _VERB.match(text)
        word = verb[1] if verb else ""
        if word in ("ignore", "ignore-file"):
            return "", (), f'"{word}" is not followed by the names of rules in square brackets'
        return "", (), f'"{word}" is not something a comment can ask for' if word else "it asks for nothing"
    rules = tuple(dict.fromkeys(word for part in match[2].split(",") if (word := part.strip())))
    if not rules:
        return "", (), "the square brackets name no rule"
    if match[1] == "ignore-file" and not _is_top_level(node):
        return "", (), '"ignore-file" stands at the top level of a file only'
    return match[1], rules, match[3].strip(" \t:-–—")


def _is_top_level(node: Node) -> bool:
    parent = node.parent
    while parent is not None and parent.type == "ERROR":
        parent = parent.parent
    return parent is None or parent.parent is None


def _column(data: bytes, offset: int) -> int:
    start = data.rfind(b"\n", 0, offset) + 1
    return len(data[start:offset].decode("utf-8", "replace")) + 1


# --- which lines a comment serves -----------------------------------------------------------------------------------


def _served_lines(root: Node, node: Node, data: bytes) -> tuple[int, int]:
    line = node.start_point[0] + 1
    last = node.end_point[0] + 1
    before = data[data.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
    end = data.find(b"\n", node.end_byte)
    after = data[node.end_byte : end if end >= 0 else len(data)]
    if before.strip(b" \t\f\xef\xbb\xbf"):
        return _first_line_of_string(root, node, data, line), last
    if after.strip():
        return line, last
    return _next_statement(node) or (line, last)


def _first_line_of_string(root: Node, node: Node, data: bytes, line: int) -> int:
    """A string over several lines has no place for a comment but after it: that comment serves all its lines."""
    start = data.rfind(b"\n", 0, node.start_byte) + 1
    inner = root.descendant_for_byte_range(start, start)
    first = line
    for _ in range(_MAX_STEPS_UP):
        if inner is None:
            break
        if inner.type in _STRINGS and inner.start_byte < start:
            first = inner.start_point[0] + 1
        inner = inner.parent
    return first


def _next_statement(node: Node) -> tuple[int, int] | None:
    """The lines of what follows a comment: a statement, or an element where the comment stands in a list of these."""
    following = _following(node)
    for _ in range(_MAX_STEPS_UP):
        if following is not None:
            break
        # The last thing in its block: what follows the block, as the eye reads it
        parent = node.parent
        if parent is None:
            return None
        node = parent
        following = _following(node)
    if following is None:
        return None
    first = following.start_point[0] + 1
    while following.type == "decorator":
        after = _following(following)
        if after is None:
            break
        following = after
    return first, following.end_point[0] + 1 - (
        following.end_point[1] == 0 and following.end_point[0] >= first
    )


def _following(node: Node) -> Node | None:
    """The next named sibling that is no comment; the first statement inside where that is a block."""
    following = node.next_named_sibling
    while following is not None and following.type in _COMMENTS:
        following = following.next_named_sibling
    while following is not None and following.type in _BLOCKS and node.parent is not None:
        inner: Node | None = following.named_child(0)
        while inner is not None and inner.type in _COMMENTS:
            inner = inner.next_named_sibling
        if inner is None:
            return following
        following = inner
    return following
