"""Tables and columns that a tree of PostgreSQL names, looked up in the catalogue and in the levels of the query."""

from __future__ import annotations

from typing import Any, NamedTuple

from constraintlint.sql.catalogue import SYSTEM_SCHEMAS, Catalogue, Table
from constraintlint.sql.pg_functions import server
from constraintlint.sql.pg_scope import SYSTEM_COLUMNS, Rel, Scope
from constraintlint.sql.pg_tree import Places, strings
from constraintlint.sql.problems import Kind, Problem
from constraintlint.sql.template import MARK

MAX_PROBLEMS = 8


class Typed(NamedTuple):
    """What an expression gives: the family of its type, and its characters where it is a string literal."""

    family: str = "unknown"
    literal: str | None = None
    constant: bool = False
    """a number or boolean written out"""


UNKNOWN = Typed()


class Names:
    """The state of one statement: the catalogue, what the string made so far, the problems found."""

    def __init__(self, catalogue: Catalogue, sql: str) -> None:
        self.catalogue = catalogue
        self.sql = sql
        self.places = Places(sql)
        self.problems: list[Problem] = []
        self.made: dict[str, Table | None] = {}
        """tables the same text makes; None where their columns are not known"""
        self.resolved: dict[int, object] = {}
        """place of a column reference -> (entry, column)"""
        self.typed_parameters: set[int] = set()
        self.reported_parameters: set[int] = set()
        self.first_parameter: dict[int, int] = {}
        self.names_known = True
        """False where a hole may bring names into reach"""

    # --- problems ---------------------------------------------------------------------------------------------------

    def add(
        self, kind: Kind, offset: int, length: int, message: str, *, name: str = "", rel: Rel | None = None,
        table: str = "", tables: tuple[str, ...] = (), help: str = "", tag: str = "",
    ) -> None:  # fmt: skip
        if offset < 0 or len(self.problems) >= MAX_PROBLEMS:
            return
        start = self.places.character(offset)
        if rel is not None and rel.table is not None:
            table = rel.table.name
        self.problems.append(Problem(kind, start, start + length, message, name, table, tables, help, tag))

    def written(self, offset: int, name: str) -> int:
        """How many characters spell a name at a byte offset."""
        start = self.places.character(offset)
        if start < len(self.sql) and self.sql[start] == '"':
            return len(name.replace('"', '""')) + 2
        return len(name)

    def part(self, offset: int, parts: list[str], wanted: int) -> int:
        """The byte offset of one part of a dotted name that begins at ``offset``."""
        position = self.places.character(offset)
        for name in parts[:wanted]:
            while position < len(self.sql) and self.sql[position] in " \t\r\n":
                position += 1
            position += (
                len(name.replace('"', '""')) + 2 if self.sql[position : position + 1] == '"' else len(name)
            )
            while position < len(self.sql) and self.sql[position] in " \t\r\n.":
                position += 1
        return len(self.sql[:position].encode("utf-8", "surrogatepass"))

    # --- tables -----------------------------------------------------------------------------------------------------

    def relation(self, node: Any, scope: Scope, target: bool = False) -> Rel:
        """The entry of a table named in FROM, INTO, UPDATE; a problem where there is no such table."""
        name, schema = node.relname, node.schemaname
        alias = node.alias.aliasname if node.HasField("alias") else name
        original = name if alias != name else ""
        if not schema and not target:
            found, columns = scope.cte(name)
            if found:
                return Rel(alias, self.renamed(node, columns), None, original)
        if not schema and name in self.made:
            made = self.made[name]
            return Rel(alias, self.renamed(node, columns_of(made) if made else None), made, original)
        if schema in SYSTEM_SCHEMAS or name.startswith("pg_"):
            return Rel(alias, None, None, original)
        tables = self.catalogue.named(name, schema)
        if not tables:
            if self.catalogue.lacks(name) and self.names_known and MARK not in name:
                self._unknown_table(node, name, schema)
            return Rel(alias, None, None, original)
        if len(tables) > 1:
            columns = united(tables)
            return Rel(alias, self.renamed(node, columns), None, original)
        table = tables[0]
        columns = columns_of(table) if table.complete else None
        return Rel(alias, self.renamed(node, columns), table, original)

    def _unknown_table(self, node: Any, name: str, schema: str) -> None:
        wanted = self.part(node.location, [part for part in (schema, name) if part], 1 if schema else 0)
        same = [table for table in self.catalogue.tables if table.name.lower() == name.lower()]
        if same and not schema:
            self.add(
                "table", wanted, self.written(wanted, name),
                f'relation "{name}" does not exist: PostgreSQL folds unquoted names to lower case, and the table is'
                f' "{same[0].name}"',
                name=name, table=same[0].name, help=f'write "{same[0].name}" in double quotes',
            )  # fmt: skip
            return
        self.add("table", wanted, self.written(wanted, name), f'relation "{name}" does not exist', name=name)

    def renamed(self, node: Any, columns: dict[str, str] | None) -> dict[str, str] | None:
        """The columns by the names that an alias gives them: ``t(a, b)``."""
        names = strings(node.alias.colnames) if node.HasField("alias") else []
        return rename(columns, names)

    # --- columns ----------------------------------------------------------------------------------------------------

    def column(self, node: Any, scope: Scope, place: str = "") -> Typed:
        """What a column reference is; a problem where it is nothing."""
        parts = strings(node.fields)
        if not self.names_known or any(MARK in part for part in parts):
            return UNKNOWN
        if parts[-1] == "*":
            return self._star(node, parts, scope)
        if len(parts) == 1:
            return self._plain(node, parts[0], scope, place)
        return self._qualified(node, parts, scope)

    def _star(self, node: Any, parts: list[str], scope: Scope) -> Typed:
        if len(parts) == 2 and scope.rel(parts[0]) is None:
            self._unknown_qualifier(node, parts, scope)
        return UNKNOWN

    def _plain(self, node: Any, name: str, scope: Scope, place: str) -> Typed:
        level: Scope | None = scope
        while level is not None:
            found = [entry for entry in level.item.columns if entry[0] == name]
            if len(found) > 1 and not level.item.open:
                tables = tuple(dict.fromkeys(entry[1].alias for entry in found))
                self.add(
                    "ambiguous", node.location, self.written(node.location, name),
                    f'column reference "{name}" is ambiguous: {_listed(tables)} {"have it" if len(tables) > 1 else "has two of it"}', name=name,
                    tables=tables, help=f"write {tables[0]}.{name}" if len(tables) > 1 else "give them names of their own",
                )  # fmt: skip
                return UNKNOWN
            if found:
                _, rel, family = found[0]
                self.resolved[node.location] = (rel, name)
                return Typed(family)
            if level.item.open:
                return UNKNOWN
            if name in SYSTEM_COLUMNS and any(rel.table is not None for rel in level.item.rels):
                return UNKNOWN
            level = level.parent
        if scope.rel(name) is not None or name in self.catalogue.types:
            return UNKNOWN  # the whole row
        self._unknown_column(node, name, scope, place)
        return UNKNOWN

    def _qualified(self, node: Any, parts: list[str], scope: Scope) -> Typed:
        qualifier, name = parts[-2], parts[-1]
        rel = scope.rel(qualifier)
        if rel is None:
            if len(parts) == 2:
                self._unknown_qualifier(node, parts, scope)
            return UNKNOWN
        if len(parts) > 2 and rel.table is None:
            return UNKNOWN
        if rel.columns is None:
            return UNKNOWN
        if name in rel.columns and any(other.startswith(f"{name}\0") for other in rel.columns):
            at = self.part(node.location, parts, len(parts) - 1)
            self.add(
                "ambiguous",
                at,
                self.written(at, name),
                f'column reference "{name}" is ambiguous: "{rel.alias}" has two of it',
                name=name,
                tables=(rel.alias,),
                help="give them names of their own",
            )
            return UNKNOWN
        if name in rel.columns:
            self.resolved[node.location] = (rel, name)
            return Typed(rel.columns[name])
        if name in SYSTEM_COLUMNS and rel.table is not None:
            return UNKNOWN
        function = server().functions.get(name)
        if (
            function is not None
            and function.takes(1)
            and name not in ("name", "text", "date", "time", "timestamp", "left", "right")
        ):
            return UNKNOWN  # row.function, another spelling of function(row)
        if name in self.catalogue.functions:
            return UNKNOWN
        at = self.part(node.location, parts, len(parts) - 1)
        self._missing(at, name, rel)
        return UNKNOWN

    def _missing(self, at: int, name: str, rel: Rel) -> None:
        assert rel.columns is not None
        cased = _other_case(name, rel.columns)
        if rel.table is not None:
            what = f'column "{name}" does not exist in table "{rel.table.name}"'
        else:
            what = f'column "{name}" does not exist in "{rel.alias}"'
        if cased:
            self.add(
                "column", at, self.written(at, name),
                f'{what}: PostgreSQL folds unquoted names to lower case, and the column is "{cased}"',
                name=name, rel=rel, help=f'write "{cased}" in double quotes',
            )  # fmt: skip
        else:
            listed = ", ".join(dict.fromkeys(column.partition("\0")[0] for column in rel.columns))
            self.add(
                "column",
                at,
                self.written(at, name),
                f"{what} (columns: {listed})",
                name=name,
                rel=rel,
                tables=tuple(rel.columns),
            )

    def _unknown_column(self, node: Any, name: str, scope: Scope, place: str) -> None:
        at = node.location
        rels = scope.item.rels
        if name in scope.outputs:
            self.add(
                "column", at, self.written(at, name),
                f'column "{name}" does not exist: {place or "this clause"} does not see the names of the select list',
                name=name, help="repeat the expression, or put the query in a subquery", tag="output",
            )  # fmt: skip
            return
        if len(rels) == 1 and rels[0].columns is not None:
            self._missing(at, name, rels[0])
            return
        for rel in rels:
            cased = _other_case(name, rel.columns or {})
            if cased:
                self._missing(at, name, rel)
                return
        if not rels:
            where = "nothing is selected from here"
        else:
            where = f"neither {_listed([rel.title for rel in rels], 'nor')} has it"
        known = [column for rel in rels for column in (rel.columns or {})]
        tables = [rel.table.name for rel in rels if rel.table is not None]
        self.add(
            "column", at, self.written(at, name), f'column "{name}" does not exist: {where}', name=name,
            table=tables[0] if len(tables) == 1 else "", tables=tuple(dict.fromkeys(known)), tag="several" if rels else "no from",
        )  # fmt: skip

    def _unknown_qualifier(self, node: Any, parts: list[str], scope: Scope) -> None:
        qualifier = parts[0]
        at = node.location
        hidden = scope.out_of_reach(qualifier)
        renamed = next((rel for rel in scope.in_reach() if rel.original == qualifier), None)
        reach = list(dict.fromkeys(rel.alias for rel in scope.in_reach()))
        help = (
            f"add {qualifier} to FROM or JOIN, or use one of: {', '.join(reach)}"
            if reach
            else f"add FROM {qualifier}"
        )
        if renamed is not None:
            message = f'"{qualifier}" is called "{renamed.alias}" in this query: its own name is not in reach'
            help = f"write {renamed.alias}.{parts[1]}"
        elif hidden is not None:
            message = f'"{qualifier}" is in FROM, but not in reach here'
            help = "use LATERAL, or move the condition"
        else:
            message = f'missing FROM-clause entry for table "{qualifier}"'
        self.add(
            "alias", at, self.written(at, qualifier), message, name=qualifier, help=help, tables=tuple(reach)
        )


def is_exact(rel: Rel) -> bool:
    """Whether the number of an entry's columns is certain."""
    return rel.table is None or rel.table.exact


def columns_of(table: Table) -> dict[str, str]:
    return {name: column.family for column in table.columns for name in column.names}


def united(tables: list[Table]) -> dict[str, str] | None:
    """Columns of tables of one name in several schemas: any may be meant."""
    if not all(table.complete for table in tables):
        return None
    found: dict[str, str] = {}
    for table in tables:
        for name, family in columns_of(table).items():
            found[name] = family if found.get(name, family) == family else "unknown"
    return found


def rename(columns: dict[str, str] | None, names: list[str]) -> dict[str, str] | None:
    if columns is None or not names:
        return columns
    given = dict(zip(names, list(columns.values()), strict=False))
    return {**given, **dict(list(columns.items())[len(names) :])}


def _other_case(name: str, columns: dict[str, str]) -> str:
    return next((other for other in columns if other.lower() == name.lower() and other != name), "")


def _listed(names: list[str] | tuple[str, ...], word: str = "and") -> str:
    unique = list(dict.fromkeys(names))
    quoted = [f'"{name}"' for name in unique]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
