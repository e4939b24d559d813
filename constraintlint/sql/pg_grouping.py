"""GROUP BY of PostgreSQL: what a grouped query may still name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constraintlint.sql.pg_functions import server
from constraintlint.sql.pg_scope import Rel, Scope
from constraintlint.sql.pg_tree import inner, key, strings, which

if TYPE_CHECKING:
    from constraintlint.sql.pg_queries import Queries


def check_grouping(query: Queries, item: Any, scope: Scope, grouped: list[Any]) -> None:
    """Columns outside GROUP BY and aggregates; those that depend on a grouped primary key are free."""
    values = [node.res_target.val for node in item.target_list]
    sorts = [node.sort_by.node for node in item.sort_clause]
    having = [item.having_clause] if item.HasField("having_clause") else []
    is_grouped = bool(len(item.group_clause)) or bool(having)
    if not is_grouped and not any(_has_aggregate(query, value) for value in (*values, *sorts)):
        return
    keys = {key(node, query.resolved) for node in grouped}
    columns: set[tuple[int, str]] = set()
    for node in grouped:
        kind, inside = which(node)
        if kind == "column_ref":
            found = query.resolved.get(inside.location)
            if isinstance(found, tuple):
                columns.add((id(found[0]), found[1]))
            elif strings(inside.fields)[-1:] == ["*"] or len(inside.fields) == 1:
                return  # a whole row, or a column of a table that is not known
    level = {id(rel): rel for rel in scope.item.rels}
    if any(rel.alias and _whole_row(node, rel) for node in grouped for rel in scope.item.rels):
        return
    outputs = {node.res_target.name for node in item.target_list if node.res_target.name}
    walker = _Ungrouped(query, keys, columns, level)
    for value in values:
        walker.visit(value)
    for node in having:
        walker.visit(node)
    for node in sorts:
        kind, inside = which(node)
        if kind == "column_ref" and len(inside.fields) == 1 and strings(inside.fields)[0] in outputs:
            continue
        walker.visit(node)


def _whole_row(node: Any, rel: Rel) -> bool:
    kind, inside = which(node)
    return kind == "column_ref" and strings(inside.fields) == [rel.alias]


def _is_aggregate(query: Queries, call: Any) -> bool | None:
    """Whether a call is an aggregate; None where the function is not known."""
    names = strings(call.funcname)
    if call.HasField("over"):
        return False
    if names[-1] in query.catalogue.functions or (len(names) > 1 and names[0] != "pg_catalog"):
        return None
    function = server().functions.get(names[-1])
    return None if function is None else "a" in function.kinds


def _has_aggregate(query: Queries, node: Any) -> bool:
    kind, item = which(node)
    if item is None or kind == "sub_link":
        return False
    if kind == "func_call" and _is_aggregate(query, item):
        return True
    return any(_has_aggregate(query, child) for child in inner(item))


class _Ungrouped:
    def __init__(
        self, query: Queries, keys: set[object], columns: set[tuple[int, str]], level: dict[int, Rel]
    ) -> None:
        self.query = query
        self.keys = keys
        self.columns = columns
        self.level = level
        self.reported: set[tuple[int, str]] = set()

    def visit(self, node: Any) -> None:
        kind, item = which(node)
        if item is None or (kind != "column_ref" and key(node, self.query.resolved) in self.keys):
            return
        if kind == "func_call" and _is_aggregate(self.query, item) is not False:
            return
        if kind == "column_ref":
            self._column(item)
            return
        for child in inner(item):
            self.visit(child)

    def _column(self, item: Any) -> None:
        parts = strings(item.fields)
        if parts[-1] == "*":
            self._star(item, parts)
            return
        found = self.query.resolved.get(item.location)
        if not isinstance(found, tuple):
            return
        rel, name = found
        if id(rel) not in self.level or self._free(rel, name) or (id(rel), name) in self.reported:
            return
        self.reported.add((id(rel), name))
        self._report(item, parts, rel, name)

    def _free(self, rel: Rel, name: str) -> bool:
        """A grouped column, or one that a grouped primary key determines."""
        if (id(rel), name) in self.columns:
            return True
        table = rel.table
        if table is None:
            return False
        return not table.key or all((id(rel), part) in self.columns for part in table.key)

    def _star(self, item: Any, parts: list[str]) -> None:
        for rel in self.level.values():
            if (len(parts) == 1 or parts[-2] == rel.alias) and rel.columns is not None:
                name = next((name for name in rel.columns if not self._free(rel, name)), None)
                if name is not None:
                    self._report(item, parts, rel, name)
                    return

    def _report(self, item: Any, parts: list[str], rel: Rel, name: str) -> None:
        length = sum(self.query.written(item.location, part) for part in parts) + len(parts) - 1
        self.query.add(
            "group-by", item.location, length,
            f'column "{rel.alias}.{name}" must appear in the GROUP BY clause or be used in an aggregate function',
            name=name, rel=rel, help=f"add {'.'.join(parts)} to GROUP BY, or wrap it in min(), max() or array_agg()",
        )  # fmt: skip
