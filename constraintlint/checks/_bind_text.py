"""SQL text without its literals and comments, and the placeholders left in it."""

from __future__ import annotations

import re

#: what the engines read as one piece: comments, strings, quoted names, dollar quotes
_OPAQUE = re.compile(
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|(?<![A-Za-z0-9_])[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)"
    r'|"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)'
    r"|(?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)",
    re.S,
)


def masked(sql: str) -> str:
    """The text with blanks (and its line ends) in the place of comments, strings and quoted names."""
    return _OPAQUE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), sql)
