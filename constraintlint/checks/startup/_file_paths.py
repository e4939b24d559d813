"""Paths of files as code builds them: constants, ``os.path.join``, ``pathlib``, ``path.join`` and ``__dirname``."""

from __future__ import annotations

import posixpath
from typing import Literal

import msgspec

from constraintlint.facts.code import Binary, Call, Constant, Expr, Hole, Index, Member, Name, Piece, Text
from constraintlint.project import Project
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Scope

_MAX_DEPTH = 12
#: calls that give the path they are given, in another form
_SAME = frozenset(
    (
        "abspath",
        "realpath",
        "resolve",
        "absolute",
        "str",
        "Path",
        "fspath",
        "as_posix",
        "normalize",
        "fileURLToPath",
    )
)


class FilePath(msgspec.Struct, frozen=True):
    """``base`` tells what ``path`` starts at: the ``root`` of what is checked, the ``working`` directory, or the ``machine``.

    ``variables`` are the environment variables that can name another path.
    """

    base: Literal["root", "working", "machine"]
    path: str
    variables: frozenset[str] = frozenset()

    def joined(self, parts: list[str]) -> FilePath:
        path = self.path
        base = self.base
        for part in parts:
            if part.startswith("/"):
                base, path = "machine", part
            else:
                path = posixpath.join(path, part)
        return FilePath(base, posixpath.normpath(path) if path else "", self.variables)

    @property
    def parent(self) -> FilePath:
        return FilePath(self.base, posixpath.dirname(self.path), self.variables)


def file_path(project: Project, expr: Expr, scope: Scope, depth: int = 0) -> FilePath | None:
    """The one path an expression is; None where it can be another, or is not known."""
    if depth > _MAX_DEPTH:
        return None
    known = _constant(project, expr, scope) or _standing_in(project, expr, scope, depth)
    if known is not None:
        return known
    if isinstance(expr, Name):
        if expr.id in ("__file__", "__filename"):
            return FilePath("root", scope.path)
        if expr.id == "__dirname":
            return FilePath("root", posixpath.dirname(scope.path))
        variable = scope.find(expr.id, expr.at[0])
        binds = reaching(variable, scope, expr.at[0]) if variable is not None else []
        if len(binds) == 1 and binds[0].kind == "assign" and not binds[0].keys and not binds[0].op:
            value = binds[0].value
            return file_path(project, value, binds[0].inner, depth + 1) if value is not None else None
        return None
    if isinstance(expr, Member):
        if expr.name == "parent":
            owner = file_path(project, expr.object, scope, depth + 1)
            return owner.parent if owner is not None else None
        return None
    if isinstance(expr, Index):
        if (
            isinstance(expr.object, Member)
            and expr.object.name == "parents"
            and isinstance(expr.index, Constant)
        ):
            owner = file_path(project, expr.object.object, scope, depth + 1)
            for _ in range(int(expr.index.value or 0) + 1 if owner is not None else 0):
                owner = owner.parent if owner is not None else None
            return owner
        return None
    if isinstance(expr, Binary) and expr.op == "/":
        owner = file_path(project, expr.left, scope, depth + 1)
        part = _text(project, expr.right, scope)
        return owner.joined([part]) if owner is not None and part is not None else None
    if isinstance(expr, Text):
        return _template(project, expr, scope, depth)
    return _call(project, expr, scope, depth) if isinstance(expr, Call) else None


def _call(project: Project, call: Call, scope: Scope, depth: int) -> FilePath | None:
    callee = call.callee
    name = callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
    given = [arg.value for arg in call.args if not arg.name and not arg.spread]
    if len(given) != len(call.args):
        return None
    if name in ("cwd", "getcwd") and not given:
        return FilePath("working", "")
    if isinstance(callee, Member) and not given and name in _SAME:
        return file_path(project, callee.object, scope, depth + 1)
    if not given:
        return None
    if name == "dirname":
        inner = file_path(project, given[0], scope, depth + 1)
        return inner.parent if inner is not None else None
    if name in ("join", "resolve", "joinpath", "Path") or name in _SAME:
        first = given
        start: FilePath | None
        if name == "joinpath" and isinstance(callee, Member):
            start = file_path(project, callee.object, scope, depth + 1)
        else:
            start, first = file_path(project, given[0], scope, depth + 1), given[1:]
        parts = [_text(project, item, scope) for item in first]
        if start is None or any(part is None for part in parts):
            return None
        return start.joined([part for part in parts if part is not None])
    return None


def _template(project: Project, expr: Text, scope: Scope, depth: int) -> FilePath | None:
    """``f"{BASE}/data/app.db"``: a path and what follows it."""
    if len(expr.pieces) != 2:
        return None
    hole, rest = expr.pieces
    if (
        not isinstance(hole, Hole)
        or hole.format
        or not isinstance(rest, Piece)
        or not rest.value.startswith("/")
    ):
        return None
    start = file_path(project, hole.value, scope, depth + 1)
    return start.joined([rest.value.lstrip("/")]) if start is not None else None


def _constant(project: Project, expr: Expr, scope: Scope) -> FilePath | None:
    """A path that is one constant, also as what stands in for an environment variable."""
    found = project.evaluator.eval(expr, scope)
    texts = {value.constant for value in found if value.text is not None}
    others = [value for value in found if value.text is None and value.kind != "env"]
    text = texts.pop() if len(texts) == 1 else None
    if others or not isinstance(text, str):
        return None
    variables = {value.name for value in found if value.kind == "env"}
    variables |= {value.default_of for value in found if value.default_of}
    path = posixpath.normpath(text) if text else ""
    return FilePath("machine" if text.startswith("/") else "working", path, frozenset(variables))


def _standing_in(project: Project, expr: Expr, scope: Scope, depth: int) -> FilePath | None:
    """A path that code builds for where a variable is not set: ``process.env.DB || path.join(...)``, ``os.environ.get("DB", ...)``."""
    other: Expr | None = None
    if isinstance(expr, Binary) and expr.op in ("||", "??", "or"):
        left = project.evaluator.eval(expr.left, scope)
        other = expr.right if left and all(value.kind == "env" for value in left) else None
    elif isinstance(expr, Call) and len(expr.args) == 2:
        found = project.evaluator.eval(expr, scope)
        given = [value for value in found if value.kind != "env"]
        other = (
            expr.args[1].value
            if found and given != list(found) and all(v.default_of for v in given)
            else None
        )
    path = file_path(project, other, scope, depth + 1) if other is not None else None
    if path is None:
        return None
    names = {value.name for value in project.evaluator.eval(expr, scope) if value.kind == "env"}
    return FilePath(path.base, path.path, path.variables | names)


def _text(project: Project, expr: Expr, scope: Scope) -> str | None:
    found = project.evaluator.eval(expr, scope)
    value = found[0].constant if len(found) == 1 else None
    return value if isinstance(value, str) else None
