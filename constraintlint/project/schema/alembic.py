"""Alembic migrations: what ``upgrade()`` does, revision after revision (Alembic 1.x, ``alembic.op``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.code import Assign, Call, Expr, Member, Name, Sequence
from constraintlint.libraries import Argument
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema import engine
from constraintlint.project.schema.catalog import Catalog, ColumnChange, TableName
from constraintlint.project.schema.code_calls import (
    Step,
    is_true,
    keyword,
    last_name,
    literal_text,
    place,
    positional,
    root,
    steps,
    strings,
)
from constraintlint.project.schema.core_columns import CoreReader, Defined
from constraintlint.project.schema.records import Column, ForeignKey, Gap, Index, Reference, Table
from constraintlint.project.schema.scripts import CodeScript
from constraintlint.project.schema.sql_statements import apply
from constraintlint.project.sql_text import contents
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_PACKAGE = "alembic"
_OPERATIONS = frozenset(
    [
        "create_table", "drop_table", "rename_table", "add_column", "drop_column", "alter_column", "batch_alter_table",
        "create_index", "create_unique_constraint", "create_foreign_key", "create_primary_key", "execute",
    ]
)  # fmt: skip

_ASSIGNED = re.compile(rb"^(revision|down_revision)\s*(?::[^=\n]+)?=\s*(\([^)]*\)|[^\n]*)", re.M)
_QUOTED = re.compile(rb"['\"]([^'\"\n]+)['\"]")


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """One catalog a folder of revisions."""
    tables: list[Table] = []
    gaps: list[Gap] = []
    folders: dict[str, list[str]] = {}
    for path in files(project):
        folders.setdefault(path.rpartition("/")[0], []).append(path)
    for folder, paths in sorted(folders.items()):
        beside = [
            path
            for path in sorted(project.resolutions)
            if path.endswith(".py") and path.rpartition("/")[0] == folder and path not in paths
        ]
        order, certain = _order(project, paths + [path for path in beside if _revision(project, path)[0]])
        catalog = Catalog("migration", ordered=certain)
        for path in order:
            scope = _upgrade(project, path)
            if scope is not None:
                _Reader(project, catalog).run(scope)
        tables += catalog.tables
        gaps += catalog.gaps
    return tables, gaps


def files(project: Project) -> list[str]:
    """Files that import Alembic's operations and define ``upgrade``."""
    return [
        path
        for path, resolution in sorted(project.resolutions.items())
        if any(item.package == _PACKAGE for item in resolution.external)
        and not is_test(path)
        and _upgrade(project, path) is not None
    ]


def _upgrade(project: Project, path: str) -> Scope | None:
    file = project.evaluator.file(path)
    if file is None:
        return None
    return next(
        (
            scope
            for scope in file.module.children
            if scope.function is not None and scope.function.name == "upgrade"
        ),
        None,
    )


def _order(project: Project, paths: list[str]) -> tuple[list[str], bool]:
    """The files along their chain of revisions, and whether every link of it is known."""
    revisions: dict[str, str] = {}
    after: dict[str, list[str]] = {}
    certain = True
    for path in paths:
        revision, down = _revision(project, path)
        if not revision or down is None:
            certain = False
        revisions[revision or path] = path
        after[revision or path] = down or []
    order: list[str] = []
    done: set[str] = set()
    for name in sorted(revisions, key=lambda name: revisions[name]):
        stack = [name]
        while stack:
            current = stack[-1]
            waiting = [
                other
                for other in after[current]
                if other in revisions and other not in done and other not in stack
            ]
            if waiting:
                stack.append(waiting[0])
                continue
            stack.pop()
            if current not in done:
                done.add(current)
                order.append(revisions[current])
    known = all(other in revisions for names in after.values() for other in names)
    return order, certain and known


