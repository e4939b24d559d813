"""Fastify's own JSON parser answers a request without a body by 400, and there are routes that need none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.facts.code import (
    Binary,
    Call,
    Conditional,
    Constant,
    Expr,
    Function,
    If,
    Mapping,
    Member,
    Name,
    Node,
    Raise,
    Return,
    Stmt,
    Switch,
    Text,
    Try,
    walk,
)
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.fastify import Context, Event, applications
from constraintlint.project.flow.names import concrete
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.installed import installed_for
from constraintlint.project.request_use import reads_body
from constraintlint.roles import is_test

RULE = "fastify-empty-json-body"
_WRITING = frozenset(("POST", "PUT", "PATCH"))
_JSON = "application/json"
_MAX_STEPS = 8


def check(project: Project) -> Iterator[Finding]:
    if not any("fastify" in item.package for r in project.resolutions.values() for item in r.external):
        return
    found = applications(project)
    served = set(project.paths)
    for root in found.roots:
        assert root.root is not None
        path, call, scope = root.root
        if path not in served or is_test(path) or _has_own_server(project, call, scope):
            continue
        judged = [(context, chain) for context in found.contexts if root in (chain := context.chain() or [])]
        yield from _bad_parsers(project, judged)
        open_routes = [route for context, chain in judged for route in _open_routes(project, context, chain)]
        if open_routes:
            yield _finding(project, path, call, open_routes, _local_parser(project, judged))


def _finding(
    project: Project, path: str, call: Call, routes: list[tuple[str, Event]], local: Step | None
) -> Finding:
    routes.sort(key=lambda item: (item[1].scope.path, item[1].call.at))
    first, count = routes[0][0], len(routes) - 1
    others = f" and {count} more route{'s' if count > 1 else ''}" if count else ""
    trace = [
        Step(event.scope.path, *project.span(event.scope.path, event.call.at)[:2], f"{name} reads no body")
        for name, event in routes[:_MAX_STEPS]
    ]
    return finding(
        RULE,
        path,
        project.span(path, call.at),
        f"a request without a body but with Content-Type: application/json is answered by 400: "
        f"Fastify's own JSON parser refuses it, and {first}{others} need{'' if count else 's'} no body",
        help="add a parser that takes an empty body: addContentTypeParser('application/json', { parseAs: 'string' }, "
        "(request, body, done) => ...), on the application itself or in a plugin wrapped by fastify-plugin",
        trace=[*trace, *([local] if local else [])],
        subject=f"{path}: {', '.join(sorted({name for name, _ in routes}))}",
    )


# --- routes -------------------------------------------------------------------------------------------------------


def _open_routes(project: Project, context: Context, chain: list[Context]) -> Iterator[tuple[str, Event]]:
    """The routes of a context that read no body while the default parser is in force."""
    if any(_is_covered(project, above) for above in chain):
        return
    for event in context.events:
        for method, shown, options, handler in _routes(project, event):
            if method in _methods(project, event.scope.path) and _needs_no_body(
                project, event, options, handler
            ):
                yield f"{method} {shown}".strip(), event


def _methods(project: Project, path: str) -> frozenset[str]:
    return _WRITING | {"DELETE"} if installed_for(project, path).installs("fastify", (5,)) else _WRITING


def _routes(project: Project, event: Event) -> Iterator[tuple[str, str, list[Value], list[Value]]]:
    """(method, path, options, handler) of a call that adds routes."""
    ev, args, scope = project.evaluator, event.call.args, event.scope
    if event.name in ("post", "put", "patch", "delete") and len(args) in (2, 3):
        options = list(ev.eval(args[1].value, scope)) if len(args) == 3 else []
        if len(args) == 3 and not options:
            return
        handlers = list(ev.eval(args[-1].value, scope))
        if len(args) == 2 and any(value.kind == "mapping" for value in handlers):
            options = handlers
            handlers = [item for value in handlers for item in ev.entries(value).get("handler", [])]
        yield event.name.upper(), _path(project, args[0].value, scope), options, handlers
    elif event.name == "route" and len(args) == 1:
        for value in ev.eval(args[0].value, scope):
            entries = ev.entries(value)
            names = [item for key in ("method",) for item in entries.get(key, [])]
            shown = next((str(item.constant) for item in entries.get("url", []) if item.constant), "")
            for name in _strings(project, names):
                yield name.upper(), shown, [value], entries.get("handler", [])


def _path(project: Project, expr: Expr, scope: Scope) -> str:
    found = [value.constant for value in project.evaluator.eval(expr, scope)]
    return str(found[0]) if found and isinstance(found[0], str) else ""


def _strings(project: Project, values: list[Value]) -> Iterator[str]:
    for value in values:
        if isinstance(value.constant, str):
            yield value.constant
        elif value.kind == "sequence" and value.scope is not None:
            for item in getattr(value.node, "items", []):
                for inner in project.evaluator.eval(item, value.scope):
                    if isinstance(inner.constant, str):
                        yield inner.constant


def _needs_no_body(project: Project, event: Event, options: list[Value], handlers: list[Value]) -> bool:
    if not handlers or any(_names_body(argument) for argument in event.call.type_args):
        return False
    for option in options:
        if not _leaves_body(project, option):
            return False
    followed = [item for value in handlers for item in concrete(project.evaluator, value)]
    return all(reads_body(project.evaluator, item) is False for item in followed)


def _names_body(expr: Expr) -> bool:
    """``app.post<{ Body: X }>``; a named type may have one as well."""
    if isinstance(expr, Mapping):
        return any(isinstance(entry.key, Text) and _constant(entry.key) == "Body" for entry in expr.entries)
    return True


def _leaves_body(project: Project, option: Value) -> bool:
    """Whether the options of a route say nothing of a body and rewrite nothing."""
    if option.kind != "mapping" or any(entry.key is None for entry in getattr(option.node, "entries", [])):
        return False
    entries = project.evaluator.entries(option)
    if "preParsing" in entries or "consumes" in entries:
        return False
    for schema in entries.get("schema", []):
        if schema.kind != "mapping" or any(
            entry.key is None for entry in getattr(schema.node, "entries", [])
        ):
            return False
        if "body" in project.evaluator.entries(schema):
            return False
    hooks = [item for key in ("onRequest", "preValidation", "preHandler") for item in entries.get(key, [])]
    return not any(_touches_type(project, hook, unknown=False) for hook in hooks)


# --- parsers and hooks --------------------------------------------------------------------------------------------


def _is_covered(project: Project, context: Context) -> bool:
    """Whether a context has another JSON parser, or a hook that takes the request before it is parsed."""
    for event in context.events:
        args = event.call.args
        if event.name in ("removeAllContentTypeParsers", "removeContentTypeParser"):
            return True
        if event.name == "addContentTypeParser" and args and _takes_json(project, args[0].value, event.scope):
            if not _is_default_parser(args[-1].value):
                return True
        elif event.name == "addHook" and len(args) > 1:
            hook = project.evaluator.eval(args[0].value, event.scope)
            names = {value.constant for value in hook} or {None}
            if names & {"preParsing", None}:
                return True
            if "onRequest" in names:
                values = project.evaluator.eval(args[1].value, event.scope)
                if not values or any(_touches_type(project, value, unknown=True) for value in values):
                    return True
    return False


def _takes_json(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether a content type, a list of them or a pattern may mean JSON. ``*`` does not: the own parser is nearer."""
    for value in project.evaluator.eval(expr, scope) or ():
        if value.kind == "sequence" and value.scope is not None:
            inner = value.scope
            if any(_takes_json(project, item, inner) for item in getattr(value.node, "items", [])):
                return True
        elif isinstance(expr, Text) and expr.prefix == "regex":
            if "json" in _constant(expr):
                return True
        elif isinstance(value.constant, str):
            if value.constant.partition(";")[0].strip().lower() == _JSON:
                return True
        else:
            return True
    return isinstance(expr, Text) and expr.prefix == "regex" and "json" in _constant(expr)


