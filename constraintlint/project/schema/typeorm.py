"""Tables of TypeORM entities: decorated classes and ``EntitySchema``, named by the default naming strategy (TypeORM 0.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from constraintlint.facts.code import Assign, Call, Class, Expr, Lambda, Mapping, Name, Return, Sequence
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.schema import code_columns
from constraintlint.project.schema.code_calls import (
    entries,
    is_true,
    key_of,
    last_name,
    mapping,
    place,
    positional,
    strings,
)
from constraintlint.project.schema.families import family_of, zoned
from constraintlint.project.schema.records import Column, Family, ForeignKey, Gap, Place, Reference, Table
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_PACKAGE = "typeorm"
_COLUMNS = frozenset(
    ["Column", "PrimaryColumn", "PrimaryGeneratedColumn", "CreateDateColumn", "UpdateDateColumn", "DeleteDateColumn", "VersionColumn", "ViewColumn"]
)  # fmt: skip
_ENTITIES = frozenset(("Entity", "ChildEntity", "ViewEntity"))
_DATES = frozenset(("CreateDateColumn", "UpdateDateColumn", "DeleteDateColumn"))
_WRITTEN: dict[str, Family] = {
    "string": "text", "String": "text", "number": "integer", "Number": "integer", "boolean": "boolean", "Boolean": "boolean",
    "Date": "datetime", "Buffer": "binary", "bigint": "integer",
}  # fmt: skip
MAX_BASES = 8

Found = tuple[Class, Scope]


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """Every entity of the files that import ``typeorm``."""
    paths = [
        path
        for path, resolution in sorted(project.resolutions.items())
        if not is_test(path)
        and any(item.package in (_PACKAGE, "@nestjs/typeorm") for item in resolution.external)
    ]
    if not paths:
        return [], []
    reader = _Reader(project, _naming(project))
    for path in paths:
        file = project.evaluator.file(path)
        if file is not None:
            reader.file(file)
    return reader.tables, reader.gaps


def _naming(project: Project) -> str:
    """The naming strategy: ``default``, ``snake`` (typeorm-naming-strategies) or ``unknown``."""
    named = [path for path in sorted(project.resolutions) if project.mentions(path, ("namingStrategy",))]
    if not named:
        return "default"
    return "snake" if any(project.mentions(path, ("SnakeNamingStrategy",)) for path in named) else "unknown"


class _Reader:
    def __init__(self, project: Project, naming: str) -> None:
        self.project = project
        self.ev = project.evaluator
        self.naming = naming
        self.tables: list[Table] = []
        self.gaps: list[Gap] = []

    def file(self, file: FileScopes) -> None:
        for scope in sorted(file.by_node.values(), key=lambda item: item.at):
            if isinstance(scope.node, Class):
                self.entity(scope.node, scope)
        for call, scope in file.calls.get("EntitySchema", ()):
            if call.new and call.args:
                self.schema(call, scope)

    # --- entities -----------------------------------------------------------------------------------------------

    def entity(self, node: Class, scope: Scope) -> None:
        decorator = _decorator(node.decorators, _ENTITIES)
        if decorator is None:
            return
        kind, call = decorator
        outer = scope.parent or scope
        named = self.table_name(node, call, outer, scope.path)
        if named is None:
            self.gaps.append(
                Gap(place(self.ev, scope.path, _spot(node)), "the name of the table is not known")
            )
            return
        name, where, namespace = named
        if kind == "ChildEntity":
            self.child(node, scope)
            return
        collected = _Collected()
        self.collect(node, scope, collected, 0)
        if collected.mongo:
            return
        self.tables.append(
            Table(
                name,
                where,
                "typeorm",
                tuple(collected.columns.values()),
                collected.complete and kind == "Entity" and self.naming != "unknown",
                namespace,
                True,
                "view" if kind == "ViewEntity" else "table",
                tuple(column.name for column in collected.columns.values() if column.primary_key),
                tuple(collected.foreign_keys),
            )
        )

    def child(self, node: Class, scope: Scope) -> None:
        """Single-table inheritance: the columns of a child stand in the table of its parent, where they may be null."""
        for base, base_scope in self.bases(node, scope):
            decorator = _decorator(base.decorators, _ENTITIES)
            named = self.table_name(base, decorator[1], base_scope, base_scope.path) if decorator else None
            if named is None:
                continue
            collected = _Collected()
            self.own(node, scope, collected)
            columns = tuple(replace(column, nullable=True) for column in collected.columns.values())
            self.tables.append(
                Table(
                    named[0], named[1], "typeorm", columns, collected.complete, named[2], True, partial=True
                )
            )

    def table_name(
        self, node: Class, call: Call | None, scope: Scope, path: str
    ) -> tuple[str, Place, str] | None:
        where = place(self.ev, path, _spot(node))
        namespace = ""
        for expr in positional(call) if call is not None else ():
            found = mapping(self.ev, expr, scope)
            if found is None:
                written = strings(self.ev, expr, scope)
                return (written[0].text, written[0].place, "") if len(written) == 1 else None
            values = entries(found[0])
            spaces = strings(self.ev, values.get("schema"), found[1])
            namespace = spaces[0].text if len(spaces) == 1 else ""
            if "name" in values:
                written = strings(self.ev, values["name"], found[1])
                return (written[0].text, written[0].place, namespace) if len(written) == 1 else None
        return snake(node.name), where, namespace

    def collect(self, node: Class, scope: Scope, found: _Collected, depth: int) -> None:
        """The columns of a class: those of its bases first."""
        known = 0
        for base, base_scope in self.bases(node, scope) if depth < MAX_BASES else ():
            self.collect(base, base_scope, found, depth + 1)
            known += 1
        if not known and any(
            last_name(base.value) not in ("BaseEntity", "implements", "") and base.name != "implements"
            for base in node.bases
        ):
            found.complete = False
        self.own(node, scope, found)

    def bases(self, node: Class, scope: Scope) -> list[Found]:
        found: list[Found] = []
        for base in node.bases:
            if base.name == "implements":
                continue
            for value in self.ev.eval(base.value, scope.parent or scope):
                if value.kind == "class" and isinstance(value.node, Class) and value.scope is not None:
                    found.append((value.node, value.scope))
        return found[:1]

    def own(self, node: Class, scope: Scope, found: _Collected) -> None:
        for stmt in node.body:
            if not isinstance(stmt, Assign) or not stmt.decorators or not stmt.targets:
                continue
            target = stmt.targets[0]
            if isinstance(target, Name):
                self.property(target, stmt, scope, found)

    # --- properties ---------------------------------------------------------------------------------------------

    def property(self, target: Name, stmt: Assign, scope: Scope, found: _Collected) -> None:
        decorators = {
            last_name(item.callee if isinstance(item, Call) else item): item for item in stmt.decorators
        }
        if "ObjectIdColumn" in decorators:
            found.mongo = True
        for kind, item in decorators.items():
            call = item if isinstance(item, Call) else None
            if kind in _COLUMNS:
                column = self.column(target, stmt, kind, call, scope)
                if column is None:
                    found.complete = False
                else:
                    found.columns[column.name] = column
            elif kind in ("ManyToOne", "OneToOne"):
                self.join(target, kind, call, decorators.get("JoinColumn"), scope, found)
            elif kind == "ManyToMany" and "JoinTable" in decorators:
                self.join_table(decorators["JoinTable"], scope)
            elif kind in ("Tree", "TreeParent"):
                found.complete = False

    def column(self, target: Name, stmt: Assign, kind: str, call: Call | None, scope: Scope) -> Column | None:
        args = positional(call) if call is not None else []
        if args and isinstance(args[0], Lambda) and not _names_builtin(args[0]):
            return None  # an embedded class: its columns get a prefix
        options = next((one for arg in args if (one := mapping(self.ev, arg, scope)) is not None), None)
        values = entries(options[0]) if options is not None else {}
        inner = options[1] if options is not None else scope
        named = strings(self.ev, values.get("name"), inner)
        if "name" in values and len(named) != 1:
            return None
        name = named[0].text if named else (snake(target.id) if self.naming == "snake" else target.id)
        where = named[0].place if named else place(self.ev, scope.path, target)
        given = args[0] if args and not isinstance(args[0], (Mapping, Lambda)) else values.get("type")
        types = strings(self.ev, given, inner) if given is not None else []
        text = types[0].text if len(types) == 1 else ""
        written = _annotation(stmt.annotation)
        if text and kind != "PrimaryGeneratedColumn":
            family = family_of(text, "typeorm")
        elif kind == "PrimaryGeneratedColumn":
            family = "uuid" if text in ("uuid", "rowid") else "integer"
        elif kind in _DATES:
            family = "datetime"
        else:
            family = _WRITTEN.get(written, "integer" if kind == "VersionColumn" else "unknown")
        primary = (
            kind in ("PrimaryColumn", "PrimaryGeneratedColumn") or is_true(values.get("primary")) is True
        )
        null = is_true(values.get("nullable")) if "nullable" in values else kind == "DeleteDateColumn"
        return Column(
            name,
            where,
            text or written,
            "array" if is_true(values.get("array")) is True else family,
            False if primary else null,
            primary,
            is_true(values.get("unique")) is True,
            "default" in values or kind in _DATES or kind in ("PrimaryGeneratedColumn", "VersionColumn"),
            kind == "PrimaryGeneratedColumn" or "generated" in values,
            True,
            zoned(text, "postgresql") if text else None,
        )

    def join(
        self, target: Name, kind: str, call: Call | None, joined: Expr | None, scope: Scope, found: _Collected
    ) -> None:
        """The column of ``@ManyToOne`` and of the owner of ``@OneToOne``: ``@JoinColumn`` names it, else relation and key."""
        if kind == "OneToOne" and joined is None:
            return
        args = positional(call) if call is not None else []
        options = next((one for arg in args[1:] if (one := mapping(self.ev, arg, scope)) is not None), None)
        nullable = is_true(entries(options[0]).get("nullable")) is not False if options is not None else True
        other = self.target(args[0], scope) if args else None
        key = self.key_of(other) if other is not None else ""
        described: list[dict[str, Expr]] = [{}]
        given = positional(joined)[0] if isinstance(joined, Call) and positional(joined) else None
        if isinstance(given, Sequence):
            described = [entries(item) for item in given.items if isinstance(item, Mapping)]
        elif isinstance(given, Mapping):
            described = [entries(given)]
        for values in described:
            named = strings(self.ev, values.get("name"), scope)
            pointed = strings(self.ev, values.get("referencedColumnName"), scope)
            referenced = pointed[0].text if len(pointed) == 1 else key
            if len(named) == 1:
                name, where = named[0].text, named[0].place
            elif referenced and "name" not in values:
                name = camel(f"{target.id}_{referenced}")
                name, where = (
                    (snake(name) if self.naming == "snake" else name),
                    place(self.ev, scope.path, target),
                )
            else:
                found.complete = False
                continue
            table = self.table_of(other) if other is not None else ""
            reference = Reference(table, (referenced,) if referenced else ()) if table else None
            known = found.columns.get(name)
            if known is not None:
                found.columns[name] = replace(known, references=reference)
            else:
                found.columns[name] = Column(
                    name, where, nullable=nullable, quoted=True, references=reference
                )
            if reference is not None:
                found.foreign_keys.append(ForeignKey((name,), reference, where))

    def join_table(self, joined: Expr, scope: Scope) -> None:
        """``@JoinTable({ name })``: the table is known by its name only where it is given."""
        args = positional(joined) if isinstance(joined, Call) else []
        options = mapping(self.ev, args[0], scope) if args else None
        named = strings(self.ev, entries(options[0]).get("name"), options[1]) if options is not None else []
        if len(named) == 1:
            self.tables.append(Table(named[0].text, named[0].place, "typeorm", (), False, quoted=True))
        else:
            self.gaps.append(Gap(place(self.ev, scope.path, joined), "the join table has a generated name"))

    def target(self, expr: Expr, scope: Scope) -> Found | None:
        """The entity of ``() => User``."""
        if isinstance(expr, Lambda) and expr.function.body:
            returned = expr.function.body[0]
            inner = self.ev.scope_of(scope.path, expr.function) or scope
            expr, scope = (
                (returned.value, inner) if isinstance(returned, Return) and returned.value else (expr, scope)
            )
        for value in self.ev.eval(expr, scope):
            if value.kind == "class" and isinstance(value.node, Class) and value.scope is not None:
                return value.node, value.scope
        return None

    def key_of(self, entity: Found) -> str:
        """The one primary key property of an entity, "" where it has none or several."""
        keys = frozenset(("PrimaryColumn", "PrimaryGeneratedColumn"))
        queue = [entity]
        for node, scope in queue:
            if len(queue) < MAX_BASES:
                queue += self.bases(node, scope)
        found = [
            stmt.targets[0].id
            for node, _ in queue
            for stmt in node.body
            if isinstance(stmt, Assign)
            and stmt.targets
            and isinstance(stmt.targets[0], Name)
            and _decorator(stmt.decorators, keys) is not None
        ]
        return found[0] if len(found) == 1 else ""

    def table_of(self, entity: Found) -> str:
        node, scope = entity
        decorator = _decorator(node.decorators, _ENTITIES)
        named = self.table_name(node, decorator[1], scope, scope.path) if decorator is not None else None
        return named[0] if named is not None else ""

    # --- EntitySchema -------------------------------------------------------------------------------------------

    def schema(self, call: Call, scope: Scope) -> None:
        found = mapping(self.ev, call.args[0].value, scope)
        if found is None:
            self.gaps.append(Gap(place(self.ev, scope.path, call), "the entity could not be read"))
            return
        node, inner = found
        values = entries(node)
        tables, names = (
            strings(self.ev, values.get("tableName"), inner),
            strings(self.ev, values.get("name"), inner),
        )
        if not tables and len(names) != 1:
            self.gaps.append(Gap(place(self.ev, scope.path, call), "the name of the table is not known"))
            return
        name, where = (tables[0].text, tables[0].place) if tables else (snake(names[0].text), names[0].place)
        listed = mapping(self.ev, values.get("columns"), inner)
        columns: list[Column] = []
        complete = listed is not None and "relations" not in values and "extends" not in values
        for entry in listed[0].entries if listed is not None else ():
            key = key_of(entry)
            one = mapping(self.ev, entry.value, listed[1]) if key is not None and listed is not None else None
            if key is None or one is None or entry.key is None:
                complete = False
                continue
            columns.append(self.schema_column(key, entry.key, one))
        self.tables.append(Table(name, where, "typeorm", tuple(columns), complete, quoted=True))

    def schema_column(self, key: str, spot: Expr, found: tuple[Mapping, Scope]) -> Column:
        node, scope = found
        values = entries(node)
        named = strings(self.ev, values.get("name"), scope)
        where = named[0].place if len(named) == 1 else place(self.ev, scope.path, spot)
        name = named[0].text if len(named) == 1 else key
        text, family, zone = (
            code_columns.of_type(self.project, values["type"], scope)
            if "type" in values
            else ("", "unknown", None)
        )
        primary = is_true(values.get("primary")) is True
        generated = "generated" in values
        dated = any(is_true(values.get(word)) is True for word in ("createDate", "updateDate", "deleteDate"))
        return Column(
            name,
            where,
            text,
            _WRITTEN.get(text.strip("\"'"), family),
            False if primary else is_true(values.get("nullable")) is True,
            primary,
            is_true(values.get("unique")) is True,
            generated or dated or "default" in values,
            generated,
            True,
            zone,
        )


class _Collected:
    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.foreign_keys: list[ForeignKey] = []
        self.complete = True
        self.mongo = False


def _decorator(found: list[Expr], wanted: frozenset[str]) -> tuple[str, Call | None] | None:
    for item in found:
        name = last_name(item.callee if isinstance(item, Call) else item)
        if name in wanted:
            return name, item if isinstance(item, Call) else None
    return None


def _spot(node: Class) -> Expr:
    decorator = _decorator(node.decorators, _ENTITIES)
    if decorator is not None and decorator[1] is not None:
        return decorator[1]
    return Name(node.at, node.name)


def _names_builtin(expr: Lambda) -> bool:
    body = expr.function.body or []
    returned = body[0] if body else None
    return isinstance(returned, Return) and isinstance(returned.value, Name) and returned.value.id in _WRITTEN


def _annotation(expr: Expr | None) -> str:
    """The TypeScript type that decides where no column type is given; unions with null count as the other side."""
    if isinstance(expr, Name):
        return expr.id
    left = getattr(expr, "left", None)
    right = getattr(expr, "right", None)
    if isinstance(left, Name) and left.id not in ("null", "undefined"):
        return left.id
    return right.id if isinstance(right, Name) else ""


def snake(name: str) -> str:
    """``snakeCase`` of TypeORM's StringUtils."""
    parted = re.sub(r"([A-Z])([A-Z])([a-z])", r"\1_\2\3", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parted).lower()


def camel(name: str) -> str:
    """``camelCase`` of TypeORM's StringUtils."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)
