"""Where a value that becomes part of a text comes from: a request, a number, an allow-list, a quoting function, or unknown.

It follows names, calls of text methods, arguments of callers, and the parameters of request handlers; what it cannot follow is
``unknown``. A value that can come from several places is the worst of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.facts.code import (
    Await,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    Function,
    Hole,
    Index,
    Lambda,
    Member,
    Name,
    Node,
    Param,
    Return,
    Sequence,
    Slice,
    Text,
    Unary,
    Unknown,
    walk,
)
from constraintlint.project import decorated
from constraintlint.project.flow import parameters
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope

if TYPE_CHECKING:
    from constraintlint.project import Project

Kind = Literal["constant", "number", "listed", "placeholders", "quoted", "setting", "unknown", "request"]
_WORST: dict[Kind, int] = {
    "constant": 0, "number": 1, "placeholders": 2, "listed": 3, "quoted": 4, "setting": 5, "unknown": 6, "request": 7,
}  # fmt: skip


class Origin(msgspec.Struct, frozen=True, gc=False):
    """``path`` and ``at`` are where the value enters (of ``request``), ``what`` names it there."""

    kind: Kind
    path: str = ""
    at: tuple[int, int] = (0, 0)
    what: str = ""
    parameter: bool = False
    """of ``unknown``: it is a parameter whose callers are not known"""
    doubled: bool = False
    """every apostrophe in it is doubled: it cannot end a literal it stands in"""


CONSTANT, NUMBER, UNKNOWN = Origin("constant"), Origin("number"), Origin("unknown")
MAX_DEPTH = 12
MAX_CALLERS = 24

_NUMERIC_PYTHON = frozenset(
    ("int", "float", "len", "bool", "abs", "round", "ord", "hash", "sum", "id", "Decimal", "UUID", "uuid1", "uuid4", "uuid7", "timestamp", "toordinal", "time", "time_ns", "monotonic", "now", "utcnow", "today", "date", "count", "index")
)  # fmt: skip
_NUMERIC_JAVASCRIPT = frozenset(
    ("Number", "parseInt", "parseFloat", "BigInt", "Boolean", "now", "getTime", "floor", "ceil", "round", "abs", "trunc", "random", "randomUUID", "indexOf")
)  # fmt: skip
#: text in, the same text out
_KEEPING = frozenset(
    (
        "str", "String", "repr", "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "format", "replace", "replaceAll", "trim",
        "trimStart", "trimEnd", "toLowerCase", "toUpperCase", "toString", "slice", "substring", "substr", "encode", "decode", "unquote", "unquote_plus",
        "decodeURIComponent", "concat", "padStart", "padEnd", "split", "get", "getlist", "pop", "at", "group", "removeprefix", "removesuffix", "casefold",
        "list", "tuple", "set", "sorted", "join", "map", "filter", "values", "items", "keys", "reversed", "next", "copy", "deepcopy", "dict", "loads", "parse",
    )
)  # fmt: skip
_QUOTING = frozenset(
    (
        "quote_ident", "quote_identifier", "quote_name", "quote_literal", "quoted_name", "escape", "escapeId", "escapeIdentifier", "escapeLiteral",
        "quoteIdent", "quoteIdentifier", "quoteLiteral", "quoteTable", "wrapIdentifier", "mogrify", "Identifier", "Literal", "ident", "literal",
        "escape_string", "format_identifier", "preparer", "as_string", "raw", "inspect",
    )
)  # fmt: skip
#: library values and handles that are a request, by the end of their name
_REQUESTS = frozenset(
    (
        "flask.request", "quart.request", "bottle.request", "fastapi.Request", "fastapi.requests.Request", "starlette.requests.Request",
        "aiohttp.web.Request", "aiohttp.web_request.Request", "django.http.HttpRequest", "django.http.request.HttpRequest",
        "rest_framework.request.Request", "sanic.Request", "sanic.request.Request", "tornado.httputil.HTTPServerRequest",
        "litestar.Request", "litestar.connection.Request", "quart.Request", "quart.wrappers.Request",
    )
)  # fmt: skip
#: what of a request is not chosen by whoever sends it
_TRUSTED = frozenset(
    (
        "app", "state", "user", "method", "endpoint", "url_rule", "blueprint", "scheme", "log", "server", "config", "session", "transport", "loop", "db",
        "pool", "locals", "container", "t", "id", "ip", "ctx", "env", "var", "knex", "pg", "mysql", "prisma", "sequelize", "tenant", "client", "auth", "remote_addr",
    )
)  # fmt: skip
_DATA = frozenset(
    (
        "args", "form", "values", "json", "data", "get_json", "view_args", "headers", "cookies", "GET", "POST", "query_params", "path_params", "query", "body",
        "params", "match_info", "rel_url", "post", "text", "read", "queries", "param", "header", "parseBody", "path", "url", "originalUrl", "full_path",
        "query_string", "files", "META", "request", "req", "rawBody", "querystring", "hostname", "host", "valid", "arrayBuffer",
    )
)  # fmt: skip
_LISTING = frozenset(("set", "frozenset", "list", "tuple", "sorted", "dict"))
_NUMERIC_TYPES = frozenset(
    ("int", "float", "bool", "Decimal", "UUID", "date", "datetime", "number", "boolean", "bigint", "Date")
)


class Origins:
    """Answers for one project; a question asked twice is looked up."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.ev = project.evaluator
        self._known: dict[int, Origin] = {}
        self._active: set[int] = set()

    def of(self, expr: Expr, scope: Scope, depth: int = 0) -> Origin:
        """Where the characters of ``expr`` can come from."""
        known = self._known.get(id(expr))
        if known is not None:
            return known
        if depth > MAX_DEPTH or id(expr) in self._active:
            return UNKNOWN
        self._active.add(id(expr))
        try:
            found = self._of(expr, scope, depth + 1)
        finally:
            self._active.discard(id(expr))
        if depth == 0:
            self._known[id(expr)] = found
        return found

    def worst(self, found: list[Origin]) -> Origin:
        return max(found, key=lambda origin: (_WORST[origin.kind], not origin.doubled), default=CONSTANT)

    def _of(self, expr: Expr, scope: Scope, depth: int) -> Origin:
        if isinstance(expr, Constant):
            return CONSTANT
        if isinstance(expr, Text):
            holes = [piece for piece in expr.pieces if isinstance(piece, Hole)]
            return self.worst([self.of(hole.value, scope, depth) for hole in holes])
        if isinstance(expr, Name):
            return self._name(expr, scope, depth)
        if isinstance(expr, (Member, Index)):
            return self._part(expr, scope, depth)
        if isinstance(expr, Call):
            return self._call(expr, scope, depth)
        if isinstance(expr, Await):
            return self.of(expr.value, scope, depth)
        if isinstance(expr, Conditional):
            return self.worst([self.of(expr.then, scope, depth), self.of(expr.other, scope, depth)])
        if isinstance(expr, Binary):
            return self._binary(expr, scope, depth)
        if isinstance(expr, Unary):
            return (
                NUMBER if expr.op in ("-", "+", "~", "not", "!", "++", "--", "post++", "post--") else UNKNOWN
            )
        if isinstance(expr, Sequence):
            return self.worst([self.of(item, scope, depth) for item in expr.items])
        if isinstance(expr, Comprehension):
            return self._comprehension(expr, scope, depth)
        if isinstance(expr, Unknown) and expr.kind == "comma" and expr.children:
            return self.of(expr.children[-1], scope, depth)
        if any(value.kind == "env" for value in self.ev.eval(expr, scope)):
            return Origin("setting")
        return UNKNOWN

    def _binary(self, expr: Binary, scope: Scope, depth: int) -> Origin:
        if expr.op in (
            "==",
            "===",
            "!=",
            "!==",
            "<",
            ">",
            "<=",
            ">=",
            "in",
            "not in",
            "is",
            "is not",
            "-",
            "/",
            "//",
            "**",
        ):
            return NUMBER
        if expr.op == "*" and isinstance(expr.left, (Text, Sequence)):
            inner = self.of(expr.left, scope, depth)
            return Origin("placeholders") if inner.kind == "constant" else inner
        return self.worst([self.of(expr.left, scope, depth), self.of(expr.right, scope, depth)])

    def _comprehension(self, expr: Comprehension, scope: Scope, depth: int) -> Origin:
        inner = self._inner(scope, expr.at) or scope
        element = self.of(expr.element, inner, depth)
        return Origin("placeholders") if element.kind in ("constant", "number") else element

    def _inner(self, scope: Scope, at: tuple[int, int]) -> Scope | None:
        return next((child for child in scope.children if child.at == at), None)

    # --- names --------------------------------------------------------------------------------------------------------

    def _name(self, expr: Name, scope: Scope, depth: int) -> Origin:
        if self._is_listed(expr, scope):
            return Origin("listed")
        if self._is_request(expr, scope):
            return Origin("request", scope.path, expr.at, expr.id)
        variable = scope.find(expr.id, expr.at[0])
        if variable is None:
            return UNKNOWN
        found = [
            self._bind(bind, depth)
            for bind in reaching(variable, scope, expr.at[0])
            if bind.kind != "declare"
        ]
        return self.worst(found) if found else UNKNOWN

    def _bind(self, bind: Bind, depth: int) -> Origin:
        if bind.kind == "param":
            return self._parameter(bind, depth)
        if bind.kind in ("assign", "for", "with") and bind.value is not None:
            if bind.keys and self._is_request(bind.value, bind.inner):
                key = str(bind.keys[0])
                return UNKNOWN if key in _TRUSTED else Origin("request", bind.inner.path, bind.value.at, key)
            return self.of(bind.value, bind.inner, depth)
        if bind.kind == "import":
            values = self.ev.eval(Name(bind.at, bind.name), bind.scope)
            if values and all(value.constant is not None for value in values):
                return CONSTANT
        return UNKNOWN

    def _parameter(self, bind: Bind, depth: int) -> Origin:
        function, param = bind.scope.function, bind.node
        if function is None or not isinstance(param, Param):
            return UNKNOWN
        kind = _annotated(param)
        if kind is not None:
            return kind
        if id(function) in self._handlers:
            return self._handler_parameter(bind, param, function)
        callers = list(parameters.call_sites(self.ev, bind.scope, function, MAX_CALLERS))
        found: list[Origin] = []
        for call, caller, _ in callers:
            given = parameters.argument_of(call, bind.scope, bind.index, param)
            if given is not None and caller is not bind.scope:
                found.append(self.of(given, caller, depth))
        origin = self.worst(found) if found else None
        if (origin is None or origin.kind == "unknown") and _is_count(param):
            return NUMBER
        return origin or Origin("unknown", bind.inner.path, bind.at, bind.name, parameter=True)

    def _handler_parameter(self, bind: Bind, param: Param, function: Function) -> Origin:
        """A parameter of a function that answers requests: Python's are data of the request, JavaScript's the request itself."""
        if not bind.inner.path.endswith(".py"):
            if bind.keys and str(bind.keys[0]) in _DATA:
                return Origin("request", bind.inner.path, bind.at, bind.name)
            return UNKNOWN
        names = self._handlers[id(function)]
        if bind.name in names:
            return Origin("request", bind.inner.path, bind.at, bind.name)
        if param.default is not None and isinstance(param.default, Call):
            callee = param.default.callee
            made = (
                callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
            )
            if made in ("Query", "Path", "Header", "Cookie", "Body", "Form"):
                return Origin("request", bind.inner.path, bind.at, bind.name)
            return UNKNOWN
        fastapi = names and "*" in names
        annotated = _words(param.annotation)
        if fastapi and (not annotated or annotated <= {"str", "None", "Optional", "Union", "list", "List"}):
            return Origin("request", bind.inner.path, bind.at, bind.name)
        return UNKNOWN

    @cached_property
    def _handlers(self) -> dict[int, frozenset[str]]:
        """Functions that answer requests -> the names of the parameters of their paths (``*``: others are query parameters)."""
        found: dict[int, frozenset[str]] = {}
        for route in self.project.routes.routes:
            handler = route.handler
            if handler is None or handler.function is None:
                continue
            names = {
                segment.value
                for segment in route.segments
                if segment.kind in ("param", "rest") and not _is_number(segment.matches)
            }
            if route.framework in ("fastapi", "starlette"):
                names.add("*")
            found[id(handler.function)] = found.get(id(handler.function), frozenset()) | names
        for handled, given in self.decorated.items():
            names = {name for name, matches in given.items() if not _is_number(matches)}
            found[handled] = found.get(handled, frozenset()) | names
        return found

    @cached_property
    def decorated(self) -> dict[int, dict[str, str]]:
        """Handlers that are in no route table: ``id`` of the function -> parameters of its path -> what they let through."""
        return decorated.handlers(self.project)

    # --- parts of things ----------------------------------------------------------------------------------------------

    def _part(self, expr: Member | Index, scope: Scope, depth: int) -> Origin:
        if isinstance(expr, Member) and expr.name in ("length", "size"):
            return NUMBER
        entered = self._request_data(expr, scope)
        if entered is not None:
            return entered
        values = self.ev.eval(expr, scope)
        if values and all(value.constant is not None for value in values):
            return CONSTANT
        if any(value.kind == "env" for value in values):
            return Origin("setting")
        if isinstance(expr, Index):
            if isinstance(expr.index, Slice):
                return self.of(expr.object, scope, depth)
            owners = self.ev.eval(expr.object, scope)
            if owners and all(value.kind in ("mapping", "sequence") for value in owners):
                return Origin("listed")
            return self.of(expr.object, scope, depth) if not isinstance(expr.object, Member) else UNKNOWN
        return UNKNOWN

    def _request_data(self, expr: Member | Index | Call, scope: Scope) -> Origin | None:
        """``request.args["x"]``, ``req.query.x``, ``c.req.param("x")``: the origin where the way begins at a request."""
        names: list[str] = []
        current: Expr = expr
        for _ in range(12):
            if isinstance(current, Member):
                names.append(current.name)
                current = current.object
            elif isinstance(current, Index):
                current = current.object
            elif isinstance(current, Call):
                current = current.callee
            elif isinstance(current, Await):
                current = current.value
            else:
                break
        if not names or not isinstance(current, Name) or not self._is_request(current, scope):
            return None
        first = names[-1] if names[-1] not in ("req", "request", "raw") or len(names) == 1 else names[-2]
        if first in _TRUSTED or first not in _DATA:
            return UNKNOWN
        return Origin("request", scope.path, expr.at, ".".join([current.id, *reversed(names)]))

    def _is_request(self, expr: Expr, scope: Scope) -> bool:
        """Whether an expression surely is the request that is being answered."""
        for value in self.ev.eval(expr, scope):
            if (
                value.kind in ("library", "handle")
                and self.ev.library_for(value.path).canonical(value.name) in _REQUESTS
            ):
                return True
        if not isinstance(expr, Name):
            return False
        variable = scope.find(expr.id, expr.at[0])
        bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
        if bind is None or bind.kind != "param" or bind.keys or bind.scope.function is None:
            return False
        if self._is_annotated_request(bind):
            return True
        if id(bind.scope.function) not in self._handlers:
            return False
        python = bind.inner.path.endswith(".py")
        first = 1 if bind.scope.parent is not None and bind.scope.parent.kind == "class" and python else 0
        return bind.index == first and (not python or bind.name in ("request", "req"))

    def _is_annotated_request(self, bind: Bind) -> bool:
        """Whether a parameter is declared as the request of a framework: ``request: web.Request``."""
        annotation = bind.node.annotation if isinstance(bind.node, Param) else None
        if annotation is None or bind.scope.parent is None or not bind.inner.path.endswith((".py", ".pyi")):
            return False
        if not isinstance(annotation, (Name, Member)):
            return False
        values = self.ev.eval(annotation, bind.scope.parent)
        return bool(values) and all(
            value.kind == "library" and self.ev.library_for(value.path).canonical(value.name) in _REQUESTS
            for value in values
        )

    # --- calls --------------------------------------------------------------------------------------------------------

    def _call(self, call: Call, scope: Scope, depth: int) -> Origin:
        callee = call.callee
        name = callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
        python = scope.path.endswith((".py", ".pyi"))
        if name in (_NUMERIC_PYTHON if python else _NUMERIC_JAVASCRIPT):
            return NUMBER
        if name in _QUOTING:
            return Origin("quoted")
        entered = self._request_data(call, scope)
        if entered is not None:
            if not python or not any(
                arg.name == "type" and isinstance(arg.value, Name) and arg.value.id in _NUMERIC_TYPES
                for arg in call.args
            ):
                return entered
            return NUMBER
        if name in ("map", "flatMap") and not python and call.args and isinstance(call.args[0].value, Lambda):
            return self._mapped(call.args[0].value, scope, depth)
        if name in ("fill", "repeat") and isinstance(callee, Member):
            given = [*(arg.value for arg in call.args[:1])] if name == "fill" else [callee.object]
            inner = self.worst([self.of(item, scope, depth) for item in given])
            return Origin("placeholders") if inner.kind == "constant" else inner
        if any(value.kind == "env" for value in self.ev.eval(call, scope)):
            return Origin("setting")
        if name == "get" and isinstance(callee, Member) and call.args:
            owners = self.ev.eval(callee.object, scope)
            if owners and all(value.kind == "mapping" for value in owners):  # {"a": "b"}.get(given, "b")
                others = [self.of(arg.value, scope, depth) for arg in call.args[1:]]
                return self.worst([Origin("listed"), *others])
        if name in _KEEPING:
            return self._kept(call, name, scope, depth)
        return self._returned(call, scope, depth)

    def _kept(self, call: Call, name: str, scope: Scope, depth: int) -> Origin:
        """A method of texts and lists: what it is called on, and what it is given."""
        parts: list[Expr] = []
        if isinstance(call.callee, Member) and not (name == "join" and isinstance(call.callee.object, Text)):
            parts.append(call.callee.object)
        if not parts or name in ("join", "format", "replace", "replaceAll", "concat", "get"):
            parts += [arg.value for arg in call.args]
        origin = self.worst([self.of(part, scope, depth) for part in parts])
        return (
            msgspec.structs.replace(origin, doubled=True)
            if _doubles_quotes(call, name, scope.path.endswith((".py", ".pyi")))
            else origin
        )

    def _mapped(self, made: Lambda, scope: Scope, depth: int) -> Origin:
        """``names.map((_, i) => `$${i + 1}`)``."""
        inner = self.ev.scope_of(scope.path, made.function)
        returns = [
            node.value for stmt in made.function.body or () for node in walk(stmt) if isinstance(node, Return)
        ]
        if inner is None or not returns:
            return UNKNOWN
        second = made.function.params[1].name if len(made.function.params) > 1 else ""
        found = [
            NUMBER if second and value is not None and _only(value, second) else self.of(value, inner, depth)
            for value in returns
            if value is not None
        ]
        worst = self.worst(found)
        return Origin("placeholders") if worst.kind in ("constant", "number", "placeholders") else worst

    def _returned(self, call: Call, scope: Scope, depth: int) -> Origin:
        """What a function of the project gives back."""
        found: list[Origin] = []
        for value in self.ev.eval(call.callee, scope):
            function = value.node
            if value.kind != "function" or not isinstance(function, Function):
                return UNKNOWN
            inner = self.ev.scope_of(value.path, function)
            if inner is None or not inner.returns:
                return UNKNOWN
            found += [self.of(item.value, inner, depth) for item in inner.returns if item.value is not None]
        return self.worst(found) if found else UNKNOWN

    # --- allow-lists --------------------------------------------------------------------------------------------------

    def _is_listed(self, expr: Name, scope: Scope) -> bool:
        """Whether the function asks if the value is one of a constant collection: ``if x not in ALLOWED: raise``."""
        home: Scope | None = scope
        while home is not None and home.kind not in ("function", "module"):
            home = home.parent
        if home is None:
            return False
        return expr.id in self._asked(home)

    def _asked(self, scope: Scope) -> frozenset[str]:
        known = self._tests.get(id(scope))
        if known is None:
            known = self._tests[id(scope)] = frozenset(
                name for stmt in scope.body for node in walk(stmt) if (name := self._tested(node, scope))
            )
        return known

    @cached_property
    def _tests(self) -> dict[int, frozenset[str]]:
        return {}

    def _tested(self, node: Node, scope: Scope) -> str:
        if isinstance(node, Binary) and node.op in ("in", "not in") and isinstance(node.left, Name):
            return node.left.id if self._is_collection(node.right, scope) else ""
        if (
            isinstance(node, Call)
            and isinstance(node.callee, Member)
            and node.callee.name in ("includes", "has", "test", "hasOwnProperty")
        ):
            given = node.args[0].value if node.args else None
            if isinstance(given, Name) and (
                node.callee.name == "test" or self._is_collection(node.callee.object, scope)
            ):
                return given.id
        if (
            isinstance(node, Call)
            and isinstance(node.callee, Member)
            and node.callee.name in ("fullmatch", "isidentifier", "isdigit", "isalnum", "isdecimal")
        ):
            subject = (
                node.args[-1].value if node.callee.name == "fullmatch" and node.args else node.callee.object
            )
            return subject.id if isinstance(subject, Name) else ""
        return ""

    def _is_collection(self, expr: Expr, scope: Scope) -> bool:
        if isinstance(expr, Sequence):
            return bool(expr.items)
        if isinstance(expr, Call):
            return self._is_listing(expr, scope)
        values = self.ev.eval(expr, scope)
        if values and all(value.kind in ("sequence", "mapping", "class") for value in values):
            return True
        return (
            isinstance(expr, (Name, Member)) and (expr.id if isinstance(expr, Name) else expr.name).isupper()
        )

    def _is_listing(self, call: Call, scope: Scope) -> bool:
        """``Model.__table__.columns.keys()``, ``set(ALLOWED)``: the names of something the program holds itself."""
        callee = call.callee
        if isinstance(callee, Name) and callee.id in _LISTING and len(call.args) == 1:
            return self._is_collection(call.args[0].value, scope)
        if not isinstance(callee, Member) or callee.name not in ("keys", "values"):
            return False
        if isinstance(callee.object, Name) and callee.object.id == "Object" and len(call.args) == 1:
            return self._is_collection(call.args[0].value, scope)
        if self.of(callee.object, scope).kind == "request":
            return False
        return isinstance(callee.object, Member) or self._is_collection(callee.object, scope)