def _is_default_parser(expr: Expr) -> bool:
    return (
        isinstance(expr, Call)
        and isinstance(expr.callee, Member)
        and expr.callee.name == "getDefaultJsonParser"
    )


def _touches_type(project: Project, value: Value, *, unknown: bool) -> bool:
    """Whether a hook may change what the parser sees: it names the header, or cannot be followed (``unknown``)."""
    followed = concrete(project.evaluator, value)
    if value.kind == "unknown" and isinstance(value.node, Member):
        followed = _decorated(project, value.node.name) or followed
    for item in followed:
        if item.kind == "library" or item.kind == "result":
            continue
        if not isinstance(item.node, Function):
            return unknown
        if item.node.body is None:
            continue
        for node in walk(list(item.node.body)):
            if isinstance(node, Text) and re.search(r"content-(?:type|length)", _constant(node), re.I):
                return True
    return False


def _decorated(project: Project, name: str) -> list[Value]:
    """What ``decorate(name, value)`` gives instances."""
    ev = project.evaluator
    return [
        value
        for call, scope in ev.calls("decorate")
        if len(call.args) > 1 and any(item.constant == name for item in ev.eval(call.args[0].value, scope))
        for value in ev.eval(call.args[1].value, scope)
    ]


def _has_own_server(project: Project, call: Call, scope: Scope) -> bool:
    """Whether the application has a server of its own, which may change requests."""
    for argument in call.args:
        for value in project.evaluator.eval(argument.value, scope):
            if "serverFactory" in project.evaluator.entries(value):
                return True
    return False


