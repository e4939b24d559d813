"""A placeholder of a path has no parameter of its name in the function that answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.facts.code import Expr, ExprStmt, Function, Name, Node, Param, Raise, Spread, walk
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.routes.records import Guard, Route

RULE = "route-param-signature-mismatch"
_PACKAGES = frozenset(("flask", "django", "fastapi"))
_NAMES = re.compile(r"\{([A-Za-z_]\w*)\*?\}")
#: decorators of libraries that hand every argument on
_TRANSPARENT = frozenset(
    [
        "login_required", "fresh_login_required", "jwt_required", "cross_origin", "limit", "cached", "exempt", "csrf_exempt",
        "csrf_protect", "permission_required", "roles_required", "roles_accepted", "auth_required", "swag_from", "never_cache",
        "cache_page", "require_http_methods", "require_GET", "require_POST", "require_safe", "api_view", "permission_classes",
        "authentication_classes", "throttle_classes", "extend_schema", "swagger_auto_schema", "atomic", "staff_member_required",
        "user_passes_test", "ensure_csrf_cookie", "token_required", "doc", "response", "arguments", "alt_response",
    ]
)  # fmt: skip
_SCALARS = frozenset(("int", "str", "float", "UUID", "bool"))


def check(project: Project) -> Iterator[Finding]:
    if not uses(project, _PACKAGES):
        return
    served = set(project.paths)
    rewritten = any(project.mentions(path, ("url_value_preprocessor",)) for path in project.paths)
    reported: set[object] = set()
    fitting = _fitting(project)
    for route in project.routes.routes:
        if route.automatic or route.place.path not in served or route.handler is None:
            continue
        function = route.handler.function
        key = (route.place, id(function))
        if function is None or key in reported or id(function) in fitting:
            continue
        if route.framework == "flask" and not rewritten:
            missing = _missing(route, function, 1 if _is_method(function) else 0)
        elif route.framework == "django":
            missing = _missing(route, function, 2 if _is_method(function) else 1)
        elif route.framework == "fastapi":
            missing = _misnamed(route, function)
        else:
            continue
        if missing:
            reported.add(key)
            yield _finding(route, function, missing)


def _fitting(project: Project) -> set[int]:
    """``id`` of the methods of classes that are not meant for every path of their class.

    One class answers for a collection and for its items: ``post(self)`` is what the collection is asked. And a method that
    does nothing but raise answers no request.
    """
    found: set[int] = set()
    for route in project.routes.routes:
        function = route.handler.function if route.handler is not None else None
        if route.framework != "flask" or function is None or not _is_method(function):
            continue
        if not _missing(route, function, 1) or _only_raises(function):
            found.add(id(function))
    return found


def _only_raises(function: Function) -> bool:
    body = [stmt for stmt in function.body or () if not isinstance(stmt, ExprStmt)]
    return len(body) == 1 and isinstance(body[0], Raise)


def _is_method(function: Function) -> bool:
    return bool(function.params) and function.params[0].name == "self"


def placeholders(route: Route) -> list[str] | None:
    """The names a path hands to its function; None where they are not known by name."""
    found: list[str] = []
    for segment in route.segments:
        if segment.kind == "static":
            continue
        if segment.kind == "mixed":
            if "{_}" in segment.value or re.search(r"\{\d", segment.value):
                return None
            found += _NAMES.findall(segment.value)
        elif segment.value == "_" or segment.value.isdigit():
            return None
        elif segment.matches != "language":
            found.append(segment.value)
    return found


def _missing(route: Route, function: Function, skipped: int) -> list[str]:
    """Placeholders that the function does not take; they are handed over by name."""
    names = placeholders(route)
    if not names or any(param.kind == "kwrest" for param in function.params):
        return []
    if not all(_is_transparent(guard) for guard in route.guards if guard.how == "decorator"):
        return []
    taken = {param.name for param in function.params[skipped:] if param.kind in ("normal", "keyword")}
    return [name for name in dict.fromkeys(names) if name not in taken]


def _is_transparent(guard: Guard) -> bool:
    """Whether a decorator hands on the arguments as they are."""
    function = guard.handler.function
    if function is None:
        return guard.handler.name.rpartition(".")[2] in _TRANSPARENT
    inner = [node for node in walk_body(function) if isinstance(node, Function)]
    rest = {param.name for each in inner for param in each.params if param.kind == "kwrest"}
    if len(rest) != 1:
        return False
    if any(
        param.kind in ("normal", "keyword") and each is not inner[0]
        for each in inner
        for param in each.params
    ):
        named = [p.name for e in inner for p in e.params if p.kind in ("normal", "keyword")]
        # a factory of decorators takes the function; the wrapper may take the request or the instance
        if any(
            name not in ("f", "fn", "func", "function", "view", "view_func", "request", "self", "handler")
            for name in named
        ):
            return False
    (name,) = rest
    spread = sum(1 for node in walk_body(function) if isinstance(node, Name) and node.id == name)
    handed = sum(
        1
        for node in walk_body(function)
        for arg in getattr(node, "args", ())
        if getattr(arg, "spread", "") == "**" and _is_name(getattr(arg, "value", None), name)
    )
    return handed > 0 and spread == handed


def _is_name(expr: Expr | None, name: str) -> bool:
    if isinstance(expr, Spread):
        expr = expr.value
    return isinstance(expr, Name) and expr.id == name


def walk_body(function: Function) -> Iterator[Node]:
    for stmt in function.body or []:
        yield from walk(stmt)


def _misnamed(route: Route, function: Function) -> list[str]:
    """FastAPI: a placeholder nobody takes beside a plain required parameter, which is then looked for in the query."""
    names = placeholders(route)
    if not names or any(guard.how == "decorator" for guard in route.guards):
        return []
    taken = {param.name for param in function.params}
    for guard in route.guards:
        if guard.handler.function is None:
            return []
        taken |= {param.name for param in guard.handler.function.params}
    if any(param.kind == "kwrest" for param in function.params) or "request" in taken:
        return []
    absent = [name for name in dict.fromkeys(names) if name not in taken]
    wanting = [param for param in function.params if param.name not in names and _is_plain(param)]
    return absent if absent and len(wanting) == len(absent) else []


def _is_plain(param: Param) -> bool:
    return (
        param.default is None
        and param.kind in ("normal", "keyword")
        and isinstance(param.annotation, Name)
        and param.annotation.id in _SCALARS
    )


def _finding(route: Route, function: Function, missing: list[str]) -> Finding:
    assert route.handler is not None
    names = " and ".join(repr(name) for name in missing)
    takes = ", ".join(param.name for param in function.params) or "nothing"
    what = (
        "the parameter is looked for in the query instead: every request without it is answered with 422"
        if route.framework == "fastapi"
        else "TypeError on every request"
    )
    return finding(
        RULE,
        route.place.path,
        route.place.span,
        f"{route.path} hands {names} to {route.handler.name}, which takes {takes}: {what}",
        help="give the placeholder and the parameter the same name",
        trace=[
            Step(
                route.handler.place.path,
                route.handler.place.span[0],
                route.handler.place.span[1],
                f"{route.handler.name} is defined here",
            )
        ],
        subject=f"{route.path} {route.handler.name}",
    )
