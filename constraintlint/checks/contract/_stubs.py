"""Handlers that do nothing: their whole code is one constant answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from constraintlint.facts.code import (
    Assign,
    At,
    Await,
    Call,
    Class,
    Constant,
    Expr,
    ExprStmt,
    Function,
    Hole,
    Index,
    Jump,
    Mapping,
    Member,
    Name,
    Raise,
    Return,
    Sequence,
    Stmt,
    Text,
    Unary,
    walk,
)
from constraintlint.project import Project
from constraintlint.project.flow.classes import ancestry
from constraintlint.project.flow.scopes import Scope, key_of
from constraintlint.project.routes.records import Route

_ANSWERING = frozenset(
    ("jsonify", "JsonResponse", "Response", "HttpResponse", "json_response", "JSONResponse", "make_response", "json", "send", "status", "code", "dict",
     "list", "HttpResponseBadRequest", "jsonp", "type", "ORJSONResponse")
)  # fmt: skip
#: what takes the body or the query of a request
_BODIES = frozenset(
    (
        "get_json",
        "json",
        "body",
        "data",
        "form",
        "query",
        "args",
        "query_params",
        "POST",
        "GET",
        "files",
        "values",
    )
)
_RAISED = frozenset(("NotImplementedError", "HTTPNotImplemented", "NotImplemented"))


class Stub(msgspec.Struct, frozen=True):
    """``hollow``: the answer holds something empty where data belongs, ``lists`` an empty list. ``body``: it has a JSON body."""

    kind: Literal["constant", "unimplemented"]
    at: At
    status: int | None = None
    hollow: bool = False
    body: bool = False
    lists: bool = False


def stub(project: Project, route: Route, function: Function, scope: Scope | None) -> Stub | None:
    """What a handler always answers; None where it does anything.

    A local name may hold the answer, and the body of the request may be read, if nothing is made of it.
    """
    body = list(function.body) if function.body is not None else None
    if body is None or function.is_generator:
        return None
    javascript = scope is not None and not scope.path.endswith((".py", ".pyi"))
    stmts = [stmt for stmt in body if not _is_silent(stmt)]
    if not stmts:
        return None if javascript or not body else Stub("constant", function.at, hollow=True)
    if len(stmts) > 5:
        return None
    names = _own_names(route, function, javascript)
    known = _Known(project, scope)
    answers: list[Expr] = []
    for stmt in stmts:
        local = _local(stmt, names)
        if local is not None:
            name, value = local
            if known.is_constant(value):
                known.names[name] = value
            elif not _only_reads(value, function) or _is_read(function, name, stmt):
                return None
            continue
        if isinstance(stmt, Raise):
            return _raised(stmt) if len(stmts) == 1 else None
        if isinstance(stmt, (Return, ExprStmt)):
            if stmt.value is not None:
                answers.append(stmt.value)
        elif isinstance(stmt, Assign) and stmt.value is not None and _sets_answer(stmt, names):
            answers.append(stmt.value)
        else:
            return None
    if not answers or not all(known.is_constant(expr) for expr in answers):
        return None
    return _judged(
        stmts[-1].at, [*answers, *(value for name, value in known.names.items() if name in known.used)]
    )


def _local(stmt: Stmt, names: frozenset[str]) -> tuple[str, Expr] | None:
    """``result = []``, ``const data = await request.json()``: a name of the handler's own, and what it is given."""
    if not isinstance(stmt, Assign) or stmt.op or stmt.value is None or len(stmt.targets) != 1:
        return None
    target = stmt.targets[0]
    return (target.id, stmt.value) if isinstance(target, Name) and target.id not in names else None


def _only_reads(value: Expr, function: Function) -> bool:
    """Whether an expression only takes the body or query out of the request."""
    expr: Expr = value.value if isinstance(value, Await) else value
    owners = {param.name for param in function.params} | {"request"}
    seen = False
    while isinstance(expr, (Member, Call, Index)):
        if isinstance(expr, Call):
            if any(not isinstance(arg.value, (Constant, Text)) for arg in expr.args):
                return False
            expr = expr.callee
            continue
        seen = seen or (isinstance(expr, Member) and expr.name in _BODIES)
        expr = expr.object
    return seen and isinstance(expr, Name) and expr.id in owners


def _is_read(function: Function, name: str, stmt: Stmt) -> bool:
    return any(
        isinstance(node, Name) and node.id == name and node.at[0] >= stmt.at[1]
        for node in walk(list(function.body or ()))
    )


def _is_silent(stmt: Stmt) -> bool:
    return (isinstance(stmt, ExprStmt) and isinstance(stmt.value, (Text, Constant))) or isinstance(stmt, Jump)


def _own_names(route: Route, function: Function, javascript: bool) -> frozenset[str]:
    """What a handler answers with: ``res``, ``reply``, ``ctx``, ``c``."""
    if not javascript:
        return frozenset()
    position = 1 if route.framework in ("express", "fastify") else 0
    return frozenset(param.name for param in function.params[position : position + 1])


def _sets_answer(stmt: Assign, names: frozenset[str]) -> bool:
    return all(
        isinstance(target, Member)
        and target.name in ("body", "status", "type", "statusCode")
        and isinstance(target.object, Name)
        and target.object.id in names
        for target in stmt.targets
    )


