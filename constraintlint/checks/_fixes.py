"""Fixes that several rules offer."""

from __future__ import annotations

from constraintlint.facts.code import Call, Index, Member, Node
from constraintlint.findings import Edit, Fix
from constraintlint.project import Project
from constraintlint.project.flow.scopes import Scope


def awaiting(
    project: Project, call: Call, scope: Scope, parent: Node | None, *, safe: bool = True
) -> Fix | None:
    """``await`` before a call, with brackets where something is asked of its result; None where nothing may be awaited."""
    inner: Scope | None = scope
    while inner is not None and inner.kind != "function":
        inner = inner.parent
    if inner is None or inner.function is None or not inner.function.is_async:
        return None
    asked = isinstance(parent, (Member, Index)) and parent.object is call
    path, span = scope.path, project.span(scope.path, call.at)
    if path.endswith((".py", ".pyi")):
        arguments = ("brackets",) if asked else ()
        return Fix("await the call", safe=safe, action="await", path=path, span=span, arguments=arguments)
    parts = ("(await ", span, ")") if asked else ("await ", span)
    return Fix("await the call", (Edit(path, span, parts),), safe)
