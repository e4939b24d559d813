"""Queries of SQLAlchemy as they are chained: what they select, on which session, with which loader options.

``select(User).options(...)`` is a Query of kind ``select``, ``session.query(User)`` one of kind ``query``; ``execute`` makes a
``result`` of it, ``scalars`` makes ``scalars``; ``all``, ``first``, ``scalar_one`` and the like take objects out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.code import Call, Class, Expr, Member
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.models.records import Model
from constraintlint.project.models.sqlalchemy.reading import PACKAGES, last_name

if TYPE_CHECKING:
    from constraintlint.project.models.objects import Found, Objects

ASYNC = frozenset(("sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.async_scoped_session"))
SYNC = frozenset(("sqlalchemy.orm.Session", "sqlalchemy.orm.scoped_session"))
SESSIONS = ASYNC | SYNC
#: methods that give a query of the same entities
SAME = frozenset(
    ["filter", "filter_by", "where", "order_by", "limit", "offset", "options", "join", "outerjoin", "distinct", "group_by",
     "having", "execution_options", "with_for_update", "populate_existing", "yield_per", "enable_eagerloads",
     "select_from", "params", "slice", "unique", "columns", "correlate", "prefix_with", "suffix_with", "with_hint",
     "join_from", "outerjoin_from", "reset_joinpoint", "autoflush"]
)  # fmt: skip
_MANY = frozenset(("all", "fetchall", "fetchmany", "partitions"))
_ONE = frozenset(("first", "one", "one_or_none", "fetchone"))
_QUERY_ONE = frozenset(
    ("get", "get_or_404", "first_or_404", "one_or_404", "scalar_one", "scalar_one_or_none")
)
_SCALAR = frozenset(("scalar", "scalar_one", "scalar_one_or_none"))
_FLASK_ONE = frozenset(("get_or_404", "first_or_404", "one_or_404"))


class Query(msgspec.Struct, frozen=True, eq=False):
    """A query on its way. ``model`` is None where it does not select objects of one class.

    ``options`` are the arguments of ``options(...)`` with their scope; ``calls`` every call of the chain, first to last;
    ``session`` what runs it, "" in ``mode`` where that is not known.
    """

    kind: Literal["query", "select", "result", "scalars"]
    model: Model | None
    options: tuple[tuple[Expr, Scope], ...] = ()
    calls: tuple[tuple[Call, Scope], ...] = ()
    session: Expr | None = None
    session_scope: Scope | None = None
    mode: Literal["", "sync", "async"] = ""

    def called(self, *names: str) -> list[tuple[Call, Scope]]:
        """The calls of methods with these names."""
        return [
            (call, scope)
            for call, scope in self.calls
            if isinstance(call.callee, Member) and call.callee.name in names
        ]


class Taken(msgspec.Struct, frozen=True, eq=False):
    """Objects taken out of a query."""

    query: Query
    many: bool


class Passed(msgspec.Struct, frozen=True, eq=False):
    """What a method hands back: ``session.merge(x)``."""

    found: Found


Step = Query | Taken | Passed


def start(objects: Objects, expr: Member, scope: Scope) -> Query | None:
    """``User.query``: the query of Flask-SQLAlchemy and of ``query_property``."""
    if expr.name != "query":
        return None
    values = objects.project.evaluator.eval(expr.object, scope)
    for value in values:
        if value.kind == "class" and isinstance(value.node, Class):
            model = objects.project.models.of_class(value.node)
            if model is not None and model.orm == "sqlalchemy" and "query" in model.attributes:
                # a function that is given one class after the other queries none of them for certain
                return Query("query", model if len(values) == 1 else None, mode="sync")
    return None


def step(objects: Objects, call: Call, scope: Scope) -> Step | None:
    """What a call of the library gives; None where the call is none of SQLAlchemy's."""
    callee = call.callee
    name = callee.name if isinstance(callee, Member) else getattr(callee, "id", "")
    if name == "select" and _is_select(objects, call, scope):
        return Query("select", entity(objects, call, scope), calls=((call, scope),))
    if not isinstance(callee, Member):
        return None
    if name in _SESSION_METHODS or name in _FLASK_ONE:
        found = _session_call(objects, call, callee, scope)
        if found is not None:
            return found
    if name not in _CHAINED:
        return None
    owner = objects.of(callee.object, scope)
    if not owner.queries or owner.held:
        return None
    return _chained(_fullest(owner.queries), name, call, scope)


def _fullest(found: tuple[Query, ...]) -> Query:
    """Of a query that has more options on some ways than on others: the one with most."""
    best = max(found, key=lambda query: (len(query.options), len(query.calls)))
    if any(query.model is not best.model or query.kind != best.kind for query in found):
        return msgspec.structs.replace(best, model=None)
    return best


def _chained(query: Query, name: str, call: Call, scope: Scope) -> Step | None:
    grown = msgspec.structs.replace(query, calls=(*query.calls, (call, scope)))
    if name in SAME:
        if name == "options":
            given = tuple((arg.value, scope) for arg in call.args)
            return msgspec.structs.replace(grown, options=(*grown.options, *given))
        if name == "columns" and query.kind != "query":
            return msgspec.structs.replace(grown, model=None)
        return grown
    if name in (
        "with_entities",
        "add_columns",
        "add_entity",
        "with_only_columns",
        "values",
        "tuples",
        "mappings",
        "from_self",
    ):
        return msgspec.structs.replace(grown, model=None)
    if name == "scalars":
        return msgspec.structs.replace(grown, kind="scalars") if query.kind == "result" else None
    if query.kind in ("query", "scalars"):
        if name in _MANY:
            return Taken(grown, True)
        if name in _ONE or (query.kind == "query" and name in _QUERY_ONE):
            return Taken(grown, False)
    if query.kind == "result" and name in _SCALAR:
        return Taken(grown, False)
    return msgspec.structs.replace(grown, model=None)


