"""The names a statement gives the columns of its result, as the engine spells them."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from constraintlint.project import Project
from constraintlint.project.sql_engines import engines_of
from constraintlint.project.sql_sites import SqlSite
from constraintlint.sql.trees import tree_of

_DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite", "mysql": "mysql"}


class Names(msgspec.Struct, frozen=True):
    """``exact`` name -> how it is written in the statement (or the schema). ``folded`` are those whose case PostgreSQL dropped."""

    engine: str
    exact: dict[str, str]
    folded: frozenset[str]

    def near(self, name: str) -> str | None:
        """The column that a name misses by case or underscores alone; None where it is there, or nothing is near."""
        if name in self.exact:
            return None
        wanted = plain(name)
        found = sorted(item for item in self.exact if plain(item) == wanted)
        return found[0] if found else None


def plain(name: str) -> str:
    return name.replace("_", "").lower()


def names_of(project: Project, site: SqlSite) -> Names | None:
    """The columns of the result, the same for every text the statement can be; None where not all of them are known."""
    engines = engines_of(project, site)
    if len(engines) != 1 or not site.contents:
        return None
    found: Names | None = None
    for content in site.contents:
        text = content.text.constant if content.text is not None else None
        names = _of_text(project, text, engines[0]) if text is not None else None
        if names is None or (found is not None and found.exact.keys() != names.exact.keys()):
            return None
        found = names
    return found


def _of_text(project: Project, text: str, engine: str) -> Names | None:
    from sqlglot import exp

    tree = tree_of(_plain_placeholders(text), _DIALECTS[engine])
    if isinstance(tree, exp.Select):
        items, source = tree.selects, cast(Any, tree)
    elif isinstance(tree, (exp.Insert, exp.Update, exp.Delete)) and tree.args.get("returning") is not None:
        items, source = tree.args["returning"].expressions, tree
    else:
        return None
    exact: dict[str, str] = {}
    folded: set[str] = set()
    for item in items:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            columns = _expanded(project, source, item.table if isinstance(item, exp.Column) else "", engine)
            if columns is None:
                return None
            exact.update(columns)
            continue
        name = item.args.get("alias") if isinstance(item, exp.Alias) else None
        if name is None and isinstance(item, exp.Column):
            name = item.this
        if not isinstance(name, exp.Identifier):
            continue  # a name the engine makes up
        written = name.name
        spelled = written.lower() if engine == "postgresql" and not name.args.get("quoted") else written
        if engine == "sqlite" and not isinstance(item, exp.Alias) and isinstance(item, exp.Column):
            spelled = _declared(project, source, item, written)
        exact[spelled] = written
        if spelled != written and engine == "postgresql":
            folded.add(spelled)
    return Names(engine, exact, frozenset(folded))


def named_items(project: Project, text: str, engine: str) -> dict[str, tuple[Any, dict[str, str]]] | None:
    """The columns of a SELECT by name -> the expression, and the tables it can read from (alias or name -> table); ``*`` expanded."""
    from sqlglot import exp

    tree = tree_of(_plain_placeholders(text), _DIALECTS[engine])
    if not isinstance(tree, exp.Select):
        return None
    tables = {
        item.alias_or_name.lower(): item.name
        for part in [tree.args.get("from_") or tree.args.get("from"), *(tree.args.get("joins") or ())]
        if part is not None and isinstance(item := part.this, exp.Table)
    }
    found: dict[str, tuple[Any, dict[str, str]]] = {}
    for item in tree.selects:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            columns = _expanded(project, tree, item.table if isinstance(item, exp.Column) else "", engine)
            for name in columns or {}:
                found[name] = (exp.column(name), tables)
        elif item.alias_or_name:
            found[item.alias_or_name] = (item.unalias(), tables)
    return found


def _plain_placeholders(text: str) -> str:
    return text.replace("%s", "?")


def _declared(project: Project, source: Any, item: Any, written: str) -> str:
    """SQLite gives a column that is not renamed the name it was declared with."""
    columns = _expanded(project, source, item.table, "sqlite") or {}
    return next((name for name in columns if name.lower() == written.lower()), written)


def _expanded(project: Project, source: Any, qualifier: str, engine: str) -> dict[str, str] | None:
    """The columns of ``*``, where every table it stands for is completely known."""
    from sqlglot import exp

    tables: list[Any] = []
    for part in [
        source.args.get("from_") or source.args.get("from"),
        *(source.args.get("joins") or ()),
        source.args.get("this"),
    ]:
        inner = getattr(part, "this", None) if isinstance(part, (exp.From, exp.Join, exp.Schema)) else part
        if isinstance(inner, exp.Table):
            tables.append(inner)
        elif inner is not None:
            return None
    if qualifier:
        tables = [table for table in tables if table.alias_or_name.lower() == qualifier.lower()]
    if not tables or source.args.get("with_") is not None or source.args.get("with") is not None:
        return None
    found: dict[str, str] = {}
    for table in tables:
        named = project.schema.named(table.name, table.db)
        if len(named) != 1 or not named[0].complete or not isinstance(table.this, exp.Identifier):
            return None
        for name, declared in named[0].columns().items():
            if engine == "postgresql":
                spellings = {name if column.quoted else name.lower() for column in declared}
                if len(spellings) != 1:
                    return None
                found[spellings.pop()] = name
            else:
                found[name] = name
    return found
