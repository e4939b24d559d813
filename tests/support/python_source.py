"""Python sources for tests of the lowering: parsing, snippets and the standard library's files."""

from __future__ import annotations

import sysconfig
from functools import cache
from pathlib import Path

import tree_sitter_python
from tree_sitter import Language, Parser

from constraintlint.facts import code as c
from constraintlint.frontends.python_code import lower


@cache
def parser() -> Parser:
    return Parser(Language(tree_sitter_python.language()))


def lowered(
    source: str | bytes, hits: list[int] | None = None, imports: dict[int, list[int]] | None = None
) -> c.Code:
    data = source.encode() if isinstance(source, str) else source
    return lower(parser().parse(data).root_node, data, imports or {}, hits)


@cache
def standard_library(count: int) -> list[Path]:
    """About ``count`` files of the running Python's standard library, evenly picked, in a fixed order."""
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts)
    return files[:: max(1, len(files) // count)]


def utf8(path: Path) -> bytes | None:
    """The bytes of a file without a byte order mark; None where it is not UTF-8."""
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return data
