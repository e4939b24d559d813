"""Which values are Hono applications."""

from __future__ import annotations

import re

from constraintlint.facts.code import Expr
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope
from constraintlint.project.flow.values import Value

#: ``new Hono()`` of any entry of the package, and what its chained methods give
_APP = re.compile(
    r"(?:hono(?:/(?:tiny|quick|hono-base))?#(?:Hono|HonoBase)|@hono/zod-openapi#OpenAPIHono)\(\)"
    r"(?:\.(?:basePath|get|post|put|patch|delete|options|all|on|use|route|mount|notFound|onError|openapi|doc)\(\))*"
)


def uses_hono(project: Project, path: str) -> bool:
    """Whether a file or the project imports Hono at all: the cheap question before the costly one."""
    return any(item.package in ("hono", "@hono/zod-openapi") for item in project.resolutions[path].external)


def any_hono(project: Project) -> bool:
    return any(uses_hono(project, path) for path in project.resolutions)


def is_app(value: Value) -> bool:
    return value.kind == "result" and _APP.fullmatch(value.name) is not None


def apps(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether every value of ``expr`` is a Hono application."""
    values = project.evaluator.eval(expr, scope)
    return bool(values) and all(is_app(value) for value in values)


def is_fetch(project: Project, expr: Expr, scope: Scope) -> bool:
    """Whether ``expr`` is the ``fetch`` of an application, as a value."""
    values = project.evaluator.eval(expr, scope)
    return bool(values) and all(
        value.kind == "library"
        and value.base is not None
        and value.name.endswith(".fetch")
        and _APP.fullmatch(value.name.removesuffix(".fetch")) is not None
        for value in values
    )
