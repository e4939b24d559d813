"""Who is logged in is kept in a variable of the process."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from constraintlint.checks.auth._token_words import is_token, names_in
from constraintlint.facts.code import Assign, At, Binary, Call, Expr, Index, Member, Name, Text, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope, key_of
from constraintlint.project.manifests import base_of, role_of_path

RULE = "token-kept-in-process-memory"
#: what may well be forgotten when the process ends
_OTHER = re.compile(
    r"revok|black|deny|cache|csrf|xsrf|reset|verif|limit|used|seen|count|lock|nonce|expired|invalid|bucket|socket|stream|subscri",
    re.I,
)
_QUALIFIED = re.compile(r"access|auth|bearer|session|user|jwt|api|^sid$", re.I)
#: what a file has in it that keeps who is logged in; a bare "token" of a parser or of a container is something else
_LOGIN = (
    "user", "User", "ession", "ogin", "ogged", "Auth", "auth", "earer", "ccount", "member_id", "memberId",
    "randomUUID", "randomBytes", "uuid", "secrets",
)  # fmt: skip
_STORING, _READING = frozenset(("set", "setdefault", "put")), frozenset(("get", "has", "pop"))


class _Use(msgspec.Struct, frozen=True, eq=False):
    path: str
    at: At
    key: str


def check(project: Project) -> Iterator[Finding]:
    base = base_of(project)
    for path in project.paths:
        if role_of_path(path, base) != "runtime" or not project.mentions(path, ("oken",)):
            continue
        file = project.evaluator.file(path)
        if file is not None:
            yield from _of_file(project, file)


def _of_file(project: Project, file: FileScopes) -> Iterator[Finding]:
    stored: dict[int, _Use] = {}
    read: dict[int, _Use] = {}
    homes: dict[int, tuple[str, At]] = {}
    login = project.mentions(file.path, _LOGIN)
    for node in file.of_kinds(Assign, Call, Binary, Index):
        for owner, key, at, stores in _accesses(node):
            scope = file.at(at[0])
            sent = not is_token(key) and _is_sent(key, scope)
            if not sent and not (is_token(key) and (login or _QUALIFIED.search(names_in(key)))):
                continue
            home = _home(project, owner, scope)
            if home is None or _OTHER.search(home[1]) or _OTHER.search(names_in(key)):
                continue
            homes[home[0]] = (home[1], home[2])
            (stored if stores else read).setdefault(home[0], _Use(file.path, at, names_in(key)))
    for ident in sorted(stored.keys() & read.keys(), key=lambda item: homes[item][1]):
        name, at = homes[ident]
        yield _finding(project, file.path, name, at, stored[ident], read[ident])


def _is_sent(key: Expr, scope: Scope) -> bool:
    """Whether a key is part of the Authorization header, under whatever name: ``header.split(" ")[1]``."""
    for node in walk(key):
        if _is_header(node):
            return True
        variable = scope.find(node.id, node.at[0]) if isinstance(node, Name) else None
        bind = variable.binds[0] if variable is not None and len(variable.binds) == 1 else None
        value = bind.value if bind is not None and bind.kind == "assign" else None
        if value is not None and any(_is_header(inner) for inner in walk(value)):
            return True
    return False


def _is_header(node: object) -> bool:
    """``req.headers.authorization``, ``req.get("authorization")``, ``request.headers["Authorization"]``."""
    if isinstance(node, Member):
        return node.name == "authorization"
    if isinstance(node, Index):
        return key_of(node.index).lower() == "authorization" if isinstance(node.index, Text) else False
    first = node.args[0].value if isinstance(node, Call) and node.args else None
    return isinstance(first, Text) and key_of(first).lower() == "authorization"


def _accesses(node: object) -> Iterator[tuple[Expr, Expr, At, bool]]:
    """(collection, key, place, stores) of every look-up or entry by a key."""
    if isinstance(node, Assign):
        for target in node.targets:
            if isinstance(target, Index):
                yield target.object, target.index, target.at, True
    elif isinstance(node, Call) and isinstance(node.callee, Member) and node.args and not node.args[0].spread:
        if node.callee.name in _STORING and len(node.args) > 1:
            yield node.callee.object, node.args[0].value, node.at, True
        elif node.callee.name in _READING:
            yield node.callee.object, node.args[0].value, node.at, False
    elif isinstance(node, Binary) and node.op in ("in", "not in"):
        yield node.right, node.left, node.at, False
    elif isinstance(node, Index):
        yield node.object, node.index, node.at, False


def _home(project: Project, owner: Expr, scope: Scope) -> tuple[int, str, At] | None:
    """The collection, where it lives as long as the process: a variable of the module, or of a class."""
    name = owner.id if isinstance(owner, Name) else owner.name if isinstance(owner, Member) else ""
    for value in project.evaluator.eval(owner, scope):
        made = value.node if value.kind == "mapping" else value.call
        fresh = value.kind == "mapping" or value.name in (
            "builtins.dict()",
            "dict()",
            "Map()",
            "collections.defaultdict()",
            "WeakMap()",
        )
        if made is None or not fresh or value.path != scope.path:
            continue
        file = project.evaluator.file(value.path)
        home = file.at(made.at[0]) if file is not None else None
        if home is not None and home.kind in ("module", "class"):
            return id(made), name, made.at
    return _module_map(owner, scope, name)


def _module_map(owner: Expr, scope: Scope, name: str) -> tuple[int, str, At] | None:
    """``const sessions = new Map()`` and ``tokens: dict[str, int] = {}`` of the module, by their binding."""
    if not isinstance(owner, Name):
        return None
    variable = scope.find(owner.id, owner.at[0])
    if variable is None or variable.scope.kind != "module" or len(variable.binds) != 1:
        return None
    bind = variable.binds[0]
    value = bind.value
    if (
        isinstance(value, Call)
        and isinstance(value.callee, Name)
        and value.callee.id in ("Map", "dict", "defaultdict", "WeakMap")
    ):
        return id(value), name, value.at
    return None


def _finding(project: Project, path: str, name: str, at: At, stored: _Use, read: _Use) -> Finding:
    steps = []
    for use, what in ((stored, "a token is put in"), (read, "and looked up")):
        line, column, end_line, end_column = project.span(use.path, use.at)
        steps.append(Step(use.path, line, column, what, end_line, end_column))
    return finding(
        RULE,
        path,
        project.span(path, at),
        f"{name} keeps who is logged in, by token, in the memory of one process: a restart or a second worker forgets it",
        help="sign the token (JWT) and verify it, or keep tokens in a table of the database",
        trace=steps,
        subject=name,
    )
