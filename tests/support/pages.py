"""Reads the examples of a rule page and lays them out as small projects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^(`{3,})(\w*) (\S+)([^\n]*)\n(.*?)^\1$", re.M | re.S)
_EXPECT = re.compile(r"(?:#|//|--|/\*)\s*expect(?:\[([\w, -]+)\])?\s*(?:\*/)?\s*$")
_IMPORTS = {
    "flask": r"^(?:from|import) flask", "fastapi": r"^(?:from|import) fastapi\b", "aiohttp": r"^(?:from|import) aiohttp\b",
    "django": r"^(?:from|import) (?:django|rest_framework|ninja)\b", "express": r"""["']express["']""", "fastify": r"""["']fastify["']""",
    "hono": r"""["'](?:hono|@hono)["'/]""", "koa": r"""["'](?:koa|@koa/router)["']""",
}  # fmt: skip


@dataclass
class Example:
    """One ``###`` section under Bad or Good: a small project."""

    title: str
    bad: bool
    files: dict[str, str] = field(default_factory=dict)
    executable: set[str] = field(default_factory=set)
    """files named with ``+x`` behind"""


def examples(text: str) -> list[Example]:
    """Every example of a page, in order."""
    found: list[Example] = []
    for kind, body in re.findall(r"^## (Bad|Good)\n(.*?)(?=^## |\Z)", text, re.M | re.S):
        for title, section in re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", body, re.M | re.S):
            example = Example(title, kind == "Bad")
            for _, _, name, more, content in _FENCE.findall(section):
                example.files[name] = content
                if more.strip() == "+x":
                    example.executable.add(name)
            assert example.files, f"example {title!r} has no fenced block with a file name"
            found.append(example)
    return found


def frameworks(name: str, text: str) -> set[str]:
    """The frameworks that a file of an example imports."""
    python = name.endswith(".py")
    if not python and not name.endswith((".js", ".mjs", ".cjs", ".ts")):
        return set()
    kinds = ("flask", "fastapi", "aiohttp", "django") if python else ("express", "fastify", "hono", "koa")
    return {kind for kind in kinds if re.search(_IMPORTS[kind], text, re.M)}


def write(example: Example, directory: Path, rule: str) -> list[tuple[str, int, str]]:
    """Write the files, without their expectation comments; return the expected (path, line, rule)."""
    expected: list[tuple[str, int, str]] = []
    for name, content in example.files.items():
        lines = content.split("\n")
        for number, line in enumerate(lines, 1):
            match = _EXPECT.search(line)
            if match:
                lines[number - 1] = line[: match.start()].rstrip()
                rules = [word.strip() for word in match[1].split(",")] if match[1] else [rule]
                expected += [(name, number, each) for each in rules]
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines), "utf-8")
        if name in example.executable:
            file.chmod(0o755)
    if not example.bad:
        assert not expected, "a good example expects nothing"
    else:
        assert expected, "a bad example marks at least one line"
    return expected
