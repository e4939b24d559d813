"""A route path that the path-to-regexp of the installed Express or @koa/router refuses: an unnamed wildcard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from constraintlint.facts.code import At, Call, Expr, Member, Text
from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.flow.scopes import FileScopes, Scope
from constraintlint.project.flow.values import Value
from constraintlint.project.installed import Installed, installed_for
from constraintlint.roles import is_test

RULE = "path-to-regexp-unnamed-wildcard"
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "all", "use", "route", "del")
_EXPRESS = re.compile(r"(?:express|express#default)(?:\(\)|#Router\(\)|\.Router\(\))")
_KOA = re.compile(r"@koa/router(?:#(?:Router|default))?\(\)")
#: a name, a quoted name, or an escaped character
_NAMED_8 = re.compile(r'\\.|[:*](?:[^\W\d]|[$_])[\w$]*|[:*]"[^"]*"')
_BROKEN_8 = re.compile(r"[()\[\]?+!:*]")
_BROKEN_6 = re.compile(r"(?:^|/)\*")


def broken_in_8(path: str) -> bool:
    """Whether path-to-regexp 8 refuses a path: a star or colon without a name, or a reserved character."""
    return _BROKEN_8.search(_NAMED_8.sub("", path)) is not None


def broken_in_6(path: str) -> bool:
    """Whether path-to-regexp 6 refuses a path for a star with nothing before it to repeat."""
    return _BROKEN_6.search(path) is not None


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        if is_test(path):
            continue
        packages = {item.package for item in project.resolutions[path].external}
        if path.endswith((".py", ".pyi")) or not packages & {"express", "@koa/router"}:
            continue
        file = project.evaluator.file(path)
        if file is not None:
            yield from _routes(project, file, installed_for(project, path))


def _routes(project: Project, file: FileScopes, installed: Installed) -> Iterator[Finding]:
    for name in _METHODS:
        for call, scope in file.calls.get(name, ()):
            if not call.args or not isinstance(call.callee, Member):
                continue
            if name == "get" and len(call.args) == 1:
                continue  # app.get("setting")
            package, eight = _kind(project, call.callee.object, scope, installed)
            if not package:
                continue
            broken = broken_in_8 if eight else broken_in_6
            for at, written in _paths(project, call.args[0].value, scope, broken):
                yield _finding(project, file, at, written, package, installed)


def _finding(
    project: Project, file: FileScopes, at: At, written: str, package: str, installed: Installed
) -> Finding:
    declared = installed.of(package)[0]
    wild = "*" in written
    return finding(
        RULE,
        file.path,
        project.span(file.path, at),
        f"the path '{written}' is refused when the route is added: "
        f"{'a wildcard needs a name' if wild else 'it holds a character that has to be escaped'} in this {package}",
        help="write '/*splat' (or '/{*splat}' for the bare path as well), or leave the wildcard out of use()"
        if wild
        else "use '{/:id}' for an optional part, and a check in the handler instead of a pattern",
        trace=[
            Step(
                declared.manifest.path,
                declared.dependency.line,
                declared.dependency.column,
                f"{package} {declared.dependency.specifier}",
            )
        ],
        subject=f"{file.path}: {written}",
    )


def _kind(project: Project, expr: Expr, scope: Scope, installed: Installed) -> tuple[str, bool]:
    """(package, whether it has path-to-regexp 8) of a router; "" where it is none, or takes every path."""
    while isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name in _METHODS:
        expr = expr.callee.object
    values = project.evaluator.eval(expr, scope)
    if _all(values, _EXPRESS):
        return ("express", True) if installed.installs("express", (5,)) else ("", False)
    if _all(values, _KOA):
        if installed.installs("@koa/router", (14,)):
            return "@koa/router", True
        if installed.installs("@koa/router", (12,)):
            return "@koa/router", False
    return "", False


def _all(values: tuple[Value, ...], pattern: re.Pattern[str]) -> bool:
    return bool(values) and all(value.kind == "result" and pattern.fullmatch(value.name) for value in values)


def _paths(
    project: Project, expr: Expr, scope: Scope, broken: Callable[[str], bool]
) -> Iterator[tuple[At, str]]:
    """The refused paths of a first argument: a string, or a list of them. A regular expression is no path.

    Where another path may stand there instead, the choice between them may ask for the version: all have to be refused.
    """
    values = project.evaluator.eval(expr, scope)
    if len(values) > 1 and not all(isinstance(one.constant, str) and broken(one.constant) for one in values):
        return
    for value in values:
        if value.path != scope.path:
            continue
        if value.kind == "sequence" and value.scope is not None:
            for item in getattr(value.node, "items", []):
                yield from _paths(project, item, value.scope, broken)
        elif isinstance(expr, Text) and expr.prefix == "regex":
            continue
        elif isinstance(value.constant, str) and broken(value.constant):
            yield expr.at, value.constant