def _raised(stmt: Raise) -> Stub | None:
    value = stmt.value
    callee = value.callee if isinstance(value, Call) else value
    name = callee.id if isinstance(callee, Name) else callee.name if isinstance(callee, Member) else ""
    if name in _RAISED or (isinstance(value, Call) and _says_unimplemented([value])):
        return Stub("unimplemented", stmt.at)
    return None


def _judged(at: At, answers: list[Expr]) -> Stub | None:
    numbers = [
        node.value
        for expr in answers
        for node in walk(expr)
        if isinstance(node, Constant) and isinstance(node.value, int)
    ]
    statuses = [number for number in _statuses(answers) if number is not None]
    if (501 in numbers and (501 in statuses or not statuses)) or _says_unimplemented(answers):
        return Stub("unimplemented", at)
    bodies = [
        node
        for expr in answers
        for node in walk(expr)
        if isinstance(node, Mapping) or (isinstance(node, Sequence) and node.kind != "tuple")
    ]
    hollow = any(
        (
            isinstance(node, (Mapping, Sequence))
            and not (node.entries if isinstance(node, Mapping) else node.items)
        )
        or (isinstance(node, Constant) and node.kind == "none")
        for expr in answers
        for node in walk(expr)
    )
    lists = any(isinstance(node, Sequence) and node.kind != "tuple" and not node.items for node in bodies)
    return Stub("constant", at, statuses[0] if statuses else None, hollow, bool(bodies), lists)


def _statuses(answers: list[Expr]) -> Iterator[int | None]:
    """Statuses as they are written: a keyword, the call of ``status``, the number beside the body."""
    for expr in answers:
        if isinstance(expr, Constant) and isinstance(expr.value, int) and not isinstance(expr.value, bool):
            yield expr.value
        if isinstance(expr, Sequence) and expr.kind == "tuple" and len(expr.items) > 1:
            second = expr.items[1]
            yield second.value if isinstance(second, Constant) and isinstance(second.value, int) else None
        for node in walk(expr):
            if not isinstance(node, Call):
                continue
            for position, arg in enumerate(node.args):
                named = node.callee.name if isinstance(node.callee, Member) else ""
                if (
                    arg.name in ("status", "status_code")
                    or (named in ("status", "code") and position == 0)
                    or (named == "json" and position == 1)
                ):
                    value = arg.value
                    yield (
                        value.value if isinstance(value, Constant) and isinstance(value.value, int) else None
                    )


def _says_unimplemented(answers: list[Expr]) -> bool:
    for expr in answers:
        for node in walk(expr):
            if isinstance(node, Text) and "not implemented" in key_of(node).lower().replace("_", " ").replace(
                "-", " "
            ):
                return True
            if isinstance(node, Member) and node.name in ("HTTP_501_NOT_IMPLEMENTED", "NOT_IMPLEMENTED"):
                return True
    return False


class _Known:
    """The names of a handler that hold constants; ``used`` are those its answers name."""

    def __init__(self, project: Project, scope: Scope | None) -> None:
        self.project = project
        self.scope = scope
        self.names: dict[str, Expr] = {}
        self.used: set[str] = set()

    def is_constant(self, expr: Expr) -> bool:
        """Whether an expression only holds literals and the calls that answer with them."""
        if isinstance(expr, Constant):
            return True
        if isinstance(expr, Name):
            self.used.add(expr.id)
            return expr.id in self.names
        if isinstance(expr, Text):
            return not any(isinstance(piece, Hole) for piece in expr.pieces)
        if isinstance(expr, Mapping):
            return all(
                entry.key is not None and self.is_constant(entry.key) and self.is_constant(entry.value)
                for entry in expr.entries
            )
        if isinstance(expr, Sequence):
            return all(self.is_constant(item) for item in expr.items)
        if isinstance(expr, Unary) and expr.op == "-":
            return self.is_constant(expr.operand)
        if isinstance(expr, Member):
            return expr.name.startswith("HTTP_") or (
                isinstance(expr.object, Name) and expr.object.id == "HTTPStatus"
            )
        return isinstance(expr, Call) and self._is_answer(expr)

    def _is_answer(self, call: Call) -> bool:
        callee = call.callee
        if any(arg.spread or not self.is_constant(arg.value) for arg in call.args):
            return False
        if isinstance(callee, Name):
            return callee.id in _ANSWERING or self._is_model(callee)
        if isinstance(callee, Member) and callee.name in _ANSWERING:
            owner = callee.object
            return isinstance(owner, Name) or self.is_constant(owner)
        return False

    def _is_model(self, callee: Name) -> bool:
        """Whether a name is a model of pydantic, or a dataclass: one that is made of constants is a constant too."""
        if self.scope is None:
            return False
        evaluator = self.project.evaluator
        found = evaluator.eval(callee, self.scope)
        if len(found) != 1 or found[0].kind != "class":
            return False
        node = found[0].node
        if isinstance(node, Class) and not node.bases and _is_dataclass(node):
            return True
        names = {item.name for item in ancestry(evaluator, found[0]) if not isinstance(item.node, Class)}
        return bool(names) and names <= {"pydantic.BaseModel", "pydantic.main.BaseModel"}


def _is_dataclass(node: Class) -> bool:
    """Whether a class has the decorator of dataclasses and no other."""
    made = [item.callee if isinstance(item, Call) else item for item in node.decorators]
    return [getattr(item, "id", "") or getattr(item, "name", "") for item in made] == ["dataclass"]
