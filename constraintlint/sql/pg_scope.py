"""Names in reach of a query of PostgreSQL: range table entries, joins, levels."""

from __future__ import annotations

from dataclasses import dataclass, field

from constraintlint.sql.catalogue import Table

SYSTEM_COLUMNS = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"})


@dataclass(eq=False)
class Rel:
    """One entry of a FROM clause. ``columns`` (name -> family) is None where they are not known."""

    alias: str
    columns: dict[str, str] | None
    table: Table | None = None
    original: str = ""
    """the name of the table where it goes by another name here"""

    @property
    def title(self) -> str:
        return self.table.name if self.table is not None else self.alias


@dataclass(eq=False)
class Item:
    """What a FROM item gives: the entries that qualified names can use, and the columns by plain name.

    ``columns`` are (name, entry, family), one for the columns that USING merges; ``open`` where there may be more.
    """

    rels: list[Rel] = field(default_factory=list)
    columns: list[tuple[str, Rel, str]] = field(default_factory=list)
    open: bool = False

    def extended(self, other: Item) -> Item:
        return Item([*self.rels, *other.rels], [*self.columns, *other.columns], self.open or other.open)


def item_of(rel: Rel) -> Item:
    columns = [(name.partition("\0")[0], rel, family) for name, family in (rel.columns or {}).items()]
    return Item([rel], columns, rel.columns is None)


def merged(left: Item, right: Item, names: list[str]) -> Item:
    """A join USING these columns: each stands once, for both sides."""
    kept = [entry for entry in left.columns if entry[0] in names]
    rest = [entry for entry in [*left.columns, *right.columns] if entry[0] not in names]
    return Item([*left.rels, *right.rels], [*kept, *rest], left.open or right.open)


@dataclass(eq=False)
class Scope:
    """One query level. ``hidden`` are entries of the same FROM clause that are not in reach here (no LATERAL)."""

    item: Item = field(default_factory=Item)
    parent: Scope | None = None
    ctes: dict[str, dict[str, str] | None] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    """names given in the select list, for messages"""
    hidden: Item = field(default_factory=Item)
    windows: set[str] | None = None
    joined_by: set[str] = field(default_factory=set)

    def cte(self, name: str) -> tuple[bool, dict[str, str] | None]:
        """Whether there is such a CTE, and its columns."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ctes:
                return True, scope.ctes[name]
            scope = scope.parent
        return False, None

    def rel(self, alias: str) -> Rel | None:
        scope: Scope | None = self
        while scope is not None:
            for rel in scope.item.rels:
                if rel.alias == alias:
                    return rel
            scope = scope.parent
        return None

    def in_reach(self) -> list[Rel]:
        found: list[Rel] = []
        scope: Scope | None = self
        while scope is not None:
            found += scope.item.rels
            scope = scope.parent
        return found

    def out_of_reach(self, alias: str) -> Rel | None:
        """An entry of this name that the statement has, but not here."""
        scope: Scope | None = self
        while scope is not None:
            for rel in scope.hidden.rels:
                if rel.alias == alias:
                    return rel
            scope = scope.parent
        return None
