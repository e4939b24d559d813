"""Calls of functions in PostgreSQL: whether there is such a function, and whether it may stand there."""

from __future__ import annotations

from typing import Any

from constraintlint.sql.pg_functions import server
from constraintlint.sql.pg_names import UNKNOWN, Names, Typed
from constraintlint.sql.pg_scope import Scope
from constraintlint.sql.pg_tree import inner, strings, which
from constraintlint.sql.pg_types import FOREIGN_TYPES, family_of, title
from constraintlint.sql.template import MARK

#: take a value of any type, so that a parameter in them has none
_ANY_ARGUMENTS = frozenset(
    {
        "concat", "concat_ws", "format", "json_build_object", "json_build_array", "jsonb_build_object", "jsonb_build_array",
        "count",
        "num_nulls", "num_nonnulls", "to_json", "to_jsonb", "pg_typeof",
    }
)  # fmt: skip
#: aggregates over numbers
_SUMS = frozenset({"sum", "avg", "stddev", "variance"})


class Calls(Names):
    """The part of the expressions that names functions and types."""

    def expr(self, node: Any, scope: Scope, place: str = "") -> Typed:
        """What an expression is."""
        raise NotImplementedError

    def every(self, item: Any, scope: Scope, place: str = "") -> list[Typed]:
        """Every expression right below a message."""
        raise NotImplementedError

    def untyped(self, node: Any, scope: Scope, place: str, what: str) -> Typed:
        """An expression where nothing gives a parameter its type."""
        raise NotImplementedError

    def _func_call(self, item: Any, scope: Scope, place: str) -> Typed:
        names = strings(item.funcname)
        name = names[-1]
        builtin = len(names) == 1 or names[0] == "pg_catalog"
        if name in _ANY_ARGUMENTS and builtin:
            typed = {"concat_ws": 1, "format": 1}.get(name, 0)
            arguments = [
                self.expr(node, scope, place) if i < typed else self.untyped(node, scope, place, f"{name}()")
                for i, node in enumerate(item.args)
            ]
        else:
            arguments = [self.expr(node, scope, place) for node in item.args]
        for node in item.agg_order:
            self.every(node.sort_by, scope, place)
        if item.HasField("agg_filter"):
            self.expr(item.agg_filter, scope, place)
        if item.HasField("over"):
            self.window(item.over, scope, place)
        function = server().functions.get(name)
        if builtin and MARK not in name:
            self._check_call(item, name, arguments, scope, place)
        if function is None or name in self.catalogue.functions or not builtin:
            return UNKNOWN
        if name in ("sum", "avg", "min", "max") and len(arguments) == 1:
            family = arguments[0].family
            whole = {"sum": "unknown", "avg": "numeric"}.get(name, family)
            return Typed(whole if family == "integer" else family)
        return Typed(function.family)

    def window(self, over: Any, scope: Scope, place: str) -> None:
        if (
            over.name
            and not len(over.partition_clause)
            and scope.windows is not None
            and over.name not in scope.windows
        ):
            self.add(
                "semantic",
                over.location,
                len(over.name),
                f'window "{over.name}" does not exist',
                name=over.name,
            )
        for node in (*over.partition_clause, *over.order_clause):
            kind, item = which(node)
            self.expr(item.node if kind == "sort_by" else node, scope, place)

    def _check_call(self, item: Any, name: str, arguments: list[Typed], scope: Scope, place: str) -> None:
        if name in self.catalogue.functions:
            return
        function = server().functions.get(name)
        if function is None:
            self._unknown_function(item, name)
            return
        plain = (
            not item.func_variadic
            and not item.agg_within_group
            and not any(which(n)[0] == "named_arg_expr" for n in item.args)
        )
        if plain and not item.agg_star and not function.takes(len(arguments)):
            self._no_overload(
                item,
                name,
                f"function {name} does not take {len(arguments)} argument{'' if len(arguments) == 1 else 's'}",
            )
            return
        families = [typed.family for typed in arguments]
        bad = (
            name in _SUMS
            and families[:1] in (["boolean"], ["text"], ["date"], ["datetime"], ["json"], ["uuid"])
        ) or (name in ("max", "min") and families[:1] in (["boolean"], ["uuid"], ["json"]))
        if bad or (name == "round" and families[0] == "float" and len(families) == 2):
            shown = ", ".join(title(family) for family in families)
            self._no_overload(item, name, f"function {name}({shown}) does not exist")
        if function.kinds == "w" and not item.HasField("over"):
            self._misplaced(item, name, f"window function {name} requires an OVER clause")
        elif item.HasField("over") and place in ("WHERE", "HAVING", "GROUP BY", "JOIN/ON"):
            self._misplaced(item, name, f"window functions are not allowed in {place}")
        elif function.kinds == "a" and not item.HasField("over"):
            barred = place in ("WHERE", "GROUP BY", "JOIN/ON", "SET", "VALUES", "RETURNING")
            if barred and self._is_local(item, scope):
                self._misplaced(item, name, f"aggregate functions are not allowed in {place}")

    def _is_local(self, item: Any, scope: Scope) -> bool:
        """Whether an aggregate belongs to this level of the query."""
        if scope.parent is None:
            return True
        rels = {id(rel) for rel in scope.item.rels}
        stack, columns = [*item.args], 0
        while stack:
            kind, inside = which(stack.pop())
            if kind == "column_ref":
                found = self.resolved.get(inside.location)
                if not isinstance(found, tuple) or id(found[0]) not in rels:
                    return False
                columns += 1
            elif inside is not None:
                stack += inner(inside)
        return True

    def _misplaced(self, item: Any, name: str, message: str) -> None:
        self.add("group-by", item.location, len(name), message, name=name, tag="misplaced")

    def _no_overload(self, item: Any, name: str, message: str) -> None:
        self.add("function", item.location, len(name), message, name=name, tag="arguments")

    def _unknown_function(self, item: Any, name: str) -> None:
        extensions = server().extension_functions.get(name)
        at = item.location
        if extensions:
            if not set(extensions) & self.catalogue.extensions and self.catalogue.closed:
                self._extension(at, name, f"function {name}() does not exist", extensions)
            return
        if self.catalogue.closed:
            self.add("function", at, self.written(at, name), f"function {name}() does not exist", name=name)

    def _extension(self, at: int, name: str, what: str, extensions: tuple[str, ...]) -> None:
        self.add(
            "extension", at, self.written(at, name), f'{what} without the extension "{extensions[0]}"', name=name,
            help=f'run CREATE EXTENSION IF NOT EXISTS "{extensions[0]}"', tag=extensions[0],
        )  # fmt: skip

    def type_name(self, item: Any) -> str:
        """The family of a type; a problem where there is no such type."""
        names = strings(item.names)
        if not names:
            return "unknown"
        name = names[-1]
        if len(item.array_bounds):
            return "array"
        if len(names) == 1 and name not in server().types and name not in self.catalogue.types:
            extensions = server().extension_types.get(name)
            if name in FOREIGN_TYPES:
                self.add(
                    "dialect",
                    item.location,
                    self.written(item.location, name),
                    f'type "{name}" does not exist in PostgreSQL',
                    name=name,
                )
            elif extensions and self.catalogue.closed and not set(extensions) & self.catalogue.extensions:
                self._extension(item.location, name, f'type "{name}" does not exist', extensions)
        return family_of(name)
