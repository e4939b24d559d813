"""Parts of SQL text that look constant because only their default is known: ``${request.query.sort || "name"}``."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import At, Binary, Expr, Hole, Text, walk
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes
from constraintlint.project.flow.texts import BuiltText, TextHole, TextPiece
from constraintlint.project.sql_sites import SqlSite

#: choices of the program: what they let through has been looked at
_CHOSEN = frozenset(("if", "case", "key"))


def with_defaults(project: Project, sites: list[SqlSite]) -> Iterator[tuple[SqlSite, BuiltText]]:
    """The texts of the statements with a hole for each part that stands in for a value that may be another one."""
    written: dict[tuple[str, At], SqlSite] = {}
    for site in sites:
        for content in site.contents:
            for piece in content.text.pieces if content.text is not None else ():
                if isinstance(piece, TextPiece) and piece.text.strip():
                    written.setdefault((piece.path, piece.at), site)
    for path in sorted({path for path, _ in written}):
        file = project.evaluator.file(path)
        if file is None:
            continue
        for node in walk(list(file.code.body)):
            parts = _parts(node) if isinstance(node, (Text, Binary)) else []
            of = next((written[key] for part in parts if (key := _key(path, part)) in written), None)
            if of is not None and any(_is_default(project, file, part) for part in parts):
                yield of, BuiltText(tuple(_piece(project, file, path, part) for part in parts))


Part = tuple[str, At, Expr | None]
"""the characters, their place, and the expression where they are computed"""


def _parts(node: Text | Binary, depth: int = 0) -> list[Part]:
    """The pieces of a template literal, or of a chain of ``+``; empty where it is neither."""
    if isinstance(node, Text):
        if node.tag is not None or node.prefix == "regex":
            return []
        return [
            ("", piece.at, piece.value) if isinstance(piece, Hole) else (piece.value, piece.at, None)
            for piece in node.pieces
        ]
    if node.op != "+" or depth > 40:
        return []
    found: list[Part] = []
    for side in (node.left, node.right):
        inner = _parts(side, depth + 1) if isinstance(side, (Text, Binary)) else []
        found += inner or [("", side.at, side)]
    return found


def _key(path: str, part: Part) -> tuple[str, At]:
    return path, part[1]


def _is_default(project: Project, file: FileScopes, part: Part) -> bool:
    """Whether a value of the request is hidden by its default: all that is known of it is a text nobody has chosen."""
    expr = part[2]
    if expr is None:
        return False
    scope = file.at(expr.at[0])
    values = project.evaluator.eval(expr, scope)
    if not values or any(
        value.text is None or value.text.holes or any(branch.kind in _CHOSEN for branch in value.branches)
        for value in values
    ):
        return False
    return project.origins.of(expr, scope).kind == "request"


def _piece(project: Project, file: FileScopes, path: str, part: Part) -> TextPiece | TextHole:
    text, at, expr = part
    return TextPiece(text, path, at) if expr is None else TextHole(path, at, expr)
