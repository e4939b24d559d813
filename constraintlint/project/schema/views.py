"""The columns of a view: as it lists them, else as its query names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.schema.records import Column
from constraintlint.project.schema.scripts import HOLE, Statement
from constraintlint.project.schema.sql_columns import Context
from constraintlint.project.schema.sql_tokens import Cursor
from constraintlint.sql.trees import tree_of

if TYPE_CHECKING:
    from sqlglot import exp

_DIALECTS = {
    "postgresql": "postgres",
    "sqlite": "sqlite",
    "mysql": "mysql",
    "mssql": "tsql",
    "oracle": "oracle",
}
MAX_QUERY = 50_000


def read_view(cursor: Cursor, context: Context, statement: Statement) -> tuple[list[Column], bool]:
    """(columns, whether these are all) of the view whose name ``cursor`` has just passed."""
    listed = cursor.group()
    if listed is not None:
        columns: list[Column] = []
        complete = True
        for part in listed.parts():
            name = part.name()
            if name is None or name.computed:
                complete = False
                continue
            columns.append(Column(name.name, context.place(name), quoted=name.quoted))
        return columns, complete
    while not cursor.done and not cursor.accept("AS"):
        cursor.skip()
    first = cursor.peek()
    if first is None:
        return [], False
    return _of_query(statement.text[first.start :], first.start, context)


def _of_query(query: str, start: int, context: Context) -> tuple[list[Column], bool]:
    if HOLE in query or len(query) > MAX_QUERY or query.count("(") > 200:
        return [], False
    tree = _parsed(query, context.engine)
    if tree is None:
        return [], False
    found: list[Column] = []
    complete = True
    for item in tree.selects:
        name = item.alias_or_name
        if item.is_star or not name:
            complete = False
            continue
        node = item.args.get("alias") or item.this
        meta = getattr(node, "meta", {}) if not isinstance(node, str) else {}
        begin = start + meta["start"] if "start" in meta else start
        end = start + meta["end"] + 1 if "end" in meta else start + 1
        place = context.script.place(context.offset + begin, context.offset + end)
        found.append(Column(name, place, quoted=bool(getattr(node, "quoted", False))))
    return found, complete


def _parsed(query: str, engine: str) -> exp.Query | None:
    """The tree of a query; None where no dialect reads it."""
    from sqlglot import exp

    for dialect in dict.fromkeys((_DIALECTS.get(engine, "postgres"), "postgres", "sqlite", "mysql")):
        tree = tree_of(query, dialect)
        if isinstance(tree, exp.Query):
            return tree
    return None
