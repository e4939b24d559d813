"""A token is written into the program: given to every user, or compared with what a request brings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import constant_key
from constraintlint.checks._parents import Parents
from constraintlint.checks.auth._token_words import is_token, is_token_name
from constraintlint.facts.code import (
    Arg,
    Assign,
    Binary,
    Call,
    Entry,
    Expr,
    Hole,
    Mapping,
    Member,
    Name,
    Node,
    Return,
    Text,
)
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.manifests import base_of, role_of_path

RULE = "hard-coded-token"
#: schemes, types and kinds of tokens, and what stands for nothing
_NO_TOKEN = re.compile(
    r"bearer|token|basic|jwt|string|str|text|password|none|null|undefined|access|refresh|api|opaque|hidden|\**|x*|\W*",
    re.I,
)
#: the value of a token: no words of a sentence, no pattern, no path
_LITERAL = re.compile(r"[\w.~+/=:-]{6,}")
#: what is compared with a token is one, and no word of a language that is read
_SECRET = re.compile(r"\d|token|secret|jwt", re.I)
#: what browsers are served: editors and other libraries speak of the tokens of a language
_ASSET = re.compile(r"(?:^|/)(?:(?:[\w-]+-)?static|public|assets|www|vendor|\.tmp)/.*\.[cm]?js$|\.min\.js$")
_HEADER = re.compile(r"(?:bearer|token|jwt)\s+([\w.~+/=:-]{6,})", re.I)
_DOCUMENTED = frozenset(
    (
        "example",
        "examples",
        "schema",
        "properties",
        "description",
        "default",
        "mock",
        "fixture",
        "json_schema_extra",
        "openapi",
    )
)
_SUITABLE = frozenset(
    (
        "email",
        "username",
        "user",
        "expires",
        "expires_in",
        "expiresIn",
        "token_type",
        "userId",
        "user_id",
        "id",
        "name",
        "success",
        "data",
    )
)


def check(project: Project) -> Iterator[Finding]:
    base = base_of(project)
    parents = Parents(project)
    for path in project.paths:
        if role_of_path(path, base) != "runtime" or not project.mentions(path, ("oken", "jwt")):
            continue
        if _ASSET.search(path):
            continue
        file = project.evaluator.file(path)
        for node in file.of_kinds(Mapping, Binary, Call) if file is not None else ():
            if isinstance(node, Mapping):
                yield from _issued(project, parents, path, node)
            elif isinstance(node, Binary) and node.op in ("==", "===", "!=", "!=="):
                yield from _compared(project, path, node)
            elif isinstance(node, Call):
                yield from _given(project, path, node)


def _issued(project: Project, parents: Parents, path: str, mapping: Mapping) -> Iterator[Finding]:
    """``{"token": "abc123", "email": ...}`` as an answer."""
    found = [
        (entry, key, text)
        for entry in mapping.entries
        if is_token_name(key := constant_key(entry) or "") and (text := _literal(entry.value))
    ]
    if found and _is_answer(parents, path, mapping):
        for entry, key, text in found:
            yield _finding(project, path, entry.value, f"every user gets the same {key}", text)


def _is_answer(parents: Parents, path: str, mapping: Mapping) -> bool:
    """Whether an object is made inside a function, and is the answer to somebody: returned, sent, or with what belongs to a user."""
    keys = {constant_key(entry) or "" for entry in mapping.entries}
    node: Node | None = mapping
    answered = inside = sent = False
    for _ in range(60):
        node = parents.of(path, node) if node is not None else None
        if node is None:
            break
        if isinstance(node, Entry) and (constant_key(node) or "") in _DOCUMENTED:
            return False
        if isinstance(node, Arg) and node.name in _DOCUMENTED:
            return False
        answered |= isinstance(node, (Return, Call))
        sent |= _sends(node)
        inside |= type(node).__name__ == "Function"
    return inside and (sent or (answered and bool(keys & _SUITABLE or len(keys) == 1)))


def _sends(node: Node) -> bool:
    """``ctx.body = {...}``, ``res.json({...})``: what stands in it is the answer, whatever it holds."""
    if isinstance(node, Assign):
        target = node.targets[0] if len(node.targets) == 1 else None
        return (
            isinstance(target, Member)
            and target.name == "body"
            and isinstance(target.object, Name)
            and target.object.id in ("ctx", "context")
        )
    callee = node.callee if isinstance(node, Call) else None
    return isinstance(callee, Member) and callee.name == "json"


def _given(project: Project, path: str, call: Call) -> Iterator[Finding]:
    """``Session(token="abc123")``: an argument by keyword, with what belongs to a user beside it."""
    names = {arg.name for arg in call.args if arg.name}
    for arg in call.args:
        text = _literal(arg.value)
        if arg.name and is_token_name(arg.name) and text and names & {"email", "username", "user", "user_id"}:
            yield _finding(project, path, arg.value, f"every user gets the same {arg.name}", text)


def _compared(project: Project, path: str, node: Binary) -> Iterator[Finding]:
    """``if token == "abc123"``."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        text = _literal(other)
        if (text and is_token(one) and _SECRET.search(text)) or (text := _credentials(other)):
            yield _finding(project, path, other, "whoever knows this text is logged in", text)


def _credentials(expr: Expr) -> str:
    """``"Bearer dev-token-42"``: the whole value of an Authorization header, which says itself what it is."""
    match = _HEADER.fullmatch(_constant(expr))
    return match[1] if match is not None and not _NO_TOKEN.fullmatch(match[1]) else ""


def _constant(expr: Expr) -> str:
    if not isinstance(expr, Text) or expr.prefix not in ("", "r") or expr.tag is not None:
        return ""
    if any(isinstance(piece, Hole) for piece in expr.pieces):
        return ""
    return "".join(piece.value for piece in expr.pieces if not isinstance(piece, Hole))


def _literal(expr: Expr) -> str:
    """The text of a constant that can be a token."""
    text = _constant(expr)
    return text if _LITERAL.fullmatch(text) and not _NO_TOKEN.fullmatch(text) else ""


def _finding(project: Project, path: str, node: Node, effect: str, text: str) -> Finding:
    return finding(
        RULE,
        path,
        project.span(path, node.at),
        f"the token is written in the program: {effect}",
        help="sign a token for the user (JWT with a secret from the environment), or make a random one and keep it with the user",
        subject=f"{path}: token",
    )
