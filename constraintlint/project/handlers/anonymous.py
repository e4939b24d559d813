"""What a guard does with a request that carries no credentials: refuse it on every way, or let it through on some.

The guard is run with the Authorization header (and cookies and tokens of other names) known to be missing; what else it asks can come
out either way. So a guard with a list of public paths, or one that only notes who asks, does not refuse.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from constraintlint.facts.code import (
    Assign,
    Await,
    Binary,
    Block,
    Call,
    Conditional,
    Constant,
    Define,
    Expr,
    ExprStmt,
    Function,
    If,
    Index,
    Lambda,
    Loop,
    Mapping,
    Member,
    Name,
    Raise,
    Return,
    Sequence,
    Stmt,
    Switch,
    Text,
    Try,
    Unary,
    Unknown,
    With,
    walk,
)
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import Scope, key_of
from constraintlint.project.flow.values import Value
from constraintlint.project.handlers.answers import named

if TYPE_CHECKING:
    from constraintlint.project.flow.evaluate import Evaluator

#: what is known of a value: surely missing (None, undefined, empty, false), surely there, or either
Known = Literal["absent", "present", "unknown"]
Env = dict[str, Known]
#: how a function ends: the request is refused, goes on to what stands behind, or a value is returned
End = tuple[str, Known]

REFUSED: End = ("refused", "unknown")
PASSED: End = ("passed", "unknown")
FELL: End = ("fell", "absent")

_HEADER = re.compile(
    r"authorization|x-access-token|x-auth-token|x-api-key|token|session|jwt|api_key", re.IGNORECASE
)
_GETTERS = frozenset(("get", "header", "getHeader", "cookie"))
_SENDING = frozenset(("json", "send", "end", "sendStatus", "redirect", "render", "text", "html", "body"))
#: calls that fail without credentials
_VERIFYING = frozenset(("jwtVerify", "verify_jwt_in_request"))
_CHECKING = frozenset(("verify", "jwtVerify", "verifyToken", "verifyJwt", "verifyJWT", "jwtDecrypt"))
#: functions that throw where the token they are given first is missing
_VERIFIERS = re.compile(r"(?:jsonwebtoken|hono/jwt|jose)\W.*\b(?:verify|jwtVerify)")
_MAX_DEPTH = 6
_MAX_BRANCHES = 400


class Run:
    """One run of a guard. ``goes_on`` are the names of what stands behind it: ``next``, ``view``, ``handler``, ``call_next``."""

    def __init__(
        self,
        ev: Evaluator,
        goes_on: frozenset[str],
        answer: str = "",
        *,
        ends_pass: bool = True,
        returns_answer: bool = False,
    ) -> None:
        self.ev = ev
        self.goes_on = goes_on
        self.answer = answer
        """the response of Express and Fastify: what sends it refuses"""
        self.ends_pass = ends_pass
        """whether the request goes on where the function ends"""
        self.returns_answer = returns_answer
        """whether what the function returns is sent"""
        self.steps = 0

    def function(self, function: Function, scope: Scope, given: Env, depth: int = 0) -> set[End]:
        if function.body is None or depth > _MAX_DEPTH:
            return {("returned", "unknown")}
        ends = self.block(list(function.body), scope, dict(given), depth)
        return {("returned", "absent") if end == FELL else end for end in ends}

    # --- statements ---------------------------------------------------------------------------------------------------

    def block(self, body: list[Stmt], scope: Scope, env: Env, depth: int) -> set[End]:
        """How the statements end; ``FELL`` where the end of the block is reached. ``env`` is changed where one way goes on."""
        found: set[End] = set()
        for index, stmt in enumerate(body):
            self.steps += 1
            if self.steps > _MAX_BRANCHES:
                return found | {PASSED}
            if isinstance(stmt, If):
                test = self.eval(stmt.test, scope, env, depth, found)
                ways: set[End] = set()
                rest = body[index + 1 :]
                for branch, wanted in ((stmt.body, "absent"), (stmt.orelse, "present")):
                    if test != wanted:
                        own = dict(env)
                        ways |= self._then(list(branch), rest, scope, own, depth)
                return found | ways
            ends = self.step(stmt, scope, env, depth)
            found |= ends - {FELL}
            if FELL not in ends:
                return found
        return found | {FELL}

    def _then(self, body: list[Stmt], rest: list[Stmt], scope: Scope, env: Env, depth: int) -> set[End]:
        ends = self.block(body, scope, env, depth)
        return (ends - {FELL}) | (self.block(rest, scope, env, depth) if FELL in ends else set())

    def step(self, stmt: Stmt, scope: Scope, env: Env, depth: int) -> set[End]:
        found: set[End] = set()
        if isinstance(stmt, Raise):
            return {REFUSED}
        if isinstance(stmt, Return):
            return self._return(stmt.value, scope, env, depth)
        if isinstance(stmt, (Block, With)):
            return self.block(list(stmt.body), scope, env, depth)
        if isinstance(stmt, Try):
            return self._try(stmt, scope, env, depth)
        if isinstance(stmt, (Loop, Switch)):
            bodies = [stmt.body] if isinstance(stmt, Loop) else [case.body for case in stmt.cases]
            for body in bodies:
                found |= self.block(list(body), scope, dict(env), depth)
            return found | {FELL}
        if isinstance(stmt, Assign) and stmt.value is not None:
            value = self.eval(stmt.value, scope, env, depth, found)
            for target in stmt.targets:
                self._assign(target, stmt.value, value, env, _python(scope))
            if (PASSED in found or REFUSED in found) and not env.pop("maybe", None):
                return found
            return found | {FELL}
        if isinstance(stmt, ExprStmt):
            value = self.eval(stmt.value, scope, env, depth, found)
            if PASSED in found or REFUSED in found:
                return found | {FELL} if env.pop("maybe", None) else found
            return found | {FELL}
        return {FELL}

    def _assign(self, target: Expr, value: Expr, known: Known, env: Env, python: bool) -> None:
        if isinstance(target, Mapping):
            for entry in target.entries:
                if isinstance(entry.value, Name):
                    key = key_of(entry.key) if entry.key is not None else ""
                    env[entry.value.id] = (
                        "absent"
                        if known == "absent" or (_HEADER.fullmatch(key) and _is_headers(value))
                        else "unknown"
                    )
            return
        if isinstance(target, (Name, Member)):
            env[_path(target)] = known
        else:
            for node in walk(target):
                if isinstance(node, Name):
                    lost = known == "absent" and not (python and scope_is_text(value))
                    env[node.id] = "absent" if lost else "unknown"

    def _try(self, stmt: Try, scope: Scope, env: Env, depth: int) -> set[End]:
        own = dict(env)
        found = self.block(list(stmt.body), scope, own, depth)
        kept = found - {REFUSED}
        if stmt.handlers and (
            REFUSED in found or ("returned", "unknown") in found or FELL in found or PASSED in found
        ):
            may_fail = REFUSED in found or _calls_something(stmt.body)
            for handler in stmt.handlers if may_fail else ():
                kept |= self.block(list(handler.body), scope, dict(env), depth)
        elif REFUSED in found:
            kept.add(REFUSED)
        env.update(own)
        if FELL in kept and stmt.orelse:
            kept = (kept - {FELL}) | self.block(list(stmt.orelse), scope, env, depth)
        return kept

    def _return(self, value: Expr | None, scope: Scope, env: Env, depth: int) -> set[End]:
        found: set[End] = set()
        if value is None:
            return {("returned", "absent")}
        if self.returns_answer and depth == 0 and _is_refusal(value):
            return {REFUSED}
        known = self.eval(value, scope, env, depth, found)
        if PASSED in found or REFUSED in found:
            return found if not env.pop("maybe", None) else found | {("returned", known)}
        return found | {("returned", known)}

    # --- expressions --------------------------------------------------------------------------------------------------

    def eval(self, expr: Expr, scope: Scope, env: Env, depth: int, ends: set[End]) -> Known:
        """What is known of a value; ways on which it refuses or lets through are added to ``ends``."""
        if isinstance(expr, Await):
            return self.eval(expr.value, scope, env, depth, ends)
        if _is_credential(expr):
            return "absent"
        if isinstance(expr, Constant):
            return "present" if expr.value else "absent"
        if isinstance(expr, Text):
            return "present" if expr.pieces else "absent"
        if isinstance(expr, (Name, Member)) and _path(expr) in env:
            return env[_path(expr)]
        if isinstance(expr, (Member, Index)):
            owner = self.eval(expr.object, scope, env, depth, ends)
            return "absent" if owner == "absent" else "unknown"
        if isinstance(expr, Unary) and expr.op in ("not", "!"):
            known = self.eval(expr.operand, scope, env, depth, ends)
            return {"absent": "present", "present": "absent"}.get(known, "unknown")  # type: ignore[return-value]
        if isinstance(expr, Unary) and expr.op == "void":
            return self.eval(expr.operand, scope, env, depth, ends)
        if isinstance(expr, Binary):
            return self._binary(expr, scope, env, depth, ends)
        if isinstance(expr, Conditional):
            test = self.eval(expr.test, scope, env, depth, ends)
            if test != "unknown":
                return self.eval(expr.then if test == "present" else expr.other, scope, env, depth, ends)
            both = {self.eval(part, scope, env, depth, ends) for part in (expr.then, expr.other)}
            if PASSED in ends or REFUSED in ends:
                env["maybe"] = "unknown"
            return both.pop() if len(both) == 1 else "unknown"
        if isinstance(expr, Call):
            return self._call(expr, scope, env, depth, ends)
        if isinstance(expr, Unknown):
            for child in expr.children:
                self.eval(child, scope, env, depth, ends)
        return "unknown"

    def _binary(self, expr: Binary, scope: Scope, env: Env, depth: int, ends: set[End]) -> Known:
        if expr.op in ("in", "not in") and isinstance(expr.left, Text) and _is_headers(expr.right):
            if _HEADER.search(key_of(expr.left)):
                return "absent" if expr.op == "in" else "present"
            return "unknown"
        left = self.eval(expr.left, scope, env, depth, ends)
        if left == "unknown" and expr.op in ("==", "!=", "<"):
            empty = self._is_counted(expr, scope, env, depth, ends)
            if empty is not None:
                return empty
        if expr.op in ("or", "||", "??"):
            if left == "present":
                return left
            right = self.eval(expr.right, scope, env, depth, ends)
            return right if left == "absent" or right == "present" else "unknown"
        if expr.op in ("and", "&&"):
            if left == "absent":
                return left
            right = self.eval(expr.right, scope, env, depth, ends)
            return right if left == "present" or right == "absent" else "unknown"
        right = self.eval(expr.right, scope, env, depth, ends)
        if "unknown" in (left, right) or left == right == "present":
            return "unknown"
        same = left == right
        if expr.op in ("is", "==", "==="):
            return "present" if same else "absent"
        if expr.op in ("is not", "!=", "!=="):
            return "absent" if same else "present"
        return "unknown"

    def _is_counted(self, expr: Binary, scope: Scope, env: Env, depth: int, ends: set[End]) -> Known | None:
        """``len(parts) != 2`` where there are no parts."""
        call, number = expr.left, expr.right
        if (
            not isinstance(call, Call)
            or not isinstance(call.callee, Name)
            or call.callee.id != "len"
            or len(call.args) != 1
            or not isinstance(number, Constant)
            or not isinstance(number.value, int)
            or number.value < 2
            or self.eval(call.args[0].value, scope, env, depth, ends) != "absent"
        ):
            return None
        return "absent" if expr.op == "==" else "present"

    def _call(self, call: Call, scope: Scope, env: Env, depth: int, ends: set[End]) -> Known:
        callee = call.callee
        name = named(call)
        if isinstance(callee, Name) and callee.id in self.goes_on:
            failing = bool(call.args) and callee.id in ("next", "done") and self.answer
            ends.add(REFUSED if failing and not _is_nothing(call.args[0].value) else PASSED)
            return "unknown"
        if name in ("throw", "abort", "assert") and isinstance(callee, (Member, Name)) and name != "assert":
            ends.add(REFUSED)
            return "unknown"
        if name in _VERIFYING:
            ends.add(REFUSED)
            return "unknown"
        if (
            self.answer
            and isinstance(callee, Member)
            and name in _SENDING
            and _rooted(callee.object, self.answer)
        ):
            ends.add(REFUSED)
            return "unknown"
        if isinstance(callee, Member):
            owner = self.eval(callee.object, scope, env, depth, ends)
            if owner == "absent":
                # an empty text that is cut in words by a separator is a list of one
                return "unknown" if _python(scope) and name == "split" and call.args else "absent"
        values = [item for value in self.ev.eval(callee, scope) for item in concrete(self.ev, value)]
        known = [
            self.eval(arg.value, scope, env, depth, ends)
            for arg in call.args
            if not isinstance(arg.value, Lambda)
        ]
        if known[:1] == ["absent"] and len(known) == len(call.args) and _verifies(values):
            ends.add(REFUSED)
            return "unknown"
        functions = [
            value for value in values if value.kind == "function" and isinstance(value.node, Function)
        ]
        if not functions or len(functions) != len(values) or depth >= _MAX_DEPTH:
            return "unknown"
        results: set[End] = set()
        for value in functions:
            results |= self._entered(value, known, depth)
        if REFUSED in results:
            ends.add(REFUSED)
            if len(results) > 1:
                env["maybe"] = "unknown"
        if PASSED in results:
            ends.add(PASSED)
        returned = {end[1] for end in results if end[0] == "returned"}
        return returned.pop() if len(returned) == 1 else "unknown"

    def _entered(self, value: Value, known: list[Known], depth: int) -> set[End]:
        function, scope = value.node, value.scope
        if (
            not isinstance(function, Function)
            or scope is None
            or function.body is None
            or function.is_generator
        ):
            return {("returned", "unknown")}
        first = 1 if scope.parent is not None and scope.parent.kind == "class" and _python(scope) else 0
        params = [param.name for param in function.params][first:]
        given: Env = dict(zip(params, known, strict=False))
        inner = Run(self.ev, frozenset(), "", ends_pass=True)
        inner.steps = self.steps
        ends = inner.function(function, scope, given, depth + 1)
        self.steps = inner.steps
        return ends


def reads_credentials(function: Function) -> bool:
    """Whether a function reads a token of the request, or has one verified: what it notes on the request is who asks."""
    for node in walk(list(function.body or ())):
        if isinstance(node, (Member, Index, Call)) and _is_credential(node):
            return True
        if isinstance(node, Call) and named(node) in _CHECKING:
            return True
    return False


# --- reading the code -------------------------------------------------------------------------------------------------


def _path(expr: Expr) -> str:
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Member):
        owner = _path(expr.object)
        return f"{owner}.{expr.name}" if owner else ""
    return ""


def _is_headers(expr: Expr) -> bool:
    """``req.headers``, ``request.headers``, ``req.cookies``."""
    return isinstance(expr, Member) and expr.name in ("headers", "cookies", "META", "COOKIES")


def _is_credential(expr: Expr) -> bool:
    """A credential of the request, read in any of the usual ways."""
    if isinstance(expr, Member):
        return _is_headers(expr.object) and _HEADER.fullmatch(expr.name) is not None
    if isinstance(expr, Index):
        key = key_of(expr.index) if isinstance(expr.index, Text) else ""
        return _is_headers(expr.object) and bool(_HEADER.search(key)) and not isinstance(expr.object, Call)
    if (
        isinstance(expr, Call)
        and isinstance(expr.callee, Member)
        and expr.callee.name in _GETTERS
        and expr.args
    ):
        first = expr.args[0].value
        if isinstance(first, Text) and _HEADER.search(key_of(first)):
            owner = expr.callee.object
            plain = isinstance(owner, (Name, Member)) and not (
                isinstance(owner, Name) and owner.id in ("config", "env", "settings", "os")
            )
            default = expr.args[1].value if len(expr.args) > 1 else None
            missing = (
                default is None
                or (isinstance(default, Text) and not default.pieces)
                or (isinstance(default, Constant) and not default.value)
            )
            return plain and missing
    return False


def scope_is_text(value: Expr) -> bool:
    """Whether a missing value taken apart may still give parts: ``"".split(" ")``; those of ``"".partition(" ")`` are empty."""
    return isinstance(value, Call) and named(value) == "split"


def _is_refusal(expr: Expr) -> bool:
    """An answer whose status is written: ``jsonify(...), 401``, ``json_response(..., status=403)``."""
    if isinstance(expr, Sequence):
        return any(_is_refusing(item) for item in expr.items[1:2])
    return isinstance(expr, Call) and any(
        arg.name in ("status", "status_code") and _is_refusing(arg.value) for arg in expr.args
    )


def _is_refusing(expr: Expr) -> bool:
    return isinstance(expr, Constant) and expr.value in (401, 403)


def _is_nothing(expr: Expr) -> bool:
    return isinstance(expr, Constant) and expr.kind in ("none", "undefined")


def _rooted(expr: Expr, name: str) -> bool:
    """Whether a chain of calls begins at ``res``."""
    for _ in range(12):
        if isinstance(expr, Name):
            return expr.id == name
        if isinstance(expr, Call) and isinstance(expr.callee, Member):
            expr = expr.callee.object
        else:
            return False
    return False


def _calls_something(body: list[Stmt]) -> bool:
    return any(isinstance(node, (Call, Index)) for node in walk(list(body)))


def _verifies(values: list[Value]) -> bool:
    """Whether a library is asked to verify a token; with a callback it would not throw."""
    return bool(values) and all(
        value.kind == "library" and _VERIFIERS.fullmatch(value.name) for value in values
    )


def _python(scope: Scope) -> bool:
    return scope.path.endswith((".py", ".pyi"))


def inner_functions(function: Function) -> list[Function]:
    """The functions a decorator or a factory makes."""
    found: list[Function] = []
    for stmt in function.body or ():
        if isinstance(stmt, Define):
            found.append(stmt.function)
        elif isinstance(stmt, Return) and isinstance(stmt.value, Lambda):
            found.append(stmt.value.function)
    return found
