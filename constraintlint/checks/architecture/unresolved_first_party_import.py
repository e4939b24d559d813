"""An import of a file or name of the project that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.findings import Finding, finding
from constraintlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    for path in project.paths:
        for item in project.resolutions[path].unresolved:
            if not item.first_party or item.optional or item.kind == "type-only":
                continue
            what = f"{item.name!r} from {item.specifier!r}" if item.name else repr(item.specifier)
            tried = f" (looked at {', '.join(item.tried[:4])})" if item.tried else ""
            yield finding(
                "unresolved-first-party-import",
                path,
                (item.line, item.column, item.end_line, item.end_column),
                f"cannot import {what}: {item.reason}{tried}",
                help="correct the name, or add the missing file or definition",
                subject=f"{path} -> {item.specifier}{':' + item.name if item.name else ''}",
            )
