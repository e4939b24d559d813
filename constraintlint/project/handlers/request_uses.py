"""Follows the body of a request through a handler: members, look-ups, destructuring, validators, functions it is handed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.facts.code import (
    Assign,
    Await,
    Binary,
    Call,
    Conditional,
    Expr,
    Function,
    If,
    Index,
    Lambda,
    Mapping,
    Member,
    Name,
    Node,
    Text,
    Unary,
    children,
)
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope, key_of
from constraintlint.project.handlers import schemas
from constraintlint.project.handlers.answers import named
from constraintlint.project.handlers.form_calls import arguments
from constraintlint.project.handlers.records import Frame, Part
from constraintlint.project.handlers.requests import Taken

if TYPE_CHECKING:
    from constraintlint.project.handlers.forms import Reader
    from constraintlint.project.routes.records import Route

_MAX_DEPTH = 5
_OR = frozenset(("or", "||", "??"))
#: look at a value, and keep nothing of it
_LOOKING = frozenset(
    ("isinstance", "bool", "print", "log", "info", "debug", "len", "type", "isArray", "stringify", "Boolean", "str", "warning", "error", "dumps")
)  # fmt: skip
_GET = frozenset(("get", "pop", "setdefault"))
_PYTHON_PARAM = frozenset(("request", "req", "_request"))


class Uses:
    def __init__(self, reader: Reader, route: Route) -> None:
        self.reader = reader
        self.route = route
        self.taken = Taken()
        self.framework = route.framework

    # --- what is a request, what is its body --------------------------------------------------------------------------

    def is_request(self, expr: Expr, frame: Frame, depth: int = 0) -> bool:
        """The request of Express and Fastify, the context of Koa and Hono, ``request`` of Python."""
        if depth > _MAX_DEPTH:
            return False
        if isinstance(expr, Member) and expr.name in ("request", "req") and isinstance(expr.object, Name):
            if expr.object.id in ("self", "this"):
                return True
            return self.framework in ("koa", "hono") and self.is_request(expr.object, frame, depth + 1)
        if not isinstance(expr, Name):
            return False
        variable = frame.scope.find(expr.id, expr.at[0])
        if variable is None or len(variable.binds) != 1:
            return False
        bind = variable.binds[0]
        if bind.kind == "import":
            return (
                any(
                    value.kind in ("library", "handle") and value.name.endswith(("flask.request", "request"))
                    for value in self.reader.ev.eval(expr, frame.scope)
                )
                and self.framework == "flask"
            )
        if bind.kind != "param" or bind.keys:
            return False
        home = frame.of(bind.scope)
        if home is None:
            return False
        given = home.given.get(bind.index)
        if isinstance(given, Part):
            return self.is_request(given.expr, given.frame, depth + 1)
        if home.outer is not None or home.given:
            return False
        if home.scope.path.endswith(".py"):
            return bind.name in _PYTHON_PARAM
        return bind.index == 0

    def is_body(self, expr: Expr, frame: Frame, depth: int = 0) -> bool:
        if depth > _MAX_DEPTH:
            return False
        if isinstance(expr, Await):
            return self.is_body(expr.value, frame, depth + 1)
        if isinstance(expr, Binary) and expr.op in _OR:
            return self.is_body(expr.left, frame, depth + 1)
        if isinstance(expr, Member):
            return self._is_body_member(expr, frame)
        if isinstance(expr, Call):
            return self._is_body_call(expr, frame, depth)
        if not isinstance(expr, Name):
            return False
        variable = frame.scope.find(expr.id, expr.at[0])
        for bind in reaching(variable, frame.scope, expr.at[0]) if variable is not None else ():
            if self._bound_to_body(bind, frame, depth) == ():
                return True
        return False

    def _is_body_member(self, expr: Member, frame: Frame) -> bool:
        if not self.is_request(expr.object, frame):
            return False
        if frame.scope.path.endswith(".py"):
            return (expr.name == "json" and self.framework == "flask") or (
                expr.name == "data" and self.framework == "django"
            )
        if self.framework == "koa":
            return expr.name == "body" and isinstance(expr.object, Member)
        return expr.name == "body" and self.framework in ("express", "fastify")

    def _is_body_call(self, expr: Call, frame: Frame, depth: int) -> bool:
        callee = expr.callee
        name = named(expr)
        if not isinstance(callee, Member):
            return name == "loads" and self._is_raw(expr, frame)
        if name == "loads":
            return self._is_raw(expr, frame)
        if self.framework == "hono":
            if name == "json" and not expr.args:
                return isinstance(callee.object, Member) and self.is_request(callee.object, frame, depth + 1)
            first = expr.args[0].value if expr.args else None
            return name == "valid" and isinstance(first, Text) and key_of(first) == "json"
        return name in ("get_json", "json") and self.is_request(callee.object, frame, depth + 1)

    def _is_raw(self, call: Call, frame: Frame) -> bool:
        """``json.loads(request.body)``, ``json.loads(await request.text())``."""
        inner: Expr | None = call.args[0].value if call.args else None
        for _ in range(4):
            if isinstance(inner, Await):
                inner = inner.value
            elif isinstance(inner, Call) and isinstance(inner.callee, Member):
                if inner.callee.name in ("get_data", "text", "read", "body") and self.is_request(
                    inner.callee.object, frame
                ):
                    return True
                inner = inner.callee.object
            else:
                break
        return (
            isinstance(inner, Member)
            and inner.name in ("body", "data")
            and self.is_request(inner.object, frame)
        )

    def _bound_to_body(self, bind: Bind, frame: Frame, depth: int) -> tuple[str | int, ...] | None:
        """The way from the body to what a definition binds: ``()`` for the body itself; None for anything else."""
        if bind.kind == "param":
            home = frame.of(bind.scope)
            given = home.given.get(bind.index) if home is not None else None
            if isinstance(given, Part):
                if self.is_body(given.expr, given.frame, depth + 1):
                    return bind.keys
                if bind.keys and self.is_request(given.expr, given.frame, depth + 1):
                    return self._of_request(bind.keys)
            elif home is not None and home.outer is None and not home.given and bind.index == 0 and bind.keys:
                return self._of_request(bind.keys)
            return None
        if bind.kind != "assign" or bind.value is None or bind.op:
            return None
        if self.is_body(bind.value, frame, depth + 1):
            return bind.keys
        if bind.keys and self.is_request(bind.value, frame, depth + 1):
            return self._of_request(bind.keys)
        return None

    def _of_request(self, keys: tuple[str | int, ...]) -> tuple[str | int, ...] | None:
        if self.framework == "koa":
            return keys[2:] if keys[:2] == ("request", "body") else None
        return keys[1:] if keys[:1] == ("body",) and self.framework in ("express", "fastify") else None

    # --- the handler, and functions it calls --------------------------------------------------------------------------

    def guards(self) -> None:
        """Validators that stand before the handler, and the schema of a Fastify route."""
        for guard in self.route.guards:
            expr, scope = guard.handler.expr, self.route.scope
            if isinstance(expr, Call) and scope is not None:
                found = schemas.middleware(self.reader, expr, Frame(scope))
                if found is not None:
                    self._keys(found, scope.path)
        if self.framework == "fastify" and self.route.call is not None and self.route.scope is not None:
            found = schemas.fastify_body(self.reader, self.route.call, Frame(self.route.scope))
            if found is not None:
                self._keys(found, self.route.scope.path)

    def _keys(self, found: schemas.Keys, path: str) -> None:
        for key in found.keys:
            self.taken.take(key, found.path or path, found.at)
        self.taken.open = self.taken.open or found.open

    def function(self, function: Function, frame: Frame, *, root: bool = False) -> None:
        if function.body is None or frame.depth > _MAX_DEPTH + 2:
            self.taken.open = True
            return
        self._binds(frame.scope, frame)
        for stmt in function.body:
            self._visit(stmt, frame)

    def _binds(self, scope: Scope, frame: Frame) -> None:
        for variables in scope.names.values():
            for variable in variables:
                for bind in variable.binds:
                    keys = self._bound_to_body(bind, frame, 0)
                    if keys:
                        first = keys[0]
                        self.taken.take(
                            first if isinstance(first, str) and first not in ("*", "") else None,
                            scope.path,
                            bind.at,
                        )

    def _visit(self, root: Node, frame: Frame) -> None:
        stack: list[tuple[Node, Frame]] = [(root, frame)]
        while stack:
            node, here = stack.pop()
            if isinstance(node, Lambda):
                inner = self.reader.ev.scope_of(here.scope.path, node.function)
                if inner is not None:
                    here = here.inside(inner)
                    self._binds(inner, here)
            left = self._use(node, here)
            stack.extend((child, here) for child in reversed(left))

    def _use(self, node: Node, frame: Frame) -> list[Node]:
        """Records what a node does with the body; the parts that are still to be looked at."""
        path = frame.scope.path
        if isinstance(node, Member) and self.is_body(node.object, frame):
            if not path.endswith(".py"):
                self.taken.take(node.name, path, node.at)
            return []
        if isinstance(node, Index) and self.is_body(node.object, frame):
            self.taken.take(self.reader.text(node.index, frame), path, node.at)
            return []
        if isinstance(node, Call):
            return self._call(node, frame)
        if isinstance(node, Binary):
            if node.op in ("in", "not in") and self.is_body(node.right, frame):
                if isinstance(node.left, Text):
                    self.taken.take(key_of(node.left), path, node.at)
                return [node.left]
            return [part for part in (node.left, node.right) if not self._is_name_of_body(part, frame)]
        if isinstance(node, Unary) and self.is_body(node.operand, frame):
            return []
        if isinstance(node, (If, Conditional)) and self.is_body(node.test, frame):
            return [child for child in children(node) if child is not node.test]
        if (
            isinstance(node, Assign)
            and node.value is not None
            and self.is_body(node.value, frame)
            and all(isinstance(target, (Name, Mapping)) for target in node.targets)
        ):
            return []  # what the names are used for is looked at where they are
        if (
            isinstance(node, Assign)
            and not node.op
            and any(isinstance(target, Name) for target in node.targets)
        ):
            written: list[Node] = [target for target in node.targets if not isinstance(target, Name)]
            return (
                written if node.value is None else [*written, node.value]
            )  # a name that is written is not read
        if isinstance(node, Name) and self.is_body(node, frame):
            self.taken.open = True
            return []
        if isinstance(node, (Member, Call)) and self.is_body(node, frame):
            self.taken.open = True
            return []
        return children(node)

    def _is_name_of_body(self, expr: Expr, frame: Frame) -> bool:
        return self.is_body(expr, frame)

    # --- calls --------------------------------------------------------------------------------------------------------

    def _call(self, call: Call, frame: Frame) -> list[Node]:
        callee = call.callee
        path = frame.scope.path
        if isinstance(callee, Member) and self.is_body(callee.object, frame):
            if callee.name in _GET and call.args and path.endswith(".py"):
                self.taken.take(self.reader.text(call.args[0].value, frame), path, call.at)
                return [arg.value for arg in call.args[1:]]
            self.taken.open = True
            return [arg.value for arg in call.args]
        if self.is_body(call, frame):
            self.taken.open = True  # used as a whole, by something that is not looked at above
            return []
        whole = schemas.decoded(self.reader, call, frame) if path.endswith(".py") else None
        if whole is not None and call.args and self._is_raw(call, frame):
            self._keys(whole, path)
            return []
        places = [i for i, arg in enumerate(call.args) if self.is_body(arg.value, frame)]
        requests = [
            i for i, arg in enumerate(call.args) if not arg.spread and self.is_request(arg.value, frame)
        ]
        rest: list[Node] = [
            callee,
            *(arg.value for i, arg in enumerate(call.args) if i not in places and i not in requests),
        ]
        if not places and not requests:
            return rest
        if named(call) in _LOOKING:
            return rest
        found = schemas.validated(self.reader, call, places[0], frame) if places else None
        if found is not None:
            self._keys(found, path)
            return rest
        functions = self.reader.functions(callee, frame)
        if not functions or any(call.args[i].spread for i in places):
            self.taken.open = self.taken.open or bool(places) or self._may_read(call)
            return rest
        for value in functions:
            given = arguments(self.reader, value, call, frame)
            inner = self.reader.entered(value, given, frame) if given is not None else None
            function = value.node
            if inner is None or not isinstance(function, Function):
                self.taken.open = True
            else:
                self.function(function, inner)
        return rest

    def _may_read(self, call: Call) -> bool:
        """A function outside the project that gets the request itself."""
        return named(call) not in (
            "next",
            "get_object_or_404",
            "render",
            "redirect",
            "authenticate",
            "login",
            "logout",
        )
