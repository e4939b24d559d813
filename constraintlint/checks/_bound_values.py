"""Statements that are known to the last character, and the values they are executed with."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import (
    argument,
    calls,
    has_spread,
    literal_entries,
    owners,
    positional_arguments,
)
from constraintlint.checks._calls import uses as imports
from constraintlint.checks._placeholders import DRIVERS, Driver
from constraintlint.checks._request_words import said
from constraintlint.facts.code import (
    Arg,
    Assign,
    At,
    Binary,
    Call,
    Conditional,
    Constant,
    Expr,
    ExprStmt,
    Lambda,
    Mapping,
    Name,
    Node,
    Param,
    Raise,
    Return,
    Sequence,
    Spread,
    Stmt,
    Try,
    With,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.texts import BuiltText, TextPiece
from constraintlint.project.sql_sites import SqlSite

#: methods that take a statement and its values, by driver
_METHODS = {
    "sqlite3": {"execute"},
    "aiosqlite": {"execute", "execute_fetchall", "execute_insert"},
    "psycopg2": {"execute", "mogrify"},
    "psycopg": {"execute", "stream"},
    "asyncpg": {"execute", "fetch", "fetchrow", "fetchval"},
    "pymysql": {"execute", "mogrify"},
    "MySQLdb": {"execute"},
    "aiomysql": {"execute"},
    "pg": {"query"},
    "mysql": {"query"},
    "mysql2": {"query", "execute"},
    "mysql2/promise": {"query", "execute"},
    "sqlite3#": {"run", "get", "all", "each"},
    "sqlite#": {"run", "get", "all", "each"},
}
#: statements that are prepared first: the type, the calls that take the values
_STATEMENTS = {
    "better-sqlite3#Statement": ("better-sqlite3", ("all", "bind", "get", "iterate", "run")),
}
#: what is imported where such a driver is used
#: what the name of a table stands behind, where nothing else can
_WRITES = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+|ignore\s+)?into|update|delete\s+from)\s+[\"`]?(?:\w+\.)?$", re.I
)
_PACKAGES = frozenset(
    [
        *(key.removesuffix("#") for key in _METHODS),
        *(key for key, _ in _STATEMENTS.values()),
        "@neondatabase/serverless",
        "@vercel/postgres",
        "libsql",
        "pg-pool",
        "pysqlite3",
        "sqlcipher3",
    ]
)


class Use(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One execution of a constant statement; ``at`` is the call."""

    path: str
    scope: Scope
    at: At
    driver: Driver
    text: BuiltText
    sql: str
    given: Expr | None
    """what holds the values; None where there are none, or they are arguments of their own"""
    count: int | None
    """of the values; None where that is not known"""
    is_text: bool = False
    """a string stands where the sequence of values belongs"""
    method: str = ""
    """the last name of the function of the driver; "" for a prepared statement"""


def uses(project: Project) -> Iterator[Use]:
    """Every such execution in the served files."""
    if not imports(project, _PACKAGES):
        return  # following values has its price
    served = set(project.paths)
    for site in project.sql_sites:
        driver = driver_of(site) if site.path in served and not site.sink.endswith(".prepare") else None
        if driver is not None and isinstance(site.node, Call):
            yield from _of_site(project, site, site.node, driver)
    for kind, (key, methods) in _STATEMENTS.items():
        yield from _prepared(project, kind, DRIVERS[key], methods)


def driver_of(site: SqlSite) -> Driver | None:
    """The driver that a statement and its values are handed to; None where several may get it, or one whose rules are not known."""
    if site.others:
        return None
    key, separator, _ = site.sink.partition("#")
    if not separator:
        key = site.sink.split(".")[0]
    elif key in ("sqlite", "sqlite3"):
        key += "#"
    method = re.split(r"[.#]", site.sink)[-1]
    if key == "better-sqlite3" and method == "prepare":
        return DRIVERS[key]
    known = key in _METHODS and method in _METHODS[key] and not site.sink.startswith("psycopg2.extras")
    return DRIVERS[key] if known else None