def _revision(project: Project, path: str) -> tuple[str, list[str] | None]:
    """(revision, the revisions before it); None for these where they are not literals."""
    code = project.code(path)
    if code is None:
        return _plain_revision(project, path)
    revision = ""
    down: list[str] | None = None
    for stmt in code.body if code is not None else ():
        if not isinstance(stmt, Assign) or stmt.value is None:
            continue
        for target in stmt.targets:
            if isinstance(target, Name) and target.id == "revision":
                revision = literal_text(stmt.value) or ""
            elif isinstance(target, Name) and target.id == "down_revision":
                if isinstance(stmt.value, Sequence):
                    found = [literal_text(item) for item in stmt.value.items]
                    down = [item for item in found if item is not None]
                else:
                    single = literal_text(stmt.value)
                    down = [single] if single else []
    return revision, down


def _plain_revision(project: Project, path: str) -> tuple[str, list[str] | None]:
    """The same of a file that was not read in depth: one that joins branches and does nothing else."""
    project.facts(path)  # what is read here holds as long as this file is unchanged
    found: dict[str, list[str]] = {}
    for match in _ASSIGNED.finditer(project.tree.read(path) or b""):
        found[match[1].decode()] = [text.decode("utf-8", "replace") for text in _QUOTED.findall(match[2])]
    revision = found.get("revision", [])
    return (revision[0] if len(revision) == 1 else ""), found.get("down_revision")


