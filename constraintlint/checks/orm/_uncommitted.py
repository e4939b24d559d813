"""Writes on a session or connection that comes from elsewhere, where no function on any way to them or from them commits.

The ways are followed by name alone: every function that mentions a name may run what is called so. That finds more ways than
there are, so that what remains is surely not committed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.checks._sa_sessions import functions, inside, made_here
from constraintlint.checks.sql._python_rows import handles
from constraintlint.facts.code import Assign, Call, Class, Define, Expr, Function, Member, Name, Node, With
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.models.sqlalchemy.queries import ASYNC, SYNC, session_kinds
from constraintlint.roles import is_test

_WRITES = frozenset(("add", "add_all", "delete"))
_RUNS = frozenset(("execute", "executemany"))
_SQLITE = frozenset(("sqlite3.Connection", "sqlite3.Cursor", "aiosqlite.Connection", "aiosqlite.Cursor"))
#: words of code that ends, or opens, a transaction
_COMMITS = frozenset(("commit", "begin", "begin_nested", "transaction", "atomic", "prepare"))
#: settings by which nothing has to be committed
_AUTOMATIC = ("autocommit", "AUTOCOMMIT", "isolation_level", "COMMIT_ON_TEARDOWN", "autobegin")
#: what runs around a request without being called by name
_HOOK = re.compile(r"teardown|after|before|middleware|listens_for|finaliz|cleanup|signal|receiver|hook", re.I)
_HOOK_NAMES = frozenset(("dispatch", "__call__", "__exit__", "__aexit__", "process_response", "__del__"))
#: lines that make something run with requests
_REGISTERS = re.compile(
    rb"dependencies\s*=|middleware|after_request|before_request|teardown|on_response|signal|inject|Provide\b",
    re.I,
)
_INJECTED = re.compile(rb"(?:Depends|Security)\(\s*([\w.]+)")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_SQL = re.compile(r"\s*(?:insert|update|delete|replace)\b", re.I)


class Write(msgspec.Struct, frozen=True, eq=False):
    """``node`` writes; ``what`` is the session or connection as it is written there."""

    node: Node
    scope: Scope
    what: str
    kind: str


def writes(project: Project) -> Iterator[Write]:
    """The first write of each function that is run for a request, and whose changes nothing commits."""
    found = [item for scope in _candidates(project) if (item := _first(project, scope)) is not None]
    if not found:
        return
    ways = _Ways.of(project)
    if ways is None or ways.commits(ways.registered):
        return
    handlers = {
        route.handler.function.name
        for route in project.routes.routes
        if route.handler is not None and route.handler.function is not None
    }
    for item in found:
        function = item.scope.function
        assert function is not None
        above = ways.above(function.name)
        if above & handlers and not ways.commits(above):
            yield item


def _candidates(project: Project) -> Iterator[Scope]:
    for scope in functions(project, ("session", "Session", "execute", "add", "db", "conn")):
        function = scope.function
        if function is None or is_test(scope.path) or scope.path not in project.paths:
            continue
        names = {
            node.name if isinstance(node, Member) else node.id
            for node in inside(scope)
            if isinstance(node, (Member, Name))
        }
        if not names & _COMMITS:
            yield scope


def _first(project: Project, scope: Scope) -> Write | None:
    for node in inside(scope):
        if isinstance(node, With) and any(item.target is None for item in node.items):
            return None  # ``with connection:`` commits
        if isinstance(node, Call) and isinstance(node.callee, Member):
            owner = node.callee.object
            if node.callee.name in _WRITES and _is_session(project, owner, scope):
                return Write(node, scope, _shown(owner), "session")
            if node.callee.name in _RUNS and node.args and _is_sqlite(project, node, owner, scope):
                return Write(node, scope, _shown(owner), "connection")
        if isinstance(node, Assign) and len(node.targets) == 1:
            what = _changed(project, node.targets[0], scope)
            if what:
                return Write(node, scope, what, "session")
    return None


def _is_session(project: Project, owner: Expr, scope: Scope) -> bool:
    kinds = session_kinds(project.objects, owner, scope)
    return bool(kinds) and kinds <= SYNC | ASYNC and made_here(project, owner, scope) is None


def _is_sqlite(project: Project, call: Call, owner: Expr, scope: Scope) -> bool:
    found = handles(project.evaluator, owner, scope)
    if not found or any(value.name not in _SQLITE for value in found):
        return False
    texts = project.evaluator.eval(call.args[0].value, scope)
    return bool(texts) and all(
        value.text is not None and _SQL.match(value.text.start) is not None for value in texts
    )


def _changed(project: Project, target: Expr, scope: Scope) -> str:
    """The session of an object that was queried here and of which a column is set."""
    if not isinstance(target, Member) or not isinstance(target.object, Name):
        return ""
    held = project.objects.of(target.object, scope).only
    if held is None or held.many or held.origin != "query" or held.query is None or held.via:
        return ""
    session, home = held.query.session, held.query.session_scope
    attribute = held.model.attributes.get(target.name)
    if attribute is None or attribute.kind != "column" or session is None or home is None:
        return ""
    return _shown(session) if made_here(project, session, home) is None else ""


def _shown(expr: Expr) -> str:
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        return f"{_shown(expr.object)}.{expr.name}"
    return f"{_shown(expr.callee)}()" if isinstance(expr, Call) else "it"


class _Ways:
    """Which functions mention which, by name."""

    def __init__(self, mentions: dict[str, set[str]], registered: set[str]) -> None:
        self._mentions = mentions
        self.registered = registered
        """what is named where something is made to run with requests: dependencies, middleware, handlers of events"""
        self._by: dict[str, set[str]] = {}
        for name, words in mentions.items():
            for word in words & mentions.keys():
                self._by.setdefault(word, set()).add(name)

    @classmethod
    def of(cls, project: Project) -> _Ways | None:
        """None where the project commits by itself, or in code that is not called by name."""
        mentions: dict[str, set[str]] = {}
        registered: set[str] = set()
        for path in sorted(project.resolutions):
            if not path.endswith(".py") or is_test(path):
                continue
            project.facts(path)
            data = project.tree.read(path) or b""
            if any(word.encode() in data for word in _AUTOMATIC):
                return None
            file = project.evaluator.file(path)
            if file is None:
                if b"commit" in data:
                    return None
                continue
            registered |= _words(b" ".join(_INJECTED.findall(data)))
            for line in data.split(b"\n"):
                if _REGISTERS.search(line):
                    registered |= _words(line)
            for name, variables in file.module.names.items():
                for bind in (item for variable in variables for item in variable.binds):
                    if bind.value is not None:  # Items = Annotated[Store, Depends(get_store)]
                        mentions.setdefault(name, set()).update(
                            _words(data[bind.value.at[0] : bind.value.at[1]])
                        )
            for scope in file.by_node.values():
                function = scope.function
                if function is None:
                    if isinstance(
                        scope.node, Class
                    ):  # what making an object of it runs, and what it is made of
                        parts = [data[item.at[0] : item.at[1]] for item in _made_of(scope.node)]
                        mentions.setdefault(scope.node.name, set()).update(_words(b" ".join(parts)))
                    continue
                start = min([function.at[0], *(item.at[0] for item in function.decorators)])
                words = _words(data[start : function.at[1]])
                if words & _COMMITS and _is_hook(function, data[start : function.at[0]]):
                    return None
                mentions.setdefault(function.name, set()).update(words)
        return cls(mentions, registered)

    def above(self, name: str) -> set[str]:
        """The functions that may come to one, itself included."""
        return self._closure({name}, self._by)

    def commits(self, names: set[str]) -> bool:
        """Whether one of some functions, or one of those that they may come to, commits."""
        return any(self._mentions[name] & _COMMITS for name in self._closure(names, self._mentions))

    def _closure(self, names: set[str], edges: dict[str, set[str]]) -> set[str]:
        seen: set[str] = set()
        queue = sorted(names & self._mentions.keys())
        while queue:
            name = queue.pop()
            if name not in seen:
                seen.add(name)
                queue += [item for item in edges.get(name, ()) if item in self._mentions]
        return seen


def _made_of(cls: Class) -> Iterator[Node]:
    for stmt in cls.body:
        if not isinstance(stmt, Define):
            yield stmt
        elif stmt.function.name in (
            "__init__",
            "__enter__",
            "__aenter__",
            "__exit__",
            "__aexit__",
            "__call__",
        ):
            yield stmt.function
    for base in cls.bases:
        yield base.value


def _words(data: bytes) -> set[str]:
    return {item.decode() for item in _WORD.findall(data)}


def _is_hook(function: Function, decorators: bytes) -> bool:
    return function.name in _HOOK_NAMES or _HOOK.search(decorators.decode("utf-8", "replace")) is not None
