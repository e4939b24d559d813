"""A Request is built with a stream as its body, without ``duplex``, or with a body for GET: Node throws."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.facts.code import (
    At,
    Binary,
    Call,
    Conditional,
    Entry,
    Expr,
    Mapping,
    Member,
    Name,
    Node,
    Text,
    walk,
)
from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope, key_of
from constraintlint.project.installed import installed_for
from constraintlint.project.node_http import is_incoming, is_raw
from constraintlint.roles import is_test

RULE = "fetch-request-without-duplex"
_STREAMS = frozenset(
    (
        "stream#Readable.toWeb()", "stream#Readable.from()", "stream.Readable.toWeb()", "fs#createReadStream()",
        "fs#default.createReadStream()", "stream#PassThrough()", "stream#Readable()", "ReadableStream()",
    )
)  # fmt: skip
#: what gives a body that is there, however short: even an empty one is refused for GET
_DATA = frozenset(
    (
        "Buffer#concat()", "Buffer#from()", "JSON#stringify()", "buffer#Buffer.concat()", "buffer#Buffer.from()",
        "Uint8Array()", "URLSearchParams()", "FormData()", "Blob()",
    )
)  # fmt: skip
_EVERY_METHOD = "the body is given for every method: TypeError: Request with GET/HEAD method cannot have body"
_REQUESTS = frozenset(
    ("Request", "fetch", "undici#Request", "undici#fetch", "globalThis#Request", "globalThis#fetch")
)


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        if (
            path.endswith((".py", ".pyi"))
            or is_test(path)
            or not project.mentions(path, ("Request", "fetch"))
        ):
            continue
        file = project.evaluator.file(path)
        if file is None or not (file.calls.keys() & {"Request", "fetch"}) or _other_runtime(project, path):
            continue
        for at, message in sorted(_places(project, file)):
            yield finding(
                RULE,
                path,
                project.span(path, at),
                message,
                help="let an adapter do it (serve or getRequestListener of @hono/node-server), or give "
                "duplex: 'half' and a body for methods other than GET and HEAD only",
                subject=f"{path}: Request",
            )


def _other_runtime(project: Project, path: str) -> bool:
    """Bun and Deno do not ask for ``duplex``."""
    tree = project.tree
    if any(
        tree.exists(name)
        for name in ("bun.lockb", "bun.lock", "bunfig.toml", "deno.json", "deno.jsonc", "deno.lock")
    ):
        return True
    scripts = [
        script.command for manifest in installed_for(project, path).manifests for script in manifest.scripts
    ]
    return any(command.startswith(("bun ", "deno ")) for command in scripts)


def _places(project: Project, file: FileScopes) -> Iterator[tuple[At, str]]:
    for name in ("Request", "fetch"):
        for call, scope in file.calls.get(name, ()):
            if len(call.args) != 2 or not _is_request(project, call, scope):
                continue
            for init in _inits(project, call.args[1].value, scope):
                message = _judge(project, file, init, scope)
                if message:
                    yield call.at, message
                    break


def _is_request(project: Project, call: Call, scope: Scope) -> bool:
    values = project.evaluator.eval(call.callee, scope)
    return bool(values) and all(value.kind == "library" and value.name in _REQUESTS for value in values)


def _inits(project: Project, expr: Expr, scope: Scope) -> Iterator[Mapping]:
    for value in project.evaluator.eval(expr, scope):
        if isinstance(value.node, Mapping) and value.path == scope.path:
            yield value.node


def _judge(project: Project, file: FileScopes, init: Mapping, scope: Scope) -> str:
    """What goes wrong with these options; "" where nothing does, or where that is not known."""
    stored = [item for item in file.stores.get("body", ()) if _owns(project, item.owner, item.scope, init)]
    if any(_owns(project, item.owner, item.scope, init) for item in file.stores.get("duplex", ())):
        return ""
    duplex = any(
        isinstance(node, Entry) and node.key is not None and key_of(node.key) == "duplex"
        for node in walk(init)
    )
    bodies = [(entry.value, scope) for entry in _entries(init) if _key(entry) == "body"]
    streams = [
        (expr, inner)
        for expr, inner in (*bodies, *((item.value, item.scope) for item in stored))
        if any(_is_stream(project, part, inner) for part in _alternatives(expr))
    ]
    if streams and not duplex:
        return (
            "the body is a stream and there is no duplex: "
            "TypeError: RequestInit: duplex option is required when sending a body"
        )
    for expr, inner in streams:
        if (
            _is_stream(project, expr, inner)
            and bodies
            and _method_of_any(init)
            and not _asks_method(file, inner)
        ):
            return _EVERY_METHOD
    if _method_of_listener(project, init, scope) and not _asks_method(file, scope):
        # only what stands among the options itself: an entry that is spread or stored may stand under a condition
        for entry in init.entries:
            if _key(entry) == "body" and _is_data(project, entry.value, scope):
                return _EVERY_METHOD
    return ""


def _owns(project: Project, owner: Expr, scope: Scope, init: Mapping) -> bool:
    return any(value.node is init for value in project.evaluator.eval(owner, scope))


def _entries(init: Mapping) -> Iterator[Entry]:
    """The entries, those of conditional spreads included."""
    for entry in init.entries:
        if entry.key is not None:
            yield entry
        else:
            for part in _alternatives(entry.value):
                if isinstance(part, Mapping):
                    yield from _entries(part)


def _alternatives(expr: Expr) -> list[Expr]:
    if isinstance(expr, Conditional):
        return [*_alternatives(expr.then), *_alternatives(expr.other)]
    if isinstance(expr, Binary) and expr.op in ("&&", "||", "??"):
        return [*_alternatives(expr.left), *_alternatives(expr.right)]
    return [expr]


def _key(entry: Entry) -> str:
    return key_of(entry.key) if entry.key is not None else ""


def _is_stream(project: Project, expr: Expr, scope: Scope) -> bool:
    if is_incoming(project, expr, scope):
        return True
    values = project.evaluator.eval(expr, scope)
    return bool(values) and all(value.kind == "result" and value.name in _STREAMS for value in values)


def _method_of_any(init: Mapping) -> bool:
    """Whether the method is that of the incoming request, so that it may be GET."""
    return any(
        _key(entry) == "method"
        and isinstance(entry.value, Member)
        and entry.value.name == "method"
        and isinstance(entry.value.object, Name)
        for entry in init.entries
    )


def _method_of_listener(project: Project, init: Mapping, scope: Scope) -> bool:
    """Whether the method is that of a request as the listener of a server gets it, of every kind."""
    return any(
        _key(entry) == "method"
        and isinstance(entry.value, Member)
        and entry.value.name == "method"
        and is_raw(project, entry.value.object, scope)
        for entry in init.entries
    )


def _is_data(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether a body is surely there: neither a stream nor, on any way, null or undefined."""
    values = project.evaluator.eval(expr, scope)
    return bool(values) and all(
        value.text is not None or (value.kind == "result" and value.name in _DATA) for value in values
    )


def _asks_method(file: FileScopes, scope: Scope) -> bool:
    """Whether the function around compares methods."""
    outer: Scope | None = scope
    while outer is not None and outer.kind != "module":
        if outer.node is not None and any(_is_method_name(node) for node in walk(outer.node)):
            return True
        outer = outer.parent
    return (
        any(_is_method_name(node) for statement in file.code.body for node in walk([statement]))
        and scope.kind == "module"
    )


def _is_method_name(node: Node) -> bool:
    return isinstance(node, Text) and any(
        getattr(piece, "value", "") in ("GET", "HEAD", "POST", "PUT", "PATCH") for piece in node.pieces
    )