def _doubles_quotes(call: Call, name: str, python: bool) -> bool:
    """``x.replace("'", "''")``; in JavaScript, where that is done once, ``replaceAll`` or a regular expression."""
    if name not in ("replace", "replaceAll") or len(call.args) != 2:
        return False
    old, new = call.args[0].value, call.args[1].value
    everywhere = python or name == "replaceAll" or (isinstance(old, Text) and old.prefix == "regex")
    return everywhere and _plain(old) == "'" and _plain(new) == "''"


def _plain(expr: Expr) -> str:
    return (
        "".join(piece.value for piece in expr.pieces if not isinstance(piece, Hole))
        if isinstance(expr, Text)
        else ""
    )


def _only(expr: Expr, name: str) -> bool:
    """Whether every name read in an expression is this one."""
    names = [node.id for node in walk(expr) if isinstance(node, Name)]
    return bool(names) and all(item == name for item in names)


def _is_count(param: Param) -> bool:
    """Whether the default is a number: the parameter is meant for one (TypeScript takes that for its type)."""
    default = param.default
    return param.annotation is None and isinstance(default, Constant) and default.kind in ("int", "float")


def _annotated(param: Param) -> Origin | None:
    """What a parameter's annotation alone tells."""
    words = _words(param.annotation) - {"None", "Optional", "Union", "null", "undefined", "Annotated"}
    if words and words <= _NUMERIC_TYPES:
        return NUMBER
    if words and words <= {"Literal"} and param.annotation is not None:
        return Origin("listed")
    return None


def _words(annotation: Expr | None) -> set[str]:
    if annotation is None:
        return set()
    found = {node.id for node in walk(annotation) if isinstance(node, Name)}
    found |= {node.name for node in walk(annotation) if isinstance(node, Member)}
    if isinstance(annotation, Text):
        found |= {piece.value for piece in annotation.pieces if not isinstance(piece, Hole)}
    return found


def _is_number(matches: str) -> bool:
    """Whether a converter or pattern of a path lets only numbers through."""
    return matches in ("int", "float", "uuid", "UUID", "\\d+", "[0-9]+", "number", "date", "ymd")
