"""The words of a shell command and what the shell makes of them (POSIX.1-2024, Shell Command Language, 2.2 and 2.6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.shell import Word

if TYPE_CHECKING:
    from tree_sitter import Node

    from constraintlint.facts.code import Lines

_ESCAPED = re.compile(r"\\(\n|.)", re.S)
_ESCAPED_IN_QUOTES = re.compile(r'\\(\n|[$`"\\])')
_GLOB = re.compile(r"(?<!\\)[*?\[{]")
_MAX_DEPTH = 40


class Words:
    """Reads words of one script."""

    def __init__(self, data: bytes, lines: Lines) -> None:
        self.data = data
        self.lines = lines

    def word(self, node: Node) -> Word:
        variables: list[str] = []
        value, default = self._value(node, variables, 0)
        if value is not None and value.startswith("~") and node.type in ("word", "concatenation"):
            value = default = None
        return Word(
            self.text(node),
            self.lines.span((node.start_byte, node.end_byte)),
            value,
            None if value is not None else default,
            tuple(dict.fromkeys(variables)),
        )

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _value(self, node: Node, variables: list[str], depth: int) -> tuple[str | None, str | None]:
        """What a word is, and what it is where variables with a default are not set; None where that is not known."""
        kind = node.type
        text = self.text(node)
        if depth > _MAX_DEPTH:
            return None, None
        if (
            kind in ("word", "number", "variable_name", "string_content", "command_name")
            and not node.named_child_count
        ):
            if kind == "string_content":
                plain = _ESCAPED_IN_QUOTES.sub(lambda match: match[1].strip("\n"), text)
                return plain, plain
            if _GLOB.search(text):
                return None, None
            plain = _ESCAPED.sub(lambda match: match[1].strip("\n"), text)
            return plain, plain
        if kind == "raw_string":
            return text[1:-1], text[1:-1]
        if kind == "simple_expansion":
            variables.append(text.lstrip("$"))
            return None, None
        if kind == "expansion":
            return None, self._default(node, variables, depth)
        if kind in ("string", "concatenation", "command_name", "translated_string"):
            return self._joined(node, variables, depth)
        variables += [self.text(child) for child in node.named_children if child.type == "variable_name"]
        return None, None

    def _joined(self, node: Node, variables: list[str], depth: int) -> tuple[str | None, str | None]:
        """The parts of a string or of a word, one behind the other; what lies between them belongs to it."""
        values: list[str | None] = []
        defaults: list[str | None] = []
        quoted = node.type in ("string", "translated_string")
        at = node.start_byte + (1 if node.type == "string" else 2 if quoted else 0)
        for child in node.named_children:
            between = self.data[at : child.start_byte].decode("utf-8", "replace")
            value, default = self._value(child, variables, depth + 1)
            values += [between, value]
            defaults += [between, default]
            at = child.end_byte
        end = node.end_byte - (1 if quoted else 0)
        rest = self.data[at:end].decode("utf-8", "replace") if at < end else ""
        return _concat([*values, rest]), _concat([*defaults, rest])

    def _default(self, node: Node, variables: list[str], depth: int) -> str | None:
        """``${X:-value}`` and ``${X:=value}``."""
        named = node.named_children
        if not named or named[0].type not in ("variable_name", "special_variable_name"):
            return None
        variables.append(self.text(named[0]))
        operator = next((child.type for child in node.children if child.type in (":-", "-", ":=", "=")), "")
        if not operator:
            return None
        if len(named) == 1:
            return ""
        parts = [self._value(child, variables, depth + 1)[1] for child in named[1:]]
        return _concat(parts)


def _concat(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None
