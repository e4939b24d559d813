"""``COUNT(*)`` of PostgreSQL arrives as a string in node-postgres (and in raw queries of Sequelize), and is used as a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import argument, literal_entries, uses
from constraintlint.checks._parents import Parents
from constraintlint.checks.sql._javascript_rows import Mapped, places
from constraintlint.checks.sql._row_origins import Shape
from constraintlint.facts.code import (
    Assign,
    Await,
    Binary,
    Call,
    Conditional,
    Constant,
    Entry,
    Expr,
    If,
    Index,
    Member,
    Name,
    Node,
    Return,
    Unary,
    walk,
)
from constraintlint.findings import Finding, Severity, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.texts import BuiltText, TextPiece
from constraintlint.project.sql_sites import SqlSite
from constraintlint.sql.trees import tree_of

RULE = "pg-count-bigint-as-string"
PACKAGES = frozenset(("pg", "sequelize", "sequelize-typescript"))

_COUNT = re.compile(r"\bcount\s*\(", re.I)
_PASSING = frozenset(("||", "??"))


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, PACKAGES) or _parses_integers(project):
        return
    only_postgres = {
        entry.name for entry in project.stack.databases if entry.role in ("runtime", "optional")
    } == {"postgresql"}
    parents = Parents(project)
    for site in project.sql_sites:
        if site.path not in project.paths or not isinstance(site.node, Call):
            continue
        if site.library == "sequelize" and not only_postgres:
            continue
        shape = _shape(site)
        if shape is None:
            continue
        columns = _counted(site)
        if columns:
            yield from _of_site(project, parents, site, shape, columns)


def _parses_integers(project: Project) -> bool:
    """Whether the program has the driver turn int8 into numbers."""
    for file in project.evaluator.files(("setTypeParser", "parseInt8")):
        if file.calls.get("setTypeParser") or file.stores.get("parseInt8"):
            return True
    return False


def _shape(site: SqlSite) -> Shape | None:
    """What the call gives: ``{rows}`` of node-postgres; rows or ``[rows, metadata]`` of Sequelize."""
    if site.library == "pg":
        return "result"
    if site.library != "sequelize" or not isinstance(site.node, Call) or site.via:
        return None
    options = argument(site.node, 1)
    if options is None:
        return "pair" if len(site.node.args) == 1 else None
    entries = literal_entries(options)
    if entries is None or "model" in entries or "raw" in entries:
        return None
    plain, type_ = entries.get("plain"), entries.get("type")
    if plain is not None:
        return "row" if isinstance(plain.value, Constant) and plain.value.value is True else None
    if type_ is None:
        return "pair"
    return "rows" if isinstance(type_.value, Member) and type_.value.name == "SELECT" else None


# --- the statement ----------------------------------------------------------------------------------------------


def _counted(site: SqlSite) -> frozenset[str]:
    """The columns of the result that are a count in every text the statement can be."""
    found: frozenset[str] | None = None
    for content in site.contents:
        text = _numbered(content.text) if content.text is not None else None
        if text is None or not _COUNT.search(text):
            return frozenset()
        names = _names(text)
        found = names if found is None else found & names
    return found or frozenset()


def _numbered(text: BuiltText) -> str | None:
    """The statement; where all that is not known are numbers of placeholders (``$${n}``), with one put in."""
    before = ""
    for piece in text.pieces:
        if not isinstance(piece, TextPiece):
            if not before.endswith("$"):
                return None
            before = ""
        else:
            before = piece.text
    return text.fill("1")


def _names(text: str) -> frozenset[str]:
    from sqlglot import exp

    tree = tree_of(text, "postgres")
    if not isinstance(tree, exp.Select):
        return frozenset()
    found: set[str] = set()
    for item in tree.selects:
        inner = item.unalias()
        if not _is_count(inner):
            continue
        if isinstance(item, exp.Alias):
            alias = item.args["alias"]
            found.add(alias.name if alias.args.get("quoted") else alias.name.lower())
        elif isinstance(inner, exp.Count):
            found.add("count")
    return frozenset(found)


def _is_count(node: object) -> bool:
    from sqlglot import exp

    if isinstance(node, exp.Subquery):
        inner = node.this
        return (
            isinstance(inner, exp.Select)
            and len(inner.selects) == 1
            and _is_count(inner.selects[0].unalias())
        )
    if isinstance(node, (exp.Paren, exp.Window)):
        return _is_count(node.this)
    if isinstance(node, exp.Coalesce):
        return _is_count(node.this)
    return isinstance(node, exp.Count)


# --- what becomes of it -----------------------------------------------------------------------------------------


def _of_site(
    project: Project, parents: Parents, site: SqlSite, shape: Shape, columns: frozenset[str]
) -> Iterator[Finding]:
    assert isinstance(site.node, Call)
    origins = Mapped(project.evaluator, site.node, shape)
    seen: set[tuple[str, tuple[int, int]]] = set()
    for place in places(project, origins, site.scope):
        for column, read, inside in origins.columns(place, columns):
            for node, scope in ((read, inside), *_handed_back(project, parents, read, inside)):
                told = _misuse(parents, node, scope)
                if told is not None and (scope.path, node.at) not in seen:
                    seen.add((scope.path, node.at))
                    yield _finding(project, site, column, node, scope, *told)


def _handed_back(
    project: Project, parents: Parents, node: Expr, scope: Scope
) -> Iterator[tuple[Expr, Scope]]:
    """Where the value is used that a function returns: its calls, or the uses of the name such a call is given."""
    function = scope.function
    if not isinstance(parents.of(scope.path, node), Return) or function is None or _promises_number(scope):
        return
    for call, caller, _ in parameters.call_sites(project.evaluator, scope, function):
        used: Expr = call
        parent = parents.of(caller.path, used)
        if isinstance(parent, Await):
            used, parent = parent, parents.of(caller.path, parent)
        target = parent.targets[0] if isinstance(parent, Assign) and len(parent.targets) == 1 else None
        if not isinstance(target, Name):
            yield used, caller
            continue
        variable = caller.find(target.id, used.at[1])
        if variable is None or len(variable.binds) != 1:
            continue
        file = project.evaluator.file(caller.path)
        for other in walk(list(variable.scope.body)) if file is not None else ():
            if isinstance(other, Name) and other.id == target.id and other is not target and file is not None:
                inside = file.at(other.at[0])
                if inside.find(other.id, other.at[0]) is variable:
                    yield other, inside


def _misuse(parents: Parents, node: Expr, scope: Scope) -> tuple[str, Severity | None] | None:
    """What goes wrong where the string is used; None where nothing does, or that is not known."""
    child: Node = node
    parent = parents.of(scope.path, child)
    while isinstance(parent, Binary) and parent.op in _PASSING and parent.left is child:
        child, parent = parent, parents.of(scope.path, parent)
    if isinstance(parent, Entry) and parent.value is child:
        return "goes into the object as a string", "warning"
    if isinstance(parent, Binary):
        other = parent.right if parent.left is child else parent.left
        number = isinstance(other, Constant) and other.kind in ("int", "float")
        if parent.op in ("===", "!==") and number:
            return f"is never {'equal' if parent.op == '===' else 'the same as'} a number", None
        if parent.op == "+" and number:
            return "is joined with the number as text", None
        return None
    if isinstance(parent, (If, Conditional)) and parent.test is child:
        return 'is true even where it is "0"', None
    if isinstance(parent, Unary) and parent.op == "!":
        return 'is true even where it is "0"', None
    if isinstance(parent, Return) and _promises_number(scope):
        return "is returned where a number is declared", None
    return None


def _promises_number(scope: Scope) -> bool:
    function = scope.function
    if function is None or function.returns is None:
        return False
    returns = function.returns
    if isinstance(returns, Index):
        returns = returns.index
    names = {item.id for item in walk(returns) if isinstance(item, Name)}
    return names == {"number"}


def _finding(
    project: Project,
    site: SqlSite,
    column: str,
    node: Expr,
    scope: Scope,
    told: str,
    severity: Severity | None,
) -> Finding:
    line, column_at, end_line, end_column = project.span(site.path, site.at)
    driver = "node-postgres" if site.library == "pg" else "Sequelize over node-postgres"
    return finding(
        RULE,
        scope.path,
        project.span(scope.path, node.at),
        f"{column} is a COUNT, a bigint, which {driver} hands over as a string: it {told}",
        help="cast it in the statement (COUNT(*)::int), or convert it with Number()",
        trace=[Step(site.path, line, column_at, "the query", end_line, end_column)],
        subject=f"{column} {told}",
        severity=severity,
    )
