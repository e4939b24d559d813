"""The schema builder of Knex: ``knex.schema.createTable("users", (t) => { t.increments(); t.string("name").notNullable(); })``.

Types and defaults as of Knex 3 (``lib/schema/tablebuilder.js``, ``columnbuilder.js``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Member, Name, Sequence
from constraintlint.project.flow import names as name_values
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema.catalog import Catalog, ColumnChange, TableName
from constraintlint.project.schema.code_calls import (
    Step,
    Written,
    callback,
    entries,
    is_true,
    last_name,
    mapping,
    place,
    positional,
    strings,
)
from constraintlint.project.schema.families import family_of, zoned
from constraintlint.project.schema.records import Column, ForeignKey, Index, Place, Reference, Table

if TYPE_CHECKING:
    from constraintlint.project import Project

_CREATE = frozenset(("createTable", "createTableIfNotExists", "createTableLike"))
_ALTER = frozenset(("alterTable", "table"))
_OTHER = frozenset(("dropTable", "dropTableIfExists", "renameTable", "createView", "createViewOrReplace", "createMaterializedView"))  # fmt: skip
SCHEMA_METHODS = _CREATE | _ALTER | _OTHER

#: method of the table builder -> type of the column it makes
_TYPES = {
    "increments": "integer", "bigIncrements": "bigint", "integer": "integer", "int": "integer", "tinyint": "tinyint",
    "smallint": "smallint", "mediumint": "mediumint", "bigint": "bigint", "bigInteger": "bigint", "text": "text",
    "string": "varchar", "float": "float", "double": "double", "decimal": "decimal", "boolean": "boolean", "bool": "boolean",
    "date": "date", "datetime": "datetime", "dateTime": "datetime", "time": "time", "timestamp": "timestamp",
    "binary": "binary", "enum": "enum", "enu": "enum", "json": "json", "jsonb": "jsonb", "uuid": "uuid",
    "geometry": "geometry", "geography": "geography", "point": "point", "specificType": "", "varchar": "varchar",
}  # fmt: skip
#: calls of a project's helper functions that are followed
MAX_DEPTH = 3


def is_schema_call(call: Call) -> bool:
    """``knex.schema.createTable(...)``, ``trx.schema.withSchema("a").alterTable(...)``, or one chained to another."""
    callee = call.callee
    if not isinstance(callee, Member) or callee.name not in SCHEMA_METHODS:
        return False
    owner: Expr = callee.object
    while True:
        if last_name(owner) == "schema":
            return True
        if isinstance(owner, Call):
            owner = owner.callee
        elif isinstance(owner, Member):
            owner = owner.object
        else:
            return False


def apply(project: Project, catalog: Catalog, step: Step) -> None:
    """Apply one call of the schema builder."""
    call, scope = step
    ev = project.evaluator
    assert isinstance(call.callee, Member)
    method = call.callee.name
    args = positional(call)
    if not args:
        return
    written = strings(ev, args[0], scope)
    if not written:
        catalog.gap(place(ev, scope.path, call), "the name of the table is not known")
        return
    namespace = _namespace(project, call, scope)
    tables = [TableName(item.text, item.place, namespace, True) for item in written]
    for name in tables:
        if method in _CREATE or method in _ALTER:
            _define(project, catalog, name, method, args, scope)
        elif method.startswith("create"):
            catalog.create(Table(name.name, name.place, "knex", (), False, namespace, True, "view"))
        elif method == "renameTable":
            new = strings(ev, args[1], scope) if len(args) > 1 else []
            for item in new[:1]:
                catalog.rename(name, TableName(item.text, item.place, namespace, True))
        else:
            catalog.drop(name)


def _namespace(project: Project, call: Call, scope: Scope) -> str:
    owner: Expr = call
    while isinstance(owner, (Call, Member)):
        if isinstance(owner, Call) and last_name(owner.callee) == "withSchema" and owner.args:
            found = strings(project.evaluator, owner.args[0].value, scope)
            return found[0].text if len(found) == 1 else ""
        owner = owner.callee if isinstance(owner, Call) else owner.object
    return ""


def _define(
    project: Project, catalog: Catalog, name: TableName, method: str, args: list[Expr], scope: Scope
) -> None:
    inner = callback(args[-1], project.evaluator, scope) if len(args) > 1 else None
    if method in _CREATE:
        complete = inner is not None and method != "createTableLike"
        catalog.create(
            Table(name.name, name.place, "knex", (), complete, name.namespace, True),
            keep_first=method == "createTableIfNotExists",
        )
    if inner is None:
        catalog.incomplete(name)
        return
    _Builder(project, catalog, name).read(inner, _first_parameter(inner), 0)


def _first_parameter(scope: Scope) -> str:
    function = scope.function
    return function.params[0].name if function is not None and function.params else "this"


class _Builder:
    """Applies what a callback does with the table it is given."""

    def __init__(self, project: Project, catalog: Catalog, name: TableName) -> None:
        self.project = project
        self.ev = project.evaluator
        self.catalog = catalog
        self.name = name

    def read(self, scope: Scope, parameter: str, depth: int) -> None:
        function = scope.function
        if function is not None and function.body is None:
            self.catalog.incomplete(self.name)
            return
        stack, calls = [scope], []
        while stack:
            current = stack.pop()
            calls += [(call, current) for call in current.calls]
            stack += current.children
        chained = {id(call.callee.object): call for call, _ in calls if isinstance(call.callee, Member)}
        for call, inner in sorted(calls, key=lambda item: item[0].callee.at[1]):
            callee = call.callee
            if (
                isinstance(callee, Member)
                and isinstance(callee.object, Name)
                and callee.object.id == parameter
            ):
                self.one(callee.name, call, _modifiers(call, chained), inner)
            elif any(isinstance(arg.value, Name) and arg.value.id == parameter for arg in call.args):
                self.helper(call, inner, parameter, depth)

    def helper(self, call: Call, scope: Scope, parameter: str, depth: int) -> None:
        """A function of the project that gets the table."""
        position = next(
            i for i, arg in enumerate(call.args) if isinstance(arg.value, Name) and arg.value.id == parameter
        )
        for value in self.ev.eval(call.callee, scope):
            for item in name_values.concrete(self.ev, value):
                function = item.scope.function if item.kind == "function" and item.scope is not None else None
                if (
                    item.scope is not None
                    and function is not None
                    and depth < MAX_DEPTH
                    and position < len(function.params)
                ):
                    self.read(item.scope, function.params[position].name, depth + 1)
                    return
        self.catalog.incomplete(self.name)

    def one(self, method: str, call: Call, modifiers: dict[str, Call], scope: Scope) -> None:
        args = positional(call)
        if method in _TYPES:
            self.column(method, call, args, modifiers, scope)
        elif method == "timestamps":
            self.timestamps(call, args, scope)
        elif method in ("dropColumn", "dropColumns", "dropTimestamps"):
            listed = [item for arg in args for item in self.listed(arg, scope)]
            for column in listed if method != "dropTimestamps" else ["created_at", "updated_at"]:
                self.catalog.drop_column(self.name, column)
        elif method == "renameColumn" and len(args) > 1:
            old, new = strings(self.ev, args[0], scope), strings(self.ev, args[1], scope)
            if len(old) == 1 and len(new) == 1:
                self.catalog.rename_column(
                    self.name, old[0].text, Column(new[0].text, new[0].place, quoted=True)
                )
            else:
                self.catalog.incomplete(self.name)
        elif method in ("setNullable", "dropNullable"):
            for column in self.listed(args[0], scope) if args else ():
                self.catalog.change_column(self.name, column, ColumnChange(nullable=method == "setNullable"))
        elif method in ("primary", "unique", "index") and args:
            self.constraint(method, call, args, scope)
        elif method == "foreign" and args:
            target = self.reference(modifiers, scope)
            columns = tuple(self.listed(args[0], scope))
            if target is not None and columns:
                where = place(self.ev, scope.path, call)
                self.catalog.add_foreign_key(self.name, ForeignKey(columns, target, where))

    def column(
        self, method: str, call: Call, args: list[Expr], modifiers: dict[str, Call], scope: Scope
    ) -> None:
        if args and mapping(self.ev, args[0], scope) is None:
            written = strings(self.ev, args[0], scope)
        elif method in ("increments", "bigIncrements"):
            written = [Written("id", place(self.ev, scope.path, call))]
        else:
            written = []
        if not written:
            self.catalog.incomplete(self.name)
        type_ = _TYPES[method]
        if method == "specificType":
            kinds = strings(self.ev, args[1], scope) if len(args) > 1 else []
            type_ = kinds[0].text if len(kinds) == 1 else ""
        counts = method in ("increments", "bigIncrements")
        primary = "primary" in modifiers or (counts and not self.without_key(args, scope))
        nullable = not (primary or "notNullable" in modifiers or "notNull" in modifiers)
        told = bool({"nullable", "notNullable", "notNull"} & set(modifiers))
        for item in written:
            if "alter" in modifiers:
                change = ColumnChange(type_, family_of(type_), zoned(type_), nullable if told else None)
                self.catalog.change_column(self.name, item.text, change)
                continue
            self.catalog.add_column(
                self.name,
                Column(
                    item.text,
                    item.place,
                    type_,
                    family_of(type_),
                    nullable,
                    primary,
                    "unique" in modifiers,
                    counts or "defaultTo" in modifiers,
                    counts,
                    True,
                    zoned(type_),
                    self.reference(modifiers, scope),
                ),
            )

    def without_key(self, args: list[Expr], scope: Scope) -> bool:
        options = mapping(self.ev, args[-1], scope) if args else None
        return options is not None and is_true(entries(options[0]).get("primaryKey")) is False

    def timestamps(self, call: Call, args: list[Expr], scope: Scope) -> None:
        """``timestamps(useTimestamps, defaultToNow, useCamelCase)`` or one object with these."""
        options = mapping(self.ev, args[0], scope) if args else None
        values = entries(options[0]) if options is not None else {}
        camel = is_true(values.get("useCamelCase")) is True or (len(args) > 2 and is_true(args[2]) is True)
        default = is_true(values.get("defaultToNow")) is True or (len(args) > 1 and is_true(args[1]) is True)
        where: Place = place(self.ev, scope.path, call)
        for name in ("createdAt", "updatedAt") if camel else ("created_at", "updated_at"):
            column = Column(
                name, where, "timestamp", "datetime", not default, has_default=default, quoted=True
            )
            self.catalog.add_column(self.name, column)

    def constraint(self, method: str, call: Call, args: list[Expr], scope: Scope) -> None:
        columns = tuple(self.listed(args[0], scope))
        if not columns:
            return
        if method == "primary":
            self.catalog.add_primary_key(self.name, columns)
        else:
            where = place(self.ev, scope.path, call)
            self.catalog.add_index(self.name, Index(columns, method == "unique", where))

    def reference(self, modifiers: dict[str, Call], scope: Scope) -> Reference | None:
        """``references("id").inTable("users")`` or ``references("users.id")``."""
        call = modifiers.get("references")
        if call is None or not call.args:
            return None
        columns = strings(self.ev, call.args[0].value, scope)
        into = modifiers.get("inTable") or modifiers.get("on")
        tables = strings(self.ev, into.args[0].value, scope) if into is not None and into.args else []
        if len(columns) != 1:
            return Reference(tables[0].text) if len(tables) == 1 else None
        table, _, column = columns[0].text.rpartition(".")
        if len(tables) == 1:
            return Reference(tables[0].text, (column,))
        return Reference(table, (column,)) if table else None

    def listed(self, expr: Expr, scope: Scope) -> list[str]:
        items = expr.items if isinstance(expr, Sequence) else [expr]
        return [found[0].text for item in items if len(found := strings(self.ev, item, scope)) == 1]


def _modifiers(call: Call, chained: dict[int, Call]) -> dict[str, Call]:
    """The calls chained to a call, by method."""
    found: dict[str, Call] = {}
    current: Call | None = chained.get(id(call))
    while current is not None and len(found) < 40:
        found[last_name(current.callee)] = current
        current = chained.get(id(current))
    return found
