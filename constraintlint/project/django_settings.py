"""What the settings modules of a Django project say. Found by what they assign, not by their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from constraintlint.facts.code import (
    Assign,
    AssignExpr,
    Binary,
    Call,
    Expr,
    ExprStmt,
    If,
    Index,
    Member,
    Name,
    Sequence,
    Spread,
    Stmt,
    Try,
    With,
)
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.schema.records import Place
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_MARKS = ("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "DATABASES")
_MAX_DEPTH = 8


class Item(msgspec.Struct, frozen=True):
    """One text of a list setting, and where it stands."""

    text: str
    place: Place


class ListSetting(msgspec.Struct):
    """A list setting over all settings modules. ``complete``: every item is known."""

    items: list[Item] = []
    complete: bool = True
    found: bool = False

    def __contains__(self, text: object) -> bool:
        return any(item.text == text for item in self.items)


class DjangoSettings:
    """Settings of one project. Where several modules assign a setting, all their values are possible."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.files = [path for path in _settings_files(project) if not is_test(path)]
        self._lists: dict[str, ListSetting] = {}

    def values(self, name: str) -> list[Value]:
        """Everything a setting is assigned, in any of the modules; empty where none assigns it."""
        ev = self.project.evaluator
        found: list[Value] = []
        for path in self.files:
            file = ev.file(path)
            for variable in file.module.names.get(name, ()) if file is not None else ():
                for bind in variable.binds:
                    if bind.value is not None and not bind.op:
                        found += ev.values(path, bind.value, bind.inner)
                    else:
                        found.append(Value("unknown", path, bind.at))
        return found

    def constants(self, name: str, default: object) -> set[object] | None:
        """The constants a setting can be (its default where no module assigns it); None where one is not known."""
        found = self.values(name)
        if not found:
            return {default} if self.files and not self.is_dynamic else None
        known: set[object] = set()
        for value in found:
            if value.kind not in ("constant", "text") or (value.constant is None and value.kind == "text"):
                return None
            known.add(value.constant)
        return known

    @property
    def is_dynamic(self) -> bool:
        """Whether a settings module takes names from modules that were not read (a star import of a package)."""
        for path in self.files:
            resolution = self.project.resolutions.get(path)
            if resolution is None:
                return True
            if any("*" in item.names for item in resolution.external) or any(
                item.name == "*" for item in resolution.unresolved
            ):
                return True
        return False

    def list(self, name: str) -> ListSetting:
        known = self._lists.get(name)
        if known is None:
            known = self._lists[name] = self._read_list(name)
        return known

    def _read_list(self, name: str) -> ListSetting:
        setting = ListSetting(complete=not self.is_dynamic)
        ev = self.project.evaluator
        for path in self.files:
            file = ev.file(path)
            if file is None:
                continue
            for stmt in _statements(file.code.body, 0):
                for expr, single in _changes(stmt, name):
                    setting.found = True
                    if single:
                        self._add_text(setting, expr, file.module)
                    else:
                        self._add(setting, expr, file.module, name, 0)
        unique: dict[str, Item] = {}
        for item in setting.items:
            unique.setdefault(item.text, item)
        setting.items = list(unique.values())
        return setting

    def _add(self, setting: ListSetting, expr: Expr, scope: Scope, name: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            setting.complete = False
        elif isinstance(expr, Sequence):
            for item in expr.items:
                if isinstance(item, Spread):
                    self._add(setting, item.value, scope, name, depth + 1)
                else:
                    self._add_text(setting, item, scope)
        elif isinstance(expr, Binary) and expr.op in ("+", "or"):
            self._add(setting, expr.left, scope, name, depth + 1)
            self._add(setting, expr.right, scope, name, depth + 1)
        elif (
            isinstance(expr, Call)
            and isinstance(expr.callee, Name)
            and expr.callee.id in ("list", "tuple", "set", "sorted")
            and expr.args
        ):
            self._add(setting, expr.args[0].value, scope, name, depth + 1)
        elif isinstance(expr, Name) and expr.id == name:
            return  # what it was before is listed where that is assigned
        else:
            values = self.project.evaluator.eval(expr, scope)
            if not values:
                setting.complete = False
            for value in values:
                if value.kind == "sequence" and isinstance(value.node, Sequence) and value.scope is not None:
                    self._add(setting, value.node, value.scope, "", depth + 1)
                elif not (value.kind == "constant" and value.constant is None):
                    setting.complete = False

    def _add_text(self, setting: ListSetting, expr: Expr, scope: Scope) -> None:
        project = self.project
        values = project.evaluator.values(scope.path, expr, scope)
        for value in values:
            if isinstance(value.constant, str):
                setting.items.append(
                    Item(value.constant, Place(scope.path, project.span(scope.path, expr.at)))
                )
            else:
                setting.complete = False


def _settings_files(project: Project) -> list[str]:
    found = []
    for path in project.paths:
        if not path.endswith(".py"):
            continue
        facts = project.facts(path) if project.is_deep(path) else None
        if facts is None:
            continue
        names = {binding.name for binding in facts.bindings}
        if not names.isdisjoint(_MARKS) and project.evaluator.file(path) is not None:
            found.append(path)
    return found


def _statements(body: list[Stmt], depth: int) -> Iterator[Stmt]:
    """Those of the module level, in branches too."""
    for stmt in body:
        yield stmt
        if depth < 20:
            if isinstance(stmt, If):
                yield from _statements(stmt.body, depth + 1)
                yield from _statements(stmt.orelse, depth + 1)
            elif isinstance(stmt, Try):
                for part in (
                    stmt.body,
                    *(handler.body for handler in stmt.handlers),
                    stmt.orelse,
                    stmt.final,
                ):
                    yield from _statements(part, depth + 1)
            elif isinstance(stmt, With):
                yield from _statements(stmt.body, depth + 1)


def _changes(stmt: Stmt, name: str) -> Iterator[tuple[Expr, bool]]:
    """(expression, whether it is one item) of what a statement gives or adds to a list."""
    if isinstance(stmt, Assign) and stmt.value is not None:
        for target in stmt.targets:
            if (isinstance(target, Name) and target.id == name) or (
                isinstance(target, Index) and isinstance(target.object, Name) and target.object.id == name
            ):
                yield stmt.value, isinstance(target, Index) and not isinstance(stmt.value, Sequence)
    elif isinstance(stmt, ExprStmt) and isinstance(stmt.value, Call):
        call = stmt.value
        if (
            isinstance(call.callee, Member)
            and isinstance(call.callee.object, Name)
            and call.callee.object.id == name
            and call.args
        ):
            if call.callee.name == "append":
                yield call.args[0].value, True
            elif call.callee.name == "insert" and len(call.args) > 1:
                yield call.args[1].value, True
            elif call.callee.name == "extend":
                yield call.args[0].value, False
    elif isinstance(stmt, ExprStmt) and isinstance(stmt.value, AssignExpr):
        return
