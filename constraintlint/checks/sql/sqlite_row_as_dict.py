"""A row of ``sqlite3.Row`` is used like a dict: ``.get``, ``in``, item assignment, attributes, JSON."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._json_sinks import parts, sinks
from constraintlint.checks._parents import Parents
from constraintlint.checks.sql._python_rows import SQLITE, Held, Rows, handles
from constraintlint.facts.code import (
    Assign,
    Binary,
    Call,
    Expr,
    Hole,
    Index,
    Member,
    Name,
    Text,
    Try,
    Unary,
    walk,
)
from constraintlint.facts.source import Span
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.flow.values import Value

RULE = "sqlite-row-as-dict"

_PACKAGES = frozenset(("sqlite3", "aiosqlite"))
_ROW = frozenset(("sqlite3.Row", "sqlite3.dbapi2.Row", "aiosqlite.Row", "aiosqlite.core.Row"))
#: names that only a file with rows in it has
_WORDS = ("fetchone", "fetchall", "fetchmany", "execute", "row", "Row")


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    factories = _Factories(project)
    if not factories.rows:
        return
    rows = Rows(project, SQLITE, factories.gives_rows, _ROW if not factories.others else frozenset())
    parents = Parents(project)
    for path in project.paths:
        if path.endswith(".py") and project.mentions(path, _WORDS):
            file = project.evaluator.file(path)
            if file is not None:
                yield from _of_file(project, rows, parents, factories, file)
    yield from _written(project, rows, factories)


class _Factories:
    """What is assigned to ``row_factory``, by the connection or cursor it is assigned on."""

    def __init__(self, project: Project) -> None:
        self.ev = project.evaluator
        self.rows: dict[int, tuple[str, tuple[int, int]]] = {}
        """connections that give ``sqlite3.Row`` -> where that is said"""
        self.others: set[int] = set()
        """connections that give something else; 0 stands for one that is not known"""
        for file in self.ev.files(("row_factory",)):
            for store in file.stores.get("row_factory", ()):
                self._store(store.owner, store.value, store.scope, store.at)

    def _store(self, owner: Expr, value: Expr, scope: Scope, at: tuple[int, int]) -> None:
        names = {
            self.ev.library_for(item.path).canonical(item.name) if item.kind == "library" else ""
            for item in self.ev.eval(value, scope)
        }
        found = handles(self.ev, owner, scope)
        keys = {id(item.call) if item.call is not None else 0 for item in found} or {0}
        if names and names <= _ROW:
            for key in keys:
                self.rows.setdefault(key, (scope.path, at))
        else:
            self.others |= keys

    def gives_rows(self, value: Value, depth: int = 0) -> bool:
        """Whether the rows of a cursor (or connection) surely are no dicts, and somewhere are made ``sqlite3.Row``."""
        if 0 in self.others:
            return False
        call = value.call
        if call is None or depth > 3:
            return not self.others
        if id(call) in self.others or any(arg.name == "factory" or arg.spread for arg in call.args):
            return False
        if value.name.endswith("Cursor") and isinstance(call.callee, Member) and value.caller is not None:
            owners = handles(self.ev, call.callee.object, value.caller)
            return bool(owners) and all(self.gives_rows(owner, depth + 1) for owner in owners)
        return id(call) in self.rows or (0 in self.rows and not self.others)

    def place(self) -> tuple[str, tuple[int, int]]:
        return min(self.rows.values())


def _of_file(
    project: Project, rows: Rows, parents: Parents, factories: _Factories, file: FileScopes
) -> Iterator[Finding]:
    for node in walk(list(file.module.body)):
        subject: Expr | None = None
        told = ""
        if isinstance(node, Member) and node.name != "keys" and not node.name.startswith("__"):
            subject, told = node.object, f"has no attribute {node.name!r}"
        elif isinstance(node, Binary) and node.op in ("in", "not in") and _text(node.left) is not None:
            subject = node.right
            told = f"is a sequence of values: {_text(node.left)!r} {node.op} it looks at the values, not at the names"
        elif isinstance(node, Assign):
            target = next((item for item in node.targets if isinstance(item, Index)), None)
            if target is not None and _text(target.index) is not None:
                subject, told = target.object, "cannot be changed: it has no item assignment"
        elif isinstance(node, Unary) and node.op == "delete" and isinstance(node.operand, Index):
            subject, told = node.operand.object, "cannot be changed: it has no item deletion"
        if subject is None or not isinstance(subject, (Name, Call, Index)):
            continue
        scope = file.at(subject.at[0])
        held = rows.of(subject, scope)
        if held is None or held.shape != "row" or _is_guarded(parents, subject, scope):
            continue
        yield _finding(project, factories, scope, project.span(file.path, node.at), told, held)


def _is_guarded(parents: Parents, subject: Expr, scope: Scope) -> bool:
    """Whether the code asks what the row is, or is ready for the error."""
    current = parents.of(scope.path, subject)
    while current is not None:
        if isinstance(current, Try) and current.handlers:
            return True
        current = parents.of(scope.path, current)
    if not isinstance(subject, Name):
        return False
    home = scope
    while home.kind == "comprehension" and home.parent is not None:
        home = home.parent
    return any(
        isinstance(node, Call)
        and isinstance(node.callee, Name)
        and node.callee.id in ("isinstance", "hasattr")
        and node.args
        and isinstance(node.args[0].value, Name)
        and node.args[0].value.id == subject.id
        for stmt in home.body
        for node in walk(stmt)
    )


def _written(project: Project, rows: Rows, factories: _Factories) -> Iterator[Finding]:
    for sink in sinks(project):
        for given in sink.given:
            for expr, scope in parts(project, given, sink.scope):
                held = rows.of(expr, scope)
                if held is None or not all(_is_made_row(factories, owner) for owner in held.owners):
                    continue
                what = "is" if held.shape == "row" else "are"
                told = f"{what} not JSON serializable: {sink.name} raises TypeError"
                yield _finding(project, factories, scope, project.span(scope.path, expr.at), told, held)


def _is_made_row(factories: _Factories, value: Value) -> bool:
    """Whether the connection itself surely got ``sqlite3.Row`` (a tuple could be written)."""
    call = value.call
    if call is None:
        return False
    if value.name.endswith("Cursor") and isinstance(call.callee, Member) and value.caller is not None:
        owners = handles(factories.ev, call.callee.object, value.caller)
        return bool(owners) and all(_is_made_row(factories, owner) for owner in owners)
    return id(call) in factories.rows


def _text(expr: Expr) -> str | None:
    if not isinstance(expr, Text) or expr.prefix not in ("", "r"):
        return None
    pieces = [piece.value for piece in expr.pieces if not isinstance(piece, Hole)]
    return "".join(pieces) if len(pieces) == len(expr.pieces) else None


def _finding(
    project: Project, factories: _Factories, scope: Scope, span: Span, told: str, held: Held
) -> Finding:
    path, at = factories.place()
    line, column, end_line, end_column = project.span(path, at)
    subject = "rows are sqlite3.Row objects, which" if held.shape == "rows" else "a sqlite3.Row"
    return finding(
        RULE,
        scope.path,
        span,
        f"{subject} {told}",
        help="make a dict of it first: dict(row)",
        trace=[Step(path, line, column, "row_factory is set here", end_line, end_column)],
        subject=f"{told} in {scope.function.name if scope.function else 'the module'}",
    )