_SESSION_METHODS = frozenset(
    ("query", "get", "get_one", "scalars", "scalar", "execute", "exec", "stream", "stream_scalars", "merge")
)
_CHAINED = SAME | _MANY | _ONE | _QUERY_ONE | _SCALAR | {
    "scalars", "with_entities", "add_columns", "add_entity", "with_only_columns", "values", "tuples", "mappings", "from_self"
}  # fmt: skip


def _session_call(objects: Objects, call: Call, callee: Member, scope: Scope) -> Step | None:
    name = callee.name
    if name in ("get", "get_one", "get_or_404") and not _names_a_class(objects, call):
        return None  # a dict, a request: what it is made on need not be followed
    kinds = session_kinds(objects, callee.object, scope)
    flask = not kinds and name in _FLASK_ONE and _is_flask(objects, callee.object, scope)
    if not kinds and not flask:
        return None
    mode: Literal["sync", "async"] = "async" if kinds and kinds <= ASYNC else "sync"
    at: tuple[tuple[Call, Scope], ...] = ((call, scope),)
    base = Query("query", None, calls=at, session=callee.object, session_scope=scope, mode=mode)
    if name == "query":
        return msgspec.structs.replace(base, model=entity(objects, call, scope))
    if name in ("get", "get_one", "get_or_404"):
        options = tuple((arg.value, scope) for arg in call.args if arg.name == "options")
        model = entity(objects, call, scope, several=True)
        return Taken(msgspec.structs.replace(base, model=model, options=options), False)
    if name == "merge":
        from constraintlint.project.models.objects import NOTHING

        return Passed(objects.of(call.args[0].value, scope) if call.args else NOTHING)
    return _executed(objects, call, scope, base, name)


def _names_a_class(objects: Objects, call: Call) -> bool:
    """Whether the first argument may name a mapped class, under its own name or another one of a class."""
    first = next((arg.value for arg in call.args if not arg.name and not arg.spread), None)
    name = last_name(first) if first is not None else ""
    return name in objects.names or name[:1].isupper() or name in ("model", "cls", "entity", "klass")


def _executed(objects: Objects, call: Call, scope: Scope, base: Query, name: str) -> Step | None:
    """``session.execute(statement)`` and its relatives."""
    statement = next((arg.value for arg in call.args if not arg.name), None)
    found = objects.of(statement, scope) if statement is not None else None
    query = _fullest(found.queries) if found is not None and found.queries else None
    if query is None or found is None or query.kind not in ("select", "query"):
        return Query(
            "result",
            None,
            calls=base.calls,
            session=base.session,
            session_scope=base.session_scope,
            mode=base.mode,
        )
    ran = msgspec.structs.replace(
        query,
        kind="scalars" if name in ("scalars", "stream_scalars", "exec") else "result",
        calls=(*query.calls, *base.calls),
        session=base.session,
        session_scope=base.session_scope,
        mode=base.mode,
    )
    if name in ("scalar", *_FLASK_ONE):
        return Taken(ran, False)
    return ran


def session_kinds(objects: Objects, expr: Expr, scope: Scope) -> set[str]:
    """The session types an expression can be; empty where anything else is possible."""
    return kinds_of(objects, objects.project.evaluator.eval(expr, scope))


def kinds_of(objects: Objects, values: tuple[Value, ...]) -> set[str]:
    found: set[str] = set()
    for value in values:
        if value.kind == "constant":
            continue
        name = value.name if value.kind in ("handle", "library") else ""
        lineage = set(objects.project.evaluator.library_for(value.path).lineage(name)) if name else set()
        if value.kind in ("class", "object"):
            lineage = objects.project.evaluator.class_names(value)
        kind = next((item for item in sorted(ASYNC) if item in lineage), "") or next(
            (item for item in sorted(SYNC) if item in lineage), ""
        )
        if not kind:
            return set()
        found.add(kind)
    return found


def _is_flask(objects: Objects, expr: Expr, scope: Scope) -> bool:
    found = objects.project.evaluator.eval(expr, scope)
    return bool(found) and all(value.name == "flask_sqlalchemy.SQLAlchemy" for value in found)


def _is_select(objects: Objects, call: Call, scope: Scope) -> bool:
    found = objects.project.evaluator.eval(call.callee, scope)
    return bool(found) and all(
        value.kind == "library" and value.name.partition(".")[0] in PACKAGES for value in found
    )


def entity(objects: Objects, call: Call, scope: Scope, *, several: bool = False) -> Model | None:
    """The one class a query selects objects of; None where it selects columns, or several things."""
    positional = [arg for arg in call.args if not arg.name]
    if not positional or any(arg.spread for arg in positional) or (len(positional) != 1 and not several):
        return None
    return class_of(objects, positional[0].value, scope)


def class_of(objects: Objects, expr: Expr, scope: Scope) -> Model | None:
    """The model an expression surely names."""
    found = objects.project.evaluator.eval(expr, scope)
    if len(found) != 1 or found[0].kind != "class" or not isinstance(found[0].node, Class):
        return None
    model = objects.project.models.of_class(found[0].node)
    return model if model is not None and model.orm == "sqlalchemy" else None
