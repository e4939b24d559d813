"""A connection, cursor or pool is used after it was closed or released, or after the end of the ``with`` that owned it."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.checks._order import inside, loop_around, surely_before
from constraintlint.checks._parents import Parents
from constraintlint.checks.sql._handle_kinds import KINDS, Kind
from constraintlint.facts.code import (
    At,
    Await,
    Call,
    Clause,
    Expr,
    ExprStmt,
    Function,
    Index,
    Jump,
    Loop,
    Member,
    Name,
    Node,
    Raise,
    Return,
    Stmt,
    Try,
    With,
)
from constraintlint.findings import Finding, Severity, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow import classes
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, FileScopes, Scope, Variable
from constraintlint.project.flow.stores import role
from constraintlint.project.flow.values import Value
from constraintlint.roles import is_test

RULE = "db-handle-used-after-close"

_PACKAGES = frozenset(
    (
        "sqlite3", "aiosqlite", "asyncpg", "psycopg2", "psycopg", "sqlalchemy", "flask_sqlalchemy", "sqlmodel",
        "better-sqlite3", "node:sqlite", "pg", "mysql2",
    )
)  # fmt: skip
_WORDS = ("close", "release", "terminate", "end", "destroy", "with")
#: what ends one kind or another: asked before what the object is
_CLOSERS = frozenset(name for kind in KINDS.values() for name in kind.closers)
#: attributes and methods that tell whether it is open
_STATES = frozenset(
    ("closed", "open", "is_closed", "isOpen", "_closed", "_ending", "ended", "ending", "closing", "_running")
)
#: what gives a connection back to a pool whose exit does not close it
_LENT = frozenset(("connection", "getconn"))


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    checker = _Checker(project)
    for path in project.paths:
        if is_test(path) or not project.mentions(path, _WORDS):
            continue
        file = project.evaluator.file(path)
        if file is not None:
            yield from checker.of_file(file)


#: calls whose ``with`` may own what it gives
_OPENERS = frozenset(
    ("connect", "acquire", "cursor", "execute", "executemany", "executescript", "begin", "create_pool")
)


class _Checker:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.ev = project.evaluator
        self.parents = Parents(project)
        self._scope: Scope | None = None
        self._names: dict[str, list[Name]] = {}
        self._blocks: list[With] = []

    def of_file(self, file: FileScopes) -> Iterator[Finding]:
        scopes = [file.module, *file.by_node.values()]
        for scope in sorted(scopes, key=lambda item: item.at):
            if scope.kind == "class" or not scope.body:
                continue
            for name in self._ended(scope):
                for variable in scope.names.get(name, ()):
                    yield from self.of_variable(variable, scope)

    def _ended(self, scope: Scope) -> list[str]:
        """The names of a scope that hold a connection, cursor or pool, and come to an end there."""
        found: set[str] = set()
        for call in scope.calls:
            callee = call.callee
            if not isinstance(callee, Member) or callee.name not in _CLOSERS:
                continue
            for name in (callee.object, call.args[0].value if len(call.args) == 1 else None):
                if isinstance(name, Name) and name.id not in found and self._kind(name, scope) is not None:
                    found.add(name.id)
        for name_, variables in scope.names.items():
            for variable in variables:
                for bind in variable.binds:
                    if bind.kind == "with" and not bind.keys and _opens(_last(bind.value)):
                        found.add(name_)
        return sorted(found)

    def of_variable(self, variable: Variable, scope: Scope) -> Iterator[Finding]:
        """The first use after the end of what a variable holds."""
        self._read(scope)
        names = [node for node in self._names.get(variable.name, ()) if self._is_it(node, variable, scope)]
        if len(names) < 2:
            return
        for name, end, held, kind, how in self._ends(variable, scope, names):
            found = self._first_use(names, scope, variable, end, held, kind)
            if found is None:
                found = self._taken_along(scope, name, end, held, kind)
            if found is None and how == "closed":
                found = self._next_round(names, scope, variable, end, held, kind)
            if found is not None:
                yield self._finding(scope, variable.name, found, kind, end, how)
                return
        yield from self._returned(variable, scope, names)
        yield from self._stored(variable, scope, names)

    def _read(self, scope: Scope) -> None:
        """Note what stands in a scope, once for all its variables."""
        if self._scope is scope:
            return
        self._scope, self._names, self._blocks = scope, {}, []
        for node in inside(scope.body):
            if isinstance(node, Name):
                self._names.setdefault(node.id, []).append(node)
            elif isinstance(node, With):
                self._blocks.append(node)

    def _is_it(self, node: Name, variable: Variable, scope: Scope) -> bool:
        return scope.find(node.id, node.at[0]) is variable

    def _kind(self, name: Name, scope: Scope) -> Kind | None:
        found = [item for item in self.ev.eval(name, scope) if item.kind != "constant"]
        if not found or any(item.kind != "handle" for item in found):
            return None
        kinds = {item.name for item in found}
        return KINDS.get(kinds.pop()) if len(kinds) == 1 else None

    # --- where it ends ----------------------------------------------------------------------------------------------

    def _ends(
        self, variable: Variable, scope: Scope, names: list[Name]
    ) -> Iterator[tuple[Name, At, list[Bind], Kind, str]]:
        """(the name there, the place, the definitions ended there, the kind, how) of every certain end."""
        for name in names:
            parent = self.parents.of(scope.path, name)
            call = self.parents.of(scope.path, parent) if parent is not None else None
            if isinstance(parent, Member) and parent.object is name:
                if (
                    parent.name not in _CLOSERS
                    or not isinstance(call, Call)
                    or call.callee is not parent
                    or not self._is_statement(call, scope)
                ):
                    continue
                kind = self._kind(name, scope)
                if kind is not None and parent.name in kind.closers:
                    yield name, call.at, reaching(variable, scope, name.at[0]), kind, "closed"
            elif isinstance(call, Call) and self._releases(call, name, scope):
                kind = self._kind(name, scope)
                if kind is not None:
                    yield name, call.at, reaching(variable, scope, name.at[0]), kind, "released"
        for block in self._blocks:
            for item in block.items:
                opened = item.target if item.target is not None else item.value
                if not isinstance(opened, Name) or not any(opened is name for name in names):
                    continue
                kind = self._kind(opened, scope)
                if kind is None or not (
                    (kind.entered and self._is_owned(item.value, scope))
                    or self._is_closed_by_manager(item.value, scope, kind)
                ):
                    continue
                held = [bind for bind in variable.binds if bind.at == opened.at] or reaching(
                    variable, scope, opened.at[0]
                )
                yield opened, (block.at[1] - 1, block.at[1]), held, kind, "with"

    def _is_statement(self, call: Call, scope: Scope) -> bool:
        parent = self.parents.of(scope.path, call)
        if isinstance(parent, Await):
            parent = self.parents.of(scope.path, parent)
        return isinstance(parent, ExprStmt)

    def _releases(self, call: Call, name: Name, scope: Scope) -> bool:
        """``pool.release(conn)``."""
        return (
            isinstance(call.callee, Member)
            and call.callee.name == "release"
            and len(call.args) == 1
            and call.args[0].value is name
            and self._is_statement(call, scope)
            and self._is_pool(call.callee.object, scope)
        )

    def _is_pool(self, expr: Expr, scope: Scope) -> bool:
        found = self.ev.eval(expr, scope)
        return bool(found) and all(item.kind == "handle" and item.name == "asyncpg.Pool" for item in found)

    def _is_owned(self, value: Expr, scope: Scope) -> bool:
        """Whether leaving a ``with`` over this surely ends it: what a call of the library gave, or the object itself."""
        if isinstance(value, Await):
            value = value.value
        if isinstance(value, Name):
            return True
        if not isinstance(value, Call):
            return False
        found = self.ev.eval(value.callee, scope)
        if found and all(item.kind == "function" for item in found):
            return all(self._hands_out(item) for item in found)
        if not found or any(item.kind != "library" for item in found):
            return False
        return not (isinstance(value.callee, Member) and value.callee.name in _LENT)

    def _hands_out(self, value: Value) -> bool:
        """Whether a function of the project is a context manager that yields what its own ``with`` block ends."""
        function = value.node
        inner = self.ev.scope_of(value.path, function) if isinstance(function, Function) else None
        if inner is None or not isinstance(function, Function) or len(inner.yields) != 1:
            return False
        if not any(
            _last_of(item) in ("contextmanager", "asynccontextmanager") for item in function.decorators
        ):
            return False
        given = inner.yields[0]
        if not isinstance(given.value, Name):
            return False
        return any(
            isinstance(node, With)
            and node.at[0] <= given.at[0] < node.at[1]
            and any(
                isinstance(item.target, Name)
                and item.target.id == given.value.id
                and isinstance(item.value, (Call, Await))
                and self._is_owned(item.value, inner)
                for item in node.items
            )
            for node in inside(inner.body)
        )

    def _is_closed_by_manager(self, value: Expr, scope: Scope, kind: Kind) -> bool:
        """Whether a ``with`` is over a context manager of the project that closes what it yields: ``try: yield conn`` and
        ``finally: conn.close()``."""
        found = self.ev.eval(value.callee, scope) if isinstance(value, Call) else ()
        return bool(found) and all(
            item.kind == "function"
            and isinstance(item.node, Function)
            and self._closes(item, item.node, kind)
            for item in found
        )

    def _closes(self, value: Value, function: Function, kind: Kind) -> bool:
        inner = self.ev.scope_of(value.path, function)
        if inner is None or len(inner.yields) != 1 or not isinstance(inner.yields[0].value, Name):
            return False
        if not any(
            _last_of(item) in ("contextmanager", "asynccontextmanager") for item in function.decorators
        ):
            return False
        given, name = inner.yields[0].at, inner.yields[0].value.id
        return any(
            isinstance(node, Try)
            and any(stmt.at[0] <= given[0] < stmt.at[1] for stmt in node.body)
            and any(_is_closing(stmt, name, kind) for stmt in node.final)
            for node in inside(inner.body)
        )

    # --- what is used after -----------------------------------------------------------------------------------------

    def _first_use(
        self, names: list[Name], scope: Scope, variable: Variable, end: At, held: list[Bind], kind: Kind
    ) -> Node | None:
        for name in names:
            call = self._failing(name, scope, kind)
            if (
                call is not None
                and self._is_after(scope, end, name.at[0])
                and _same(reaching(variable, scope, name.at[0]), held)
                and not self._is_tried(scope, name, end)
                and not self._is_asked(scope, names, end, name.at[0])
            ):
                return call
        return None

    def _is_asked(self, scope: Scope, names: list[Name], end: At, place: int) -> bool:
        """Whether the program asks the object if it is still open, between its end and a place."""
        return any(
            isinstance(parent, Member) and parent.object is name and parent.name in _STATES
            for name in names
            if end[1] <= name.at[0] < place
            for parent in (self.parents.of(scope.path, name),)
        )

    def _failing(self, name: Name, scope: Scope, kind: Kind) -> Call | None:
        """The call of a method that fails on an ended object, where a name is its object."""
        parent = self.parents.of(scope.path, name)
        if not isinstance(parent, Member) or parent.object is not name or parent.name not in kind.fails:
            return None
        call = self.parents.of(scope.path, parent)
        return call if isinstance(call, Call) and call.callee is parent else None

    def _is_after(self, scope: Scope, end: At, place: int) -> bool:
        return surely_before(scope.body, end[0], place) and place >= end[1]

    def _is_tried(self, scope: Scope, name: Node, end: At) -> bool:
        """Whether an error of the use is caught: by a ``try`` that the end is not in as well."""
        current = self.parents.of(scope.path, name)
        while current is not None:
            if isinstance(current, Try) and current.handlers and not current.at[0] <= end[0] < current.at[1]:
                return True
            current = self.parents.of(scope.path, current)
        return False

    def _taken_along(self, scope: Scope, name: Name, end: At, held: list[Bind], kind: Kind) -> Node | None:
        """A cursor made from the connection before its end, read after it."""
        if not kind.takes_along:
            return None
        for variables in scope.names.values():
            for variable in variables:
                if not any(self._is_made_from(bind, name, scope) for bind in variable.binds):
                    continue
                for node in self._names.get(variable.name, ()):
                    if (
                        self._is_after(scope, end, node.at[0])
                        and (made := reaching(variable, scope, node.at[0]))
                        and all(self._is_made_from(bind, name, scope) for bind in made)
                        and all(bind.at[0] < end[0] for bind in made)
                        and self._is_cursor(node, scope, kind)
                        and not self._is_tried(scope, node, end)
                    ):
                        return node
        return None

    def _is_made_from(self, bind: Bind, name: Name, scope: Scope) -> bool:
        if bind.kind != "assign" or bind.keys:
            return False
        value = bind.value.value if isinstance(bind.value, Await) else bind.value
        if not isinstance(value, Call) or not isinstance(value.callee, Member):
            return False
        owner = value.callee.object
        return isinstance(owner, Name) and owner.id == name.id and value.callee.name in ("cursor", "execute")

    def _is_cursor(self, node: Name, scope: Scope, kind: Kind) -> bool:
        """Whether a name is a cursor that is read here."""
        found = self.ev.eval(node, scope)
        if not found or any(item.kind != "handle" or item.name not in kind.takes_along for item in found):
            return False
        parent = self.parents.of(scope.path, node)
        if isinstance(parent, Member) and parent.object is node:
            return parent.name in ("fetchone", "fetchall", "fetchmany", "execute", "executemany")
        return isinstance(parent, (Loop, Clause)) and parent.iterable is node

    def _next_round(
        self, names: list[Name], scope: Scope, variable: Variable, end: At, held: list[Bind], kind: Kind
    ) -> Node | None:
        """A use in a loop whose first round closes what was opened before the loop."""
        loop = loop_around(scope.body, end[0])
        if loop is None or not held or any(loop.at[0] <= bind.at[0] < loop.at[1] for bind in held):
            return None
        if any(isinstance(node, (Return, Raise, Jump)) for node in inside(loop.body)):
            return None
        for name in names:
            call = self._failing(name, scope, kind)
            if (
                call is not None
                and loop.body[0].at[0] <= name.at[0] < end[0]
                and loop_around(scope.body, name.at[0]) is loop
                and _same(reaching(variable, scope, name.at[0]), held)
                and not self._is_tried(scope, name, end)
            ):
                return call
        return None

    # --- handed out -------------------------------------------------------------------------------------------------

    def _returned(self, variable: Variable, scope: Scope, names: list[Name]) -> Iterator[Finding]:
        """``return conn`` (or an object that keeps it) out of the ``with`` that ends it."""
        function = scope.function
        if function is None or function.is_generator or scope.yields:
            return
        for name, end, held, kind, how in self._ends(variable, scope, names):
            if how != "with" or not any(bind.kind == "with" for bind in held):
                continue
            block = next(
                node
                for node in self._blocks
                if (node.at[1] - 1, node.at[1]) == end and any(name is target for target in _targets(node))
            )
            for node in inside(block.body):
                if not isinstance(node, Return) or node.value is None:
                    continue
                value = node.value
                kept = ""
                if isinstance(value, Call):
                    kept = self._keeper(value, variable.name, scope)
                    if not kept:
                        continue
                elif not isinstance(value, Name) or value.id != variable.name:
                    continue
                subject = value if isinstance(value, Name) else None
                at = subject.at[0] if subject is not None else value.at[0]
                if _same(reaching(variable, scope, at), held):
                    yield self._handed_out(scope, variable.name, value, kept, kind, block)
                    return

    def _stored(self, variable: Variable, scope: Scope, names: list[Name]) -> Iterator[Finding]:
        """``app["pool"] = pool`` in a block that ends before the ``yield`` during which the application runs."""
        file = self.ev.file(scope.path)
        if file is None or not scope.yields:
            return
        for name, end, held, kind, how in self._ends(variable, scope, names):
            block = next(
                (
                    node
                    for node in self._blocks
                    if (node.at[1] - 1, node.at[1]) == end
                    and any(name is target for target in _targets(node))
                ),
                None,
            )
            if how != "with" or block is None or any(item.at[0] < block.at[1] for item in scope.yields):
                continue
            for store in [item for stores in file.stores.values() for item in stores]:
                value = store.value
                if (
                    store.scope is not scope
                    or not block.at[0] <= value.at[0] < block.at[1]
                    or not _is_application(store.owner)
                ):
                    continue
                subject = value if isinstance(value, Name) and value.id == variable.name else None
                kept = self._keeper(value, variable.name, scope) if isinstance(value, Call) else ""
                at = subject.at[0] if subject is not None else value.at[0]
                if (subject is not None or kept) and _same(reaching(variable, scope, at), held):
                    told = f"a {kept} that keeps {variable.name}" if kept else variable.name
                    line, column, end_line, end_column = self.project.span(scope.path, block.items[0].at)
                    yield finding(
                        RULE,
                        scope.path,
                        self.project.span(scope.path, value.at),
                        f"{told} is kept on the application, and the block ends it before the yield during which requests are answered: {kind.error}",
                        help="let the yield stand inside the block",
                        trace=[
                            Step(scope.path, line, column, "it ends with this block", end_line, end_column)
                        ],
                        subject=f"{variable.name} kept on the application in {scope.function.name if scope.function else 'the module'}",
                    )
                    return

    def _keeper(self, call: Call, name: str, scope: Scope) -> str:
        """The class of the project whose constructor keeps the variable on the object; "" for anything else."""
        positions = [
            number
            for number, arg in enumerate(call.args)
            if isinstance(arg.value, Name) and arg.value.id == name and not arg.spread and not arg.name
        ]
        found = self.ev.eval(call.callee, scope)
        if len(positions) != 1 or len(found) != 1 or found[0].kind != "class" or found[0].scope is None:
            return ""
        for constructor in classes.constructor(self.ev, found[0]):
            inner = constructor.scope
            function = inner.function if inner is not None else None
            if function is None or positions[0] + 1 >= len(function.params):
                return ""
            param = function.params[positions[0] + 1].name
            for binds in found[0].scope.fields.values():
                if any(isinstance(bind.value, Name) and bind.value.id == param for bind in binds):
                    return found[0].name
        return ""

    # --- findings ---------------------------------------------------------------------------------------------------

    def _finding(self, scope: Scope, name: str, use: Node, kind: Kind, end: At, how: str) -> Finding:
        line, column, end_line, end_column = self.project.span(scope.path, end)
        what = {
            "closed": "was given back" if kind.released else "was closed",
            "released": "was given back to the pool",
            "with": "ended with the block that owned it",
        }[how]
        message = f"{name} {what} before it is used here: {kind.error}"
        if isinstance(use, Name) and use.id != name:
            message = f"{use.id} belongs to {name}, which {what} before it is used here: {kind.error}"
        severity: Severity | None = "warning" if kind.released else None
        return finding(
            RULE,
            scope.path,
            self.project.span(scope.path, use.at),
            message,
            help="use it before its end: move the use into the block, or close it in a finally after the last use",
            trace=[Step(scope.path, line, column, "it ends here", end_line, end_column)],
            subject=f"{name} in {scope.function.name if scope.function else 'the module'}",
            severity=severity,
        )

    def _handed_out(
        self, scope: Scope, name: str, value: Expr, kept: str, kind: Kind, block: With
    ) -> Finding:
        line, column, end_line, end_column = self.project.span(scope.path, block.items[0].at)
        told = f"a {kept} that keeps {name} is returned" if kept else f"{name} is returned"
        return finding(
            RULE,
            scope.path,
            self.project.span(scope.path, value.at),
            f"{told} out of the block that ends it: {kind.error}",
            help="yield it out of an (async) context manager, or open it where it is used",
            trace=[Step(scope.path, line, column, "it ends with this block", end_line, end_column)],
            subject=f"{name} returned by {scope.function.name if scope.function else 'the module'}",
        )


def _is_application(owner: Expr) -> bool:
    while isinstance(owner, Index):
        owner = owner.object
    base = owner.object if isinstance(owner, Member) and owner.name in ("state", "ctx") else owner
    return role(base) == "app"


def _opens(name: str) -> bool:
    """Whether a call of this name may give a connection or a cursor."""
    return name in _OPENERS or any(word in name.lower() for word in ("conn", "cursor", "db", "pool"))


def _is_closing(stmt: Stmt, name: str, kind: Kind) -> bool:
    """``conn.close()``, ``await conn.close()``."""
    call = stmt.value if isinstance(stmt, ExprStmt) else None
    if isinstance(call, Await):
        call = call.value
    callee = call.callee if isinstance(call, Call) else None
    return (
        isinstance(callee, Member)
        and callee.name in kind.closers
        and isinstance(callee.object, Name)
        and callee.object.id == name
    )


def _last_of(expr: Expr) -> str:
    """The last name of a decorator."""
    if isinstance(expr, Call):
        expr = expr.callee
    return expr.name if isinstance(expr, Member) else expr.id if isinstance(expr, Name) else ""


def _same(found: list[Bind], held: list[Bind]) -> bool:
    return bool(held) and {id(item) for item in found} == {id(item) for item in held}


def _targets(block: With) -> list[Expr]:
    return [item.target if item.target is not None else item.value for item in block.items]


def _last(expr: Expr | None) -> str:
    """The last name of what an expression calls."""
    if isinstance(expr, Await):
        expr = expr.value
    callee = expr.callee if isinstance(expr, Call) else None
    return callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
