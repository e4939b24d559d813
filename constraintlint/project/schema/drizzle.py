"""Tables of Drizzle: ``pgTable("users", { id: serial("id").primaryKey(), ... })`` and its MySQL and SQLite forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constraintlint.facts.code import Call, Expr, Lambda, Mapping, Member, Name, Return
from constraintlint.project.flow import names
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.schema.code_calls import (
    callback,
    entries,
    inner_place,
    is_true,
    key_of,
    last_name,
    literal_text,
    mapping,
    place,
    positional,
    spelled,
    strings,
)
from constraintlint.project.schema.families import family_of
from constraintlint.project.schema.records import Column, Family, Gap, Reference, Table
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_TABLES = {
    "pgTable": "postgresql",
    "mysqlTable": "mysql",
    "sqliteTable": "sqlite",
    "singlestoreTable": "mysql",
    "table": "",
}
_VIEWS = frozenset(("pgView", "pgMaterializedView", "mysqlView", "sqliteView"))
_PACKAGE = "drizzle-orm"
_TYPES: dict[str, Family] = {
    "smallserial": "integer", "bigserial": "integer", "blob": "binary", "bytea": "binary", "vector": "other", "halfvec": "other",
}  # fmt: skip
MAX_CHAIN = 60


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """Every table of the files that import ``drizzle-orm``."""
    tables: list[Table] = []
    gaps: list[Gap] = []
    paths = [
        path
        for path, resolution in sorted(project.resolutions.items())
        if not is_test(path) and any(item.package == _PACKAGE for item in resolution.external)
    ]
    snake = _cased(project) if paths else False
    for path in paths:
        file = project.evaluator.file(path)
        if file is None:
            continue
        reader = _Reader(project, snake)
        for name in (*_TABLES, *sorted(_VIEWS)):
            for call, scope in file.calls.get(name, ()):
                reader.table(call, scope)
        tables += reader.tables
        gaps += reader.gaps
    return tables, gaps


def _cased(project: Project) -> bool:
    """Whether the database object turns keys to snake case: ``drizzle(client, { casing: "snake_case" })``."""
    return any(
        project.mentions(path, ("casing",)) and project.mentions(path, ("snake_case",))
        for path in sorted(project.resolutions)
    )


class _Reader:
    def __init__(self, project: Project, snake: bool) -> None:
        self.project = project
        self.ev = project.evaluator
        self.snake = snake
        self.tables: list[Table] = []
        self.gaps: list[Gap] = []

    def table(self, call: Call, scope: Scope) -> None:
        name = last_name(call.callee)
        namespace = self.namespace(call, scope)
        args = positional(call)
        if namespace is None or not args:
            return
        written = strings(self.ev, args[0], scope)
        if not written:
            self.gaps.append(Gap(place(self.ev, scope.path, call), "the name of the table is not known"))
            return
        columns: list[Column] = []
        complete = False
        if len(args) > 1 and name not in _VIEWS:
            columns, complete = self.columns(args[1], scope)
        key = tuple(column.name for column in columns if column.primary_key)
        for item in written:
            self.tables.append(
                Table(
                    item.text,
                    item.place,
                    "drizzle",
                    tuple(columns),
                    complete,
                    namespace,
                    True,
                    "view" if name in _VIEWS else "table",
                    key,
                )
            )

    def namespace(self, call: Call, scope: Scope) -> str | None:
        """The schema of the table; None where the call is none of Drizzle's."""
        callee = call.callee
        if isinstance(callee, Member) and callee.name in ("table", "view"):
            for value in self.ev.eval(callee.object, scope):
                made = value.call
                if (
                    value.name.startswith(_PACKAGE)
                    and made is not None
                    and made.args
                    and value.caller is not None
                ):
                    found = strings(self.ev, made.args[0].value, value.caller)
                    return found[0].text if len(found) == 1 else ""
            return None
        for value in self.ev.eval(callee, scope):
            for item in names.concrete(self.ev, value):
                if item.name.startswith(_PACKAGE):
                    return ""
        return None

    # --- columns ------------------------------------------------------------------------------------------------

    def columns(self, expr: Expr, scope: Scope) -> tuple[list[Column], bool]:
        if isinstance(expr, Lambda):
            inner = callback(expr, self.ev, scope)
            body = expr.function.body or []
            returned = body[0] if len(body) == 1 else None
            if inner is None or not isinstance(returned, Return) or returned.value is None:
                return [], False
            return self.columns(returned.value, inner)
        found = mapping(self.ev, expr, scope)
        if found is None:
            return [], False
        node, inner_scope = found
        columns: list[Column] = []
        complete = True
        for entry in node.entries:
            if entry.key is None:
                more, known = self.columns(entry.value, inner_scope)
                columns += more
                complete = complete and known
                continue
            key = key_of(entry)
            column = self.column(key, entry.key, entry.value, inner_scope) if key is not None else None
            if column is None:
                complete = False
            else:
                columns.append(column)
        return columns, complete

    def column(self, key: str, where: Expr, expr: Expr, scope: Scope) -> Column | None:
        made, modifiers = _unchained(expr)
        if made is None:
            inner = self.elsewhere(expr, scope)
            if inner is None:
                return None
            made, modifiers = _unchained(inner[0])
            scope = inner[1]
            if made is None:
                return None
        args = positional(made)
        own = literal_text(args[0]) if args else None
        if own is None and args and not isinstance(args[0], Mapping):
            found = strings(self.ev, args[0], scope)
            if len(found) != 1:
                return None
            own = found[0].text
        name = own or (_snake(key) if self.snake else key)
        spot = args[0] if own is not None and args else where
        options = mapping(self.ev, args[-1], scope) if args and isinstance(args[-1], Mapping) else None
        values = entries(options[0]) if options is not None else {}
        kind = last_name(made.callee)
        family = self.family(kind, made, scope)
        primary = "primaryKey" in modifiers
        generated = (
            kind.lower().endswith("serial")
            or "autoincrement" in modifiers
            or any(item.startswith("generated") for item in modifiers)
            or (primary and kind == "integer")
        )
        default = generated or any(
            item in modifiers
            for item in ("default", "defaultNow", "defaultRandom", "$default", "$defaultFn", "$onUpdate", "$onUpdateFn")
        )  # fmt: skip
        return Column(
            name,
            inner_place(self.ev, scope.path, spot),
            spelled(self.project, scope.path, made),
            "array" if "array" in modifiers else family,
            not (primary or "notNull" in modifiers or kind.lower().endswith("serial")),
            primary,
            "unique" in modifiers,
            default,
            generated,
            True,
            is_true(values.get("withTimezone")) is True
            if family == "datetime" and kind == "timestamp"
            else None,
            self.reference(modifiers.get("references"), scope),
        )

    def elsewhere(self, expr: Expr, scope: Scope) -> tuple[Expr, Scope] | None:
        """A column kept in a variable of the project."""
        if not isinstance(expr, Name):
            return None
        variable = scope.find(expr.id, expr.at[0])
        binds = variable.binds if variable is not None else []
        if len(binds) == 1 and binds[0].kind == "assign" and not binds[0].keys and binds[0].value is not None:
            return binds[0].value, binds[0].inner
        return None

    def family(self, kind: str, made: Call, scope: Scope) -> Family:
        told = _TYPES.get(kind) or family_of(kind, "drizzle")
        if told != "unknown":
            return told
        for value in self.ev.eval(made.callee, scope):
            if value.name.startswith(_PACKAGE) and "Enum" in value.name:
                return "enum"
        return "unknown"

    def reference(self, call: Call | None, scope: Scope) -> Reference | None:
        """``references(() => users.id)``."""
        expr = call.args[0].value if call is not None and call.args else None
        if not isinstance(expr, Lambda) or not expr.function.body:
            return None
        returned = expr.function.body[0]
        target = returned.value if isinstance(returned, Return) else None
        if not isinstance(target, Member):
            return None
        inner = self.ev.scope_of(scope.path, expr.function) or scope
        for value in self.ev.eval(target.object, inner):
            if value.call is not None and value.caller is not None and value.call.args:
                found = strings(self.ev, value.call.args[0].value, value.caller)
                if len(found) == 1:
                    return Reference(found[0].text)
        return None


def _unchained(expr: Expr) -> tuple[Call | None, dict[str, Call]]:
    """``text("x").notNull().unique()``: the call that makes the column, and those chained to it by name."""
    modifiers: dict[str, Call] = {}
    for _ in range(MAX_CHAIN):
        if not isinstance(expr, Call):
            return None, {}
        callee = expr.callee
        if isinstance(callee, Member) and isinstance(callee.object, Call):
            modifiers[callee.name] = expr
            expr = callee.object
            continue
        return expr, modifiers
    return None, {}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
