"""Whether a value surely is a string that comes with a request, and whether it surely is no number.

Followed through names, assignments, handlers' parameters and the calls of the functions it is handed to: one caller is enough.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from constraintlint.facts.code import Await, Call, Constant, Expr, Index, Member, Name, Param
from constraintlint.project import Project
from constraintlint.project.flow import parameters
from constraintlint.project.flow.reaching import reaching
from constraintlint.project.flow.scopes import Bind, Scope, key_of
from constraintlint.project.routes.records import Route

#: what of a request holds the strings of its address
_ADDRESS = frozenset(
    ("args", "match_info", "path_params", "query", "query_args", "query_params", "GET", "rel_url")
)
#: those of them that hold parts of its path
_PATH = frozenset(("match_info", "path_params"))
_READ = frozenset(("get", "getone"))
#: names of what is never a number
_WORD = re.compile(r"(?:^|_)(?:slug|username|user_name|handle|nickname|e?mail|email_address|title)$", re.I)
#: converters of a path that let words through, and those that turn what they match into something else
_WORDS = frozenset(("slug",))
_STRINGS = frozenset(("", "str", "string", "default"))
_MAX_DEPTH = 6
_MAX_CALLERS = 16


class Said(NamedTuple):
    """A string of a request. ``kind``: ``word`` (no number), ``text`` (any string); ``what`` names it where it comes in."""

    kind: Literal["word", "text"]
    what: str
    path: str
    at: tuple[int, int]


def said(project: Project, expr: Expr, scope: Scope, depth: int = 0) -> Said | None:
    """The string that an expression surely is for one of the ways it is reached; None where that is not known."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(expr, Await):
        expr = expr.value
    if isinstance(expr, (Index, Call)):
        return _read(project, expr, scope)
    if not isinstance(expr, Name):
        return None
    variable = scope.find(expr.id, expr.at[0])
    binds = reaching(variable, scope, expr.at[0]) if variable is not None else []
    if len(binds) != 1 or binds[0].keys:
        return None
    bind = binds[0]
    if bind.kind == "assign" and bind.value is not None and not bind.op:
        return said(project, bind.value, bind.inner, depth + 1)
    if bind.kind == "param" and isinstance(bind.node, Param):
        return _parameter(project, bind, bind.node, depth)
    return None


def _parameter(project: Project, bind: Bind, param: Param, depth: int) -> Said | None:
    function = bind.scope.function
    if function is None or param.kind in ("rest", "kwrest"):
        return None
    routes = _routes(project).get(id(function))
    if routes is not None:
        return _of_path(bind, param, routes)
    decorated = project.origins.decorated.get(id(function))
    if decorated is not None:
        matches = decorated.get(bind.name, "?")
        return _said(bind, matches in _WORDS) if matches in ("", *_WORDS) else None
    for call, caller, _ in parameters.call_sites(project.evaluator, bind.scope, function, _MAX_CALLERS):
        given = parameters.argument_of(call, bind.scope, bind.index, param)
        found = (
            said(project, given, caller, depth + 1)
            if given is not None and caller is not bind.scope
            else None
        )
        if found is not None:
            return found
    return None


def _routes(project: Project) -> dict[int, list[Route]]:
    found: dict[int, list[Route]] = {}
    for route in project.routes.routes:
        if route.handler is not None and route.handler.function is not None:
            found.setdefault(id(route.handler.function), []).append(route)
    return found


def _of_path(bind: Bind, param: Param, routes: list[Route]) -> Said | None:
    """A parameter of a handler that the path fills in, the same way in each of its routes."""
    annotation = _annotation(param)
    fastapi = any(route.framework in ("fastapi", "starlette") for route in routes)
    for route in routes:
        segment = next(
            (item for item in route.segments if item.kind == "param" and item.value == bind.name), None
        )
        if segment is None:
            if not fastapi or annotation != "str":
                return None
        elif segment.matches in _WORDS:
            continue
        elif segment.matches not in _STRINGS or (fastapi and annotation not in ("", "str")):
            return None
    words = all(
        any(
            item.kind == "param" and item.value == bind.name and item.matches in _WORDS
            for item in route.segments
        )
        for route in routes
    )
    return _said(bind, words)


def _said(bind: Bind, words: bool) -> Said:
    return Said("word" if words or _WORD.search(bind.name) else "text", bind.name, bind.inner.path, bind.at)


def _annotation(param: Param) -> str:
    """``str`` where that is all an annotation says (None beside it counts for nothing), "" where there is none."""
    expr = param.annotation
    if expr is None:
        return ""
    if isinstance(expr, Name):
        return expr.id
    left, right = getattr(expr, "left", None), getattr(expr, "right", None)
    if isinstance(left, Name) and isinstance(right, Constant) and right.kind == "none":
        return left.id
    return "?"


def _read(project: Project, expr: Index | Call, scope: Scope) -> Said | None:
    """``request.query["q"]``, ``request.args.get("q")``, also where the mapping has a name of its own."""
    if isinstance(expr, Index):
        source, key = expr.object, key_of(expr.index)
    else:
        callee = expr.callee
        if not isinstance(callee, Member) or callee.name not in _READ or not expr.args:
            return None
        if any(arg.name in ("type", "cast") for arg in expr.args) or len(expr.args) > 2:
            return None
        source, key = callee.object, key_of(expr.args[0].value)
    if isinstance(source, Name):
        variable = scope.find(source.id, source.at[0])
        binds = reaching(variable, scope, source.at[0]) if variable is not None else []
        if len(binds) != 1 or binds[0].kind != "assign" or binds[0].keys or binds[0].value is None:
            return None
        source, scope = binds[0].value, binds[0].inner
    if not isinstance(source, Member) or source.name not in _ADDRESS or not key:
        return None
    if source.name in _PATH and converted(project, key, scope):
        return None
    if (
        project.origins.of(expr, scope).kind != "request"
        and project.origins.of(source, scope).kind != "request"
    ):
        return None
    return Said("word" if _WORD.search(key) else "text", key, scope.path, expr.at)


def converted(project: Project, key: str, scope: Scope) -> bool:
    """Whether a converter of the path may have turned a part of it into something else: ``{page:int}`` of Starlette.

    The routes of the function are asked, and those of the whole project where it has none; aiohttp only matches.
    """
    inner: Scope | None = scope
    while inner is not None and inner.kind != "function":
        inner = inner.parent
    function = inner.function if inner is not None else None
    routes = _routes(project).get(id(function), project.routes.routes) if function is not None else ()
    if any(
        item.kind == "param" and item.value == key and item.matches not in (*_STRINGS, *_WORDS)
        for route in routes
        if route.framework != "aiohttp"
        for item in route.segments
    ):
        return True
    return any(found.get(key, "") not in ("", *_WORDS) for found in project.origins.decorated.values())