def _of_site(project: Project, site: SqlSite, call: Call, driver: Driver) -> Iterator[Use]:
    content = site.contents[0] if len(site.contents) == 1 else None
    if content is None or content.text is None or content.wrapper or content.branches or has_spread(call):
        return
    if not _only_names(content.text):
        return
    sql = content.text.fill("")
    known, given = True, None
    if site.via:
        known, given = _handed_on(project, site, call, driver)
    elif call.args and isinstance(call.args[0].value, Mapping):
        known, given = _of_config(call)
    elif driver.passed == "second":
        given = argument(call, 1, *driver.keywords)
        given = None if isinstance(given, Lambda) else given
    if not known:
        return
    if driver.passed == "second":
        count, is_text = _in_sequence(project, given, site.scope)
    else:
        count, is_text = _in_arguments(project, driver, positional_arguments(call)[1:], site.scope), False
    method = re.split(r"[.#]", site.sink)[-1]
    yield Use(site.path, site.scope, call.at, driver, content.text, sql, given, count, is_text, method)


def _only_names(text: BuiltText) -> bool:
    """Whether all that is unknown of a statement is the table it writes to: no placeholder comes in by that."""
    pieces = text.pieces
    for i, piece in enumerate(pieces):
        if isinstance(piece, TextPiece):
            continue
        before = pieces[i - 1] if i else None
        after = pieces[i + 1] if i + 1 < len(pieces) else None
        if not isinstance(before, TextPiece) or _WRITES.search(before.text) is None:
            return False
        if not isinstance(after, TextPiece) or after.text[:1] not in (" ", "\n", "(", '"', "`"):
            return False
    return True


def _of_config(call: Call) -> tuple[bool, Expr | None]:
    """``query({text, values})``: whether the values are known, and what they are."""
    entries = literal_entries(call.args[0].value)
    if entries is None or any(not isinstance(arg.value, Lambda) for arg in call.args[1:]):
        return False, None
    values = entries.get("values")
    return True, values.value if values is not None else None


# --- values a helper of the project hands on -------------------------------------------------------------------------


def _handed_on(project: Project, site: SqlSite, outer: Call, driver: Driver) -> tuple[bool, Expr | None]:
    """The values given to a helper that is one call away from the driver."""
    if len(site.via) > 1 or driver.passed != "second":
        return False, None
    found = _call_at(project, *site.via[0])
    if found is None:
        return False, None
    inner, scope = found
    own = argument(inner, 1, *driver.keywords)
    if own is None:
        return not has_spread(inner) and _always_runs(inner, scope), None
    if not isinstance(own, Name):
        return False, None
    variable = scope.find(own.id, own.at[0])
    binds = reaching(variable, scope, own.at[0]) if variable is not None else []
    bind = binds[0] if len(binds) == 1 else None
    if bind is None or bind.kind != "param" or bind.keys or not isinstance(bind.node, Param):
        return False, None
    if bind.node.kind != "normal":
        return False, None
    given = parameters.argument_of(outer, bind.scope, bind.index, bind.node)
    return given is not None or _always_runs(inner, scope), given


def _always_runs(call: Call, scope: Scope) -> bool:
    """Whether each call of the helper comes to this one: one without values is often the other way of a choice."""
    return scope.function is not None and _comes_to(scope.function.body or [], call.at)


def _comes_to(body: list[Stmt], at: At) -> bool:
    for stmt in body:
        if stmt.at[0] <= at[0] < stmt.at[1]:
            if isinstance(stmt, With):
                return not _inside(stmt.body, at) or _comes_to(stmt.body, at)
            if isinstance(stmt, Try):
                return any(_comes_to(part, at) for part in (stmt.body, stmt.orelse, stmt.final))
            return isinstance(stmt, (Assign, ExprStmt, Return)) and not any(
                node.at[0] <= at[0] < node.at[1] and _chooses(node, at) for node in walk(stmt)
            )
        if any(isinstance(node, (Raise, Return)) for node in walk(stmt)):
            return False
    return False