class _Reader:
    """Applies the operations of one revision."""

    def __init__(self, project: Project, catalog: Catalog) -> None:
        self.project = project
        self.ev = project.evaluator
        self.catalog = catalog
        self.core = CoreReader(project)
        self.batches: dict[str, list[TableName]] = {}

    def run(self, scope: Scope) -> None:
        if scope.function is not None and scope.function.body is None:
            return
        for step in steps(self.ev, scope):
            self.apply(step)

    def apply(self, step: Step) -> None:
        call, scope = step
        callee = call.callee
        if not isinstance(callee, Member) or callee.name not in _OPERATIONS:
            return
        owner = callee.object
        args = positional(call)
        batch = self.batches.get(owner.id) if isinstance(owner, Name) else None
        if callee.name == "batch_alter_table":
            names = self.tables(args[0] if args else keyword(call, "table_name"), call, scope)
            for name in _bound(call, scope):
                self.batches[name] = names
        elif batch is not None:
            self.operate(callee.name, call, scope, batch, args)
        elif self.is_op(owner, scope):
            if callee.name == "execute":
                self.execute(call, scope, args)
            elif callee.name in (
                "create_index",
                "create_unique_constraint",
                "create_primary_key",
                "create_foreign_key",
            ):
                given = keyword(call, "table_name") or keyword(call, "source_table")
                names = self.tables(given or (args[1] if len(args) > 1 else None), call, scope)
                rest = [*args[:1], *args[2:]] if given is None else args
                self.operate(callee.name, call, scope, names, rest)
            else:
                given = keyword(call, "table_name") or keyword(call, "old_table_name")
                names = self.tables(given or (args[0] if args else None), call, scope)
                self.operate(callee.name, call, scope, names, args[1:] if given is None else args)

    def is_op(self, owner: Expr, scope: Scope) -> bool:
        if isinstance(root(owner), Name) and last_name(owner) == "op":
            return True
        return any(
            value.kind == "library" and value.name.startswith("alembic.")
            for value in self.ev.eval(owner, scope)
        )

    def tables(self, expr: Expr | None, call: Call, scope: Scope) -> list[TableName]:
        written = strings(self.ev, expr, scope)
        if not written:
            self.catalog.gap(place(self.ev, scope.path, call), "the name of the table is not known")
        spaces = strings(self.ev, keyword(call, "schema"), scope)
        namespace = spaces[0].text if len(spaces) == 1 else ""
        return [TableName(item.text, item.place, namespace, _needs_quotes(item.text)) for item in written]

    def execute(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        argument = Argument("statement", 0)
        for content in contents(self.ev, args[0], scope, argument) if args else ():
            if content.text is not None:
                apply(CodeScript(self.ev, content.text), self.catalog, engine.of_project(self.project))

    def operate(
        self, method: str, call: Call, scope: Scope, names: list[TableName], args: list[Expr]
    ) -> None:
        for name in names:
            if method == "create_table":
                self.create(call, scope, name, args)
            elif method == "drop_table":
                self.catalog.drop(name)
            elif method == "rename_table":
                new = strings(self.ev, keyword(call, "new_table_name") or (args[0] if args else None), scope)
                for item in new[:1]:
                    self.catalog.rename(
                        name, TableName(item.text, item.place, name.namespace, _needs_quotes(item.text))
                    )
            elif method == "add_column":
                self.add(call, scope, name, args)
            elif method == "drop_column":
                for item in strings(
                    self.ev, keyword(call, "column_name") or (args[0] if args else None), scope
                ):
                    self.catalog.drop_column(name, item.text)
            elif method == "alter_column":
                self.alter(call, scope, name, args)
            else:
                self.constrain(method, call, scope, name, args)

    def create(self, call: Call, scope: Scope, name: TableName, args: list[Expr]) -> None:
        defined = Defined()
        for arg in call.args:
            if arg.spread == "*":
                defined.complete = False
        for expr in args:
            self.core.element(expr, scope, defined)
        self.catalog.create(
            Table(
                name.name,
                name.place,
                "migration",
                defined.columns(),
                defined.complete,
                name.namespace,
                name.quoted,
                primary_key=defined.primary_key,
                foreign_keys=tuple(defined.foreign_keys),
                indexes=tuple(defined.indexes),
            )
        )

    def add(self, call: Call, scope: Scope, name: TableName, args: list[Expr]) -> None:
        expr = keyword(call, "column") or (args[0] if args else None)
        if expr is None:
            return
        defined = Defined()
        self.core.element(expr, scope, defined)
        for column in defined.columns():
            self.catalog.add_column(name, column)
        if not defined.complete:
            self.catalog.incomplete(name)

    def alter(self, call: Call, scope: Scope, name: TableName, args: list[Expr]) -> None:
        type_ = keyword(call, "type_")
        text, family, zone = self.core.type_of(type_, scope) if type_ is not None else (None, None, None)
        default = keyword(call, "server_default")
        for item in strings(self.ev, keyword(call, "column_name") or (args[0] if args else None), scope):
            nullable = is_true(keyword(call, "nullable"))
            has_default = None if default is None else is_true(default) is not False and not _is_none(default)
            self.catalog.change_column(
                name, item.text, ColumnChange(text, family, zone, nullable, has_default)
            )
            new = keyword(call, "new_column_name")
            if new is None:
                continue
            written = strings(self.ev, new, scope)
            if len(written) == 1:
                fresh = Column(written[0].text, written[0].place, quoted=_needs_quotes(written[0].text))
                self.catalog.rename_column(name, item.text, fresh)
            else:
                self.catalog.incomplete(name)

    def constrain(self, method: str, call: Call, scope: Scope, name: TableName, args: list[Expr]) -> None:
        listed = keyword(call, "columns") or keyword(call, "local_cols")
        where = place(self.ev, scope.path, call)
        if method == "create_foreign_key":
            target = strings(
                self.ev, keyword(call, "referent_table") or (args[1] if len(args) > 1 else None), scope
            )
            own = self.core.names(listed or (args[2] if len(args) > 2 else None), scope)
            other = self.core.names(
                keyword(call, "remote_cols") or (args[3] if len(args) > 3 else None), scope
            )
            if len(target) == 1 and own:
                key = ForeignKey(tuple(own), Reference(target[0].text, tuple(other)), where)
                self.catalog.add_foreign_key(name, key)
            return
        columns = self.core.names(listed or (args[1] if len(args) > 1 else None), scope)
        if not columns:
            return
        if method == "create_primary_key":
            self.catalog.add_primary_key(name, tuple(columns))
            return
        unique = method == "create_unique_constraint" or (
            is_true(keyword(call, "unique")) is True and keyword(call, "postgresql_where") is None
        )
        self.catalog.add_index(name, Index(tuple(columns), unique, where))


def _is_none(expr: Expr) -> bool:
    return getattr(expr, "kind", "") == "none"


def _bound(call: Call, scope: Scope) -> list[str]:
    """Names that ``with call as name`` or ``name = call`` bind."""
    return sorted(
        {
            variable.name
            for variables in scope.names.values()
            for variable in variables
            for bind in variable.binds
            if bind.value is call
        }
    )


def _needs_quotes(name: str) -> bool:
    """Whether SQLAlchemy quotes a name: anything but lower case."""
    return name != name.lower()
