"""The evaluator behind ``project.values`` and ``project.types``: what each kind of expression can be.

It interprets the neutral form abstractly: an expression has a small set of possible values; names, imports, members
and calls are followed by the modules ``names``, ``members``, ``invocations`` and ``parameters``. Results are memoised
by expression. A result that met itself on its way (``once``) holds as long as what it met is being worked out.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    At,
    Call,
    Class,
    Expr,
    Function,
    Index,
    Member,
    Name,
    Stmt,
    Text,
    walk,
)
from constraintlint.facts.source import Span
from constraintlint.findings import Diagnostic
from constraintlint.libraries import Libraries, libraries
from constraintlint.project.flow import export_values, growing, members, module_index, names, stores
from constraintlint.project.flow.choices import Values, is_python, tidy
from constraintlint.project.flow.expressions import HANDLERS
from constraintlint.project.flow.scope_builder import build
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.flow.values import Branch, Value

if TYPE_CHECKING:
    from constraintlint.project import Project

MAX_DEPTH = 48
MAX_STEPS = 4000
#: a question that takes more steps is a long one; so many steps are spent on those of a project, and then no more than
#: these on any question: a project where everything leads to everything would take minutes
_LONG = 200
_PATIENCE = 100_000
#: steps after which the rest of a short question says nothing of how long a part of it takes
_NEAR = 8
#: steps after which a knot is gone through once only: its results are held until the outermost open question is answered
_EXACT = 400
#: stands for "a limit was met" among the depths a result depends on
_LIMIT = 1 << (MAX_DEPTH + 8)


class Evaluator:
    """Answers for one project; made once, kept by ``Project.evaluator``."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.index = module_index.Index(self)
        self.stores = stores.Stores(self)
        self._files: dict[str, FileScopes | None] = {}
        self._memo: dict[int | tuple[str, str], Values] = {}
        self._active: dict[int | tuple[str, str], int] = {}
        """what is being worked out -> its depth"""
        self._met = 0
        """depths (as bits) of what was asked again while it was worked out, below the question at hand"""
        self._held: dict[int | tuple[str, str], tuple[Values, int, int]] = {}
        """results that hold for now -> their values, the depths they depend on, the depth they were found at"""
        self._held_by: dict[int, list[int | tuple[str, str]]] = {}
        """depth -> the held results that end with it"""
        self._depth = 0
        self._steps = 0
        self._most = MAX_STEPS
        """steps the question at hand may take"""
        self._spent_on_long = 0
        self._long: set[int | tuple[str, str]] = set()
        self.runs: dict[int, frozenset[int]] = {}
        """``id`` of a call -> the scopes of the functions it runs, where that is settled"""
        """what took more than the steps of a short question"""
        self._all: list[FileScopes] | None = None
        self._calls: dict[str, list[tuple[Call, Scope]]] | None = None
        self._children: dict[str, list[str]] | None = None
        self._made: list[Expr] = []
        self._parsed: dict[int, Expr | None] = {}

    # --- questions ----------------------------------------------------------------------------------------------

    def values(self, path: str, expr: Expr, scope: Scope | None = None) -> Values:
        """Every value of ``expr``; one unknown value where nothing is known."""
        if scope is None:
            file = self.file(path)
            if file is None:
                return (Value("unknown", path, expr.at, node=expr),)
            scope = file.at(expr.at[0])
        return self.eval(expr, scope) or (Value("unknown", path, expr.at, node=expr),)

    def name_values(self, path: str, name: str, scope: Scope | None = None) -> Values:
        """The values of a name at the end of a scope."""
        file = self.file(path)
        if file is None:
            return tuple(self.exported(path, name))
        scope = scope or file.module
        end = scope.at[1] - 1 if scope.kind != "module" else max(0, _end(file.code.body))
        return tidy(names.name_values(self, name, end, (0, 0), scope))

    def exported(self, path: str, name: str) -> Values:
        """What another module takes from ``path`` under ``name``."""
        return self.once((path, name), lambda: export_values.exported(self, path, name))

    def entries(self, value: Value) -> dict[str, list[Value]]:
        """The known keys of a mapping value."""
        return members.entries(self, value)

    def entry(self, value: Value, key: str) -> list[Value]:
        """What stands under one key of a mapping value; empty where nothing known does."""
        return members.entry_of(self, value, key, set()) or []

    def class_names(self, value: Value) -> set[str]:
        """The qualified name of an object's class and of the library types it derives from."""
        return members.class_names(self, value)

    def derives(self, value: Value, qualified: str) -> bool:
        """Whether a class value is or derives from a library class."""
        if value.kind == "library":
            name = self.library_for(value.path).canonical(value.name)
            return name == qualified or qualified in self.library_for(value.path).lineage(name)
        return value.kind == "class" and qualified in members.class_names(self, value)

    def span(self, path: str, at: At) -> Span:
        """Lines and columns of a place in a source file or a JSON file."""
        lines = self.index.json_lines(path)
        return lines.span(at) if lines is not None else self.project.span(path, at)

    def environment_names(self, branch: Branch) -> list[str]:
        """The environment variables a test reads."""
        found: list[str] = []
        if branch.test is None or branch.path.endswith(".json"):
            return found
        for node in walk(branch.test):
            if isinstance(node, (Name, Member, Index, Call)):
                found += [v.name for v in self.values(branch.path, node) if v.kind == "env"]
                found += [v.default_of for v in self.values(branch.path, node) if v.default_of]
        return list(dict.fromkeys(found))

    # --- the ground ---------------------------------------------------------------------------------------------

    def file(self, path: str) -> FileScopes | None:
        """The scopes of a deep file, None where it was not read in depth."""
        if path not in self._files:
            deep = self.project.is_deep(path)
            code = self.project.code(path) if deep else None
            facts = self.project.facts(path) if deep else None
            self._files[path] = build(path, facts, code) if code is not None and facts is not None else None
        return self._files[path]

    def scope_of(self, path: str, node: Function | Class) -> Scope | None:
        file = self.file(path)
        return file.by_node.get(id(node)) if file is not None else None

    def library_for(self, path: str) -> Libraries:
        return libraries("python" if is_python(path) else "javascript")

    @property
    def library(self) -> Libraries:
        """The libraries of both languages by type name."""
        return _Both()

    def once(self, key: int | tuple[str, str], compute: Callable[[], Iterable[Value]]) -> Values:
        """``compute()`` memoised under ``key``; nothing where it asks for itself or a limit is reached.

        A result that depends on a question still open further up is held until the innermost of these is answered:
        without that a knot of mutual calls costs as many steps as there are ways through it.
        """
        known = self._memo.get(key)
        if known is not None:
            return known
        depth = self._depth
        if depth == 0:
            self._steps = self._met = 0
            self._held.clear()
            self._held_by.clear()
        open_at = self._active.get(key)
        if open_at is not None:
            self._met |= 1 << open_at
            return ()
        held = self._held.get(key)
        if held is not None and (not held[1] & _LIMIT or depth >= held[2] or self._steps > _EXACT):
            self._met |= held[1]
            return held[0]
        steps = self._steps
        short = self._most != MAX_STEPS
        if depth > MAX_DEPTH or steps > self._most or (short and key in self._long):
            self._met |= _LIMIT
            return ()
        outer, self._met = self._met, 0
        self._active[key] = depth
        self._depth = depth + 1
        self._steps += 1
        try:
            found = tidy(compute())
        except RecursionError:  # asked from deep inside another recursion
            if depth > 0:
                raise
            found = ()
        finally:
            self._depth = depth
            del self._active[key]
            met = self._met & ~(1 << depth)
            self._met = outer | met
            for ended in self._held_by.pop(depth, ()):
                self._held.pop(ended, None)
        if short and met & _LIMIT and steps < _NEAR:
            self._long.add(key)
        if depth == 0 and self._steps > _LONG and not short:
            self._spend(self._steps)
        if not met or (depth == 0 and not short):
            self._memo[key] = found
        elif depth == 0:  # a short answer is no answer
            return ()
        else:
            self._held[key] = (found, met, depth)
            on = met & ~_LIMIT
            until = on if self._steps <= _EXACT else on & -on
            self._held_by.setdefault(until.bit_length() - 1, []).append(key)
        return found

    def _spend(self, steps: int) -> None:
        before, self._spent_on_long = self._spent_on_long, self._spent_on_long + steps
        if before <= _PATIENCE < self._spent_on_long:
            message = "values of this project lead to each other in so many ways that not all are followed to their end"
            place = next(iter(self.project.paths), "")
            self.project.diagnostics.append(Diagnostic(place, 1, "analysis-incomplete", message))

    def is_settled(self, expr: Expr) -> bool:
        """Whether the values of an expression, and all that was worked out since the question at hand began, hold for good."""
        return id(expr) in self._memo and not self._met

    def spent(self) -> bool:
        """Whether the question at hand may take no more steps: who goes through many calls for it can stop."""
        if self._depth == 0 or (self._steps <= self._most and self._depth <= MAX_DEPTH):
            return False
        self._met |= _LIMIT
        return True

    def eval(self, expr: Expr, scope: Scope) -> Values:
        """What ``expr``, standing in ``scope``, can be; empty where nothing is known of it."""
        known = self._memo.get(id(expr))
        if known is not None:
            return known
        handler = HANDLERS.get(type(expr))
        if handler is None:
            return ()
        if self._spent_on_long > _PATIENCE and not self._depth and self._most == MAX_STEPS:
            return self.eval_within(expr, scope, _LONG)
        return self.once(id(expr), lambda: handler(self, expr, scope))

    def eval_within(self, expr: Expr, scope: Scope, steps: int) -> Values:
        """``eval``, but nothing where it takes more than so many steps: for what is asked of every call there is."""
        if self._depth:
            return self.eval(expr, scope)
        self._most = steps
        try:
            return self.eval(expr, scope)
        finally:
            self._most = MAX_STEPS

    def files(self, words: tuple[str, ...] = ()) -> list[FileScopes]:
        """The scopes of every deep file of the checked root (that has one of ``words`` in it), sorted by path."""
        if self._all is not None:
            return self._all
        project = self.project
        paths = sorted(project.resolutions)
        if words:
            paths = [path for path in paths if project.mentions(path, words)]
        collecting = gc.isenabled()
        gc.disable()  # nothing made here is garbage: looking for some costs as much as the work
        try:
            found = [file for path in paths if (file := self.file(path)) is not None]
        finally:
            if collecting:
                gc.enable()
        if not words:
            self._all = found
        return found

    def all_files(self) -> list[FileScopes] | None:
        """What ``files()`` gives, where somebody has asked for it already."""
        return self._all

    def calls(self, name: str, path: str = "") -> list[tuple[Call, Scope]]:
        """The calls whose callee's last name is ``name``: of one file, or of the whole root."""
        if path:
            file = self.file(path)
            return file.calls.get(name, []) if file is not None else []
        if self._calls is None:
            self._calls = {}
            for file in self.files():
                for called, found in file.calls.items():
                    self._calls.setdefault(called, []).extend(found)
        return self._calls.get(name, [])

    def subclasses(self, name: str) -> list[str]:
        """Names of classes that name ``name`` as a base."""
        if self._children is None:
            self._children = {}
            for file in self.files():
                for scope in file.by_node.values():
                    if isinstance(scope.node, Class):
                        for base in scope.node.bases:
                            parent = getattr(base.value, "id", "") or getattr(base.value, "name", "")
                            if parent and isinstance(base.value, (Name, Member)):
                                self._children.setdefault(parent, []).append(scope.node.name)
        return self._children.get(name, [])

    def keep(self, expr: Expr) -> None:
        """Keep an expression made by the evaluator: results are remembered by identity."""
        self._made.append(expr)

    def parsed(self, annotation: Text, parse: Callable[[], Expr | None]) -> Expr | None:
        """The parsed form of a string annotation, made once."""
        if id(annotation) not in self._parsed:
            self._parsed[id(annotation)] = parse()
        return self._parsed[id(annotation)]

    def unknown(self, expr: Expr, scope: Scope) -> list[Value]:
        return [Value("unknown", scope.path, expr.at, node=expr, scope=scope)]

    def grows(self, sequence: Value, scope: Scope) -> bool:
        """Whether a list literal gets more items after it is made."""
        return any(True for _ in growing.growth(self, sequence))


class _Both(Libraries):
    """Type look-up over the libraries of both languages; type names do not collide."""

    def __init__(self) -> None:
        self.language = ""

    def lineage(self, type_name: str) -> tuple[str, ...]:
        python = libraries("python")
        if type_name in python.types:
            return python.lineage(type_name)
        return libraries("javascript").lineage(type_name)


def _end(body: list[Stmt]) -> int:
    return body[-1].at[1] if body else 0