# --- parsers that refuse an empty body ----------------------------------------------------------------------------


def _bad_parsers(project: Project, judged: list[tuple[Context, list[Context]]]) -> Iterator[Finding]:
    served = set(project.paths)
    for context, _ in judged:
        for event in context.events:
            args = event.call.args
            if event.name != "addContentTypeParser" or len(args) < 2 or event.scope.path not in served:
                continue
            if not _takes_json(project, args[0].value, event.scope):
                continue
            for value in project.evaluator.eval(args[-1].value, event.scope):
                parse = _unguarded_parse(value)
                if parse is not None:
                    yield finding(
                        RULE,
                        value.path,
                        project.span(value.path, parse.at),
                        "JSON.parse throws on the empty string: a request without a body but with "
                        "Content-Type: application/json is answered by an error",
                        help="take an empty body as undefined or {} before parsing it",
                        subject=f"{value.path}: parser",
                    )


def _unguarded_parse(value: Value) -> Call | None:
    """The ``JSON.parse(body)`` of a parser function that has no branch for an empty body."""
    function = value.node
    if not isinstance(function, Function) or not function.body or len(function.params) < 2:
        return None
    body = function.params[1].name
    parse: Call | None = None
    for node in walk(list(function.body)):
        if isinstance(node, (If, Conditional, Switch)):
            return None
        if isinstance(node, Binary) and node.op in ("||", "&&", "??", "+"):
            return None
        if isinstance(node, Try) and any(not _passes_on(handler.body) for handler in node.handlers):
            return None
        if isinstance(node, Call) and _is_parse(node, body):
            parse = node
    return parse


def _is_parse(call: Call, body: str) -> bool:
    callee = call.callee
    if not (isinstance(callee, Member) and callee.name == "parse" and isinstance(callee.object, Name)):
        return False
    if callee.object.id != "JSON" or not call.args:
        return False
    given: Node = call.args[0].value
    while (
        isinstance(given, Call)
        and isinstance(given.callee, Member)
        and given.callee.name in ("toString", "trim")
    ):
        given = given.callee.object
    return isinstance(given, Name) and given.id == body


def _passes_on(body: list[Stmt]) -> bool:
    """Whether a ``catch`` hands the error on: it throws, or calls back with something first."""
    for node in walk(body):
        if isinstance(node, Raise):
            return True
        if isinstance(node, Return) and node.value is not None and not isinstance(node.value, Call):
            return False
        if isinstance(node, Call) and isinstance(node.callee, Name) and node.args:
            first = node.args[0].value
            return not (isinstance(first, Constant) and first.value is None)
    return False


def _local_parser(project: Project, judged: list[tuple[Context, list[Context]]]) -> Step | None:
    """A parser that serves its own plugin alone."""
    for context, chain in judged:
        if len(chain) < 2:
            continue
        for event in context.events:
            if event.name == "addContentTypeParser" and _is_covered(project, context):
                line, column = project.span(event.scope.path, event.call.at)[:2]
                message = "this parser serves its plugin alone, which is not wrapped by fastify-plugin"
                return Step(event.scope.path, line, column, message)
    return None


def _constant(text: Text) -> str:
    return "".join(
        getattr(piece, "value", "") for piece in text.pieces if isinstance(getattr(piece, "value", ""), str)
    )
