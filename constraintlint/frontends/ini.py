"""INI files (setup.cfg, alembic.ini) with the place of every value: what configparser reads, without expanding it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SECTION = re.compile(r"\[([^\]]+)\]")
_OPTION = re.compile(r"([^=:\s][^=:]*?)\s*[=:]\s*(.*)$")
_COMMENT = re.compile(r"\s[#;].*$")

#: (text, line, column) of one line of a value
Line = tuple[str, int, int]


def load_ini(text: str, inline_comments: bool = False) -> Iterator[tuple[str, str, list[Line]]]:
    """(section, key, lines of its value) in file order. Lines that are neither are skipped, as tools differ on them."""
    section = ""
    key = ""
    lines: list[Line] = []
    for number, raw in enumerate(text.split("\n"), 1):
        content = raw.strip()
        if not content or content[0] in "#;":
            continue
        if inline_comments:
            content = _COMMENT.sub("", content).rstrip()
        column = len(raw) - len(raw.lstrip()) + 1
        if raw[0] in " \t" and key:
            lines.append((content, number, column))
            continue
        if key:
            yield section, key, lines
            key, lines = "", []
        if match := _SECTION.match(content):
            section = match[1].strip()
        elif match := _OPTION.match(content):
            key = match[1].strip().lower()
            value = match[2].strip()
            lines = [(value, number, column + match.start(2))] if value else []
    if key:
        yield section, key, lines
