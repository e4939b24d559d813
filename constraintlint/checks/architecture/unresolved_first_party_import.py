"""An import of a file or name of the project that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.checks._calls import uses
from constraintlint.findings import Finding, finding
from constraintlint.project import Project

RULE = "unresolved-first-party-import"


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        for item in project.resolutions[path].unresolved:
            if not item.first_party or item.optional or item.kind == "type-only":
                continue
            what = f"{item.name!r} from {item.specifier!r}" if item.name else repr(item.specifier)
            tried = f" (looked at {', '.join(item.tried[:4])})" if item.tried else ""
            yield finding(
                RULE,
                path,
                (item.line, item.column, item.end_line, item.end_column),
                f"cannot import {what}: {item.reason}{tried}",
                help="correct the name, or add the missing file or definition",
                subject=f"{path} -> {item.specifier}{':' + item.name if item.name else ''}",
            )
    if uses(project, frozenset(("django",))):
        yield from _in_django(project)


def _in_django(project: Project) -> Iterator[Finding]:
    """``INSTALLED_APPS = ["exhibits.apps.ExhibitConfig"]``, ``include("exhibits.api.urls")``."""
    from constraintlint.checks.architecture import _django_names

    for item in _django_names.broken(project):
        missing = f"the module has no {item.name}" if item.name else f"there is no module {item.module}"
        hint = f"did you mean {item.module}.{item.near}? " if item.near else ""
        yield finding(
            RULE,
            item.path,
            project.span(item.path, item.expr.at),
            f"Django cannot import {item.text!r}: {missing}",
            help=f"{hint}correct the name, or add the missing file or definition",
            subject=f"{item.path} -> {item.text}",
        )