def _chooses(node: Node, at: At) -> bool:
    if isinstance(node, Binary):
        return node.op in ("and", "or", "&&", "||", "??") and not node.left.at[0] <= at[0] < node.left.at[1]
    return isinstance(node, Conditional) and not node.test.at[0] <= at[0] < node.test.at[1]


def _inside(body: list[Stmt], at: At) -> bool:
    return bool(body) and body[0].at[0] <= at[0] < body[-1].at[1]


def _call_at(project: Project, path: str, at: At) -> tuple[Call, Scope] | None:
    file = project.evaluator.file(path)
    for found in file.calls.values() if file is not None else ():
        for call, scope in found:
            if call.at == at:
                return call, scope
    return None


# --- how many values ------------------------------------------------------------------------------------------------


def _in_sequence(project: Project, given: Expr | None, scope: Scope) -> tuple[int | None, bool]:
    """The number of values in the second argument; and whether that is a string."""
    if given is None or (isinstance(given, Constant) and given.kind in ("none", "undefined")):
        return 0, False
    count = _length(project, given, scope)
    if count is not None:
        return count, False
    values = project.evaluator.eval(given, scope)
    is_text = bool(values) and all(value.text is not None for value in values)
    return None, is_text or said(project, given, scope) is not None


def _length(project: Project, given: Expr, scope: Scope) -> int | None:
    """The length of a list, tuple or array literal without spreads that nothing is added to."""
    node: object = given
    if isinstance(given, Name):
        found = project.evaluator.eval(given, scope)
        if len(found) != 1 or found[0].branches or project.evaluator.grows(found[0], scope):
            return None
        node = found[0].node
    if not isinstance(node, Sequence) or node.kind == "set":
        return None
    return None if any(isinstance(item, Spread) for item in node.items) else len(node.items)


def _in_arguments(project: Project, driver: Driver, arguments: list[Arg], scope: Scope) -> int | None:
    """Values given one by one: ``fetch(sql, a, b)``, ``run(sql, a, b, callback)``, ``get([a, b])``."""
    plain = [arg.value for arg in arguments if not isinstance(arg.value, Lambda)]
    if driver.passed == "rest":
        return len(plain)
    if len(plain) == 1:
        count = _length(project, plain[0], scope)
        return count if count is not None else 1 if _is_scalar(project, plain[0], scope) else None
    for item in plain:
        if isinstance(item, (Sequence, Mapping)):
            return None
        kinds = {value.kind for value in project.evaluator.eval(item, scope)}
        if kinds & {"sequence", "mapping", "function"}:
            return None
    if (
        plain
        and driver.callbacks
        and isinstance(plain[-1], Name)
        and not _is_scalar(project, plain[-1], scope)
    ):
        return None  # may be the callback
    return len(plain)


def _is_scalar(project: Project, expr: Expr, scope: Scope) -> bool:
    values = project.evaluator.eval(expr, scope)
    return bool(values) and all(value.kind in ("text", "constant") for value in values)


def _prepared(project: Project, kind: str, driver: Driver, methods: tuple[str, ...]) -> Iterator[Use]:
    """``db.prepare(sql).get(a, b)``, also where the statement has a name."""
    if not project.evaluator.calls("prepare"):
        return  # ``get`` and ``all`` are methods of much else
    for call, scope in calls(project, methods, python=False):
        found = owners(project, call, scope)
        if has_spread(call) or len(found) != 1 or found[0].kind != "handle" or found[0].name != kind:
            continue
        made, caller = found[0].call, found[0].caller
        if made is None or caller is None or not made.args or found[0].branches:
            continue
        if getattr(made.callee, "name", "") != "prepare":
            continue  # something was bound to it in between
        if not call.args and project.evaluator.calls("bind", scope.path):
            continue  # the statement may hold its values
        texts = project.evaluator.eval(made.args[0].value, caller)
        text = texts[0].text if len(texts) == 1 and not texts[0].branches else None
        sql = text.constant if text is not None else None
        if text is not None and sql is not None:
            count = _in_arguments(project, driver, positional_arguments(call), scope)
            yield Use(scope.path, scope, call.at, driver, text, sql, None, count)
