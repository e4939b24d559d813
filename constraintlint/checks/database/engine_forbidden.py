"""The running code connects to another database engine than the declared one."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.findings import Finding, Step, finding
from constraintlint.project import Project
from constraintlint.project.signatures import engines, same_family


def check(project: Project) -> Iterator[Finding]:
    declared = project.config.database
    if declared is None or declared not in engines():
        return
    title = engines()[declared].title
    for entry in project.stack.databases:
        if (
            entry.role != "runtime"
            or engines()[entry.name].kind != "database"
            or same_family(entry.name, declared)
        ):
            continue
        seen: set[tuple[str, int]] = set()
        for claim in entry.claims:
            if claim.role != "runtime" or not claim.decisive or (claim.path, claim.span[0]) in seen:
                continue
            seen.add((claim.path, claim.span[0]))
            site = claim.site
            yield finding(
                "engine-forbidden",
                claim.path,
                claim.span,
                f"{claim.message}; the declared database is {title}",
                help=f"connect to {title} here; use another engine in tests only, or declare {entry.name}",
                trace=[Step(site.path, site.line, site.column, site.message)] if site is not None else [],
                subject=f"{entry.name} {claim.message}",
            )
