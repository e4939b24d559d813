"""Statements of PostgreSQL that name tables and columns: SELECT, INSERT, UPDATE, DELETE, and those that hold one."""

from __future__ import annotations

from typing import Any

from constraintlint.sql.catalogue import Column, Table
from constraintlint.sql.pg_names import Typed, is_exact
from constraintlint.sql.pg_queries import Columns, Queries
from constraintlint.sql.pg_scope import Item, Rel, Scope, item_of
from constraintlint.sql.pg_tree import strings, which
from constraintlint.sql.pg_types import assignable, reads_as, title
from constraintlint.sql.template import MARK


class Statements(Queries):
    """``run`` reads one statement."""

    def run(self, node: Any) -> None:
        kind, item = which(node)
        if item is not None:
            self.statement_of(kind, item, None)

    def statement_of(self, kind: str, item: Any, scope: Scope | None) -> Columns:
        if kind == "select_stmt":
            columns = self.select(item, scope)
            if item.HasField("into_clause"):
                self.make(item.into_clause.rel.relname, columns)
            return columns
        if kind == "insert_stmt":
            return self._insert(item, scope)
        if kind == "update_stmt":
            return self._update(item, scope)
        if kind == "delete_stmt":
            return self._delete(item, scope)
        if kind == "explain_stmt":
            self.run(item.query)
        elif kind == "create_table_as_stmt":
            self.make(item.into.rel.relname, self.subquery(item.query, Scope()))
        elif kind == "view_stmt":
            self.make(item.view.relname, self.subquery(item.query, Scope()))
        elif kind == "create_stmt":
            self._create(item)
        elif kind == "alter_table_stmt":
            self.made[item.relation.relname] = None
        elif kind == "rename_stmt":
            self._rename(item)
        elif kind == "drop_stmt":
            for node in item.objects:
                inside = which(node)[1]
                if inside is not None and hasattr(inside, "items"):
                    self.made[strings(inside.items)[-1]] = None
        elif kind == "copy_stmt" and item.HasField("query"):
            self.run(item.query)
        elif kind == "variable_show_stmt" and item.name in ("tables", "databases", "columns"):
            at = len(self.sql[: self.sql.lower().find(item.name)].encode("utf-8", "surrogatepass"))
            self.add(
                "dialect",
                at,
                len(item.name),
                f"PostgreSQL has no SHOW {item.name.upper()}",
                name=item.name,
                help="query information_schema",
            )
        elif kind == "declare_cursor_stmt" or kind == "prepare_stmt":
            self.run(item.query)
        return None

    # --- what the same text makes -------------------------------------------------------------------------------------

    def make(self, name: str, columns: Columns) -> None:
        if columns is None:
            self.made[name] = None
        else:
            made = tuple(Column(column, (column,), family) for column, family in columns.items())
            self.made[name] = Table(name, (name,), "", made)

    def _create(self, item: Any) -> None:
        """CREATE TABLE: its types are judged, and the table is there for what follows."""
        columns: dict[str, str] = {}
        known = not (len(item.inh_relations) or item.HasField("of_typename") or item.HasField("partbound"))
        for node in item.table_elts:
            kind, element = which(node)
            if kind == "column_def":
                columns[element.colname] = self.type_name(element.type_name)
                for constraint in element.constraints:
                    inside = which(constraint)[1]
                    if inside is not None and inside.HasField("raw_expr") and inside.contype in (3, 6):
                        self.names_known, before = False, self.names_known
                        self.expr(inside.raw_expr, Scope())
                        self.names_known = before
            elif kind == "table_like_clause":
                known = False
        self.make(item.relation.relname, columns if known else None)

    def _rename(self, item: Any) -> None:
        if item.HasField("relation"):
            self.made[item.relation.relname] = None
            if item.newname:
                self.made[item.newname] = None

    # --- data -----------------------------------------------------------------------------------------------------------

    def _insert(self, item: Any, parent: Scope | None) -> Columns:
        scope = Scope(parent=parent)
        if item.HasField("with_clause"):
            self.with_clause(item, scope)
        rel = self.relation(item.relation, scope, target=True)
        names = [self._target_column(node.res_target, rel) for node in item.cols]
        self._assigned_twice(item.cols)
        if item.HasField("select_stmt"):
            self._inserted(item, rel, names, scope)
        scope.item = item_of(rel)
        if item.HasField("on_conflict_clause"):
            self._on_conflict(item.on_conflict_clause, rel, scope)
        return self._returning(item, scope)

    def _inserted(self, item: Any, rel: Rel, names: list[str], scope: Scope) -> None:
        select = item.select_stmt.select_stmt
        wanted = names or (list(rel.columns) if rel.columns is not None and is_exact(rel) else [])
        if len(select.values_lists) and select.op < 2:
            inner_scope = Scope(parent=scope)
            if select.HasField("with_clause"):
                self.with_clause(select, inner_scope)
            odd = next(
                (
                    row
                    for row in select.values_lists
                    if len(row.list.items) != len(select.values_lists[0].list.items)
                ),
                None,
            )
            if odd is not None and len(odd.list.items):
                self.at(
                    odd.list.items[0], "semantic", "VALUES lists must all be the same length", tag="values"
                )
                return
            for row in select.values_lists:
                values = list(row.list.items)
                found = [self.expr(value, inner_scope, "VALUES") for value in values]
                self._counted(names, wanted, len(values), values[-1] if values else None)
                for name, value, typed in zip(wanted, values, found, strict=False):
                    self._stored(rel, name, value, typed)
            return
        columns = self.select(select, scope)
        if columns is not None:
            place = self._first_target(select)
            self._counted(names, wanted, len(columns), place)

    def _counted(self, names: list[str], wanted: list[str], count: int, place: Any) -> None:
        if place is None or not wanted or not self.names_known:
            return
        if count > len(wanted):
            self.at(
                place,
                "semantic",
                f"INSERT has more expressions than target columns ({count} for {len(wanted)})",
                tag="count",
            )
        elif names and count < len(names):
            self.at(
                place,
                "semantic",
                f"INSERT has more target columns than expressions ({len(names)} for {count})",
                tag="count",
            )

    def _stored(self, rel: Rel, name: str, value: Any, typed: Typed) -> None:
        """A value of a type that the column does not take."""
        family = (rel.columns or {}).get(name, "unknown")
        if typed.literal is not None:
            if not reads_as(typed.literal, family):
                self.at(
                    value,
                    "type",
                    f'invalid input syntax for type {title(family)}: "{typed.literal}"',
                    tag="literal",
                )
        elif not assignable(typed.family, family):
            number = typed.constant and family == "boolean"
            self.at(
                value, "type", f'column "{name}" is of type {title(family)} but the expression is of type {title(typed.family)}',
                tag="boolean" if number else "assigned", help="write true or false" if number else "cast the value",
            )  # fmt: skip

    def _target_column(self, target: Any, rel: Rel) -> str:
        """A column in INTO (...) or SET; a problem where the table does not have it."""
        name: str = target.name
        if rel.columns is not None and self.names_known and name not in rel.columns and MARK not in name:
            if name in (rel.alias, rel.original) and len(target.indirection):
                self.add(
                    "column", target.location, self.written(target.location, name),
                    f'column "{name}" of relation "{rel.title}" does not exist: SET takes the bare name of a column', name=name,
                    rel=rel, help="leave out the table's name before the column", tag="qualified",
                )  # fmt: skip
            else:
                self._missing(target.location, name, rel)
        return name

    def _assigned_twice(self, nodes: Any) -> None:
        seen: set[str] = set()
        for node in nodes:
            target = node.res_target
            if target.name in seen and not len(target.indirection) and MARK not in target.name:
                self.add(
                    "semantic",
                    target.location,
                    self.written(target.location, target.name),
                    f'column "{target.name}" specified more than once',
                    name=target.name,
                )
            seen.add(target.name)

    def _on_conflict(self, clause: Any, rel: Rel, scope: Scope) -> None:
        if clause.HasField("infer"):
            for node in clause.infer.index_elems:
                element = node.index_elem
                if element.name:
                    self._index_column(element, rel, clause)
                elif element.HasField("expr"):
                    self.expr(element.expr, scope, "ON CONFLICT")
            if clause.infer.HasField("where_clause"):
                self.expr(clause.infer.where_clause, scope, "ON CONFLICT")
        elif clause.action == 3:
            self.add(
                "semantic",
                clause.location,
                11,
                "ON CONFLICT DO UPDATE requires the columns (or the constraint) of the conflict",
            )
        excluded = Rel("excluded", rel.columns, rel.table)
        # excluded goes by its qualifier only where a plain name would be ambiguous: SET c = c means neither
        inside = Scope(item_of(rel).extended(item_of(excluded)), scope.parent, scope.ctes)
        self._assignments(clause.target_list, rel, inside)
        if clause.HasField("where_clause"):
            self.condition(clause.where_clause, inside, "WHERE")

    def _index_column(self, element: Any, rel: Rel, clause: Any) -> None:
        if rel.columns is None or element.name in rel.columns or not self.names_known or MARK in element.name:
            return
        start = self.sql.find(element.name, self.places.character(max(clause.location, 0)))
        if start >= 0:
            self._missing(len(self.sql[:start].encode("utf-8", "surrogatepass")), element.name, rel)

    def _assignments(self, nodes: Any, rel: Rel, scope: Scope) -> None:
        self._assigned_twice(nodes)
        for node in nodes:
            target = node.res_target
            name = self._target_column(target, rel)
            kind, value = which(target.val)
            if kind == "multi_assign_ref":
                if value.HasField("source") and value.colno == 1:
                    self._source(value.source, scope)
                continue
            typed = self.expr(target.val, scope, "SET")
            if not len(target.indirection):
                self._stored(rel, name, target.val, typed)

    def _source(self, node: Any, scope: Scope) -> None:
        """What ``(a, b) = ...`` takes its values from: a row, or a query with as many columns."""
        kind, inside = which(node)
        if kind == "sub_link":
            self.subquery(inside.subselect, scope)
        else:
            self.expr(node, scope, "SET")

    def _update(self, item: Any, parent: Scope | None) -> Columns:
        scope = Scope(parent=parent)
        if item.HasField("with_clause"):
            self.with_clause(item, scope)
        rel = self.relation(item.relation, scope, target=True)
        others = self.from_items(item.from_clause, Scope(parent=parent, ctes=scope.ctes, hidden=item_of(rel)))
        scope.item = item_of(rel).extended(others)
        if item.HasField("where_clause"):
            self.condition(item.where_clause, scope, "WHERE")
        returned = self._returning(item, scope)
        self._assignments(item.target_list, rel, scope)
        return returned

    def _delete(self, item: Any, parent: Scope | None) -> Columns:
        scope = Scope(parent=parent)
        if item.HasField("with_clause"):
            self.with_clause(item, scope)
        rel = self.relation(item.relation, scope, target=True)
        others = self.from_items(
            item.using_clause, Scope(parent=parent, ctes=scope.ctes, hidden=item_of(rel))
        )
        scope.item = item_of(rel).extended(others)
        if item.HasField("where_clause"):
            self.condition(item.where_clause, scope, "WHERE")
        return self._returning(item, scope)

    def _returning(self, item: Any, scope: Scope) -> Columns:
        if not item.HasField("returning_clause"):
            return {}
        clause = item.returning_clause
        known = scope
        if len(scope.item.rels):
            rel = scope.item.rels[0]
            names = ["old", "new", *(node.returning_option.value for node in clause.options)]
            rows = [Rel(name, rel.columns, rel.table) for name in names if scope.rel(name) is None]
            known = Scope(
                Item([*scope.item.rels, *rows], scope.item.columns, scope.item.open), scope.parent, scope.ctes
            )
        return self.targets(clause.exprs, known, "RETURNING")[0]
