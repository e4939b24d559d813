"""SELECT of PostgreSQL: FROM, the clauses in the order the server reads them, set operations, WITH."""

from __future__ import annotations

from typing import Any

from constraintlint.sql.pg_expressions import Expressions
from constraintlint.sql.pg_grouping import check_grouping
from constraintlint.sql.pg_names import UNKNOWN, Typed, is_exact, rename
from constraintlint.sql.pg_scope import Item, Rel, Scope, item_of, merged
from constraintlint.sql.pg_tree import inner, key, output_name, strings, which
from constraintlint.sql.pg_types import comparable, title
from constraintlint.sql.template import MARK

Columns = dict[str, str] | None
#: functions in FROM whose one column is named after the alias, and those that name their columns
_SCALAR_SETS = frozenset(
    {
        "generate_series",
        "regexp_split_to_table",
        "string_to_table",
        "jsonb_object_keys",
        "json_object_keys",
        "generate_subscripts",
    }
)
_NAMED_SETS = {
    "json_each": ("key", "value"), "jsonb_each": ("key", "value"), "json_each_text": ("key", "value"),
    "jsonb_each_text": ("key", "value"), "json_array_elements": ("value",), "jsonb_array_elements": ("value",),
    "json_array_elements_text": ("value",), "jsonb_array_elements_text": ("value",),
}  # fmt: skip


