"""Migrations in JavaScript and TypeScript, a folder at a time: what ``up`` does, in the order of the file names.

Sequelize (``queryInterface``), node-pg-migrate (``pgm``), db-migrate (``db``), TypeORM (``queryRunner``) and Knex. What the helper
functions of the project do is followed; what ``down`` does is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from constraintlint.facts.code import Call, Expr, Member, Name, Sequence
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.schema import code_columns, engine, knex_builder
from constraintlint.project.schema.catalog import Catalog, ColumnChange, TableName
from constraintlint.project.schema.code_calls import (
    Step,
    entries,
    inner_place,
    is_true,
    last_name,
    mapping,
    place,
    positional,
    steps,
    strings,
)
from constraintlint.project.schema.records import Column, ForeignKey, Index, Reference, Table
from constraintlint.project.schema.scripts import CodeScript, natural
from constraintlint.project.schema.sql_statements import apply
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_METHODS = frozenset(
    [
        "createTable", "addColumn", "addColumns", "removeColumn", "removeColumns", "dropColumn", "dropColumns", "renameColumn",
        "renameTable", "changeColumn", "alterColumn", "dropTable", "addIndex", "createIndex", "addConstraint", "createType",
        "createView", "alterTable",
    ]
)  # fmt: skip
_TEXT = frozenset(("query", "raw", "sql", "runSql", "execute"))
_WORDS = (*sorted(_METHODS), "runSql", "queryRunner", "pgm")

_catalogs: WeakKeyDictionary[Project, tuple[dict[str, Scope], list[Catalog]]] = WeakKeyDictionary()


def files(project: Project) -> dict[str, Scope]:
    """Migration files -> the scope of their ``up``."""
    return _all(project)[0]


def catalogs(project: Project) -> list[Catalog]:
    """One catalog a folder."""
    return _all(project)[1]


def _all(project: Project) -> tuple[dict[str, Scope], list[Catalog]]:
    known = _catalogs.get(project)
    if known is None:
        ups = _find(project)
        known = _catalogs[project] = (ups, _read(project, ups))
    return known


def _find(project: Project) -> dict[str, Scope]:
    found: dict[str, Scope] = {}
    for path in sorted(project.resolutions):
        if path.endswith((".py", ".pyi")) or is_test(path) or not project.mentions(path, ("up",)):
            continue
        if not project.mentions(path, _WORDS):
            continue
        file = project.evaluator.file(path)
        scope = _up(file) if file is not None else None
        if scope is not None:
            found[path] = scope
    return found


def _up(file: FileScopes) -> Scope | None:
    """The function that applies a migration: exported as ``up``, or the method of a migration class."""
    for scope in file.by_node.values():
        if (
            scope.function is not None
            and "up" in (scope.function.name, scope.alias)
            and scope.function.params
        ):
            return scope
    return None


def _read(project: Project, ups: dict[str, Scope]) -> list[Catalog]:
    folders: dict[str, list[str]] = {}
    for path in ups:
        folders.setdefault(path.rpartition("/")[0], []).append(path)
    found: list[Catalog] = []
    for _, paths in sorted(folders.items()):
        numbered = all(path.rpartition("/")[2][:1].isdigit() for path in paths)
        catalog = Catalog("migration", ordered=numbered or len(paths) == 1)
        reader = Reader(project, catalog)
        for path in sorted(paths, key=natural):
            for step in steps(project.evaluator, ups[path]):
                reader.apply(step)
        found.append(catalog)
    return found


class Reader:
    """Applies the calls of migrations to a catalog."""

    def __init__(self, project: Project, catalog: Catalog) -> None:
        self.project = project
        self.ev = project.evaluator
        self.catalog = catalog
        self._engine: str | None = None

    @property
    def engine(self) -> str:
        if self._engine is None:
            self._engine = engine.of_project(self.project)
        return self._engine

    def apply(self, step: Step) -> None:
        call, scope = step
        callee = call.callee
        if not isinstance(callee, Member):
            return
        if callee.name == "bind" and isinstance(callee.object, Member) and len(call.args) > 1:
            # async.series([db.runSql.bind(db, "...")]): the first argument is the object itself
            call = Call(call.at, callee.object, call.args[1:])
            self.ev.keep(call)
            callee = callee.object
        if knex_builder.is_schema_call(call):
            knex_builder.apply(self.project, self.catalog, Step(call, scope))
        elif callee.name in _TEXT and call.args:
            self.text(call, scope)
        elif callee.name in _METHODS and call.args and _is_receiver(callee.object):
            method = getattr(self, "_" + callee.name, None)
            if method is not None:
                method(call, scope, positional(call))

    def text(self, call: Call, scope: Scope) -> None:
        for value in self.ev.eval(call.args[0].value, scope):
            if value.text is not None:
                apply(CodeScript(self.ev, value.text), self.catalog, self.engine)

    def names(self, expr: Expr | None, scope: Scope, call: Call) -> list[TableName]:
        """The tables an argument names: a string, ``{ tableName, schema }`` or ``new Table({ name })``."""
        namespace = ""
        if isinstance(expr, Call) and expr.args:
            expr = expr.args[0].value
        found = mapping(self.ev, expr, scope)
        if found is not None:
            values = entries(found[0])
            expr, scope = values.get("tableName") or values.get("name"), found[1]
            spaces = strings(self.ev, values.get("schema"), scope)
            namespace = spaces[0].text if len(spaces) == 1 else ""
        written = strings(self.ev, expr, scope)
        if not written:
            self.catalog.gap(place(self.ev, scope.path, call), "the name of the table is not known")
        return [TableName(item.text, item.place, namespace, True) for item in written]

    # --- tables -------------------------------------------------------------------------------------------------

    def _createTable(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        listed = args[1] if len(args) > 1 else None
        if isinstance(args[0], Call) and args[0].args:
            found = mapping(self.ev, args[0].args[0].value, scope)
            columns, complete = code_columns.listed(self.project, found) if found else ([], False)
        else:
            columns, complete = code_columns.mapped(self.project, listed, scope)
        for name in self.names(args[0], scope, call):
            self.catalog.create(
                Table(name.name, name.place, "migration", tuple(columns), complete, name.namespace, True),
                keep_first=False,
            )

    def _dropTable(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        for name in self.names(args[0], scope, call):
            self.catalog.drop(name)

    def _renameTable(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        if len(args) < 2:
            return
        new = self.names(args[1], scope, call)
        for name in self.names(args[0], scope, call):
            for target in new[:1]:
                self.catalog.rename(name, target)

    def _createView(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        for name in self.names(args[0], scope, call):
            self.catalog.create(
                Table(name.name, name.place, "migration", (), False, name.namespace, True, "view")
            )

    def _createType(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        if len(args) > 1 and isinstance(args[1], Sequence):
            for item in strings(self.ev, args[0], scope):
                self.catalog.types[item.text.lower()] = "enum"

    # --- columns ------------------------------------------------------------------------------------------------

    def _addColumn(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        if len(args) < 2:
            return
        columns, complete = self._added(args, scope)
        for name in self.names(args[0], scope, call):
            for column in columns:
                self.catalog.add_column(name, column)
            if not complete:
                self.catalog.incomplete(name)

    _addColumns = _addColumn

    def _added(self, args: list[Expr], scope: Scope) -> tuple[list[Column], bool]:
        if isinstance(args[1], Call) and args[1].args:  # new TableColumn({...})
            found = mapping(self.ev, args[1].args[0].value, scope)
            column = code_columns.described(self.project, *found) if found is not None else None
            return ([column], True) if column is not None else ([], False)
        if len(args) == 2 or mapping(self.ev, args[1], scope) is not None:
            return code_columns.mapped(self.project, args[1], scope)
        written = strings(self.ev, args[1], scope)
        return [
            code_columns.column(self.project, item.text, item.place, args[2], scope) for item in written
        ], bool(written)

    def _removeColumn(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        for name in self.names(args[0], scope, call) if len(args) > 1 else ():
            for item in self._listed(args[1], scope):
                self.catalog.drop_column(name, item)

    _removeColumns = _dropColumn = _dropColumns = _removeColumn

    def _listed(self, expr: Expr, scope: Scope) -> list[str]:
        items = expr.items if isinstance(expr, Sequence) else [expr]
        return [found[0].text for item in items if len(found := strings(self.ev, item, scope)) == 1]

    def _renameColumn(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        if len(args) < 3:
            return
        old, new = strings(self.ev, args[1], scope), strings(self.ev, args[2], scope)
        for name in self.names(args[0], scope, call):
            if len(old) == 1 and len(new) == 1:
                self.catalog.rename_column(name, old[0].text, Column(new[0].text, new[0].place, quoted=True))
            else:
                self.catalog.incomplete(name)

    def _changeColumn(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        if len(args) < 3:
            return
        found = mapping(self.ev, args[2], scope)
        for name in self.names(args[0], scope, call):
            for item in strings(self.ev, args[1], scope):
                column = code_columns.column(self.project, item.text, item.place, args[2], scope)
                told = found is None or {"allowNull", "notNull"} & set(entries(found[0]))
                self.catalog.change_column(
                    name,
                    item.text,
                    ColumnChange(
                        column.type or None,
                        column.family if column.type else None,
                        column.zoned,
                        column.nullable if told else None,
                        column.has_default or None,
                    ),
                )

    _alterColumn = _changeColumn

    # --- constraints --------------------------------------------------------------------------------------------

    def _addIndex(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        if len(args) < 2:
            return
        options = mapping(self.ev, args[-1], scope) if len(args) > 2 else None
        values = entries(options[0]) if options is not None else {}
        columns = self._listed(args[1], scope)
        for name in self.names(args[0], scope, call):
            if columns:
                unique = is_true(values.get("unique")) is True and "where" not in values
                self.catalog.add_index(
                    name, Index(tuple(columns), unique, place(self.ev, scope.path, args[1]))
                )

    _createIndex = _addIndex

    def _addConstraint(self, call: Call, scope: Scope, args: list[Expr]) -> None:
        options = mapping(self.ev, args[-1], scope) if len(args) > 1 else None
        if options is None:
            return
        values = entries(options[0])
        fields = self._listed(values["fields"], options[1]) if "fields" in values else []
        kinds = strings(self.ev, values.get("type"), options[1])
        kind = kinds[0].text.lower() if len(kinds) == 1 else ""
        where = inner_place(self.ev, scope.path, args[-1])
        for name in self.names(args[0], scope, call):
            if not fields:
                continue
            if kind == "unique":
                self.catalog.add_index(name, Index(tuple(fields), True, where))
            elif kind == "primary key":
                self.catalog.add_primary_key(name, tuple(fields))
            elif kind == "foreign key":
                target = mapping(self.ev, values.get("references"), options[1])
                tables = strings(self.ev, entries(target[0]).get("table"), target[1]) if target else []
                columns = strings(self.ev, entries(target[0]).get("field"), target[1]) if target else []
                if len(tables) == 1:
                    reference = Reference(tables[0].text, tuple(item.text for item in columns[:1]))
                    self.catalog.add_foreign_key(name, ForeignKey(tuple(fields), reference, where))


def _is_receiver(owner: Expr) -> bool:
    """The object migrations get: a name, ``this.queryInterface``, ``sequelize.getQueryInterface()``; not an array or a builder."""
    if isinstance(owner, Call):
        return last_name(owner.callee) == "getQueryInterface"
    return isinstance(owner, (Name, Member)) and last_name(owner) not in ("table", "t", "schema")
