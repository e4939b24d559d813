"""Expressions of PostgreSQL: names, functions, operators and the types they are known to have."""

from __future__ import annotations

from typing import Any

from constraintlint.sql.pg_calls import Calls
from constraintlint.sql.pg_names import UNKNOWN, Typed
from constraintlint.sql.pg_scope import Scope
from constraintlint.sql.pg_tree import inner, strings, which
from constraintlint.sql.pg_types import comparable, reads_as, title
from constraintlint.sql.template import MARK

#: operators of other engines, and what stands for them
_FOREIGN_OPERATORS = {"==": "=", "!": "NOT", "<=>": "IS NOT DISTINCT FROM"}
_FOREIGN_COLLATIONS = frozenset(
    {
        "nocase",
        "binary",
        "rtrim",
        "utf8mb4_general_ci",
        "utf8mb4_unicode_ci",
        "utf8_general_ci",
        "utf8mb4_bin",
    }
)
_COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})
_NOT_TEXT = frozenset(
    {"boolean", "integer", "numeric", "float", "date", "datetime", "interval", "uuid", "json"}
)
MAX_DEPTH = 120


class Expressions(Calls):
    """``expr`` visits an expression in the order in which the server reads it."""

    depth = 0

    def subquery(self, node: Any, scope: Scope) -> dict[str, str] | None:
        """The columns of a query inside an expression."""
        raise NotImplementedError

    def expr(self, node: Any, scope: Scope, place: str = "") -> Typed:
        kind, item = which(node)
        if item is None:
            return UNKNOWN
        method = getattr(self, f"_{kind}", None)
        self.depth += 1
        try:
            if method is None or self.depth > MAX_DEPTH:
                self.every(item, scope, place)
                return UNKNOWN
            found: Typed = method(item, scope, place)
            return found
        finally:
            self.depth -= 1

    def every(self, item: Any, scope: Scope, place: str = "") -> list[Typed]:
        return [self.expr(node, scope, place) for node in inner(item)]

    # --- leaves -----------------------------------------------------------------------------------------------------

    def _column_ref(self, item: Any, scope: Scope, place: str) -> Typed:
        return self.column(item, scope, place)

    def _a_const(self, item: Any, scope: Scope, place: str) -> Typed:
        kind = item.WhichOneof("val")
        if kind == "sval":
            return Typed("unknown", item.sval.sval)
        families = {"ival": "integer", "fval": "numeric", "boolval": "boolean"}
        if kind == "fval" and item.fval.fval.isdigit():
            return Typed("integer", None, True)
        return Typed(families.get(kind or "", "unknown"), None, kind in families)

    def _param_ref(self, item: Any, scope: Scope, place: str) -> Typed:
        self.typed_parameters.add(item.number)
        self.first_parameter.setdefault(item.number, item.location)
        return UNKNOWN

    def _sqlvalue_function(self, item: Any, scope: Scope, place: str) -> Typed:
        return Typed(
            {1: "date", 4: "datetime", 5: "datetime", 8: "datetime", 9: "datetime"}.get(item.op, "unknown")
        )

    # --- parameters without a type ------------------------------------------------------------------------------------

    def untyped(self, node: Any, scope: Scope, place: str, what: str) -> Typed:
        """An expression where nothing gives a parameter its type."""
        kind, item = which(node)
        if kind != "param_ref":
            return self.expr(node, scope, place)
        if item.number not in self.typed_parameters and item.number not in self.reported_parameters:
            self.reported_parameters.add(item.number)
            self.first_parameter.setdefault(item.number, item.location)
            length = 1 + len(str(item.number))
            self.add(
                "parameter", item.location, length,
                f"could not determine data type of parameter ${item.number}: {what} gives it none, and nothing before does",
                name=f"${item.number}", help="cast it, as in ${0}::text".replace("{0}", str(item.number)), tag=str(item.number),
            )  # fmt: skip
        return UNKNOWN

    def check_gap(self) -> None:
        """A number below the highest that no parameter has: the server cannot tell its type."""
        used = self.typed_parameters | self.reported_parameters
        missing = next((number for number in range(1, max(used, default=0)) if number not in used), None)
        if missing is not None:
            first = min(number for number in used if number > missing)
            at = self.first_parameter.get(first, -1)
            self.add(
                "parameter", at, 1 + len(str(first)), f"could not determine data type of parameter ${missing}: the statement has ${first} but no ${missing}",
                name=f"${missing}", help="number the parameters from $1 without a gap", tag="gap",
            )  # fmt: skip

    def _null_test(self, item: Any, scope: Scope, place: str) -> Typed:
        self.untyped(item.arg, scope, place, "IS NULL" if item.nulltesttype == 1 else "IS NOT NULL")
        return Typed("boolean")

    # --- operators ----------------------------------------------------------------------------------------------------

    def condition(self, node: Any, scope: Scope, place: str) -> None:
        """An expression that has to be boolean."""
        found = self.expr(node, scope, place)
        if found.family not in ("unknown", "boolean", "other", "array", "enum"):
            self.at(
                node,
                "type",
                f"argument of {place} must be type boolean, not type {title(found.family)}",
                tag="condition",
            )

    def _bool_expr(self, item: Any, scope: Scope, place: str) -> Typed:
        word = {1: "AND", 2: "OR", 3: "NOT"}.get(item.boolop, "")
        for node in item.args:
            found = self.expr(node, scope, place)
            if found.literal is not None and not reads_as(found.literal, "boolean"):
                self.at(
                    node, "type", f'invalid input syntax for type boolean: "{found.literal}"', tag="literal"
                )
            elif found.family in ("integer", "numeric", "text", "float", "datetime", "date", "uuid", "json"):
                self.at(
                    node,
                    "type",
                    f"argument of {word} must be type boolean, not type {title(found.family)}",
                    tag="condition",
                )
        return Typed("boolean")

    def _boolean_test(self, item: Any, scope: Scope, place: str) -> Typed:
        self.expr(item.arg, scope, place)
        return Typed("boolean")

    def _a_expr(self, item: Any, scope: Scope, place: str) -> Typed:
        operator = strings(item.name)[-1] if len(item.name) else ""
        left = self.expr(item.lexpr, scope, place) if item.HasField("lexpr") else UNKNOWN
        if item.kind in (7, 11, 12, 13, 14):  # IN, BETWEEN
            _, many = which(item.rexpr)
            for node in many.items if many is not None and hasattr(many, "items") else ():
                right = self.expr(node, scope, place)
                self.compared(item, "=" if item.kind == 7 else ">=", left, right, node)
            return Typed("boolean")
        right = self.expr(item.rexpr, scope, place) if item.HasField("rexpr") else UNKNOWN
        if item.kind in (2, 3):  # = ANY (array)
            return Typed("boolean")
        if item.kind == 6:
            return left
        if item.kind in (4, 5):
            self.compared(item, "=", left, right, item.rexpr)
            return Typed("boolean")
        if item.kind in (8, 9, 10):
            if left.family in _NOT_TEXT:
                word = {8: "LIKE", 9: "ILIKE", 10: "SIMILAR TO"}[item.kind]
                self.at(
                    item.lexpr,
                    "type",
                    f"operator does not exist: {word} on type {title(left.family)}",
                    tag="like",
                    help="cast it to text",
                )
            return Typed("boolean")
        foreign = operator if operator in _FOREIGN_OPERATORS else ""
        if foreign == "<=>" and (not self.catalogue.closed or "vector" in self.catalogue.extensions):
            foreign = ""  # a distance of pgvector
        if foreign:
            self.add(
                "dialect",
                item.location,
                len(operator),
                f"PostgreSQL has no operator {operator}",
                name=operator,
                help=f"write {_FOREIGN_OPERATORS[operator]}",
            )
            return Typed("boolean")
        if operator in _COMPARISONS:
            self.compared(item, operator, left, right, item.rexpr)
            return Typed("boolean")
        if operator == "||":
            return Typed("text" if "text" in (left.family, right.family) else "unknown")
        if (
            operator in ("+", "-", "*", "/", "%")
            and "text" in (left.family, right.family)
            and item.HasField("lexpr")
        ):
            self.add(
                "type",
                item.location,
                1,
                f"operator does not exist: {title(left.family)} {operator} {title(right.family)}",
                name=operator,
                tag="arithmetic",
                help="cast the text to a number; || joins strings",
            )
            return UNKNOWN
        if (
            operator in ("+", "-", "*", "/", "%")
            and left.family == right.family
            and left.family in ("integer", "numeric", "float")
        ):
            return Typed(left.family)
        if operator in ("->>", "#>>"):
            return Typed("text" if left.family == "json" else "unknown")
        if operator in ("@>", "<@", "~", "~*", "!~", "!~*", "@@", "?", "?|", "?&"):
            return Typed("boolean")
        return UNKNOWN

    def compared(self, item: Any, operator: str, left: Typed, right: Typed, node: Any) -> None:
        """A comparison of two types that have none."""
        for one, other in ((left, right), (right, left)):
            if one.literal is not None and not reads_as(one.literal, other.family):
                self.at(
                    node if one is right else item.lexpr, "type",
                    f"invalid input syntax for type {title(other.family)}: \"{one.literal}\"", tag="literal",
                )  # fmt: skip
                return
        if left.literal is None and right.literal is None and not comparable(left.family, right.family):
            number = "integer" in (left.family, right.family) and "boolean" in (left.family, right.family)
            self.add(
                "type", item.location, len(operator),
                f"operator does not exist: {title(left.family)} {operator} {title(right.family)}", name=operator,
                help="write true or false" if number else "cast one side", tag="boolean" if number else "comparison",
            )  # fmt: skip

    # --- casts, alternatives, subqueries ------------------------------------------------------------

    def _type_cast(self, item: Any, scope: Scope, place: str) -> Typed:
        kind, inside = which(item.arg)
        if kind == "param_ref" and item.location < 0:
            start = self.places.character(inside.location)
            self.add("parameter", inside.location, 1 + len(str(inside.number)), f'syntax error at or near "{self.sql[start:start + 2]}": no parameter may stand here', name="place", tag="place")  # fmt: skip
            return UNKNOWN
        found = self.expr(item.arg, scope, place)
        family = self.type_name(item.type_name)
        if found.literal is not None and not reads_as(found.literal, family):
            self.at(
                item.arg,
                "type",
                f'invalid input syntax for type {title(family)}: "{found.literal}"',
                tag="literal",
            )
        return Typed(family)

    def _collate_clause(self, item: Any, scope: Scope, place: str) -> Typed:
        name = strings(item.collname)[-1]
        if name in _FOREIGN_COLLATIONS:
            self.add(
                "dialect",
                item.location,
                7,
                f'PostgreSQL has no collation "{name}"',
                name=name,
                help="use lower(), citext or a collation of PostgreSQL",
            )
        return self.expr(item.arg, scope, place)

    def _coalesce_expr(self, item: Any, scope: Scope, place: str) -> Typed:
        return self._united("COALESCE", list(item.args), scope, place)

    def _min_max_expr(self, item: Any, scope: Scope, place: str) -> Typed:
        return self._united("GREATEST" if item.op == 1 else "LEAST", list(item.args), scope, place)

    def _case_expr(self, item: Any, scope: Scope, place: str) -> Typed:
        if item.HasField("arg"):
            self.expr(item.arg, scope, place)
        results = []
        for node in item.args:
            when = node.case_when
            if item.HasField("arg"):
                self.expr(when.expr, scope, place)
            else:
                self.condition(when.expr, scope, "CASE/WHEN")
            results.append(when.result)
        if item.HasField("defresult"):
            results.append(item.defresult)
        return self._united("CASE", results, scope, place)

    def _united(self, what: str, nodes: list[Any], scope: Scope, place: str) -> Typed:
        """Alternatives of one type."""
        found = [self.expr(node, scope, place) for node in nodes]
        families = [typed.family for typed in found if typed.literal is None and typed.family != "unknown"]
        if not families:
            return UNKNOWN
        for node, typed in zip(nodes, found, strict=True):
            if typed.literal is not None:
                if len(set(families)) == 1 and not reads_as(typed.literal, families[0]):
                    self.at(
                        node,
                        "type",
                        f'invalid input syntax for type {title(families[0])}: "{typed.literal}"',
                        tag="literal",
                    )
            elif not comparable(families[0], typed.family):
                self.at(
                    node,
                    "type",
                    f"{what} types {title(families[0])} and {title(typed.family)} cannot be matched",
                    tag="united",
                )
        return Typed(families[0]) if len(set(families)) == 1 else UNKNOWN

    def _sub_link(self, item: Any, scope: Scope, place: str) -> Typed:
        tested = self.expr(item.testexpr, scope, place) if item.HasField("testexpr") else UNKNOWN
        row = which(item.testexpr)[0] == "row_expr" if item.HasField("testexpr") else False
        columns = self.subquery(item.subselect, scope)
        if item.sub_link_type == 1:
            return Typed("boolean")
        if columns is None:
            return UNKNOWN if item.sub_link_type in (5, 7) else Typed("boolean")
        if len(columns) > 1 and not row and item.sub_link_type in (2, 3, 5, 7):
            message = (
                "subquery must return only one column"
                if item.sub_link_type in (5, 7)
                else "subquery has too many columns"
            )
            self.add("semantic", item.location, 1, message, tag="columns")
        family = next(iter(columns.values()), "unknown")
        if (
            item.sub_link_type == 3
            and not len(item.oper_name)
            and not row
            and not comparable(tested.family, family)
        ):
            self.add(
                "type",
                item.location,
                2,
                f"operator does not exist: {title(tested.family)} = {title(family)}",
                name="=",
                tag="comparison",
            )
        if item.sub_link_type == 5:
            return Typed(family)
        return Typed("array" if item.sub_link_type == 7 else "boolean")

    def _a_array_expr(self, item: Any, scope: Scope, place: str) -> Typed:
        self.every(item, scope, place)
        return Typed("array")

    def _a_indirection(self, item: Any, scope: Scope, place: str) -> Typed:
        kind, inside = which(item.arg)
        if kind == "column_ref" and len(inside.fields) == 1 and self.names_known:
            rel = scope.rel(strings(inside.fields)[0])
            member = strings(item.indirection)[0]
            if (
                rel is not None
                and rel.columns is not None
                and member not in ("", "*")
                and member not in rel.columns
                and MARK not in member
            ):
                self._missing(inside.location, member, rel)
                return UNKNOWN
        self.every(item, scope, place)
        return UNKNOWN

    def at(self, node: Any, kind: Any, message: str, *, tag: str = "", help: str = "") -> None:
        """A problem with a whole expression, at its first characters."""
        offset = self.location(node)
        if offset >= 0:
            start = self.places.character(offset)
            end = start
            while end < len(self.sql) and not self.sql[end].isspace() and self.sql[end] not in ",()":
                end += 1
            self.add(kind, offset, max(1, end - start), message, tag=tag, help=help)

    def location(self, node: Any) -> int:
        """The first byte of an expression; -1 where the tree does not tell."""
        _, item = which(node)
        if item is None:
            return -1
        places = [item.location] if hasattr(item, "location") and item.location >= 0 else []
        places += [place for place in (self.location(child) for child in inner(item)) if place >= 0]
        return min(places, default=-1)