class Queries(Expressions):
    """``select`` gives the names and families of the result columns; None where they are not known."""

    def subquery(self, node: Any, scope: Scope) -> Columns:
        kind, item = which(node)
        if kind == "select_stmt":
            return self.select(item, scope)
        return self.statement_of(kind, item, scope) if item is not None else None

    def statement_of(self, kind: str, item: Any, scope: Scope | None) -> Columns:
        """A data-modifying statement inside another."""
        raise NotImplementedError

    # --- WITH ---------------------------------------------------------------------------------------------------------

    def with_clause(self, item: Any, scope: Scope) -> None:
        clause = item.with_clause
        if clause.recursive:
            for node in clause.ctes:
                scope.ctes.setdefault(node.common_table_expr.ctename, None)
        for node in clause.ctes:
            cte = node.common_table_expr
            names = strings(cte.aliascolnames)
            kind, query = which(cte.ctequery)
            if clause.recursive and kind == "select_stmt" and query.op > 1:
                columns = rename(self.select(query, scope, recursive=(cte.ctename, names)), names)
            else:
                columns = rename(self.subquery(cte.ctequery, scope), names)
            extended = cte.HasField("search_clause") or cte.HasField("cycle_clause")
            scope.ctes[cte.ctename] = None if extended else columns

    # --- SELECT -------------------------------------------------------------------------------------------------------

    def select(
        self, item: Any, parent: Scope | None, recursive: tuple[str, list[str]] | None = None
    ) -> Columns:
        self.depth += 1
        try:
            if self.depth > 60:
                return None
            scope = Scope(parent=parent)
            if item.HasField("with_clause"):
                self.with_clause(item, scope)
            if item.op > 1:
                return self._set_operation(item, scope, recursive)
            if len(item.values_lists):
                columns = self._values(item, scope)
                self._limits(item, scope)
                return columns
            return self._plain_select(item, scope)
        finally:
            self.depth -= 1

    def _plain_select(self, item: Any, scope: Scope) -> Columns:
        scope.item = self.from_items(item.from_clause, scope)
        scope.windows = {node.window_def.name for node in item.window_clause}
        scope.outputs = {node.res_target.name: "" for node in item.target_list if node.res_target.name}
        columns, targets = self.targets(item.target_list, scope, "SELECT")
        if item.HasField("where_clause"):
            self.condition(item.where_clause, scope, "WHERE")
        if item.HasField("having_clause"):
            self.condition(item.having_clause, scope, "HAVING")
        self._sorted(item.sort_clause, scope, targets, columns, "ORDER BY")
        grouped = self._group_by(item, scope, targets)
        self._sorted(item.distinct_clause, scope, targets, columns, "DISTINCT ON")
        for node in item.window_clause:
            self.window(node.window_def, scope, "WINDOW")
        self._limits(item, scope)
        if self.names_known:
            check_grouping(self, item, scope, grouped)
            self._distinct_order(item, targets)
        return columns

    def targets(self, nodes: Any, scope: Scope, place: str) -> tuple[Columns, list[tuple[str, Any]]]:
        """The columns of a select list, and (name, expression) of each; stars are spread where they are known."""
        columns: dict[str, str] = {}
        targets: list[tuple[str, Any]] = []
        known = True
        for i, node in enumerate(nodes):
            target = node.res_target
            kind, inside = which(target.val)
            if kind == "column_ref" and strings(inside.fields)[-1:] == ["*"]:
                self.expr(target.val, scope, place)
                spread = self._spread(strings(inside.fields), scope)
                known = known and spread is not None
                for name, family in (spread or {}).items():
                    columns.setdefault(name, family)
                    targets.append((name, None))
                continue
            found = self.expr(target.val, scope, place)
            name = target.name or output_name(target.val)
            if name == "?unknown?" or MARK in name:
                known = False
            if name in columns or name == "?column?":
                columns.setdefault(f"{name}\0{i}", found.family)  # cannot be named, but is counted
            else:
                columns[name] = (
                    found.family if found.literal is None else "text" if not found.literal else "unknown"
                )
            targets.append((name, target.val))
        return (columns if known and self.names_known else None), targets

    def _spread(self, parts: list[str], scope: Scope) -> Columns:
        if len(parts) == 1:
            if scope.item.open or not all(is_exact(rel) for rel in scope.item.rels):
                return None
            found: dict[str, str] = {}
            for i, (name, _, family) in enumerate(scope.item.columns):
                found[name if name not in found else f"{name}\0{i}"] = family
            return found
        rel = scope.rel(parts[-2])
        return rel.columns if rel is not None and is_exact(rel) else None

    def _values(self, item: Any, scope: Scope) -> Columns:
        rows = [node.list.items for node in item.values_lists]
        found = [[self.expr(value, scope, "VALUES") for value in row] for row in rows]
        odd = next((i for i, row in enumerate(rows) if len(row) != len(rows[0])), None)
        if odd is not None and len(rows[odd]):
            self.at(rows[odd][0], "semantic", "VALUES lists must all be the same length", tag="values")
        return {f"column{i + 1}": typed.family for i, typed in enumerate(found[0])}

    def _limits(self, item: Any, scope: Scope) -> None:
        for name in ("limit_offset", "limit_count"):
            if item.HasField(name):
                self.expr(getattr(item, name), Scope(parent=scope.parent, ctes=scope.ctes), "LIMIT")

    def _sorted(
        self, nodes: Any, scope: Scope, targets: list[tuple[str, Any]], columns: Columns, place: str
    ) -> None:
        """ORDER BY and DISTINCT ON: a plain name is a result column first, a number is one by its place."""
        for node in nodes:
            kind, item = which(node)
            inside = item.node if kind == "sort_by" else node
            kind, item = which(inside)
            if kind == "column_ref" and len(item.fields) == 1:
                name = strings(item.fields)[0]
                named = [target[1] for target in targets if target[0] == name]
                if named:
                    if (
                        all(value is not None for value in named)
                        and len({key(value, self.resolved) for value in named}) > 1
                    ):
                        self.add(
                            "ambiguous",
                            item.location,
                            self.written(item.location, name),
                            f'{place} "{name}" is ambiguous: the select list has it twice',
                            name=name,
                            help="give them names of their own",
                        )
                    continue
            if kind == "a_const":
                self._ordinal(item, len(targets) if columns is not None else None, place)
            elif item is not None:
                self.expr(inside, scope, place)

    def _ordinal(self, item: Any, count: int | None, place: str) -> None:
        value = item.WhichOneof("val")
        if value == "ival" and count is not None and not 1 <= item.ival.ival <= count:
            self.add(
                "semantic",
                item.location,
                len(str(item.ival.ival)),
                f"{place} position {item.ival.ival} is not in select list",
            )
        elif value in ("sval", "fval", "boolval"):
            self.add("semantic", item.location, 1, f"non-integer constant in {place}")

    def _group_by(self, item: Any, scope: Scope, targets: list[tuple[str, Any]]) -> list[Any]:
        """The expressions grouped by; names of the select list and positions replaced by what they stand for."""
        found: list[Any] = []
        stack = list(reversed(list(item.group_clause)))
        while stack:
            node = stack.pop()
            kind, inside = which(node)
            if kind == "grouping_set":
                stack += reversed(list(inside.content))
                continue
            if kind == "row_expr":
                stack += reversed(list(inside.args))
                continue
            if kind == "column_ref" and len(inside.fields) == 1:
                name = strings(inside.fields)[0]
                named = [target for target in targets if target[0] == name and target[1] is not None]
                if (
                    named
                    and not scope.item.open
                    and not any(entry[0] == name for entry in scope.item.columns)
                ):
                    found.append(named[0][1])
                    continue
                if named and scope.item.open:
                    found.append(named[0][1])
            if kind == "a_const":
                self._ordinal(inside, len(targets), "GROUP BY")
                if inside.WhichOneof("val") == "ival" and 1 <= inside.ival.ival <= len(targets):
                    target = targets[inside.ival.ival - 1][1]
                    found += [target] if target is not None else []
                continue
            if inside is not None:
                self.expr(node, scope, "GROUP BY")
                found.append(node)
        return found

    def _distinct_order(self, item: Any, targets: list[tuple[str, Any]]) -> None:
        """SELECT DISTINCT sorts by what it selects only."""
        plain = len(item.distinct_clause) and all(which(node)[1] is None for node in item.distinct_clause)
        if not plain or any(value is None for _, value in targets):
            return
        keys = {key(value, self.resolved) for _, value in targets}
        names = {name for name, _ in targets}
        for node in item.sort_clause:
            kind, inside = which(node.sort_by.node)
            if kind == "a_const" or (
                kind == "column_ref" and len(inside.fields) == 1 and strings(inside.fields)[0] in names
            ):
                continue
            if (
                kind
                and key(node.sort_by.node, self.resolved) not in keys
                and not self._unsure(node.sort_by.node)
            ):
                self.at(
                    node.sort_by.node, "semantic", "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                    tag="distinct",
                )  # fmt: skip

    def _unsure(self, node: Any) -> bool:
        """Whether an expression has a column whose table is not known."""
        kind, item = which(node)
        if kind == "column_ref":
            return item.location not in self.resolved
        return item is not None and any(self._unsure(child) for child in inner(item))

    def _set_operation(self, item: Any, scope: Scope, recursive: tuple[str, list[str]] | None) -> Columns:
        left = self.select(item.larg, scope)
        if recursive is not None:
            scope.ctes[recursive[0]] = rename(left, recursive[1])
        right = self.select(item.rarg, scope)
        word = {2: "UNION", 3: "INTERSECT", 4: "EXCEPT"}.get(item.op, "UNION")
        if left is not None and right is not None:
            place = self._first_target(item.rarg)
            if len(left) != len(right):
                if place is not None:
                    self.at(
                        place,
                        "semantic",
                        f"each {word} query must have the same number of columns",
                        tag="columns",
                    )
            else:
                for one, other in zip(left.values(), right.values(), strict=True):
                    if not comparable(one, other) and place is not None:
                        self.at(
                            place,
                            "type",
                            f"{word} types {title(one)} and {title(other)} cannot be matched",
                            tag="united",
                        )
                        break
        if left is not None:
            for node in item.sort_clause:
                self._set_order(node.sort_by.node, left, scope, word)
        self._limits(item, scope)
        return left

    def _set_order(self, node: Any, columns: dict[str, str], scope: Scope, word: str) -> None:
        kind, item = which(node)
        if kind == "a_const":
            self._ordinal(item, len(columns), "ORDER BY")
        elif kind == "column_ref" and len(item.fields) == 1:
            name = strings(item.fields)[0]
            if name not in columns and MARK not in name and self.names_known:
                self.add(
                    "column", item.location, self.written(item.location, name),
                    f'column "{name}" does not exist: ORDER BY of a {word} sees its result columns only', name=name,
                    tables=tuple(columns),
                )  # fmt: skip
        elif kind == "column_ref":
            self.expr(node, Scope(parent=scope.parent), "ORDER BY")
        elif kind and self.names_known:
            self.at(
                node,
                "semantic",
                f"invalid {word} ORDER BY clause: only result column names can be used",
                tag="order",
            )

    def _first_target(self, select: Any) -> Any:
        while select.op > 1:
            select = select.larg
        if len(select.target_list):
            return select.target_list[0].res_target.val
        return select.values_lists[0].list.items[0] if len(select.values_lists) else None

    # --- FROM -----------------------------------------------------------------------------------------------------------

    def from_items(self, nodes: Any, scope: Scope) -> Item:
        found = Item()
        for node in nodes:
            found = self._with(found, self.from_item(node, scope, found))
        return found

    def _with(self, left: Item, right: Item) -> Item:
        self._named_twice(left, right)
        return left.extended(right)

    def _named_twice(self, left: Item, right: Item) -> None:
        known = {rel.alias for rel in left.rels}
        for rel in right.rels:
            place = getattr(rel, "place", -1)
            if rel.alias in known and rel.alias and place >= 0:
                self.add(
                    "ambiguous", place, self.written(place, rel.original or rel.alias),
                    f'table name "{rel.alias}" specified more than once', name=rel.alias, tag="twice",
                    help="give one of them an alias",
                )  # fmt: skip

    def from_item(self, node: Any, scope: Scope, before: Item) -> Item:
        kind, item = which(node)
        if kind == "range_var":
            rel = self.relation(item, scope)
            rel.place = item.location  # type: ignore[attr-defined]
            return item_of(rel)
        if kind == "join_expr":
            return self._join(item, scope, before)
        if kind == "range_subselect":
            columns = self.subquery(item.subquery, self._beside(scope, before, item.lateral))
            alias = item.alias.aliasname if item.HasField("alias") else ""
            return item_of(Rel(alias, rename(columns, strings(item.alias.colnames) if alias else [])))
        if kind == "range_function":
            return self._function(item, self._beside(scope, before, True))
        if kind == "range_table_sample":
            return self.from_item(item.relation, scope, before)
        if item is not None:
            self.every(item, self._beside(scope, before, True))
        alias = (
            item.alias.aliasname
            if item is not None and hasattr(item, "alias") and item.HasField("alias")
            else ""
        )
        return item_of(Rel(alias, None))

    def _beside(self, scope: Scope, before: Item, lateral: bool) -> Scope:
        """The level a FROM item sees: the outer ones, and those before it where it is LATERAL."""
        if lateral:
            return Scope(before, scope.parent, scope.ctes)
        return Scope(Item(), scope.parent, scope.ctes, hidden=before)

    def _function(self, item: Any, scope: Scope) -> Item:
        names: list[str] = []
        for node in item.functions:
            for inside in node.list.items:
                kind, call = which(inside)
                if call is not None:
                    self.expr(inside, scope, "FROM")
                    names.append(strings(call.funcname)[-1] if kind == "func_call" else "")
        alias = item.alias.aliasname if item.HasField("alias") else (names[0] if names else "")
        given = strings(item.alias.colnames) if item.HasField("alias") else []
        columns: Columns = None
        name = names[0] if len(names) == 1 else ""
        if len(item.coldeflist):
            columns = {node.column_def.colname: "unknown" for node in item.coldeflist}
        elif name in _SCALAR_SETS:
            columns = {alias: "unknown"}
        elif name in _NAMED_SETS:
            columns = dict.fromkeys(_NAMED_SETS[name], "unknown")
        if columns is not None and item.ordinality:
            columns["ordinality"] = "integer"
        return item_of(Rel(alias, rename(columns, given) if columns is not None else None))

    def _join(self, item: Any, scope: Scope, before: Item) -> Item:
        left = self.from_item(item.larg, scope, before)
        right = self.from_item(item.rarg, scope, before.extended(left))
        using = strings(item.using_clause)
        self._named_twice(left, right)
        if item.is_natural:
            if left.open or right.open:
                joined = left.extended(right)
                joined.open = True
            else:
                shared = [
                    entry[0] for entry in left.columns if any(entry[0] == other[0] for other in right.columns)
                ]
                joined = merged(left, right, shared)
        elif using:
            self._using(item, using, left, right)
            joined = merged(left, right, using)
        else:
            joined = left.extended(right)
        if item.HasField("quals"):
            level = Scope(joined, scope.parent, scope.ctes, hidden=before)
            self.condition(item.quals, level, "JOIN/ON")
        if item.HasField("alias"):
            columns = {name: family for name, _, family in joined.columns}
            renamed = rename(columns, strings(item.alias.colnames))
            return item_of(Rel(item.alias.aliasname, None if joined.open else renamed))
        return joined

    def _using(self, item: Any, names: list[str], left: Item, right: Item) -> None:
        if not self.names_known:
            return
        for name in names:
            for word, side in (("left", left), ("right", right)):
                if not side.open and not any(entry[0] == name for entry in side.columns) and side.rels:
                    at = self._using_place(item, name)
                    rel = side.rels[0] if len(side.rels) == 1 else None
                    self.add(
                        "column", at, len(name), f'column "{name}" specified in USING clause does not exist in {word} table',
                        name=name, rel=rel, tables=tuple(entry[0] for entry in side.columns),
                    )  # fmt: skip

    def _using_place(self, item: Any, name: str) -> int:
        """The tree does not tell where USING names a column: it is searched behind the joined table."""
        import re

        start = max(self.location(item.rarg), 0)
        match = re.compile(rf"\busing\s*\([^)]*?\b{re.escape(name)}\b", re.I).search(
            self.sql, self.places.character(start)
        )
        if match is None:
            return start
        return len(self.sql[: match.end() - len(name)].encode("utf-8", "surrogatepass"))


def typed(columns: Columns, index: int) -> Typed:
    """The type of a result column by its place."""
    families = list((columns or {}).values())
    return Typed(families[index]) if index < len(families) else UNKNOWN
