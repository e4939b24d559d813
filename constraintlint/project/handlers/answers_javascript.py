"""Answers of JavaScript handlers: calls on the response, assignments to the body, returned values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    Await,
    Call,
    Conditional,
    Expr,
    ExprStmt,
    Function,
    Lambda,
    Member,
    Name,
    Node,
    Return,
    Stmt,
    Unary,
    walk,
)
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.handlers.answers import status_of
from constraintlint.project.handlers.form_calls import arguments
from constraintlint.project.handlers.records import Answer, Forms, Frame

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader
    from constraintlint.project.routes.records import Route

_SENDS = frozenset(
    ("json", "send", "jsonp", "end", "sendStatus", "redirect", "render", "sendFile", "text", "html", "body")
)
_SETS = frozenset(("status", "code"))
_MAX_DEPTH = 6
#: position of the response among the parameters
_POSITION = {"express": 1, "fastify": 1, "koa": 0, "hono": 0}


class JavaScript:
    def __init__(self, reader: Reader, route: Route) -> None:
        self.reader = reader
        self.route = route
        self.framework = route.framework
        self.answers: list[Answer] = []
        self.complete = True

    def handler(self, function: Function, frame: Frame) -> None:
        position = _POSITION.get(self.framework, 1)
        params = function.params
        shift = 1 if self.framework == "express" and len(params) == 4 else 0
        place = position + shift
        name = params[place].name if len(params) > place and params[place].pattern is None else ""
        self.function(function, name, frame, returns=self.framework in ("fastify",))
        if self.framework == "fastify":
            self._declared()

    def _declared(self) -> None:
        """Fastify writes only what the response schema of a route names."""
        from constraintlint.project.handlers.schemas import data_form, fastify_schema, inner

        route = self.route
        if route.call is None or route.scope is None:
            return
        response = fastify_schema(self.reader, route.call, Frame(route.scope), "response")
        for status in response.keys if response is not None else ():
            schema = inner(self.reader, response, status) if response is not None else None
            if status.isdigit() and schema is not None:
                form = data_form(self.reader, schema)
                self.answers.append(Answer(int(status), (form,), schema.path, schema.at))

    def function(self, function: Function, name: str, frame: Frame, *, returns: bool) -> None:
        """The answers of a function whose response (or context) is called ``name``."""
        if function.body is None or frame.depth > _MAX_DEPTH:
            self.complete = False
            return
        file = self.reader.ev.file(frame.scope.path)
        if file is None:
            return
        if name:
            loose = list(self._loose(list(function.body), name))
            for stmts in _blocks(list(function.body)):
                for stmt in stmts:
                    for node in _own(stmt):
                        inner = self._frame(file.at(node.at[0]), frame)
                        if isinstance(node, Call):
                            self._call(node, name, inner, stmts, loose)
                        elif isinstance(node, Assign):
                            self._assigned(node, name, inner, stmts, loose)
        if returns:
            for stmt in frame.scope.returns:
                if stmt.value is not None:
                    self._returned(stmt.value, name, frame, list(function.body))

    def _frame(self, scope: Scope, frame: Frame) -> Frame:
        return frame if scope is frame.scope else frame.inside(scope)

    # --- statuses -----------------------------------------------------------------------------------------------------

    def _loose(self, body: list[Stmt], name: str) -> Iterator[Node]:
        """Places that set the status for what is sent later."""
        for stmts in _blocks(body):
            for stmt in stmts:
                found = self._sets_status(stmt, name)
                if found is not None:
                    yield stmt

    def _sets_status(self, stmt: Stmt, name: str) -> Expr | None:
        """The status a statement sets: ``ctx.status = 201``, ``res.status(201);``, ``reply.code(201);``."""
        if isinstance(stmt, Assign) and stmt.value is not None:
            for target in stmt.targets:
                if (
                    isinstance(target, Member)
                    and target.name in ("status", "statusCode")
                    and _root(target.object) == name
                ):
                    return stmt.value
        if isinstance(stmt, ExprStmt):
            value = stmt.value
            callee = value.callee if isinstance(value, Call) else None
            if isinstance(callee, Member) and callee.name in _SETS and _root(callee.object) == name:
                return value.args[0].value if isinstance(value, Call) and value.args else None
        return None

    def _status(
        self, chained: Expr | None, name: str, frame: Frame, stmts: list[Stmt], loose: list[Node]
    ) -> int | None:
        if chained is not None:
            return status_of(self.reader, chained, frame)
        near = [found for stmt in stmts if (found := self._sets_status(stmt, name)) is not None]
        if len(near) == 1:
            return status_of(self.reader, near[0], frame)
        return None if loose or near else 200

    # --- calls --------------------------------------------------------------------------------------------------------

    def _call(self, call: Call, name: str, frame: Frame, stmts: list[Stmt], loose: list[Node]) -> None:
        callee = call.callee
        if isinstance(callee, Member) and callee.name in _SENDS:
            found = _chain(callee.object, name)
            if found is not None:
                self._sent(call, callee.name, found[0], name, frame, stmts, loose)
                return
        for position, arg in enumerate(call.args):
            if isinstance(arg.value, Name) and arg.value.id == name and not arg.spread:
                self._handed_on(call, position, frame)

    def _sent(
        self,
        call: Call,
        method: str,
        chained: Expr | None,
        name: str,
        frame: Frame,
        stmts: list[Stmt],
        loose: list[Node],
    ) -> None:
        first = call.args[0].value if call.args else None
        if self.framework == "hono":
            status: int | None = 200
            if len(call.args) > 1:
                status = status_of(self.reader, call.args[1].value, frame)
            elif loose or chained is not None:
                status = self._status(chained, name, frame, stmts, loose)
        elif method == "sendStatus":
            status = status_of(self.reader, first, frame)
        else:
            status = self._status(chained, name, frame, stmts, loose)
        forms: Forms = ()
        if first is not None and method in ("json", "jsonp", "send"):
            forms = self.reader.of(first, frame)
            if (
                method == "send"
                and self.framework == "express"
                and all(form.kind == "value" for form in forms)
            ):
                forms = ()
        self.answers.append(Answer(status, forms, frame.scope.path, call.at))

    def _handed_on(self, call: Call, position: int, frame: Frame) -> None:
        """A function of the project that gets the response."""
        values = self.reader.functions(call.callee, frame)
        if not values:
            self.complete = False
        for value in values:
            given = arguments(self.reader, value, call, frame)
            inner = self.reader.entered(value, given, frame) if given is not None else None
            function = value.node
            if inner is None or not isinstance(function, Function) or position >= len(function.params):
                self.complete = False
                continue
            self.function(function, function.params[position].name, inner, returns=False)

    # --- Koa ----------------------------------------------------------------------------------------------------------

    def _assigned(self, node: Assign, name: str, frame: Frame, stmts: list[Stmt], loose: list[Node]) -> None:
        if self.framework != "koa" or node.value is None or node.op:
            return
        for target in node.targets:
            if isinstance(target, Member) and target.name == "body" and _is_context(target.object, name):
                status = self._status(None, name, frame, stmts, loose)
                forms = self.reader.of(node.value, frame)
                if all(form.kind == "value" for form in forms):
                    forms = ()
                self.answers.append(Answer(status, forms, frame.scope.path, node.at))

    # --- Fastify ------------------------------------------------------------------------------------------------------

    def _returned(self, expr: Expr, name: str, frame: Frame, body: list[Stmt]) -> None:
        """A value that Fastify sends."""
        if isinstance(expr, Await):
            self._returned(expr.value, name, frame, body)
            return
        if isinstance(expr, Conditional):
            self._returned(expr.then, name, frame, body)
            self._returned(expr.other, name, frame, body)
            return
        if name and _mentions(expr, name):
            return  # what sends by itself
        if isinstance(expr, Unary) and expr.op == "void":
            return
        stmts = next(
            (
                block
                for block in _blocks(body)
                for stmt in block
                if isinstance(stmt, Return) and stmt.value is expr
            ),
            [],
        )
        loose = list(self._loose(body, name)) if name else []
        status = self._status(None, name, frame, stmts, loose)
        forms = self.reader.of(expr, frame)
        if all(form.kind == "value" and form.constant is None for form in forms):
            forms = ()
        self.answers.append(Answer(status, forms, frame.scope.path, expr.at))


# --- reading the code -------------------------------------------------------------------------------------------------


def _root(expr: Expr) -> str:
    """``ctx`` of ``ctx`` and ``ctx.response``."""
    if isinstance(expr, Member) and expr.name in ("response", "raw"):
        expr = expr.object
    return expr.id if isinstance(expr, Name) else ""


def _is_context(expr: Expr, name: str) -> bool:
    return _root(expr) == name


def _chain(expr: Expr, name: str) -> tuple[Expr | None] | None:
    """The status that a chain of calls on the response sets; None where it is none of its chains."""
    status: Expr | None = None
    for _ in range(12):
        if isinstance(expr, Name):
            return (status,) if expr.id == name else None
        if not isinstance(expr, Call) or not isinstance(expr.callee, Member):
            return None
        if expr.callee.name in _SETS and expr.args and status is None:
            status = expr.args[0].value
        expr = expr.callee.object
    return None


def _mentions(expr: Expr, name: str) -> bool:
    return any(isinstance(node, Name) and node.id == name for node in walk(expr))


def _blocks(body: list[Stmt]) -> Iterator[list[Stmt]]:
    """Every list of statements, those of callbacks included."""
    queue: list[list[Stmt]] = [body]
    while queue:
        stmts = queue.pop()
        yield stmts
        for stmt in stmts:
            queue += _lists(stmt)


def _lists(stmt: Stmt) -> list[list[Stmt]]:
    """The lists of statements directly inside a statement, and those of the callbacks in its expressions."""
    found: list[list[Stmt]] = []
    for name in stmt.__struct_fields__:
        value = getattr(stmt, name)
        if isinstance(value, list) and value and isinstance(value[0], Stmt.__args__):
            found.append(value)
        elif isinstance(value, list):
            for item in value:
                if hasattr(item, "body") and isinstance(item.body, list):
                    found.append(item.body)
    for node in _own(stmt):
        if isinstance(node, Lambda) and node.function.body:
            found.append(node.function.body)
    return found


def _own(stmt: Stmt) -> Iterator[Node]:
    """The nodes of a statement outside the statements and functions inside it."""
    from constraintlint.facts.code import Case, Handler, children

    kinds = (*Stmt.__args__, Case, Handler)
    stack: list[Node] = [stmt]
    first = True
    while stack:
        node = stack.pop()
        if not first and isinstance(node, kinds):
            continue
        yield node
        if isinstance(node, Lambda):
            continue
        first = False
        stack.extend(reversed(children(node)))
