"""The code takes tokens with another word before them than the contract says: ``Bearer`` where that is ``Token``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.checks._calls import library_names
from constraintlint.checks.contract._operations import first_line
from constraintlint.facts.code import (
    At,
    Binary,
    Call,
    Class,
    Expr,
    Function,
    Hole,
    Member,
    Name,
    Node,
    Text,
    walk,
)
from constraintlint.facts.contract import Contract, Scheme
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import FileScopes, Scope, key_of
from constraintlint.roles import is_test

RULE = "auth-scheme-mismatch"
_WORD = re.compile(r"\^?\(?(?:\?:)?(bearer|token|jwt|basic|apikey|api-key)\b", re.IGNORECASE)
_BEARER = ("HTTPBearer", "OAuth2PasswordBearer", "OAuth2AuthorizationCodeBearer")
_COMPARED = frozenset(("==", "!=", "===", "!==", "in", "not in"))
_CUTTING = frozenset(
    (
        "startswith",
        "startsWith",
        "removeprefix",
        "replace",
        "match",
        "test",
        "exec",
        "fullmatch",
        "search",
        "sub",
        "indexOf",
        "includes",
        "partition",
        "split",
    )
)
_MAX_DEPTH = 3


class Accepted(msgspec.Struct, frozen=True):
    """A place that takes tokens with this word before them."""

    word: str
    path: str
    at: At
    how: str


def check(project: Project) -> Iterator[Finding]:
    contract = project.contract
    if contract is None:
        return
    expected = _expected(contract)
    if not expected:
        return
    found = sorted(_accepted(project), key=lambda item: (item.path, item.at, item.word))
    wanted = {word.lower() for word in expected}
    if not found or any(item.word.lower() in wanted for item in found):
        return
    served = set(project.paths)
    for item in found:
        if item.path in served:
            yield _finding(project, item, expected)
            return  # one place is enough: the others say the same


def _expected(contract: Contract) -> dict[str, Scheme]:
    """word before the token -> the scheme that asks for it; nothing where one of the schemes leaves it open."""
    found: dict[str, Scheme] = {}
    used = {name for operation in contract.operations for names in operation.security for name in names}
    for name in sorted(used):
        scheme = contract.schemes.get(name)
        if scheme is None:
            return {}
        if scheme.type == "http" and scheme.scheme in ("bearer", "basic"):
            found[scheme.scheme.title()] = scheme
        elif scheme.type == "oauth2":
            found["Bearer"] = scheme
        elif (
            scheme.type == "apiKey" and scheme.where == "header" and scheme.header.lower() == "authorization"
        ):
            if not scheme.prefix:
                return {}
            found[scheme.prefix] = scheme
    return found


def _finding(project: Project, item: Accepted, expected: dict[str, Scheme]) -> Finding:
    words = sorted(expected)
    place = expected[words[0]].place
    return finding(
        RULE,
        item.path,
        first_line(project, item.path, item.at),
        f'{item.how} takes "{item.word} ..." in the Authorization header, and the contract says "{words[0]} ..."',
        help=f'take tokens that stand after "{words[0]}", or correct the security scheme of the description',
        trace=[Step(place.path, place.line, place.column, f'this scheme puts "{words[0]}" before the token')],
        subject=f"{item.word} for {words[0]}",
    )


# --- what the code takes ----------------------------------------------------------------------------------------------


def _accepted(project: Project) -> Iterator[Accepted]:
    for path in project.paths:
        if is_test(path) or not project.mentions(
            path, ("uthorization", "jwt", "Jwt", "JWT", "earer", "security")
        ):
            continue
        file = project.evaluator.file(path)
        if file is not None:
            yield from _libraries(project, file)
            yield from _written(project, file)


def _libraries(project: Project, file: FileScopes) -> Iterator[Accepted]:
    """Helpers of libraries that know one scheme."""
    for name in _BEARER:
        for call, scope in file.calls.get(name, ()):
            if any(item.startswith("fastapi.security") for item in library_names(project, call, scope)):
                yield Accepted("Bearer", file.path, call.at, name)
    for call, scope in file.calls.get("JWTManager", ()):
        names = library_names(project, call, scope)
        if any(item.startswith("flask_jwt_extended") for item in names) and not _mentions(
            project, "JWT_HEADER_TYPE", "JWT_TOKEN_LOCATION"
        ):
            yield Accepted("Bearer", file.path, call.at, "Flask-JWT-Extended")
    for call, scope in file.calls.get("register", ()):
        given = project.evaluator.eval(call.args[0].value, scope) if call.args else ()
        plugin = any(
            value.kind in ("library", "result") and value.name.startswith(("@fastify/jwt", "fastify-jwt"))
            for value in given
        )
        if plugin and not _mentions(project, "extractToken"):
            yield Accepted("Bearer", file.path, call.at, "@fastify/jwt")
    for call, _ in file.calls.get("fromAuthHeaderAsBearerToken", ()):
        yield Accepted("Bearer", file.path, call.at, "passport-jwt")
    for call, _ in file.calls.get("fromAuthHeaderWithScheme", ()):
        word = key_of(call.args[0].value) if call.args and isinstance(call.args[0].value, Text) else ""
        if word:
            yield Accepted(word, file.path, call.at, "passport-jwt")
    yield from _rest_framework(project, file)
    for name in ("expressjwt", "bearerAuth"):
        for call, scope in file.calls.get(name, ()):
            if library_names(project, call, scope) & {
                "express-jwt#expressjwt",
                "hono/bearer-auth#bearerAuth",
            } and not _mentions(project, "getToken", "prefix", "headerName"):
                yield Accepted("Bearer", file.path, call.at, name)


def _rest_framework(project: Project, file: FileScopes) -> Iterator[Accepted]:
    """``class BearerAuthentication(TokenAuthentication): keyword = "Bearer"``."""
    for scope in file.by_node.values() if file.python else ():
        node = scope.node
        if not isinstance(node, Class) or scope.parent is None:
            continue
        bases = {
            value.name for base in node.bases for value in project.evaluator.eval(base.value, scope.parent)
        }
        if bases != {"rest_framework.authentication.TokenAuthentication"}:
            continue
        binds = [bind for variable in scope.names.get("keyword", ()) for bind in variable.binds]
        for bind in binds if len(binds) == 1 else ():
            if isinstance(bind.value, Text) and key_of(bind.value).isalpha():
                yield Accepted(key_of(bind.value), file.path, bind.value.at, node.name)


def _mentions(project: Project, *words: str) -> bool:
    return any(project.mentions(path, words) for path in project.paths)


def _written(project: Project, file: FileScopes) -> Iterator[Accepted]:
    """Functions that read the header and ask for a word before the token."""
    for scope in list(file.by_node.values()):
        function = scope.function
        if function is not None and function.body is not None and _reads_header(function):
            yield from _words(project, function, scope, 0)


def _reads_header(function: Function) -> bool:
    for node in walk(list(function.body or ())):
        if isinstance(node, Member) and node.name == "authorization":
            return True
        if isinstance(node, Text) and key_of(node).lower() in ("authorization", "http_authorization"):
            return True
        if (
            isinstance(node, Call)
            and (getattr(node.callee, "id", "") or getattr(node.callee, "name", ""))
            == "get_authorization_header"
        ):
            return True  # of Django REST framework
    for param in function.params:
        told = [part for part in (param.annotation, param.default) if part is not None]
        named = [node.id for part in told for node in walk(part) if isinstance(node, Name)]
        if any("authorization" in name.lower() for name in (param.name, *named)):
            return True
    return False


def _words(project: Project, function: Function, scope: Scope, depth: int) -> Iterator[Accepted]:
    for node in walk(list(function.body or ())):
        for operand in _operands(node):
            word = _word(project, operand, scope)
            if word:
                yield Accepted(word, scope.path, operand.at, function.name or "the check of the header")
        if isinstance(node, Call) and depth < _MAX_DEPTH - 1 and isinstance(node.callee, (Name, Member)):
            for value in project.evaluator.eval(node.callee, scope):
                for item in concrete(project.evaluator, value):
                    inner = item.node
                    if (
                        item.kind == "function"
                        and isinstance(inner, Function)
                        and item.scope is not None
                        and inner is not function
                    ) and any(
                        "auth" in param.name.lower() or "header" in param.name.lower()
                        for param in inner.params
                    ):
                        yield from _words(project, inner, item.scope, depth + 1)


def _operands(node: Node) -> list[Expr]:
    """What a value is compared with, or begins with."""
    if isinstance(node, Binary) and node.op in _COMPARED:
        return [node.left, node.right]
    if isinstance(node, Call) and isinstance(node.callee, Member) and node.callee.name in _CUTTING:
        return [node.callee.object, *(arg.value for arg in node.args[:1])]
    return []


def _word(project: Project, expr: Expr, scope: Scope) -> str:
    if isinstance(expr, Text):
        text = "".join(piece.value for piece in expr.pieces if not isinstance(piece, Hole))
    elif isinstance(expr, (Name, Member)):
        values = project.evaluator.eval(expr, scope)
        constant = values[0].constant if len(values) == 1 else None
        if isinstance(constant, bytes):
            constant = constant.decode("ascii", "ignore")
        text = constant if isinstance(constant, str) else ""
    else:
        return ""
    match = _WORD.match(text)
    return match[1] if match is not None and len(text) <= 40 else ""
